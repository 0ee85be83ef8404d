"""A meeting, its agenda, and those who are asked to come."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst

from actions.forms.fiche import contacts_of
from actions.forms.links import ContactChoice
from actions.models import Convention, FicheAction
from actions.services.links import recipient
from ctg.accounts.models import User
from ctg.dates import DATE, FIRST_YEAR, LAST_YEAR
from ctg.files.forms import StoredFileField
from ctg.merge import MergeForm
from governance.models import (
    AgendaDocument,
    AgendaItem,
    AgendaOption,
    Attendance,
    Committee,
    Meeting,
    Seat,
)
from governance.rules.days import remarks
from territories.forms import person_name
from territories.models import Contact

TIME = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


def people_of(convention: Convention, user: User) -> Any:
    """Whom a meeting may name: the people of the plan, and those who sit on a committee."""
    seated = Contact.objects.visible_to(user).filter(seats__committee__convention=convention)
    known = contacts_of(convention, user)
    return Contact.objects.visible_to(user).filter(
        Q(pk__in=known.order_by().values("pk")) | Q(pk__in=seated.order_by().values("pk"))
    )


def day_words(day: Any, convention: Convention) -> str:
    """« Jour férié : Lundi de Pâques, vacances de printemps (zone B) » of a date or of what was typed for one."""
    if isinstance(day, str):
        try:
            day = date.fromisoformat(day)
        except ValueError:
            return ""
    if not day or not FIRST_YEAR <= day.year <= LAST_YEAR:
        return ""
    return capfirst(", ".join(remarks(day, convention.caf.departement_id or "")))


class SteeringForm(MergeForm):
    """A row of the steering: what it may refer to is of its convention, as its user sees it."""

    def __init__(self, *args: Any, convention: Convention, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.convention, self.user = convention, user
        if not self.instance.pk:
            self.instance.convention = convention
        self.narrow()

    def narrow(self) -> None:
        """Limit the choices."""


class AnyMeetingForm(SteeringForm):
    """`committees`: those that this person runs; `is_whole`: who also holds meetings of no committee."""

    class Meta:
        model = Meeting
        fields: list[str] = []

    def __init__(self, *args: Any, committees: Any, is_whole: bool, **kwargs: Any) -> None:
        self.committees, self.is_whole = committees, is_whole
        super().__init__(*args, **kwargs)

    def narrow(self) -> None:
        self.offer("committee", self.committees)
        fields: dict[str, Any] = self.fields
        fields["committee"].empty_label = "Sans instance" if self.is_whole else "Choisissez"

    def clean(self) -> dict[str, Any]:
        """What a meeting must say, beside the field it is about."""
        cleaned = super().clean() or self.cleaned_data
        committee = cleaned.get("committee", self.instance.committee)
        if committee is not None:
            cleaned["kind"] = ""
        elif not self.is_whole and "committee" in self.fields:
            self.add_error("committee", "Choisissez un de vos groupes.")
        elif not cleaned.get("title"):
            self.add_error("title", "Donnez un intitulé à une réunion sans instance.")
        return cleaned


class MeetingForm(AnyMeetingForm):
    """A meeting to come. Once convened, a new date or place goes to those who were asked."""

    video_url = forms.URLField(
        label="Lien de visioconférence", max_length=200, required=False, assume_scheme="https"
    )

    class Meta:
        model = Meeting
        fields = [
            "committee",
            "kind",
            "title",
            "date",
            "starts_at",
            "ends_at",
            "place",
            "video_url",
            "president",
        ]
        widgets = {"date": DATE, "starts_at": TIME, "ends_at": TIME}
        labels = {"kind": "Nature, pour une réunion sans instance", "title": "Intitulé"}
        help_texts = {"title": "Par défaut, le nom de l’instance."}

    def narrow(self) -> None:
        super().narrow()
        self.offer("president", people_of(self.convention, self.user))
        # What the chosen day is, as it is chosen.
        self.fields["date"].widget.attrs |= {
            "hx-get": reverse("governance:day_said", args=[self.convention.slug]),
            "hx-trigger": "change",
            "hx-target": "#jour",
            "hx-swap": "outerHTML",
        }
        if self.instance.state != Meeting.State.DRAFT and self.instance.pk:
            # Those who were asked were asked to a meeting of this body.
            del self.fields["committee"], self.fields["kind"]

    @property
    def day_said(self) -> str:
        """What the day is that the form shows."""
        return day_words(self["date"].value(), self.convention)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        begins, ends = cleaned.get("starts_at"), cleaned.get("ends_at")
        if begins and ends and ends <= begins:
            self.add_error("ends_at", "La réunion doit finir après son début.")
        if ends and not begins and "starts_at" not in self.errors:
            self.add_error("starts_at", "Dites aussi à quelle heure elle commence.")
        day = cleaned.get("date")
        if not self.instance.pk and day and day < timezone.localdate():
            self.add_error("date", "Cette date est passée : enregistrez plutôt une réunion passée.")
        if self.instance.state == Meeting.State.CONVENED:
            for name in ("date", "starts_at"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(
                        name, "Une réunion convoquée garde sa date et son heure. Sinon, annulez-la."
                    )
        return cleaned


class PastMeetingForm(AnyMeetingForm):
    """A meeting that was held: its date, or as much as is known of it."""

    class Meta:
        model = Meeting
        fields = ["committee", "kind", "title", "date", "year", "date_words", "place", "people", "notes"]
        widgets = {"date": DATE, "notes": forms.Textarea(attrs={"rows": 6})}
        labels = {
            "kind": "Nature, pour une réunion sans instance",
            "notes": "Ce qui s’y est dit",
            "title": "Intitulé",
        }
        help_texts = {"date_words": "Par exemple « printemps 2025 »."}

    def clean_year(self) -> int | None:
        year: int | None = self.cleaned_data["year"]
        if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
            raise forms.ValidationError("Écrivez une année à quatre chiffres.")
        return year

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        day = cleaned.get("date")
        if day and day > timezone.localdate():
            self.add_error("date", "Cette date est à venir : préparez plutôt une réunion.")
        if (
            not (day or cleaned.get("year") or cleaned.get("date_words"))
            and not {
                "date",
                "year",
            }
            & self.errors.keys()
        ):
            self.add_error("date", "Donnez une date, une année, ou la période en mots.")
        return cleaned


class CancelForm(forms.Form):
    reason = forms.CharField(
        label="Pourquoi elle est annulée",
        max_length=300,
        help_text="Les personnes convoquées le lisent.",
        error_messages={"required": "Dites pourquoi, en quelques mots."},
    )


# --- Agenda ---------------------------------------------------------------------------------------
class ItemForm(SteeringForm):
    class Meta:
        model = AgendaItem
        fields = ["title", "minutes", "presenter", "text", "asks_decision", "fiches"]
        widgets = {
            "text": forms.Textarea(attrs={"rows": 4}),
            "fiches": forms.CheckboxSelectMultiple,
        }
        help_texts = {"text": "Ce que les participants lisent avant de venir."}

    def narrow(self) -> None:
        self.offer("fiches", FicheAction.objects.visible_to(self.user).of(self.convention))


class SubjectForm(SteeringForm):
    """A subject that waits for a meeting. Any member who steers may propose one."""

    class Meta:
        model = AgendaItem
        fields = ["title", "committee", "text", "asks_decision"]
        widgets = {"text": forms.Textarea(attrs={"rows": 4})}
        labels = {"text": "De quoi s’agit-il"}

    def narrow(self) -> None:
        committees = Committee.objects.visible_to(self.user).of(self.convention).active().in_order()
        self.offer("committee", committees)
        fields: dict[str, Any] = self.fields
        fields["committee"].empty_label = "La prochaine réunion, quelle qu’elle soit"


class OptionForm(SteeringForm):
    class Meta:
        model = AgendaOption
        fields = ["title", "consequences"]
        widgets = {"consequences": forms.Textarea(attrs={"rows": 4})}
        help_texts = {"consequences": "Ce qu’elle change, ce qu’elle coûte, ce qu’elle empêche."}


class ItemDocumentForm(forms.ModelForm):
    stored = StoredFileField(label="Fichier")

    class Meta:
        model = AgendaDocument
        fields = ["title"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["title"].required = False
        self.fields["title"].help_text = "Par défaut, le nom du fichier."


# --- People ---------------------------------------------------------------------------------------
class InviteForm(forms.Form):
    """One more person: known here, or named with an address."""

    contact = ContactChoice(
        Contact.objects.none(), label="Personne", required=False, empty_label="Une autre personne"
    )
    name = forms.CharField(label="Nom", max_length=160, required=False)
    body = forms.CharField(label="Organisme", max_length=160, required=False)
    email = forms.EmailField(label="Adresse électronique", required=False)
    quality = forms.ChoiceField(label="Qualité", required=False, choices=[("", "–"), *Seat.Quality.choices])

    def __init__(self, *args: Any, meeting: Meeting, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.meeting = meeting
        asked = Attendance.objects.visible_to(user).filter(meeting=meeting).invited()
        people = people_of(meeting.convention, user).exclude(pk__in=asked.values("contact"))
        self.fields["contact"].queryset = people.select_related("organisation", "user")  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        return person_name(self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("contact") and not cleaned.get("name") and "name" not in self.errors:
            self.add_error("contact", "Choisissez une personne, ou donnez un nom.")
        return cleaned

    def person(self) -> Contact:
        """Who was chosen or named. Saved if new."""
        given = self.cleaned_data
        if given["contact"]:
            chosen: Contact = given["contact"]
            return chosen
        return recipient(
            self.meeting.convention, name=given["name"], email=given["email"], body=given["body"]
        )
