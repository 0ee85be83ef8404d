"""Writes of a diagnostic that touch more than one row."""

from typing import Any

from django.db import transaction
from django.db.models import Max

from ctg.refusal import Refused
from diagnostics.models import Diagnostic, KeyFigure


@transaction.atomic
def create_diagnostic(diagnostic: Diagnostic, space: Any) -> Diagnostic:
    """A new diagnostic, on which the convention rests."""
    diagnostic.save()
    diagnostic.conventions.add(space.pk)
    return diagnostic


def reuse_diagnostic(diagnostic: Diagnostic, space: Any) -> None:
    """A convention without a diagnostic comes to rest on one that is there. Raises Refused."""
    if space.diagnostics.exists():
        raise Refused("Cette convention a déjà un diagnostic.")
    diagnostic.conventions.add(space.pk)


@transaction.atomic
def append_part(form: Any, parent: str) -> Any:
    """Save a new row at the end of its list. `parent`: the field that names the list."""
    row = form.instance
    siblings = _siblings(row, parent)
    last = siblings.aggregate(last=Max("position"))["last"]
    row.position = 0 if last is None else last + 1
    return form.save()


@transaction.atomic
def move_part(row: Any, parent: str, *, up: bool) -> None:
    """Swap a row with its neighbour on screen: figures are shown theme by theme, and move within theirs."""
    rows = list(_siblings(row, parent).order_by("position", "pk"))
    shown = [place for place, other in enumerate(rows) if _shelf(other) == _shelf(row)]
    here = next(i for i, place in enumerate(shown) if rows[place].pk == row.pk)
    there = here - 1 if up else here + 1
    if 0 <= there < len(shown):
        one, other = shown[here], shown[there]
        rows[one], rows[other] = rows[other], rows[one]
    moved = [item for place, item in enumerate(rows) if item.position != place]
    for place, item in enumerate(rows):
        item.position = place
    type(row)._default_manager.bulk_update(moved, ["position"])


def _siblings(row: Any, parent: str) -> Any:
    """The rows of the same list. Its owner is locked: two people who order it wait for each other."""
    owner = type(row)._meta.get_field(parent).related_model
    owner._default_manager.select_for_update().get(pk=getattr(row, f"{parent}_id"))
    siblings = type(row)._default_manager.filter(**{parent: getattr(row, f"{parent}_id")})
    return siblings.prefetch_related("themes") if isinstance(row, KeyFigure) else siblings


def _shelf(row: Any) -> Any:
    return row.leading_theme if isinstance(row, KeyFigure) else None
