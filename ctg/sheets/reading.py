"""A workbook that somebody sends in, read with care: XLSX, ODS, or the older XLS."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import python_calamine as calamine

from ctg.refusal import Refused
from ctg.sheets.scan import Formulas, Limits, NotASpreadsheetError, ProtectedError, TooMuchError, formulas_of

Raw = str | int | float | bool | date | None

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
# Sheets of charts and dialogs hold no cell.
GRID = (calamine.SheetTypeEnum.WorkSheet, calamine.SheetTypeEnum.MacroSheet)

NOT_A_WORKBOOK = (
    "Ce fichier n’est pas un classeur lisible. Envoyez un fichier Excel (.xlsx) ou LibreOffice (.ods)."
)
PROTECTED = "Ce classeur est protégé par un mot de passe : enregistrez-en une copie sans protection."
EMPTY = "Ce fichier est vide."
DEFAULT = Limits()


@dataclass(frozen=True)
class ReadSheet:
    """A sheet as it was sent in. Rows and columns count from 0; rows may be of different lengths."""

    name: str
    rows: Sequence[Sequence[Raw]]
    formulas: frozenset[tuple[int, int]] = field(default_factory=frozenset)

    def cell(self, row: int, column: int) -> Raw:
        cells = self.rows[row]
        return cells[column] if column < len(cells) else None


def read_workbook(content: bytes, limits: Limits = DEFAULT) -> Mapping[str, ReadSheet]:
    """Its sheets by name, hidden ones too. Raises Refused, with what to do."""
    if not content:
        raise Refused(EMPTY)
    if len(content) > limits.size:
        raise Refused(f"Ce classeur pèse plus de {limits.size // 1_000_000} Mo.")
    if content.startswith(OLE):
        formulas: Formulas = {}
        if ENCRYPTED in content:
            raise Refused(PROTECTED)
    else:
        formulas = _formulas(content, limits)
    try:
        with calamine.load_workbook(io.BytesIO(content)) as book:
            return _sheets(book, formulas, limits)
    except calamine.PasswordError as error:
        raise Refused(PROTECTED) from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise Refused(NOT_A_WORKBOOK) from error


def _formulas(content: bytes, limits: Limits) -> Formulas:
    try:
        return formulas_of(content, limits)
    except TooMuchError as error:
        raise Refused(f"{error} Retirez ce qui est en trop, puis renvoyez-le.") from error
    except ProtectedError as error:
        raise Refused(PROTECTED) from error
    except NotASpreadsheetError as error:
        raise Refused(NOT_A_WORKBOOK) from error


def _sheets(book: calamine.CalamineWorkbook, formulas: Formulas, limits: Limits) -> dict[str, ReadSheet]:
    names = [known.name for known in book.sheets_metadata if known.typ in GRID]
    found = {}
    for name in names[: limits.sheets]:
        sheet = book.get_sheet_by_name(name)
        if sheet.total_height * sheet.total_width > limits.cells:  # an XLS was not scanned
            raise Refused(f"Ce classeur dépasse {limits.cells} cellules.")
        rows = sheet.to_python(skip_empty_area=False, nrows=limits.rows)
        cells = [[_raw(value) for value in row] for row in rows]
        found[name] = ReadSheet(name, cells, frozenset(formulas.get(name, ())))
    return found


def _raw(value: object) -> Raw:
    """An empty cell is None; a date without a time is a date; a time alone is the words for it."""
    if value == "" or value is None:
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, time | timedelta):
        return str(value)
    assert isinstance(value, str | int | float | date)
    return value
