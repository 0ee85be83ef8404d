"""The plan as its pages show it: lines of plain values, read in a few queries whatever their number.

A plan has up to hundreds of fiches on one page: a row of the ORM each, and a query a relation, would cost more
than the page. What belongs to a convention is seen with it: whoever was given the convention may read this.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import Count, F, Min, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat, NullIf
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from actions.figures import STATUS_KINDS, aimed_words
from actions.models import Axe, Convention, FicheAction, Highlight, Indicator, Orientation
from actions.querysets import late_when, next_date, silent_when, truth
from actions.rules.progress import Counts, count
from actions.search import Reason
from ctg.accounts.models import User
from ctg.search import bare
from ctg.templatetags.ui import bar, chip, date_short, icon, late, since

OPEN_STEP = Q(steps__state__in=["to_do", "doing"])
NOWHERE, ANY = UUID(int=0), -1
PRINTED: Any = FicheAction._meta.ordering


# What stands in every line is put together here, once: a template for each would cost more than the line.
@cache
def chip_of(status: str) -> SafeString:
    return chip(STATUS_KINDS[FicheAction.Status(status)], str(FicheAction.Status(status).label))


@cache
def warnings_of(*, is_late: bool, is_silent: bool) -> SafeString:
    said = late("en retard") if is_late else SafeString("")
    return said + SafeString('<span class="small">sans nouvelle depuis 6 mois</span>' if is_silent else "")


@cache
def menu_of(*, can_edit: bool) -> str:
    """What can be done with a fiche from the plan, where its `title` and `url` are to be put."""
    acts = [("statut/plan/", " data-dialog", "arrow-repeat", "Changer le statut")]
    if can_edit:
        acts.append(("place/", " data-dialog", "folder-symlink", "Déplacer…"))
        acts.append(("dupliquer/", "", "copy", "Dupliquer…"))
    items = "".join(
        f'<li><a href="{{url}}{path}"{how}>{icon(name, "icon-s")}{label}</a></li>'
        for path, how, name, label in acts
    )
    return (
        f'<details class="menu menu-end row-acts"><summary>{icon("three-dots-vertical")}'
        '<span class="visually-hidden">Actions sur « {title} »</span></summary>'
        f'<div class="menu-panel"><ul>{items}</ul></div></details>'
    )


@dataclass(slots=True)
class Row:
    """A fiche as a line of the plan."""

    pk: int
    uuid: UUID
    number: str
    title: str
    status: str
    axe_id: int | None
    orientation_id: int | None
    is_transversale: bool
    is_permanent: bool
    echeancier: str
    starts_on: date | None
    ends_on: date | None
    postponed_to: date | None
    updated_at: datetime
    step_count: int
    steps_done: int
    next_on: date | None
    is_late: bool
    is_silent: bool
    url: str = ""
    under: str = ""
    leads: str = "–"
    pilots: str = ""
    can_edit: bool = False
    can_report: bool = False
    place: str = ""
    reasons: Sequence[Reason] = ()

    def __str__(self) -> str:
        return f"{self.number} {self.title}".strip()

    @property
    def chip(self) -> SafeString:
        return chip_of(self.status)

    @property
    def kind(self) -> str:
        return STATUS_KINDS[FicheAction.Status(self.status)]

    @property
    def warnings(self) -> SafeString:
        """What a reader must see beside the status."""
        return warnings_of(is_late=self.is_late, is_silent=self.is_silent)

    @property
    def acts(self) -> SafeString:
        """The menu of what can be done with it from the plan."""
        if not self.can_report:
            return SafeString("")
        return format_html(menu_of(can_edit=self.can_edit), url=self.url, title=self.title)

    @property
    def bar(self) -> SafeString:
        return bar(self.steps_done, self.step_count)

    @property
    def next_words(self) -> str:
        return date_short(self.next_on)

    @property
    def updated_words(self) -> str:
        return since(self.updated_at)


# --- What a fiche is tied to ----------------------------------------------------------------------
def party(model: str) -> tuple[str, Any, Any]:
    """An organisation by its key; a label, after a colon, by itself."""
    key = Coalesce(Cast("organisation", TextField()), Concat(Value(":"), "label", output_field=TextField()))
    name = Coalesce(NullIf("organisation__short_name", Value("")), "organisation__name", "label")
    return model, key, Cast(name, TextField())


def tie(model: str, column: str, *names: str) -> tuple[str, Any, Any]:
    """A row by its key, and the first of its names that it has."""
    filled = [NullIf(f"{column}__{name}", Value("")) for name in names]
    name = Coalesce(*filled, Value("")) if len(names) > 1 else F(f"{column}__{names[0]}")
    return model, Cast(column, TextField()), Cast(name, TextField())


# By the name of the filter that finds a fiche by it.
TIES = {
    "theme": tie("FicheTheme", "theme", "name"),
    "lead": party("FicheLead"),
    "pilot": tie("FichePilot", "contact", "name", "function"),
    "partner": party("FichePartner"),
    "commune": tie("FicheCommune", "commune", "name"),
    "qpv": tie("FicheQpv", "qpv", "name"),
}


@cache
def ties_query() -> tuple[str, list[Any]]:
    """All the ties of the fiches of a convention, whose key is to be put for None: put together once, as that
    takes longer than the answer.
    """
    arms = [
        apps.get_model("actions", model)
        ._default_manager.filter(fiche__convention=ANY)
        .order_by()
        .values_list("position", "pk", Value(kind), "fiche", key, name)
        for kind, (model, key, name) in TIES.items()
    ]
    sql, values = arms[0].union(*arms[1:], all=True).query.sql_with_params()
    return sql, [None if value == ANY else value for value in values]


class Ties:
    """Themes, people, organisations and places of the fiches of a plan, in one query."""

    def __init__(self, convention: Convention) -> None:
        self.names: dict[str, dict[str, str]] = {kind: {} for kind in TIES}
        self.of_fiche: dict[str, dict[int, dict[str, str]]] = {kind: defaultdict(dict) for kind in TIES}
        sql, values = ties_query()
        with connection.cursor() as cursor:
            cursor.execute(sql, [convention.pk if value is None else value for value in values])
            found = sorted(cursor.fetchall())
        for _, _, kind, fiche, key, name in found:
            self.names[kind][key] = name
            self.of_fiche[kind][fiche][key] = name

    def choices(self, kind: str) -> list[tuple[str, str]]:
        """Those that the plan uses, in the order of their names."""
        return sorted(self.names[kind].items(), key=lambda pair: bare(pair[1]))

    def of(self, kind: str, fiche: int) -> dict[str, str]:
        """Those of a fiche in their order: their names by their keys."""
        return self.of_fiche[kind].get(fiche, {})

    def words(self, kind: str, fiche: int, none: str = "") -> str:
        return ", ".join(self.of(kind, fiche).values()) or none


# --- The plan -------------------------------------------------------------------------------------
def rows_of(convention: Convention, on: date) -> QuerySet[Any, dict[str, Any]]:
    """The lines of a convention in the order of the printed plan."""
    fiches: Any = FicheAction.objects.filter(convention=convention)
    annotated = fiches.annotate(
        step_count=Count("steps", filter=~Q(steps__state="dropped")),
        steps_done=Count("steps", filter=Q(steps__state="done")),
        due_on=Min("steps__due_on", filter=OPEN_STEP),
        next_on=next_date(F("due_on")),
        is_late=truth(late_when(on, Q(due_on__lt=on))),
        is_silent=truth(silent_when(on)),
    )
    ordered = annotated.order_by(*PRINTED)
    return ordered.values(*(name for name in Row.__slots__ if name not in AFTERWARDS))


AFTERWARDS = {"url", "under", "leads", "pilots", "can_edit", "can_report", "place", "reasons"}


@dataclass
class Plan:
    """A whole plan: its levels, its fiches as lines, and what they are tied to."""

    convention: Convention
    user: User
    today: date = field(default_factory=timezone.localdate)

    @cached_property
    def axes(self) -> list[Axe]:
        return list(Axe.objects.filter(convention=self.convention).prefetch_related("orientations"))

    @cached_property
    def ties(self) -> Ties:
        return Ties(self.convention)

    @cached_property
    def rows(self) -> dict[int, Row]:
        """By key, in the order of the printed plan."""
        pattern = reverse("actions:fiche_detail", args=[self.convention.slug, NOWHERE])
        before, after = pattern.split(str(NOWHERE))
        found = [Row(**values) for values in rows_of(self.convention, self.today)]
        rights, axes = self._rights, {axe.pk: str(axe) for axe in self.axes}
        for row in found:
            row.place = axes.get(row.axe_id or 0, "")
            row.url = f"{before}{row.uuid}{after}"
            permanent = ("action permanente",) if row.is_permanent else ()
            row.under = " · ".join(filter(None, (self.ties.words("theme", row.pk), *permanent)))
            row.leads = self.ties.words("lead", row.pk, "–")
            row.pilots = self.ties.words("pilot", row.pk)
            row.can_edit, row.can_report = rights.get(row.pk, rights[None])
        return {row.pk: row for row in found}

    @property
    def _rights(self) -> dict[int | None, tuple[bool, bool]]:
        """What the user may edit and report on, by key; None for all the others."""
        granted = self.convention.rights
        if "steer" in granted or not granted & {"edit", "report"}:
            return {None: ("steer" in granted, "steer" in granted)}
        asked: Any = FicheAction.objects.filter(convention=self.convention).with_rights(self.user)
        return {None: (False, False)} | {
            key: (edit, report) for key, edit, report in asked.values_list("pk", "can_edit", "can_report")
        }

    @cached_property
    def counts(self) -> Counts:
        return count(row.status for row in self.rows.values())

    @cached_property
    def indicators(self) -> str:
        """« 25 indicateurs, dont 11 avec cible »; empty without any."""
        deliverable = Q(kind=Indicator.Kind.DELIVERABLE)
        found = Indicator.objects.filter(fiche__convention=self.convention).aggregate(
            total=Count("pk"),
            aimed=Count("pk", filter=Q(target_value__isnull=False) & ~deliverable),
            deliverables=Count("pk", filter=deliverable),
        )
        return aimed_words(found["total"], found["aimed"], found["deliverables"]) if found["total"] else ""


ACROSS, UNPLACED = "Fiches transversales", "À classer"


# --- Its tree -------------------------------------------------------------------------------------
@dataclass
class Branch:
    """A level of the plan with its fiches: an axe, an orientation, or what belongs to none."""

    level: Axe | Orientation | None
    title: str
    fiches: list[Any] = field(default_factory=list)
    branches: list["Branch"] = field(default_factory=list)
    highlights: list[Highlight] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        """Its name in the page."""
        return f"o-{self.level.uuid}" if self.level else "o-" + ("t" if self.title == ACROSS else "c")

    @property
    def fiche_count(self) -> int:
        return len(self.fiches) + sum(branch.fiche_count for branch in self.branches)


def tree_of(axes: Sequence[Axe], fiches: Iterable[Any], *, with_empty: bool) -> list[Branch]:
    """Fiches under their axe and orientation, then the transversal ones, then those not yet placed.

    `with_empty` keeps levels without fiche: not when a filter emptied them.
    """
    trunk: dict[Any, Branch] = {}
    for axe in axes:
        branch = trunk[("axe", axe.pk)] = Branch(axe, str(axe))
        for orientation in axe.orientations.all():
            trunk[("orientation", orientation.pk)] = Branch(orientation, str(orientation))
            branch.branches.append(trunk[("orientation", orientation.pk)])
    across, unplaced = Branch(None, ACROSS), Branch(None, UNPLACED)
    for fiche in fiches:
        if fiche.is_transversale:
            across.fiches.append(fiche)
        elif fiche.axe_id is None:
            unplaced.fiches.append(fiche)
        else:
            key = ("orientation", fiche.orientation_id) if fiche.orientation_id else ("axe", fiche.axe_id)
            trunk[key].fiches.append(fiche)
    whole = [trunk[("axe", axe.pk)] for axe in axes]
    whole = [branch for branch in whole if branch.fiche_count or (with_empty and not branch.level.ended_on)]  # type: ignore[union-attr]
    for branch in whole:
        branch.branches = [inner for inner in branch.branches if inner.fiches or with_empty]
    return [*whole, *(branch for branch in (across, unplaced) if branch.fiches)]


def hang_highlights(tree: list[Branch], highlights: Iterable[Highlight]) -> None:
    """A plan known only by what it achieved shows its temps forts under their axes."""
    by_axe = {branch.level.pk: branch for branch in tree if isinstance(branch.level, Axe)}
    for highlight in highlights:
        if highlight.axe_id in by_axe:
            by_axe[highlight.axe_id].highlights.append(highlight)
