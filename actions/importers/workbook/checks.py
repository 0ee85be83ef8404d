"""The rules that a changed or added line must keep, each tied to the cell where it is mended.

They say what the constraints of the tables would refuse without a word of where.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from actions.importers.workbook.edits import Edit
from actions.importers.workbook.form import TRANSVERSALE
from actions.importers.workbook.plan import Plan
from actions.models import Axe, FicheAction, Indicator, Measurement, Orientation, Step
from actions.models.exchanges import Review

# A cell and what is wrong with it.
Wrong = tuple[str, str]
Kind = Indicator.Kind


def check(edit: Edit, plan: Plan) -> Iterator[Wrong]:
    for name in edit.sheet.required:
        if not edit.sheet.field(name).parent and not edit.says(name):
            yield name, "Cette cellule ne peut pas être vide."
    if isinstance(edit.row, FicheAction):
        yield from check_fiche(edit)
    elif isinstance(edit.row, Step):
        yield from check_step(edit)
    elif isinstance(edit.row, Indicator):
        yield from check_indicator(edit)
    elif isinstance(edit.row, Measurement):
        yield from check_value(edit, plan)


def check_fiche(edit: Edit) -> Iterator[Wrong]:
    start, end = edit.value("starts_on"), edit.value("ends_on")
    if edit.touches("starts_on", "ends_on") and start and end and end < start:
        yield "ends_on", "La fiche doit finir après son début."
    status = edit.value("status")
    if (
        edit.touches("status", "status_reason")
        and status in FicheAction.NEED_REASON
        and not edit.value("status_reason")
    ):
        yield "status_reason", "Ce statut demande un motif : c’est ce que le COPIL arbitrera."
    dated = edit.value("postponed_to") or edit.value("is_postponed_without_date")
    if (
        edit.touches("status", "postponed_to", "is_postponed_without_date")
        and status == "reportee"
        and not dated
    ):
        yield "postponed_to", "Donnez la nouvelle date, ou écrivez « oui » dans « Report sans date »."
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


def check_step(edit: Edit) -> Iterator[Wrong]:
    if edit.touches("done_on", "state") and edit.value("done_on") and edit.value("state") != Step.State.DONE:
        yield "done_on", "Seule une étape faite a une date de réalisation."


def check_indicator(edit: Edit) -> Iterator[Wrong]:
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
CONTENTS = {
    Kind.DELIVERABLE: ("done",),
    Kind.QUALITATIVE: ("text",),
    Kind.RATE: ("numerator", "denominator", "value"),
}
ALL_CONTENTS = ("value", "numerator", "denominator", "done", "text")


def check_value(edit: Edit, plan: Plan) -> Iterator[Wrong]:
    start, end = edit.value("period_start"), edit.value("period_end")
    if start and end:
        yield from check_period(edit, start, end, plan)
    over: Any = edit.over
    kind = over.value("kind") if isinstance(over, Edit) else over.kind
    if edit.is_new or edit.touches("state", *ALL_CONTENTS):
        yield from check_content(edit, kind)
    for name in ("value", "numerator", "denominator"):
        number = edit.value(name)
        if isinstance(number, Decimal) and edit.touches(name):
            if number < 0 and kind != Kind.CHANGE:
                yield name, "Une valeur ne peut pas être négative."
            if number == 0 and name == "denominator":
                yield name, "Le dénominateur ne peut pas être zéro."


def check_period(edit: Edit, start: date, end: date, plan: Plan) -> Iterator[Wrong]:
    dated = edit.touches("period_start", "period_end")
    if dated and end < start:
        yield "period_end", "La période doit finir après son début."
    elif dated and start > timezone.localdate():
        yield "period_start", "Cette période n’a pas commencé."
    elif dated and end < plan.convention.period_start:
        yield "period_end", f"La convention commence le {plan.convention.period_start:%d/%m/%Y}."
    years = {end.year} | ({edit.row.period_end.year} if not edit.is_new else set())
    if closed := sorted(years & plan.closed_years):
        yield "period_end", f"L’année {closed[0]} est close : ses valeurs ne changent plus."


def check_content(edit: Edit, kind: str) -> Iterator[Wrong]:
    """One content and one only when the state carries a value, none otherwise."""
    given = [name for name in ALL_CONTENTS if edit.value(name) not in (None, "")]
    accepted = CONTENTS.get(Kind(kind), ("value",))
    if edit.value("state") not in Measurement.WITH_VALUE:
        if given:
            yield given[0], "Cet état dit qu’il n’y a pas de valeur : videz cette cellule ou changez l’état."
        return
    for name in given:
        if name not in accepted:
            label = edit.sheet.field(accepted[0]).label
            yield name, f"Cet indicateur se remplit dans la colonne « {label} »."
            return
    if not given:
        yield accepted[0], "Donnez la valeur, ou choisissez un état qui dit pourquoi elle manque."
    elif set(given) == {"numerator"} or set(given) == {"denominator"}:
        yield ("denominator" if "numerator" in given else "numerator"), "Un taux se compose de deux nombres."
    elif len(given) > 2 or (len(given) == 2 and "value" in given):
        yield "value", "Donnez le taux, ou ses deux nombres, mais pas les trois."


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
