"""Calendar time: months between two days, the periods of a frequency, and their names in French.

All bounds are included. Time is counted in calendar months, and a part of a month by its days over the days of
that month: 1 to 14 February 2025 is 14/28 of a month. So a year is 12 whether leap or not, a school year too,
and the parts of a period always sum to the whole.
"""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from ctg.numbers import NO_BREAK

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
SHORT_MONTHS = (
    "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.",
)  # fmt: skip

# Months in what a target or a frequency is stated by.
MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Period:
    """From one day to another, both included."""

    start: date
    end: date

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return label(self.start, self.end)

    @property
    def months(self) -> Fraction:
        return months(self.start, self.end)

    @property
    def is_school_year(self) -> bool:
        return self == school_year(self.start.year)

    @property
    def short_label(self) -> str:
        """For under a bar: « 2025 », « T2 2025 », « mars 25 », « 3 mars – 4 avr. 25 »."""
        if self.is_school_year or not self.label.startswith(("du ", "le ", *MONTHS)):
            return self.label
        last = f"{SHORT_MONTHS[self.end.month - 1]}{NO_BREAK}{self.end.year % 100:02}"
        if _is_whole_month(self.start, self.end):
            return last
        if self.start == self.end:
            return f"{_day(self.end)}{NO_BREAK}{last}"
        first = f"{_day(self.start)}{NO_BREAK}{SHORT_MONTHS[self.start.month - 1]}"
        return f"{first} – {_day(self.end)}{NO_BREAK}{last}"

    @property
    def named(self) -> str:
        """With its article, to follow a verb: « Saisir le T2 2025 », « Saisir l’année 2025 »."""
        said = self.label
        if said.startswith("T"):
            return f"le {said}"
        if said[0].isdigit():
            return f"l’année {said}"
        if said.startswith("le "):
            return f"la journée du {said[3:]}"
        return said if said.startswith(MONTHS) else f"la période {said}"

    def touches(self, other: "Period") -> bool:
        return self.start <= other.end and other.start <= self.end

    def contains(self, other: "Period") -> bool:
        return self.start <= other.start and other.end <= self.end


def months(start: date, end: date) -> Fraction:
    """Calendar months from one day to another, both included; 0 when the end is before the start."""
    if end < start:
        return Fraction(0)
    before_start = Fraction(start.day - 1, monthrange(start.year, start.month)[1])
    up_to_end = Fraction(end.day, monthrange(end.year, end.month)[1])
    return (end.year - start.year) * 12 + (end.month - start.month) - before_start + up_to_end


def year(number: int) -> Period:
    return Period(date(number, 1, 1), date(number, 12, 31))


def school_year(first: int) -> Period:
    """From 1 September to 31 August."""
    return Period(date(first, 9, 1), date(first + 1, 8, 31))


def month_span(first_year: int, first_month: int, count: int) -> Period:
    """So many whole months; months past 12 run into the next years."""
    after = first_year * 12 + first_month - 1 + count
    end = date(after // 12, after % 12 + 1, 1) - ONE_DAY
    return Period(date(first_year, first_month, 1), end)


def periods(frequency: str, start: date, end: date, *, school: bool = False) -> list[Period]:
    """The months, quarters or years from `start` to `end`, the first and last cut to fit; « once » is the whole.

    `school` asks for school years instead of civil ones: those that end between the two days, uncut.
    """
    if end < start:
        return []
    if frequency not in MONTHS_IN:
        return [Period(start, end)]
    if frequency == "year" and school:
        named = (school_year(first) for first in range(start.year - 1, end.year))
        return [one for one in named if start <= one.end <= end]
    step = MONTHS_IN[frequency]
    first = start.year * 12 + (start.month - 1) // step * step
    last = end.year * 12 + end.month - 1
    spans = (month_span(place // 12, place % 12 + 1, step) for place in range(first, last + 1, step))
    return [Period(max(span.start, start), min(span.end, end)) for span in spans]


def is_covered(period: Period, entered: Iterable[Period]) -> bool:
    """A value counts for the period it ends in, and for any it holds whole."""
    return any(period.start <= one.end <= period.end or one.contains(period) for one in entered)


def missing_periods(expected: Iterable[Period], entered: Iterable[Period], today: date) -> list[Period]:
    """The periods that are over and for which nothing was entered."""
    known = list(entered)
    return [period for period in expected if period.end < today and not is_covered(period, known)]


def next_period(expected: Iterable[Period], entered: Iterable[Period], today: date) -> Period | None:
    """What to enter next: the period after the last entered one, else the oldest gap since the first; None when
    all is in. With nothing entered, the first of the convention.

    A period still running is not asked for, nor one before the first entered: what is counted may have begun then.
    """
    known = list(entered)
    missing = missing_periods(expected, known, today)
    if not known:
        return missing[0] if missing else None
    first, last = min(one.start for one in known), max(one.end for one in known)
    since = [one for one in missing if one.start > first]
    return next((one for one in since if one.start > last), since[0] if since else None)


def label(start: date, end: date) -> str:
    """« 2025 », « de 2025 à 2027 », « T2 2025 », « mars 2025 », « 2024-2025 » (school year), else « du … au … »."""
    whole = Period(start, end)
    if whole == Period(year(start.year).start, year(end.year).end):
        return f"{start.year}" if start.year == end.year else f"de {start.year} à {end.year}"
    if whole == school_year(start.year):
        return f"{start.year}-{end.year}"
    if _is_whole_month(start, end):
        return f"{MONTHS[start.month - 1]} {start.year}"
    if start.month % 3 == 1 and whole == month_span(start.year, start.month, 3):
        return f"T{start.month // 3 + 1} {start.year}"
    return _from_to(start, end)


def _from_to(start: date, end: date) -> str:
    """« le 3 mars 2025 », « du 3 au 14 mars 2025 », « du 3 mars au 4 avril 2025 »: nothing said twice."""
    last = f"{_day_and_month(end)} {end.year}"
    if start == end:
        return f"le {last}"
    if start.year != end.year:
        return f"du {_day_and_month(start)} {start.year} au {last}"
    first = _day(start) if start.month == end.month else _day_and_month(start)
    return f"du {first} au {last}"


YEAR = re.compile(r"(\d{4})")
SCHOOL_YEAR = re.compile(r"(\d{4})\s?[-–/]\s?(\d{4}|\d{2})")
QUARTER = re.compile(r"[Tt]([1-4])\s+(\d{4})")
MONTH = re.compile(r"(\w+)\s+(\d{4})")


def parse_period(text: str) -> Period | None:
    """A bare year, a school year (« 2024-2025 »), « T2 2025 » or « mars 2025 »; None for anything else."""
    text = " ".join(text.split())
    if (found := YEAR.fullmatch(text)) and _plausible(int(found[1])):
        return year(int(found[1]))
    if found := SCHOOL_YEAR.fullmatch(text):
        first, last = int(found[1]), found[2]
        return school_year(first) if _plausible(first) and f"{first + 1}".endswith(last) else None
    if (found := QUARTER.fullmatch(text)) and _plausible(int(found[2])):
        return month_span(int(found[2]), int(found[1]) * 3 - 2, 3)
    if (found := MONTH.fullmatch(text)) and found[1].lower() in MONTHS and _plausible(int(found[2])):
        return month_span(int(found[2]), MONTHS.index(found[1].lower()) + 1, 1)
    return None


def _plausible(number: int) -> bool:
    # A typing slip (« 20255 », « 0205 ») is no year of public policy.
    return 1900 <= number <= 2200


def _is_whole_month(start: date, end: date) -> bool:
    return Period(start, end) == month_span(start.year, start.month, 1)


def _day(day: date) -> str:
    return "1er" if day.day == 1 else str(day.day)


def _day_and_month(day: date) -> str:
    return f"{_day(day)}{NO_BREAK}{MONTHS[day.month - 1]}"
