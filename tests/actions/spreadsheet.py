"""Somebody at a spreadsheet: opens a workbook, changes cells, saves it."""

import io
from collections.abc import Callable
from typing import Any

import xlsxwriter

from ctg.sheets import Column, Sheet, Workbook, read_workbook, to_xlsx

Pages = dict[str, list[list[Any]]]


class Opened:
    """The sheets as lists of rows, the heading first."""

    def __init__(self, content: bytes) -> None:
        self.pages: Pages = {
            name: [list(row) for row in sheet.rows] for name, sheet in read_workbook(content).items()
        }

    def place(self, page: str, label: str) -> int:
        return self.pages[page][0].index(label)

    def line(self, page: str, text: str) -> list[Any]:
        """The row that has this text in one of its cells."""
        return next(row for row in self.pages[page][1:] if text in row)

    def set(self, page: str, text: str, label: str, value: Any) -> None:
        self.line(page, text)[self.place(page, label)] = value

    def get(self, page: str, text: str, label: str) -> Any:
        return self.line(page, text)[self.place(page, label)]

    def add(self, page: str, **cells: Any) -> None:
        """A row at the end. Cells by their label, « _ » for a space."""
        row: list[Any] = [None] * len(self.pages[page][0])
        for label, value in cells.items():
            row[self.place(page, label)] = value
        self.pages[page].append(row)

    def drop(self, page: str, text: str) -> None:
        self.pages[page].remove(self.line(page, text))

    def drop_column(self, page: str, label: str) -> None:
        place = self.place(page, label)
        for row in self.pages[page]:
            del row[place]

    def saved(self, write: Callable[[Workbook], bytes] = to_xlsx) -> bytes:
        sheets = []
        for name, rows in self.pages.items():
            width = max(len(row) for row in rows)
            full = [row + [None] * (width - len(row)) for row in rows]
            columns = [Column(str(label or "")) for label in full[0]]
            cells = [["oui" if cell is True else cell for cell in row] for row in full[1:]]
            sheets.append(Sheet(name, columns, cells, hidden=name.startswith("_")))
        return write(Workbook("Enregistré", sheets))

    def saved_with_formula(self, page: str, row: int, column: int, formula: str) -> bytes:
        """Written as a spreadsheet would: the other cells are texts, numbers and dates."""
        file = io.BytesIO()
        options = {"default_date_format": "dd/mm/yyyy", "strings_to_formulas": False}
        with xlsxwriter.Workbook(file, options) as book:
            for name, rows in self.pages.items():
                sheet = book.add_worksheet(name)
                for line, cells in enumerate(rows):
                    for place, cell in enumerate(cells):
                        if (name, line, place) == (page, row, column):
                            sheet.write_formula(line, place, formula, value="calc")
                        elif cell is not None:
                            sheet.write(line, place, cell)
        return file.getvalue()
