"""What somebody who is convened opens by the link of their mail, without an account, on a phone."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from actions.views.forms import refuse
from ctg.files.responses import serve
from ctg.forms import posted, status_of
from ctg.links.access import by_link
from ctg.links.services import LinkClosed, LinkUnknown, log_use
from ctg.mail import absolute
from ctg.refusal import Refused
from governance.agenda import Agenda, hours
from governance.forms.convocations import AnswerForm
from governance.invitations import PUBLISH
from governance.invitations import invitation as calendar_file
from governance.models import Attendance, Meeting, Pack
from governance.services.session import answer

VISIT = timedelta(hours=1)


def person_of(token: str) -> Attendance:
    """Who holds the link, with the meeting. Raises LinkClosed, also for whoever was taken off the list."""
    rows = Attendance.objects.for_token(token).select_related(
        "contact", "link__created_by", "meeting__president"
    )
    person = rows.select_related("meeting__convention", "meeting__committee", "meeting__minutes_file").first()
    if person is None:
        raise LinkUnknown
    if person.removed_at is not None:
        raise LinkClosed(f"Vous n’êtes plus dans la liste des personnes convoquées : {person.meeting}.")
    return person


def pack_of(meeting: Meeting) -> Pack | None:
    """The last one that was shared."""
    shared = meeting.packs.filter(shared_at__isnull=False).select_related("pdf")
    return shared.order_by("-shared_at", "-pk").first()


@by_link
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The meeting, and the answer: given, changed, until the session opens."""
    person = person_of(token)
    meeting, link = person.meeting, person.link
    assert link is not None  # by which it was found
    form = AnswerForm(posted(request), initial=person.given)
    if form.is_valid():
        given = form.cleaned_data
        try:
            answer(person, given.pop("answer"), **given, by=None)
        except Refused as refused:
            refuse(form, refused)
        else:
            log_use(link, "answered")
            messages.success(request, "Merci, votre réponse est enregistrée.")
            return redirect("governance:invitation", token)
    log_use(link, "opened", once_in=VISIT)
    is_told = meeting.minutes_state != Meeting.Minutes.DRAFT
    context = {
        "person": person,
        "meeting": meeting,
        "hours": hours(meeting),
        "agenda": Agenda(meeting, list(meeting.items.for_page())),
        "pack": pack_of(meeting),
        "form": form,
        "may_answer": meeting.state == Meeting.State.CONVENED,
        "is_told": is_told,
        "decisions": list(meeting.decisions.select_related("responsible")) if is_told else [],
        "token": token,
    }
    return render(request, "governance/invitation.html", context, status=status_of(form))


@by_link
@require_safe
def invitation_calendar(_request: HttpRequest, token: str) -> HttpResponse:
    """The meeting for one's own calendar: the same event as the one that was mailed."""
    meeting = person_of(token).meeting
    if meeting.date is None:
        raise Http404("Sans date")
    url = absolute("governance:invitation", token)
    content = calendar_file(meeting, meeting.items.all(), method=PUBLISH, url=url)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="reunion.ics"'
    return response


@by_link
@require_safe
def invitation_document(_request: HttpRequest, token: str, document: Any) -> HttpResponseBase:
    """A document of the agenda."""
    items = person_of(token).meeting.items.for_page()
    for found in (found for item in items for found in item.documents.all() if found.uuid == document):
        return serve(found.stored, found.title)
    raise Http404("Document inconnu")


@by_link
@require_safe
def invitation_pack(request: HttpRequest, token: str) -> HttpResponse:
    """The pack as a page."""
    meeting = person_of(token).meeting
    context = {"pack": shared_pack(meeting), "meeting": meeting, "token": token}
    return render(request, "governance/invitation_pack.html", context)


@by_link
@require_safe
def invitation_pack_pdf(_request: HttpRequest, token: str) -> HttpResponseBase:
    meeting = person_of(token).meeting
    pdf = shared_pack(meeting).pdf
    if pdf is None:
        raise Http404("Pas de PDF")
    return serve(pdf, f"Dossier de séance – {meeting}")


@by_link
@require_safe
def invitation_minutes(_request: HttpRequest, token: str) -> HttpResponseBase:
    """The minutes as they were sent."""
    meeting = person_of(token).meeting
    if meeting.minutes_state == Meeting.Minutes.DRAFT or meeting.minutes_file is None:
        raise Http404("Pas de compte rendu")
    return serve(meeting.minutes_file, f"Compte rendu – {meeting}")


def shared_pack(meeting: Meeting) -> Pack:
    found = pack_of(meeting)
    if found is None:
        raise Http404("Pas de dossier")
    return found
