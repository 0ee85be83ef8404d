"""Slides: nothing runs off, tables go on over several, charts stay charts."""

import io
from itertools import chain

import pytest
from pptx import Presentation
from pptx.util import Inches

from ctg.slides import BODY, HEIGHT, WIDTH, Deck, Said, Series, cut, fitted, height_of, line_count, split

LONG = "Une phrase qui dit beaucoup de choses à la fois. " * 60


def opened(deck):
    return Presentation(io.BytesIO(deck.to_bytes()))


def titles(show):
    return [slide.shapes.title.text for slide in show.slides]


def assert_inside(show):
    """Every shape stands on its slide; a table with all its rows."""
    for slide in show.slides:
        for shape in slide.shapes:
            high = sum(row.height for row in shape.table.rows) if shape.has_table else shape.height
            assert 0 <= shape.left <= shape.left + shape.width <= Inches(WIDTH) + 20
            assert 0 <= shape.top <= shape.top + high <= Inches(HEIGHT)


@pytest.mark.parametrize(
    ("text", "lines"),
    [("", 1), ("un mot", 1), ("deux\nlignes", 2), ("mot " * 40, 6), ("m" * 100, 6)],
)
def test_lines_are_counted_before_they_are_set(text, lines):
    assert line_count(text, 4, 18) == lines


def test_a_text_is_set_smaller_before_it_is_cut():
    said = [Said("Une phrase. " * 12)]
    shown, size = fitted(said, 6, 1, (18, 16, 14, 12))
    assert shown == said
    assert size < 18
    assert height_of(shown, 6, size) <= 1


def test_what_does_not_fit_is_cut_and_says_so():
    shown, size = fitted([Said(LONG), Said("Fin")], 6, 1, (18, 12))
    assert size == 12
    assert shown[-1].text.endswith(" …")
    assert height_of(shown, 6, size) <= 1


def test_nothing_is_left_when_nothing_fits():
    assert cut([Said(LONG)], 6, 0.05, 12) == []


@pytest.mark.parametrize("count", [0, 1, 3, 100])
def test_rows_are_all_there_over_several_slides(count):
    rows = [[[Said(f"Ligne {number}")], [Said("x " * 20)]] for number in range(count)]
    pages = split(rows, [4, 2], 4, 14)
    assert list(chain(*pages)) == rows
    assert all(pages)


def test_a_table_goes_on_under_the_same_title():
    deck = Deck("Essai")
    deck.table(
        "Liste", ["N°", "Quoi"], [[[Said(str(n))], [Said(LONG[:300])]] for n in range(30)], widths=[1, 9]
    )
    show = opened(deck)
    count = len(show.slides)
    assert titles(show) == [f"Liste ({n}/{count})" for n in range(1, count + 1)]
    heads = [
        shape.table.cell(0, 1).text for slide in show.slides for shape in slide.shapes if shape.has_table
    ]
    assert heads == ["Quoi"] * count
    assert_inside(show)


def test_the_end_of_a_long_table_may_be_left_out_and_it_is_said():
    deck = Deck("Essai")
    rows = [[[Said(LONG[:300])]] for _ in range(30)]
    deck.table("Liste", ["Quoi"], rows, widths=[1], most=2, beyond="dans le dossier")
    show = opened(deck)
    shown = sum(
        len(shape.table.rows) - 1 for slide in show.slides for shape in slide.shapes if shape.has_table
    )
    assert titles(show) == ["Liste (1/2)", "Liste (2/2)"]
    said = [shape.text for slide in show.slides for shape in slide.shapes if shape.has_text_frame]
    leads = [words for words in said if "de plus" in words]
    assert leads == [f"{30 - shown}\u00a0lignes de plus dans le dossier."] * 2
    assert_inside(show)


def test_a_row_higher_than_a_slide_is_cut():
    deck = Deck("Essai")
    deck.table("Liste", ["Quoi"], [[[Said(LONG * 10)]]], widths=[1])
    show = opened(deck)
    assert len(show.slides) == 1
    assert_inside(show)


def test_no_row_no_slide():
    deck = Deck("Essai")
    deck.table("Liste", ["Quoi"], [], widths=[1])
    assert not list(opened(deck).slides)


def test_bars_are_a_chart_with_its_values_and_its_words():
    deck = Deck("Essai", brand="#123456")
    series = [Series("réalisée", ["faite"], [1, 0]), Series("en cours", ["cours"], [3, 2])]
    deck.bars(deck.slide("Axes", "Une note"), BODY, "Fiches par axe", ["Axe 1", "Axe 2"], series)
    slide = opened(deck).slides[0]
    frame = next(shape for shape in slide.shapes if shape.has_chart)
    plot = frame.chart.plots[0]
    assert list(plot.categories) == ["Axe 1", "Axe 2"]
    assert [(one.name, list(one.values)) for one in plot.series] == [
        ("réalisée", [1, 0]),
        ("en cours", [3, 2]),
    ]
    assert frame._element.nvGraphicFramePr.cNvPr.get("descr") == (
        "Fiches par axe. Axe 1 : 1 réalisée, 3 en cours ; Axe 2 : 2 en cours."
    )
    assert slide.notes_slide.notes_text_frame.text == "Une note"


@pytest.mark.parametrize("words", ["", "A" * 600, LONG, "\x00\x0b <b>&amp;</b> \ud7ff\ufffe", "😀 ①"])
def test_any_words_make_a_file_that_opens(words):
    deck = Deck(words, foot=words[:80])
    deck.cover(words[:80], words[:240], [words[:100]])
    slide = deck.slide(words, words)
    deck.text(slide, [Said(words, bullet=True)])
    deck.table(words, [words[:40]], [[[Said(words)]]], widths=[1])
    show = opened(deck)
    assert len(show.slides) >= 3
    assert_inside(show)


def test_it_is_wide_french_and_numbered():
    deck = Deck("Dossier", foot="COPIL")
    deck.slide("Un")
    show = opened(deck)
    assert (show.slide_width, show.slide_height) == (Inches(WIDTH), Inches(HEIGHT))
    assert (show.core_properties.title, show.core_properties.language) == ("Dossier", "fr-FR")
    placed = {shape.placeholder_format.type.name: shape.text for shape in show.slides[0].placeholders}
    assert placed["FOOTER"] == "COPIL"
    assert "SLIDE_NUMBER" in placed
