"""Reads of conventions and their plan: what a user sees, and what a user may do there.

`visible_to` only filters, by Exists; `with_rights` annotates what the buttons and the server both read.
"""

from datetime import date
from typing import TYPE_CHECKING, Any, Self, TypeVar

from dateutil.relativedelta import relativedelta
from django.apps import apps
from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    IntegerField,
    Min,
    Model,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from ctg.access import granted

if TYPE_CHECKING:
    from actions.models import (
        Avenant,
        Axe,
        Basis,
        Convention,
        FicheAction,
        FicheEvaluation,
        Highlight,
        Indicator,
        Measurement,
        Objective,
        Orientation,
        ProgressNote,
        Step,
    )
    from ctg.accounts.models import User

M = TypeVar("M", bound=Model)

# « Sans nouvelle »: nothing for that many months.
SILENT_AFTER_MONTHS = 6


def rows(name: str) -> QuerySet[Any]:
    """Every row of a model of this app, for subqueries."""
    return apps.get_model("actions", name)._default_manager.all()


def memberships(user: "User") -> QuerySet[Any]:
    """The roles a user has today."""
    return apps.get_model("territories", "Membership")._default_manager.active().filter(user=user)


class ConventionQuerySet(QuerySet["Convention"]):
    def visible_to(self, user: "User") -> Self:
        """A Caf: those it is party to. An EPCI or commune: those it carries, signs or is covered by.

        Others: those they sign, or where their organisation carries or helps a fiche, or where the person is a
        pilot. The administrator of the instance sees all.
        """
        if user.is_staff:
            return self
        mine = memberships(user)
        caf = mine.filter(organisation__kind="caf").values("organisation")
        local = mine.filter(organisation__kind__in=["epci", "commune"])
        others = mine.exclude(organisation__kind__in=["caf", "epci", "commune"]).values("organisation")
        here = {"convention": OuterRef("pk")}
        of_fiche = {"fiche__convention": OuterRef("pk")}
        covered = self.model.communes.through._default_manager.filter(
            convention=OuterRef("pk"),
            commune__in=local.filter(role__isnull=False).values("organisation__commune"),
        )
        return self.filter(
            Q(caf__in=caf)
            | Q(carrier__in=mine.exclude(organisation__kind="caf").values("organisation"))
            | Q(epci__in=local.filter(organisation__kind="epci").values("organisation__epci"))
            | Exists(covered)
            | Exists(rows("Signatory").filter(**here, organisation__in=mine.values("organisation")))
            | Exists(rows("FicheLead").filter(**of_fiche, organisation__in=others))
            | Exists(rows("FichePartner").filter(**of_fiche, organisation__in=others))
            | Exists(rows("FichePilot").filter(**of_fiche, contact__user=user))
            | granted("actions.Convention", user)
        )

    def with_rights(self, user: "User") -> Self:
        """`is_coordinator`, `is_scoped_coordinator`, `is_caf`, `is_contributor`, `is_member` of each row."""
        mine = memberships(user)
        coordination = mine.filter(role="coordinator", organisation=OuterRef("carrier"))
        whole = coordination.filter(themes__isnull=True, communes__isnull=True)
        return self.annotate(
            is_coordinator=Exists(whole),
            is_scoped_coordinator=Exists(coordination),
            is_caf=Exists(mine.filter(role="caf", organisation=OuterRef("caf"))),
            is_contributor=Exists(mine.filter(role="contributor")),
            is_commenter=Exists(mine.exclude(role="reader")),
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


def count_of(queryset: QuerySet[Any]) -> Coalesce:
    """How many rows of a correlated queryset, as a subquery: no join, so nothing is counted twice."""
    counted = queryset.order_by().annotate(_one=Value(1)).values("_one").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


class ConventionPartQuerySet(QuerySet[M]):
    """Rows that belong to a convention, and are seen with it."""

    path = "convention"

    def visible_to(self, user: "User") -> Self:
        if user.is_staff:
            return self
        seen = apps.get_model("actions", "Convention")._default_manager.visible_to(user)
        return self.filter(Exists(seen.filter(pk=OuterRef(self.path))))

    def of(self, convention: Any) -> Self:
        """Those of one convention."""
        return self.filter(**{self.path: convention})


class AvenantQuerySet(ConventionPartQuerySet["Avenant"]):
    pass


class BasisQuerySet(ConventionPartQuerySet["Basis"]):
    pass


class AxeQuerySet(ConventionPartQuerySet["Axe"]):
    pass


class OrientationQuerySet(ConventionPartQuerySet["Orientation"]):
    path = "axe__convention"


class FicheActionQuerySet(ConventionPartQuerySet["FicheAction"]):
    def with_rights(self, user: "User") -> Self:
        """`can_edit` (the fiche itself) and `can_report` (its follow-up) of each row, for this user."""
        mine = memberships(user)
        coordination = mine.filter(role="coordinator", organisation=OuterRef("convention__carrier"))
        whole = coordination.filter(themes__isnull=True, communes__isnull=True)
        own = {"fiche": OuterRef("pk")}
        by_theme = rows("FicheTheme").filter(
            **own, theme__in=coordination_of(user, "themes", OuterRef(OuterRef("convention__carrier")))
        )
        by_commune = rows("FicheCommune").filter(
            **own, commune__in=coordination_of(user, "communes", OuterRef(OuterRef("convention__carrier")))
        )
        can_edit = Exists(whole) | Exists(by_theme) | Exists(by_commune)
        reporting = mine.filter(role__in=["contributor", "caf"]).values("organisation")
        pilots = rows("FichePilot").filter(**own, contact__user=user)
        can_report = (
            can_edit
            | Exists(rows("FicheLead").filter(**own, organisation__in=reporting))
            | Exists(rows("FichePartner").filter(**own, organisation__in=reporting))
            | (Exists(pilots) & Exists(mine.filter(role="contributor")))
        )
        return self.annotate(
            can_edit=Case(When(can_edit, Value(True)), default=Value(False), output_field=BooleanField()),
            can_report=Case(When(can_report, Value(True)), default=Value(False), output_field=BooleanField()),
        )

    def mine(self, user: "User") -> Self:
        """Those that the user pilots, or that one of the user's organisations carries."""
        own = {"fiche": OuterRef("pk")}
        organisations = memberships(user).values("organisation")
        return self.filter(
            Exists(rows("FichePilot").filter(**own, contact__user=user))
            | Exists(rows("FicheLead").filter(**own, organisation__in=organisations))
        )

    def late(self, on: date | None = None) -> Self:
        """Not finished, convention running, and a date past: its own or an open step's.

        For a postponed fiche only the new date counts.
        """
        on = on or timezone.localdate()
        return self._of_running(on).filter(self._late_dates(on))

    def silent(self, on: date | None = None) -> Self:
        """Not finished nor postponed, convention running, and nothing new for six months."""
        on = on or timezone.localdate()
        since = timezone.now() - relativedelta(months=SILENT_AFTER_MONTHS)
        return self._of_running(on).exclude(status="reportee").filter(updated_at__lt=since)

    def _of_running(self, on: date) -> Self:
        return self.filter(
            convention__status__in=["en_vigueur", "prolongee"],
            convention__period_start__lte=on,
            convention__period_end__gte=on,
        ).exclude(status__in=["realisee", "abandonnee"])

    def _late_dates(self, on: date) -> Q:
        steps = rows("Step").filter(fiche=OuterRef("pk"), state__in=["to_do", "doing"], due_on__lt=on)
        return Q(status="reportee", postponed_to__lt=on) | (
            ~Q(status="reportee") & (Q(ends_on__lt=on) | Q(Exists(steps)))
        )

    def with_progress(self, on: date | None = None) -> Self:
        """`step_count` and `steps_done` (dropped ones apart), `is_late`, `is_silent`, `next_due_on`.

        The percentage is `rules.progress`, from the status and these counts.
        """
        on = on or timezone.localdate()
        steps = rows("Step").filter(fiche=OuterRef("pk")).exclude(state="dropped")
        this = rows("FicheAction").filter(pk=OuterRef("pk"))
        due = steps.filter(state__in=["to_do", "doing"]).order_by().values("fiche").annotate(d=Min("due_on"))
        return self.annotate(
            step_count=count_of(steps),
            steps_done=count_of(steps.filter(state="done")),
            next_due_on=Subquery(due.values("d")),
            is_late=Exists(this.late(on)),  # type: ignore[attr-defined]
            is_silent=Exists(this.silent(on)),  # type: ignore[attr-defined]
        )

    def for_list(self) -> Self:
        """What a list of fiches shows, in a constant number of queries."""
        return (
            self.with_progress()
            .select_related("axe", "orientation")
            .prefetch_related(
                "themes",
                Prefetch("leads", rows("FicheLead").select_related("organisation")),
                Prefetch("pilot_links", rows("FichePilot").select_related("contact")),
            )
        )

    def for_page(self, user: "User") -> Self:
        """All that one fiche shows to a user, in a constant number of queries."""
        return (
            self.with_progress()
            .with_rights(user)
            .select_related("convention", "axe", "orientation", "elu_referent")
            .prefetch_related(
                "themes",
                "communes",
                "qpvs",
                "objectives",
                "steps",
                Prefetch("leads", rows("FicheLead").select_related("organisation")),
                Prefetch("partners", rows("FichePartner").select_related("organisation")),
                Prefetch("pilot_links", rows("FichePilot").select_related("contact__organisation")),
                Prefetch("indicators", rows("Indicator").with_values()),  # type: ignore[attr-defined]
                Prefetch("notes", rows("ProgressNote").visible_to(user).select_related("author")),  # type: ignore[attr-defined]
                Prefetch("highlights", rows("Highlight").shown_to(user).select_related("commune")),  # type: ignore[attr-defined]
                Prefetch(
                    "evaluations",
                    rows("FicheEvaluation").visible_to(user).prefetch_related("appreciations"),  # type: ignore[attr-defined]
                ),
            )
        )


def coordination_of(user: "User", scope: str, carrier: Any) -> QuerySet[Any]:
    """Themes or communes in which a user coordinates for a carrier."""
    return (
        memberships(user)
        .filter(role="coordinator", organisation=carrier)
        .exclude(**{f"{scope}__isnull": True})
        .values(scope)
    )


class FichePartQuerySet(ConventionPartQuerySet[M]):
    """Rows that hang on a fiche."""

    path = "fiche__convention"


class PartyQuerySet(FichePartQuerySet[Any]):
    pass


class ObjectiveQuerySet(FichePartQuerySet["Objective"]):
    pass


class StepQuerySet(FichePartQuerySet["Step"]):
    def open(self) -> Self:
        return self.filter(state__in=["to_do", "doing"])


class IndicatorQuerySet(FichePartQuerySet["Indicator"]):
    def counts(self) -> tuple[int, int]:
        """How many, and how many of them with a target."""
        counted = self.aggregate(all=Count("pk"), aimed=Count("pk", filter=Q(target_value__isnull=False)))
        return counted["all"], counted["aimed"]

    def with_values(self) -> Self:
        """Accepted values only: what is proposed is not counted, shown to others nor printed."""
        return self.select_related("fiche__convention").prefetch_related(
            Prefetch("measurements", rows("Measurement").accepted())  # type: ignore[attr-defined]
        )


class MeasurementQuerySet(ConventionPartQuerySet["Measurement"]):
    path = "indicator__fiche__convention"

    def accepted(self) -> Self:
        return self.filter(status="accepted")


def may_read_confidential(user: "User", convention: str) -> Exists:
    """Coordinators of the carrier and agents of the Caf of the convention found at this path."""
    mine = memberships(user)
    return Exists(
        mine.filter(
            Q(role="coordinator", organisation=OuterRef(f"{convention}__carrier"))
            | Q(role="caf", organisation=OuterRef(f"{convention}__caf"))
        )
    )


class ProgressNoteQuerySet(FichePartQuerySet["ProgressNote"]):
    def visible_to(self, user: "User") -> Self:
        """Accepted notes; confidential ones for coordinators and the Caf; proposed ones for their authors too."""
        inner = may_read_confidential(user, "fiche__convention")
        return (
            super()
            .visible_to(user)
            .filter(~Q(visibility="confidential") | inner)
            .filter(Q(status="accepted") | Q(author=user) | inner)
        )


class HighlightQuerySet(ConventionPartQuerySet["Highlight"]):
    def shown_to(self, user: "User") -> Self:
        """Accepted ones, and one's own proposals; for rows reached through a convention already seen."""
        return self.filter(Q(status="accepted") | Q(author=user) | may_read_confidential(user, "convention"))

    def visible_to(self, user: "User") -> Self:
        return super().visible_to(user).shown_to(user)


class FicheEvaluationQuerySet(FichePartQuerySet["FicheEvaluation"]):
    def shared(self) -> Self:
        return self.filter(shared_on__isnull=False)

    def visible_to(self, user: "User") -> Self:
        """Shared ones; a draft is its authors' and the coordination's."""
        mine = memberships(user)
        coordination = mine.filter(role="coordinator", organisation=OuterRef("fiche__convention__carrier"))
        reporting = mine.filter(role__in=["contributor", "caf"]).values("organisation")
        own = {"fiche": OuterRef("fiche")}
        authors = (
            Exists(rows("FicheLead").filter(**own, organisation__in=reporting))
            | Exists(rows("FichePartner").filter(**own, organisation__in=reporting))
            | Exists(rows("FichePilot").filter(**own, contact__user=user))
        )
        return (
            super()
            .visible_to(user)
            .filter(Q(shared_on__isnull=False) | Q(author=user) | Exists(coordination) | authors)
        )
