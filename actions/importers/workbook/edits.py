"""A line of the workbook that would change the plan."""

from dataclasses import dataclass, field
from typing import Any

from actions.importers.workbook.cells import Field
from actions.importers.workbook.form import SheetForm
from actions.models import FicheAction, Indicator
from ctg.sheets import Value


@dataclass(frozen=True)
class Change:
    """A cell: what the plan says now, and what the file says."""

    field: Field
    before: Value
    after: Value


@dataclass
class Edit:
    """`row` is as stored, or new and not saved. `over`: what it hangs on, stored or added by another edit."""

    sheet: SheetForm
    line: int
    row: Any
    is_new: bool = False
    changes: dict[str, Change] = field(default_factory=dict)
    conflicts: dict[str, Change] = field(default_factory=dict)
    over: "Edit | FicheAction | Indicator | None" = None

    def change(self, name: str) -> Change | None:
        """A conflict counts as decided for the file."""
        return self.changes.get(name) or self.conflicts.get(name)

    def value(self, name: str) -> Any:
        """What a column of the table would hold."""
        change = self.change(name)
        return change.field.store(change.after) if change else getattr(self.row, name)

    def says(self, name: str) -> Value:
        """What a cell would say."""
        change = self.change(name)
        return change.after if change else self.sheet.field(name).say(self.row)

    def touches(self, *names: str) -> bool:
        return any(self.change(name) for name in names)

    @property
    def fiche(self) -> "Edit | FicheAction":
        """The fiche it is about: itself, or what it hangs on."""
        if isinstance(self.row, FicheAction):
            return self if self.is_new else self.row
        assert self.over is not None
        if isinstance(self.over, Edit):
            return self.over.fiche
        return self.over.fiche if isinstance(self.over, Indicator) else self.over
