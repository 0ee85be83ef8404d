"""A workbook that came back, as rows of our form: nothing is compared yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime

from actions.importers.workbook.cells import canon, spelled
from actions.importers.workbook.form import MACHINE, REFERENCE, VERSION, Form, SheetForm
from actions.models import Convention
from ctg.refusal import Refused
from ctg.sheets import Raw, ReadSheet, read_workbook

# Somebody may have written a title above the heading.
HEADING_WITHIN = 10
AGAIN = "Repartez d’un classeur téléchargé ici, sans retirer de colonne ni de feuille."
NOT_OURS = f"Ce classeur n’est pas un « Plan complet, modifiable » : sa feuille cachée manque. {AGAIN}"
FORMULA = "Cette cellule contient une formule : collez sa valeur à la place."


@dataclass(frozen=True)
class CellFault:
    """A cell that cannot be taken. Lines and places count from 0, as in the file."""

    sheet: str
    line: int
    place: int
    label: str
    typed: str
    reason: str


@dataclass(frozen=True)
class FileRow:
    """A line of a sheet. `cells`: by the name of their field; a column that is gone from the file has none."""

    line: int
    reference: str
    cells: Mapping[str, Raw]


@dataclass(frozen=True)
class FileSheet:
    form: SheetForm
    read: ReadSheet
    heading: int
    places: Mapping[str, int]
    rows: Sequence[FileRow]

    @property
    def absent(self) -> list[str]:
        """The columns that are gone: left as they are in the plan."""
        return [one.label for one in self.form.fields if one.name not in self.places]

    def fault(self, line: int, name: str, reason: str) -> CellFault:
        """`name`: a field, or « » for the reference."""
        place = self.places.get(name, self.places.get("", 0))
        label = self.form.field(name).label if name in self.places and name else REFERENCE.label
        typed = canon(self.read.cell(line, place))
        return CellFault(self.form.name, line, place, label, typed[:200], reason)


@dataclass(frozen=True)
class Origin:
    """What the workbook started from: for each row, the fingerprints of its cells by field."""

    at: datetime
    rows: Mapping[str, Mapping[UUID, Mapping[str, str]]]


@dataclass(frozen=True)
class FileBook:
    origin: Origin
    sheets: Sequence[FileSheet]
    machine: ReadSheet
    faults: Sequence[CellFault] = field(default_factory=list)


def read_book(content: bytes, convention: Convention, form: Form) -> FileBook:
    """Raises Refused when the whole file cannot be taken."""
    sheets = read_workbook(content)
    machine = sheets.get(MACHINE)
    if machine is None:
        raise Refused(NOT_OURS)
    origin = read_origin(machine, convention, form)
    found = [read_sheet(sheets[one.name], one) for one in form.sheets if one.name in sheets]
    if not found:
        raise Refused(NOT_OURS)
    return FileBook(origin, found, machine, [fault for sheet in found for fault in formulas_in(sheet)])


def read_origin(machine: ReadSheet, convention: Convention, form: Form) -> Origin:
    said = {str(row[0]): canon(row[1]) for row in machine.rows if len(row) > 1}
    if said.get("version") != str(VERSION):
        raise Refused(f"Ce classeur est d’un ancien modèle. {AGAIN}")
    if said.get("convention") != str(convention.uuid):
        raise Refused("Ce classeur est celui d’une autre convention : rapportez-le dans la sienne.")
    at = parse_datetime(said.get("lu le", ""))
    if at is None:
        raise Refused(NOT_OURS)
    names = {sheet.name: [one.name for one in sheet.fields] for sheet in form.sheets}
    rows: dict[str, dict[UUID, dict[str, str]]] = {name: {} for name in names}
    for sheet, reference, prints in (row[:3] for row in machine.rows if len(row) > 2):
        key = as_uuid(canon(reference))
        if sheet in names and key:
            rows[str(sheet)][key] = dict(zip(names[str(sheet)], canon(prints).split(), strict=False))
    return Origin(at, rows)


def read_sheet(read: ReadSheet, form: SheetForm) -> FileSheet:
    """Raises Refused without the column that ties rows to the plan."""
    wanted = {spelled(one.label): one.name for one in form.fields} | {spelled(REFERENCE.label): ""}
    for heading, cells in enumerate(read.rows[:HEADING_WITHIN]):
        places: dict[str, int] = {}
        for place, cell in enumerate(cells):
            name = wanted.get(spelled(canon(cell)))
            if name is not None:
                places.setdefault(name, place)
        if "" in places:
            return FileSheet(form, read, heading, places, list(read_rows(read, heading, places)))
    raise Refused(f"La colonne « {REFERENCE.label} » de la feuille « {form.name} » a été supprimée. {AGAIN}")


def read_rows(read: ReadSheet, heading: int, places: Mapping[str, int]) -> Any:
    """The lines that hold something."""
    for line in range(heading + 1, len(read.rows)):
        cells = {name: read.cell(line, place) for name, place in places.items()}
        reference = canon(cells.pop("")).strip()
        if reference or any(canon(cell) for cell in cells.values()):
            yield FileRow(line, reference, cells)


def formulas_in(sheet: FileSheet) -> list[CellFault]:
    """A formula holds no value of its own."""
    names = {place: name for name, place in sheet.places.items()}
    live = sorted(sheet.read.formulas)
    return [
        sheet.fault(line, names[place], FORMULA)
        for line, place in live
        if place in names and line > sheet.heading
    ]


def as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
