"""For whoever runs a meeting: convening, reminding, sending again, what was answered by telephone."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from actions.access import MemberRequest
from actions.notifications import address_of
from actions.rules.words import plural
from actions.views.forms import refuse
from ctg.access import member
from ctg.forms import posted, status_of
from ctg.mail.models import Envelope
from ctg.mail.services import find, resend, resend_all
from ctg.refusal import Refused
from governance.access import get_meeting
from governance.forms.convocations import ConveneForm, ToldAnswerForm
from governance.models import AgendaItem, Attendance, Meeting
from governance.notifications import listed, preview, recipients
from governance.services import convocations as services
from governance.services import meetings, session
from governance.views.meetings import meeting_url
from governance.views.session import get_attendance


def sharing_url(request: MemberRequest, meeting: Meeting) -> str:
    return meeting_url(request, meeting) + "#convocation"


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def meeting_convene(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Exactly who will be written to, and what; `apercu` shows the mail again with what was typed."""
    meeting = get_meeting(request, uuid, run=True)
    if not meetings.can_become(meeting, Meeting.State.CONVENED):
        messages.info(request, f"Cette réunion est {meeting.get_state_display()}.")
        return redirect(meeting_url(request, meeting))
    found = recipients(listed(meeting))
    initial = {"message": meeting.message, "remind_on": services.default_reminder(meeting)}
    form = ConveneForm(posted(request), meeting=meeting, initial=initial)
    is_preview = "apercu" in request.POST
    if form.is_valid() and not is_preview:
        given = form.cleaned_data
        try:
            count = services.convene(
                meeting, given["message"], given["remind_on"], seen=given["seen"], by=request.user
            )
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(
                request, f"La réunion est convoquée : {plural(count, 'courriel part', 'courriels partent')}."
            )
            return redirect(sharing_url(request, meeting))
    meeting.message = form["message"].value() or ""
    items = list(AgendaItem.objects.visible_to(request.user).filter(meeting=meeting))
    first = str(found.written[0]) if found.written else "…"
    context = {
        "convention": request.space,
        "meeting": meeting,
        "form": form,
        "found": found,
        "missing": services.missing(meeting, found),
        "seen": services.fingerprint(found),
        "items": items,
        "mail": preview(meeting, items, name=first, by=request.user) if meeting.date else None,
    }
    status = 200 if is_preview and form.is_valid() else status_of(form)
    return render(request, "governance/meeting_convene.html", context, status=status)


@member()
@require_POST
def convocation_remind(request: MemberRequest, uuid: Any) -> HttpResponse:
    meeting = get_meeting(request, uuid, run=True)
    try:
        count = services.remind(meeting, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"{plural(count, 'relance part', 'relances partent')}.")
    return redirect(sharing_url(request, meeting))


@member()
@require_POST
def convocation_resend(request: MemberRequest, uuid: Any) -> HttpResponse:
    """One letter leaves again, to the address that its person has now; or all that are uncertain of a mailing."""
    meeting = get_meeting(request, uuid, run=True)
    url = sharing_url(request, meeting)
    if (batch := request.POST.get("all")) in services.batches(meeting):
        number = resend_all(
            str(batch), Envelope.State.UNCERTAIN, by=request.user, title=str(meeting), subject_url=url
        )
        messages.success(request, f"{plural(number, 'courriel repart', 'courriels repartent')}.")
        return redirect(url)
    envelope = find(request.POST.get("envelope", ""), services.batches(meeting))
    if envelope is None:
        raise Http404("Courriel inconnu")
    people = Attendance.objects.visible_to(request.user).filter(meeting=meeting)
    person = people.select_related("contact__user").filter(pk=envelope.object_id).first()
    address = address_of(person.contact) if person else ""
    resend(envelope, by=request.user, address=address, title=str(meeting), subject_url=url)
    messages.success(request, f"Le courriel à {envelope} repart.")
    return redirect(url)


@member()
@require_POST
def convocation_retry(request: MemberRequest, uuid: Any) -> HttpResponse:
    """What waits for a mail server is tried at once."""
    meeting = get_meeting(request, uuid, run=True)
    services.retry_waiting(meeting, by=request.user)
    messages.success(request, "Un nouvel essai a lieu.")
    return redirect(sharing_url(request, meeting))


@member()
@require_POST
def minutes_send(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Publish the minutes, and mail them to those on the list."""
    meeting = get_meeting(request, uuid, run=True)
    try:
        services.send_minutes(meeting, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(
            request, "Le compte rendu est publié ; les courriels partent dès que son PDF est prêt."
        )
    return redirect(sharing_url(request, meeting))


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def person_answer(request: MemberRequest, uuid: Any, person: Any) -> HttpResponse:
    """An answer that somebody gave by telephone."""
    meeting = get_meeting(request, uuid, run=True)
    row = get_attendance(request, meeting, person)
    form = ToldAnswerForm(posted(request), initial=row.given)
    if form.is_valid():
        given = form.cleaned_data
        try:
            session.answer(row, given.pop("answer"), **given, by=request.user)
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, f"La réponse de {row} est enregistrée.")
            return redirect(meeting_url(request, meeting) + "#participants")
    context = {"convention": request.space, "meeting": meeting, "person": row, "form": form}
    return render(request, "governance/person_answer.html", context, status=status_of(form))
