"""What is written to people about their roles."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from ctg.accounts.models import User
from ctg.accounts.tokens import invitation_link
from ctg.mail import absolute, one_line, send
from territories.models import Membership


def invitation_sent(membership: Membership, *, typed: str) -> str:
    """What the person who invites reads. An account keeps the name it has: they are told when they typed another."""
    user = membership.user
    if user.has_usable_password():
        said = f"{user} a déjà un compte : un courriel lui annonce ce rôle, à {user.email}."
    else:
        said = f"Une invitation part à {user.email}."
    if one_line(typed) != user.name:
        said += f" Le nom de ce compte est gardé : {user.name}, au lieu de « {one_line(typed)} »."
    return said


def invite(membership: Membership, *, by: User | None) -> None:
    """The invitation of someone who has never come, or word of a new role to someone who has."""
    user, organisation = membership.user, membership.organisation
    context = {
        "user": user,
        "organisation": organisation,
        "role": membership.get_role_display(),
        "by": by,
    }
    if user.has_usable_password():
        send(
            "territories/mail/role.txt",
            context | {"link": absolute("account_login")},
            to=user.email,
            subject=f"{settings.INSTANCE_NAME} : un nouveau rôle pour {organisation}",
        )
        return
    last_day = timezone.localdate() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    send(
        "territories/mail/invitation.txt",
        context | {"link": invitation_link(user), "last_day": last_day},
        to=user.email,
        subject=f"{settings.INSTANCE_NAME} : votre invitation pour {organisation}",
    )
