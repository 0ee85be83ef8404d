"""How django-allauth behaves here: nobody signs up alone, and it speaks as the rest of the site."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up is closed: accounts are created by invitation."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "L’adresse électronique ou le mot de passe est incorrect.",
        # As long as allauth's own limits: ten failures a minute, five in five minutes for one address.
        "too_many_login_attempts": (
            "Trop d’essais : attendez cinq minutes avant de recommencer, ou choisissez un nouveau mot de passe."
        ),
        "invalid_password_reset": "Ce lien ne sert plus : demandez-en un nouveau.",
        "unknown_email": "Aucun compte n’a cette adresse électronique.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """There is no user name: the address is enough."""

    def format_email_subject(self, subject: str) -> str:
        """As the invitations begin."""
        return f"{settings.INSTANCE_NAME} : {subject}"

    def add_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """The page that follows a reset says itself that the password is kept: not twice."""
        match = request.resolver_match
        if match is None or match.url_name != "account_reset_password_from_key":
            super().add_message(request, *args, **kwargs)
