"""The mail of an issue for one recipient: its page made once a process, one query for the person."""

from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db.models import Exists, OuterRef
from django.utils.crypto import salted_hmac

from ctg.links.models import LinkToken
from ctg.links.services import add_address, hashed
from ctg.mail import one_line
from ctg.mail.models import Envelope
from governance.models import Newsletter, Subscriber
from governance.newsletter.letter import SUBSCRIBED, TAKES_PART, TRIAL, Letter, letter_of
from governance.notifications.subscriptions import unsubscribe_headers

# Its letters are those of a subscriber (`object_id`) and an issue (`edition`): nobody gets one twice.
NEWSLETTER = "governance.newsletter"
# To whoever writes it: the row is the issue, the edition the number of the try.
NEWSLETTER_TEST = "governance.newsletter_test"


@dataclass(frozen=True)
class Ready:
    letter: Letter
    sender: str


def ready(newsletter: Newsletter) -> Ready:
    _, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    name = one_line(f"CTG {newsletter.convention.territory_name}")
    return Ready(letter_of(newsletter), formataddr((name, address)))


class NotOutError(Exception):
    """An issue that is not to be sent: never kept in the cache."""


@lru_cache(maxsize=4)
def ready_of(key: int) -> Ready:
    """What has begun to leave changes no more."""
    found = Newsletter.objects.public().filter(pk=key).select_related("convention__carrier").first()
    if found is None:
        raise NotOutError
    return ready(found)


def token_of(subscriber: int, newsletter: int) -> str:
    """By which the recipient of one issue leaves: made again from the key of the site, and stored nowhere."""
    return salted_hmac(NEWSLETTER, f"{subscriber}:{newsletter}", algorithm="sha256").hexdigest()


def write_newsletter(object_id: int, envelope: Envelope) -> EmailMessage | None:
    """Not for who left in the meantime."""
    token = token_of(object_id, envelope.edition)
    given = LinkToken.objects.filter(link=OuterRef("link"), token_hash=hashed(token))
    people = Subscriber.objects.filter(pk=object_id).exclude(state=Subscriber.State.UNSUBSCRIBED)
    person: Any = people.select_related("link").annotate(has_token=Exists(given)).first()
    if person is None:
        return None
    try:
        made = ready_of(envelope.edition)
    except NotOutError:
        return None
    if not person.has_token:  # the key of the site has changed since
        token = add_address(person.link)
    reason = TAKES_PART if person.source == Subscriber.Source.MEMBER else SUBSCRIBED
    return _message(made, token, reason, headers=unsubscribe_headers(person, token))


def write_test(object_id: int, _envelope: Envelope) -> EmailMessage | None:
    found = Newsletter.objects.filter(pk=object_id).select_related("convention__carrier").first()
    return _message(ready(found), "essai", TRIAL, prefix="[Essai] ") if found else None


def _message(
    made: Ready, token: str, reason: str, *, prefix: str = "", headers: dict[str, str] | None = None
) -> EmailMessage:
    text, html = made.letter.to(token, reason)
    subject = one_line(prefix + made.letter.subject)
    message = EmailMultiAlternatives(subject, text, made.sender, headers=headers)
    message.attach_alternative(html, "text/html")
    return message
