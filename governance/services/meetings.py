"""The states of a meeting: how it goes from one to the next, and what closing it does to the plan.

    draft → convened → in_progress → closed, or cancelled with a reason

Each move locks the meeting, so that of two people who close it at once one is told that it is done.
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from actions.models import Basis, FicheAction
from actions.services.plan import changing, next_position, touch
from ctg.accounts.models import User
from ctg.refusal import Refused
from governance.models import (
    AgendaItem,
    AgendaOption,
    Attendance,
    Decision,
    DecisionFiche,
    DecisionReview,
    Meeting,
)
from governance.notifications import call_off, invite, listed
from governance.querysets import DecisionQuerySet

State = Meeting.State

# What a meeting may become, and from what.
MOVES: Mapping[State, tuple[State, ...]] = MappingProxyType(
    {
        State.CONVENED: (State.DRAFT,),
        State.IN_PROGRESS: (State.DRAFT, State.CONVENED),
        # A past meeting is recorded as held without having been convened here.
        State.CLOSED: (State.DRAFT, State.CONVENED, State.IN_PROGRESS),
        State.CANCELLED: (State.DRAFT, State.CONVENED),
    }
)
TO = {
    State.CONVENED: "être convoquée",
    State.IN_PROGRESS: "s’ouvrir",
    State.CLOSED: "être close",
    State.CANCELLED: "être annulée",
}


def can_become(meeting: Meeting, state: State) -> bool:
    """What the buttons read."""
    return meeting.state in MOVES[state]


def locked(meeting: Meeting) -> Meeting:
    """The row as it is now, held until the transaction ends."""
    return (
        Meeting.objects.select_for_update(of=("self",))
        .select_related("convention", "committee")
        .get(pk=meeting.pk)
    )


@contextmanager
def moving(meeting: Meeting, state: State, *, by: User) -> Iterator[Meeting]:
    """A move under way: the locked meeting, saved in its new state at the end. Raises Refused."""
    with changing(by=by):
        held = locked(meeting)
        if not can_become(held, state):
            raise Refused(f"Cette réunion est {held.get_state_display()} : elle ne peut plus {TO[state]}.")
        yield held
        held.state = state
        held.save()


def require_open(meeting: Meeting) -> Meeting:
    """The locked meeting, whose agenda and list may still change. Raises Refused."""
    held = locked(meeting)
    if not held.is_open:
        raise Refused(f"Cette réunion est {held.get_state_display()} : son ordre du jour ne change plus.")
    return held


def invite_seats(meeting: Meeting) -> int:
    """Put those who sit on its committee today on the list of a meeting. Returns how many were added."""
    if meeting.committee is None:
        return 0
    seats = meeting.committee.seats.current()
    known = set(meeting.attendances.values_list("contact", flat=True))
    rows = [
        Attendance(meeting=meeting, contact_id=seat.contact_id, quality=seat.quality)
        for seat in seats
        if seat.contact_id not in known
    ]
    Attendance.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def remove_from_agenda(row: AgendaItem | AgendaOption, meeting: Meeting, *, by: User) -> None:
    """Take an item or an option off. Raises Refused once the meeting is over."""
    with changing(by=by):
        require_open(meeting)
        row.delete()


def add_seats(meeting: Meeting, *, by: User) -> int:
    """`invite_seats`, asked for later: once convened, whoever has had no letter gets one. Raises Refused."""
    with changing(by=by):
        held = require_open(meeting)
        added = invite_seats(held)
        if added and held.state == State.CONVENED:
            invite(held, list(held.attendances.invited().filter(link=None)), by=by)
    return added


def open_session(meeting: Meeting, *, by: User) -> Meeting:
    """The session begins. Raises Refused for a meeting without a date."""
    with moving(meeting, State.IN_PROGRESS, by=by) as held:
        if held.date is None:
            raise Refused("Donnez d’abord une date à la réunion.", "date")
        held.opened_at = timezone.now()
    return held


def cancel_meeting(meeting: Meeting, reason: str, *, by: User) -> Meeting:
    """Cancel with a reason, and tell those who were convened. Its subjects go back to waiting."""
    with moving(meeting, State.CANCELLED, by=by) as held:
        held.cancelled_at, held.cancel_reason = timezone.now(), reason
        if held.state == State.CONVENED:
            call_off(held, list(listed(held)), by=by)
        carry_over(held, held.items.all())
    return held


def delete_meeting(meeting: Meeting, *, by: User) -> None:
    """Drop a meeting that nobody was told of; its subjects go back to waiting. Raises Refused."""
    with changing(by=by):
        held = locked(meeting)
        if held.state != State.DRAFT:
            raise Refused("Seule une réunion en préparation se supprime ; une réunion convoquée s’annule.")
        carry_over(held, held.items.all())
        held.delete()


def close_meeting(meeting: Meeting, outcomes: Mapping[str, str], *, by: User) -> Meeting:
    """Close: the decisions reach the fiches, what was not treated waits for the next meeting.

    `outcomes`: by uuid of an item, « treated » or « postponed »; one that is not named is treated if something
    was noted or decided under it. Raises Refused, and nothing is done, when a decision cannot be applied.
    """
    with transaction.atomic():
        with moving(meeting, State.CLOSED, by=by) as held:
            if not (held.date or held.year or held.date_words):
                raise Refused("Donnez d’abord une date à la réunion.", "date")
            if held.date and held.date > timezone.localdate():
                raise Refused(
                    f"Cette réunion est prévue le {held.when} : corrigez sa date avant de la clore.", "date"
                )
            held.closed_at = timezone.now()
            settle_items(held, outcomes)
            settle_presences(held)
            held.decisions.filter(kind=Decision.Kind.INFORMATION, state=Decision.State.TO_DO).update(
                state=Decision.State.NONE
            )
        apply_effects(held, by=by)
    return held


def settle_items(meeting: Meeting, outcomes: Mapping[str, str]) -> None:
    """Say of each item whether it was treated; what was not is carried to the next meeting."""
    postponed = []
    decided = set(meeting.decisions.values_list("item", flat=True))
    for item in meeting.items.all():
        said = outcomes.get(str(item.uuid)) or item.outcome
        was_treated = bool(item.notes.strip()) or item.pk in decided
        item.outcome = said or (AgendaItem.Outcome.TREATED if was_treated else AgendaItem.Outcome.POSTPONED)
        item.save(update_fields=["outcome"])
        if item.outcome == AgendaItem.Outcome.POSTPONED:
            postponed.append(item)
    carry_over(meeting, postponed)


def carry_over(meeting: Meeting, items: Any) -> None:
    """Copy subjects among those that wait for a meeting of the same committee, with their fiches and options."""
    waiting = AgendaItem.objects.of(meeting.convention).waiting()
    position = next_position(waiting)
    for place, item in enumerate(items):
        copy = AgendaItem.objects.create(
            convention=meeting.convention,
            committee=meeting.committee,
            title=item.title,
            text=item.text,
            minutes=item.minutes,
            presenter=item.presenter,
            asks_decision=item.asks_decision,
            position=position + place,
            carried_from=item,
            author=item.author,
            is_fictitious=item.is_fictitious,
        )
        copy.fiches.set(item.fiches.all())
        for option in item.options.all():
            copy.options.create(
                title=option.title, consequences=option.consequences, position=option.position
            )
        for document in item.documents.all():
            copy.documents.create(title=document.title, stored=document.stored, author=document.author)


def plan_subject(meeting: Meeting, subject: str, *, by: User) -> AgendaItem:
    """Take a subject that waits onto the agenda. Raises Refused when somebody else has just taken it."""
    with changing(by=by):
        held = require_open(meeting)
        waiting = AgendaItem.objects.select_for_update(of=("self",)).of(held.convention).waiting()
        item = waiting.filter(uuid=subject).first() if is_uuid(subject) else None
        if item is None:
            raise Refused("Ce sujet n’attend plus : il est déjà à l’ordre du jour d’une réunion, ou retiré.")
        item.meeting, item.committee = held, None
        item.position = next_position(held.items.all())
        item.save(update_fields=["meeting", "committee", "position"])
    return item


def is_uuid(text: str) -> bool:
    """Whether a form sent what it should."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def settle_presences(meeting: Meeting) -> None:
    """Whoever said not to come and was not ticked otherwise did not come."""
    unknown = meeting.attendances.invited().filter(presence=Attendance.Presence.UNKNOWN)
    for answer in (Attendance.Answer.EXCUSED, Attendance.Answer.REPRESENTED):
        unknown.filter(answer=answer).update(presence=answer)


def apply_effects(meeting: Meeting, *, by: User) -> None:
    """What the decisions of a meeting change in the plan, on one basis: the meeting itself. Raises Refused."""
    effects = [
        effect
        for effect in DecisionFiche.objects.filter(decision__meeting=meeting, applied_at=None).select_related(
            "decision"
        )
        if effect.changes
    ]
    if not effects:
        return
    mine = set(
        FicheAction.objects.of(meeting.convention)
        .editable_by(by)
        .filter(pk__in=[effect.fiche_id for effect in effects])
        .values_list("pk", flat=True)
    )
    basis = basis_of(meeting) if meeting.convention.is_contract else None
    with changing(by=by, basis=basis):
        for effect in effects:
            if effect.fiche_id not in mine:
                raise Refused(f"La fiche « {effect.fiche} » ne relève pas de vous : retirez son changement.")
            decide(effect)
        if basis is not None:
            Meeting.objects.filter(pk=meeting.pk).update(basis=basis)
            meeting.basis = basis


def basis_of(meeting: Meeting) -> Basis:
    """The unsaved basis of what a meeting changes in a signed plan: an adjustment it decided."""
    return Basis(
        convention=meeting.convention,
        kind=Basis.Kind.AJUSTEMENT,
        date=meeting.date or timezone.localdate(),
        words=f"Décision : {meeting}"[:300],
    )


def decide(effect: DecisionFiche) -> None:
    """One decision reaches one fiche. Raises Refused when the fiche cannot be so."""
    fiche = FicheAction.objects.select_for_update(of=("self",)).get(pk=effect.fiche_id)
    if effect.status:
        fiche.status, fiche.status_reason = effect.status, effect.reason
        fiche.postponed_to = effect.new_date
        fiche.is_postponed_without_date = effect.new_date is None
        fiche.forget_former_status()
    if effect.new_date and fiche.status != FicheAction.Status.REPORTEE:
        fiche.ends_on = effect.new_date
    try:
        fiche.validate_constraints()
    except ValidationError as error:
        raise Refused(f"« {fiche} » : {' '.join(error.messages)}") from error
    fiche.save()
    touch(fiche)
    effect.applied_at = timezone.now()
    effect.save(update_fields=["applied_at"])


# --- Decisions, afterwards ------------------------------------------------------------------------
def follow_decision(
    decision: Decision, state: str, words: str, *, by: User, at: Meeting | None = None
) -> Decision:
    """Say where a decision stands; `at`: the meeting that looks at it, which keeps what it was told."""
    with changing(by=by):
        decision = Decision.objects.select_for_update(of=("self",)).get(pk=decision.pk)
        decision.state, decision.state_words = state, words
        if state == Decision.State.DONE:
            decision.done_on = decision.done_on or timezone.localdate()
        else:
            decision.done_on = None
        decision.save(update_fields=["state", "state_words", "done_on"])
        if at is not None:
            DecisionReview.objects.update_or_create(
                decision=decision, meeting=at, defaults={"state": state, "words": words, "author": by}
            )
    return decision


def to_review(meeting: Meeting) -> DecisionQuerySet:
    """The decisions that this meeting looks at."""
    return Decision.objects.of(meeting.convention).to_review(meeting)


# --- Minutes --------------------------------------------------------------------------------------
def approve_minutes(meeting: Meeting, *, by: User) -> Meeting:
    """The minutes that were sent are approved. Raises Refused before."""
    with changing(by=by):
        held = locked(meeting)
        if held.minutes_state != Meeting.Minutes.SENT:
            raise Refused("Le compte rendu s’approuve une fois envoyé.")
        held.minutes_state, held.minutes_approved_at = Meeting.Minutes.APPROVED, timezone.now()
        held.save(update_fields=["minutes_state", "minutes_approved_at"])
    return held
