"""Words that fit: reckoned before they are set, cut when nothing else helps."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from fontTools.ttLib import TTFont

from ctg.charts.svg import LOOKS
from ctg.pdf import FACES, FONTS

INK, QUIET = "1d2a2b", "4c5b5c"
# Of the size, and the points below a paragraph.
LEADING, AFTER = 1.2, 3
# What PowerPoint keeps around the words of a text, by side, and of a cell, above and below; in inches.
PAD, PAD_CELL = 0.1, 0.06


@dataclass(frozen=True)
class Said:
    """A paragraph. `kind`: of `ctg.charts.svg.LOOKS`, for its colour; `quiet`: smaller and grey."""

    text: str
    bold: bool = False
    quiet: bool = False
    kind: str = ""
    bullet: bool = False

    @property
    def colour(self) -> str:
        return LOOKS[self.kind].fill.lstrip("#") if self.kind else QUIET if self.quiet else INK

    @property
    def words(self) -> str:
        return f"•\u00a0 {self.text}" if self.bullet else self.text

    def size(self, size: float) -> float:
        return size - 2 if self.quiet else size


Cell = Sequence[Said]


@lru_cache(maxsize=2)
def advances(*, bold: bool) -> dict[int, float]:
    """How wide each character of Inter is, in parts of the size: no machine sets Arial wider."""
    with TTFont(FONTS / FACES[600 if bold else 400, "normal"], lazy=True) as font:
        unit, widths = font["head"].unitsPerEm, font["hmtx"].metrics
        return {character: widths[glyph][0] / unit for character, glyph in font.getBestCmap().items()}


def words_width(text: str, size: float, *, bold: bool = False) -> float:
    """In points. A character that Inter lacks counts as a wide one."""
    known = advances(bold=bold)
    return size * sum(known.get(ord(character), 1.0) for character in text)


def line_count(text: str, width: float, size: float, *, bold: bool = False) -> int:
    """How many lines a text takes in so many inches; a word longer than a line takes several."""
    room, space, lines = width * 72, words_width(" ", size), 0
    for part in text.split("\n"):
        lines, used = lines + 1, 0.0
        for word in part.split(" "):
            taken = words_width(word, size, bold=bold)
            if used and used + space + taken > room:
                lines, used = lines + 1, 0.0
            more, rest = divmod(taken, room) if taken > room else (0, taken)
            lines += int(more)
            used += rest + (space if used else 0)
    return lines


def height_of(said: Iterable[Said], width: float, size: float) -> float:
    """In inches, with a little air below each paragraph."""
    return sum(paragraph_height(one, width, size) for one in said)


def paragraph_height(one: Said, width: float, size: float) -> float:
    lines = line_count(one.words, width, one.size(size), bold=one.bold)
    return (lines * one.size(size) * LEADING + AFTER) / 72


def fitted(said: Cell, width: float, height: float, sizes: Sequence[float]) -> tuple[Cell, float]:
    """The words and the largest size at which they fit; cut at the smallest when nothing else helps."""
    for size in sizes:
        if height_of(said, width, size) <= height:
            return said, size
    return cut(said, width, height, sizes[-1]), sizes[-1]


def cut(said: Cell, width: float, height: float, size: float) -> Cell:
    """As many paragraphs as fit, the last one with « … »."""
    kept: list[Said] = []
    for one in said:
        if height_of([*kept, one], width, size) <= height:
            kept.append(one)
            continue
        words = one.text.split(" ")
        first = [[*kept, replace(one, text=" ".join(words[:count]) + " …")] for count in range(1, len(words))]
        fits = bisect_right(first, height, key=lambda some: height_of(some, width, size))
        if fits:
            return first[fits - 1]
        return [*kept[:-1], replace(kept[-1], text=f"{kept[-1].text} …")] if kept else []
    return kept


def row_height(cells: Sequence[Cell], columns: Sequence[float], size: float) -> float:
    pairs = zip(cells, columns, strict=True)
    return max(height_of(said, width - 2 * PAD, size) for said, width in pairs) + 2 * PAD_CELL


def rows_height(rows: Sequence[Sequence[Cell]], columns: Sequence[float], size: float) -> float:
    return sum(row_height(row, columns, size) for row in rows)


def split(
    rows: Sequence[Sequence[Cell]], columns: Sequence[float], height: float, size: float
) -> list[list[Sequence[Cell]]]:
    """Rows by slide. One that is higher than a slide is cut."""
    pages: list[list[Sequence[Cell]]] = []
    used = height
    for row in rows:
        cells = cut_row(row, columns, height, size) if row_height(row, columns, size) > height else row
        high = row_height(cells, columns, size)
        if used + high > height:
            pages.append([])
            used = 0.0
        pages[-1].append(cells)
        used += high
    return pages


def cut_row(row: Sequence[Cell], columns: Sequence[float], height: float, size: float) -> list[Cell]:
    room = height - 2 * PAD_CELL
    return [cut(said, width - 2 * PAD, room, size) for said, width in zip(row, columns, strict=True)]
