"""A meeting as an .ics file: one event, that stays the same event whatever changes about it (RFC 5545, 5546)."""

from collections.abc import Iterable
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from icalendar import Calendar, Event, Timezone, vCalAddress

from actions.rules.words import capital
from governance.models import AgendaItem, Meeting

PRODUCT = "-//CTG//Convention territoriale globale//FR"
REQUEST, CANCEL, PUBLISH = "REQUEST", "CANCEL", "PUBLISH"

# The rule of the Union since 1996: a calendar program needs no other year.
PARIS = """BEGIN:VTIMEZONE
TZID:Europe/Paris
BEGIN:DAYLIGHT
DTSTART:19960331T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
"""

STATUS = {Meeting.State.DRAFT: "TENTATIVE", Meeting.State.CANCELLED: "CANCELLED"}


def invitation(
    meeting: Meeting,
    items: Iterable[AgendaItem],
    *,
    method: str,
    url: str,
    name: str = "",
    address: str = "",
) -> bytes:
    """The event alone in its file. With an `address`, as it is sent to that one person."""
    event = event_of(meeting, items, url=url)
    if method == CANCEL:
        event["STATUS"] = "CANCELLED"
    if address:
        event.add(
            "organizer", mail_address(parseaddr(settings.DEFAULT_FROM_EMAIL)[1], str(meeting.convention))
        )
        # Answers are given by the link: a reply by mail would be read by nobody.
        event.add(
            "attendee",
            mail_address(address, name, ROLE="REQ-PARTICIPANT", PARTSTAT="NEEDS-ACTION", RSVP="FALSE"),
        )
    return calendar([event], method=method)


def calendar(events: Iterable[Event], *, method: str = PUBLISH) -> bytes:
    """A file of events in the time of Paris."""
    file = Calendar()
    file.add("prodid", PRODUCT)
    file.add("version", "2.0")
    file.add("method", method)
    file.add_component(Timezone.from_ical(PARIS))
    for event in events:
        file.add_component(event)
    return file.to_ical()


def event_of(meeting: Meeting, items: Iterable[AgendaItem], *, url: str) -> Event:
    """A meeting that has a date: at its hours, or the whole day when they are not known."""
    event = Event()
    event.add("uid", f"{meeting.uuid}@{urlsplit(settings.BASE_URL).hostname}")
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", timezone.now())
    begins, ends = meeting.begins, meeting.ends
    if begins and ends:
        event.add("dtstart", timezone.localtime(begins))
        event.add("dtend", timezone.localtime(ends))
    else:
        event.add("dtstart", meeting.date)
    event.add("summary", f"{capital(meeting.name)} – CTG {meeting.convention.of_place}")
    if place := meeting.place or meeting.video_url:
        event.add("location", place)
    event.add("url", url)
    event.add("description", description(meeting, items, url))
    event.add("status", STATUS.get(Meeting.State(meeting.state), "CONFIRMED"))
    return event


def description(meeting: Meeting, items: Iterable[AgendaItem], url: str) -> str:
    """The agenda, and where one answers."""
    lines = [f"{number}. {item.title}" for number, item in enumerate(items, 1)]
    parts = ["\n".join(["Ordre du jour", *lines])] if lines else []
    if meeting.video_url:
        parts.append(f"Visioconférence : {meeting.video_url}")
    return "\n\n".join([*parts, url])


def mail_address(address: str, name: str, **params: str) -> vCalAddress:
    said = vCalAddress(f"mailto:{address}")
    said.params.update(params | ({"CN": name} if name else {}))
    return said
