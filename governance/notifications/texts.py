"""The letters about a meeting, written as it is when each leaves."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string

from ctg.accounts.models import User
from ctg.jobs.runner import safe_filename
from ctg.links.services import add_address, log_use
from ctg.mail import absolute
from ctg.mail.models import Envelope
from governance.agenda import hours
from governance.invitations import CANCEL, REQUEST, invitation
from governance.models import AgendaItem, Attendance, Meeting
from governance.notifications.letters import Kind

SUBJECTS = {
    Kind.CONVOCATION: "Convocation",
    Kind.CHANGE: "Changement",
    Kind.REMINDER: "Votre réponse",
    Kind.CANCELLATION: "Annulation",
    Kind.MINUTES: "Compte rendu",
}
METHODS = {Kind.CONVOCATION: REQUEST, Kind.CHANGE: REQUEST, Kind.CANCELLATION: CANCEL}


def write(object_id: int, envelope: Envelope) -> EmailMessage | None:
    """The letter of an envelope; None when it is no longer to be sent."""
    kind = Kind(envelope.kind)
    person = (
        Attendance.objects.select_related(
            "contact", "link__created_by", "meeting__convention", "meeting__committee"
        )
        .select_related("meeting__president", "meeting__minutes_file")
        .filter(pk=object_id)
        .first()
    )
    if person is None or person.link is None or not is_due(kind, person):
        return None
    meeting = person.meeting
    items = list(meeting.items.all())
    url = absolute("governance:invitation", add_address(person.link))
    answer = person.get_answer_display() if person.answer else ""
    message = letter(
        kind, meeting, items, name=str(person), url=url, by=person.link.created_by, answer=answer
    )
    if method := METHODS.get(kind):
        event = invitation(
            meeting, items, method=method, url=url, name=envelope.name, address=envelope.address
        )
        # Mail programs show the first, others offer the second to be opened.
        message.attach_alternative(event.decode(), f"text/calendar; method={method}; charset=utf-8")
        message.attach("reunion.ics", event, "application/ics")
    if kind == Kind.MINUTES and meeting.minutes_file:
        with meeting.minutes_file.file.open("rb") as file:
            name = safe_filename(f"Compte rendu – {meeting}.pdf")
            message.attach(name, file.read(), meeting.minutes_file.media_type)
    log_use(person.link, "sent")
    return message


def is_due(kind: Kind, person: Attendance) -> bool:
    """Whether a letter still says what is true."""
    meeting, is_asked = person.meeting, person.removed_at is None
    if kind == Kind.CANCELLATION:
        return not is_asked or meeting.state == Meeting.State.CANCELLED
    if kind == Kind.MINUTES:
        return is_asked and meeting.minutes_state != Meeting.Minutes.DRAFT
    is_awaited = is_asked and meeting.state == Meeting.State.CONVENED
    return is_awaited and not (kind == Kind.REMINDER and person.answer)


def letter(
    kind: Kind,
    meeting: Meeting,
    items: list[AgendaItem],
    *,
    name: str,
    url: str,
    by: User | None,
    answer: str = "",
) -> EmailMultiAlternatives:
    """`answer`: what this person has answered, in words."""
    convention = meeting.convention
    context: dict[str, Any] = {
        "meeting": meeting,
        "items": items,
        "name": name,
        "link": url,
        "answer": answer,
        "by": by,
        "hours": hours(meeting),
        "convention": convention,
        "contact": settings.INSTANCE_CONTACT,
    }
    if kind == Kind.MINUTES:
        context["decisions"] = list(meeting.decisions.order_by("position", "pk"))
    body = render_to_string(f"governance/mail/{kind.name.lower()}.txt", context).strip() + "\n"
    subject = f"{SUBJECTS[kind]} : {meeting} (CTG {convention.of_place})"
    return EmailMultiAlternatives(subject, body, reply_to=[by.email] if by and by.email else None)


def preview(meeting: Meeting, items: list[AgendaItem], *, name: str, by: User) -> EmailMessage:
    """The convocation as one of its recipients will read it; its link opens nothing."""
    url = absolute("governance:invitation", "lien-personnel")
    return letter(Kind.CONVOCATION, meeting, items, name=name, url=url, by=by)
