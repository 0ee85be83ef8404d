"""Nothing that anybody typed is lost."""

from hypothesis import given
from hypothesis import strategies as st

from ctg.together import together

line = st.text(alphabet="abcé -", max_size=6)
text = st.lists(line, max_size=8).map("\n".join)


def test_lines_added_in_different_places_are_both_kept():
    assert together("un\ndeux", "zéro\nun\ndeux", "un\ndeux\ntrois") == "zéro\nun\ndeux\ntrois"


def test_who_changed_nothing_gets_the_others_text():
    assert together("un", "un", "un\ndeux") == "un\ndeux"
    assert together("un", "un\ndeux", "un") == "un\ndeux"


def test_the_same_line_changed_by_both_is_kept_twice():
    assert (
        together("le vote", "le vote à main levée", "le vote secret")
        == "le vote secret\nle vote à main levée"
    )


def test_a_line_that_one_removed_stays_removed():
    assert together("un\ndeux\ntrois", "un\ntrois", "un\ndeux\ntrois\nquatre") == "un\ntrois\nquatre"


def test_both_begin_an_empty_text():
    assert together("", "A", "B") == "B\nA"


@given(base=text, mine=text, theirs=text)
def test_no_new_line_of_either_is_lost(base, mine, theirs):
    found = set(together(base, mine, theirs).split("\n"))
    old = set(base.split("\n"))
    assert set(mine.split("\n")) - old <= found
    assert set(theirs.split("\n")) - old <= found


@given(base=text, mine=text)
def test_alone_one_is_obeyed(base, mine):
    assert together(base, mine, base) == mine
    assert together(base, base, mine) == mine
    assert together(base, mine, mine) == mine
