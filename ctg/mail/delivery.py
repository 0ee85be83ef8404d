"""Sending a batch: one row at a time, each committed `sending` before the server hears of it.

The writer of a kind turns a row into a message when its turn comes; who receives it is the envelope's alone.
"""

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from email.utils import parseaddr
from smtplib import SMTPAuthenticationError, SMTPException

import structlog
from django.core.mail import EmailMessage
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Min, QuerySet
from django.utils import timezone

from ctg.jobs.runner import JobError, Run, job_task
from ctg.mail.letters import one_line
from ctg.mail.models import Envelope, State
from ctg.mail.server import UNWRITTEN, Outcome, Server

log = structlog.get_logger(__name__)

# The message of one envelope, from its row; None: no longer to be sent.
Writer = Callable[[int, Envelope], EmailMessage | None]
_writers: dict[str, Writer] = {}

# After a temporary refusal, in minutes; one more and the address is given up.
PAUSES = (1, 5, 15, 30, 60, 120, 240, 480, 720)
# A batch that the server does not take waits half as long again as it has waited.
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
# Lines fallen in a row: it is the server's state, not the message.
MAX_BROKEN = 3

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


def register_writer(kind: str, writer: Writer) -> None:
    _writers[kind] = writer


@job_task("mail.deliver")
def deliver(run: Run, batch: str) -> None:
    """Send what is due of the batch. What cannot leave now stays waiting, and `ctg.mail.services.resume` goes on."""
    with transaction.atomic(durable=True):  # durable: from here on, every statement is seen by all at once
        give_up(Envelope.objects.filter(state=State.SENDING, job_key=run.job.pk))
    total, done, broken = _due(batch), 0, 0
    with closing(Server()) as server:
        while envelope := _next(server, batch, run.job.pk):
            outcome = _send(server, envelope)
            settle(envelope, outcome)
            if outcome.takes_nothing:
                raise _put_off(batch, REFUSES_US)
            broken = broken + 1 if outcome.is_broken else 0
            if broken == MAX_BROKEN:
                raise _put_off(batch, BREAKS)
            done += 1
            run.progress(100 * done // max(total, done), f"Courriel {done} sur {max(total, done)}")


def _due(batch: str) -> int:
    """How many rows are due. When none is, a person asked again before the time: all that waits is."""
    envelopes = Envelope.objects.filter(batch=batch)
    return envelopes.due().count() or envelopes.filter(state=State.WAITING).update(next_try_at=timezone.now())


def _next(server: Server, batch: str, job_key: int) -> Envelope | None:
    """The next row, taken once the server listens: nothing is begun with a server that is away."""
    if not server.is_open and not Envelope.objects.filter(batch=batch).due().exists():
        return None
    try:
        server.open()
    except (SMTPException, OSError) as error:
        log.warning("mail_server_unreachable", batch=batch, error=type(error).__name__)
        reason = UNKNOWN if isinstance(error, SMTPAuthenticationError) else UNREACHABLE
        raise _put_off(batch, reason) from error
    return Envelope.objects.take(batch, job_key)


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
        domain = parseaddr(message.from_email)[1].rpartition("@")[2]
        message.extra_headers.setdefault("Message-ID", f"<{envelope.uuid}@{domain or 'localhost'}>")
    return message


def settle(envelope: Envelope, outcome: Outcome) -> None:
    """Write what became of this attempt; a later one, if a person asked for it meanwhile, is left alone."""
    now, state, next_try_at = timezone.now(), outcome.state, None
    if state == State.WAITING:
        if envelope.attempts > len(PAUSES):
            state = State.REFUSED
        else:
            next_try_at = now + timedelta(minutes=PAUSES[envelope.attempts - 1])
    Envelope.objects.filter(pk=envelope.pk, attempts=envelope.attempts).update(
        state=state,
        detail=outcome.detail,
        subject=envelope.subject,
        job_key=None,
        next_try_at=next_try_at,
        settled_at=None if state == State.WAITING else now,
    )


def give_up(orphans: "QuerySet[Envelope]") -> int:
    """Rows whose worker died in the middle: only a person can say what to do with them."""
    return orphans.update(state=State.UNCERTAIN, detail=INTERRUPTED, job_key=None, settled_at=timezone.now())


def _put_off(batch: str, reason: str) -> JobError:
    """Make what is due wait, longer and longer, with the reason."""
    now, due = timezone.now(), Envelope.objects.filter(batch=batch).due()
    since = due.aggregate(since=Min("created_at"))["since"] or now
    pause = min(max((now - since) / 2, SHORTEST_PAUSE), LONGEST_PAUSE)
    due.update(next_try_at=now + pause, detail=reason)
    return JobError(reason)
