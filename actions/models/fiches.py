"""The fiche action: level 3 of the plan and the unit of work."""

import uuid
from datetime import date

import pghistory
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from actions.models.conventions import Convention
from actions.models.plan import Axe, Orientation
from actions.querysets import FicheActionQuerySet
from ctg.richtext import RichTextField
from ctg.search import search_index
from territories.models import Commune, Contact, Qpv, Theme
from territories.models.places import sort_key


@pghistory.track(exclude=["updated_at", "sort_title"])
class FicheAction(models.Model):
    """Nothing of a fiche is required but its title."""

    class Status(models.TextChoices):
        A_DISCUTER = "a_discuter", "à l’étude"
        NON_DEMARREE = "non_demarree", "à engager"
        EN_COURS = "en_cours", "en cours"
        REALISEE = "realisee", "réalisée"
        EN_PAUSE = "en_pause", "en pause"
        REPORTEE = "reportee", "reportée"
        BLOQUEE = "bloquee", "en difficulté"
        ABANDONNEE = "abandonnee", "abandonnée"

    # What a COPIL arbitrates: these need a reason.
    NEED_REASON = (Status.REPORTEE, Status.BLOQUEE, Status.ABANDONNEE)
    CLOSED = (Status.REALISEE, Status.ABANDONNEE)
    # What the coordination records: a contributor neither sets nor leaves it.
    DECIDED = (Status.REPORTEE, Status.ABANDONNEE)
    # « Engagée »: work has begun, whatever came of it since.
    ENGAGED = (Status.EN_COURS, Status.REALISEE, Status.EN_PAUSE, Status.BLOQUEE)

    class Participation(models.TextChoices):
        """How far inhabitants take part, from the least to the most."""

        UNKNOWN = "", "non précisée"
        NONE = "none", "aucune"
        INFORMATION = "information", "information"
        CONSULTATION = "consultation", "consultation"
        CONCERTATION = "concertation", "concertation"
        CO_CONSTRUCTION = "co_construction", "co-construction"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    convention = models.ForeignKey(Convention, models.CASCADE, related_name="fiches")
    axe = models.ForeignKey(
        Axe, models.PROTECT, null=True, blank=True, related_name="fiches", verbose_name="axe"
    )
    orientation = models.ForeignKey(
        Orientation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fiches",
        verbose_name="orientation",
    )
    is_transversale = models.BooleanField("fiche transversale", default=False)
    position = models.PositiveSmallIntegerField("rang", default=0)
    number = models.CharField("numéro", max_length=40, blank=True)
    title = models.CharField("titre", max_length=300)
    public_cible = models.CharField("public cible", max_length=300, blank=True)
    constat = RichTextField("constat", blank=True)
    enjeux = RichTextField("enjeux", blank=True)
    objectif = RichTextField("objectif", blank=True)
    description = RichTextField("description", blank=True)
    points_de_vigilance = RichTextField("points de vigilance", blank=True)
    moyens = RichTextField("moyens", blank=True)
    resultats_attendus = RichTextField("résultats attendus", blank=True)
    participation = models.CharField(
        "participation des habitants", max_length=16, choices=Participation, blank=True
    )
    participation_words = models.CharField("comment ils participent", max_length=300, blank=True)
    echeancier = models.CharField("échéancier", max_length=300, blank=True)
    starts_on = models.DateField("début", null=True, blank=True)
    ends_on = models.DateField("fin", null=True, blank=True)
    is_permanent = models.BooleanField(
        "action permanente",
        default=False,
        help_text="« Maintenir », « poursuivre » : sans terme, hors des moyennes.",
    )
    elu_referent = models.ForeignKey(
        Contact,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="fiches_as_elu",
        verbose_name="élu référent",
    )
    status = models.CharField("statut", max_length=16, choices=Status, default=Status.NON_DEMARREE)
    status_reason = models.CharField("motif", max_length=300, blank=True)
    postponed_to = models.DateField("reportée au", null=True, blank=True)
    is_postponed_without_date = models.BooleanField("report sans date", default=False)
    previous = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="renewals",
        verbose_name="fiche continuée",
    )
    # The last change by a person, note or accepted value: what « sans nouvelle » is derived from.
    updated_at = models.DateTimeField("mise à jour", default=timezone.now)
    sort_title = sort_key("title")

    themes = models.ManyToManyField(
        Theme, through="FicheTheme", related_name="fiches", blank=True, verbose_name="thématiques"
    )
    communes = models.ManyToManyField(
        Commune, through="FicheCommune", related_name="fiches", blank=True, verbose_name="communes"
    )
    qpvs = models.ManyToManyField(
        Qpv, through="FicheQpv", related_name="fiches", blank=True, verbose_name="QPV"
    )
    pilots = models.ManyToManyField(
        Contact, through="FichePilot", related_name="fiches_piloted", blank=True, verbose_name="pilotes"
    )

    objects = FicheActionQuerySet.as_manager()

    # Annotated by `with_progress` and `with_rights`.
    step_count: int
    steps_done: int
    indicator_count: int
    aimed_count: int
    deliverable_count: int
    is_late: bool
    is_silent: bool
    next_due_on: date | None
    can_edit: bool
    can_report: bool

    class Meta:
        verbose_name = "fiche action"
        verbose_name_plural = "fiches action"
        ordering = ["is_transversale", "axe__position", "orientation__position", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="ficheaction_status_valid",
                condition=Q(status__in=["a_discuter", "non_demarree", "en_cours", "realisee"])
                | Q(status__in=["en_pause", "reportee", "bloquee", "abandonnee"]),
            ),
            models.CheckConstraint(
                name="ficheaction_participation_valid",
                condition=Q(participation__in=["", "none", "information", "consultation"])
                | Q(participation__in=["concertation", "co_construction"]),
            ),
            models.CheckConstraint(
                name="ficheaction_status_reason",
                condition=~Q(status__in=["reportee", "bloquee", "abandonnee"]) | ~Q(status_reason=""),
                violation_error_message="Ce statut demande un motif : c’est ce que le COPIL arbitrera.",
            ),
            models.CheckConstraint(
                name="ficheaction_postponed_dated",
                condition=~Q(status="reportee")
                | Q(postponed_to__isnull=False)
                | Q(is_postponed_without_date=True),
                violation_error_message="Donnez la nouvelle date, ou cochez « report sans date ».",
            ),
            models.CheckConstraint(
                name="ficheaction_transversale_without_axe",
                condition=Q(is_transversale=False) | Q(axe__isnull=True),
                violation_error_message="Une fiche transversale n’a pas d’axe.",
            ),
            models.CheckConstraint(
                name="ficheaction_orientation_in_axe",
                condition=Q(orientation__isnull=True) | Q(axe__isnull=False),
                violation_error_message="Une orientation appartient à un axe.",
            ),
            models.CheckConstraint(
                name="ficheaction_period_ordered",
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
                violation_error_message="La fiche doit finir après son début.",
            ),
        ]
        indexes = [
            models.Index(fields=["convention", "status"], name="ficheaction_status"),
            search_index(
                "ficheaction",
                "number",
                "title",
                "public_cible",
                "constat",
                "enjeux",
                "objectif",
                "description",
                "points_de_vigilance",
                "moyens",
                "resultats_attendus",
                "participation_words",
                "echeancier",
                "status_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}".strip()

    def get_absolute_url(self) -> str:
        return reverse("actions:fiche_detail", args=[self.convention.slug, self.uuid])

    @property
    def url(self) -> str:
        return self.get_absolute_url()

    def clean(self) -> None:
        if self.orientation and self.orientation.axe_id != self.axe_id:
            raise ValidationError({"orientation": "Cette orientation est celle d’un autre axe."})

    def forget_former_status(self) -> tuple[str, ...]:
        """Put away what belongs to another status than its own: a reason, a new date. The columns to save."""
        if self.status != self.Status.REPORTEE:
            self.postponed_to, self.is_postponed_without_date = None, False
        if self.status not in (*self.NEED_REASON, self.Status.EN_PAUSE):
            self.status_reason = ""
        return ("postponed_to", "is_postponed_without_date", "status_reason")

    # How the design system names each status (colour, icon), in the order in which charts show them.
    KINDS = {
        Status.REALISEE: "faite",
        Status.EN_COURS: "cours",
        Status.NON_DEMARREE: "engager",
        Status.A_DISCUTER: "etude",
        Status.EN_PAUSE: "pause",
        Status.REPORTEE: "reportee",
        Status.BLOQUEE: "difficulte",
        Status.ABANDONNEE: "fin",
    }

    @property
    def kind(self) -> str:
        """The kind of chip that says the status."""
        return self.KINDS[self.Status(self.status)]

    @property
    def is_engaged(self) -> bool:
        return self.status in self.ENGAGED
