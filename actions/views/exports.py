"""The plan as files: exactly the fiches that the page shows, under the same filters and in the same order."""

import io
from hashlib import sha256
from urllib.parse import urlencode

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from actions import tasks
from actions.access import MemberRequest
from actions.exports import export_name, export_plan, read_plan
from actions.filters import keys_shown
from ctg.access import member
from ctg.jobs.services import enqueue
from ctg.sheets import MEDIA_TYPES

# A workbook of so many fiches is made while one waits; beyond, and for documents, in the background.
AT_ONCE = 60
DOCUMENTS = ("pdf", "docx")


class ExportConverter:
    """The formats, in a URL."""

    regex = "|".join((*MEDIA_TYPES, *DOCUMENTS))

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


def as_file(content: bytes, name: str, media_type: str) -> FileResponse:
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type=media_type)


@member()
@require_POST
def plan_export(request: MemberRequest, kind: str) -> HttpResponseBase:
    """Whoever reads may export. The query string is that of the plan."""
    keys = keys_shown(request)
    if not keys:
        messages.info(request, "Il n’y a rien à exporter : aucune fiche n’est affichée.")
        return redirect(plan_url(request))
    if kind in MEDIA_TYPES and len(keys) <= AT_ONCE:
        fiches = read_plan(request.space, request.user, keys)
        content = export_plan(kind, request.space, fiches)
        return as_file(content, export_name(request.space, kind), MEDIA_TYPES[kind])
    return ask(request, kind, keys)


def ask(request: MemberRequest, kind: str, keys: list[int]) -> HttpResponse:
    """The same demand made twice is one work."""
    chosen = sha256(repr(keys).encode()).hexdigest()[:16]
    job = enqueue(
        tasks.build_fiches if kind in DOCUMENTS else tasks.build_plan_export,
        request.space.pk,
        kind,
        keys,
        by=request.user,
        title=f"Plan d’actions ({kind.upper()}) – {request.space.territory_name}",
        subject_url=plan_url(request)[:300],
        key=f"actions.plan_export:{request.space.pk}:{kind}:{chosen}",
    )
    return redirect(job)


def plan_url(request: MemberRequest) -> str:
    """The page that was exported, with its filters."""
    url = reverse("actions:plan", args=[request.space.slug])
    return f"{url}?{urlencode(request.GET, doseq=True)}" if request.GET else url
