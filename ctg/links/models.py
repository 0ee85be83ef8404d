"""Links that let somebody in without an account. Only the hashes of their tokens are kept."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class SignedLink(models.Model):
    """What one person was given for one purpose, until a date or until it is withdrawn.

    What it opens is said by the row of an upper app that refers to it.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    purpose = models.CharField("usage", max_length=40)
    created_at = models.DateTimeField("créé le", default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name="créé par"
    )
    expires_at = models.DateTimeField("expire le")
    revoked_at = models.DateTimeField("retiré le", null=True, blank=True)

    class Meta:
        verbose_name = "lien signé"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="signedlink_expires_later", condition=Q(expires_at__gt=F("created_at"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose}, {self.created_at:%d/%m/%Y}"

    @property
    def is_open(self) -> bool:
        return self.revoked_at is None and timezone.now() < self.expires_at


class LinkToken(models.Model):
    """One address of a link. Whoever mails the link again gives a new one; the earlier ones keep working."""

    link = models.ForeignKey(SignedLink, models.CASCADE, related_name="tokens")
    token_hash = models.CharField("empreinte", max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField("créé le", default=timezone.now)

    class Meta:
        verbose_name = "adresse d’un lien"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.link}, {self.created_at:%d/%m/%Y}"


class LinkUse(models.Model):
    """What was done through a link, and when: sent, opened, answered."""

    link = models.ForeignKey(SignedLink, models.CASCADE, related_name="uses")
    at = models.DateTimeField("le", default=timezone.now)
    act = models.CharField("acte", max_length=80)

    class Meta:
        verbose_name = "usage d’un lien"
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.act
