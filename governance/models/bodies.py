"""Who steers: committees with their seats, and the posts of coopération that carry the convention."""

import uuid
from typing import Any

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from actions.models import Convention
from ctg.files.models import StoredFile
from governance.querysets import CommitteeQuerySet, PostQuerySet, SeatQuerySet
from territories.models import Commune, Contact, Organisation, Theme


@pghistory.track()
class Committee(models.Model):
    """A body of a convention. It holds meetings; its seats say who sits there."""

    class Kind(models.TextChoices):
        COPIL = "copil", "COPIL"
        COTECH = "cotech", "COTECH"
        GROUPE = "groupe", "groupe de travail"
        COMMISSION = "commission", "commission"
        INSTANCE = "instance", "instance technique de suivi"

    # Those that a coordination of some themes or communes runs for its own scope.
    OF_SCOPE = (Kind.GROUPE, Kind.COMMISSION)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    convention = models.ForeignKey(Convention, models.CASCADE, related_name="committees")
    kind = models.CharField("nature", max_length=12, choices=Kind)
    name = models.CharField("nom", max_length=160)
    purpose = models.TextField("rôle", max_length=1500, blank=True)
    themes = models.ManyToManyField(Theme, blank=True, related_name="committees", verbose_name="thématiques")
    communes = models.ManyToManyField(Commune, blank=True, related_name="committees", verbose_name="communes")
    per_year = models.PositiveSmallIntegerField(
        "réunions attendues par an",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(52)],
    )
    inhabitants = models.PositiveSmallIntegerField(
        "habitants associés (nombre)", null=True, blank=True, validators=[MaxValueValidator(1000)]
    )
    ended_on = models.DateField("close le", null=True, blank=True)
    is_fictitious = models.BooleanField("donnée fictive", default=False)

    objects = CommitteeQuerySet.as_manager()

    # Annotated by `with_rights`.
    can_run: bool

    class Meta:
        verbose_name = "instance"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="committee_kind_valid",
                condition=Q(kind__in=["copil", "cotech", "groupe", "commission", "instance"]),
            ),
            models.UniqueConstraint(
                fields=["convention", "name"],
                condition=Q(ended_on__isnull=True),
                name="committee_name_unique",
                violation_error_message="Une instance porte déjà ce nom.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Seat(models.Model):
    """A place on a committee, held by somebody named, with or without an account."""

    class Quality(models.TextChoices):
        ELU = "elu", "élu"
        SERVICES = "services", "services"
        ADMINISTRATEUR = "administrateur", "conseil d’administration de la Caf"
        DIRECTION = "direction", "direction"
        PARTENAIRE = "partenaire", "partenaire"
        HABITANT = "habitant", "habitant"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    committee = models.ForeignKey(Committee, models.CASCADE, related_name="seats")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="seats", verbose_name="personne")
    quality = models.CharField("qualité", max_length=16, choices=Quality)
    is_president = models.BooleanField("préside", default=False)
    is_substitute = models.BooleanField("suppléant", default=False)
    # An inhabitant is named by a first name, and only with consent.
    has_consented = models.BooleanField("accepte d’être nommé ici", default=False)
    ended_on = models.DateField("jusqu’au", null=True, blank=True)
    is_fictitious = models.BooleanField("donnée fictive", default=False)

    objects = SeatQuerySet.as_manager()

    class Meta:
        verbose_name = "siège"
        ordering = ["-is_president", "is_substitute", "contact__name", "pk"]
        constraints = [
            models.CheckConstraint(
                name="seat_quality_valid",
                condition=Q(quality__in=["elu", "services", "administrateur", "direction"])
                | Q(quality__in=["partenaire", "habitant"]),
            ),
            models.CheckConstraint(
                name="seat_inhabitant_consents",
                condition=~Q(quality="habitant") | Q(has_consented=True),
                violation_error_message="Un habitant n’est nommé qu’avec son accord.",
            ),
            models.CheckConstraint(
                name="seat_president_sits",
                condition=Q(is_president=False) | Q(is_substitute=False),
                violation_error_message="Qui préside est titulaire.",
            ),
            models.UniqueConstraint(
                fields=["committee", "contact"],
                condition=Q(ended_on__isnull=True),
                name="seat_unique",
                violation_error_message="Cette personne siège déjà dans cette instance.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.contact)


@pghistory.track()
class CooperationPost(models.Model):
    """A poste de coopération: who employs it, what it covers, how much of it there is, who helps to pay it."""

    class Scope(models.TextChoices):
        GLOBALE = "globale", "globale"
        THEMATIQUE = "thematique", "thématique"
        TERRITORIALE = "territoriale", "territoriale"

    class State(models.TextChoices):
        A_TRANSFORMER = "a_transformer", "à transformer (ancien poste de coordination)"
        POURVU = "pourvu", "pourvu"
        VACANT = "vacant", "vacant"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    convention = models.ForeignKey(Convention, models.CASCADE, related_name="posts")
    title = models.CharField("intitulé", max_length=200)
    employer = models.ForeignKey(
        Organisation, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="employeur"
    )
    scope = models.CharField("mission", max_length=12, choices=Scope)
    themes: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        Theme, blank=True, related_name="+", verbose_name="thématiques"
    )
    communes: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        Commune, blank=True, related_name="+", verbose_name="communes"
    )
    etp = models.DecimalField(
        "ETP",
        max_digits=4,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(20)],
    )
    cofunding = models.CharField("cofinancement", max_length=200, blank=True)
    state = models.CharField("état", max_length=16, choices=State)
    holder = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="posts", verbose_name="titulaire"
    )
    missions = models.TextField("missions", max_length=3000, blank=True)
    job_description = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="fiche de poste"
    )
    trainings = models.TextField("formations suivies ou prévues", max_length=1500, blank=True)
    is_fictitious = models.BooleanField("donnée fictive", default=False)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = "poste de coopération"
        verbose_name_plural = "postes de coopération"
        ordering = ["scope", "title", "pk"]
        constraints = [
            models.CheckConstraint(
                name="cooperationpost_scope_valid",
                condition=Q(scope__in=["globale", "thematique", "territoriale"]),
            ),
            models.CheckConstraint(
                name="cooperationpost_state_valid",
                condition=Q(state__in=["a_transformer", "pourvu", "vacant"]),
            ),
            models.CheckConstraint(
                name="cooperationpost_vacant_has_none",
                condition=~Q(state="vacant") | Q(holder__isnull=True),
                violation_error_message="Un poste vacant n’a pas de titulaire.",
            ),
        ]

    def __str__(self) -> str:
        return self.title
