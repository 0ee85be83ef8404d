"""One change of many fiches; a fiche put in another place, or copied."""

from typing import Any

from django import forms

from actions.forms.basis import BasisFields
from actions.forms.fiche import IdentityForm, contacts_of
from actions.forms.plan import place_choices
from actions.listing import Plan
from actions.models import Convention, FicheAction
from actions.rules.faults import status_faults
from actions.services.bulk import ADD, REMOVE, REPLACE, Change, Line, StatusChange, TieChange, preview
from ctg.accounts.models import User
from ctg.dates import DayField
from territories.models import Contact, Theme

Status = FicheAction.Status
ACTS = [(ADD, "ajouter"), (REPLACE, "mettre à la place"), (REMOVE, "retirer")]


class BulkForm(BasisFields):
    """What to change, and to what. `lines`: what that does to each fiche chosen, once the form is valid."""

    what = forms.ChoiceField(
        label="Changer",
        choices=[("status", "le statut"), ("pilot", "le pilote"), ("theme", "la thématique")],
        widget=forms.RadioSelect,
        initial="status",
    )
    status = forms.ChoiceField(
        label="Nouveau statut", choices=[("", "Choisissez"), *Status.choices], required=False
    )
    status_reason = forms.CharField(
        label="Motif", max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    postponed_to = DayField(label="Reportée au", required=False)
    is_postponed_without_date = forms.BooleanField(label="Report sans date", required=False)
    pilot_act = forms.ChoiceField(label="Que faire", choices=ACTS, required=False)
    pilot = forms.ModelChoiceField(
        Contact.objects.none(), label="Pilote", required=False, empty_label="Choisissez"
    )
    theme_act = forms.ChoiceField(label="Que faire", choices=ACTS, required=False)
    theme = forms.ModelChoiceField(
        Theme.objects.none(), label="Thématique", required=False, empty_label="Choisissez"
    )
    side_by_side = (("pilot_act", "pilot"), ("theme_act", "theme"))

    def __init__(self, *args: Any, plan: Plan, keys: list[int], applying: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plan, self.keys, self.applying, self.convention = plan, keys, applying, plan.convention
        self.lines: list[Line] = []
        named: Any = self.fields
        named["pilot"].queryset = contacts_of(plan.convention, plan.user)
        named["theme"].queryset = Theme.objects.visible_to(plan.user)
        self.ask_basis(plan.user)

    def change(self) -> Change | None:
        """What is asked, when enough is said."""
        given = self.cleaned_data
        what = given.get("what")
        if what == "status" and given.get("status"):
            return StatusChange(
                given["status"],
                given.get("status_reason") or "",
                given.get("postponed_to"),
                bool(given.get("is_postponed_without_date")),
            )
        if what in ("pilot", "theme") and given.get(what) and given.get(f"{what}_act"):
            return TieChange(what, given[f"{what}_act"], given[what].pk, str(given[what]))
        return None

    def touches_contract(self) -> bool:
        """Whether a fiche would be abandoned, or taken up again."""
        change = self.change()
        return isinstance(change, StatusChange) and change.stops(self.lines)

    def needs_basis(self) -> bool:
        return self.asks_basis and self.applying and self.touches_contract()

    def clean(self) -> dict[str, Any]:
        change, what = self.change(), self.cleaned_data.get("what")
        if change is None and what and what not in self.errors:
            self.add_error(what, "Choisissez ce qui change.")
        if isinstance(change, StatusChange):
            self.clean_status_change(change)
        if change is not None and not self.errors:
            self.lines = preview(self.plan, self.keys, change)
            if self.applying and not any(line.after for line in self.lines):
                self.add_error(None, "Aucune fiche ne changerait.")
        return super().clean()

    def clean_status_change(self, change: StatusChange) -> None:
        faults = status_faults(
            change.status,
            reason=change.reason,
            new_date=change.postponed_to,
            without_date=change.without_date,
            opening=self.plan.convention.period_start,
        )
        for name, why in faults:
            self.add_error(name, why)

    @property
    def changed_lines(self) -> list[Line]:
        return [line for line in self.lines if line.after]

    @property
    def skipped_lines(self) -> list[Line]:
        return [line for line in self.lines if not line.after]


class PlaceForm(IdentityForm):
    """The place of a fiche in the plan, alone."""

    contract_fields: Any = ("place",)

    class Meta:
        model = FicheAction
        fields: list[str] = []


class DuplicateForm(BasisFields):
    """A copy of a fiche: its title, its convention, its place there."""

    title = forms.CharField(label="Titre de la copie", max_length=300)
    number = forms.CharField(label="Numéro", max_length=40, required=False)
    place = forms.ChoiceField(label="Place dans le plan", required=False)

    field_order = ["title", "number", "place"]

    def __init__(self, *args: Any, into: Convention, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.convention = into
        self.fields["place"].choices = place_choices(into, user)  # type: ignore[attr-defined]
        self.ask_basis(user)
