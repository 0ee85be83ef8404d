"""Setting up the public page of a convention: what it shows, whether it is out, what may be told there."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from actions.access import STEER, MemberRequest
from ctg.access import member
from ctg.forms import posted, status_of
from ctg.mail import absolute
from ctg.templatetags.ui import plural
from governance.forms.public_page import PublicPageForm
from governance.services import public_page as services
from governance.views.public_page import page_of, read_content


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def public_page_edit(request: MemberRequest) -> HttpResponse:
    filled = read_content(request.space).filled
    form = PublicPageForm(posted(request), instance=page_of(request.space, request.user), filled=filled)
    if form.is_valid() and (form.merge() if form.instance.pk else form.create()):
        messages.success(request, "Les réglages de la page sont enregistrés.")
        return redirect("governance:public_page_edit", request.space.slug)
    context = {
        "convention": request.space,
        "page": form.instance,
        "form": form,
        "address": absolute("governance:public_page", request.space.slug),
        "offered": services.offered(request.space),
    }
    return render(request, "governance/public_page_edit.html", context, status=status_of(form))


@member(STEER)
@require_POST
def public_page_publish(request: MemberRequest) -> HttpResponse:
    services.publish(request.space)
    messages.success(request, "La page est publiée : chacun peut la lire à son adresse.")
    return redirect("governance:public_page_edit", request.space.slug)


@member(STEER)
@require_POST
def public_page_withdraw(request: MemberRequest) -> HttpResponse:
    services.withdraw(request.space)
    messages.success(request, "La page est retirée : plus personne ne la lit. Ses réglages sont gardés.")
    return redirect("governance:public_page_edit", request.space.slug)


@member(STEER)
@require_POST
def public_page_mark(request: MemberRequest) -> HttpResponse:
    """The ticks « à publier » of temps forts and points d’étape, all at once."""
    before, after = request.POST.getlist("before"), request.POST.getlist("told")
    number = services.mark(request.space, before=set(before), after=set(after), by=request.user)
    said = f"{plural(number, 'élément modifié')}." if number else "Rien n’a changé."
    messages.success(request, said)
    return redirect(f"{reverse('governance:public_page_edit', args=[request.space.slug])}#a-publier")
