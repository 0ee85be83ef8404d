"""The periodic tasks of the app, named in CELERY_BEAT_SCHEDULE."""

from celery import shared_task

from actions.services import notices


@shared_task(
    name="actions.notices", acks_late=True, reject_on_worker_lost=True, ignore_result=True, expires=50
)
def refresh_notices() -> None:
    notices.refresh()
