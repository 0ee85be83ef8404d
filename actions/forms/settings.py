"""The sections of Paramètres. Each saves only what this person changed (`ctg.merge`)."""

import copy
import io
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.db.models.functions import Lower
from PIL import Image, UnidentifiedImageError

from actions.forms.basis import UNFOUNDED, BasisFields
from actions.forms.conventions import PartyField
from actions.models import Avenant, Basis, Convention, Phase, Signatory, SignatoryAct
from ctg.accounts.models import User
from ctg.colours import HEX
from ctg.dates import DATE, DayField
from ctg.merge import MergeForm
from territories.models import Commune, Organisation

LOGO_BYTES = 1_000_000
LOGO_SIDE = 4000
FORMATS = {"PNG": "png", "JPEG": "jpg"}
# The PDF engine tells Pillow to put up with torn pictures: they are known by their missing end.
ENDS = {"PNG": b"IEND", "JPEG": b"\xff\xd9"}


class SettingsForm(MergeForm):
    class Meta:
        model = Convention
        fields: list[str] = []

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def build_basis(self) -> Basis | None:
        """What founds the change, when it asks for it."""
        return None


class IdentityForm(BasisFields, SettingsForm):
    """A contract is not undone in passing: its end, or the signature or status that make it one, ask for a basis."""

    basis_legend = (
        "La convention est signée : si vous changez sa fin, ou si elle cesse de l’être, dites pourquoi"
    )

    class Meta:
        model = Convention
        fields = [
            "name",
            "territory_name",
            "status",
            "period_start",
            "period_end",
            "signed_on",
            "previous",
            "presentation",
        ]
        widgets = {"period_start": DATE, "period_end": DATE, "signed_on": DATE}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # As it stands: validation puts on the instance what was typed.
        self.convention = copy.copy(self.instance)
        previous: Any = self.fields["previous"]
        row = self.instance
        same = Q(carrier=row.carrier_id) | Q(pk=row.previous_id)
        previous.queryset = Convention.objects.visible_to(self.user).filter(same).exclude(pk=row.pk)
        previous.empty_label = "Aucune"
        self.ask_basis(self.user)

    def needs_basis(self) -> bool:
        changed = set(self.changed_data)
        after = copy.copy(self.convention)
        for name in {"status", "signed_on"} & changed & set(self.cleaned_data):
            setattr(after, name, self.cleaned_data[name])
        return self.asks_basis and ("period_end" in changed or not after.is_contract)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        start, end = cleaned.get("period_start"), cleaned.get("period_end")
        if start and end and end <= start:
            self.add_error("period_end", "La convention doit finir après son début.")
        return cleaned

    def merge(self) -> bool:
        """Two people may each take away half of what makes the contract: what is left of it is looked at again."""
        if not super().merge():
            return False
        if self.asks_basis and not self.needs_basis() and not self.instance.is_contract:
            self.add_error("basis_kind", UNFOUNDED)
            return False
        return True


class LevelsForm(SettingsForm):
    """Any words will do; the usual ones are suggested."""

    FICHES = ("fiche action", "fiche d’action", "fiche thématique", "fiche projet")
    AXES = ("axe", "axe stratégique", "axe prioritaire", "enjeu", "orientation stratégique")

    class Meta:
        model = Convention
        fields = ["fiche_name", "axe_name"]
        labels = {"fiche_name": "Une fiche s’appelle", "axe_name": "Un axe s’appelle"}
        help_texts = {"fiche_name": "Au singulier : « fiche action ».", "axe_name": "Au singulier : « axe »."}
        widgets = {
            "fiche_name": forms.TextInput(attrs={"list": "noms-fiches"}),
            "axe_name": forms.TextInput(attrs={"list": "noms-axes"}),
        }


class PerimeterForm(SettingsForm):
    other = forms.CharField(
        label="Ajouter une commune qui n’est pas dans la liste",
        max_length=80,
        required=False,
        help_text="Son nom ou son code Insee.",
    )
    beside = ("other",)

    class Meta:
        model = Convention
        fields = ["communes"]
        widgets = {"communes": forms.CheckboxSelectMultiple}

    field_order = ["communes", "other"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        communes: Any = self.fields["communes"]
        listed = Q(pk__in=self.instance.communes.values("pk"))
        if self.instance.epci_id:
            listed |= Q(epci=self.instance.epci_id)
        communes.queryset = Commune.objects.visible_to(self.user).filter(listed)
        communes.required, communes.help_text = False, ""

    def clean_other(self) -> Commune | None:
        words = self.cleaned_data["other"].strip().replace("'", "’")
        if not words:
            return None
        spelled = Q(pk=words.upper()) | Q(name__iexact=words) | Q(name__iexact=words.replace("’", "'"))
        found = list(Commune.objects.visible_to(self.user).filter(spelled).select_related("departement")[:6])
        if not found:
            raise forms.ValidationError("Aucune commune ne porte ce nom ou ce code.")
        if len(found) > 1:
            several = ", ".join(f"{commune.pk} ({commune.departement})" for commune in found)
            raise forms.ValidationError(
                f"Plusieurs communes portent ce nom : donnez son code Insee. {several}."
            )
        return found[0]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("communes") and not cleaned.get("other") and not self.errors:
            self.add_error("communes", "Gardez au moins une commune.")
        return cleaned

    def merge(self) -> bool:
        """The view holds one transaction around both."""
        if not super().merge():
            return False
        if self.cleaned_data["other"]:
            self.instance.communes.add(self.cleaned_data["other"])
        return True


class ColourInput(forms.TextInput):
    """A colour typed, or picked on the browser's palette beside it; a palette alone cannot be left empty.

    Without a script the two inputs do not follow each other: the palette counts when only it has changed.
    """

    template_name = "forms/colour.html"

    def __init__(self, *, pick_label: str, usual: str) -> None:
        super().__init__(attrs={"maxlength": 7, "autocomplete": "off", "spellcheck": "false"})
        self.pick_label, self.usual = pick_label, usual

    def shown(self, value: str) -> str:
        """What the palette shows for a text."""
        return value.lower() if HEX.fullmatch(value) else self.usual

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"] |= {"pick": self.shown(value or ""), "pick_label": self.pick_label}
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        typed, pick, shown = (data.get(name + suffix) for suffix in ("", "-pick", "-shown"))
        picked = pick and typed == shown and pick.lower() != self.shown(shown or "")
        return pick if picked else typed


class AppearanceForm(SettingsForm):
    class Meta:
        model = Convention
        fields = ["brand_colour", "accent_colour"]
        labels = {"brand_colour": "Couleur principale", "accent_colour": "Couleur d’accent"}
        help_texts = {
            "brand_colour": "Bandeau, boutons et liens. Par exemple #0f4c4a ; vide : celle du site.",
            "accent_colour": "Ce qui demande l’attention. Par exemple #b4481c ; vide : celle du site.",
        }
        widgets = {
            "brand_colour": ColourInput(pick_label="Choisir la couleur principale", usual="#0f4c4a"),
            "accent_colour": ColourInput(pick_label="Choisir la couleur d’accent", usual="#b4481c"),
        }

    def clean_brand_colour(self) -> str:
        return self.cleaned_data["brand_colour"].lower()

    def clean_accent_colour(self) -> str:
        return self.cleaned_data["accent_colour"].lower()


class LogoForm(forms.Form):
    """A picture known by its bytes, whatever its name says. Cleaned to (extension, bytes)."""

    logo = forms.FileField(
        label="Logo",
        help_text="Une image PNG ou JPEG d’1 Mo au plus.",
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
        error_messages={"required": "Choisissez un fichier.", "empty": "Ce fichier est vide."},
    )

    def clean_logo(self) -> tuple[str, bytes]:
        file: UploadedFile = self.cleaned_data["logo"]
        if (file.size or 0) > LOGO_BYTES:
            raise forms.ValidationError("Ce fichier pèse plus d’1 Mo : réduisez l’image.")
        content = file.read()
        kind, longest = picture_of(content)
        if not kind:
            raise forms.ValidationError(
                "Ce fichier n’est pas une image PNG ou JPEG lisible. Un logo SVG est à convertir en PNG."
            )
        if longest > LOGO_SIDE:
            raise forms.ValidationError(f"Cette image dépasse {LOGO_SIDE} points de côté : réduisez-la.")
        return FORMATS[kind], content


def picture_of(content: bytes) -> tuple[str, int]:
    """What the bytes are (PNG, JPEG, or nothing that can be shown) and the longest side in pixels."""
    try:
        with Image.open(io.BytesIO(content), formats=list(FORMATS)) as picture:
            # Some cameras write a JPEG that Pillow calls otherwise.
            kind, longest = "PNG" if picture.format == "PNG" else "JPEG", max(picture.size)
            if longest <= LOGO_SIDE:
                picture.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return "", 0
    return (kind, longest) if ENDS[kind] in content else ("", 0)


class SignatoryForm(forms.Form):
    """An organisation of the territory or one already known; or a new one, by its name."""

    NEW_KINDS = [
        choice
        for choice in Organisation.Kind.choices
        if choice[0] not in (Organisation.Kind.EPCI, Organisation.Kind.COMMUNE, Organisation.Kind.CAF)
    ]
    organisation = PartyField(
        label="Organisme",
        required=False,
        help_text="Les parties et les communes du périmètre qui ne signent pas encore.",
        error_messages={"invalid_choice": "Cet organisme n’est pas de la liste, ou il est déjà signataire."},
    )
    new_name = forms.CharField(
        label="Ou un organisme qui n’est pas dans la liste", max_length=200, required=False
    )
    new_kind = forms.ChoiceField(label="Sa nature", choices=[("", "Choisissez"), *NEW_KINDS], required=False)

    def __init__(self, *args: Any, convention: Convention, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        field: Any = self.fields["organisation"]
        communes = Commune.objects.visible_to(user).filter(conventions=convention)
        # Those of the perimeter; whoever else signs is written by name.
        parties = Q(pk__in=[convention.caf_id, convention.carrier_id])
        signing = [row.organisation for row in convention.signatories.select_related("organisation")]
        field.offer(user, convention.epci, communes, parties, without=signing)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        name = " ".join(cleaned.get("new_name", "").split())
        if not self.errors and not cleaned.get("organisation") and not name:
            self.add_error("organisation", "Choisissez un organisme, ou écrivez son nom plus bas.")
        elif name and not cleaned.get("organisation"):
            same = (
                Organisation.objects.visible_to(self.user)
                .annotate(low=Lower("name"))
                .filter(low=name.lower())
            )
            # Written out though it was in the list: the known one, not a second of the same name.
            cleaned["organisation"] = same.first()
            if not cleaned["organisation"] and not cleaned.get("new_kind"):
                self.add_error("new_kind", "Dites quelle est la nature de cet organisme.")
        cleaned["new_name"] = name
        return cleaned


class ActForm(MergeForm):
    class Meta:
        model = SignatoryAct
        fields = ["kind", "number", "date", "outcome", "avenant"]
        widgets = {"date": DATE}
        help_texts = {
            "outcome": "Par exemple : à l’unanimité.",
            "avenant": "Laissez vide pour la convention elle-même.",
        }

    def __init__(self, *args: Any, signatory: Signatory, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.signatory = signatory
        avenant: Any = self.fields["avenant"]
        avenant.queryset = Avenant.objects.visible_to(user).of(signatory.convention_id)
        avenant.empty_label = "la convention"
        if not avenant.queryset:
            del self.fields["avenant"]


class PhaseForm(MergeForm):
    class Meta:
        model = Phase
        fields = ["title", "description", "starts_on", "ends_on", "words"]
        widgets = {
            "description": forms.Textarea(attrs={"rows": 2}),
            "starts_on": DATE,
            "ends_on": DATE,
        }
        help_texts = {"words": "Si les dates ne sont pas précises : « printemps 2025 »."}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        start, end = cleaned.get("starts_on"), cleaned.get("ends_on")
        if start and end and end < start:
            self.add_error("ends_on", "L’étape doit finir après son début.")
        return cleaned


class AvenantForm(forms.ModelForm):
    """A new amendment. `actions.services.conventions.add_avenant` saves it and prolongs the convention."""

    class Meta:
        model = Avenant
        fields = ["number", "date", "object", "new_end"]
        field_classes = {"date": DayField, "new_end": DayField}
        help_texts = {"new_end": "S’il prolonge la convention : elle passe alors à l’état « prolongée »."}

    def __init__(self, *args: Any, convention: Convention, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.convention = convention


class AvenantEditForm(MergeForm):
    """A slip is corrected; the new end is not: it has already moved the convention."""

    class Meta:
        model = Avenant
        fields = ["number", "date", "object"]
        widgets = {"date": DATE}
