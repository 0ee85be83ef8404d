"""Indicators and their values."""

from typing import TYPE_CHECKING, Self

from django.db.models import Prefetch, Q

from actions.feeds import load_counts
from actions.querysets.conventions import ConventionPartQuerySet
from actions.querysets.expressions import rows
from actions.querysets.parts import FichePartQuerySet
from territories.standing import organisations

if TYPE_CHECKING:
    from actions.models import Indicator, Measurement
    from ctg.accounts.models import User


class IndicatorQuerySet(FichePartQuerySet["Indicator"]):
    """With `with_values`, its rows come with what their sources count (actions.feeds)."""

    _with_counts = False
    _counted_until: int | None = None

    def with_values(self, until: int | None = None, shown_to: "User | None" = None) -> Self:
        """Accepted values only: what is proposed is not counted, shown to others nor printed. `until`: a year.

        `shown_to` adds what this user may see of the others; the rules leave them out.
        """
        values = rows("Measurement")
        values = values.shown_to(shown_to) if shown_to else values.accepted()  # type: ignore[attr-defined]
        if until is not None:
            values = values.filter(period_end__year__lte=until)
        found = self.select_related("fiche__convention").prefetch_related(Prefetch("measurements", values))
        found._with_counts, found._counted_until = True, until
        return found

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone._with_counts, clone._counted_until = self._with_counts, self._counted_until
        return clone

    def _fetch_all(self) -> None:
        is_new = self._result_cache is None
        super()._fetch_all()  # type: ignore[misc]
        if is_new and self._with_counts:
            load_counts(self._result_cache or (), self._counted_until)


class MeasurementQuerySet(ConventionPartQuerySet["Measurement"]):
    path = "indicator__fiche__convention"

    def accepted(self) -> Self:
        return self.filter(status="accepted")

    def shown_to(self, user: "User") -> Self:
        """Accepted ones, one's own proposals, and all of them for the coordination; of rows already seen."""
        coordination = Q(**{f"{self.path}__carrier__in": organisations(user, "coordinator")})
        return self.filter(Q(status="accepted") | Q(author=user) | coordination)
