"""From the models to the number rules: what pages, documents and dashboards all call.

Nothing here queries: an Indicator comes from `IndicatorQuerySet.with_values()`, with what its source counts (or from
`for_page` of its fiche), a fiche from `with_progress()` or with its steps prefetched. `today` is the day in Paris unless given.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.utils import timezone

from actions.feeds import first_year, is_countable, source_of
from actions.models import Axe, Convention, FicheAction, Indicator, Measurement
from actions.models.exchanges import Review
from actions.rules import progress as rules
from actions.rules import targets
from actions.rules.attainment import Attainment, Result, Target, judge
from actions.rules.periods import Period, is_covered, next_period, periods
from actions.rules.periods import year as whole_year
from actions.rules.values import NotMeasurable, Value, combine, say_value, with_unit
from actions.rules.words import decimal, plural
from ctg.charts import Chart, Segment, stacked_bar

Status = FicheAction.Status

# The look of each status and result: a key of the charts and of the chips.
STATUS_KINDS = FicheAction.KINDS
RESULT_KINDS = {
    Result.ATTEINT: "faite",
    Result.SUR_LA_TRAJECTOIRE: "cours",
    Result.EN_DECA: "difficulte",
    Result.NON_ATTEINT: "fin",
    Result.A_REALISER: "engager",
    Result.TRAJECTOIRE_NON_PRECISEE: "etude",
    Result.NON_MESURABLE: "neutre",
    Result.SANS_CIBLE: "neutre",
}


# --- Indicators -----------------------------------------------------------------------------------
def target_of(indicator: Indicator) -> Target:
    convention = indicator.fiche.convention
    return Target(
        kind=indicator.kind,
        direction=indicator.direction,
        aggregation=indicator.aggregation,
        comparator=indicator.comparator,
        value=indicator.target_value,
        per=indicator.target_per,
        mode=indicator.target_mode,
        target_on=indicator.target_on,
        baseline_value=indicator.baseline_value,
        baseline_year=indicator.baseline_year,
        convention_start=convention.period_start,
        convention_end=convention.period_end,
        frequency=indicator.frequency,
        awaited=awaited_words(indicator),
    )


def awaited_words(indicator: Indicator) -> str:
    """Why an indicator has nothing yet, when it counts by itself or is waiting for something that will count it."""
    source, kind = source_of(indicator), Indicator.Kind(indicator.kind)
    if source and indicator.fed_from:
        return f"compté à partir de {first_year(indicator.fed_from)} ({source.label})"
    if indicator.fed_by or (kind == Indicator.Kind.CADENCE and not is_countable(kind)):
        return "en attente du décompte des réunions"
    return ""


def value_of(measurement: Measurement) -> Value:
    return Value(
        period_start=measurement.period_start,
        period_end=measurement.period_end,
        state=measurement.state,
        value=measurement.value,
        numerator=measurement.numerator,
        denominator=measurement.denominator,
        done=measurement.done,
        text=measurement.text,
    )


def values_of(indicator: Indicator) -> list[Value]:
    """Its accepted measurements and what its source counted, oldest first; whatever else was loaded is left out."""
    accepted = [value_of(one) for one in indicator.measurements.all() if one.status == Review.ACCEPTED]
    return sorted([*accepted, *counted_values(indicator, accepted)], key=lambda value: value.period)


def counted_values(indicator: Indicator, entered: Iterable[Value]) -> list[Value]:
    """The years counted by its source, unless a person entered a value over a part of them."""
    if not indicator.fed_by:
        return []
    known, last = [value.period for value in entered], indicator.fiche.convention.period_end.year
    years = [whole_year(one) for one in indicator.counted if one <= last]
    return [
        Value(whole.start, whole.end, value=Decimal(indicator.counted[whole.start.year]))
        for whole in years
        if not any(whole.touches(period) for period in known)
    ]


def attainment_of(indicator: Indicator, today: date | None = None) -> Attainment:
    return judge(target_of(indicator), values_of(indicator), today or timezone.localdate())


def unit_of(indicator: Indicator) -> str:
    return "%" if indicator.kind == Indicator.Kind.RATE else indicator.unit


def target_words(indicator: Indicator) -> str:
    """« plus de 10 par mois », « au moins 1 COPIL par an », « au moins 4 sur 5 »: for a sentence."""
    return targets.say(target_of(indicator), spoken_unit(indicator))


def target_said(indicator: Indicator) -> str:
    """The target for a sentence; as it is written, when no number was read in it; nothing without one."""
    if indicator.has_target:
        return target_words(indicator)
    return f"«\u00a0{indicator.target_words}\u00a0»" if indicator.target_words else ""


def target_short(indicator: Indicator) -> str:
    """« > 10 / mois »: for a table."""
    return targets.short(target_of(indicator))


def measurement_words(indicator: Indicator, measurement: Measurement) -> str:
    """« 148 visites », « 77,4 % », « fait », « non recueillie »."""
    return say_value(value_of(measurement), unit_of(indicator))


def year_words(indicator: Indicator, year: int, today: date | None = None) -> str:
    """The values whose period ended in a year, as one: « 99 », « 80,1 % »; « – » when there is none."""
    today = today or timezone.localdate()
    ended = [one for one in values_of(indicator) if one.period_end.year == year and one.period_end < today]
    numbers = [one for one in ended if one.is_numeric]
    if not numbers:
        return say_value(ended[-1]) if ended else "–"
    try:
        total = combine(numbers, indicator.aggregation, is_rate=indicator.kind == Indicator.Kind.RATE)
    except NotMeasurable:
        return "–"
    said = "%" if any(one.is_ratio for one in numbers) or indicator.kind == Indicator.Kind.RATE else ""
    return with_unit(decimal(total), said)


def period_to_enter(
    indicator: Indicator, today: date | None = None, *, also: Iterable[Period] = ()
) -> Period | None:
    """What to ask for next, or None when all that is over is in; `also`: periods of values not accepted yet."""
    values = [*(value.period for value in values_of(indicator)), *also]
    return next_period(expected_periods(indicator, values), values, today or timezone.localdate())


def period_under_way(
    indicator: Indicator, today: date | None = None, *, also: Iterable[Period] = ()
) -> Period | None:
    """The one that is running, when nothing was entered over it: asked of whoever reports before its end."""
    today = today or timezone.localdate()
    values = [*(value.period for value in values_of(indicator)), *also]
    running = (one for one in expected_periods(indicator, values) if one.start <= today <= one.end)
    return next((one for one in running if not is_covered(one, values)), None)


def running_period(indicator: Indicator, today: date) -> Period | None:
    """The period under way, if nothing was entered for it yet."""
    entered = [value.period for value in values_of(indicator)]
    running = (one for one in expected_periods(indicator, entered) if one.start <= today <= one.end)
    return next((one for one in running if not is_covered(one, entered)), None)


@dataclass(frozen=True)
class Judged:
    """An indicator beside its attainment."""

    indicator: Indicator
    attainment: Attainment

    @property
    def kind(self) -> str:
        return RESULT_KINDS[self.attainment.result]


def judged(indicators: Iterable[Indicator], today: date | None = None) -> list[Judged]:
    return [Judged(one, attainment_of(one, today)) for one in indicators]


@dataclass(frozen=True)
class Said:
    """A value in words, with the period it stands for: « 16 », « octobre 2026 »."""

    value: str = "–"
    when: str = ""

    def __str__(self) -> str:
        return f"{self.value} · {self.when}" if self.when else self.value


def latest_of(indicator: Indicator, found: Attainment, today: date | None = None) -> Said:
    """What the attainment `found` was judged on; when nothing was, the last value whose period has begun."""
    today = today or timezone.localdate()
    # The label says what is counted: in a table only a rate needs its sign.
    sign = "%" if indicator.kind == Indicator.Kind.RATE else ""
    begun = [one for one in values_of(indicator) if one.period_start <= today]
    period = found.period or (begun[-1].period if begun else None)
    if period is None:
        return Said()
    alone = next((one for one in begun if one.period == period), None)
    if alone is not None:
        return Said(say_value(alone, sign), period.label)
    return Said("–" if found.actual is None else with_unit(found.actual, sign), period.label)


@dataclass(frozen=True)
class Aim(Judged):
    """An indicator as a line of a table: its value of a year, its last one, its target, where it stands and why."""

    year: int
    value: str
    latest: Said
    target: str

    @property
    def basis(self) -> str:
        """Why there is no result, or how much of the time judged is known."""
        found = self.attainment
        if found.reason or found.period is None:
            return found.reason
        known = found.coverage
        return f"{known} avec une valeur" if known and known.known < known.expected else ""

    @property
    def verdict(self) -> str:
        """The same beside the value of a year: what was judged is said first, when it is not that value."""
        same = not self.attainment.period or self.latest == Said(self.value, f"{self.year}")
        return " · ".join(part for part in ("" if same else str(self.latest), self.basis) if part)


def aim_of(indicator: Indicator, year: int, today: date | None = None) -> Aim:
    found = attainment_of(indicator, today)
    return Aim(
        indicator,
        found,
        year,
        year_words(indicator, year, today),
        latest_of(indicator, found, today),
        target_short(indicator),
    )


def aimed_words(indicators: int, aimed: int, deliverables: int = 0) -> str:
    """« 25 indicateurs, dont 11 avec cible et 2 livrables »: deliverables have no number to reach."""
    said = plural(indicators, "indicateur")
    if 1 < indicators == aimed:
        return f"{said}, tous avec cible"
    parts = [f"{aimed} avec cible"] if aimed else []
    parts += [plural(deliverables, "livrable")] if deliverables else []
    return f"{said}, dont {' et '.join(parts)}" if parts else said


def last_year_over(convention: Convention, today: date | None = None) -> int:
    """The last year of the convention that is over; its first one when none is."""
    today = today or timezone.localdate()
    return max(min(today.year - 1, convention.period_end.year), convention.period_start.year)


def result_segments(all_judged: Sequence[Judged]) -> list[Segment]:
    """How many indicators have each result, in the order of the results; those without a target are left out."""
    found = [one.attainment.result for one in all_judged]
    shown = [result for result in Result if result in found and result is not Result.SANS_CIBLE]
    return [Segment(result.label, found.count(result), RESULT_KINDS[result]) for result in shown]


def spoken_unit(indicator: Indicator) -> str:
    """The label stands beside and names what is counted: the unit is said where the number needs it."""
    needed = indicator.kind == Indicator.Kind.CADENCE or indicator.unit.startswith(("sur ", "%", "€"))
    return indicator.unit if needed else ""


def expected_periods(indicator: Indicator, entered: Sequence[Period]) -> list[Period]:
    """Those for which a value is awaited; school years when the last one entered is one."""
    target = target_of(indicator)
    school = bool(entered) and max(entered).is_school_year
    return periods(target.frequency, target.convention_start, target.deadline, school=school)


# --- Fiches and plan ------------------------------------------------------------------------------
def progress_of(fiche: FicheAction) -> rules.Progress:
    """From the counts of `with_progress()` where the fiche has them, else from its prefetched steps."""
    total: int | None = getattr(fiche, "step_count", None)
    if total is not None:
        done: int = getattr(fiche, "steps_done", 0)
        return rules.progress(fiche.status, done=done, total=total, permanent=fiche.is_permanent)
    states = [step.state for step in fiche.steps.all()]
    return rules.progress_of_steps(fiche.status, states, permanent=fiche.is_permanent)


def contradictions_of(fiche: FicheAction) -> list[str]:
    """From its prefetched steps."""
    states = [step.state for step in fiche.steps.all()]
    return rules.contradictions(fiche.status, states, permanent=fiche.is_permanent)


@dataclass(frozen=True)
class Group:
    """Fiches counted together: a whole plan, or one axe of it."""

    label: str
    fiches: Sequence[FicheAction]
    axe: Axe | None = None

    @cached_property
    def counts(self) -> rules.Counts:
        return rules.count(fiche.status for fiche in self.fiches)

    @cached_property
    def mean(self) -> rules.Mean:
        return rules.mean(progress_of(fiche) for fiche in self.fiches)

    @property
    def segments(self) -> list[Segment]:
        """Its fiches by status, for a chart; a status without a fiche is left out."""
        found = self.counts.by_status
        return [
            Segment(str(Status(status).label), found[status], kind)
            for status, kind in STATUS_KINDS.items()
            if found.get(status)
        ]

    def chart(self, *, legend: bool = True) -> Chart:
        return stacked_bar(
            f"Fiches par statut : {self.label}", self.segments, legend=legend, empty="aucune fiche"
        )


@dataclass(frozen=True)
class Plan(Group):
    """All the fiches of a convention. Give `axes` to show also those without a fiche."""

    axes: Sequence[Axe] = ()

    @cached_property
    def by_axe(self) -> list[Group]:
        """Axe by axe in the order of the plan, then « Fiches transversales », then « À classer », if there are any."""
        known = {fiche.axe.pk: fiche.axe for fiche in self.fiches if fiche.axe} | {
            axe.pk: axe for axe in self.axes
        }
        ordered = sorted(known.values(), key=lambda axe: (axe.position, axe.pk))
        groups = [
            Group(str(axe), [one for one in self.fiches if one.axe_id == axe.pk], axe) for axe in ordered
        ]
        across = [one for one in self.fiches if one.is_transversale]
        loose = [one for one in self.fiches if not one.axe_id and not one.is_transversale]
        groups += [Group("Fiches transversales", across)] if across else []
        return groups + ([Group("À classer", loose)] if loose else [])


def plan_of(fiches: Iterable[FicheAction], axes: Sequence[Axe] = ()) -> Plan:
    return Plan("le plan", list(fiches), axes=axes)
