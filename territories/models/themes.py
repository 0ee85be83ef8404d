"""The themes of the instance: one list, edited by its administrator."""

from django.db import models

from territories.querysets import ThemeQuerySet


class Theme(models.Model):
    """A field of family and social policy (« parentalité », « logement »…)."""

    name = models.CharField(
        "thématique",
        max_length=80,
        unique=True,
        error_messages={"unique": "Cette thématique existe déjà."},
    )
    position = models.PositiveSmallIntegerField("rang", default=0)

    objects = ThemeQuerySet.as_manager()

    class Meta:
        verbose_name = "thématique"
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name
