"""Numbers as people type them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctg.numbers import french_number, read_number


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("12", "12"),
        ("12,5", "12.5"),
        ("12.5", "12.5"),
        (" 1 234,5 ", "1234.5"),
        ("1\u202f234\u00a0567", "1234567"),
        ("1,234.5", "1234.5"),
        ("1.234.567,8", "1234567.8"),
        ("−3", "-3"),
        ("-3,0", "-3.0"),
        ("+3", "3"),
    ],
)
def test_a_number_is_read_french_or_english(typed, number):
    assert read_number(typed) == Decimal(number)


@pytest.mark.parametrize(
    "typed", ["", "N/A", "12 %", "douze", "1e5", "1 2", "1,2,3", "١٢", "12a", "-", "NaN", "=1"]
)
def test_what_is_no_number_is_none(typed):
    assert read_number(typed) is None


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=4))
def test_what_is_written_is_read(number):
    assert read_number(french_number(number, 4)) == number
