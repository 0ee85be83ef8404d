"""What a person can usefully do on the plan now (ctg.todo): values missing, dates passed, nobody in charge…

One pass over the fiches that the person may report on, in a constant number of queries.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from actions.access import REPORT, Here
from actions.figures import contradictions_of, period_to_enter
from actions.models import FicheAction
from ctg.todo import Move

IN_PLACE = "a-faire"


@dataclass(frozen=True)
class Kind:
    """A kind of move. `effect`: how much it changes what others read; the same kinds stay together."""

    name: str
    effect: int
    label: str


LATE_STEP = Kind("etape", 90, "Étapes dépassées")
LATE_FICHE = Kind("date", 88, "Fiches en retard")
# A value is worth more when there is a target to reach.
AIMED_VALUE = Kind("valeur", 85, "Valeurs à saisir")
VALUE = Kind("valeur", 80, "Valeurs à saisir")
CONTRADICTION = Kind("statut", 70, "Statuts à vérifier")
SILENT = Kind("point", 60, "Fiches sans nouvelle")
EVALUATION = Kind("evaluation", 50, "Évaluations à écrire")
PILOT = Kind("pilote", 40, "Fiches sans pilote")
MODE = Kind("cible", 30, "Cibles à préciser")
NO_INDICATOR = Kind("indicateur", 20, "Fiches sans indicateur")


def of_plan(here: Here) -> list[Move]:
    """The moves of this user on the fiches of the convention."""
    convention = here.space
    if not convention.allows(REPORT):
        return []
    today = timezone.localdate()
    fiches = FicheAction.objects.visible_to(here.user).of(convention).for_moves(here.user)
    found: list[Move] = []
    for fiche in fiches:
        fiche.convention = convention
        found += _Fiche(fiche, today).moves()
    return found


class _Fiche:
    """The moves of one fiche, for somebody who may report on it, and maybe edit it."""

    def __init__(self, fiche: FicheAction, today: date) -> None:
        self.fiche, self.today = fiche, today
        self.ended = fiche.status in FicheAction.CLOSED

    def moves(self) -> Iterator[Move]:
        running = self.fiche.convention.is_running(self.today)
        if running and not self.ended:
            yield from self.dates()
        yield from self.values()
        yield from self.words()
        if self.fiche.can_edit and not self.ended:
            yield from self.gaps()

    def move(self, kind: Kind, title: str, why: str, *, act: str, url: tuple[Any, ...], **query: Any) -> Move:
        """`url`: the view of the form, and its arguments after those of the fiche."""
        fiche, (view, *args) = self.fiche, url
        row = args[-1] if args and isinstance(args[-1], UUID) else fiche.uuid
        key = f"{kind.name}-{row}"
        address = reverse(f"actions:{view}", args=[fiche.convention.slug, fiche.uuid, *args])
        return Move(
            key=key,
            effect=kind.effect,
            kind=kind.label,
            title=title,
            why=why,
            act=act,
            act_url=f"{address}?{urlencode(query | {IN_PLACE: key})}",
            where=str(fiche),
            where_url=fiche.get_absolute_url(),
        )

    def dates(self) -> Iterator[Move]:
        """What should have been done by now."""
        fiche = self.fiche
        late_steps = [step for step in fiche.steps.all() if step.is_late]
        for step in late_steps:
            said = f"L’échéance est passée ({step.due_on:%d/%m/%Y}) : la fiche paraît en retard."
            form = ("part_edit", "etapes", step.uuid)
            yield self.move(LATE_STEP, step.title, said, act="Mettre à jour", url=form)
        if fiche.is_late and not late_steps:
            day = fiche.postponed_to if fiche.status == FicheAction.Status.REPORTEE else fiche.ends_on
            said = f"Sa date est passée ({day:%d/%m/%Y}) : donnez son statut d’aujourd’hui."
            yield self.move(LATE_FICHE, str(fiche), said, act="Changer le statut", url=("fiche_status",))

    def values(self) -> Iterator[Move]:
        for indicator in self.fiche.indicators.all():
            period = None if indicator.fed_by else period_to_enter(indicator, self.today)
            if period is None:
                continue
            yield self.move(
                AIMED_VALUE if indicator.has_target else VALUE,
                indicator.label,
                f"Sans cette valeur ({period.label}), l’indicateur manque au tableau de bord et au bilan.",
                act=f"Saisir {period.label}",
                url=("value_add", indicator.uuid),
                du=f"{period.start:%Y-%m-%d}",
                au=f"{period.end:%Y-%m-%d}",
            )

    def words(self) -> Iterator[Move]:
        """What is to be told."""
        fiche, name = self.fiche, str(self.fiche)
        for said in contradictions_of(fiche):
            yield self.move(CONTRADICTION, name, said, act="Changer le statut", url=("fiche_status",))
        if fiche.is_silent:
            said = "Rien de nouveau depuis six mois : une phrase suffit à dire où elle en est."
            form = ("part_add", "points-d-etape")
            yield self.move(SILENT, name, said, act="Écrire un point d’étape", url=form)
        if year := self.year_to_evaluate():
            said = f"Le bilan {year} n’aura rien à dire de cette fiche."
            yield self.move(EVALUATION, name, said, act=f"Évaluer {year}", url=("evaluation_edit", year))

    def year_to_evaluate(self) -> int | None:
        """The last year that is over, if it was one of the convention and nothing was written of it."""
        convention, year = self.fiche.convention, self.today.year - 1
        if not convention.period_start.year <= year <= convention.period_end.year:
            return None
        written = {evaluation.year for evaluation in self.fiche.evaluations.all()}
        return year if self.fiche.is_engaged and year not in written else None

    def gaps(self) -> Iterator[Move]:
        """What was never said, for who may edit the fiche."""
        fiche, name = self.fiche, str(self.fiche)
        if not fiche.pilot_links.all():
            said = "Personne n’est nommé pour la conduire."
            yield self.move(PILOT, name, said, act="Nommer un pilote", url=("fiche_section", "pilotes"))
        indicators = list(fiche.indicators.all())
        for indicator in indicators:
            if indicator.target_value is not None and not indicator.target_mode:
                said = "Dites si la cible vaut chaque année, en cumul ou à la fin : sans cela elle n’est pas jugée."
                mode = ("part_edit", "indicateurs", indicator.uuid)
                yield self.move(MODE, indicator.label, said, act="Préciser", url=mode)
        if not indicators:
            said = "Rien ne dira si elle a porté ses fruits."
            form = ("part_add", "indicateurs")
            yield self.move(NO_INDICATOR, name, said, act="Ajouter un indicateur", url=form)
