"""Calendars: what an agenda subscribes to, and a meeting as a file."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.access import MemberRequest
from actions.models import Convention
from ctg.access import SignedInRequest, member, signed_in
from ctg.forms import posted, status_of
from ctg.links.access import by_link
from ctg.links.services import LinkClosed, LinkUnknown
from ctg.mail import absolute
from governance.access import get_meeting
from governance.calendars import feed_ics
from governance.forms.feeds import FeedForm
from governance.invitations import PUBLISH
from governance.invitations import invitation as ics
from governance.models import CalendarFeed
from governance.services import feeds as services

MEDIA_TYPE = "text/calendar; charset=utf-8"


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def feed_list(request: SignedInRequest) -> HttpResponse:
    """My calendars; a new one is told its address once. `?ctg=`: the convention that one comes from."""
    mine = CalendarFeed.objects.visible_to(request.user).select_related("convention", "link")
    asked = Convention.objects.visible_to(request.user).filter(slug=request.GET.get("ctg", "")).first()
    form = FeedForm(posted(request), user=request.user, initial={"convention": asked})
    if form.is_valid():
        if mine.count() >= services.AT_MOST:
            form.add_error(None, f"{services.AT_MOST} agendas au plus : retirez-en un.")
        else:
            token = services.add_feed(form.instance, by=request.user)
            told = {
                "said": "Votre agenda a son adresse.",
                "address": absolute("governance:feed_read", token),
            }
            messages.success(request, render_to_string("actions/link_address.html", told))
            return redirect("governance:feed_list")
    context = {"form": form, "feeds": list(mine)}
    return render(request, "governance/feed_list.html", context, status=status_of(form))


@signed_in
@require_POST
def feed_remove(request: SignedInRequest, uuid: Any) -> HttpResponse:
    feed = CalendarFeed.objects.visible_to(request.user).select_related("link").filter(uuid=uuid).first()
    if feed is None:
        raise Http404("Agenda inconnu")
    services.remove_feed(feed)
    messages.success(request, "Cet agenda ne reçoit plus rien : son adresse est fermée.")
    return redirect("governance:feed_list")


@by_link
@require_safe
def feed_read(request: HttpRequest, token: str) -> HttpResponse:
    """What an agenda reads, with the rights that its person has today."""
    feed = CalendarFeed.objects.for_token(token).select_related("user", "convention").first()
    if feed is None:
        raise LinkUnknown
    if not feed.user.is_active:
        raise LinkClosed("Ce compte est fermé.")
    return HttpResponse(feed_ics(feed), content_type=MEDIA_TYPE)


@member()
@require_safe
def meeting_ics(request: MemberRequest, uuid: Any) -> HttpResponse:
    """One meeting, to be put in an agenda by hand."""
    meeting = get_meeting(request, uuid)
    if meeting.date is None:
        raise Http404("Réunion sans date")
    url = absolute("governance:meeting_detail", request.space.slug, meeting.uuid)
    items = meeting.items.visible_to(request.user)
    response = HttpResponse(ics(meeting, items, method=PUBLISH, url=url), content_type=MEDIA_TYPE)
    response["Content-Disposition"] = f'attachment; filename="reunion-{meeting.date:%Y-%m-%d}.ics"'
    return response
