"""Meetings: prepared, recorded, moved, cancelled; the page of one."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.access import EDIT, PROPOSE, STEER, MemberRequest
from actions.rules.words import plural
from actions.views.forms import refuse
from ctg.access import member
from ctg.forms import posted, status_of
from ctg.numbers import NO_BREAK
from ctg.refusal import Refused
from governance.access import committees_to_run, get_meeting
from governance.agenda import Agenda, hours
from governance.documents import offered
from governance.forms.meetings import CancelForm, MeetingForm, PastMeetingForm, day_words
from governance.models import AgendaItem, Attendance, Decision, Meeting, Pack
from governance.services import convocations
from governance.services import meetings as services
from governance.views.rows import RowPage, row_page, settled


def meeting_url(request: MemberRequest, meeting: Meeting) -> str:
    return reverse("governance:meeting_detail", args=[request.space.slug, meeting.uuid])


@member()
@require_safe
def meeting_list(request: MemberRequest) -> HttpResponse:
    """Those to come, the nearest first; then those that were held, the latest first."""
    seen = (
        Meeting.objects.visible_to(request.user).of(request.space).select_related("committee").with_counts()
    )
    past = seen.exclude(state__in=Meeting.OPEN).newest_first()
    context = {
        "convention": request.space,
        "ahead": list(seen.to_come()),
        "past": list(past),
        "may_prepare": request.space.allows(EDIT),
    }
    return render(request, "governance/meeting_list.html", context)


@member(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def meeting_add(request: MemberRequest) -> HttpResponse:
    """Prepare a meeting: its list begins with those who sit on its committee."""
    asked = request.GET.get("instance", "")
    chosen = committees_to_run(request).filter(uuid=asked).first() if services.is_uuid(asked) else None
    chosen = chosen or committees_to_run(request).first()
    form = meeting_form(MeetingForm, request, initial={"committee": chosen})
    form.instance.author = request.user
    page = RowPage(
        "Préparer une réunion",
        back=reverse("governance:meeting_list", args=[request.space.slug]),
        back_label="Réunions",
        said="La réunion est en préparation : rien n’est envoyé tant que vous ne convoquez pas.",
        lead="Rien n’est envoyé : vous convoquez quand l’ordre du jour est prêt.",
        template="governance/meeting_form.html",
    )
    response = row_page(request, form, page, then=services.invite_seats)
    return redirect(meeting_url(request, form.instance)) if response.status_code == 302 else response


@member(EDIT)
@require_safe
def day_said(request: MemberRequest) -> HttpResponse:
    """What the day `?date=` is: a holiday, in school holidays, a Saturday; a fragment beside the field."""
    said = day_words(request.GET.get("date", ""), request.space)
    return render(request, "governance/day_said.html", {"said": said})


@member(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def meeting_record(request: MemberRequest) -> HttpResponse:
    """A meeting that was held before, or elsewhere."""
    form = meeting_form(PastMeetingForm, request)
    form.instance.author = request.user
    form.instance.state, form.instance.closed_at = Meeting.State.CLOSED, timezone.now()
    page = RowPage(
        "Enregistrer une réunion passée",
        back=reverse("governance:meeting_list", args=[request.space.slug]),
        back_label="Réunions",
        said="La réunion est enregistrée. Ajoutez-y ce qu’elle a décidé.",
        lead="Une date, une année ou quelques mots suffisent.",
        template="governance/meeting_record.html",
    )
    response = row_page(request, form, page)
    return redirect(meeting_url(request, form.instance)) if response.status_code == 302 else response


def meeting_form(kind: Any, request: MemberRequest, **more: Any) -> Any:
    return kind(
        posted(request),
        convention=request.space,
        user=request.user,
        committees=committees_to_run(request),
        is_whole=request.space.allows(STEER),
        **more,
    )


@member()
@require_safe
def meeting_detail(request: MemberRequest, uuid: Any) -> HttpResponse:
    """The meeting: its agenda, who comes, what it decided; and for who runs it, what to do next."""
    meeting = get_meeting(request, uuid)
    context = page_of(request, meeting) | {"packs": packs_of(request.user, meeting)}
    if meeting.can_run:
        context["sharing"] = convocations.sharing_of(meeting, context["people"])
    return render(request, "governance/meeting_detail.html", context)


def page_of(request: MemberRequest, meeting: Meeting) -> dict[str, Any]:
    """All that the page shows, in a constant number of queries."""
    user = request.user
    items = AgendaItem.objects.visible_to(user).filter(meeting=meeting).for_page()
    decisions = Decision.objects.visible_to(user).filter(meeting=meeting).for_list()
    people = Attendance.objects.visible_to(user).filter(meeting=meeting).invited()
    reviews = services.to_review(meeting).visible_to(user).for_list()
    can_run, may_edit = meeting.can_run, meeting.can_run and meeting.is_open
    waiting = AgendaItem.objects.visible_to(user).of(request.space).waiting() if may_edit else ()
    listed = list(people.select_related("contact__organisation", "contact__user"))
    return {
        "convention": request.space,
        "meeting": meeting,
        "hours": hours(meeting),
        "is_early": meeting.date is not None and meeting.date > timezone.localdate(),
        "day_said": day_words(meeting.date, request.space) if may_edit else "",
        "agenda": Agenda(meeting, list(items)),
        "decisions": list(decisions),
        "people": listed,
        "me": next((one for one in listed if one.contact.user_id == user.pk), None),
        "answers": answers_of(meeting, listed),
        "waiting": [one for one in waiting if one.committee_id in (None, meeting.committee_id)],
        "reviews": list(reviews),
        "notes_shown": can_run or meeting.minutes_state != Meeting.Minutes.DRAFT,
        "may": {str(state): can_run and services.can_become(meeting, state) for state in services.MOVES},
        "may_edit": may_edit,
        "papers": offered(meeting),
        "may_propose": request.space.allows(PROPOSE) and meeting.is_open,
    }


def packs_of(user: Any, meeting: Meeting) -> list[Pack]:
    """Those that this user reads, the newest first, without their pages."""
    packs = Pack.objects.visible_to(user).filter(meeting=meeting)
    return list(packs.defer("html").select_related("pdf", "slides"))


def answers_of(meeting: Meeting, people: Iterable[Attendance]) -> str:
    """« 12 présents, 2 excusés, 5 sans réponse » of those who are asked, or of those who came."""
    held = meeting.state in (Meeting.State.IN_PROGRESS, Meeting.State.CLOSED)
    if not held and meeting.convened_at is None:
        return plural(len(list(people)), "personne")
    said = Counter(one.presence if held else one.answer for one in people)
    kinds: list[Any] = list(Attendance.Presence if held else Attendance.Answer)
    kinds = [*kinds[1:], kinds[0]]
    counts = [
        f"{said[kind]}{NO_BREAK}{kind.label}" if kind == "" else plural(said[kind], kind.label)
        for kind in kinds
        if said[kind]
    ]
    return ", ".join(counts)


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def meeting_edit(request: MemberRequest, uuid: Any) -> HttpResponse:
    meeting = get_meeting(request, uuid, run=True)
    if not meeting.is_open:
        messages.info(request, f"Cette réunion est {meeting.get_state_display()} : elle ne change plus.")
        return redirect(meeting_url(request, meeting))
    form = meeting_form(MeetingForm, request, instance=meeting)
    page = RowPage(
        "Changer la réunion" if meeting.convened_at else "Modifier la réunion",
        confirm="Prévenir toutes les personnes convoquées de ce changement ?" if meeting.convened_at else "",
        back=meeting_url(request, meeting),
        back_label=meeting.name,
        said="La réunion est enregistrée.",
        lead="Si la date, l’heure, le lieu ou l’intitulé change, chaque personne convoquée reçoit un courriel."
        if meeting.state == Meeting.State.CONVENED
        else "",
        template="governance/meeting_form.html",
        delete_url=reverse("governance:meeting_delete", args=[request.space.slug, meeting.uuid])
        if meeting.state == Meeting.State.DRAFT
        else "",
        delete_label="Supprimer cette réunion en préparation",
    )
    before = meeting

    def guard() -> None:
        nonlocal before
        before = services.require_open(meeting)

    def tell(saved: Meeting) -> None:
        if count := convocations.tell_change(before, saved, by=request.user):
            messages.info(request, f"Le changement part par courriel à {plural(count, 'personne')}.")

    return row_page(request, form, page, guard=guard, then=tell)


@member()
@require_POST
def meeting_delete(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Only one that nobody was told of."""
    meeting = get_meeting(request, uuid, run=True)
    said = "La réunion en préparation est supprimée ; ses sujets attendent la prochaine."
    if settled(request, lambda: services.delete_meeting(meeting, by=request.user), said):
        return redirect("governance:meeting_list", request.space.slug)
    return redirect(meeting_url(request, meeting))


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def meeting_cancel(request: MemberRequest, uuid: Any) -> HttpResponse:
    meeting = get_meeting(request, uuid, run=True)
    form = CancelForm(posted(request))
    if form.is_valid():
        try:
            services.cancel_meeting(meeting, form.cleaned_data["reason"], by=request.user)
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, "La réunion est annulée ; ses sujets attendent la prochaine.")
            return redirect(meeting_url(request, meeting))
    context = {"form": form, "meeting": meeting, "convention": request.space}
    return render(request, "governance/meeting_cancel.html", context, status=status_of(form))


@member()
@require_POST
def meeting_open(request: MemberRequest, uuid: Any) -> HttpResponse:
    """The session begins."""
    meeting = get_meeting(request, uuid, run=True)
    if settled(request, lambda: services.open_session(meeting, by=request.user)):
        return redirect("governance:meeting_session", request.space.slug, meeting.uuid)
    return redirect(meeting_url(request, meeting))


@member()
@require_POST
def minutes_approve(request: MemberRequest, uuid: Any) -> HttpResponse:
    meeting = get_meeting(request, uuid, run=True)
    settled(
        request,
        lambda: services.approve_minutes(meeting, by=request.user),
        "Le compte rendu est approuvé.",
    )
    return redirect(meeting_url(request, meeting))
