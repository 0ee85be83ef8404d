"""Subscribing to the newsletter of a convention and leaving it, without an account."""

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ctg.access import public
from ctg.forms import posted, status_of
from ctg.links.access import by_link
from ctg.links.services import LinkUnknown
from governance.forms.subscriptions import PreferencesForm, SubscribeForm
from governance.models import Newsletter, NewsletterSettings, PublicPage, Subscriber
from governance.newsletter.letter import TRIAL_LINK
from governance.rules.addresses import ip_hash
from governance.services import subscriptions as services

# From one place: a stand at a forum goes on, a machine does not.
AN_HOUR = 40


def open_page(slug: str) -> NewsletterSettings | None:
    """None where nobody may subscribe."""
    found = NewsletterSettings.objects.public().select_related("convention").filter(convention__slug=slug)
    return found.first()


def closed(request: HttpRequest, slug: str) -> HttpResponse:
    """Says so where the convention shows itself; else a stranger does not learn that there is one: Http404."""
    page = PublicPage.objects.public().filter(convention__slug=slug).select_related("convention").first()
    if page is None:
        raise Http404("Pas d’abonnement")
    context = {"convention": page.convention, "page": page}
    return render(request, "governance/subscribe_closed.html", context, status=410)


def place_of(request: HttpRequest) -> str:
    return str(get_adapter().get_client_ip(request))


def too_many(request: HttpRequest) -> bool:
    """Counts what is asked from one place, hour by hour; the place is known by its fingerprint."""
    key = f"subscribe:{ip_hash(place_of(request))}:{timezone.now():%d%H}"
    asked = cache.get(key, 0)
    cache.set(key, asked + 1, 3600)
    return bool(asked >= AN_HOUR)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest, slug: str) -> HttpResponse:
    """The answer is the same whether the address is known or not."""
    settings = open_page(slug)
    if settings is None:
        return closed(request, slug)
    convention = settings.convention
    form = SubscribeForm(posted(request), consent=services.consent_words(convention))
    if form.is_valid():
        if too_many(request):
            return render(request, "429.html", status=429)
        services.ask(convention, form.cleaned_data["address"], **form.wishes, ip=place_of(request))
        return redirect("governance:subscribe_sent", slug)
    page = PublicPage.objects.public().of(convention).first()
    context = {"form": form, "settings": settings, "convention": convention, "page": page}
    return render(request, "governance/subscribe.html", context, status=status_of(form))


@public
@require_safe
def subscribe_sent(request: HttpRequest, slug: str) -> HttpResponse:
    settings = open_page(slug)
    if settings is None:
        return closed(request, slug)
    return render(request, "governance/subscribe_sent.html", {"convention": settings.convention})


def subscriber_of(token: str) -> Subscriber:
    """Who holds the link. Raises LinkClosed."""
    found = Subscriber.objects.for_token(token).select_related("convention", "link").first()
    if found is None:
        raise LinkUnknown
    return found


@by_link
@require_http_methods(["GET", "HEAD", "POST"])
def subscription(request: HttpRequest, token: str) -> HttpResponse:
    """What one wants of the letters; before that, the button that confirms. To open the page changes nothing: the
    machines that look into mails open it too.
    """
    row = subscriber_of(token)
    is_active = row.state == Subscriber.State.ACTIVE
    initial = {"name": row.name, "themes": row.themes.all(), "frequency": row.frequency}
    form = PreferencesForm(posted(request) if is_active else None, initial=initial)
    if form.is_valid():
        services.prefer(row, **form.cleaned_data)
        messages.success(request, "Vos choix sont enregistrés.")
        return redirect("governance:subscription", token)
    context = {
        "form": form,
        "row": row,
        "convention": row.convention,
        "token": token,
        "consent": services.consent_words(row.convention),
        "page": PublicPage.objects.public().of(row.convention).first(),
        "last": Newsletter.objects.public().of(row.convention).first(),
    }
    return render(request, "governance/subscription.html", context, status=status_of(form))


@by_link
@require_POST
def subscription_confirm(request: HttpRequest, token: str) -> HttpResponse:
    services.confirm(subscriber_of(token), ip=place_of(request))
    messages.success(request, "Merci, votre abonnement est confirmé.")
    return redirect("governance:subscription", token)


@csrf_exempt
@by_link
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """RFC 8058: a mail program sends one POST, without cookie, and follows no redirection."""
    if token == TRIAL_LINK:
        return render(request, "governance/unsubscribe_trial.html")
    row = subscriber_of(token)
    if request.method == "POST":
        row = services.leave(row)
    context = {"row": row, "convention": row.convention, "token": token}
    return render(request, "governance/unsubscribe.html", context)
