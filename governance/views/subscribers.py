"""Who receives the newsletter: the coordination's list, what it brings in and takes out."""

import copy
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core import signing
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.access import STEER, MemberRequest
from actions.views.exports import as_file
from ctg.access import member
from ctg.forms import posted, sent_files, status_of
from ctg.mail import absolute
from ctg.sheets import MEDIA_TYPES, Column, Kind, Sheet, Workbook, to_csv, to_ods, to_xlsx
from ctg.templatetags.ui import plural
from governance.forms.subscriptions import AudienceForm, SubscriberForm, SubscribersForm
from governance.importers.subscribers import Line
from governance.models import NewsletterSettings, Subscriber
from governance.querysets import SubscriberQuerySet
from governance.services import subscriptions as services

PER_PAGE = 50
# Lines of a file that a page shows of each sort.
SHOWN = 100
# How long a file that was looked through may be brought in.
PREVIEWED_FOR = 3600
KEPT_OUT = (
    "Cette personne s’est désabonnée ou a été retirée : elle seule peut revenir, par la page d’abonnement."
)
States = Subscriber.State
TABS = {
    "abonnes": (States.ACTIVE, "Abonnés"),
    "a-confirmer": (States.PENDING, "À confirmer"),
    "desabonnes": (States.UNSUBSCRIBED, "Désabonnés"),
    "refusees": (States.BOUNCED, "Adresses refusées"),
}


class SheetConverter:
    """The formats of an export, in a URL."""

    regex = "|".join(MEDIA_TYPES)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


def subscribers_of(request: MemberRequest) -> SubscriberQuerySet:
    return Subscriber.objects.visible_to(request.user).of(request.space)


def shown(request: MemberRequest) -> SubscriberQuerySet:
    """Those that the page and the export show: of a state, of the words that were searched."""
    rows = subscribers_of(request).named(request.GET.get("q", "").strip()[:80]).prefetch_related("themes")
    state, _ = TABS.get(request.GET.get("etat", ""), (None, ""))
    return rows.filter(state=state) if state else rows


def find_subscriber(request: MemberRequest, uuid: Any) -> Subscriber:
    found = subscribers_of(request).filter(uuid=uuid).first()
    if found is None:
        raise Http404("Abonné inconnu")
    return found


@member(STEER)
@require_safe
def subscriber_list(request: MemberRequest) -> HttpResponse:
    counts = dict(subscribers_of(request).order_by().values_list("state").annotate(Count("pk")))
    page = Paginator(shown(request), PER_PAGE).get_page(request.GET.get("page"))
    current, words = request.GET.get("etat", ""), request.GET.get("q", "").strip()[:80]
    given = {key: value for key, value in (("etat", current), ("q", words)) if value}
    context = {
        "convention": request.space,
        "settings": settings_of(request),
        "tabs": [(key, label, counts.get(state, 0)) for key, (state, label) in TABS.items()],
        "total": sum(counts.values()),
        "active": counts.get(States.ACTIVE, 0),
        "current": current,
        "words": words,
        "page": page,
        "query": urlencode(given),
        "exports": (("xlsx", "Excel"), ("csv", "CSV")),
    }
    return render(request, "governance/subscriber_list.html", context)


def settings_of(request: MemberRequest) -> NewsletterSettings:
    """Not saved yet when nobody has set anything."""
    found = NewsletterSettings.objects.visible_to(request.user).of(request.space).first()
    return found or NewsletterSettings(convention=request.space)


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def newsletter_audience(request: MemberRequest) -> HttpResponse:
    """Whether the public may subscribe, and what introduces and signs the letters."""
    own = settings_of(request)
    form = AudienceForm(posted(request), instance=copy.copy(own))
    if form.is_valid() and (form.merge() if form.instance.pk else form.create()):
        messages.success(request, "Les réglages de la lettre sont enregistrés.")
        return redirect("governance:newsletter_audience", request.space.slug)
    context = {
        "form": form,
        "convention": request.space,
        "is_open": own.is_open,
        "address": absolute("governance:subscribe", request.space.slug),
    }
    return render(request, "governance/newsletter_audience.html", context, status=status_of(form))


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def subscriber_add(request: MemberRequest) -> HttpResponse:
    """One address, without a file."""
    form = SubscriberForm(posted(request))
    if form.is_valid():
        found = services.import_lines(request.space, [form.line()], by=request.user)
        if found.new:
            messages.success(request, f"{found.new[0].address} recevra le prochain numéro.")
            return redirect("governance:subscriber_list", request.space.slug)
        for one in found.known:
            form.add_error("address", f"Cette adresse est déjà connue : {one.row.get_state_display()}.")
        if found.kept_out:
            form.add_error("address", KEPT_OUT)
    context = {"form": form, "convention": request.space}
    return render(request, "governance/subscriber_add.html", context, status=status_of(form))


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def subscriber_import(request: MemberRequest) -> HttpResponse:
    """Look through a file, then bring in what may be: the lines travel signed, nothing is kept in between."""
    if "lines" in request.POST:
        return bring_in(request)
    form = SubscribersForm(posted(request), sent_files(request))
    context: dict[str, Any] = {"form": form, "convention": request.space, "shown": SHOWN}
    if not form.is_valid():
        return render(request, "governance/subscriber_import.html", context, status=status_of(form))
    found = services.sort_lines(request.space, form.read.lines)
    context |= {
        "found": found,
        "rejected": form.read.rejected,
        "lines": signing.dumps(found.new, salt=salt_of(request), compress=True),
    }
    return render(request, "governance/subscriber_import.html", context)


def salt_of(request: MemberRequest) -> str:
    """What was looked through in one convention, by one person, is brought in nowhere else."""
    return f"governance.subscribers:{request.space.pk}:{request.user.pk}"


def bring_in(request: MemberRequest) -> HttpResponse:
    try:
        sent = signing.loads(request.POST["lines"], salt=salt_of(request), max_age=PREVIEWED_FOR)
    except signing.BadSignature:
        messages.error(request, "Cette lecture du fichier date trop : envoyez-le de nouveau.")
        return redirect("governance:subscriber_import", request.space.slug)
    found = services.import_lines(request.space, [Line(*line) for line in sent], by=request.user)
    said = f"{plural(len(found.new), 'adresse ajoutée,adresses ajoutées')}."
    if left := len(found.known) + len(found.kept_out):
        said += f" Laissées de côté, car connues entre-temps : {left}."
    messages.success(request, said)
    return redirect("governance:subscriber_list", request.space.slug)


@member(STEER)
@require_POST
def subscriber_export(request: MemberRequest, kind: str) -> HttpResponseBase:
    """Those that the page shows. Of one person, by their address: all that is kept of them."""
    sheet = as_sheet(shown(request))
    name = f"Abonnés à la lettre – {request.space.territory_name}"
    if kind == "csv":
        content = to_csv(sheet)
    else:
        content = (to_xlsx if kind == "xlsx" else to_ods)(Workbook(name, [sheet]))
    return as_file(content, f"{name}.{kind}", MEDIA_TYPES[kind])


def as_sheet(rows: Iterable[Subscriber]) -> Sheet:
    columns = [
        Column("Adresse", width=34),
        Column("Nom", width=24),
        Column("État", width=14),
        Column("Thématiques", width=40),
        Column("Rythme", width=24),
        Column("Origine", width=20),
        *(Column(label, Kind.DATE, 14) for label in ("Demandé le", "Confirmé le", "Désabonné le")),
        *(Column(label, Kind.DATE, 14) for label in ("Dernier contact", "Date du consentement")),
        Column("Preuve du consentement", Kind.LONG, 60),
    ]
    return Sheet("Abonnés", columns, (line_of(row) for row in rows), named=1)


def line_of(row: Subscriber) -> list[Any]:
    days = (row.asked_at, row.confirmed_at, row.unsubscribed_at, row.last_contact_at)
    return [
        row.address,
        row.name,
        row.get_state_display(),
        ", ".join(str(theme) for theme in row.themes.all()) or "toutes",
        row.get_frequency_display(),
        row.get_source_display(),
        *(timezone.localtime(day).date() if day else None for day in days),
        row.consent_on,
        row.consent_words,
    ]


@member(STEER)
@require_POST
def subscriber_remove(request: MemberRequest, uuid: Any) -> HttpResponse:
    """No letter any more; the proof of what they had agreed to stays."""
    row = find_subscriber(request, uuid)
    services.leave(row)
    messages.success(request, f"{row.address} ne recevra plus rien.")
    return redirect("governance:subscriber_list", request.space.slug)


@member(STEER)
@require_POST
def subscriber_erase(request: MemberRequest, uuid: Any) -> HttpResponse:
    services.erase(find_subscriber(request, uuid))
    messages.success(request, "Ses données sont effacées. Cette adresse ne pourra plus être ajoutée.")
    return redirect("governance:subscriber_list", request.space.slug)
