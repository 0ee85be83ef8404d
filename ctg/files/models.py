"""The files that people send in: one stored copy per content, whoever sends it and however often."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone


def stored_path(stored: "StoredFile", _filename: str) -> str:
    """Named by its content: what the person called it never reaches the disk."""
    return f"files/{stored.sha256[:2]}/{stored.sha256}"


class StoredFile(models.Model):
    """Bytes, and what they were found to be. Whoever refers to it decides who may read it."""

    sha256 = models.CharField("empreinte", max_length=64, unique=True, editable=False)
    media_type = models.CharField("type", max_length=100)
    extension = models.CharField("extension", max_length=8)
    size = models.PositiveIntegerField("taille", validators=[MinValueValidator(1)], help_text="En octets.")
    file = models.FileField("fichier", upload_to=stored_path, max_length=100)
    stored_at = models.DateTimeField("reçu le", default=timezone.now)

    class Meta:
        verbose_name = "fichier"
        constraints = [models.CheckConstraint(name="storedfile_not_empty", condition=models.Q(size__gte=1))]

    def __str__(self) -> str:
        return f"{self.extension}, {self.size} octets"
