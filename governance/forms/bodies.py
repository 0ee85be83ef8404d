"""A committee, and those who sit there."""

from typing import Any

from django import forms

from actions.forms.links import ContactChoice
from actions.models import Convention
from actions.services.members import parties
from ctg.accounts.models import User
from ctg.dates import DATE
from ctg.merge import MergeForm
from governance.forms.meetings import SteeringForm, people_of
from governance.models import Committee, Seat
from governance.services.bodies import is_ours, named_contact
from territories.forms import person_name
from territories.models import Commune, Contact, Organisation, Theme
from territories.standing import standings


class CommitteeForm(SteeringForm):
    """A coordination of some themes or communes makes groups and commissions of its own scope only."""

    class Meta:
        model = Committee
        fields = ["kind", "name", "purpose", "per_year", "inhabitants", "themes", "communes", "ended_on"]
        widgets = {
            "purpose": forms.Textarea(attrs={"rows": 3}),
            "themes": forms.CheckboxSelectMultiple,
            "communes": forms.CheckboxSelectMultiple,
            "ended_on": DATE,
        }
        labels = {"purpose": "À quoi elle sert"}
        help_texts = {
            "per_year": "La page des instances dit alors ce qui manque à l’année.",
            "inhabitants": "Ceux qui y viennent sans y être nommés.",
            "communes": "Aucune : tout le territoire.",
            "ended_on": "Effacez la date pour rouvrir l’instance.",
        }

    def __init__(self, *args: Any, is_whole: bool, **kwargs: Any) -> None:
        self.is_whole = is_whole
        super().__init__(*args, **kwargs)

    def narrow(self) -> None:
        self.offer("themes", Theme.objects.visible_to(self.user))
        self.offer("communes", Commune.objects.visible_to(self.user).filter(conventions=self.convention))
        if not self.instance.ended_on:
            del self.fields["ended_on"]
        if not self.is_whole:
            kind: Any = self.fields["kind"]
            kind.choices = [choice for choice in kind.choices if choice[0] in ("", *Committee.OF_SCOPE)]

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.is_whole and not self.is_in_scope(cleaned):
            self.add_error("themes", "Choisissez une de vos thématiques ou de vos communes.")
        return cleaned

    def is_in_scope(self, cleaned: dict[str, Any]) -> bool:
        given = {row.pk for name in ("themes", "communes") for row in cleaned.get(name) or ()}
        mine = [
            one
            for one in standings(self.user)
            if one.role == "coordinator" and one.organisation == self.convention.carrier_id
        ]
        return any(given & {*one.themes, *one.communes} for one in mine)


class SeatForm(MergeForm):
    """What somebody is on a committee; and who they are, when it is for this convention to say."""

    name = forms.CharField(label="Nom de la personne ou du service", max_length=160, required=False)
    function = forms.CharField(label="Fonction", max_length=160, required=False)
    email = forms.EmailField(label="Adresse électronique professionnelle", required=False)

    PERSON = ("name", "function", "email")

    class Meta:
        model = Seat
        fields = ["quality", "is_president", "is_substitute", "has_consented"]
        labels = {
            "is_president": "Préside",
            "is_substitute": "Suppléant",
            "has_consented": "Cet habitant accepte d’être nommé ici, par son prénom",
        }
        help_texts = {"is_president": "Plusieurs personnes peuvent présider ensemble."}

    def __init__(self, *args: Any, instance: Seat, convention: Convention, user: User, **kwargs: Any) -> None:
        self.convention, self.user = convention, user
        known = instance.contact if instance.contact_id else None
        person = {name: getattr(known, name, "") for name in self.PERSON}
        super().__init__(*args, instance=instance, initial=person | kwargs.pop("initial", {}), **kwargs)
        if known is not None and not is_ours(known, convention):
            for name in self.PERSON:
                del self.fields[name]

    def clean_name(self) -> str:
        return person_name(self.cleaned_data["name"])

    def clean_function(self) -> str:
        return person_name(self.cleaned_data["function"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "name" in self.fields and not {"name", "function"} & self.errors.keys():
            self.refuse_nobody(cleaned)
        if cleaned.get("quality") == Seat.Quality.HABITANT:
            self.refuse_private(cleaned)
        return cleaned

    def refuse_nobody(self, cleaned: dict[str, Any]) -> None:
        if not cleaned["name"] and not cleaned["function"]:
            self.add_error("name", "Donnez au moins un nom ou une fonction.")

    def refuse_private(self, cleaned: dict[str, Any]) -> None:
        """Of an inhabitant, a first name and nothing else, and with consent."""
        if not cleaned.get("has_consented"):
            self.add_error("has_consented", "Un habitant n’est nommé qu’avec son accord.")
        if len(self.said_name(cleaned).split()) > 1:
            self.add_error("name" if "name" in self.fields else None, "D’un habitant, le prénom seul.")
        if cleaned.get("email"):
            self.add_error("email", "On ne garde pas l’adresse d’un habitant.")

    def said_name(self, cleaned: dict[str, Any]) -> str:
        return cleaned.get("name") or str(self.instance.contact if self.instance.contact_id else "")

    def read(self, row: Seat, name: str) -> Any:
        return getattr(row.contact, name) if name in self.PERSON else super().read(row, name)

    def write(self, row: Seat, name: str, value: Any) -> str | None:
        if name not in self.PERSON:
            return super().write(row, name, value)
        setattr(row.contact, name, value)
        row.contact.save(update_fields=[name])
        return None


class NewSeatForm(SeatForm):
    """Somebody known here, or somebody new."""

    contact = ContactChoice(
        Contact.objects.none(), label="Personne", required=False, empty_label="Une autre personne"
    )
    body = forms.CharField(
        label="Organisme",
        max_length=160,
        required=False,
        widget=forms.TextInput(attrs={"list": "organismes"}),
    )
    beside = ("contact", *SeatForm.PERSON, "body")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seated = Seat.objects.visible_to(self.user).current().filter(committee=self.instance.committee)
        people = people_of(self.convention, self.user).exclude(pk__in=seated.values("contact"))
        contact: Any = self.fields["contact"]
        contact.queryset = people.select_related("organisation", "user")

    @property
    def bodies(self) -> list[str]:
        """The organisations of the convention, to choose from while typing."""
        rows = Organisation.objects.visible_to(self.user).filter(parties(self.convention))
        return [row.name for row in rows]

    def clean_body(self) -> str:
        return person_name(self.cleaned_data["body"])

    def refuse_nobody(self, cleaned: dict[str, Any]) -> None:
        typed = any(cleaned.get(name) for name in (*self.PERSON, "body"))
        if cleaned.get("contact") and typed:
            self.add_error(
                "contact", "Choisissez une personne de la liste, ou écrivez-en une autre : pas les deux."
            )
        elif not cleaned.get("contact") and "contact" not in self.errors:
            super().refuse_nobody(cleaned)

    def said_name(self, cleaned: dict[str, Any]) -> str:
        return cleaned.get("name") or str(cleaned.get("contact") or "")

    def _create(self) -> bool:
        given = self.cleaned_data
        person = {name: given[name] for name in (*self.PERSON, "body")}
        self.instance.contact = given["contact"] or named_contact(self.convention, **person)
        return super()._create()
