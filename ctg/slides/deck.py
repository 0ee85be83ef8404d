"""The slides themselves: titles, texts, tables and charts of their own."""

import copy
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION
from pptx.enum.shapes import MSO_SHAPE, PP_PLACEHOLDER
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.util import Inches, Pt

from ctg.charts.svg import LOOKS
from ctg.colours import mix
from ctg.numbers import Number
from ctg.slides.words import (
    AFTER,
    PAD,
    PAD_CELL,
    Cell,
    Said,
    fitted,
    height_of,
    row_height,
    rows_height,
    split,
)
from ctg.templatetags.ui import plural
from ctg.xmltext import xml_text

# On every machine under this name, or with the same widths, all of them narrower than those of Inter.
FONT = "Arial"
LINE = "cfccc2"
# `BRIGHT`: what is seen on the brand.
BRAND, ACCENT, BRIGHT = "#0f4c4a", "#b4481c", "#e08a5f"
# In inches.
WIDTH, HEIGHT, MARGIN = 13.333, 7.5, 0.6
TITLE_SIZES, TEXT_SIZES = (28, 24, 20, 18), (18, 16, 14, 12)
# A table that fits on one slide is set larger.
TABLE_SIZES = (18, 16)
TABLE_SIZE = 14
TITLE_ONLY, COVER = "Title Only", "Title Slide"


class Box(NamedTuple):
    """Where something stands, in inches."""

    left: float
    top: float
    width: float
    height: float


TITLE = Box(MARGIN, 0.4, WIDTH - 2 * MARGIN, 1.05)
BODY = Box(MARGIN, 1.6, WIDTH - 2 * MARGIN, 5.2)


@dataclass(frozen=True)
class Series:
    """Values, one a category. `kinds`: the look of all of them, or of each."""

    words: str
    kinds: Sequence[str]
    values: Sequence[Number]


class Deck:
    def __init__(self, title: str, *, foot: str = "", brand: str = "") -> None:
        self.brand = brand or BRAND
        self.foot = foot
        self.show: Any = Presentation()
        self._frame()
        properties = self.show.core_properties
        properties.title, properties.language, properties.author = xml_text(title)[:255], "fr-FR", "CTG"

    def to_bytes(self) -> bytes:
        file = io.BytesIO()
        self.show.save(file)
        return file.getvalue()

    # --- Slides ---------------------------------------------------------------------------------------
    def cover(self, over: str, title: str, lines: Sequence[str], foot: str = "") -> None:
        slide = self.show.slides.add_slide(self._layout(COVER))
        fill = slide.background.fill
        fill.solid()
        fill.fore_color.rgb = colour(self.brand)
        shown, size = fitted([Said(title, bold=True)], 11, 1.9, (44, 36, 28, 24))
        self._fill(slide.shapes.title, shown, size, white=True)
        self._fill(slide.placeholders[1], [Said(line) for line in lines], 22, white=True)
        line = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *inches(Box(1.1, 1.35, 1, 0.06)))
        line.fill.solid()
        line.fill.fore_color.rgb = colour(BRIGHT)
        line.line.fill.background()
        for box, text in ((Box(1, 1.6, 11, 0.5), over), (Box(1, 6.4, 11, 0.5), foot)):
            if text:
                self._fill(slide.shapes.add_textbox(*inches(box)), [Said(text)], 16, white=True)

    def slide(self, title: str, notes: str = "") -> Any:
        """An empty slide under its title. `notes`: for whoever speaks."""
        slide = self.show.slides.add_slide(self._layout(TITLE_ONLY))
        shown, size = fitted([Said(title, bold=True)], TITLE.width - 2 * PAD, TITLE.height, TITLE_SIZES)
        self._fill(slide.shapes.title, shown, size, tint=self.brand)
        for placeholder in self._layout(TITLE_ONLY).placeholders:
            if placeholder.placeholder_format.type in (PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER):
                slide.shapes._spTree.append(copy.deepcopy(placeholder._element))
        if notes:
            slide.notes_slide.notes_text_frame.text = xml_text(notes)
        return slide

    def text(self, slide: Any, said: Cell, box: Box = BODY, sizes: Sequence[float] = TEXT_SIZES) -> float:
        """Words in a box, set as large as they fit. Returns the height they take, in inches."""
        shown, size = fitted(said, box.width - 2 * PAD, box.height - 0.1, sizes)
        self._fill(slide.shapes.add_textbox(*inches(box)), shown, size)
        return min(height_of(shown, box.width - 2 * PAD, size) + 0.1, box.height)

    def table(
        self,
        title: str,
        heads: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        *,
        widths: Sequence[float],
        right: Collection[int] = (),
        notes: str = "",
        lead: str = "",
        most: int = 0,
        beyond: str = "",
    ) -> None:
        """A table over as many slides as it needs, under a line of words. `widths` are shares of the slide.

        Over `most` slides at most, if any: how many lines are left out is said, and `beyond` where they are.
        """
        columns = [BODY.width * width / sum(widths) for width in widths]
        top = 0.5 if lead else 0.0
        room = BODY.height - top
        head = [[Said(words, bold=True)] for words in heads]
        whole = (size for size in TABLE_SIZES if rows_height([head, *rows], columns, size) <= room)
        size = next(whole, TABLE_SIZE)
        pages = split(rows, columns, room - row_height(head, columns, size), size)
        if most and len(pages) > most:
            top = 0.5
            pages = split(rows, columns, BODY.height - top - row_height(head, columns, size), size)[:most]
            rest = len(rows) - sum(map(len, pages))
            lead = f"{lead} {plural(rest, 'ligne')} de plus {beyond}.".strip()
        for number, page in enumerate(pages, 1):
            name = f"{title} ({number}/{len(pages)})" if len(pages) > 1 else title
            slide = self.slide(name, notes)
            if lead:
                self.text(slide, [Said(lead)], Box(BODY.left, BODY.top - 0.05, BODY.width, top), (16, 14, 12))
            box = Box(BODY.left, BODY.top + top, BODY.width, 1)
            self.grid(slide, box, heads, page, columns, right=right, size=size, name=name)

    def grid(
        self,
        slide: Any,
        box: Box,
        heads: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        columns: Sequence[float],
        *,
        right: Collection[int] = (),
        size: float = TABLE_SIZE,
        name: str = "",
    ) -> None:
        """One table in its place, rows as high as their words. `columns` in inches."""
        frame = slide.shapes.add_table(len(rows) + 1, len(columns), *inches(box))
        describe(frame, name)
        table = frame.table
        plain_table(table)
        for column, width in zip(table.columns, columns, strict=True):
            column.width = Inches(width)
        lines: list[Sequence[Cell]] = [[[Said(head, bold=True)] for head in heads], *rows]
        for place, (row, cells) in enumerate(zip(table.rows, lines, strict=True)):
            row.height = Inches(row_height(cells, columns, size))
            for number, (cell, said) in enumerate(zip(row.cells, cells, strict=True)):
                cell.margin_top = cell.margin_bottom = Inches(PAD_CELL)
                cell.margin_left = cell.margin_right = Inches(PAD)
                paint(cell, mix(self.brand, "#ffffff", 0.88) if place == 0 else "")
                self._write(cell.text_frame, said, size, PP_ALIGN.RIGHT if number in right else None)

    def bars(
        self, slide: Any, box: Box, title: str, categories: Sequence[str], series: Sequence[Series]
    ) -> None:
        """Native bars that can be edited, each cut by the series, a number on each piece."""
        data: Any = CategoryChartData(number_format="General")
        data.categories = [xml_text(category) for category in categories]
        for one in series:
            data.add_series(xml_text(one.words), one.values)
        frame = slide.shapes.add_chart(XL_CHART_TYPE.BAR_STACKED, *inches(box), data)
        said = [
            f"{category} : {', '.join(f'{one.values[place]} {one.words}' for one in series if one.values[place])}"
            for place, category in enumerate(categories)
        ]
        describe(frame, f"{title}. {' ; '.join(said)}.")
        dress(frame.chart, series)

    # --- What python-pptx does not do by itself -------------------------------------------------------
    def _frame(self) -> None:
        """16:9, our font, the colours of the convention; two layouts kept, whose places fit."""
        show = self.show
        show.slide_width, show.slide_height = Inches(WIDTH), Inches(HEIGHT)
        for layout in list(show.slide_layouts):
            if layout.name not in (TITLE_ONLY, COVER):
                show.slide_layouts.remove(layout)
        master = show.slide_master
        theme = master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
        theme._blob = (
            theme.blob.replace(b"Calibri", FONT.encode())
            .replace(b"4F81BD", self.brand.lstrip("#").upper().encode())
            .replace(b"C0504D", ACCENT.lstrip("#").upper().encode())
        )
        for page in (master, *show.slide_layouts):
            for shape in list(page.placeholders):
                self._place(shape, is_cover=page.name == COVER)

    def _place(self, shape: Any, *, is_cover: bool) -> None:
        kind = shape.placeholder_format.type
        if kind in (PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE):
            box = Box(1, 2.1, 11, 2) if is_cover else TITLE
        elif kind in (PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.SUBTITLE):
            box = Box(1, 4.2, 11, 1.8) if is_cover else BODY
        elif kind == PP_PLACEHOLDER.FOOTER:
            box = Box(MARGIN, 6.95, 10, 0.35)
        elif kind == PP_PLACEHOLDER.SLIDE_NUMBER:
            box = Box(WIDTH - MARGIN - 1.5, 6.95, 1.5, 0.35)
        else:  # the date
            shape._element.getparent().remove(shape._element)
            return
        shape.left, shape.top, shape.width, shape.height = inches(box)
        frame = shape.text_frame
        frame.vertical_anchor = MSO_ANCHOR.MIDDLE
        if kind in (PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE):
            frame.vertical_anchor = MSO_ANCHOR.BOTTOM if is_cover else MSO_ANCHOR.MIDDLE
        if kind == PP_PLACEHOLDER.SUBTITLE:
            frame.vertical_anchor = MSO_ANCHOR.TOP
        if kind == PP_PLACEHOLDER.FOOTER:
            self._write(frame, [Said(self.foot, quiet=True)], 12, PP_ALIGN.LEFT)
        if kind == PP_PLACEHOLDER.SLIDE_NUMBER:
            run = frame.paragraphs[0]._p.find(".//{*}fld/{*}rPr")
            if run is not None:
                run.set("sz", "1000")

    def _layout(self, name: str) -> Any:
        return self.show.slide_layouts.get_by_name(name)

    def _fill(self, shape: Any, said: Cell, size: float, *, white: bool = False, tint: str = "") -> None:
        shape.text_frame.word_wrap = True
        self._write(shape.text_frame, said, size, PP_ALIGN.LEFT, "ffffff" if white else tint.lstrip("#"))

    def _write(self, frame: Any, said: Cell, size: float, align: Any = None, tint: str = "") -> None:
        frame.word_wrap = True
        for place, one in enumerate(said):
            paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
            paragraph.alignment = align
            paragraph.space_after = Pt(AFTER)
            run = paragraph.add_run()
            run.text = xml_text(one.words)
            run.font.size, run.font.bold, run.font.name = Pt(one.size(size)), one.bold, FONT
            run.font.color.rgb = colour(tint or one.colour)
            run._r.get_or_add_rPr().set("lang", "fr-FR")


def inches(box: Box) -> tuple[Any, ...]:
    return tuple(Inches(side) for side in box)


def colour(hexadecimal: str) -> Any:
    red, green, blue = bytes.fromhex(hexadecimal.lstrip("#"))
    return RGBColor(red, green, blue)


def describe(frame: Any, words: str) -> None:
    """What is read to whoever does not see it."""
    frame._element.nvGraphicFramePr.cNvPr.set("descr", xml_text(words))


def plain_table(table: Any) -> None:
    """No stripes and no style of its own: lines below the rows, painted by `paint`."""
    table.horz_banding = False
    style = table._tbl.tblPr.find("{*}tableStyleId")
    # « No style, no grid ».
    style.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"


def paint(cell: Any, ground: str) -> None:
    """The ground of a cell and the thin line below it."""
    if ground:
        cell.fill.solid()
        cell.fill.fore_color.rgb = colour(ground)
    else:
        cell.fill.background()
    properties = cell._tc.get_or_add_tcPr()
    line = properties.makeelement(f"{{{properties.nsmap['a']}}}lnB", {"w": "9525"})
    inner = line.makeelement(f"{{{properties.nsmap['a']}}}solidFill", {})
    inner.append(inner.makeelement(f"{{{properties.nsmap['a']}}}srgbClr", {"val": LINE.upper()}))
    line.append(inner)
    # The format wants the lines before the ground.
    properties.insert(0, line)


def dress(chart: Any, series: Sequence[Series]) -> None:
    """Our colours, a number on each piece, no grid; the first category on top."""
    chart.font.size, chart.font.name = Pt(14), FONT
    chart.has_title = False
    chart.has_legend = len(series) > 1
    if chart.has_legend:
        chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    chart.category_axis.reverse_order = True
    chart.category_axis.format.line.fill.background()
    chart.value_axis.visible = chart.value_axis.has_major_gridlines = False
    chart.value_axis.minimum_scale = 0
    chart.plots[0].gap_width = 45
    for drawn, one in zip(chart.plots[0].series, series, strict=True):
        points = [drawn, *drawn.points] if len(one.kinds) > 1 else [drawn]
        for point, kind in zip(points, [one.kinds[0], *one.kinds], strict=False):
            point.format.fill.solid()
            point.format.fill.fore_color.rgb = colour(LOOKS[kind].fill)
        labels = drawn.data_labels
        labels.show_value, labels.position = True, XL_LABEL_POSITION.CENTER
        # A nought is not written.
        labels.number_format, labels.number_format_is_linked = "#,##0;;", False
        labels.font.size, labels.font.bold = Pt(14), True
        labels.font.color.rgb = colour("ffffff")
