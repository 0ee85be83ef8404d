"""The pack of a meeting: asked for by who runs it, made in the background, read by members once it is shared."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.access import MemberRequest
from ctg.access import member
from ctg.files.models import StoredFile
from ctg.files.responses import serve
from ctg.forms import posted, status_of
from ctg.jobs.services import enqueue
from ctg.refusal import Refused
from governance import tasks
from governance.access import get_meeting
from governance.forms.pack import PackForm
from governance.models import Pack
from governance.pack import default_since
from governance.services.pack import share_pack
from governance.views.meetings import meeting_url


def get_pack(request: MemberRequest, uuid: Any) -> Pack:
    """A pack that this user reads. Raises Http404."""
    packs = Pack.objects.visible_to(request.user).of(request.space)
    found = packs.select_related("meeting__committee", "pdf", "slides").filter(uuid=uuid).first()
    if found is None:
        raise Http404("Dossier inconnu")
    found.meeting.convention = request.space
    return found


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def pack_build(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Ask for it in one click, or from another date than the last meeting."""
    meeting = get_meeting(request, uuid, run=True)
    if not meeting.is_open:
        raise PermissionDenied
    default = default_since(meeting)
    form = PackForm(posted(request), initial={"since": default})
    if form.is_valid():
        since = (form.cleaned_data["since"] or default).isoformat()
        job = enqueue(
            tasks.build_pack,
            meeting.pk,
            since,
            by=request.user,
            title=f"Dossier de séance – {meeting}",
            subject_url=f"{meeting_url(request, meeting)}#dossier",
            key=f"governance.pack:{meeting.pk}:{since}",
        )
        return redirect(job)
    context = {"form": form, "meeting": meeting, "convention": request.space}
    return render(request, "governance/pack_build.html", context, status=status_of(form))


@member()
@require_safe
def pack_detail(request: MemberRequest, uuid: Any) -> HttpResponse:
    """The page: what an élu reads the evening before."""
    found = get_pack(request, uuid)
    context = {"pack": found, "meeting": found.meeting, "convention": request.space}
    return render(request, "governance/pack_detail.html", context)


@member()
@require_safe
def pack_pdf(request: MemberRequest, uuid: Any) -> HttpResponseBase:
    found = get_pack(request, uuid)
    return served(found, found.pdf)


@member()
@require_safe
def pack_slides(request: MemberRequest, uuid: Any) -> HttpResponseBase:
    found = get_pack(request, uuid)
    return served(found, found.slides)


def served(pack: Pack, stored: StoredFile | None) -> HttpResponseBase:
    if stored is None:
        raise Http404("Fichier absent")
    return serve(stored, f"Dossier de séance – {pack.meeting}")


@member()
@require_POST
def pack_share(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Members read it from now on."""
    found = get_pack(request, uuid)
    meeting = get_meeting(request, found.meeting.uuid, run=True)
    try:
        share_pack(found)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "Le dossier est partagé : les membres de la convention le lisent.")
    return redirect(f"{meeting_url(request, meeting)}#dossier")
