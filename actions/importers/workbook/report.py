"""A comparison in words, to be shown, kept, and asked for again: what would change, what cannot, what to decide."""

import json
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from actions.history import EMPTY
from actions.importers.workbook.compare import Comparison
from actions.importers.workbook.edits import Change, Edit
from actions.importers.workbook.plan import Plan
from actions.importers.workbook.reading import CellFault
from actions.models import FicheAction, Measurement
from actions.rules.periods import label
from ctg.numbers import french_number
from ctg.sheets import Value

Report = dict[str, Any]
HERE, FILE = "here", "file"


def report_of(comparison: Comparison, plan: Plan) -> Report:
    """`digest` changes with anything that would be written or decided."""
    groups: dict[int, dict[str, Any]] = {}
    conflicts: list[dict[str, Any]] = []
    for edit in sorted(comparison.edits, key=lambda one: place_of(one, plan)):
        group = groups.setdefault(id(edit.fiche), group_of(edit))
        if edit.changes or edit.is_new:
            group["entries"].append(entry_of(edit))
        conflicts += [conflict_of(edit, change, group["title"]) for change in edit.conflicts.values()]
    shown = [group for group in groups.values() if group["entries"]]
    asks_basis = plan.convention.is_contract and any(map(is_contract, comparison.edits))
    decided = json.dumps([shown, conflicts, asks_basis], sort_keys=True)
    return {
        "at": comparison.at.isoformat(),
        "groups": shown,
        "conflicts": conflicts,
        "faults": [fault_of(fault) for fault in comparison.faults],
        "removed": comparison.removed,
        "absent": comparison.absent,
        "asks_basis": asks_basis,
        "changed": sum(len(edit.changes) for edit in comparison.edits if not edit.is_new),
        "added": sum(edit.is_new for edit in comparison.edits),
        "digest": sha256(decided.encode()).hexdigest(),
    }


def place_of(edit: Edit, plan: Plan) -> tuple[int, int]:
    """Fiches in the order of the plan, those that are added after them; a fiche before what hangs on it."""
    fiche = edit.fiche
    order = plan.order.get(fiche.pk, 0) if isinstance(fiche, FicheAction) else len(plan.order) + fiche.line
    return order, [sheet.name for sheet in plan.form.sheets].index(edit.sheet.name)


def group_of(edit: Edit) -> dict[str, Any]:
    fiche = edit.fiche
    if isinstance(fiche, FicheAction):
        return {"title": str(fiche), "uuid": str(fiche.uuid), "entries": []}
    title = f"{fiche.says('number') or ''} {fiche.says('title') or ''}".strip()
    return {"title": title, "uuid": "", "entries": []}


def entry_of(edit: Edit) -> dict[str, Any]:
    changes = [
        {"label": one.field.label, "before": in_words(one.before), "after": in_words(one.after)}
        for one in edit.changes.values()
    ]
    return {"what": name_of(edit), "is_new": edit.is_new, "changes": changes}


def conflict_of(edit: Edit, change: Change, fiche: str) -> dict[str, Any]:
    return {
        "key": conflict_key(edit, change),
        "fiche": fiche,
        "what": name_of(edit),
        "label": change.field.label,
        HERE: in_words(change.before),
        FILE: in_words(change.after),
    }


def conflict_key(edit: Edit, change: Change) -> str:
    return f"{edit.sheet.name}|{edit.row.uuid}|{change.field.name}"


def fault_of(fault: CellFault) -> dict[str, Any]:
    return {
        "sheet": fault.sheet,
        "cell": f"{letters(fault.place)}{fault.line + 1}",
        "label": fault.label,
        "typed": fault.typed,
        "reason": fault.reason,
    }


def letters(place: int) -> str:
    """0 → A, 26 → AA."""
    above, rest = divmod(place, 26)
    return (letters(above - 1) if above else "") + chr(65 + rest)


def name_of(edit: Edit) -> str:
    """« étape « Ouvrir » »; nothing for a fiche, which the group names."""
    if isinstance(edit.row, FicheAction):
        return ""
    if isinstance(edit.row, Measurement):
        start, end = edit.value("period_start"), edit.value("period_end")
        over: Any = edit.over
        named = over.says("label") if isinstance(over, Edit) else over.label
        return f"valeur de « {named} », {label(start, end) if start and end else 'période à corriger'}"
    return f"{edit.sheet.noun} « {edit.says(edit.sheet.title)} »"


def in_words(value: Value) -> str:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, int | float | Decimal):
        return french_number(value, 4)
    return value or EMPTY


def is_contract(edit: Edit) -> bool:
    """What was agreed changes: a fiche or an indicator comes, or one of their terms."""
    if any(field.contract for field in edit.sheet.fields) and edit.is_new:
        return True
    touched = [*edit.changes.values(), *edit.conflicts.values()]
    if any(change.field.contract for change in touched):
        return True
    stopped = str(FicheAction.Status.ABANDONNEE.label)
    return any(
        change.field.name == "status" and stopped in (change.before, change.after) for change in touched
    )
