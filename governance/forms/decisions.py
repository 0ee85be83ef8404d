"""A decision, the fiches that it is about, and where it stands afterwards."""

from typing import Any

from django import forms
from django.utils import timezone

from actions.models import FicheAction
from ctg.dates import DATE
from governance.forms.meetings import SteeringForm, people_of
from governance.models import AgendaItem, AgendaOption, Decision, DecisionFiche

Status = FicheAction.Status


class DecisionForm(SteeringForm):
    side_by_side = (("kind", "item"), ("responsible", "due_on"))

    class Meta:
        model = Decision
        fields = ["text", "item", "option", "kind", "responsible", "due_on"]
        widgets = {"text": forms.Textarea(attrs={"rows": 3}), "due_on": DATE}

    def narrow(self) -> None:
        items = AgendaItem.objects.visible_to(self.user).filter(meeting=self.instance.meeting)
        options = AgendaOption.objects.visible_to(self.user).filter(item__meeting=self.instance.meeting)
        self.offer("item", items)
        self.offer("option", options)
        self.offer("responsible", people_of(self.convention, self.user))
        if not options:
            del self.fields["option"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        option, item = cleaned.get("option"), cleaned.get("item")
        if option and item and option.item_id != item.pk:
            self.add_error("option", "Cette option est celle d’un autre point.")
        return cleaned


class EffectForm(SteeringForm):
    """What a decision makes of a fiche once the meeting is closed."""

    class Meta:
        model = DecisionFiche
        fields = ["fiche", "status", "reason", "new_date"]
        widgets = {"new_date": DATE}
        help_texts = {
            "status": "Il change quand la réunion est close.",
            "new_date": "D’une fiche reportée : sa reprise. Sinon : sa fin.",
        }

    def narrow(self) -> None:
        fiches = FicheAction.objects.visible_to(self.user).of(self.convention)
        self.offer("fiche", fiches.editable_by(self.user))
        fields: dict[str, Any] = self.fields
        fields["status"].choices = [("", "Inchangé"), *Status.choices]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("status") in FicheAction.NEED_REASON and not cleaned.get("reason"):
            self.add_error("reason", "Ce statut demande un motif.")
        return cleaned


class FollowForm(forms.Form):
    """Where a decision stands today."""

    state = forms.ChoiceField(label="Suite", choices=Decision.State.choices, widget=forms.RadioSelect)
    words = forms.CharField(label="Où elle en est", max_length=500, required=False)

    def __init__(self, *args: Any, decision: Decision, **kwargs: Any) -> None:
        kwargs["initial"] = {"state": decision.state, "words": decision.state_words}
        super().__init__(*args, **kwargs)


class DecisionFilter(forms.Form):
    """Filters of the decisions of a convention, kept in the URL."""

    FOLLOWED, LATE = "suivies", "en-retard"

    state = forms.ChoiceField(
        label="Suite",
        required=False,
        choices=[("", "Toutes"), (FOLLOWED, "À suivre"), (LATE, "En retard"), *Decision.State.choices],
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def narrow(self, decisions: Any) -> Any:
        state = self.cleaned_data.get("state") if self.is_valid() else ""
        if state == self.FOLLOWED:
            return decisions.followed()
        if state == self.LATE:
            return decisions.followed().filter(due_on__lt=timezone.localdate())
        return decisions.filter(state=state) if state else decisions
