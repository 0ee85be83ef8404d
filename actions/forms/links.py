"""What is asked of a partner without an account: whom, about what, until when."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from actions.forms.fiche import contacts_of
from actions.models import Convention, FicheAction, Indicator
from actions.notifications import address_of
from actions.services.links import OPEN_FOR
from ctg.accounts.models import User
from ctg.dates import DayField
from territories.forms import person_name
from territories.models import Contact

AT_MOST = timedelta(days=366)


@dataclass(frozen=True)
class Choice:
    """A box to tick: a fiche with those of its indicators, or an indicator."""

    row: Any
    is_ticked: bool
    indicators: tuple["Choice", ...] = ()

    @property
    def is_open(self) -> bool:
        return any(one.is_ticked for one in self.indicators)


class ContactChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Contact) -> str:
        said = [str(obj), str(obj.organisation or obj.label), "" if address_of(obj) else "sans adresse"]
        return " – ".join(part for part in said if part)


class LinkForm(forms.Form):
    contact = ContactChoice(
        Contact.objects.none(), label="Destinataire", required=False, empty_label="Une autre personne"
    )
    name = forms.CharField(label="Nom", max_length=160, required=False)
    email = forms.EmailField(
        label="Adresse électronique",
        required=False,
        help_text="Sans adresse, vous copiez le lien et le transmettez vous-même.",
    )
    body = forms.CharField(label="Organisme", max_length=160, required=False)
    fiches = forms.ModelMultipleChoiceField(
        FicheAction.objects.none(), label="Fiches", required=False, to_field_name="uuid"
    )
    indicators = forms.ModelMultipleChoiceField(
        Indicator.objects.none(), label="Indicateurs", required=False, to_field_name="uuid"
    )
    until = DayField(label="Jusqu’au")
    message = forms.CharField(
        label="Message", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, convention: Convention, user: User, **kwargs: Any) -> None:
        kwargs["initial"] = {"until": timezone.localdate() + OPEN_FOR} | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        fiches = FicheAction.objects.visible_to(user).of(convention).editable_by(user)
        indicators = Indicator.objects.visible_to(user).of(convention)
        indicators = indicators.filter(fiche__in=fiches.values("pk")).order_by("fiche", "position", "pk")
        contacts = contacts_of(convention, user).select_related("organisation", "user")
        offered: dict[str, Any] = {"fiches": fiches, "indicators": indicators, "contact": contacts}
        for name, rows in offered.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]

    @property
    def tree(self) -> list[Choice]:
        """The fiches with their indicators, as they are ticked."""
        ticked = {str(value) for name in ("fiches", "indicators") for value in self[name].value() or ()}
        fields: dict[str, Any] = self.fields
        by_fiche: dict[int, list[Choice]] = {}
        for row in fields["indicators"].queryset:
            by_fiche.setdefault(row.fiche_id, []).append(Choice(row, str(row.uuid) in ticked))
        return [
            Choice(fiche, str(fiche.uuid) in ticked, tuple(by_fiche.get(fiche.pk, ())))
            for fiche in fields["fiches"].queryset
        ]

    def clean_name(self) -> str:
        return person_name(self.cleaned_data["name"])

    def clean_body(self) -> str:
        return person_name(self.cleaned_data["body"])

    def clean_until(self) -> Any:
        until, today = self.cleaned_data["until"], timezone.localdate()
        if until < today:
            raise forms.ValidationError("Cette date est passée.")
        if until > today + AT_MOST:
            raise forms.ValidationError("Un an au plus.")
        return until

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("contact") and "contact" not in self.errors:
            if cleaned.get("name") == "":
                self.add_error("name", "Choisissez un destinataire, ou donnez son nom.")
        elif cleaned.get("name") or cleaned.get("email"):
            self.add_error(
                "contact", "Choisissez une personne de la liste, ou écrivez-en une autre : pas les deux."
            )
        if not {"fiches", "indicators"} & set(self.errors) and not (
            cleaned.get("fiches") or cleaned.get("indicators")
        ):
            self.add_error("fiches", "Cochez au moins une fiche ou un indicateur.")
        return cleaned
