"""The workbook as a file: the whole plan, what each cell started from, and how to use it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from actions.importers.workbook.cells import canon, fingerprint
from actions.importers.workbook.form import GUIDE, MACHINE, VERSION, SheetForm
from actions.importers.workbook.plan import Plan
from actions.importers.workbook.reading import CellFault, FileBook, FileSheet
from actions.models import Convention
from ctg.sheets import Cell, Column, Kind, Marked, Raw, Sheet, Value, Workbook

HINTS = (
    ("Ce classeur", "Il contient tout le plan : fiches, étapes, indicateurs et valeurs. Il est fait pour revenir."),
    ("Modifier", "Changez ce que vous voulez. Une cellule inchangée ne touche à rien."),
    ("Ajouter", "Écrivez une ligne à la suite, la colonne « Réf. » vide. Pour une étape, un indicateur ou une valeur, écrivez aussi sa fiche : son numéro, son titre, ou les deux."),
    ("Retirer", "Une ligne retirée du classeur est laissée telle quelle dans le plan : on ne supprime pas ainsi."),
    ("Réf.", "Cette colonne relie chaque ligne au plan. Ne la modifiez pas, ne la recopiez pas."),
    ("Formules", "Elles ne sont pas reprises : collez leur valeur."),
    ("Textes longs", "Une ligne vide sépare deux paragraphes, un tiret commence un point, deux étoiles entourent ce qui est en **gras**."),
    ("Renvoyer", "Plan d’actions, « Exporter », « Renvoyer un classeur modifié ». Chaque différence est montrée avant que rien ne soit écrit ; si la même chose a changé des deux côtés, vous choisissez."),
)  # fmt: skip
# The reference, the number and the title; or the reference, the fiche and the part.
NAMED = 3
ORIGIN = [Column("Feuille"), Column("Réf."), Column("Départ")]


def plan_workbook(plan: Plan, at: datetime) -> Workbook:
    """`at`: when the plan was read."""
    said = {sheet.name: list(rows_of(plan, sheet)) for sheet in plan.form.sheets}
    sheets = [Sheet(sheet.name, sheet.columns, said[sheet.name], named=NAMED) for sheet in plan.form.sheets]
    machine = Sheet(MACHINE, ORIGIN, origin(plan, said, at), hidden=True)
    return Workbook(workbook_title(plan.convention), [*sheets, guide(), machine])


def workbook_title(convention: Convention) -> str:
    return f"Plan complet, modifiable – {convention.territory_name} {convention.years}"


def rows_of(plan: Plan, sheet: SheetForm) -> Iterator[list[Value]]:
    for row in plan.rows[sheet.name]:
        yield [str(row.uuid), *sheet.values(row).values()]


def guide() -> Sheet:
    columns = [Column("Pour", width=16), Column("Il faut savoir", Kind.LONG, 100)]
    return Sheet(GUIDE, columns, HINTS)


def origin(plan: Plan, said: Mapping[str, Iterable[list[Value]]], at: datetime) -> Iterator[list[Cell]]:
    """For the machine: which convention, when, and for each row the fingerprint of each of its cells."""
    yield ["version", str(VERSION), ""]
    yield ["convention", str(plan.convention.uuid), ""]
    yield ["lu le", at.isoformat(), ""]
    for name, rows in said.items():
        for reference, *cells in rows:
            yield [name, reference, " ".join(map(fingerprint, cells))]


def marked_workbook(convention: Convention, book: FileBook, faults: Iterable[CellFault]) -> Workbook:
    """What was sent in, with the cells that cannot be taken in red and the reason beside each."""
    found: dict[str, dict[tuple[int, int], str]] = {}
    for fault in faults:
        found.setdefault(fault.sheet, {})[fault.line, fault.place] = fault.reason
    sheets = [
        Sheet(
            sheet.form.name,
            sheet.form.columns,
            marked_rows(sheet, found.get(sheet.form.name, {})),
            named=NAMED,
        )
        for sheet in book.sheets
    ]
    started = ([in_cell(cell) for cell in row[: len(ORIGIN)]] for row in book.machine.rows[1:])
    machine = Sheet(MACHINE, ORIGIN, started, hidden=True)
    return Workbook(f"{workbook_title(convention)} – à corriger", [*sheets, guide(), machine])


def marked_rows(sheet: FileSheet, faults: Mapping[tuple[int, int], str]) -> Iterator[list[Cell]]:
    places = [sheet.places.get(name) for name in ("", *(one.name for one in sheet.form.fields))]
    for row in sheet.rows:
        cells: list[Cell] = []
        for place in places:
            value = None if place is None else in_cell(sheet.read.cell(row.line, place))
            reason = faults.get((row.line, -1 if place is None else place))
            cells.append(Marked(value, reason) if reason else value)
        yield cells


def in_cell(raw: Raw) -> Value:
    return canon(raw) if isinstance(raw, bool) else raw
