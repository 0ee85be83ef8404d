"""What a row of a fiche was before one of its changes, found in the history for whoever would have it back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db.models import Model

from actions.dated import events_of, row_of
from actions.history import EMPTY, SILENT, Names
from actions.models import (
    BudgetLine,
    FicheAction,
    FicheCommune,
    FicheFramework,
    FicheLead,
    FichePartner,
    FichePilot,
    FicheQpv,
    FicheRelation,
    FicheTheme,
    Indicator,
    Objective,
    Step,
)
from ctg.accounts.models import User

FICHE = "fiche"
# By their names in URLs: what has fields to restore, and what may come back once removed.
PARTS: dict[str, type[Model]] = {"etapes": Step, "objectifs": Objective, "indicateurs": Indicator}
KINDS: dict[str, type[Model]] = {FICHE: FicheAction} | PARTS
REMOVABLE: dict[str, type[Model]] = PARTS | {
    "porteurs": FicheLead,
    "partenaires": FichePartner,
    "pilotes": FichePilot,
    "thematiques": FicheTheme,
    "communes": FicheCommune,
    "qpv": FicheQpv,
    "fiches-liees": FicheRelation,
    "cadres": FicheFramework,
    "budget": BudgetLine,
}


@dataclass(frozen=True)
class Former:
    """A row before a change. `now`: as it stands, None when it is gone; `later`: its changes since, the oldest first."""

    kind: str
    at: datetime
    then: Any
    now: Any
    later: Sequence[Any]

    def changed_since(self, columns: Iterable[str]) -> list[tuple[datetime, str]]:
        """When and by whom these columns were changed again."""
        keys = [self.then._meta.get_field(column).attname for column in columns]
        changed = [
            event
            for before, event in pairwise(self.later)
            if any(getattr(before, key) != getattr(event, key) for key in keys)
        ]
        people = User.objects.in_bulk({key for event in changed if (key := user_of(event))})
        return [(event.pgh_created_at, str(people.get(user_of(event) or 0, ""))) for event in changed]


def user_of(event: Any) -> int | None:
    return ((event.pgh_context.metadata if event.pgh_context else None) or {}).get("user")


def before_change(fiche: FicheAction, kind: str, key: int) -> Former | None:
    """What an event of the fiche, or of a part of it, changed; None for any other event."""
    model = KINDS.get(kind)
    event = found(model, fiche, key, "update")
    if model is None or event is None:
        return None
    events = events_of(model.__name__).filter(pgh_obj=event.pgh_obj_id).order_by("pgh_id")
    before = events.filter(pgh_id__lt=key).last()
    now = model._default_manager.filter(pk=event.pgh_obj_id).first()
    if before is None or now is None:
        return None
    later = list(events.filter(pgh_id__gte=key).select_related("pgh_context"))
    return Former(kind, event.pgh_created_at, row_of(model, before), now, later)


def before_removal(fiche: FicheAction, kind: str, key: int) -> Former | None:
    """A part of the fiche that an event removed; None for any other event."""
    model = REMOVABLE.get(kind)
    event = found(model, fiche, key, "delete")
    if model is None or event is None:
        return None
    now = model._default_manager.filter(pk=event.pgh_obj_id).first()
    return Former(kind, event.pgh_created_at, row_of(model, event), now, [])


def found(model: type[Model] | None, fiche: FicheAction, key: int, act: str) -> Any:
    """An event of the fiche, or of what hangs on it."""
    if model is None:
        return None
    mine = {"pgh_obj": fiche.pk} if model is FicheAction else {"fiche": fiche.pk}
    return events_of(model.__name__).filter(pgh_id=key, pgh_label=act, **mine).first()


def described(row: Model) -> list[tuple[str, str]]:
    """What a row holds, in words."""
    names, said = Names(), []
    for column in row._meta.concrete_fields:
        value = getattr(row, column.attname)
        if column.name not in SILENT and column.name != "fiche" and value not in (None, "", False):
            said.append((str(column.verbose_name), names.say(column, value)))
    names.resolve()
    return [(label, names.said(words)) for label, words in said if words != EMPTY]
