"""The plan as it is stored now, read whole for the workbook, in a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from actions.importers.workbook.form import Form, SheetForm
from actions.importers.workbook.people import People
from actions.models import Axe, ClosedYear, Convention, FicheAction, Indicator, Measurement, Step
from ctg.accounts.models import User


@dataclass(frozen=True)
class Plan:
    """Rows of each sheet in the order of the plan; those that hang on another point to the same one."""

    convention: Convention
    form: Form
    fiches: Sequence[FicheAction]

    @cached_property
    def rows(self) -> dict[str, list[Any]]:
        """By the name of their sheet."""
        steps: list[Step] = [step for fiche in self.fiches for step in fiche.steps.all()]
        indicators: list[Indicator] = [one for fiche in self.fiches for one in fiche.indicators.all()]
        values: list[Measurement] = [value for one in indicators for value in one.measurements.all()]
        kinds: list[list[Any]] = [list(self.fiches), steps, indicators, values]
        return {sheet.name: rows for sheet, rows in zip(self.form.sheets, kinds, strict=True)}

    def by_uuid(self, sheet: SheetForm) -> dict[UUID, Any]:
        return {row.uuid: row for row in self.rows[sheet.name]}

    @cached_property
    def order(self) -> dict[int, int]:
        """The place of each fiche, by its key."""
        return {fiche.pk: place for place, fiche in enumerate(self.fiches)}

    def rows_like(self, row: Any) -> Sequence[Any]:
        """The stored rows among which a new one takes its place."""
        if isinstance(row, FicheAction):
            return self.fiches
        if row.fiche.pk not in self.order:  # its fiche is new too
            return []
        return list(row.fiche.steps.all() if isinstance(row, Step) else row.fiche.indicators.all())

    @cached_property
    def closed_years(self) -> frozenset[int]:
        years = ClosedYear.objects.of(self.convention).values_list("year", flat=True)
        return frozenset(years)


def read_plan(convention: Convention, user: User) -> Plan:
    axes = Axe.objects.visible_to(user).of(convention).prefetch_related("orientations")
    fiches = list(FicheAction.objects.visible_to(user).of(convention).for_export())
    for fiche in fiches:
        fiche.convention = convention
        for step in fiche.steps.all():
            step.fiche = fiche
        for indicator in fiche.indicators.all():
            indicator.fiche = fiche
            for value in indicator.measurements.all():
                value.indicator = indicator
    return Plan(convention, Form(People(convention, user), list(axes)), fiches)
