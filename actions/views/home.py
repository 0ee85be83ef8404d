"""The first page: my conventions, with three figures each."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from actions.models import Convention
from actions.services.conventions import may_create
from ctg.access import SignedInRequest, signed_in

CARDS = 4


@signed_in
@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    conventions = Convention.objects.visible_to(request.user).with_figures().select_related("caf", "carrier")
    creates = may_create(request.user)
    context = {
        "conventions": conventions,
        "may_create": creates,
        # Whoever follows several compares them: line by line.
        "compares": len(conventions) > (1 if creates else CARDS),
    }
    return render(request, "actions/home.html", context)
