"""What a worker does with a job: lock, run, say how far, keep the file, say how it ended.

    @job_task("actions.build_fiche_pdf")
    def build_fiche_pdf(run: Run, fiche_id: int) -> None:
        run.progress(10, "Lecture de la fiche")
        run.attach("Fiche 7.pdf", pdf)

A task named `….build_…` goes to the queue of documents. It takes ids only, may run twice (a worker was
killed), and raises `JobError` with a plain French sentence when it cannot go on.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVarTuple

import pghistory
import psycopg
import structlog
from celery import shared_task
from django.core.files.base import ContentFile
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from ctg.jobs import locks
from ctg.jobs.models import Job, State

if TYPE_CHECKING:
    from ctg.accounts.models import User

log = structlog.get_logger(__name__)

Ids = TypeVarTuple("Ids")
Progress = Callable[[int, str], None]

MAX_ATTEMPTS = 3
# A loop may report each row: only this often, in seconds, is it written.
REPORT_EVERY = 0.3

INTERRUPTED = "Plusieurs interruptions ont eu lieu avant la fin. Vous pouvez relancer plus tard."
UNEXPECTED = "Une erreur inattendue a tout arrêté. Elle est notée dans le journal ; vous pouvez relancer."


class JobError(Exception):
    """The work cannot be done. Its text is shown to the person: a plain French sentence."""


class Cancelled(Exception):  # noqa: N818 - not an error
    """The person asked to stop. Let it pass: the runner records it."""


@dataclass(frozen=True)
class JobTask(Generic[*Ids]):
    """A function to be run in the background under a name; `ctg.jobs.services.enqueue` takes it."""

    name: str
    function: "Callable[[Run, *Ids], None]"

    def __call__(self, run: "Run", *ids: *Ids) -> None:
        self.function(run, *ids)


def job_task(name: str) -> "Callable[[Callable[[Run, *Ids], None]], JobTask[*Ids]]":
    """Make a function a task that `enqueue` accepts. The message carries the key of the job's row only."""

    def register(function: "Callable[[Run, *Ids], None]") -> "JobTask[*Ids]":
        @shared_task(name=name, acks_late=True, reject_on_worker_lost=True, ignore_result=True)
        def deliver(job_id: int) -> None:
            run_job(job_id, function)

        return JobTask(name, function)

    return register


class Run:
    """What a task holds while it runs."""

    def __init__(self, job: Job, own: psycopg.Connection) -> None:
        self.job = job
        self._own = own
        self._reported = float("-inf")
        self.filename = ""
        self.content = b""

    @property
    def by(self) -> "User | None":
        """The person who asked."""
        return self.job.author

    def progress(self, percent: int, message: str = "") -> None:
        """Tell the screen. Raises `Cancelled` when the person asked to stop."""
        now = time.monotonic()
        if now - self._reported < REPORT_EVERY and percent < 100:
            return
        self._reported = now
        row = self._own.execute(
            "UPDATE jobs_job SET progress = %s, message = %s WHERE id = %s AND state = 'running'"
            " RETURNING cancel_requested_at IS NOT NULL",
            [min(max(int(percent), 0), 100), message[:200], self.job.pk],
        ).fetchone()
        if row and row[0]:
            raise Cancelled

    def between(self, start: int, end: int) -> Progress:
        """The same, for a part of the work that counts its own 0–100."""

        def progress(percent: int, message: str = "") -> None:
            self.progress(start + (end - start) * percent // 100, message)

        return progress

    def attach(self, filename: str, content: bytes) -> None:
        """The file the work produces; kept only if the work ends well."""
        self.filename, self.content = safe_filename(filename), content


def run_job(job_id: int, function: Callable[..., None]) -> None:
    """Run the job once. A second delivery of its message finds the lock taken or the work done."""
    with locks.held(job_id) as own:
        if own is None:
            log.info("job_already_running", job=job_id)
            return
        job = _start(job_id)
        if job is None:
            return
        run = Run(job, own)
        context: dict[str, Any] = {"user": job.author_id, "job": str(job.uuid)}
        try:
            with pghistory.context(**context):
                function(run, *job.args)
        except Cancelled:
            _finish(job, State.CANCELLED)
        except JobError as error:
            _finish(job, State.FAILED, error=str(error) or UNEXPECTED)
        except (InterfaceError, OperationalError, psycopg.OperationalError):
            # The database went away: nothing can be written now; `rescue` finds a row without its lock.
            log.exception("job_database_lost", job=str(job.uuid), task=job.task)
            raise
        except Exception:
            log.exception("job_failed", job=str(job.uuid), task=job.task)
            _finish(job, State.FAILED, error=UNEXPECTED)
        else:
            _finish(job, State.DONE, run=run)


@transaction.atomic
def _start(job_id: int) -> Job | None:
    """Take the row, or None when there is nothing (more) to do."""
    job = Job.objects.select_for_update(of=("self",)).select_related("author").filter(pk=job_id).first()
    if job is None or job.is_finished:
        return None
    if job.cancel_requested_at is not None:
        _finish(job, State.CANCELLED)
        return None
    if job.attempts >= MAX_ATTEMPTS:
        _finish(job, State.FAILED, error=INTERRUPTED)
        return None
    job.state, job.started_at, job.attempts = State.RUNNING, timezone.now(), job.attempts + 1
    job.progress, job.message = 0, ""
    job.save(update_fields=["state", "started_at", "attempts", "progress", "message"])
    return job


@transaction.atomic
def _finish(job: Job, state: State, *, error: str = "", run: Run | None = None) -> None:
    job = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
    job.state, job.error, job.message, job.finished_at = state, error, "", timezone.now()
    if state == State.DONE:
        job.progress = 100
    if run is not None and run.filename:
        job.file.storage.delete(job.file.field.generate_filename(job, run.filename))
        job.file.save(run.filename, ContentFile(run.content), save=False)
        job.filename = run.filename
    job.save()


def safe_filename(name: str) -> str:
    """A name that any system accepts, accents kept: « Bilan 2025 / Été.pdf » → « Bilan 2025 - Été.pdf »."""
    name = re.sub(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f]", "", name)
    name = re.sub(r'\s*[/\\:*?"<>|]+\s*', " - ", name)
    name = re.sub(r"\s+", " ", name)
    stem, _, suffix = name.rpartition(".")
    if not suffix.isalnum() or len(suffix) > 5 or not name.endswith(f".{suffix}"):
        stem, suffix = name, ""
    stem = stem.strip(" .-")[:140].rstrip() or "document"
    return f"{stem}.{suffix}" if suffix else stem
