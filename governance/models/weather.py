"""The weather of an axe: a dated synthesis that says in one word and a few lines how it goes."""

import uuid

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from actions.models import Axe, Convention
from governance.querysets import WeatherQuerySet
from governance.rules.weather import SKIES, Sky


@pghistory.track()
class Weather(models.Model):
    """Set by the coordination, seen by others once published. A new one leaves the former in the history.

    Without an axe: the fiches transversales.
    """

    class Level(models.IntegerChoices):
        SOLEIL = 4, "soleil : ça avance bien"
        ECLAIRCIES = 3, "éclaircies : ça avance, avec des points à surveiller"
        NUAGES = 2, "nuages : ça avance difficilement"
        ORAGE = 1, "orage : bloqué, une décision est nécessaire"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    convention = models.ForeignKey(Convention, models.CASCADE, related_name="weather")
    axe = models.ForeignKey(
        Axe, models.CASCADE, null=True, blank=True, related_name="weather", verbose_name="axe"
    )
    level = models.PositiveSmallIntegerField("météo", choices=Level)
    text = models.TextField("synthèse", max_length=1500, blank=True)
    date = models.DateField("au", default=timezone.localdate)
    published_at = models.DateTimeField("publiée le", null=True, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    is_fictitious = models.BooleanField("donnée fictive", default=False)

    objects = WeatherQuerySet.as_manager()

    class Meta:
        verbose_name = "météo"
        ordering = ["-date", "-pk"]
        constraints = [
            models.CheckConstraint(name="weather_level_valid", condition=Q(level__in=[1, 2, 3, 4])),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()}, {self.date:%d/%m/%Y}"

    @property
    def word(self) -> str:
        """« soleil »."""
        return self.Level(self.level).label.partition(" : ")[0]

    @property
    def meaning(self) -> str:
        """« ça avance bien »."""
        return self.Level(self.level).label.partition(" : ")[2]

    @property
    def sky(self) -> Sky:
        """The icon and the colour that go with the word."""
        return SKIES[self.level]
