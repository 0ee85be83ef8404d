"""The year of a committee: what was held, what is planned, what is missing of what is expected.

Written once: the page of the committees, À faire and the pack read it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actions.rules.words import capital, plural

if TYPE_CHECKING:
    from governance.models import Committee, Meeting

# Those that French makes feminine: « une commission tenue ».
FEMININE = ("commission", "instance")


@dataclass(frozen=True)
class CommitteeYear:
    """`held`: closed; `planned`: on a date of that year, and still open. What is cancelled counts nowhere."""

    committee: "Committee"
    year: int
    this_year: int
    held: Sequence["Meeting"]
    planned: Sequence["Meeting"]

    @property
    def expected(self) -> int | None:
        """Nothing is before or after the convention, nor of a committee that was ended by then."""
        convention, ended = self.committee.convention, self.committee.ended_on
        runs = convention.period_start.year <= self.year <= convention.period_end.year
        return self.committee.per_year if runs and not (ended and ended.year <= self.year) else None

    @property
    def missing(self) -> int:
        """How many are neither held nor planned."""
        return max((self.expected or 0) - len(self.held) - len(self.planned), 0)

    @property
    def is_over(self) -> bool:
        return self.year < self.this_year

    @property
    def said(self) -> str:
        """« 1 tenu, 1 prévu sur 1 attendu », « 2 tenus sur 4 attendus », « 3 tenues », « aucune tenue »."""
        end = "e" if self.committee.kind in FEMININE else ""
        parts = [plural(len(self.held), f"tenu{end}")] if self.held else []
        if self.planned:
            parts.append(plural(len(self.planned), f"prévu{end}"))
        words = ", ".join(parts) or f"aucun{end} tenu{end}"
        if not self.expected:
            return words
        return f"{words} sur {plural(self.expected, f'attendu{end}')}"

    @property
    def missing_words(self) -> str:
        """« il en reste 2 à placer »; of a past year « il en a manqué 2 »; empty when none is missing."""
        if not self.missing:
            return ""
        return f"il en a manqué {self.missing}" if self.is_over else f"il en reste {self.missing} à placer"

    @property
    def sentence(self) -> str:
        """« COTECH : 2 tenus sur 4 attendus, il en reste 2 à placer »."""
        words = ", ".join(part for part in (self.said, self.missing_words) if part)
        return f"{capital(self.committee.name)}\u00a0: {words}"

    @property
    def months(self) -> list[list["Meeting"]]:
        """The meetings that have a day, month by month, in their order."""
        return by_month([*self.held, *self.planned])

    @property
    def undated(self) -> list["Meeting"]:
        """Those of which only the year is known."""
        return [meeting for meeting in self.held if meeting.date is None]


def year_of(meeting: "Meeting") -> int | None:
    """Of its date, else the year by which it is known."""
    return meeting.date.year if meeting.date else meeting.year


def by_month(meetings: Iterable["Meeting"]) -> list[list["Meeting"]]:
    months: list[list[Meeting]] = [[] for _ in range(12)]
    for meeting in meetings:
        if meeting.date:
            months[meeting.date.month - 1].append(meeting)
    for month in months:
        month.sort(key=lambda meeting: (meeting.date, meeting.pk))
    return months


def committee_years(
    committees: Iterable["Committee"], meetings: Iterable["Meeting"], year: int, this_year: int
) -> list[CommitteeYear]:
    """The year of each committee, whose convention is at hand. `meetings`: those that the reader sees; what is of
    another year counts nowhere.
    """
    rows = [meeting for meeting in meetings if year_of(meeting) == year]
    return [
        CommitteeYear(
            committee,
            year,
            this_year,
            held=[row for row in rows if row.committee_id == committee.pk and row.state == "closed"],
            planned=[row for row in rows if row.committee_id == committee.pk and row.is_open],
        )
        for committee in committees
    ]
