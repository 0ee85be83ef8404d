"""What people say to each other about the plan, and what partners without an account send in."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from actions.models.conventions import Basis, Convention
from actions.models.fiches import FicheAction
from actions.querysets import CommentQuerySet, ContributionLinkQuerySet, OperationQuerySet
from ctg.links.models import SignedLink
from territories.models import Contact


class Comment(models.Model):
    """A word between members about a fiche. Never printed nor sent to whoever may not comment."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="comments")
    text = models.TextField("commentaire", max_length=3000)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField("écrit le", default=timezone.now)
    edited_at = models.DateTimeField("modifié le", null=True, blank=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = "commentaire"
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.text[:80]


class Mention(models.Model):
    """A member named in a comment: who is to be told."""

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="mentions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        verbose_name = "mention"
        constraints = [models.UniqueConstraint(fields=["comment", "user"], name="mention_unique")]

    def __str__(self) -> str:
        return str(self.user)


class ContributionLink(models.Model):
    """What a signed link opens to a partner without an account: fiches or single indicators, until its date."""

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="contribution_links")
    link = models.OneToOneField(SignedLink, models.CASCADE, related_name="contribution")
    contact = models.ForeignKey(
        Contact, models.PROTECT, related_name="contribution_links", verbose_name="destinataire"
    )
    message = models.TextField("message", max_length=1000, blank=True)
    fiches = models.ManyToManyField(FicheAction, blank=True, related_name="+", verbose_name="fiches")
    indicators: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        "Indicator", blank=True, related_name="+", verbose_name="indicateurs"
    )

    objects = ContributionLinkQuerySet.as_manager()

    class Meta:
        verbose_name = "lien de contribution"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return str(self.contact)


class Review(models.TextChoices):
    """What the coordination made of something sent in."""

    PROPOSED = "proposed", "proposée"
    ACCEPTED = "accepted", "acceptée"
    RETURNED = "returned", "renvoyée"


class Reviewed(models.Model):
    """Something reported: accepted at once, or proposed until the coordination accepts or returns it."""

    status = models.CharField("examen", max_length=8, choices=Review, default=Review.ACCEPTED)
    return_reason = models.CharField("motif du renvoi", max_length=300, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Sent by a partner without an account, through this link.
    via = models.ForeignKey(
        ContributionLink, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="reçue par"
    )

    class Meta:
        abstract = True

    @property
    def sender(self) -> str:
        """Who reported it, with or without an account."""
        return str(self.via.contact if self.via else self.author or "")


class Operation(models.Model):
    """A change of many rows made at once, that can be undone at once. `context`: the one of its events."""

    class Kind(models.TextChoices):
        BULK = "bulk", "modification groupée"
        IMPORT = "import", "retour d’un classeur"
        RESTORE = "restore", "valeur rétablie"
        VALUES = "values", "saisie dans la grille"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    convention = models.ForeignKey(Convention, models.CASCADE, related_name="operations")
    kind = models.CharField("nature", max_length=8, choices=Kind)
    title = models.CharField("intitulé", max_length=200)
    context = models.UUIDField("contexte", unique=True, editable=False)
    basis = models.ForeignKey(Basis, models.SET_NULL, null=True, blank=True, related_name="operations")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField("fait le", default=timezone.now)
    undone_at = models.DateTimeField("défait le", null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = OperationQuerySet.as_manager()

    class Meta:
        verbose_name = "opération"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="operation_kind_valid",
                condition=models.Q(kind__in=["bulk", "import", "restore", "values"]),
            )
        ]

    def __str__(self) -> str:
        return self.title
