"""Telling people: a row at once, a mail five minutes later for what is still true and was not seen.

The kernel knows no word of the field: an upper app registers, for each kind of notice, who tells it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from smtplib import SMTPException
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from ctg.accounts.models import User
from ctg.mail import send
from ctg.notices.models import Notice

log = structlog.get_logger(__name__)

WAIT = timedelta(minutes=5)


@dataclass(frozen=True)
class Told:
    """A notice in words: a line, what was said, and the path of the page where it is."""

    line: str
    words: str
    path: str


# Of these rows, the ones that are still to be told to this user.
Teller = Callable[[User, Sequence[int]], dict[int, Told]]
_tellers: dict[str, Teller] = {}


def register_teller(kind: str, teller: Teller) -> None:
    _tellers[kind] = teller


def notify(kind: str, object_id: int, users: Iterable[User]) -> None:
    """Something to say to these people about one row; saying it again changes nothing."""
    Notice.objects.bulk_create(
        [Notice(user=user, kind=kind, object_id=object_id) for user in users], ignore_conflicts=True
    )


def seen(user: User, kind: str, object_ids: "Iterable[int] | QuerySet[Any]") -> None:
    """The person has read these on screen: no mail is needed."""
    unseen = Notice.objects.filter(user=user, kind=kind, seen_at=None)
    unseen.filter(object_id__in=object_ids).update(seen_at=timezone.now())


def tell(user: User, notices: Iterable[Notice]) -> list[Told]:
    """The notices that are still true, in words, in their order: one query a kind."""
    rows = list(notices)
    by_kind: dict[str, dict[int, Told]] = {}
    for kind in {row.kind for row in rows}:
        teller = _tellers.get(kind)
        by_kind[kind] = teller(user, [row.object_id for row in rows if row.kind == kind]) if teller else {}
    return [told for row in rows if (told := by_kind[row.kind].get(row.object_id))]


def mail_due() -> int:
    """One mail to each person who has something to hear. Returns how many mails went out."""
    now = timezone.now()
    due = Notice.objects.filter(settled_at=None, created_at__lte=now - WAIT)
    sent = 0
    for user in User.objects.filter(pk__in=due.values("user")).order_by("pk"):
        try:
            sent += _mail(user)
        except (SMTPException, OSError) as error:
            log.warning("notices_not_mailed", error=type(error).__name__)
            break  # the next beat tries again
    return sent


@transaction.atomic
def _mail(user: User) -> int:
    """Settled with the mail: what another worker is telling is left to it."""
    due = Notice.objects.select_for_update(skip_locked=True).filter(
        user=user, settled_at=None, created_at__lte=timezone.now() - WAIT
    )
    rows = list(due.order_by("created_at", "pk"))
    told = tell(user, [row for row in rows if row.seen_at is None]) if user.is_active else []
    if told:
        subject = told[0].line if len(told) == 1 else f"{len(told)} nouvelles pour vous"
        context = {"user": user, "told": told, "base_url": settings.BASE_URL}
        send(
            "notices/mail/notices.txt",
            context,
            to=user.email,
            subject=f"{settings.INSTANCE_NAME} : {subject}",
        )
    Notice.objects.filter(pk__in=[row.pk for row in rows]).update(settled_at=timezone.now())
    return 1 if told else 0
