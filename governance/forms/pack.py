"""What a pack is asked for with."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from ctg.dates import DayField


class PackForm(forms.Form):
    since = DayField(
        label="Dire ce qui a changé depuis le",
        required=False,
        help_text="Par défaut, la dernière réunion de la même instance.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_since(self) -> Any:
        since = self.cleaned_data["since"]
        if since and since > timezone.localdate():
            raise ValidationError("Donnez une date passée : le dossier dit ce qui a changé depuis.")
        return since
