"""When the digest of a person leaves, since when it tells, and its subject.

In the morning of a working day (Monday to Friday, public holidays apart): each one, or the first of the week. What
could not leave in the morning does not leave at night: the next one tells it.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from actions.rules.words import plural
from ctg.numbers import NO_BREAK
from ctg.templatetags.ui import WEEKDAYS, date_long
from governance.rules.days import public_holiday

DAILY = "daily"
OPENS, CLOSES = time(8), time(12)
# Nothing older is told, to whoever has received nothing for long.
LONGEST = timedelta(days=31)


def is_worked(day: date, departement: str) -> bool:
    return day.weekday() < 5 and not public_holiday(day, departement)


def leaves_on(frequency: str, day: date, departement: str) -> bool:
    """For whoever wants one: every working day, or the first of its week."""
    if not is_worked(day, departement):
        return False
    monday = day - timedelta(days=day.weekday())
    is_first = not any(is_worked(monday + timedelta(days=n), departement) for n in range(day.weekday()))
    return is_first or frequency == DAILY


def is_morning(at: datetime) -> bool:
    """In Paris."""
    return OPENS <= timezone.localtime(at).time() < CLOSES


def leaves_now(frequency: str, at: datetime, departement: str) -> bool:
    return is_morning(at) and leaves_on(frequency, timezone.localdate(at), departement)


def since(frequency: str, at: datetime, departement: str, last: datetime | None) -> datetime:
    """The last one that the person received; else the morning when the one before this one would have left."""
    if last is not None:
        return max(last, at - LONGEST)
    day = timezone.localdate(at) - timedelta(days=1)
    while not leaves_on(frequency, day, departement):
        day -= timedelta(days=1)
    return timezone.make_aware(datetime.combine(day, OPENS))


def subject_of(conventions: int, fiches: int, owed: int, meetings: Sequence[date], today: date) -> str:
    """« Votre CTG : 3 fiches ont changé, 1 chose à faire, 1 réunion jeudi »."""
    said = []
    if fiches:
        said.append(f"{plural(fiches, 'fiche')} {'a' if fiches < 2 else 'ont'} changé")
    if owed:
        said.append(plural(owed, "chose à faire", "choses à faire"))
    if meetings:
        first = from_today(min(meetings), today)
        said.append(f"{plural(len(meetings), 'réunion')} {'dès ' if len(meetings) > 1 else ''}{first}")
    return f"{'Votre' if conventions < 2 else 'Vos'} CTG{NO_BREAK}: {', '.join(said)}"


def from_today(day: date, today: date) -> str:
    """« aujourd’hui », « demain », « jeudi », « le 3 décembre »."""
    days = (day - today).days
    if days < 2:
        return ("aujourd’hui", "demain")[days]
    return WEEKDAYS[day.weekday()] if days < 7 else f"le {date_long(day).rpartition(' ')[0]}"
