"""Fiches: whose they are, what is wanted of them, and all that a list, a page or a workbook shows of them."""

from datetime import date
from typing import TYPE_CHECKING, Any, Self

from dateutil.relativedelta import relativedelta
from django.db.models import Exists, Min, OuterRef, Prefetch, Q, Subquery
from django.utils import timezone

from actions.querysets.conventions import ConventionPartQuerySet
from actions.querysets.dates import late_when, next_date, silent_when
from actions.querysets.expressions import count_of, rows, truth
from territories.standing import organisations, standings

if TYPE_CHECKING:
    from actions.models import FicheAction
    from ctg.accounts.models import User


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

    def followed_by(self, user: "User") -> Self:
        """Those whose news concern a person: for a coordination, the fiches of its scope; for a contributor, those
        that the organisation carries or helps; for anyone, those of which they are a pilot or the élu référent.
        """
        of_mine = {"fiche": OuterRef("pk"), "organisation__in": organisations(user, "contributor")}
        return self.with_rights(user).filter(
            Q(can_edit=True)
            | Q(elu_referent__user=user)
            | Q(Exists(rows("FichePilot").filter(fiche=OuterRef("pk"), contact__user=user)))
            | Q(Exists(rows("FicheLead").filter(**of_mine)))
            | Q(Exists(rows("FichePartner").filter(**of_mine)))
        )

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

    def public(self) -> Self:
        """What the page of a convention tells of its fiches, and no other word of them."""
        told = ("number", "title", "status", "is_permanent", "is_transversale", "resultats_attendus")
        return self.only("convention", "position", *told, "axe").select_related("axe")

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
