"""Where: the reference data of France (Insee, COG 2026; DGCL, EPCI 2026). Codes are text."""

from django.db import models
from django.db.models import F, Func
from django.urls import reverse

from territories.querysets import CommuneQuerySet, DepartementQuerySet, EpciQuerySet, QpvQuerySet


def sort_key(field: str = "name") -> models.GeneratedField:
    """A stored column to sort and search by: without accents, in lower case."""
    return models.GeneratedField(
        expression=Func(F(field), function="sort_key"),
        output_field=models.TextField(),
        db_persist=True,
    )


class Departement(models.Model):
    code = models.CharField("code", max_length=3, primary_key=True)
    name = models.CharField("nom", max_length=60)
    region = models.CharField("région", max_length=60, blank=True)

    objects = DepartementQuerySet.as_manager()

    class Meta:
        verbose_name = "département"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Epci(models.Model):
    """An intercommunality with its own taxes: CC, CA, CU or métropole."""

    KINDS = {
        "CC": "communauté de communes",
        "CA": "communauté d’agglomération",
        "CU": "communauté urbaine",
        "ME": "métropole",
    }

    siren = models.CharField("Siren", max_length=9, primary_key=True)
    name = models.CharField("nom", max_length=160)
    kind = models.CharField("nature", max_length=8)
    sort_name = sort_key()

    objects = EpciQuerySet.as_manager()

    class Meta:
        verbose_name = "EPCI"
        verbose_name_plural = "EPCI"
        ordering = ["sort_name"]
        constraints = [
            models.CheckConstraint(name="epci_siren_valid", condition=models.Q(siren__regex=r"^\d{9}$"))
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("territories:epci_detail", args=[self.siren])

    @property
    def kind_label(self) -> str:
        return self.KINDS.get(self.kind, self.kind)


class TerritorialLevel(models.Model):
    """A territory inside an EPCI, as it names them itself. Levels are data, not code."""

    epci = models.ForeignKey(Epci, models.CASCADE, related_name="levels", verbose_name="EPCI")
    name = models.CharField("nom", max_length=120)
    position = models.PositiveSmallIntegerField("rang", default=0)

    class Meta:
        verbose_name = "niveau territorial"
        verbose_name_plural = "niveaux territoriaux"
        ordering = ["position", "name"]
        constraints = [models.UniqueConstraint(fields=["epci", "name"], name="territoriallevel_name_unique")]

    def __str__(self) -> str:
        return self.name


class Commune(models.Model):
    """A commune. `population`: municipal population of `POPULATION_YEAR` (Insee)."""

    POPULATION_YEAR = 2022

    code = models.CharField("code Insee", max_length=5, primary_key=True)
    name = models.CharField("nom", max_length=80)
    departement = models.ForeignKey(
        Departement, models.PROTECT, related_name="communes", verbose_name="département"
    )
    epci = models.ForeignKey(
        Epci, models.SET_NULL, null=True, blank=True, related_name="communes", verbose_name="EPCI"
    )
    level = models.ForeignKey(
        TerritorialLevel,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="communes",
        verbose_name="niveau territorial",
    )
    siren = models.CharField("Siren", max_length=9, blank=True)
    population = models.PositiveIntegerField("population municipale", null=True, blank=True)
    sort_name = sort_key()

    objects = CommuneQuerySet.as_manager()

    class Meta:
        verbose_name = "commune"
        ordering = ["sort_name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("territories:commune_detail", args=[self.code])

    @property
    def kind_label(self) -> str:
        return "commune"


class Qpv(models.Model):
    """A « quartier prioritaire de la politique de la ville ». It may span communes; its code may be unknown."""

    code = models.CharField("code", max_length=8, blank=True)
    name = models.CharField("nom", max_length=160)
    epci = models.ForeignKey(
        Epci, models.SET_NULL, null=True, blank=True, related_name="qpvs", verbose_name="EPCI"
    )
    communes = models.ManyToManyField(Commune, related_name="qpvs", blank=True, verbose_name="communes")

    objects = QpvQuerySet.as_manager()

    class Meta:
        verbose_name = "QPV"
        verbose_name_plural = "QPV"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="qpv_code_unique", condition=~models.Q(code="")),
            models.UniqueConstraint(fields=["epci", "name"], name="qpv_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name
