"""Subscribing to a newsletter, what one wants of it, and the addresses that a coordination brings in."""

from datetime import date
from pathlib import PurePath
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from ctg.dates import DayField
from ctg.files.kinds import kind_of
from ctg.mail import one_line
from ctg.merge import MergeForm
from ctg.refusal import Refused
from governance.importers.subscribers import LIMITS, LONGEST_PROOF, Line, Read, read_addresses
from governance.models import NewsletterSettings, Subscriber
from governance.rules.addresses import LONGEST, LONGEST_NAME, is_address, name_fault, normal
from territories.models import Theme

ACCEPTED = (".csv", ".xlsx", ".ods")
MALFORMED = "Cette adresse n’est pas valide. Écrivez-la comme « prenom.nom@exemple.fr »."


class PreferencesForm(forms.Form):
    name = forms.CharField(
        label="Votre nom",
        max_length=LONGEST_NAME,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    themes = forms.ModelMultipleChoiceField(
        Theme.objects.none(),
        label="Ce qui vous intéresse",
        required=False,
        help_text=(
            "Vous recevrez les lettres sur ces thématiques, et celles qui s’adressent à tous. Sans rien cocher, "
            "vous recevez toutes les lettres."
        ),
        widget=forms.CheckboxSelectMultiple,
    )
    frequency = forms.ChoiceField(
        label="À quel rythme",
        choices=[(key, label.capitalize()) for key, label in Subscriber.Frequency.choices],
        initial=Subscriber.Frequency.EACH,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez un rythme."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        themes: Any = self.fields["themes"]
        themes.queryset = Theme.objects.public()

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if fault := name_fault(name):
            raise forms.ValidationError(fault)
        return name


class SubscribeForm(PreferencesForm):
    address = forms.EmailField(
        label="Votre adresse électronique",
        max_length=LONGEST,
        error_messages={"required": "Donnez votre adresse électronique.", "invalid": MALFORMED},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    consent = forms.BooleanField(
        error_messages={"required": "Sans votre accord, nous ne pouvons pas vous écrire."}
    )

    field_order = ("address", "name", "themes", "frequency", "consent")

    def __init__(self, *args: Any, consent: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["consent"].label = consent

    def clean_address(self) -> str:
        address = normal(self.cleaned_data["address"])
        if not is_address(address):
            raise forms.ValidationError(MALFORMED)
        return address

    @property
    def wishes(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("name", "themes", "frequency")}


class AudienceForm(MergeForm):
    class Meta:
        model = NewsletterSettings
        fields = ["is_open", "intro", "signature"]
        help_texts = {
            "is_open": "Chacun peut alors s’abonner, à une adresse qui s’affiche ici. Sans cela, la page est fermée."
        }
        widgets = {
            "intro": forms.Textarea(attrs={"rows": 4}),
            "signature": forms.Textarea(attrs={"rows": 3}),
        }


class ConsentForm(forms.Form):
    """How the coordination knows that people agree."""

    consent_on = DayField(label="Date du consentement", required=True)
    consent_words = forms.CharField(
        label="Preuve du consentement",
        max_length=LONGEST_PROOF,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean_consent_on(self) -> date:
        day: date = self.cleaned_data["consent_on"]
        if day > timezone.localdate():
            raise forms.ValidationError("Un consentement ne vient pas demain.")
        if day < timezone.localdate() - Subscriber.KEPT_FOR:
            raise forms.ValidationError("Ce consentement a plus de trois ans : redemandez-le.")
        return day


class SubscriberForm(ConsentForm):
    """One address, cleaned to a line as a file gives them."""

    address = forms.EmailField(
        label="Adresse électronique",
        max_length=LONGEST,
        error_messages={"required": "Donnez l’adresse électronique.", "invalid": MALFORMED},
    )
    name = forms.CharField(label="Nom", max_length=LONGEST_NAME, required=False)

    field_order = ("address", "name", "consent_words", "consent_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = self.fields["consent_words"]
        words.help_text = "Où et comment cette personne a accepté : « au forum du 12 mars, case cochée »."
        words.error_messages["required"] = (
            "Dites où et comment cette personne a accepté de recevoir la lettre."
        )

    clean_address = SubscribeForm.clean_address
    clean_name = PreferencesForm.clean_name

    def line(self) -> Line:
        given = self.cleaned_data
        words = one_line(given["consent_words"])
        return Line(1, given["address"], given["name"], given["consent_on"].isoformat(), words)


class SubscribersForm(ConsentForm):
    """Cleaned to what the file holds, in `read`."""

    file = forms.FileField(
        label="Fichier d’adresses",
        help_text=(
            "Un classeur ou un CSV dont la première ligne nomme les colonnes : « adresse », et si vous les avez "
            "« nom », « date » et « preuve » du consentement."
        ),
        widget=forms.FileInput(attrs={"accept": ",".join(ACCEPTED)}),
        error_messages={"required": "Choisissez un fichier.", "empty": "Ce fichier est vide."},
    )
    read: Read

    field_order = ("file", "consent_words", "consent_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["consent_on"].help_text = "Pour les lignes qui n’ont pas la leur."
        words = self.fields["consent_words"]
        words.help_text = (
            "Où et comment ces personnes ont accepté : « feuille d’émargement du forum, case cochée »."
        )
        words.error_messages["required"] = (
            "Dites où et comment ces personnes ont accepté de recevoir la lettre."
        )

    def clean_file(self) -> tuple[str, bytes]:
        file: UploadedFile = self.cleaned_data["file"]
        name = file.name or ""
        if PurePath(name).suffix.lower() not in ACCEPTED:
            raise forms.ValidationError("Envoyez un CSV ou un classeur Excel (.xlsx) ou LibreOffice (.ods).")
        if (file.size or 0) > LIMITS.size:
            raise forms.ValidationError(f"Ce fichier pèse plus de {LIMITS.size // 1_000_000} Mo.")
        content = file.read()
        if not name.lower().endswith(".csv"):
            try:
                kind_of(name, content)
            except Refused as refused:
                raise forms.ValidationError(str(refused)) from refused
        return name, content

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.read = read_addresses(
                    *cleaned["file"], on=cleaned["consent_on"], words=cleaned["consent_words"]
                )
            except Refused as refused:
                self.add_error("file", str(refused))
        return cleaned
