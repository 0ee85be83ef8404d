from datetime import date
from decimal import Decimal

import pytest
import time_machine

from actions import figures
from actions.charts import chart_of
from actions.models import FicheAction, Indicator
from actions.rules.attainment import Result
from actions.rules.periods import month_span, school_year, year
from ctg.charts.svg import LOOKS
from tests.factories import (
    AxeFactory,
    ConventionFactory,
    FicheFactory,
    IndicatorFactory,
    MeasurementFactory,
    StepFactory,
)

NB = "\u00a0"
NOW = date(2026, 11, 21)
VISITS = {"label": "Fréquentation du SIJ", "unit": "visites", "frequency": "month"}
TARGET = {"comparator": ">", "target_value": 10, "target_per": "month", "target_mode": "each_period"}


def indicator_with(periods_and_contents, **fields):
    """An indicator with its accepted values loaded, as pages load it."""
    indicator = IndicatorFactory(**fields)
    for period, content in periods_and_contents:
        given = content if isinstance(content, dict) else {"value": content}
        MeasurementFactory(
            indicator=indicator, period_start=period.start, period_end=period.end, **({"value": None} | given)
        )
    return Indicator.objects.with_values().get(pk=indicator.pk)


# --- Indicators --------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("rows", [1, 3])
def test_attainment_of_asks_no_query(django_assert_num_queries, rows):
    fiche = FicheFactory()
    for _ in range(rows):
        MeasurementFactory(indicator=IndicatorFactory(fiche=fiche, **TARGET))
    indicators = list(Indicator.objects.with_values())
    with django_assert_num_queries(0):
        assert len(figures.judged(indicators, NOW)) == rows
        for indicator in indicators:
            assert chart_of(indicator, NOW)
            figures.year_words(indicator, 2025, NOW)
            figures.period_to_enter(indicator, NOW)


@pytest.mark.django_db
def test_attainment_of_carries_every_field_over():
    indicator = indicator_with(
        [(year(2025), 132)],
        kind="change",
        aggregation="last",
        comparator="≥",
        target_value=Decimal(20),
        target_mode="at_end",
        target_on=date(2027, 12, 31),
        baseline_value=Decimal(100),
        baseline_year=2022,
    )
    found = figures.attainment_of(indicator, NOW)
    assert (found.expected, found.actual, found.result) == (112, 132, Result.ATTEINT)


@pytest.mark.django_db
def test_attainment_of_counts_accepted_values_only():
    indicator = IndicatorFactory(**TARGET)
    MeasurementFactory(indicator=indicator, value=500, status="proposed")
    MeasurementFactory(indicator=indicator, value=600, status="returned")
    loaded = Indicator.objects.prefetch_related("measurements").get(pk=indicator.pk)
    assert figures.attainment_of(loaded, NOW).result is Result.NON_MESURABLE
    assert chart_of(loaded, NOW) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("now", "result"),
    [("2025-12-31T22:59:00Z", Result.NON_MESURABLE), ("2025-12-31T23:01:00Z", Result.ATTEINT)],
)
def test_attainment_of_today_is_that_of_paris(now, result):
    indicator = indicator_with([(year(2025), 500)], **TARGET)
    with time_machine.travel(now, tick=False):
        assert figures.attainment_of(indicator).result is result


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "words", "short"),
    [
        (TARGET | VISITS, "plus de 10 par mois", "> 10 / mois"),
        (
            {"kind": "cadence", "unit": "COPIL", "comparator": "≥", "target_value": 1, "target_per": "year"},
            "au moins 1 COPIL par an",
            "≥ 1 / an",
        ),
        (
            {"kind": "satisfaction", "unit": "sur 5", "comparator": "≥", "target_value": 4},
            "au moins 4 sur 5",
            "≥ 4",
        ),
        ({"target_value": None, "comparator": ""}, "sans cible", "–"),
    ],
)
def test_target_words_and_short(fields, words, short):
    indicator = indicator_with([], **fields)
    assert figures.target_words(indicator).replace(NB, " ") == words
    assert figures.target_short(indicator).replace(NB, " ") == short


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "fields", "words"),
    [
        ([], {}, "–"),
        ([(month_span(2025, 10, 1), 6), (month_span(2025, 11, 1), 8)], VISITS, "14"),
        ([(month_span(2025, 10, 1), 6), (month_span(2025, 11, 1), {"state": "secret"})], VISITS, "6"),
        ([(month_span(2025, 10, 1), {"state": "secret"})], VISITS, "secret statistique"),
        ([(month_span(2025, 10, 1), 6), (month_span(2025, 11, 1), 8)], VISITS | {"aggregation": "max"}, "8"),
        ([(year(2024), 5), (school_year(2024), 7)][1:], {}, "7"),
        ([(school_year(2025), 7)], {}, "–"),
        (
            [
                (month_span(2025, 1, 3), {"numerator": 1, "denominator": 2}),
                (month_span(2025, 4, 3), {"numerator": 2, "denominator": 2}),
            ],
            {"kind": "rate", "aggregation": "mean"},
            "75 %",
        ),
        (
            [(month_span(2025, 1, 3), 50), (month_span(2025, 4, 3), 60)],
            {"kind": "rate", "aggregation": "mean"},
            "–",
        ),
        (
            [(year(2025), {"text": "Deux réunions"})],
            {"kind": "qualitative", "aggregation": "last"},
            "Deux réunions",
        ),
    ],
)
def test_year_words(values, fields, words):
    assert figures.year_words(indicator_with(values, **fields), 2025, NOW).replace(NB, " ") == words


@pytest.mark.django_db
def test_year_words_waits_for_the_end_of_the_period():
    assert figures.year_words(indicator_with([(year(2026), 9)]), 2026, NOW) == "–"


@pytest.mark.django_db
def test_measurement_words():
    indicator = indicator_with([(year(2025), 148)], **VISITS)
    assert figures.measurement_words(indicator, indicator.measurements.all()[0]) == f"148{NB}visites"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "fields", "expected"),
    [
        ([], {"frequency": "quarter"}, month_span(2025, 1, 3)),
        ([(month_span(2026, 1, 3), 4)], {"frequency": "quarter"}, month_span(2026, 4, 3)),
        ([(year(2025), 4)], {"frequency": "year"}, None),
        ([(school_year(2024), 4)], {"frequency": "year"}, school_year(2025)),
        ([(year(2025), {"state": "not_collected"})], {"frequency": "year"}, None),
        ([], {"frequency": "once"}, None),
    ],
)
def test_period_to_enter(values, fields, expected):
    assert figures.period_to_enter(indicator_with(values, **fields), NOW) == expected


MONTHLY = VISITS | {"frequency": "month", "comparator": ">", "target_value": 10, "target_per": "month"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "fields", "latest", "verdict"),
    [
        # judged on its last month, not on the sum of the year
        (
            [(month_span(2025, 11, 1), 6), (month_span(2025, 12, 1), 16)],
            MONTHLY | {"target_mode": "each_period"},
            "16 · décembre 2025",
            "16 · décembre 2025 · 2 mois sur 12 avec une valeur",
        ),
        (
            [(year(2024), 10), (year(2025), 14)],
            {"comparator": "≥", "target_value": 60, "target_mode": "cumulative"},
            "24 · de 2024 à 2025",
            "24 · de 2024 à 2025",
        ),
        (
            [(year(2025), 14)],
            {"comparator": "≥", "target_value": 10, "target_mode": "each_period"},
            "14 · 2025",
            "",
        ),
        (
            [(year(2025), {"numerator": 3, "denominator": 4})],
            {
                "kind": "rate",
                "aggregation": "last",
                "comparator": "≥",
                "target_value": 50,
                "target_mode": "each_period",
            },
            "75 % · 2025",
            "",
        ),
        (
            [(year(2025), {"state": "secret"})],
            {"comparator": "≥", "target_value": 10, "target_mode": "each_period"},
            "secret statistique · 2025",
            "valeur couverte par le secret statistique",
        ),
        ([(year(2025), {"done": True})], {"kind": "deliverable"}, "fait · 2025", ""),
        (
            [],
            {"comparator": "≥", "target_value": 10, "target_mode": "each_period"},
            "–",
            "aucune valeur saisie",
        ),
    ],
)
def test_aim_of_says_the_value_it_judges(values, fields, latest, verdict):
    spans = [period for period, _ in values]
    indicator = indicator_with(values, **fields)
    start = min((span.start for span in spans), default=date(2025, 1, 1)).year
    indicator.fiche.convention.period_start = date(start, 1, 1)
    aim = figures.aim_of(indicator, 2025, date(2026, 1, 1))
    assert (str(aim.latest).replace(NB, " "), aim.verdict.replace(NB, " ")) == (latest, verdict)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((25, 11, 2), "25 indicateurs, dont 11 avec cible et 2 livrables"),
        ((25, 11, 0), "25 indicateurs, dont 11 avec cible"),
        ((3, 0, 1), "3 indicateurs, dont 1 livrable"),
        ((3, 3, 0), "3 indicateurs, tous avec cible"),
        ((1, 1, 0), "1 indicateur, dont 1 avec cible"),
        ((2, 0, 0), "2 indicateurs"),
        ((0, 0, 0), "0 indicateur"),
    ],
)
def test_aimed_words(counts, words):
    assert figures.aimed_words(*counts).replace(NB, " ") == words


@pytest.mark.django_db
def test_result_segments():
    reached = indicator_with([(year(2025), 500)], **TARGET)
    missed = indicator_with([(year(2025), 5)], **TARGET)
    silent = indicator_with([], comparator="", target_value=None)
    found = figures.result_segments(figures.judged([missed, reached, silent, reached], NOW))
    assert [(one.label, one.count, one.kind) for one in found] == [
        ("atteint", 2, "faite"),
        ("en deçà de la trajectoire", 1, "difficulte"),
    ]


def test_every_result_and_status_has_a_look():
    assert set(figures.RESULT_KINDS) == set(Result)
    assert set(figures.STATUS_KINDS) == set(FicheAction.Status.values)
    assert {*figures.RESULT_KINDS.values(), *figures.STATUS_KINDS.values()} <= set(LOOKS)


# --- Fiches and plan ---------------------------------------------------------------------------------
@pytest.mark.django_db
def test_progress_of_reads_counts_or_steps_alike(django_assert_num_queries):
    fiche = FicheFactory(status="en_cours")
    for state in ("done", "doing", "to_do", "dropped"):
        StepFactory(fiche=fiche, state=state)
    counted = FicheAction.objects.with_progress().get(pk=fiche.pk)
    loaded = FicheAction.objects.prefetch_related("steps").get(pk=fiche.pk)
    with django_assert_num_queries(0):
        assert figures.progress_of(counted) == figures.progress_of(loaded)
        assert figures.progress_of(loaded).percent == 33
        assert figures.contradictions_of(loaded) == []


@pytest.mark.django_db
def test_contradictions_of():
    fiche = FicheFactory(status="realisee")
    StepFactory(fiche=fiche, state="doing")
    assert figures.contradictions_of(fiche) == ["La fiche est réalisée, mais une étape reste ouverte."]


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [1, 3])
def test_plan_of_asks_no_query(django_assert_num_queries, rows):
    convention = ConventionFactory()
    axes = [
        AxeFactory(convention=convention, title=f"Axe {name}", position=place)
        for place, name in enumerate("AB")
    ]
    for _ in range(rows):
        FicheFactory(convention=convention, axe=axes[1], status="en_cours")
    FicheFactory(convention=convention, axe=None, is_transversale=True, status="realisee")
    FicheFactory(convention=convention, axe=None, status="bloquee", status_reason="Poste vacant")
    fiches = list(FicheAction.objects.with_progress().select_related("axe"))
    with django_assert_num_queries(0):
        plan = figures.plan_of(fiches, axes)
        assert plan.counts.engaged == rows + 2
        assert [(group.label, group.counts.total) for group in plan.by_axe] == [
            ("Axe A", 0),
            ("Axe B", rows),
            ("Fiches transversales", 1),
            ("À classer", 1),
        ]
        assert [group.axe for group in plan.by_axe] == [*axes, None, None]
        assert [(one.label, one.count, one.kind) for one in plan.segments] == [
            ("réalisée", 1, "faite"),
            ("en cours", rows, "cours"),
            ("en difficulté", 1, "difficulte"),
        ]
        assert (plan.mean.percent, plan.mean.count, plan.mean.total) == (None, 1, rows + 2)
        assert plan.by_axe[1].chart(legend=False).rows == (("en cours", str(rows)),)


def test_plan_of_nothing():
    plan = figures.plan_of([])
    assert (plan.by_axe, plan.segments, plan.counts.words) == ([], [], "aucune fiche")
    assert plan.chart().rows == ()
