"""Telling people: a row at once, a mail some minutes later for what is still true and was not seen.

The kernel knows no word of the field: an upper app registers, for each kind of notice, who tells it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, Max, Min, Q, QuerySet
from django.utils import timezone

from ctg.accounts.models import User
from ctg.mail.services import Letter, post
from ctg.notices.models import Notice, Preferences

# A mail waits for a calm, so that what is said one thing after the other comes together; but not for ever.
CALM, LONGEST = timedelta(minutes=5), timedelta(minutes=15)
# On the page of the bell.
SHOWN = 100
# Nobody looks further back.
KEPT = timedelta(days=365)
# The kind of the letters, and their batch.
LETTER = "notices.mail"


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


def preferences_of(user: User) -> Preferences:
    """What the person chose, or what holds for those who chose nothing."""
    return Preferences.objects.filter(user=user).first() or Preferences(user=user)


def prefer(user: User, **choices: object) -> None:
    Preferences.objects.update_or_create(user=user, defaults=choices)


def notify(kind: str, object_id: int, users: Iterable[User], *, again: bool = False) -> None:
    """Something to say to these people about one row. Saying it again changes nothing; with `again`, it is told
    anew to those who have seen it.
    """
    people = list(users)
    if again:
        known = Notice.objects.filter(kind=kind, object_id=object_id, user__in=people)
        known.filter(seen_at__isnull=False).delete()
    notify_each(kind, ((object_id, user.pk) for user in people))


def notify_each(kind: str, pairs: Iterable[tuple[int, int]]) -> None:
    """Something to say about many rows: their keys, each with the key of the person it is said to."""
    rows = [Notice(kind=kind, object_id=row, user_id=user) for row, user in pairs]
    Notice.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)


def seen(user: User, kinds: "Mapping[str, Iterable[int] | QuerySet[Any]]") -> None:
    """The person has read these on screen, kind by kind: no mail is needed."""
    read = Q(pk__in=[])
    for kind, object_ids in kinds.items():
        read |= Q(kind=kind, object_id__in=object_ids)
    Notice.objects.filter(read, user=user, seen_at=None).update(seen_at=timezone.now())


def seen_all(user: User) -> None:
    Notice.objects.filter(user=user, seen_at=None).update(seen_at=timezone.now())
    user.unseen_notices = 0


def withdraw_untrue(kind: str, true: "QuerySet[Any]") -> None:
    """What nobody has seen, and that no row of `true` (by OuterRef of `object_id` and `user`) bears out any more,
    is no longer counted. What was mailed is not told again if it comes back.
    """
    untrue = Notice.objects.filter(~Exists(true), kind=kind, seen_at=None)
    untrue.filter(settled_at=None).delete()
    untrue.update(seen_at=timezone.now())


def tell(user: User, notices: Iterable[Notice]) -> list[tuple[Notice, Told]]:
    """The notices that are still true, in words, in their order: one query a kind."""
    rows = list(notices)
    by_kind: dict[str, dict[int, Told]] = {}
    for kind in {row.kind for row in rows}:
        teller = _tellers.get(kind)
        by_kind[kind] = teller(user, [row.object_id for row in rows if row.kind == kind]) if teller else {}
    return [(row, told) for row in rows if (told := by_kind[row.kind].get(row.object_id))]


def newest(user: User) -> list[tuple[Notice, Told]]:
    """What the bell leads to."""
    return tell(user, Notice.objects.filter(user=user)[:SHOWN])


@transaction.atomic
def post_due() -> int:
    """One letter to each person who has something to hear; it is written when its turn comes, from what is true
    then. Returns how many. What another worker is posting is left to it.
    """
    now = timezone.now()
    waiting = Notice.objects.filter(settled_at=None)
    spans = waiting.order_by().values("user").annotate(first=Min("created_at"), last=Max("created_at"))
    due = spans.filter(Q(last__lte=now - CALM) | Q(first__lte=now - LONGEST)).values("user")
    rows = list(waiting.filter(user__in=due).select_for_update(skip_locked=True).order_by("pk"))
    last = {row.user_id: row.pk for row in rows if row.seen_at is None}
    wanting = User.objects.filter(pk__in=last, is_active=True).exclude(notice_preferences__by_mail=False)
    letters = {user.pk: Letter(user.pk, last[user.pk], user.name, user.email) for user in wanting}
    for row in rows:
        row.settled_at = now
        row.letter = last[row.user_id] if row.user_id in letters and row.seen_at is None else None
    Notice.objects.bulk_update(rows, ["settled_at", "letter"], batch_size=500)
    if letters:
        post(LETTER, letters.values(), batch=LETTER, by=None, title="Avis par courriel")
    return len(letters)


def purge() -> int:
    """Forget what was said long ago. Returns how many."""
    return Notice.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]
