"""What the plan lives on: documents, money and posts, calls for projects."""

import uuid

import pghistory
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from actions.models.conventions import Convention
from actions.models.fiches import FicheAction
from actions.querysets import BudgetLineQuerySet, DocumentQuerySet, FundingCallQuerySet
from ctg.files.models import StoredFile
from territories.models import Contact, Organisation, Theme


class Document(models.Model):
    """A file tied to a fiche: minutes, plaquette, evidence of a value. Confidential ones: coordination and Caf."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="documents")
    title = models.CharField("titre", max_length=200)
    stored = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="fichier")
    is_confidential = models.BooleanField("confidentiel (coordination et Caf)", default=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField("ajouté le", default=timezone.now)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = "document"
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.title


@pghistory.track(exclude=["created_at"])
class FundingCall(models.Model):
    """A call for projects that the coordination follows, from its discovery to its answer."""

    class State(models.TextChoices):
        SPOTTED = "repere", "repéré"
        STUDIED = "etudie", "étudié"
        FILED = "depose", "déposé"
        GRANTED = "obtenu", "obtenu"
        REFUSED = "refuse", "refusé"

    OPEN = (State.SPOTTED, State.STUDIED)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    convention = models.ForeignKey(Convention, models.CASCADE, related_name="funding_calls")
    title = models.CharField("appel à projets", max_length=240)
    funder = models.CharField("financeur", max_length=200)
    url = models.URLField("adresse", blank=True)
    deadline = models.DateField("date limite", null=True, blank=True)
    state = models.CharField("état", max_length=8, choices=State, default=State.SPOTTED)
    notes = models.TextField("à savoir", max_length=2000, blank=True)
    amount_asked = models.DecimalField(
        "montant demandé (€)",
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    amount_granted = models.DecimalField(
        "montant obtenu (€)",
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    followed_by = models.ForeignKey(
        Contact,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="funding_calls",
        verbose_name="suivi par",
    )
    themes = models.ManyToManyField(
        Theme, blank=True, related_name="funding_calls", verbose_name="thématiques"
    )
    fiches = models.ManyToManyField(
        FicheAction, blank=True, related_name="funding_calls", verbose_name="fiches"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField("repéré le", default=timezone.now)
    is_fictitious = models.BooleanField("donnée fictive", default=False)

    objects = FundingCallQuerySet.as_manager()

    class Meta:
        verbose_name = "appel à projets"
        ordering = ["deadline", "pk"]
        constraints = [
            models.CheckConstraint(
                name="fundingcall_state_valid",
                condition=Q(state__in=["repere", "etudie", "depose", "obtenu", "refuse"]),
            ),
            models.CheckConstraint(
                name="fundingcall_granted_amount",
                condition=Q(amount_granted__isnull=True) | Q(state="obtenu"),
                violation_error_message="Seul un appel obtenu a un montant obtenu.",
            ),
        ]

    def __str__(self) -> str:
        return self.title


@pghistory.track()
class BudgetLine(models.Model):
    """What one funder brings to a fiche in one year: euros, or posts in ETP."""

    class Nature(models.TextChoices):
        RUNNING = "running", "fonctionnement"
        INVESTMENT = "investment", "investissement"

    class Unit(models.TextChoices):
        EURO = "eur", "€"
        ETP = "etp", "ETP"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="budget_lines")
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="budget_lines",
        verbose_name="financeur",
    )
    label = models.CharField("ou, à défaut d’organisme", max_length=200, blank=True)
    year = models.PositiveSmallIntegerField("année")
    nature = models.CharField("nature", max_length=10, choices=Nature, default=Nature.RUNNING)
    unit = models.CharField("unité", max_length=3, choices=Unit, default=Unit.EURO)
    planned = models.DecimalField(
        "prévu", max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    actual = models.DecimalField(
        "réalisé", max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    note = models.CharField("remarque", max_length=200, blank=True)
    call = models.ForeignKey(
        FundingCall,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="budget_lines",
        verbose_name="appel à projets",
    )
    is_fictitious = models.BooleanField("donnée fictive", default=False)

    objects = BudgetLineQuerySet.as_manager()

    class Meta:
        verbose_name = "ligne de budget"
        ordering = ["year", "nature", "pk"]
        constraints = [
            models.CheckConstraint(
                name="budgetline_nature_valid", condition=Q(nature__in=["running", "investment"])
            ),
            models.CheckConstraint(name="budgetline_unit_valid", condition=Q(unit__in=["eur", "etp"])),
            models.CheckConstraint(
                name="budgetline_organisation_or_label",
                condition=Q(organisation__isnull=False, label="")
                | (Q(organisation__isnull=True) & ~Q(label="")),
                violation_error_message="Choisissez un organisme ou écrivez un libellé.",
            ),
            models.CheckConstraint(
                name="budgetline_some_amount",
                condition=Q(planned__isnull=False) | Q(actual__isnull=False),
                violation_error_message="Donnez le montant prévu, ou le montant réalisé.",
            ),
            models.CheckConstraint(
                name="budgetline_year_plausible",
                condition=Q(year__range=(1990, 2100)),
                violation_error_message="Écrivez une année à quatre chiffres.",
            ),
            models.CheckConstraint(
                name="budgetline_not_negative",
                condition=(Q(planned=None) | Q(planned__gte=0)) & (Q(actual=None) | Q(actual__gte=0)),
                violation_error_message="Un montant ne peut pas être négatif.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.funder}, {self.year}"

    @property
    def funder(self) -> str:
        return str(self.organisation) if self.organisation else self.label
