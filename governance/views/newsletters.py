"""The issues of the newsletter: their list, a new one, and the page where one is written and followed."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.access import STEER, MemberRequest
from ctg.access import member
from ctg.forms import posted, status_of
from ctg.mail.report import report
from ctg.refusal import Refused
from ctg.templatetags.ui import plural
from governance.forms.newsletters import NewsletterForm, PeriodForm
from governance.models import Newsletter, NewsletterBlock
from governance.services import newsletters as services
from governance.views.newsletter_public import listing_of

State = Newsletter.State


def issues_of(request: MemberRequest) -> Any:
    return Newsletter.objects.visible_to(request.user).of(request.space)


def find_issue(request: MemberRequest, uuid: Any) -> Newsletter:
    """Raises Http404."""
    found: Newsletter | None = issues_of(request).filter(uuid=uuid).first()
    if found is None:
        raise Http404("Lettre inconnue")
    found.convention = request.space
    return found


def frozen(request: MemberRequest, newsletter: Newsletter) -> HttpResponse:
    """Instead of a form that could not be saved."""
    messages.info(request, services.frozen_words(newsletter))
    return redirect(newsletter)


def blocks_of(request: MemberRequest, newsletter: Newsletter) -> Any:
    rows = NewsletterBlock.objects.visible_to(request.user).filter(newsletter=newsletter)
    return rows.select_related("image")


@member(STEER)
@require_safe
def newsletter_list(request: MemberRequest) -> HttpResponse:
    issues = list(issues_of(request))
    reports = report([one.batch for one in issues if one.is_out])
    for one in issues:
        one.convention = request.space
    rows = [(one, reports.get(one.batch)) for one in issues]
    context = {
        "convention": request.space,
        "rows": [row for row in rows if row[0].state != State.CANCELLED],
        "given_up": [one for one in issues if one.state == State.CANCELLED],
        "is_listed": listing_of(request.space.slug).convention is not None,
    }
    return render(request, "governance/newsletter_list.html", context)


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def newsletter_create(request: MemberRequest) -> HttpResponse:
    """The period is proposed; one click drafts the letter."""
    start, end = services.proposed_period(request.space, timezone.localdate())
    form = PeriodForm(posted(request), initial={"start": start, "end": end})
    if form.is_valid():
        given = form.cleaned_data
        newsletter = services.prepare(request.space, given["start"], given["end"], by=request.user)
        number = len(blocks_of(request, newsletter))
        said = (
            f"en {plural(number, 'partie')} à relire"
            if number
            else "vide : rien de nouveau sur cette période"
        )
        messages.success(request, f"La lettre est rédigée, {said}.")
        return redirect(newsletter)
    pending = list(issues_of(request).filter(state__in=[State.DRAFT, State.SCHEDULED]))
    for one in pending:
        one.convention = request.space
    context = {"convention": request.space, "form": form, "pending": pending}
    return render(request, "governance/newsletter_create.html", context, status=status_of(form))


@member(STEER)
@require_safe
def newsletter_detail(request: MemberRequest, uuid: Any) -> HttpResponse:
    """While a draft, what it says and how to send it; then what became of it."""
    newsletter = find_issue(request, uuid)
    context = {
        "convention": request.space,
        "issue": newsletter,
        "blocks": blocks_of(request, newsletter),
        "report": report([newsletter.batch])[newsletter.batch] if newsletter.is_out else None,
        "number": None if newsletter.is_out else len(services.people_of(newsletter)),
    }
    return render(request, "governance/newsletter_detail.html", context)


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def newsletter_edit(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Its subject, its title, its first words."""
    newsletter = find_issue(request, uuid)
    if request.method != "POST" and not newsletter.is_draft:
        return frozen(request, newsletter)
    form = NewsletterForm(posted(request), instance=newsletter)
    try:
        if form.is_valid():
            with services.editing(newsletter):
                saved = form.merge()
            if saved:
                messages.success(request, "La lettre est enregistrée.")
                return redirect(newsletter)
    except Refused as refused:
        form.add_error(None, str(refused))
    context = {"convention": request.space, "issue": newsletter, "form": form}
    return render(request, "governance/newsletter_edit.html", context, status=status_of(form))


@member(STEER)
@require_POST
def newsletter_complete(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Draft again: what is told already is left as it was written."""
    newsletter = find_issue(request, uuid)
    try:
        number = services.complete(newsletter)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        said = f"{plural(number, 'partie ajoutée')} à la fin" if number else "Rien de nouveau à ajouter"
        messages.success(request, f"{said}.")
    return redirect(newsletter)


@member(STEER)
@require_POST
def newsletter_reopen(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Not at that hour after all, or taken up again."""
    return moved(request, uuid, services.reopen, "La lettre est de nouveau un brouillon : rien n’est parti.")


@member(STEER)
@require_POST
def newsletter_drop(request: MemberRequest, uuid: Any) -> HttpResponse:
    return moved(request, uuid, services.drop, "La lettre est abandonnée.")


def moved(request: MemberRequest, uuid: Any, move: Any, said: str) -> HttpResponse:
    newsletter = find_issue(request, uuid)
    try:
        move(newsletter)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, said)
    return redirect(newsletter)
