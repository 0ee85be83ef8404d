"""The agreement itself: parties, period, acts, amendments."""

import re
import uuid
from datetime import date
from pathlib import Path

import pghistory
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from actions.querysets import AvenantQuerySet, BasisQuerySet, ConventionQuerySet
from ctg.colours import validate_colour
from ctg.richtext import RichTextField
from diagnostics.models import Diagnostic
from territories.models import Commune, Epci, Organisation


@pghistory.track(exclude=["logo"])
class Convention(models.Model):
    """A Convention territoriale globale. Its three dates (start, end, signature) are independent."""

    class Status(models.TextChoices):
        PREPARATION = "preparation", "en préparation"
        DIAGNOSTIC = "diagnostic", "diagnostic en cours"
        ELABORATION = "elaboration", "plan en élaboration"
        VALIDEE_COPIL = "validee_copil", "validée en COPIL"
        DELIBERATIONS = "deliberations", "délibérations en cours"
        EN_VIGUEUR = "en_vigueur", "en vigueur"
        PROLONGEE = "prolongee", "prolongée"
        ECHUE = "echue", "échue"
        RENOUVELEE = "renouvelee", "renouvelée"
        RESILIEE = "resiliee", "résiliée"

    RUNNING = (Status.EN_VIGUEUR, Status.PROLONGEE)
    # Nothing is agreed yet, unless it is signed.
    IN_PREPARATION = (
        Status.PREPARATION,
        Status.DIAGNOSTIC,
        Status.ELABORATION,
        Status.VALIDEE_COPIL,
        Status.DELIBERATIONS,
    )

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField("nom", max_length=200)
    slug = models.SlugField("adresse", max_length=80, unique=True)
    territory_name = models.CharField(
        "nom du territoire", max_length=120, help_text="Affiché en haut de chaque page."
    )
    caf = models.ForeignKey(
        Organisation,
        models.PROTECT,
        related_name="conventions_as_caf",
        limit_choices_to={"kind": "caf"},
        verbose_name="Caf",
    )
    carrier = models.ForeignKey(
        Organisation,
        models.PROTECT,
        related_name="conventions_carried",
        verbose_name="collectivité porteuse",
        help_text="Ses chargés de coopération tiennent la convention à jour.",
    )
    epci = models.ForeignKey(
        Epci, models.PROTECT, null=True, blank=True, related_name="conventions", verbose_name="EPCI"
    )
    communes = models.ManyToManyField(
        Commune, blank=True, related_name="conventions", verbose_name="communes du périmètre"
    )
    period_start = models.DateField("début")
    period_end = models.DateField("fin")
    signed_on = models.DateField("signée le", null=True, blank=True)
    status = models.CharField("état", max_length=16, choices=Status, default=Status.PREPARATION)
    previous = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="renewals",
        verbose_name="convention précédente",
    )
    diagnostics = models.ManyToManyField(
        Diagnostic, blank=True, related_name="conventions", verbose_name="diagnostics"
    )
    presentation = RichTextField("présentation", blank=True)
    source = models.CharField("document d’origine", max_length=300, blank=True)
    notice = models.CharField("avertissement", max_length=200, blank=True)
    fiche_name = models.CharField("nom des fiches", max_length=40, default="fiche action")
    axe_name = models.CharField("nom des axes", max_length=40, default="axe")
    logo = models.FileField("logo", upload_to="logos/", blank=True)
    brand_colour = models.CharField(
        "couleur principale", max_length=7, blank=True, validators=[validate_colour]
    )
    accent_colour = models.CharField(
        "couleur d’accent", max_length=7, blank=True, validators=[validate_colour]
    )

    objects = ConventionQuerySet.as_manager()

    # Annotated by `with_rights`; `rights` is set by actions.access for the user of a request.
    is_coordinator: bool
    is_scoped_coordinator: bool
    is_caf: bool
    is_contributor: bool
    rights: frozenset[str] = frozenset()

    class Meta:
        verbose_name = "convention"
        ordering = ["territory_name", "-period_start"]
        constraints = [
            models.CheckConstraint(
                name="convention_status_valid",
                condition=Q(
                    status__in=[
                        "preparation",
                        "diagnostic",
                        "elaboration",
                        "validee_copil",
                        "deliberations",
                        "en_vigueur",
                        "prolongee",
                        "echue",
                        "renouvelee",
                        "resiliee",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="convention_period_ordered",
                condition=Q(period_end__gt=F("period_start")),
                violation_error_message="La convention doit finir après son début.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("governance:dashboard", args=[self.slug])

    @property
    def url(self) -> str:
        return self.get_absolute_url()

    @property
    def theme_url(self) -> str | None:
        """The stylesheet of its own colours, when it has any."""
        if not (self.brand_colour or self.accent_colour):
            return None
        return f"{reverse('actions:theme_css', args=[self.slug])}?v={self.theme_version}"

    @property
    def logo_url(self) -> str | None:
        """The picture of the header. Its address changes with the file: the old one may stay in a cache."""
        if not self.logo.name:
            return None
        version = Path(self.logo.name).stem.removeprefix(f"{self.uuid}").strip("-_")
        return f"{reverse('actions:convention_logo', args=[self.slug])}?v={version}"

    @property
    def theme_version(self) -> str:
        """Changes with the colours: the address of the stylesheet may then be cached."""
        return f"{self.brand_colour}{self.accent_colour}".replace("#", "-").strip("-")

    def allows(self, right: str) -> bool:
        """Whether the user for whom the convention was found has that right here (actions.access)."""
        return right in self.rights

    @property
    def of_place(self) -> str:
        """What follows « CTG » or « convention territoriale globale » in a sentence: « du Sundgau »."""
        found = re.fullmatch(
            r"(?:convention territoriale globale|ctg)\s+(\D.*?)(?:\s+\d{4}.*)?", self.name, re.IGNORECASE
        )
        return found[1] if found else self.territory_name

    @property
    def years(self) -> str:
        """« 2025-2029 »."""
        return f"{self.period_start.year}-{self.period_end.year}"

    @property
    def is_contract(self) -> bool:
        """Once signed or in force, and ever after, a change of the plan asks for its basis."""
        return self.signed_on is not None or self.status not in self.IN_PREPARATION

    def kin(self) -> "models.QuerySet[Convention]":
        """Whose diagnostic may serve again: the other conventions of its carrier, and the one it continues."""
        same = Q(carrier=self.carrier_id) | Q(pk=self.previous_id)
        return type(self)._default_manager.filter(same).exclude(pk=self.pk)

    def is_running(self, on: date) -> bool:
        """In force on that day: only then can a fiche be late or silent."""
        return self.status in self.RUNNING and self.period_start <= on <= self.period_end


class Phase(models.Model):
    """A dated moment of the elaboration: diagnostic, workshops, validation."""

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="phases")
    title = models.CharField("étape", max_length=160)
    description = models.CharField("description", max_length=400, blank=True)
    starts_on = models.DateField("du", null=True, blank=True)
    ends_on = models.DateField("au", null=True, blank=True)
    words = models.CharField("dates en toutes lettres", max_length=120, blank=True)
    position = models.PositiveSmallIntegerField("rang", default=0)

    class Meta:
        verbose_name = "étape de l’élaboration"
        ordering = ["position", "starts_on"]
        constraints = [
            models.CheckConstraint(
                name="phase_period_ordered",
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
                violation_error_message="L’étape doit finir après son début.",
            )
        ]

    def __str__(self) -> str:
        return self.title


@pghistory.track()
class Signatory(models.Model):
    """An organisation that signs the convention."""

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="signatories")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="signatures", verbose_name="organisme"
    )
    position = models.PositiveSmallIntegerField("rang", default=0)

    class Meta:
        verbose_name = "signataire"
        ordering = ["position", "organisation__sort_name"]
        constraints = [
            models.UniqueConstraint(
                fields=["convention", "organisation"],
                name="signatory_unique",
                violation_error_message="Cet organisme est déjà signataire.",
            )
        ]

    def __str__(self) -> str:
        return str(self.organisation)


@pghistory.track()
class SignatoryAct(models.Model):
    """The act by which a signatory approves: a commune deliberates, a Caf decides."""

    class Kind(models.TextChoices):
        DELIBERATION = "deliberation", "délibération"
        DECISION = "decision", "décision"

    signatory = models.ForeignKey(Signatory, models.CASCADE, related_name="acts")
    avenant = models.ForeignKey(
        "Avenant", models.CASCADE, null=True, blank=True, related_name="acts", verbose_name="avenant"
    )
    kind = models.CharField("nature", max_length=12, choices=Kind, default=Kind.DELIBERATION)
    number = models.CharField("numéro", max_length=40, blank=True)
    date = models.DateField("date", null=True, blank=True)
    outcome = models.CharField("résultat", max_length=160, blank=True)

    class Meta:
        verbose_name = "acte"
        ordering = ["date", "pk"]
        constraints = [
            models.CheckConstraint(
                name="signatoryact_kind_valid", condition=Q(kind__in=["deliberation", "decision"])
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} n° {self.number}" if self.number else self.get_kind_display()


@pghistory.track()
class Avenant(models.Model):
    """A dated amendment: it changes fiches, or prolongs the convention (`new_end`)."""

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="avenants")
    number = models.PositiveSmallIntegerField("numéro")
    date = models.DateField("date")
    object = models.CharField("objet", max_length=300)
    new_end = models.DateField("nouvelle fin de la convention", null=True, blank=True)

    objects = AvenantQuerySet.as_manager()

    class Meta:
        verbose_name = "avenant"
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["convention", "number"],
                name="avenant_number_unique",
                violation_error_message="Un avenant porte déjà ce numéro.",
            )
        ]

    def __str__(self) -> str:
        return f"avenant n° {self.number}"

    def clean(self) -> None:
        # Once recorded, it has moved the end itself.
        if self._state.adding and self.new_end and self.new_end <= self.convention.period_end:
            message = "La nouvelle fin doit suivre la fin actuelle ({:%d/%m/%Y})."
            raise ValidationError({"new_end": message.format(self.convention.period_end)})


class Basis(models.Model):
    """Why the plan of a signed convention was changed: adjustment, amendment, or correction of a slip."""

    class Kind(models.TextChoices):
        AJUSTEMENT = "ajustement", "ajustement"
        AVENANT = "avenant", "avenant"
        CORRECTION = "correction", "correction d’une erreur"

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="bases")
    kind = models.CharField("fondement", max_length=12, choices=Kind)
    date = models.DateField("date")
    words = models.CharField("motif", max_length=300, blank=True)
    avenant = models.ForeignKey(
        Avenant, models.PROTECT, null=True, blank=True, related_name="bases", verbose_name="avenant"
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BasisQuerySet.as_manager()

    class Meta:
        verbose_name = "fondement d’un changement"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="basis_kind_valid", condition=Q(kind__in=["ajustement", "avenant", "correction"])
            ),
            models.CheckConstraint(
                name="basis_avenant_named",
                condition=Q(kind="avenant", avenant__isnull=False) | ~Q(kind="avenant"),
                violation_error_message="Choisissez l’avenant.",
            ),
            models.CheckConstraint(
                name="basis_ajustement_said",
                condition=~Q(kind="ajustement") | ~Q(words=""),
                violation_error_message="Dites en quelques mots pourquoi le plan est ajusté.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.avenant) if self.avenant else self.get_kind_display()


# The perimeter is part of the contract: its changes are kept like the others.
pghistory.track(model_name="ConventionCommuneEvent", obj_field=None, fields=["convention", "commune"])(
    Convention.communes.through
)
