"""Giving an address to somebody without an account, opening it, taking it back.

An upper app ties its own row to the `SignedLink` and says what it opens; the purpose keeps a link of one kind
from opening another. Only hashes are kept: nobody, whatever they read of the database, can come in by it.
"""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.utils import timezone

from ctg.accounts.models import User
from ctg.links.models import LinkToken, LinkUse, SignedLink
from ctg.templatetags.ui import date_long

TOKEN_BYTES = 32


class LinkClosed(Exception):  # noqa: N818 - an answer, not a failure
    """An address that opens nothing any more. The text is for the person who holds it, in French."""

    status = 410


class LinkUnknown(LinkClosed):
    """Said of every address that was never given for this purpose: a stranger learns nothing by trying."""

    status = 404

    def __init__(self) -> None:
        super().__init__(
            "Cette adresse n’ouvre rien. Elle a peut-être été coupée en chemin : reprenez le lien du dernier "
            "courriel reçu, en entier."
        )


def hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def create_link(purpose: str, *, expires_at: datetime, by: User | None) -> tuple[SignedLink, str]:
    """A link and the token of its first address, which is told this once."""
    link = SignedLink.objects.create(purpose=purpose, expires_at=expires_at, created_by=by)
    return link, add_address(link)


def add_address(link: SignedLink) -> str:
    """The token of one more address of a link: those given earlier keep working."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    LinkToken.objects.create(link=link, token_hash=hashed(token))
    return token


def open_link(token: str, purpose: str) -> SignedLink:
    """The link of a token. Raises LinkUnknown; LinkClosed for one that was withdrawn or has expired.

    It is looked for by its hash: the time that takes says nothing of how near a guess was.
    """
    found = LinkToken.objects.select_related("link").filter(token_hash=hashed(token)).first()
    if found is None or found.link.purpose != purpose:
        raise LinkUnknown
    link = found.link
    if link.revoked_at is not None:
        raise LinkClosed("Ce lien a été retiré par la personne qui vous l’avait envoyé.")
    if not link.is_open:
        raise LinkClosed(f"Ce lien a servi jusqu’au {date_long(link.expires_at)}.")
    return link


def prolong(link: SignedLink, expires_at: datetime) -> None:
    """Give a link more time; it is never shortened."""
    if expires_at > link.expires_at:
        link.expires_at = expires_at
        link.save(update_fields=["expires_at"])


def revoke(link: SignedLink) -> None:
    """Close a link at once and for good, whatever address it was given under."""
    SignedLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now())


def log_use(link: SignedLink, act: str, *, once_in: timedelta | None = None) -> None:
    """Write down what was done through a link; with `once_in`, not again within that time."""
    if once_in and link.uses.filter(act=act, at__gt=timezone.now() - once_in).exists():
        return
    LinkUse.objects.create(link=link, act=act)
