"""A value against what is expected: is it met, and by how much."""

from fractions import Fraction

from actions.rules.values import NotMeasurable

AT_LEAST, AT_MOST = (">", "≥"), ("<", "≤")

# From this share of what was expected, one is on the path.
ON_PATH = Fraction(85, 100)

ZERO_EXPECTED = "valeur attendue nulle, aucun rapport possible"
NEGATIVE_EXPECTED = "valeur attendue négative, aucun rapport possible"


def is_met(sign: str, actual: Fraction, whole: Fraction) -> bool:
    """« > » and « < » are strict: 200 does not reach « > 200 »."""
    return {
        ">": actual > whole,
        "≥": actual >= whole,
        "=": actual == whole,
        "≤": actual <= whole,
        "<": actual < whole,
    }[sign]


def plain_ratio(sign: str, actual: Fraction, expected: Fraction) -> Fraction | None:
    """The share of what is expected; None when nothing at all is the best there can be. Raises NotMeasurable."""
    if expected < 0:
        raise NotMeasurable(NEGATIVE_EXPECTED)
    if sign in AT_MOST:
        return None if actual <= 0 else expected / actual
    if sign == "=":
        if actual == expected:
            return Fraction(1)
        low, high = sorted((actual, expected))
        return max(low, Fraction(0)) / high
    if expected == 0:
        raise NotMeasurable(ZERO_EXPECTED)
    return actual / expected


def is_on_path(ratio: Fraction | None) -> bool:
    """No ratio is nothing at all where the less the better (see `plain_ratio`)."""
    return ratio is None or ratio >= ON_PATH
