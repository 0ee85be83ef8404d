"""The year of a committee, in figures and in words."""

from datetime import date
from types import SimpleNamespace

import pytest

from governance.rules.year import committee_years, year_of

NB = "\u00a0"
PLAN = SimpleNamespace(period_start=date(2025, 1, 1), period_end=date(2029, 12, 31))


def committee(kind="cotech", per_year=None, ended_on=None):
    return SimpleNamespace(
        pk=1, kind=kind, name=kind.upper(), per_year=per_year, ended_on=ended_on, convention=PLAN
    )


def meeting(day=None, state="closed", year=None, of=1, pk=1):
    return SimpleNamespace(
        pk=pk,
        date=day,
        year=year,
        state=state,
        committee_id=of,
        is_open=state in ("draft", "convened", "in_progress"),
    )


def year(body, *meetings, at=2026, today=2026):
    return committee_years([body], meetings, at, today)[0]


HELD, AHEAD = meeting(date(2026, 3, 16)), meeting(date(2026, 12, 3), "convened")


@pytest.mark.parametrize(
    ("body", "meetings", "said", "missing"),
    [
        (committee(per_year=1), [HELD, AHEAD], "1 tenu, 1 prévu sur 1 attendu", ""),
        (committee(per_year=4), [HELD, HELD], "2 tenus sur 4 attendus", "il en reste 2 à placer"),
        (committee(per_year=2), [AHEAD], "1 prévu sur 2 attendus", "il en reste 1 à placer"),
        (committee(per_year=1), [], "aucun tenu sur 1 attendu", "il en reste 1 à placer"),
        (committee(per_year=1), [HELD, HELD, HELD], "3 tenus sur 1 attendu", ""),
        (committee(), [HELD], "1 tenu", ""),
        (committee(), [], "aucun tenu", ""),
        (committee("commission", 2), [HELD], "1 tenue sur 2 attendues", "il en reste 1 à placer"),
        (committee("instance"), [], "aucune tenue", ""),
    ],
)
def test_words_of_a_year(body, meetings, said, missing):
    found = year(body, *meetings)
    assert (found.said.replace(NB, " "), found.missing_words) == (said, missing)


def test_sentence():
    assert year(committee(per_year=4), HELD).sentence.replace(NB, " ") == (
        "COTECH : 1 tenu sur 4 attendus, il en reste 3 à placer"
    )


def test_a_past_year_is_not_to_be_filled_any_more():
    assert year(committee(per_year=4), HELD, today=2027).missing_words == "il en a manqué 3"


@pytest.mark.parametrize("state", ["cancelled"])
def test_what_is_cancelled_counts_nowhere(state):
    found = year(committee(per_year=1), meeting(date(2026, 3, 16), state))
    assert (found.held, found.planned, found.missing) == ([], [], 1)


@pytest.mark.parametrize("state", ["draft", "convened", "in_progress"])
def test_what_is_open_is_planned(state):
    found = year(committee(per_year=1), meeting(date(2026, 3, 16), state))
    assert (len(found.held), len(found.planned), found.missing) == (0, 1, 0)


def test_only_this_committee_and_this_year():
    others = [
        meeting(date(2025, 12, 31)),
        meeting(date(2027, 1, 1)),
        meeting(date(2026, 3, 16), of=2),
        meeting(date(2026, 3, 16), of=None),
        meeting(),
    ]
    assert year(committee(per_year=1), *others).held == []


def test_a_year_without_a_day_counts_and_stands_in_no_month():
    undated = meeting(year=2026)
    found = year(committee(per_year=1), undated, HELD)
    assert (len(found.held), found.undated, year_of(undated)) == (2, [undated], 2026)
    assert [len(month) for month in found.months] == [0, 0, 1, *[0] * 9]


def test_months_are_in_the_order_of_the_days():
    late, early = meeting(date(2026, 3, 20), pk=1), meeting(date(2026, 3, 2), "draft", pk=2)
    assert year(committee(), late, early).months[2] == [early, late]


@pytest.mark.parametrize("at", [2024, 2030])
def test_nothing_is_expected_outside_of_the_convention(at):
    found = year(committee(per_year=1), at=at)
    assert (found.expected, found.missing, found.said) == (None, 0, "aucun tenu")


@pytest.mark.parametrize(("at", "expected"), [(2025, 1), (2026, None), (2027, None)])
def test_nothing_is_expected_of_a_committee_that_was_ended(at, expected):
    assert year(committee(per_year=1, ended_on=date(2026, 6, 30)), at=at).expected == expected
