"""The form of the workbook: its sheets, their columns, and where each cell goes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from actions.importers.workbook.cells import (
    Fault,
    Field,
    choice_field,
    day_field,
    number_field,
    rich_field,
    spelled,
    text_field,
    words,
    year_field,
    yes_field,
)
from actions.importers.workbook.people import People
from actions.models import Axe, FicheAction, Indicator, Measurement, Orientation, Step
from ctg.sheets import Column, Kind, Raw, Value

# Changes when a workbook of before could no longer be read.
VERSION = 1
MACHINE, GUIDE = "_ctg", "Mode d’emploi"
TRANSVERSALE = "Fiche transversale"
REFERENCE = Column(
    "Réf.",
    Kind.KEY,
    width=6,
    fixed=True,
    help="Ce qui relie la ligne au plan. Ne la modifiez pas ; laissez-la vide pour une ligne que vous ajoutez.",
)


@dataclass(frozen=True)
class SheetForm:
    """A sheet: each row is a row of `model`. `title`: the field that names it; `required` for a row that is added."""

    name: str
    noun: str
    model: type[models.Model]
    fields: Sequence[Field]
    title: str
    required: Sequence[str]

    @property
    def columns(self) -> list[Column]:
        return [REFERENCE, *(field.column for field in self.fields)]

    def field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)

    def values(self, row: Any) -> dict[str, Value]:
        """What the cells of a stored row say."""
        return {field.name: field.say(row) for field in self.fields}


class Form:
    """The workbook of one convention, for one person: what its cells may hold depends on both."""

    def __init__(self, people: People, axes: Sequence[Axe]) -> None:
        self.people = people
        fiches = list(fiche_fields(people, axes))
        self.fiches = SheetForm("Fiches", "fiche", FicheAction, fiches, "title", ["title"])
        self.steps = SheetForm("Étapes", "étape", Step, step_fields(people), "title", ["fiche", "title"])
        self.indicators = SheetForm(
            "Indicateurs", "indicateur", Indicator, indicator_fields(), "label", ["fiche", "label"]
        )
        self.values = SheetForm(
            "Valeurs",
            "valeur",
            Measurement,
            value_fields(),
            "period_start",
            ["fiche", "indicator", "period_start", "period_end"],
        )

    @property
    def sheets(self) -> list[SheetForm]:
        """In the order in which they are loaded: what a row hangs on comes first."""
        return [self.fiches, self.steps, self.indicators, self.values]


def fiche_fields(people: People, axes: Sequence[Axe]) -> Iterator[Field]:
    yield text_field(FicheAction, "number", "N°", 8)
    yield text_field(FicheAction, "title", "Titre", 40, contract=True)
    yield axe_field(axes)
    yield orientation_field(axes)
    yield choice_field(FicheAction, "status", "Statut")
    yield text_field(FicheAction, "status_reason", "Motif", 28)
    yield day_field(FicheAction, "postponed_to", "Reportée au")
    yield yes_field(FicheAction, "is_postponed_without_date", "Report sans date")
    yield people.theme_field()
    yield text_field(FicheAction, "public_cible", width=24)
    for name in ("constat", "enjeux"):
        yield rich_field(FicheAction, name)
    yield rich_field(FicheAction, "objectif", contract=True)
    for name in ("description", "points_de_vigilance", "moyens"):
        yield rich_field(FicheAction, name)
    yield people.party_field("leads", "Porteurs")
    yield people.pilot_field()
    yield people.contact_field("elu_referent", "Élu référent")
    yield text_field(FicheAction, "echeancier", width=24)
    yield day_field(FicheAction, "starts_on", "Début")
    yield day_field(FicheAction, "ends_on", "Fin")
    yield yes_field(FicheAction, "is_permanent", "Action permanente")
    yield rich_field(FicheAction, "resultats_attendus")
    yield people.party_field("partners", "Partenaires")
    yield choice_field(FicheAction, "participation", width=20)
    yield text_field(FicheAction, "participation_words", "Comment les habitants participent", 28)


def step_fields(people: People) -> list[Field]:
    return [
        parent_field("fiche", "Fiche", lambda step: str(step.fiche)),
        text_field(Step, "number", "N° de l’étape", 9),
        text_field(Step, "title", "Étape", 44),
        rich_field(Step, "details"),
        choice_field(Step, "state", "État"),
        day_field(Step, "due_on", "Échéance"),
        text_field(Step, "due_words", "Échéance en toutes lettres", 20),
        day_field(Step, "done_on", "Faite le"),
        people.contact_field("responsible", "Responsable"),
    ]


def indicator_fields() -> list[Field]:
    """All but the rhythm of its entry changes what was agreed."""
    agreed = {"contract": True}
    return [
        parent_field("fiche", "Fiche", lambda indicator: str(indicator.fiche)),
        text_field(Indicator, "label", "Indicateur", 44, **agreed),
        choice_field(Indicator, "kind", "Nature", **agreed),
        text_field(Indicator, "unit", "Unité", 14, **agreed),
        choice_field(Indicator, "direction", "Sens attendu", **agreed),
        choice_field(Indicator, "aggregation", "D’une période à l’autre", 20, **agreed),
        choice_field(Indicator, "frequency", "Relevé"),
        number_field(Indicator, "baseline_value", "Valeur de référence", **agreed),
        year_field(Indicator, "baseline_year", "Année de référence", **agreed),
        text_field(Indicator, "target_words", "Cible, telle qu’écrite", 24, **agreed),
        choice_field(Indicator, "comparator", "Signe de la cible", **agreed),
        number_field(Indicator, "target_value", "Valeur visée", **agreed),
        choice_field(Indicator, "target_per", "Rythme", **agreed),
        choice_field(Indicator, "target_mode", "Jugée", 22, **agreed),
        day_field(Indicator, "target_on", "À atteindre pour le", **agreed),
    ]


def value_fields() -> list[Field]:
    return [
        parent_field("fiche", "Fiche", lambda value: str(value.indicator.fiche)),
        parent_field("indicator", "Indicateur", lambda value: value.indicator.label),
        day_field(Measurement, "period_start", "Du"),
        day_field(Measurement, "period_end", "Au"),
        choice_field(Measurement, "state", "État"),
        number_field(Measurement, "value", "Valeur"),
        number_field(Measurement, "numerator", "Numérateur"),
        number_field(Measurement, "denominator", "Dénominateur"),
        yes_field(Measurement, "done", "Fait"),
        text_field(Measurement, "text", "Constat", 40),
        text_field(Measurement, "note", "Remarque", 30),
    ]


def parent_field(name: str, label: str, say: Any) -> Field:
    """What the row hangs on, by its name. It does not change."""
    column = Column(
        label, width=30, fixed=True, help="Ne change pas. À écrire pour une ligne que vous ajoutez."
    )
    return Field(name, column, say, words, lambda said: said, parent=True)


# --- The place of a fiche -----------------------------------------------------------------------------
def axe_field(axes: Sequence[Axe]) -> Field:
    known: dict[str, Any] = {spelled(str(axe)): axe for axe in axes} | {spelled(TRANSVERSALE): TRANSVERSALE}
    offered = [*(str(axe) for axe in axes if axe.ended_on is None), TRANSVERSALE]

    def read(raw: Raw) -> Value:
        typed = words(raw)
        found = known.get(spelled(typed)) if typed else ""
        if found is None or (isinstance(found, Axe) and found.ended_on):
            why = "Cet axe est arrêté." if found else f"Axe inconnu : « {typed[:80]} »."
            raise Fault(f"{why} Choisissez : {', '.join(offered)}.")
        return str(found)

    def say(fiche: FicheAction) -> Value:
        return TRANSVERSALE if fiche.is_transversale else str(fiche.axe or "")

    column = Column("Axe", width=30, choices=offered)
    return Field("axe", column, say, read, lambda said: known.get(spelled(str(said or ""))), contract=True)


def orientation_field(axes: Sequence[Axe]) -> Field:
    """Two axes may have orientations of the same name: the axe of the row says which."""
    found: dict[str, list[Orientation]] = {}
    for axe in axes:
        for orientation in axe.orientations.all():
            found.setdefault(spelled(str(orientation)), []).append(orientation)
    offered = [str(one[0]) for one in found.values() if one[0].ended_on is None]

    def read(raw: Raw) -> Value:
        typed = words(raw)
        if not typed:
            return ""
        if spelled(typed) not in found:
            raise Fault(
                f"Orientation inconnue : « {typed[:80]} ». Choisissez : {', '.join(offered) or 'aucune'}."
            )
        return str(found[spelled(typed)][0])

    return Field(
        "orientation",
        Column("Orientation", width=30, choices=offered),
        lambda fiche: str(fiche.orientation or ""),
        read,
        lambda said: found.get(spelled(str(said or "")), []),
        contract=True,
    )
