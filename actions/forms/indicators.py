"""An indicator, whose target is read from its words, and its values."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import PurePath
from typing import Any

from django import forms
from django.utils import timezone

from actions.feeds import next_january, sources
from actions.forms.parts import PartForm, plausible_year
from actions.models import ClosedYear, Document, Indicator, Measurement, Objective
from actions.models.exchanges import Review
from actions.rules.faults import Fault, content_faults, contents_of, period_faults
from actions.rules.periods import label
from actions.rules.reading import Understood, read_target
from ctg.dates import DATE
from ctg.files.forms import StoredFileField
from ctg.files.services import store
from ctg.forms import NumberField

# What the words of a target give, field by field.
NUMBERS = {
    "comparator": "comparator",
    "target_value": "value",
    "target_per": "per",
    "target_mode": "mode",
    "target_on": "target_on",
    "baseline_value": "baseline_value",
    "baseline_year": "baseline_year",
}
SETTINGS = ("unit", "direction", "aggregation", "frequency")
# Kinds whose number is read alike.
COUNTED = {"count", "amount", "satisfaction", "cadence"}


class IndicatorForm(PartForm):
    """What is typed in words is shown back, once, as it was understood: the person keeps it, changes it or not.

    The form then comes back with the numbers filled in and `understood` in it; sending it again decides.
    """

    body = "actions/indicator_form.html"
    understood = forms.ChoiceField(
        label="",
        choices=[("oui", "C’est cela"), ("mots", "Garder seulement les mots, sans cible chiffrée")],
        widget=forms.RadioSelect,
        required=False,
    )
    fed_by = forms.ChoiceField(
        label="Compté par",
        required=False,
        help_text="L’indicateur se compte alors seul, par année entière ; une valeur saisie remplace le compte.",
    )
    beside = (*PartForm.beside, "understood")
    contract_fields = ("label", "target_words", "kind", "unit", "direction", "aggregation", *NUMBERS)
    side_by_side = (
        ("kind", "unit"),
        ("direction", "frequency", "aggregation"),
        ("comparator", "target_value", "target_per"),
        ("baseline_value", "baseline_year"),
        ("fed_by", "fed_from"),
    )

    class Meta:
        model = Indicator
        fields = [
            "label",
            "target_words",
            "target_mode",
            "comparator",
            "target_value",
            "target_per",
            "target_on",
            "kind",
            "unit",
            "direction",
            "frequency",
            "aggregation",
            "baseline_value",
            "baseline_year",
            "objective",
            "fed_by",
            "fed_from",
        ]
        widgets = {"target_on": DATE, "fed_from": DATE}
        field_classes = {"target_value": NumberField, "baseline_value": NumberField}
        help_texts = {
            "target_words": "Comme dans le document\u00a0: «\u00a0>\u00a024/an\u00a0», «\u00a0+10\u00a0%\u00a0», «\u00a01\u00a0COPIL/an\u00a0».",
            "target_mode": "À chaque période : un seuil chaque année. En cumul : un total sur la convention. "
            "À l’échéance : un niveau à atteindre à la fin.",
            "target_on": "Par défaut, la fin de la convention.",
            "fed_from": "Par défaut, le 1er janvier prochain.",
        }

    def narrow(self) -> None:
        self.proposal: Understood | None = None
        objectives = Objective.objects.visible_to(self.user).filter(fiche=self.fiche)
        if objectives.exists():
            self.offer("objective", objectives)
        else:
            del self.fields["objective"]
        known = {source.key: source.label for source in sources()}
        if self.instance.fed_by:
            known.setdefault(self.instance.fed_by, self.instance.fed_by)
        feeding: Any = self.fields["fed_by"]
        feeding.choices = [("", "les personnes qui saisissent"), *known.items()]
        if self.data.get("understood") == "mots":
            self.put({name: self.data.get(f"initial-{name}", "") for name in NUMBERS})

    @property
    def is_understood(self) -> bool:
        """What was read is shown, or has been."""
        return self.proposal is not None or bool(self.data.get("understood"))

    @property
    def is_unfolded(self) -> bool:
        """Whether the settings are open from the start: a new indicator needs only its label and words."""
        return bool(self.instance.pk) or any(bound.errors for bound in self.own_fields)

    @property
    def own_fields(self) -> list[forms.BoundField]:
        """The settings; the template places the others."""
        placed = ("label", "target_words", "understood", *(["target_mode"] if self.is_understood else []))
        return [bound for bound in super().own_fields if bound.name not in placed]

    def clean_baseline_year(self) -> int | None:
        return plausible_year(self.cleaned_data["baseline_year"])

    def clean_kind(self) -> str:
        kind: str = self.cleaned_data["kind"]
        if kind != self.instance.kind and self.has_values:
            raise forms.ValidationError("Cet indicateur a déjà des valeurs : sa nature ne change plus.")
        return kind

    @property
    def has_values(self) -> bool:
        return self.instance.pk is not None and self.instance.measurements.exists()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if bool(cleaned.get("comparator")) != (cleaned.get("target_value") is not None):
            missing = "target_value" if cleaned.get("comparator") else "comparator"
            self.add_error(missing, "Une cible se compose d’un signe et d’une valeur.")
        if (cleaned.get("kind"), cleaned.get("aggregation")) == (
            Indicator.Kind.RATE,
            Indicator.Aggregation.SUM,
        ):
            self.add_error(
                "aggregation", "Un taux ne s’additionne pas : choisissez « dernière valeur » ou « moyenne »."
            )
        self._clean_feeding(cleaned)
        if not self.errors and not self.data.get("understood"):
            self.proposal = self.propose(cleaned)
        return cleaned

    def _clean_feeding(self, cleaned: dict[str, Any]) -> None:
        source = next((one for one in sources() if one.key == cleaned.get("fed_by")), None)
        if source and cleaned.get("kind") not in source.kinds:
            self.add_error("fed_by", f"« {source.label} » ne compte pas un indicateur de cette nature.")
        fed = bool(cleaned.get("fed_by"))
        cleaned["fed_from"] = (cleaned.get("fed_from") or next_january()) if fed else None

    def changed_fields(self) -> list[str]:
        """The date that switching on or off gives is a change like any other."""
        changed = super().changed_fields()
        given = "fed_by" in changed and "fed_from" not in changed
        return [*changed, "fed_from"] if given else changed

    # --- What the words say -------------------------------------------------------------------------
    def propose(self, cleaned: dict[str, Any]) -> Understood | None:
        """What the words say beyond what was given, put into the form; None when that is nothing."""
        is_typed = {"label", "target_words"} & set(self.changed_data)
        if not is_typed or cleaned.get("target_value") is not None:
            return None
        found, kind = read_target(cleaned["label"], cleaned["target_words"]), cleaned["kind"]
        if "kind" in self.changed_data or self.has_values:
            if found.kind != kind and not {found.kind, kind} <= COUNTED:
                return None
            found = replace(found, kind=kind)
        if not found.kind or (found.kind == kind and found.value is None):
            return None
        given: dict[str, Any] = {"label": found.label, "target_words": found.words, "understood": "oui"}
        given |= {name: getattr(found, source) for name, source in NUMBERS.items()}
        if found.kind != kind:
            given["kind"] = found.kind
        if not self.has_values:
            given |= {name: getattr(found, name) for name in SETTINGS if name not in self.changed_data}
        self.put(given)
        return found

    def put(self, given: dict[str, Any]) -> None:
        """Write into the form as a person would."""
        data: Any = self.data
        self.data = data = data.copy()
        for name, value in given.items():
            data[name] = typed_value(value)

    def is_valid(self) -> bool:
        """Not yet, when the person has still to see what was understood."""
        return super().is_valid() and self.proposal is None

    @property
    def said(self) -> str:
        """« nombre, plus de 24 par an »."""
        found = self.proposal or read_target(self.data.get("label", ""), self.data.get("target_words", ""))
        kind = str(Indicator.Kind(found.kind).label) if found.kind else ""
        return f"{kind}, {found.said}" if kind and kind != found.said else kind or found.said

    @property
    def has_numbers(self) -> bool:
        """Whether the words give a number, which one may refuse."""
        return bool(self.data.get("target_value")) or self.data.get("understood") == "mots"


def typed_value(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",")
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    return "" if value is None else str(value)


class IndicatorModeForm(PartForm):
    """Against what the target of an indicator is judged, and nothing else."""

    contract_fields = ("target_mode",)

    class Meta:
        model = Indicator
        fields = ["target_mode"]
        widgets = {"target_mode": forms.RadioSelect}


class MeasurementForm(PartForm):
    """The fields of the one content that the kind of the indicator carries."""

    indicator: Indicator
    upload = StoredFileField(label="Justificatif", required=False)
    beside = (*PartForm.beside, "upload")
    stamps = ("entered_at",)
    side_by_side = (("period_start", "period_end"), ("numerator", "denominator", "value"))
    CONTENT = ("numerator", "denominator", "value", "done", "text")

    class Meta:
        model = Measurement
        fields = [
            "period_start",
            "period_end",
            "state",
            "numerator",
            "denominator",
            "value",
            "done",
            "text",
            "note",
            "evidence",
        ]
        field_classes = dict.fromkeys(("value", "numerator", "denominator"), NumberField)
        widgets = {
            "period_start": DATE,
            "period_end": DATE,
            "done": forms.Select(choices=[("", "–"), ("True", "oui"), ("False", "non")]),
            "text": forms.Textarea(attrs={"rows": 3}),
        }
        labels = {"evidence": "Justificatif, parmi les documents de la fiche"}

    def __init__(self, *args: Any, indicator: Indicator, **kwargs: Any) -> None:
        self.indicator = indicator
        super().__init__(*args, **kwargs)
        for name in set(self.CONTENT) - set(self.contents()):
            del self.fields[name]
        if self.is_rate:
            self.fields["value"].label = "ou le pourcentage seul"
        elif "value" in self.fields:
            self.fields["value"].label = f"Valeur ({indicator.unit})" if indicator.unit else "Valeur"
        if not self.is_bound and self.initial.get("period_start") and self.instance.pk is None:
            # The period is known: only the value is to be typed.
            self.fields[self.contents()[0]].widget.attrs["autofocus"] = True

    def narrow(self) -> None:
        documents = Document.objects.visible_to(self.user).filter(fiche=self.fiche)
        if documents.exists():
            self.offer("evidence", documents)
            self.fields["upload"].label = "ou un nouveau fichier"
        else:
            del self.fields["evidence"]

    def attach(self) -> None:
        self.instance.indicator, self.instance.author = self.indicator, self.user

    @property
    def is_rate(self) -> bool:
        return self.indicator.kind == Indicator.Kind.RATE

    def contents(self) -> tuple[str, ...]:
        return contents_of(self.indicator.kind)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name, why in [*self.period_faults(cleaned), *self.content_faults(cleaned)]:
            if name not in self.errors:
                self.add_error(name, why)
        return cleaned

    def period_faults(self, cleaned: dict[str, Any]) -> Iterable[Fault]:
        """A period that is left as it was may be from before: the convention was dated again since."""
        if self.instance.pk and not {"period_start", "period_end"} & set(self.changed_data):
            return ()
        bounds = {"today": timezone.localdate(), "opening": self.convention.period_start}
        return period_faults(cleaned.get("period_start"), cleaned.get("period_end"), **bounds)

    def content_faults(self, cleaned: dict[str, Any]) -> Iterable[Fault]:
        return content_faults(self.indicator.kind, cleaned.get("state", ""), cleaned)

    # --- Saving -------------------------------------------------------------------------------------
    def _create(self) -> bool:
        """In a closed year a new value is kept as proposed: it comes after the closing."""
        if self.instance.status == Review.ACCEPTED and self.is_closed:
            self.instance.status = Review.PROPOSED
        return super()._create() and self.keep_upload()

    @property
    def is_closed(self) -> bool:
        closed = ClosedYear.objects.visible_to(self.user).of(self.convention)
        return closed.filter(year=self.cleaned_data["period_end"].year).exists()

    def _merge(self) -> bool:
        return super()._merge() and self.keep_upload()

    def keep_upload(self) -> bool:
        """The file sent becomes a document of the fiche, and the evidence of the value."""
        if upload := self.cleaned_data.get("upload"):
            value: Measurement = self.instance
            name = PurePath(upload.name).stem or label(value.period_start, value.period_end)
            document = Document(fiche=self.fiche, title=name[:200], stored=store(upload), author=self.user)
            document.save()
            value.evidence = document
            value.save(update_fields=["evidence"])
        return True
