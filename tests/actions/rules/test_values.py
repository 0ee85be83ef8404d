from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.rules.periods import year
from actions.rules.values import (
    PERCENT_ONLY,
    ZERO_DENOMINATOR,
    NotMeasurable,
    Value,
    amount,
    combine,
    say_value,
    usable_time,
    with_unit,
)

NB = "\u00a0"


def in_(number, value=None, over=None, **content):
    """A value of a year; with `over`, a rate."""
    if over is not None:
        content |= {"numerator": Decimal(value), "denominator": Decimal(over)}
    elif value is not None:
        content["value"] = Decimal(value)
    return Value(year(number).start, year(number).end, **content)


@pytest.mark.parametrize(
    ("value", "expected", "numeric"),
    [
        (in_(2025, "4.3"), Fraction(43, 10), True),
        (in_(2025, 0), 0, True),
        (in_(2025, 1, over=3), Fraction(100, 3), True),
        (in_(2025, 0, over=3), 0, True),
        (in_(2025, 1, over=0), None, True),
        (in_(2025, done=True), None, False),
        (in_(2025, text="bien"), None, False),
        (in_(2025, state="secret"), None, False),
        (in_(2025, 3, state="not_collected"), None, False),
    ],
)
def test_amount(value, expected, numeric):
    assert amount(value) == expected
    assert value.is_numeric is numeric


@pytest.mark.parametrize(("aggregation", "expected"), [("sum", 60), ("last", 10), ("max", 30), ("mean", 20)])
def test_combine(aggregation, expected):
    assert combine([in_(2027, 10), in_(2025, 20), in_(2026, 30)], aggregation) == expected


@pytest.mark.parametrize("aggregation", ["sum", "mean"])
def test_combine_rates_as_the_ratio_of_sums(aggregation):
    assert combine([in_(2025, 10, over=10), in_(2026, 20, over=90)], aggregation, is_rate=True) == 30
    assert combine([in_(2025, 0, over=0), in_(2026, 1, over=2)], aggregation) == 50


@pytest.mark.parametrize(
    ("values", "is_rate", "reason"),
    [
        ([], False, "aucune valeur"),
        ([in_(2025, 60), in_(2026, 70)], True, PERCENT_ONLY),
        ([in_(2025, 60), in_(2026, 7, over=10)], False, PERCENT_ONLY),
        ([in_(2025, 0, over=0), in_(2026, 0, over=0)], True, ZERO_DENOMINATOR),
        ([in_(2025, 0, over=0)], True, ZERO_DENOMINATOR),
    ],
)
def test_combine_refuses(values, is_rate, reason):
    with pytest.raises(NotMeasurable) as refusal:
        combine(values, "mean", is_rate=is_rate)
    assert str(refusal.value) == reason


def test_combine_reads_one_percentage_and_the_last_of_two():
    assert combine([in_(2025, 60)], "mean", is_rate=True) == 60
    assert combine([in_(2025, 60), in_(2026, 70)], "last", is_rate=True) == 70
    assert combine([in_(2025, 60), in_(2026, 7, over=10)], "max", is_rate=True) == 70


@given(st.lists(st.decimals(0, 10**6, places=4), min_size=1, max_size=8))
def test_combine_is_exact_and_blind_to_order(numbers):
    values = [in_(2020 + place, number) for place, number in enumerate(numbers)]
    assert combine(values, "sum") == sum(Fraction(number) for number in numbers)
    assert combine(values[::-1], "mean") * len(numbers) == combine(values, "sum")
    assert combine(values, "max") >= combine(values, "mean")


def test_usable_time():
    assert usable_time([in_(2024, 1), in_(2026, 1)]) == 24
    assert usable_time([]) == 0


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (in_(2025, 148), "visites", f"148{NB}visites"),
        (in_(2025, 1), "visites", f"1{NB}visite"),
        (in_(2025, "1234.5"), "", "1\u202f234,5"),
        (in_(2025, 3, over=4), "places", f"75{NB}%"),
        (in_(2025, 2, over=3), "", f"66,67{NB}%"),
        (in_(2025, 3, over=0), "", "–"),
        (in_(2025, "4.3"), "sur 5", f"4,3{NB}sur 5"),
        (in_(2025, 12, state="estimated"), "", "12 (estimation)"),
        (in_(2025, done=True), "", "fait"),
        (in_(2025, done=False), "", "à faire"),
        (in_(2025, text="Deux réunions"), "", "Deux réunions"),
        (in_(2025), "", "–"),
        (in_(2025, state="not_collected"), "visites", "non recueillie"),
        (in_(2025, state="secret"), "visites", "secret statistique"),
        (in_(2025, state="not_applicable"), "visites", "sans objet"),
    ],
)
def test_say_value(value, unit, words):
    assert say_value(value, unit) == words


def test_with_unit():
    assert with_unit(Decimal("-1.5"), "places") == f"−1,5{NB}place"
    assert with_unit(0, "COPIL") == f"0{NB}COPIL"
