"""The weather of an axe."""

from typing import Any

from django import forms
from django.utils import timezone

from ctg.dates import DATE
from ctg.merge import MergeForm
from governance.models import Weather


class WeatherForm(MergeForm):
    class Meta:
        model = Weather
        fields = ["level", "text", "date"]
        widgets = {"level": forms.RadioSelect, "text": forms.Textarea(attrs={"rows": 4}), "date": DATE}
        help_texts = {"text": "Deux ou trois phrases qu’un élu lit la veille du COPIL."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        level: Any = self.fields["level"]
        level.choices = Weather.Level.choices

    def clean_date(self) -> Any:
        day = self.cleaned_data["date"]
        if day > timezone.localdate():
            raise forms.ValidationError("Une météo dit où l’on en est : sa date n’est pas à venir.")
        return day
