"""The mails that a member receives, of all kinds, on one page."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from ctg.access import SignedInRequest, signed_in
from ctg.forms import posted, status_of
from ctg.notices.forms import MailsForm
from ctg.notices.services import prefer, preferences_of
from governance.services import subscriptions
from governance.views.subscriptions import place_of


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: SignedInRequest) -> HttpResponse:
    form = MailsForm(posted(request), instance=preferences_of(request.user))
    if form.is_valid():
        prefer(request.user, **form.cleaned_data)
        messages.success(request, "Vos choix sont enregistrés.")
        return redirect("governance:preferences")
    context = {"form": form, "newsletters": list(subscriptions.mine(request.user))}
    return render(request, "governance/preferences.html", context, status=status_of(form))


@signed_in
@require_POST
def newsletter_choice(request: SignedInRequest, uuid: Any) -> HttpResponse:
    """Leave a newsletter; with `recevoir`, come back to it or confirm what was asked."""
    row = subscriptions.mine(request.user).filter(uuid=uuid).first()
    if row is None:
        raise Http404("Abonnement inconnu")
    name = f"la lettre de la CTG {row.convention.of_place}"
    if "recevoir" in request.POST:
        subscriptions.confirm(row, ip=place_of(request))
        messages.success(request, f"Vous recevez {name}.")
    else:
        subscriptions.leave(row)
        messages.success(request, f"Vous ne recevez plus {name}.")
    return redirect("governance:preferences")
