"""Asking for documents of the plan."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from actions import tasks
from actions.access import MemberRequest, get_fiche
from actions.documents import fiche_title
from ctg.access import member
from ctg.jobs.services import enqueue


@member()
@require_POST
def fiche_pdf(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Whoever reads a fiche may have it on paper."""
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
