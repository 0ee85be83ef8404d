"""When a digest leaves, since when it tells, what its subject says."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from governance.rules.digests import from_today, is_morning, leaves_now, leaves_on, since, subject_of

PARIS = ZoneInfo("Europe/Paris")
DAILY, WEEKLY = "daily", "weekly"


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("day", "departement", "daily", "weekly"),
    [
        (date(2026, 11, 23), "68", True, True),  # a plain Monday
        (date(2026, 11, 24), "68", True, False),
        (date(2026, 11, 21), "68", False, False),  # Saturday
        (date(2026, 11, 22), "68", False, False),  # Sunday
        (date(2026, 5, 1), "75", False, False),
        (date(2026, 4, 3), "68", False, False),  # Good Friday
        (date(2026, 4, 3), "75", True, False),
        (date(2026, 4, 3), "", True, False),  # of no département that is known
        (date(2026, 4, 6), "75", False, False),  # Easter Monday
        (date(2026, 4, 7), "75", True, True),
        (date(2033, 12, 26), "67", False, False),  # a Monday that Alsace alone does not work
        (date(2033, 12, 26), "75", True, True),
        (date(2033, 12, 27), "67", True, True),
        (date(2033, 12, 27), "75", True, False),
    ],
)
def test_days_on_which_it_leaves(day, departement, daily, weekly):
    assert (leaves_on(DAILY, day, departement), leaves_on(WEEKLY, day, departement)) == (daily, weekly)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-23T07:59:59+01:00", False),
        ("2026-11-23T08:00:00+01:00", True),
        ("2026-11-23T11:59:59+01:00", True),
        ("2026-11-23T12:00:00+01:00", False),
        ("2026-11-23T02:00:00+01:00", False),
        # The Monday after the hour changed: eight o’clock in Paris is six by the sun’s.
        ("2026-03-30T05:59:00+00:00", False),
        ("2026-03-30T06:00:00+00:00", True),
        ("2026-03-27T06:30:00+00:00", False),
    ],
)
def test_hours_at_which_it_leaves(moment, expected):
    assert is_morning(datetime.fromisoformat(moment)) is expected
    assert leaves_now(DAILY, datetime.fromisoformat(moment), "68") is expected


@pytest.mark.parametrize(
    ("frequency", "now", "expected"),
    [
        (DAILY, "2026-11-24T08:10", "2026-11-23T08:00"),
        (DAILY, "2026-11-23T08:10", "2026-11-20T08:00"),  # Monday: since Friday
        (WEEKLY, "2026-11-23T08:10", "2026-11-16T08:00"),
        (WEEKLY, "2026-04-07T08:10", "2026-03-30T08:00"),  # Tuesday after Easter
        (WEEKLY, "2026-04-13T08:10", "2026-04-07T08:00"),
        (WEEKLY, "2026-03-30T08:10", "2026-03-23T08:00"),  # eight o’clock on both sides of the change of hour
    ],
)
def test_tells_since_the_one_before(frequency, now, expected):
    assert since(frequency, at(now), "68", None) == at(expected)


def test_tells_since_the_last_that_was_received():
    """Two mornings without a worker: the third one tells all of it; nothing older than a month."""
    now = at("2026-11-26T08:10")
    assert since(DAILY, now, "68", at("2026-11-23T08:05")) == at("2026-11-23T08:05")
    assert since(DAILY, now, "68", at("2026-01-01T08:05")) == at("2026-10-26T08:10")


TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("counts", "meetings", "said"),
    [
        ((1, 3, 0), [date(2026, 11, 26)], "Votre CTG : 3 fiches ont changé, 1 réunion jeudi"),
        ((1, 1, 1), [], "Votre CTG : 1 fiche a changé, 1 chose à faire"),
        ((2, 0, 2), [], "Vos CTG : 2 choses à faire"),
        ((1, 0, 0), [TODAY], "Votre CTG : 1 réunion aujourd’hui"),
        ((1, 0, 0), [date(2026, 11, 24)], "Votre CTG : 1 réunion demain"),
        (
            (1, 0, 0),
            [date(2026, 12, 3), date(2026, 12, 1)],
            "Votre CTG : 2 réunions dès le 1er décembre",
        ),
        ((1, 0, 0), [date(2026, 11, 26), date(2026, 12, 1)], "Votre CTG : 2 réunions dès jeudi"),
    ],
)
def test_subject(counts, meetings, said):
    assert subject_of(*counts, meetings, TODAY).replace("\u00a0", " ") == said


def test_a_weekday_is_named_within_six_days():
    assert from_today(date(2026, 11, 29), TODAY) == "dimanche"
    assert from_today(date(2026, 11, 30), TODAY) == "le 30\u00a0novembre"
