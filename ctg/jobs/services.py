"""Asking for work, stopping it, asking again; and making sure that what was asked is done."""

from datetime import timedelta
from typing import TYPE_CHECKING, TypeVarTuple

import structlog
from celery import current_app
from django.db import IntegrityError, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from ctg.jobs import locks
from ctg.jobs.models import Job, State
from ctg.jobs.runner import INTERRUPTED, MAX_ATTEMPTS, JobTask

if TYPE_CHECKING:
    from ctg.accounts.models import User

log = structlog.get_logger(__name__)

Ids = TypeVarTuple("Ids")

# A message taken by the broker and not run since may be lost with it: twice in the queue does no harm.
PUBLISH_AGAIN_AFTER = timedelta(minutes=10)
KEEP_FOR = timedelta(days=30)


def enqueue(
    task: JobTask[*Ids],
    *ids: *Ids,
    by: "User | None",
    title: str,
    subject_url: str = "",
    key: str = "",
) -> Job:
    """Ask for work: a row in the caller's transaction, a message once it commits.

    A broker that is down fails nothing: the row waits for `rescue`. With a `key`, asking again while the
    first is unfinished gives the first back. `title` is French and shown; `subject_url` is where to return.
    """
    job = Job(task=task.name, args=list(ids), title=title[:200], author=by, subject_url=subject_url, key=key)
    try:
        with transaction.atomic():
            job.save()
    except IntegrityError:
        if key and (asked := Job.objects.unfinished().filter(author=by, key=key).first()):
            return asked
        raise
    transaction.on_commit(lambda: publish(job))
    return job


def publish(job: Job) -> bool:
    """Hand the job to the broker. False when it cannot be reached, within a few seconds."""
    now = timezone.now()
    try:
        current_app.signature(job.task, args=[job.pk]).apply_async(retry=False)
    except (BrokerError, OSError) as error:
        log.warning("job_not_published", job=str(job.uuid), task=job.task, error=type(error).__name__)
        return False
    Job.objects.filter(pk=job.pk).update(published_at=now)
    job.published_at = now
    return True


@transaction.atomic
def cancel(job: Job) -> Job:
    """Stop what waits at once; ask what runs to stop at its next step. What is finished stays."""
    job = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if job.can_be_cancelled:
        job.cancel_requested_at = timezone.now()
        if job.state == State.QUEUED:
            job.state, job.finished_at = State.CANCELLED, job.cancel_requested_at
        job.save(update_fields=["cancel_requested_at", "state", "finished_at"])
    return job


@transaction.atomic
def retry(job: Job) -> Job:
    """Ask again for what failed or was cancelled. Anything else stays as it is."""
    job = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if not job.can_be_retried:
        return job
    if job.key and (asked := Job.objects.unfinished().filter(author=job.author, key=job.key).first()):
        return asked
    job.state, job.error, job.message, job.progress, job.attempts = State.QUEUED, "", "", 0, 0
    job.published_at = job.started_at = job.finished_at = job.cancel_requested_at = None
    job.save()
    transaction.on_commit(lambda: publish(job))
    return job


def rescue() -> int:
    """Publish again what the broker never took, may have lost, or whose worker died. Returns how many."""
    now = timezone.now()
    waiting = list(Job.objects.awaiting_publication(now, PUBLISH_AGAIN_AFTER).order_by("pk"))
    running = list(Job.objects.filter(state=State.RUNNING).order_by("pk"))
    keys = locks.held_keys()
    rescued = 0
    for job in waiting + [job for job in running if not locks.is_held(job.pk, keys)]:
        if job.state == State.RUNNING and _give_up(job):
            continue
        if not publish(job):
            break  # the broker is still down: the next beat tries again
        rescued += 1
    return rescued


@transaction.atomic
def _give_up(job: Job) -> bool:
    """End a job whose worker died, if it was to be stopped anyway or has been tried enough."""
    job = Job.objects.select_for_update(of=("self",)).get(pk=job.pk)
    if job.state != State.RUNNING:
        return True
    if job.cancel_requested_at is not None:
        job.state = State.CANCELLED
    elif job.attempts >= MAX_ATTEMPTS:
        job.state, job.error = State.FAILED, INTERRUPTED
    else:
        return False
    job.finished_at, job.message = timezone.now(), ""
    job.save()
    return True


def purge() -> int:
    """Delete finished jobs after 30 days, with their files. Returns how many."""
    jobs = Job.objects.finished_before(timezone.now() - KEEP_FOR)
    for job in jobs.exclude(file=""):
        job.file.delete(save=False)
    return jobs.delete()[0]
