"""A former value brought back by the form that would have typed it: its rules are those of any change."""

import copy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from actions.former import FICHE, Former
from actions.forms.basis import BESIDE
from actions.forms.fiche import SECTIONS, IdentityForm, StatusForm
from actions.forms.indicators import IndicatorForm
from actions.forms.parts import ObjectiveForm, StepForm
from actions.history import Names, is_long, say_value
from actions.listing import ACROSS, UNPLACED
from actions.models import FicheAction
from ctg.accounts.models import User
from ctg.merge import MergeForm
from ctg.richtext import to_words
from ctg.textdiff import Piece, word_diff

PLACE = ("axe", "orientation", "is_transversale")
# Columns that go back together.
TOGETHER = (
    ("status", "status_reason", "postponed_to", "is_postponed_without_date"),
    ("state", "done_on"),
    ("due_on", "due_words"),
    ("target_words", "comparator", "target_value", "target_per", "target_mode", "target_on"),
    ("fed_by", "fed_from"),
)
PART_FORMS: dict[str, type[MergeForm]] = {
    "etapes": StepForm,
    "objectifs": ObjectiveForm,
    "indicateurs": IndicatorForm,
}


@dataclass(frozen=True)
class Target:
    """What goes back at once: the form, its fields, and the columns they are kept in."""

    form: type[MergeForm]
    names: tuple[str, ...]
    columns: tuple[str, ...]


def target_of(kind: str, column: str) -> Target | None:
    """How a column of a kind of row is restored; None when no form changes it."""
    if kind == FICHE and column in PLACE:
        return Target(IdentityForm, ("place",), PLACE)
    names = next((group for group in TOGETHER if column in group), (column,))
    for form in forms_of(kind):
        if column in form.base_fields:
            return Target(form, names, names)
    return None


def forms_of(kind: str) -> list[type[MergeForm]]:
    if kind == FICHE:
        return [StatusForm, *(section.form for section in SECTIONS.values())]
    return [PART_FORMS[kind]] if kind in PART_FORMS else []


@dataclass(frozen=True)
class Line:
    """A field, as it is and as it was."""

    name: str
    label: str
    now: str
    then: str
    errors: list[str]

    @property
    def pieces(self) -> list[Piece]:
        """What going back changes, word by word, when that is more than one sees at a glance."""
        is_worth = self.now and self.then and is_long(self.now, self.then)
        return word_diff(self.now, self.then) if is_worth else []


@dataclass
class Restoring:
    """The restoring of a former value: `form` is sent the former value as if a person had typed it."""

    form: Any
    lines: list[Line]
    asked: bool

    @property
    def labels(self) -> str:
        return ", ".join(line.label for line in self.lines)

    @property
    def is_same(self) -> bool:
        return all(line.now == line.then for line in self.lines)

    @property
    def refusals(self) -> list[str]:
        """Why it cannot go back, but for its basis."""
        return [
            str(error) for name, errors in self.form.errors.items() if name not in BESIDE for error in errors
        ]


def restoring(
    former: Former, target: Target, data: QueryDict | None, *, fiche: FicheAction, user: User
) -> Restoring:
    """The form with the former value in it; `data`: what was sent, with the starting values and the basis.

    Merely shown, it has no fault for want of a basis.
    """
    options: dict[str, Any] = {"convention": fiche.convention, "user": user}
    if target.form is StatusForm:
        options["can_edit"] = True
    elif former.kind != FICHE:
        options["fiche"] = fiche
    blank: Any = target.form(instance=former.now, **options)
    names = [name for name in target.names if name in blank.fields]
    sent = blank.sending({name: blank.read(former.then, name) for name in names})
    sent["understood"] = "oui"  # an indicator's words were read once already
    sent["basis_date"] = f"{timezone.localdate():%Y-%m-%d}"
    for name in (*BESIDE, *(f"initial-{name}" for name in names)):
        if data is not None and name in data:
            sent.setlist(name, data.getlist(name))
    form: Any = target.form(sent, instance=copy.copy(former.now), **options)
    form.full_clean()
    asked = form.asks_basis and form.needs_basis()
    if data is None:
        for name in BESIDE:
            form.errors.pop(name, None)
    lines = [line_of(blank, form, name, former) for name in names]
    return Restoring(form, lines if len(lines) == 1 else [one for one in lines if one.now != one.then], asked)


def line_of(blank: Any, form: Any, name: str, former: Former) -> Line:
    now, then = (words(blank, name, row) for row in (former.now, former.then))
    return Line(name, str(blank[name].label), now, then, [str(error) for error in form.errors.get(name, [])])


def words(form: Any, name: str, row: Any) -> str:
    """What a row holds in a field, as a person reads it."""
    if name == "place":
        return place_words(row)
    stored = form.read(row, name)
    if stored is None or stored == "":
        return ""
    if isinstance(stored, bool | date | Decimal):
        return say_value(name, stored)
    if hasattr(form.fields[name], "as_typed"):  # a long text: its words, without marks
        return to_words(stored)
    return str(form.words(name, form.typed_form(form.fields[name], stored)))


def place_words(fiche: FicheAction) -> str:
    """Where a fiche stands; a level may be gone since."""
    if fiche.is_transversale:
        return ACROSS
    names = Names()
    columns = [fiche._meta.get_field(name) for name in ("axe", "orientation")]
    said = [names.say(one, key) for one in columns if (key := getattr(fiche, one.attname))]  # type: ignore[union-attr]
    names.resolve()
    return " › ".join(names.said(one) for one in said) or UNPLACED
