"""Writing down, each morning, to whom a digest is to be written; what it says is read when its turn comes."""

from collections.abc import Iterator
from datetime import datetime

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from actions.models import Convention
from ctg.accounts.models import User
from ctg.mail.models import Envelope
from ctg.mail.services import Letter, post
from ctg.notices.models import Preferences
from governance.notifications.digest import DIGEST
from governance.rules import digests as rules
from territories.models import Contact, Membership

Digest = Preferences.Digest
CHUNK = 500
TITLE = "Récapitulatifs"


def post_due() -> None:
    """A letter for each person whose day it is, once a day. Nobody: nothing."""
    now = timezone.now()
    people = chosen(now) if rules.is_morning(now) else User.objects.none()
    if not people.exists():
        return
    day = timezone.localdate(now)
    post(DIGEST, letters(people, day.toordinal()), batch=f"{DIGEST}:{day}", by=None, title=TITLE)


def chosen(now: datetime) -> QuerySet[User]:
    """Those who want one today, and for whom none is written down yet. Where a day is worked here and not there,
    the writer of each letter knows better.
    """
    day = timezone.localdate(now)
    known = Convention.objects.order_by().values_list("caf__departement", flat=True).distinct()
    places = [code or "" for code in known]
    wanted = [
        frequency
        for frequency in (Digest.DAILY, Digest.WEEKLY)
        if any(rules.leaves_on(frequency, day, place) for place in places)
    ]
    mine = {"user": OuterRef("pk")}
    written = Envelope.objects.filter(kind=DIGEST, object_id=OuterRef("pk"), edition=day.toordinal())
    return (
        User.objects.annotate(wants=Coalesce("notice_preferences__digest", Value(Digest.WEEKLY)))
        .filter(~Exists(written), wants__in=wanted, is_active=True)
        # Who never came is invited, and no member yet.
        .exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
        .filter(
            Q(Exists(Membership.objects.active().filter(**mine))) | Q(Exists(Contact.objects.filter(**mine)))
        )
        .order_by("pk")
    )


def letters(people: QuerySet[User], edition: int) -> Iterator[Letter]:
    rows = people.values_list("pk", "name", "email").iterator(chunk_size=CHUNK)
    return (Letter(key, edition, name, email) for key, name, email in rows)
