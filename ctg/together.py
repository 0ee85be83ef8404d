"""A text that several people type at once: their lines are put together, and none is lost."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

Lines = Sequence[str]


def together(base: str, mine: str, theirs: str) -> str:
    """What `mine` and `theirs` both made of `base`, line by line. Where both changed the same lines, theirs come
    first and then those of mine that are not among them.
    """
    if mine in (base, theirs):
        return theirs
    if theirs == base:
        return mine
    merged: list[str] = []
    for old, ours, others in _stretches(*(text.split("\n") for text in (base, mine, theirs))):
        if others in (old, ours):
            merged += ours
        elif ours == old:
            merged += others
        else:
            merged += others
            merged += [line for line in ours if line not in others and line not in old]
    return "\n".join(merged)


def _stretches(base: Lines, mine: Lines, theirs: Lines) -> Iterator[tuple[Lines, Lines, Lines]]:
    """The three texts cut at the lines of the first that both others kept."""
    places = (0, 0, 0)
    kept_by_mine, kept_by_theirs = _kept(base, mine), _kept(base, theirs)
    for line in [line for line in kept_by_mine if line in kept_by_theirs]:
        at = (line, kept_by_mine[line], kept_by_theirs[line])
        yield base[places[0] : at[0]], mine[places[1] : at[1]], theirs[places[2] : at[2]]
        yield base[at[0] : at[0] + 1], mine[at[1] : at[1] + 1], theirs[at[2] : at[2] + 1]
        places = (at[0] + 1, at[1] + 1, at[2] + 1)
    yield base[places[0] :], mine[places[1] :], theirs[places[2] :]


def _kept(base: Lines, other: Lines) -> dict[int, int]:
    """Which lines of a text another kept, and where, in order."""
    blocks = SequenceMatcher(None, base, other, autojunk=False).get_matching_blocks()
    return {start + place: to + place for start, to, size in blocks for place in range(size)}
