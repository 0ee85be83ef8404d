"""A digest as a mail: HTML in one column, and a text that says the same."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from ctg.mail import absolute, one_line
from ctg.mail.sheet import sheet
from ctg.notices.models import Preferences
from ctg.notices.stop import stop_headers, stop_url
from governance.digest.reading import Digest

RHYTHMS = {Preferences.Digest.DAILY: "chaque jour ouvré", Preferences.Digest.WEEKLY: "chaque semaine"}


def message_of(digest: Digest, frequency: str) -> EmailMultiAlternatives:
    """In the colours of the convention when there is only one."""
    user, subject = digest.user, one_line(digest.subject)
    context = {
        "digest": digest,
        "subject": subject,
        "rhythm": RHYTHMS[Preferences.Digest(frequency)],
        "stop_url": stop_url(user, "digest"),
        "preferences_url": absolute("governance:preferences"),
        "base": settings.BASE_URL,
        "contact": settings.INSTANCE_CONTACT,
    }
    only = digest.parts[0].convention if len(digest.parts) == 1 else None
    html = sheet(
        "governance/mail/digest.html",
        context,
        brand=only.brand_colour if only else "",
        accent=only.accent_colour if only else "",
    )
    text = render_to_string("governance/mail/digest.txt", context).strip() + "\n"
    message = EmailMultiAlternatives(subject, text, headers=stop_headers(user, "digest"))
    message.attach_alternative(html, "text/html")
    return message
