"""Paramètres: the signatories with their acts, and the phases of the elaboration."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from actions.access import STEER, MemberRequest
from actions.forms.settings import ActForm, PhaseForm, SignatoryForm
from actions.models import Phase, Signatory, SignatoryAct
from actions.services.conventions import add_signatory, remove_signatory, signing_organisation
from actions.services.plan import move, next_position
from actions.views.forms import find, refuse
from ctg.access import member
from ctg.forms import posted, status_of
from ctg.merge import merged
from ctg.refusal import Refused
from territories.models import Organisation


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def signatory_list(request: MemberRequest) -> HttpResponse:
    """The signatories with their acts, and the form that adds one."""
    convention = request.space
    form = SignatoryForm(posted(request), convention=convention, user=request.user)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            with transaction.atomic():
                organisation = signing_organisation(
                    convention, given["organisation"], name=given["new_name"], kind=given["new_kind"]
                )
                add_signatory(convention, organisation)
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, f"{organisation.name} : signataire ajouté.")
            return redirect("actions:signatory_list", convention.slug)
    signatories = convention.signatories.select_related("organisation").prefetch_related("acts__avenant")
    context = {"form": form, "convention": convention, "signatories": signatories}
    return render(request, "actions/signatory_list.html", context, status=status_of(form))


def back(request: MemberRequest, view: str, words: str) -> HttpResponse:
    messages.success(request, words)
    return redirect(view, request.space.slug)


@member(STEER)
@require_POST
def signatory_remove(request: MemberRequest, pk: int) -> HttpResponse:
    signatory: Signatory = find(request.space.signatories.all(), pk)
    try:
        remove_signatory(signatory)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("actions:signatory_list", request.space.slug)
    return back(
        request, "actions:signatory_list", f"{signatory.organisation.name} ne signe plus la convention."
    )


@member(STEER)
@require_POST
def signatory_move(request: MemberRequest, pk: int) -> HttpResponse:
    signatories = request.space.signatories.all()
    move(find(signatories, pk), signatories, up=request.POST.get("sens") == "haut")
    return redirect("actions:signatory_list", request.space.slug)


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def act_add(request: MemberRequest, pk: int) -> HttpResponse:
    signatory: Signatory = find(request.space.signatories.select_related("organisation"), pk)
    caf = signatory.organisation.kind == Organisation.Kind.CAF
    kind = SignatoryAct.Kind.DECISION if caf else SignatoryAct.Kind.DELIBERATION
    form = ActForm(posted(request), initial={"kind": kind}, signatory=signatory, user=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        return back(request, "actions:signatory_list", "Acte ajouté.")
    return show_act(request, form, signatory)


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def act_edit(request: MemberRequest, pk: int, act: int) -> HttpResponse:
    found = find_act(request, pk, act)
    form = ActForm(posted(request), instance=found, signatory=found.signatory, user=request.user)
    if request.method == "POST" and merged(form):
        return back(request, "actions:signatory_list", "Modifications enregistrées.")
    return show_act(request, form, found.signatory, found)


@member(STEER)
@require_POST
def act_remove(request: MemberRequest, pk: int, act: int) -> HttpResponse:
    find_act(request, pk, act).delete()
    return back(request, "actions:signatory_list", "Acte retiré.")


def find_act(request: MemberRequest, pk: int, act: int) -> SignatoryAct:
    """An act of a signatory of this convention."""
    signatory: Signatory = find(request.space.signatories.all(), pk)
    return find(signatory.acts.select_related("signatory__organisation"), act)


def show_act(
    request: MemberRequest, form: ActForm, signatory: Signatory, act: SignatoryAct | None = None
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "convention": request.space, "signatory": signatory, "act": act}
    return render(request, "actions/act_edit.html", context, status=status_of(form))


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def phase_list(request: MemberRequest) -> HttpResponse:
    """The phases in their order, and the form that adds one."""
    convention = request.space
    form = PhaseForm(posted(request), instance=Phase(convention=convention))
    if request.method == "POST" and form.is_valid():
        form.instance.position = next_position(convention.phases.all())
        form.save()
        return back(request, "actions:phase_list", "Étape ajoutée.")
    context = {"form": form, "convention": convention, "phases": convention.phases.all()}
    return render(request, "actions/phase_list.html", context, status=status_of(form))


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def phase_edit(request: MemberRequest, pk: int) -> HttpResponse:
    phase = find(request.space.phases.all(), pk)
    form = PhaseForm(posted(request), instance=phase)
    if request.method == "POST" and merged(form):
        return back(request, "actions:phase_list", "Modifications enregistrées.")
    context = {"form": form, "convention": request.space, "phase": phase}
    return render(request, "actions/phase_edit.html", context, status=status_of(form))


@member(STEER)
@require_POST
def phase_move(request: MemberRequest, pk: int) -> HttpResponse:
    phases = request.space.phases.all()
    move(find(phases, pk), phases, up=request.POST.get("sens") == "haut")
    return redirect("actions:phase_list", request.space.slug)


@member(STEER)
@require_POST
def phase_remove(request: MemberRequest, pk: int) -> HttpResponse:
    find(request.space.phases.all(), pk).delete()
    return back(request, "actions:phase_list", "Étape retirée.")
