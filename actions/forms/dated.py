"""One day, or two, of the history of a plan."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from ctg.dates import DayField

TO_COME = "Cette date est à venir : l’historique s’arrête à aujourd’hui."


def past(day: date) -> None:
    if day > timezone.localdate():
        raise forms.ValidationError(TO_COME)


class DayForm(forms.Form):
    le = DayField(label="Le plan tel qu’il était le", validators=[past])


class BetweenForm(forms.Form):
    du = DayField(label="Du", validators=[past])
    au = DayField(label="Au", validators=[past])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        du, au = cleaned.get("du"), cleaned.get("au")
        if du and au and au <= du:
            self.add_error("au", "La seconde date doit suivre la première.")
        return cleaned
