"""The periodic tasks of the module, named in CELERY_BEAT_SCHEDULE."""

from celery import shared_task

from ctg.notices import services


@shared_task(name="notices.mail", acks_late=True, reject_on_worker_lost=True, ignore_result=True, expires=50)
def mail() -> None:
    services.post_due()


@shared_task(
    name="notices.purge", acks_late=True, reject_on_worker_lost=True, ignore_result=True, expires=12 * 3600
)
def purge() -> None:
    services.purge()
