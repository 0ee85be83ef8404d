"""Rows that hang on a fiche."""

from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Q
from django.utils import timezone

from actions.querysets.conventions import ConventionPartQuerySet, M
from actions.querysets.dates import held_to_dates
from actions.querysets.expressions import truth

if TYPE_CHECKING:
    from actions.models import BudgetLine, Objective, Step


class FichePartQuerySet(ConventionPartQuerySet[M]):
    """Rows that hang on a fiche."""

    path = "fiche__convention"


class PartyQuerySet(FichePartQuerySet[Any]):
    pass


class ObjectiveQuerySet(FichePartQuerySet["Objective"]):
    pass


class StepQuerySet(FichePartQuerySet["Step"]):
    def public(self) -> Self:
        """What the page of a convention tells: what fiches under way still have to do by a date."""
        return self.open().filter(fiche__status="en_cours", due_on__isnull=False)

    def open(self) -> Self:
        return self.filter(state__in=["to_do", "doing"])

    def late(self, on: date | None = None) -> Self:
        """Open and past its date. The steps of a postponed fiche wait with it."""
        return self.filter(self._late(on))

    def with_late(self, on: date | None = None) -> Self:
        """`is_late` of each row."""
        return self.annotate(is_late=truth(self._late(on)))

    @staticmethod
    def _late(on: date | None) -> Q:
        on = on or timezone.localdate()
        past = Q(state__in=["to_do", "doing"], due_on__lt=on)
        return past & held_to_dates(on, "fiche__") & ~Q(fiche__status="reportee")


class BudgetLineQuerySet(FichePartQuerySet["BudgetLine"]):
    pass
