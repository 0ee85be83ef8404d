"""Changes of many rows made at once (bulk change, import, restore), and how they are taken back at once.

The history knows what each row was: an `Operation` keeps the context of its events, and nothing else. Undoing it
puts back the columns that it changed, in the rows where nobody has changed them since; the others are left and
named. It is a change like another: it has its author, its basis and its place in the history.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pghistory
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from pghistory.models import Event

from actions.models import Basis, Convention, FicheAction, Indicator, Measurement, Operation
from actions.rules.periods import label
from actions.services.plan import changing
from ctg.accounts.models import User
from ctg.refusal import Refused

CHANGED = "modifié depuis"
COMPLETED = "complété depuis"
GONE = "supprimé depuis"
UNKNOWN = "ce qu’il était n’est pas connu"
NOT_ALLOWED = "refusé par une règle du plan"


@contextmanager
def operating(
    convention: Convention, kind: str, title: str, *, by: User, basis: Basis | None = None
) -> Iterator[Operation]:
    """A transaction whose changes are kept as one operation. One at most a request, or a job: it is its context."""
    with changing(by=by, basis=basis), pghistory.context() as context:
        operation = Operation(
            convention=convention, kind=kind, title=title[:200], context=context.id, basis=basis, author=by
        )
        yield operation
        operation.save()


@dataclass(frozen=True)
class Left:
    """A row that was not put back, and why."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what} ({self.why})"


@dataclass
class Undone:
    """What an undo did: the rows and the fiches that are as they were before, and what was left."""

    rows: int
    fiches: int
    left: list[Left]


def undo(operation: Operation, *, by: User) -> Undone:
    """Take back what an operation did. Raises Refused when it has been undone already."""
    basis = {"basis": operation.basis_id} if operation.basis_id else {}
    with transaction.atomic(), pghistory.context(user=by.pk, **basis):
        operation = Operation.objects.select_for_update(of=("self",)).get(pk=operation.pk)
        if operation.undone_at:
            raise Refused("Cette modification a déjà été défaite.")
        traces = traces_of(operation)
        for trace in reversed(traces):  # what hangs on a row goes before it
            trace.remove_added()
        for trace in traces:
            trace.restore()
        done = [event for trace in traces for event in trace.done]
        left = [pair for trace in traces for pair in trace.left]
        fiches = fiches_of([*done, *(event for event, _ in left)])
        values = [event for event, _ in left if event.pgh_tracked_model is Measurement]
        models.prefetch_related_objects(values, "indicator")
        touched = {fiches[id(event)].pk for event in done if id(event) in fiches}
        FicheAction.objects.filter(pk__in=touched).update(updated_at=timezone.now())
        operation.undone_at, operation.undone_by = timezone.now(), by
        operation.save(update_fields=["undone_at", "undone_by"])
    said = [say_left(event, why, fiches.get(id(event))) for event, why in left]
    return Undone(len(done), len(touched), said)


def traces_of(operation: Operation) -> list["Trace"]:
    """What the operation did, model by model: a model comes after those that it points to."""
    found = []
    for event in apps.get_app_config("actions").get_models():
        if issubclass(event, Event) and hasattr(event, "pgh_obj"):
            rows: Any = event._default_manager
            events = list(rows.filter(pgh_context=operation.context).order_by("pgh_id"))
            if events:
                found.append(Trace(event, events))
    return found


@dataclass
class Trace:
    """What an operation did to the rows of one model: their first and last events in its context."""

    event: Any
    events: Sequence[Any]
    done: list[Any] = field(default_factory=list)
    left: list[tuple[Any, str]] = field(default_factory=list)

    @cached_property
    def model(self) -> type[models.Model]:
        return self.event.pgh_tracked_model

    @cached_property
    def first(self) -> dict[int, Any]:
        return {event.pgh_obj_id: event for event in reversed(self.events)}

    @cached_property
    def last(self) -> dict[int, Any]:
        return {event.pgh_obj_id: event for event in self.events}

    @cached_property
    def before(self) -> dict[int, Any]:
        """What each row was, as an event; nothing for a row that was not."""
        earlier = self.event._default_manager.filter(
            pgh_obj=OuterRef("pgh_obj"), pgh_id__lt=OuterRef("pgh_id")
        )
        updates = [event.pgh_id for event in self.first.values() if event.pgh_label == "update"]
        asked = self.event._default_manager.filter(pgh_id__in=updates)
        asked = asked.annotate(before=Subquery(earlier.order_by("-pgh_id").values("pgh_id")[:1]))
        known = dict(asked.values_list("pgh_obj_id", "before"))
        former = self.event._default_manager.in_bulk([key for key in known.values() if key])
        found = {key: former[before] for key, before in known.items() if before}
        # The event of a deletion is the row as it was.
        return found | {key: one for key, one in self.first.items() if one.pgh_label == "delete"}

    @cached_property
    def columns(self) -> list[Any]:
        """The columns that the history follows."""
        names = {column.name for column in self.event._meta.fields}
        return [
            column
            for column in self.model._meta.concrete_fields
            if column.name in names and not column.generated and not column.primary_key
        ]

    def differing(self, one: Any, other: Any) -> list[Any]:
        return [c for c in self.columns if getattr(one, c.attname) != getattr(other, c.attname)]

    # --- What the operation added ---
    def remove_added(self) -> None:
        added = [
            key
            for key, event in self.first.items()
            if event.pgh_label == "insert" and self.last[key].pgh_label != "delete"
        ]
        rows = self._locked(added)
        held = self._held(rows)
        for key, row in list(rows.items()):
            why = CHANGED if self.differing(row, self.last[key]) else COMPLETED if key in held else ""
            if why:
                self.left.append((self.last[key], why))
                del rows[key]
        self._write(list(rows.values()), lambda some: self._all(some).delete())

    def _held(self, rows: dict[int, models.Model]) -> set[int]:
        """Those on which something hangs that the operation did not add."""
        held: set[int] = set()
        for relation in self.model._meta.related_objects if rows else ():
            if relation.on_delete in (models.CASCADE, models.PROTECT) and not issubclass(
                relation.related_model, Event
            ):
                key = relation.field.attname
                others = relation.related_model._base_manager.filter(
                    **{f"{relation.field.name}__in": list(rows)}
                )
                held |= set(others.values_list(key, flat=True))
        return held

    # --- What it changed or removed ---
    def restore(self) -> None:
        existing = [key for key, event in self.first.items() if event.pgh_label != "insert"]
        removed = [key for key in existing if self.last[key].pgh_label == "delete"]
        self._update([key for key in existing if key not in set(removed)])
        back = [self._row(self.before[key]) for key in removed if key in self.before]
        self._write(back, self.model._base_manager.bulk_create)

    def _update(self, keys: list[int]) -> None:
        rows, written, names = self._locked(keys), [], set()
        for key in keys:
            row, before, last = rows.get(key), self.before.get(key), self.last[key]
            changed = self.differing(before, last) if before else []
            why = ""
            if row is None or before is None:
                why = GONE if row is None else UNKNOWN
            elif any(getattr(row, c.attname) != getattr(last, c.attname) for c in changed):
                why = CHANGED
            if why:
                self.left.append((last, why))
            elif row is not None and changed:
                for column in changed:
                    setattr(row, column.attname, getattr(before, column.attname))
                names |= {column.name for column in changed}
                written.append(row)
        self._write(written, lambda some: self.model._base_manager.bulk_update(some, sorted(names)))

    # --- Rows ---
    def _all(self, rows: Iterable[models.Model]) -> models.QuerySet[Any]:
        return self.model._base_manager.filter(pk__in=[row.pk for row in rows])

    def _locked(self, keys: Iterable[int]) -> dict[int, models.Model]:
        found = self.model._base_manager.filter(pk__in=list(keys)).order_by("pk")
        return {row.pk: row for row in found.select_for_update(of=("self",))}

    def _row(self, event: Any) -> models.Model:
        values = {column.attname: getattr(event, column.attname) for column in self.columns}
        return self.model(pk=event.pgh_obj_id, **values)

    def _write(self, rows: list[Any], write: Any) -> None:
        """All at once; when a rule of the database refuses one of them, each by itself."""
        if rows and self._passes(rows, write):
            self.done += [self.last[row.pk] for row in rows]
            return
        for row in rows:
            if self._passes([row], write):
                self.done.append(self.last[row.pk])
            else:
                self.left.append((self.last[row.pk], NOT_ALLOWED))

    @staticmethod
    def _passes(rows: list[Any], write: Any) -> bool:
        try:
            with transaction.atomic():
                write(rows)
                connection.check_constraints()  # foreign keys would wait for the end
        except DatabaseError:
            return False
        return True


def fiches_of(events: Sequence[Any]) -> dict[int, FicheAction]:
    """The fiches on which rows hang, by the identity of their events."""
    keys = {id(event): fiche_key(event) for event in events}
    indicators = {event.indicator_id for event in events if hasattr(event, "indicator_id")}
    of_indicator = dict(Indicator.objects.filter(pk__in=indicators).values_list("pk", "fiche"))
    for event in events:
        keys[id(event)] = keys[id(event)] or of_indicator.get(getattr(event, "indicator_id", 0))
    fiches = FicheAction.objects.in_bulk({key for key in keys.values() if key})
    return {event: fiches[key] for event, key in keys.items() if key in fiches}


def fiche_key(event: Any) -> int | None:
    if event.pgh_tracked_model is FicheAction:
        return int(event.pgh_obj_id)
    return getattr(event, "fiche_id", None)


def say_left(event: Any, why: str, fiche: FicheAction | None) -> Left:
    """« 1.2 Titre – étape Réunir les acteurs », « fiche action Titre », « 1.2 Titre – valeur Visites, 2025 »."""
    name = next((str(said) for a in ("title", "label", "text") if (said := getattr(event, a, ""))), "")
    own = event.pgh_tracked_model is FicheAction
    if event.pgh_tracked_model is Measurement:
        name = f"{event.indicator}, {label(event.period_start, event.period_end)}"
    what = str(fiche or name) if own else f"{event.pgh_tracked_model._meta.verbose_name} {name}".strip()
    return Left(what if own or fiche is None else f"{fiche} – {what}", why)
