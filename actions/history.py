"""The history of a fiche in words: who changed what, from what to what, when and why."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import models
from django.utils import timezone
from django.utils.text import capfirst

from actions.models import (
    Basis,
    FicheAction,
    FicheEvaluation,
    FicheFramework,
    Measurement,
    ObjectiveAppreciation,
    ProgressNote,
)
from actions.models.followup import Appreciation
from actions.rules.periods import label
from ctg.accounts.models import User
from ctg.numbers import french_number
from ctg.richtext import to_words
from ctg.textdiff import Piece, word_diff

# What a reader would not recognise as a change.
SILENT = {
    "id",
    "uuid",
    "position",
    "updated_at",
    "entered_at",
    "created_at",
    "author",
    "is_fictitious",
    "status_changed",
    # What they point to may be confidential, or says who sent the row.
    "evidence",
    "photo",
    "via",
}
# The tables whose rows hang on a fiche: model → the name of its key to the fiche.
PARTS = (
    "Step",
    "Objective",
    "Indicator",
    "FicheTheme",
    "FicheCommune",
    "FicheQpv",
    "FichePilot",
    "FicheLead",
    "FichePartner",
    "FicheRelation",
    "FicheFramework",
    "BudgetLine",
)
# These may be drafts or proposals: only what the reader sees of them leaves a trace.
GUARDED = ("FicheEvaluation", "Highlight")
RICH = {
    "constat",
    "enjeux",
    "objectif",
    "description",
    "points_de_vigilance",
    "moyens",
    "resultats_attendus",
} | {
    "details",
    "done",
    "difficulties",
    "perspectives",
}
EMPTY = "(vide)"
SAME_WORDS = "(les mêmes mots, mis en forme autrement)"
# In words.
SHORT = 4
ADDED, REMOVED, CHANGED = "ajout", "suppression", "modification"


@dataclass
class Change:
    """One field, from what to what. `url`: where it may be restored, for whoever may."""

    label: str
    before: str
    after: str
    column: str = ""
    url: str = ""

    @property
    def pieces(self) -> list[Piece]:
        """What is gone and what is new, with a few words around."""
        if self.column in RICH and self.before == self.after:
            return [Piece("same", SAME_WORDS)]
        before, after = ("" if text == EMPTY else text for text in (self.before, self.after))
        if not after:
            return [Piece("gone", before), Piece("same", EMPTY)]
        if before and not is_long(before, after):
            return [Piece("gone", before), Piece("new", after)]
        return word_diff(before, after)


def is_long(*texts: str) -> bool:
    """Whether one is worth comparing word by word: a status or a date is read whole."""
    return any(len(text.split()) > SHORT for text in texts)


@dataclass
class Entry:
    """One event: an act of one person at one instant on one row."""

    at: datetime
    act: str
    what: str
    name: str
    who: str = ""
    basis: str = ""
    changes: list[Change] = field(default_factory=list)
    # Which event it is, for what was changed or removed: it may be restored.
    model: type[models.Model] | None = None
    event: int = 0
    url: str = ""


def events_of(fiche: FicheAction, user: User) -> Iterator[tuple[type[models.Model], list[Any]]]:
    """The events of the fiche and of what hangs on it, each model in the order of time: one query a table."""
    model = FicheAction
    event = apps.get_model("actions", "FicheActionEvent")
    yield (
        model,
        list(
            event._default_manager.filter(pgh_obj=fiche.pk).select_related("pgh_context").order_by("pgh_id")
        ),
    )
    for name in PARTS:
        event = apps.get_model("actions", f"{name}Event")
        rows = event._default_manager.filter(fiche=fiche.pk).select_related("pgh_context").order_by("pgh_id")
        yield apps.get_model("actions", name), list(rows)
    for name in GUARDED:
        table, event = apps.get_model("actions", name), apps.get_model("actions", f"{name}Event")
        seen = table._default_manager.visible_to(user).filter(fiche=fiche.pk).values("pk")
        rows = event._default_manager.filter(fiche=fiche.pk, pgh_obj__in=seen)
        shown = since_shown(rows.select_related("pgh_context").order_by("pgh_id"))
        yield table, shown
        if name == "FicheEvaluation":
            yield ObjectiveAppreciation, appreciations_of(shown)
    values = apps.get_model("actions", "MeasurementEvent")._default_manager
    rows = values.filter(indicator__in=fiche.indicators.values("pk"), status="accepted")
    yield (
        apps.get_model("actions", "Measurement"),
        list(rows.select_related("pgh_context").order_by("pgh_id")),
    )


def since_shown(events: Iterable[Any]) -> list[Any]:
    """The events of each row from the first in which it was shared or accepted: a draft leaves no trace."""
    shown: set[Any] = set()
    kept = []
    for event in events:
        if getattr(event, "shared_on", None) or getattr(event, "status", "") == "accepted":
            shown.add(event.pgh_obj_id)
        if event.pgh_obj_id in shown:
            kept.append(event)
    return kept


def appreciations_of(evaluations: Iterable[Any]) -> list[Any]:
    """What was said of each objective, from the sharing of its evaluation: what stood then comes to be known then."""
    shared: dict[Any, datetime] = {}
    for event in evaluations:
        shared.setdefault(event.pgh_obj_id, event.pgh_created_at)
    events = apps.get_model("actions", "ObjectiveAppreciationEvent")._default_manager
    rows = events.filter(evaluation__in=shared).select_related("pgh_context").order_by("pgh_id")
    drafts, later = {}, []
    for event in rows:
        if event.pgh_created_at >= shared[event.evaluation_id]:
            later.append(event)
        else:
            drafts[event.pgh_obj_id] = event
    standing = [event for event in drafts.values() if event.pgh_label != "delete"]
    for event in standing:
        event.pgh_created_at = shared[event.evaluation_id]
    return [*standing, *later]


def history(fiche: FicheAction, user: User) -> list[Entry]:
    """What happened to a fiche, as this user may know it, newest first, in a constant number of queries."""
    found: list[tuple[Entry, dict[str, Any]]] = []
    names = Names()
    for model, events in events_of(fiche, user):
        previous: dict[Any, Any] = {}
        for event in events:
            before = previous.get(event.pgh_obj_id)
            previous[event.pgh_obj_id] = event
            entry = entry_of(model, event, before, names)
            if entry is not None:
                found.append((entry, (event.pgh_context.metadata if event.pgh_context else {}) or {}))
    people = User.objects.in_bulk([meta["user"] for _, meta in found if meta.get("user")])
    bases = Basis.objects.in_bulk([meta["basis"] for _, meta in found if meta.get("basis")])
    for entry, meta in found:
        entry.who = str(people.get(meta.get("user", 0), ""))
        if basis := bases.get(meta.get("basis", 0)):
            entry.basis = f"{basis} – {basis.words}" if basis.words else str(basis)
    names.resolve()
    entries = [names.spell(entry) for entry, _ in found] + notes_of(fiche, user)
    entries.sort(key=lambda entry: entry.at)
    entries.reverse()  # not `reverse=True`: events of one instant are turned round too
    return entries


def notes_of(fiche: FicheAction, user: User) -> list[Entry]:
    """The notes that the user may read. They have no events: a confidential one must leave no trace."""
    notes = ProgressNote.objects.visible_to(user).filter(fiche=fiche).select_related("author")
    return [
        Entry(note.created_at, ADDED, "point d’étape", note.text[:120], who=str(note.author or ""))
        for note in notes
    ]


def last_editor(row: models.Model, fields: Iterable[str]) -> str:
    """Who changed these columns of a row last, and when; empty when the history of the row does not tell."""
    columns = {column.name for column in row._meta.concrete_fields}
    try:
        event = apps.get_model(row._meta.app_label, f"{type(row).__name__}Event")
    except LookupError:
        return ""
    if not set(fields) <= columns:
        return ""
    last = (
        event._default_manager.filter(pgh_obj=row.pk)
        .select_related("pgh_context")
        .order_by("-pgh_id")
        .first()
    )
    key = ((last.pgh_context.metadata if last and last.pgh_context else None) or {}).get("user")
    who = User.objects.filter(pk=key).first() if key else None
    return f"{who}, à {timezone.localtime(last.pgh_created_at):%H:%M}" if who else ""


def entry_of(model: type[models.Model], event: Any, before: Any, names: "Names") -> Entry | None:
    """An event in words, or None when no reader would see a change."""
    what = str(model._meta.verbose_name)
    name = row_name(model, event, names)
    entry = Entry(event.pgh_created_at, CHANGED, what, name, model=model, event=event.pgh_id)
    if event.pgh_label == "insert" or before is None:
        entry.act = ADDED
        return entry
    if event.pgh_label == "delete":
        entry.act = REMOVED
        return entry
    for column in model._meta.concrete_fields:
        if column.name in SILENT or column.attname not in event.__dict__:
            continue
        old, new = getattr(before, column.attname), getattr(event, column.attname)
        if old != new:
            label = capfirst(str(column.verbose_name))
            said = (names.say(column, old), names.say(column, new))
            entry.changes.append(Change(label, *said, column=column.name))
    return entry if entry.changes else None


def value_name(event: Any, names: "Names") -> str:
    indicator = names.say(Measurement._meta.get_field("indicator"), event.indicator_id)
    said = "" if event.value is None else f" : {french_number(event.value)}"
    return f"{indicator}, {label(event.period_start, event.period_end)}{said}"


def appreciation_name(event: Any, names: "Names") -> str:
    column = ObjectiveAppreciation._meta.get_field
    objective = names.say(column("objective"), event.objective_id)
    evaluation = names.say(column("evaluation"), event.evaluation_id)
    return f"{objective}, {evaluation} : {Appreciation(event.value).label}"


# How the rows are called that have no title, text nor label of their own.
NAMED: dict[type[models.Model], Callable[[Any, "Names"], str]] = {
    Measurement: value_name,
    FicheEvaluation: lambda event, _names: str(event.year),
    ObjectiveAppreciation: appreciation_name,
    FicheFramework: lambda event, _names: str(FicheFramework(kind=event.kind, words=event.words)),
}


def row_name(model: type[models.Model], event: Any, names: "Names") -> str:
    """What the row is called: its title, or what it points to."""
    if model in NAMED:
        return NAMED[model](event, names)
    for attribute in ("title", "text", "label"):
        if value := getattr(event, attribute, ""):
            return str(value)[:120]
    for column in model._meta.concrete_fields:
        if column.is_relation and column.name != "fiche" and getattr(event, column.attname, None) is not None:
            return names.say(column, getattr(event, column.attname))
    return ""


class Names:
    """Turns values into words; names of related rows are fetched together, one query a model."""

    MARK = "\x00"

    def __init__(self) -> None:
        self.wanted: dict[type[models.Model], set[Any]] = {}
        self.found: dict[str, str] = {}

    def say(self, column: Any, value: Any) -> str:
        if value is None or value == "":
            return EMPTY
        if column.is_relation:
            self.wanted.setdefault(column.related_model, set()).add(value)
            return f"{self.MARK}{column.related_model._meta.label}:{value}{self.MARK}"
        if column.choices:
            return str(dict(column.flatchoices).get(value, value))
        return say_value(column.name, value)

    def resolve(self) -> None:
        for model, keys in self.wanted.items():
            for row in model._default_manager.filter(pk__in=keys):
                self.found[f"{model._meta.label}:{row.pk}"] = str(row)

    def said(self, text: str) -> str:
        """A text of `say`, once the names are known."""
        parts = text.split(self.MARK)
        return "".join(self.found.get(part, "(supprimé)") if i % 2 else part for i, part in enumerate(parts))

    def spell(self, entry: Entry) -> Entry:
        entry.name = self.said(entry.name)
        entry.changes = [
            replace(c, before=self.said(c.before), after=self.said(c.after)) for c in entry.changes
        ]
        return entry


def say_value(name: str, value: Any) -> str:
    """A plain value in French."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%d/%m/%Y à %H h %M")
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    if isinstance(value, Decimal):
        return french_number(value.normalize())
    return to_words(value) if name in RICH else str(value)


def by_day(entries: Iterable[Entry]) -> list[tuple[date, list[Entry]]]:
    """Entries grouped by day, in their order."""
    days: list[tuple[date, list[Entry]]] = []
    for entry in entries:
        day = timezone.localtime(entry.at).date()
        if not days or days[-1][0] != day:
            days.append((day, []))
        days[-1][1].append(entry)
    return days
