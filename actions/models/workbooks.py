"""The plan that comes back as a workbook: what was sent in, what it would change, what became of it."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from actions.models.conventions import Convention
from actions.models.exchanges import Operation
from actions.querysets import PlanWorkbookQuerySet
from ctg.files.models import StoredFile
from ctg.jobs.models import Job


class PlanWorkbook(models.Model):
    """`report`: what was found (actions.importers.workbook.report). `choices`: what was decided of it.

    `job` is the last work asked on it: reading, applying, undoing.
    """

    class State(models.TextChoices):
        SENT = "sent", "reçu"
        REFUSED = "refused", "refusé"
        READ = "read", "à relire"
        APPLIED = "applied", "appliqué"

    KINDS = {
        State.SENT: "engager",
        State.REFUSED: "difficulte",
        State.READ: "cours",
        State.APPLIED: "faite",
    }

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    convention = models.ForeignKey(Convention, models.CASCADE, related_name="workbooks")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField("envoyé le", default=timezone.now)
    name = models.CharField("nom du fichier", max_length=200)
    stored = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="fichier")
    state = models.CharField("état", max_length=8, choices=State, default=State.SENT)
    refusal = models.CharField("pourquoi il est refusé", max_length=500, blank=True)
    report: "models.JSONField[Any, Any]" = models.JSONField("rapport", default=dict, blank=True)
    choices: "models.JSONField[Any, Any]" = models.JSONField("choix", default=dict, blank=True)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="+")
    operation = models.OneToOneField(
        Operation, models.SET_NULL, null=True, blank=True, related_name="workbook"
    )

    objects = PlanWorkbookQuerySet.as_manager()

    class Meta:
        verbose_name = "classeur rapporté"
        verbose_name_plural = "classeurs rapportés"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="planworkbook_state_valid",
                condition=Q(state__in=["sent", "refused", "read", "applied"]),
            ),
            models.CheckConstraint(
                name="planworkbook_refusal_explained",
                condition=(Q(state="refused") & ~Q(refusal="")) | (~Q(state="refused") & Q(refusal="")),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("actions:workbook_detail", args=[self.convention.slug, self.uuid])

    @property
    def is_undone(self) -> bool:
        return self.operation is not None and self.operation.undone_at is not None

    @property
    def kind(self) -> str:
        """The kind of chip that says the state."""
        return "fin" if self.is_undone else self.KINDS[self.State(self.state)]

    @property
    def state_words(self) -> str:
        return "défait" if self.is_undone else str(self.State(self.state).label)

    @property
    def can_be_applied(self) -> bool:
        """It has been read, changes something, and has no fault."""
        report = self.report
        is_read = self.state == self.State.READ and not report["faults"]
        return is_read and bool(report["groups"] or report["conflicts"])

    @property
    def is_busy(self) -> bool:
        """Something is being done with it."""
        return self.job is not None and not self.job.is_finished
