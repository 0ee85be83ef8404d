"""Forms about people, Cafs and themes."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from ctg.accounts.models import User
from ctg.forms import PASSWORD_HELP
from ctg.mail import one_line
from territories.models import Departement, Organisation, Theme


def person_name(name: str) -> str:
    """A name on one line. An address in it would be a link in the mail that carries it."""
    name = one_line(name)
    if "://" in name or "www." in name.lower():
        raise forms.ValidationError("Un nom ou une fonction ne contient pas d’adresse web.")
    return name


class PersonForm(forms.ModelForm):
    """How a person writes their own name."""

    class Meta:
        model = User
        fields = ["name", "function"]

    def clean_name(self) -> str:
        return person_name(self.cleaned_data["name"])

    def clean_function(self) -> str:
        return person_name(self.cleaned_data["function"])


class InvitationForm(PersonForm):
    """The first password, and the name as the person writes it."""

    password1 = forms.CharField(
        label="Mot de passe",
        strip=False,
        max_length=1000,
        help_text=PASSWORD_HELP,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label="Le même, une seconde fois",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    field_order = ["name", "function", "password1", "password2"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        one, two = cleaned.get("password1"), cleaned.get("password2")
        if one and two and one != two:
            self.add_error("password2", "Les deux mots de passe diffèrent.")
        elif one:
            try:
                validate_password(one, self.instance)
            except forms.ValidationError as error:
                self.add_error("password1", error)
        return cleaned


class CafForm(forms.ModelForm):
    """A Caf covers a département."""

    class Meta:
        model = Organisation
        fields = ["name", "short_name", "departement"]
        help_texts = {
            "name": "Par exemple : Caisse d’allocations familiales du Haut-Rhin.",
            "short_name": "Par exemple : Caf du Haut-Rhin.",
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.instance.kind = Organisation.Kind.CAF
        departement: Any = self.fields["departement"]
        departement.queryset = Departement.objects.visible_to(user)
        departement.required = True
        departement.empty_label = "Choisissez"
        departement.label_from_instance = lambda row: f"{row.code} – {row.name}"

    def clean_name(self) -> str:
        name = one_line(self.cleaned_data["name"])
        same = Organisation.objects.visible_to(self.user).filter(
            kind=Organisation.Kind.CAF, name__iexact=name
        )
        if same.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Cette Caf existe déjà.")
        return name

    def clean_short_name(self) -> str:
        return one_line(self.cleaned_data["short_name"])


class AgentForm(forms.Form):
    """Someone of a Caf."""

    name = forms.CharField(label="Nom", max_length=120)
    email = forms.EmailField(label="Adresse électronique professionnelle")
    function = forms.CharField(label="Fonction", max_length=120, required=False)

    def clean_name(self) -> str:
        return person_name(self.cleaned_data["name"])

    def clean_function(self) -> str:
        return person_name(self.cleaned_data["function"])


class ThemeForm(forms.ModelForm):
    class Meta:
        model = Theme
        fields = ["name"]
        labels = {"name": "Thématique"}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_name(self) -> str:
        name = one_line(self.cleaned_data["name"])
        same = Theme.objects.visible_to(self.user).filter(name__iexact=name)
        if same.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Cette thématique existe déjà.")
        return name
