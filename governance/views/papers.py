"""The papers of a meeting: asked for here, made in the background; its minutes, to read."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from actions.access import MemberRequest
from ctg.access import member
from ctg.jobs.services import enqueue
from governance import tasks
from governance.access import get_meeting
from governance.documents import Paper, offered, read_meeting
from governance.models import Meeting
from governance.views.meetings import meeting_url


class PaperConverter:
    """The papers with their formats, in a URL: « releve.docx »."""

    regex = "|".join(kind.replace(".", r"\.") for paper in Paper for kind in paper.kinds)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


@member()
@require_POST
def meeting_paper(request: MemberRequest, uuid: Any, kind: str) -> HttpResponse:
    """Asked for twice while it is being made, it is one work."""
    meeting = get_meeting(request, uuid)
    paper = Paper(kind.partition(".")[0])
    if paper not in offered(meeting):
        raise PermissionDenied
    job = enqueue(
        tasks.build_meeting_paper,
        request.space.pk,
        meeting.pk,
        kind,
        by=request.user,
        title=f"{paper.label} ({paper.kinds[kind]}) – {meeting}",
        subject_url=meeting_url(request, meeting),
        key=f"governance.meeting_paper:{meeting.pk}:{kind}",
    )
    return redirect(job)


@member()
@require_safe
def meeting_minutes(request: MemberRequest, uuid: Any) -> HttpResponse:
    """The whole of it, to read: for who runs the meeting once it has begun, for all once it is sent."""
    meeting = get_meeting(request, uuid)
    papers = offered(meeting)
    if Paper.MINUTES not in papers:
        if not meeting.can_run:
            raise PermissionDenied
        messages.info(request, "La séance n’est pas ouverte : il n’y a pas encore de compte rendu.")
        return redirect(meeting_url(request, meeting))
    context = {
        "convention": request.space,
        "meeting": meeting,
        "paper": read_meeting(meeting, request.user),
        "papers": papers,
        "may_send": meeting.can_run
        and (meeting.state, meeting.minutes_state) == (Meeting.State.CLOSED, Meeting.Minutes.DRAFT),
        "may_approve": meeting.can_run and meeting.minutes_state == Meeting.Minutes.SENT,
    }
    return render(request, "governance/meeting_minutes.html", context)
