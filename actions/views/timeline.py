"""The plan along the years of its convention: steps and échéances, drawn, and the same in a table."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.safestring import SafeString

from actions.listing import Plan, Row
from actions.models import FicheAction, Step
from ctg.charts.lanes import Mark, Scale, Span, axis, lane, sample
from ctg.numbers import NO_BREAK
from ctg.templatetags.ui import date_long, plural

LATE = "en retard"
# How a step is drawn and said. What is late is a triangle, and says so.
STEP_KINDS = {"to_do": "engager", "doing": "cours", "done": "faite", "dropped": "fin"}
LEGEND = [
    ("engager", "étape à faire"),
    ("cours", "étape en cours"),
    ("faite", "étape faite"),
    ("difficulte", "en retard"),
    ("reportee", "fin ou reprise de la fiche"),
]
Status = FicheAction.Status


@dataclass(frozen=True)
class Date:
    """Something of a fiche on a day: a line of the table, and a mark of the drawing when it has a kind."""

    on: date
    when: str
    what: str
    state: str
    kind: str = ""

    @property
    def is_late(self) -> bool:
        return self.state == LATE

    @property
    def mark(self) -> Mark:
        said = f"{self.what}{NO_BREAK}: {self.when}"
        return Mark(self.on, f"{said}, {self.state}" if self.state else said, self.kind)


@dataclass(frozen=True)
class Lane:
    """The line of a fiche."""

    fiche: Row
    dates: list[Date]
    svg: SafeString

    @property
    def late_count(self) -> int:
        return sum(one.is_late for one in self.dates)


class Timeline:
    """Lanes of fiches to one scale."""

    def __init__(self, plan: Plan, rows: Iterable[Row]) -> None:
        convention = plan.convention
        self.plan, self.rows = plan, list(rows)
        self.scale = Scale.of(convention.period_start, convention.period_end, plan.today)

    @property
    def axis(self) -> SafeString:
        return axis(self.scale)

    @property
    def legend(self) -> list[tuple[SafeString, str]]:
        return [(sample(kind), said) for kind, said in LEGEND]

    @cached_property
    def steps(self) -> dict[int, list[dict[str, Any]]]:
        """The dated steps of the convention, by fiche."""
        found: dict[int, list[dict[str, Any]]] = defaultdict(list)
        dated: Any = (
            Step.objects.visible_to(self.plan.user).of(self.plan.convention).filter(due_on__isnull=False)
        )
        for step in dated.with_late().values("fiche", "title", "due_on", "due_words", "state", "is_late"):
            found[step["fiche"]].append(step)
        return found

    @cached_property
    def lanes(self) -> dict[int, Lane]:
        return {row.pk: self._lane(row) for row in self.rows}

    def _lane(self, row: Row) -> Lane:
        dates = sorted(self._dates(row), key=lambda one: one.on)
        spans = []
        if row.starts_on:
            spans = [Span(row.starts_on, row.ends_on or self.scale.end, "Durée de la fiche", row.kind)]
        late = sum(one.is_late for one in dates)
        desc = plural(len(dates), "date") + (f", dont {late} {LATE}" if late else "")
        marks = [one.mark for one in dates if one.kind]
        return Lane(row, dates, lane(self.scale, f"Dates de {row}", desc, spans, marks))

    def _dates(self, row: Row) -> Iterable[Date]:
        for step in self.steps[row.pk]:
            state = LATE if step["is_late"] else str(Step.State(step["state"]).label)
            kind = "difficulte" if step["is_late"] else STEP_KINDS[step["state"]]
            yield Date(
                step["due_on"], step["due_words"] or date_long(step["due_on"]), step["title"], state, kind
            )
        if row.status == Status.REPORTEE and row.postponed_to:
            yield self._own(row, row.postponed_to, "Reprise de la fiche")
            return
        if row.starts_on:
            yield Date(row.starts_on, date_long(row.starts_on), "Début de la fiche", "")
        if row.ends_on:
            yield self._own(row, row.ends_on, "Fin de la fiche")

    def _own(self, row: Row, on: date, what: str) -> Date:
        """A date of the fiche itself: late once past, if the fiche is."""
        late = row.is_late and on < self.plan.today
        return Date(on, date_long(on), what, LATE if late else "", "difficulte" if late else "reportee")
