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
from territories.standing import LOCAL, organisations, standings

if TYPE_CHECKING:
    from actions.models import (
        Avenant,
        Axe,
        Basis,
        BudgetLine,
        ClosedYear,
        Comment,
        ContributionLink,
        Convention,
        Document,
        FicheAction,
        FicheEvaluation,
        FundingCall,
        Highlight,
        Indicator,
        Measurement,
        Objective,
        Operation,
        Orientation,
        ProgressNote,
        Step,
    )
    from ctg.accounts.models import User

M = TypeVar("M", bound=Model)

# Everyone but `reader` may comment.
COMMENTING = ("coordinator", "contributor", "services", "elected", "caf")
# « Sans nouvelle »: nothing for that many months.
SILENT_AFTER_MONTHS = 6


def rows(name: str) -> QuerySet[Any]:
    """Every row of a model of this app, for subqueries."""
    return apps.get_model("actions", name)._default_manager.all()


class ConventionQuerySet(QuerySet["Convention"]):
    def visible_to(self, user: "User") -> Self:
        """A Caf: those it is party to. An EPCI or commune: those it carries, signs or is covered by.

        Others: those they sign, or where their organisation carries or helps a fiche, or where the person is a
        pilot. The administrator of the instance sees all.
        """
        if user.is_staff:
            return self
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


def truth(condition: Q) -> Case:
    """A condition as a column."""
    return Case(When(condition, Value(True)), default=Value(False), output_field=BooleanField())


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


class ContributionLinkQuerySet(ConventionPartQuerySet["ContributionLink"]):
    pass


class FundingCallQuerySet(ConventionPartQuerySet["FundingCall"]):
    pass


class OperationQuerySet(ConventionPartQuerySet["Operation"]):
    pass


class AxeQuerySet(ConventionPartQuerySet["Axe"]):
    pass


class OrientationQuerySet(ConventionPartQuerySet["Orientation"]):
    path = "axe__convention"


class FicheActionQuerySet(ConventionPartQuerySet["FicheAction"]):
    def with_rights(self, user: "User") -> Self:
        """`can_edit` (the fiche itself) and `can_report` (its follow-up) of each row, for this user."""
        own = {"fiche": OuterRef("pk")}
        edit = Q(pk__in=[])
        for one in standings(user):
            if one.role != "coordinator":
                continue
            scope = Q(pk__isnull=False) if one.is_whole else Q(pk__in=[])
            if one.themes:
                scope |= Q(Exists(rows("FicheTheme").filter(**own, theme__in=one.themes)))
            if one.communes:
                scope |= Q(Exists(rows("FicheCommune").filter(**own, commune__in=one.communes)))
            edit |= Q(convention__carrier=one.organisation) & scope
        report = edit
        if reporting := organisations(user, "contributor", "caf"):
            report |= Q(Exists(rows("FicheLead").filter(**own, organisation__in=reporting)))
            report |= Q(Exists(rows("FichePartner").filter(**own, organisation__in=reporting)))
        if organisations(user, "contributor"):
            report |= Q(Exists(rows("FichePilot").filter(**own, contact__user=user)))
        return self.annotate(can_edit=truth(edit), can_report=truth(report))

    def mine(self, user: "User") -> Self:
        """Those that the user pilots, or that one of the user's organisations carries or helps."""
        of_mine = {"fiche": OuterRef("pk"), "organisation__in": organisations(user)}
        return self.filter(
            Exists(rows("FichePilot").filter(fiche=OuterRef("pk"), contact__user=user))
            | Exists(rows("FicheLead").filter(**of_mine))
            | Exists(rows("FichePartner").filter(**of_mine))
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
        """`step_count` and `steps_done` (dropped ones apart), `is_late`, `is_silent`, `next_due_on`,
        `indicator_count`, `aimed_count` (those with a number to reach) and `deliverable_count`.

        The percentage is `rules.progress`, from the status and these counts.
        """
        on = on or timezone.localdate()
        steps = rows("Step").filter(fiche=OuterRef("pk")).exclude(state="dropped")
        indicators = rows("Indicator").filter(fiche=OuterRef("pk"))
        this = rows("FicheAction").filter(pk=OuterRef("pk"))
        due = steps.filter(state__in=["to_do", "doing"]).order_by().values("fiche").annotate(d=Min("due_on"))
        return self.annotate(
            indicator_count=count_of(indicators),
            aimed_count=count_of(indicators.filter(target_value__isnull=False).exclude(kind="deliverable")),
            deliverable_count=count_of(indicators.filter(kind="deliverable")),
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


class BudgetLineQuerySet(FichePartQuerySet["BudgetLine"]):
    pass


class IndicatorQuerySet(FichePartQuerySet["Indicator"]):
    def with_values(self) -> Self:
        """Accepted values only: what is proposed is not counted, shown to others nor printed."""
        return self.select_related("fiche__convention").prefetch_related(
            Prefetch("measurements", rows("Measurement").accepted())  # type: ignore[attr-defined]
        )


class MeasurementQuerySet(ConventionPartQuerySet["Measurement"]):
    path = "indicator__fiche__convention"

    def accepted(self) -> Self:
        return self.filter(status="accepted")


def may_read_confidential(user: "User", convention: str) -> Q:
    """Coordinators of the carrier and agents of the Caf of the convention found at this path."""
    return Q(**{f"{convention}__carrier__in": organisations(user, "coordinator")}) | Q(
        **{f"{convention}__caf__in": organisations(user, "caf")}
    )


class ProgressNoteQuerySet(FichePartQuerySet["ProgressNote"]):
    def visible_to(self, user: "User") -> Self:
        """Accepted notes; confidential ones for coordinators and the Caf; proposed ones for their authors too."""
        inner = may_read_confidential(user, "fiche__convention")
        return (
            super()
            .visible_to(user)
            .filter(~Q(visibility="confidential") | Q(author=user) | inner)
            .filter(Q(status="accepted") | Q(author=user) | inner)
        )


class DocumentQuerySet(FichePartQuerySet["Document"]):
    def shown_to(self, user: "User") -> Self:
        """Confidential ones for coordinators, the Caf, and whoever sent them; of rows already seen."""
        inner = may_read_confidential(user, "fiche__convention")
        return self.filter(Q(is_confidential=False) | Q(author=user) | inner)

    def visible_to(self, user: "User") -> Self:
        return super().visible_to(user).shown_to(user)


class CommentQuerySet(FichePartQuerySet["Comment"]):
    def visible_to(self, user: "User") -> Self:
        """For those who may comment: a word between members is not for whoever only reads."""
        if not organisations(user, *COMMENTING):
            return self.none()
        return super().visible_to(user)


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
        reporting = organisations(user, "contributor", "caf")
        own = {"fiche": OuterRef("fiche")}
        authors = (
            Exists(rows("FicheLead").filter(**own, organisation__in=reporting))
            | Exists(rows("FichePartner").filter(**own, organisation__in=reporting))
            | Exists(rows("FichePilot").filter(**own, contact__user=user))
        )
        coordination = Q(fiche__convention__carrier__in=organisations(user, "coordinator"))
        return (
            super()
            .visible_to(user)
            .filter(Q(shared_on__isnull=False) | Q(author=user) | coordination | Q(authors))
        )
