"""The periodic tasks of the app, named in CELERY_BEAT_SCHEDULE."""

from celery import shared_task

from governance.services import convocations, newsletters, subscriptions


@shared_task(
    name="governance.remind", acks_late=True, reject_on_worker_lost=True, ignore_result=True, expires=500
)
def remind() -> None:
    convocations.remind_due()


@shared_task(
    name="governance.purge_subscribers",
    acks_late=True,
    reject_on_worker_lost=True,
    ignore_result=True,
    expires=12 * 3600,
)
def purge_subscribers() -> None:
    subscriptions.purge()


@shared_task(
    name="governance.newsletters", acks_late=True, reject_on_worker_lost=True, ignore_result=True, expires=50
)
def send_newsletters() -> None:
    newsletters.go_on()
