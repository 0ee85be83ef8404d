"""Sending a batch: one row at a time, each committed `sending` before the server hears of it.

The writer of a kind turns a row into a message when its turn comes; who receives it is the envelope's alone.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from email.utils import parseaddr
from functools import lru_cache
from itertools import count
from smtplib import SMTPAuthenticationError, SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import InterfaceError, OperationalError, connections, transaction
from django.db.models import Min, QuerySet
from django.utils import timezone

from ctg.jobs.runner import Cancelled, JobError, Run, job_task
from ctg.mail.letters import one_line
from ctg.mail.models import Envelope, State
from ctg.mail.server import UNWRITTEN, Outcome, Server

log = structlog.get_logger(__name__)

# The message of one envelope, from its row; None: no longer to be sent.
Writer = Callable[[int, Envelope], EmailMessage | None]
_writers: dict[str, Writer] = {}
# How long the rows of a kind are of use, once settled; of the others, as long as what they are about.
_kept: dict[str, timedelta] = {}

# After a temporary refusal, in minutes; one more and the address is given up.
PAUSES = (1, 5, 15, 30, 60, 120, 240, 480, 720)
# A batch that the server does not take waits half as long again as it has waited.
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
# A large batch leaves by several lines at once: while one waits for the mail server, another waits for the database.
MANY, LINES = 500, 2
# Lines fallen in a row: it is the server's state, not the message.
MAX_BROKEN = 3

SPREAD_OUT = "Envoi étalé"
PACED = SPREAD_OUT + " : au plus {} courriels par minute vers une même messagerie."
NOT_NEEDED = "Ce courriel n’était plus à envoyer."
INTERRUPTED = "L’envoi a été interrompu : le message est peut-être arrivé."
UNREACHABLE = (
    "Le serveur de courriels ne répond pas. Ce qui reste à envoyer attend ; un nouvel essai aura lieu."
)
BREAKS = (
    "Le serveur de courriels rompt les liaisons. Ce qui reste à envoyer attend ; un nouvel essai aura lieu."
)
UNKNOWN = "Le serveur de courriels refuse les identifiants de cette instance. Prévenez son administrateur."
REFUSES_US = (
    "Le serveur de courriels refuse l’adresse d’expédition de cette instance. Prévenez son administrateur."
)


def register_writer(kind: str, writer: Writer, *, kept_for: timedelta | None = None) -> None:
    """Say who writes the letters of a kind, and when what became of them may be forgotten."""
    _writers[kind] = writer
    if kept_for is not None:
        _kept[kind] = kept_for


def purge() -> int:
    """Forget the rows that have outlived their use. Returns how many."""
    now = timezone.now()
    old = (Envelope.objects.filter(kind=kind, settled_at__lt=now - kept) for kind, kept in _kept.items())
    return sum(rows.delete()[0] for rows in old)


@job_task("mail.deliver")
def deliver(run: Run, batch: str) -> None:
    """Send what is due of the batch. What cannot leave now stays waiting, and `ctg.mail.services.resume` goes on.

    When nothing is due, a person asked again before the time: what waits for the server is.
    """
    waiting = Envelope.objects.filter(batch=batch, state=State.WAITING)
    if not waiting.due().exists():
        waiting.exclude(detail__startswith=SPREAD_OUT).update(next_try_at=timezone.now())
    _deliver(run, batch)


@job_task("mail.help")
def lend_a_hand(run: Run, batch: str) -> None:
    """The same as another worker does with the same batch: rows are taken one by one."""
    _deliver(run, batch)


def _deliver(run: Run, batch: str) -> None:
    with transaction.atomic(durable=True):  # durable: from here on, every statement is seen by all at once
        give_up(Envelope.objects.filter(state=State.SENDING, job_key=run.job.pk))
    envelopes = Envelope.objects.filter(batch=batch)
    total, done = envelopes.due().count(), count(1)
    try:
        if total < MANY:
            _send_all(run, batch, total, done)
        else:
            with ThreadPoolExecutor(LINES) as lines:
                list(lines.map(_line, *([one] * LINES for one in (run, batch, total, done))))
    except Cancelled:
        envelopes.cancel()
        raise


def _line(run: Run, batch: str, total: int, done: Iterator[int]) -> None:
    """In a thread, on connections of its own."""
    try:
        _send_all(run, batch, total, done)
    finally:
        connections.close_all()


def _send_all(run: Run, batch: str, total: int, done: Iterator[int]) -> None:
    """`done`: counts the letters of all the lines."""
    settled, broken = None, 0
    with closing(Server()) as server:
        while envelope := _next(server, batch, run.job.pk, settled):
            outcome = _send(server, envelope)
            settled = concluded(envelope, outcome)
            broken = broken + 1 if outcome.is_broken else 0
            if outcome.takes_nothing or broken == MAX_BROKEN:
                settle(settled)
                raise _put_off(batch, REFUSES_US if outcome.takes_nothing else BREAKS)
            number = next(done)
            try:
                run.progress(
                    100 * number // max(total, number), f"Courriel {number} sur {max(total, number)}"
                )
            except Cancelled:
                settle(settled)
                raise


def _next(server: Server, batch: str, job_key: int, settled: Envelope | None) -> Envelope | None:
    """The next row, taken once the server listens: nothing is begun with a server that is away. What became of the
    one before is written with it, or first when the line fell.
    """
    if not server.is_open:
        if settled is not None:
            settle(settled)
        if not Envelope.objects.filter(batch=batch).due().exists():
            return None
        settled = None
    try:
        server.open()
    except (SMTPException, OSError) as error:
        log.warning("mail_server_unreachable", batch=batch, error=type(error).__name__)
        reason = UNKNOWN if isinstance(error, SMTPAuthenticationError) else UNREACHABLE
        raise _put_off(batch, reason) from error
    return Envelope.objects.take(batch, job_key, settled)


def _send(server: Server, envelope: Envelope) -> Outcome:
    try:
        message = _written(envelope)
    except (InterfaceError, OperationalError):
        raise  # the database went away: the runner knows what to do
    except Exception:
        log.exception("mail_not_written", kind=envelope.kind, envelope=str(envelope.uuid))
        return Outcome(State.REFUSED, UNWRITTEN)
    return server.send(message) if message else Outcome(State.CANCELLED, NOT_NEEDED)


def _written(envelope: Envelope) -> EmailMessage | None:
    """The writer's message, for this recipient only. Its Message-ID stays the same if it is ever sent again."""
    message = _writers[envelope.kind](envelope.object_id, envelope)
    if message is not None:
        message.subject = envelope.subject = one_line(str(message.subject))[:250]
        message.to, message.cc, message.bcc = [envelope.recipient], [], []
        message.extra_headers.setdefault("Message-ID", f"<{envelope.uuid}@{domain_of(message.from_email)}>")
    return message


@lru_cache(maxsize=32)
def domain_of(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"


def concluded(envelope: Envelope, outcome: Outcome) -> Envelope:
    """The row as this attempt leaves it."""
    now = timezone.now()
    envelope.state, envelope.detail, envelope.job_key = outcome.state, outcome.detail, None
    if envelope.state == State.WAITING and envelope.attempts > len(PAUSES):
        envelope.state = State.REFUSED
    if envelope.state == State.WAITING:
        envelope.next_try_at = now + timedelta(minutes=PAUSES[envelope.attempts - 1])
    else:
        envelope.settled_at = now
    return envelope


def settle(settled: Envelope) -> None:
    """By itself; a later attempt, if a person asked for it meanwhile, is left alone."""
    names = ("state", "detail", "subject", "job_key", "next_try_at", "settled_at")
    same = Envelope.objects.filter(pk=settled.pk, attempts=settled.attempts)
    same.update(**{name: getattr(settled, name) for name in names})


def give_up(orphans: "QuerySet[Envelope]") -> int:
    """Rows whose worker died in the middle: only a person can say what to do with them."""
    return orphans.update(state=State.UNCERTAIN, detail=INTERRUPTED, job_key=None, settled_at=timezone.now())


def plan(batch: str, start: datetime, reason: str = "") -> None:
    """Keep to the pace of each host from `start` on."""
    pace = settings.EMAIL_PACE
    Envelope.objects.spread(batch, start, pace=pace, detail=reason or PACED.format(pace))


def _put_off(batch: str, reason: str) -> JobError:
    """Make what is due wait, longer and longer, with the reason."""
    now, due = timezone.now(), Envelope.objects.filter(batch=batch).due()
    since = due.aggregate(since=Min("created_at"))["since"] or now
    start = now + min(max((now - since) / 2, SHORTEST_PAUSE), LONGEST_PAUSE)
    due.update(next_try_at=start, detail=reason)
    plan(batch, start, reason)
    return JobError(reason)
