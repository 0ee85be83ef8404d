"""Paramètres of a convention: its sections, each edited on a small page."""

import copy
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.access import MEMBERS, STEER, MemberRequest
from actions.forms.settings import (
    AppearanceForm,
    AvenantEditForm,
    AvenantForm,
    IdentityForm,
    LevelsForm,
    LogoForm,
    PerimeterForm,
    SettingsForm,
)
from actions.models import Avenant
from actions.services.conventions import add_avenant, next_avenant_number, remove_avenant, set_logo
from actions.services.members import parties
from actions.services.plan import changing
from actions.views.forms import find, refuse
from ctg.access import member
from ctg.forms import posted, status_of
from ctg.merge import merged
from ctg.panels import panels_of
from ctg.refusal import Refused
from territories.models import Membership, Organisation


@member(MEMBERS)
@require_safe
def settings(request: MemberRequest) -> HttpResponse:
    """All sections at a glance; the pencils are for the coordination."""
    convention = request.space
    organisations = Organisation.objects.visible_to(request.user).filter(parties(convention))
    members = Membership.objects.visible_to(request.user).active().filter(organisation__in=organisations)
    context = {
        "convention": convention,
        "may_steer": convention.allows(STEER),
        "communes": convention.communes.count(),
        "signatories": convention.signatories.select_related("organisation").prefetch_related("acts"),
        "phases": convention.phases.all(),
        "avenants": Avenant.objects.visible_to(request.user).of(convention),
        "people": members.values("user").distinct().count(),
        "panels": panels_of(convention, request.user),
        "invited": members.filter(user__last_login=None).values("user").distinct().count(),
    }
    return render(request, "actions/settings.html", context)


def edit_section(
    request: MemberRequest, form_class: type[SettingsForm], template: str, **extra: Any
) -> HttpResponse:
    """Show a section, or save what this person changed of it."""
    # The form writes on its instance: the header must go on showing what is stored.
    form = form_class(posted(request), instance=copy.copy(request.space), user=request.user)
    if form.is_valid():
        with changing(by=request.user, basis=form.build_basis()) as change:
            if not form.merge():
                change.undo()
        if not change.undone:
            messages.success(request, "Modifications enregistrées.")
            return redirect("actions:settings", request.space.slug)
    context = {"form": form, "convention": request.space} | extra
    return render(request, template, context, status=status_of(form))


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def settings_identity(request: MemberRequest) -> HttpResponse:
    return edit_section(request, IdentityForm, "actions/settings_identity.html")


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def settings_levels(request: MemberRequest) -> HttpResponse:
    suggestions = {"fiches": LevelsForm.FICHES, "axes": LevelsForm.AXES}
    return edit_section(request, LevelsForm, "actions/settings_levels.html", **suggestions)


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def settings_perimeter(request: MemberRequest) -> HttpResponse:
    return edit_section(request, PerimeterForm, "actions/settings_perimeter.html")


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def settings_appearance(request: MemberRequest) -> HttpResponse:
    return edit_section(request, AppearanceForm, "actions/settings_appearance.html", logo_form=LogoForm())


@member(STEER)
@require_POST
def settings_logo(request: MemberRequest) -> HttpResponse:
    form = LogoForm(request.POST, request.FILES)
    if form.is_valid():
        set_logo(request.space, form.cleaned_data["logo"])
        messages.success(request, "Logo enregistré.")
        return redirect("actions:settings_appearance", request.space.slug)
    colours = AppearanceForm(instance=copy.copy(request.space), user=request.user)
    context = {"form": colours, "logo_form": form, "convention": request.space}
    return render(request, "actions/settings_appearance.html", context, status=422)


@member(STEER)
@require_POST
def settings_logo_remove(request: MemberRequest) -> HttpResponse:
    set_logo(request.space, None)
    messages.success(request, "Logo retiré.")
    return redirect("actions:settings_appearance", request.space.slug)


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def avenant_list(request: MemberRequest) -> HttpResponse:
    """The amendments, and the form of the next one with its number."""
    convention = request.space
    initial = {"number": next_avenant_number(convention)}
    form = AvenantForm(posted(request), initial=initial, convention=copy.copy(convention))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            avenant = add_avenant(
                convention,
                number=given["number"],
                on=given["date"],
                subject=given["object"],
                new_end=given["new_end"],
                by=request.user,
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, f"{str(avenant).capitalize()} enregistré.")
            return redirect("actions:avenant_list", convention.slug)
    context = {
        "form": form,
        "convention": convention,
        "avenants": Avenant.objects.visible_to(request.user)
        .of(convention)
        .prefetch_related("acts__signatory__organisation"),
    }
    return render(request, "actions/avenant_list.html", context, status=status_of(form))


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def avenant_edit(request: MemberRequest, pk: int) -> HttpResponse:
    avenant = find(Avenant.objects.visible_to(request.user).of(request.space), pk)
    form = AvenantEditForm(posted(request), instance=avenant)
    if request.method == "POST" and merged(form):
        messages.success(request, "Modifications enregistrées.")
        return redirect("actions:avenant_list", request.space.slug)
    context = {"form": form, "convention": request.space, "avenant": avenant}
    return render(request, "actions/avenant_edit.html", context, status=status_of(form))


@member(STEER)
@require_POST
def avenant_remove(request: MemberRequest, pk: int) -> HttpResponse:
    avenant = find(Avenant.objects.visible_to(request.user).of(request.space), pk)
    said = str(avenant).capitalize()
    try:
        remove_avenant(avenant, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"{said} retiré.")
    return redirect("actions:avenant_list", request.space.slug)
