"""What happened, in the plain sentences of a newsletter: numbers and agreements, elisions, lists."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from actions.rules.words import capital, spelled
from ctg.templatetags.ui import date_long

NO_BREAK = "\u00a0"
VOWEL = re.compile(r"[aeiouyàâäéèêëîïôöùûüœæh]", re.IGNORECASE)
# A list that is read to its end.
LONGEST = 12
# How the name of a body begins, by what goes before it.
BODIES = {
    "du ": "copil|cotech|comité|groupe|conseil|bureau|collectif",
    "de la ": "commission|cellule|conférence|réunion|rencontre|coordination",
    "de l’": "instance|assemblée|équipe|atelier",
}
# What ends a sentence by itself.
ENDS = ("!", "?", "…")


@dataclass(frozen=True)
class Wording:
    """How one thing is said, and how several are: « une action est réalisée », « actions sont réalisées »."""

    one: str
    many: str
    feminine: bool = True
    # A list even of one: its sentence would be lost behind the colon.
    is_list: bool = False


DONE = Wording("une action est réalisée", "actions sont réalisées")
STARTED = Wording("une action démarre", "actions démarrent")
STEPS = Wording("une étape est franchie", "étapes sont franchies")
DECISIONS = Wording("une décision a été prise", "décisions ont été prises")
FIGURES = Wording("un chiffre est arrivé", "chiffres sont arrivés", feminine=False)
DATES = Wording("une date à retenir", "dates à retenir")
FUNDING = Wording("un appel à projets est ouvert", "appels à projets sont ouverts", feminine=False)
DOCUMENTS = Wording(
    "un document est disponible auprès de la coordination",
    "documents sont disponibles auprès de la coordination",
    feminine=False,
)
NOTES = Wording("une action donne de ses nouvelles", "nouvelles des actions", is_list=True)
MOMENTS = Wording("un autre temps fort", "autres temps forts", feminine=False)


def told(wording: Wording, things: Sequence[str]) -> str:
    """« Une action est réalisée : « X ». », or a list: « Deux actions sont réalisées : » and a line for each."""
    said = [_bare(thing) for thing in things]
    if not said:
        return ""
    if len(said) == 1:
        head = f"{capital(wording.one)}{NO_BREAK}:"
        if not wording.is_list and (said[0].startswith("«") or said[0][:1].islower()):
            return f"{head} {_ended(said[0], '.')}"
    else:
        head = f"{capital(counted(len(said), feminine=wording.feminine))} {wording.many}{NO_BREAK}:"
    lines = said[:LONGEST]
    if rest := len(said) - len(lines):
        lines.append(f"et {counted(rest, feminine=wording.feminine)} autre{'s' if rest > 1 else ''}")
    ends = [f"{NO_BREAK};"] * (len(lines) - 1) + ["."]
    return "\n".join([head, "", *(f"- {_ended(line, end)}" for line, end in zip(lines, ends, strict=True))])


def counted(number: int, *, feminine: bool) -> str:
    """A number in words: « vingt et une », « vingt et un »."""
    words = spelled(number)
    return words if feminine else re.sub(r"\bune$", "un", words)


def quoted(title: str) -> str:
    return f"«{NO_BREAK}{_bare(title)}{NO_BREAK}»"


def de(word: str) -> str:
    """« d’avril », « de mars »."""
    return f"d’{word}" if VOWEL.match(word) else f"de {word}"


def of_month(day: date) -> str:
    """« d’avril 2027 »."""
    return de(_month(day))


def title_of(day: date, number: int | None = None) -> str:
    """« La lettre de novembre 2026 »; with its number when the month has another: « La lettre n° 3, novembre 2026 »."""
    return capital(_letter_of(day, number))


def subject_of(territory: str, day: date, number: int | None = None) -> str:
    return f"CTG {_bare(territory)}{NO_BREAK}: {_letter_of(day, number)}"


def _letter_of(day: date, number: int | None) -> str:
    if number is None:
        return f"la lettre {of_month(day)}"
    return f"la lettre n°{NO_BREAK}{number}, {_month(day)}"


def _month(day: date) -> str:
    """« avril 2027 »."""
    _, month, year = date_long(day).replace(NO_BREAK, " ").split(" ")
    return f"{month} {year}"


def decisions_of(body: str, day: date) -> str:
    """« Décisions du COTECH du 24 septembre 2026 »; empty for a name that no article is known for, or with a number:
    that may be a date already.
    """
    if re.search(r"\d", body):
        return ""
    for article, first in BODIES.items():
        if re.match(rf"(?:{first})\b", body, re.IGNORECASE):
            name = body if body[:2].isupper() else f"{body[0].lower()}{body[1:]}"
            return f"Décisions {article}{_bare(name)} du {date_long(day)}"
    return ""


def in_short(text: str, words: int) -> str:
    """On one line, cut after so many words; without the dash that begins a list."""
    said = re.sub(r"^[-•*]\s+", "", text.strip()).split()
    return " ".join(said) if len(said) <= words else f"{' '.join(said[:words])}…"


def _bare(text: str) -> str:
    return re.sub(r"[ \t\r\n]+", " ", text).strip(" \t\r\n.;,")


def _ended(text: str, mark: str) -> str:
    return text if text.endswith(ENDS) else f"{text}{mark}"
