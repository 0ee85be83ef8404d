"""A temps fort: what one tells in thirty seconds, and how a list of them is narrowed."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django import forms
from django.db.models import IntegerField, Q, QuerySet
from django.db.models.functions import Coalesce, ExtractYear
from django.utils import timezone

from actions.models import Axe, Convention, FicheAction, Highlight
from actions.rules.faults import told_too_early
from ctg.accounts.models import User
from ctg.dates import DATE
from ctg.files.models import StoredFile
from ctg.files.pictures import PictureField, receipt, received
from ctg.files.services import store_bytes
from ctg.merge import MergeForm
from territories.models import Commune, Theme


@dataclass(frozen=True)
class Offered:
    """What a highlight may be tied to, for the one who tells it. Without `axes` and `themes`, they are not asked."""

    fiches: QuerySet[FicheAction]
    communes: QuerySet[Commune]
    axes: QuerySet[Axe] = field(default_factory=Axe.objects.none)
    themes: QuerySet[Theme] = field(default_factory=Theme.objects.none)


def offered_to(user: User, convention: Convention) -> Offered:
    """The fiches that this person reports on, and whatever else the convention holds."""
    fiches = FicheAction.objects.visible_to(user).of(convention).reportable_by(user)
    return Offered(
        fiches=fiches,
        communes=Commune.objects.visible_to(user).filter(conventions=convention),
        axes=Axe.objects.visible_to(user).of(convention).filter(ended_on__isnull=True),
        themes=Theme.objects.visible_to(user),
    )


class HighlightForm(MergeForm):
    """One date, one year or a period in words; a photograph, that stays received while the rest is put right."""

    DAY, YEAR, PERIOD, UNKNOWN = "date", "year", "period", ""
    WHENS = ((DAY, "un jour"), (YEAR, "une année"), (PERIOD, "une période"), (UNKNOWN, "je ne sais pas"))

    when = forms.ChoiceField(label="Quand", choices=WHENS, required=False, widget=forms.RadioSelect)
    photo = PictureField(
        label="Photo",
        required=False,
        help_text="JPEG, PNG ou WebP, 15 Mo au plus. Le lieu et l’heure n’y restent pas.",
    )
    without_photo = forms.BooleanField(label="Retirer la photo", required=False)
    receipt = forms.CharField(required=False, widget=forms.HiddenInput)

    beside = ("when", "photo", "without_photo", "receipt")

    class Meta:
        model = Highlight
        fields = [
            "title",
            "date",
            "year",
            "period",
            "fiche",
            "axe",
            "commune",
            "people",
            "photo_alt",
            "is_publishable",
            "themes",
            "text",
        ]
        widgets = {
            "date": DATE,
            "themes": forms.CheckboxSelectMultiple,
            "text": forms.Textarea(attrs={"rows": 3}),
            "people": forms.NumberInput(attrs={"inputmode": "numeric"}),
            "year": forms.NumberInput(attrs={"inputmode": "numeric"}),
        }
        labels = {
            "title": "Ce qui s’est passé",
            "date": "Jour",
            "year": "Année",
            "period": "Période",
            "axe": "Axe, s’il n’y a pas de fiche",
            "photo_alt": "Ce que montre la photo",
            "is_publishable": "Peut être publié",
        }
        help_texts = {
            "period": "Par exemple « printemps 2026 ».",
            "photo_alt": "Une phrase, pour qui ne la voit pas. Demandée avec une photo.",
            "is_publishable": "Dans la newsletter ou le bilan, avec l’accord des personnes reconnaissables.",
        }

    def __init__(
        self, *args: Any, instance: Highlight, convention: Convention, offered: Offered, **kwargs: Any
    ) -> None:
        new = instance.pk is None
        kwargs["initial"] = {
            "when": self.DAY if new else self.when_of(instance),
            **({"date": timezone.localdate()} if new else {}),
            **kwargs.get("initial", {}),
        }
        super().__init__(*args, instance=instance, **kwargs)
        self.convention = convention
        self.received: StoredFile | None = None
        if new:
            self.instance.convention = convention
        for name in ("fiche", "commune", "axe", "themes"):
            rows = getattr(offered, f"{name.removesuffix('s')}s")
            self.offer(name, rows)
            if name in ("axe", "themes") and not rows and not self.initial.get(name):
                del self.fields[name]
        if new or not self.instance.photo_id:
            del self.fields["without_photo"]

    @classmethod
    def when_of(cls, row: Highlight) -> str:
        return next((name for name in (cls.DAY, cls.YEAR, cls.PERIOD) if getattr(row, name)), cls.UNKNOWN)

    @property
    def is_detailed(self) -> bool:
        """Whether what the short form folds away holds something."""
        names = [name for name in ("axe", "themes", "text") if name in self.fields]
        return any(self[name].value() or self[name].errors for name in names)

    @property
    def new_receipt(self) -> str:
        return receipt(self.received) if self.received else ""

    def clean_title(self) -> str:
        return " ".join(self.cleaned_data["title"].split())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if content := cleaned.get("photo"):
            self.received = store_bytes("photo.jpg", content)
        elif words := cleaned.get("receipt"):
            self.received = received(words)
        self.settle_when(cleaned)
        if cleaned.get("fiche") and "axe" in self.fields:
            cleaned["axe"] = None  # the fiche has its own
        kept = self.instance.photo_id and not cleaned.get("without_photo")
        if (self.received or kept) and not cleaned.get("photo_alt") and "photo_alt" not in self.errors:
            self.add_error("photo_alt", "Décrivez la photo en quelques mots, pour qui ne la voit pas.")
        return cleaned

    def settle_when(self, cleaned: dict[str, Any]) -> None:
        """Only what `when` names is kept."""
        chosen = cleaned.get("when", self.DAY)
        for name in (self.DAY, self.YEAR, self.PERIOD):
            if name != chosen:
                cleaned[name] = "" if name == self.PERIOD else None
                self.errors.pop(name, None)
            elif not cleaned.get(name) and name not in self.errors:
                self.add_error(name, "Précisez, ou choisissez « je ne sais pas ».")
        day: date | None = cleaned.get(self.DAY)
        if day and day > timezone.localdate():
            self.add_error(self.DAY, "Un temps fort a eu lieu : sa date n’est pas à venir.")
        self.refuse_far_year(chosen, day.year if day else cleaned.get(self.YEAR))

    def refuse_far_year(self, name: str, year: int | None) -> None:
        if year is None or name not in self.changed_data or name in self.errors:
            return
        if year > timezone.localdate().year:
            self.add_error(name, "Un temps fort a eu lieu : son année n’est pas à venir.")
        elif why := told_too_early(year, self.convention.period_start):
            self.add_error(name, why)

    def changed_fields(self) -> list[str]:
        """What the form changes by itself is a change like any other."""
        changed = super().changed_fields()
        own = [name for name in (self.DAY, self.YEAR, self.PERIOD, "axe") if name in self.fields]
        changed += [
            n
            for n in own
            if n not in changed and (self.cleaned_data[n] or None) != (self.initial.get(n) or None)
        ]
        if self.received or self.cleaned_data.get("without_photo"):
            changed += ["photo"] + ["photo_alt"] * ("photo_alt" not in changed)
        return changed

    def read(self, row: Highlight, name: str) -> Any:
        # The last photograph sent is the right one: never a conflict.
        return None if name == "photo" else super().read(row, name)

    def write(self, row: Highlight, name: str, value: Any) -> str | None:
        if name != "photo":
            return super().write(row, name, value)
        self.keep_photo(row)
        return name

    def keep_photo(self, row: Highlight) -> None:
        row.photo = self.received
        if row.photo is None:
            row.photo_alt = self.cleaned_data["photo_alt"] = ""

    def create(self) -> bool:
        if self.received:
            self.instance.photo = self.received
        return super().create()


class HighlightSearch(forms.Form):
    """The filters of the list, in its address."""

    year = forms.TypedChoiceField(label="Année", required=False, coerce=int, empty_value=None)
    axe = forms.ModelChoiceField(Axe.objects.none(), label="Axe", required=False, empty_label="Axe")
    commune = forms.ModelChoiceField(
        Commune.objects.none(), label="Commune", required=False, empty_label="Commune"
    )
    publishable = forms.BooleanField(label="À publier", required=False)

    def __init__(
        self, *args: Any, rows: QuerySet[Highlight], axes: QuerySet[Axe], communes: QuerySet[Commune]
    ) -> None:
        super().__init__(*args)
        self.rows = rows.annotate(of_year=Coalesce(ExtractYear("date"), "year", output_field=IntegerField()))
        years = (
            self.rows.exclude(of_year=None).order_by("-of_year").values_list("of_year", flat=True).distinct()
        )
        fields: dict[str, Any] = self.fields
        fields["year"].choices = [("", "Année"), *((year, str(year)) for year in years)]
        fields["axe"].queryset = axes
        fields["commune"].queryset = communes.filter(highlights__in=rows).distinct()

    @property
    def given(self) -> dict[str, Any]:
        """The filters that narrow something. A wrong one narrows nothing."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def found(self) -> Any:
        given, rows = self.given, self.rows
        if year := given.get("year"):
            rows = rows.filter(of_year=year)
        if axe := given.get("axe"):
            rows = rows.filter(Q(axe=axe) | Q(fiche__axe=axe))
        if commune := given.get("commune"):
            rows = rows.filter(commune=commune)
        return rows.filter(is_publishable=True) if given.get("publishable") else rows
