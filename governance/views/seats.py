"""Those who sit on a committee."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from actions.access import MemberRequest
from actions.services.plan import changing
from ctg.access import member
from ctg.forms import posted
from governance.access import get_committee
from governance.forms.bodies import NewSeatForm, SeatForm
from governance.models import Committee, Seat
from governance.views.committees import committee_url
from governance.views.rows import RowPage, row_page


def find_seat(request: MemberRequest, committee: Committee, uuid: Any) -> Seat:
    """Raises Http404, for a former member too: what they were is not changed."""
    seats = Seat.objects.visible_to(request.user).current().filter(committee=committee)
    seat = seats.select_related("contact").filter(uuid=uuid).first()
    if seat is None:
        raise Http404("Membre inconnu")
    seat.committee = committee
    return seat


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def seat_add(request: MemberRequest, uuid: Any) -> HttpResponse:
    committee = get_committee(request, uuid, run=True)
    form = NewSeatForm(
        posted(request), instance=Seat(committee=committee), convention=request.space, user=request.user
    )
    page = RowPage(
        f"Ajouter un membre : {committee}",
        back=committee_url(request, committee),
        back_label=committee.name,
        said="Le membre est enregistré.",
        again="Enregistrer et ajouter un autre",
        template="governance/seat_form.html",
    )
    return row_page(request, form, page)


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def seat_edit(request: MemberRequest, uuid: Any, seat: Any) -> HttpResponse:
    committee = get_committee(request, uuid, run=True)
    row = find_seat(request, committee, seat)
    page = RowPage(
        str(row),
        back=committee_url(request, committee),
        back_label=committee.name,
        said="Le membre est enregistré.",
        template="governance/seat_form.html",
    )
    form = SeatForm(posted(request), instance=row, convention=request.space, user=request.user)
    return row_page(request, form, page)


@member()
@require_POST
def seat_end(request: MemberRequest, uuid: Any, seat: Any) -> HttpResponse:
    """They stay among the former members, and on the meetings to which they were asked."""
    committee = get_committee(request, uuid, run=True)
    row = find_seat(request, committee, seat)
    with changing(by=request.user):
        row.ended_on = timezone.localdate()
        row.save(update_fields=["ended_on"])
    messages.success(request, f"{row} ne siège plus dans « {committee} ».")
    return redirect(committee_url(request, committee))
