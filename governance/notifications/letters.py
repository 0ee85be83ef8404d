"""Who receives a letter about a meeting. The caller holds the meeting locked (`services.meetings.locked`)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import models
from django.urls import reverse
from django.utils import timezone

from actions.notifications import address_of
from actions.services.links import end_of
from ctg.accounts.models import User
from ctg.links.models import SignedLink
from ctg.mail.services import Letter, cancel_waiting, never_reached, post
from governance.models import Attendance, Meeting
from governance.querysets import INVITATION

# The minutes are read by the same link.
READ_FOR = timedelta(days=60)
NO_ADDRESS = "sans adresse électronique"


class Kind(models.TextChoices):
    """Each has its writer, and its batch for each meeting."""

    CONVOCATION = "governance.convocation", "Convocation"
    CHANGE = "governance.change", "Changement"
    REMINDER = "governance.reminder", "Relance"
    CANCELLATION = "governance.cancellation", "Annulation"
    MINUTES = "governance.minutes", "Compte rendu"


# Those that ask somebody to come.
CALLING = (Kind.CONVOCATION, Kind.CHANGE, Kind.REMINDER)


def meeting_url(meeting: Meeting) -> str:
    return reverse("governance:meeting_detail", args=[meeting.convention.slug, meeting.uuid])


def batch_of(kind: Kind, meeting: Meeting) -> str:
    return f"{kind}:{meeting.pk}"


@dataclass
class Recipients:
    """Who is written to, and who is to be told otherwise, with the reason."""

    written: list[Attendance] = field(default_factory=list)
    otherwise: list[tuple[Attendance, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.written)


def listed(meeting: Meeting) -> "models.QuerySet[Attendance]":
    """Those who are asked, with what a letter needs to know of them."""
    return meeting.attendances.invited().select_related("contact__organisation", "contact__user", "link")


def recipients(people: Iterable[Attendance]) -> Recipients:
    """One letter an address: of several people who share one, to whoever has been written to, else to the first."""
    found, taken = Recipients(), dict[str, Attendance]()
    for person in sorted(people, key=lambda one: one.link_id is None):
        address = address_of(person.contact)
        if not address:
            found.otherwise.append((person, NO_ADDRESS))
        elif first := taken.get(address.lower()):
            found.otherwise.append((person, f"même adresse que {first}"))
        else:
            taken[address.lower()] = person
            found.written.append(person)
    return found


def closes_at(meeting: Meeting) -> datetime:
    """When the links stop opening: at the end of the day after the meeting; 60 days after its minutes were sent."""
    day = (meeting.date or timezone.localdate()) + timedelta(days=1)
    if meeting.minutes_sent_at:
        day = max(day, timezone.localdate(meeting.minutes_sent_at) + READ_FOR)
    return end_of(max(day, timezone.localdate()))


def send(
    kind: Kind, meeting: Meeting, people: Collection[Attendance], *, edition: int, by: User | None
) -> int:
    """Write to these people, once an edition. Returns to how many."""
    if not people:
        return 0
    give_links(meeting, people, by=by)
    letters = [Letter(one.pk, edition, str(one.contact), address_of(one.contact)) for one in people]
    post(
        kind,
        letters,
        batch=batch_of(kind, meeting),
        by=by,
        title=f"{kind.label} – {meeting}",
        subject_url=meeting_url(meeting),
    )
    return len(letters)


def give_links(meeting: Meeting, people: Collection[Attendance], *, by: User | None) -> None:
    """A link for whoever has none, time enough for all. Each letter adds an address of its own to the link."""
    until = closes_at(meeting)
    without = [person for person in people if person.link_id is None]
    made = [SignedLink(purpose=INVITATION, expires_at=until, created_by=by) for _ in without]
    for person, link in zip(without, SignedLink.objects.bulk_create(made), strict=True):
        person.link = link
    Attendance.objects.bulk_update(without, ["link"])
    SignedLink.objects.filter(attendance__meeting=meeting, expires_at__lt=until).update(expires_at=until)


def invite(meeting: Meeting, people: Collection[Attendance], *, by: User) -> int:
    """Convene these people to a meeting that is convened already; an address that has its letter gets no other."""
    keys = {person.pk for person in people}
    written = [person for person in recipients(listed(meeting)).written if person.pk in keys]
    return send(Kind.CONVOCATION, meeting, written, edition=meeting.sequence, by=by)


def withdraw(meeting: Meeting, people: Collection[Attendance]) -> None:
    """What asks these people to come and has not left will not."""
    batches = [batch_of(kind, meeting) for kind in CALLING]
    cancel_waiting(*batches, only=[person.pk for person in people])


def call_off(meeting: Meeting, people: Collection[Attendance], *, by: User) -> int:
    """Tell these people not to come; whoever was never reached is told nothing. Returns how many are told."""
    withdraw(meeting, people)
    unaware = unreached(meeting)
    told = [person for person in recipients(people).written if person.pk not in unaware]
    meeting.sequence += 1
    meeting.save(update_fields=["sequence"])
    return send(Kind.CANCELLATION, meeting, told, edition=meeting.sequence, by=by)


def unreached(meeting: Meeting) -> set[int]:
    """Those whose letters were refused or never left."""
    return never_reached([batch_of(kind, meeting) for kind in CALLING])


def unanswered(meeting: Meeting, people: Iterable[Attendance]) -> list[Attendance]:
    """Whom a reminder would reach."""
    unaware = unreached(meeting)
    return [one for one in recipients(people).written if not one.answer and one.pk not in unaware]
