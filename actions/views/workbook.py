"""The plan as a workbook that goes out and comes back: sent, looked through, applied, taken back."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from actions import tasks
from actions.access import STEER, MemberRequest
from actions.forms.workbook import WorkbookApplyForm, WorkbookForm
from actions.history import Change
from actions.importers import workbook
from actions.models import FicheAction, PlanWorkbook
from actions.services.workbook import ask_to_apply, ask_to_undo, send_workbook
from actions.views.exports import AT_ONCE, as_file
from ctg.access import member
from ctg.forms import posted, status_of
from ctg.jobs.services import enqueue
from ctg.refusal import Refused
from ctg.sheets import MEDIA_TYPES, to_xlsx

SHOWN = 10
# Fiches whose differences stand on one page.
GROUPS = 40


@member(STEER)
@require_POST
def workbook_export(request: MemberRequest) -> HttpResponseBase:
    """The whole plan, to be changed and brought back."""
    convention = request.space
    if FicheAction.objects.visible_to(request.user).of(convention).count() <= AT_ONCE:
        plan = workbook.read_plan(convention, request.user)
        content = to_xlsx(workbook.plan_workbook(plan, timezone.now()))
        return as_file(content, f"{workbook.workbook_title(convention)}.xlsx", MEDIA_TYPES["xlsx"])
    job = enqueue(
        tasks.build_plan_workbook,
        convention.pk,
        by=request.user,
        title=workbook.workbook_title(convention),
        subject_url=reverse("actions:workbook_list", args=[convention.slug]),
        key=f"actions.plan_workbook:{convention.pk}",
    )
    return redirect(job)


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def workbook_list(request: MemberRequest) -> HttpResponse:
    """Send a workbook; those sent before."""
    form = WorkbookForm(posted(request), request.FILES or None)
    if form.is_valid():
        name, content = form.cleaned_data["file"]
        try:
            return redirect(send_workbook(request.space, name, content, by=request.user))
        except Refused as refused:
            form.add_error("file", str(refused))
    sent = (
        PlanWorkbook.objects.visible_to(request.user)
        .of(request.space)
        .select_related("author", "convention", "operation")
        .defer("report", "choices")
    )
    context = {"form": form, "convention": request.space, "workbooks": sent[:SHOWN]}
    return render(request, "actions/workbook_list.html", context, status=status_of(form))


def get_workbook(request: MemberRequest, uuid: Any) -> PlanWorkbook:
    """Raises Http404 for one of another convention."""
    found = PlanWorkbook.objects.visible_to(request.user).of(request.space).filter(uuid=uuid)
    sent = found.select_related("job", "author", "operation__undone_by").first()
    if sent is None:
        raise Http404("Classeur inconnu")
    sent.convention = request.space
    return sent


@member(STEER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def workbook_detail(request: MemberRequest, uuid: Any) -> HttpResponse:
    """What the workbook would change; its answer applies it. While work is going on, how far it is."""
    sent = get_workbook(request, uuid)
    if sent.is_busy:
        template = "actions/workbook_busy.html#state" if request.htmx else "actions/workbook_busy.html"  # type: ignore[attr-defined]
        return render(request, template, {"sent": sent, "convention": request.space})
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    form = None
    if sent.can_be_applied:
        form = WorkbookApplyForm(posted(request), convention=request.space, user=request.user, sent=sent)
        if form.is_valid():
            ask_to_apply(sent, form.decisions, form.build_basis(), by=request.user)
            return redirect(sent)
    groups = Paginator(sent.report.get("groups", []), GROUPS).get_page(request.GET.get("page"))
    for entry in (entry for group in groups for entry in group["entries"]):
        entry["changes"] = [Change(one["label"], one["before"], one["after"]) for one in entry["changes"]]
    context = {"sent": sent, "form": form, "groups": groups, "convention": request.space}
    return render(request, "actions/workbook_detail.html", context, status=status_of(form) if form else 200)


@member(STEER)
@require_POST
def workbook_undo(request: MemberRequest, uuid: Any) -> HttpResponse:
    sent = get_workbook(request, uuid)
    if sent.operation and not sent.is_undone:
        ask_to_undo(sent, by=request.user)
    else:
        messages.info(request, "Il n’y a rien à défaire.")
    return redirect(sent)
