"""Slides for PowerPoint and LibreOffice that people go on writing: 16:9, real titles, tables and charts of their own.

    deck = Deck("COPIL du 3 décembre", foot="COPIL – Sundgau")
    deck.table("Ordre du jour", ["Sujet", "Durée"], [[[Said("Budget", bold=True)], [Said("20 min")]]], widths=[10, 2])
    deck.to_bytes()

Nothing runs off a slide: a long table goes on over several, a long text is set smaller, then cut, and its notes
have the whole of it.
"""

from ctg.slides.deck import BODY, HEIGHT, WIDTH, Box, Deck, Series
from ctg.slides.words import (
    Cell,
    Said,
    cut,
    cut_row,
    fitted,
    height_of,
    line_count,
    row_height,
    rows_height,
    split,
)

__all__ = [
    "BODY",
    "HEIGHT",
    "WIDTH",
    "Box",
    "Cell",
    "Deck",
    "Said",
    "Series",
    "cut",
    "cut_row",
    "fitted",
    "height_of",
    "line_count",
    "row_height",
    "rows_height",
    "split",
]
