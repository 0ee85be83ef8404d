"""Reads of conventions and their plan: what a user sees, and what a user may do there.

`visible_to` only filters, by Exists; `with_rights` annotates what the buttons and the server both read.
"""

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Self, TypeVar

from dateutil.relativedelta import relativedelta
from django.apps import apps
from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateField,
    Exists,
    F,
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
from django.db.models.functions import Coalesce, ExtractYear, Least
from django.utils import timezone

from actions.feeds import load_counts
from ctg.access import granted
from ctg.links.models import LinkUse
from ctg.links.services import open_link
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
        PlanWorkbook,
        ProgressNote,
        Step,
    )
    from ctg.accounts.models import User

M = TypeVar("M", bound=Model)

# Everyone but `reader` may comment.
COMMENTING = ("coordinator", "contributor", "services", "elected", "caf")
# What a signed link of this app is for.
CONTRIBUTION = "contribution"
# « Sans nouvelle »: nothing for that many months.
SILENT_AFTER_MONTHS = 6
ONE_DAY = timedelta(days=1)


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


def held_to_dates(on: date, fiche: str = "") -> Q:
    """A fiche that is neither finished nor dropped, in a convention in force. `fiche`: the path that leads to it."""
    running = {
        f"{fiche}convention__status__in": ["en_vigueur", "prolongee"],
        f"{fiche}convention__period_start__lte": on,
        f"{fiche}convention__period_end__gte": on,
    }
    return Q(**running) & ~Q(**{f"{fiche}status__in": ["realisee", "abandonnee"]})


def late_when(on: date, late_step: Q) -> Q:
    """The rule of `late`. `late_step`: an open step of the fiche is past its date."""
    past = Q(status="reportee", postponed_to__lt=on) | (
        ~Q(status="reportee") & (Q(ends_on__lt=on) | late_step)
    )
    return held_to_dates(on) & past


def silent_when(on: date) -> Q:
    """The rule of `silent`."""
    last_day = on - relativedelta(months=SILENT_AFTER_MONTHS)
    since = timezone.make_aware(datetime.combine(last_day + ONE_DAY, time()))
    return held_to_dates(on) & ~Q(status="reportee") & Q(updated_at__lt=since)


def next_date(step: Any) -> Case:
    """The date that a fiche waits for: that of its return, or the first of its end and its next `step`."""
    return Case(
        When(status__in=["realisee", "abandonnee"], then=Value(None)),
        When(status="reportee", then=F("postponed_to")),
        default=Least(step, F("ends_on")),
        output_field=DateField(),
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
    def visible_to(self, user: "User") -> Self:
        """Those of the coordination that has all they open in its scope."""
        here = {"contributionlink": OuterRef("pk")}
        mine = rows("FicheAction").editable_by(user).values("pk")  # type: ignore[attr-defined]
        fiches = self.model.fiches.through._default_manager.filter(**here).exclude(ficheaction__in=mine)
        indicators = self.model.indicators.through._default_manager.filter(**here)
        return (
            super()
            .visible_to(user)
            .filter(convention__carrier__in=organisations(user, "coordinator"))
            .exclude(Exists(fiches))
            .exclude(Exists(indicators.exclude(indicator__fiche__in=mine)))
        )

    def for_token(self, token: str) -> Self:
        """The one that an address opens. Raises LinkClosed."""
        return self.filter(link=open_link(token, CONTRIBUTION))

    def unread(self) -> Self:
        """Those through which something came that nobody has examined."""
        sent = {"via": OuterRef("pk"), "status": "proposed"}
        kinds = [Exists(rows(name).filter(**sent)) for name in ("Measurement", "ProgressNote", "Highlight")]
        return self.filter(kinds[0] | kinds[1] | kinds[2])

    def for_list(self) -> Self:
        """What a list shows of each: whom and what it is for, `sent_at`, `opened_at`, `answered_at`."""
        uses = LinkUse.objects.filter(link=OuterRef("link")).order_by("-at").values("at")
        return (
            self.annotate(
                sent_at=Subquery(uses.filter(act="sent")[:1]),
                opened_at=Subquery(uses.filter(act="opened")[:1]),
                answered_at=Subquery(uses.filter(act="answered")[:1]),
            )
            .select_related("link__created_by", "contact__organisation")
            .prefetch_related("fiches", "indicators__fiche")
        )


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

    def editable_by(self, user: "User") -> Self:
        """Those that a coordination may change."""
        return self.with_rights(user).filter(can_edit=True)

    def reportable_by(self, user: "User") -> Self:
        """Those that the user may report on."""
        return self.with_rights(user).filter(can_report=True)

    def mine(self, user: "User") -> Self:
        """Those that the user pilots, or that one of the user's organisations carries or helps."""
        return self.filter(self._mine(user))

    def with_mine(self, user: "User") -> Self:
        """`is_mine` of each row."""
        return self.annotate(is_mine=truth(self._mine(user)))

    @staticmethod
    def _mine(user: "User") -> Q:
        of_mine = {"fiche": OuterRef("pk"), "organisation__in": organisations(user)}
        return Q(
            Exists(rows("FichePilot").filter(fiche=OuterRef("pk"), contact__user=user))
            | Exists(rows("FicheLead").filter(**of_mine))
            | Exists(rows("FichePartner").filter(**of_mine))
        )

    def late(self, on: date | None = None) -> Self:
        """Not finished, convention running, and a date past: its own or an open step's.

        For a postponed fiche only the new date counts.
        """
        on = on or timezone.localdate()
        steps = rows("Step").late(on).filter(fiche=OuterRef("pk"))  # type: ignore[attr-defined]
        return self.filter(late_when(on, Q(Exists(steps))))

    def silent(self, on: date | None = None) -> Self:
        """Not finished nor postponed, convention running, and nothing new for six months."""
        return self.filter(silent_when(on or timezone.localdate()))

    def tied_to(self, link: str, **what: Any) -> Self:
        """Those on which a row of that model, with these values, hangs."""
        return self.filter(Exists(rows(link).filter(fiche=OuterRef("pk"), **what)))

    def without(self, part: str) -> Self:
        """Those on which no row of that model hangs."""
        return self.filter(~Exists(rows(part).filter(fiche=OuterRef("pk"))))

    def unmeasured(self) -> Self:
        """Those with an indicator that has no accepted value."""
        values = rows("Measurement").accepted().filter(indicator=OuterRef("pk"))  # type: ignore[attr-defined]
        return self.filter(Exists(rows("Indicator").filter(~Exists(values), fiche=OuterRef("pk"))))

    def untouched(self, months: int) -> Self:
        """Those that nobody has changed for so many months, whatever their status."""
        return self.filter(updated_at__lt=timezone.now() - relativedelta(months=months))

    def with_next_date(self) -> Self:
        """`next_on`: the next thing that the fiche owes, past or to come."""
        open_steps = rows("Step").filter(fiche=OuterRef("pk"), state__in=["to_do", "doing"])
        due = open_steps.order_by().values("fiche").annotate(d=Min("due_on")).values("d")
        return self.annotate(next_on=next_date(Subquery(due)))

    def with_progress(self, on: date | None = None) -> Self:
        """`step_count` and `steps_done` (dropped ones apart), `is_late`, `is_silent`, `next_due_on`,
        `indicator_count`, `aimed_count` (those with a number to reach) and `deliverable_count`.

        The percentage is `rules.progress`, from the status and these counts.
        """
        on = on or timezone.localdate()
        steps = rows("Step").filter(fiche=OuterRef("pk")).exclude(state="dropped")
        indicators = rows("Indicator").filter(fiche=OuterRef("pk"))
        due = steps.filter(state__in=["to_do", "doing"]).order_by().values("fiche").annotate(d=Min("due_on"))
        return self.annotate(
            indicator_count=count_of(indicators),
            aimed_count=count_of(indicators.filter(target_value__isnull=False).exclude(kind="deliverable")),
            deliverable_count=count_of(indicators.filter(kind="deliverable")),
            step_count=count_of(steps),
            steps_done=count_of(steps.filter(state="done")),
            next_due_on=Subquery(due.values("d")),
            is_late=truth(late_when(on, Q(next_due_on__lt=on))),
            is_silent=truth(silent_when(on)),
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

    def for_export(self) -> Self:
        """All that a workbook says of fiches, in a constant number of queries."""
        return (
            self.for_list()
            .select_related("elu_referent")
            .prefetch_related(
                Prefetch("partners", rows("FichePartner").select_related("organisation")),
                Prefetch("steps", rows("Step").with_late().select_related("responsible")),  # type: ignore[attr-defined]
                Prefetch("indicators", rows("Indicator").with_values()),  # type: ignore[attr-defined]
            )
        )

    def for_moves(self, user: "User") -> Self:
        """The fiches that a user may report on, with what tells what is left to do there."""
        return (
            self.with_progress()
            .reportable_by(user)
            .prefetch_related(
                Prefetch("steps", rows("Step").with_late()),  # type: ignore[attr-defined]
                Prefetch("indicators", rows("Indicator").with_values()),  # type: ignore[attr-defined]
                Prefetch("evaluations", rows("FicheEvaluation").visible_to(user)),  # type: ignore[attr-defined]
                "pilot_links",
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
                "frameworks",
                Prefetch("steps", rows("Step").with_late().select_related("responsible")),  # type: ignore[attr-defined]
                Prefetch("relations", rows("FicheRelation").select_related("other")),
                Prefetch("relations_from", rows("FicheRelation").select_related("fiche")),
                Prefetch("budget_lines", rows("BudgetLine").select_related("organisation")),
                # By a name of its own: what is confidential must not come by a forgotten prefetch.
                Prefetch(
                    "documents",
                    rows("Document").shown_to(user).select_related("stored", "author"),  # type: ignore[attr-defined]
                    to_attr="shown_documents",
                ),
                Prefetch(
                    "comments",
                    rows("Comment").shown_to(user).select_related("author"),  # type: ignore[attr-defined]
                    to_attr="shown_comments",
                ),
                Prefetch("leads", rows("FicheLead").select_related("organisation")),
                Prefetch("partners", rows("FichePartner").select_related("organisation")),
                Prefetch("pilot_links", rows("FichePilot").select_related("contact__organisation")),
                Prefetch("indicators", rows("Indicator").with_values(shown_to=user)),  # type: ignore[attr-defined]
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

    def late(self, on: date | None = None) -> Self:
        """Open and past its date. The steps of a postponed fiche wait with it."""
        return self.filter(self._late(on))

    def with_late(self, on: date | None = None) -> Self:
        """`is_late` of each row."""
        return self.annotate(is_late=truth(self._late(on)))

    @staticmethod
    def _late(on: date | None) -> Q:
        on = on or timezone.localdate()
        past = Q(state__in=["to_do", "doing"], due_on__lt=on)
        return past & held_to_dates(on, "fiche__") & ~Q(fiche__status="reportee")


class PlanWorkbookQuerySet(ConventionPartQuerySet["PlanWorkbook"]):
    pass


class BudgetLineQuerySet(FichePartQuerySet["BudgetLine"]):
    pass


class IndicatorQuerySet(FichePartQuerySet["Indicator"]):
    """With `with_values`, its rows come with what their sources count (actions.feeds)."""

    _with_counts = False
    _counted_until: int | None = None

    def with_values(self, until: int | None = None, shown_to: "User | None" = None) -> Self:
        """Accepted values only: what is proposed is not counted, shown to others nor printed. `until`: a year.

        `shown_to` adds what this user may see of the others; the rules leave them out.
        """
        values = rows("Measurement")
        values = values.shown_to(shown_to) if shown_to else values.accepted()  # type: ignore[attr-defined]
        if until is not None:
            values = values.filter(period_end__year__lte=until)
        found = self.select_related("fiche__convention").prefetch_related(Prefetch("measurements", values))
        found._with_counts, found._counted_until = True, until
        return found

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone._with_counts, clone._counted_until = self._with_counts, self._counted_until
        return clone

    def _fetch_all(self) -> None:
        is_new = self._result_cache is None
        super()._fetch_all()  # type: ignore[misc]
        if is_new and self._with_counts:
            load_counts(self._result_cache or (), self._counted_until)


class MeasurementQuerySet(ConventionPartQuerySet["Measurement"]):
    path = "indicator__fiche__convention"

    def accepted(self) -> Self:
        return self.filter(status="accepted")

    def shown_to(self, user: "User") -> Self:
        """Accepted ones, one's own proposals, and all of them for the coordination; of rows already seen."""
        coordination = Q(**{f"{self.path}__carrier__in": organisations(user, "coordinator")})
        return self.filter(Q(status="accepted") | Q(author=user) | coordination)


def may_read_confidential(user: "User", convention: str) -> Q:
    """Coordinators of the carrier and agents of the Caf of the convention found at this path."""
    return Q(**{f"{convention}__carrier__in": organisations(user, "coordinator")}) | Q(
        **{f"{convention}__caf__in": organisations(user, "caf")}
    )


class ProgressNoteQuerySet(FichePartQuerySet["ProgressNote"]):
    def visible_to(self, user: "User") -> Self:
        """Accepted notes, and one's own proposals; confidential ones for coordinators and the Caf."""
        inner = may_read_confidential(user, "fiche__convention")
        return (
            super()
            .visible_to(user)
            .filter(~Q(visibility="confidential") | Q(author=user) | inner)
            .filter(Q(status="accepted") | Q(author=user))
        )


class DocumentQuerySet(FichePartQuerySet["Document"]):
    def shown_to(self, user: "User") -> Self:
        """Confidential ones for coordinators, the Caf, and whoever sent them; of rows already seen."""
        inner = may_read_confidential(user, "fiche__convention")
        return self.filter(Q(is_confidential=False) | Q(author=user) | inner)

    def visible_to(self, user: "User") -> Self:
        return super().visible_to(user).shown_to(user)


class CommentQuerySet(FichePartQuerySet["Comment"]):
    def shown_to(self, user: "User") -> Self:
        """For those who may comment: a word between members is not for whoever only reads; of rows already seen."""
        return self if organisations(user, *COMMENTING) else self.none()

    def visible_to(self, user: "User") -> Self:
        return super().visible_to(user).shown_to(user)


class HighlightQuerySet(ConventionPartQuerySet["Highlight"]):
    def shown_to(self, user: "User") -> Self:
        """Accepted ones, and one's own proposals; for rows reached through a convention already seen."""
        return self.filter(Q(status="accepted") | Q(author=user))

    def visible_to(self, user: "User") -> Self:
        return super().visible_to(user).shown_to(user)

    def newest_first(self) -> Self:
        """A highlight may have only a year, or neither."""
        return self.order_by(
            Coalesce(ExtractYear("date"), "year").desc(nulls_last=True),
            F("date").desc(nulls_last=True),
            F("pk").desc(),
        )

    def for_list(self) -> Self:
        """What a list shows of each, newest first, in a constant number of queries."""
        return (
            self.newest_first()
            .select_related("fiche", "commune", "author", "via__contact", "photo")
            .prefetch_related("themes")
        )


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
