"""What is written to whoever asks for the newsletter, and what its letters say about leaving (RFC 8058)."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from ctg.links.services import add_address
from ctg.mail import absolute
from ctg.mail.models import Envelope
from governance.models import Subscriber
from governance.querysets import SUBSCRIPTION

# The kind of the letters, and the beginning of their batches.
SUBSCRIPTION_LETTER = SUBSCRIPTION


def write_subscription(object_id: int, _envelope: Envelope) -> EmailMessage | None:
    """A link that confirms; for who receives the letters already, the one that changes what they receive."""
    found = Subscriber.objects.filter(pk=object_id).select_related("convention", "link").first()
    states = Subscriber.State
    if found is None or found.state not in (states.PENDING, states.ACTIVE):
        return None
    convention = found.convention
    context = {
        "convention": convention,
        "is_pending": found.state == states.PENDING,
        "link": absolute("governance:subscription", add_address(found.link)),
        "contact": settings.INSTANCE_CONTACT,
    }
    body = render_to_string("governance/mail/subscription.txt", context).strip() + "\n"
    said = "Confirmez votre abonnement" if context["is_pending"] else "Votre abonnement"
    return EmailMessage(f"{said} à la lettre de la CTG {convention.territory_name}", body)


def unsubscribe_headers(subscriber: Subscriber, token: str = "") -> dict[str, str]:
    """Of every letter: a mail program shows a button, and leaves with one POST. `token`: of the link that the
    letter shows already; without one, a new address is given.
    """
    url = absolute("governance:unsubscribe", token or add_address(subscriber.link))
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
