"""The periodic tasks of the module, named in CELERY_BEAT_SCHEDULE."""

from celery import shared_task

from ctg.jobs import services


@shared_task(name="jobs.rescue", acks_late=True, reject_on_worker_lost=True, ignore_result=True, expires=25)
def rescue() -> None:
    services.rescue()


@shared_task(name="jobs.purge", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def purge() -> None:
    services.purge()
