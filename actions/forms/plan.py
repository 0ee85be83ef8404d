"""Forms of the plan's levels, and of a new fiche."""

from typing import Any

from django import forms

from actions.forms.basis import BasisFields
from actions.models import Axe, Convention, FicheAction, Orientation
from ctg.accounts.models import User
from ctg.merge import MergeForm


class AxeForm(BasisFields, MergeForm):
    contract_fields = ("number", "title")

    class Meta:
        model = Axe
        fields = ["number", "title"]

    def __init__(self, *args: Any, convention: Convention, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.convention = convention
        self.ask_basis(user)


class OrientationForm(BasisFields, MergeForm):
    contract_fields = ("number", "title")

    class Meta:
        model = Orientation
        fields = ["number", "title"]

    def __init__(self, *args: Any, convention: Convention, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.convention = convention
        self.ask_basis(user)


class EndForm(BasisFields):
    """Confirms that something of the plan stops. `reason`: asks why; `contract`: asks the basis too."""

    reason = forms.CharField(label="Motif", max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(
        self,
        *args: Any,
        convention: Convention,
        user: User,
        reason: bool = True,
        contract: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.convention = convention
        if not reason:
            del self.fields["reason"]
        if contract:
            self.ask_basis(user)


def place_choices(convention: Convention, user: User) -> list[tuple[str, Any]]:
    """Where a fiche may stand: an axe, one of its orientations, across, or not yet placed."""
    axes = Axe.objects.visible_to(user).of(convention).filter(ended_on=None).prefetch_related("orientations")
    placed: list[tuple[str, Any]] = [("", "À classer"), ("transversale", "Fiche transversale")]
    for axe in axes:
        inside = [
            (f"orientation-{orientation.pk}", str(orientation))
            for orientation in axe.orientations.all()
            if orientation.ended_on is None
        ]
        placed.append(
            (str(axe), [(f"axe-{axe.pk}", "Directement dans l’axe" if inside else str(axe)), *inside])
        )
    return placed


def place_of(fiche: FicheAction) -> str:
    """The place of a fiche as `place_choices` names it."""
    if fiche.is_transversale:
        return "transversale"
    if fiche.orientation_id:
        return f"orientation-{fiche.orientation_id}"
    return f"axe-{fiche.axe_id}" if fiche.axe_id else ""


def put_in_place(fiche: FicheAction, place: str) -> None:
    """Set axe, orientation and transversale from a place."""
    kind, _, key = place.partition("-")
    fiche.is_transversale = place == "transversale"
    fiche.orientation = Orientation.objects.get(pk=key) if kind == "orientation" else None
    fiche.axe = fiche.orientation.axe if fiche.orientation else None
    if kind == "axe":
        fiche.axe = Axe.objects.get(pk=key)


class FicheForm(BasisFields, forms.ModelForm):
    """A new fiche: its title is enough."""

    place = forms.ChoiceField(label="Place dans le plan", required=False)

    class Meta:
        model = FicheAction
        fields = ["number", "title", "public_cible"]

    field_order = ["place", "number", "title", "public_cible"]

    def __init__(self, *args: Any, convention: Convention, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.convention = convention
        self.fields["place"].choices = place_choices(convention, user)  # type: ignore[attr-defined]
        self.ask_basis(user)

    def save(self, commit: bool = True) -> FicheAction:
        self.instance.convention = self.convention
        put_in_place(self.instance, self.cleaned_data["place"])
        return super().save(commit)
