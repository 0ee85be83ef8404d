"""What hangs on a fiche: objectives, steps, indicators, values, notes, highlights, evaluations."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from actions.forms.basis import BasisFields
from actions.models import (
    Convention,
    FicheAction,
    FicheEvaluation,
    Highlight,
    Indicator,
    Measurement,
    Objective,
    ObjectiveAppreciation,
    ProgressNote,
    Step,
)
from actions.models.followup import Appreciation
from ctg.accounts.models import User
from ctg.merge import FIRST_YEAR, LAST_YEAR, MergeForm
from territories.models import Commune

BESIDE = ("basis_kind", "basis_date", "basis_words", "basis_avenant")
DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
YEAR = re.compile(r"(?:19|20)[0-9]{2}")


def plausible_year(year: int | None) -> int | None:
    """Raises ValidationError for a year typed wrong."""
    if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
        raise forms.ValidationError("Écrivez une année à quatre chiffres.")
    return year


class PartForm(BasisFields, MergeForm):
    """A row that hangs on a fiche. `contract_fields = ()`: follow-up, which never asks for a basis."""

    beside = BESIDE
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


class StepForm(PartForm):
    side_by_side = (("state", "done_on"), ("due_on", "due_words"))

    class Meta:
        model = Step
        fields = ["title", "details", "due_on", "due_words", "state", "done_on", "number"]
        widgets = {"due_on": DATE, "done_on": DATE}
        help_texts = {
            "due_words": "Par exemple « 2027 » ou « rentrée 2026 » : gardé tel quel à côté de la date."
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        words = (cleaned.get("due_words") or "").strip()
        if YEAR.fullmatch(words) and not cleaned.get("due_on"):
            cleaned["due_on"] = date(int(words), 12, 31)  # a year alone ends on 31 December
        if cleaned.get("done_on") and cleaned.get("state") != Step.State.DONE:
            self.add_error("done_on", "Seule une étape faite a une date de réalisation.")
        return cleaned

    def changed_fields(self) -> list[str]:
        """The date that the words gave is a change like any other: it may meet another's."""
        changed = super().changed_fields()
        given = "due_words" in changed and "due_on" not in changed and self.cleaned_data.get("due_on")
        return [*changed, "due_on"] if given else changed


class IndicatorForm(PartForm):
    contract_fields = (
        "kind",
        "unit",
        "direction",
        "aggregation",
        "target_words",
        "baseline_year",
        "label",
        "comparator",
        "target_value",
        "target_per",
        "target_mode",
        "target_on",
        "baseline_value",
    )

    side_by_side = (
        ("kind", "unit"),
        ("direction", "frequency"),
        ("comparator", "target_value", "target_per"),
        ("baseline_value", "baseline_year"),
    )

    class Meta:
        model = Indicator
        fields = [
            "label",
            "kind",
            "unit",
            "direction",
            "frequency",
            "aggregation",
            "objective",
            "target_words",
            "comparator",
            "target_value",
            "target_per",
            "target_mode",
            "target_on",
            "baseline_value",
            "baseline_year",
        ]
        widgets = {"target_on": DATE}
        localized_fields = ["target_value", "baseline_value"]
        help_texts = {
            "target_words": "Comme dans le document : « > 24/an ». La cible chiffrée ci-dessous sert au calcul.",
            "target_mode": "À chaque période : un seuil chaque année. En cumul : sur toute la convention. "
            "À l’échéance : une valeur à atteindre à la fin.",
            "target_on": "Par défaut, la fin de la convention.",
        }

    def narrow(self) -> None:
        objectives = Objective.objects.visible_to(self.user).filter(fiche=self.fiche)
        if objectives.exists():
            self.offer("objective", objectives)
        else:
            del self.fields["objective"]

    def clean_baseline_year(self) -> int | None:
        return plausible_year(self.cleaned_data["baseline_year"])

    def clean_kind(self) -> str:
        kind: str = self.cleaned_data["kind"]
        if self.instance.pk and kind != self.instance.kind and self.instance.measurements.exists():
            raise forms.ValidationError("Cet indicateur a déjà des valeurs : sa nature ne change plus.")
        return kind

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if bool(cleaned.get("comparator")) != (cleaned.get("target_value") is not None):
            missing = "target_value" if cleaned.get("comparator") else "comparator"
            self.add_error(missing, "Une cible se compose d’un signe et d’une valeur.")
        if (
            cleaned.get("kind") == Indicator.Kind.RATE
            and cleaned.get("aggregation") == Indicator.Aggregation.SUM
        ):
            self.add_error(
                "aggregation", "Un taux ne s’additionne pas : choisissez « dernière valeur » ou « moyenne »."
            )
        return cleaned


class MeasurementForm(PartForm):
    """The fields of the one content that the kind of the indicator carries."""

    indicator: Indicator
    side_by_side = (("period_start", "period_end"), ("numerator", "denominator"))
    CONTENT = ("value", "numerator", "denominator", "done", "text")

    class Meta:
        model = Measurement
        fields = [
            "period_start",
            "period_end",
            "state",
            "value",
            "numerator",
            "denominator",
            "done",
            "text",
            "note",
        ]
        # « 148,5 » and « 148.5 » are both understood.
        localized_fields = ["value", "numerator", "denominator"]
        widgets = {
            "period_start": DATE,
            "period_end": DATE,
            "done": forms.Select(choices=[("", "–"), ("True", "oui"), ("False", "non")]),
            "text": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, indicator: Indicator, **kwargs: Any) -> None:
        self.indicator = indicator
        super().__init__(*args, **kwargs)
        for name in set(self.CONTENT) - set(self.contents()):
            del self.fields[name]
        if "value" in self.fields:
            self.fields["value"].label = f"Valeur ({indicator.unit})" if indicator.unit else "Valeur"

    def attach(self) -> None:
        self.instance.indicator, self.instance.author = self.indicator, self.user

    def contents(self) -> tuple[str, ...]:
        kind = Indicator.Kind(self.indicator.kind)
        return {
            Indicator.Kind.RATE: ("numerator", "denominator"),
            Indicator.Kind.DELIVERABLE: ("done",),
            Indicator.Kind.QUALITATIVE: ("text",),
        }.get(kind, ("value",))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        start, end = cleaned.get("period_start"), cleaned.get("period_end")
        if start and end and end < start:
            self.add_error("period_end", "La période doit finir après son début.")
        if start and start > timezone.localdate():
            self.add_error("period_start", "Cette période n’a pas commencé.")
        carries = cleaned.get("state") in Measurement.WITH_VALUE
        for name in self.contents():
            given = cleaned.get(name) not in (None, "")
            if carries and not given and name not in self.errors:
                self.add_error(name, "Donnez la valeur, ou choisissez un état qui dit pourquoi elle manque.")
            elif not carries and given:
                self.add_error(
                    name, "Cet état dit qu’il n’y a pas de valeur : videz ce champ ou changez l’état."
                )
            self._refuse_negative(cleaned, name)
        return cleaned

    def _refuse_negative(self, cleaned: dict[str, Any], name: str) -> None:
        value = cleaned.get(name)
        if isinstance(value, Decimal) and value < 0 and self.indicator.kind != Indicator.Kind.CHANGE:
            self.add_error(name, "Une valeur ne peut pas être négative.")
        if name == "denominator" and value == 0:
            self.add_error(name, "Le dénominateur ne peut pas être zéro.")


class NoteForm(PartForm):
    class Meta:
        model = ProgressNote
        fields = ["date", "text", "visibility"]
        widgets = {"date": DATE, "text": forms.Textarea(attrs={"rows": 4})}

    def attach(self) -> None:
        self.instance.fiche, self.instance.author = self.fiche, self.user

    def clean_date(self) -> date:
        day: date = self.cleaned_data["date"]
        if day > timezone.localdate():
            raise forms.ValidationError(
                "Un point d’étape raconte ce qui a eu lieu : sa date n’est pas à venir."
            )
        return day


class HighlightForm(PartForm):
    side_by_side = (("year", "period"), ("commune", "people"))

    class Meta:
        model = Highlight
        fields = ["title", "date", "year", "period", "commune", "people", "text"]
        widgets = {"date": DATE, "text": forms.Textarea(attrs={"rows": 3})}
        labels = {"date": "Date, si elle est connue"}

    def attach(self) -> None:
        self.instance.fiche, self.instance.author = self.fiche, self.user
        self.instance.convention = self.convention

    def narrow(self) -> None:
        self.offer("commune", Commune.objects.visible_to(self.user).filter(conventions=self.convention))

    def clean_year(self) -> int | None:
        return plausible_year(self.cleaned_data["year"])


class EvaluationForm(PartForm):
    """A year of the fiche, with the appreciation of each objective."""

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
