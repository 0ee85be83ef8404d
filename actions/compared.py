"""What changed in a plan between two days, fiche by fiche and in words.

It compares two rebuilt plans: what was done and undone in between is no difference. Pure data, for a page, a
printed page or the papers of a COPIL.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.text import capfirst

from actions.dated import PastFiche, PastPlan, plans_on
from actions.figures import STATUS_KINDS, measurement_words, target_short
from actions.history import EMPTY, SILENT, Change, Names
from actions.listing import ACROSS, UNPLACED
from actions.models import Axe, Convention, FicheAction, Indicator, Measurement, Objective, Step
from actions.rules.periods import label
from actions.rules.words import plural

Status = FicheAction.Status
# Said as a whole: by the status, by the place.
TOGETHER = {"status", "axe", "orientation", "is_transversale", "convention"}
OF_STATUS = {"status_reason", "postponed_to", "is_postponed_without_date"}
TIE_LABELS = {
    "lead": "Porteur",
    "partner": "Partenaires",
    "pilot": "Pilotes",
    "theme": "Thématiques",
    "commune": "Communes",
    "qpv": "QPV",
    "other": "Fiches liées",
    "framework": "Autres cadres",
}
TARGET = ("target_words", "comparator", "target_value", "target_per", "target_mode", "target_on")
# What a reader wants to know first of what fiches became.
NEWS = (
    (Status.REALISEE, "réalisée", "réalisées"),
    (Status.BLOQUEE, "en difficulté", "en difficulté"),
    (Status.REPORTEE, "reportée", "reportées"),
    (Status.ABANDONNEE, "abandonnée", "abandonnées"),
)
ADDED, GONE, CHANGED = "added", "gone", "changed"


@dataclass(frozen=True)
class Values:
    """What came in for one indicator: « 2025 : 148 visites », « 2025 : 148 visites (au lieu de 140) »."""

    label: str
    said: Sequence[str]


@dataclass
class Difference:
    """What became of one fiche. `fiche`: as it is at the end, or as it was when it is gone."""

    kind: str
    past: PastFiche
    status_before: str = ""
    changes: list[Change] = field(default_factory=list)
    steps_done: list[str] = field(default_factory=list)
    values: list[Values] = field(default_factory=list)

    @property
    def fiche(self) -> FicheAction:
        return self.past.row

    def became(self, status: str) -> bool:
        return self.has_new_status and self.fiche.status == status

    @property
    def has_new_status(self) -> bool:
        return bool(self.status_before) and self.status_before != self.fiche.status

    @property
    def before(self) -> tuple[str, str]:
        """The status it had: kind and words of its chip."""
        former = Status(self.status_before)
        return STATUS_KINDS[former], str(former.label)

    def __bool__(self) -> bool:
        return bool(
            self.kind != CHANGED or self.has_new_status or self.changes or self.steps_done or self.values
        )


@dataclass(frozen=True)
class Part:
    """An axe, or what belongs to none, with what changed in it."""

    title: str
    differences: Sequence[Difference]


@dataclass(frozen=True)
class Compared:
    """A plan on two days."""

    before: PastPlan
    after: PastPlan
    levels: Sequence[Change]
    parts: Sequence[Part]

    @property
    def is_empty(self) -> bool:
        return not (self.levels or self.parts)

    @cached_property
    def differences(self) -> list[Difference]:
        return [one for part in self.parts for one in part.differences]

    @property
    def words(self) -> str:
        """« 2 fiches ajoutées, 1 réalisée, 5 étapes faites, 4 valeurs saisies »; empty when nothing of it."""
        all_of = self.differences
        counted = [
            (sum(one.kind == ADDED for one in all_of), "fiche ajoutée", "fiches ajoutées"),
            (sum(one.kind == GONE for one in all_of), "fiche supprimée", "fiches supprimées"),
            *(
                (sum(one.became(status) for one in all_of), f"fiche {said}", f"fiches {many}")
                for status, said, many in NEWS
            ),
            (sum(len(one.steps_done) for one in all_of), "étape faite", "étapes faites"),
            (
                sum(len(some.said) for one in all_of for some in one.values),
                "valeur d’indicateur",
                "valeurs d’indicateurs",
            ),
        ]
        said = [plural(number, one, many) for number, one, many in counted if number]
        return ", ".join(said) or plural(len(all_of), "fiche modifiée", "fiches modifiées")


def compare(convention: Convention, du: date, au: date) -> Compared:
    """The plan at the end of `du` beside the one at the end of `au`, in a constant number of queries."""
    before, after = plans_on(convention, du, au)
    return difference(before, after)


def difference(before: PastPlan, after: PastPlan) -> Compared:
    """What changed from one to the other."""
    names = Names()
    was, now = ({one.row.pk: one for one in plan.fiches} for plan in (before, after))
    found = [compared(was.get(one.row.pk), one, names) for one in after.fiches]
    found += [compared(one, None, names) for one in before.fiches if one.row.pk not in now]
    names.resolve()
    for one in found:
        one.changes = [
            replace(c, before=names.said(c.before), after=names.said(c.after)) for c in one.changes
        ]
    return Compared(before, after, levels_of(before.axes, after.axes), by_part([one for one in found if one]))


def compared(was: PastFiche | None, now: PastFiche | None, names: Names) -> Difference:
    past = now or was
    assert past is not None
    if was is None or now is None:
        return Difference(GONE if now is None else ADDED, past)
    changes = [*own_changes(was, now, names), *tie_changes(was, now), *objective_changes(was, now)]
    found = Difference(CHANGED, now, was.row.status, changes)
    compare_steps(was, now, found)
    compare_indicators(was, now, found)
    return found


# --- The fiche itself -----------------------------------------------------------------------------
def own_changes(was: PastFiche, now: PastFiche, names: Names) -> list[Change]:
    """Its columns, and its place in the plan. A new status is said with its reason and its date."""
    new_status = OF_STATUS if was.row.status != now.row.status else set()
    changes = column_changes(was.row, now.row, names, TOGETHER | new_status)
    if (places := (place_words(was.row), place_words(now.row)))[0] != places[1]:
        changes.append(Change("Place dans le plan", *places))
    return changes


def column_changes(was: Any, now: Any, names: Names, without: Iterable[str] = ()) -> list[Change]:
    left_out = SILENT | {*without}
    return [
        Change(
            capfirst(str(column.verbose_name)),
            names.say(column, getattr(was, column.attname)),
            names.say(column, getattr(now, column.attname)),
            column=column.name,
        )
        for column in now._meta.concrete_fields
        if column.name not in left_out
        and not column.generated
        and getattr(was, column.attname) != getattr(now, column.attname)
    ]


def place_words(fiche: FicheAction) -> str:
    if fiche.is_transversale:
        return ACROSS
    return " › ".join(str(level) for level in (fiche.axe, fiche.orientation) if level) or UNPLACED


def tie_changes(was: PastFiche, now: PastFiche) -> list[Change]:
    pairs = [(kind, was.ties.get(kind, []), now.ties.get(kind, [])) for kind in TIE_LABELS]
    return [
        Change(TIE_LABELS[kind], ", ".join(before) or EMPTY, ", ".join(after) or EMPTY)
        for kind, before, after in pairs
        if sorted(before) != sorted(after)
    ]


# --- What hangs on it -----------------------------------------------------------------------------
def pairs_of(was: Iterable[Any], now: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Each row before and after; None where it was not."""
    before, after = ({row.pk: row for row in rows} for rows in (was, now))
    kept = [(before.get(key), row) for key, row in after.items()]
    return kept + [(row, None) for key, row in before.items() if key not in after]


def text_change(name: str, was: str, now: str) -> Change:
    return Change(name, was or EMPTY, now or EMPTY)


def objective_changes(was: PastFiche, now: PastFiche) -> list[Change]:
    pairs: list[tuple[Objective | None, Objective | None]] = pairs_of(was.objectives, now.objectives)
    texts = [[one.text if one else "" for one in pair] for pair in pairs]
    return [text_change("Objectif", *pair) for pair in texts if pair[0] != pair[1]]


def compare_steps(was: PastFiche, now: PastFiche, found: Difference) -> None:
    """Those done on one side; on the other those that came, went, or changed."""
    for before, after in pairs_of(was.steps, now.steps):
        titles = [step.title if step else "" for step in (before, after)]
        if titles[0] != titles[1]:
            found.changes.append(text_change("Étape", *titles))
        if after and after.state == Step.State.DONE and (not before or before.state != after.state):
            found.steps_done.append(after.title)
        elif before and after and before.state != after.state:
            states = (before.get_state_display(), after.get_state_display())
            found.changes.append(Change(f"Étape « {after.title} »", *states))
        if before and after and due_words(before) != due_words(after):
            found.changes.append(
                Change(f"Échéance de « {after.title} »", due_words(before), due_words(after))
            )


def due_words(step: Step) -> str:
    return step.due_words or (f"{step.due_on:%d/%m/%Y}" if step.due_on else EMPTY)


def compare_indicators(was: PastFiche, now: PastFiche, found: Difference) -> None:
    for before, after in pairs_of(was.indicators, now.indicators):
        labels = [one.label if one else "" for one in (before, after)]
        if labels[0] != labels[1]:
            found.changes.append(text_change("Indicateur", *labels))
        if before and after and any(getattr(before, name) != getattr(after, name) for name in TARGET):
            found.changes.append(
                Change(f"Cible de « {after.label} »", target_words(before), target_words(after))
            )
        if after and (said := new_values(before, after)):
            found.values.append(Values(after.label, said))


def target_words(indicator: Indicator) -> str:
    return indicator.target_words or (target_short(indicator) if indicator.has_target else "") or EMPTY


def new_values(before: Indicator | None, after: Indicator) -> list[str]:
    known: dict[Any, Measurement] = {one.pk: one for one in before.measurements.all()} if before else {}
    said = []
    for value in after.measurements.all():
        words, former = measurement_words(after, value), known.get(value.pk)
        instead = measurement_words(before, former) if before and former else ""
        if words != instead:
            when = label(value.period_start, value.period_end)
            correction = f" (au lieu de {instead})" if instead else ""
            said.append(f"{when} : {words}{correction}")
    return said


# --- Levels ---------------------------------------------------------------------------------------
def levels_of(was: Sequence[Axe], now: Sequence[Axe]) -> list[Change]:
    """Axes and orientations that came, went, ended or changed their name."""
    changes = []
    for before, after in pairs_of(was, now):
        changes += level_change("Axe", "arrêté", before, after)
        inner = [level.orientations.all() if level else () for level in (before, after)]
        for one, other in pairs_of(*inner):
            changes += level_change("Orientation", "arrêtée", one, other)
    return changes


def level_change(name: str, ended: str, before: Any, after: Any) -> list[Change]:
    said = [f"{one}{f' ({ended})' if one.ended_on else ''}" if one else "" for one in (before, after)]
    return [text_change(name, *said)] if said[0] != said[1] else []


def by_part(found: Sequence[Difference]) -> list[Part]:
    """Axe by axe in the order of the plan, then across, then what is not yet placed."""
    parts: dict[tuple[int, int, str], list[Difference]] = {}
    for one in found:
        axe = one.fiche.axe
        if axe:
            place = (0, axe.position, str(axe))
        else:
            place = (1, 0, ACROSS) if one.fiche.is_transversale else (2, 0, UNPLACED)
        parts.setdefault(place, []).append(one)
    return [Part(place[-1], parts[place]) for place in sorted(parts)]
