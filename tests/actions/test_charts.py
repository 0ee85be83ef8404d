"""The small chart of an indicator."""

from datetime import date

import pytest

from actions.charts import chart_of
from actions.rules.periods import month_span, year
from tests.actions.test_figures import NB, NOW, TARGET, VISITS, indicator_with

pytestmark = pytest.mark.django_db


def lines(chart):
    """Label, value and target of each bar, with plain spaces."""
    return [tuple(cell.replace(NB, " ").replace("\u202f", " ") for cell in row) for row in chart.rows]


def test_chart_of_each_period():
    values = [
        (month_span(2026, 6, 1), 12),
        (month_span(2026, 7, 1), {"state": "estimated", "value": 9}),
        (month_span(2026, 8, 1), {"state": "not_collected"}),
        (month_span(2026, 10, 1), 16),
        (month_span(2026, 11, 1), 3),
    ]
    chart = chart_of(indicator_with(values, **VISITS | TARGET), NOW)
    assert chart.title == "Fréquentation du SIJ"
    assert lines(chart) == [
        ("juin 26", "12 visites", "10 visites"),
        ("juil. 26", "9 visites (estimation)", "10 visites"),
        ("août 26", "non recueilli", "10 visites"),
        ("sept. 26", "non saisi", "10 visites"),
        ("oct. 26", "16 visites", "10 visites"),
        ("nov. 26 (en cours)", "3 visites", "10 visites"),
    ]
    assert "cible : plus de 10 par mois" in chart.svg


def test_chart_of_states_the_target_by_the_period_of_the_bars():
    fields = VISITS | TARGET | {"frequency": "quarter"}
    chart = chart_of(
        indicator_with([(month_span(2025, 4, 3), 29), (month_span(2025, 7, 3), 31)], **fields),
        date(2025, 11, 1),
    )
    assert lines(chart) == [("T2 2025", "29 visites", "30 visites"), ("T3 2025", "31 visites", "30 visites")]
    assert "cible : plus de 30 par trimestre" in chart.svg


def test_chart_of_leaves_years_outside_the_convention_without_a_target():
    fields = {"comparator": ">", "target_value": 200, "target_mode": "each_period", "unit": ""}
    chart = chart_of(indicator_with([(year(2024), 180), (year(2025), 236)], **fields), NOW)
    assert lines(chart) == [("2024", "180", "–"), ("2025", "236", "200")]


def test_chart_of_cumulative():
    fields = {
        "comparator": ">",
        "target_value": 10,
        "target_mode": "cumulative",
        "unit": "",
        "label": "Lieux",
    }
    values = [
        (year(2024), 9),
        (year(2025), 1),
        (year(2026), {"state": "not_collected"}),
        (year(2027), 3),
        (year(2028), 5),
    ]
    chart = chart_of(indicator_with(values, **fields), date(2028, 3, 1))
    assert chart.title == "Lieux, en cumul"
    assert lines(chart) == [("2025", "1", "2"), ("2026", "non recueilli", "–"), ("2027", "4", "4")]
    assert "trajectoire : plus de 10 fin 2029" in chart.svg


def test_chart_of_what_cannot_be_cumulated_shows_each_value():
    fields = {
        "comparator": ">",
        "target_value": 10,
        "target_mode": "cumulative",
        "aggregation": "last",
        "unit": "",
    }
    assert lines(chart_of(indicator_with([(year(2025), 4)], **fields), NOW)) == [("2025", "4")]


def test_chart_of_at_end():
    fields = {
        "comparator": "≥",
        "target_value": 150,
        "target_mode": "at_end",
        "aggregation": "last",
        "unit": "",
    }
    fields |= {"baseline_value": 100, "baseline_year": 2024, "target_on": date(2029, 6, 30)}
    chart = chart_of(indicator_with([(year(2025), 120)], **fields), NOW)
    assert lines(chart) == [("2025", "120", "111,11")]
    assert "trajectoire : au moins 150 au 30/06/2029" in chart.svg


def test_chart_of_unresolved_target_has_no_line():
    fields = {
        "kind": "change",
        "comparator": "≥",
        "target_value": 10,
        "target_mode": "at_end",
        "aggregation": "last",
    }
    assert lines(chart_of(indicator_with([(year(2025), 1148)], unit="", **fields), NOW)) == [
        ("2025", "1 148")
    ]


def test_chart_of_a_rate_in_cumul():
    fields = {
        "kind": "rate",
        "aggregation": "mean",
        "comparator": "≥",
        "target_value": 50,
        "target_mode": "cumulative",
    }
    values = [
        (year(2025), {"numerator": 10, "denominator": 10}),
        (year(2026), {"numerator": 20, "denominator": 90}),
        (year(2027), {"value": 40}),
    ]
    chart = chart_of(indicator_with(values, **fields), date(2028, 2, 1))
    assert lines(chart) == [
        ("2025", "100 %", "50 %"),
        ("2026", "30 %", "50 %"),
        ("2027", "non calculable", "–"),
    ]


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ([], {}),
        ([(year(2025), {"text": "bien"})], {"kind": "qualitative", "aggregation": "last"}),
        ([(year(2025), {"done": True})], {"kind": "deliverable"}),
        ([(year(2025), {"text": "bien"})], {}),
    ],
)
def test_chart_of_nothing_to_draw(values, fields):
    assert chart_of(indicator_with(values, **fields), NOW) is None


def test_chart_of_keeps_the_last_twelve():
    values = [(month_span(2025, 1 + place, 1), place) for place in range(12)]
    values += [(month_span(2026, 1 + place, 1), place) for place in range(10)]
    chart = chart_of(indicator_with(values, **VISITS), NOW)
    assert len(chart.rows) == 12
    assert lines(chart)[-1] == ("oct. 26", "9 visites")
