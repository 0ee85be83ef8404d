"""Asking for documents of a fiche. Whoever reads it may have it on paper."""

from typing import Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from actions import tasks
from actions.access import MemberRequest, get_fiche
from actions.documents import fiche_title, fiches_docx, read_papers
from actions.views.exports import as_file
from ctg.access import member
from ctg.jobs.services import enqueue
from ctg.word import MEDIA_TYPE


@member()
@require_POST
def fiche_pdf(request: MemberRequest, uuid: Any) -> HttpResponse:
    fiche = get_fiche(request, uuid)
    fiche.convention = request.space
    job = enqueue(
        tasks.build_fiche_pdf,
        request.space.pk,
        fiche.pk,
        by=request.user,
        title=fiche_title(fiche),
        subject_url=fiche.get_absolute_url(),
        key=f"actions.fiche_pdf:{fiche.pk}",
    )
    return redirect(job)


@member()
@require_POST
def fiche_docx(request: MemberRequest, uuid: Any) -> FileResponse:
    """A Word document of one fiche costs little: it is made while one waits."""
    fiche = get_fiche(request, uuid)
    papers = read_papers(request.space, request.user, [fiche.pk])
    content = fiches_docx(request.space, papers)
    return as_file(content, f"{fiche_title(papers[0].fiche)}.docx", MEDIA_TYPE)
