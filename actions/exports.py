"""The plan as a workbook to read: what the page shows, with its steps, its indicators and values, its budget.

It is given to people who may read less than whoever asks: only accepted values go in, and no note of the
follow-up. What can be changed and brought back is another workbook (actions.importers.workbook).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import chain
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone

from actions.figures import Aim, aim_of, last_year_over
from actions.lines import stated
from actions.models import BudgetLine, Convention, FicheAction, Measurement
from ctg.accounts.models import User
from ctg.sheets import Column, Kind, Sheet, Value, Workbook, to_csv, to_ods, to_xlsx


def read_plan(convention: Convention, user: User, keys: Sequence[int]) -> list[FicheAction]:
    """Those of these fiches that the user sees, in this order, in a constant number of queries."""
    place = {key: number for number, key in enumerate(keys)}
    seen = FicheAction.objects.visible_to(user).of(convention).filter(pk__in=place).for_export()
    budget = Prefetch("budget_lines", BudgetLine.objects.select_related("organisation"))
    fiches = sorted(seen.prefetch_related(budget), key=lambda fiche: place[fiche.pk])
    for fiche in fiches:
        fiche.convention = convention
        for step in fiche.steps.all():
            step.fiche = fiche
        for line in fiche.budget_lines.all():
            line.fiche = fiche
        for indicator in fiche.indicators.all():
            indicator.fiche = fiche  # the rules read its convention
            for value in indicator.measurements.all():
                value.indicator = indicator
    return fiches


def export_title(convention: Convention) -> str:
    return f"Plan d’actions – {convention.territory_name} {convention.years}"


def export_name(convention: Convention, kind: str) -> str:
    return f"{export_title(convention)} – {timezone.localdate():%Y-%m-%d}.{kind}"


def export_plan(kind: str, convention: Convention, fiches: Sequence[FicheAction]) -> bytes:
    """The bytes of the file, in one of `ctg.sheets.MEDIA_TYPES`. A CSV holds the fiches alone."""
    workbook = plan_workbook(convention, fiches, timezone.localdate())
    if kind == "csv":
        return to_csv(workbook.sheets[0])
    return to_ods(workbook) if kind == "ods" else to_xlsx(workbook)


def plan_workbook(convention: Convention, fiches: Sequence[FicheAction], today: date) -> Workbook:
    steps = chain.from_iterable(fiche.steps.all() for fiche in fiches)
    indicators = [indicator for fiche in fiches for indicator in fiche.indicators.all()]
    year = last_year_over(convention, today)
    values = chain.from_iterable(stated(indicator) for indicator in indicators)
    budget = chain.from_iterable(fiche.budget_lines.all() for fiche in fiches)
    return Workbook(
        f"{export_title(convention)} – édité le {today:%d/%m/%Y}",
        [
            sheet("Fiches", FICHES, fiches),
            sheet("Étapes", STEPS, steps),
            sheet("Indicateurs", INDICATORS, (aim_of(one, year, today) for one in indicators)),
            sheet("Valeurs", VALUES, values),
            sheet("Budget", BUDGET, budget),
        ],
    )


# --- What a column says of a row --------------------------------------------------------------------
Said = tuple[Column, Callable[[Any], Value]]


def sheet(name: str, said: Sequence[Said], rows: Iterable[Any]) -> Sheet:
    cells = ([say(row) for _, say in said] for row in rows)
    return Sheet(
        name, [column for column, _ in said], cells, named=2
    )  # the number and the title of the fiche


def yes(value: bool | None) -> str:
    return "oui" if value else ""


def joined(items: Iterable[Any]) -> str:
    return ", ".join(str(item) for item in items)


def lead_of(fiche: FicheAction) -> str:
    return joined(fiche.leads.all())


def axe_of(fiche: FicheAction) -> str:
    return "Fiche transversale" if fiche.is_transversale else str(fiche.axe or "")


def postponed(fiche: FicheAction) -> Value:
    return "sans date" if fiche.is_postponed_without_date else fiche.postponed_to


def result_of(aim: Aim) -> str:
    return str(aim.attainment.result.label)


def done_words(value: Measurement) -> str:
    return {True: "oui", False: "non", None: ""}[value.done]


NUMBER, TITLE = Column("N°", width=8), Column("Fiche", width=40)

FICHES: list[Said] = [
    (NUMBER, lambda fiche: fiche.number),
    (TITLE, lambda fiche: fiche.title),
    (Column("Axe", width=30), axe_of),
    (Column("Orientation", width=30), lambda fiche: str(fiche.orientation or "")),
    (Column("Statut"), lambda fiche: fiche.get_status_display()),
    (Column("Motif", width=30), lambda fiche: fiche.status_reason),
    (Column("Reportée au", Kind.DATE, 12), postponed),
    (Column("Thématiques", width=24), lambda fiche: joined(fiche.themes.all())),
    (Column("Porteurs", width=28), lead_of),
    (Column("Pilotes", width=24), lambda fiche: joined(link.contact for link in fiche.pilot_links.all())),
    (Column("Partenaires", width=34), lambda fiche: joined(fiche.partners.all())),
    (Column("Public cible", width=24), lambda fiche: fiche.public_cible),
    (Column("Début", Kind.DATE, 12), lambda fiche: fiche.starts_on),
    (Column("Fin", Kind.DATE, 12), lambda fiche: fiche.ends_on),
    (Column("Échéancier", width=24), lambda fiche: fiche.echeancier),
    (Column("Action permanente", width=12), lambda fiche: yes(fiche.is_permanent)),
    (Column("Étapes faites", Kind.NUMBER, 9), lambda fiche: fiche.steps_done),
    (Column("Étapes", Kind.NUMBER, 9), lambda fiche: fiche.step_count),
    (Column("En retard", width=9), lambda fiche: yes(fiche.is_late)),
    (Column("Sans nouvelle", width=10), lambda fiche: yes(fiche.is_silent)),
    (Column("Prochaine échéance", Kind.DATE, 12), lambda fiche: fiche.next_due_on),
    (Column("Indicateurs", Kind.NUMBER, 11), lambda fiche: fiche.indicator_count),
    (Column("Mise à jour", Kind.DATE, 12), lambda fiche: timezone.localtime(fiche.updated_at).date()),
]

STEPS: list[Said] = [
    (NUMBER, lambda step: step.fiche.number),
    (TITLE, lambda step: step.fiche.title),
    (Column("N° de l’étape", width=9), lambda step: step.number),
    (Column("Étape", width=50), lambda step: step.title),
    (Column("État", width=12), lambda step: step.get_state_display()),
    (Column("Échéance", Kind.DATE, 12), lambda step: step.due_on),
    (Column("Échéance en toutes lettres", width=20), lambda step: step.due_words),
    (Column("Faite le", Kind.DATE, 12), lambda step: step.done_on),
    (Column("Responsable", width=24), lambda step: str(step.responsible or "")),
    (Column("En retard", width=9), lambda step: yes(step.is_late)),
]

INDICATORS: list[Said] = [
    (NUMBER, lambda aim: aim.indicator.fiche.number),
    (TITLE, lambda aim: aim.indicator.fiche.title),
    (Column("Indicateur", width=44), lambda aim: aim.indicator.label),
    (Column("Nature"), lambda aim: aim.indicator.get_kind_display()),
    (Column("Unité"), lambda aim: aim.indicator.unit),
    (Column("Cible, telle qu’écrite", width=24), lambda aim: aim.indicator.target_words),
    (Column("Cible"), lambda aim: aim.target),
    (Column("Jugée", width=20), lambda aim: aim.indicator.get_target_mode_display()),
    (Column("Valeur de référence", Kind.NUMBER, 12), lambda aim: aim.indicator.baseline_value),
    (Column("Année de référence", Kind.NUMBER, 12), lambda aim: aim.indicator.baseline_year),
    (Column("Dernière valeur"), lambda aim: aim.latest.value),
    (Column("Période", width=22), lambda aim: aim.latest.when),
    (Column("Où l’on en est", width=24), result_of),
    (Column("Précision", width=34), lambda aim: aim.basis),
]

VALUES: list[Said] = [
    (NUMBER, lambda value: value.indicator.fiche.number),
    (TITLE, lambda value: value.indicator.fiche.title),
    (Column("Indicateur", width=44), lambda value: value.indicator.label),
    (Column("Du", Kind.DATE, 12), lambda value: value.period_start),
    (Column("Au", Kind.DATE, 12), lambda value: value.period_end),
    (Column("État"), lambda value: value.get_state_display()),
    (Column("Valeur", Kind.NUMBER, 12), lambda value: value.value),
    (Column("Numérateur", Kind.NUMBER, 12), lambda value: value.numerator),
    (Column("Dénominateur", Kind.NUMBER, 12), lambda value: value.denominator),
    (Column("Fait", width=8), done_words),
    (Column("Constat", width=40), lambda value: value.text),
    (Column("Remarque", width=30), lambda value: value.note),
    (Column("Donnée fictive", width=10), lambda value: yes(value.is_fictitious)),
]

BUDGET: list[Said] = [
    (NUMBER, lambda line: line.fiche.number),
    (TITLE, lambda line: line.fiche.title),
    (Column("Année", Kind.NUMBER, 9), lambda line: line.year),
    (Column("Financeur", width=34), lambda line: line.funder),
    (Column("Nature", width=16), lambda line: line.get_nature_display()),
    (Column("Prévu", Kind.NUMBER, 14), lambda line: line.planned),
    (Column("Réalisé", Kind.NUMBER, 14), lambda line: line.actual),
    (Column("Unité", width=8), lambda line: line.get_unit_display()),
    (Column("Remarque", width=30), lambda line: line.note),
    (Column("Donnée fictive", width=10), lambda line: yes(line.is_fictitious)),
]
