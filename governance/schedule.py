"""The periodic tasks of the app, named in CELERY_BEAT_SCHEDULE."""

from celery import shared_task

from governance.services import assignments, convocations, digests, newsletters, subscriptions


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
    subscriptions.ask_who_stays()


@shared_task(
    name="governance.newsletters", acks_late=True, reject_on_worker_lost=True, ignore_result=True, expires=50
)
def send_newsletters() -> None:
    newsletters.go_on()


@shared_task(
    name="governance.notices", acks_late=True, reject_on_worker_lost=True, ignore_result=True, expires=50
)
def refresh_notices() -> None:
    assignments.refresh_notices()


@shared_task(
    name="governance.digests", acks_late=True, reject_on_worker_lost=True, ignore_result=True, expires=800
)
def post_digests() -> None:
    digests.post_due()
