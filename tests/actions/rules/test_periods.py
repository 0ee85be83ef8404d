import itertools
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.rules.periods import (
    Period,
    is_covered,
    label,
    missing_periods,
    month_span,
    months,
    next_period,
    parse_period,
    periods,
    school_year,
    year,
)

NB = "\u00a0"
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (date(2025, 1, 1), date(2025, 12, 31), 12),
        (date(2024, 1, 1), date(2024, 12, 31), 12),  # a leap year is a year
        (date(2024, 9, 1), date(2025, 8, 31), 12),
        (date(2025, 1, 1), date(2029, 12, 31), 60),
        (date(2025, 1, 1), date(2025, 1, 31), 1),
        (date(2024, 2, 1), date(2024, 2, 29), 1),
        (date(2024, 2, 1), date(2024, 2, 28), Fraction(28, 29)),
        (date(2025, 2, 1), date(2025, 2, 14), Fraction(1, 2)),
        (date(2025, 2, 28), date(2025, 2, 28), Fraction(1, 28)),
        (date(2024, 2, 29), date(2024, 2, 29), Fraction(1, 29)),
        (date(2025, 1, 15), date(2025, 2, 14), Fraction(17, 31) + Fraction(14, 28)),
        (date(2025, 12, 31), date(2026, 1, 1), Fraction(2, 31)),
        (date(2025, 3, 2), date(2025, 3, 1), 0),
        (date(2025, 3, 2), date(2024, 3, 1), 0),
    ],
)
def test_months(start, end, expected):
    assert months(start, end) == expected


@given(DAYS, st.integers(0, 2000), st.integers(1, 2000))
def test_months_of_parts_sum_to_the_whole(start, first, second):
    middle, end = start + timedelta(days=first), start + timedelta(days=first + second)
    assert months(start, middle) + months(middle + timedelta(days=1), end) == months(start, end)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (date(2025, 1, 1), date(2025, 12, 31), "2025"),
        (date(2025, 1, 1), date(2027, 12, 31), "de 2025 à 2027"),
        (date(2024, 9, 1), date(2025, 8, 31), "2024-2025"),
        (date(2025, 1, 1), date(2025, 3, 31), "T1 2025"),
        (date(2025, 4, 1), date(2025, 6, 30), "T2 2025"),
        (date(2025, 7, 1), date(2025, 9, 30), "T3 2025"),
        (date(2025, 10, 1), date(2025, 12, 31), "T4 2025"),
        (date(2025, 2, 1), date(2025, 4, 30), f"du 1er{NB}février au 30{NB}avril 2025"),
        (date(2025, 3, 1), date(2025, 3, 31), "mars 2025"),
        (date(2024, 2, 1), date(2024, 2, 29), "février 2024"),
        (date(2024, 2, 1), date(2024, 2, 28), f"du 1er au 28{NB}février 2024"),
        (date(2025, 12, 1), date(2025, 12, 31), "décembre 2025"),
        (date(2025, 3, 3), date(2025, 4, 4), f"du 3{NB}mars au 4{NB}avril 2025"),
        (date(2025, 1, 1), date(2025, 6, 30), f"du 1er{NB}janvier au 30{NB}juin 2025"),
        (date(2024, 12, 15), date(2025, 1, 15), f"du 15{NB}décembre 2024 au 15{NB}janvier 2025"),
        (date(2024, 9, 1), date(2026, 8, 31), f"du 1er{NB}septembre 2024 au 31{NB}août 2026"),
        (date(2025, 3, 3), date(2025, 3, 3), f"le 3{NB}mars 2025"),
    ],
)
def test_label(start, end, expected):
    assert label(start, end) == expected
    assert str(Period(start, end)) == expected


@pytest.mark.parametrize(
    ("period", "short", "named"),
    [
        (year(2025), "2025", "l’année 2025"),
        (school_year(2024), "2024-2025", "l’année 2024-2025"),
        (Period(date(2025, 1, 1), date(2026, 12, 31)), "de 2025 à 2026", "la période de 2025 à 2026"),
        (month_span(2026, 4, 3), "T2 2026", "le T2 2026"),
        (month_span(2025, 4, 1), f"avr.{NB}25", "avril 2025"),
        (month_span(2025, 12, 1), f"déc.{NB}25", "décembre 2025"),
        (
            Period(date(2025, 9, 13), date(2025, 9, 13)),
            f"13{NB}sept.{NB}25",
            f"la journée du 13{NB}septembre 2025",
        ),
        (
            Period(date(2025, 1, 1), date(2025, 6, 30)),
            f"1er{NB}janv. – 30{NB}juin{NB}25",
            f"la période du 1er{NB}janvier au 30{NB}juin 2025",
        ),
    ],
)
def test_short_label_and_named(period, short, named):
    assert period.short_label == short
    assert period.named == named


@pytest.mark.parametrize(
    ("frequency", "start", "end", "labels"),
    [
        ("year", date(2025, 1, 1), date(2027, 12, 31), ["2025", "2026", "2027"]),
        ("quarter", date(2025, 1, 1), date(2025, 12, 31), ["T1 2025", "T2 2025", "T3 2025", "T4 2025"]),
        (
            "month",
            date(2025, 11, 1),
            date(2026, 2, 28),
            ["novembre 2025", "décembre 2025", "janvier 2026", "février 2026"],
        ),
        ("once", date(2025, 1, 1), date(2029, 12, 31), ["de 2025 à 2029"]),
        (
            "year",
            date(2024, 4, 16),
            date(2025, 6, 30),
            [f"du 16{NB}avril au 31{NB}décembre 2024", f"du 1er{NB}janvier au 30{NB}juin 2025"],
        ),
        (
            "quarter",
            date(2025, 2, 1),
            date(2025, 4, 30),
            [f"du 1er{NB}février au 31{NB}mars 2025", "avril 2025"],
        ),
        ("year", date(2025, 6, 1), date(2025, 5, 31), []),
    ],
)
def test_periods(frequency, start, end, labels):
    assert [str(period) for period in periods(frequency, start, end)] == labels


def test_periods_by_school_year_are_those_that_end_in_the_convention():
    found = periods("year", date(2025, 1, 1), date(2029, 12, 31), school=True)
    assert [str(one) for one in found] == ["2024-2025", "2025-2026", "2026-2027", "2027-2028", "2028-2029"]
    assert sum(one.months for one in found) == 60


@given(DAYS, st.integers(0, 3000), st.sampled_from(["month", "quarter", "year", "once"]))
def test_periods_tile_the_convention(start, length, frequency):
    end = start + timedelta(days=length)
    found = periods(frequency, start, end)
    assert (found[0].start, found[-1].end) == (start, end)
    assert all(one.end + timedelta(days=1) == two.start for one, two in itertools.pairwise(found))


@pytest.mark.parametrize(
    ("entered", "covered"),
    [
        ([], False),
        ([year(2025)], True),
        ([year(2026)], False),
        ([Period(date(2025, 9, 13), date(2025, 9, 13))], True),  # an edition of one day
        ([Period(date(2025, 1, 1), date(2026, 12, 31))], True),  # one value for two years
        ([school_year(2024)], True),
        ([school_year(2025)], False),  # it ends in 2026
    ],
)
def test_is_covered(entered, covered):
    assert is_covered(year(2025), entered) is covered


YEARS = periods("year", date(2025, 1, 1), date(2029, 12, 31))


@pytest.mark.parametrize(
    ("entered", "today", "expected"),
    [
        ([], date(2025, 6, 1), None),
        ([], date(2025, 12, 31), None),  # the year is over the day after its last
        ([], date(2026, 1, 1), year(2025)),
        ([], date(2028, 1, 1), year(2025)),
        ([year(2025)], date(2026, 11, 21), None),
        ([year(2025)], date(2028, 11, 21), year(2026)),
        ([year(2025), year(2027)], date(2029, 6, 1), year(2028)),
        ([year(2025), year(2027)], date(2028, 6, 1), year(2026)),  # nothing after: the gap
        ([year(2026)], date(2027, 1, 1), None),  # it may have begun then
        (YEARS, date(2031, 1, 1), None),
    ],
)
def test_next_period(entered, today, expected):
    assert next_period(YEARS, entered, today) == expected


def test_missing_periods():
    assert missing_periods(YEARS, [year(2026)], date(2028, 1, 1)) == [year(2025), year(2027)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025", year(2025)),
        (" 2025 ", year(2025)),
        ("2024-2025", school_year(2024)),
        ("2024-25", school_year(2024)),
        ("2024/2025", school_year(2024)),
        ("2024 – 2025", school_year(2024)),
        ("2024-2026", None),
        ("T2 2025", month_span(2025, 4, 3)),
        ("t4 2025", month_span(2025, 10, 3)),
        ("T5 2025", None),
        ("Mars 2025", month_span(2025, 3, 1)),
        ("août  2025", month_span(2025, 8, 1)),
        ("brumaire 2025", None),
        ("0205", None),
        ("20255", None),
        ("9999", None),
        ("٢٠٢٥", year(2025)),
        ("", None),
        ("2025 environ", None),
        ("-2025", None),
    ],
)
def test_parse_period(text, expected):
    assert parse_period(text) == expected


@given(st.integers(1900, 2199), st.integers(0, 18))
def test_parse_period_reads_back_its_labels(number, kind):
    whole = [year(number), school_year(number)]
    whole += [month_span(number, month, 1) for month in range(1, 13)]
    whole += [month_span(number, month, 3) for month in (1, 4, 7, 10)]
    period = whole[kind % len(whole)]
    assert parse_period(period.label) == period
