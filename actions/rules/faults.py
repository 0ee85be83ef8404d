"""What was typed wrong, in which field and why: said once, for the forms, the grid and the workbook.

What may be dated before its convention:

- a value, when its period ends in the convention: a school year that has begun when it starts is its first. One that
  ends before is no value of it, but what its indicators start from;
- a note or a temps fort, of the two years in which a convention is prepared: its diagnostic, its workshops, the vote
  and the first services opened while it is signed late. What is older is a slip, or another convention's;
- an action, that may have begun long before (« maintenir »), and whatever is already done. But nothing that is still
  to be done is due before.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from actions.rules.periods import label
from actions.rules.values import WITH_VALUE

# The name of a field, and what is wrong with it.
Fault = tuple[str, str]

# What a value of each kind of indicator holds; of the others, one number.
CONTENTS = {
    "rate": ("numerator", "denominator", "value"),
    "deliverable": ("done",),
    "qualitative": ("text",),
}
NEED_REASON = frozenset({"reportee", "bloquee", "abandonnee"})
PREPARATION = 2  # years


# --- Days ---------------------------------------------------------------------------------------------
def value_too_early(end: date, opening: date) -> str:
    """Why a period that ends on this day has no value in a convention that starts on `opening`; or nothing."""
    if end >= opening:
        return ""
    return (
        f"La convention commence le {say_day(opening)} : ce qui a été mesuré avant s’écrit dans la "
        "« valeur de référence » de l’indicateur."
    )


def told_too_early(year: int, opening: date) -> str:
    """Why what happened in this year is not told in a convention that starts on `opening`; or nothing."""
    if year >= opening.year - PREPARATION:
        return ""
    return f"La convention commence en {opening.year} : vérifiez cette année."


def due_faults(name: str, due: date | None, opening: date) -> Iterator[Fault]:
    """Of the day on which something still to be done is due."""
    if due and due < opening:
        yield (
            name,
            f"Cette échéance précède la convention, qui commence le {say_day(opening)} : vérifiez l’année.",
        )


def say_day(day: date) -> str:
    """« 1er janvier 2025 »."""
    return label(day, day).removeprefix("le ")


def period_faults(start: date | None, end: date | None, *, today: date, opening: date) -> Iterator[Fault]:
    """Of the period of a value."""
    if start and end and end < start:
        yield "period_end", "La période doit finir après son début."
    elif start and start > today:
        yield "period_start", "Cette période n’a pas commencé."
    elif end and (why := value_too_early(end, opening)):
        yield "period_end", why


# --- Contents -----------------------------------------------------------------------------------------
def contents_of(kind: str) -> tuple[str, ...]:
    """The fields that a value of this kind of indicator may fill."""
    return CONTENTS.get(kind, ("value",))


def content_faults(kind: str, state: str, typed: Mapping[str, Any]) -> Iterator[Fault]:
    """One content when the state carries a value, none otherwise. `typed`: by field; « faux » and 0 are contents."""
    given = [name for name in contents_of(kind) if typed.get(name) not in (None, "")]
    if state not in WITH_VALUE:
        for name in given:
            yield name, "Cet état dit qu’il n’y a pas de valeur : effacez-la ou changez l’état."
    elif kind == "rate" and "value" in given and len(given) > 1:
        yield "value", "Donnez le numérateur et le dénominateur, ou le pourcentage seul."
    else:
        halves = ("numerator", "denominator") if kind == "rate" and given != ["value"] else ()
        for name in halves or given or contents_of(kind):
            if name not in given:
                yield name, "Donnez la valeur, ou choisissez un état qui dit pourquoi elle manque."
    for name in given:
        if name in ("value", "numerator", "denominator") and typed[name] < 0 and kind != "change":
            yield name, "Une valeur ne peut pas être négative."
        if name == "denominator" and typed[name] == 0:
            yield name, "Le dénominateur ne peut pas être zéro."


# --- Statuses -----------------------------------------------------------------------------------------
def status_faults(
    status: str | None, *, reason: str | None, new_date: date | None, without_date: bool, opening: date
) -> Iterator[Fault]:
    """What the status of a fiche asks for: the reason that a COPIL arbitrates, the date of a report."""
    if status in NEED_REASON and not reason:
        yield "status_reason", "Ce statut demande un motif : c’est ce que le COPIL arbitrera."
    if status != "reportee":
        return
    if not (new_date or without_date):
        yield "postponed_to", "Donnez la nouvelle date, ou dites « report sans date »."
    yield from due_faults("postponed_to", new_date, opening)
