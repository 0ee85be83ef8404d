"""The annual bilan: asked for here, made in the background."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from actions.access import MemberRequest
from ctg.access import member
from ctg.jobs.models import Job
from ctg.jobs.services import enqueue
from governance import tasks
from governance.forms.bilan import BilanForm

SHOWN = 10


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def bilan_list(request: MemberRequest) -> HttpResponse:
    """Choose a year and ask for its PDF; those asked for before. Whoever reads may export."""
    convention = request.space
    form = BilanForm(request.POST if request.method == "POST" else None, convention=convention)
    if form.is_valid():
        year = form.cleaned_data["year"]
        job = enqueue(
            tasks.build_bilan_pdf,
            convention.pk,
            year,
            by=request.user,
            title=f"Bilan {year} – {convention.territory_name}",
            subject_url=reverse("governance:bilan_list", args=[convention.slug]),
            key=f"governance.bilan:{convention.pk}:{year}",
        )
        return redirect(job)
    mine = Job.objects.visible_to(request.user).filter(task=tasks.build_bilan_pdf.name, args__0=convention.pk)
    context = {"form": form, "convention": convention, "jobs": list(mine[:SHOWN])}
    return render(request, "governance/bilan_list.html", context, status=422 if form.is_bound else 200)
