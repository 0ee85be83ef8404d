"""How far a fiche is, the counts of a plan, and what contradicts itself.

On screen counts come first (« 9 fiches engagées sur 12 »), averages second, with how many fiches they stand on.
Permanent fiches are counted, and left out of every mean. A mean that speaks for too few fiches is not said.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from actions.rules.words import capital, percent, percent_words, plural, spelled

DONE = "realisee"
NOT_BEGUN = frozenset({"a_discuter", "non_demarree", "reportee"})
STOPPED = "abandonnee"
BLOCKED = "bloquee"
# « Engagée »: work has begun, whatever came of it since.
ENGAGED = frozenset({"en_cours", "realisee", "en_pause", "bloquee"})

NO_PROGRESS = "–"
# A mean of one is no mean.
LEAST_FOR_A_MEAN = 2
PERMANENT = "action permanente"
STEP_OPEN = frozenset({"to_do", "doing"})
STEP_BEGUN = frozenset({"doing", "done"})
STEP_DROPPED = "dropped"


@dataclass(frozen=True)
class Progress:
    """How far: `share` from 0 to 1, or None; `done` of `total` steps, dropped ones apart."""

    share: Fraction | None
    done: int
    total: int
    is_permanent: bool = False

    def __str__(self) -> str:
        """« 50 % », « action permanente », or « – »."""
        if self.is_permanent:
            return PERMANENT
        return NO_PROGRESS if self.percent is None else percent_words(self.percent)

    @property
    def percent(self) -> int | None:
        return None if self.share is None else percent(self.share)

    @property
    def steps(self) -> str:
        """« 2 étapes sur 4 », or « – »."""
        return f"{plural(self.done, 'étape')} sur {self.total}" if self.total else NO_PROGRESS


@dataclass(frozen=True)
class Mean:
    """An average over `count` of the `total` fiches of a group; no share when they cannot speak for the group."""

    share: Fraction | None
    count: int
    total: int

    def __str__(self) -> str:
        """« 46 %, moyenne des étapes faites, 8 fiches sur 12 », or « – »."""
        return NO_PROGRESS if self.percent is None else f"{percent_words(self.percent)}, {self.basis}"

    @property
    def basis(self) -> str:
        """What is counted: « moyenne des étapes faites, 3 fiches sur 4 »."""
        return f"moyenne des étapes faites, {plural(self.count, 'fiche')} sur {self.total}"

    @property
    def percent(self) -> int | None:
        return None if self.share is None else percent(self.share)


@dataclass(frozen=True)
class Piece:
    """A part of a sentence; tone "strong" for what counts, "alert" for what waits, "" for the rest."""

    text: str
    tone: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Counts:
    """How many fiches of a plan (or of an axe) have each status."""

    by_status: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.by_status.values())

    @property
    def engaged(self) -> int:
        return sum(count for status, count in self.by_status.items() if status in ENGAGED)

    @property
    def done(self) -> int:
        return self.by_status.get(DONE, 0)

    @property
    def blocked(self) -> int:
        return self.by_status.get(BLOCKED, 0)

    @property
    def stopped(self) -> int:
        return self.by_status.get(STOPPED, 0)

    @property
    def words(self) -> str:
        """« 9 fiches engagées sur 12, 3 réalisées, 1 abandonnée »: what is nought is not said."""
        if not self.total:
            return "aucune fiche"
        engaged = (
            plural(self.engaged, "fiche engagée", "fiches engagées")
            if self.engaged
            else "aucune fiche engagée"
        )
        parts = [f"{engaged} sur {self.total}"]
        if self.done:
            parts.append(plural(self.done, "réalisée"))
        if self.blocked:
            parts.append(plural(self.blocked, "en difficulté", "en difficulté"))
        if self.stopped:
            parts.append(plural(self.stopped, "abandonnée"))
        return ", ".join(parts)

    @property
    def sentence(self) -> str:
        """« Onze fiches sur douze sont engagées, deux sont réalisées. Deux sont en difficulté et attendent… »."""
        return "".join(piece.text for piece in self.pieces)

    def dated(self, day: str) -> tuple[Piece, ...]:
        """The same pieces, with their day: « Au 22 novembre 2026, dix fiches sur douze sont engagées… »."""
        first, *rest = self.pieces
        return (Piece(f"Au {day}, {first.text[:1].lower()}{first.text[1:]}"), *rest)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The sentence in pieces, for pages that set some in bold."""
        said = [Piece(self._engaged_words())]
        if self.done and self.total > 1:
            said += [Piece(", "), Piece(_are(self.done, "réalisée"), "strong")]
        said.append(Piece("."))
        if self.blocked:
            wait = "attend" if self.blocked == 1 else "attendent"
            said += [
                Piece(" "),
                Piece(self._they_are(self.blocked, "en difficulté", "en difficulté"), "alert"),
                Piece(f" et {wait} une décision."),
            ]
        if self.stopped:
            said.append(Piece(f" {self._they_are(self.stopped, 'abandonnée')}."))
        return tuple(said)

    def _they_are(self, number: int, one: str, many: str = "") -> str:
        return f"Elle est {one}" if self.total == 1 else capital(_are(number, one, many))

    def _engaged_words(self) -> str:
        total, engaged = self.total, self.engaged
        if total == 0:
            return "Le plan n’a pas encore de fiche"
        if total == 1:
            return f"La seule fiche du plan {'est' if engaged else 'n’est pas'} {'réalisée' if self.done else 'engagée'}"
        if engaged == 0:
            return f"Aucune des {spelled(total)} fiches n’est engagée"
        if engaged == total:
            return f"Les {spelled(total)} fiches sont engagées"
        noun = "fiche" if engaged == 1 else "fiches"
        verb = "est engagée" if engaged == 1 else "sont engagées"
        return f"{capital(spelled(engaged))} {noun} sur {spelled(total)} {verb}"


def progress(status: str, *, done: int, total: int, permanent: bool = False) -> Progress:
    """`done` of `total` steps, dropped ones apart. No share for an abandoned or permanent fiche, nor without step."""
    return Progress(None if permanent else _share(status, done, total), done, total, permanent)


def progress_of_steps(status: str, states: Iterable[str], *, permanent: bool = False) -> Progress:
    """From the states of its steps."""
    kept = [state for state in states if state != STEP_DROPPED]
    return progress(status, done=kept.count("done"), total=len(kept), permanent=permanent)


def mean(all_progress: Iterable[Progress]) -> Mean:
    """Over the fiches that have a share: neither permanent, nor abandoned, nor under way without steps.

    Said only when they are at least two and half of the group, and when at least half of the group has steps.
    """
    group = list(all_progress)
    shares = [one.share for one in group if one.share is not None]
    with_steps = sum(one.total > 0 for one in group)
    speaks = len(shares) >= LEAST_FOR_A_MEAN and 2 * min(len(shares), with_steps) >= len(group)
    return Mean(sum(shares, Fraction(0)) / len(shares) if speaks else None, len(shares), len(group))


def count(statuses: Iterable[str]) -> Counts:
    return Counts(Counter(statuses))


def contradictions(status: str, states: Sequence[str], *, permanent: bool = False) -> list[str]:
    """What the status and the steps of a fiche say against each other.

    A permanent fiche goes on after its steps: « en cours » with every step done is no contradiction.
    """
    open_steps = sum(state in STEP_OPEN for state in states)
    begun = sum(state in STEP_BEGUN for state in states)
    kept = [state for state in states if state != STEP_DROPPED]
    if status == DONE and open_steps:
        rest = (
            "une étape reste ouverte" if open_steps == 1 else f"{spelled(open_steps)} étapes restent ouvertes"
        )
        return [f"La fiche est réalisée, mais {rest}."]
    if status in {"a_discuter", "non_demarree"} and begun:
        label = "à l’étude" if status == "a_discuter" else "à engager"
        rest = "une étape est commencée" if begun == 1 else f"{spelled(begun)} étapes sont commencées"
        return [f"La fiche est {label}, mais {rest}."]
    if status == "en_cours" and kept and not permanent and all(state == "done" for state in kept):
        rest = "sa seule étape est faite" if len(kept) == 1 else "toutes ses étapes sont faites"
        return [f"La fiche est en cours, mais {rest}."]
    return []


def is_active(year: int, dates: Iterable[date]) -> bool:
    """A permanent fiche is active in a year with a note, highlight, accepted value or step change of that year."""
    return any(day.year == year for day in dates)


def _share(status: str, done: int, total: int) -> Fraction | None:
    if status == STOPPED:
        return None
    if status == DONE:
        return Fraction(1)
    if status in NOT_BEGUN:
        return Fraction(0)
    return Fraction(done, total) if total else None


def _are(number: int, one: str, many: str = "") -> str:
    """« une est réalisée », « deux sont réalisées »."""
    return f"{spelled(number)} {'est' if number == 1 else 'sont'} {one if number == 1 else many or f'{one}s'}"
