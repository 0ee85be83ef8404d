"""All the indicators of a plan: read as a list, filled in as a grid."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_safe

from actions.access import EDIT, REPORT, MemberRequest
from actions.figures import aimed_words, judged
from actions.forms.board import BoardFilter, typed_cells
from actions.grid import Board, Branch, Cell, Entry, Table, closed_years, read_board, tables_of, years_of
from actions.models import Indicator
from actions.rules.words import plural
from actions.services.values import Outcome, Saved, indicator_of, save_cells
from ctg.access import member
from ctg.templatetags.ui import mark

# More would be more inputs than a form may send.
ROWS = 60
PROBLEMS = {"refused", "conflict"}
# How many of the values that a save replaced are named.
NAMED = 8


@dataclass
class IndicatorPage:
    """What the list and the grid show, computed once."""

    request: MemberRequest

    @cached_property
    def board(self) -> Board:
        return read_board(self.request.space, self.request.user, timezone.localdate())

    @cached_property
    def form(self) -> BoardFilter:
        return BoardFilter(self.request.GET, self.board)

    @cached_property
    def entries(self) -> list[Entry]:
        return self.form.entries()

    @property
    def is_filtered(self) -> bool:
        return bool(self.form.given)

    @cached_property
    def branches(self) -> list[Branch]:
        return self.board.branches(self.entries)

    @property
    def words(self) -> str:
        """« 25 indicateurs, dont 11 avec cible »."""
        all_of_them = self.board.indicators
        deliverables = [one for one in all_of_them if one.kind == Indicator.Kind.DELIVERABLE]
        aimed = sum(one.has_target for one in all_of_them) - len(deliverables)
        return aimed_words(len(all_of_them), aimed, len(deliverables))

    def url(self, view: str, **changes: Any) -> str:
        """A page with the same filters, and these changes."""
        query = self.request.GET.copy()
        for name, value in changes.items():
            query[name] = str(value)
        address = reverse(f"actions:{view}", args=[self.request.space.slug])
        return f"{address}?{query.urlencode()}" if query else address

    @property
    def list_url(self) -> str:
        return self.url("indicator_list")

    @property
    def grid_url(self) -> str:
        return self.url("indicator_grid")

    @property
    def entry_url(self) -> str:
        """The grid, narrowed to what a contributor may fill in."""
        whole = self.request.space.allows(EDIT)
        return self.grid_url if whole else self.url("indicator_grid", mine="on")


@dataclass
class GridPage(IndicatorPage):
    """The grid, with what was refused of what was sent."""

    saved: Saved | None = None
    typed: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def outcomes(self) -> dict[str, Outcome]:
        return {one.key: one for one in self.saved.outcomes} if self.saved else {}

    @cached_property
    def year(self) -> int:
        years = years_of(self.request.space, self.board.today)
        asked = self.request.GET.get("annee", "")
        return next((year for year in years if str(year) == asked), years[0])

    @property
    def years(self) -> list[tuple[int, str, bool]]:
        """The picker: each year, its address, whether it is this one."""
        years = reversed(years_of(self.request.space, self.board.today))
        return [(year, self.url("indicator_grid", annee=year), year == self.year) for year in years]

    @cached_property
    def paged(self) -> Page[Entry]:
        return Paginator(self.entries, ROWS).get_page(self.request.GET.get("page"))

    @property
    def pages(self) -> list[tuple[int, str, bool]]:
        return [
            (number, self.url("indicator_grid", page=number), number == self.paged.number)
            for number in self.paged.paginator.page_range
        ]

    @cached_property
    def tables(self) -> list[Table]:
        closed = closed_years(self.request.space, self.request.user)
        tables = tables_of(self.board, list(self.paged), self.year, closed)
        for row in (row for table in tables for row in table.rows):
            row.cells[:] = [cell and self.shown(cell) for cell in row.cells]
        return tables

    def shown(self, cell: Cell) -> Cell:
        """With what was typed in it and why it was not saved."""
        outcome = self.outcomes.get(cell.key)
        if outcome is None or outcome.state not in PROBLEMS:
            return cell
        return replace(cell, typed=self.typed[cell.key], reason=outcome.reason)

    @property
    def cells(self) -> list[Cell]:
        return [cell for table in self.tables for row in table.rows for cell in row.cells if cell]

    @property
    def refused(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.reason]

    @property
    def astray(self) -> list[tuple[str, str]]:
        """What was typed in cells that are not there any more, and why."""
        there = {cell.key for cell in self.cells}
        lost = [one for key, one in self.outcomes.items() if key not in there and one.state in PROBLEMS]
        return [(self.typed[one.key], one.reason) for one in lost]

    @property
    def started(self) -> str:
        """The text of each cell as it is shown: what a save starts from."""
        return json.dumps({cell.key: cell.text for cell in self.cells if not cell.locked})


@member()
@require_safe
def indicator_list(request: MemberRequest) -> HttpResponse:
    """Every indicator by axe and fiche, with its target, its last value and where it stands."""
    template = "actions/indicator_list.html#listing" if request.htmx else "actions/indicator_list.html"  # type: ignore[attr-defined]
    return render(request, template, {"page": IndicatorPage(request), "convention": request.space})


@member(REPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def indicator_grid(request: MemberRequest) -> HttpResponse:
    """Values typed or pasted in cells. A script saves each as it is left; without it one button saves them all."""
    if request.method != "POST":
        return show(request, GridPage(request))
    typed = typed_cells(request.POST.dict())
    as_one = len(typed) > 1 or "colle" in request.POST
    saved = save_cells(request.space, typed, by=request.user, as_one=as_one)
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse(answer(request, saved))
    states = {one.state for one in saved.outcomes}
    if not states & PROBLEMS:
        messages.success(request, fragment("report", report_of(request, saved)))
        return redirect(GridPage(request).grid_url)
    page = GridPage(request, saved=saved, typed={one.key: one.text for one in typed})
    return show(request, page, status=409 if "conflict" in states else 422)


def show(request: MemberRequest, page: GridPage, *, status: int = 200) -> HttpResponse:
    context = {"page": page, "convention": request.space}
    if page.saved:
        context |= report_of(request, page.saved)
    return render(request, "actions/indicator_grid.html", context, status=status)


def report_of(request: MemberRequest, saved: Saved) -> dict[str, Any]:
    """What a save did, in words, and what takes it back."""
    done = saved.operation
    replaced = saved.replaced if done else []
    return {
        "said": said(saved.outcomes),
        "replaced": replaced[:NAMED],
        "replaced_count": len(replaced),
        "replaced_more": max(0, len(replaced) - NAMED),
        "undo_url": done and reverse("actions:operation_undo", args=[request.space.slug, done.uuid]),
        "is_pasted": "colle" in request.POST,
    }


def fragment(name: str, context: dict[str, Any]) -> SafeString:
    return render_to_string(f"actions/indicator_grid.html#{name}", context)


SAID = {
    "saved": ("enregistrée", "enregistrées"),
    "refused": ("refusée", "refusées"),
    "conflict": ("modifiée entre-temps", "modifiées entre-temps"),
}


def said(outcomes: list[Outcome]) -> str:
    """« 12 valeurs enregistrées, 2 refusées »."""
    states = [one.state for one in outcomes]
    parts: list[str] = []
    for state, (one, many) in SAID.items():
        if count := states.count(state):
            first = not parts
            parts.append(
                plural(count, f"valeur {one}" if first else one, f"valeurs {many}" if first else many)
            )
    return ", ".join(parts) or "Rien n’a changé"


def answer(request: MemberRequest, saved: Saved) -> dict[str, Any]:
    """What became of each cell, and where its indicator now stands."""
    outcomes, report = saved.outcomes, report_of(request, saved)
    changed = {found for one in outcomes if one.state == "saved" and (found := indicator_of(one.key))}
    indicators = Indicator.objects.visible_to(request.user).of(request.space).filter(uuid__in=changed)
    results = {one.indicator.uuid.hex: one for one in judged(indicators.with_values())}
    return {
        "cells": [vars(one) for one in outcomes],
        "said": report["said"],
        "replaced": fragment("replaced", report),
        "undo": fragment("undo", report),
        "results": {key: mark(one.kind, one.attainment.result.label) for key, one in results.items()},
    }
