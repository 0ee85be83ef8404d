from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.rules.words import (
    capital,
    cut_percent,
    decimal,
    percent,
    percent_words,
    plural,
    singular,
    spelled,
)

NB = "\u00a0"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zéro"),
        (1, "une"),
        (2, "deux"),
        (12, "douze"),
        (17, "dix-sept"),
        (20, "vingt"),
        (21, "vingt et une"),
        (22, "vingt-deux"),
        (31, "trente et une"),
        (60, "soixante"),
        (61, "soixante et une"),
        (70, "soixante-dix"),
        (71, "soixante et onze"),
        (72, "soixante-douze"),
        (80, "quatre-vingts"),
        (81, "quatre-vingt-une"),
        (90, "quatre-vingt-dix"),
        (91, "quatre-vingt-onze"),
        (99, "quatre-vingt-dix-neuf"),
        (100, "cent"),
        (101, "101"),
        (1234, "1\u202f234"),
    ],
)
def test_spelled(number, words):
    assert spelled(number) == words


def test_spelled_words_differ():
    assert len({spelled(number) for number in range(300)}) == 300


@pytest.mark.parametrize(("number", "words"), [(0, "0 fiche"), (1, "1 fiche"), (2, "2 fiches")])
def test_plural(number, words):
    assert plural(number, "fiche") == words.replace(" ", NB)
    assert plural(number, "mois", "mois") == f"{number}{NB}mois"


@pytest.mark.parametrize(
    ("unit", "one"),
    [
        ("postes vacants", "poste vacant"),
        ("COPIL", "COPIL"),
        ("mois", "mois"),
        ("sur 5", "sur 5"),
        ("places en crèche", "place en crèche"),
        ("€", "€"),
        ("", ""),
        ("jours de répit", "jour de répit"),
    ],
)
def test_singular(unit, one):
    assert singular(unit) == one


@pytest.mark.parametrize(
    ("share", "rounded", "cut"),
    [
        (Fraction(0), 0, 0),
        (Fraction(1, 1000), 1, 1),
        (Fraction(1, 3), 33, 33),
        (Fraction(2, 3), 67, 66),
        (Fraction(849, 1000), 85, 84),
        (Fraction(999, 1000), 99, 99),
        (Fraction(1), 100, 100),
        (Fraction(1999, 1000), 200, 199),
        (Fraction(-1, 100), -1, -1),
    ],
)
def test_percent(share, rounded, cut):
    assert (percent(share), cut_percent(share)) == (rounded, cut)


@given(st.fractions(0, 2))
def test_percent_is_never_a_false_nought_nor_all(share):
    for number in (percent(share), cut_percent(share)):
        assert (number == 0) == (share == 0)
        assert (number >= 100) == (share >= 1)


def test_decimal_is_exact():
    assert decimal(Fraction(17, 20)) == decimal(Fraction(85, 100))
    assert str(decimal(Fraction(17, 20))) == "0.85"


def test_small_words():
    assert percent_words(1250) == f"1\u202f250{NB}%"
    assert capital("école") == "École"
    assert capital("") == ""
