"""Documents of the plan, made in the background."""

from actions.documents import fiche_pdf, fiche_title, read_fiche_paper
from actions.models import Convention
from ctg.accounts.models import User
from ctg.jobs.runner import JobError, Run, job_task

GONE = "Cette convention n’existe plus, ou vous n’y avez plus accès."
FICHE_GONE = "Cette fiche n’existe plus, ou vous n’y avez plus accès."


def convention_for(user: User | None, convention_id: int) -> Convention:
    """As its reader sees it today: rights may have ended since the work was asked for. Raises JobError."""
    seen = Convention.objects.visible_to(user) if user and user.is_active else Convention.objects.none()
    convention = seen.select_related("caf", "carrier").filter(pk=convention_id).first()
    if convention is None:
        raise JobError(GONE)
    return convention


@job_task("actions.build_fiche_pdf")
def build_fiche_pdf(run: Run, convention_id: int, fiche_id: int) -> None:
    run.progress(5, "Lecture de la fiche")
    convention = convention_for(run.by, convention_id)
    assert run.by is not None
    paper = read_fiche_paper(convention, run.by, fiche_id)
    if paper is None:
        raise JobError(FICHE_GONE)
    pdf = fiche_pdf(paper, run.between(10, 98))
    run.attach(f"{fiche_title(paper.fiche)}.pdf", pdf)
