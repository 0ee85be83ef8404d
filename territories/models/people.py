"""Who: organisations, the roles of people in them, and contacts with or without an account."""

import uuid

import pghistory
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from ctg.search import search_index
from territories.models.places import Commune, Departement, Epci, sort_key
from territories.models.themes import Theme
from territories.querysets import ContactQuerySet, MembershipQuerySet, OrganisationQuerySet


class Organisation(models.Model):
    """A body with a name of its own. A generic label ("Associations locales") is never one."""

    class Kind(models.TextChoices):
        CAF = "caf", "Caf"
        MSA = "msa", "MSA"
        EPCI = "epci", "EPCI"
        COMMUNE = "commune", "commune"
        DEPARTEMENT = "departement", "département"
        ETAT = "etat", "service de l’État"
        EDUCATION = "education", "Éducation nationale"
        CCAS = "ccas", "CCAS ou CIAS"
        CENTRE_SOCIAL = "centre_social", "centre social"
        SYNDICAT = "syndicat", "syndicat"
        ASSOCIATION = "association", "association"
        OTHER = "other", "autre"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("nature", max_length=16, choices=Kind)
    name = models.CharField("nom", max_length=200)
    short_name = models.CharField("nom court", max_length=60, blank=True)
    siret = models.CharField("Siret", max_length=14, blank=True)
    departement = models.ForeignKey(
        Departement, models.PROTECT, null=True, blank=True, verbose_name="département"
    )
    epci = models.ForeignKey(
        Epci, models.PROTECT, null=True, blank=True, related_name="organisations", verbose_name="EPCI"
    )
    commune = models.ForeignKey(
        Commune, models.PROTECT, null=True, blank=True, related_name="organisations", verbose_name="commune"
    )
    sort_name = sort_key()

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = "organisme"
        ordering = ["sort_name"]
        indexes = [search_index("organisation", "name", "short_name")]
        constraints = [
            models.CheckConstraint(
                name="organisation_kind_valid",
                condition=Q(kind__in=["caf", "msa", "epci", "commune", "departement", "etat", "education"])
                | Q(kind__in=["ccas", "centre_social", "syndicat", "association", "other"]),
            ),
            models.CheckConstraint(
                name="organisation_siret_valid",
                condition=Q(siret="") | Q(siret__regex=r"^\d{14}$"),
                violation_error_message="Un Siret compte 14 chiffres.",
            ),
            models.CheckConstraint(
                name="organisation_epci_named",
                condition=~Q(kind="epci") | Q(epci__isnull=False),
                violation_error_message="Dites de quel EPCI il s’agit.",
            ),
            models.CheckConstraint(
                name="organisation_commune_named",
                condition=~Q(kind="commune") | Q(commune__isnull=False),
                violation_error_message="Dites de quelle commune il s’agit.",
            ),
            models.UniqueConstraint(
                fields=["epci"],
                condition=Q(kind="epci"),
                name="organisation_epci_once",
                violation_error_message="Cet EPCI est déjà connu.",
            ),
            models.UniqueConstraint(
                fields=["commune"],
                condition=Q(kind="commune"),
                name="organisation_commune_once",
                violation_error_message="Cette commune est déjà connue.",
            ),
        ]

    def __str__(self) -> str:
        return self.short_name or self.name


class Role(models.TextChoices):
    """What a person does in an organisation; rights follow from it (docs/conception.md)."""

    COORDINATOR = "coordinator", "Coordination CTG"
    CONTRIBUTOR = "contributor", "porteur, pilote ou partenaire"
    SERVICES = "services", "direction, services"
    ELECTED = "elected", "élu"
    CAF = "caf", "Caf"
    READER = "reader", "lecture"


@pghistory.track()
class Membership(models.Model):
    """The role of a person in an organisation. Several add up.

    A coordinator with themes or communes acts only on the fiches that share one of them.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name="personne"
    )
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="memberships", verbose_name="organisme"
    )
    role = models.CharField("rôle", max_length=16, choices=Role)
    themes = models.ManyToManyField(Theme, blank=True, verbose_name="thématiques")
    communes = models.ManyToManyField(Commune, blank=True, verbose_name="communes")
    started_on = models.DateField("depuis le", default=timezone.localdate)
    ended_on = models.DateField("jusqu’au", null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = "rôle"
        ordering = ["organisation__sort_name", "user__name"]
        constraints = [
            models.CheckConstraint(name="membership_role_valid", condition=Q(role__in=Role.values)),
            models.CheckConstraint(
                name="membership_period_ordered",
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                violation_error_message="La fin d’un rôle ne précède pas son début.",
            ),
            models.UniqueConstraint(
                fields=["user", "organisation", "role"],
                condition=Q(ended_on__isnull=True),
                name="membership_active_unique",
                violation_error_message="Cette personne a déjà ce rôle dans cet organisme.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()}, {self.organisation}"

    def clean(self) -> None:
        if self.role == Role.CAF and self.organisation_id and self.organisation.kind != Organisation.Kind.CAF:
            raise ValidationError({"role": "Le rôle « Caf » ne se donne que dans une Caf."})


class Contact(models.Model):
    """Someone who is named somewhere: pilot, élu référent, seat, recipient; with or without an account.

    The service or the person belongs to an organisation, or to a label when there is none.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name="organisme",
    )
    label = models.CharField("ou, à défaut d’organisme", max_length=160, blank=True)
    name = models.CharField("nom de la personne ou du service", max_length=160, blank=True)
    function = models.CharField("fonction", max_length=160, blank=True)
    email = models.EmailField("adresse électronique professionnelle", blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name="compte",
    )

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = "contact"
        ordering = ["name", "function"]
        indexes = [search_index("contact", "name", "function")]
        constraints = [
            models.CheckConstraint(
                name="contact_named",
                condition=~Q(name="") | ~Q(function=""),
                violation_error_message="Donnez au moins un nom ou une fonction.",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.function
