"""The rules that a changed or added line must keep, each tied to the cell where it is mended.

They say what the constraints of the tables would refuse without a word of where.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.utils import timezone

from actions.importers.workbook.edits import Edit
from actions.importers.workbook.form import TRANSVERSALE
from actions.importers.workbook.plan import Plan
from actions.models import Axe, FicheAction, Indicator, Measurement, Orientation, Step
from actions.models.exchanges import Review
from actions.rules.faults import (
    Fault,
    content_faults,
    contents_of,
    due_faults,
    period_faults,
    status_faults,
)

Kind = Indicator.Kind


def check(edit: Edit, plan: Plan) -> Iterator[Fault]:
    opening = plan.convention.period_start
    for name in edit.sheet.required:
        if not edit.sheet.field(name).parent and not edit.says(name):
            yield name, "Cette cellule ne peut pas être vide."
    if isinstance(edit.row, FicheAction):
        yield from check_fiche(edit, opening)
    elif isinstance(edit.row, Step):
        yield from check_step(edit, opening)
    elif isinstance(edit.row, Indicator):
        yield from check_indicator(edit)
    elif isinstance(edit.row, Measurement):
        yield from check_value(edit, plan)


def check_fiche(edit: Edit, opening: date) -> Iterator[Fault]:
    start, end = edit.value("starts_on"), edit.value("ends_on")
    if edit.touches("starts_on", "ends_on") and start and end and end < start:
        yield "ends_on", "La fiche doit finir après son début."
    elif edit.touches("ends_on") and edit.value("status") not in FicheAction.CLOSED:
        yield from due_faults("ends_on", end, opening)
    if edit.touches("status", "status_reason", "postponed_to", "is_postponed_without_date"):
        yield from status_faults(
            edit.value("status"),
            reason=edit.value("status_reason"),
            new_date=edit.value("postponed_to"),
            without_date=edit.value("is_postponed_without_date"),
            opening=opening,
        )
    if edit.touches("axe", "orientation"):
        axe, orientation, _ = place_of(edit)
        if edit.says("orientation") and orientation is None:
            where = f"de l’axe « {axe} »" if axe else "d’aucun axe"
            yield (
                "orientation",
                f"Cette orientation n’est pas {where}." if axe else "Une orientation appartient à un axe.",
            )


def place_of(edit: Edit) -> tuple[Axe | None, Orientation | None, bool]:
    """Where the fiche would stand: its axe, the orientation of that name in it, or across."""
    field = edit.sheet.field("axe")
    found = field.store(edit.says("axe"))
    axe = found if isinstance(found, Axe) else None
    named: list[Orientation] = edit.sheet.field("orientation").store(edit.says("orientation"))
    inside = [one for one in named if axe and one.axe_id == axe.pk]
    return axe, inside[0] if inside else None, found == TRANSVERSALE


def check_step(edit: Edit, opening: date) -> Iterator[Fault]:
    if edit.touches("done_on", "state") and edit.value("done_on") and edit.value("state") != Step.State.DONE:
        yield "done_on", "Seule une étape faite a une date de réalisation."
    if edit.touches("due_on") and edit.value("state") in Step.OPEN:
        yield from due_faults("due_on", edit.value("due_on"), opening)


def check_indicator(edit: Edit) -> Iterator[Fault]:
    sign, aimed = edit.value("comparator"), edit.value("target_value")
    if bool(sign) != (aimed is not None):
        missing = "target_value" if sign else "comparator"
        yield missing, "Une cible se compose d’un signe et d’une valeur."
    summed = edit.touches("kind", "aggregation") and edit.value("aggregation") == Indicator.Aggregation.SUM
    if edit.value("kind") == Kind.RATE and summed:
        yield "aggregation", "Un taux ne s’additionne pas : choisissez « dernière valeur » ou « moyenne »."
    if "kind" in edit.changes and not edit.is_new and edit.row.measurements.all():
        yield "kind", "Cet indicateur a déjà des valeurs : sa nature ne change plus."


# --- Values -------------------------------------------------------------------------------------------
ALL_CONTENTS = ("value", "numerator", "denominator", "done", "text")


def check_value(edit: Edit, plan: Plan) -> Iterator[Fault]:
    yield from check_period(edit, plan)
    if edit.is_new or edit.touches("state", *ALL_CONTENTS):
        yield from check_content(edit)


def check_period(edit: Edit, plan: Plan) -> Iterator[Fault]:
    start, end = edit.value("period_start"), edit.value("period_end")
    if edit.touches("period_start", "period_end"):
        yield from period_faults(start, end, today=timezone.localdate(), opening=plan.convention.period_start)
    if not end:
        return
    years = {end.year} | ({edit.row.period_end.year} if not edit.is_new else set())
    if closed := sorted(years & plan.closed_years):
        yield "period_end", f"L’année {closed[0]} est close : ses valeurs ne changent plus."


def check_content(edit: Edit) -> Iterator[Fault]:
    """In a file every kind of content has its column: one typed in another is not read."""
    over: Any = edit.over
    kind = over.value("kind") if isinstance(over, Edit) else over.kind
    accepted = contents_of(kind)
    typed = {name: edit.value(name) for name in ALL_CONTENTS}
    astray = [name for name in ALL_CONTENTS if name not in accepted and typed[name] not in (None, "")]
    if astray:
        label = edit.sheet.field(accepted[0]).label
        yield astray[0], f"Cet indicateur se remplit dans la colonne « {label} »."
    else:
        yield from content_faults(kind, edit.value("state"), typed)


def overlapping(edits: Iterable[Edit], plan: Plan) -> Iterator[Edit]:
    """The edits whose period another accepted value of the same indicator would cover in part."""
    dated = [edit for edit in edits if edit.touches("period_start", "period_end")]
    if not dated:
        return
    moved = {edit.row.pk for edit in dated if not edit.is_new}
    periods: dict[int, list[tuple[date, date, Edit | None]]] = defaultdict(list)
    for value in plan.rows[dated[0].sheet.name]:
        if value.status == Review.ACCEPTED and value.pk not in moved:
            periods[id(value.indicator)].append((value.period_start, value.period_end, None))
    for edit in dated:
        periods[id(edit.over)].append((edit.value("period_start"), edit.value("period_end"), edit))
    for rows in periods.values():
        rows.sort(key=lambda row: (row[0], row[1]))
        last = date.min
        longest: Edit | None = None
        for start, end, one in rows:
            if start <= last and (one or longest):
                yield one or longest  # type: ignore[misc]
            if end > last:
                last, longest = end, one
