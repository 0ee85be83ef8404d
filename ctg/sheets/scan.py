"""A look inside a spreadsheet before it is read: would it fit in memory, and where are its formulas.

The reader of values (calamine) keeps no formula, and lays a sheet out as a full rectangle: two cells at its far
corners would ask for half a terabyte and end the process.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

CHUNK = 1 << 16
REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


class TooMuchError(ValueError):
    """More than its reader allows: the text says what, in French."""


class NotASpreadsheetError(ValueError):
    """The parts of a spreadsheet are not there, or not whole."""


class ProtectedError(ValueError):
    """Its parts are encrypted."""


@dataclass(frozen=True)
class Limits:
    """What is read at most. `unpacked` in bytes, for the whole archive."""

    size: int = 10_000_000
    unpacked: int = 200_000_000
    ratio: int = 200
    sheets: int = 40
    rows: int = 50_000
    columns: int = 200
    cells: int = 2_000_000


# A small file may compress very well without harm.
RATIO_FROM = 20_000_000

Formulas = dict[str, set[tuple[int, int]]]


def formulas_of(content: bytes, limits: Limits) -> Formulas:
    """The cells (row and column from 0) that hold a formula, by the name of their sheet.

    Raises TooMuchError, ProtectedError, NotASpreadsheetError.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _scan(archive, len(content), limits)
    except (zipfile.BadZipFile, EOFError, KeyError, NotImplementedError, RuntimeError, OSError) as error:
        raise NotASpreadsheetError from error
    except expat.ExpatError as error:
        raise NotASpreadsheetError from error


def _scan(archive: zipfile.ZipFile, packed: int, limits: Limits) -> Formulas:
    names = set(archive.namelist())
    _refuse_bomb(archive, packed, limits)
    if "xl/workbook.xml" in names:
        return _scan_xlsx(archive, limits)
    if "content.xml" in names:
        if b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise ProtectedError
        return _scan_ods(archive, limits)
    raise NotASpreadsheetError


def _refuse_bomb(archive: zipfile.ZipFile, packed: int, limits: Limits) -> None:
    """Unpack everything once: a part that is larger than it says is an error of the archive."""
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.unpacked or (unpacked > RATIO_FROM and unpacked > packed * limits.ratio):
        raise TooMuchError("Ce classeur est démesurément grand une fois ouvert.")
    for entry in entries:
        with archive.open(entry) as part:
            for _ in _chunks(part.read):
                pass


def _scan_xlsx(archive: zipfile.ZipFile, limits: Limits) -> Formulas:
    sheets = _Sheets()
    _parse(archive, "xl/workbook.xml", sheets.start)
    paths = _Relations()
    _parse(archive, "xl/_rels/workbook.xml.rels", paths.start)
    _refuse_sheets(len(sheets.ids), limits)
    found: Formulas = {}
    room = _Room(limits)
    for name, key in sheets.ids.items():
        path = paths.targets.get(key, "")
        if not path.startswith("xl/worksheets/"):
            continue
        cells = _XlsxCells(room)
        _parse(archive, path, cells.start)
        room.next_sheet()
        found[name] = cells.formulas
    return found


def _scan_ods(archive: zipfile.ZipFile, limits: Limits) -> Formulas:
    cells = _OdsCells(_Room(limits))
    _parse(archive, "content.xml", cells.start, cells.end)
    return cells.formulas


Start = Callable[[str, Mapping[str, str]], None]


def _parse(
    archive: zipfile.ZipFile, path: str, start: Start, end: Callable[[str], None] | None = None
) -> None:
    """The elements of a part, by their names without prefix."""
    parser = expat.ParserCreate()

    def begun(name: str, attributes: Mapping[str, str]) -> None:
        start(name.rpartition(":")[2], attributes)

    def no_doctype(*_said: object) -> None:
        raise NotASpreadsheetError

    parser.StartElementHandler = begun
    parser.StartDoctypeDeclHandler = no_doctype
    if end is not None:
        parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
    with archive.open(path) as part:
        for chunk in _chunks(part.read):
            parser.Parse(chunk)
        parser.Parse(b"", True)


def _chunks(read: Callable[[int], bytes]) -> Iterator[bytes]:
    while chunk := read(CHUNK):
        yield chunk


def _attribute(attributes: Mapping[str, str], name: str) -> str:
    """An attribute, whatever the prefix of its namespace."""
    return next((value for key, value in attributes.items() if key.rpartition(":")[2] == name), "")


@dataclass
class _Sheets:
    """The sheets of xl/workbook.xml: name → relation."""

    ids: dict[str, str] = field(default_factory=dict)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "sheet":
            self.ids[attributes.get("name", "")] = _attribute(attributes, "id")


@dataclass
class _Relations:
    """Relation → path in the archive."""

    targets: dict[str, str] = field(default_factory=dict)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Relationship":
            target = attributes.get("Target", "")
            path = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
            self.targets[attributes.get("Id", "")] = path


@dataclass
class _Room:
    """The rectangles that the sheets take, empty cells included."""

    limits: Limits
    bottom: int = 0
    right: int = 0
    taken: int = 0

    def take(self, row: int, column: int) -> None:
        """Up to a cell that is not empty."""
        self.bottom, self.right = max(self.bottom, row + 1), max(self.right, column + 1)
        if self.bottom > self.limits.rows:
            raise TooMuchError(f"Une feuille dépasse {self.limits.rows} lignes.")
        if self.right > self.limits.columns:
            raise TooMuchError(f"Une feuille dépasse {self.limits.columns} colonnes.")
        if self.taken + self.bottom * self.right > self.limits.cells:
            raise TooMuchError(f"Ce classeur dépasse {self.limits.cells} cellules.")

    def next_sheet(self) -> None:
        self.taken += self.bottom * self.right
        self.bottom = self.right = 0


@dataclass
class _XlsxCells:
    room: _Room
    row: int = -1
    column: int = -1
    formulas: set[tuple[int, int]] = field(default_factory=set)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "row":
            self.row = int(attributes["r"]) - 1 if attributes.get("r", "").isdigit() else self.row + 1
            self.column = -1
        elif name == "c":
            self.move(attributes.get("r", ""))
        elif name in ("v", "is", "f"):
            self.room.take(self.row, self.column)
            if name == "f":
                self.formulas.add((self.row, self.column))

    def move(self, reference: str) -> None:
        """To a cell by its name, or to the next one when it has none."""
        found = REFERENCE.fullmatch(reference)
        if found is None:
            self.column += 1
            return
        self.row, self.column = int(found[2]) - 1, -1
        for letter in found[1]:
            self.column = (self.column + 1) * 26 + ord(letter) - 65


@dataclass
class _OdsCells:
    """Rows and cells may be said once for many."""

    room: _Room
    sheet: str = ""
    row: int = 0
    rows: int = 0
    column: int = 0
    formulas: Formulas = field(default_factory=dict)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "table":
            self.sheet, self.row, self.rows = _attribute(attributes, "name"), 0, 0
            self.formulas[self.sheet] = set()
            self.room.next_sheet()
            _refuse_sheets(len(self.formulas), self.room.limits)
        elif name == "table-row":
            self.rows, self.column = _repeated(attributes, "number-rows-repeated"), 0
        elif name in ("table-cell", "covered-table-cell"):
            self.cell(attributes)

    def cell(self, attributes: Mapping[str, str]) -> None:
        columns = _repeated(attributes, "number-columns-repeated")
        formula = _attribute(attributes, "formula")
        if formula or _attribute(attributes, "value-type"):
            self.room.take(self.row + self.rows - 1, self.column + columns - 1)
        if formula:
            for row in range(self.row, self.row + self.rows):
                self.formulas[self.sheet] |= {(row, self.column + place) for place in range(columns)}
        self.column += columns

    def end(self, name: str) -> None:
        if name == "table-row":
            self.row += self.rows


def _repeated(attributes: Mapping[str, str], name: str) -> int:
    said = _attribute(attributes, name)
    return int(said) if said.isdigit() else 1


def _refuse_sheets(number: int, limits: Limits) -> None:
    if number > limits.sheets:
        raise TooMuchError(f"Ce classeur a plus de {limits.sheets} feuilles.")
