"""What a mail is made of, and the single mail: plain text from a template, one recipient."""

import re
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse


def one_line(text: str) -> str:
    """Text fit for a subject: a name may hold line breaks, a header may not. No-break spaces stay."""
    return re.sub(r"(?:[^\S\u00a0\u202f]|[\x00-\x1f\x7f-\x9f])+", " ", text).strip()


def absolute(view: str, *args: Any) -> str:
    """The address of a page as a mail gives it."""
    return settings.BASE_URL + reverse(view, args=args)


def send(template: str, context: dict[str, Any], *, to: str, subject: str) -> None:
    """Send one mail. Raises SMTPException or OSError when the mail server cannot take it."""
    context = {"instance_name": settings.INSTANCE_NAME, "contact": settings.INSTANCE_CONTACT} | context
    body = render_to_string(template, context).strip() + "\n"
    EmailMessage(one_line(subject), body, to=[to]).send()
