"""What a fiche is tied to: themes, places, people, organisations, other fiches and other frameworks.

Each tie is a row of its own, so that its history is kept.
"""

import pghistory
from django.db import models
from django.db.models import F, Q

from actions.models.fiches import FicheAction
from actions.querysets import PartyQuerySet
from ctg.search import search_index
from territories.models import Commune, Contact, Organisation, Qpv, Theme


class FicheLink(models.Model):
    """A tie of a fiche, in its place among those of its kind."""

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField("rang", default=0)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]


@pghistory.track()
class FicheTheme(FicheLink):
    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="theme_links")
    theme = models.ForeignKey(Theme, models.CASCADE, related_name="fiche_links", verbose_name="thématique")

    class Meta(FicheLink.Meta):
        verbose_name = "thématique"
        constraints = [models.UniqueConstraint(fields=["fiche", "theme"], name="fichetheme_unique")]

    def __str__(self) -> str:
        return str(self.theme)


@pghistory.track()
class FicheCommune(FicheLink):
    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="commune_links")
    commune = models.ForeignKey(Commune, models.CASCADE, related_name="fiche_links", verbose_name="commune")

    class Meta(FicheLink.Meta):
        verbose_name = "commune"
        constraints = [models.UniqueConstraint(fields=["fiche", "commune"], name="fichecommune_unique")]

    def __str__(self) -> str:
        return str(self.commune)


@pghistory.track()
class FicheQpv(FicheLink):
    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="qpv_links")
    qpv = models.ForeignKey(Qpv, models.CASCADE, related_name="fiche_links", verbose_name="QPV")

    class Meta(FicheLink.Meta):
        verbose_name = "QPV"
        constraints = [models.UniqueConstraint(fields=["fiche", "qpv"], name="ficheqpv_unique")]

    def __str__(self) -> str:
        return str(self.qpv)


@pghistory.track()
class FichePilot(FicheLink):
    """Who runs it: a person or a service, with or without an account."""

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="pilot_links")
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="pilot_links", verbose_name="pilote")

    class Meta(FicheLink.Meta):
        verbose_name = "pilote"
        constraints = [models.UniqueConstraint(fields=["fiche", "contact"], name="fichepilot_unique")]

    def __str__(self) -> str:
        return str(self.contact)


class FicheParty(FicheLink):
    """An organisation of its own, or a generic label kept as printed; never both."""

    label = models.CharField("libellé", max_length=200, blank=True)

    class Meta(FicheLink.Meta):
        abstract = True

    def __str__(self) -> str:
        organisation: Organisation | None = getattr(self, "organisation", None)
        return str(organisation) if organisation else self.label

    @property
    def full_name(self) -> str:
        """« Communauté de communes Sundgau (CCS) »."""
        body: Organisation | None = getattr(self, "organisation", None)
        if body is None:
            return self.label
        return f"{body.name} ({body.short_name})" if body.short_name not in ("", body.name) else body.name


def one_party(name: str) -> models.CheckConstraint:
    """Either an organisation or a label."""
    return models.CheckConstraint(
        name=f"{name}_organisation_or_label",
        condition=Q(organisation__isnull=False, label="") | (Q(organisation__isnull=True) & ~Q(label="")),
        violation_error_message="Choisissez un organisme ou écrivez un libellé.",
    )


@pghistory.track()
class FicheLead(FicheParty):
    """A porteur: the organisation that carries the fiche."""

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="leads")
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fiches_led",
        verbose_name="organisme",
    )

    objects = PartyQuerySet.as_manager()

    class Meta(FicheParty.Meta):
        verbose_name = "porteur"
        constraints = [one_party("fichelead")]
        indexes = [search_index("fichelead", "label")]


@pghistory.track()
class FichePartner(FicheParty):
    """A partenaire: who helps."""

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="partners")
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fiches_helped",
        verbose_name="organisme",
    )

    objects = PartyQuerySet.as_manager()

    class Meta(FicheParty.Meta):
        verbose_name = "partenaire"
        constraints = [one_party("fichepartner")]
        indexes = [search_index("fichepartner", "label")]


@pghistory.track()
class FicheRelation(FicheLink):
    """Another fiche of the same convention that this one goes with. Read from both sides."""

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="relations")
    other = models.ForeignKey(
        FicheAction, models.CASCADE, related_name="relations_from", verbose_name="fiche liée"
    )

    class Meta(FicheLink.Meta):
        verbose_name = "fiche liée"
        constraints = [
            models.UniqueConstraint(fields=["fiche", "other"], name="ficherelation_unique"),
            models.CheckConstraint(
                name="ficherelation_other",
                condition=~Q(fiche=F("other")),
                violation_error_message="Une fiche n’est pas liée à elle-même.",
            ),
        ]

    def __str__(self) -> str:
        return str(self.other)


@pghistory.track()
class FicheFramework(FicheLink):
    """Another framework that the fiche also serves: its kind, and which one in words."""

    class Kind(models.TextChoices):
        CONTRAT_DE_VILLE = "contrat_de_ville", "contrat de ville"
        CLS = "cls", "contrat local de santé (CLS)"
        SDSF = "sdsf", "schéma départemental des services aux familles (SDSF)"
        PEDT = "pedt", "projet éducatif de territoire (PEDT)"
        PETITE_ENFANCE = "petite_enfance", "schéma petite enfance"
        OTHER = "other", "autre cadre"

    fiche = models.ForeignKey(FicheAction, models.CASCADE, related_name="frameworks")
    kind = models.CharField("cadre", max_length=16, choices=Kind)
    words = models.CharField("précision", max_length=200, blank=True)

    class Meta(FicheLink.Meta):
        verbose_name = "autre cadre"
        constraints = [
            models.UniqueConstraint(fields=["fiche", "kind"], name="ficheframework_unique"),
            models.CheckConstraint(
                name="ficheframework_kind_valid",
                condition=Q(kind__in=["contrat_de_ville", "cls", "sdsf", "pedt"])
                | Q(kind__in=["petite_enfance", "other"]),
            ),
            models.CheckConstraint(
                name="ficheframework_other_said",
                condition=~Q(kind="other") | ~Q(words=""),
                violation_error_message="Dites de quel autre cadre il s’agit.",
            ),
        ]

    def __str__(self) -> str:
        label = self.get_kind_display()
        if self.kind == self.Kind.OTHER:
            return self.words
        return f"{label} : {self.words}" if self.words else label
