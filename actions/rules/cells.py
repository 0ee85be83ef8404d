"""A value as it is typed in one cell: « 148,5 », « ~ 148 », « 12/40 », « 77 % », « oui », « nc ».

`write_cell` gives what `read_cell` reads: the cell of the grid says the whole content, and only it.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from actions.rules.values import Value
from ctg.numbers import read_number

# The letters of the states without a value, as they are explained on the page.
STATES = {"nc": "not_collected", "s": "secret", "so": "not_applicable"}
LETTERS = {state: letters for letters, state in STATES.items()}
DONE = {"oui", "o", "fait", "faite", "x", "✓", "✔", "1", "vrai"}
NOT_DONE = {"non", "n", "à faire", "a faire", "0", "faux"}

TEXT_LENGTH = 500
WHOLE_DIGITS, DECIMALS = 12, 4
STATED = "écrivez nc (non recueillie), s (secret) ou so (sans objet)"
NOT_A_NUMBER = "Ce n’est pas un nombre"
# « 1,234 » is a thousand for an English spreadsheet, one and some for a French one.
AMBIGUOUS = re.compile(r"-?[1-9][0-9]{0,2}[.,][0-9]{3}")
NOTHING = re.compile(r"[-–—]+|n[/.]?a\.?|#n/a|\?", re.IGNORECASE)


class BadCell(ValueError):  # noqa: N818 - an answer, in French, for whoever typed
    """Why a cell cannot be read."""


@dataclass(frozen=True)
class Content:
    """What a value holds, as the fields of a measurement."""

    state: str = "known"
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    done: bool | None = None
    text: str = ""


def read_cell(kind: str, text: str) -> Content | None:
    """The content of a cell for this kind of indicator; None for an empty one. Raises BadCell."""
    text = " ".join(text.split()).strip()
    if not text:
        return None
    letters = text.lower().replace(".", "")
    if letters in STATES:
        return Content(STATES[letters])
    if NOTHING.fullmatch(text):
        raise BadCell(f"« {text} » ne dit pas pourquoi la valeur manque : {STATED}.")
    state = "estimated" if text[0] in "~≈" else "known"
    text = text.lstrip("~≈ ")
    if kind == "qualitative":
        if not 0 < len(text) <= TEXT_LENGTH or "\x00" in text:
            raise BadCell(f"Un constat tient en {TEXT_LENGTH} caractères.")
        return Content(state, text=text)
    if kind == "deliverable":
        if text.lower() not in DONE | NOT_DONE:
            raise BadCell(f"« {text[:40]} » : écrivez oui ou non.")
        return Content(state, done=text.lower() in DONE)
    if kind == "rate":
        return _rate(state, text)
    return Content(state, value=_number(text.removesuffix("€").strip(), signed=kind == "change"))


def _rate(state: str, text: str) -> Content:
    """« 12/40 », or the percentage alone, which will not be summed nor averaged."""
    if "/" in text:
        above, _, below = text.partition("/")
        numerator, denominator = _number(above), _number(below)
        if denominator == 0:
            raise BadCell("Le dénominateur ne peut pas être zéro.")
        return Content(state, numerator=numerator, denominator=denominator)
    percent = _number(text.removesuffix("%").strip())
    if 0 < percent <= 1 and not text.endswith("%"):
        raise BadCell(f"« {text} » : écrivez le taux avec son signe, ou le nombre sur le total (12/40).")
    return Content(state, value=percent)


def _number(text: str, *, signed: bool = False) -> Decimal:
    if AMBIGUOUS.fullmatch(text):
        plain = text.replace(".", "").replace(",", "")
        raise BadCell(f"« {text} » se lit de deux façons : écrivez {plain}, ou {text.replace('.', ',')}0.")
    number = read_number(text)
    if number is None:
        raise BadCell(f"{NOT_A_NUMBER} : « {text[:40]} ».")
    if number < 0 and not signed:
        raise BadCell("Une valeur ne peut pas être négative.")
    _, digits, exponent = number.normalize().as_tuple()
    assert isinstance(exponent, int)
    if len(digits) + exponent > WHOLE_DIGITS or -exponent > DECIMALS:
        raise BadCell(f"{WHOLE_DIGITS} chiffres au plus, et {DECIMALS} après la virgule.")
    return number


def write_cell(value: Value, *, is_rate: bool = False) -> str:
    """A value as it would be typed."""
    if value.state in LETTERS:
        return LETTERS[value.state]
    said = value.text
    if value.value is not None:
        said = f"{_digits(value.value)} %" if is_rate else _digits(value.value)
    elif value.numerator is not None and value.denominator is not None:
        said = f"{_digits(value.numerator)}/{_digits(value.denominator)}"
    elif value.done is not None:
        said = "oui" if value.done else "non"
    return f"~{said}" if value.state == "estimated" else said


def _digits(number: Decimal) -> str:
    """Without spaces between thousands, so that a spreadsheet takes it as a number. « 1,2340 » keeps its four."""
    plain = f"{number.normalize():f}".replace(".", ",")
    return f"{plain}0" if AMBIGUOUS.fullmatch(plain) else plain
