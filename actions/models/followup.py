"""What happens to a fiche: notes, highlights, the evaluation of a year."""

import uuid

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format

from actions.models.conventions import Convention
from actions.models.exchanges import Reviewed
from actions.models.fiches import FicheAction
from actions.models.parts import Objective
from actions.models.plan import Axe
from actions.querysets import FicheEvaluationQuerySet, HighlightQuerySet, ProgressNoteQuerySet
from ctg.files.models import StoredFile
from ctg.richtext import RichTextField
from ctg.search import search_index
from territories.models import Commune, Theme


class ProgressNote(Reviewed):
    """A point d'étape: a dated entry of the follow-up. A confidential one is for coordinators and the Caf."""

    class Visibility(models.TextChoices):
        VISIBLE = "visible", "visible de tous les membres"
        PUBLISH = "publish", "à publier"
        CONFIDENTIAL = "confidential", "confidentielle (coordination et Caf)"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="notes")
    date = models.DateField("date", default=timezone.localdate)
    text = models.TextField("point d’étape", max_length=5000)
    visibility = models.CharField("visibilité", max_length=12, choices=Visibility, default=Visibility.VISIBLE)
    # What the note made of the fiche, if it changed it.
    fiche_status = models.CharField("nouveau statut", max_length=16, choices=FicheAction.Status, blank=True)
    fiche_reason = models.CharField("motif", max_length=300, blank=True)
    created_at = models.DateTimeField("écrit le", default=timezone.now)
    is_fictitious = models.BooleanField("donnée fictive", default=False)

    objects = ProgressNoteQuerySet.as_manager()

    class Meta:
        verbose_name = "point d’étape"
        verbose_name_plural = "points d’étape"
        ordering = ["-date", "-pk"]
        indexes = [search_index("progressnote", "text")]
        constraints = [
            models.CheckConstraint(
                name="progressnote_visibility_valid",
                condition=Q(visibility__in=["visible", "publish", "confidential"]),
            ),
            models.CheckConstraint(
                name="progressnote_status_valid", condition=Q(status__in=["proposed", "accepted", "returned"])
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]


@pghistory.track()
class Highlight(Reviewed):
    """A temps fort: something that happened. Its date may be known, or only a year, or a period in words."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    convention = models.ForeignKey(Convention, models.CASCADE, related_name="highlights")
    fiche = models.ForeignKey(
        FicheAction, models.CASCADE, null=True, blank=True, related_name="highlights", verbose_name="fiche"
    )
    axe = models.ForeignKey(
        Axe, models.SET_NULL, null=True, blank=True, related_name="highlights", verbose_name="axe"
    )
    title = models.CharField("titre", max_length=240)
    text = models.TextField("en quelques mots", max_length=2000, blank=True)
    date = models.DateField("date", null=True, blank=True)
    year = models.PositiveSmallIntegerField("ou seulement l’année", null=True, blank=True)
    period = models.CharField("ou la période", max_length=60, blank=True)
    commune = models.ForeignKey(
        Commune, models.SET_NULL, null=True, blank=True, related_name="highlights", verbose_name="commune"
    )
    themes = models.ManyToManyField(Theme, blank=True, related_name="highlights", verbose_name="thématiques")
    people = models.PositiveIntegerField("personnes présentes", null=True, blank=True)
    is_publishable = models.BooleanField("à publier", default=False)
    photo = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="photographie"
    )
    photo_alt = models.CharField("ce que montre la photographie", max_length=200, blank=True)
    created_at = models.DateTimeField("écrit le", default=timezone.now)
    is_fictitious = models.BooleanField("donnée fictive", default=False)

    objects = HighlightQuerySet.as_manager()

    class Meta:
        verbose_name = "temps fort"
        verbose_name_plural = "temps forts"
        ordering = ["-date", "-year", "pk"]
        indexes = [search_index("highlight", "title", "text")]
        constraints = [
            models.CheckConstraint(
                name="highlight_photo_described",
                condition=Q(photo=None) | ~Q(photo_alt=""),
                violation_error_message="Décrivez la photographie en quelques mots, pour qui ne la voit pas.",
            ),
            models.CheckConstraint(
                name="highlight_status_valid", condition=Q(status__in=["proposed", "accepted", "returned"])
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def when(self) -> str:
        """« 12 mars 2026 », « 2025 », « 2021-2025 », or « date non précisée »."""
        if self.date:
            return date_format(self.date, "j F Y").replace("1 ", "1er ", 1 if self.date.day == 1 else 0)
        return str(self.year or self.period or "date non précisée")


class Appreciation(models.TextChoices):
    ATTEINT = "atteint", "atteint"
    PARTIEL = "partiel", "partiellement atteint"
    NON = "non", "non atteint"


@pghistory.track()
class FicheEvaluation(models.Model):
    """What one year of a fiche was worth. A draft until shared (`shared_on`): its authors' and the coordination's."""

    class Recommendation(models.TextChoices):
        RECONDUIRE = "reconduire", "reconduire"
        AJUSTER = "ajuster", "ajuster"
        ARRETER = "arreter", "arrêter"
        FUSIONNER = "fusionner", "fusionner avec une autre fiche"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="evaluations")
    year = models.PositiveSmallIntegerField("année")
    done = RichTextField("ce qui a été fait", blank=True)
    difficulties = RichTextField("difficultés rencontrées", blank=True)
    perspectives = RichTextField("perspectives", blank=True)
    appreciation = models.CharField("objectif de la fiche", max_length=8, choices=Appreciation, blank=True)
    recommendation = models.CharField("suite proposée", max_length=10, choices=Recommendation, blank=True)
    shared_on = models.DateField("partagée le", null=True, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    updated_at = models.DateTimeField("mise à jour", default=timezone.now)
    is_fictitious = models.BooleanField("donnée fictive", default=False)

    objects = FicheEvaluationQuerySet.as_manager()

    class Meta:
        verbose_name = "évaluation annuelle"
        verbose_name_plural = "évaluations annuelles"
        ordering = ["-year"]
        constraints = [
            models.UniqueConstraint(
                fields=["fiche", "year"],
                name="ficheevaluation_year_unique",
                violation_error_message="Cette année est déjà évaluée.",
            ),
            models.CheckConstraint(
                name="ficheevaluation_appreciation_valid",
                condition=Q(appreciation__in=["", "atteint", "partiel", "non"]),
            ),
            models.CheckConstraint(
                name="ficheevaluation_recommendation_valid",
                condition=Q(recommendation__in=["", "reconduire", "ajuster", "arreter", "fusionner"]),
            ),
        ]

    def __str__(self) -> str:
        return f"évaluation {self.year}"


@pghistory.track()
class ObjectiveAppreciation(models.Model):
    """How far an objective was reached in the year of an evaluation."""

    evaluation = models.ForeignKey(FicheEvaluation, models.CASCADE, related_name="appreciations")
    objective = models.ForeignKey(Objective, models.CASCADE, related_name="appreciations")
    value = models.CharField("appréciation", max_length=8, choices=Appreciation)

    class Meta:
        verbose_name = "appréciation d’un objectif"
        ordering = ["objective__position"]
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "objective"], name="objectiveappreciation_unique"),
            models.CheckConstraint(
                name="objectiveappreciation_value_valid", condition=Q(value__in=["atteint", "partiel", "non"])
            ),
        ]

    def __str__(self) -> str:
        return self.get_value_display()
