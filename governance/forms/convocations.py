"""Convening, and what those who are convened answer."""

from typing import Any

from django import forms
from django.utils import timezone

from ctg.dates import DATE
from governance.models import Attendance, Meeting

Answer = Attendance.Answer
SAID = {
    Answer.PRESENT: "Je serai présent",
    Answer.EXCUSED: "Je ne pourrai pas venir",
    Answer.REPRESENTED: "Je serai représenté",
}


class ConveneForm(forms.Form):
    message = forms.CharField(
        label="Mot d’accompagnement",
        max_length=2000,
        required=False,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Facultatif. La date, le lieu et l’ordre du jour y sont déjà.",
    )
    remind_on = forms.DateField(
        label="Relance automatique le",
        required=False,
        widget=DATE,
        help_text="À qui n’aura pas répondu. Vide : pas de relance.",
    )
    # Of the list that is shown: services.convocations.fingerprint.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, meeting: Meeting, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.meeting = meeting

    def clean_message(self) -> str:
        return str(self.cleaned_data["message"]).replace("\r\n", "\n")

    def clean_remind_on(self) -> Any:
        day = self.cleaned_data["remind_on"]
        if day and day <= timezone.localdate():
            raise forms.ValidationError("Choisissez un jour à venir.")
        if day and self.meeting.date and day >= self.meeting.date:
            raise forms.ValidationError("Choisissez un jour avant la réunion.")
        return day


class AnswerForm(forms.Form):
    """What somebody answers by their link. Whether the answer may be given is for `services.session.answer`."""

    answer = forms.ChoiceField(
        label="Viendrez-vous ?",
        choices=list(SAID.items()),
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez une réponse."},
    )
    represented_by = forms.CharField(label="Par qui", max_length=160, required=False)
    words = forms.CharField(
        label="Un mot pour la coordination",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ToldAnswerForm(AnswerForm):
    """The same, told to the coordination by telephone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["answer"].label = "Réponse"
        fields["answer"].choices = [*Answer.choices[1:], Answer.choices[0]]
        fields["answer"].required = False
        fields["represented_by"].label = "Représenté par"
        fields["words"].label = "Ce qui a été dit"
