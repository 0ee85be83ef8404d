"""A call for projects, and the budget line that it becomes once it is granted."""

from typing import Any

from django import forms
from django.utils import timezone

from actions.forms.fiche import contacts_of
from actions.models import BudgetLine, Convention, FicheAction, FundingCall
from ctg.accounts.models import User
from ctg.dates import DATE, FIRST_YEAR, LAST_YEAR
from ctg.forms import NumberField
from ctg.merge import MergeForm
from territories.models import Theme

GRANTED = FundingCall.State.GRANTED


class FundingForm(MergeForm):
    url = forms.URLField(label="Page où il est publié", max_length=200, required=False, assume_scheme="https")
    budget_fiche = forms.ModelChoiceField(
        FicheAction.objects.none(),
        label="Au budget de la fiche",
        required=False,
        empty_label="Aucune pour l’instant",
        help_text="Le montant obtenu y devient une ligne, une seule fois.",
    )
    budget_year = forms.IntegerField(
        label="Année", required=False, min_value=FIRST_YEAR, max_value=LAST_YEAR, localize=False
    )
    budget_nature = forms.ChoiceField(label="Nature", choices=BudgetLine.Nature.choices, required=False)

    BUDGET = ("budget_fiche", "budget_year", "budget_nature")
    beside = BUDGET

    class Meta:
        model = FundingCall
        fields = [
            "title",
            "funder",
            "url",
            "deadline",
            "state",
            "amount_asked",
            "amount_granted",
            "followed_by",
            "themes",
            "fiches",
            "notes",
        ]
        widgets = {
            "deadline": DATE,
            "themes": forms.CheckboxSelectMultiple,
            "fiches": forms.CheckboxSelectMultiple,
            "notes": forms.Textarea(attrs={"rows": 3}),
        }
        field_classes = {"amount_asked": NumberField, "amount_granted": NumberField}

    def __init__(self, *args: Any, convention: Convention, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        self.lines = list(self.instance.budget_lines.select_related("fiche")) if self.instance.pk else []
        if not self.instance.pk:
            self.instance.convention, self.instance.author = convention, user
        fiches = FicheAction.objects.visible_to(user).of(convention)
        self.offer("followed_by", contacts_of(convention, user))
        self.offer("themes", Theme.objects.visible_to(user))
        self.offer("fiches", fiches)
        if self.lines:
            for name in self.BUDGET:
                del self.fields[name]
        else:
            fields["budget_fiche"].queryset = fiches
            self.initial.setdefault("budget_year", timezone.localdate().year)

    @property
    def budget_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.BUDGET if name in self.fields]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("state") != GRANTED:
            if self.lines:
                fiche = self.lines[0].fiche
                self.add_error(
                    "state",
                    f"Son montant est au budget de la fiche « {fiche} » : retirez-y d’abord cette ligne.",
                )
            cleaned["amount_granted"], cleaned["budget_fiche"] = None, None
            self.errors.pop("amount_granted", None)
        elif cleaned.get("budget_fiche"):
            if cleaned.get("amount_granted") is None and "amount_granted" not in self.errors:
                self.add_error("amount_granted", "Donnez le montant obtenu : c’est lui qui entre au budget.")
            if not cleaned.get("budget_year") and "budget_year" not in self.errors:
                self.add_error("budget_year", "Dites de quelle année.")
        elif self.lines and cleaned.get("amount_granted") is None:
            self.add_error("amount_granted", "Ce montant est au budget d’une fiche : corrigez-le plutôt.")
        return cleaned

    def changed_fields(self) -> list[str]:
        """An amount goes with its state."""
        changed = super().changed_fields()
        cleared = (
            self.cleaned_data.get("amount_granted") is None and self.initial.get("amount_granted") is not None
        )
        return [*changed, "amount_granted"] if cleared and "amount_granted" not in changed else changed
