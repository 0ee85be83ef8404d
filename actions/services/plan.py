"""Changes of the plan: who did it, on what basis, and what they refuse."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import pghistory
from django.db import DatabaseError, models, transaction
from django.db.models import Max
from django.utils import timezone

from actions.models import Axe, Basis, FicheAction, Indicator, Objective, Orientation, Step, closing
from ctg.accounts.models import User
from ctg.refusal import Refused

M = TypeVar("M", bound=models.Model)


@dataclass
class Change:
    """A change under way. `undo` takes it back without an error: its basis goes with it."""

    undone: bool = False

    def undo(self) -> None:
        self.undone = True
        transaction.set_rollback(True)


@contextmanager
def changing(*, by: User, basis: Basis | None = None) -> Iterator[Change]:
    """A transaction whose changes carry their author and basis in the history. Raises Refused for a closed year."""
    try:
        with transaction.atomic():
            if basis is not None:
                basis.author = by
                basis.save()
            context = {"user": by.pk} | ({"basis": basis.pk} if basis else {})
            with pghistory.context(**context):
                yield Change()
    except DatabaseError as error:
        fault: Any = error.__cause__
        if getattr(fault, "sqlstate", "") == closing.SQLSTATE:
            raise Refused(fault.diag.message_primary) from error
        raise


def touch(fiche: FicheAction) -> None:
    """A person did something on the fiche: it is no longer without news."""
    if not FicheAction.objects.filter(pk=fiche.pk).update(updated_at=timezone.now()):
        raise Refused("Cette fiche vient d’être supprimée par quelqu’un d’autre.")


def move(row: M, siblings: "models.QuerySet[M]", up: bool) -> None:
    """Swap a row with its neighbour. Positions are dense afterwards; two movers at once wait for each other."""
    with transaction.atomic():
        ordered = list(siblings.select_for_update(of=("self",)).order_by("position", "pk"))
        place = next(i for i, other in enumerate(ordered) if other.pk == row.pk)
        other = place - 1 if up else place + 1
        if 0 <= other < len(ordered):
            ordered[place], ordered[other] = ordered[other], ordered[place]
        renumber(ordered)


def arrange(row: Any, siblings: "models.QuerySet[Any]", *, before: str) -> None:
    """Put a row before the sibling of that uuid; last when there is none such."""
    with transaction.atomic():
        ordered = list(siblings.select_for_update(of=("self",)).order_by("position", "pk"))
        moved = next(one for one in ordered if one.pk == row.pk)
        ordered.remove(moved)
        place = next((i for i, other in enumerate(ordered) if str(other.uuid) == before), len(ordered))
        ordered.insert(place, moved)
        renumber(ordered)


def renumber(ordered: list[Any]) -> None:
    """Store the order of rows."""
    moved = []
    for position, row in enumerate(ordered):
        if row.position != position:
            row.position = position
            moved.append(row)
    if moved:
        type(moved[0])._default_manager.bulk_update(moved, ["position"])


def next_position(siblings: "models.QuerySet[Any]") -> int:
    """The place after the last one."""
    last = siblings.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def refuse_with_fiches(level: Axe | Orientation) -> None:
    """A level that holds fiches is not deleted: it is ended. Raises Refused."""
    if level.fiches.exists():
        raise Refused(f"« {level.title} » contient des fiches : déplacez-les, ou arrêtez-le avec un motif.")


def delete_level(level: Axe | Orientation, *, by: User, basis: Basis | None) -> None:
    """Delete an empty axe or orientation. Raises Refused."""
    with changing(by=by, basis=basis):
        level = type(level).objects.select_for_update(of=("self",)).get(pk=level.pk)
        refuse_with_fiches(level)
        level.delete()


def end_level(level: "Axe | Orientation", *, reason: str, by: User, basis: Basis | None) -> None:
    """Stop an axe or orientation: its fiches keep their history and stay readable."""
    with changing(by=by, basis=basis):
        level.ended_on = timezone.localdate()
        level.end_reason = reason
        level.save(update_fields=["ended_on", "end_reason"])


def delete_fiche(fiche: FicheAction, *, by: User, basis: Basis | None) -> None:
    """A fiche with values, notes or evaluations is not deleted: it is ended with a reason."""
    with changing(by=by, basis=basis):
        fiche = FicheAction.objects.select_for_update(of=("self",)).get(pk=fiche.pk)
        if has_facts(fiche):
            raise Refused("Cette fiche a un suivi : elle ne se supprime pas, elle s’abandonne avec un motif.")
        fiche.delete()


def delete_part(row: Any, fiche: FicheAction, *, by: User, basis: Basis | None) -> None:
    """Remove what hangs on a fiche. An indicator with values stays: they are the record of their years."""
    with changing(by=by, basis=basis):
        if isinstance(row, Indicator) and row.measurements.exists():
            raise Refused("Cet indicateur a des valeurs : supprimez-les d’abord, ou gardez-le.")
        if isinstance(row, Objective) and row.appreciations.exists():
            raise Refused("Cet objectif a été apprécié : il fait partie du bilan de son année, gardez-le.")
        row.delete()
        touch(fiche)


def has_facts(fiche: FicheAction) -> bool:
    """Whether anything was reported on the fiche."""
    begun = fiche.steps.exclude(state=Step.State.TO_DO).exists()
    return (
        begun
        or fiche.status not in (FicheAction.Status.A_DISCUTER, FicheAction.Status.NON_DEMARREE)
        or fiche.notes.exists()
        or fiche.highlights.exists()
        or fiche.evaluations.exists()
        or fiche.indicators.filter(measurements__isnull=False).exists()
    )


def set_status(fiche: FicheAction, status: str, *, reason: str = "") -> None:
    """Change the status inside a change under way (`changing`). Raises Refused if it was decided meanwhile."""
    fiche = FicheAction.objects.select_for_update(of=("self",)).get(pk=fiche.pk)
    if fiche.status in FicheAction.DECIDED:
        raise Refused(
            "Le statut vient d’être décidé par la coordination : rechargez la page.", "fiche_status"
        )
    fiche.status, fiche.status_reason = status, reason
    fiche.save(update_fields=["status", *fiche.forget_former_status()])


def set_step_state(step: Step, state: str, *, by: User) -> Step:
    """Tick or untick a step; ticking dates it today unless it had a date."""
    with changing(by=by):
        step = Step.objects.select_for_update(of=("self",)).get(pk=step.pk)
        step.state = state
        if state == Step.State.DONE:
            step.done_on = step.done_on or timezone.localdate()
        else:
            step.done_on = None
        step.save(update_fields=["state", "done_on"])
        touch(step.fiche)
    return step
