"""What one person's agenda subscribes to: meetings, and the dates of fiches and steps, as that person sees them."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from icalendar import Event

from actions.models import FicheAction, Step
from ctg.mail import absolute
from governance.invitations import calendar, event_of
from governance.models import CalendarFeed, Meeting

# An agenda keeps what it has read; what is older than this is told no more.
BEHIND = timedelta(days=183)
# A Caf reads all its conventions: so many lines of a kind are enough for an agenda.
AT_MOST = 2000


def feed_ics(feed: CalendarFeed) -> bytes:
    """The file that an agenda reads again and again: four queries at most, whatever the number of conventions."""
    since = timezone.localdate() - BEHIND
    events: list[Event] = []
    if feed.has_meetings:
        events += meetings(feed, since)
    if feed.has_fiches:
        events += fiches(feed, since)
    if feed.has_steps:
        events += steps(feed, since)
    return calendar(events)


def _within(rows: Any, feed: CalendarFeed) -> Any:
    rows = rows.visible_to(feed.user)
    return rows.of(feed.convention) if feed.convention else rows


def meetings(feed: CalendarFeed, since: date) -> Iterator[Event]:
    """Those that have a date and that were announced, or that this person prepares; cancelled ones say so."""
    found = _within(Meeting.objects.all(), feed).filter(date__gte=since)
    found = found.select_related("convention", "committee").prefetch_related("items").order_by("date", "pk")
    for meeting in found[:AT_MOST]:
        url = absolute("governance:meeting_detail", meeting.convention.slug, meeting.uuid)
        yield event_of(meeting, meeting.items.all(), url=url)


def fiches(feed: CalendarFeed, since: date) -> Iterator[Event]:
    """The end of each open fiche, or the day when a postponed one is taken up again."""
    postponed = Q(status=FicheAction.Status.REPORTEE)
    due = Q(postponed, postponed_to__gte=since) | Q(~postponed, ends_on__gte=since)
    found = _within(FicheAction.objects.all(), feed).filter(due).exclude(status__in=FicheAction.CLOSED)
    if feed.only_mine:
        found = found.mine(feed.user)
    for fiche in found.select_related("convention").order_by("pk")[:AT_MOST]:
        again = fiche.status == FicheAction.Status.REPORTEE
        what = "Reprise" if again else "Fin"
        yield day_event(
            f"{fiche.uuid}-{'reprise' if again else 'fin'}",
            fiche.postponed_to if again else fiche.ends_on,
            f"{what} de la fiche {fiche}",
            fiche,
        )


def steps(feed: CalendarFeed, since: date) -> Iterator[Event]:
    """The open steps that have a date."""
    found = _within(Step.objects.all(), feed).open().filter(due_on__gte=since)
    if feed.only_mine:
        mine = FicheAction.objects.visible_to(feed.user).mine(feed.user)
        found = found.filter(fiche__in=mine.order_by().values("pk"))
    for step in found.select_related("fiche__convention").order_by("pk")[:AT_MOST]:
        yield day_event(str(step.uuid), step.due_on, f"{step.title} ({step.fiche})", step.fiche)


def day_event(key: str, day: date, summary: str, fiche: FicheAction) -> Event:
    """A whole day of the plan, that leaves its person free."""
    event = Event()
    event.add("uid", f"{key}@{urlsplit(settings.BASE_URL).hostname}")
    event.add("dtstamp", timezone.now())
    event.add("dtstart", day)
    event.add("summary", f"{summary} – CTG {fiche.convention.of_place}")
    event.add("url", absolute("actions:fiche_detail", fiche.convention.slug, fiche.uuid))
    event.add("transp", "TRANSPARENT")
    return event
