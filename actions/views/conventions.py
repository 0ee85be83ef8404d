"""A convention is created; its own colours and logo."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe

from actions.access import MemberRequest
from actions.forms.conventions import ConventionForm, places_found, places_of
from actions.models import Convention
from actions.services.conventions import Draft, create_convention, may_create, neighbours
from ctg.access import SignedInRequest, member, signed_in
from ctg.accounts.models import User
from ctg.colours import identity
from ctg.forms import posted
from ctg.refusal import Refused
from territories.models import Commune, Epci, Membership, Role

A_YEAR = 365 * 24 * 3600


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def convention_create(request: SignedInRequest) -> HttpResponse:
    """Choose the territory by its name, then check what is prefilled."""
    if not may_create(request.user):
        raise PermissionDenied
    place = chosen_place(request)
    if place is None:
        words = request.GET.get("q", "").replace("\x00", "").strip()
        epcis, communes = places_found(request.user, words) if words else ([], [])
        found = {
            "words": words,
            "epcis": epcis,
            "communes": communes,
            "form": None,
            "place": None,
            "neighbours": [],
        }
        status = 422 if request.method == "POST" else 200
        return render(request, "actions/convention_create.html", found, status=status)
    form = ConventionForm(posted(request), user=request.user, place=place)
    beside: list[Convention] = []
    if request.method == "POST" and form.is_valid():
        try:
            convention = create_convention(drafted(form), by=request.user)
        except Refused as refused:
            if refused.field == "beside":
                beside = neighbours(drafted(form), request.user)
            form.add_error(refused.field, str(refused))
        else:
            messages.success(request, created(convention, form, request.user))
            return redirect(convention)
    context = {"form": form, "place": place, "neighbours": beside, "words": "", "epcis": [], "communes": []}
    return render(
        request, "actions/convention_create.html", context, status=422 if request.method == "POST" else 200
    )


def chosen_place(request: SignedInRequest) -> Epci | Commune | None:
    """What ?epci= or ?commune= names, where this person creates conventions. Raises Http404 for anything else."""
    found: Epci | Commune | None = None
    siren, code = request.GET.get("epci", ""), request.GET.get("commune", "")
    if siren.isalnum():
        found = places_of(request.user)[0].filter(pk=siren).first()
    elif code.isalnum():
        found = places_of(request.user)[1].select_related("epci").filter(pk=code).first()
    elif not (siren or code):
        return None
    if found is None:
        raise Http404("Territoire inconnu")
    return found


def drafted(form: ConventionForm) -> Draft:
    given: dict[str, Any] = {"previous": None, **form.cleaned_data}
    return Draft(epci=form.epci, **given)


def created(convention: Convention, form: ConventionForm, by: User) -> str:
    """What has happened, and the next step."""
    email = form.cleaned_data["coordinator_email"].lower()
    coordinators = Membership.objects.visible_to(by).active().filter(organisation=convention.carrier)
    if not email:
        said = "La coordination de la collectivité porteuse la prend en charge."
    elif coordinators.filter(user__email=email, role=Role.COORDINATOR).exists():
        said = f"Une invitation part à {email}."
    else:
        said = f"{convention.carrier} a déjà une coordination, qui la prend en charge : {email} n’est pas invité."
    return format_html(
        "La convention est créée. {} La suite : vérifier ses signataires, son périmètre et ses membres dans les "
        '<a href="{}">Paramètres</a>.',
        said,
        reverse("actions:settings", args=[convention.slug]),
    )


@member()
@require_safe
def theme_css(request: MemberRequest) -> HttpResponse:
    return serve_theme(request.space, request.GET.get("v", ""))


def serve_theme(convention: Convention, version: str) -> HttpResponse:
    """The colours of the convention. Its address changes with them: it may be kept for a year."""
    properties = identity(convention.brand_colour, convention.accent_colour)
    lines = "".join(f"  --{name}: {value};\n" for name, value in properties.items())
    response = HttpResponse(f":root {{\n{lines}}}\n", content_type="text/css; charset=utf-8")
    current = version == convention.theme_version
    response["Cache-Control"] = f"private, max-age={A_YEAR}, immutable" if current else "private, no-cache"
    return response


@member()
@require_safe
def convention_logo(request: MemberRequest) -> HttpResponse:
    """The logo, for those who may read the convention."""
    return serve_logo(request.space)


def serve_logo(convention: Convention) -> HttpResponse:
    """Given to somebody who may see it: the view has checked."""
    logo = convention.logo
    if not logo.name or not logo.storage.exists(logo.name):
        raise Http404("Pas de logo")
    kind = "image/png" if logo.name.endswith(".png") else "image/jpeg"
    with logo.open("rb") as file:
        response = HttpResponse(file.read(), content_type=kind)
    response["Cache-Control"] = "private, max-age=3600"
    return response
