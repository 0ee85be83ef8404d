"""Addresses that a coordination brings in, with how it knows that their people agree."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import PurePath
from typing import NamedTuple

from django.utils import timezone

from ctg.dates import FIRST_YEAR
from ctg.mail import one_line
from ctg.refusal import Refused
from ctg.search import bare
from ctg.sheets import Limits, Raw, read_csv, read_workbook
from governance.models import Subscriber
from governance.rules.addresses import is_address, name_fault, normal

LIMITS = Limits(size=2_000_000, rows=5_002, columns=50, cells=260_000, unpacked=40_000_000)
LONGEST_PROOF = 500

# The headings that people give, without accents.
HEADINGS = {
    "address": ("adresse", "adresse electronique", "adresse e-mail", "adresse email", "adresse mail"),
    "mail": ("courriel", "e-mail", "email", "mail", "mel"),
    "first": ("prenom",),
    "name": ("nom", "nom complet", "nom et prenom", "prenom et nom"),
    "on": ("date", "date du consentement", "date de consentement", "consentement du"),
    "words": ("preuve", "preuve du consentement", "consentement", "origine"),
}
NO_ADDRESS = "La première ligne doit nommer les colonnes : « adresse », et si vous les avez « nom », « date », « preuve »."


class Line(NamedTuple):
    """One person, as the file gives them."""

    number: int
    address: str
    name: str
    consent_on: str  # ISO: a line travels signed through the page that shows it
    consent_words: str

    @property
    def day(self) -> date:
        """Of the consent."""
        return date.fromisoformat(self.consent_on)


class Rejected(NamedTuple):
    number: int
    said: str
    reason: str


@dataclass
class Read:
    lines: list[Line] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


class WrongLineError(ValueError):
    """The text says why, in French."""


def read_addresses(name: str, content: bytes, *, on: date, words: str) -> Read:
    """The people of a file. `on`, `words`: the consent of those whose line says nothing of it. Raises Refused."""
    if PurePath(name).suffix.lower() == ".csv":
        rows: Sequence[Sequence[Raw]] = read_csv(content, LIMITS).rows
    else:
        rows = next(iter(read_workbook(content, LIMITS).values())).rows
    if len(rows) == LIMITS.rows:
        raise Refused(f"Ce fichier compte plus de {LIMITS.rows - 2} adresses : envoyez-le en plusieurs fois.")
    filled = _filled(rows)
    columns = _columns(next(filled, (0, []))[1])
    read, seen = Read(), dict[str, int]()
    for number, cells in filled:
        said = {key: _text(cells, place) for key, place in columns.items()}
        try:
            line = _line(number, said, on, words)
        except WrongLineError as error:
            read.rejected.append(Rejected(number, said["address"] or "(vide)", str(error)))
            continue
        first = seen.setdefault(line.address, number)
        if first == number:
            read.lines.append(line)
        else:
            read.rejected.append(Rejected(number, line.address, f"déjà à la ligne {first}"))
    return read


def _filled(rows: Sequence[Sequence[Raw]]) -> Iterator[tuple[int, Sequence[Raw]]]:
    """Those that hold something, with their number in the file."""
    return ((number, row) for number, row in enumerate(rows, 1) if any(cell is not None for cell in row))


def _columns(heading: Sequence[Raw]) -> Mapping[str, int]:
    """Where each thing stands. A column named « courriel » comes before one named « adresse »: that of a street."""
    names = {name: key for key, known in HEADINGS.items() for name in known}
    found: dict[str, int] = {}
    for place, cell in enumerate(heading):
        if key := names.get(bare(str(cell or "")).strip()):
            found.setdefault(key, place)
    mail = found.pop("mail", None)
    if mail is not None:
        found["address"] = mail
    if "address" not in found:
        raise Refused(NO_ADDRESS)
    return found


def _text(cells: Sequence[Raw], place: int) -> str:
    cell = cells[place] if place < len(cells) else None
    return "" if cell is None else str(cell).strip()


def _line(number: int, said: Mapping[str, str], on: date, words: str) -> Line:
    address = normal(said["address"])
    if not address:
        raise WrongLineError("sans adresse")
    if not is_address(address):
        raise WrongLineError("adresse mal formée")
    name = " ".join(part for part in (said.get("first", ""), said.get("name", "")) if part)
    if fault := name_fault(name):
        raise WrongLineError(fault)
    proof = one_line(said.get("words", "")) or words
    if len(proof) > LONGEST_PROOF:
        raise WrongLineError(f"preuve de plus de {LONGEST_PROOF} caractères")
    day = _day(said["on"]) if said.get("on") else on
    if day < timezone.localdate() - Subscriber.KEPT_FOR:
        raise WrongLineError("consentement de plus de trois ans\u00a0: redemandez-le")
    return Line(number, address, name, day.isoformat(), proof)


def _day(text: str) -> date:
    """As people write it; a cell that is a date reads as the second form."""
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            day = datetime.strptime(text, form).date()  # noqa: DTZ007 - a day, without hour
        except ValueError:
            continue
        if day > timezone.localdate():
            raise WrongLineError("date à venir")
        if day.year < FIRST_YEAR:
            raise WrongLineError("date invraisemblable")
        return day
    raise WrongLineError("date illisible (31/12/2026 est attendu)")
