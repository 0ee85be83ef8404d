"""A sheet as CSV for a French spreadsheet: semicolons, decimal commas, UTF-8 that Excel recognises; and one read."""

import csv
import io
from datetime import date

from ctg.refusal import Refused
from ctg.sheets.model import Cell, Marked, Sheet
from ctg.sheets.reading import DEFAULT, EMPTY, Raw, ReadSheet
from ctg.sheets.scan import Limits

# What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection), full-width forms included.
LIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# What separates the cells, by the heading that has most of it.
SEPARATORS = (";", ",", "\t")


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


def read_csv(content: bytes, limits: Limits = DEFAULT) -> ReadSheet:
    """As Excel or another program wrote it, in UTF-8, UTF-16 or the code page of Windows. Raises Refused."""
    if not content:
        raise Refused(EMPTY)
    if len(content) > limits.size:
        raise Refused(f"Ce fichier pèse plus de {limits.size // 1_000_000} Mo.")
    text = _decoded(content)
    heading = text.lstrip().partition("\n")[0]
    separator = max(SEPARATORS, key=heading.count)
    rows: list[list[Raw]] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            if len(rows) == limits.rows or len(cells) > limits.columns:
                raise Refused(f"Ce fichier dépasse {limits.rows} lignes ou {limits.columns} colonnes.")
            rows.append([_typed(cell) for cell in cells])
    except csv.Error as error:
        raise Refused("Ce fichier n’est pas un CSV lisible.") from error
    return ReadSheet("CSV", rows)


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _typed(cell: str) -> str | None:
    """What `to_csv` wrote before a text that looked like a formula is taken off."""
    cell = cell.strip()
    return (cell[1:] if cell[:1] == "'" and cell[1:].startswith(LIVE) else cell) or None
