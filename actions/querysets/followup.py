"""What is said of a fiche as it goes, and who may read it."""

from typing import TYPE_CHECKING, Self

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce, ExtractYear

from actions.querysets.conventions import ConventionPartQuerySet
from actions.querysets.expressions import rows
from actions.querysets.parts import FichePartQuerySet
from territories.standing import organisations

if TYPE_CHECKING:
    from actions.models import Document, FicheEvaluation, Highlight, ProgressNote
    from ctg.accounts.models import User


def may_read_confidential(user: "User", convention: str) -> Q:
    """Coordinators of the carrier and agents of the Caf of the convention found at this path."""
    return Q(**{f"{convention}__carrier__in": organisations(user, "coordinator")}) | Q(
        **{f"{convention}__caf__in": organisations(user, "caf")}
    )


class ProgressNoteQuerySet(FichePartQuerySet["ProgressNote"]):
    def public(self) -> Self:
        """Accepted ones that carry the mark."""
        return self.filter(status="accepted", visibility="publish")

    def publishable(self) -> Self:
        """Accepted ones that may be given the mark, or have it."""
        return self.filter(status="accepted", visibility__in=["visible", "publish"])

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


class HighlightQuerySet(ConventionPartQuerySet["Highlight"]):
    def public(self) -> Self:
        """Accepted ones that carry the mark."""
        return self.filter(status="accepted", is_publishable=True)

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
