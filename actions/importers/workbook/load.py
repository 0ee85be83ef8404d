"""Writing what a workbook changes, inside the transaction of whoever calls (actions.services.workbook)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from actions.importers.workbook.checks import check, place_of
from actions.importers.workbook.compare import Comparison
from actions.importers.workbook.edits import Edit
from actions.importers.workbook.people import write_links
from actions.importers.workbook.plan import Plan
from actions.importers.workbook.report import FILE, conflict_key
from actions.models import Convention, FicheAction, Indicator, Measurement, Step
from ctg.accounts.models import User
from ctg.refusal import Refused

BATCH = 200


def lock_plan(convention: Convention) -> None:
    """Nobody else writes what the workbook holds until the transaction ends."""
    for rows in (
        FicheAction.objects.of(convention),
        Step.objects.of(convention),
        Indicator.objects.of(convention),
        Measurement.objects.of(convention),
    ):
        list(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk"))


def settle(comparison: Comparison, decisions: Mapping[str, str], plan: Plan) -> None:
    """A conflict becomes a change, or nothing. Raises Refused when what is left no longer goes together."""
    for edit in comparison.edits:
        for name, change in edit.conflicts.items():
            if decisions.get(conflict_key(edit, change)) == FILE:
                edit.changes[name] = change
        had, edit.conflicts = bool(edit.conflicts), {}
        for name, reason in check(edit, plan) if had else ():
            label = edit.sheet.field(name).label
            raise Refused(f"« {label} », ligne {edit.line + 1} de « {edit.sheet.name} » : {reason}")


def write_edits(plan: Plan, edits: Iterable[Edit], *, by: User) -> None:
    """Conflicts are settled. A row that someone added meanwhile may be refused by a rule of the database."""
    Loader(plan, by).write(edits)


class Loader:
    def __init__(self, plan: Plan, by: User) -> None:
        self.plan, self.by, self.people = plan, by, plan.form.people
        self.now = timezone.now()
        # The rows that edits added, once they are saved.
        self.added: dict[int, Any] = {}
        self.places: dict[tuple[type, Any], int] = {}

    def write(self, edits: Iterable[Edit]) -> None:
        by_sheet: dict[str, list[Edit]] = defaultdict(list)
        for edit in edits:
            if edit.is_new or edit.changes:
                by_sheet[edit.sheet.name].append(edit)
        for sheet in self.plan.form.sheets:
            self.write_sheet(sheet.model, by_sheet[sheet.name])
        touched = {self.fiche_of(edit).pk for rows in by_sheet.values() for edit in rows}
        FicheAction.objects.filter(pk__in=touched).update(updated_at=self.now)

    def write_sheet(self, model: Any, edits: list[Edit]) -> None:
        columns: set[str] = set()
        for edit in edits:
            columns |= self.fill(edit)
        changed = [edit.row for edit in edits if not edit.is_new]
        if changed and columns:
            model.objects.bulk_update(changed, sorted(columns), batch_size=BATCH)
        added = [edit for edit in edits if edit.is_new]
        model.objects.bulk_create([edit.row for edit in added], batch_size=BATCH)
        self.added |= {id(edit): edit.row for edit in added}
        for edit in edits:
            for change in edit.changes.values():
                if change.field.name in LINKS:
                    write_links(edit.row, change.field.name, change.field.store(change.after), self.people)

    def fill(self, edit: Edit) -> set[str]:
        """Put the values on the row; the columns that this changes."""
        row = edit.row
        columns = set()
        for name, change in edit.changes.items():
            if name in LINKS or name in PLACE:
                continue
            setattr(row, name, change.field.store(change.after))
            columns.add(name)
        if any(name in edit.changes for name in PLACE):
            row.axe, row.orientation, row.is_transversale = place_of(edit)
            columns |= {"axe", "orientation", "is_transversale"}
        if isinstance(row, FicheAction) and "status" in edit.changes:
            columns.update(row.forget_former_status())
        if isinstance(row, Measurement):
            row.entered_at = self.now
            columns.add("entered_at")
        if edit.is_new:
            self.attach(edit)
        return columns

    def attach(self, edit: Edit) -> None:
        """Tie a new row to what it hangs on, after its last one."""
        row = edit.row
        over: Any = self.added[id(edit.over)] if isinstance(edit.over, Edit) else edit.over
        if isinstance(row, FicheAction):
            row.convention = self.plan.convention
        elif isinstance(row, Measurement):
            row.indicator, row.author = over, self.by
            return
        else:
            row.fiche = over
        row.position = self.next_place(row)

    def next_place(self, row: Any) -> int:
        key = (type(row), None if isinstance(row, FicheAction) else row.fiche.pk)
        if key not in self.places:
            siblings = self.plan.rows_like(row)
            self.places[key] = max((one.position for one in siblings), default=-1)
        self.places[key] += 1
        return self.places[key]

    def fiche_of(self, edit: Edit) -> FicheAction:
        fiche = edit.fiche
        return fiche.row if isinstance(fiche, Edit) else fiche


LINKS = ("themes", "leads", "partners", "pilots")
PLACE = ("axe", "orientation")
