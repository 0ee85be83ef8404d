from hypothesis import given
from hypothesis import strategies as st

from ctg.textdiff import word_diff

LONG = "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"


def said(before, after):
    return [(piece.kind, piece.text) for piece in word_diff(before, after)]


def test_a_word_added_at_the_end_of_a_long_text_is_seen():
    assert said(LONG, LONG + " enfin") == [
        ("same", "… onze douze treize quatorze quinze seize"),
        ("new", "enfin"),
    ]


def test_a_long_stretch_between_two_changes_is_cut():
    assert said(f"A {LONG} B", f"a {LONG} b") == [
        ("gone", "A"),
        ("new", "a"),
        ("same", "un deux trois quatre cinq six … onze douze treize quatorze quinze seize"),
        ("gone", "B"),
        ("new", "b"),
    ]


def test_a_word_changed_in_the_middle():
    assert said("a b c", "a x c") == [("same", "a"), ("gone", "b"), ("new", "x"), ("same", "c")]


def test_from_nothing_and_to_nothing():
    assert said("", "a b") == [("new", "a b")]
    assert said("a b", "") == [("gone", "a b")]
    assert said("", "") == []


words = st.lists(st.sampled_from("abcdef"), max_size=8).map(" ".join)


@given(words, words)
def test_short_texts_can_be_read_back(before, after):
    pieces = word_diff(before, after)
    assert " ".join(piece.text for piece in pieces if piece.kind != "new").split() == before.split()
    assert " ".join(piece.text for piece in pieces if piece.kind != "gone").split() == after.split()
