"""The values of an indicator one by one: entered, proposed, or counted by a source. As `actions.figures`, no query."""

from dataclasses import dataclass

from actions.feeds import source_of
from actions.figures import counted_values, measurement_words, unit_of, value_of
from actions.models import Indicator, Measurement
from actions.models.exchanges import Review
from actions.rules.periods import Period
from actions.rules.values import Value, say_value


@dataclass(frozen=True)
class Line:
    """A value as a list says it: what was entered, proposed, or counted by a source."""

    value: Value
    words: str
    measurement: Measurement | None = None
    counted_by: str = ""

    @property
    def period(self) -> Period:
        return self.value.period


def lines_of(indicator: Indicator) -> list[Line]:
    """All that is known of an indicator, oldest first; proposals too, where they were loaded."""
    entered = [value_of(one) for one in indicator.measurements.all() if one.status == Review.ACCEPTED]
    source = source_of(indicator)
    lines = [
        *(
            Line(value_of(one), measurement_words(indicator, one), one)
            for one in indicator.measurements.all()
        ),
        *(
            Line(one, say_value(one, unit_of(indicator)), counted_by=source.label if source else "")
            for one in counted_values(indicator, entered)
        ),
    ]
    return sorted(lines, key=lambda line: line.period)


def stated(indicator: Indicator) -> list[Measurement]:
    """Its accepted values, and what its source counted as rows like them: for a list of values."""
    rows = []
    for line in lines_of(indicator):
        one, value = line.measurement, line.value
        if one is None:
            one = Measurement(period_start=value.period_start, period_end=value.period_end, value=value.value)
            one.indicator, one.note = indicator, f"compté\u00a0: {line.counted_by}"
        if one.status == Review.ACCEPTED:
            rows.append(one)
    return rows
