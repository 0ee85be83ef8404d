"""Sums of budget lines: euros apart from posts, planned apart from spent, with how many lines tell each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, Protocol, TypeVar

# The units of a line, and how they are written.
SIGNS = {"eur": "€", "etp": "ETP"}


class Line(Protocol):
    """What is summed of a line; None is an amount that is not known, never nought."""

    unit: str
    planned: Decimal | None
    actual: Decimal | None
    fiche_id: int


L = TypeVar("L", bound=Line)
K = TypeVar("K")


@dataclass(frozen=True)
class Total:
    """The sums of one unit. None when no line tells that amount."""

    unit: str
    planned: Decimal | None
    actual: Decimal | None
    # How many lines tell each amount, of how many.
    planned_lines: int
    actual_lines: int
    lines: int
    fiches: int

    @property
    def sign(self) -> str:
        return SIGNS[self.unit]

    @property
    def is_partial(self) -> bool:
        """Some lines do not tell what was spent: the two sums are not to be compared."""
        return 0 < self.actual_lines < self.lines


def totals(lines: Iterable[Line]) -> list[Total]:
    """One total a unit that the lines use, euros first."""
    rows = list(lines)
    found = []
    for unit in SIGNS:
        of_unit = [row for row in rows if row.unit == unit]
        if not of_unit:
            continue
        planned = [row.planned for row in of_unit if row.planned is not None]
        actual = [row.actual for row in of_unit if row.actual is not None]
        found.append(
            Total(
                unit,
                sum(planned, Decimal(0)) if planned else None,
                sum(actual, Decimal(0)) if actual else None,
                len(planned),
                len(actual),
                len(of_unit),
                len({row.fiche_id for row in of_unit}),
            )
        )
    return found


@dataclass(frozen=True)
class Share(Generic[K]):
    """What a part of the lines adds up to: those of a year, of a funder, of an axe."""

    of: K
    totals: list[Total]


def shares(lines: Iterable[L], part: Callable[[L], K]) -> list[Share[K]]:
    """The totals of each part, in the order in which the parts come."""
    parts: dict[K, list[L]] = {}
    for line in lines:
        parts.setdefault(part(line), []).append(line)
    return [Share(key, totals(rows)) for key, rows in parts.items()]
