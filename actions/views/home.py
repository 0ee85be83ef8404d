"""The first page: my conventions, with three figures each."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from actions.models import Convention
from actions.services.conventions import may_create
from ctg.access import SignedInRequest, signed_in


@signed_in
@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    conventions = Convention.objects.visible_to(request.user).with_figures().select_related("caf", "carrier")
    context = {"conventions": conventions, "may_create": may_create(request.user)}
    return render(request, "actions/home.html", context)
