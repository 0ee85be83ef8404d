"""What a fiche is made of: objectives and steps."""

import uuid

import pghistory
from django.db import models
from django.db.models import Q

from actions.models.fiches import FicheAction
from actions.querysets import ObjectiveQuerySet, StepQuerySet
from ctg.richtext import RichTextField
from ctg.search import search_index
from territories.models import Contact


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
        indexes = [search_index("objective", "text", "details")]

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
    responsible = models.ForeignKey(
        Contact,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="steps",
        verbose_name="responsable",
    )
    position = models.PositiveSmallIntegerField("rang", default=0)

    objects = StepQuerySet.as_manager()

    # Annotated by `with_late`.
    is_late: bool

    class Meta:
        verbose_name = "étape"
        ordering = ["position", "pk"]
        indexes = [search_index("step", "title", "details")]
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
