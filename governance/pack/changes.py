"""What changed between two days, as an élu should hear it: what fiches became, what is done, what was counted.

A new wording, a new partner, a corrected date of a step are left to « Comparer deux dates » of the plan.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from actions.compared import ADDED, GONE, NEWS, Compared, Difference
from actions.figures import STATUS_KINDS
from actions.models import FicheAction
from actions.rules.words import plural
from ctg.numbers import NO_BREAK
from ctg.templatetags.ui import date_long, join_fr

# Of the fields of a fiche, those that matter to who decides.
COLUMNS = ("ends_on",)
AIMS = "Cible de "
# So many steps, and so many values of one indicator, are said; the others are counted.
STEPS, VALUES = 3, 2


@dataclass(frozen=True)
class Moved:
    """A fiche that moved. `was`: kind and words of the status it had, when it has a new one."""

    fiche: FicheAction
    was: tuple[str, str] | None
    lines: Sequence[str]

    @property
    def now(self) -> tuple[str, str]:
        return STATUS_KINDS[FicheAction.Status(self.fiche.status)], str(self.fiche.get_status_display())

    @property
    def status(self) -> str:
        """« passe de « à engager » à « en cours » », or nothing."""
        return (
            f"passe de «{NO_BREAK}{self.was[1]}{NO_BREAK}» à «{NO_BREAK}{self.now[1]}{NO_BREAK}»"
            if self.was
            else ""
        )


@dataclass(frozen=True)
class MovedPart:
    """An axe with its fiches that moved."""

    title: str
    moved: Sequence[Moved]


@dataclass(frozen=True)
class Changes:
    """What changed since a day. `compared` is empty when the history knows nothing of that time."""

    compared: Compared | None

    @cached_property
    def parts(self) -> list[MovedPart]:
        parts = self.compared.parts if self.compared else []
        told = [MovedPart(part.title, [one for one in map(moved, part.differences) if one]) for part in parts]
        return [part for part in told if part.moved]

    @cached_property
    def moved(self) -> list[Moved]:
        return [one for part in self.parts for one in part.moved]

    @property
    def words(self) -> str:
        """« 2 fiches ajoutées, 1 fiche réalisée et 4 valeurs d’indicateurs »; empty when nothing was counted."""
        all_of = self.compared.differences if self.compared and self.moved else []
        counted = [
            (sum(one.kind == ADDED for one in all_of), "fiche ajoutée", "fiches ajoutées"),
            (sum(one.kind == GONE for one in all_of), "fiche retirée", "fiches retirées"),
            *(
                (sum(one.became(status) for one in all_of), f"fiche {one_}", f"fiches {many}")
                for status, one_, many in NEWS
            ),
            (sum(len(one.steps_done) for one in all_of), "étape faite", "étapes faites"),
            (
                sum(len(v.said) for one in all_of for v in one.values),
                "valeur d’indicateur",
                "valeurs d’indicateurs",
            ),
        ]
        return join_fr(plural(*one) for one in counted if one[0])

    @property
    def others(self) -> str:
        """« 3 autres fiches ont été complétées ou corrigées », or nothing."""
        rest = len(self.compared.differences) - len(self.moved) if self.compared else 0
        if not rest:
            return ""
        also = "autre " if self.moved else ""
        many = f"{'autres ' if self.moved else ''}fiches ont été complétées ou corrigées"
        return plural(rest, f"{also}fiche a été complétée ou corrigée", many)


def moved(one: Difference) -> Moved | None:
    """What is told of a fiche, or None when it is of no news."""
    fiche = one.fiche
    was = one.before if one.has_new_status else None
    lines = []
    if one.kind == ADDED:
        lines.append("Ajoutée au plan")
    if one.kind == GONE:
        lines.append("Retirée du plan")
    if was and fiche.status_reason:
        lines.append(f"Motif{NO_BREAK}: {fiche.status_reason}")
    if was and fiche.postponed_to:
        lines.append(f"Reportée au {date_long(fiche.postponed_to)}")
    lines += [*steps_words(one.steps_done), *values_words(one), *field_words(one)]
    return Moved(fiche, was, lines) if was or lines else None


def steps_words(done: Sequence[str]) -> Iterable[str]:
    if not done:
        return
    head = "Étape faite" if len(done) == 1 else "Étapes faites"
    more = len(done) - STEPS
    rest = f"{NO_BREAK}; et {plural(more, 'autre')}" if more > 0 else ""
    yield f"{head}{NO_BREAK}: {f'{NO_BREAK}; '.join(done[:STEPS])}{rest}"


def values_words(one: Difference) -> Iterable[str]:
    for values in one.values:
        said = [value.replace(" : ", f"{NO_BREAK}: ") for value in values.said[-VALUES:]]
        more = len(values.said) - VALUES
        rest = f" (et {plural(more, 'valeur')} avant)" if more > 0 else ""
        yield f"{values.label} – {', '.join(said)}{rest}"


def field_words(one: Difference) -> Iterable[str]:
    for change in one.changes:
        if change.column in COLUMNS or change.label.startswith(AIMS):
            yield f"{change.label}{NO_BREAK}: {change.after} (avant{NO_BREAK}: {change.before})"
