"""A target in words: « plus de 24 par an » in a sentence, « > 24 / an » in a table."""

from actions.rules.attainment import Target
from actions.rules.values import with_unit
from ctg.numbers import NO_BREAK, french_number

COMPARATOR_WORDS = {">": "plus de", "≥": "au moins", "=": "exactement", "≤": "au plus", "<": "moins de"}
PER_WORDS = {"month": "par mois", "quarter": "par trimestre", "year": "par an"}
PER_SHORT = {"month": "mois", "quarter": "trimestre", "year": "an"}
DELIVERABLE = "livrable"
NO_TARGET = "sans cible"


def say(target: Target, unit: str = "") -> str:
    """« plus de 24 par an », « au moins 1 COPIL par an », « −10 % », « livrable », « sans cible »."""
    if target.kind == "deliverable":
        return DELIVERABLE
    if target.value is None or not target.sign:
        return NO_TARGET
    number = _number(target, unit)
    words = number if _is_bare(target) else f"{COMPARATOR_WORDS[target.sign]} {number}"
    return f"{words} {PER_WORDS[target.per]}" if target.per else words


def short(target: Target) -> str:
    """« > 10 / mois », « −10 % », « ≥ 50 % »; « – » without a target."""
    if target.kind == "deliverable":
        return DELIVERABLE
    if target.value is None or not target.sign:
        return "–"
    number = _number(target, "")
    words = number if _is_bare(target) else f"{target.sign}{NO_BREAK}{number}"
    return f"{words}{NO_BREAK}/{NO_BREAK}{PER_SHORT[target.per]}" if target.per else words


def _number(target: Target, unit: str) -> str:
    assert target.value is not None
    if target.kind == "change":
        sign = "+" if target.value > 0 else ""
        return f"{sign}{french_number(target.value, 4)}{NO_BREAK}%"
    return with_unit(target.value, "%" if target.kind == "rate" else unit, 4)


def _is_bare(target: Target) -> bool:
    """A change says its own direction: « +10 % » is at least that, « −10 % » at most."""
    if target.kind != "change" or target.value is None:
        return False
    return (target.sign == "≥" and target.value >= 0) or (target.sign == "≤" and target.value <= 0)
