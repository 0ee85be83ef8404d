from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ctg.access import SignedInRequest, signed_in
from ctg.jobs import services
from ctg.jobs.models import Job

SHOWN = 50


def get_job(request: SignedInRequest, uuid: UUID) -> Job:
    """404 for a job of someone else."""
    return get_object_or_404(Job.objects.visible_to(request.user), uuid=uuid)


@signed_in
@require_safe
def job_list(request: SignedInRequest) -> HttpResponse:
    jobs = Job.objects.visible_to(request.user)[:SHOWN]
    return render(request, "jobs/job_list.html", {"jobs": jobs})


@signed_in
@never_cache
@require_safe
def job_detail(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """The page, or for htmx what has changed since the version it shows: 204 when nothing has."""
    job = get_job(request, uuid)
    if not polled(request):
        return render(request, "jobs/job_detail.html", {"job": job})
    if request.GET.get("version") == job.version:
        return HttpResponse(status=204)
    return render(request, "jobs/job_detail.html#state", {"job": job})


@signed_in
@require_POST
def job_cancel(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    job = get_job(request, uuid)
    if not services.cancel(job).cancel_requested_at:
        messages.info(request, "C’était déjà fini.")
    return redirect(job)


@signed_in
@require_POST
def job_retry(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    job = get_job(request, uuid)
    if not job.can_be_retried:
        messages.info(request, "Il n’y a rien à relancer.")
    return redirect(services.retry(job))


@signed_in
@never_cache
@require_safe
def job_download(request: SignedInRequest, uuid: UUID) -> FileResponse:
    job = get_job(request, uuid)
    try:
        content = job.file.open()
    except (ValueError, FileNotFoundError) as error:
        raise Http404("Ce fichier n’existe pas ou n’existe plus.") from error
    return FileResponse(content, as_attachment=True, filename=job.filename)


def polled(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request")) and not request.headers.get("HX-History-Restore-Request")
