"""What hangs on a fiche: objectives, steps, indicators, values, notes, highlights, evaluations."""

import re
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from actions.forms.basis import BasisFields
from actions.forms.fiche import contacts_of
from actions.models import (
    Convention,
    FicheAction,
    FicheEvaluation,
    Objective,
    ObjectiveAppreciation,
    ProgressNote,
    Step,
)
from actions.models.followup import Appreciation
from actions.rules.faults import due_faults, told_too_early
from actions.services.plan import set_status
from ctg.accounts.models import User
from ctg.dates import DATE, FIRST_YEAR, LAST_YEAR
from ctg.merge import MergeForm

YEAR = re.compile(r"(?:19|20)[0-9]{2}")


def plausible_year(year: int | None) -> int | None:
    """Raises ValidationError for a year typed wrong."""
    if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
        raise forms.ValidationError("Écrivez une année à quatre chiffres.")
    return year


def told_on(form: forms.BaseForm, convention: Convention) -> date:
    """The `date` of a note, when it was typed. Raises ValidationError for one to come or from another time."""
    day: date = form.cleaned_data["date"]
    if "date" in form.changed_data:
        if day > timezone.localdate():
            raise forms.ValidationError(
                "Un point d’étape raconte ce qui a eu lieu : sa date n’est pas à venir."
            )
        if why := told_too_early(day.year, convention.period_start):
            raise forms.ValidationError(why)
    return day


class PartForm(BasisFields, MergeForm):
    """A row that hangs on a fiche. `contract_fields = ()`: follow-up, which never asks for a basis."""

    contract_fields: tuple[str, ...] = ()

    class Meta:
        model: Any = Step
        fields: list[str] = []

    def __init__(
        self, *args: Any, convention: Convention, fiche: FicheAction, user: User, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.convention, self.fiche, self.user = convention, fiche, user
        if self.instance.pk is None:
            self.attach()
        self.narrow()
        if self.contract_fields != ():
            self.ask_basis(user)

    def attach(self) -> None:
        """Tie a new row to its fiche."""
        self.instance.fiche = self.fiche

    def narrow(self) -> None:
        """Limit the choices to what belongs to the fiche."""

    def needs_basis(self) -> bool:
        adding = self.instance.pk is None
        return self.asks_basis and (adding or super().needs_basis())


class ObjectiveForm(PartForm):
    contract_fields = ("text",)

    class Meta:
        model = Objective
        fields = ["text", "details"]
        widgets = {"text": forms.Textarea(attrs={"rows": 2})}


class StepDateForm(PartForm):
    """Where a step stands now, and nothing else."""

    side_by_side: tuple[tuple[str, ...], ...] = (("state", "due_on", "done_on"),)

    class Meta:
        model = Step
        fields = ["state", "due_on", "done_on"]
        widgets = {"due_on": DATE, "done_on": DATE}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("done_on") and cleaned.get("state") != Step.State.DONE:
            self.add_error("done_on", "Seule une étape faite a une date de réalisation.")
        if cleaned.get("state") in Step.OPEN and {"due_on", "due_words"} & set(self.changed_data):
            for name, why in due_faults("due_on", cleaned.get("due_on"), self.convention.period_start):
                self.add_error(name, why)
        return cleaned


class StepForm(StepDateForm):
    side_by_side = (("state", "done_on"), ("due_on", "due_words"))

    class Meta(StepDateForm.Meta):
        fields = ["title", "details", "due_on", "due_words", "responsible", "state", "done_on", "number"]
        help_texts = {
            "due_words": "Par exemple « 2027 » ou « rentrée 2026 » : gardé tel quel à côté de la date."
        }

    def narrow(self) -> None:
        self.offer("responsible", contacts_of(self.convention, self.user))

    def clean_due_words(self) -> str:
        """A year alone ends on 31 December."""
        words: str = self.cleaned_data["due_words"].strip()
        if YEAR.fullmatch(words) and not self.cleaned_data.get("due_on") and "due_on" not in self.errors:
            self.cleaned_data["due_on"] = date(int(words), 12, 31)
        return words

    def changed_fields(self) -> list[str]:
        """The date that the words gave is a change like any other: it may meet another's."""
        changed = super().changed_fields()
        given = "due_words" in changed and "due_on" not in changed and self.cleaned_data.get("due_on")
        return [*changed, "due_on"] if given else changed


class NoteForm(PartForm):
    """What happened, and if it changed the fiche, its new status with the reason."""

    side_by_side = (("fiche_status", "fiche_reason"),)

    class Meta:
        model = ProgressNote
        fields = ["date", "text", "visibility", "fiche_status", "fiche_reason"]
        widgets = {"date": DATE, "text": forms.Textarea(attrs={"rows": 4})}
        labels = {"fiche_status": "Le statut devient", "fiche_reason": "Motif"}
        help_texts = {"fiche_reason": "Demandé pour « en difficulté »."}

    def attach(self) -> None:
        self.instance.fiche, self.instance.author = self.fiche, self.user

    def narrow(self) -> None:
        """A note that is corrected later does not change the status again."""
        if self.instance.pk is not None or self.fiche.status in FicheAction.DECIDED:
            del self.fields["fiche_status"], self.fields["fiche_reason"]
            return
        # These two are decided, with a date or a basis: by the form of the status.
        out = {*FicheAction.DECIDED, self.fiche.status}
        kept = [choice for choice in FicheAction.Status.choices if choice[0] not in out]
        status: Any = self.fields["fiche_status"]
        status.choices = [("", f"inchangé ({self.fiche.get_status_display()})"), *kept]

    def clean_date(self) -> date:
        return told_on(self, self.convention)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        status, reason = cleaned.get("fiche_status"), cleaned.get("fiche_reason")
        if status in FicheAction.NEED_REASON and not reason:
            self.add_error("fiche_reason", "Ce statut demande un motif : c’est ce que le COPIL arbitrera.")
        if reason and not status:
            self.add_error("fiche_status", "Choisissez le nouveau statut, ou videz le motif.")
        return cleaned

    def _create(self) -> bool:
        if not super()._create():
            return False
        if status := self.cleaned_data.get("fiche_status"):
            set_status(self.fiche, status, reason=self.cleaned_data["fiche_reason"])
        return True


class EvaluationForm(PartForm):
    """A year of the fiche, with the appreciation of each objective."""

    stamps = ("updated_at",)
    share = forms.BooleanField(
        label="Partager avec les autres membres de la convention",
        required=False,
        help_text="Sinon l’évaluation reste un brouillon, lu par ses auteurs et la coordination.",
    )

    class Meta:
        model = FicheEvaluation
        fields = ["done", "difficulties", "perspectives", "appreciation", "recommendation"]

    def __init__(self, *args: Any, instance: FicheEvaluation, can_share: bool, **kwargs: Any) -> None:
        initial = {"share": instance.shared_on is not None} | kwargs.pop("initial", {})
        self.given = (
            {item.objective_id: item.value for item in instance.appreciations.all()} if instance.pk else {}
        )
        super().__init__(*args, instance=instance, initial=initial, **kwargs)
        if not can_share:
            del self.fields["share"]
        for objective in self.objectives():
            self.fields[f"objective_{objective.pk}"] = forms.ChoiceField(
                label=objective.text,
                choices=[("", "non apprécié"), *Appreciation.choices],
                required=False,
                show_hidden_initial=True,
                initial=self.given.get(objective.pk, ""),
            )

    def objectives(self) -> list[Objective]:
        return list(self.fiche.objectives.all())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not any(value for name, value in cleaned.items() if name != "share"):
            raise forms.ValidationError("L’évaluation est vide : remplissez au moins une rubrique.")
        return cleaned

    def attach(self) -> None:
        self.instance.fiche, self.instance.author = self.fiche, self.user

    def read(self, row: Any, name: str) -> Any:
        if name == "share":
            return row.shared_on is not None
        if name.startswith("objective_"):
            found = ObjectiveAppreciation.objects.filter(
                evaluation=row, objective=int(name.removeprefix("objective_"))
            )
            return found.values_list("value", flat=True).first() or ""
        return super().read(row, name)

    def write(self, row: Any, name: str, value: Any) -> str | None:
        if name == "share":
            row.shared_on = timezone.localdate() if value else None
            return "shared_on"
        if name.startswith("objective_"):
            key = {"evaluation": row, "objective_id": int(name.removeprefix("objective_"))}
            if value:
                ObjectiveAppreciation.objects.update_or_create(**key, defaults={"value": value})
            else:
                ObjectiveAppreciation.objects.filter(**key).delete()
            return None
        return super().write(row, name, value)
