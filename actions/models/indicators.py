"""Indicators, their targets and values."""

import uuid
from datetime import date

import pghistory
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone

from actions.models.closing import YEARS_STAY_CLOSED
from actions.models.conventions import Convention
from actions.models.exchanges import Reviewed
from actions.models.fiches import FicheAction
from actions.models.parts import Objective
from actions.models.resources import Document
from actions.querysets import ClosedYearQuerySet, IndicatorQuerySet, MeasurementQuerySet
from ctg.search import search_index


@pghistory.track()
class Indicator(models.Model):
    """What is counted, against what. The target keeps its printed words beside its parsed form."""

    class Kind(models.TextChoices):
        COUNT = "count", "nombre"
        AMOUNT = "amount", "montant ou quantité"
        RATE = "rate", "taux"
        CHANGE = "change", "évolution"
        CADENCE = "cadence", "fréquence"
        DELIVERABLE = "deliverable", "livrable"
        SATISFACTION = "satisfaction", "satisfaction"
        QUALITATIVE = "qualitative", "qualitatif"

    class Direction(models.TextChoices):
        UP = "up", "à la hausse"
        DOWN = "down", "à la baisse"
        NONE = "none", "sans objet"

    class Aggregation(models.TextChoices):
        SUM = "sum", "somme des périodes"
        LAST = "last", "dernière valeur"
        MEAN = "mean", "moyenne"
        MAX = "max", "maximum"

    class Frequency(models.TextChoices):
        ONCE = "once", "une fois"
        MONTH = "month", "chaque mois"
        QUARTER = "quarter", "chaque trimestre"
        YEAR = "year", "chaque année"

    class Comparator(models.TextChoices):
        GT = ">", "plus de (>)"
        GE = "≥", "au moins (≥)"
        EQ = "=", "exactement (=)"
        LE = "≤", "au plus (≤)"
        LT = "<", "moins de (<)"

    class Per(models.TextChoices):
        NONE = "", "au total"
        MONTH = "month", "par mois"
        QUARTER = "quarter", "par trimestre"
        YEAR = "year", "par an"

    class TargetMode(models.TextChoices):
        UNKNOWN = "", "non précisé"
        EACH_PERIOD = "each_period", "à chaque période"
        CUMULATIVE = "cumulative", "en cumul sur la convention"
        AT_END = "at_end", "à l’échéance"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="indicators")
    objective = models.ForeignKey(
        Objective, models.SET_NULL, null=True, blank=True, related_name="indicators", verbose_name="objectif"
    )
    label = models.CharField("indicateur", max_length=300)
    kind = models.CharField("nature", max_length=12, choices=Kind, default=Kind.COUNT)
    unit = models.CharField("unité", max_length=60, blank=True)
    direction = models.CharField("sens attendu", max_length=4, choices=Direction, default=Direction.UP)
    aggregation = models.CharField(
        "d’une période à l’autre", max_length=4, choices=Aggregation, default=Aggregation.SUM
    )
    frequency = models.CharField("relevé", max_length=8, choices=Frequency, default=Frequency.YEAR)
    baseline_value = models.DecimalField(
        "valeur de référence", max_digits=16, decimal_places=4, null=True, blank=True
    )
    baseline_year = models.PositiveSmallIntegerField("année de référence", null=True, blank=True)
    target_words = models.CharField("cible, telle qu’écrite", max_length=160, blank=True)
    comparator = models.CharField("cible", max_length=1, choices=Comparator, blank=True)
    target_value = models.DecimalField("valeur visée", max_digits=16, decimal_places=4, null=True, blank=True)
    target_per = models.CharField("rythme", max_length=8, choices=Per, blank=True)
    target_mode = models.CharField("jugée", max_length=12, choices=TargetMode, blank=True)
    target_on = models.DateField("à atteindre pour le", null=True, blank=True)
    # The source that counts by itself (actions.feeds), and the first whole year that it counts.
    fed_by = models.CharField("compté par", max_length=40, blank=True)
    fed_from = models.DateField("compté depuis le", null=True, blank=True)
    position = models.PositiveSmallIntegerField("rang", default=0)
    is_fictitious = models.BooleanField("donnée fictive", default=False)
    previous = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="renewals",
        verbose_name="indicateur continué",
    )

    objects = IndicatorQuerySet.as_manager()

    # How many by year, for those that count by themselves: loaded by `with_values`.
    counted: dict[int, int]

    class Meta:
        verbose_name = "indicateur"
        ordering = ["position", "pk"]
        indexes = [search_index("indicator", "label", "target_words")]
        constraints = [
            models.CheckConstraint(
                name="indicator_kind_valid",
                condition=Q(kind__in=["count", "amount", "rate", "change"])
                | Q(kind__in=["cadence", "deliverable", "satisfaction", "qualitative"]),
            ),
            models.CheckConstraint(
                name="indicator_target_whole",
                condition=Q(comparator="", target_value__isnull=True)
                | (~Q(comparator="") & Q(target_value__isnull=False)),
                violation_error_message="Une cible se compose d’un signe et d’une valeur.",
            ),
            models.CheckConstraint(
                name="indicator_years_plausible",
                condition=(Q(baseline_year=None) | Q(baseline_year__range=(1900, 2100)))
                & (Q(target_on=None) | Q(target_on__range=(date(1990, 1, 1), date(2100, 12, 31)))),
                violation_error_message="Écrivez une année à quatre chiffres.",
            ),
            models.CheckConstraint(
                name="indicator_fed_dated",
                condition=Q(fed_by="", fed_from=None) | (~Q(fed_by="") & Q(fed_from__isnull=False)),
            ),
            models.CheckConstraint(
                name="indicator_rate_not_summed",
                condition=~Q(kind="rate") | ~Q(aggregation="sum"),
                violation_error_message="Un taux ne s’additionne pas : choisissez « dernière valeur » ou « moyenne ».",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def has_target(self) -> bool:
        return self.target_value is not None or self.kind == self.Kind.DELIVERABLE


@pghistory.track()
class Measurement(Reviewed):
    """The value of one indicator over one period, or why there is none."""

    class State(models.TextChoices):
        KNOWN = "known", "connue"
        ESTIMATED = "estimated", "estimée"
        NOT_COLLECTED = "not_collected", "non recueillie"
        SECRET = "secret", "secret statistique"
        NOT_APPLICABLE = "not_applicable", "sans objet"

    WITH_VALUE = (State.KNOWN, State.ESTIMATED)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="measurements")
    period_start = models.DateField("du")
    period_end = models.DateField("au")
    state = models.CharField("état", max_length=16, choices=State, default=State.KNOWN)
    value = models.DecimalField("valeur", max_digits=16, decimal_places=4, null=True, blank=True)
    numerator = models.DecimalField("numérateur", max_digits=16, decimal_places=4, null=True, blank=True)
    denominator = models.DecimalField("dénominateur", max_digits=16, decimal_places=4, null=True, blank=True)
    done = models.BooleanField("fait", null=True, blank=True)
    text = models.CharField("constat", max_length=500, blank=True)
    note = models.CharField("remarque", max_length=300, blank=True)
    evidence = models.ForeignKey(
        Document,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="measurements",
        verbose_name="justificatif",
    )
    entered_at = models.DateTimeField("saisie le", default=timezone.now)
    is_fictitious = models.BooleanField("donnée fictive", default=False)

    objects = MeasurementQuerySet.as_manager()

    class Meta:
        verbose_name = "valeur"
        ordering = ["period_start", "pk"]
        triggers = [YEARS_STAY_CLOSED]
        constraints = [
            models.CheckConstraint(
                name="measurement_state_valid",
                condition=Q(state__in=["known", "estimated", "not_collected", "secret", "not_applicable"]),
            ),
            models.CheckConstraint(
                name="measurement_status_valid", condition=Q(status__in=["proposed", "accepted", "returned"])
            ),
            models.CheckConstraint(
                name="measurement_period_ordered",
                condition=Q(period_end__gte=F("period_start")),
                violation_error_message="La période doit finir après son début.",
            ),
            models.CheckConstraint(
                name="measurement_one_content",
                condition=Q(
                    state__in=["known", "estimated"],
                    value__isnull=False,
                    numerator=None,
                    denominator=None,
                    done=None,
                    text="",
                )
                | Q(
                    state__in=["known", "estimated"],
                    value=None,
                    numerator__isnull=False,
                    denominator__isnull=False,
                    done=None,
                    text="",
                )
                | Q(
                    state__in=["known", "estimated"],
                    value=None,
                    numerator=None,
                    denominator=None,
                    done__isnull=False,
                    text="",
                )
                | (
                    Q(
                        state__in=["known", "estimated"],
                        value=None,
                        numerator=None,
                        denominator=None,
                        done=None,
                    )
                    & ~Q(text="")
                )
                | Q(
                    state__in=["not_collected", "secret", "not_applicable"],
                    value=None,
                    numerator=None,
                    denominator=None,
                    done=None,
                    text="",
                ),
                violation_error_message="Donnez une valeur si elle est connue ou estimée, aucune sinon.",
            ),
            ExclusionConstraint(
                name="measurement_accepted_periods_apart",
                expressions=[
                    (
                        Func(
                            F("period_start"),
                            F("period_end"),
                            RangeBoundary(inclusive_lower=True, inclusive_upper=True),
                            function="DATERANGE",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    ("indicator", RangeOperators.EQUAL),
                ],
                condition=Q(status="accepted"),
                violation_error_message="Une valeur existe déjà sur une partie de cette période.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} ({self.period_start} – {self.period_end})"


class ClosedYear(models.Model):
    """A year whose values are locked: a trigger refuses any change of its accepted values."""

    convention = models.ForeignKey(Convention, models.CASCADE, related_name="closed_years")
    year = models.PositiveSmallIntegerField("année")
    closed_at = models.DateTimeField("close le", default=timezone.now)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = ClosedYearQuerySet.as_manager()

    class Meta:
        verbose_name = "année close"
        verbose_name_plural = "années closes"
        ordering = ["year"]
        constraints = [models.UniqueConstraint(fields=["convention", "year"], name="closedyear_unique")]

    def __str__(self) -> str:
        return str(self.year)
