"""« Veille et financements »: the calls for projects that the convention follows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.access import STEER, MemberRequest
from actions.forms.funding import FundingForm
from actions.history import last_editor
from actions.models import FundingCall
from actions.services.funding import enter_in_budget, follow_amount
from actions.services.plan import changing
from ctg.access import member
from ctg.forms import posted, status_of
from ctg.numbers import NO_BREAK
from ctg.refusal import Refused

State = FundingCall.State
KINDS = {
    State.SPOTTED: ("engager", "binoculars"),
    State.STUDIED: ("cours", "search"),
    State.FILED: ("pause", "send"),
    State.GRANTED: ("faite", "check-circle"),
    State.REFUSED: ("fin", "x-circle"),
}


@dataclass(frozen=True)
class CallRow:
    """A call as the list shows it."""

    call: FundingCall
    today: date

    @property
    def kind(self) -> tuple[str, str]:
        return KINDS[State(self.call.state)]

    @property
    def is_open(self) -> bool:
        """Still to be answered."""
        return self.call.state in FundingCall.OPEN

    @property
    def is_past(self) -> bool:
        return self.call.deadline is not None and self.call.deadline < self.today

    @property
    def days_left(self) -> str:
        """« dans 12 jours », « demain », « aujourd’hui »; empty for what is past or has no date."""
        if self.call.deadline is None or self.is_past:
            return ""
        days = (self.call.deadline - self.today).days
        return ("aujourd’hui", "demain")[days] if days < 2 else f"dans {days}{NO_BREAK}jours"

    @property
    def is_near(self) -> bool:
        return (
            bool(self.days_left)
            and self.call.deadline is not None
            and (self.call.deadline - self.today).days < 15
        )


@dataclass(frozen=True)
class Group:
    title: str
    rows: list[CallRow]


def grouped(calls: Iterable[FundingCall], today: date) -> list[Group]:
    """To be answered, by deadline; waiting for an answer; and what is over, the latest first."""
    rows = [CallRow(call, today) for call in calls]
    ahead = [row for row in rows if row.is_open and not row.is_past]
    filed = [row for row in rows if row.call.state == State.FILED]
    over = [row for row in reversed(rows) if row not in ahead and row not in filed]
    groups = (
        Group("À préparer", ahead),
        Group("Déposés, en attente de réponse", filed),
        Group("Terminés", over),
    )
    return [group for group in groups if group.rows]


def calls_of(request: MemberRequest) -> Any:
    return FundingCall.objects.visible_to(request.user).of(request.space)


def find_call(request: MemberRequest, uuid: Any) -> FundingCall:
    found: FundingCall | None = calls_of(request).filter(uuid=uuid).first()
    if found is None:
        raise Http404("Appel inconnu")
    return found


@member()
@require_safe
def funding_list(request: MemberRequest) -> HttpResponse:
    calls = (
        calls_of(request)
        .order_by(F("deadline").asc(nulls_last=True), "pk")
        .select_related("followed_by")
        .prefetch_related("themes", "fiches", "budget_lines__fiche")
    )
    for call in calls:
        for fiche in call.fiches.all():
            fiche.convention = request.space  # the one row that they all point to
    granted = [call.amount_granted for call in calls if call.amount_granted is not None]
    context = {
        "convention": request.space,
        "groups": grouped(calls, timezone.localdate()),
        "granted": sum(granted) if granted else None,
        "granted_count": len(granted),
    }
    return render(request, "actions/funding_list.html", context)


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def funding_add(request: MemberRequest) -> HttpResponse:
    form = FundingForm(posted(request), convention=request.space, user=request.user)
    return funding_page(request, form)


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def funding_edit(request: MemberRequest, uuid: Any) -> HttpResponse:
    call = find_call(request, uuid)
    return funding_page(
        request, FundingForm(posted(request), instance=call, convention=request.space, user=request.user)
    )


def funding_page(request: MemberRequest, form: FundingForm) -> HttpResponse:
    row = form.instance if form.instance.pk else None
    if form.is_valid() and save_call(request, form):
        messages.success(request, "L’appel à projets est enregistré.")
        return redirect("actions:funding_list", request.space.slug)
    context = {"form": form, "row": row, "convention": request.space}
    return render(request, "actions/funding_form.html", context, status=status_of(form))


def save_call(request: MemberRequest, form: FundingForm) -> bool:
    """False with the errors or conflicts in the form."""
    former, given = form.initial.get("amount_granted"), form.cleaned_data
    try:
        with changing(by=request.user) as change:
            if not (form.merge() if form.instance.pk else form.create()):
                change.undo()
            else:
                follow_amount(form.instance, former)
                if fiche := given.get("budget_fiche"):
                    enter_in_budget(
                        form.instance, fiche, year=given["budget_year"], nature=given["budget_nature"]
                    )
    except Refused as refused:
        form.add_error(None, str(refused))
    form.editor = last_editor(form.instance, form.conflicting) if form.conflicts else ""
    return not (change.undone or form.errors)


@member(STEER)
@require_POST
def funding_delete(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Its line of a budget stays: the money is there."""
    call = find_call(request, uuid)
    with changing(by=request.user):
        call.delete()
    messages.success(request, f"« {call} » est supprimé.")
    return redirect("actions:funding_list", request.space.slug)
