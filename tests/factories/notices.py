"""Notices, some minutes later."""

from datetime import timedelta

from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone

from ctg.jobs.models import Job
from ctg.jobs.runner import run_job
from ctg.mail.delivery import deliver
from ctg.notices.models import Notice
from ctg.notices.services import post_due


def age(minutes: int = 6) -> None:
    Notice.objects.update(created_at=timezone.now() - timedelta(minutes=minutes))


def send_mails() -> list[EmailMessage]:
    """What leaves by what was posted."""
    before = len(mail.outbox)
    for job in Job.objects.unfinished().filter(task=deliver.name):
        run_job(job.pk, deliver.function)
    return mail.outbox[before:]


def mailed() -> list[EmailMessage]:
    """What leaves when the five minutes have passed."""
    age()
    post_due()
    return send_mails()
