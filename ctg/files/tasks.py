"""The periodic task of the module, named in CELERY_BEAT_SCHEDULE."""

from celery import shared_task

from ctg.files import services


@shared_task(name="files.purge", acks_late=True, reject_on_worker_lost=True, ignore_result=True)
def purge() -> None:
    services.purge()
