"""The agenda of a meeting, and the subjects that wait for one."""

import uuid
from typing import Any

import pghistory
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from actions.models import Convention, FicheAction
from ctg.files.models import StoredFile
from governance.models.bodies import Committee
from governance.models.meetings import Meeting
from governance.querysets import AgendaItemQuerySet, ItemPartQuerySet


@pghistory.track(exclude=["created_at"])
class AgendaItem(models.Model):
    """A subject: on the agenda of a meeting, or waiting for one.

    What is noted under it is typed during the meeting and read by others once the minutes are sent.
    """

    class Outcome(models.TextChoices):
        WAITING = "", "à traiter"
        TREATED = "treated", "traité"
        POSTPONED = "postponed", "reporté à la prochaine réunion"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    convention = models.ForeignKey(Convention, models.CASCADE, related_name="agenda_items")
    meeting = models.ForeignKey(Meeting, models.CASCADE, null=True, blank=True, related_name="items")
    # Of a subject that waits: for which committee.
    committee = models.ForeignKey(
        Committee,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="subjects",
        verbose_name="pour l’instance",
    )
    title = models.CharField("sujet", max_length=240)
    text = models.TextField("présentation", max_length=5000, blank=True)
    minutes = models.PositiveSmallIntegerField(
        "durée (min)", null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(600)]
    )
    presenter = models.CharField("présenté par", max_length=160, blank=True)
    fiches: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        FicheAction, blank=True, related_name="agenda_items", verbose_name="fiches concernées"
    )
    asks_decision = models.BooleanField("une décision est demandée", default=False)
    position = models.PositiveSmallIntegerField("rang", default=0)
    outcome = models.CharField("suite", max_length=10, choices=Outcome, blank=True, default=Outcome.WAITING)
    notes = models.TextField("notes de séance", max_length=20000, blank=True)
    carried_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="carried_to", verbose_name="reporté de"
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField("proposé le", default=timezone.now)
    is_fictitious = models.BooleanField("donnée fictive", default=False)

    objects = AgendaItemQuerySet.as_manager()

    # Annotated by `with_rights`.
    can_run: bool

    class Meta:
        verbose_name = "point de l’ordre du jour"
        verbose_name_plural = "points de l’ordre du jour"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="agendaitem_outcome_valid", condition=Q(outcome__in=["", "treated", "postponed"])
            ),
        ]

    def __str__(self) -> str:
        return self.title


@pghistory.track()
class AgendaOption(models.Model):
    """One of the ways between which a meeting decides, and what would follow from it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    item = models.ForeignKey(AgendaItem, models.CASCADE, related_name="options")
    title = models.CharField("option", max_length=240)
    consequences = models.TextField("conséquences", max_length=2000, blank=True)
    position = models.PositiveSmallIntegerField("rang", default=0)

    objects = ItemPartQuerySet.as_manager()

    class Meta:
        verbose_name = "option"
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title


class AgendaDocument(models.Model):
    """A file that goes with an item of the agenda."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    item = models.ForeignKey(AgendaItem, models.CASCADE, related_name="documents")
    title = models.CharField("titre", max_length=200)
    stored = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="fichier")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField("ajouté le", default=timezone.now)

    objects = ItemPartQuerySet.as_manager()

    class Meta:
        verbose_name = "document"
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.title
