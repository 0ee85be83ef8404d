"""The plan as it was at the end of a day, rebuilt from what the history keeps of each row.

The rows are those of the models, never saved, with what hangs on them at hand as if it were prefetched: what reads
a plan (`actions.figures`, `tree_of`) reads a past one. Only what every reader of the convention sees is rebuilt:
no note, no comment, no document, no evaluation, and of the values the accepted ones.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from django.apps import apps
from django.db.models import Min, Model, TextField, Value
from django.db.models.functions import Cast
from django.utils import timezone

from actions.figures import Plan, attainment_of, latest_of, plan_of, progress_of, target_short
from actions.history import Names
from actions.listing import Branch, tree_of
from actions.models import Axe, Convention, FicheAction, FicheFramework, Indicator, Objective, Step
from actions.models.exchanges import Review
from actions.rules.progress import Progress

ONE_DAY = timedelta(days=1)
# What a fiche is tied to: the model, the column that says to what, the column of the words it may have instead.
TIES = {
    "lead": ("FicheLead", "organisation", "label"),
    "partner": ("FichePartner", "organisation", "label"),
    "pilot": ("FichePilot", "contact", ""),
    "theme": ("FicheTheme", "theme", ""),
    "commune": ("FicheCommune", "commune", ""),
    "qpv": ("FicheQpv", "qpv", ""),
    "other": ("FicheRelation", "other", ""),
    "framework": ("FicheFramework", "kind", "words"),
}


@dataclass(frozen=True)
class Aim:
    """An indicator in words: what it wants, and the last value known then."""

    label: str
    target: str
    latest: str


@dataclass
class PastFiche:
    """A fiche as it was at the end of a day. `ties`: to what it was tied, in words, by the names of `TIES`."""

    on: date
    row: FicheAction
    steps: list[Step]
    objectives: list[Objective]
    indicators: list[Indicator]
    ties: dict[str, list[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        return str(self.row)

    # What `tree_of` asks of a fiche.
    @property
    def is_transversale(self) -> bool:
        return self.row.is_transversale

    @property
    def axe_id(self) -> int | None:
        return self.row.axe_id

    @property
    def orientation_id(self) -> int | None:
        return self.row.orientation_id

    @property
    def progress(self) -> Progress:
        return progress_of(self.row)

    @property
    def aims(self) -> list[Aim]:
        """Its indicators, as they stood."""
        return [
            Aim(
                one.label,
                one.target_words or target_short(one),
                str(latest_of(one, attainment_of(one, self.on), self.on)),
            )
            for one in self.indicators
        ]


@dataclass(frozen=True)
class PastPlan:
    """A plan at the end of a day. `convention`: the agreement as it was then."""

    on: date
    convention: Convention
    axes: Sequence[Axe]
    fiches: Sequence[PastFiche]

    @cached_property
    def plan(self) -> Plan:
        """Its counts and means, by axe."""
        return plan_of([fiche.row for fiche in self.fiches], self.axes)

    @property
    def tree(self) -> list[Branch]:
        return tree_of(self.axes, self.fiches, with_empty=False)


def began_on(convention: Convention) -> date | None:
    """The first day that the history of the plan knows."""
    firsts = [
        events_of(name).filter(convention=convention).aggregate(at=Min("pgh_created_at"))["at"]
        for name in ("Axe", "FicheAction")
    ]
    known = [at for at in firsts if at]
    return timezone.localtime(min(known)).date() if known else None


def plan_on(convention: Convention, day: date) -> PastPlan:
    """The plan at the end of that day, in a constant number of queries."""
    return plans_on(convention, day)[0]


def plans_on(convention: Convention, *days: date) -> list[PastPlan]:
    """The plan at the end of each day; names are asked for once."""
    names = Names()
    plans = [rebuild(convention, day, names) for day in days]
    names.resolve()
    for plan in plans:
        for fiche in plan.fiches:
            fiche.ties = {kind: [names.said(one) for one in fiche.ties.get(kind, ())] for kind in TIES}
    return plans


def end_of(day: date) -> datetime:
    """The midnight that ends a day in Paris."""
    return timezone.make_aware(datetime.combine(day + ONE_DAY, time()))


# --- Rows -----------------------------------------------------------------------------------------
def events_of(name: str) -> Any:
    """What the history keeps of the rows of a model."""
    return apps.get_model("actions", f"{name}Event")._default_manager


def last_events(name: str, before: datetime, **where: Any) -> Any:
    """The last event of each row before a moment. The end of a row is one too."""
    found = events_of(name).filter(pgh_created_at__lt=before, **where)
    return found.order_by("pgh_obj_id", "-pgh_id").distinct("pgh_obj_id")


def rows_at(name: str, before: datetime, **where: Any) -> dict[Any, Any]:
    """The rows of a model as they were, by key."""
    model = apps.get_model("actions", name)
    events = last_events(name, before, **where)
    return {event.pgh_obj_id: row_of(model, event) for event in events if event.pgh_label != "delete"}


def row_of(model: type[Model], event: Any) -> Any:
    """The row that an event describes."""
    kept = {column.attname for column in event._meta.concrete_fields}
    columns = [column for column in model._meta.concrete_fields if column.attname in kept]
    values = {column.attname: getattr(event, column.attname) for column in columns}
    return model(**values | {"pk": event.pgh_obj_id})


def hang(row: Model, name: str, others: list[Any]) -> None:
    """Put rows where a prefetch would have put them."""
    row.__dict__.setdefault("_prefetched_objects_cache", {})[name] = others


def by_owner(rows: Iterable[Any], owner: str) -> dict[Any, list[Any]]:
    """Rows in their order, under the key of what they hang on."""
    found = defaultdict(list)
    for row in sorted(rows, key=lambda row: (getattr(row, "position", 0), row.pk)):
        found[getattr(row, f"{owner}_id")].append(row)
    return found


# --- The plan -------------------------------------------------------------------------------------
def rebuild(convention: Convention, day: date, names: Names) -> PastPlan:
    """The plan of a day; the names of what it is tied to are left to `names`."""
    before = end_of(day)
    then = rows_at("Convention", before, pgh_obj=convention.pk).get(convention.pk, convention)
    axes = rows_at("Axe", before, convention=convention)
    orientations = rows_at("Orientation", before, axe__in=list(axes))
    inner = by_owner(orientations.values(), "axe")
    for axe in axes.values():
        hang(axe, "orientations", inner[axe.pk])
    rows = rows_at("FicheAction", before, convention=convention)
    for row in rows.values():
        row.convention = then
        row.axe, row.orientation = axes.get(row.axe_id), orientations.get(row.orientation_id)
    ordered = sorted(rows.values(), key=place_in_plan)
    levels = sorted(axes.values(), key=lambda axe: (axe.position, axe.pk))
    return PastPlan(day, then, levels, fiches_of(ordered, day, names))


def place_in_plan(fiche: FicheAction) -> tuple[Any, ...]:
    """As `FicheAction.Meta.ordering`: what has no place comes last."""
    levels = (fiche.axe, fiche.orientation)
    places = [(level is None, level.position if level else 0) for level in levels]
    return (fiche.is_transversale, *places, fiche.position, fiche.pk)


def fiches_of(rows: Sequence[FicheAction], day: date, names: Names) -> list[PastFiche]:
    """The fiches with what hangs on them."""
    keys, before = [row.pk for row in rows], end_of(day)
    steps, objectives, indicators = (
        by_owner(rows_at(name, before, fiche__in=keys).values(), "fiche")
        for name in ("Step", "Objective", "Indicator")
    )
    hang_values([one for some in indicators.values() for one in some], before)
    ties = ties_at(keys, before, names)
    found = []
    for row in rows:
        fiche = PastFiche(day, row, steps[row.pk], objectives[row.pk], indicators[row.pk], ties[row.pk])
        hang(row, "steps", fiche.steps)
        for indicator in fiche.indicators:
            indicator.fiche = row
        found.append(fiche)
    return found


def hang_values(indicators: Sequence[Indicator], before: datetime) -> None:
    """The values accepted then. What sources count by themselves has no history: those years are left empty."""
    keys = [indicator.pk for indicator in indicators]
    values = rows_at("Measurement", before, indicator__in=keys).values()
    accepted = by_owner((one for one in values if one.status == Review.ACCEPTED), "indicator")
    for indicator in indicators:
        hang(indicator, "measurements", sorted(accepted[indicator.pk], key=lambda one: one.period_start))
        indicator.counted = {}


def ties_at(fiches: Sequence[int], before: datetime, names: Names) -> Mapping[int, dict[str, list[str]]]:
    """To what each fiche was tied, in one query; organisations and people as `names` will say them."""
    arms = [
        last_events(name, before, fiche__in=fiches).values_list(
            Value(kind),
            "position",
            "pgh_obj_id",
            "pgh_label",
            "fiche",
            Cast(target, TextField()),
            words or Value(""),
        )
        for kind, (name, target, words) in TIES.items()
    ]
    found: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    every = arms[0].union(*arms[1:], all=True)
    for kind, _, _, label, fiche, target, words in sorted(every, key=lambda tie: tie[:3]):
        if label != "delete":
            found[fiche][kind].append(tie_words(kind, target, words, names))
    return found


def tie_words(kind: str, target: str | None, words: str, names: Names) -> str:
    if kind == "framework":
        return str(FicheFramework(kind=target or "", words=words))
    name, column, _ = TIES[kind]
    model = apps.get_model("actions", name)
    return names.say(model._meta.get_field(column), target) if target else words
