"""Numbers and agreements in French sentences."""

from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from ctg.numbers import NO_BREAK, french_number

UNITS = (
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix",
    "onze", "douze", "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
)  # fmt: skip
TENS = (
    "",
    "",
    "vingt",
    "trente",
    "quarante",
    "cinquante",
    "soixante",
    "soixante",
    "quatre-vingt",
    "quatre-vingt",
)

INVARIABLE = frozenset(
    {"mois", "fois", "temps", "avis", "cours", "repas", "accès", "corps", "parcours", "sur"}
)


def spelled(number: int) -> str:
    """A count of fiches (feminine) in words up to cent, in figures beyond: « une », « vingt et une », « 101 »."""
    if number == 100:
        return "cent"
    if not 0 <= number < 100:
        return french_number(number)
    ten = number // 10
    if number < 20:
        return _feminine(UNITS[number])
    rest = number - ten * 10 + (10 if ten in (7, 9) else 0)
    if rest == 0:
        return "quatre-vingts" if ten == 8 else TENS[ten]
    link = " et " if rest in (1, 11) and ten < 8 else "-"
    return f"{TENS[ten]}{link}{_feminine(UNITS[rest])}"


def _feminine(word: str) -> str:
    return "une" if word == "un" else word


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def plural(number: int, one: str, many: str = "") -> str:
    """« 0 fiche », « 1 fiche », « 2 fiches »: in French what is less than two is singular."""
    return f"{french_number(number)}{NO_BREAK}{one if number < 2 else many or f'{one}s'}"


def singular(unit: str) -> str:
    """« postes vacants » → « poste vacant », for a value under two of a unit kept in the plural."""
    return " ".join(
        word[:-1] if len(word) > 3 and word.endswith("s") and word not in INVARIABLE else word
        for word in unit.split(" ")
    )


def decimal(value: Fraction) -> Decimal:
    """To 28 significant digits: exact for whatever can be written in decimals."""
    return Decimal(value.numerator) / Decimal(value.denominator)


def percent(share: Fraction) -> int:
    """Rounded, but never a false 0 % nor a false 100 %: those are kept for nothing and for all."""
    if 0 < share < 1:
        return min(max(floor(share * 100 + Fraction(1, 2)), 1), 99)
    return floor(share * 100 + Fraction(1, 2))


def cut_percent(share: Fraction) -> int:
    """Cut to the percent below, but never to a false 0 %."""
    return floor(share * 100) or ceil(share)


def percent_words(value: int) -> str:
    return f"{french_number(value)}{NO_BREAK}%"
