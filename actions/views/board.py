"""What is done to one fiche from the plan: its status from the board or a line, its place, its order.

Each opens in a dialog over the plan, or as a page of its own without a script.
"""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from actions.access import EDIT, MemberRequest, get_fiche
from actions.forms.bulk import PlaceForm
from actions.forms.fiche import StatusForm
from actions.history import last_editor
from actions.models import FicheAction
from actions.services.plan import arrange, changing, next_position, touch
from actions.views.fiche import save_status
from ctg.access import member
from ctg.forms import posted, status_of


def asked(request: MemberRequest, fiche: FicheAction, form: Any, title: str, act: str) -> HttpResponse:
    """The form, in the dialog or as a page."""
    context = {"fiche": fiche, "form": form, "title": title, "act": act, "convention": request.space}
    context |= {"action": request.path, "in_dialog": bool(request.htmx)}  # type: ignore[attr-defined]
    template = "actions/plan_form.html#form" if context["in_dialog"] else "actions/plan_form.html"
    return render(request, template, context, status=status_of(form))


def answered(request: MemberRequest, fiche: FicheAction, said: str) -> HttpResponse:
    """After a change: the script shows the plan anew (static/js/dialog.js); without it, back to the plan."""
    if not request.htmx:  # type: ignore[attr-defined]
        messages.success(request, said)
        return redirect("actions:plan", request.space.slug)
    saved = json.dumps({"plan-saved": {"focus": f"t{fiche.pk}", "said": said}})
    return HttpResponse(status=204, headers={"HX-Trigger": saved})


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def plan_status(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Change the status of a fiche from the plan, with the reason or date that it asks for."""
    fiche: Any = get_fiche(request, uuid, needs="can_report")
    form = StatusForm(
        posted(request),
        instance=fiche,
        convention=request.space,
        user=request.user,
        can_edit=fiche.can_edit,
    )
    if form.is_valid() and save_status(request, form):
        return answered(request, fiche, f"« {fiche.title} » : le statut est enregistré.")
    return asked(request, fiche, form, "Changer le statut", "Enregistrer")


@member(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def plan_place(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Move a fiche to another axe or orientation: it goes after those that stand there."""
    fiche = get_fiche(request, uuid, needs="can_edit")
    form = PlaceForm(posted(request), instance=fiche, convention=request.space, user=request.user)
    if form.is_valid():
        with changing(by=request.user, basis=form.build_basis()) as change:
            if form.merge():
                moved = form.instance
                if "place" in form.changed_data:
                    moved.position = next_position(neighbours(request, moved).exclude(pk=moved.pk))
                    moved.save(update_fields=["position"])
                touch(moved)
            else:
                change.undo()
        if not change.undone:
            return answered(request, fiche, f"« {fiche.title} » est à sa nouvelle place.")
        form.editor = last_editor(fiche, form.conflicting)
    return asked(request, fiche, form, "Déplacer", "Déplacer")


def neighbours(request: MemberRequest, fiche: FicheAction) -> Any:
    """The fiches of the same place."""
    fiches = FicheAction.objects.visible_to(request.user).of(request.space)
    return fiches.filter(
        axe=fiche.axe_id, orientation=fiche.orientation_id, is_transversale=fiche.is_transversale
    )


@member(EDIT)
@require_POST
def plan_order(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Put a fiche before another one of the same place (`avant`), or last."""
    fiche = get_fiche(request, uuid, needs="can_edit")
    arrange(fiche, neighbours(request, fiche), before=request.POST.get("avant", ""))
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    return redirect(f"{reverse('actions:plan_edit', args=[request.space.slug])}#f-{fiche.uuid}")
