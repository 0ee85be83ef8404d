import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctg.richtext import from_text, sanitise, to_text, to_words


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Un</p><p>Deux</p>", "Un\n\nDeux"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ("<p>Le <strong>forum</strong> et le <em>guide</em></p>", "Le **forum** et le *guide*"),
        ('<p><a href="https://example.org/">ici</a></p>', "[ici](https://example.org/)"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
        ("", ""),
    ],
)
def test_plain_form_and_back(html, text):
    assert to_text(html) == text
    assert to_text(from_text(text)) == text


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>Le <strong>forum</strong> et le <em>guide</em></p><p>Deux</p>", "Le forum et le guide\n\nDeux"),
        ("<ul><li><strong>a</strong><ul><li>b</li></ul></li><li><em>c</em></li></ul>", "• a\n  • b\n• c"),
        ("<ol><li>a</li><li><p>b</p></li></ol>", "1. a\n2. b"),
        ('<p><a href="https://example.org/">ici</a></p>', "ici (https://example.org/)"),
        ('<p><a href="https://a.fr/">https://a.fr/</a></p>', "https://a.fr/"),
        ("<p>2 * 3 * 4, **tel quel**</p>", "2 * 3 * 4, **tel quel**"),
        ("", ""),
    ],
)
def test_words_carry_no_mark(html, words):
    assert to_words(html) == words


def test_words_and_structure_survive_an_edit():
    html = "<p>Deux temps :</p><ul><li><strong>Forum</strong> : inviter</li><li>Guide &amp; plan</li></ul>"
    assert from_text(to_text(html)) == html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        '<a href="javascript:alert(1)">x</a>',
        '<p onclick="alert(1)">x</p>',
        "<svg><script>alert(1)</script></svg>",
    ],
)
def test_hostile_html_is_neutralised(hostile):
    cleaned = sanitise(hostile)
    assert "alert" not in cleaned
    assert "javascript" not in cleaned


def test_typed_tags_are_words():
    assert from_text("<b>gras</b>") == "<p>&lt;b&gt;gras&lt;/b&gt;</p>"


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"]) | st.just("\n"), max_size=300))
def test_any_text_is_stable_after_one_edit(text):
    once = from_text(text)
    assert from_text(to_text(once)) == from_text(to_text(from_text(to_text(once))))
