"""A line of the budget of a fiche."""

from typing import Any

from django import forms
from django.utils import timezone

from actions.forms.parts import PartForm, plausible_year
from actions.importers.workbook.cells import spelled
from actions.importers.workbook.people import People
from actions.models import BudgetLine
from ctg.forms import NumberField


class BudgetForm(PartForm):
    """The funder is typed: a known organisation becomes it, any other words stay as typed."""

    funder = forms.CharField(label="Financeur", max_length=200)
    side_by_side = (("year", "nature"), ("planned", "actual", "unit"))
    field_order = ["funder", "year", "nature", "planned", "actual", "unit", "note"]

    class Meta:
        model = BudgetLine
        fields = ["year", "nature", "planned", "actual", "unit", "note"]
        field_classes = {"planned": NumberField, "actual": NumberField}

    def __init__(self, *args: Any, instance: BudgetLine | None = None, **kwargs: Any) -> None:
        initial = {"year": timezone.localdate().year} if instance is None else {}
        if instance is not None:
            initial["funder"] = self.read(instance, "funder")
        super().__init__(
            *args, instance=instance, initial=initial | (kwargs.pop("initial", None) or {}), **kwargs
        )

    def narrow(self) -> None:
        self.known = People(self.convention, self.user).organisations
        self.fields["funder"].widget.attrs["list"] = "financeurs"
        self.suggestions = {"financeurs": sorted({one.name for one in self.known.values()})}

    def clean_year(self) -> int | None:
        return plausible_year(self.cleaned_data["year"])

    def clean_funder(self) -> str:
        return " ".join(self.cleaned_data["funder"].split())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not self.errors and cleaned.get("planned") is None and cleaned.get("actual") is None:
            self.add_error("planned", "Donnez le montant prévu, ou le montant réalisé.")
        return cleaned

    def _post_clean(self) -> None:
        # The rules of the table look at the two columns that the funder becomes.
        self.put_funder(self.instance, self.cleaned_data.get("funder", ""))
        super()._post_clean()  # type: ignore[misc]

    def read(self, row: Any, name: str) -> Any:
        if name != "funder":
            return super().read(row, name)
        return row.organisation.name if row.organisation else row.label

    def put_funder(self, row: BudgetLine, words: str) -> None:
        row.organisation = self.known.get(spelled(words))
        row.label = "" if row.organisation else words

    def write(self, row: Any, name: str, value: Any) -> str | None:
        if name != "funder":
            return super().write(row, name, value)
        self.put_funder(row, value)
        row.save(update_fields=["organisation", "label"])
        return None
