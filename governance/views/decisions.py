"""Decisions: taken in a session, followed until they are done."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.access import MemberRequest
from actions.services.plan import changing
from ctg.access import member
from ctg.forms import posted, status_of
from ctg.refusal import Refused
from governance.access import get_decision, get_meeting
from governance.forms.decisions import DecisionFilter, DecisionForm, EffectForm, FollowForm
from governance.models import Decision, DecisionFiche, Meeting
from governance.services import meetings as services
from governance.services import session as services_live
from governance.views.rows import RowPage, row_page, settled
from governance.views.session import back_to, session_url

LONGEST = 3000


@member()
@require_safe
def decision_list(request: MemberRequest) -> HttpResponse:
    """What was decided, the latest meeting first; `?state=` narrows it."""
    decisions = Decision.objects.visible_to(request.user).of(request.space).taken()
    listing = DecisionFilter(request.GET)
    followed = decisions.followed()
    context = {
        "convention": request.space,
        "filter": listing,
        "decisions": list(listing.narrow(decisions).with_rights(request.user).for_list()),
        "followed": followed.count(),
        "late": followed.filter(due_on__lt=timezone.localdate()).count(),
    }
    return render(request, "governance/decision_list.html", context)


@member()
@require_POST
def decision_add(request: MemberRequest, uuid: Any) -> HttpResponse:
    """A decision as it is said, under an item (`point`) or not."""
    meeting = get_meeting(request, uuid, run=True)
    text = request.POST.get("text", "").replace("\x00", "").replace("\r\n", "\n").strip()
    sent = {"item": request.POST.get("point", ""), "option": request.POST.get("option", "")}
    why = "Écrivez la décision." if not text else ""
    if len(text) > LONGEST:
        why = f"Une décision tient en {LONGEST} caractères."
    if not why:
        try:
            known = {name: key for name, key in sent.items() if services.is_uuid(key)}
            decision = services_live.add_decision(meeting, text, by=request.user, **known)
        except Refused as refused:
            why = str(refused)
    if why:
        context = {"meeting": meeting, "convention": request.space, "why": why, "text": text}
        return render(request, "governance/live_refused.html", context, status=422)
    where = f"#decision-{decision.uuid}"
    return redirect(session_url(request, meeting) + where)


def open_decision(request: MemberRequest, uuid: Any) -> Decision:
    """A decision whose meeting this user runs and whose minutes are not sent. Raises PermissionDenied."""
    decision = get_decision(request, uuid, run=True)
    decision.convention = decision.meeting.convention = request.space
    if decision.meeting.minutes_state != Meeting.Minutes.DRAFT:
        raise PermissionDenied
    return decision


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def decision_edit(request: MemberRequest, uuid: Any) -> HttpResponse:
    decision = open_decision(request, uuid)
    form = DecisionForm(posted(request), instance=decision, convention=request.space, user=request.user)
    page = RowPage(
        "Préciser une décision",
        back=back_to(request, decision.meeting) + f"#decision-{decision.uuid}",
        back_label=decision.meeting.name,
        said="La décision est enregistrée.",
        delete_url=reverse("governance:decision_delete", args=[request.space.slug, decision.uuid]),
        delete_label="Supprimer cette décision",
        template="governance/decision_form.html",
    )
    effects = DecisionFiche.objects.visible_to(request.user).filter(decision=decision)
    more: dict[str, Any] = {"decision": decision, "effects": list(effects.select_related("fiche"))}
    return row_page(
        request, form, page, guard=lambda: services_live.require_writable(decision.meeting), **more
    )


@member()
@require_POST
def decision_delete(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Not once it has changed a fiche: it is part of its history."""
    decision = open_decision(request, uuid)
    back = back_to(request, decision.meeting)
    settled(
        request,
        lambda: services_live.remove_decision(decision, by=request.user),
        "La décision est supprimée.",
    )
    return redirect(back)


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def effect_add(request: MemberRequest, uuid: Any) -> HttpResponse:
    decision = open_decision(request, uuid)
    return effect_page(request, decision, DecisionFiche(decision=decision), "Ajouter une fiche concernée")


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def effect_edit(request: MemberRequest, uuid: Any, effect: Any) -> HttpResponse:
    decision = open_decision(request, uuid)
    found = get_effect(request, decision, effect)
    delete = reverse("governance:effect_delete", args=[request.space.slug, decision.uuid, found.pk])
    return effect_page(request, decision, found, "Modifier une fiche concernée", delete)


def get_effect(request: MemberRequest, decision: Decision, effect: Any) -> DecisionFiche:
    found = DecisionFiche.objects.visible_to(request.user).filter(decision=decision, pk=effect).first()
    if found is None:
        raise Http404("Fiche inconnue")
    if found.applied_at is not None:
        raise PermissionDenied
    return found


def now_words(effect: DecisionFiche) -> str:
    """Where the fiche stands today, once it is chosen."""
    return f" (fiche aujourd’hui {effect.fiche.get_status_display()})" if effect.pk else ""


def effect_page(
    request: MemberRequest, decision: Decision, effect: DecisionFiche, title: str, delete: str = ""
) -> HttpResponse:
    form = EffectForm(posted(request), instance=effect, convention=request.space, user=request.user)
    page = RowPage(
        title,
        back=reverse("governance:decision_edit", args=[request.space.slug, decision.uuid]),
        back_label="Décision",
        said="La fiche concernée est enregistrée.",
        lead=decision.text + now_words(effect),
        delete_url=delete,
        delete_label="Retirer cette fiche",
    )

    def guard() -> None:
        held = services_live.require_writable(decision.meeting)
        if not held.is_open and form.instance.changes:
            raise Refused(
                "La réunion est close : elle ne change plus les fiches. Changez la fiche elle-même."
            )

    return row_page(request, form, page, guard=guard)


@member()
@require_POST
def effect_delete(request: MemberRequest, uuid: Any, effect: Any) -> HttpResponse:
    decision = open_decision(request, uuid)
    found = get_effect(request, decision, effect)
    with changing(by=request.user):
        found.delete()
    messages.success(request, f"« {found} » n’est plus concernée.")
    return redirect("governance:decision_edit", request.space.slug, decision.uuid)


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def decision_follow(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Where it stands; `?reunion=`: as a meeting that sits looks at it."""
    decision = get_decision(request, uuid, run=True)
    at, back = None, reverse("governance:decision_list", args=[request.space.slug])
    asked = request.GET.get("reunion", "")
    if services.is_uuid(asked):
        at = get_meeting(request, asked, run=True)
        back = back_to(request, at) + "#suites"
    form = FollowForm(posted(request), decision=decision)
    if form.is_valid():
        given = form.cleaned_data
        services.follow_decision(decision, given["state"], given["words"], by=request.user, at=at)
        messages.success(request, "La suite est enregistrée.")
        return redirect(back)
    context = {"form": form, "decision": decision, "back": back, "convention": request.space}
    return render(request, "governance/decision_follow.html", context, status=status_of(form))
