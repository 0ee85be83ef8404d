"""Météo: how each axe goes, in a word and a few lines. Drafts are the coordination's until they are published."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.access import STEER, MemberRequest
from actions.models import Axe, FicheAction
from actions.services.plan import changing
from ctg.access import member
from ctg.forms import posted
from ctg.refusal import Refused
from governance.forms.weather import WeatherForm
from governance.models import Weather
from governance.views.rows import RowPage, row_page


@dataclass
class Sky:
    """An axe, or the fiches transversales, with what was said of it."""

    slug: str
    axe: Axe | None
    published: list[Weather] = field(default_factory=list)
    drafts: list[Weather] = field(default_factory=list)

    @property
    def label(self) -> str:
        return str(self.axe) if self.axe else "Fiches transversales"

    @property
    def url(self) -> str:
        """Of its form."""
        return reverse("governance:weather_add", args=[self.slug, *([self.axe.uuid] if self.axe else [])])

    @property
    def now(self) -> Weather | None:
        return self.published[0] if self.published else None

    @property
    def before(self) -> list[Weather]:
        return self.published[1:]


def weather_of(request: MemberRequest) -> Any:
    return Weather.objects.visible_to(request.user).of(request.space)


def axes_of(request: MemberRequest) -> Any:
    return Axe.objects.visible_to(request.user).of(request.space).filter(ended_on__isnull=True)


def has_transversales(request: MemberRequest) -> bool:
    return (
        FicheAction.objects.visible_to(request.user).of(request.space).filter(is_transversale=True).exists()
    )


def skies_of(request: MemberRequest) -> list[Sky]:
    skies = [Sky(request.space.slug, axe) for axe in axes_of(request)]
    if has_transversales(request):
        skies.append(Sky(request.space.slug, None))
    by_axe = {sky.axe.pk if sky.axe else None: sky for sky in skies}
    for weather in weather_of(request).select_related("author"):
        sky = by_axe.get(weather.axe_id)
        if sky is not None:
            (sky.published if weather.published_at else sky.drafts).append(weather)
    return skies


def list_url(request: MemberRequest) -> str:
    return reverse("governance:weather_list", args=[request.space.slug])


@member()
@require_safe
def weather_list(request: MemberRequest) -> HttpResponse:
    context = {
        "convention": request.space,
        "skies": skies_of(request),
        "levels": [Weather(level=level) for level in Weather.Level],
    }
    return render(request, "governance/weather_list.html", context)


def weather_page(request: MemberRequest, weather: Weather, **more: str) -> HttpResponse:
    """One of two buttons keeps a draft, the other publishes what is in the form."""
    label = str(weather.axe) if weather.axe else "Fiches transversales"
    publishes = "publier" in request.POST
    page = RowPage(
        "Météo de l’axe" if weather.axe else "Météo des fiches transversales",
        back=list_url(request),
        back_label="Météo",
        said="La météo est publiée." if publishes else "Le projet est enregistré : vous seuls le voyez.",
        lead=label if weather.axe else "",
        template="governance/weather_form.html",
        **more,
    )
    form = WeatherForm(posted(request), instance=weather)
    guard = (lambda: require_draft(request, weather)) if weather.pk else None
    return row_page(request, form, page, guard=guard, then=publish if publishes else None)


def publish(weather: Weather) -> None:
    weather.published_at = timezone.now()
    weather.save(update_fields=["published_at"])


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def weather_add(request: MemberRequest, axe: Any = None) -> HttpResponse:
    """A new weather of an axe, or of the fiches transversales; it begins with the level of the last one."""
    found = axes_of(request).filter(uuid=axe).first() if axe else None
    if found is None and (axe or not has_transversales(request)):
        raise Http404("Axe inconnu")
    last = weather_of(request).published().filter(axe=found).first()
    begun = {"level": last.level} if last else {}
    weather = Weather(convention=request.space, axe=found, author=request.user, **begun)
    return weather_page(request, weather)


def require_draft(request: MemberRequest, draft: Weather) -> None:
    """Hold the draft while it is saved. Raises Refused when somebody has published or deleted it meanwhile."""
    drafts = weather_of(request).filter(published_at__isnull=True, pk=draft.pk)
    if drafts.select_for_update(of=("self",)).first() is None:
        raise Refused("Quelqu’un d’autre vient de publier ou de supprimer ce projet.")


def find_draft(request: MemberRequest, uuid: Any) -> Weather:
    """Raises Http404 for a published one too: it is not changed, the next one replaces it."""
    found: Weather | None = weather_of(request).filter(published_at__isnull=True, uuid=uuid).first()
    if found is None:
        raise Http404("Projet inconnu")
    return found


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def weather_edit(request: MemberRequest, uuid: Any) -> HttpResponse:
    draft = find_draft(request, uuid)
    delete_url = reverse("governance:weather_delete", args=[request.space.slug, draft.uuid])
    return weather_page(request, draft, delete_url=delete_url, delete_label="Supprimer ce projet")


@member(STEER)
@require_POST
def weather_publish(request: MemberRequest, uuid: Any) -> HttpResponse:
    draft = find_draft(request, uuid)
    with changing(by=request.user):
        publish(draft)
    messages.success(request, "La météo est publiée.")
    return redirect(list_url(request))


@member(STEER)
@require_POST
def weather_delete(request: MemberRequest, uuid: Any) -> HttpResponse:
    draft = find_draft(request, uuid)
    with changing(by=request.user):
        draft.delete()
    messages.success(request, "Le projet de météo est supprimé.")
    return redirect(list_url(request))
