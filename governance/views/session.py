"""The session: what the secretary types, what the projector shows, and its closing."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.access import MemberRequest
from ctg.access import member
from ctg.forms import posted, status_of
from ctg.refusal import Refused
from governance.access import get_meeting
from governance.forms.meetings import InviteForm
from governance.models import AgendaItem, Attendance, Decision, DecisionFiche, Meeting
from governance.services import meetings as services
from governance.services import session as services_live
from governance.views.agenda import open_item
from governance.views.meetings import meeting_url, page_of
from governance.views.rows import settled

NOTES, ITEM, DECISION = "ouverture", "point", "decision"


def session_url(request: MemberRequest, meeting: Meeting) -> str:
    return reverse("governance:meeting_session", args=[request.space.slug, meeting.uuid])


@member()
@require_safe
def meeting_session(request: MemberRequest, uuid: Any) -> HttpResponse:
    """One page for whoever keeps the minutes: presences, notes under each item, decisions."""
    meeting = get_meeting(request, uuid, run=True)
    if meeting.state not in (Meeting.State.IN_PROGRESS, Meeting.State.CLOSED):
        messages.info(request, "La séance n’est pas ouverte.")
        return redirect(meeting_url(request, meeting))
    context = page_of(request, meeting)
    by_item: dict[Any, list[Decision]] = {}
    for decision in context["decisions"]:
        by_item.setdefault(decision.item_id, []).append(decision)
    context["points"] = [(line, by_item.pop(line.item.pk, [])) for line in context["agenda"].lines]
    context["loose"] = [decision for rows in by_item.values() for decision in rows]
    context["answered"] = sum(bool(one.answer) and not one.presence for one in context["people"])
    context["may_write"] = meeting.minutes_state == Meeting.Minutes.DRAFT
    return render(request, "governance/meeting_session.html", context)


def live_row(
    request: MemberRequest, meeting: Meeting, kind: str, row: Any
) -> Meeting | AgendaItem | Decision:
    """What is typed: the opening of the meeting, the notes of an item, a decision. Raises Http404."""
    found: Any = meeting if kind == NOTES else None
    if kind == ITEM:
        found = AgendaItem.objects.visible_to(request.user).filter(meeting=meeting, uuid=row).first()
    elif kind == DECISION:
        found = Decision.objects.visible_to(request.user).filter(meeting=meeting, uuid=row).first()
    if found is None:
        raise Http404("Texte inconnu")
    return found


@member()
@require_POST
def live_save(request: MemberRequest, uuid: Any, kind: str, row: Any) -> HttpResponse:
    """Save a text as it is typed: `base` is what it started from. JSON for the script: {text}; or back to the page."""
    meeting = get_meeting(request, uuid, run=True)
    base, text = (request.POST.get(name, "").replace("\r\n", "\n") for name in ("base", "text"))
    by_script = request.headers.get("Accept") == "application/json"
    try:
        whole = services_live.write_text(
            live_row(request, meeting, kind, row), base, text.replace("\x00", ""), by=request.user
        )
    except Refused as refused:
        if by_script:
            return JsonResponse({"refused": str(refused)}, status=409)
        context = {"meeting": meeting, "convention": request.space, "why": str(refused), "text": text}
        return render(request, "governance/live_refused.html", context, status=409)
    if by_script:
        return JsonResponse({"text": whole})
    messages.success(request, "C’est enregistré.")
    return redirect(session_url(request, meeting))


@member()
@require_safe
def live_texts(request: MemberRequest, uuid: Any) -> HttpResponse:
    """What is stored now of all that is typed in this session, by the address that saves it: others type too."""
    meeting = get_meeting(request, uuid, run=True)
    rows = [(NOTES, meeting.uuid, meeting.notes)]
    items = AgendaItem.objects.visible_to(request.user).filter(meeting=meeting)
    rows += [(ITEM, key, notes) for key, notes in items.values_list("uuid", "notes")]
    decisions = Decision.objects.visible_to(request.user).filter(meeting=meeting)
    rows += [(DECISION, key, text) for key, text in decisions.values_list("uuid", "text")]
    slug = request.space.slug
    return JsonResponse(
        {
            reverse("governance:live_save", args=[slug, meeting.uuid, kind, key]): text
            for kind, key, text in rows
        }
    )


@member()
@require_POST
def item_outcome(request: MemberRequest, uuid: Any, item: Any) -> HttpResponse:
    """Treated, or taken to the next meeting."""
    meeting, row = open_item(request, uuid, item)
    outcome = request.POST.get("outcome", "")
    if outcome not in AgendaItem.Outcome.values:
        raise Http404("Suite inconnue")
    settled(request, lambda: services_live.set_outcome(row, outcome, by=request.user))
    return redirect(session_url(request, meeting) + f"#point-{row.uuid}")


@member()
@require_safe
def meeting_screen(request: MemberRequest, uuid: Any) -> HttpResponse:
    """For the projector: one item a screen (`?point=2`; 0 is the agenda itself)."""
    meeting = get_meeting(request, uuid)
    context = page_of(request, meeting)
    lines = context["agenda"].lines
    asked = request.GET.get("point", "0")
    at = min(int(asked), len(lines)) if asked.isdecimal() and len(asked) < 4 else 0
    line = lines[at - 1] if at else None
    # What is being decided is on the projector once the meeting says so: only those who run it see drafts.
    decisions = [one for one in context["decisions"] if line is not None and one.item_id == line.item.pk]
    context |= {
        "line": line,
        "at": at,
        "before": at - 1,
        "after": at + 1,
        "total": len(lines),
        "decisions": decisions,
        "fiches": list(line.item.fiches.visible_to(request.user).with_progress()) if line else [],
    }
    return render(request, "governance/meeting_screen.html", context)


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def meeting_close(request: MemberRequest, uuid: Any) -> HttpResponse:
    """What closing will do, said before it is done."""
    meeting = get_meeting(request, uuid, run=True)
    if request.method == "POST":
        outcomes = {
            name.removeprefix("suite-"): value
            for name, value in request.POST.items()
            if name.startswith("suite-") and value in AgendaItem.Outcome.values
        }
        try:
            services.close_meeting(meeting, outcomes, by=request.user)
        except Refused as refused:
            messages.error(request, str(refused))
            status = 409
        else:
            messages.success(request, "La réunion est close : ses décisions sont dans les fiches.")
            return redirect(meeting_url(request, meeting))
    else:
        status = 200
    meeting = get_meeting(request, uuid, run=True)
    if not services.can_become(meeting, Meeting.State.CLOSED):
        if status == 200:
            messages.info(request, f"Cette réunion est {meeting.get_state_display()}.")
        return redirect(meeting_url(request, meeting))
    context = page_of(request, meeting)
    effects = DecisionFiche.objects.visible_to(request.user).filter(
        decision__meeting=meeting, applied_at=None
    )
    decided = {decision.item_id for decision in context["decisions"]}
    context["effects"] = [one for one in effects.select_related("fiche", "decision") if one.changes]
    context["outcomes"] = [
        (line, line.item.outcome or guess(line.item, decided)) for line in context["agenda"].lines
    ]
    absent = (Attendance.Answer.EXCUSED, Attendance.Answer.REPRESENTED)
    context["not_ticked"] = sum(not one.presence and one.answer not in absent for one in context["people"])
    return render(request, "governance/meeting_close.html", context, status=status)


def guess(item: AgendaItem, decided: set[int | None]) -> str:
    """What closing makes of an item of which nobody has said: as `services.settle_items`."""
    treated = bool(item.notes.strip()) or item.pk in decided
    return AgendaItem.Outcome.TREATED if treated else AgendaItem.Outcome.POSTPONED


# --- People ---------------------------------------------------------------------------------------
def get_attendance(request: MemberRequest, meeting: Meeting, person: Any) -> Attendance:
    found = Attendance.objects.visible_to(request.user).filter(meeting=meeting, uuid=person).first()
    if found is None:
        raise Http404("Personne inconnue")
    found.meeting = meeting
    return found


def back_to(request: MemberRequest, meeting: Meeting) -> str:
    """Where the list was changed from: the session while it lasts."""
    live = meeting.state == Meeting.State.IN_PROGRESS
    return session_url(request, meeting) if live else meeting_url(request, meeting)


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def person_add(request: MemberRequest, uuid: Any) -> HttpResponse:
    meeting = get_meeting(request, uuid, run=True)
    if meeting.minutes_state != Meeting.Minutes.DRAFT or meeting.state == Meeting.State.CANCELLED:
        messages.info(request, "La liste des participants ne change plus.")
        return redirect(meeting_url(request, meeting))
    form = InviteForm(posted(request), meeting=meeting, user=request.user)
    if form.is_valid():
        try:
            person = form.person()
            services_live.add_person(meeting, person, form.cleaned_data["quality"], by=request.user)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"{person} est dans la liste.")
            again = "encore" in request.POST
            return redirect(request.path if again else back_to(request, meeting) + "#participants")
    context = {
        "form": form,
        "meeting": meeting,
        "convention": request.space,
        "back": back_to(request, meeting),
    }
    return render(request, "governance/person_add.html", context, status=status_of(form))


@member()
@require_POST
def person_fill(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Those who sit on the committee and are not on the list."""
    meeting = get_meeting(request, uuid, run=True)
    try:
        added = services.add_seats(meeting, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        said = f"{added} personnes ajoutées." if added > 1 else "Une personne ajoutée." if added else ""
        messages.info(request, said or "Tous les membres de l’instance y sont déjà.")
    return redirect(meeting_url(request, meeting) + "#participants")


@member()
@require_POST
def person_follow(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Those who were not ticked yet are as they answered."""
    meeting = get_meeting(request, uuid, run=True)
    settled(
        request,
        lambda: services_live.tick_as_answered(meeting, by=request.user),
        "Les présences suivent les réponses : corrigez celles qui ont changé.",
    )
    return redirect(session_url(request, meeting) + "#participants")


@member()
@require_POST
def person_remove(request: MemberRequest, uuid: Any, person: Any) -> HttpResponse:
    meeting = get_meeting(request, uuid, run=True)
    row = get_attendance(request, meeting, person)
    settled(
        request,
        lambda: services_live.remove_person(row, by=request.user),
        f"{row} n’est plus dans la liste.",
    )
    return redirect(back_to(request, meeting) + "#participants")


@member()
@require_POST
def person_tick(request: MemberRequest, uuid: Any, person: Any) -> HttpResponse:
    """Present, excused, represented, absent; ticked again, not known."""
    meeting = get_meeting(request, uuid, run=True)
    presence = request.POST.get("presence", "")
    if presence not in Attendance.Presence.values:
        raise Http404("Présence inconnue")
    try:
        row = services_live.tick(get_attendance(request, meeting, person), presence, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect(session_url(request, meeting) + "#participants")
    if request.headers.get("HX-Request") == "true":
        context = {"person": row, "meeting": meeting, "convention": request.space}
        return render(request, "governance/person_presence.html", context)
    return redirect(session_url(request, meeting) + "#participants")
