"""Levels 1 and 2 of the plan: axes and orientations, changed by the same acts."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from actions.access import STEER, MemberRequest
from actions.forms.plan import AxeForm, EndForm, OrientationForm
from actions.history import last_editor
from actions.models import Axe, Orientation
from actions.services.plan import (
    changing,
    delete_level,
    end_level,
    move,
    next_position,
    refuse_with_fiches,
)
from ctg.access import member
from ctg.forms import posted, status_of
from ctg.refusal import Refused

STOPPED = (
    "Plus aucune fiche ne s’y ajoute. Ses fiches restent lisibles, avec leur suivi et leur historique ; "
    "pour en arrêter une, changez son statut."
)
DELETED = "Ce niveau est vide : il disparaît du plan, l’historique en garde la trace."


def find_level(request: MemberRequest, kind: str, uuid: Any) -> Any:
    model: Any = Axe if kind == "axes" else Orientation
    found = model.objects.visible_to(request.user).of(request.space).filter(uuid=uuid).first()
    if found is None:
        raise Http404("Niveau inconnu")
    return found


def level_page(request: MemberRequest, form: Any, title: str, act: str, explain: str = "") -> HttpResponse:
    context = {"form": form, "title": title, "act": act, "explain": explain, "convention": request.space}
    return render(request, "actions/level_form.html", context, status=status_of(form))


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def axe_add(request: MemberRequest) -> HttpResponse:
    form = AxeForm(
        posted(request), instance=Axe(convention=request.space), convention=request.space, user=request.user
    )
    if form.is_valid():
        with changing(by=request.user, basis=form.build_basis()):
            form.instance.position = next_position(Axe.objects.visible_to(request.user).of(request.space))
            form.save()
        messages.success(request, "L’axe est ajouté.")
        return redirect("actions:plan_edit", request.space.slug)
    return level_page(request, form, "Ajouter un axe", "Ajouter")


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def orientation_add(request: MemberRequest, uuid: Any) -> HttpResponse:
    axe = find_level(request, "axes", uuid)
    form = OrientationForm(
        posted(request), instance=Orientation(axe=axe), convention=request.space, user=request.user
    )
    if form.is_valid():
        with changing(by=request.user, basis=form.build_basis()):
            form.instance.position = next_position(axe.orientations.all())
            form.save()
        messages.success(request, "L’orientation est ajoutée.")
        return redirect("actions:plan_edit", request.space.slug)
    return level_page(request, form, f"Ajouter une orientation à l’axe « {axe.title} »", "Ajouter")


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def level_edit(request: MemberRequest, kind: str, uuid: Any) -> HttpResponse:
    level = find_level(request, kind, uuid)
    title = f"Modifier « {level.title} »"  # said before the form puts what was typed on the row
    form_class: Any = AxeForm if kind == "axes" else OrientationForm
    form = form_class(posted(request), instance=level, convention=request.space, user=request.user)
    if form.is_valid():
        with changing(by=request.user, basis=form.build_basis()) as change:
            if not form.merge():
                change.undo()
        if not change.undone:
            messages.success(request, "Le titre est enregistré.")
            return redirect("actions:plan_edit", request.space.slug)
        form.editor = last_editor(level, form.conflicting)
    return level_page(request, form, title, "Enregistrer")


@member(STEER)
@require_POST
def level_move(request: MemberRequest, kind: str, uuid: Any) -> HttpResponse:
    level = find_level(request, kind, uuid)
    siblings: Any = type(level).objects.visible_to(request.user).of(request.space)
    if kind == "orientations":
        siblings = siblings.filter(axe=level.axe_id)
    move(level, siblings, up="monter" in request.POST)
    return redirect(f"{reverse('actions:plan_edit', args=[request.space.slug])}#n-{level.uuid}")


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def level_end(request: MemberRequest, kind: str, uuid: Any) -> HttpResponse:
    """Stop an axe or orientation with a reason: its fiches stay readable."""
    level = find_level(request, kind, uuid)
    form = EndForm(posted(request), convention=request.space, user=request.user)
    if form.is_valid():
        end_level(level, reason=form.cleaned_data["reason"], by=request.user, basis=form.build_basis())
        messages.success(request, f"« {level.title} » est arrêté.")
        return redirect("actions:plan_edit", request.space.slug)
    return level_page(request, form, f"Arrêter « {level.title} »", "Arrêter", STOPPED)


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def level_delete(request: MemberRequest, kind: str, uuid: Any) -> HttpResponse:
    """Delete a level that holds no fiche. One that holds some is refused before anything is asked."""
    level = find_level(request, kind, uuid)
    form = EndForm(posted(request), convention=request.space, user=request.user, reason=False)
    try:
        refuse_with_fiches(level)
        if form.is_valid():
            delete_level(level, by=request.user, basis=form.build_basis())
            messages.success(request, f"« {level.title} » est supprimé.")
            return redirect("actions:plan_edit", request.space.slug)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("actions:plan_edit", request.space.slug)
    return level_page(request, form, f"Supprimer « {level.title} »", "Supprimer", DELETED)


class LevelConverter:
    """Axes and orientations, in a URL."""

    regex = "axes|orientations"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
