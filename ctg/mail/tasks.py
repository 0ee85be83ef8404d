"""The periodic tasks of the module, named in CELERY_BEAT_SCHEDULE."""

from celery import shared_task

from ctg.mail import delivery, services


@shared_task(name="mail.resume", acks_late=True, reject_on_worker_lost=True, ignore_result=True, expires=50)
def resume() -> None:
    services.resume()


@shared_task(
    name="mail.purge", acks_late=True, reject_on_worker_lost=True, ignore_result=True, expires=12 * 3600
)
def purge() -> None:
    delivery.purge()
