"""Who sits on a committee, the end of one, and what a post holds beside its row."""

from typing import Any

from django.db.models import Q
from django.utils import timezone

from actions.models import Convention, FichePilot
from actions.services.members import parties
from actions.services.plan import changing
from ctg.accounts.models import User
from ctg.files.services import store
from ctg.refusal import Refused
from governance.models import Committee, CooperationPost, Meeting, Seat
from territories.models import Contact, Organisation


def named_contact(convention: Convention, *, name: str, function: str, email: str, body: str) -> Contact:
    """Whoever sits here already under that name, function and address, or a new contact.

    `body`: an organisation of the convention by its name, or a label.
    """
    here = Contact.objects.filter(seats__committee__convention=convention)
    known = here.filter(name__iexact=name, function__iexact=function, email__iexact=email).first()
    if known is not None:
        return known
    bodies = Organisation.objects.filter(parties(convention))
    named = bodies.filter(Q(name__iexact=body) | Q(short_name__iexact=body)).first() if body else None
    return Contact.objects.create(
        name=name, function=function, email=email.lower(), organisation=named, label="" if named else body
    )


def is_ours(contact: Contact, convention: Convention) -> bool:
    """Whether this convention may say who a contact is: it has no account, and is named nowhere else."""
    seats = Seat.objects.filter(contact=contact).exclude(committee__convention=convention)
    pilots = FichePilot.objects.filter(contact=contact).exclude(fiche__convention=convention)
    return contact.user_id is None and not seats.exists() and not pilots.exists()


def end_committee(committee: Committee, *, by: User) -> bool:
    """End a committee: what it held stays. One that never met is deleted. Returns whether it was kept.

    Raises Refused while a meeting of it is to come.
    """
    with changing(by=by):
        held = Committee.objects.select_for_update(of=("self",)).get(pk=committee.pk)
        if held.meetings.filter(state__in=Meeting.OPEN).exists():
            raise Refused(
                "Une réunion de cette instance est encore ouverte : tenez-la ou annulez-la d’abord."
            )
        if not held.meetings.exists():
            held.delete()
            return False
        held.ended_on = held.ended_on or timezone.localdate()
        held.save(update_fields=["ended_on"])
    return True


def complete_post(post: CooperationPost, *, new_holder: str, upload: Any, without_file: Any) -> None:
    """Name somebody new as its holder; keep the file that was sent, or let go of the former one."""
    changed = []
    if new_holder:
        post.holder = Contact.objects.create(name=new_holder, organisation=post.employer)
        changed.append("holder")
    if upload or without_file:
        post.job_description = store(upload) if upload else None
        changed.append("job_description")
    if changed:
        post.save(update_fields=changed)
