"""Levels 1 and 2 of the plan."""

import uuid

import pghistory
from django.db import models
from django.db.models import Q

from actions.models.conventions import Convention
from actions.querysets import AxeQuerySet, OrientationQuerySet


def numbered(number: str, title: str) -> str:
    """« 1.2 Titre », or the title alone when the document does not number."""
    return f"{number} {title}".strip()


@pghistory.track()
class Axe(models.Model):
    """Level 1 of the plan. Its number is free text, and may be empty."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    convention = models.ForeignKey(Convention, models.CASCADE, related_name="axes")
    number = models.CharField("numéro", max_length=20, blank=True)
    title = models.CharField("titre", max_length=240)
    former_title = models.CharField("titre dans la convention précédente", max_length=240, blank=True)
    position = models.PositiveSmallIntegerField("rang", default=0)
    ended_on = models.DateField("arrêté le", null=True, blank=True)
    end_reason = models.CharField("motif de l’arrêt", max_length=300, blank=True)

    objects = AxeQuerySet.as_manager()

    class Meta:
        verbose_name = "axe"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="axe_end_has_reason",
                condition=Q(ended_on__isnull=True) | ~Q(end_reason=""),
                violation_error_message="Dites pourquoi l’axe s’arrête.",
            )
        ]

    def __str__(self) -> str:
        return numbered(self.number, self.title)


@pghistory.track()
class Orientation(models.Model):
    """Level 2 of the plan; optional."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    axe = models.ForeignKey(Axe, models.CASCADE, related_name="orientations")
    number = models.CharField("numéro", max_length=20, blank=True)
    title = models.CharField("titre", max_length=240)
    position = models.PositiveSmallIntegerField("rang", default=0)
    ended_on = models.DateField("arrêtée le", null=True, blank=True)
    end_reason = models.CharField("motif de l’arrêt", max_length=300, blank=True)

    objects = OrientationQuerySet.as_manager()

    class Meta:
        verbose_name = "orientation"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="orientation_end_has_reason",
                condition=Q(ended_on__isnull=True) | ~Q(end_reason=""),
                violation_error_message="Dites pourquoi l’orientation s’arrête.",
            )
        ]

    def __str__(self) -> str:
        return numbered(self.number, self.title)
