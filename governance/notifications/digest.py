"""The digest of one person, read when its turn comes."""

from datetime import datetime

from django.core.mail import EmailMessage
from django.utils import timezone

from ctg.accounts.models import User
from ctg.mail.models import Envelope, State
from ctg.notices.models import Preferences
from ctg.notices.services import preferences_of
from governance.digest import conventions_of, message_of, read_digest
from governance.rules import digests as rules

# Its letters are those of a user (`object_id`) and a day (`edition`, its ordinal): nobody gets two.
DIGEST = "governance.digest"
# The next one looks for the last one: not further back than `rules.LONGEST`.
KEPT = 2 * rules.LONGEST


def write_digest(object_id: int, envelope: Envelope) -> EmailMessage | None:
    """None when there is nothing to say, to whoever wants none any more, and once the morning is over."""
    now = timezone.now()
    user = User.objects.filter(pk=object_id, is_active=True).first()
    if user is None or timezone.localdate(now).toordinal() != envelope.edition:
        return None
    frequency = preferences_of(user).digest
    conventions = conventions_of(user) if frequency != Preferences.Digest.OFF else []
    if not conventions:
        return None
    departement = conventions[0].caf.departement_id or ""
    if not rules.leaves_now(frequency, now, departement):
        return None
    since = rules.since(frequency, now, departement, last_of(user))
    digest = read_digest(user, since, now, conventions)
    if not digest or (frequency == Preferences.Digest.DAILY and not digest.is_new):
        return None
    return message_of(digest, frequency)


def last_of(user: User) -> datetime | None:
    """When the last one that this person received was read."""
    left = Envelope.objects.filter(kind=DIGEST, object_id=user.pk, state__in=[State.SENT, State.UNCERTAIN])
    return left.order_by("-edition").values_list("sending_at", flat=True).first()
