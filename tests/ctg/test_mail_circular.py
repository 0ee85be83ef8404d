"""A letter made once for many: each copy is what would have been written to that person alone."""

import email
import email.policy
from email.utils import formataddr

import pytest
from django.core.mail import EmailMultiAlternatives
from hypothesis import given
from hypothesis import strategies as st

from ctg.mail.circular import Circular

TOKEN = "jeton-du-destinataire"
VALUE = "a1b2" * 16
TO = formataddr(("Zoé", "zoe@example.org"))
TEXT = "Été à l’Île\n\nPour partir : https://ctg.example.org/l/{0}/\n.\nUne ligne qui finit par une espace \n"
HTML = (
    '<p style="color: #0f4c4a">'
    + "Les élus = 12. " * 400
    + '</p>\n<a href="https://ctg.example.org/l/{0}/">Partir</a>'
)


def letter(text=TEXT, html=HTML, token=TOKEN):
    message = EmailMultiAlternatives(
        "Les nouvelles d’été à Sainte-Marie-aux-Mines, et ce que décide le comité de pilotage",
        text.format(token),
        '"CTG Sundgau" <ctg@example.org>',
        headers={"List-Unsubscribe": f"<https://ctg.example.org/l/{token}/>"},
    )
    message.attach_alternative(html.format(token), "text/html")
    return message


def copy(circular, own=None, to=TO):
    made = circular.copy(own or {TOKEN: VALUE})
    made.to, made.extra_headers = [to], {"Message-ID": "<1@example.org>"}
    return made


def parsed(message, linesep="\r\n"):
    content = message.message().as_bytes(linesep=linesep)
    return email.message_from_bytes(content, policy=email.policy.default)


def parts(message):
    return [message.get_body((kind,)).get_content() for kind in ("plain", "html")]


def test_a_copy_is_the_letter_of_one_person():
    alone = letter(token=VALUE)
    alone.to, alone.extra_headers = (
        ["lea@example.org"],
        alone.extra_headers | {"Message-ID": "<1@example.org>"},
    )
    made = parsed(copy(Circular(letter(), TOKEN), to="lea@example.org"))
    expected = parsed(alone)
    assert parts(made) == parts(expected)
    own = {"Date", "Content-Type"}
    heads = [
        {key: str(value).strip() for key, value in one.items() if key not in own} for one in (made, expected)
    ]
    assert heads[0] == heads[1]
    assert made["Date"]
    assert made.get_content_type() == "multipart/alternative"


def test_two_copies_share_nothing():
    circular = Circular(letter(), TOKEN)
    one, two = (parsed(copy(circular, {TOKEN: value * 32})) for value in ("a1", "b2"))
    assert "a1a1" in str(one["List-Unsubscribe"])
    assert "a1a1" not in two.as_string()
    assert "destinataire" not in two.as_string()
    assert "circulaire" not in two.as_string()


def test_lines_fit_every_server():
    content = copy(Circular(letter(), TOKEN)).message().as_bytes(linesep="\r\n")
    assert content.isascii()
    head, _, body = content.partition(b"\r\n\r\n")
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_a_copy_for_a_file_has_plain_line_ends():
    content = copy(Circular(letter(), TOKEN)).message().as_bytes()
    assert b"\r" not in content


@pytest.mark.parametrize("to", ["Léa <lea@example.org>", "a@example.org\r\nBcc: b@example.org", "a\x00@b.fr"])
def test_what_no_header_may_hold_is_refused(to):
    with pytest.raises(ValueError, match="Not fit"):
        copy(Circular(letter(), TOKEN), to=to).message()


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=300))
def test_any_words_around_a_mark_arrive(words):
    text = f"{words}{{0}}{words}".replace("{", "").replace("}", "")
    source = text.replace("0", "", 1)  # the words alone
    circular = Circular(letter(source + TOKEN + source, "<p></p>"), TOKEN)
    alone = letter(source + VALUE + source, "<p></p>")
    alone.to = ["lea@example.org"]
    assert parts(parsed(copy(circular)))[0] == parts(parsed(alone))[0]
