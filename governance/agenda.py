"""The agenda of a meeting: when each item is to end, and whether all of it fits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from actions.rules.words import plural
from ctg.numbers import NO_BREAK
from governance.models import AgendaItem, Meeting


@dataclass(frozen=True)
class Line:
    """An item in its place. `ends`: « 14 h 30 », when it is to be over; empty as long as a length is missing."""

    item: AgendaItem
    number: int
    ends: str


@dataclass(frozen=True)
class Agenda:
    meeting: Meeting
    items: Iterable[AgendaItem]

    @cached_property
    def lines(self) -> list[Line]:
        lines = []
        at: datetime | None = self.meeting.begins
        for number, item in enumerate(self.items, 1):
            at = at + timedelta(minutes=item.minutes) if at and item.minutes else None
            lines.append(Line(item, number, clock(at) if at else ""))
        return lines

    @cached_property
    def minutes(self) -> int:
        """The lengths that are known, together."""
        return sum(line.item.minutes or 0 for line in self.lines)

    @property
    def unknown(self) -> int:
        """How many items have no length."""
        return sum(not line.item.minutes for line in self.lines)

    @property
    def excess(self) -> int:
        """By how many minutes it exceeds the slot; 0 when it fits or when there is none."""
        slot = self.meeting.slot
        return max(self.minutes - slot, 0) if slot else 0

    @property
    def words(self) -> str:
        """« 4 points, 1 h 45 » ; « 4 points, 45 min pour 3 d’entre eux »."""
        count = len(self.lines)
        said = plural(count, "point")
        if not self.minutes:
            return said
        told = f", {length(self.minutes)}"
        return said + told + (f" pour {count - self.unknown} d’entre eux" if self.unknown else "")

    @property
    def warning(self) -> str:
        """Said when the agenda does not fit; empty otherwise."""
        if not self.excess:
            return ""
        return f"L’ordre du jour dépasse le créneau de {length(self.excess)}."


def clock(at: Any) -> str:
    """« 14 h », « 14 h 05 » of a time or of an instant."""
    return f"{at.hour}{NO_BREAK}h" + (f"{NO_BREAK}{at.minute:02d}" if at.minute else "")


def length(minutes: int) -> str:
    """« 45 min », « 2 h », « 1 h 45 »."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}{NO_BREAK}min"
    return f"{hours}{NO_BREAK}h" + (f"{NO_BREAK}{rest:02d}" if rest else "")


def hours(meeting: Meeting) -> str:
    """« de 14 h à 16 h », « à 14 h », or nothing."""
    if meeting.starts_at is None:
        return ""
    if meeting.ends_at is None:
        return f"à {clock(meeting.starts_at)}"
    return f"de {clock(meeting.starts_at)} à {clock(meeting.ends_at)}"
