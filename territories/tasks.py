"""Mails about people's roles, sent in the background."""

from smtplib import SMTPException

from ctg.jobs.runner import JobError, Run, job_task
from territories import notifications
from territories.models import Membership


@job_task("territories.send_invitation")
def send_invitation(run: Run, membership_id: int) -> None:
    """A role ended meanwhile is not announced."""
    members = Membership.objects.active().select_related("user", "organisation")
    membership = members.filter(pk=membership_id).first()
    if membership is None or not membership.user.is_active:
        return
    try:
        notifications.invite(membership, by=run.by)
    except (SMTPException, OSError) as error:
        raise JobError(
            "Le serveur de courrier ne répond pas : l’invitation n’est pas partie. Vous pouvez la renvoyer."
        ) from error
