"""What a person's agenda subscribes to."""

from typing import Any

from django import forms

from actions.models import Convention
from ctg.accounts.models import User
from governance.models import CalendarFeed


class FeedForm(forms.ModelForm):
    class Meta:
        model = CalendarFeed
        fields = ["convention", "has_meetings", "has_fiches", "has_steps", "only_mine"]
        labels = {"only_mine": "Mes fiches seulement"}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["convention"]
        field.queryset = Convention.objects.visible_to(user).order_by("-period_start", "territory_name")
        field.empty_label = "Toutes mes conventions"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not any(cleaned.get(name) for name in ("has_meetings", "has_fiches", "has_steps")):
            self.add_error("has_meetings", "Cochez au moins ce que l’agenda doit montrer.")
        return cleaned
