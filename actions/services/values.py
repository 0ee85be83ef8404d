"""Values typed in the cells of the grid: what can be saved is, what cannot is said, nothing is lost.

A block that was pasted, or a page sent without a script, is one operation: it can be undone.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils import timezone

from actions.grid import CLOSED, ELSEWHERE, NOT_YOURS, TO_COME, Cell, cells_of, closed_years
from actions.models import Convention, FicheAction, Indicator, Measurement, Operation
from actions.rules.cells import BadCell, Content, read_cell
from actions.rules.faults import value_too_early
from actions.rules.words import plural
from actions.services.plan import changing
from actions.services.undo import operating
from ctg.accounts.models import User
from ctg.merge import AT_ONCE
from ctg.refusal import Refused

CONTENT = ("state", "value", "numerator", "denominator", "done", "text")
GONE = "Cette case n’existe plus : rechargez la page."
WHY_LOCKED = {
    NOT_YOURS: "Vous ne rendez pas compte de cette fiche.",
    TO_COME: "Cette période n’a pas commencé.",
    CLOSED: "L’année est close. Une valeur tardive se propose depuis la fiche.",
    ELSEWHERE: "Une valeur existe déjà sur une partie de cette période : elle se modifie depuis la fiche.",
}


@dataclass(frozen=True)
class Typed:
    """What somebody typed in a cell, and the text that the cell had when it was shown."""

    key: str
    text: str
    base: str


@dataclass(frozen=True)
class Outcome:
    """What became of a cell: `saved`, `same`, `refused` or `conflict`; and the text that it has now, and had before."""

    key: str
    state: str
    text: str
    reason: str = ""
    label: str = ""
    before: str = ""


@dataclass(frozen=True)
class Saved:
    """An outcome for each cell, in their order. `operation`: what takes them back, if they were sent as one."""

    outcomes: list[Outcome]
    operation: Operation | None = None

    @property
    def replaced(self) -> list[Outcome]:
        """Those that held something else, and were saved."""
        return [one for one in self.outcomes if one.state == "saved" and one.before]


def save_cells(convention: Convention, typed: Sequence[Typed], *, by: User, as_one: bool = False) -> Saved:
    """Save the cells that can be. An empty text removes the value. `as_one`: what is saved is one operation."""
    today = timezone.localdate()
    try:
        with changing(by=by):
            batch = _Batch(_known(convention, typed, today, by), convention.period_start)
            outcomes = [batch.take(one) for one in typed]
            count = sum(one.state == "saved" for one in outcomes)
            title = f"{plural(count, 'valeur saisie', 'valeurs saisies')} dans la grille"
            kept: Any = nullcontext()
            if as_one and count:
                kept = operating(convention, Operation.Kind.VALUES, title, by=by)
            with kept as operation:
                batch.write(by)
    except (IntegrityError, Refused) as error:
        # Somebody wrote or closed in the same instant: nothing was saved.
        reason = str(error) if isinstance(error, Refused) else AT_ONCE
        return Saved([Outcome(one.key, "refused", one.base, reason) for one in typed])
    return Saved(outcomes, operation)


def indicator_of(key: str) -> UUID | None:
    """The indicator that the key of a cell names, if it names one."""
    try:
        return UUID(key.partition("-")[0])
    except ValueError:
        return None


def why_gone(key: str, opening: date) -> str:
    """Why no cell has this key: its period is before the convention, which was dated again since, or it was removed."""
    try:
        end = date.fromisoformat(key.rpartition("-")[2])
    except ValueError:
        return GONE
    return value_too_early(end, opening) or GONE


def _known(convention: Convention, typed: Iterable[Typed], today: date, by: User) -> dict[str, Cell]:
    """The cells of the indicators named, by their key. The indicators are held until the end."""
    named = {found for one in typed if (found := indicator_of(one.key))}
    seen = Indicator.objects.visible_to(by).of(convention).filter(uuid__in=named)
    indicators = list(seen.with_values().select_related(None).select_for_update(of=("self",)).order_by("pk"))
    fiches = FicheAction.objects.visible_to(by).of(convention).with_rights(by)
    by_key = fiches.in_bulk({indicator.fiche_id for indicator in indicators})
    closed = closed_years(convention, by)
    cells: dict[str, Cell] = {}
    for indicator in indicators:
        indicator.fiche = by_key[indicator.fiche_id]
        indicator.fiche.convention = convention
        cells |= {cell.key: cell for cell in cells_of(indicator, today, closed)}
    return cells


class _Batch:
    """The changes of several cells, written together."""

    def __init__(self, cells: Mapping[str, Cell], opening: date) -> None:
        self.cells, self.opening = cells, opening
        self.added: list[Measurement] = []
        self.changed: list[Measurement] = []
        self.removed: list[Measurement] = []
        self.fiches: set[int] = set()

    def take(self, typed: Typed) -> Outcome:
        cell = self.cells.get(typed.key)
        if cell is None:
            return Outcome(typed.key, "refused", typed.base, why_gone(typed.key, self.opening))

        def said(state: str, text: str, reason: str = "") -> Outcome:
            return Outcome(typed.key, state, text, reason, cell.label, cell.text)

        if cell.locked:
            return said("refused", cell.text, WHY_LOCKED[cell.locked])
        try:
            content = read_cell(cell.indicator.kind, typed.text)
        except BadCell as why:
            return said("refused", cell.text, str(why))
        wanted = cell.written(content)
        if wanted == cell.text:
            return said("same", wanted)
        if typed.base != cell.text:
            return said("conflict", cell.text, f"Enregistré entre-temps : {cell.text or '(vide)'}.")
        self.keep(cell, content)
        return said("saved", wanted)

    def keep(self, cell: Cell, content: Content | None) -> None:
        self.fiches.add(cell.indicator.fiche_id)
        value = cell.measurement
        if content is None:
            assert value is not None  # an empty cell that stays so is the same
            self.removed.append(value)
            return
        if value is None:
            start, end = cell.period.start, cell.period.end
            value = Measurement(indicator=cell.indicator, period_start=start, period_end=end)
            self.added.append(value)
        else:
            self.changed.append(value)
        for name in CONTENT:
            setattr(value, name, getattr(content, name))

    def write(self, by: User) -> None:
        now: Any = timezone.now()
        for value in self.added:
            value.author = by
        for value in self.changed:
            value.entered_at = now
        Measurement.objects.filter(pk__in=[value.pk for value in self.removed]).delete()
        Measurement.objects.bulk_update(self.changed, [*CONTENT, "entered_at"])
        Measurement.objects.bulk_create(self.added)
        FicheAction.objects.filter(pk__in=self.fiches).update(updated_at=now)
