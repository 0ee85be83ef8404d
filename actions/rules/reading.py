"""A target as people write it, in the label of an indicator or beside it: « > 24/an », « (+10%) », « 1 COPIL/an ».

What is read is a proposal that a person confirms, and a false number is worse than none: an age, a range, a year,
a date, two numbers that could both be the target, a rate of another time than those of `per` give no number, and
the words are kept as they are.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from actions.rules.attainment import Target
from actions.rules.targets import DELIVERABLE, NO_TARGET, say

# One character for one, so that a place in the text read is the same place in the text typed.
ALIKE = str.maketrans(
    dict.fromkeys("\u00a0\u202f\u2009\u2007\t\n\r", " ")
    | dict.fromkeys("−–—‑‐", "-")
    | {"’": "'", "⩾": "≥", "⩽": "≤"}
)
NUMBER = r"(?<![0-9.,])(?P<number>[0-9]{1,3}(?: [0-9]{3})+(?:[.,][0-9]{1,2})?|[0-9]{1,9}(?:[.,][0-9]{1,2})?)(?![0-9]|[.,] ?[0-9])"
SOME = r"[0-9]+(?:[.,][0-9]+)?"
PER = (
    r"(?P<per>(?:/|par\b|chaque\b) ?(?:ann[ée]e|an|mois|trimestre)\b"
    r"|(?:annuel|mensuel|trimestriel)(?:le)?s?\b)"
)
WORD = r"(?!par\b|chaque\b|annuel|mensuel|trimestriel)[^\W\d_][\w'.-]*"
# What may follow the number: a unit in some words (taken whole), and so often. « Par atelier » or « /semaine »
# after it is not for us.
UNIT = rf"(?>(?: ?(?P<noun>{WORD}(?: {WORD})*))?)"
OFTEN = rf" ?(?:{PER})?(?! ?(?:/|par\b|chaque\b))"
TAIL = rf" ?(?P<percent>%)?{UNIT}{OFTEN}"

COMPARATORS = {">=": "≥", "≥": "≥", "<=": "≤", "=<": "≤", "≤": "≤", ">": ">", "<": "<", "=": "="}
SPOKEN = {
    ">": r"plus de|\+ de|sup[ée]rieure?s? à",
    "≥": r"au moins|au minimum|minimum(?: de)?",
    "≤": r"au plus|au maximum|maximum(?: de)?",
    "<": r"moins de|inf[ée]rieure?s? à",
}
MORE = r"augmentation|augmenter|hausse|progression|croissance|accroissement"
LESS = r"r[ée]duction|r[ée]duire|baisse|baisser|diminution|diminuer|recul"

SIGN = re.compile(rf"(?<![=>-])(?P<sign>>=|≥|<=|=<|≤|>|<|=) ?{NUMBER}{TAIL}", re.IGNORECASE)
SAID = re.compile(rf"(?<!\w)(?P<said>{'|'.join(SPOKEN.values())}) ?{NUMBER}{TAIL}", re.IGNORECASE)
CHANGE = re.compile(rf"(?<![\w+/-])(?P<sign>[+-]) ?{NUMBER} ?%{UNIT}{OFTEN}", re.IGNORECASE)
MOVE = re.compile(
    rf"(?:(?P<more>{MORE})|(?:{LESS}))\b[^0-9()]{{0,60}}?\b(?:de|d'au moins) ?{NUMBER} ?%", re.IGNORECASE
)
ADDED = re.compile(rf"(?<![\w+/-])\+ ?{NUMBER}(?! ?%){TAIL}", re.IGNORECASE)
CADENCE = re.compile(rf"^\(? ?{NUMBER}{UNIT} ?{PER} ?\)?$", re.IGNORECASE)
ALONE = re.compile(rf"^\(? ?{NUMBER}{TAIL} ?\)?$", re.IGNORECASE)
SCALE = re.compile(r" sur (?P<top>[45]|10|20)\b", re.IGNORECASE)
HALF = re.compile(
    r"(?<!de )(?:(?P<word>plus|moins) de |au moins )?\bla moiti[ée] (?:des? |du |d')", re.IGNORECASE
)

# What carries digits and is no target.
BASELINE = re.compile(
    rf"\((?:contre|au lieu de) {NUMBER} ?(?P<percent>%)?(?: en (?P<year>20[0-9]{{2}}))? ?\)"
    rf"|\b(?:contre|au lieu de) {NUMBER.replace('number', 'other')} ?%? en (?P<since>20[0-9]{{2}})\b",
    re.IGNORECASE,
)
DEADLINE = re.compile(
    r"\b(?:d'ici(?: à)?(?: la)?(?: fin)?|avant (?:la )?fin|à l'horizon|(?<=à )fin)(?: de| d')? ?(?P<year>20[0-9]{2})\b",
    re.IGNORECASE,
)
TIME = r"(?:ans?|ann[ée]es?|mois|semaines?|jours?|heures?|h|minutes?|min|mn|trimestres?)\b"
NO_TARGETS = re.compile(
    rf"(?:entre )?{SOME} ?(?:-|/|à|a|et) ?{SOME}(?: ?[/-] ?[0-9]+)?(?: ?(?:%|{TIME}))?"  # ranges, dates, fractions
    rf"|{SOME} ?{TIME}"  # ages, durations
    r"|\b20(?:1[5-9]|[23][0-9]|4[0-5])\b(?! ?%)"  # years of our time, whatever stands before them
    r"|(?<![<>=≤≥+] )(?<![<>=≤≥+0-9])\b(?:19|20)[0-9]{2}\b(?! ?%)"
    r"|\b[0-9]+ ?(?:ers?|[èe]res?|es?|[èe]mes?|nde?s?)\b",  # ordinals
    re.IGNORECASE,
)

DIFFERENT = re.compile(r"\bdiff[ée]rent(?:e?s?)?\b", re.IGNORECASE)
MOVING = rf"(?:(?:{MORE}|{LESS}|[ée]volution|am[ée]lioration) (?:de la |de l'|des |du |de |d'))"
IS_RATE = re.compile(
    rf"^{MOVING}?(?:taux\b|pourcentages?\b|proportion\b|part (?:des? |du |d'))", re.IGNORECASE
)
HEADS = {
    "satisfaction": re.compile(
        r"^(?:(?:niveau|degr[ée]|indice|note) (?:de |d'))?satisfaction\b", re.IGNORECASE
    ),
    "count": re.compile(
        rf"^{MOVING}?(?:nombre|nbre|nbr|nb|effectifs?|fr[ée]quentation|volume)\b", re.IGNORECASE
    ),
    "amount": re.compile(
        rf"^{MOVING}?(?:montant|budget|co[ûu]t|d[ée]penses?|recettes?|surface)\b", re.IGNORECASE
    ),
    "deliverable": re.compile(
        r"^(?:tableaux? de bord|plaquette|charte|guide|annuaire|comptes?[ -]rendus?)\b"
        r"|^(?:r[ée]alisation|r[ée]daction|[ée]laboration|conception|production|[ée]dition|publication|signature"
        r"|cr[ée]ation|ouverture|lancement|adoption|formalisation|mise en (?:place|ligne|œuvre))"
        r" (?:d'une?\b|de la |de l'|du )",
        re.IGNORECASE,
    ),
    "qualitative": re.compile(
        r"^(?:identification|renforcement|am[ée]lioration|qualit[ée]|perception|connaissance|nature|types?|pertinence"
        r"|suivi|mobilisation|implication|retours?|t[ée]moignages?)\b",
        re.IGNORECASE,
    ),
}
AGGREGATIONS = {
    "rate": "mean",
    "satisfaction": "mean",
    "change": "last",
    "deliverable": "last",
    "qualitative": "last",
}
# As committees are written, whatever was typed.
COMMITTEES = {"copil": "COPIL", "copils": "COPIL", "cotech": "COTECH", "cotechs": "COTECH", "cotec": "COTECH"}


@dataclass(frozen=True)
class Understood:
    """What a label and its words propose. No `kind`: nothing was recognised; no `value`: no number to reach."""

    label: str
    words: str = ""
    kind: str = ""
    comparator: str = ""
    value: Decimal | None = None
    per: str = ""
    direction: str = "up"
    mode: str = ""
    aggregation: str = "sum"
    frequency: str = "year"
    unit: str = ""
    target_on: date | None = None
    baseline_value: Decimal | None = None
    baseline_year: int | None = None

    @property
    def said(self) -> str:
        """« plus de 24 par an », « livrable », « sans cible »."""
        if self.value is None:
            return DELIVERABLE if self.kind == "deliverable" else NO_TARGET
        moment = date.min  # a target is said without its time
        aim = Target(
            self.kind, self.direction, self.aggregation, self.comparator, self.value, self.per, self.mode,
            None, None, None, moment, moment,
        )  # fmt: skip
        return say(aim, self.unit)


# The fields that go with a target: baseline, date, scale.
Beside = dict[str, date | Decimal | int | str]


@dataclass(frozen=True)
class Found:
    """A number to reach, and where in the text it stands."""

    start: int
    end: int
    sign: str
    value: Decimal
    per: str = ""
    noun: str = ""
    is_percent: bool = False
    is_change: bool = False
    is_added: bool = False
    is_cadence: bool = False


def read_target(label: str, words: str = "") -> Understood:
    """What is aimed at, from the words of the target, or without them from the label itself. Never raises."""
    label, words = " ".join(label.split()), " ".join(words.split())
    head = label.translate(ALIKE)
    text = words or label
    read = text.translate(ALIKE)
    kind = _kind(head)
    blank = Understood(label, words, kind, **_settings(kind, head, f"{head} {read}"))
    beside, rest = _beside(read)
    rest = NO_TARGETS.sub(lambda hit: "·" * len(hit[0]), rest)
    found = _only(rest, is_words=bool(words))
    if found is None:
        return blank
    kind = _kind_of_target(found, kind, head, rest)
    if "unit" in beside and kind in ("count", "satisfaction"):
        kind = "satisfaction"  # « 4 sur 5 »
    elif not kind or "unit" in beside:
        return blank
    if not words:
        label, words = _apart(text, found)
    return replace(blank, label=label, words=words, **_target(found, kind, head, beside))


def _kind(head: str) -> str:
    if IS_RATE.search(head):
        return "rate"
    return next((kind for kind, opening in HEADS.items() if opening.search(head)), "")


def _settings(kind: str, head: str, whole: str) -> dict[str, Any]:
    """How values of a kind are gathered."""
    falls = bool(re.match(rf"(?:{LESS})\b", head, re.IGNORECASE))
    direction = "none" if kind in ("deliverable", "qualitative") else "down" if falls else "up"
    aggregation = (
        "last" if kind in ("count", "") and DIFFERENT.search(whole) else AGGREGATIONS.get(kind, "sum")
    )
    once = kind == "deliverable" and not re.search(
        r"\bannuel|\bchaque ann[ée]e|\bpar an\b", whole, re.IGNORECASE
    )
    return {"direction": direction, "aggregation": aggregation, "frequency": "once" if once else "year"}


def _beside(read: str) -> tuple[Beside, str]:
    """What goes with a target, and the text without it."""
    beside: Beside = {}
    if hit := BASELINE.search(read):
        beside["baseline_value"] = _number(hit["number"] or hit["other"])
        if year := hit["year"] or hit["since"]:
            beside["baseline_year"] = int(year)
        read = _without(read, hit)
    if hit := DEADLINE.search(read):
        beside["target_on"] = date(int(hit["year"]), 12, 31)  # a year alone ends on 31 December
        read = _without(read, hit)
    if hit := SCALE.search(read):
        beside["unit"] = f"sur {hit['top']}"
        read = _without(read, hit)
    return beside, read


def _only(rest: str, *, is_words: bool) -> Found | None:
    """The one number that is a target; None when there is none, or another number beside it."""
    found = _changes(rest) + _signs(rest, is_words=is_words) + _added(rest)
    if half := HALF.search(rest):
        sign = {"plus": ">", "moins": "<"}.get((half["word"] or "").lower(), "≥")
        found.append(Found(half.start(), half.end(), sign, Decimal(50), is_percent=True))
    if not found and (hit := CADENCE.match(rest)):
        cadence = Found(hit.start(), hit.end(), "≥", _number(hit["number"]), _per(hit), hit["noun"] or "")
        found = [replace(cadence, is_cadence=not is_words or cadence.noun.lower() in COMMITTEES)]
    if not found and is_words and (hit := ALONE.match(rest)):
        found = [_plain(hit, "≥")]
    if len(found) != 1 or re.search(r"[0-9]", rest[: found[0].start] + rest[found[0].end :]):
        return None
    return found[0]


def _changes(rest: str) -> list[Found]:
    """« +10 % », « Réduction de 10 % »; so much a year cannot be resolved on one baseline."""
    signed = [(hit, hit["sign"] == "+", hit["per"]) for hit in CHANGE.finditer(rest)]
    told = [(hit, bool(hit["more"]), None) for hit in MOVE.finditer(rest)] if not signed else []
    return [
        Found(
            hit.start(),
            hit.end(),
            "≥" if rises else "≤",
            _number(hit["number"]) * (1 if rises else -1),
            per="refused" if per else "",
            is_percent=True,
            is_change=True,
        )
        for hit, rises, per in signed + told
    ]


def _signs(rest: str, *, is_words: bool) -> list[Found]:
    """« > 24/an », « plus de 24 par an ». In a label, words alone may only describe (« communes de plus de 2000
    habitants »): there they need their rhythm, or brackets.
    """
    found = [_plain(hit, COMPARATORS[hit["sign"]]) for hit in SIGN.finditer(rest)]
    for hit in SAID.finditer(rest):
        sign = next(sign for sign, words in SPOKEN.items() if re.fullmatch(words, hit["said"], re.IGNORECASE))
        bracketed = rest[: hit.start()].endswith("(")
        if is_words or hit["per"] or bracketed:
            found.append(_plain(hit, sign))
    return found


def _added(rest: str) -> list[Found]:
    """« +16 places »: so many more over the convention."""
    return [replace(_plain(hit, "≥"), is_added=True) for hit in ADDED.finditer(rest)]


def _plain(hit: re.Match[str], sign: str) -> Found:
    noun = hit["noun"] or ""
    return Found(
        hit.start(), hit.end(), sign, _number(hit["number"]), _per(hit), noun, is_percent=bool(hit["percent"])
    )


def _kind_of_target(found: Found, kind: str, head: str, rest: str) -> str:
    """What is counted, knowing its target; nothing when the two do not go together."""
    moves = re.match(rf"(?:{MORE}|{LESS})\b", head, re.IGNORECASE)
    if found.is_change:
        # Of a rate, ten percent more may be ten points.
        return (
            "" if found.per or re.search(r"\btaux\b|\bpourcentage", rest + head, re.IGNORECASE) else "change"
        )
    if found.is_percent:
        return "" if moves else "rate"
    if kind in ("", "deliverable", "qualitative"):
        return "cadence" if found.is_cadence or head.lower() in COMMITTEES else "count"
    return kind


def _target(found: Found, kind: str, head: str, beside: Beside) -> dict[str, Any]:
    settings = _settings(kind, head, head)
    falls = found.sign in ("<", "≤") or settings["direction"] == "down"
    mode = "each_period" if found.per else "cumulative" if found.is_added else ""
    if found.is_change or "target_on" in beside:
        mode = "at_end"
    return {
        **settings,
        "kind": kind,
        "comparator": found.sign,
        "value": found.value,
        "per": found.per,
        "direction": "down" if falls else "up",
        "mode": mode,
        "frequency": found.per or "year",
        "unit": _unit(found),
        **beside,
    }


def _unit(found: Found) -> str:
    if found.is_percent or re.match(r"(?:des?|du|d'|la|les?|en|au|aux|dans)\b", found.noun, re.IGNORECASE):
        return ""
    return COMMITTEES.get(found.noun.lower(), found.noun)


def _apart(text: str, found: Found) -> tuple[str, str]:
    """A label, and the target at its end; one that is part of the sentence stays in it."""
    before, own, after = (
        text[: found.start].rstrip(),
        text[found.start : found.end].strip(),
        text[found.end :],
    )
    if before == "(" and after.strip() == ")":
        return text, own
    if before.endswith("(") and after.strip() == ")":
        return before[:-1].rstrip(), own
    if before and not after and own[0] in "<>=≤≥":
        return before.rstrip(" :,;"), own
    return text, text


def _without(read: str, hit: re.Match[str]) -> str:
    return read[: hit.start()] + " " * len(hit[0]) + read[hit.end() :]


def _number(text: str) -> Decimal:
    return Decimal(text.replace(" ", "").replace(",", "."))


def _per(hit: re.Match[str]) -> str:
    said = (hit["per"] or "").lower()
    if not said:
        return ""
    return "quarter" if "trim" in said else "month" if re.search("mois|mensuel", said) else "year"
