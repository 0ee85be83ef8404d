"""The creation of a convention: everything on one page, prefilled from the territory that was chosen."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta
from django import forms
from django.db.models import Exists, Func, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from actions.models import Convention
from ctg.accounts.models import User
from ctg.dates import DayField
from territories.forms import person_name
from territories.models import Commune, Epci, Organisation, Role

# How long a first convention usually lasts.
YEARS = 5
SHOWN = 20


def cafs_of(user: User) -> QuerySet[Organisation]:
    """For which Cafs a person creates conventions."""
    cafs = Organisation.objects.visible_to(user).filter(kind=Organisation.Kind.CAF)
    if user.is_staff:
        return cafs
    # Their own roles, whatever else they may see.
    active = user.memberships.active().filter(role=Role.CAF)  # type: ignore[attr-defined]
    return cafs.filter(pk__in=active.values("organisation"))


def places_of(user: User) -> tuple[QuerySet[Epci], QuerySet[Commune]]:
    """Where a person creates conventions: for a Caf, its département."""
    near = list(cafs_of(user).exclude(departement=None).values_list("departement", flat=True))
    everywhere = user.is_staff or cafs_of(user).filter(departement=None).exists()
    epcis, communes = Epci.objects.visible_to(user), Commune.objects.visible_to(user)
    if not everywhere:
        inside = Commune.objects.visible_to(user).filter(epci=OuterRef("pk"), departement__in=near)
        epcis = epcis.filter(Exists(inside))
        communes = communes.filter(departement__in=near)
    return epcis, communes


def places_found(user: User, words: str) -> tuple[list[Epci], list[Commune]]:
    """EPCI and communes whose name holds these words, among those of the person."""
    key = Func(Value(words.strip()[:80]), function="sort_key")
    epcis, communes = places_of(user)
    found = communes.filter(sort_name__contains=key).select_related("departement", "epci")
    return list(epcis.filter(sort_name__contains=key)[:SHOWN]), list(found[:SHOWN])


class PartyField(forms.ChoiceField):
    """An organisation that is known, or a place whose body is made on the spot.

    Values: « epci-200066041 », « commune-68004 », « organisation-12 ». Cleaned to the object itself.
    """

    def offer(
        self,
        user: User,
        epci: Epci | None,
        communes: Iterable[Commune],
        others: Q | None = None,
        *,
        without: Iterable[Organisation] = (),
    ) -> None:
        """Fill the list: the EPCI, the communes, then known organisations of other kinds that match `others`.

        Those of `without` are left out, with the places they are the body of.
        """
        out = {key for organisation in without for key in self.keys_of(organisation)}
        communes = [commune for commune in communes if f"commune-{commune.pk}" not in out]
        if epci is not None and f"epci-{epci.pk}" in out:
            epci = None
        self.places: dict[str, Any] = {f"commune-{commune.pk}": commune for commune in communes}
        if epci is not None:
            self.places[f"epci-{epci.pk}"] = epci
        known = Organisation.objects.none()
        if others is not None:
            apart = (Organisation.Kind.EPCI, Organisation.Kind.COMMUNE)
            known = Organisation.objects.visible_to(user).filter(others).exclude(kind__in=apart)
        rows = {f"organisation-{organisation.pk}": organisation for organisation in known}
        organisations = {key: organisation for key, organisation in rows.items() if key not in out}
        self.places |= organisations
        groups = [
            ("Intercommunalité", [(f"epci-{epci.pk}", epci.name)] if epci else []),
            ("Communes", [(f"commune-{commune.pk}", commune.name) for commune in communes]),
            ("Autres organismes", [(key, known.name) for key, known in organisations.items()]),
        ]
        self.choices = [("", "Choisissez"), *((label, rows) for label, rows in groups if rows)]

    @staticmethod
    def keys_of(organisation: Organisation) -> tuple[str, ...]:
        """The values that stand for an organisation."""
        if organisation.kind == Organisation.Kind.EPCI:
            return (f"epci-{organisation.epci_id}",)
        if organisation.kind == Organisation.Kind.COMMUNE:
            return (f"commune-{organisation.commune_id}",)
        return (f"organisation-{organisation.pk}",)

    def clean(self, value: Any) -> Any:
        return self.places.get(super().clean(value))


class ConventionForm(forms.Form):
    """A new convention on the territory of an EPCI, or of communes without it."""

    SIGNATORIES = (
        ("caf", "la Caf"),
        ("carrier", "la collectivité porteuse"),
        ("communes", "chacune des communes cochées"),
    )

    territory_name = forms.CharField(
        label="Territoire", max_length=120, help_text="Affiché en haut de chaque page."
    )
    name = forms.CharField(label="Nom de la convention", max_length=200)
    period_start = DayField(label="Début")
    period_end = DayField(label="Fin")
    caf = forms.ModelChoiceField(Organisation.objects.none(), label="Caf", empty_label="Choisissez")
    carrier = PartyField(
        label="Collectivité porteuse", help_text="Ses chargés de coopération tiennent la convention à jour."
    )
    signatories = forms.MultipleChoiceField(
        label="Signataires",
        choices=SIGNATORIES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Les autres s’ajoutent ensuite, dans les Paramètres.",
    )
    previous = forms.ModelChoiceField(
        Convention.objects.none(), label="Renouvelle", required=False, empty_label="Aucune convention"
    )
    communes = forms.ModelMultipleChoiceField(
        Commune.objects.none(),
        label="Communes du périmètre",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Cochez au moins une commune."},
    )
    coordinator_name = forms.CharField(label="Nom", max_length=120, required=False)
    coordinator_email = forms.EmailField(label="Adresse électronique", required=False)
    # Ticked when they were shown: conventions of this perimeter that the new one stands beside.
    beside = forms.ModelMultipleChoiceField(Convention.objects.none(), required=False)

    def __init__(self, *args: Any, user: User, place: Epci | Commune, **kwargs: Any) -> None:
        self.epci = place if isinstance(place, Epci) else None
        around = self.epci or getattr(place, "epci", None)
        everyone = Commune.objects.visible_to(user).filter(epci=around) if around else None
        communes = everyone if everyone is not None else Commune.objects.visible_to(user).filter(pk=place.pk)
        former = self.former(user, place)
        previous = former.first()
        kwargs["initial"] = self.prefilled(user, place, communes, previous) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["caf"].queryset = cafs_of(user)
        fields["communes"].queryset = communes
        fields["previous"].queryset = former
        fields["beside"].queryset = Convention.objects.visible_to(user)
        if previous is None:
            del self.fields["previous"]
        local = Q(epci=around) if around else Q(pk=None)
        fields["carrier"].offer(user, around, communes, local | Q(commune__in=communes))

    @staticmethod
    def former(user: User, place: Epci | Commune) -> QuerySet[Convention]:
        """The conventions that this one may follow, the latest first."""
        same = Q(epci=place.pk) if isinstance(place, Epci) else Q(epci=None, communes=place.pk)
        return Convention.objects.visible_to(user).filter(same).order_by("-period_end")

    def prefilled(
        self, user: User, place: Epci | Commune, communes: QuerySet[Commune], previous: Convention | None
    ) -> dict[str, Any]:
        """The likely answers: all communes of an EPCI, five years from 1 January or from the end of the last one."""
        today = timezone.localdate()
        start = date(today.year, 1, 1)
        if previous:
            start = previous.period_end + relativedelta(days=1)
        ticked = [commune.pk for commune in communes] if self.epci else [place.pk]
        cafs = list(cafs_of(user))
        departement = next((commune.departement_id for commune in communes if commune.pk in ticked), None)
        caf = next((caf for caf in cafs if caf.departement_id == departement), None)
        return {
            "territory_name": place.name,
            "name": f"Convention territoriale globale – {place.name}",
            "period_start": start,
            "period_end": start + relativedelta(years=YEARS, days=-1),
            "caf": caf or (cafs[0] if len(cafs) == 1 else None),
            "carrier": f"{'epci' if self.epci else 'commune'}-{place.pk}",
            "signatories": ["caf", "carrier"],
            "previous": previous,
            "communes": ticked,
        }

    def clean_coordinator_name(self) -> str:
        return person_name(self.cleaned_data["coordinator_name"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        start, end = cleaned.get("period_start"), cleaned.get("period_end")
        if start and end and end <= start:
            self.add_error("period_end", "La convention doit finir après son début.")
        name, email = cleaned.get("coordinator_name"), cleaned.get("coordinator_email")
        if email and name == "":
            self.add_error("coordinator_name", "Donnez aussi le nom de cette personne.")
        if name and email == "":
            self.add_error("coordinator_email", "Donnez aussi l’adresse électronique de cette personne.")
        return cleaned
