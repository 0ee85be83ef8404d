"""An issue before it leaves (how it looks, whom it goes to, a test), its sending, and what did not arrive."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.access import STEER, MemberRequest
from actions.views.forms import refuse
from ctg.access import member
from ctg.forms import posted, status_of
from ctg.mail.models import Envelope
from ctg.mail.services import find, resend, resend_all, retry_now
from ctg.refusal import Refused
from ctg.templatetags.ui import plural
from governance.forms.newsletters import SegmentsForm, SendForm
from governance.models import Newsletter
from governance.newsletter import letter_of
from governance.newsletter.letter import SUBSCRIBED, TRIAL_LINK
from governance.notifications.newsletter import sender_of
from governance.services import newsletters as services
from governance.views.newsletters import find_issue

PER_PAGE = 50
# The letter brings its own styles and the pictures of the site, and runs nothing; what it leads to opens beside.
MAIL_POLICY = (
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
)


@member(STEER)
@require_safe
def newsletter_preview(request: MemberRequest, uuid: Any) -> HttpResponse:
    """As a mailbox shows it, wide or (`?largeur=telephone`) narrow; `?texte`: its text part; `?courriel`: the very mail,
    for its frame.
    """
    newsletter = find_issue(request, uuid)
    if "courriel" in request.GET:
        return framed(newsletter)
    is_phone = request.GET.get("largeur") == "telephone"
    look = "text" if "texte" in request.GET else "phone" if is_phone else "wide"
    name, address = sender_of(newsletter)
    context = {
        "convention": request.space,
        "issue": newsletter,
        "look": look,
        "sender": f"{name} <{address}>",
        "text": letter_of(newsletter).to(TRIAL_LINK, SUBSCRIBED)[0] if look == "text" else "",
    }
    return render(request, "governance/newsletter_preview.html", context)


def framed(newsletter: Newsletter) -> HttpResponse:
    _, html = letter_of(newsletter, base="").to(TRIAL_LINK, SUBSCRIBED)
    response = HttpResponse(html.replace("<head>", '<head><base target="_blank">', 1))
    response["Content-Security-Policy"] = MAIL_POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def newsletter_recipients(request: MemberRequest, uuid: Any) -> HttpResponse:
    """The groups, and exactly who that makes; of a letter that has left, whom it left for."""
    newsletter = find_issue(request, uuid)
    if newsletter.is_out:
        return whom_it_left_for(request, newsletter)
    form = SegmentsForm(
        posted(request), initial=newsletter.segments, convention=request.space, user=request.user
    )
    if form.is_valid():
        try:
            with services.editing(newsletter) as held:
                held.segments = form.chosen
                held.save(update_fields=["segments"])
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "Destinataires enregistrés.")
            return redirect("governance:newsletter_recipients", request.space.slug, newsletter.uuid)
    people = services.people_of(newsletter)
    context = {
        "convention": request.space,
        "issue": newsletter,
        "form": form,
        "total": len(people),
        "page": Paginator(people, PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "governance/newsletter_recipients.html", context, status=status_of(form))


def whom_it_left_for(request: MemberRequest, newsletter: Newsletter) -> HttpResponse:
    is_refused = request.method == "POST"
    if is_refused:
        messages.error(request, services.frozen_words(newsletter))
    context = {
        "convention": request.space,
        "issue": newsletter,
        "page": Paginator(services.sent_to(newsletter), PER_PAGE).get_page(request.GET.get("page")),
    }
    page = "governance/newsletter_recipients_sent.html"
    return render(request, page, context, status=422 if is_refused else 200)


@member(STEER)
@require_POST
def newsletter_test(request: MemberRequest, uuid: Any) -> HttpResponse:
    newsletter = find_issue(request, uuid)
    services.send_test(newsletter, by=request.user)
    messages.success(request, f"Un essai part vers {request.user.email}.")
    return redirect(newsletter)


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def newsletter_send(request: MemberRequest, uuid: Any) -> HttpResponse:
    """The last look before it leaves, now or at an hour."""
    newsletter = find_issue(request, uuid)
    if not newsletter.is_draft:
        messages.info(request, f"Cette lettre est {newsletter.get_state_display()}.")
        return redirect(newsletter)
    form = SendForm(posted(request))
    if form.is_valid():
        try:
            messages.success(request, leave(request, newsletter, form.cleaned_data))
        except Refused as refused:
            refuse(form, refused)
        else:
            return redirect(newsletter)
    context = {
        "convention": request.space,
        "issue": newsletter,
        "form": form,
        "departure": services.departure(newsletter),
    }
    return render(request, "governance/newsletter_send.html", context, status=status_of(form))


def leave(request: MemberRequest, newsletter: Newsletter, given: dict[str, Any]) -> str:
    """What is said of it. Raises Refused."""
    if given["at"]:
        services.schedule(newsletter, given["at"], seen=given["seen"])
        hour = date_format(timezone.localtime(given["at"]), r"j F à G \h i")
        return f"La lettre partira le {hour}. D’ici là, l’envoi peut s’annuler."
    number = services.send(newsletter, seen=given["seen"], by=request.user)
    return f"La lettre part vers {plural(number, 'adresse')}."


@member(STEER)
@require_POST
def newsletter_resend(request: MemberRequest, uuid: Any) -> HttpResponse:
    """One mail leaves again, or all that are uncertain: a person decided it."""
    newsletter = find_issue(request, uuid)
    of: Any = {"by": request.user, "title": str(newsletter), "subject_url": newsletter.get_absolute_url()}
    if request.POST.get("all") == newsletter.batch:
        number = resend_all(newsletter.batch, Envelope.State.UNCERTAIN, **of)
        messages.success(request, f"{plural(number, 'courriel repart,courriels repartent')}.")
        return redirect(newsletter)
    envelope = find(request.POST.get("envelope", ""), [newsletter.batch])
    if envelope is None:
        raise Http404("Courriel inconnu")
    resend(envelope, **of)
    messages.success(request, f"Le courriel à {envelope} repart.")
    return redirect(newsletter)


@member(STEER)
@require_POST
def newsletter_retry(request: MemberRequest, uuid: Any) -> HttpResponse:
    """What waits for the mail server is tried at once."""
    newsletter = find_issue(request, uuid)
    if newsletter.is_out:
        retry_now(
            newsletter.batch,
            by=request.user,
            title=str(newsletter),
            subject_url=newsletter.get_absolute_url(),
        )
        messages.success(request, "Un nouvel essai a lieu.")
    return redirect(newsletter)
