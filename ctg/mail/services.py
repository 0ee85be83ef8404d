"""Mailings: a row for each recipient at once, the messages by a job, and what a person decides afterwards.

    register_writer("governance.convocation", write_convocation)   # once, when the app is ready
    post("governance.convocation", letters, batch="governance.meeting:42", by=user, title="Convocations")

The kernel knows no word of the field: an upper app registers who writes each kind of letter.
"""

from collections.abc import Collection, Iterable
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from ctg.jobs import locks
from ctg.jobs.models import Job
from ctg.jobs.models import State as JobState
from ctg.jobs.services import enqueue
from ctg.mail.delivery import deliver, give_up, lend_a_hand, plan, register_writer
from ctg.mail.letters import one_line
from ctg.mail.models import RESENDABLE, Envelope, State

if TYPE_CHECKING:
    from ctg.accounts.models import User

__all__ = [
    "Letter",
    "cancel_waiting",
    "find",
    "never_reached",
    "post",
    "register_writer",
    "resend",
    "resend_all",
    "resume",
    "retry_now",
]

TITLE = "Envoi de courriels"
MALFORMED = "Cette adresse électronique n’est pas valide."
CHUNK = 500
# Letters for which one worker is enough.
ONE_HAND = 500
# `resume` comes each minute: what has been due for longer was left by all.
OVERDUE = timedelta(minutes=2)
# Of an address, by RFC 5321.
LONGEST = 254


class Letter(NamedTuple):
    """What is to be written from the row `object_id`, and to whom. Written again on purpose: a new edition."""

    object_id: int
    edition: int
    name: str
    address: str


@transaction.atomic
def post(
    kind: str,
    letters: Iterable[Letter],
    *,
    batch: str,
    by: "User | None",
    title: str = TITLE,
    subject_url: str = "",
) -> Job:
    """Write the letters down and ask for one job to send them, all in the caller's transaction.

    A letter already written (same kind, row and edition) is not written twice. A malformed address is refused
    at once and listed with the others.
    """
    rows = (_envelope(kind, batch, letter) for letter in letters)
    while chunk := list(islice(rows, CHUNK)):
        Envelope.objects.bulk_create(chunk, ignore_conflicts=True)
    plan(batch, timezone.now())
    return _ask(batch, by=by, title=title, subject_url=subject_url)


def _envelope(kind: str, batch: str, letter: Letter) -> Envelope:
    envelope = Envelope(
        kind=kind,
        object_id=letter.object_id,
        edition=letter.edition,
        batch=batch,
        name=one_line(letter.name)[:200],
    )
    _address(envelope, letter.address)
    return envelope


def _address(envelope: Envelope, address: str) -> None:
    """Give the row its address, waiting to be sent, or refused when nobody can be written to there."""
    envelope.address = one_line(address)[:320]
    envelope.state, envelope.detail = State.WAITING, ""
    envelope.next_try_at, envelope.settled_at = timezone.now(), None
    if not _is_address(address.strip()):
        envelope.state, envelope.detail = State.REFUSED, MALFORMED
        envelope.next_try_at, envelope.settled_at = None, timezone.now()


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= LONGEST


def _ask(batch: str, *, by: "User | None", title: str, subject_url: str) -> Job:
    """One job, and helping hands when there is much to send."""
    job = enqueue(deliver, batch, by=by, title=title, subject_url=subject_url, key=_key(batch))
    hands = min(Envelope.objects.filter(batch=batch).due().count() // ONE_HAND, settings.EMAIL_HANDS - 1)
    for hand in range(hands):
        enqueue(lend_a_hand, batch, by=None, title=title, key=f"{_key(batch)}:{hand}")
    return job


def _key(batch: str) -> str:
    return f"mail:{batch}"


def find(uuid: str | UUID, batches: Collection[str]) -> Envelope | None:
    """The row a screen speaks of, among the batches that its person may act on."""
    try:
        return Envelope.objects.filter(uuid=uuid, batch__in=batches).first()
    except ValidationError:
        return None


@transaction.atomic
def resend(
    envelope: Envelope, *, by: "User", address: str = "", title: str = TITLE, subject_url: str = ""
) -> Envelope:
    """A person decides that this one leaves again, to another `address` if it was wrong. Two clicks make one."""
    envelope = Envelope.objects.select_for_update().get(pk=envelope.pk)
    if envelope.can_be_resent:
        _address(envelope, address or envelope.address)
        envelope.save(update_fields=["address", "state", "detail", "next_try_at", "settled_at"])
        _ask(envelope.batch, by=by, title=title, subject_url=subject_url)
    return envelope


@transaction.atomic
def resend_all(batch: str, state: State, *, by: "User", title: str = TITLE, subject_url: str = "") -> int:
    """The same of every row in that state, one of `RESENDABLE`, but where nobody can be written to. Returns how many."""
    assert state in RESENDABLE
    rows = Envelope.objects.filter(batch=batch, state=state).exclude(detail=MALFORMED)
    number = rows.update(state=State.WAITING, detail="", next_try_at=timezone.now(), settled_at=None)
    if number:
        plan(batch, timezone.now())
        _ask(batch, by=by, title=title, subject_url=subject_url)
    return number


@transaction.atomic
def retry_now(batch: str, *, by: "User", title: str = TITLE, subject_url: str = "") -> Job:
    """Do not wait for the time of the next try."""
    now = timezone.now()
    Envelope.objects.filter(batch=batch, state=State.WAITING).update(next_try_at=now)
    plan(batch, now)
    return _ask(batch, by=by, title=title, subject_url=subject_url)


def cancel_waiting(*batches: str, only: Collection[int] | None = None) -> int:
    """What has not left will not, of all rows or `only` of these. Returns how many; what is in the server's hands
    goes on.
    """
    rows = Envelope.objects.filter(batch__in=batches)
    return (rows if only is None else rows.filter(object_id__in=only)).cancel()


def never_reached(batches: Collection[str]) -> set[int]:
    """The rows that these batches were to write to, and to which no letter has left or may have."""
    left = Count("pk", filter=Q(state__in=[State.SENDING, State.SENT, State.UNCERTAIN]))
    rows = Envelope.objects.filter(batch__in=batches).order_by().values("object_id").annotate(left=left)
    return set(rows.filter(left=0).values_list("object_id", flat=True))


def resume() -> int:
    """Say what the dead left uncertain, and ask again for what is due and nobody sends. Returns how many batches.

    A job gives up after a few killed workers, or when the server is away; a mailing does not. One that a person
    cancelled stays so.
    """
    _give_up_orphans()
    resumed = 0
    for batch in list(Envelope.objects.due().order_by("batch").values_list("batch", flat=True).distinct()):
        asked = Job.objects.filter(task=deliver.name, key=_key(batch)).order_by("-created_at", "-pk")
        if asked.unfinished().exists():
            continue
        last = asked.first()
        if last is not None and last.state == JobState.CANCELLED:
            cancel_waiting(batch)
            continue
        if Envelope.objects.filter(batch=batch, next_try_at__lt=timezone.now() - OVERDUE).exists():
            plan(batch, timezone.now())  # nobody was there to send: not all at once now
        _ask(batch, by=None, title=TITLE, subject_url="")
        resumed += 1
    return resumed


def _give_up_orphans() -> None:
    """The rows are read before the locks: whoever takes one now was not there then."""
    rows = list(Envelope.objects.filter(state=State.SENDING))
    keys = locks.held_keys()
    for row in rows:
        if row.job_key is not None and not locks.is_held(row.job_key, keys):
            give_up(Envelope.objects.filter(pk=row.pk, state=State.SENDING, attempts=row.attempts))
