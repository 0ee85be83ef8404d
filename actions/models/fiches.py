"""The fiche action: level 3 of the plan and the unit of work, with what hangs on it."""

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
from actions.querysets import FicheActionQuerySet, ObjectiveQuerySet, PartyQuerySet, StepQuerySet
from ctg.richtext import RichTextField
from territories.models import Commune, Contact, Organisation, Qpv, Theme
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
    # « Engagée »: work has begun, whatever came of it since.
    ENGAGED = (Status.EN_COURS, Status.REALISEE, Status.EN_PAUSE, Status.BLOQUEE)

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
        indexes = [models.Index(fields=["convention", "status"], name="ficheaction_status")]

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


class FicheLink(models.Model):
    """Something tied to a fiche by a row of its own, so that its history is kept."""

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField("rang", default=0)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]


@pghistory.track()
class FicheTheme(FicheLink):
    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="theme_links")
    theme = models.ForeignKey(Theme, models.CASCADE, related_name="fiche_links", verbose_name="thématique")

    class Meta(FicheLink.Meta):
        verbose_name = "thématique"
        constraints = [models.UniqueConstraint(fields=["fiche", "theme"], name="fichetheme_unique")]

    def __str__(self) -> str:
        return str(self.theme)


@pghistory.track()
class FicheCommune(FicheLink):
    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="commune_links")
    commune = models.ForeignKey(Commune, models.CASCADE, related_name="fiche_links", verbose_name="commune")

    class Meta(FicheLink.Meta):
        verbose_name = "commune"
        constraints = [models.UniqueConstraint(fields=["fiche", "commune"], name="fichecommune_unique")]

    def __str__(self) -> str:
        return str(self.commune)


@pghistory.track()
class FicheQpv(FicheLink):
    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="qpv_links")
    qpv = models.ForeignKey(Qpv, models.CASCADE, related_name="fiche_links", verbose_name="QPV")

    class Meta(FicheLink.Meta):
        verbose_name = "QPV"
        constraints = [models.UniqueConstraint(fields=["fiche", "qpv"], name="ficheqpv_unique")]

    def __str__(self) -> str:
        return str(self.qpv)


@pghistory.track()
class FichePilot(FicheLink):
    """Who runs it: a person or a service, with or without an account."""

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="pilot_links")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="pilot_links", verbose_name="pilote")

    class Meta(FicheLink.Meta):
        verbose_name = "pilote"
        constraints = [models.UniqueConstraint(fields=["fiche", "contact"], name="fichepilot_unique")]

    def __str__(self) -> str:
        return str(self.contact)


class FicheParty(FicheLink):
    """An organisation of its own, or a generic label kept as printed; never both."""

    label = models.CharField("libellé", max_length=200, blank=True)

    class Meta(FicheLink.Meta):
        abstract = True

    def __str__(self) -> str:
        organisation: Organisation | None = getattr(self, "organisation", None)
        return str(organisation) if organisation else self.label

    @property
    def full_name(self) -> str:
        """« Communauté de communes Sundgau (CCS) »."""
        body: Organisation | None = getattr(self, "organisation", None)
        if body is None:
            return self.label
        return f"{body.name} ({body.short_name})" if body.short_name not in ("", body.name) else body.name


def one_party(name: str) -> models.CheckConstraint:
    """Either an organisation or a label."""
    return models.CheckConstraint(
        name=f"{name}_organisation_or_label",
        condition=Q(organisation__isnull=False, label="") | (Q(organisation__isnull=True) & ~Q(label="")),
        violation_error_message="Choisissez un organisme ou écrivez un libellé.",
    )


@pghistory.track()
class FicheLead(FicheParty):
    """A porteur: the organisation that carries the fiche."""

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="leads")
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fiches_led",
        verbose_name="organisme",
    )

    objects = PartyQuerySet.as_manager()

    class Meta(FicheParty.Meta):
        verbose_name = "porteur"
        constraints = [one_party("fichelead")]


@pghistory.track()
class FichePartner(FicheParty):
    """A partenaire: who helps."""

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="partners")
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fiches_helped",
        verbose_name="organisme",
    )

    objects = PartyQuerySet.as_manager()

    class Meta(FicheParty.Meta):
        verbose_name = "partenaire"
        constraints = [one_party("fichepartner")]


@pghistory.track()
class Objective(models.Model):
    """What the fiche wants; judged every year: atteint, partiel, non."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="objectives")
    text = models.CharField("objectif", max_length=500)
    details = RichTextField("précisions", blank=True)
    position = models.PositiveSmallIntegerField("rang", default=0)

    objects = ObjectiveQuerySet.as_manager()

    class Meta:
        verbose_name = "objectif"
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text


@pghistory.track()
class Step(models.Model):
    """A dated sub-action of a fiche. A due year alone is stored as its 31 December, with its words."""

    class State(models.TextChoices):
        TO_DO = "to_do", "à faire"
        DOING = "doing", "en cours"
        DONE = "done", "faite"
        DROPPED = "dropped", "abandonnée"

    OPEN = (State.TO_DO, State.DOING)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="steps")
    number = models.CharField("numéro", max_length=20, blank=True)
    title = models.CharField("étape", max_length=300)
    details = RichTextField("précisions", blank=True)
    state = models.CharField("état", max_length=8, choices=State, default=State.TO_DO)
    due_on = models.DateField("échéance", null=True, blank=True)
    due_words = models.CharField("échéance en toutes lettres", max_length=120, blank=True)
    done_on = models.DateField("faite le", null=True, blank=True)
    position = models.PositiveSmallIntegerField("rang", default=0)

    objects = StepQuerySet.as_manager()

    class Meta:
        verbose_name = "étape"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="step_state_valid", condition=Q(state__in=["to_do", "doing", "done", "dropped"])
            ),
            models.CheckConstraint(
                name="step_done_on_when_done",
                condition=Q(done_on__isnull=True) | Q(state="done"),
                violation_error_message="Seule une étape faite a une date de réalisation.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def is_late(self, on: date) -> bool:
        return self.state in self.OPEN and self.due_on is not None and self.due_on < on
