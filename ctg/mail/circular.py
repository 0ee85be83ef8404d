"""One letter to many: its MIME is made once, and each copy holds what is its recipient's own.

Made anew for each, the encoding of the same page would cost more than all the rest of a mailing.
"""

from collections.abc import Mapping
from email import quoprimime
from email.message import Message
from email.utils import formatdate, parseaddr
from typing import Any

from django.core.mail import EmailMessage

# What stands, in the letter that is made once, for what differs in every mail.
TO, ID, DATE = "destinataire@circulaire.invalid", "numero-de-la-circulaire", "date-de-la-circulaire"
CRLF = "\r\n"
# Of a line in quoted-printable (RFC 2045).
LONGEST = 76


class Circular:
    """`letter`: as it would be written to one person, with `marks` in the place of what is their own.

    A mark is made of ASCII letters, digits and hyphens, and so is what takes its place in the text.
    """

    def __init__(self, letter: EmailMessage, *marks: str) -> None:
        self.subject, self.from_email = str(letter.subject), letter.from_email
        self.sender = parseaddr(letter.from_email)[1]
        letter.to = [TO]
        letter.extra_headers |= {"Message-ID": ID, "Date": DATE}
        made: Any = letter.message()
        for part in made.walk():
            if part.get_content_maintype() == "text":
                _encode(part, marks)
        self.content = made.as_bytes(linesep=CRLF)

    def copy(self, own: Mapping[str, str]) -> "Copy":
        """For one recipient, with what takes the place of each mark."""
        return Copy(self, own)


class Copy(EmailMessage):
    """The mail of one recipient; its address and its Message-ID are given to it before it leaves."""

    def __init__(self, circular: Circular, own: Mapping[str, str]) -> None:
        super().__init__(circular.subject, "", circular.from_email)
        self.circular, self.own, self.sender = circular, own, circular.sender

    @property
    def address(self) -> str:
        """Where it goes, without the name."""
        return parseaddr(self.to[0])[1]

    def message(self, *, policy: Any = None) -> Any:
        own = {TO: self.to[0], ID: self.extra_headers["Message-ID"], DATE: formatdate(localtime=True)}
        return _Printed(self.circular.content, own | dict(self.own))


class _Printed:
    """What a mail backend asks of a message."""

    def __init__(self, content: bytes, own: Mapping[str, str]) -> None:
        for mark, value in own.items():
            if not value.isascii() or not value.isprintable():
                raise ValueError(f"Not fit for a header: {value!r}")
            content = content.replace(mark.encode(), value.encode())
        self.content = content

    def as_bytes(self, *, linesep: str = "\n") -> bytes:
        return self.content if linesep == CRLF else self.content.replace(b"\r\n", linesep.encode())

    def get_charset(self) -> None:
        """It is ASCII."""


def _encode(part: Message, marks: tuple[str, ...]) -> None:
    """In quoted-printable, each mark alone on a line that a soft break joins to the next ones: what takes its place
    needs no encoding, and no line becomes too long.
    """
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    pieces = [payload.decode()]
    for mark in marks:
        pieces = [two for one in pieces for two in _apart(one, mark)]
    encoded = [piece if piece in marks else _printable(piece) for piece in pieces]
    del part["Content-Transfer-Encoding"]
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload("=\n".join(encoded))


def _apart(text: str, mark: str) -> list[str]:
    first, *others = text.split(mark)
    return [first, *(piece for other in others for piece in (mark, other))]


def _printable(text: str) -> str:
    """The module takes bytes as the characters of the same number. A line keeps the place of its soft break."""
    return quoprimime.body_encode(text.encode().decode("latin-1"), maxlinelen=LONGEST - 1)
