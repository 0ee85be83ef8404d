"""What the dashboard and the bilan say of a convention, from rows already read: nothing here queries.

The numbers are those of `actions.figures`; here they are put in the order in which they are read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby

from dateutil.relativedelta import relativedelta

from actions.figures import RESULT_KINDS, Aim, Group, Plan, aim_of, aimed_words, result_segments
from actions.models import Convention, FicheAction, Indicator, Step
from actions.rules.attainment import Result
from actions.rules.words import plural
from ctg.charts import Chart, Segment, stacked_bar
from ctg.numbers import NO_BREAK
from ctg.templatetags.ui import date_long

AHEAD = relativedelta(months=6)
# What asks for attention comes first, what cannot be judged last.
CONCERN = (
    Result.NON_ATTEINT,
    Result.EN_DECA,
    Result.SUR_LA_TRAJECTOIRE,
    Result.ATTEINT,
    Result.A_REALISER,
    Result.TRAJECTOIRE_NON_PRECISEE,
    Result.NON_MESURABLE,
    Result.SANS_CIBLE,
)
PLURALS = {
    Result.ATTEINT: "atteints",
    Result.NON_ATTEINT: "non atteints",
    Result.NON_MESURABLE: "non mesurables",
}
OFF_TRACK = (Result.NON_ATTEINT, Result.EN_DECA)
ON_TRACK = (Result.ATTEINT, Result.SUR_LA_TRAJECTOIRE)


def years_begun(convention: Convention, today: date) -> list[int]:
    """The years of the convention that have begun, newest first."""
    last = min(today.year, convention.period_end.year)
    return list(range(last, convention.period_start.year - 1, -1))


# --- Axes -----------------------------------------------------------------------------------------
def status_table(plan: Plan) -> list[tuple[str, list[int]]]:
    """The values of the bars: axe by axe, then the whole plan, a number for each status of the plan."""
    groups: list[tuple[str, Group]] = [
        *((group.label, group) for group in plan.by_axe),
        ("Tout le plan", plan),
    ]
    labels = [segment.label for segment in plan.segments]
    rows = []
    for label, group in groups:
        found = {segment.label: segment.count for segment in group.segments}
        rows.append((label, [found.get(status, 0) for status in labels]))
    return rows


# --- Indicators -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Aims:
    """The indicators of a convention: those with a target are judged, the others only counted."""

    indicators: Sequence[Indicator]
    year: int
    today: date

    @cached_property
    def lines(self) -> list[Aim]:
        """Those with a target, off track first, then in the order of the plan."""
        lines = [aim_of(one, self.year, self.today) for one in self.indicators if one.has_target]
        return sorted(lines, key=lambda line: CONCERN.index(line.attainment.result))

    @property
    def words(self) -> str:
        """« 25 indicateurs, dont 11 avec cible et 2 livrables »: the count of the page of the plan."""
        deliverables = sum(one.kind == Indicator.Kind.DELIVERABLE for one in self.indicators)
        return aimed_words(len(self.indicators), len(self.lines) - deliverables, deliverables)

    @cached_property
    def segments(self) -> list[Segment]:
        return result_segments(self.lines)

    @cached_property
    def counts(self) -> list[tuple[str, str]]:
        """« 5 atteints », « 1 à réaliser »… each with its kind, in the order of the bar."""
        found = [line.attainment.result for line in self.lines]
        shown = [result for result in Result if result in found and result is not Result.SANS_CIBLE]
        return [
            (RESULT_KINDS[one], plural(found.count(one), one.label, PLURALS.get(one, one.label)))
            for one in shown
        ]

    @property
    def off_track(self) -> int:
        return sum(line.attainment.result in OFF_TRACK for line in self.lines)

    @property
    def on_track(self) -> int:
        return sum(line.attainment.result in ON_TRACK for line in self.lines)

    @property
    def not_judged(self) -> int:
        return len(self.lines) - self.off_track - self.on_track

    def chart(self, *, legend: bool = True) -> Chart:
        return stacked_bar(
            "Indicateurs selon leur atteinte",
            self.segments,
            width=330,
            legend=legend,
            headers=("Résultat", "Indicateurs"),
        )


# --- What asks for attention ----------------------------------------------------------------------
@dataclass(frozen=True)
class Concern:
    """A fiche, and why it is named here."""

    fiche: FicheAction
    reasons: Sequence[str]


def late_reasons(fiche: FicheAction, steps: Iterable[Step], today: date) -> list[str]:
    """The dates that are past, in words. `steps`: the open ones of the fiche."""
    if fiche.status == FicheAction.Status.REPORTEE:
        return [f"reportée au {date_long(fiche.postponed_to)}, date passée"]
    reasons = []
    if fiche.ends_on and fiche.ends_on < today:
        reasons.append(f"devait finir le {date_long(fiche.ends_on)}")
    past = sorted((step for step in steps if step.is_late), key=lambda step: (step.due_on, step.pk))
    reasons += [f"«{NO_BREAK}{step.title}{NO_BREAK}» prévu pour {due_words(step)}" for step in past[:2]]
    if len(past) > 2:
        reasons.append("et une autre étape" if len(past) == 3 else f"et {len(past) - 2} autres étapes")
    return reasons


def due_words(step: Step) -> str:
    """As it is written, else the date."""
    return step.due_words or f"le {date_long(step.due_on)}"


def late_fiches(plan: Plan, steps: Sequence[Step], today: date) -> list[Concern]:
    """Those that `with_progress` found late."""
    by_fiche = {fiche.pk: [step for step in steps if step.fiche_id == fiche.pk] for fiche in plan.fiches}
    late = [fiche for fiche in plan.fiches if getattr(fiche, "is_late", False)]
    return [Concern(fiche, late_reasons(fiche, by_fiche[fiche.pk], today)) for fiche in late]


def silent_fiches(plan: Plan) -> list[Concern]:
    """Those that `with_progress` found silent."""
    silent = [fiche for fiche in plan.fiches if getattr(fiche, "is_silent", False)]
    return [Concern(fiche, [f"dernière nouvelle le {date_long(fiche.updated_at)}"]) for fiche in silent]


def blocked_fiches(plan: Plan) -> list[Concern]:
    """Those in difficulty: what a COPIL arbitrates."""
    blocked = [fiche for fiche in plan.fiches if fiche.status == FicheAction.Status.BLOQUEE]
    return [Concern(fiche, [fiche.status_reason]) for fiche in blocked]


# --- Next dates -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Due:
    """Something expected on a day."""

    on: date
    words: str
    what: str
    fiche: FicheAction
    is_step: bool = False


@dataclass(frozen=True)
class DueDay:
    words: str
    dues: Sequence[Due]


def next_dates(plan: Plan, steps: Iterable[Step], today: date) -> list[DueDay]:
    """Open steps, ends and postponements due in the next six months, by date as it is said."""
    until = today + AHEAD
    known = {fiche.pk: fiche for fiche in plan.fiches}
    found = [
        Due(
            step.due_on,
            step.due_words or date_long(step.due_on),
            step.title,
            known[step.fiche_id],
            is_step=True,
        )
        for step in steps
        if step.due_on and today <= step.due_on <= until and step.fiche_id in known
    ]
    for fiche in plan.fiches:
        found += _dates_of(fiche, today, until)
    found.sort(key=lambda due: (due.on, due.words))
    return [DueDay(words, list(dues)) for (_, words), dues in groupby(found, lambda due: (due.on, due.words))]


def _dates_of(fiche: FicheAction, today: date, until: date) -> list[Due]:
    if fiche.status in FicheAction.CLOSED:
        return []
    if fiche.status == FicheAction.Status.REPORTEE:
        dates = [(fiche.postponed_to, "Reprise de la fiche")]
    else:
        begins = fiche.starts_on if not fiche.is_engaged else None
        dates = [(begins, "Début de la fiche"), (fiche.ends_on, "Fin de la fiche")]
    return [Due(on, date_long(on), what, fiche) for on, what in dates if on and today <= on <= until]
