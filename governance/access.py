"""What a user may open and run of the steering of a convention (docs/conception.md, droits)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q
from django.http import Http404

from actions.access import EDIT, MemberRequest
from actions.models import Convention
from ctg.accounts.models import User
from governance.models import Attendance, Committee, Decision, Meeting, Seat
from territories.standing import LOCAL, standings


def conventions_granted(user: User) -> Q:
    """Somebody who sits on a committee, or whose organisation does, reads its convention.

    An EPCI, a commune or a Caf that only has somebody on a committee does not: they see what they sign or cover.
    """
    seats = Seat.objects.current().filter(committee__convention=OuterRef("pk"))
    bodies = [one.organisation for one in standings(user) if one.kind not in ("caf", *LOCAL)]
    return Q(Exists(seats.filter(Q(contact__user=user) | Q(contact__organisation__in=bodies))))


def contacts_granted(user: User) -> Q:
    """Those who sit on a committee or are asked to a meeting that one sees."""
    seats = Seat.objects.visible_to(user).filter(contact=OuterRef("pk"))
    asked = Attendance.objects.visible_to(user).filter(contact=OuterRef("pk"))
    posts = Convention.objects.visible_to(user).filter(posts__holder=OuterRef("pk"))
    return Q(Exists(seats)) | Q(Exists(asked)) | Q(Exists(posts))


def get_committee(request: MemberRequest, uuid: Any, *, run: bool = False) -> Committee:
    """A committee of the convention, with `can_run`. Raises Http404; PermissionDenied for whoever may not run it."""
    committees = Committee.objects.visible_to(request.user).of(request.space).with_rights(request.user)
    return _opened(committees.filter(uuid=uuid).first(), run)


def get_meeting(request: MemberRequest, uuid: Any, *, run: bool = False) -> Meeting:
    """A meeting of the convention, with `can_run`. Raises Http404; PermissionDenied for whoever may not run it."""
    meetings = Meeting.objects.visible_to(request.user).of(request.space).with_rights(request.user)
    meeting = _opened(meetings.select_related("committee").filter(uuid=uuid).first(), run)
    meeting.convention = request.space
    return meeting


def get_decision(request: MemberRequest, uuid: Any, *, run: bool = False) -> Decision:
    """A decision of the convention, with `can_run`. Raises Http404; PermissionDenied for whoever may not run it."""
    decisions = Decision.objects.visible_to(request.user).of(request.space).with_rights(request.user)
    return _opened(decisions.select_related("meeting__committee").filter(uuid=uuid).first(), run)


def _opened(row: Any, run: bool) -> Any:
    if row is None:
        raise Http404("Élément inconnu")
    if run and not row.can_run:
        raise PermissionDenied
    return row


def committees_to_run(request: MemberRequest) -> Any:
    """Those whose meetings this user may prepare."""
    committees = Committee.objects.visible_to(request.user).of(request.space).active()
    return committees.run_by(request.user).in_order()


def may_prepare(request: MemberRequest) -> bool:
    """Whether a button offers to prepare a meeting: a scoped coordination needs a group of its own."""
    return request.space.allows(EDIT)
