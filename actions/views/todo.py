"""À faire: the list of useful moves, each done on the spot."""

from dataclasses import dataclass
from itertools import groupby

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from actions.access import MemberRequest
from ctg.access import member
from ctg.todo import Move, moves

# Twenty minutes of work; the others come as these are done.
SHOWN = 12


@dataclass(frozen=True)
class Group:
    """Moves of one kind, one after the other in the list."""

    kind: str
    moves: list[Move]


@member()
@require_safe
def todo(request: MemberRequest) -> HttpResponse:
    """The first moves, or all of them (`?tout`)."""
    found = moves(request)
    shown = found if "tout" in request.GET else found[:SHOWN]
    context = {
        "convention": request.space,
        "groups": [Group(kind, list(rows)) for kind, rows in groupby(shown, key=lambda move: move.kind)],
        "total": len(found),
        "left": len(found) - len(shown),
    }
    return render(request, "actions/todo.html", context)
