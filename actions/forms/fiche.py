"""The sections of a fiche: each is edited in place, and saved field by field."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from actions.forms.basis import BESIDE, BasisFields
from actions.forms.plan import place_choices, place_of, put_in_place
from actions.importers.workbook.cells import spelled
from actions.importers.workbook.people import People
from actions.models import Convention, FicheAction, FicheFramework, FicheLead, FichePartner, FicheRelation
from actions.rules.faults import due_faults, status_faults
from actions.services.members import parties
from ctg.accounts.models import User
from ctg.dates import DATE
from ctg.merge import MergeForm
from territories.models import Commune, Contact, Organisation, Qpv, Theme


def contacts_of(convention: Convention, user: User) -> QuerySet[Contact]:
    """The people and services of a convention: of its organisations, or named in its plan."""
    here = Q(organisation__in=Organisation.objects.visible_to(user).filter(parties(convention)))
    here |= Q(pilot_links__fiche__convention=convention) | Q(fiches_as_elu__convention=convention)
    here |= Q(steps__fiche__convention=convention) | Q(contribution_links__convention=convention)
    return Contact.objects.visible_to(user).filter(here).distinct()


class SectionForm(BasisFields, MergeForm):
    """A section of a fiche. Choices are narrowed to what the user sees in this convention."""

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

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "ends_on" in self.changed_data and self.instance.status not in FicheAction.CLOSED:
            for name, why in due_faults("ends_on", cleaned.get("ends_on"), self.convention.period_start):
                self.add_error(name, why)
        return cleaned


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


class ParticipationForm(SectionForm):
    class Meta:
        model = FicheAction
        fields = ["participation", "participation_words"]
        widgets = {"participation": forms.RadioSelect}
        help_texts = {"participation_words": "Par exemple : un comité d’usagers se réunit chaque trimestre."}


class LinksForm(SectionForm):
    """Other fiches of the plan, and other frameworks that the fiche also serves."""

    others = forms.ModelMultipleChoiceField(
        FicheAction.objects.none(),
        label="Autres fiches de la convention",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    frameworks = forms.MultipleChoiceField(
        label="Autres cadres",
        choices=[choice for choice in FicheFramework.Kind.choices if choice[0] != FicheFramework.Kind.OTHER],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    other_framework = forms.CharField(label="Un autre cadre", max_length=200, required=False)

    def __init__(self, *args: Any, instance: FicheAction, **kwargs: Any) -> None:
        names = ("others", "frameworks", "other_framework")
        initial = {name: self.read(instance, name) for name in names} | kwargs.pop("initial", {})
        super().__init__(*args, instance=instance, initial=initial, **kwargs)

    def narrow(self) -> None:
        others: Any = self.fields["others"]
        fiches = FicheAction.objects.visible_to(self.user).of(self.convention).exclude(pk=self.instance.pk)
        others.queryset = fiches
        others.help_text = "" if fiches.exists() else "Cette fiche est la seule du plan."

    def read(self, row: FicheAction, name: str) -> Any:
        if name == "others":
            return sorted(
                {link.other_id for link in row.relations.all()}
                | {link.fiche_id for link in row.relations_from.all()}
            )
        kinds = {framework.kind: framework for framework in row.frameworks.all()}
        other = kinds.pop(FicheFramework.Kind.OTHER, None)
        if name == "other_framework":
            return other.words if other else ""
        return sorted(kinds)

    def write(self, row: FicheAction, name: str, value: Any) -> str | None:
        if name == "others":
            self.write_others(row, {fiche.pk for fiche in value})
        elif name == "frameworks":
            kept = row.frameworks.exclude(kind=FicheFramework.Kind.OTHER)
            kept.exclude(kind__in=value).delete()
            known = set(kept.values_list("kind", flat=True))
            for kind in [kind for kind in value if kind not in known]:
                FicheFramework.objects.create(fiche=row, kind=kind)
        else:
            other = row.frameworks.filter(kind=FicheFramework.Kind.OTHER)
            if not value:
                other.delete()
            elif not other.update(words=value):
                FicheFramework.objects.create(fiche=row, kind=FicheFramework.Kind.OTHER, words=value)
        return None

    @staticmethod
    def write_others(row: FicheAction, wanted: set[int]) -> None:
        """A link is one row, whichever of the two fiches it was made from."""
        row.relations.exclude(other__in=wanted).delete()
        row.relations_from.exclude(fiche__in=wanted).delete()
        linked = {link.other_id for link in row.relations.all()}
        linked |= {link.fiche_id for link in row.relations_from.all()}
        for key in sorted(wanted - linked):
            FicheRelation.objects.create(fiche=row, other_id=key)


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
        contacts = contacts_of(self.convention, self.user)
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

    A line that is the name or short name of an organisation of the convention becomes it; any other stays as typed.
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
        known = People(self.convention, self.user).organisations
        for position, line in enumerate(dict.fromkeys(value.split("\n")) if value else ()):
            party = next((one for one in left if spelled(line) in spellings(one)), None)
            if party is None:
                organisation = known.get(spelled(line))
                label = "" if organisation else line
                party = self.parties(fiche=row, organisation=organisation, label=label)
            else:
                left.remove(party)
            party.position = position
            party.save()
        for party in left:
            party.delete()
        return None


def spellings(party: FicheLead | FichePartner) -> set[str]:
    """How a line may name a party that is already there."""
    body = party.organisation
    names = (body.name, body.short_name) if body else (party.label,)
    return {spelled(name) for name in names if name}


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
        Section("participation", "Participation des habitants", ParticipationForm),
        Section("portee", "Thématiques et territoire", ThemesForm),
        Section("liens", "Liens", LinksForm),
    )
}


class StatusForm(BasisFields, MergeForm):
    """The status, with what it asks for. Abandoning a fiche of a signed plan changes the contract."""

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
            closed = {*FicheAction.DECIDED} - {kept}
            status.choices = [choice for choice in status.choices if choice[0] not in closed]
        self.ask_basis(user)

    def needs_basis(self) -> bool:
        stopped = FicheAction.Status.ABANDONNEE
        stopping = stopped in (self.cleaned_data.get("status"), self.instance.status)
        return self.asks_basis and "status" in self.changed_data and stopping

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        status = cleaned.get("status")
        if not self.can_edit and self.instance.status in FicheAction.DECIDED:
            raise forms.ValidationError("Ce statut a été décidé par la coordination : elle seule le change.")
        faults = status_faults(
            status,
            reason=cleaned.get("status_reason"),
            new_date=cleaned.get("postponed_to"),
            without_date=bool(cleaned.get("is_postponed_without_date")),
            opening=self.convention.period_start,
        )
        for name, why in faults:
            self.add_error(name, why)
        return cleaned
