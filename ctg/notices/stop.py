"""How whoever receives a mail of ours stops the next ones, in one click and without signing in (RFC 8058)."""

from django.core import signing

from ctg.accounts.models import User
from ctg.links.services import LinkUnknown
from ctg.mail import absolute
from ctg.notices.models import Preferences
from ctg.notices.services import prefer, preferences_of

# What a link may stop: how it is said, and the choice that stops it.
STOPPABLE: dict[str, tuple[str, dict[str, object]]] = {
    "notices": ("les avis par courriel", {"by_mail": False}),
    "digest": ("le récapitulatif par courriel", {"digest": Preferences.Digest.OFF}),
}

_signer = signing.Signer(salt="ctg.notices.stop")


def stop_token(user: User, what: str) -> str:
    """Made again from the key of the site, stored nowhere, and good for ever."""
    assert what in STOPPABLE
    return _signer.sign_object([user.pk, what])


def stop_url(user: User, what: str) -> str:
    """`what`: a key of STOPPABLE."""
    return absolute("notices:mail_stop", stop_token(user, what))


def stop_headers(user: User, what: str) -> dict[str, str]:
    """Of every such mail: a mail program shows a button, and stops with one POST."""
    return {
        "List-Unsubscribe": f"<{stop_url(user, what)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def read_token(token: str) -> tuple[User, str]:
    """Who holds the link, and what it stops. Raises LinkUnknown."""
    try:
        key, what = _signer.unsign_object(token)
    except signing.BadSignature as error:
        raise LinkUnknown from error
    user = User.objects.filter(pk=key).first()
    if user is None:
        raise LinkUnknown
    return user, what


def stop(user: User, what: str) -> None:
    """Twice does it once."""
    prefer(user, **STOPPABLE[what][1])


def is_stopped(user: User, what: str) -> bool:
    chosen = preferences_of(user)
    return all(getattr(chosen, name) == value for name, value in STOPPABLE[what][1].items())
