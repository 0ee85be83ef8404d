"""A piece of work done in the background, as the screen shows it."""

import uuid
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from ctg.jobs.querysets import JobQuerySet


class State(models.TextChoices):
    QUEUED = "queued", "en attente"
    RUNNING = "running", "en cours"
    DONE = "done", "terminé"
    FAILED = "failed", "échoué"
    CANCELLED = "cancelled", "annulé"


UNFINISHED = (State.QUEUED, State.RUNNING)
# How a chip shows each state.
KINDS = {
    State.QUEUED: "engager",
    State.RUNNING: "cours",
    State.DONE: "faite",
    State.FAILED: "difficulte",
    State.CANCELLED: "fin",
}


def file_path(job: "Job", filename: str) -> str:
    """One file a job, named by its uuid: what the person called it never reaches the disk."""
    return f"jobs/{job.uuid}{PurePath(filename).suffix[:10]}"


class Job(models.Model):
    """What was asked, by whom, and how far it has come. Its file is its author's alone.

    `published_at` is when the broker last took the message: empty, the broker was down. Whether a worker is
    alive is not stored: it holds an advisory lock on the row (`ctg.jobs.locks`).
    """

    State = State

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    task = models.CharField("tâche", max_length=100)
    args = models.JSONField("arguments", default=list, blank=True)
    title = models.CharField("titre", max_length=200)
    subject_url = models.CharField("page d’origine", max_length=300, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="jobs",
        verbose_name="demandé par",
    )
    key = models.CharField("clé", max_length=200, blank=True)

    state = models.CharField("état", max_length=12, choices=State, default=State.QUEUED)
    progress = models.PositiveSmallIntegerField("avancement", default=0, validators=[MaxValueValidator(100)])
    message = models.CharField("message", max_length=200, blank=True)
    error = models.TextField("erreur", blank=True)
    attempts = models.PositiveSmallIntegerField("essais", default=0)
    file = models.FileField("fichier", upload_to=file_path, max_length=100, blank=True)
    filename = models.CharField("nom du fichier", max_length=200, blank=True)

    created_at = models.DateTimeField("demandé le", default=timezone.now)
    published_at = models.DateTimeField("transmis le", null=True, blank=True)
    started_at = models.DateTimeField("commencé le", null=True, blank=True)
    cancel_requested_at = models.DateTimeField("annulation demandée le", null=True, blank=True)
    finished_at = models.DateTimeField("fini le", null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = "travail"
        verbose_name_plural = "travaux"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="job_state_valid", condition=Q(state__in=State.values)),
            models.CheckConstraint(name="job_progress_percent", condition=Q(progress__lte=100)),
            models.CheckConstraint(
                name="job_queued_not_begun",
                condition=~Q(state=State.QUEUED) | Q(started_at=None, cancel_requested_at=None),
            ),
            models.CheckConstraint(
                name="job_running_started",
                condition=~Q(state__in=[State.RUNNING, State.DONE]) | Q(started_at__isnull=False),
            ),
            models.CheckConstraint(
                name="job_finished_dated",
                condition=Q(state__in=UNFINISHED, finished_at=None)
                | (~Q(state__in=UNFINISHED) & Q(finished_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="job_failed_explained",
                condition=Q(state=State.FAILED) & ~Q(error="") | ~Q(state=State.FAILED) & Q(error=""),
            ),
            models.CheckConstraint(
                name="job_cancelled_asked",
                condition=~Q(state=State.CANCELLED) | Q(cancel_requested_at__isnull=False),
            ),
            models.CheckConstraint(
                name="job_file_named",
                condition=Q(file="", filename="") | (Q(state=State.DONE) & ~Q(file="") & ~Q(filename="")),
            ),
            models.UniqueConstraint(
                name="job_unfinished_key_unique",
                fields=["author", "key"],
                condition=Q(state__in=UNFINISHED) & ~Q(key=""),
                nulls_distinct=False,
                violation_error_message="Ce travail est déjà demandé.",
            ),
        ]
        indexes = [
            models.Index(
                name="job_unfinished", fields=["created_at"], condition=Q(state__in=["queued", "running"])
            ),
            models.Index(name="job_finished", fields=["finished_at"]),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("jobs:job_detail", args=[self.uuid])

    @property
    def kind(self) -> str:
        return KINDS[State(self.state)]

    @property
    def is_finished(self) -> bool:
        return self.state not in UNFINISHED

    @property
    def is_delayed(self) -> bool:
        """The broker did not take the message: it will be published again by `rescue`."""
        return self.state == State.QUEUED and self.published_at is None

    @property
    def is_being_cancelled(self) -> bool:
        return self.state == State.RUNNING and self.cancel_requested_at is not None

    @property
    def can_be_cancelled(self) -> bool:
        return not self.is_finished and self.cancel_requested_at is None

    @property
    def can_be_retried(self) -> bool:
        return self.state in (State.FAILED, State.CANCELLED)

    @property
    def version(self) -> str:
        """Changes with anything the screen shows: a poll that carries the current one gets no answer."""
        shown: tuple[Any, ...] = (
            self.state,
            self.attempts,
            self.progress,
            self.message,
            self.is_delayed,
            self.is_being_cancelled,
        )
        return uuid.uuid5(self.uuid, "|".join(map(str, shown))).hex[:12]
