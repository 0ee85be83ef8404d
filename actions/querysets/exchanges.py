"""Comments between members, and signed links for those who are not."""

from typing import TYPE_CHECKING, Self

from django.db.models import Exists, OuterRef, Subquery

from actions.querysets.conventions import ConventionPartQuerySet
from actions.querysets.expressions import rows
from actions.querysets.parts import FichePartQuerySet
from ctg.links.models import LinkUse
from ctg.links.services import open_link
from territories.standing import organisations

if TYPE_CHECKING:
    from actions.models import Comment, ContributionLink
    from ctg.accounts.models import User

# Everyone but `reader` may comment.
COMMENTING = ("coordinator", "contributor", "services", "elected", "caf")
# What a signed link of this app is for.
CONTRIBUTION = "contribution"


class CommentQuerySet(FichePartQuerySet["Comment"]):
    def shown_to(self, user: "User") -> Self:
        """For those who may comment: a word between members is not for whoever only reads; of rows already seen."""
        return self if organisations(user, *COMMENTING) else self.none()

    def visible_to(self, user: "User") -> Self:
        return super().visible_to(user).shown_to(user)


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
