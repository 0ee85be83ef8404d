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
# Of the letters that ask whether one stays: the edition is the year in which one would be forgotten.
EXPIRING_LETTER = "governance.subscriber_expiring"


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
    return EmailMessage(f"{said} à la lettre de la CTG {convention.of_place}", body)


def write_expiring(object_id: int, _envelope: Envelope) -> EmailMessage | None:
    """Not for who left or showed up in the meantime."""
    found = Subscriber.objects.filter(pk=object_id, state=Subscriber.State.ACTIVE)
    row = found.select_related("convention", "link").first()
    if row is None or not row.is_expiring:
        return None
    token = add_address(row.link)
    context = {
        "row": row,
        "convention": row.convention,
        "link": absolute("governance:subscription", token),
        "contact": settings.INSTANCE_CONTACT,
    }
    body = render_to_string("governance/mail/subscriber_expiring.txt", context).strip() + "\n"
    subject = f"Voulez-vous toujours recevoir la lettre de la CTG {row.convention.of_place}\u00a0?"
    return EmailMessage(subject, body, headers=unsubscribe_headers(token))


def unsubscribe_headers(token: str) -> dict[str, str]:
    """Of every letter: a mail program shows a button, and leaves with one POST."""
    url = absolute("governance:unsubscribe", token)
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
