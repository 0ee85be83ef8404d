"""What a workbook holds, whatever its format."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum, auto

Value = str | int | float | Decimal | date | None

MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "csv": "text/csv; charset=utf-8",
}

# Excel holds no more in a cell.
CELL_LENGTH = 32_767
CUT = " […]"


class Kind(Enum):
    """How a column is written. A value that is not of it (a word among numbers) keeps its own type."""

    TEXT = auto()
    LONG = auto()  # several lines
    NUMBER = auto()
    DATE = auto()
    KEY = auto()  # for the machine: on one line, however narrow


@dataclass(frozen=True)
class Column:
    """`width` in characters. `choices`: what a cell offers in a list. `help`: a note on its heading.

    `fixed`: shown as not to be typed in; nothing prevents it.
    """

    label: str
    kind: Kind = Kind.TEXT
    width: int = 16
    choices: Sequence[str] = ()
    help: str = ""
    fixed: bool = False


@dataclass(frozen=True)
class Marked:
    """A cell that is wrong: shown as it is, in red, with the reason in a note."""

    value: Value
    reason: str


Cell = Value | Marked


@dataclass(frozen=True)
class Sheet:
    """A heading and rows, each with a cell a column. `hidden`: for the machine only.

    The first `named` columns say which row it is: they stay in view, and are printed on each page.
    """

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]
    hidden: bool = False
    named: int = 0


@dataclass(frozen=True)
class Workbook:
    """`title` is printed at the head of each page."""

    title: str
    sheets: Sequence[Sheet]


def cell_text(text: str) -> str:
    """A text that a cell can hold: one that is too long ends with « […] »."""
    # Line ends are one character everywhere; Excel counts UTF-16 units.
    text = text.replace("\r\n", "\n")
    if len(text.encode("utf-16-le")) // 2 <= CELL_LENGTH:
        return text
    return text.encode("utf-16-le")[: 2 * (CELL_LENGTH - len(CUT))].decode("utf-16-le", "ignore") + CUT


def sheet_name(name: str) -> str:
    """As Excel accepts it: 31 characters, without those of its references."""
    return re.sub(r"[\[\]:*?/\\]", " ", name).strip("' ")[:31] or "Feuille"
