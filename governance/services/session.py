"""What is done while a meeting sits: notes and decisions saved as they are typed, presences ticked."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from actions.services.plan import changing, next_position
from ctg.accounts.models import User
from ctg.refusal import Refused
from ctg.together import together
from governance.models import AgendaItem, AgendaOption, Attendance, Decision, DecisionFiche, Meeting
from governance.notifications import call_off, invite
from governance.services.meetings import locked
from territories.models import Contact

LONGEST = 20_000


def require_writable(meeting: Meeting) -> Meeting:
    """The locked meeting, whose notes may still be written: until its minutes are sent. Raises Refused."""
    held = locked(meeting)
    if held.state == Meeting.State.CANCELLED:
        raise Refused("Cette réunion est annulée.")
    if held.minutes_state != Meeting.Minutes.DRAFT:
        raise Refused("Le compte rendu est envoyé : il ne change plus. Corrigez-le à la prochaine réunion.")
    return held


def write_text(row: Meeting | AgendaItem | Decision, base: str, text: str, *, by: User) -> str:
    """Save what somebody types, put together with what others typed since `base`. Returns the whole.

    Raises Refused once the minutes are sent, or past the length of the column: then nothing is changed.
    """
    column = "text" if isinstance(row, Decision) else "notes"
    meeting = row if isinstance(row, Meeting) else row.meeting
    if meeting is None:
        raise Refused("Ce point n’est plus à l’ordre du jour de cette réunion : copiez votre texte.")
    with changing(by=by):
        require_writable(meeting)
        held: Any = type(row)._default_manager.select_for_update(of=("self",)).filter(pk=row.pk).first()
        if held is None or (isinstance(held, AgendaItem) and held.meeting_id != meeting.pk):
            raise Refused("Quelqu’un vient de le retirer : copiez votre texte avant de quitter la page.")
        stored = getattr(held, column)
        whole = together(base, text, stored)
        longest = held._meta.get_field(column).max_length or LONGEST
        if isinstance(row, Decision) and not whole.strip():
            raise Refused("Une décision ne reste pas vide : supprimez-la par « Préciser ».")
        if len(whole) > longest:
            raise Refused(f"C’est trop long : {longest} caractères au plus.")
        if whole != stored:
            setattr(held, column, whole)
            held.save(update_fields=[column])
    return whole


def add_decision(meeting: Meeting, text: str, *, item: str = "", option: str = "", by: User) -> Decision:
    """A decision, as it is said, under an item and by one of its options (uuids); what it asks of whom is
    completed afterwards. Raises Refused.
    """
    with changing(by=by):
        held = require_writable(meeting)
        about = held.items.filter(uuid=item).first() if item else None
        options = AgendaOption.objects.filter(item=about) if about else AgendaOption.objects.none()
        decision = Decision.objects.create(
            convention=held.convention,
            meeting=held,
            item=about,
            option=options.filter(uuid=option).first() if option else None,
            text=text,
            kind=Decision.Kind.ARBITRAGE if options.exists() else Decision.Kind.VALIDATION,
            position=next_position(held.decisions.all()),
            author=by,
        )
        if about is not None:  # what the item is about, its decision is about
            decision.effects.bulk_create(
                DecisionFiche(decision=decision, fiche=fiche) for fiche in about.fiches.all()
            )
    return decision


def remove_decision(decision: Decision, *, by: User) -> None:
    """Drop a decision. Raises Refused once it has changed a fiche."""
    with changing(by=by):
        require_writable(decision.meeting)
        if decision.effects.filter(applied_at__isnull=False).exists():
            raise Refused("Cette décision a changé une fiche : elle fait partie de son histoire.")
        decision.delete()


def set_outcome(item: AgendaItem, outcome: str, *, by: User) -> AgendaItem:
    """Say whether an item was treated, or taken to the next meeting."""
    assert item.meeting is not None
    with changing(by=by):
        held = locked(item.meeting)
        if not held.is_open:
            raise Refused("Cette réunion est close.")
        item = AgendaItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
        item.outcome = outcome
        item.save(update_fields=["outcome"])
    return item


# --- People ---------------------------------------------------------------------------------------
def tick(attendance: Attendance, presence: str, *, by: User) -> Attendance:
    """Whether somebody is there."""
    with changing(by=by):
        require_writable(attendance.meeting)
        attendance = Attendance.objects.select_for_update(of=("self",)).get(pk=attendance.pk)
        attendance.presence = presence
        attendance.save(update_fields=["presence"])
    return attendance


def tick_as_answered(meeting: Meeting, *, by: User) -> None:
    """Those who were not ticked yet are as they answered. Raises Refused."""
    with changing(by=by):
        held = require_writable(meeting)
        for answer in (Attendance.Answer.PRESENT, Attendance.Answer.EXCUSED, Attendance.Answer.REPRESENTED):
            unknown = held.attendances.invited().filter(presence="", answer=answer)
            unknown.update(presence=answer)


def add_person(meeting: Meeting, contact: Contact, quality: str, *, by: User) -> Attendance:
    """Put somebody on the list, or back on it. Once convened they are invited; during the session, they are there."""
    with changing(by=by):
        held = require_writable(meeting)
        row, is_new = Attendance.objects.get_or_create(
            meeting=held, contact=contact, defaults={"quality": quality}
        )
        if row.removed_at is not None:
            row.removed_at, row.answer, row.answered_at = None, Attendance.Answer.NONE, None
            row.represented_by = row.words = ""
        if not is_new:
            row.quality = quality or row.quality
        if held.state in (Meeting.State.IN_PROGRESS, Meeting.State.CLOSED):
            row.presence = Attendance.Presence.PRESENT
        row.save()
        if held.state == Meeting.State.CONVENED:
            invite(held, [row], by=by)
    return row


def remove_person(attendance: Attendance, *, by: User) -> None:
    """Take somebody off the list; whoever was convened stays on it with the date, and is told."""
    with changing(by=by):
        held = require_writable(attendance.meeting)
        if held.convened_at is None:
            attendance.delete()
            return
        if not Attendance.objects.filter(pk=attendance.pk, removed_at=None).update(removed_at=timezone.now()):
            return
        if held.state == Meeting.State.CONVENED:
            call_off(held, [attendance], by=by)


def answer(
    attendance: Attendance, given: str, *, represented_by: str = "", words: str = "", by: User | None
) -> Attendance:
    """What somebody answers to a convocation, by their link or told to the coordination. Raises Refused."""
    with changing(by=by) if by else transaction.atomic():
        held = locked(attendance.meeting)
        if held.state not in (Meeting.State.CONVENED, Meeting.State.DRAFT):
            raise Refused(f"Cette réunion est {held.get_state_display()} : on n’y répond plus.")
        attendance = Attendance.objects.select_for_update(of=("self",)).get(pk=attendance.pk)
        if attendance.removed_at is not None:
            raise Refused("Vous n’êtes plus dans la liste des personnes convoquées.")
        if given == Attendance.Answer.REPRESENTED and not represented_by.strip():
            raise Refused("Dites par qui vous êtes représenté.", "represented_by")
        attendance.answer, attendance.words = given, words
        attendance.represented_by = represented_by if given == Attendance.Answer.REPRESENTED else ""
        attendance.answered_at = timezone.now() if given else None
        attendance.save(update_fields=["answer", "words", "represented_by", "answered_at"])
    return attendance
