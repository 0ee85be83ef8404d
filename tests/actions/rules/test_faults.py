"""What was typed wrong, in which field and why."""

from datetime import date
from decimal import Decimal

import pytest

from actions.rules.faults import (
    content_faults,
    due_faults,
    period_faults,
    status_faults,
    told_too_early,
    value_too_early,
)
from actions.rules.periods import school_year

OPENING = date(2025, 1, 1)
TODAY = date(2026, 11, 21)


def fields(faults):
    return [name for name, _ in faults]


@pytest.mark.parametrize(
    ("start", "end", "faulty"),
    [
        (date(2025, 1, 1), date(2025, 12, 31), []),
        (school_year(2024).start, school_year(2024).end, []),  # begun before, ends within
        (date(2024, 1, 1), date(2025, 1, 1), []),
        (date(2024, 1, 1), date(2024, 12, 31), ["period_end"]),
        (date(2025, 3, 1), date(2025, 2, 1), ["period_end"]),
        (date(2025, 3, 1), date(2024, 2, 1), ["period_end"]),  # said once
        (date(2027, 1, 1), date(2027, 12, 31), ["period_start"]),
        (None, date(2024, 12, 31), ["period_end"]),
        (date(2024, 1, 1), None, []),
    ],
)
def test_period_of_a_value(start, end, faulty):
    assert fields(period_faults(start, end, today=TODAY, opening=OPENING)) == faulty


def test_a_value_from_before_has_its_place():
    why = value_too_early(date(2024, 12, 31), OPENING).replace("\u00a0", " ")
    assert why == (
        "La convention commence le 1er janvier 2025 : ce qui a été mesuré avant s’écrit dans la "
        "« valeur de référence » de l’indicateur."
    )


@pytest.mark.parametrize(("year", "told"), [(2025, True), (2023, True), (2022, False), (1999, False)])
def test_what_prepared_the_convention_is_told(year, told):
    assert (told_too_early(year, OPENING) == "") is told


@pytest.mark.parametrize(("due", "faulty"), [(None, []), (OPENING, []), (date(2024, 12, 31), ["due_on"])])
def test_nothing_is_due_before_the_convention(due, faulty):
    assert fields(due_faults("due_on", due, OPENING)) == faulty


@pytest.mark.parametrize(
    ("kind", "state", "typed", "faulty"),
    [
        ("count", "known", {"value": Decimal(0)}, []),
        ("count", "known", {}, ["value"]),
        ("count", "known", {"value": Decimal(-1)}, ["value"]),
        ("change", "known", {"value": Decimal(-1)}, []),
        ("count", "secret", {"value": Decimal(3)}, ["value"]),
        ("count", "secret", {}, []),
        ("deliverable", "known", {"done": False}, []),
        ("deliverable", "known", {"done": None}, ["done"]),
        ("qualitative", "known", {"text": ""}, ["text"]),
        ("rate", "known", {}, ["numerator", "denominator"]),
        ("rate", "known", {"numerator": Decimal(1)}, ["denominator"]),
        ("rate", "known", {"value": Decimal(30)}, []),
        ("rate", "known", {"value": Decimal(30), "denominator": Decimal(4)}, ["value"]),
        ("rate", "estimated", {"numerator": Decimal(1), "denominator": Decimal(0)}, ["denominator"]),
    ],
)
def test_content_of_a_value(kind, state, typed, faulty):
    assert fields(content_faults(kind, state, typed)) == faulty


@pytest.mark.parametrize(
    ("status", "reason", "new_date", "without_date", "faulty"),
    [
        ("en_cours", "", None, False, []),
        ("bloquee", "", None, False, ["status_reason"]),
        ("reportee", "", None, False, ["status_reason", "postponed_to"]),
        ("reportee", "Budget", None, True, []),
        ("reportee", "Budget", date(2027, 1, 1), False, []),
        ("reportee", "Budget", date(2024, 1, 1), False, ["postponed_to"]),
        (None, "", None, False, []),
    ],
)
def test_what_a_status_asks_for(status, reason, new_date, without_date, faulty):
    found = status_faults(
        status, reason=reason, new_date=new_date, without_date=without_date, opening=OPENING
    )
    assert fields(found) == faulty
