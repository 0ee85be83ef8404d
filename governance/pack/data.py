"""All that a pack says, from rows already read: nothing here queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from actions.documents.paper import total_words
from actions.figures import Aim, Group, Plan
from actions.models import BudgetLine, Convention, FicheAction, Highlight, Step
from actions.rules.budget import Share, Total, shares, totals
from actions.rules.words import plural
from ctg.charts import Chart
from ctg.numbers import NO_BREAK
from ctg.templatetags.ui import date_long, join_fr
from governance.agenda import Agenda, Line
from governance.figures import (
    OFF_TRACK,
    Aims,
    Concern,
    DueDay,
    blocked_fiches,
    late_fiches,
    next_dates,
    silent_fiches,
    status_table,
)
from governance.models import AgendaItem, AgendaOption, Decision, Meeting, Seat, Weather
from governance.pack.changes import Changes

INHABITANT = Seat.Quality.HABITANT
# One and many of each quality, as they are counted.
QUALITIES = {
    Seat.Quality.ELU: ("élu", "élus"),
    Seat.Quality.SERVICES: ("des services", "des services"),
    Seat.Quality.ADMINISTRATEUR: ("du conseil d’administration de la Caf",) * 2,
    Seat.Quality.DIRECTION: ("de direction", "de direction"),
    Seat.Quality.PARTENAIRE: ("partenaire", "partenaires"),
    INHABITANT: ("habitant", "habitants"),
}


@dataclass(frozen=True)
class AxeState:
    """An axe: its fiches by status, and what the coordination published of how it goes."""

    group: Group
    weather: Weather | None

    @cached_property
    def chart(self) -> Chart:
        return self.group.chart(legend=False)

    @property
    def sky(self) -> str:
        """The classes of its weather: its level comes after its kind."""
        return f"{self.weather.sky.kind} sky-{self.weather.level}" if self.weather else ""


@dataclass(frozen=True)
class Question:
    """An item of the agenda that asks for a decision, with its fiches as they stand."""

    line: Line
    fiches: Sequence[FicheAction]

    @property
    def item(self) -> AgendaItem:
        return self.line.item

    @property
    def options(self) -> list[AgendaOption]:
        return list(self.item.options.all())


@dataclass(frozen=True)
class Figure:
    """A number that is read first. `of`: out of how many."""

    number: int
    words: str
    of: int | None = None


@dataclass(frozen=True)
class Concerns:
    """Fiches that ask for attention for one reason."""

    title: str
    kind: str
    lines: Sequence[Concern]


@dataclass(frozen=True)
class Money:
    """What the fiches tell of their budget."""

    lines: Sequence[BudgetLine]
    fiches: int

    @cached_property
    def totals(self) -> list[tuple[str, Total]]:
        return [(total_words(total), total) for total in totals(self.lines)]

    @cached_property
    def by_funder(self) -> list[Share[str]]:
        return shares(sorted(self.lines, key=lambda line: line.funder.lower()), lambda line: line.funder)

    @property
    def words(self) -> str:
        """« 4 fiches sur 12 disent leur budget »."""
        told = len({line.fiche_id for line in self.lines})
        return f"{plural(told, 'fiche')} sur {self.fiches} {'dit son' if told < 2 else 'disent leur'} budget"


@dataclass(frozen=True)
class PackPaper:
    """The whole of it. `since`: the day from which changes are told; `compared_from`: that from which the history
    of the plan can tell them, None when it knows nothing of that time.
    """

    meeting: Meeting
    since: date
    today: date
    previous: Meeting | None
    agenda: Agenda
    invited: Mapping[str, int]
    inhabitants: frozenset[int]
    decided: Sequence[Decision]
    pending: Sequence[Decision]
    compared_from: date | None
    changes: Changes
    plan: Plan
    weather: Mapping[int | None, Weather]
    aims: Aims
    steps: Sequence[Step]
    highlights: Sequence[Highlight]
    money: Money
    meetings: Sequence[Meeting]

    @property
    def convention(self) -> Convention:
        return self.meeting.convention

    @property
    def title(self) -> str:
        """« Dossier de séance – COPIL, 3 décembre 2026 – Sundgau »."""
        return f"Dossier de séance – {self.meeting} – {self.convention.territory_name}"

    @property
    def contents(self) -> list[tuple[str, str]]:
        """Its parts: anchor and title."""
        return [
            ("pack-odj", "Ordre du jour"),
            ("pack-suites", "Ce qui avait été décidé"),
            ("pack-changements", f"Ce qui a changé {self.since_words}"),
            ("pack-axes", "Où en sont les axes"),
            ("pack-indicateurs", "Indicateurs en deçà de leur trajectoire"),
            ("pack-attention", "Points d’attention"),
            ("pack-decider", "Décisions à prendre"),
            ("pack-temps-forts", f"Temps forts {self.since_words}"),
            ("pack-budget", "Budget"),
            ("pack-calendrier", "Calendrier"),
        ]

    @property
    def sources(self) -> str:
        """Of what, and of which day, everything below speaks."""
        return (
            f"État au {date_long(self.today)}, d’après le suivi du plan d’actions et les décisions des instances. "
            f"Changements {self.since_words}."
        )

    @property
    def figures(self) -> list[Figure]:
        counts, asked, off, moved = (
            self.plan.counts,
            len(self.questions),
            self.aims.off_track,
            self.changes.moved,
        )
        aimed = len(self.aims.lines)
        return [
            Figure(asked, "décision à prendre" if asked < 2 else "décisions à prendre"),
            Figure(
                counts.engaged, "fiche engagée" if counts.engaged < 2 else "fiches engagées", counts.total
            ),
            Figure(len(moved), "fiche a bougé" if len(moved) < 2 else "fiches ont bougé"),
            Figure(off, "indicateur en deçà" if off < 2 else "indicateurs en deçà", aimed),
        ]

    # --- Agenda -----------------------------------------------------------------------------------
    @cached_property
    def questions(self) -> list[Question]:
        """What is to be decided, in the order of the agenda."""
        known = {fiche.pk: fiche for fiche in self.plan.fiches}
        asked = [line for line in self.agenda.lines if line.item.asks_decision]
        return [Question(line, [known[one.pk] for one in line.item.fiches.all()]) for line in asked]

    @property
    def invited_words(self) -> str:
        """« 12 personnes invitées : 6 élus, 3 des services et 2 habitants »; empty when nobody is."""
        total = sum(self.invited.values())
        if not total:
            return ""
        known = [(self.invited[one], *words) for one, words in QUALITIES.items() if self.invited.get(one)]
        said = [plural(number, one, many) for number, one, many in known]
        rest = self.invited.get("", 0)
        said += [f"{rest} sans qualité précisée"] if rest and said else []
        words = f"{NO_BREAK}: {join_fr(said)}" if said else ""
        return f"{plural(total, 'personne invitée', 'personnes invitées')}{words}"

    # --- Since ------------------------------------------------------------------------------------
    @property
    def since_words(self) -> str:
        """« depuis le COPIL du 12 mars 2026 », « depuis le 1er janvier 2025 »."""
        if self.previous and self.previous.date == self.since:
            return f"depuis la réunion du {date_long(self.since)}"
        return f"depuis le {date_long(self.since)}"

    @property
    def history_words(self) -> str:
        """Said when the history is younger than the question; empty otherwise."""
        if self.compared_from is None or self.compared_from <= self.since:
            return ""
        return f"Les changements du plan sont connus à partir du {date_long(self.compared_from)}, jour où il a été saisi."

    @cached_property
    def followed(self) -> list[Decision]:
        return [*self.decided, *self.pending]

    def responsible(self, decision: Decision) -> str:
        """Who answers for it; an inhabitant is not named."""
        if decision.responsible is None:
            return ""
        return "un habitant" if decision.responsible_id in self.inhabitants else str(decision.responsible)

    @property
    def decided_lines(self) -> list[tuple[Decision, str]]:
        return [(one, self.responsible(one)) for one in self.decided]

    @property
    def pending_lines(self) -> list[tuple[Decision, str]]:
        return [(one, self.responsible(one)) for one in self.pending]

    # --- Where we stand ---------------------------------------------------------------------------
    @cached_property
    def axes(self) -> list[AxeState]:
        return [
            AxeState(group, self.weather.get(group.axe.pk if group.axe else None) if is_told(group) else None)
            for group in self.plan.by_axe
        ]

    @property
    def has_weather(self) -> bool:
        return any(state.weather for state in self.axes)

    @cached_property
    def statuses(self) -> list[Any]:
        return self.plan.segments

    @cached_property
    def table(self) -> list[tuple[str, list[int]]]:
        return status_table(self.plan)

    @property
    def off_track(self) -> list[Aim]:
        return [line for line in self.aims.lines if line.attainment.result in OFF_TRACK]

    @cached_property
    def attainment(self) -> Chart:
        return self.aims.chart(legend=False)

    @cached_property
    def concerns(self) -> list[Concerns]:
        """In difficulty, late, silent: the counts of the dashboard."""
        found = (
            ("en difficulté", "difficulte", blocked_fiches(self.plan)),
            ("en retard", "reportee", late_fiches(self.plan, self.steps, self.today)),
            ("sans nouvelle depuis 6 mois", "etude", silent_fiches(self.plan)),
        )
        return [Concerns(title, kind, lines) for title, kind, lines in found if lines]

    @cached_property
    def days(self) -> list[DueDay]:
        return next_dates(self.plan, self.steps, self.today)

    @property
    def is_fictitious(self) -> bool:
        """Whether anything it says was made up."""
        values = (value for one in self.aims.indicators for value in one.measurements.all())
        rows: tuple[Any, ...] = (
            self.meeting,
            *(self.agenda.items),
            *self.followed,
            *self.weather.values(),
            *self.aims.indicators,
            *self.highlights,
            *self.money.lines,
            *values,
        )
        return any(row.is_fictitious for row in rows)


def is_told(group: Group) -> bool:
    """The weather without an axe is that of the fiches transversales, not of those to be classed."""
    return bool(group.axe) or all(fiche.is_transversale for fiche in group.fiches)
