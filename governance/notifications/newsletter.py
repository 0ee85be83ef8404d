"""The mail of an issue for one recipient: its page made once a process, one query for the person."""

from contextlib import suppress
from dataclasses import dataclass
from email.mime.image import MIMEImage
from email.utils import formataddr, parseaddr
from functools import lru_cache

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.utils.crypto import salted_hmac

from ctg.links.models import SignedLink
from ctg.links.services import add_address, hashed
from ctg.mail import one_line
from ctg.mail.circular import Circular
from ctg.mail.models import Envelope
from governance.models import Newsletter, Subscriber
from governance.newsletter.letter import (
    SUBSCRIBED,
    TAKES_PART,
    TOKEN,
    TRIAL,
    TRIAL_LINK,
    Letter,
    letter_of,
    pictures_of,
)
from governance.notifications.subscriptions import unsubscribe_headers

# Its letters are those of a subscriber (`object_id`) and an issue (`edition`): nobody gets one twice.
NEWSLETTER = "governance.newsletter"
# To whoever writes it: the row is the issue, the edition the number of the try.
NEWSLETTER_TEST = "governance.newsletter_test"


@dataclass(frozen=True)
class Ready:
    letter: Letter
    sender: str


def ready(newsletter: Newsletter, *, is_whole: bool = False) -> Ready:
    return Ready(letter_of(newsletter, is_whole=is_whole), formataddr(sender_of(newsletter)))


def sender_of(newsletter: Newsletter) -> tuple[str, str]:
    """Name and address."""
    return one_line(f"CTG {newsletter.convention.of_place}"), parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


class NotOutError(Exception):
    """An issue that is not to be sent: never kept in the cache."""


@lru_cache(maxsize=8)
def circular_of(key: int, reason: str) -> Circular:
    """What has begun to leave changes no more."""
    found = Newsletter.objects.public().filter(pk=key).select_related("convention__carrier").first()
    if found is None:
        raise NotOutError
    return Circular(_message(ready(found), TOKEN, reason, headers=unsubscribe_headers(TOKEN)), TOKEN)


def token_of(subscriber: int, newsletter: int) -> str:
    """By which the recipient of one issue leaves: made again from the key of the site, and stored nowhere."""
    return salted_hmac(NEWSLETTER, f"{subscriber}:{newsletter}", algorithm="sha256").hexdigest()


def write_newsletter(object_id: int, envelope: Envelope) -> EmailMessage | None:
    """Not for who left in the meantime."""
    token = token_of(object_id, envelope.edition)
    found = Subscriber.objects.recipient(object_id, hashed(token))
    if found is None:
        return None
    source, has_token = found
    if not has_token:  # the key of the site has changed since
        token = add_address(SignedLink.objects.get(subscription=object_id))
    reason = TAKES_PART if source == Subscriber.Source.MEMBER else SUBSCRIBED
    try:
        return circular_of(envelope.edition, reason).copy({TOKEN: token})
    except NotOutError:
        return None


def write_test(object_id: int, _envelope: Envelope) -> EmailMessage | None:
    """Its pictures travel with it: on line, nobody sees those of an issue that has not left."""
    found = Newsletter.objects.filter(pk=object_id).select_related("convention__carrier").first()
    if found is None:
        return None
    message = _message(ready(found, is_whole=True), TRIAL_LINK, TRIAL, prefix="[Essai] ")
    message.mixed_subtype = "related"  # type: ignore[attr-defined]  # the stubs leave it out
    for name, kind, file in pictures_of(found):
        with suppress(FileNotFoundError), file.open("rb") as content:
            part = MIMEImage(content.read(), kind)
            part["Content-ID"], part["Content-Disposition"] = f"<{name}>", "inline"
            message.attach(part)
    return message


def _message(
    made: Ready, token: str, reason: str, *, prefix: str = "", headers: dict[str, str] | None = None
) -> EmailMultiAlternatives:
    text, html = made.letter.to(token, reason)
    subject = one_line(prefix + made.letter.subject)
    message = EmailMultiAlternatives(subject, text, made.sender, headers=headers)
    message.attach_alternative(html, "text/html")
    return message
