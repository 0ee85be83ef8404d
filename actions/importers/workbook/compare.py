"""What a workbook that came back would change in the plan as it is stored now.

A cell counts as changed when it no longer says what it started from. If what is stored has changed too, and to
something else, the two are in conflict: a person decides. Nothing is removed because a line is gone.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from actions.importers.workbook.cells import Fault, canon, fingerprint, spelled, tidy, words
from actions.importers.workbook.checks import check, overlapping
from actions.importers.workbook.edits import Change, Edit
from actions.importers.workbook.names import Names
from actions.importers.workbook.plan import Plan
from actions.importers.workbook.reading import CellFault, FileBook, FileRow, FileSheet, as_uuid
from actions.models import FicheAction, Indicator
from ctg.sheets import Raw

UNKNOWN = "Cette référence n’est pas de cette convention. Laissez la colonne vide pour ajouter une ligne."
TWICE = "Cette référence est déjà sur une autre ligne. Laissez-la vide pour ajouter une ligne."
LOST = "Cette ligne est déjà dans le plan, mais sa référence manque : remettez-la, ou changez son nom."
GONE = "Cette ligne a été supprimée du plan depuis le téléchargement : retirez-la du classeur."
TOO_LONG = "Ce texte est trop long pour une cellule : modifiez-le dans la fiche."
OVERLAP = "Une valeur existe déjà sur une partie de cette période."

YEAR = re.compile(r"(?:19|20)[0-9]{2}")

# How many lines were compared, out of how many.
Progress = Callable[[int, int], None]


@dataclass
class Comparison:
    """`removed`: lines that were in the workbook at its start and are gone from it. `absent`: columns, by sheet."""

    at: datetime
    edits: list[Edit] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)
    removed: int = 0
    absent: dict[str, list[str]] = field(default_factory=dict)

    @property
    def conflicts(self) -> Iterator[tuple[Edit, Change]]:
        return ((edit, change) for edit in self.edits for change in edit.conflicts.values())


def compare(plan: Plan, book: FileBook, progress: Progress | None = None) -> Comparison:
    return Comparer(plan, book, progress or (lambda _done, _total: None)).run()


class Comparer:
    def __init__(self, plan: Plan, book: FileBook, progress: Progress) -> None:
        self.plan, self.book, self.progress = plan, book, progress
        self.names = Names(plan)
        self.found = Comparison(book.origin.at, faults=list(book.faults))
        # Lines that have a fault already: their other cells are not looked into.
        self.faulty = {(fault.sheet, fault.line) for fault in book.faults}
        self.done = 0
        self.total = sum(len(sheet.rows) for sheet in book.sheets)

    def run(self) -> Comparison:
        for sheet in self.book.sheets:
            if sheet.absent:
                self.found.absent[sheet.form.name] = sheet.absent
            edits = list(self.edits_of(sheet))
            self.names.learn(edits)
            for edit in edits:
                self.check(sheet, edit)
            self.found.edits += edits
        self.check_periods()
        return self.found

    def fault(self, sheet: FileSheet, line: int, name: str, reason: str) -> None:
        self.faulty.add((sheet.form.name, line))
        self.found.faults.append(sheet.fault(line, name, reason))

    # --- Lines ---------------------------------------------------------------------------------------
    def edits_of(self, sheet: FileSheet) -> Iterator[Edit]:
        stored, start = self.plan.by_uuid(sheet.form), self.book.origin.rows[sheet.form.name]
        seen: set[UUID] = set()
        added: list[FileRow] = []
        for row in sheet.rows:
            self.done += 1
            self.progress(self.done, self.total)
            key = as_uuid(row.reference)
            if (sheet.form.name, row.line) in self.faulty:
                pass
            elif not row.reference:
                added.append(row)
            elif key is None or key not in start:
                self.fault(sheet, row.line, "", UNKNOWN)
            elif key in seen:
                self.fault(sheet, row.line, "", TWICE)
            elif key not in stored:
                if any(fingerprint(raw) != start[key].get(name) for name, raw in row.cells.items()):
                    self.fault(sheet, row.line, "", GONE)
            elif edit := self.edit_of(sheet, row, stored[key], start[key]):
                yield edit
            if key:
                seen.add(key)
        missing = [stored[key] for key in start.keys() - seen if key in stored]
        self.found.removed += len(missing)
        yield from self.additions(sheet, added, missing)

    def edit_of(self, sheet: FileSheet, row: FileRow, stored: Any, start: Mapping[str, str]) -> Edit | None:
        """What a line that was there changes, if anything."""
        over = None if isinstance(stored, FicheAction) else getattr(stored, "indicator", None) or stored.fiche
        edit = Edit(sheet.form, row.line, stored, over=over)
        for name, raw in row.cells.items():
            if fingerprint(raw) == start.get(name):
                continue
            try:
                self.compare_cell(edit, name, raw, start.get(name, ""))
            except Fault as fault:
                self.fault(sheet, row.line, name, str(fault))
        self.date_the_year(edit)
        return edit if edit.changes or edit.conflicts else None

    @staticmethod
    def date_the_year(edit: Edit) -> None:
        """A step due « 2027 » is due on its 31 December, unless a date is given."""
        said = edit.changes.get("due_words")
        if said is None or edit.value("due_on") or not YEAR.fullmatch(str(said.after)):
            return
        edit.changes["due_on"] = Change(edit.sheet.field("due_on"), None, date(int(str(said.after)), 12, 31))

    def compare_cell(self, edit: Edit, name: str, raw: Raw, start: str) -> None:
        """Raises Fault."""
        field = edit.sheet.field(name)
        now = field.say(edit.row)
        if field.parent:
            self.same_parent(edit, name, raw)
            return
        after = field.read(raw)
        if fingerprint(after) == start or canon(after) == canon(now):
            return
        if isinstance(now, str) and canon(now) != tidy(now):
            raise Fault(TOO_LONG)
        kept = edit.changes if fingerprint(now) == start else edit.conflicts
        kept[name] = Change(field, now, after)

    def same_parent(self, edit: Edit, name: str, raw: Raw) -> None:
        """The name of what a line hangs on may be another name for it, not another row. Raises Fault."""
        typed = words(raw)
        named: Any = self.names.fiche(typed) if name == "fiche" else self.names.aim(edit.fiche, typed)
        if named is not (edit.fiche if name == "fiche" else edit.over):
            raise Fault(
                f"Une ligne ne change pas de place ici : remettez « {edit.sheet.field(name).say(edit.row)} »."
            )

    # --- Lines that are added --------------------------------------------------------------------------
    def additions(self, sheet: FileSheet, rows: list[FileRow], missing: list[Any]) -> Iterator[Edit]:
        """`missing`: what the file no longer holds, and a line without reference may be."""
        field = sheet.form.field(sheet.form.title)
        lost = {spelled(canon(field.say(row))): row for row in missing}
        for row in rows:
            edit = Edit(sheet.form, row.line, sheet.form.model(), is_new=True)
            if not self.attach(sheet, row, edit):
                continue
            self.fill(sheet, row, edit)
            same = lost.get(spelled(canon(edit.says(field.name))))
            if same is not None and (edit.over is None or getattr(same, "fiche", None) is edit.over):
                self.fault(sheet, row.line, "", LOST)
            yield edit

    def attach(self, sheet: FileSheet, row: FileRow, edit: Edit) -> bool:
        """Find what the line hangs on; False, and the fault said, when it is not found."""
        for name in (one.name for one in sheet.form.fields if one.parent):
            typed = words(row.cells.get(name))
            try:
                over: Any = edit.over
                edit.over = self.names.fiche(typed) if name == "fiche" else self.names.aim(over, typed)
            except Fault as fault:
                self.fault(sheet, row.line, name, str(fault))
                return False
        return True

    def fill(self, sheet: FileSheet, row: FileRow, edit: Edit) -> None:
        """An empty cell is left to what a new row holds."""
        for name, raw in row.cells.items():
            field = sheet.form.field(name)
            if field.parent or not canon(raw):
                continue
            try:
                edit.changes[name] = Change(field, None, field.read(raw))
            except Fault as fault:
                self.fault(sheet, row.line, name, str(fault))
        self.date_the_year(edit)
        if isinstance(edit.row, Indicator) and edit.value("kind") == Indicator.Kind.RATE:
            edit.row.aggregation = Indicator.Aggregation.LAST  # a rate is not summed

    # --- Rules -----------------------------------------------------------------------------------------
    def check(self, sheet: FileSheet, edit: Edit) -> None:
        if (sheet.form.name, edit.line) in self.faulty:
            return
        for name, reason in check(edit, self.plan):
            self.fault(sheet, edit.line, name, reason)

    def check_periods(self) -> None:
        values = self.plan.form.values
        sheet = next((one for one in self.book.sheets if one.form is values), None)
        sound = [
            edit
            for edit in self.found.edits
            if edit.sheet is values and (values.name, edit.line) not in self.faulty
        ]
        if sheet is not None:
            for edit in overlapping(sound, self.plan):
                self.fault(sheet, edit.line, "period_start", OVERLAP)
