"""The plan: found by its filters, seen as a list, by status or along the years; its order."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from actions.access import EDIT, REPORT, MemberRequest
from actions.filters import Found
from actions.listing import Branch, Plan, Row, chip_of, hang_highlights, tree_of
from actions.models import FicheAction, Highlight
from actions.search import explain
from actions.views.filterbar import FilterBar
from actions.views.timeline import Lane, Timeline
from ctg.access import member

# The three views of the plan, by their name in the URL.
VIEWS = {"liste": "Liste", "tableau": "Par statut", "frise": "Frise"}


Status = FicheAction.Status
# From what is thought of to what is over.
BOARD = (
    Status.A_DISCUTER,
    Status.NON_DEMARREE,
    Status.EN_COURS,
    Status.BLOQUEE,
    Status.EN_PAUSE,
    Status.REPORTEE,
    Status.REALISEE,
    Status.ABANDONNEE,
)


@dataclass(frozen=True)
class Column:
    """A column of the board. `is_contract`: to stop a fiche, or take it up again, asks for a basis."""

    status: FicheAction.Status
    rows: list[Row]
    is_contract: bool

    @property
    def kind(self) -> str:
        return FicheAction.KINDS[self.status]

    @property
    def chip(self) -> SafeString:
        return chip_of(self.status)

    @property
    def asks(self) -> str:
        """What a card asks for before it comes here (a reason) or leaves (a basis)."""
        if self.status == Status.ABANDONNEE and self.is_contract:
            return "basis"
        return "reason" if self.status in FicheAction.NEED_REASON else ""


@dataclass
class PlanPage:
    """What the page of the plan shows, computed once."""

    request: MemberRequest

    @cached_property
    def plan(self) -> Plan:
        return Plan(self.request.space, self.request.user)

    @cached_property
    def found(self) -> Found:
        return Found(self.request)

    @cached_property
    def bar(self) -> FilterBar:
        return FilterBar(self.request.GET, self.found, self.plan)

    @property
    def view(self) -> str:
        asked = self.request.GET.get("vue", "")
        return asked if asked in VIEWS else "liste"

    @property
    def views(self) -> list[tuple[str, str, bool]]:
        """The switch: label, address with the same filters, whether it is this one."""
        return [
            (label, f"{self.bar.without('vue')}&vue={name}".replace("?&", "?"), name == self.view)
            for name, label in VIEWS.items()
        ]

    @property
    def is_filtered(self) -> bool:
        return bool(self.found.given)

    @cached_property
    def shown(self) -> list[Row]:
        """The fiches that the filters left, in the order asked for."""
        rows = self.plan.rows
        if self.found.is_whole:
            return list(rows.values())
        shown = [rows[key] for key in self.found.keys if key in rows]
        reasons = explain([row.pk for row in shown], self.bar.words, self.request.user)
        for row in shown:
            row.reasons = reasons.get(row.pk, ())
        return shown

    @cached_property
    def tree(self) -> list[Branch]:
        """The fiches under their levels; sorted otherwise, they stand together."""
        if self.found.sorted_by:
            return [Branch(None, "", self.shown)] if self.shown else []
        tree = tree_of(self.plan.axes, self.shown, with_empty=not self.is_filtered)
        if not self.plan.rows:
            seen = Highlight.objects.visible_to(self.request.user).of(self.request.space)
            hang_highlights(tree, seen.filter(fiche=None))
        return tree

    @property
    def columns(self) -> list[Column]:
        """The fiches by status. An empty column is shown to whoever may fill it."""
        acts = REPORT in self.request.space.rights
        basis = self.request.space.is_contract
        columns = [
            Column(status, [row for row in self.shown if row.status == status], basis) for status in BOARD
        ]
        return [column for column in columns if column.rows or acts]

    @cached_property
    def timeline(self) -> Timeline:
        return Timeline(self.plan, self.shown)

    @property
    def lane_groups(self) -> list[tuple[str, list[tuple[str, list[Lane]]]]]:
        """The lanes under their axes and orientations."""
        lanes = self.timeline.lanes
        return [
            (
                branch.title,
                [
                    (part.title if part is not branch else "", [lanes[row.pk] for row in part.fiches])
                    for part in (branch, *branch.branches)
                ],
            )
            for branch in self.tree
        ]

    @property
    def query(self) -> str:
        """What the exports are asked for: the same fiches in the same order."""
        return self.bar.without("vue").removeprefix("?")


def context_of(request: MemberRequest) -> dict[str, Any]:
    rights = request.space.rights
    return {
        "page": PlanPage(request),
        "convention": request.space,
        "can_tick": EDIT in rights,
        "can_act": REPORT in rights,
        "by_htmx": bool(request.htmx),  # type: ignore[attr-defined]
    }


@member()
@require_safe
def plan(request: MemberRequest) -> HttpResponse:
    """The plan; for htmx, what its filters left of it."""
    context = context_of(request)
    return render(request, "actions/plan.html#plan" if context["by_htmx"] else "actions/plan.html", context)


@member(EDIT)
@require_safe
def plan_edit(request: MemberRequest) -> HttpResponse:
    """The structure of the plan: add, order and end axes and orientations, order fiches."""
    plan = Plan(request.space, request.user)
    tree = tree_of(plan.axes, plan.rows.values(), with_empty=True)
    return render(request, "actions/plan_edit.html", {"tree": tree, "convention": request.space})
