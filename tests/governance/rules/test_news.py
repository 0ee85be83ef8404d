"""The sentences of a newsletter: numbers, agreements, elisions."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctg.richtext import from_text, to_words
from governance.rules import news

WORDINGS = [
    news.DONE,
    news.STARTED,
    news.STEPS,
    news.DECISIONS,
    news.FIGURES,
    news.DATES,
    news.FUNDING,
    news.NOTES,
    news.MOMENTS,
]


def plain(text):
    return text.replace("\u00a0", " ")


def test_told_says_one_and_several():
    assert (
        plain(news.told(news.DONE, ["« Ouvrir le SIJ »"])) == "Une action est réalisée : « Ouvrir le SIJ »."
    )
    assert plain(news.told(news.FUNDING, ["« A »", "« B »"])) == (
        "Deux appels à projets sont ouverts :\n\n- « A » ;\n- « B »."
    )
    assert plain(news.told(news.DECISIONS, ["Le COPIL valide le bilan."])) == (
        "Une décision a été prise :\n\n- Le COPIL valide le bilan."
    )
    assert news.told(news.DONE, []) == ""


def test_told_counts_what_it_does_not_list():
    text = plain(news.told(news.STEPS, [f"étape {n}" for n in range(33)]))
    assert text.startswith("Trente-trois étapes sont franchies :")
    assert text.endswith("- étape 11 ;\n- et vingt et une autres.")
    assert plain(news.told(news.FIGURES, [f"chiffre {n}" for n in range(13)])).endswith("- et un autre.")


@given(st.sampled_from(WORDINGS), st.integers(1, 130), st.text(max_size=80))
def test_told_agrees_whatever_is_told(wording, number, words):
    things = [f"Fait {place} {words}" for place in range(number)]
    text = news.told(wording, things)
    head = plain(text.split("\n")[0])
    assert head[0].isupper() or head[0].isdigit()
    assert (plain(wording.many) in head.lower()) == (number > 1)
    assert bool(re.search(r"\b(est|démarre|donne|a été)\b|^Un", head)) or number > 1
    assert to_words(from_text(text))  # never more than text


@pytest.mark.parametrize(
    ("number", "feminine", "words"),
    [(1, True, "une"), (1, False, "un"), (21, False, "vingt et un"), (81, False, "quatre-vingt-un")],
)
def test_counted(number, feminine, words):
    assert news.counted(number, feminine=feminine) == words


@given(st.dates(date(2020, 1, 1), date(2040, 12, 31)))
def test_of_month_elides_before_a_vowel(day):
    said = news.of_month(day)
    assert said.startswith("d’" if day.month in (4, 8, 10) else "de ")
    assert said.endswith(str(day.year))


def test_subject_of_is_one_line():
    said = news.subject_of("Val\r\nBcc: x@example.org", date(2027, 4, 1))
    assert plain(said) == "CTG Val Bcc: x@example.org : la lettre d’avril 2027"


def test_in_short():
    assert news.in_short("- un deux\n\ntrois", 5) == "un deux trois"
    assert news.in_short("un deux trois", 2) == "un deux…"
