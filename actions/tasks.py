"""What is done in the background: documents and workbooks of the plan, mails to partners."""

from collections.abc import Callable
from smtplib import SMTPException

from django.db import transaction
from django.utils import timezone

from actions import notifications
from actions.documents import (
    fiche_pdf,
    fiche_title,
    fiches_docx,
    fiches_pdf,
    fiches_title,
    read_fiche_paper,
    read_papers,
)
from actions.exports import export_name, export_plan, read_plan
from actions.importers import workbook
from actions.models import ContributionLink, Convention, PlanWorkbook
from ctg.accounts.models import User
from ctg.jobs.runner import JobError, Run, job_task
from ctg.links.services import add_address, log_use
from ctg.refusal import Refused
from ctg.sheets import to_xlsx

GONE = "Cette convention n’existe plus, ou vous n’y avez plus accès."
FICHES_GONE = "Ces fiches n’existent plus, ou vous n’y avez plus accès."
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


@job_task("actions.build_fiches")
def build_fiches(run: Run, convention_id: int, kind: str, keys: list[int]) -> None:
    """Several fiches in one document, `pdf` or `docx`."""
    run.progress(5, "Lecture des fiches")
    convention = convention_for(run.by, convention_id)
    assert run.by is not None
    papers = read_papers(convention, run.by, keys)
    if not papers:
        raise JobError(FICHES_GONE)
    build = fiches_pdf if kind == "pdf" else fiches_docx
    content = build(convention, papers, run.between(10, 98))
    run.attach(f"{fiches_title(convention)}.{kind}", content)


@job_task("actions.build_plan_export")
def build_plan_export(run: Run, convention_id: int, kind: str, keys: list[int]) -> None:
    run.progress(5, "Lecture du plan")
    convention = convention_for(run.by, convention_id)
    assert run.by is not None
    fiches = read_plan(convention, run.by, keys)
    run.progress(60, "Écriture du fichier")
    run.attach(export_name(convention, kind), export_plan(kind, convention, fiches))


@job_task("actions.build_plan_workbook")
def build_plan_workbook(run: Run, convention_id: int) -> None:
    """The whole plan, to be changed and brought back."""
    run.progress(5, "Lecture du plan")
    convention = convention_for(run.by, convention_id)
    assert run.by is not None
    plan = workbook.read_plan(convention, run.by)
    run.progress(60, "Écriture du classeur")
    content = to_xlsx(workbook.plan_workbook(plan, timezone.now()))
    run.attach(f"{workbook.workbook_title(convention)}.xlsx", content)


@job_task("actions.read_plan_workbook")
def read_plan_workbook(run: Run, key: int) -> None:
    """Compare a workbook that was sent in with the plan; one with faults is given back with them marked."""
    sent = PlanWorkbook.objects.select_related("convention", "stored").get(pk=key)
    convention = convention_for(run.by, sent.convention_id)
    assert run.by is not None
    run.progress(5, "Lecture du plan")
    plan = workbook.read_plan(convention, run.by)
    run.progress(20, "Lecture du classeur")
    try:
        with sent.stored.file.open("rb") as file:
            book = workbook.read_book(file.read(), convention, plan.form)
    except Refused as refused:
        sent.state, sent.refusal = PlanWorkbook.State.REFUSED, str(refused)
        sent.save(update_fields=["state", "refusal"])
        return
    compared = run.between(40, 85)
    found = workbook.compare(plan, book, lambda done, total: compared(100 * done // total, "Comparaison"))
    sent.state, sent.report = PlanWorkbook.State.READ, workbook.report_of(found, plan)
    sent.save(update_fields=["state", "report"])
    if found.faults:
        run.progress(90, "Écriture du classeur à corriger")
        marked = workbook.marked_workbook(convention, book, found.faults)
        run.attach(f"{workbook.workbook_title(convention)} – à corriger.xlsx", to_xlsx(marked))


@job_task("actions.send_contribution_link")
def send_contribution_link(run: Run, asked_id: int) -> None:
    write_to_partner(asked_id, run.by, notifications.ask, "sent")


@job_task("actions.send_returned")
def send_returned(run: Run, asked_id: int) -> None:
    write_to_partner(asked_id, run.by, notifications.say_returned, "returned")


def write_to_partner(asked_id: int, by: User | None, write: Callable[..., None], act: str) -> None:
    """Each mail gives an address of its own: only the hash of the others is known. A closed link is not sent."""
    asked = (
        ContributionLink.objects.select_related("link", "convention", "contact__user")
        .prefetch_related("fiches", "indicators")
        .filter(pk=asked_id)
        .first()
    )
    if asked is None or not asked.link.is_open or not notifications.address_of(asked.contact):
        return
    try:
        with transaction.atomic():
            write(asked, add_address(asked.link), by=by)
            log_use(asked.link, act)
    except (SMTPException, OSError) as error:
        raise JobError(
            "Le serveur de courrier ne répond pas : le courriel n’est pas parti. Vous pouvez le renvoyer."
        ) from error
