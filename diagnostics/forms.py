"""What is typed of a diagnostic. Choices are narrowed to what the user sees of the convention's territory."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q

from ctg.accounts.models import User
from ctg.dates import DATE
from ctg.merge import MergeForm
from diagnostics.models import Diagnostic, Enjeu, KeyFigure, Need, Survey
from territories.models import Commune, Departement, Epci, Qpv, Theme

FIRST_YEAR, LAST_YEAR = 1900, 2100


class NumberField(forms.DecimalField):
    """A number as a French reader writes it: « 1 816 », « 27,2 »."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["widget"] = forms.TextInput(attrs={"inputmode": "decimal"})
        super().__init__(localize=True, **kwargs)

    def to_python(self, value: Any) -> Any:
        return super().to_python(without_spaces(value))

    @staticmethod
    def as_typed(value: Any) -> Any:
        """A stored 33.0000 is typed 33."""
        if not isinstance(value, Decimal):
            return value
        return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


class CountField(forms.IntegerField):
    """A number of people or things: « 1 888 »."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["widget"] = forms.TextInput(attrs={"inputmode": "numeric"})
        super().__init__(localize=True, **kwargs)

    def to_python(self, value: Any) -> Any:
        return super().to_python(without_spaces(value))


class YearField(forms.IntegerField):
    """A year of our time, in four digits."""

    default_error_messages = {
        "invalid": "Donnez une année en quatre chiffres.",
        "min_value": f"Donnez une année entre {FIRST_YEAR} et {LAST_YEAR}.",
        "max_value": f"Donnez une année entre {FIRST_YEAR} et {LAST_YEAR}.",
    }

    def __init__(self, **kwargs: Any) -> None:
        limits = {"min_value": FIRST_YEAR, "max_value": LAST_YEAR}
        kwargs["widget"] = forms.TextInput(attrs={"inputmode": "numeric"})
        super().__init__(**(kwargs | limits))


def without_spaces(value: Any) -> Any:
    """Thousands stand apart, by whatever space."""
    return re.sub(r"\s", "", value) if isinstance(value, str) else value


class PartForm(MergeForm):
    """A row of a diagnostic. Several forms may be open in a page: their ids differ by row."""

    # Fields side by side; one that is not named stands alone, in its turn.
    side_by_side: tuple[tuple[str, ...], ...] = ()
    # Long lists of choices, folded until they are needed.
    folded: tuple[str, ...] = ()

    def __init__(self, *args: Any, user: User, space: Any, instance: Any, **kwargs: Any) -> None:
        self.user, self.space = user, space
        super().__init__(*args, instance=instance, auto_id=f"c{instance.uuid.hex[:12]}-%s", **kwargs)
        self.narrow()
        if not self.is_bound:
            next(iter(self.fields.values())).widget.attrs["autofocus"] = True

    @property
    def rows(self) -> list[list[forms.BoundField]]:
        """The fields, line by line."""
        beginning = {row[0]: row for row in self.side_by_side}
        inside = {name for row in self.side_by_side for name in row[1:]}
        return [
            [self[other] for other in beginning.get(name, (name,))]
            for name in self.fields
            if name not in inside
        ]

    def narrow(self) -> None:
        if "themes" in self.fields:
            choices: Any = self.fields["themes"]
            choices.queryset = Theme.objects.visible_to(self.user)


class DiagnosticForm(PartForm):
    side_by_side = (("title", "year"),)

    class Meta:
        model = Diagnostic
        fields = ["title", "year", "source", "summary"]
        field_classes = {"year": YearField}
        help_texts = {
            "source": "Le document, l’étude ou l’organisme d’où viennent ces connaissances.",
            "summary": "Une ligne vide sépare deux paragraphes ; « - » commence un point de liste ; "
            "**deux étoiles** mettent en gras.",
        }


class KeyFigureForm(PartForm):
    """The five columns that say which territory a figure describes are one choice."""

    territory = forms.ChoiceField(label="Territoire décrit")
    side_by_side = (("value", "unit", "state"), ("territory", "year"))

    class Meta:
        model = KeyFigure
        fields = ["label", "state", "value", "unit", "year", "source", "words", "themes"]
        field_classes = {"value": NumberField, "year": YearField}
        widgets = {"themes": forms.CheckboxSelectMultiple}
        labels = {"words": "Phrase de la source"}
        help_texts = {
            "unit": "Par exemple « habitants », « places », « % ».",
            "words": "Telle qu’imprimée. Montrée quand elle dit autre chose que la ligne.",
        }

    field_order = ["label", "value", "unit", "state", "territory", "year", "source", "words", "themes"]

    def __init__(self, *args: Any, instance: KeyFigure, **kwargs: Any) -> None:
        kwargs["initial"] = {"territory": territory_of(instance)} | kwargs.get("initial", {})
        super().__init__(*args, instance=instance, **kwargs)

    def narrow(self) -> None:
        super().narrow()
        field: Any = self.fields["territory"]
        field.choices = territory_choices(self.user, self.space, self.instance)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        state, value = cleaned.get("state"), cleaned.get("value")
        if state in KeyFigure.WITH_VALUE and value is None and "value" not in self.errors:
            self.add_error("value", "Donnez la valeur, ou dites dans « État » pourquoi elle manque.")
        if state and state not in KeyFigure.WITH_VALUE and value is not None:
            self.add_error("value", "Effacez la valeur, ou choisissez l’état « connu » ou « estimé ».")
        if cleaned.get("territory"):
            put_territory(self.instance, cleaned["territory"])
        return cleaned

    def read(self, row: Any, name: str) -> Any:
        return territory_of(row) if name == "territory" else super().read(row, name)

    def write(self, row: Any, name: str, value: Any) -> str | None:
        if name != "territory":
            return super().write(row, name, value)
        put_territory(row, value)
        row.save(update_fields=["epci", "commune", "qpv", "departement", "is_national"])
        return None


KINDS = ("epci", "commune", "qpv", "departement")


def territory_of(figure: KeyFigure) -> str:
    """As `territory_choices` names it: « epci:200066009 », « france », or nothing yet."""
    if figure.is_national:
        return "france"
    named = ((kind, getattr(figure, f"{kind}_id")) for kind in KINDS)
    return next((f"{kind}:{key}" for kind, key in named if key), "")


def put_territory(figure: KeyFigure, choice: str) -> None:
    kind, _, key = choice.partition(":")
    figure.is_national = choice == "france"
    for column in KINDS:
        setattr(figure, f"{column}_id", key if column == kind else None)


def territory_choices(user: User, space: Any, figure: KeyFigure) -> list[tuple[str, Any]]:
    """The territories of the convention, its départements and France; and the one already chosen, if elsewhere."""
    covers = Q(conventions=space.pk)
    epcis = Epci.objects.visible_to(user).filter(covers | Q(communes__conventions=space.pk))
    communes = Commune.objects.visible_to(user).filter(covers | Q(epci__conventions=space.pk))
    qpvs = Qpv.objects.visible_to(user).filter(Q(epci__in=epcis) | Q(communes__in=communes))
    departements = Departement.objects.visible_to(user).filter(communes__in=communes)
    groups = (
        ("Intercommunalité", "epci", epcis),
        ("Communes", "commune", communes),
        ("Quartiers prioritaires (QPV)", "qpv", qpvs),
        ("Département", "departement", departements),
    )
    choices: list[tuple[str, Any]] = [("", "Choisissez un territoire")]
    for label, kind, rows in groups:
        if listed := [(f"{kind}:{row.pk}", str(row)) for row in rows.distinct()]:
            choices.append((label, listed))
    choices.append(("france", "France entière"))
    current = territory_of(figure)
    if current not in {key for _, listed in choices if isinstance(listed, list) for key, _ in listed} | {
        "",
        "france",
    }:
        choices.append((current, figure.territory))
    return choices


class SurveyForm(PartForm):
    side_by_side = (("audience", "respondents"), ("period", "starts_on", "ends_on"))

    class Meta:
        model = Survey
        fields = ["title", "audience", "respondents", "period", "starts_on", "ends_on"]
        field_classes = {"respondents": CountField}
        widgets = {"starts_on": DATE, "ends_on": DATE}
        labels = {"respondents": "Nombre de réponses"}
        help_texts = {"period": "En toutes lettres, par exemple « octobre 2023 »."}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        start, end = cleaned.get("starts_on"), cleaned.get("ends_on")
        if start and end and end < start:
            self.add_error("ends_on", "L’enquête doit finir après son début.")
        return cleaned


class NeedForm(PartForm):
    class Meta:
        model = Need
        fields = ["text", "share", "themes"]
        field_classes = {"share": NumberField}
        widgets = {"text": forms.Textarea(attrs={"rows": 2}), "themes": forms.CheckboxSelectMultiple}
        help_texts = {"share": "Laissez vide si l’enquête ne la donne pas."}

    def clean_share(self) -> Decimal | None:
        share: Decimal | None = self.cleaned_data["share"]
        if share is not None and not 0 <= share <= 100:
            raise forms.ValidationError("Une part va de 0 à 100 %.")
        return share


class EnjeuForm(PartForm):
    """An enjeu rests on needs and figures of its own diagnostic only."""

    folded = ("needs", "figures")

    class Meta:
        model = Enjeu
        fields = ["text", "themes", "needs", "figures"]
        widgets = {
            "text": forms.Textarea(attrs={"rows": 2}),
            "themes": forms.CheckboxSelectMultiple,
            "needs": forms.CheckboxSelectMultiple,
            "figures": forms.CheckboxSelectMultiple,
        }
        labels = {
            "needs": "Besoins sur lesquels il repose",
            "figures": "Chiffres clés sur lesquels il repose",
        }

    def narrow(self) -> None:
        super().narrow()
        needs: Any = self.fields["needs"]
        needs.queryset = (
            Need.objects.visible_to(self.user)
            .filter(survey__diagnostic=self.instance.diagnostic_id)
            .select_related("survey")
            .order_by("survey__position", "survey", "position", "pk")
        )
        needs.label_from_instance = lambda need: f"{need.text} ({need.survey})"
        figures: Any = self.fields["figures"]
        figures.queryset = (
            KeyFigure.objects.visible_to(self.user)
            .filter(diagnostic=self.instance.diagnostic_id)
            .with_territory()
        )
        figures.label_from_instance = lambda figure: figure.in_words
