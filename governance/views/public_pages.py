"""Setting up the public page of a convention: what it shows, whether it is out, what may be told there."""

import copy
from collections.abc import Collection

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from actions.access import STEER, MemberRequest
from ctg.access import member
from ctg.forms import posted, status_of
from ctg.mail import absolute
from governance.forms.public_page import PublicPageForm
from governance.models import PublicPage
from governance.services import public_page as services
from governance.views.public_page import page_of, read_content, shown

NOTHING = "Rien à montrer : cochez, puis enregistrez, une section qui a un contenu."


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def public_page_edit(request: MemberRequest) -> HttpResponse:
    filled = read_content(request.space).filled
    kinds = services.offered(request.space)
    page = page_of(request.space, request.user)
    form = PublicPageForm(posted(request), instance=copy.copy(page), filled=filled)
    if form.is_bound and form.keep(kinds, by=request.user):
        messages.success(request, "La page est enregistrée.")
        return redirect("governance:public_page_edit", request.space.slug)
    return show_edit(request, page, form, kinds, status=status_of(form))


def show_edit(
    request: MemberRequest,
    page: PublicPage,
    form: PublicPageForm,
    kinds: Collection[services.Kind],
    *,
    status: int,
    refusal: str = "",
) -> HttpResponse:
    """`refusal`: why it may not be published."""
    context = {
        "convention": request.space,
        "page": page,
        "form": form,
        "address": absolute("governance:public_page", request.space.slug),
        "offered": kinds,
        "before": form.before(kinds),
        "told": form.after(kinds),
        "refusal": refusal,
    }
    return render(request, "governance/public_page_edit.html", context, status=status)


@member(STEER)
@require_POST
def public_page_publish(request: MemberRequest) -> HttpResponse:
    page, content = page_of(request.space, request.user), read_content(request.space)
    if not shown(page, content):
        form = PublicPageForm(instance=page, filled=content.filled)
        kinds = services.offered(request.space)
        return show_edit(request, page, form, kinds, status=422, refusal=NOTHING)
    services.publish(request.space)
    messages.success(request, "La page est publiée : chacun peut la lire à son adresse.")
    return redirect("governance:public_page_edit", request.space.slug)


@member(STEER)
@require_POST
def public_page_withdraw(request: MemberRequest) -> HttpResponse:
    services.withdraw(request.space)
    messages.success(request, "La page est retirée : plus personne ne la lit. Ses réglages sont gardés.")
    return redirect("governance:public_page_edit", request.space.slug)
