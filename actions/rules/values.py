"""Reading measurements: which can be used, what each is worth, and how several make one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from actions.rules.periods import Period
from actions.rules.words import singular
from ctg.numbers import NO_BREAK, french_number

WITH_VALUE = frozenset({"known", "estimated"})
MISSING_WORDS = {
    "not_collected": "non recueillie",
    "secret": "secret statistique",
    "not_applicable": "sans objet",
}

ZERO_DENOMINATOR = "dénominateur nul"
PERCENT_ONLY = "taux connu seulement en pourcentage, qui ne s’additionne pas d’une période à l’autre"


class NotMeasurable(Exception):  # noqa: N818 - an answer, not a fault
    """Why no number can be given, in French."""


@dataclass(frozen=True)
class Value:
    """One accepted measurement: a value, or a numerator and denominator (a rate), or done, or a text, or none."""

    period_start: date
    period_end: date
    state: str = "known"
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    done: bool | None = None
    text: str = ""

    @property
    def period(self) -> Period:
        return Period(self.period_start, self.period_end)

    @property
    def is_numeric(self) -> bool:
        """Known or estimated, and a number (even one that cannot be divided)."""
        return self.state in WITH_VALUE and (self.value is not None or self.is_ratio)

    @property
    def is_ratio(self) -> bool:
        return self.numerator is not None and self.denominator is not None


def amount(value: Value) -> Fraction | None:
    """What a value is worth, a rate in percent; None when there is no number in it."""
    if value.state not in WITH_VALUE:
        return None
    if value.value is not None:
        return Fraction(value.value)
    if value.numerator is None or not value.denominator:
        return None
    return Fraction(value.numerator) * 100 / Fraction(value.denominator)


def measured(value: Value) -> Fraction:
    """Its amount. Raises NotMeasurable when it has none."""
    found = amount(value)
    if found is None:
        raise NotMeasurable(ZERO_DENOMINATOR)
    return found


def combine(values: Sequence[Value], aggregation: str, *, is_rate: bool = False) -> Fraction:
    """Several periods as one number, in the way of the indicator. Raises NotMeasurable with its reason.

    Rates are the ratio of the sums; one known only as a percentage is never summed nor averaged.
    """
    if not values:
        raise NotMeasurable("aucune valeur")
    ordered = sorted(values, key=lambda value: value.period)
    if len(ordered) == 1 or aggregation == "last":
        return measured(ordered[-1])
    if aggregation == "max":
        return max([measured(value) for value in ordered])
    if is_rate or any(value.is_ratio for value in ordered):
        return ratio_of_sums(ordered)
    total = sum((measured(value) for value in ordered), Fraction(0))
    return total / len(ordered) if aggregation == "mean" else total


def ratio_of_sums(values: Sequence[Value]) -> Fraction:
    """A rate over several periods, in percent. Raises NotMeasurable."""
    if len(values) == 1:
        return measured(values[0])
    if not all(value.is_ratio for value in values):
        raise NotMeasurable(PERCENT_ONLY)
    below = sum((Fraction(value.denominator or 0) for value in values), Fraction(0))
    if below == 0:
        raise NotMeasurable(ZERO_DENOMINATOR)
    return sum((Fraction(value.numerator or 0) for value in values), Fraction(0)) * 100 / below


def usable_time(values: Iterable[Value]) -> Fraction:
    """Calendar months over which there is a value."""
    return sum((value.period.months for value in values), Fraction(0))


def with_unit(number: Decimal | int, unit: str, decimals: int = 2) -> str:
    """« 148 visites », « 1 visite », « 77,4 % », « 4,3 sur 5 »."""
    said = french_number(number, decimals)
    if not unit:
        return said
    return f"{said}{NO_BREAK}{singular(unit) if -2 < number < 2 else unit}"


def say_value(value: Value, unit: str = "") -> str:
    """A measurement in words: « 148 », « 77 % », « fait », its text, or why there is none. Missing is never 0."""
    if value.state not in WITH_VALUE:
        return MISSING_WORDS[value.state]
    found = amount(value)
    if found is not None:
        shown = "%" if value.is_ratio else unit
        said = with_unit(Decimal(found.numerator) / Decimal(found.denominator), shown)
        return f"{said} (estimation)" if value.state == "estimated" else said
    if value.is_ratio:
        return "–"
    if value.done is not None:
        return "fait" if value.done else "à faire"
    return value.text or "–"
