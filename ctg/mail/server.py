"""The mail server: one connection for many messages, and what its answers mean for one of them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from smtplib import (
    SMTP,
    SMTP_SSL,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from typing import Any
from uuid import uuid4

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends import filebased, smtp
from django.utils import timezone

from ctg.mail.circular import CRLF, Copy
from ctg.mail.letters import one_line
from ctg.mail.models import State

UNWRITTEN = "Le courriel n’a pas pu être préparé. La cause est notée dans le journal."
BROKEN_BEFORE = "La liaison avec le serveur de courriels s’est rompue avant l’envoi."
BROKEN_AFTER = "La liaison s’est rompue pendant l’envoi : le message est peut-être arrivé."
TEMPORARY = "Refus provisoire du serveur : {}"
FINAL = "Réponse du serveur : {}"

TOO_BIG = 552


class _Tracked:
    """Knows when the content is out of our hands and the server has not answered for it."""

    in_data = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.in_data = True
        answer = super().data(msg)  # type: ignore[misc]
        self.in_data = False
        return answer


class _TrackedSMTP(_Tracked, SMTP):
    pass


class _TrackedSMTPOverTLS(_Tracked, SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    """Django's, that also knows whether a message may have gone when the line breaks."""

    @property
    def connection_class(self) -> type[SMTP]:  # type: ignore[override]
        return _TrackedSMTPOverTLS if self.use_ssl else _TrackedSMTP

    @property
    def may_have_gone(self) -> bool:
        return bool(self.connection and self.connection.in_data)  # type: ignore[attr-defined]

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """A copy of a circular is ready to leave: what its letter held was checked once."""
        match email_messages:
            case [Copy() as copy] if self.connection:
                self.connection.sendmail(copy.sender, [copy.address], copy.message().as_bytes(linesep=CRLF))
                return 1
        return super().send_messages(email_messages)


class OutboxBackend(filebased.EmailBackend):
    """The trial's: Django's, with a file for each connection even when many are opened in one second."""

    _fname: str | None

    def _get_filename(self) -> str:
        if self._fname is None:
            self._fname = str(Path(self.file_path) / f"{timezone.now():%Y%m%d-%H%M%S}-{uuid4().hex}.log")
        return self._fname


@dataclass(frozen=True)
class Outcome:
    """What became of one message; whether the line fell; whether the server takes nothing that comes from us."""

    state: State
    detail: str = ""
    is_broken: bool = False
    takes_nothing: bool = False


class Server:
    """Opened when needed, kept as long as it takes our messages, opened anew after an error."""

    def __init__(self) -> None:
        self._connection: Any = None

    @property
    def is_open(self) -> bool:
        return self._connection is not None

    def open(self) -> None:
        """Raises SMTPException or OSError when the server cannot be reached: nothing has left."""
        if self._connection is None:
            connection = get_connection()
            connection.open()
            self._connection = connection

    def close(self) -> None:
        with suppress(SMTPException, OSError):
            if self._connection is not None:
                self._connection.close()
        self._connection = None

    def send(self, message: EmailMessage) -> Outcome:
        """Never raises: whatever happened is an outcome of this message."""
        try:
            if self._connection.send_messages([message]) != 1:
                raise ValueError("no recipient")  # noqa: TRY301 - Django's way of saying that nothing left
        except Exception as error:  # noqa: BLE001 - a backend of any kind may raise anything
            outcome = outcome_of(error, may_have_gone=getattr(self._connection, "may_have_gone", True))
            self.close()
            return outcome
        if not isinstance(self._connection, EmailBackend):
            self.close()  # the trial's files hold one message each
        return Outcome(State.SENT)


def outcome_of(error: Exception, *, may_have_gone: bool) -> Outcome:
    """What an error of the dialogue tells: an answer is certain, a silence is not once the content began."""
    if answer := _answer(error):
        code, said = answer
        if code < 500:
            return Outcome(State.WAITING, TEMPORARY.format(said))
        if isinstance(error, SMTPSenderRefused) and code != TOO_BIG:
            return Outcome(State.WAITING, FINAL.format(said), takes_nothing=True)
        return Outcome(State.REFUSED, FINAL.format(said))
    if may_have_gone:
        return Outcome(State.UNCERTAIN, BROKEN_AFTER, is_broken=True)
    if isinstance(error, OSError):  # SMTPException is one
        return Outcome(State.WAITING, BROKEN_BEFORE, is_broken=True)
    return Outcome(State.REFUSED, UNWRITTEN)


def _answer(error: Exception) -> tuple[int, str] | None:
    """The code and the words of a server that refuses; None when it said nothing that can be read."""
    if isinstance(error, SMTPRecipientsRefused):
        code, reply = next(iter(error.recipients.values()))
    elif isinstance(error, SMTPResponseException):
        code, reply = error.smtp_code, error.smtp_error  # type: ignore[assignment]
    else:
        return None
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return (code, f"{code} {one_line(text)}"[:200]) if code >= 400 else None
