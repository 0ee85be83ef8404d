"""One change made to many fiches: what it would do to each, and doing it.

What is shown before is what is done: the change is worked out again on locked fiches, and refused if it has
become another one meanwhile.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Protocol

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from actions.listing import Plan, Row
from actions.models import Basis, FicheAction, FichePilot, FicheTheme, Operation
from actions.services.undo import operating
from ctg.accounts.models import User
from ctg.numbers import NO_BREAK

NOT_YOURS = "hors de votre périmètre"
DECIDED = "la coordination seule le décide"
Status = FicheAction.Status


class Stale(Exception):  # noqa: N818 - an answer, not a failure
    """The fiches have changed since the change was looked at."""


@dataclass(frozen=True)
class Line:
    """What the change does to one fiche, or why it does nothing."""

    fiche: Row
    before: str
    after: str = ""
    skipped: str = ""


class Change(Protocol):
    """What is done to each fiche."""

    @property
    def title(self) -> str: ...

    def line(self, fiche: Row, plan: Plan) -> Line: ...

    def write(self, fiches: Sequence[int]) -> None: ...


@dataclass(frozen=True)
class StatusChange:
    """Another status, with the reason and the date that it asks for."""

    status: str
    reason: str = ""
    postponed_to: date | None = None
    without_date: bool = False

    @property
    def label(self) -> str:
        return str(Status(self.status).label)

    @property
    def title(self) -> str:
        return f"Statut{NO_BREAK}: {self.label}"

    def line(self, fiche: Row, plan: Plan) -> Line:
        before = str(Status(fiche.status).label)
        decided = {fiche.status, self.status} & {*FicheAction.DECIDED}
        if not fiche.can_report:
            return Line(fiche, before, skipped=NOT_YOURS)
        if decided and not fiche.can_edit:
            return Line(fiche, before, skipped=DECIDED)
        if fiche.status == self.status:
            return Line(fiche, before, skipped=f"déjà «{NO_BREAK}{self.label}{NO_BREAK}»")
        return Line(fiche, before, self.label)

    def write(self, fiches: Sequence[int]) -> None:
        postponed = self.status == Status.REPORTEE
        explained = self.status in (*FicheAction.NEED_REASON, Status.EN_PAUSE)
        FicheAction.objects.filter(pk__in=fiches).update(
            status=self.status,
            status_reason=self.reason if explained else "",
            postponed_to=self.postponed_to if postponed else None,
            is_postponed_without_date=self.without_date if postponed else False,
        )

    def stops(self, lines: Iterable[Line]) -> bool:
        """Whether a fiche is abandoned or taken up again: a change of the contract."""
        return any(Status.ABANDONNEE in (line.fiche.status, self.status) for line in lines if line.after)


ADD, REPLACE, REMOVE = "add", "replace", "remove"
LINKS = {"theme": (FicheTheme, "theme", "Thématique"), "pilot": (FichePilot, "contact", "Pilote")}
DONE = {ADD: "ajout de", REPLACE: "remplacement par", REMOVE: "retrait de"}


@dataclass(frozen=True)
class TieChange:
    """A theme or a pilot added to the others, put in their place, or removed."""

    kind: str
    act: str
    key: int
    name: str

    @property
    def title(self) -> str:
        return f"{LINKS[self.kind][2]}{NO_BREAK}: {DONE[self.act]} «{NO_BREAK}{self.name}{NO_BREAK}»"

    def line(self, fiche: Row, plan: Plan) -> Line:
        now = plan.ties.of(self.kind, fiche.pk)
        words = ", ".join(now.values()) or "–"
        if not fiche.can_edit:
            return Line(fiche, words, skipped=NOT_YOURS)
        left = {key: name for key, name in now.items() if key != str(self.key)}
        wanted = {} if self.act == REMOVE else {str(self.key): self.name}
        after = ({} if self.act == REPLACE else left) | wanted
        if after.keys() == now.keys():
            return Line(fiche, words, skipped="ne l’a pas" if self.act == REMOVE else "l’a déjà")
        return Line(fiche, words, ", ".join(after.values()) or "–")

    def write(self, fiches: Sequence[int]) -> None:
        model, column, _ = LINKS[self.kind]
        links = model._default_manager.filter(fiche__in=fiches)
        wanted = {column: self.key}
        if self.act == REMOVE:
            links.filter(**wanted).delete()
            return
        if self.act == REPLACE:
            links.exclude(**wanted).delete()
        last = dict(links.order_by().values_list("fiche").annotate(last=Max("position")))
        have = set(links.filter(**wanted).values_list("fiche", flat=True))
        model._default_manager.bulk_create(
            model(fiche_id=key, position=last.get(key, -1) + 1, **{f"{column}_id": self.key})
            for key in fiches
            if key not in have
        )


def preview(plan: Plan, fiches: Iterable[int], change: Change) -> list[Line]:
    """What the change does to each of these fiches, in the order of the plan."""
    chosen = set(fiches)
    return [change.line(row, plan) for row in plan.rows.values() if row.pk in chosen]


def fingerprint(lines: Iterable[Line]) -> str:
    """What tells one preview from another."""
    said = "\n".join(f"{line.fiche.pk} {line.before} → {line.after} {line.skipped}" for line in lines)
    return sha256(said.encode()).hexdigest()


def apply(
    plan: Plan, fiches: Iterable[int], change: Change, *, seen: str, by: User, basis: Basis | None
) -> Operation:
    """Do what was seen. Raises Stale when it would now do something else."""
    with transaction.atomic():
        locked = FicheAction.objects.select_for_update(of=("self",)).filter(pk__in=fiches).order_by("pk")
        lines = preview(Plan(plan.convention, by), locked.values_list("pk", flat=True), change)
        if fingerprint(lines) != seen:
            raise Stale
        changed = [line.fiche.pk for line in lines if line.after]
        title = f"{change.title} ({len(changed)} fiche{'s' if len(changed) > 1 else ''})"
        with operating(plan.convention, Operation.Kind.BULK, title, by=by, basis=basis) as operation:
            change.write(changed)
            FicheAction.objects.filter(pk__in=changed).update(updated_at=timezone.now())
    return operation
