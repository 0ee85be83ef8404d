"""An indicator as a small chart: its values against its target, the same drawing on screen and on paper.

As `actions.figures`, nothing here queries.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.utils import timezone

from actions.figures import expected_periods, spoken_unit, target_of, unit_of, values_of
from actions.models import Indicator, Measurement
from actions.rules import targets
from actions.rules.attainment import Target, cumulated, expected_for
from actions.rules.periods import MONTHS_IN, Period, is_covered
from actions.rules.values import NotMeasurable, Value, amount
from actions.rules.words import decimal
from ctg.charts import NOT_APPLICABLE, SECRET, Chart, Point, bars_with_target
from ctg.charts import Target as TargetLine

MISSING_POINTS = {"not_collected": "non recueilli", "secret": SECRET, "not_applicable": NOT_APPLICABLE}
NOT_ENTERED = "non saisi"
NOT_COMPUTED = "non calculable"
# A year of months, three years of quarters: more does not fit beside a fiche.
POINTS = 12


def chart_of(
    indicator: Indicator, today: date | None = None, *, size: tuple[float, float] = (260, 128)
) -> Chart | None:
    """Its values against its target, the same drawing everywhere; None when there is no value to draw.

    A cumulative target shows the sum so far. A period that is over without a value says so in its place.
    """
    today = today or timezone.localdate()
    target, values = target_of(indicator), values_of(indicator)
    drawable = [one for one in values if one.is_numeric or one.state in MISSING_POINTS]
    if indicator.kind in (Indicator.Kind.DELIVERABLE, Indicator.Kind.QUALITATIVE) or not drawable:
        return None
    slots = _slots(indicator, drawable, today)
    is_sum = target.mode == Indicator.TargetMode.CUMULATIVE and target.is_set and not target.no_sum
    drawn = _cumulated_bars(target, slots, today) if is_sum else _own_bars(target, slots, today)
    drawn = drawn[-POINTS:]
    levels = [bar.level for bar in drawn]
    line = None
    if any(level is not None for level in levels):
        line = TargetLine(_line_words(indicator, target, [bar.period for bar in drawn]), levels)
    title = f"{indicator.label}, en cumul" if is_sum and not target.is_rate else indicator.label
    points, (width, height) = [bar.point for bar in drawn], size
    return bars_with_target(title, points, target=line, unit=unit_of(indicator), width=width, height=height)


@dataclass(frozen=True)
class _Bar:
    period: Period
    point: Point
    level: Decimal | None


def _slots(indicator: Indicator, values: Sequence[Value], today: date) -> list[tuple[Period, Value | None]]:
    """The values, and the periods over since the first one for which none was entered, in order."""
    entered = [value.period for value in values]
    gaps = [
        period
        for period in expected_periods(indicator, entered)
        if entered[0].end < period.start and period.end < today and not is_covered(period, entered)
    ]
    slots: list[tuple[Period, Value | None]] = [
        *((one.period, one) for one in values),
        *((gap, None) for gap in gaps),
    ]
    return sorted(slots, key=lambda slot: slot[0])


def _own_bars(target: Target, slots: Sequence[tuple[Period, Value | None]], today: date) -> list[_Bar]:
    drawn = []
    for period, value in slots:
        inside = target.convention_start <= period.end <= target.deadline
        level = expected_for(target, period) if target.is_set and inside else None
        label = f"{period.short_label} (en cours)" if period.end >= today else period.short_label
        drawn.append(_Bar(period, _point(label, value), None if level is None else decimal(level)))
    return drawn


def _cumulated_bars(target: Target, slots: Sequence[tuple[Period, Value | None]], today: date) -> list[_Bar]:
    drawn: list[_Bar] = []
    usable: list[Value] = []
    for period, value in slots:
        if not target.convention_start <= period.end <= target.deadline or period.end >= today:
            continue
        point, level = _point(period.short_label, value), None
        if value is not None and value.is_numeric:
            usable.append(value)
            try:
                reading = cumulated(target, usable)
            except NotMeasurable:
                point = replace(point, value=None, missing=NOT_COMPUTED)
            else:
                point = replace(point, value=decimal(reading.actual))
                level = None if reading.expected is None else decimal(reading.expected)
        drawn.append(_Bar(period, point, level))
    return drawn


def _point(label: str, value: Value | None) -> Point:
    if value is None:
        return Point(label, None, missing=NOT_ENTERED)
    found = amount(value)
    if found is None:
        return Point(label, None, missing=MISSING_POINTS.get(value.state, NOT_COMPUTED))
    return Point(label, decimal(found), estimated=value.state == Measurement.State.ESTIMATED)


def _line_words(indicator: Indicator, target: Target, drawn: Sequence[Period]) -> str:
    """« cible : plus de 30 par trimestre », stated by the period of the bars; or the path and where it leads."""
    if target.mode != Indicator.TargetMode.EACH_PERIOD:
        end = target.deadline
        by = f"fin {end.year}" if (end.month, end.day) == (12, 31) else f"au {end:%d/%m/%Y}"
        return f"trajectoire : {targets.say(target, spoken_unit(indicator))} {by}"
    span = MONTHS_IN.get(target.frequency, 0)
    if target.per and target.value is not None and all(period.months == span for period in drawn):
        scale = target.scale(drawn[0])
        if scale != 1:
            target = replace(target, value=decimal(Fraction(target.value) * scale), per=target.frequency)
    return f"cible : {targets.say(target, spoken_unit(indicator))}"
