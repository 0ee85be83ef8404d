"""The mail that tells one person what they have not seen."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from ctg.accounts.models import User
from ctg.mail.models import Envelope
from ctg.notices.models import Notice
from ctg.notices.services import preferences_of, tell
from ctg.notices.stop import stop_headers, stop_url

# Of a mail; the others are counted, and read on screen.
MOST = 20


def write_notices(object_id: int, envelope: Envelope) -> EmailMessage | None:
    """`object_id`: of the user. What was undone, read or refused since the letter was posted is left out."""
    user = User.objects.filter(pk=object_id, is_active=True).first()
    if user is None or not preferences_of(user).by_mail:
        return None
    unread = Notice.objects.filter(user=user, letter=envelope.edition, seen_at=None)
    told = [words for _, words in tell(user, unread.order_by("created_at", "pk"))]
    if not told:
        return None
    subject = told[0].line if len(told) == 1 else f"{len(told)} nouvelles pour vous"
    context = {
        "user": user,
        "told": told[:MOST],
        "left": len(told) - MOST,
        "base_url": settings.BASE_URL,
        "instance_name": settings.INSTANCE_NAME,
        "stop_url": stop_url(user, "notices"),
    }
    body = render_to_string("notices/mail/notices.txt", context).strip() + "\n"
    headers = stop_headers(user, "notices")
    return EmailMessage(f"{settings.INSTANCE_NAME} : {subject}", body, headers=headers)
