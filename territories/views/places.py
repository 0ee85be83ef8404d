"""Where: the communes and EPCI of France, open to anyone signed in."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ctg.access import SignedInRequest, signed_in
from ctg.panels import panels_of
from territories.filters import PlaceSearch
from territories.models import Commune, Epci

# In words: a template would write the number « 2 022 ».
YEAR = str(Commune.POPULATION_YEAR)


@signed_in
@require_safe
def place_search(request: SignedInRequest) -> HttpResponse:
    search = PlaceSearch(request.GET)
    found = search.results(request.user)
    context = {
        "search": search,
        "words": search.words,
        "places": found[: search.LIMIT],
        "has_more": len(found) > search.LIMIT,
        "limit": search.LIMIT,
        "year": YEAR,
    }
    return render(request, "territories/place_search.html", context, status=200 if search.is_valid() else 422)


@signed_in
@require_safe
def epci_detail(request: SignedInRequest, siren: str) -> HttpResponse:
    epci = Epci.objects.visible_to(request.user).for_page().filter(pk=siren).first()
    if epci is None:
        raise Http404("EPCI inconnu")
    communes = list(epci.communes.all())
    context = {
        "epci": epci,
        "communes": communes,
        "has_levels": any(commune.level_id for commune in communes),
        "unknown": sum(commune.population is None for commune in communes),
        "year": YEAR,
        "panels": panels_of(epci, request.user),
    }
    return render(request, "territories/epci_detail.html", context)


@signed_in
@require_safe
def commune_detail(request: SignedInRequest, code: str) -> HttpResponse:
    commune = Commune.objects.visible_to(request.user).for_page().filter(pk=code).first()
    if commune is None:
        raise Http404("Commune inconnue")
    context = {
        "commune": commune,
        "year": YEAR,
        "panels": panels_of(commune, request.user),
    }
    return render(request, "territories/commune_detail.html", context)
