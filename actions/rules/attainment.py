"""Where an indicator stands against its target.

The rule is that of docs/conception.md, « Atteinte d’une cible ». Choices it leaves open, made here once:

- A value belongs to the convention when its period **ends** between the start of the convention and the date of
  the target; a school year is so counted once, where it ends. A period is over the day after its last day.
- A deliverable is what its latest statement says, from the day its period begins: done is done.
- With `per`, a cumulative target is so much for each of those periods until its date; an `at_end` one is scaled,
  with its baseline, to the period read.
- A rate read over several periods is the ratio of the sums, against the target itself: a rate does not grow
  with time.
- An `at_end` line that its sign does not follow (« ≤ » above the baseline, « ≥ » below it) is a limit, not a
  path: the ratio is then that of a plain threshold.
- A ratio that cannot be computed (expected value zero or negative) stops neither « atteint » nor « non
  atteint », which need none; otherwise it is « non mesurable ».
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction

from actions.rules.periods import MONTHS_IN, Period, is_covered, months, periods
from actions.rules.ratios import AT_LEAST, AT_MOST, is_met, is_on_path, plain_ratio
from actions.rules.values import (
    WITH_VALUE,
    NotMeasurable,
    Value,
    measured,
    ratio_of_sums,
    usable_time,
)
from actions.rules.words import cut_percent, decimal, plural

UNIT_OF_COVERAGE = {
    "month": ("mois", "mois"),
    "quarter": ("trimestre", "trimestres"),
    "year": ("année", "années"),
    "once": ("relevé", "relevés"),
}

WHY_MISSING = {
    "not_collected": "valeur non recueillie",
    "secret": "valeur couverte par le secret statistique",
    "not_applicable": "valeur sans objet",
}
NO_BASELINE = "valeur de référence manquante"
ZERO_BASELINE = "valeur de référence nulle"
SAME_AS_BASELINE = "cible égale à la valeur de référence"
BASELINE_PERIOD = "dernière valeur antérieure au départ de la trajectoire"
NO_TIME_LEFT = "échéance de la cible antérieure au départ de la trajectoire"
NO_SUM = (
    "valeurs qui ne s’additionnent pas d’une période à l’autre (personnes différentes, effectif à une date)"
)
NO_SUM_OF_MEANS = "moyennes, qui ne s’additionnent pas d’une période à l’autre"
NO_SUM_OF_CHANGE = "une évolution ne se juge pas en cumul"


class Result(Enum):
    """In the order in which a dashboard lists them."""

    ATTEINT = "atteint"
    SUR_LA_TRAJECTOIRE = "sur la trajectoire"
    EN_DECA = "en deçà de la trajectoire"
    NON_ATTEINT = "non atteint"
    A_REALISER = "à réaliser"
    TRAJECTOIRE_NON_PRECISEE = "trajectoire non précisée"
    NON_MESURABLE = "non mesurable"
    SANS_CIBLE = "sans cible"

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return self.value


@dataclass(frozen=True)
class Target:
    """What is aimed at. The value of a rate is in percent, that of a change is signed percent of the baseline."""

    kind: str
    direction: str
    aggregation: str
    comparator: str
    value: Decimal | None
    per: str
    mode: str
    target_on: date | None
    baseline_value: Decimal | None
    baseline_year: int | None
    convention_start: date
    convention_end: date
    frequency: str = "year"
    awaited: str = ""  # why there may be no value yet, when it is not for a person to enter one

    @property
    def sign(self) -> str:
        """Its comparator; a cadence without one is « ≥ »."""
        return self.comparator or ("≥" if self.kind == "cadence" and self.value is not None else "")

    @property
    def deadline(self) -> date:
        return self.target_on or self.convention_end

    @property
    def is_set(self) -> bool:
        return self.value is not None and bool(self.sign)

    @property
    def is_rate(self) -> bool:
        return self.kind == "rate"

    @property
    def no_sum(self) -> str:
        """Why its values may not be summed over the convention, or nothing."""
        if self.kind == "change":
            return NO_SUM_OF_CHANGE
        if self.is_rate:
            return ""
        return {"sum": "", "mean": NO_SUM_OF_MEANS}.get(self.aggregation, NO_SUM)

    def level(self) -> Fraction:
        """The value aimed at, a change resolved on its baseline. Raises NotMeasurable."""
        assert self.value is not None
        if self.kind != "change":
            return Fraction(self.value)
        if self.baseline_value is None:
            raise NotMeasurable(NO_BASELINE)
        if self.baseline_value == 0:
            raise NotMeasurable(ZERO_BASELINE)
        return Fraction(self.baseline_value) * (1 + Fraction(self.value) / 100)

    def scale(self, period: Period) -> Fraction:
        """How many times the target a period is asked for: 12 for « par mois » over a year, 1 without sum or `per`."""
        if self.aggregation != "sum" or self.is_rate or not self.per:
            return Fraction(1)
        return period.months / MONTHS_IN[self.per]


@dataclass(frozen=True)
class Coverage:
    """For how many of the periods that are over there is a value: « 2 années sur 3 »; nothing when none is over."""

    known: int
    expected: int
    frequency: str = "year"

    def __str__(self) -> str:
        if not self.expected:
            return ""
        return f"{plural(self.known, *UNIT_OF_COVERAGE[self.frequency])} sur {self.expected}"

    def __bool__(self) -> bool:
        return self.expected > 0


@dataclass(frozen=True)
class Attainment:
    """A result, what it stands on, and why there is none when there is none."""

    result: Result
    ratio: Decimal | None = None
    expected: Decimal | None = None
    actual: Decimal | None = None
    period: Period | None = None
    coverage: Coverage = Coverage(0, 0)
    reason: str = ""

    def __str__(self) -> str:
        """« non mesurable : valeur de référence manquante »."""
        return f"{self.result.label}\u00a0: {self.reason}" if self.reason else self.result.label

    @property
    def label(self) -> str:
        return str(self)

    @property
    def percent(self) -> int | None:
        """The ratio for a reader, cut rather than rounded: 84,9 is not 85, the edge of the path, nor 99,9 all."""
        return None if self.ratio is None else cut_percent(Fraction(self.ratio))


@dataclass(frozen=True)
class Reading:
    """What is compared: the actual value over a period, the whole target, and what is expected by then."""

    actual: Fraction
    period: Period
    whole: Fraction
    expected: Fraction | None
    baseline: Fraction | None = None  # only for a line from a baseline


def judge(target: Target, values: Sequence[Value], today: date) -> Attainment:
    """The result of an indicator. `values` are its accepted measurements, in any order; `today` is in Paris."""
    if target.kind == "deliverable":
        return _judge_deliverable(target, values, today)
    usable = usable_values(target, values, today)
    coverage = coverage_of(target, values, today)
    if not target.is_set:
        return _without_verdict(Result.SANS_CIBLE, usable, coverage)
    if not target.mode:
        return _without_verdict(Result.TRAJECTOIRE_NON_PRECISEE, usable, coverage)
    try:
        reading = _read(target, usable, values, today)
    except NotMeasurable as why:
        return replace(_without_verdict(Result.NON_MESURABLE, usable, coverage), reason=str(why))
    return _conclude(target, reading, coverage, today)


def usable_values(target: Target, values: Sequence[Value], today: date) -> list[Value]:
    """Numbers known or estimated whose period is over and ends within the time of the target, oldest first."""
    return sorted(
        (value for value in _in_time(target, values, today) if value.is_numeric),
        key=lambda value: value.period,
    )


def coverage_of(target: Target, values: Sequence[Value], today: date) -> Coverage:
    """Over all the periods that are over since the convention started, until the date of the target.

    By school years where the last value is one. A text counts: it is what a qualitative indicator asks for.
    """
    known = [value.period for value in _in_time(target, values, today) if value.state in WITH_VALUE]
    school = bool(known) and max(known).is_school_year
    expected = periods(target.frequency, target.convention_start, target.deadline, school=school)
    over = [period for period in expected if period.end < today]
    return Coverage(sum(is_covered(period, known) for period in over), len(over), target.frequency)


def expected_for(target: Target, period: Period) -> Fraction | None:
    """What one period alone is asked for (`each_period`), or what the line reads at its end (`at_end`).

    None where nothing can be expected; a cumulative path needs all values: see `cumulated`.
    """
    try:
        level = target.level()
    except NotMeasurable:
        return None
    if target.mode == "each_period":
        return level * target.scale(period)
    return _line(target, level, period) if target.mode == "at_end" else None


def cumulated(target: Target, usable: Sequence[Value]) -> Reading:
    """The sum of the usable periods against the share of the target that their time is worth. Raises NotMeasurable."""
    level, total = target.level(), months(target.convention_start, target.deadline)
    period = Period(usable[0].period_start, usable[-1].period_end)
    if target.is_rate:
        return Reading(ratio_of_sums(usable), period, level, level)
    whole = level * total / MONTHS_IN[target.per] if target.per else level
    actual = sum((measured(value) for value in usable), Fraction(0))
    return Reading(actual, period, whole, whole * usable_time(usable) / total)


def _judge_deliverable(target: Target, values: Sequence[Value], today: date) -> Attainment:
    said = [
        value
        for value in values
        if value.state in WITH_VALUE and value.done is not None and value.period_start <= today
    ]
    last = max(said, key=lambda value: value.period, default=None)
    period = last.period if last else None
    if last and last.done:
        return Attainment(Result.ATTEINT, period=period)
    return Attainment(Result.NON_ATTEINT if today > target.deadline else Result.A_REALISER, period=period)


def _without_verdict(result: Result, usable: Sequence[Value], coverage: Coverage) -> Attainment:
    """No judgement, but the last known value all the same."""
    if not usable:
        return Attainment(result, coverage=coverage)
    try:
        actual = decimal(measured(usable[-1]))
    except NotMeasurable:
        return Attainment(result, coverage=coverage)
    return Attainment(result, actual=actual, period=usable[-1].period, coverage=coverage)


def _read(target: Target, usable: Sequence[Value], values: Sequence[Value], today: date) -> Reading:
    level = target.level()
    if target.mode == "cumulative" and (refusal := target.no_sum):
        raise NotMeasurable(refusal)
    if not usable:
        raise NotMeasurable(_why_nothing(target, values, today))
    if target.mode == "cumulative":
        return cumulated(target, usable)
    last = usable[-1]
    scale = target.scale(last.period)
    actual, whole = measured(last), level * scale
    if target.mode == "each_period":
        return Reading(actual, last.period, whole, whole)
    expected = _line(target, level, last.period)
    baseline = None if target.baseline_value is None else Fraction(target.baseline_value) * scale
    return Reading(actual, last.period, whole, expected, baseline)


def _line(target: Target, level: Fraction, period: Period) -> Fraction | None:
    """The straight line from the baseline (end of its year) to the target at its date, read at the end of a period.

    None without a baseline and its year, or when no time lies between them.
    """
    if target.baseline_value is None or target.baseline_year is None:
        return None
    departure = date(target.baseline_year + 1, 1, 1)
    whole = months(departure, target.deadline)
    if whole == 0:
        return None
    baseline = Fraction(target.baseline_value)
    share = months(departure, period.end) / whole
    return (baseline + (level - baseline) * share) * target.scale(period)


def _conclude(target: Target, reading: Reading, coverage: Coverage, today: date) -> Attainment:
    past = today > target.deadline
    final = target.mode != "cumulative" or target.sign in AT_LEAST or past
    met = final and is_met(target.sign, reading.actual, reading.whole)
    ratio, reason = None, ""
    if target.mode == "at_end" and (target.baseline_value is None or target.baseline_year is None):
        result = Result.TRAJECTOIRE_NON_PRECISEE
    else:
        try:
            ratio = _ratio(target, reading)
            result = Result.SUR_LA_TRAJECTOIRE if is_on_path(ratio) else Result.EN_DECA
        except NotMeasurable as why:
            result, reason = Result.NON_MESURABLE, str(why)
    if met or past:
        result, reason = Result.ATTEINT if met else Result.NON_ATTEINT, ""
    return Attainment(
        result,
        ratio=None if ratio is None else decimal(ratio),
        expected=None if reading.expected is None else decimal(reading.expected),
        actual=decimal(reading.actual),
        period=reading.period,
        coverage=coverage,
        reason=reason,
    )


def _ratio(target: Target, reading: Reading) -> Fraction | None:
    if target.mode != "at_end":
        assert reading.expected is not None
        return plain_ratio(target.sign, reading.actual, reading.expected)
    if reading.expected is None or reading.baseline is None:
        raise NotMeasurable(NO_TIME_LEFT)
    if reading.whole == reading.baseline:
        raise NotMeasurable(SAME_AS_BASELINE)
    if reading.expected == reading.baseline:
        raise NotMeasurable(BASELINE_PERIOD)
    rises = reading.whole > reading.baseline
    if (target.sign in AT_LEAST and not rises) or (target.sign in AT_MOST and rises):
        return plain_ratio(target.sign, reading.actual, reading.expected)
    return (reading.actual - reading.baseline) / (reading.expected - reading.baseline)


def _in_time(target: Target, values: Sequence[Value], today: date) -> list[Value]:
    last = min(target.deadline, today - timedelta(days=1))
    return [value for value in values if target.convention_start <= value.period_end <= last]


def _why_nothing(target: Target, values: Sequence[Value], today: date) -> str:
    """The reason a person can act on, from the latest thing said."""
    if not values:
        return target.awaited or "aucune valeur saisie"
    said = sorted(_in_time(target, values, today), key=lambda value: value.period)
    if not said:
        running = any(value.period_end >= today for value in values)
        return "période en cours" if running else "aucune valeur sur la période de la convention"
    return WHY_MISSING.get(said[-1].state, "aucune valeur chiffrée")
