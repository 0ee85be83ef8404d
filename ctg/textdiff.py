"""What changed in a text, word by word, for a reader."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

# Words kept on either side of a change; a longer unchanged stretch is cut.
CONTEXT = 6
WORDS = re.compile(r"\S+|\n+")


@dataclass(frozen=True)
class Piece:
    """A stretch of text: `same`, `gone` or `new`."""

    kind: str
    text: str


def word_diff(before: str, after: str) -> list[Piece]:
    """The changed words with a few words around them; unchanged stretches are cut by « … »."""
    old, new = WORDS.findall(before), WORDS.findall(after)
    pieces: list[Piece] = []
    codes = SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes()
    for place, (tag, i1, i2, j1, j2) in enumerate(codes):
        if tag == "equal":
            pieces.append(Piece("same", _shorten(old[i1:i2], first=place == 0, last=place == len(codes) - 1)))
            continue
        if i2 > i1:
            pieces.append(Piece("gone", " ".join(old[i1:i2])))
        if j2 > j1:
            pieces.append(Piece("new", " ".join(new[j1:j2])))
    return pieces


def _shorten(words: list[str], *, first: bool, last: bool) -> str:
    head = [] if first else words[:CONTEXT]
    tail = [] if last else words[-CONTEXT:]
    if (first and last) or len(words) <= len(head) + len(tail) + 2:
        return " ".join(words)
    return " ".join([*head, "…", *tail])
