"""Days as people type them: with the browser's calendar, in a year of our time."""

from datetime import date

from django import forms
from django.core.exceptions import ValidationError

FIRST_YEAR, LAST_YEAR = 1990, 2100
DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def plausible(day: date) -> None:
    """A year of four digits typed wrong would break every sum over the periods of a convention."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValidationError(f"Écrivez une date entre {FIRST_YEAR} et {LAST_YEAR}.")


class DayField(forms.DateField):
    """A day in a plausible year. The fields of a `ctg.merge.MergeForm` need not be of this kind: it checks them all."""

    widget = DATE
    default_validators = [plausible]
