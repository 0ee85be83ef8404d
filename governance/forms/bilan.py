"""What one fills in to steer."""

from typing import Any

from django import forms
from django.utils import timezone

from actions.figures import last_year_over
from actions.models import Convention
from governance.figures import years_begun


class BilanForm(forms.Form):
    """The year of a bilan: one of the convention that has begun."""

    year = forms.TypedChoiceField(
        label="Année",
        coerce=int,
        error_messages={
            "required": "Choisissez une année.",
            "invalid_choice": "Choisissez une année commencée de la convention.",
        },
    )

    def __init__(self, *args: Any, convention: Convention, **kwargs: Any) -> None:
        today = timezone.localdate()
        super().__init__(*args, **kwargs)
        self.initial = {"year": last_year_over(convention, today)}
        choices = [
            (year, f"{year} (en cours)" if year == today.year else str(year))
            for year in years_begun(convention, today)
        ]
        self.fields["year"].choices = choices  # type: ignore[attr-defined]

    @property
    def years(self) -> list[Any]:
        return list(self.fields["year"].choices)  # type: ignore[attr-defined]
