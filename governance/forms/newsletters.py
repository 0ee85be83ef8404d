"""Forms of the newsletter: its period, its words, a part of it, whom it goes to, and when."""

import re
from typing import Any

from django import forms
from django.utils import timezone

from actions.models import Convention
from actions.rules.words import capital
from ctg.accounts.models import User
from ctg.dates import DayField, plausible
from ctg.files.models import StoredFile
from ctg.files.pictures import PictureField, receipt, received
from ctg.files.services import store_bytes
from ctg.merge import MergeForm
from governance.audience import Kind
from governance.models import Committee, Newsletter, NewsletterBlock
from territories.models import Role, Theme

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class SubjectField(forms.CharField):
    """One line: what a header may hold."""

    def clean(self, value: Any) -> Any:
        if CONTROL.search(str(value or "").strip(" ")):
            raise forms.ValidationError("Un objet tient sur une seule ligne.")
        return super().clean(value)


class PeriodForm(forms.Form):
    """The days whose facts an issue tells."""

    start = DayField(label="Faits du")
    end = DayField(label="au")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        start, end = given.get("start"), given.get("end")
        if end and end > timezone.localdate():
            self.add_error("end", "Une lettre raconte ce qui a eu lieu : ce jour est à venir.")
        elif start and end and end < start:
            self.add_error("end", "La période doit finir après son début.")
        return given


class NewsletterForm(MergeForm):
    subject = SubjectField(
        label="Objet du courriel", max_length=160, help_text="Ce que l’on voit dans une boîte de réception."
    )

    class Meta:
        model = Newsletter
        fields = ["subject", "title", "intro"]
        widgets = {"intro": forms.Textarea(attrs={"rows": 4})}


class BlockForm(MergeForm):
    """A part of an issue. A picture that was sent stays received while the rest is put right."""

    link = forms.URLField(
        label="Lien",
        max_length=500,
        required=False,
        assume_scheme="https",
        error_messages={"invalid": "Donnez une adresse complète, qui commence par https://."},
    )
    image = PictureField(
        label="Image",
        required=False,
        help_text="JPEG, PNG ou WebP, 15 Mo au plus. Le lieu et l’heure n’y restent pas.",
    )
    without_image = forms.BooleanField(label="Retirer l’image", required=False)
    receipt = forms.CharField(required=False, widget=forms.HiddenInput)

    beside = ("image", "without_image", "receipt")

    class Meta:
        model = NewsletterBlock
        fields = ["title", "text", "image_alt", "link", "link_label"]
        widgets = {"text": forms.Textarea(attrs={"rows": 8})}
        help_texts = {
            "text": "Une ligne qui commence par « - » devient un point de liste.",
            "image_alt": "Une phrase, pour qui ne la voit pas. Demandée avec une image.",
            "link_label": "Par exemple « Lire le compte rendu ».",
        }

    def __init__(self, *args: Any, instance: NewsletterBlock, **kwargs: Any) -> None:
        super().__init__(*args, instance=instance, **kwargs)
        self.received: StoredFile | None = None
        if not instance.image_id:
            del self.fields["without_image"]

    @property
    def new_receipt(self) -> str:
        return receipt(self.received) if self.received else ""

    @property
    def is_illustrated(self) -> bool:
        return bool(self.received or (self.instance.image_id and not self.cleaned_data.get("without_image")))

    def clean_link(self) -> str:
        link: str = self.cleaned_data["link"]
        if link and not link.startswith(("https://", "http://")):
            raise forms.ValidationError("Un lien commence par https://.")
        return link

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if content := given.get("image"):
            self.received = store_bytes("image.jpg", content)
        elif words := given.get("receipt"):
            self.received = received(words)
        if self.is_illustrated and not given.get("image_alt") and "image_alt" not in self.errors:
            self.add_error("image_alt", "Décrivez l’image en quelques mots, pour qui ne la voit pas.")
        if given.get("link_label") and not given.get("link") and "link" not in self.errors:
            self.add_error("link", "Donnez l’adresse où mènent ces mots, ou effacez-les.")
        if not self.is_illustrated:
            self.check_words(given)
        return given

    def check_words(self, given: dict[str, Any]) -> None:
        """Of a part without a picture. One that is added as a picture has one, whatever is written."""
        written = given.get("title") or given.get("text")
        is_picture = self.instance.kind == NewsletterBlock.Kind.IMAGE
        if is_picture and not (written and self.instance.pk) and "image" not in self.errors:
            self.add_error("image", "Choisissez une image.")
        elif not (written or is_picture or self.errors):
            self.add_error("text", "Écrivez quelque chose, ou choisissez une image.")

    def changed_fields(self) -> list[str]:
        changed = super().changed_fields()
        if self.received or self.cleaned_data.get("without_image"):
            changed += ["image"] + ["image_alt"] * ("image_alt" not in changed)
        return changed

    def read(self, row: NewsletterBlock, name: str) -> Any:
        # The last picture sent is the right one: never a conflict.
        return None if name == "image" else super().read(row, name)

    def write(self, row: NewsletterBlock, name: str, value: Any) -> str | None:
        if name != "image":
            return super().write(row, name, value)
        row.image = self.received
        if row.image is None:
            row.image_alt = self.cleaned_data["image_alt"] = ""
        return name

    def create(self) -> bool:
        self.instance.image = self.received
        return super().create()


class SegmentsForm(forms.Form):
    """Whom it goes to: kinds of people, of some roles, committees or themes when any is named."""

    kinds = forms.MultipleChoiceField(
        label="La lettre va aux",
        choices=Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choisissez au moins un groupe de personnes."},
    )
    roles = forms.MultipleChoiceField(
        label="Parmi les membres, seulement",
        choices=[(key, capital(label)) for key, label in Role.choices],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    committees = forms.ModelMultipleChoiceField(
        Committee.objects.none(),
        label="Parmi les instances, seulement",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    themes = forms.ModelMultipleChoiceField(
        Theme.objects.none(),
        label="Seulement ces thématiques",
        required=False,
        help_text="Des membres, des fiches et des abonnés.",
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, convention: Convention, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["committees"].queryset = Committee.objects.visible_to(user).of(convention).active().in_order()
        fields["themes"].queryset = Theme.objects.visible_to(user)

    @property
    def is_narrowed(self) -> bool:
        """Whether what is folded away narrows the list."""
        return any(self[name].value() for name in ("roles", "committees", "themes"))

    @property
    def chosen(self) -> dict[str, list[Any]]:
        """As `Newsletter.segments` keeps it."""
        given = self.cleaned_data
        keys = {name: [row.pk for row in given[name]] for name in ("committees", "themes")}
        return {"kinds": list(given["kinds"]), "roles": list(given["roles"]), **keys}


class SendForm(forms.Form):
    """Now, or at an hour."""

    NOW, LATER = "now", "later"

    # Given by the button.
    when = forms.ChoiceField(choices=((NOW, "maintenant"), (LATER, "à une heure choisie")))
    at = forms.DateTimeField(
        label="Jour et heure",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M"],
        error_messages={"invalid": "Donnez un jour et une heure."},
    )
    seen = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("when") != self.LATER:
            given["at"] = None
            self.errors.pop("at", None)
        elif "at" not in self.errors:
            self.check_hour(given.get("at"))
        return given

    def check_hour(self, at: Any) -> None:
        if at is None:
            self.add_error("at", "Donnez un jour et une heure.")
        elif at <= timezone.now():
            self.add_error("at", "Cette heure est passée.")
        else:
            try:
                plausible(at.date())
            except forms.ValidationError as error:
                self.add_error("at", error)
