"""À faire: the smallest useful moves of a space, from whatever app knows one.

The kernel knows no word of the field: an app registers a source, with its own constant number of queries.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Move:
    """Something useful that one person can do now.

    `effect` orders the list: the more it changes what others read, the higher. `why` says that effect in words.
    `act_url` opens the form in place of the entry (and the page of the form without a script); `act` is its button.
    """

    key: str
    effect: int
    kind: str
    title: str
    why: str
    act: str
    act_url: str
    where: str = ""
    where_url: str = ""
    # False: done on its own page, where `act_url` leads.
    is_in_place: bool = True


Source = Callable[[Any], Iterable[Move]]
_sources: list[Source] = []


def register_moves(source: Source) -> None:
    """`source` takes a user in a space (a request there is one) and gives the moves of that user."""
    _sources.append(source)


def moves(here: Any) -> list[Move]:
    """All that this user can usefully do here, the most useful first."""
    found = [move for source in _sources for move in source(here)]
    return sorted(found, key=lambda move: -move.effect)
