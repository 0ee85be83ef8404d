"""A workbook as XLSX, row after row: memory does not grow with its rows.

What somebody typed never becomes a formula or a link: each text is written as a text.
"""

import io
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter

from ctg.sheets.model import Cell, Column, Kind, Marked, Sheet, Value, Workbook, cell_text, sheet_name

OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "dd/mm/yyyy",
}
BASE = {"font_size": 10, "valign": "top"}
HEADING = BASE | {"bold": True, "bg_color": "#E4F0EF", "bottom": 1, "text_wrap": True, "valign": "vcenter"}
FIXED = {"font_color": "#6B6B66", "bg_color": "#F3F2EE"}
FAULTY = {"bg_color": "#F8C9C4"}
LOOKS: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: {"text_wrap": True, "num_format": "@"},  # what is typed there stays as typed
    Kind.LONG: {"text_wrap": True},
    Kind.NUMBER: {},
    Kind.KEY: {"num_format": "@"},
    Kind.DATE: {"num_format": "dd/mm/yyyy", "align": "left"},
}
# A row is as high as its longest text needs, up to so many lines: beyond, a plan is no longer a table.
LINE_HEIGHT, MOST_LINES = 13.5, 8
# A page of A4 across holds so many characters that one can still read.
PAGE_WIDTH = 190
# A list of choices written in the cell's own rule holds no more; beyond, it stands in a sheet.
INLINE_CHOICES = 255
CHOICES = "_listes"
# Rules go beyond the last row, for those that will be added.
ROOM = 500

Progress = Callable[[int], None]


def to_xlsx(workbook: Workbook, progress: Progress | None = None) -> bytes:
    """The bytes of the file. `progress` is told the number of rows written so far, and may raise to stop."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, OPTIONS) as book:
        book.set_properties({"title": workbook.title})
        writer = _Writer(book, workbook.title, progress)
        for sheet in workbook.sheets:
            writer.write(sheet)
        writer.write_choices()
    return file.getvalue()


class _Writer:
    def __init__(self, book: Any, title: str, progress: Progress | None) -> None:
        self.book, self.title, self.progress = book, title, progress
        self.written = 0
        self.heading = book.add_format(HEADING)
        self.formats: dict[tuple[Kind, bool, bool], Any] = {}
        self.choices: list[Sequence[str]] = []

    def format(self, kind: Kind, *, fixed: bool, faulty: bool) -> Any:
        key = (kind, fixed, faulty)
        if key not in self.formats:
            look = BASE | LOOKS[kind] | (FIXED if fixed else {}) | (FAULTY if faulty else {})
            self.formats[key] = self.book.add_format(look)
        return self.formats[key]

    def write(self, sheet: Sheet) -> None:
        page = self.book.add_worksheet(sheet_name(sheet.name))
        if sheet.hidden:
            page.very_hidden()
        self.lay_out(page, sheet)
        for place, column in enumerate(sheet.columns):
            page.set_column(place, place, column.width)
            page.write_string(0, place, column.label, self.heading)
            if column.help:
                page.write_comment(0, place, column.help, {"x_scale": 2})
        last = 0
        for last, row in enumerate(sheet.rows, 1):
            lines = max(map(_lines, sheet.columns, row), default=1)
            if lines > 1:
                page.set_row(last, LINE_HEIGHT * min(lines, MOST_LINES))
            for place, (column, cell) in enumerate(zip(sheet.columns, row, strict=True)):
                self.write_cell(page, last, place, column, cell)
            self.written += 1
            if self.progress and self.written % 100 == 0:
                self.progress(self.written)
        if not sheet.hidden:
            page.autofilter(0, 0, max(last, 1), len(sheet.columns) - 1)
            for place, column in enumerate(sheet.columns):
                self.offer_choices(page, place, last, column)

    def lay_out(self, page: Any, sheet: Sheet) -> None:
        page.set_row(0, 2 * LINE_HEIGHT)
        page.freeze_panes(1, sheet.named)
        page.repeat_rows(0)
        if sheet.named:
            page.repeat_columns(0, sheet.named - 1)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(-(-sum(column.width for column in sheet.columns) // PAGE_WIDTH), 0)
        page.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.6)
        title, name = self.title.replace("&", "&&"), sheet.name.replace("&", "&&")
        page.set_header(f"&L&9{title[:150]}&R&9{name[:40]}")
        page.set_footer("&R&9Page &P sur &N")

    def write_cell(self, page: Any, row: int, place: int, column: Column, cell: Cell) -> None:
        faulty = isinstance(cell, Marked)
        value: Value = cell.value if isinstance(cell, Marked) else cell
        # A date shows as one in any column, a number as a number.
        kind = {date: Kind.DATE, int: Kind.NUMBER, float: Kind.NUMBER, Decimal: Kind.NUMBER}.get(type(value))
        look = self.format(kind or column.kind, fixed=column.fixed, faulty=faulty)
        if isinstance(cell, Marked):
            page.write_comment(row, place, cell.reason, {"x_scale": 2, "visible": False})
        if value is None or value == "":
            page.write_blank(row, place, None, look)
        elif isinstance(value, str):
            page.write_string(row, place, cell_text(value), look)
        elif isinstance(value, date):
            page.write_datetime(row, place, value, look)
        else:
            page.write_number(row, place, float(value) if isinstance(value, Decimal) else value, look)

    def offer_choices(self, page: Any, place: int, last: int, column: Column) -> None:
        if not column.choices:
            return
        source: Any = list(column.choices)
        if len(",".join(column.choices)) > INLINE_CHOICES or any("," in one for one in column.choices):
            self.choices.append(column.choices)
            letters = xlsxwriter.utility.xl_col_to_name(len(self.choices) - 1, col_abs=True)
            source = f"={CHOICES}!{letters}$1:{letters}${len(column.choices)}"
        rule = {
            "validate": "list",
            "source": source,
            "error_title": "Valeur inconnue",
            "error_message": "Choisissez une valeur de la liste.",
        }
        page.data_validation(1, place, last + ROOM, place, rule)

    def write_choices(self) -> None:
        """The lists that are too long for a rule, one a column, written row by row."""
        if not self.choices:
            return
        page = self.book.add_worksheet(CHOICES)
        page.hide()
        for row in range(max(map(len, self.choices))):
            for place, choices in enumerate(self.choices):
                if row < len(choices):
                    page.write_string(row, place, cell_text(choices[row]))


def _lines(column: Column, cell: Cell) -> int:
    """How many lines a text takes in a column, about."""
    value = cell.value if isinstance(cell, Marked) else cell
    if not isinstance(value, str) or column.kind is Kind.KEY:
        return 1
    return sum(len(line) // column.width + 1 for line in value.split("\n", MOST_LINES))
