from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from ctg.charts import (
    SECRET,
    Chart,
    Point,
    Segment,
    Target,
    bars_with_target,
    column,
    dots,
    progress_bar,
    stacked_bar,
)
from ctg.charts.svg import LOOKS
from ctg.numbers import french_number, short_number

SVG = "{http://www.w3.org/2000/svg}"
AXE = [
    Segment("réalisée", 1, "faite"),
    Segment("en cours", 2, "cours"),
    Segment("en difficulté", 0, "difficulte"),
]


def drawn(chart: Chart) -> ET.Element:
    return ET.fromstring(chart.svg)


def words(chart: Chart) -> list[str]:
    return [element.text or "" for element in drawn(chart).iter(f"{SVG}text")]


def bars(chart: Chart) -> list[ET.Element]:
    """The rectangles of columns, without the grounds of numbers."""
    return [rect for rect in drawn(chart).iter(f"{SVG}rect") if rect.get("class") == "k-cours"]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (Decimal("1234567.50"), "1\u202f234\u202f567,5"),
        (-3.25, "−3,25"),
        (Decimal("0.005"), "0,01"),
        (Decimal("-0.001"), "0"),
        (999.999, "1\u202f000"),
        (10**40, "10" + "\u202f000" * 13),
    ],
)
def test_french_number(value, written):
    assert french_number(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (9999, "9\u202f999"),
        (15_300, "15,3\u00a0k"),
        (1_250_000, "1,3\u00a0M"),
        (-2 * 10**9, "−2\u00a0Md"),
        (0.3333, "0,33"),
    ],
)
def test_short_number(value, written):
    assert short_number(value) == written


def test_stacked_bar_says_every_count_in_words_and_table():
    chart = stacked_bar("Fiches par statut", AXE)
    assert chart.desc == "réalisée : 1, en cours : 2."
    assert chart.rows == (("réalisée", "1"), ("en cours", "2"), ("en difficulté", "0"))
    assert words(chart) == ["1", "2", "réalisée\u00a01", "en cours\u00a02"]


def test_stacked_bar_without_legend_is_one_line_high():
    assert drawn(stacked_bar("Fiches", AXE, legend=False)).get("height") == "20"


@pytest.mark.parametrize("segments", [[], [Segment("réalisée", 0, "faite")]])
def test_stacked_bar_of_nothing_says_so(segments):
    chart = stacked_bar("Fiches", segments, empty="aucune fiche")
    assert (words(chart), chart.desc) == (["aucune fiche"], "Aucune donnée.")


def test_stacked_bar_keeps_the_smallest_piece_visible():
    chart = stacked_bar("Fiches", [Segment("a", 10**9, "cours"), Segment("b", 1, "faite")], legend=False)
    widths = [float(rect.get("width", 0)) for rect in drawn(chart).iter(f"{SVG}rect")]
    assert min(widths) >= 10
    assert sum(widths[:2]) <= 270


def test_kinds_are_told_apart_without_colour():
    """Those of one list of statuses differ by hatching, or by shape where the hatching is the same."""
    assert len({(look.hatch, look.shape) for look in LOOKS.values()}) == len(LOOKS)


def test_unknown_kind_is_neutral():
    assert 'class="k-neutre"' in stacked_bar("Fiches", [Segment("?", 1, '"><script>')]).svg


def test_bars_say_missing_secret_and_estimated():
    points = [
        Point("2023", 148.5),
        Point("2024", None),
        Point("2025", None, SECRET),
        Point("2026", 210, estimated=True),
    ]
    chart = bars_with_target("Forum", points, target=Target("cible : plus de 200", 200), unit="personnes")
    assert chart.headers == ("Période", "Valeur", "Cible")
    assert chart.rows == (
        ("2023", "148,5\u00a0personnes", "200\u00a0personnes"),
        ("2024", "non recueilli", "200\u00a0personnes"),
        ("2025", "secret", "200\u00a0personnes"),
        ("2026", "210\u00a0personnes (estimation)", "200\u00a0personnes"),
    )
    assert len(bars(chart)) == 2
    assert words(chart) == [
        "cible : plus de 200", "non", "recueilli", "secret", "148,5", "≈\u00a0210", "2023", "2024", "2025", "2026",
    ]  # fmt: skip


def test_a_value_of_zero_is_drawn_and_said():
    chart = column("Réunions", [Point("2025", 0)])
    assert (words(chart), len(bars(chart))) == (["0", "2025"], 1)


def test_bars_without_points_say_so():
    chart = bars_with_target("Vide", [], target=Target("cible : 10", 10))
    assert (chart.rows, chart.desc) == ((), "Aucune valeur. Cible : 10.")
    assert words(chart) == ["cible : 10", "aucune valeur"]


def test_a_path_has_a_level_a_period_and_may_begin_late():
    chart = bars_with_target(
        "Vers", [Point("2024", 5), Point("2025", 6), Point("2026", 7)], target=Target("vers 9", [None, 7])
    )
    assert [row[2] for row in chart.rows] == ["–", "7", "–"]


def test_forty_points_keep_the_last_and_highest_number():
    points = [Point(f"mois {i}", 90 if i == 12 else i % 7) for i in range(40)]
    chart = bars_with_target("Mois", points, target=Target("cible : 40", 40))
    assert [word for word in words(chart) if word.isdigit()] == ["90", "4"]
    assert len(chart.rows) == 40
    assert chart.desc == "40 périodes, de mois 0 à mois 39, dont 40 avec une valeur. Cible : 40."


def test_huge_numbers_are_short_on_the_bar_and_whole_in_the_table():
    chart = column("Dépenses", [Point("2024", 123_456_789_012), Point("2025", 5), Point("2026", 6)], unit="€")
    assert words(chart)[0] == "123,5\u00a0Md"
    assert chart.rows[0][1] == "123\u202f456\u202f789\u202f012\u00a0€"


def test_a_negative_value_hangs_below_the_line():
    chart = column("Évolution", [Point("2024", -10), Point("2025", 5)])
    below, above = (float(bar.get("y", 0)) for bar in bars(chart))
    assert above < below


def test_dots_draw_one_mark_each_and_say_when_one_stands_for_many():
    few = dots("Indicateurs", [Segment("atteint", 3, "faite"), Segment("non mesurable", 0)])
    assert len(list(drawn(few).iter(f"{SVG}circle"))) == 3
    many = dots("Indicateurs", [Segment("atteint", 4000, "faite")])
    assert words(many) == ["4\u202f000", "atteint", "une marque pour 100"]


@pytest.mark.parametrize(
    ("done", "total", "said"), [(2, 4, "2 sur 4"), (0, 3, "0 sur 3"), (None, 4, "–"), (0, 0, "–")]
)
def test_progress_bar(done, total, said):
    assert words(progress_bar("Étapes", done, total)) == [said]


def test_component_shows_the_figure_and_its_table():
    html = render_to_string("components/chart.html", {"chart": stacked_bar("Fiches <b>", AXE)})
    assert html.count("<svg") == html.count("<details") == 1
    assert '<th scope="row">en cours</th>' in html
    assert "Fiches <b>" not in html


any_text = st.text(max_size=60)
numbers = st.none() | st.integers(-(10**15), 10**15) | st.decimals(-(10**9), 10**9, places=4)
points = st.lists(st.builds(Point, any_text, numbers, any_text, st.booleans()), max_size=40)
segments = st.lists(
    st.builds(Segment, any_text, st.integers(0, 10**12), st.sampled_from([*LOOKS, "?"])), max_size=12
)
levels = st.none() | numbers | st.lists(numbers, max_size=50)


def assert_sound(chart: Chart) -> None:
    """Well-formed, titled, described, within its box, no style and no id."""
    root = drawn(chart)
    title, desc = root[0], root[1]
    assert (title.tag, desc.tag, root.get("role")) == (f"{SVG}title", f"{SVG}desc", "img")
    assert title.text
    assert desc.text
    _, _, width, height = map(float, root.get("viewBox", "").split())
    for element in root.iter():
        assert not {"style", "id", "onload", "href"} & set(element.attrib)
        assert element.tag.removeprefix(SVG) in {
            "svg", "title", "desc", "g", "rect", "path", "circle", "polygon", "text",
        }  # fmt: skip
    for rect in root.iter(f"{SVG}rect"):
        x, y, w, h = (float(rect.get(name, 0)) for name in ("x", "y", "width", "height"))
        assert w >= 0
        assert h >= 0
        assert -1 <= y <= y + h <= height + 1
        assert x < width


@given(any_text, segments, st.booleans())
def test_counts_are_sound_whatever_they_hold(title, held, legend):
    for chart in (stacked_bar(title, held, legend=legend), dots(title, held)):
        assert_sound(chart)
        assert len(chart.rows) == len(held)


@given(any_text, points, levels, any_text)
def test_values_are_sound_whatever_they_hold(title, held, level, label):
    target = Target(label, level) if level is not None else None
    chart = bars_with_target(title, held, target=target)
    assert_sound(chart)
    assert len(chart.rows) == len(held)
