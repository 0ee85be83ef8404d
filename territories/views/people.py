"""A person's own pages: the invitation that opens the account, and Mon compte."""

import copy

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ctg.access import SignedInRequest, public, signed_in
from ctg.accounts.tokens import find_invited
from ctg.forms import posted
from territories.forms import InvitationForm, PersonForm
from territories.models import Membership
from territories.services import accept_invitation


@public
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, uidb64: str, token: str) -> HttpResponse:
    """The link of a mail: choose a password and come in. 410 once it has served or is too old."""
    user = find_invited(uidb64, token)
    if user is None:
        return render(request, "territories/invitation.html", {"form": None, "email": ""}, status=410)
    email = user.email
    form = InvitationForm(posted(request), instance=user)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        user = accept_invitation(
            user, password=given["password1"], name=given["name"], function=given["function"]
        )
        login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
        messages.success(request, "Votre compte est ouvert. Bienvenue !")
        return redirect(settings.LOGIN_REDIRECT_URL)
    status = 422 if request.method == "POST" else 200
    return render(request, "territories/invitation.html", {"form": form, "email": email}, status=status)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: SignedInRequest) -> HttpResponse:
    """My name and function, my roles."""
    # The form writes on its instance: the header must go on showing what is stored.
    me = copy.copy(request.user)
    form = PersonForm(posted(request), instance=me)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Modifications enregistrées.")
        return redirect("territories:account")
    roles = Membership.objects.visible_to(request.user).active().filter(user=request.user)
    context = {
        "form": form,
        "roles": roles.select_related("organisation").prefetch_related("themes", "communes"),
    }
    return render(
        request, "territories/account.html", context, status=422 if request.method == "POST" else 200
    )
