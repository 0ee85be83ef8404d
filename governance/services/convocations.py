"""Asking people to come, telling them what changes, and sending the minutes: every letter in the change's transaction."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from actions.services.plan import changing
from ctg.accounts.models import User
from ctg.jobs.models import Job
from ctg.jobs.services import enqueue
from ctg.mail.models import Envelope
from ctg.mail.report import Report, report
from ctg.mail.services import retry_now
from ctg.refusal import Refused
from ctg.templatetags.ui import date_full
from governance import tasks
from governance.agenda import hours
from governance.models import Attendance, Meeting
from governance.notifications import (
    Kind,
    Recipients,
    batch_of,
    listed,
    meeting_url,
    recipients,
    send,
    unanswered,
    withdraw,
)
from governance.services.meetings import State, locked, moving

# Before the meeting, unless the coordination says otherwise; never before this hour of the day.
REMIND_BEFORE, REMIND_FROM = timedelta(days=7), 8
# What was told, and is told again when it changes.
TOLD = ("title", "date", "starts_at", "ends_at", "place", "video_url")
PAST = "Cette date est passée."


def default_reminder(meeting: Meeting) -> date | None:
    """A week before, if that is still to come."""
    day = meeting.date - REMIND_BEFORE if meeting.date else None
    return day if day and day > timezone.localdate() else None


def missing(meeting: Meeting, found: Recipients) -> list[str]:
    """What keeps a meeting from being convened."""
    said = []
    if meeting.begins is None:
        said.append("Donnez à la réunion une date et une heure de début.")
    elif meeting.begins <= timezone.now():
        said.append(f"{PAST} Donnez à la réunion une date à venir.")
    if not found.written:
        said.append("Ajoutez au moins une personne avec une adresse.")
    return said


def fingerprint(found: Recipients) -> str:
    """Of the list that a person saw before convening."""
    return sha256(repr([person.pk for person in found.written]).encode()).hexdigest()[:16]


def convene(
    meeting: Meeting, message: str, remind_on: date | None, *, seen: str | None = None, by: User
) -> int:
    """Write to all who are asked. Returns to how many. `seen`: the `fingerprint` of the list that was shown.

    Raises Refused.
    """
    with moving(meeting, State.CONVENED, by=by) as held:
        found = recipients(listed(held))
        if faults := missing(held, found):
            raise Refused(" ".join(faults))
        if seen is not None and seen != fingerprint(found):
            raise Refused("La liste vient de changer : relisez-la avant de convoquer.")
        held.message, held.remind_on = message, remind_on
        held.convened_at = timezone.now()
        return send(Kind.CONVOCATION, held, found.written, edition=held.sequence, by=by)


def tell_change(before: Meeting, after: Meeting, *, by: User) -> int:
    """Write again to all, once what they were told is no longer true; of another day, answers are asked again.

    In the transaction that changed it. Returns to how many. Raises Refused for a day that is past.
    """
    if after.state != State.CONVENED or all(getattr(before, name) == getattr(after, name) for name in TOLD):
        return 0
    if before.begins != after.begins and after.begins and after.begins <= timezone.now():
        raise Refused(f"{PAST} Une réunion qui a eu lieu s’ouvre ou se clôt.", "date")
    held = locked(after)
    held.sequence += 1
    held.was = told_words(before)
    if before.date != held.date:
        held.remind_on, held.reminded_on = default_reminder(held), None
        held.attendances.invited().exclude(answer="").update(
            answer=Attendance.Answer.NONE, answered_at=None, represented_by="", words=""
        )
    held.save(update_fields=["sequence", "was", "remind_on", "reminded_on"])
    people = list(listed(held))
    withdraw(held, people)
    return send(Kind.CHANGE, held, recipients(people).written, edition=held.sequence, by=by)


def told_words(meeting: Meeting) -> str:
    """« le jeudi 10 février 2027 à 14 h, Salle des fêtes »: what a meeting was until it changed."""
    said = [f"le {date_full(meeting.date)} {hours(meeting)}".strip(), meeting.place]
    return ", ".join(part for part in said if part)[:400]


# --- Reminders ------------------------------------------------------------------------------------
def remind(meeting: Meeting, *, by: User | None) -> int:
    """Write to those who have not answered, once a day. Returns to how many. Raises Refused."""
    change: AbstractContextManager[Any] = changing(by=by) if by else transaction.atomic()
    with change:
        held, today = locked(meeting), timezone.localdate()
        if held.state != State.CONVENED:
            raise Refused(f"Cette réunion est {held.get_state_display()} : on n’y répond plus.")
        if held.reminded_on == today:
            raise Refused("Une relance est déjà partie aujourd’hui.")
        held.reminded_on = today
        held.save(update_fields=["reminded_on"])
        people = unanswered(held, listed(held))
        return send(Kind.REMINDER, held, people, edition=today.toordinal(), by=by)


def remind_due() -> int:
    """The reminders whose day has come. Returns how many meetings."""
    now = timezone.localtime()
    if now.hour < REMIND_FROM:
        return 0
    due = Meeting.objects.filter(state=State.CONVENED, date__gt=now.date(), remind_on__lte=now.date())
    meetings = list(due.exclude(reminded_on__gte=F("remind_on")))
    for meeting in meetings:
        with suppress(Refused):  # cancelled or reminded by somebody a moment ago
            remind(meeting, by=None)
    return len(meetings)


# --- Minutes --------------------------------------------------------------------------------------
def send_minutes(meeting: Meeting, *, by: User) -> Job:
    """Publish the minutes, and write to those on the list once their document is made. Raises Refused."""
    with changing(by=by):
        held = locked(meeting)
        if held.state != State.CLOSED:
            raise Refused("Le compte rendu part une fois la réunion close.")
        if held.minutes_file_id:
            raise Refused("Le compte rendu est déjà envoyé.")
        if held.minutes_state == Meeting.Minutes.DRAFT:
            held.minutes_state, held.minutes_sent_at = Meeting.Minutes.SENT, timezone.now()
            held.save(update_fields=["minutes_state", "minutes_sent_at"])
        return enqueue(
            tasks.build_minutes,
            held.pk,
            by=by,
            title=f"Compte rendu – {held}",
            subject_url=meeting_url(held),
            key=f"minutes:{held.pk}",
        )


# --- What the screen says -------------------------------------------------------------------------
@dataclass(frozen=True)
class Sharing:
    """What left of a meeting, and what may leave next."""

    mailings: list[tuple[Kind, Report]]
    unanswered: int
    is_reminded: bool
    may_send_minutes: bool
    readers: int

    @property
    def is_leaving(self) -> bool:
        """Letters leave at this moment: the screen follows."""
        return any(not told.is_over and not told.reason for _, told in self.mailings)


def batches(meeting: Meeting) -> list[str]:
    return [batch_of(kind, meeting) for kind in Kind]


def retry_waiting(meeting: Meeting, *, by: User) -> None:
    """Do not wait for the mail server's next try."""
    for batch, told in report(batches(meeting)).items():
        if Envelope.State.WAITING in told.counts:
            retry_now(batch, by=by, title=str(meeting), subject_url=meeting_url(meeting))


def sharing_of(meeting: Meeting, people: Iterable[Attendance]) -> Sharing:
    """For whoever runs it, in a constant number of queries."""
    reports = report(batches(meeting))
    found = [(kind, reports[batch_of(kind, meeting)]) for kind in Kind]
    may_answer = meeting.state == State.CONVENED and meeting.ends and meeting.ends > timezone.now()
    return Sharing(
        mailings=[(kind, told) for kind, told in found if told.total],
        unanswered=len(unanswered(meeting, people)) if may_answer else 0,
        is_reminded=meeting.reminded_on == timezone.localdate(),
        may_send_minutes=meeting.state == State.CLOSED
        and meeting.minutes_state != Meeting.Minutes.APPROVED
        and meeting.minutes_file_id is None,
        readers=len(recipients(people)),
    )
