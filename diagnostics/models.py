"""What is known of a territory: figures, surveys and the needs they told, enjeux."""

import re
import uuid

import pghistory
from django.db import models
from django.db.models import F, Q

from ctg.numbers import NO_BREAK, french_number
from ctg.richtext import RichTextField
from diagnostics.querysets import (
    DiagnosticQuerySet,
    EnjeuQuerySet,
    KeyFigureQuerySet,
    NeedQuerySet,
    SurveyQuerySet,
)
from territories.models import Commune, Departement, Epci, Qpv, Theme


@pghistory.track()
class Diagnostic(models.Model):
    """A shared study of a territory. Several conventions may rest on the same one."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField("titre", max_length=200)
    year = models.PositiveSmallIntegerField("année", null=True, blank=True)
    source = models.CharField("source", max_length=300, blank=True)
    summary = RichTextField("en bref", blank=True)

    objects = DiagnosticQuerySet.as_manager()

    # Annotated by `of`.
    is_shared: bool

    class Meta:
        verbose_name = "diagnostic"
        ordering = ["-year", "title"]

    def __str__(self) -> str:
        return self.title


@pghistory.track()
class KeyFigure(models.Model):
    """A figure with its unit, year, territory and source. A missing one has a state, never a 0."""

    class State(models.TextChoices):
        KNOWN = "known", "connu"
        ESTIMATED = "estimated", "estimé"
        NOT_COLLECTED = "not_collected", "non recueilli"
        SECRET = "secret", "secret statistique"
        NOT_APPLICABLE = "not_applicable", "sans objet"

    WITH_VALUE = (State.KNOWN, State.ESTIMATED)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    diagnostic = models.ForeignKey(Diagnostic, models.CASCADE, related_name="figures")
    label = models.CharField("intitulé", max_length=240)
    state = models.CharField("état", max_length=16, choices=State, default=State.KNOWN)
    value = models.DecimalField("valeur", max_digits=16, decimal_places=4, null=True, blank=True)
    unit = models.CharField("unité", max_length=60, blank=True)
    words = models.CharField("tel qu’imprimé", max_length=240, blank=True)
    year = models.PositiveSmallIntegerField(
        "année", null=True, blank=True, help_text="Laissez vide si la source ne la précise pas."
    )
    source = models.CharField("source", max_length=240, blank=True)
    epci = models.ForeignKey(Epci, models.PROTECT, null=True, blank=True, verbose_name="EPCI")
    commune = models.ForeignKey(Commune, models.PROTECT, null=True, blank=True, verbose_name="commune")
    qpv = models.ForeignKey(Qpv, models.PROTECT, null=True, blank=True, verbose_name="QPV")
    departement = models.ForeignKey(
        Departement, models.PROTECT, null=True, blank=True, verbose_name="département"
    )
    is_national = models.BooleanField("France entière", default=False)
    themes = models.ManyToManyField(Theme, blank=True, verbose_name="thématiques")
    position = models.PositiveSmallIntegerField("rang", default=0)

    objects = KeyFigureQuerySet.as_manager()

    class Meta:
        verbose_name = "chiffre clé"
        verbose_name_plural = "chiffres clés"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="keyfigure_state_valid",
                condition=Q(state__in=["known", "estimated", "not_collected", "secret", "not_applicable"]),
            ),
            models.CheckConstraint(
                name="keyfigure_value_when_known",
                condition=Q(state__in=["known", "estimated"], value__isnull=False)
                | Q(state__in=["not_collected", "secret", "not_applicable"], value__isnull=True),
                violation_error_message="Donnez une valeur si le chiffre est connu ou estimé, aucune sinon.",
            ),
            models.CheckConstraint(
                name="keyfigure_one_territory",
                condition=(
                    Q(is_national=True, epci=None, commune=None, qpv=None, departement=None)
                    | Q(is_national=False, epci__isnull=False, commune=None, qpv=None, departement=None)
                    | Q(is_national=False, epci=None, commune__isnull=False, qpv=None, departement=None)
                    | Q(is_national=False, epci=None, commune=None, qpv__isnull=False, departement=None)
                    | Q(is_national=False, epci=None, commune=None, qpv=None, departement__isnull=False)
                ),
                violation_error_message="Un chiffre décrit un seul territoire : choisissez-en un.",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def territory(self) -> str:
        """The name of the territory the figure describes."""
        return (
            "France" if self.is_national else str(self.epci or self.commune or self.qpv or self.departement)
        )

    @property
    def place(self) -> str:
        """The territory in a narrow column: « CC Sundgau » for an EPCI, whose full name begins with its nature."""
        if self.epci is None:
            return self.territory
        return re.sub(r"^Communauté (?:de communes|urbaine|d.agglomération)", self.epci.kind, self.epci.name)

    @property
    def has_value(self) -> bool:
        return self.state in self.WITH_VALUE

    @property
    def in_words(self) -> str:
        """« Taux de pauvreté : 33 % (Mulhouse) »."""
        said = self.get_state_display()
        if self.value is not None:
            said = f"{french_number(self.value)}{NO_BREAK}{self.unit}".strip()
        return f"{self.label}{NO_BREAK}: {said} ({self.territory})"

    @property
    def leading_theme(self) -> Theme | None:
        """The theme under which the figure is shown: the first of its own."""
        return next(iter(self.themes.all()), None)


@pghistory.track()
class Survey(models.Model):
    """An enquête: whom it asked, how many answered, when."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    diagnostic = models.ForeignKey(Diagnostic, models.CASCADE, related_name="surveys")
    title = models.CharField("titre", max_length=200)
    audience = models.CharField("public interrogé", max_length=160, blank=True)
    respondents = models.PositiveIntegerField("répondants", null=True, blank=True)
    period = models.CharField("période", max_length=120, blank=True)
    starts_on = models.DateField("du", null=True, blank=True)
    ends_on = models.DateField("au", null=True, blank=True)
    position = models.PositiveSmallIntegerField("rang", default=0)

    objects = SurveyQuerySet.as_manager()

    class Meta:
        verbose_name = "enquête"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="survey_period_ordered",
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
                violation_error_message="L’enquête doit finir après son début.",
            )
        ]

    def __str__(self) -> str:
        return self.title


@pghistory.track()
class Need(models.Model):
    """A besoin told by a survey. `share`: percentage of the respondents who said it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    survey = models.ForeignKey(Survey, models.CASCADE, related_name="needs", verbose_name="enquête")
    text = models.CharField("besoin exprimé", max_length=400)
    share = models.DecimalField(
        "part des répondants (%)", max_digits=5, decimal_places=2, null=True, blank=True
    )
    themes = models.ManyToManyField(Theme, blank=True, verbose_name="thématiques")
    position = models.PositiveSmallIntegerField("rang", default=0)

    objects = NeedQuerySet.as_manager()

    class Meta:
        verbose_name = "besoin"
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="need_share_valid",
                condition=Q(share__isnull=True) | Q(share__gte=0, share__lte=100),
                violation_error_message="Une part va de 0 à 100 %.",
            )
        ]

    def __str__(self) -> str:
        return self.text


@pghistory.track()
class Enjeu(models.Model):
    """What is at stake, drawn from needs and figures; axes and fiches answer it."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    diagnostic = models.ForeignKey(Diagnostic, models.CASCADE, related_name="enjeux")
    text = models.CharField("enjeu", max_length=400)
    needs = models.ManyToManyField(Need, blank=True, related_name="enjeux", verbose_name="besoins")
    figures = models.ManyToManyField(
        KeyFigure, blank=True, related_name="enjeux", verbose_name="chiffres clés"
    )
    themes = models.ManyToManyField(Theme, blank=True, verbose_name="thématiques")
    position = models.PositiveSmallIntegerField("rang", default=0)

    objects = EnjeuQuerySet.as_manager()

    class Meta:
        verbose_name = "enjeu"
        verbose_name_plural = "enjeux"
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text
