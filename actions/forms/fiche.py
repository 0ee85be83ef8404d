"""The sections of a fiche: each is edited in place, and saved field by field."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from actions.forms.basis import BasisFields
from actions.forms.plan import place_choices, place_of, put_in_place
from actions.models import Convention, FicheAction, FicheLead, FichePartner
from ctg.accounts.models import User
from ctg.merge import MergeForm
from territories.models import Commune, Contact, Organisation, Qpv, Theme

BESIDE = ("basis_kind", "basis_date", "basis_words", "basis_avenant")
DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class SectionForm(BasisFields, MergeForm):
    """A section of a fiche. Choices are narrowed to what the user sees in this convention."""

    beside: tuple[str, ...] = BESIDE
    contract_fields: tuple[str, ...] = ()

    class Meta:
        model = FicheAction
        fields: list[str] = []

    def __init__(self, *args: Any, convention: Convention, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.convention, self.user = convention, user
        self.narrow()
        if self.contract_fields:
            self.ask_basis(user)

    def narrow(self) -> None:
        """Limit the choices."""


class IdentityForm(SectionForm):
    place = forms.ChoiceField(label="Place dans le plan", required=False)
    contract_fields = ("title", "place")

    class Meta:
        model = FicheAction
        fields = ["number", "title", "public_cible", "is_permanent"]

    field_order = ["number", "title", "place", "public_cible", "is_permanent"]

    def __init__(self, *args: Any, instance: FicheAction, **kwargs: Any) -> None:
        initial = {"place": place_of(instance)} | kwargs.pop("initial", {})
        super().__init__(*args, instance=instance, initial=initial, **kwargs)

    def narrow(self) -> None:
        choices = place_choices(self.convention, self.user)
        current = place_of(self.instance)
        if current not in {key for key, label in flatten(choices)}:  # its axe was ended since
            choices.append((current, str(self.instance.orientation or self.instance.axe)))
        self.fields["place"].choices = choices  # type: ignore[attr-defined]

    def read(self, row: FicheAction, name: str) -> Any:
        return place_of(row) if name == "place" else super().read(row, name)

    def write(self, row: FicheAction, name: str, value: Any) -> str | None:
        if name != "place":
            return super().write(row, name, value)
        put_in_place(row, value)
        row.save(update_fields=["axe", "orientation", "is_transversale"])
        return None


def flatten(choices: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    """Choices without their groups."""
    return [pair for key, label in choices for pair in (label if isinstance(label, list) else [(key, label)])]


class ObjectifForm(SectionForm):
    contract_fields = ("objectif",)

    class Meta:
        model = FicheAction
        fields = ["objectif"]


class ScheduleForm(SectionForm):
    side_by_side = (("starts_on", "ends_on"),)

    class Meta:
        model = FicheAction
        fields = ["echeancier", "starts_on", "ends_on"]
        widgets = {"starts_on": DATE, "ends_on": DATE}


class ThemesForm(SectionForm):
    class Meta:
        model = FicheAction
        fields = ["themes", "communes", "qpvs"]
        widgets = {"themes": forms.CheckboxSelectMultiple, "qpvs": forms.CheckboxSelectMultiple}

    def narrow(self) -> None:
        themes = Theme.objects.visible_to(self.user)
        communes = Commune.objects.visible_to(self.user).filter(conventions=self.convention)
        qpvs = Qpv.objects.visible_to(self.user).filter(
            Q(epci=self.convention.epci)
            if self.convention.epci_id
            else Q(communes__conventions=self.convention)
        )
        offered: dict[str, QuerySet[Any]] = {"themes": themes, "communes": communes, "qpvs": qpvs.distinct()}
        for name, rows in offered.items():
            self.offer(name, rows)
            self.fields[name].required, self.fields[name].help_text = False, ""
        self.fields["communes"].help_text = "Aucune : la fiche couvre tout le territoire."
        if not qpvs and not self.initial["qpvs"]:
            del self.fields["qpvs"]


class PilotsForm(SectionForm):
    new_pilot = forms.CharField(
        label="Ajouter une personne ou un service",
        max_length=160,
        required=False,
        help_text="S’il n’est pas dans la liste. Il n’a pas besoin de compte.",
    )
    beside = (*BESIDE, "new_pilot")

    class Meta:
        model = FicheAction
        fields = ["pilots", "elu_referent"]
        widgets = {"pilots": forms.CheckboxSelectMultiple}

    def narrow(self) -> None:
        here = Q(organisation=self.convention.carrier_id) | Q(organisation=self.convention.caf_id)
        here |= Q(organisation__signatures__convention=self.convention) | Q(
            pilot_links__fiche__convention=self.convention
        )
        here |= Q(fiches_as_elu__convention=self.convention)
        contacts = Contact.objects.visible_to(self.user).filter(here)
        for name in ("pilots", "elu_referent"):
            self.offer(name, contacts)
            self.fields[name].required, self.fields[name].help_text = False, ""

    def merge(self) -> bool:
        if not super().merge():
            return False
        if name := self.cleaned_data["new_pilot"]:
            contact = Contact.objects.create(name=name, organisation=self.convention.carrier)
            self.instance.pilots.add(contact, through_defaults={"position": 1000})
        return True


class PartiesForm(SectionForm):
    """Organisations or labels, one a line, in the order of the printed fiche.

    A line that is the name or short name of an organisation of the instance becomes it; any other stays as typed.
    """

    parties: type[FicheLead] | type[FichePartner]
    lines = forms.CharField(
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Un organisme par ligne. Une ligne qui n’est pas un organisme connu est gardée telle quelle.",
    )

    def __init__(self, *args: Any, instance: FicheAction, **kwargs: Any) -> None:
        initial = {"lines": self.read(instance, "lines")} | kwargs.pop("initial", {})
        super().__init__(*args, instance=instance, initial=initial, **kwargs)
        self.fields["lines"].label = self.parties._meta.verbose_name.capitalize() + "s"  # type: ignore[union-attr]

    def read(self, row: FicheAction, name: str) -> Any:
        rows = self.parties.objects.filter(fiche=row).select_related("organisation")
        return "\n".join(party.organisation.name if party.organisation else party.label for party in rows)

    def clean_lines(self) -> str:
        lines = [line.strip(" -•\t") for line in self.cleaned_data["lines"].splitlines()]
        if any(len(line) > 200 for line in lines):
            raise forms.ValidationError("Une ligne ne dépasse pas 200 caractères.")
        return "\n".join(line for line in lines if line)

    def write(self, row: FicheAction, name: str, value: Any) -> str | None:
        left = list(self.parties.objects.filter(fiche=row).select_related("organisation"))
        known = self.known_here()
        for position, line in enumerate(dict.fromkeys(value.split("\n")) if value else ()):
            party = next((one for one in left if line.lower() in spellings(one)), None)
            if party is None:
                organisation = known.get(line.lower())
                label = "" if organisation else line
                party = self.parties(fiche=row, organisation=organisation, label=label)
            else:
                left.remove(party)
            party.position = position
            party.save()
        for party in left:
            party.delete()
        return None

    def known_here(self) -> dict[str, Organisation]:
        """The organisations that already take part in this convention, by their names.

        Being named opens the convention to its people: a name typed elsewhere in France must not.
        """
        here = Q(pk__in=[self.convention.carrier_id, self.convention.caf_id])
        here |= Q(signatures__convention=self.convention) | Q(fiches_led__fiche__convention=self.convention)
        here |= Q(fiches_helped__fiche__convention=self.convention)
        found = Organisation.objects.visible_to(self.user).filter(here).distinct().order_by("pk")
        return {name.lower(): one for one in found for name in (one.short_name, one.name) if name}


def spellings(party: FicheLead | FichePartner) -> set[str]:
    """How a line may name a party that is already there."""
    body = party.organisation
    names = (body.name, body.short_name) if body else (party.label,)
    return {name.lower() for name in names if name}


class LeadsForm(PartiesForm):
    parties = FicheLead


class PartnersForm(PartiesForm):
    parties = FichePartner


def text_form(name: str) -> type[SectionForm]:
    """The form of a section that is one long text."""
    meta = type("Meta", (), {"model": FicheAction, "fields": [name]})
    return type(f"{name.title()}Form", (SectionForm,), {"Meta": meta})


@dataclass(frozen=True)
class Section:
    """A heading of the printed fiche. `field`: the long text it shows, if it is one."""

    key: str
    label: str
    form: type[SectionForm]
    field: str = ""


def text_section(key: str, field: str, label: str) -> Section:
    return Section(key, label, text_form(field), field)


# In the order of the printed fiche; « identite » is the head of the page. « etapes » has no form of its own:
# steps are parts (actions.forms.parts).
SECTIONS = {
    section.key: section
    for section in (
        Section("identite", "Identité", IdentityForm),
        text_section("constat", "constat", "Constat"),
        text_section("enjeux", "enjeux", "Enjeux"),
        Section("objectif", "Objectif", ObjectifForm, "objectif"),
        text_section("description", "description", "Description"),
        text_section("points-de-vigilance", "points_de_vigilance", "Points de vigilance"),
        text_section("moyens", "moyens", "Moyens"),
        Section("porteurs", "Porteur", LeadsForm),
        Section("pilotes", "Pilotes", PilotsForm),
        Section("echeancier", "Échéancier", ScheduleForm),
        text_section("resultats", "resultats_attendus", "Résultats attendus"),
        Section("partenaires", "Partenaires", PartnersForm),
        Section("portee", "Thématiques et territoire", ThemesForm),
    )
}


# What a COPIL arbitrates and the coordination records: a contributor neither sets nor leaves it.
DECIDED = {FicheAction.Status.REPORTEE, FicheAction.Status.ABANDONNEE}


class StatusForm(BasisFields, MergeForm):
    """The status, with what it asks for. Abandoning a fiche of a signed plan changes the contract."""

    beside = BESIDE
    contract_fields = ()

    class Meta:
        model = FicheAction
        fields = ["status", "status_reason", "postponed_to", "is_postponed_without_date"]
        widgets = {"postponed_to": DATE, "status_reason": forms.Textarea(attrs={"rows": 2})}
        labels = {"status_reason": "Motif"}
        help_texts = {"status_reason": "Demandé pour reportée, en difficulté et abandonnée."}

    def __init__(self, *args: Any, convention: Convention, user: User, can_edit: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.convention, self.can_edit = convention, can_edit
        status: Any = self.fields["status"]
        if not can_edit:
            # A contributor may only propose these two: the coordination decides.
            kept = self.instance.status
            closed = DECIDED - {kept}
            status.choices = [choice for choice in status.choices if choice[0] not in closed]
        self.ask_basis(user)

    def needs_basis(self) -> bool:
        stopped = FicheAction.Status.ABANDONNEE
        stopping = stopped in (self.cleaned_data.get("status"), self.instance.status)
        return self.asks_basis and "status" in self.changed_data and stopping

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        status = cleaned.get("status")
        if not self.can_edit and self.instance.status in DECIDED:
            raise forms.ValidationError("Ce statut a été décidé par la coordination : elle seule le change.")
        if status in FicheAction.NEED_REASON and not cleaned.get("status_reason"):
            self.add_error("status_reason", "Ce statut demande un motif : c’est ce que le COPIL arbitrera.")
        if status == FicheAction.Status.REPORTEE and not (
            cleaned.get("postponed_to") or cleaned.get("is_postponed_without_date")
        ):
            self.add_error("postponed_to", "Donnez la nouvelle date, ou cochez « report sans date ».")
        return cleaned
