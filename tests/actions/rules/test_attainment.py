"""The rule of attainment, branch by branch, then on the targets of a real plan."""

import tomllib
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from actions.rules.attainment import (
    BASELINE_PERIOD,
    NO_BASELINE,
    NO_SUM,
    NO_SUM_OF_CHANGE,
    NO_SUM_OF_MEANS,
    NO_TIME_LEFT,
    SAME_AS_BASELINE,
    ZERO_BASELINE,
    Coverage,
    Result,
    Target,
    judge,
)
from actions.rules.periods import month_span, school_year, year
from actions.rules.ratios import NEGATIVE_EXPECTED, ZERO_EXPECTED
from actions.rules.values import PERCENT_ONLY, ZERO_DENOMINATOR, Value

NB = "\u00a0"
START, END = date(2025, 1, 1), date(2029, 12, 31)
NOW = date(2026, 11, 21)
AFTER = date(2030, 1, 1)

BASE = Target(
    kind="count",
    direction="up",
    aggregation="sum",
    comparator="≥",
    value=Decimal(100),
    per="",
    mode="each_period",
    target_on=None,
    baseline_value=None,
    baseline_year=None,
    convention_start=START,
    convention_end=END,
)


def target(**changes):
    for name in ("value", "baseline_value"):
        if isinstance(changes.get(name), int | str):
            changes[name] = Decimal(changes[name])
    return replace(BASE, **changes)


def over(period, number=None, **content):
    if number is not None:
        content["value"] = Decimal(number)
    return Value(period.start, period.end, **content)


def rate(period, numerator, denominator, **content):
    return over(period, numerator=Decimal(numerator), denominator=Decimal(denominator), **content)


def in_(number_of_year, number=None, **content):
    return over(year(number_of_year), number, **content)


def said(aim, *values, today=NOW):
    found = judge(aim, values, today)
    return found.result.label, found.ratio


def test_labels_of_results():
    assert {result.label for result in Result} == {
        "sans cible",
        "atteint",
        "à réaliser",
        "non atteint",
        "trajectoire non précisée",
        "non mesurable",
        "sur la trajectoire",
        "en deçà de la trajectoire",
    }


# --- Sans cible, deliverable, no mode ---------------------------------------------------------------
def test_no_target():
    found = judge(target(value=None, comparator=""), [in_(2025, 84)], NOW)
    assert (found.result, found.ratio, found.actual) == (Result.SANS_CIBLE, None, 84)
    assert (str(found.period), str(found.coverage)) == ("2025", f"1{NB}année sur 1")


def test_no_target_nor_value():
    found = judge(target(value=None, comparator="", mode=""), [], NOW)
    assert (found.result, found.actual, found.period) == (Result.SANS_CIBLE, None, None)


def test_no_target_and_zero_denominator():
    found = judge(target(kind="rate", value=None, comparator=""), [rate(year(2025), 1, 0)], NOW)
    assert (found.result, found.actual) == (Result.SANS_CIBLE, None)


def test_value_without_sign_is_no_target():
    assert judge(target(comparator=""), [in_(2025, 100)], NOW).result is Result.SANS_CIBLE


def test_cadence_without_sign_is_at_least():
    aim = target(kind="cadence", comparator="", value=1, per="year")
    assert said(aim, in_(2025, 1)) == ("atteint", 1)
    assert said(target(kind="cadence", comparator="", value=None), in_(2025, 1)) == ("sans cible", None)


@pytest.mark.parametrize(
    ("values", "today", "result"),
    [
        ([], NOW, "à réaliser"),
        ([], END, "à réaliser"),
        ([], AFTER, "non atteint"),
        ([in_(2025, done=True)], NOW, "atteint"),
        ([in_(2025, done=True)], AFTER, "atteint"),
        ([in_(2025, done=False)], NOW, "à réaliser"),
        ([in_(2025, done=False)], AFTER, "non atteint"),
        ([in_(2026, done=True)], NOW, "atteint"),  # done is done, before the year is over
        ([in_(2027, done=True)], NOW, "à réaliser"),  # a slip: nothing is done next year
        ([in_(2026, done=False), in_(2025, done=True)], NOW, "à réaliser"),  # the latest word
        ([in_(2026, state="not_collected"), in_(2025, done=True)], NOW, "atteint"),
        ([in_(2025, 1)], NOW, "à réaliser"),
        ([in_(2025, done=True, state="estimated")], NOW, "atteint"),
    ],
)
def test_deliverable(values, today, result):
    aim = target(kind="deliverable", comparator="", value=None, mode="")
    found = judge(aim, values, today)
    assert (found.result.label, found.ratio, str(found.coverage)) == (result, None, "")


def test_no_mode():
    found = judge(target(mode=""), [in_(2025, 500)], NOW)
    assert (found.result, found.ratio, found.actual) == (Result.TRAJECTOIRE_NON_PRECISEE, None, 500)
    assert judge(target(mode=""), [], AFTER).result is Result.TRAJECTOIRE_NON_PRECISEE


# --- Usable values -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "today", "reason"),
    [
        ([], NOW, "aucune valeur saisie"),
        ([in_(2025, state="not_collected")], NOW, "valeur non recueillie"),
        ([in_(2025, state="secret")], NOW, "valeur couverte par le secret statistique"),
        ([in_(2025, state="not_applicable")], NOW, "valeur sans objet"),
        ([in_(2025, text="bien")], NOW, "aucune valeur chiffrée"),
        ([in_(2025, done=True)], NOW, "aucune valeur chiffrée"),
        ([in_(2026, 300)], NOW, "période en cours"),
        ([in_(2027, 300)], NOW, "période en cours"),
        ([in_(2025, 300)], date(2025, 12, 31), "période en cours"),
        ([in_(2024, 300)], NOW, "aucune valeur sur la période de la convention"),
        ([in_(2030, 300)], date(2031, 1, 1), "aucune valeur sur la période de la convention"),
    ],
)
@pytest.mark.parametrize("mode", ["each_period", "cumulative", "at_end"])
def test_nothing_usable(values, today, reason, mode):
    found = judge(target(mode=mode, baseline_value=10, baseline_year=2024), values, today)
    assert (found.result, found.reason) == (Result.NON_MESURABLE, reason)
    assert (found.ratio, found.expected, found.actual, found.period) == (None, None, None, None)
    assert str(found) == f"non mesurable{NB}: {reason}"


def test_nothing_yet_for_what_counts_by_itself():
    aim = target(kind="cadence", value=1, per="year", awaited="en attente du décompte des réunions")
    assert str(judge(aim, [], NOW)) == f"non mesurable{NB}: en attente du décompte des réunions"
    assert judge(aim, [in_(2026, 1)], NOW).reason == "période en cours"
    assert said(aim, in_(2025, 1)) == ("atteint", 1)


def test_period_is_over_the_day_after_its_last():
    assert said(target(), in_(2025, 100), today=date(2025, 12, 31)) == ("non mesurable", None)
    assert said(target(), in_(2025, 100), today=date(2026, 1, 1)) == ("atteint", 1)


def test_estimated_is_usable():
    assert said(target(), in_(2025, 90, state="estimated")) == ("sur la trajectoire", Decimal("0.9"))


# --- each_period -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("sign", "number", "result", "ratio"),
    [
        (">", 101, "atteint", "1.01"),
        (">", 100, "sur la trajectoire", "1"),  # strict
        (">", "100.0001", "atteint", "1.000001"),
        ("≥", 100, "atteint", "1"),
        ("≥", "99.9999", "sur la trajectoire", "0.999999"),
        ("≥", 85, "sur la trajectoire", "0.85"),  # the very edge
        ("≥", "84.9999", "en deçà de la trajectoire", "0.849999"),
        ("≥", 0, "en deçà de la trajectoire", "0"),
        ("≥", -20, "en deçà de la trajectoire", "-0.2"),
        ("≤", 100, "atteint", "1"),
        ("<", 100, "sur la trajectoire", "1"),  # strict
        ("<", 80, "atteint", "1.25"),
        ("≤", 0, "atteint", None),
        ("≤", 125, "en deçà de la trajectoire", "0.8"),
        ("≤", "117.6", "sur la trajectoire", "0.850340136054421768707482993"),
        ("=", 100, "atteint", "1"),
        ("=", 80, "en deçà de la trajectoire", "0.8"),
        ("=", 125, "en deçà de la trajectoire", "0.8"),
        ("=", 90, "sur la trajectoire", "0.9"),
        ("=", 0, "en deçà de la trajectoire", "0"),
        ("=", -5, "en deçà de la trajectoire", "0"),
    ],
)
def test_each_period(sign, number, result, ratio):
    found = said(target(comparator=sign), in_(2025, number))
    assert found[0] == result
    assert found[1] == (None if ratio is None else pytest.approx(Decimal(ratio), abs=Decimal("1e-25")))


def test_each_period_exact_on_the_edge_without_floats():
    assert said(target(comparator="≥", value="0.3"), in_(2025, "0.255")) == (
        "sur la trajectoire",
        Decimal("0.85"),
    )
    assert said(target(comparator="≤", value="0.17"), in_(2025, "0.2")) == (
        "sur la trajectoire",
        Decimal("0.85"),
    )


@pytest.mark.parametrize(
    ("sign", "number", "result", "reason"),
    [
        ("≤", 0, "atteint", ""),
        ("≤", 3, "en deçà de la trajectoire", ""),
        ("<", 0, "sur la trajectoire", ""),  # « 0 is on path »
        ("=", 0, "atteint", ""),
        ("=", 3, "en deçà de la trajectoire", ""),
        (">", 1, "atteint", ""),
        (">", 0, "non mesurable", ZERO_EXPECTED),
        ("≥", 0, "atteint", ""),
    ],
)
def test_target_of_zero(sign, number, result, reason):
    found = judge(target(comparator=sign, value=0), [in_(2025, number)], NOW)
    assert (found.result.label, found.reason) == (result, reason)


def test_target_of_zero_missed_once_past():
    found = judge(target(comparator=">", value=0), [in_(2025, 0)], AFTER)
    assert (found.result, found.reason, found.ratio) == (Result.NON_ATTEINT, "", None)


def test_negative_target_has_no_ratio():
    found = judge(target(comparator="≥", value=-5), [in_(2025, -6)], NOW)
    assert (found.result, found.reason) == (Result.NON_MESURABLE, NEGATIVE_EXPECTED)
    assert said(target(comparator="≥", value=-5), in_(2025, -4)) == ("atteint", None)


@pytest.mark.parametrize(
    ("per", "period", "expected"),
    [
        ("month", year(2025), 120),
        ("month", month_span(2025, 4, 3), 30),
        ("month", month_span(2026, 2, 1), 10),
        ("quarter", year(2025), 40),
        ("year", year(2025), 10),
        ("year", month_span(2025, 4, 3), "2.5"),
        ("month", school_year(2025), 120),
        ("", year(2025), 10),
        ("", month_span(2025, 4, 3), 10),
    ],
)
def test_each_period_scales_a_sum_by_calendar_months(per, period, expected):
    aim = target(value=10, per=per, comparator=">")
    found = judge(aim, [over(period, expected)], NOW)
    assert (found.expected, found.ratio, found.result) == (Decimal(expected), 1, Result.SUR_LA_TRAJECTOIRE)
    assert judge(aim, [over(period, Decimal(expected) + 1)], NOW).result is Result.ATTEINT


def test_each_period_scales_over_leap_years_alike():
    aim = replace(target(value=10, per="month"), convention_start=date(2024, 1, 1))
    assert judge(aim, [in_(2024, 120)], NOW).expected == 120
    assert judge(aim, [over(month_span(2024, 2, 1), 10)], NOW).expected == 10


@pytest.mark.parametrize("aggregation", ["last", "mean", "max"])
def test_each_period_scales_only_sums(aggregation):
    aim = target(value=10, per="month", aggregation=aggregation)
    assert judge(aim, [in_(2025, 10)], NOW).expected == 10


def test_each_period_does_not_scale_a_rate():
    aim = target(kind="rate", value=50, per="month", aggregation="mean")
    assert judge(aim, [rate(year(2025), 1, 2)], NOW).expected == 50


def test_each_period_judges_the_last_period_that_is_over():
    found = judge(target(), [in_(2026, 900), in_(2025, 100), in_(2027, 900)], NOW)
    assert (found.actual, found.period, found.result) == (100, year(2025), Result.ATTEINT)
    found = judge(target(), [in_(2026, 50), in_(2025, 100)], date(2027, 1, 1))
    assert (found.actual, found.period, found.result) == (50, year(2026), Result.EN_DECA)


def test_each_period_after_its_date():
    aim = target(target_on=date(2026, 12, 31))
    values = [in_(2025, 120), in_(2026, 99), in_(2027, 200)]
    assert said(aim, *values, today=date(2026, 12, 31)) == ("atteint", Decimal("1.2"))
    assert said(aim, *values, today=date(2027, 1, 1)) == ("non atteint", Decimal("0.99"))
    assert said(aim, *values, today=date(2028, 6, 1)) == (
        "non atteint",
        Decimal("0.99"),
    )  # 2027 came too late
    assert said(aim, in_(2026, 100), today=date(2027, 1, 1)) == ("atteint", 1)


# --- cumulative --------------------------------------------------------------------------------------
def test_cumulative_against_the_share_of_time():
    aim = target(mode="cumulative", value=10)
    found = judge(aim, [in_(2025, 1), in_(2026, 3)], date(2027, 3, 1))
    assert (found.actual, found.expected, found.ratio) == (4, 4, 1)
    assert (found.result, str(found.period)) == (Result.SUR_LA_TRAJECTOIRE, "de 2025 à 2026")


def test_cumulative_missing_year_counts_on_neither_side():
    aim = target(mode="cumulative", value=10)
    values = [in_(2025, 2), in_(2026, state="not_collected"), in_(2027, 2)]
    found = judge(aim, values, date(2028, 3, 1))
    assert (found.actual, found.expected, found.ratio) == (4, 4, 1)
    assert str(found.coverage) == f"2{NB}années sur 3"
    assert (found.coverage.known, found.coverage.expected) == (2, 3)


def test_cumulative_by_school_years():
    aim = target(mode="cumulative", value=10)
    values = [over(school_year(2024), 2), over(school_year(2025), 2), over(school_year(2026), 9)]
    found = judge(aim, values, NOW)
    assert (found.actual, found.expected) == (4, 4)
    assert str(found.coverage) == f"2{NB}années sur 2"


def test_cumulative_leaves_out_what_ends_outside():
    aim = target(mode="cumulative", value=10, target_on=date(2026, 12, 31))
    values = [in_(2024, 50), in_(2025, 5), in_(2027, 50)]
    found = judge(aim, values, date(2028, 1, 1))
    assert (found.actual, found.expected, found.result) == (5, 5, Result.NON_ATTEINT)


@pytest.mark.parametrize(
    ("sign", "total", "today", "result"),
    [
        ("≥", 10, NOW, "atteint"),
        (">", 10, NOW, "sur la trajectoire"),
        (">", 11, NOW, "atteint"),
        ("≤", 2, NOW, "sur la trajectoire"),  # not « atteint » before the end
        ("<", 0, NOW, "sur la trajectoire"),
        ("≤", 3, NOW, "en deçà de la trajectoire"),
        ("=", 10, NOW, "en deçà de la trajectoire"),
        ("=", 2, NOW, "sur la trajectoire"),
        ("≤", 2, END, "sur la trajectoire"),
        ("≤", 2, AFTER, "atteint"),
        ("≤", 11, AFTER, "non atteint"),
        ("<", 10, AFTER, "non atteint"),
        ("=", 10, AFTER, "atteint"),
        ("=", 9, AFTER, "non atteint"),
        ("≥", 9, AFTER, "non atteint"),
        ("≥", 10, AFTER, "atteint"),
    ],
)
def test_cumulative_signs(sign, total, today, result):
    assert (
        said(target(mode="cumulative", comparator=sign, value=10), in_(2025, total), today=today)[0] == result
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"aggregation": "last"}, NO_SUM),
        ({"aggregation": "max"}, NO_SUM),
        ({"aggregation": "mean", "kind": "satisfaction"}, NO_SUM_OF_MEANS),
        ({"kind": "change", "baseline_value": 100, "baseline_year": 2024}, NO_SUM_OF_CHANGE),
    ],
)
def test_cumulative_refuses_what_cannot_be_summed(changes, reason):
    found = judge(target(mode="cumulative", **changes), [in_(2025, 500)], NOW)
    assert (found.result, found.reason, found.ratio) == (Result.NON_MESURABLE, reason, None)
    assert judge(target(mode="cumulative", **changes), [], AFTER).reason == reason


def test_cumulative_with_per_is_so_much_for_each():
    aim = target(mode="cumulative", value=24, per="year")
    found = judge(aim, [in_(2025, 24)], NOW)
    assert (found.expected, found.result) == (24, Result.SUR_LA_TRAJECTOIRE)
    assert said(aim, in_(2025, 119))[0] == "sur la trajectoire"
    assert said(aim, in_(2025, 120))[0] == "atteint"


def test_cumulative_of_a_date_before_the_start():
    aim = target(mode="cumulative", target_on=date(2024, 6, 30))
    found = judge(aim, [in_(2025, 500)], NOW)
    assert (found.result, found.reason) == (
        Result.NON_MESURABLE,
        "aucune valeur sur la période de la convention",
    )
    assert str(found.coverage) == ""


# --- Rates -------------------------------------------------------------------------------------------
RATE = {"kind": "rate", "aggregation": "mean", "value": 50}


def test_rate_is_read_in_percent():
    found = judge(target(**RATE), [rate(year(2025), 1, 2)], NOW)
    assert (found.actual, found.result) == (50, Result.ATTEINT)
    assert said(target(**RATE), in_(2025, 50)) == ("atteint", 1)


def test_rates_cumulate_as_the_ratio_of_sums():
    aim = target(mode="cumulative", **RATE)
    found = judge(aim, [rate(year(2025), 10, 10), rate(year(2026), 20, 90)], date(2027, 1, 2))
    assert (found.actual, found.expected, found.result) == (30, 50, Result.EN_DECA)


def test_rates_known_as_percentages_are_not_cumulated():
    aim = target(mode="cumulative", **RATE)
    found = judge(aim, [rate(year(2025), 10, 10), in_(2026, 60)], date(2027, 1, 2))
    assert (found.result, found.reason, found.ratio) == (Result.NON_MESURABLE, PERCENT_ONLY, None)
    assert said(aim, in_(2025, 60)) == ("atteint", Decimal("1.2"))  # one alone is read as it is


@pytest.mark.parametrize("mode", ["each_period", "cumulative", "at_end"])
@pytest.mark.parametrize("today", [NOW, AFTER])
def test_zero_denominator(mode, today):
    aim = target(mode=mode, baseline_value=30, baseline_year=2024, **RATE)
    found = judge(aim, [rate(year(2025), 0, 0)], today)
    assert (found.result, found.reason, found.ratio) == (Result.NON_MESURABLE, ZERO_DENOMINATOR, None)


def test_zero_denominator_of_one_year_among_two():
    aim = target(mode="cumulative", **RATE)
    assert said(aim, rate(year(2025), 0, 0), rate(year(2026), 3, 4), today=date(2027, 1, 2)) == (
        "atteint",
        Decimal("1.5"),
    )


# --- at_end ------------------------------------------------------------------------------------------
RISE = {"mode": "at_end", "aggregation": "last", "baseline_value": 100, "baseline_year": 2024, "value": 150}
FALL = {**RISE, "comparator": "≤", "value": 50}


@pytest.mark.parametrize(
    ("aim", "number", "expected", "ratio", "result"),
    [
        (RISE, 110, 110, "1", "sur la trajectoire"),
        (RISE, "108.5", 110, "0.85", "sur la trajectoire"),
        (RISE, "108.4", 110, "0.84", "en deçà de la trajectoire"),
        (RISE, 100, 110, "0", "en deçà de la trajectoire"),
        (RISE, 95, 110, "-0.5", "en deçà de la trajectoire"),
        (RISE, 149, 110, "4.9", "sur la trajectoire"),
        (RISE, 150, 110, "5", "atteint"),
        ({**RISE, "comparator": ">"}, 150, 110, "5", "sur la trajectoire"),
        (FALL, 90, 90, "1", "sur la trajectoire"),
        (FALL, "91.5", 90, "0.85", "sur la trajectoire"),
        (FALL, 92, 90, "0.8", "en deçà de la trajectoire"),
        (FALL, 110, 90, "-1", "en deçà de la trajectoire"),
        (FALL, 50, 90, "5", "atteint"),
        (FALL, 0, 90, "10", "atteint"),
        # A limit already kept: « ≤ » above the baseline, « ≥ » below it.
        ({**RISE, "comparator": "≤"}, 140, 110, "0.7857142857142857142857142857", "atteint"),
        ({**RISE, "comparator": "≤"}, 160, 110, "0.6875", "en deçà de la trajectoire"),
        ({**FALL, "comparator": "≥"}, 45, 90, "0.5", "en deçà de la trajectoire"),
        ({**RISE, "comparator": "="}, 150, 110, "5", "atteint"),
        ({**RISE, "comparator": "="}, 110, 110, "1", "sur la trajectoire"),
    ],
)
def test_at_end(aim, number, expected, ratio, result):
    found = judge(target(**aim), [in_(2025, number)], NOW)
    assert (found.expected, found.ratio, found.result.label) == (expected, Decimal(ratio), result)


def test_at_end_reads_the_line_at_the_end_of_the_last_period():
    found = judge(target(**RISE), [in_(2025, 100), over(month_span(2026, 1, 6), 115)], NOW)
    assert (found.expected, found.actual, found.ratio) == (115, 115, 1)


def test_at_end_from_an_older_baseline():
    found = judge(target(**{**RISE, "baseline_year": 2019}), [in_(2025, 130)], NOW)
    assert (found.expected, found.ratio) == (130, 1)  # six years of ten


def test_at_end_past():
    assert said(target(**RISE), in_(2029, 149), today=END)[0] == "non mesurable"
    assert said(target(**RISE), in_(2029, 149), today=AFTER) == ("non atteint", Decimal("0.98"))
    assert said(target(**RISE), in_(2029, 150), today=AFTER) == ("atteint", 1)


@pytest.mark.parametrize("missing", [{"baseline_value": None}, {"baseline_year": None}])
def test_at_end_without_baseline(missing):
    aim = target(**{**RISE, **missing})
    assert said(aim, in_(2025, 110)) == ("trajectoire non précisée", None)
    assert said(aim, in_(2025, 150)) == ("atteint", None)
    assert said(aim, in_(2025, 110), today=AFTER) == ("non atteint", None)
    assert said(aim)[0] == "non mesurable"


@pytest.mark.parametrize(
    ("changes", "number", "reason"),
    [
        ({"baseline_year": 2025}, 110, BASELINE_PERIOD),
        ({"baseline_year": 2026}, 110, BASELINE_PERIOD),
        ({"baseline_year": 2029}, 110, NO_TIME_LEFT),
        ({"value": 100}, 99, SAME_AS_BASELINE),
    ],
)
def test_at_end_without_a_line(changes, number, reason):
    found = judge(target(**{**RISE, **changes}), [in_(2025, number)], NOW)
    assert (found.result, found.reason, found.ratio) == (Result.NON_MESURABLE, reason, None)
    assert judge(target(**{**RISE, **changes}), [in_(2025, 150)], NOW).result is Result.ATTEINT
    assert judge(target(**{**RISE, **changes}), [in_(2025, 99)], AFTER).result is Result.NON_ATTEINT


def test_at_end_scales_baseline_and_target_alike():
    aim = target(mode="at_end", per="month", value=20, baseline_value=10, baseline_year=2024)
    found = judge(aim, [in_(2025, 144)], NOW)
    assert (found.expected, found.ratio) == (144, 1)  # 12 a month, a fifth of the way


# --- change ------------------------------------------------------------------------------------------
CHANGE = {"kind": "change", "mode": "at_end", "aggregation": "last", "value": 10}


def test_change_resolves_on_its_baseline():
    aim = target(**CHANGE, baseline_value=200, baseline_year=2024)
    found = judge(aim, [in_(2025, 204)], NOW)
    assert (found.expected, found.ratio, found.result) == (204, 1, Result.SUR_LA_TRAJECTOIRE)
    assert said(aim, in_(2025, 220)) == ("atteint", 5)


def test_change_down_is_signed():
    aim = target(
        **{**CHANGE, "value": -10}, comparator="≤", direction="down", baseline_value=200, baseline_year=2024
    )
    assert said(aim, in_(2025, 196)) == ("sur la trajectoire", 1)
    assert said(aim, in_(2025, 180)) == ("atteint", 5)
    assert said(aim, in_(2025, 200)) == ("en deçà de la trajectoire", 0)


@pytest.mark.parametrize("mode", ["each_period", "at_end"])
@pytest.mark.parametrize("values", [[], [in_(2025, 1148)]])
@pytest.mark.parametrize("today", [NOW, AFTER])
def test_change_without_baseline(mode, values, today):
    found = judge(target(**{**CHANGE, "mode": mode}), values, today)
    assert (found.result, found.reason) == (Result.NON_MESURABLE, NO_BASELINE)
    assert (found.ratio, found.percent, found.expected) == (None, None, None)
    assert str(found) == f"non mesurable{NB}: valeur de référence manquante"


def test_change_on_a_baseline_of_zero():
    found = judge(target(**CHANGE, baseline_value=0, baseline_year=2024), [in_(2025, 5)], NOW)
    assert (found.result, found.reason) == (Result.NON_MESURABLE, ZERO_BASELINE)


def test_change_each_period_without_year_of_baseline():
    aim = target(**{**CHANGE, "mode": "each_period"}, baseline_value=200)
    assert said(aim, in_(2025, 220)) == ("atteint", 1)


# --- Coverage and percent ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("frequency", "values", "today", "coverage"),
    [
        ("year", [], date(2025, 12, 31), ""),
        ("year", [], date(2026, 1, 1), f"0{NB}année sur 1"),
        ("year", [in_(2025, text="bien")], NOW, f"1{NB}année sur 1"),
        ("year", [in_(2025, state="secret")], NOW, f"0{NB}année sur 1"),
        ("year", [in_(2025, 1), in_(2026, 1)], date(2027, 12, 31), f"2{NB}années sur 2"),
        ("year", [in_(2025, 1), in_(2026, 1)], date(2028, 1, 1), f"2{NB}années sur 3"),
        ("year", [in_(2025, 1)], date(2040, 1, 1), f"1{NB}année sur 5"),
        ("quarter", [over(month_span(2025, 4, 3), 1)], NOW, f"1{NB}trimestre sur 7"),
        (
            "month",
            [over(month_span(2025, 4, 1), 1), over(month_span(2025, 5, 1), 1)],
            NOW,
            f"2{NB}mois sur 22",
        ),
        ("once", [over(month_span(2025, 4, 1), 1)], NOW, ""),
        ("once", [over(month_span(2025, 4, 1), 1)], AFTER, f"1{NB}relevé sur 1"),
        ("once", [], AFTER, f"0{NB}relevé sur 1"),
        ("month", [in_(2025, 1)], date(2026, 1, 1), f"12{NB}mois sur 12"),
        ("year", [over(month_span(2025, 9, 1), 1)], date(2026, 1, 1), f"1{NB}année sur 1"),
    ],
)
def test_coverage(frequency, values, today, coverage):
    found = judge(target(frequency=frequency), values, today).coverage
    assert str(found) == coverage
    assert bool(found) is bool(coverage)


def test_coverage_stops_at_the_date_of_the_target():
    found = judge(target(target_on=date(2026, 12, 31)), [in_(2025, 1)], AFTER)
    assert found.coverage == Coverage(1, 2, "year")


@pytest.mark.parametrize(
    ("number", "percent"),
    [(0, 0), ("0.1", 1), ("84.9", 84), ("99.9", 99), (100, 100), ("100.4", 100), (250, 250), (-1, -1)],
)
def test_percent_is_cut(number, percent):
    assert judge(target(), [in_(2025, number)], NOW).percent == percent


# --- The eleven targets of a real plan ---------------------------------------------------------------
TRIAL = Path(__file__).parents[3] / "trial"
# What the fictitious values of the trial come to on 21 November 2026.
SUNDGAU = {
    ("2", "> 200"): ("atteint", "2025", "1 année sur 1", ""),
    ("4", "> 200"): ("sur la trajectoire", "2025", "1 année sur 1", ""),
    ("6", "+10 %"): ("non mesurable", "2025", "1 année sur 1", NO_BASELINE),
    ("6", "> 2"): ("sur la trajectoire", "2025", "1 année sur 1", ""),
    ("7", "> 10/mois"): ("atteint", "octobre 2026", "11 mois sur 22", ""),
    ("8", "> 24/an"): ("sur la trajectoire", "2025", "1 année sur 1", ""),
    ("9", "> 20"): ("atteint", "2025", "1 année sur 1", ""),
    ("10", "> 2"): ("en deçà de la trajectoire", "2025", "1 année sur 1", ""),
    ("11", "−10 %"): ("non mesurable", "2025", "1 année sur 1", NO_BASELINE),
    ("12", "1 COPIL/an"): ("atteint", "2025", "1 année sur 1", ""),
    ("12", "4 COTECH/an"): ("en deçà de la trajectoire", "2025", "1 année sur 1", ""),
}


def sundgau():
    plan = tomllib.loads((TRIAL / "sundgau-2025-2029.toml").read_text(), parse_float=Decimal)
    fictitious = tomllib.loads((TRIAL / "sundgau-2025-2029.fictif.toml").read_text(), parse_float=Decimal)
    given_values = {fiche["number"]: fiche.get("measurement", []) for fiche in fictitious["fiche"]}
    for fiche in plan["fiche"]:
        for place, indicator in enumerate(fiche.get("indicator", []), start=1):
            if "target_value" not in indicator:
                continue
            aim = Target(
                kind=indicator["kind"],
                direction=indicator["direction"],
                aggregation=indicator["aggregation"],
                comparator=indicator["comparator"],
                value=Decimal(indicator["target_value"]),
                per=indicator["per"],
                mode=indicator["target_mode"],
                target_on=None,
                baseline_value=None,
                baseline_year=None,
                convention_start=plan["convention"]["period_start"],
                convention_end=plan["convention"]["period_end"],
                frequency=indicator["frequency"],
            )
            values = [
                Value(
                    one["period_start"],
                    one["period_end"],
                    one["state"],
                    Decimal(one["value"]) if "value" in one else None,
                )
                for one in given_values[fiche["number"]]
                if one["indicator"] == place
            ]
            yield (fiche["number"], indicator["target_words"].replace(NB, " ")), aim, values


def test_sundgau_holds_eleven_targets():
    assert [key for key, _, _ in sundgau()] == list(SUNDGAU)


@pytest.mark.parametrize(
    ("key", "aim", "values"), [pytest.param(*one, id=" ".join(one[0])) for one in sundgau()]
)
def test_sundgau(key, aim, values):
    found = judge(aim, values, NOW)
    coverage = str(found.coverage).replace(NB, " ")
    assert (found.result.label, str(found.period), coverage, found.reason) == SUNDGAU[key]


@pytest.mark.parametrize(
    ("key", "aim", "values"), [pytest.param(*one, id=" ".join(one[0])) for one in sundgau()]
)
def test_sundgau_without_values_is_never_a_percentage(key, aim, values):
    found = judge(aim, [], NOW)
    assert (found.result, found.ratio) == (Result.NON_MESURABLE, None)


# --- Properties --------------------------------------------------------------------------------------
RANK = {Result.EN_DECA: 0, Result.NON_ATTEINT: 0, Result.SUR_LA_TRAJECTOIRE: 1, Result.ATTEINT: 2}
NUMBERS = st.decimals(0, 10**6, places=4)
MODES = st.sampled_from(["each_period", "cumulative", "at_end"])


@st.composite
def targets(draw):
    kind = draw(st.sampled_from(["count", "amount", "rate", "change", "cadence", "satisfaction"]))
    return target(
        kind=kind,
        aggregation=draw(st.sampled_from(["sum", "last", "mean", "max"])),
        comparator=draw(st.sampled_from(["", ">", "≥", "=", "≤", "<"])),
        value=draw(st.none() | NUMBERS),
        per=draw(st.sampled_from(["", "month", "quarter", "year"])),
        mode=draw(st.sampled_from(["", "each_period", "cumulative", "at_end"])),
        target_on=draw(st.none() | st.dates(date(2024, 1, 1), date(2031, 12, 31))),
        baseline_value=draw(st.none() | NUMBERS),
        baseline_year=draw(st.none() | st.integers(2015, 2032)),
        frequency=draw(st.sampled_from(["once", "month", "quarter", "year"])),
    )


@st.composite
def values(draw):
    """Yearly values over some of the years, of every content."""
    found = []
    for number in draw(st.sets(st.integers(2023, 2031))):
        content = draw(
            st.one_of(
                st.fixed_dictionaries({"value": NUMBERS}),
                st.fixed_dictionaries({"numerator": NUMBERS, "denominator": NUMBERS}),
                st.fixed_dictionaries({"done": st.booleans()}),
                st.just({"text": "bien"}),
                st.fixed_dictionaries(
                    {"state": st.sampled_from(["not_collected", "secret", "not_applicable"])}
                ),
            )
        )
        found.append(in_(number, **content))
    return found


TODAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))


@given(targets(), values(), TODAYS)
def test_every_judgement_is_whole(aim, given_values, today):
    found = judge(aim, given_values, today)
    usable = [
        one
        for one in given_values
        if one.is_numeric and one.period_end < today and START <= one.period_end <= aim.deadline
    ]
    if not usable:
        assert (found.ratio, found.expected, found.actual, found.period) == (None, None, None, None)
        assert found.result not in RANK
    if found.ratio is not None:
        assert found.actual is not None
        assert found.expected is not None
        assert found.result in RANK
    assert bool(found.reason) == (found.result is Result.NON_MESURABLE)
    assert found.coverage.known <= found.coverage.expected
    assert found.result is not Result.NON_ATTEINT or today > aim.deadline
    assert str(found)


@given(MODES, st.sampled_from([">", "≥", "≤", "<"]), NUMBERS, NUMBERS, NUMBERS, NUMBERS, TODAYS)
def test_result_is_monotone_in_the_value(mode, sign, aimed, baseline, one, other, today):
    aim = target(mode=mode, comparator=sign, value=aimed, baseline_value=baseline, baseline_year=2024)
    low, high = sorted((one, other))
    first, second = (judge(aim, [in_(2025, number)], today) for number in (low, high))
    assume(first.result in RANK and second.result in RANK)
    if sign in ("≤", "<"):
        first, second = second, first
    assert RANK[first.result] <= RANK[second.result]
    if first.ratio is not None and second.ratio is not None:
        assert first.ratio <= second.ratio


@given(st.decimals(1, 1000, places=2), st.integers(1, 12), st.integers(1, 12), NUMBERS)
def test_each_period_scaling_is_proportional(aimed, first, count, number):
    """A threshold a month over n months asks n times as much, and so n times the value does as well."""
    aim = target(value=aimed, per="month")
    one = judge(aim, [over(month_span(2025, first, 1), number)], AFTER)
    several = judge(aim, [over(month_span(2025, first, count), number * count)], AFTER)
    assert several.expected == one.expected * count
    assert (several.result, several.ratio) == (one.result, one.ratio)


@given(st.lists(NUMBERS, min_size=1, max_size=5), NUMBERS.filter(bool))
def test_cumulative_with_every_year_in_is_the_plain_share(numbers, aimed):
    aim = target(mode="cumulative", value=aimed, target_on=date(2024 + len(numbers), 12, 31))
    found = judge(aim, [in_(2025 + place, number) for place, number in enumerate(numbers)], AFTER)
    assert (found.actual, found.expected) == (sum(numbers), aimed)
    assert (found.result is Result.ATTEINT) == (sum(numbers) >= aimed)


@given(st.dates(date(2025, 1, 2), date(2029, 12, 31)))
def test_nothing_is_missed_before_its_date(today):
    assert judge(target(value=10**9), [in_(2025, 0)], today).result is not Result.NON_ATTEINT
    assert judge(target(value=10**9), [in_(2025, 0)], END + timedelta(days=1)).result is Result.NON_ATTEINT
