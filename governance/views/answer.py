"""A member who is convened answers on the page of the meeting, without looking for the mail."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from actions.access import MemberRequest
from actions.views.forms import refuse
from ctg.access import member
from ctg.forms import posted, status_of
from ctg.refusal import Refused
from governance.access import get_meeting
from governance.forms.convocations import AnswerForm
from governance.models import Attendance
from governance.services import session
from governance.views.meetings import meeting_url


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def my_answer(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Present, excused, represented: my own answer."""
    meeting = get_meeting(request, uuid)
    people = Attendance.objects.visible_to(request.user).filter(meeting=meeting).invited()
    me = people.filter(contact__user=request.user).select_related("contact").first()
    if me is None:
        raise Http404("Vous n’êtes pas convoqué à cette réunion.")
    form = AnswerForm(posted(request), initial=me.given)
    if form.is_valid():
        given = form.cleaned_data
        try:
            session.answer(me, given.pop("answer"), **given, by=request.user)
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, "Votre réponse est enregistrée : la coordination la voit.")
            return redirect(meeting_url(request, meeting))
    context = {"convention": request.space, "meeting": meeting, "me": me, "form": form}
    return render(request, "governance/my_answer.html", context, status=status_of(form))
