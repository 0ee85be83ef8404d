"""What a person should hear of: shown at once, mailed some minutes later if it is still true."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class Notice(models.Model):
    """One thing to say to one person. `kind` names who in an upper app tells it, about the row `object_id`."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", verbose_name="destinataire"
    )
    kind = models.CharField("nature", max_length=40)
    object_id = models.BigIntegerField("objet")
    created_at = models.DateTimeField("créé le", default=timezone.now)
    seen_at = models.DateTimeField("vu le", null=True, blank=True)
    # Its time to be mailed came: not looked at again.
    settled_at = models.DateTimeField("réglé le", null=True, blank=True)
    # The edition of the letter that tells it; none for who wants no mail.
    letter = models.PositiveIntegerField("courriel", null=True, blank=True)

    class Meta:
        verbose_name = "avis"
        verbose_name_plural = "avis"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "object_id"], name="notice_unique"),
        ]
        indexes = [
            models.Index(name="notice_due", fields=["created_at"], condition=models.Q(settled_at=None)),
            # The bell counts them on every page.
            models.Index(name="notice_unseen", fields=["user"], condition=models.Q(seen_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class Preferences(models.Model):
    """What a person agrees to receive by mail. Nobody has a row before having chosen: see `services.preferences_of`."""

    class Digest(models.TextChoices):
        OFF = "off", "jamais"
        DAILY = "daily", "chaque jour ouvré"
        WEEKLY = "weekly", "chaque semaine"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="notice_preferences"
    )
    by_mail = models.BooleanField("recevoir les avis par courriel", default=True)
    digest = models.CharField("récapitulatif", max_length=6, choices=Digest, default=Digest.WEEKLY)

    class Meta:
        verbose_name = "choix des courriels"
        constraints = [
            models.CheckConstraint(
                name="preferences_digest_valid", condition=models.Q(digest__in=["off", "daily", "weekly"])
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)
