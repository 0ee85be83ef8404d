"""The basis of a change: asked once the plan is a contract (docs/conception.md)."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from django import forms
from django.utils import timezone

from actions.models import Avenant, Basis, Convention
from ctg.accounts.models import User
from ctg.dates import DayField

UNFOUNDED = "La convention est signée : dites ce qui fonde ce changement."
BESIDE = ("basis_kind", "basis_date", "basis_words", "basis_avenant")


class BasisFields(forms.Form):
    """Mixed into a form that changes the plan. `ask_basis` adds the questions when the plan is a contract."""

    convention: Convention
    # Not kept on the row that a MergeForm changes.
    beside: tuple[str, ...] = BESIDE
    # Fields that stand side by side; the others have a line each.
    side_by_side: tuple[tuple[str, ...], ...] = ()
    # What draws the inside of the form.
    body = "actions/form_body.html"
    # Names proposed as one types, by the id of the <datalist> that a field refers to.
    suggestions: Mapping[str, Sequence[str]] = MappingProxyType({})
    # Fields whose change asks for a basis; None: saving the form always does.
    contract_fields: tuple[str, ...] | None = None

    def ask_basis(self, user: User) -> None:
        if not self.convention.is_contract:
            return
        avenants = Avenant.objects.visible_to(user).of(self.convention)
        self.fields["basis_kind"] = forms.ChoiceField(
            label="Ce changement est",
            choices=[
                (Basis.Kind.CORRECTION, "la correction d’une erreur de saisie"),
                (Basis.Kind.AJUSTEMENT, "un ajustement décidé avec les partenaires"),
                *([(Basis.Kind.AVENANT, "prévu par un avenant")] if avenants else []),
            ],
            widget=forms.RadioSelect,
            required=False,
        )
        self.fields["basis_words"] = forms.CharField(
            label="Pourquoi ce changement",
            max_length=300,
            required=False,
            help_text="Demandé pour un ajustement.",
        )
        self.fields["basis_date"] = DayField(label="Décidé le", required=False, initial=timezone.localdate)
        self.fields["basis_avenant"] = forms.ModelChoiceField(
            avenants, label="Avenant", required=False, empty_label="Choisissez"
        )
        if not avenants:
            del self.fields["basis_avenant"]
            self.fields["basis_kind"].help_text = "Un avenant s’ajoute d’abord dans les Paramètres."

    @property
    def asks_basis(self) -> bool:
        return "basis_kind" in self.fields

    @property
    def basis_legend(self) -> str:
        """Why the basis is asked; and for what, when saving the form does not always change the contract."""
        said = "La convention est signée"
        return f"{said} : si vous changez le contrat, dites pourquoi" if self.contract_fields else said

    @property
    def basis_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in BESIDE if name in self.fields]

    @property
    def own_fields(self) -> list[forms.BoundField]:
        """All fields but those of the basis, for the template."""
        return [bound for bound in self if bound.name not in BESIDE]

    @property
    def field_rows(self) -> list[list[forms.BoundField]]:
        """`own_fields`, line by line."""
        beside = {name: row for row in self.side_by_side for name in row}
        rows: dict[Any, list[forms.BoundField]] = {}
        for bound in self.own_fields:
            rows.setdefault(beside.get(bound.name, bound.name), []).append(bound)
        return list(rows.values())

    @property
    def is_alone(self) -> bool:
        """A single field, whose label the heading above it already says."""
        return len(self.own_fields) == 1

    def needs_basis(self) -> bool:
        if not self.asks_basis:
            return False
        return self.contract_fields is None or bool(set(self.contract_fields) & set(self.changed_data))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.needs_basis():
            return cleaned
        kind = cleaned.get("basis_kind")
        if not kind:
            self.add_error("basis_kind", UNFOUNDED)
        elif kind == Basis.Kind.AJUSTEMENT and not cleaned.get("basis_words"):
            self.add_error("basis_words", "Dites en quelques mots pourquoi le plan est ajusté.")
        elif kind == Basis.Kind.AVENANT and not cleaned.get("basis_avenant"):
            self.add_error("basis_avenant", "Choisissez l’avenant ; il s’ajoute dans les Paramètres.")
        return cleaned

    def build_basis(self) -> Basis | None:
        """The unsaved basis that was given, or None when none was needed."""
        if not self.needs_basis():
            return None
        given = self.cleaned_data
        avenant = given.get("basis_avenant") if given["basis_kind"] == Basis.Kind.AVENANT else None
        return Basis(
            convention=self.convention,
            kind=given["basis_kind"],
            words=given["basis_words"],
            date=given["basis_date"] or (avenant.date if avenant else timezone.localdate()),
            avenant=avenant,
        )
