"""A copy of a fiche, beside it or in another convention that the person coordinates."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from actions.access import MemberRequest, get_fiche
from actions.forms.bulk import DuplicateForm
from actions.forms.plan import place_of, put_in_place
from actions.models import Convention, FicheAction
from actions.services.copies import duplicate_fiche
from ctg.access import member
from ctg.forms import posted, status_of


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def fiche_duplicate(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Copy a fiche into a plan that the person coordinates; `?vers=` names another one than its own."""
    fiche = get_fiche(request, uuid)
    coordinated: Any = Convention.objects.visible_to(request.user).with_rights(request.user)
    targets = list(coordinated.filter(is_scoped_coordinator=True).order_by("-period_start", "territory_name"))
    if not targets:
        raise PermissionDenied
    wanted = request.GET.get("vers", request.space.slug)
    into = next((one for one in targets if one.slug == wanted), targets[0])
    at_home = into.pk == request.space.pk
    initial = {"title": f"{fiche.title} (copie)" if at_home else fiche.title}
    initial["place"] = place_of(fiche) if at_home else ""
    form = DuplicateForm(posted(request), initial=initial, into=into, user=request.user)
    if form.is_valid():
        given = form.cleaned_data
        copy = FicheAction(convention=into, title=given["title"], number=given["number"])
        put_in_place(copy, given["place"])
        duplicate_fiche(fiche, copy, by=request.user, basis=form.build_basis())
        messages.success(request, "La fiche est copiée. Relisez-la : son suivi est à zéro.")
        return redirect(copy)
    context = {"form": form, "fiche": fiche, "targets": targets, "into": into, "convention": request.space}
    return render(request, "actions/fiche_duplicate.html", context, status=status_of(form))
