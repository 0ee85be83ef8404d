"""Invitations: a signed link that sets a first password, once, for as long as PASSWORD_RESET_TIMEOUT says."""

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from ctg.accounts.models import User
from ctg.mail import absolute


class InvitationTokenGenerator(PasswordResetTokenGenerator):
    """Dies with the first password set and with any sign-in; not interchangeable with a reset link."""

    key_salt = "ctg.accounts.tokens.InvitationTokenGenerator"


generator = InvitationTokenGenerator()


def invitation_link(user: User) -> str:
    """A new link. Earlier ones keep working until one of them has served."""
    return absolute(
        "territories:invitation", urlsafe_base64_encode(force_bytes(user.pk)), generator.make_token(user)
    )


def find_invited(uidb64: str, token: str) -> User | None:
    """The person of a link, or None when it is wrong, too old or has served."""
    try:
        key = int(urlsafe_base64_decode(uidb64).decode())
    except (ValueError, OverflowError):
        return None
    # A key beyond bigint is nobody's, and PostgreSQL would refuse to look it up.
    user = User.objects.filter(pk=key, is_active=True).first() if 0 < key < 2**63 else None
    if user is None or user.has_usable_password() or not generator.check_token(user, token):
        return None
    return user
