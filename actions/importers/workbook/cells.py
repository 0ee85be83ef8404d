"""A cell of the workbook: what it says of a stored value, and what is read back from it.

What is compared is always what cells say: a long text goes out as plain text, and a cell that still says the same
leaves what is stored alone.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from hashlib import blake2b
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.dateparse import parse_date
from django.utils.text import capfirst

from ctg.dates import plausible
from ctg.numbers import read_number
from ctg.richtext import MAX_LENGTH, from_text, to_text
from ctg.sheets import Column, Kind, Raw, Value, cell_text
from ctg.xmltext import xml_text

YES, NO = "oui", "non"
# As the columns of the database hold them.
DECIMALS, WHOLE_DIGITS = Decimal("0.0001"), 12


class Fault(Exception):  # noqa: N818 - an answer for the person
    """Why a cell cannot be taken, in French."""


def canon(value: Raw | Value) -> str:
    """What a cell says, whatever its type and whichever program saved it: « 1 » is 1, line ends are alike."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, int | float | Decimal):
        said = repr(float(value))
        return said.removesuffix(".0")
    if isinstance(value, date):
        return value.isoformat()
    return tidy(cell_text(value))


def tidy(text: str) -> str:
    """Without what a spreadsheet may change by itself: kinds of line ends, tabs, spaces that end a line."""
    text = xml_text(text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", "")
    return "\n".join(line.rstrip(" ") for line in text.split("\n")).strip("\n")


def fingerprint(value: Raw | Value) -> str:
    return blake2b(canon(value).encode(), digest_size=5).hexdigest()


@dataclass(frozen=True)
class Field:
    """A column of a sheet, and the field of a row that it holds.

    `say(row)`: what the cell says. `read(raw)`: the same from a cell that a person typed; raises Fault.
    `store(said)`: the value for the database. `contract`: its change asks for a basis once the plan is signed.
    `parent`: which row this one hangs on; it only counts for a row that is added.
    """

    name: str
    column: Column
    say: Callable[[Any], Value]
    read: Callable[[Raw], Value]
    store: Callable[[Value], Any]
    contract: bool = False
    parent: bool = False

    @property
    def label(self) -> str:
        return self.column.label


def words(raw: Raw) -> str:
    """A cell as text, on one line."""
    if isinstance(raw, date):
        return f"{raw:%d/%m/%Y}"
    if isinstance(raw, float) and not raw.is_integer():
        return f"{raw:.10g}".replace(".", ",")
    return " ".join(canon(raw).split())


def label_of(column: Any, label: str) -> str:
    return label or capfirst(str(column.verbose_name))


def text_field(
    model: type[models.Model], name: str, label: str = "", width: int = 20, **kwargs: Any
) -> Field:
    column: Any = model._meta.get_field(name)

    def read(raw: Raw) -> Value:
        said = words(raw)
        if len(said) > column.max_length:
            raise Fault(f"{len(said)} caractères : {column.max_length} au plus.")
        return said

    return Field(
        name,
        Column(label_of(column, label), width=width),
        lambda row: getattr(row, name),
        read,
        lambda said: said or "",
        **kwargs,
    )


def rich_field(model: type[models.Model], name: str, label: str = "", **kwargs: Any) -> Field:
    def read(raw: Raw) -> Value:
        said = canon(raw)
        if len(said) > MAX_LENGTH:
            raise Fault(f"{len(said)} caractères : {MAX_LENGTH} au plus.")
        return said

    return Field(
        name,
        Column(label_of(model._meta.get_field(name), label), Kind.LONG, 44),
        lambda row: to_text(getattr(row, name)),
        read,
        lambda said: from_text(str(said or "")),
        **kwargs,
    )


def choice_field(
    model: type[models.Model], name: str, label: str = "", width: int = 16, **kwargs: Any
) -> Field:
    column: Any = model._meta.get_field(name)
    labels = {str(key): str(said) for key, said in column.flatchoices}
    offered = [said for key, said in labels.items() if key]
    known = {spelled(said): key for key, said in labels.items()} | {spelled(key): key for key in labels}

    def read(raw: Raw) -> Value:
        key = known.get(spelled(words(raw)))
        if key or (key == "" and column.blank):
            return labels[key] if key else ""
        typed = f"« {words(raw)[:60]} » n’est pas reconnu. " if key is None and words(raw) else ""
        raise Fault(f"{typed}Choisissez : {', '.join(offered)}.")

    return Field(
        name,
        Column(label_of(column, label), width=width, choices=offered),
        lambda row: labels[getattr(row, name)] if getattr(row, name) else "",
        read,
        lambda said: next((key for key, known in labels.items() if key and known == said), ""),
        **kwargs,
    )


def spelled(text: str) -> str:
    """For comparing names: without case, with one kind of apostrophe and of space."""
    return " ".join(text.replace("’", "'").casefold().split())


def yes_field(model: type[models.Model], name: str, label: str = "", **kwargs: Any) -> Field:
    """« oui » or empty; where the column may be unknown, « oui », « non » or empty."""
    column: Any = model._meta.get_field(name)
    three = column.null
    known = {YES: YES, "o": YES, "x": YES, "vrai": YES, "1": YES, "fait": YES, "": ""}
    known |= dict.fromkeys((NO, "n", "faux", "0", "à faire"), NO if three else "")

    def say(row: Any) -> Value:
        value = getattr(row, name)
        return YES if value else NO if three and value is False else ""

    def read(raw: Raw) -> Value:
        said = known.get(spelled(words(raw)))
        if said is None:
            raise Fault(f"« {words(raw)[:60]} » n’est pas reconnu : écrivez « oui » ou « non ».")
        return said

    return Field(
        name,
        Column(label_of(column, label), width=11, choices=[YES, NO]),
        say,
        read,
        lambda said: {YES: True, NO: False}.get(str(said or ""), None if three else False),
        **kwargs,
    )


def number_field(model: type[models.Model], name: str, label: str = "", **kwargs: Any) -> Field:
    column: Any = model._meta.get_field(name)

    def read(raw: Raw) -> Value:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        return decimal(raw)

    return Field(
        name,
        Column(label_of(column, label), Kind.NUMBER, 12),
        lambda row: getattr(row, name),
        read,
        lambda said: said,
        **kwargs,
    )


def decimal(raw: Raw) -> Decimal:
    """A number that the database can hold. Raises Fault."""
    found = read_number(raw) if isinstance(raw, str) else None
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        found = Decimal(repr(raw))
    if found is None:
        raise Fault(
            f"« {words(raw)[:60]} » n’est pas un nombre. Si la valeur manque, laissez vide et dites pourquoi "
            "dans la colonne « État »."
        )
    if found.is_finite() and found.adjusted() < WHOLE_DIGITS:
        return found.quantize(DECIMALS, ROUND_HALF_UP).normalize() + 0
    raise Fault("Ce nombre est trop grand.")


def year_field(model: type[models.Model], name: str, label: str = "", **kwargs: Any) -> Field:
    field = number_field(model, name, label, **kwargs)

    def read(raw: Raw) -> Value:
        said = field.read(raw)
        if said is not None and not (
            isinstance(said, Decimal) and said == int(said) and 1900 <= said <= 2100
        ):
            raise Fault("Écrivez une année à quatre chiffres.")
        return said

    return replace(field, read=read, store=lambda said: int(said) if isinstance(said, Decimal) else None)


def day_field(model: type[models.Model], name: str, label: str = "", **kwargs: Any) -> Field:
    column: Any = model._meta.get_field(name)

    def read(raw: Raw) -> Value:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        return day(raw)

    return Field(
        name,
        Column(label_of(column, label), Kind.DATE, 12),
        lambda row: getattr(row, name),
        read,
        lambda said: said,
        **kwargs,
    )


# A date whose cell has lost its format is a number of days, from 1990 to 2100.
EPOCH, SERIALS = date(1899, 12, 30), range(32_874, 73_416)
TYPED_DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")


def day(raw: Raw) -> date:
    """A real date, or « 31/12/2026 » as text. Raises Fault."""
    found = raw if isinstance(raw, date) else None
    if isinstance(raw, int | float) and not isinstance(raw, bool) and int(raw) in SERIALS:
        found = EPOCH + timedelta(int(raw))
    if isinstance(raw, str):
        typed = TYPED_DAY.fullmatch(raw.strip())
        try:
            found = date(int(typed[3]), int(typed[2]), int(typed[1])) if typed else parse_date(raw.strip())
        except ValueError:
            found = None
    if found is None:
        raise Fault(f"« {words(raw)[:60]} » n’est pas une date : écrivez jj/mm/aaaa.")
    try:
        plausible(found)
    except ValidationError as error:
        raise Fault(error.messages[0]) from error
    return found
