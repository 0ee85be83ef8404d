"""Indicators that count by themselves."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine

from actions import feeds, figures
from actions.lines import stated
from actions.models import FicheAction, Indicator
from actions.rules.attainment import Result
from actions.rules.periods import month_span, year
from tests.factories import (
    ConventionFactory,
    FicheFactory,
    HighlightFactory,
    IndicatorFactory,
    MeasurementFactory,
)

pytestmark = pytest.mark.django_db
NB = "\u00a0"
NOW = date(2026, 11, 21)
FED = {
    "fed_by": "temps forts",
    "fed_from": date(2025, 1, 1),
    "comparator": ">",
    "target_value": 2,
    "target_per": "year",
    "target_mode": "each_period",
}


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW):
        yield


def loaded(indicator, **options):
    return Indicator.objects.with_values(**options).get(pk=indicator.pk)


def counted(indicator, **options):
    return [(str(one.period), one.value) for one in figures.values_of(loaded(indicator, **options))]


def test_highlights_are_counted_by_whole_years():
    indicator = IndicatorFactory(**FED)
    fiche = indicator.fiche
    for when in ("2025-03-01", "2025-12-31", "2026-01-01", "2024-12-31"):
        HighlightFactory(fiche=fiche, date=when)
    HighlightFactory(fiche=fiche, year=2025)
    HighlightFactory(fiche=fiche, period="2021-2025")  # of no year: counted in none
    HighlightFactory(fiche=fiche, date="2025-05-05", status="proposed")
    HighlightFactory(fiche=fiche, date="2025-05-05", status="returned")
    HighlightFactory(fiche=FicheFactory(convention=fiche.convention), date="2025-05-05")
    assert counted(indicator) == [("2025", 3), ("2026", 1)]
    found = figures.attainment_of(loaded(indicator), NOW)
    assert (found.result, found.actual, str(found.period)) == (Result.ATTEINT, 3, "2025")  # 2026 is not over


def test_a_year_with_nothing_counts_zero_once_it_is_counted():
    assert counted(IndicatorFactory(**FED)) == [("2025", 0), ("2026", 0)]
    assert counted(IndicatorFactory(**FED | {"fed_from": date(2025, 1, 2)})) == [("2026", 0)]
    assert counted(IndicatorFactory(**FED | {"fed_from": date(2027, 1, 1)})) == []


def test_counts_stop_with_the_convention_and_at_the_year_asked():
    fiche = FicheFactory(convention=ConventionFactory(period_end=date(2025, 12, 31)))
    assert counted(IndicatorFactory(**FED, fiche=fiche)) == [("2025", 0)]
    assert counted(IndicatorFactory(**FED), until=2025) == [("2025", 0)]


@pytest.mark.parametrize(
    ("period", "content", "kept"),
    [
        (year(2025), {"value": 7}, [("2025", 7), ("2026", 0)]),
        (year(2025), {"value": None, "state": "not_collected"}, [("2025", None), ("2026", 0)]),
        (month_span(2025, 1, 3), {"value": 7}, [("T1 2025", 7), ("2026", 0)]),
    ],
)
def test_an_entered_value_replaces_the_count(period, content, kept):
    indicator = IndicatorFactory(**FED)
    HighlightFactory(fiche=indicator.fiche, date="2025-05-05")
    MeasurementFactory(indicator=indicator, period_start=period.start, period_end=period.end, **content)
    MeasurementFactory(
        indicator=indicator, period_start=year(2026).start, period_end=year(2026).end, status="proposed"
    )
    assert counted(indicator) == kept


def test_a_counted_year_is_not_asked_for():
    assert figures.period_to_enter(loaded(IndicatorFactory(**FED)), NOW) is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        # Nobody has said which meetings it counts: its values are entered.
        ({"kind": "cadence"}, "aucune valeur saisie"),
        ({"kind": "cadence", "fed_by": "meetings"}, "en attente du décompte des réunions"),
        ({"fed_from": date(2027, 1, 1)}, "compté à partir de 2027 (temps forts de la fiche)"),
        ({"fed_by": "", "fed_from": None}, "aucune valeur saisie"),
    ],
)
def test_what_is_awaited_is_said(fields, reason):
    if fields.get("kind") == "cadence" and "fed_by" not in fields:
        fields |= {"fed_by": "", "fed_from": None}
    found = figures.attainment_of(loaded(IndicatorFactory(**FED | fields)), NOW)
    assert (found.result, found.reason) == (Result.NON_MESURABLE, reason)


def test_a_source_of_an_upper_app(monkeypatch):
    """Meetings, once they are held here."""
    monkeypatch.setattr(feeds, "_sources", dict(feeds._sources))
    feeds.register_source(
        feeds.Source(
            "meetings", "réunions tenues", ("cadence",), lambda some: {(one.pk, 2025): 4 for one in some}
        )
    )
    indicator = IndicatorFactory(**FED | {"kind": "cadence", "fed_by": "meetings"})
    assert counted(indicator) == [("2025", 4), ("2026", 0)]
    waiting = loaded(IndicatorFactory(**FED | {"kind": "cadence", "fed_by": "", "fed_from": None}))
    assert figures.attainment_of(waiting, NOW).reason == "aucune valeur saisie"


@pytest.mark.parametrize("rows", [1, 3])
def test_with_values_costs_one_query_a_source(django_assert_num_queries, rows):
    for _ in range(rows):
        HighlightFactory(fiche=IndicatorFactory(**FED).fiche, date="2025-05-05")
    with django_assert_num_queries(3):  # indicators, values, highlights
        found = list(Indicator.objects.with_values())
    with django_assert_num_queries(0):
        assert [figures.year_words(one, 2025, NOW) for one in found] == ["1"] * rows


def test_the_same_count_wherever_it_is_read(django_user_model):
    """On the page of the fiche, and by whatever loads indicators with their values."""
    indicator = IndicatorFactory(**FED)
    HighlightFactory(fiche=indicator.fiche, date="2025-05-05")
    user = django_user_model.objects.create(email="x@example.org", is_staff=True)
    fiche = FicheAction.objects.for_page(user).get(pk=indicator.fiche_id)
    on_page = [one.value for one in figures.values_of(fiche.indicators.all()[0])]
    assert on_page == [one.value for one in figures.values_of(loaded(indicator))] == [Decimal(1), Decimal(0)]
    assert [(one.value, one.note) for one in stated(loaded(indicator))] == [
        (1, f"compté{NB}: temps forts de la fiche"),
        (0, f"compté{NB}: temps forts de la fiche"),
    ]
    with pytest.raises(AttributeError):  # never a silent loss of what is counted
        figures.values_of(Indicator.objects.get(pk=indicator.pk))
