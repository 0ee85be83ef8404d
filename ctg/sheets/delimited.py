"""A sheet as CSV for a French spreadsheet: semicolons, decimal commas, UTF-8 that Excel recognises."""

import csv
import io
from datetime import date

from ctg.sheets.model import Cell, Marked, Sheet

# What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection), full-width forms included.
LIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def to_csv(sheet: Sheet) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow(_said(column.label) for column in sheet.columns)
    for row in sheet.rows:
        writer.writerow(_said(cell) for cell in row)
    return file.getvalue().encode("utf-8-sig")


def _said(cell: Cell) -> str:
    value = cell.value if isinstance(cell, Marked) else cell
    if value is None:
        return ""
    if isinstance(value, str):
        # A text never becomes a formula; a negative number stays a number.
        return f"'{value}" if value.startswith(LIVE) else value
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return str(value).replace(".", ",")
