"""A plan that comes back as a workbook: kept, compared, applied whole or not at all, taken back.

The two jobs that write stand here and not among the tasks, below: they call services. actions.apps makes them known.
"""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.dateparse import parse_date

from actions.importers import workbook
from actions.models import Basis, Convention, Operation, PlanWorkbook
from actions.services.undo import operating, undo
from actions.tasks import convention_for, read_plan_workbook
from ctg.accounts.models import User
from ctg.files.services import store_bytes
from ctg.jobs.runner import JobError, JobTask, Progress, Run, job_task
from ctg.jobs.services import enqueue
from ctg.refusal import Refused

MOVED = "Le plan a changé depuis cet aperçu : relisez les différences, puis appliquez de nouveau."
AT_ONCE = "Quelqu’un vient d’enregistrer la même chose : rien n’a été écrit. Appliquez de nouveau."
State = PlanWorkbook.State


@transaction.atomic
def send_workbook(convention: Convention, name: str, content: bytes, *, by: User) -> PlanWorkbook:
    """Keep what was sent in, and ask for its comparison with the plan. Raises Refused for another kind of file."""
    stored = store_bytes(name, content)
    sent = PlanWorkbook.objects.create(convention=convention, author=by, name=name[-200:], stored=stored)
    ask(sent, read_plan_workbook, "Lecture", by=by)
    return sent


@transaction.atomic
def ask_to_apply(sent: PlanWorkbook, decisions: Mapping[str, str], basis: Basis | None, *, by: User) -> None:
    """`decisions`: which side each conflict keeps. The basis is not saved yet: it comes with the changes."""
    told = (
        None
        if basis is None
        else {
            "kind": basis.kind,
            "words": basis.words,
            "date": basis.date.isoformat(),
            "avenant_id": basis.avenant_id,
        }
    )
    sent.choices = {"decisions": dict(decisions), "basis": told}
    sent.save(update_fields=["choices"])
    ask(sent, apply_workbook, "Application", by=by)


@transaction.atomic
def ask_to_undo(sent: PlanWorkbook, *, by: User) -> None:
    ask(sent, undo_workbook, "Annulation", by=by)


def ask(sent: PlanWorkbook, task: JobTask[int], what: str, *, by: User) -> None:
    sent.job = enqueue(
        task,
        sent.pk,
        by=by,
        title=f"{what} de « {sent.name} »",
        subject_url=sent.get_absolute_url(),
        key=f"actions.workbook:{sent.pk}",
    )
    sent.save(update_fields=["job"])


@job_task("actions.apply_workbook")
def apply_workbook(run: Run, key: int) -> None:
    """All of it or nothing, if it is still what was seen. Done twice, it is done once."""
    convention, by = steered(run, key)
    try:
        with transaction.atomic():
            sent = PlanWorkbook.objects.select_for_update(of=("self",)).get(pk=key)
            if sent.state == State.READ:
                apply_now(sent, convention, by, run.progress)
    except Stale as stale:
        PlanWorkbook.objects.filter(pk=key).update(report=stale.report)
        raise JobError(MOVED) from stale
    except Refused as refused:
        raise JobError(str(refused)) from refused
    except IntegrityError as error:
        raise JobError(AT_ONCE) from error


def steered(run: Run, key: int) -> tuple[Convention, User]:
    """The right may have ended since it was asked. Raises JobError."""
    convention = convention_for(run.by, PlanWorkbook.objects.get(pk=key).convention_id)
    assert run.by is not None
    if not Convention.objects.with_rights(run.by).get(pk=convention.pk).is_coordinator:
        raise JobError("Vous n’avez plus le droit de changer ce plan.")
    return convention, run.by


class Stale(Exception):  # noqa: N818 - an answer, not a failure
    """The plan has changed since the preview. `report`: the new one."""

    def __init__(self, report: Mapping[str, Any]) -> None:
        super().__init__()
        self.report = report


def apply_now(sent: PlanWorkbook, convention: Convention, by: User, progress: Progress) -> None:
    """Raises Stale, Refused."""
    progress(5, "Lecture du plan")
    workbook.lock_plan(convention)
    plan = workbook.read_plan(convention, by)
    progress(30, "Comparaison")
    with sent.stored.file.open("rb") as file:
        found = workbook.compare(plan, workbook.read_book(file.read(), convention, plan.form))
    report = workbook.report_of(found, plan)
    if report["digest"] != sent.report["digest"] or found.faults:
        raise Stale(report)
    workbook.settle(found, sent.choices["decisions"], plan)
    report = workbook.report_of(found, plan)  # with what was decided
    progress(60, "Écriture des changements")
    basis = basis_of(sent, convention)
    title = f"Retour du classeur « {sent.name} »"
    with operating(convention, Operation.Kind.IMPORT, title, by=by, basis=basis) as operation:
        workbook.write_edits(plan, found.edits, by=by)
    progress(95, "Écriture des changements")
    sent.state, sent.report, sent.operation = State.APPLIED, report, operation
    sent.save(update_fields=["state", "report", "operation"])


def basis_of(sent: PlanWorkbook, convention: Convention) -> Basis | None:
    told = sent.choices["basis"]
    if told is None:
        return None
    return Basis(**{**told, "date": parse_date(told["date"]), "convention": convention})


@job_task("actions.undo_workbook")
def undo_workbook(run: Run, key: int) -> None:
    """Take back what was applied. Rows changed since are left, and named."""
    _, by = steered(run, key)
    run.progress(10, "Retour à ce qui était")
    with transaction.atomic():
        sent = PlanWorkbook.objects.select_for_update(of=("self",)).select_related("operation").get(pk=key)
        if sent.operation is None or sent.is_undone:
            return
        done = undo(sent.operation, by=by)
        sent.report |= {"restored": done.rows, "left": [str(one) for one in done.left]}
        sent.save(update_fields=["report"])
