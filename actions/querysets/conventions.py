"""Conventions, and the rows that belong to one."""

from datetime import date
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.apps import apps
from django.db.models import BooleanField, Exists, Model, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from actions.querysets.expressions import count_of, rows, truth
from ctg.access import granted
from territories.standing import LOCAL, organisations, standings

if TYPE_CHECKING:
    from actions.models import (
        Avenant,
        Axe,
        Basis,
        ClosedYear,
        Convention,
        FundingCall,
        Operation,
        Orientation,
        PlanWorkbook,
    )
    from ctg.accounts.models import User

M = TypeVar("M", bound=Model)


class ConventionQuerySet(QuerySet["Convention"]):
    def visible_to(self, user: "User") -> Self:
        """A Caf: those it is party to. An EPCI or commune: those it carries, signs or is covered by.

        Others: those they sign, or where their organisation carries or helps a fiche, or where the person is a
        pilot. The administrator of the instance sees all.
        """
        return self if user.is_staff else self.concerning(user)

    def concerning(self, user: "User") -> Self:
        """Those that a person sees for a reason of their own, administrator of the instance or not."""
        mine = standings(user)
        here, of_fiche = {"convention": OuterRef("pk")}, {"fiche__convention": OuterRef("pk")}
        reasons = granted("actions.Convention", user)
        reasons |= Q(Exists(rows("FichePilot").filter(**of_fiche, contact__user=user)))
        if mine:
            signs = rows("Signatory").filter(**here, organisation__in=organisations(user))
            reasons |= Q(Exists(signs))
        if cafs := [one.organisation for one in mine if one.kind == "caf"]:
            reasons |= Q(caf__in=cafs)
        if bodies := [one.organisation for one in mine if one.kind != "caf"]:
            reasons |= Q(carrier__in=bodies)
        if epcis := [one.epci for one in mine if one.kind == "epci"]:
            reasons |= Q(epci__in=epcis)
        if communes := [one.commune for one in mine if one.kind in LOCAL and one.commune]:
            covered = self.model.communes.through._default_manager.filter(**here, commune__in=communes)
            reasons |= Q(Exists(covered))
        if others := [one.organisation for one in mine if one.kind not in ("caf", *LOCAL)]:
            reasons |= Q(Exists(rows("FicheLead").filter(**of_fiche, organisation__in=others)))
            reasons |= Q(Exists(rows("FichePartner").filter(**of_fiche, organisation__in=others)))
        return self.filter(reasons)

    def with_rights(self, user: "User") -> Self:
        """`is_coordinator`, `is_scoped_coordinator` (whole or not), `is_caf`, `is_contributor` of each row."""
        whole = [one.organisation for one in standings(user) if one.role == "coordinator" and one.is_whole]
        return self.annotate(
            is_coordinator=truth(Q(carrier__in=whole)),
            is_scoped_coordinator=truth(Q(carrier__in=organisations(user, "coordinator"))),
            is_caf=truth(Q(caf__in=organisations(user, "caf"))),
            is_contributor=Value(bool(organisations(user, "contributor")), output_field=BooleanField()),
        )

    def running(self, on: date | None = None) -> Self:
        """In force on that day."""
        on = on or timezone.localdate()
        return self.filter(status__in=["en_vigueur", "prolongee"], period_start__lte=on, period_end__gte=on)

    def with_figures(self, on: date | None = None) -> Self:
        """Three figures for a list: `fiche_count`, `engaged_count`, `late_count`."""
        late = rows("FicheAction").late(on).filter(convention=OuterRef("pk"))  # type: ignore[attr-defined]
        fiches = rows("FicheAction").filter(convention=OuterRef("pk"))
        engaged = fiches.filter(status__in=["en_cours", "realisee", "en_pause", "bloquee"])
        return self.annotate(
            fiche_count=count_of(fiches), engaged_count=count_of(engaged), late_count=count_of(late)
        )


class ConventionPartQuerySet(QuerySet[M]):
    """Rows that belong to a convention, and are seen with it."""

    path = "convention"

    def visible_to(self, user: "User") -> Self:
        if user.is_staff:
            return self
        seen = apps.get_model("actions", "Convention")._default_manager.visible_to(user)
        return self.filter(**{f"{self.path}__in": seen.order_by().values("pk")})

    def of(self, convention: Any) -> Self:
        """Those of one convention."""
        return self.filter(**{self.path: convention})


class AvenantQuerySet(ConventionPartQuerySet["Avenant"]):
    pass


class BasisQuerySet(ConventionPartQuerySet["Basis"]):
    pass


class ClosedYearQuerySet(ConventionPartQuerySet["ClosedYear"]):
    pass


class FundingCallQuerySet(ConventionPartQuerySet["FundingCall"]):
    pass


class OperationQuerySet(ConventionPartQuerySet["Operation"]):
    pass


class PlanWorkbookQuerySet(ConventionPartQuerySet["PlanWorkbook"]):
    pass


class AxeQuerySet(ConventionPartQuerySet["Axe"]):
    def public(self) -> Self:
        """What the page of a convention tells: those of the plan today."""
        return self.filter(ended_on__isnull=True)


class OrientationQuerySet(ConventionPartQuerySet["Orientation"]):
    path = "axe__convention"
