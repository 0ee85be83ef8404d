"""Who is invited into an organisation of a convention, and with which role."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from actions.models import Convention
from ctg.accounts.models import User
from territories.forms import person_name
from territories.models import Commune, Membership, Organisation, Role, Theme

# What each role may do, as the person who gives it reads it.
ROLE_WORDS = {
    Role.COORDINATOR: "Coordination CTG : tient le plan à jour et paramètre la convention",
    Role.CONTRIBUTOR: "Porteur, pilote ou partenaire : suit ses fiches, y saisit étapes, valeurs et temps forts",
    Role.SERVICES: "Direction, services : lit toute la convention, sans rien modifier",
    Role.ELECTED: "Élu : lit toute la convention, sans rien modifier",
    Role.CAF: "Caf : lit toutes les conventions de la Caf, en crée, suit les fiches qu’elle porte ou soutient",
    Role.READER: "Lecture : lit toute la convention, sans rien modifier",
}


class RoleFields(forms.Form):
    """The role, and for a coordination its themes or communes."""

    role = forms.ChoiceField(label="Rôle", widget=forms.RadioSelect)
    themes = forms.ModelMultipleChoiceField(
        Theme.objects.none(), label="Thématiques", required=False, widget=forms.CheckboxSelectMultiple
    )
    communes = forms.ModelMultipleChoiceField(
        Commune.objects.none(), label="Communes", required=False, widget=forms.CheckboxSelectMultiple
    )

    def offer(
        self, convention: Convention, user: User, roles: tuple[Role, ...], kept: Membership | None = None
    ) -> None:
        """Narrow the choices. Themes and communes come with the coordination only; those of `kept` stay."""
        role: Any = self.fields["role"]
        role.choices = [(choice.value, ROLE_WORDS[choice]) for choice in roles]
        if Role.COORDINATOR not in roles:
            del self.fields["themes"], self.fields["communes"]
            return
        themes: Any = self.fields["themes"]
        themes.queryset = Theme.objects.visible_to(user)
        communes: Any = self.fields["communes"]
        offered = Q(pk__in=convention.communes.values("pk"))
        if kept is not None:  # a commune that has left the perimeter since
            offered |= Q(pk__in=[commune.pk for commune in kept.communes.all()])
        communes.queryset = Commune.objects.visible_to(user).filter(offered)

    @property
    def extent_field(self) -> forms.BoundField | None:
        """The choice between the whole plan and a part of it, when the form asks for it."""
        return self["extent"] if "extent" in self.fields else None

    @property
    def scope_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("themes", "communes") if name in self.fields]

    @property
    def is_scoped(self) -> bool:
        """Whether something of the scope is ticked or wrong: it is then shown at once."""
        return any(bound.value() or bound.errors for bound in self.scope_fields)

    @property
    def scope(self) -> dict[str, Any]:
        """What goes with the role, as the services take it."""
        given = self.cleaned_data
        return {
            "role": given["role"],
            "themes": given.get("themes", ()),
            "communes": given.get("communes", ()),
        }


class InviteForm(RoleFields):
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        label="Organisme",
        to_field_name="uuid",
        empty_label="Choisissez",
        error_messages={"invalid_choice": "Choisissez un organisme de la liste."},
    )
    name = forms.CharField(label="Nom", max_length=120)
    email = forms.EmailField(label="Adresse électronique professionnelle")
    function = forms.CharField(label="Fonction", max_length=120, required=False)

    # Given back by the tick that confirms a second role: for whom, and where.
    beside = forms.CharField(max_length=40, required=False)

    field_order = ["organisation", "name", "email", "function", "role", "themes", "communes"]

    def __init__(
        self,
        *args: Any,
        convention: Convention,
        user: User,
        organisations: QuerySet[Organisation],
        roles: tuple[Role, ...],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        organisation: Any = self.fields["organisation"]
        organisation.queryset = organisations
        organisation.label_from_instance = lambda row: row.name
        self.offer(convention, user, roles)

    def clean_name(self) -> str:
        return person_name(self.cleaned_data["name"])

    def clean_function(self) -> str:
        return person_name(self.cleaned_data["function"])

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


class MemberForm(RoleFields):
    """Another role or another scope for a member. Nobody comes to coordinate everything by ticking nothing."""

    WHOLE, PART = "whole", "part"
    extent = forms.ChoiceField(
        label="Étendue de la coordination",
        choices=[
            (WHOLE, "Tout le plan"),
            (PART, "Une partie : les fiches qui ont l’une des thématiques ou communes cochées ci-dessous"),
        ],
        widget=forms.RadioSelect,
        required=False,
    )
    field_order = ["role", "extent", "themes", "communes"]

    def __init__(
        self,
        *args: Any,
        membership: Membership,
        convention: Convention,
        user: User,
        roles: tuple[Role, ...],
        **kwargs: Any,
    ) -> None:
        themes = [theme.pk for theme in membership.themes.all()]
        communes = [commune.pk for commune in membership.communes.all()]
        extent = ""
        if membership.role == Role.COORDINATOR:
            extent = self.PART if themes or communes else self.WHOLE
        kwargs["initial"] = {
            "role": membership.role,
            "extent": extent,
            "themes": themes,
            "communes": communes,
        }
        super().__init__(*args, **kwargs)
        self.offer(convention, user, roles, membership)
        if "themes" not in self.fields:
            del self.fields["extent"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("role") != Role.COORDINATOR or "extent" not in self.fields:
            return cleaned
        extent = cleaned.get("extent")
        if extent == self.WHOLE:
            cleaned["themes"], cleaned["communes"] = (), ()
        elif extent == self.PART:
            wrong = {"themes", "communes"} & set(self.errors)
            if not (wrong or cleaned.get("themes") or cleaned.get("communes")):
                self.add_error("extent", "Cochez au moins une thématique ou une commune.")
        elif "extent" not in self.errors:
            self.add_error("extent", "Dites si cette coordination porte sur tout le plan ou sur une partie.")
        return cleaned
