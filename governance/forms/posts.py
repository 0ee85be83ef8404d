"""A poste de coopération: who employs it, what it covers, who holds it."""

from typing import Any

from django import forms

from actions.services.members import parties
from ctg.files.forms import StoredFileField
from ctg.forms import NumberField
from governance.forms.meetings import SteeringForm, people_of
from governance.models import CooperationPost
from territories.forms import person_name
from territories.models import Commune, Organisation, Theme

VACANT = CooperationPost.State.VACANT


class PostForm(SteeringForm):
    new_holder = forms.CharField(
        label="ou une autre personne",
        max_length=160,
        required=False,
        help_text="Elle n’a pas besoin de compte.",
    )
    upload = StoredFileField(label="Fiche de poste", required=False)
    without_file = forms.BooleanField(label="Retirer la fiche de poste", required=False)

    beside = ("new_holder", "upload", "without_file")

    class Meta:
        model = CooperationPost
        fields = [
            "title",
            "employer",
            "scope",
            "etp",
            "state",
            "cofunding",
            "holder",
            "themes",
            "communes",
            "missions",
            "trainings",
        ]
        widgets = {
            "themes": forms.CheckboxSelectMultiple,
            "communes": forms.CheckboxSelectMultiple,
            "missions": forms.Textarea(attrs={"rows": 4}),
            "trainings": forms.Textarea(attrs={"rows": 3}),
        }
        field_classes = {"etp": NumberField}
        help_texts = {
            "etp": "Vide tant qu’on ne le connaît pas : il n’entre alors dans aucun total.",
            "cofunding": "Par exemple : Caf, bonus territoire CTG.",
        }

    def narrow(self) -> None:
        self.offer("employer", Organisation.objects.visible_to(self.user).filter(parties(self.convention)))
        self.offer("holder", people_of(self.convention, self.user))
        self.offer("themes", Theme.objects.visible_to(self.user))
        self.offer("communes", Commune.objects.visible_to(self.user).filter(conventions=self.convention))
        if not self.instance.job_description_id:
            del self.fields["without_file"]

    def clean_new_holder(self) -> str:
        return person_name(self.cleaned_data["new_holder"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("holder") and cleaned.get("new_holder"):
            self.add_error("new_holder", "Choisissez dans la liste, ou écrivez un nom : pas les deux.")
        if cleaned.get("state") == VACANT and (cleaned.get("holder") or cleaned.get("new_holder")):
            self.add_error("state", "Un poste vacant n’a pas de titulaire.")
        return cleaned

    @property
    def given_beside(self) -> dict[str, Any]:
        """What is not a column of the row."""
        return {name: self.cleaned_data.get(name) for name in self.beside}
