"""Reads of the steering: what a user sees of it, and what a user may run.

A meeting is seen once it is convened, or once it is recorded as held; before, by those who prepare it. What was
noted in it is read once its minutes are sent, what it decided once it is closed.
"""

from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.apps import apps
from django.db import connections
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    Model,
    OuterRef,
    Prefetch,
    Q,
    Subquery,
    When,
)
from django.db.models.functions import Coalesce, ExtractYear
from django.utils import timezone

from actions.querysets import ConventionPartQuerySet, truth
from ctg.links.services import open_link
from territories.standing import organisations, standings

if TYPE_CHECKING:
    from ctg.accounts.models import User
    from governance.models import (
        AgendaItem,
        Attendance,
        CalendarFeed,
        Committee,
        CooperationPost,
        Decision,
        Meeting,
        Newsletter,
        NewsletterBlock,
        NewsletterSettings,
        Pack,
        PublicPage,
        Seat,
        Subscriber,
        Weather,
    )

M = TypeVar("M", bound=Model)

# What signed links of this app are for.
INVITATION, CALENDAR = "governance.invitation", "governance.calendar"
SUBSCRIPTION = "governance.subscription"
# Bodies that a coordination of some themes or communes runs.
OF_SCOPE = ["groupe", "commission"]


def rows(name: str) -> Any:
    """Every row of a model of this app, for subqueries."""
    return apps.get_model("governance", name)._default_manager.all()


def run_by(user: "User", committee: str = "committee") -> Q:
    """What a coordination runs, of rows with a convention: the whole of it, or the groups of its own scope.

    `committee`: the path to the committee; empty when the row is one.
    """
    path, key = (f"{committee}__", committee) if committee else ("", "pk")
    run = Q(pk__in=[])
    for one in standings(user):
        if one.role != "coordinator":
            continue
        scope = Q(pk__isnull=False)
        if not one.is_whole:
            scope = Q(pk__in=[])
            for kind, keys in (("theme", one.themes), ("commune", one.communes)):
                through = getattr(apps.get_model("governance", "Committee"), f"{kind}s").through
                held = through._default_manager.filter(**{"committee": OuterRef(key), f"{kind}__in": keys})
                scope |= Q(Exists(held)) if keys else Q(pk__in=[])
            scope &= Q(**{f"{path}kind__in": OF_SCOPE})
        run |= Q(convention__carrier=one.organisation) & scope
    return run


class CommitteeQuerySet(ConventionPartQuerySet["Committee"]):
    def with_rights(self, user: "User") -> Self:
        """`can_run` of each row: its members, its meetings and what they decide."""
        return self.annotate(can_run=truth(run_by(user, "")))

    def run_by(self, user: "User") -> Self:
        return self.filter(run_by(user, ""))

    def active(self) -> Self:
        return self.filter(ended_on__isnull=True)

    def in_order(self) -> Self:
        """COPIL, COTECH, then the others by name."""
        kinds = ("copil", "cotech", "instance", "commission")
        rank = Case(
            *(When(kind=kind, then=place) for place, kind in enumerate(kinds)),
            default=len(kinds),
            output_field=IntegerField(),
        )
        return self.order_by(rank, "name", "pk")

    def with_seats(self) -> Self:
        """Those who sit there today, in `current_seats`."""
        seats = rows("Seat").current().select_related("contact__organisation")
        return self.prefetch_related(Prefetch("seats", seats, to_attr="current_seats"))


class SeatQuerySet(ConventionPartQuerySet["Seat"]):
    path = "committee__convention"

    def current(self) -> Self:
        return self.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=timezone.localdate()))


class PostQuerySet(ConventionPartQuerySet["CooperationPost"]):
    pass


class MeetingQuerySet(ConventionPartQuerySet["Meeting"]):
    def visible_to(self, user: "User") -> Self:
        """Convened ones and recorded ones; those in preparation for whoever prepares them."""
        return super().visible_to(user).filter(self.announced() | run_by(user))

    @staticmethod
    def announced(path: str = "") -> Q:
        """Known to the members: once convened, and when it was held without having been."""
        return Q(**{f"{path}convened_at__isnull": False}) | Q(
            **{f"{path}state__in": ["in_progress", "closed"]}
        )

    def with_rights(self, user: "User") -> Self:
        """`can_run` of each row."""
        return self.annotate(can_run=truth(run_by(user)))

    def held(self) -> Self:
        return self.filter(state="closed")

    def with_year(self) -> Self:
        """`of_year`: of its date, else the year by which it is known."""
        return self.annotate(of_year=Coalesce(ExtractYear("date"), "year", output_field=IntegerField()))

    def in_year(self, year: int) -> Self:
        return self.with_year().filter(of_year=year)

    def to_come(self) -> Self:
        """Open ones, those without a date last."""
        return self.filter(state__in=["draft", "convened", "in_progress"]).order_by(
            F("date").asc(nulls_last=True), "starts_at", "pk"
        )

    def newest_first(self) -> Self:
        """A past one may have only a year, or neither."""
        return self.order_by(
            Coalesce(ExtractYear("date"), "year", output_field=IntegerField()).desc(nulls_last=True),
            F("date").desc(nulls_last=True),
            F("pk").desc(),
        )

    def with_answers(self, user: "User") -> Self:
        """`asked`, `answered`: how many; `my_answer`: that of this user, None when not asked."""
        mine = rows("Attendance").invited().filter(meeting=OuterRef("pk"), contact__user=user)
        invited = Q(attendances__removed_at__isnull=True)
        return self.annotate(
            asked=Count("attendances", filter=invited),
            answered=Count("attendances", filter=invited & ~Q(attendances__answer="")),
            my_answer=Subquery(mine.values("answer")[:1]),
        )

    def with_counts(self) -> Self:
        """`item_count`, `decision_count`."""
        return self.annotate(
            item_count=Count("items", distinct=True), decision_count=Count("decisions", distinct=True)
        )


class AgendaItemQuerySet(ConventionPartQuerySet["AgendaItem"]):
    def visible_to(self, user: "User") -> Self:
        """Those of meetings that one sees; a subject that waits is seen by all members."""
        seen = rows("Meeting").visible_to(user).filter(pk=OuterRef("meeting"))
        return super().visible_to(user).filter(Q(meeting__isnull=True) | Exists(seen))

    def waiting(self) -> Self:
        """Subjects on no agenda yet."""
        return self.filter(meeting__isnull=True)

    def with_rights(self, user: "User") -> Self:
        """`can_run` of each subject that waits: of a committee one runs, or of none for who runs them all."""
        return self.annotate(can_run=truth(run_by(user)))

    def for_page(self) -> Self:
        """What an agenda shows of each item, in a constant number of queries."""
        return self.prefetch_related("fiches", "options", "documents__stored")


class ItemPartQuerySet(ConventionPartQuerySet[M]):
    """Rows that hang on an item of an agenda."""

    path = "item__convention"

    def visible_to(self, user: "User") -> Self:
        return super().visible_to(user).filter(item__in=rows("AgendaItem").visible_to(user).values("pk"))


class AttendanceQuerySet(ConventionPartQuerySet["Attendance"]):
    path = "meeting__convention"

    def visible_to(self, user: "User") -> Self:
        seen = rows("Meeting").visible_to(user).filter(pk=OuterRef("meeting"))
        return super().visible_to(user).filter(Exists(seen))

    def invited(self) -> Self:
        return self.filter(removed_at__isnull=True)

    def for_token(self, token: str) -> Self:
        """The one that an address opens. Raises LinkClosed."""
        return self.filter(link=open_link(token, INVITATION))


class DecisionQuerySet(ConventionPartQuerySet["Decision"]):
    def visible_to(self, user: "User") -> Self:
        """Those of closed meetings; those being taken, for whoever runs the meeting."""
        return (
            super().visible_to(user).filter(Q(meeting__state="closed") | run_by(user, "meeting__committee"))
        )

    def taken(self) -> Self:
        return self.filter(meeting__state="closed")

    def followed(self) -> Self:
        """Taken, and neither done nor dropped."""
        return self.taken().filter(state__in=["to_do", "doing"])

    def to_review(self, meeting: "Meeting") -> Self:
        """What a meeting looks at: those still followed of earlier meetings of its committee (of the whole
        convention for a COPIL), and those that it has reviewed already.
        """
        others = self.exclude(meeting=meeting)
        is_copil = meeting.committee is not None and meeting.committee.kind == "copil"
        here = others if is_copil else others.filter(meeting__committee=meeting.committee)
        pending = here.followed() if meeting.is_open else self.none()
        return others.filter(
            Q(pk__in=pending.values("pk")) | Q(pk__in=others.filter(reviews__meeting=meeting).values("pk"))
        )

    def with_rights(self, user: "User") -> Self:
        """`can_run` of each row."""
        return self.annotate(can_run=truth(run_by(user, "meeting__committee")))

    def for_list(self) -> Self:
        """What a list shows of each, newest meeting first, in a constant number of queries."""
        return (
            self.select_related("meeting__committee", "responsible", "option", "item")
            .prefetch_related(Prefetch("effects", rows("DecisionFiche").select_related("fiche")))
            .order_by(F("meeting__date").desc(nulls_last=True), "-meeting", "position", "pk")
        )


class DecisionPartQuerySet(ConventionPartQuerySet[M]):
    """Rows that hang on a decision."""

    path = "decision__convention"

    def visible_to(self, user: "User") -> Self:
        return super().visible_to(user).filter(decision__in=rows("Decision").visible_to(user).values("pk"))


class WeatherQuerySet(ConventionPartQuerySet["Weather"]):
    def visible_to(self, user: "User") -> Self:
        """Published ones; drafts are the coordination's."""
        coordination = Q(convention__carrier__in=organisations(user, "coordinator"))
        return super().visible_to(user).filter(Q(published_at__isnull=False) | coordination)

    def published(self) -> Self:
        return self.filter(published_at__isnull=False)

    def newest(self) -> Self:
        """The last published one of each axe."""
        return self.published().order_by("axe_id", "-date", "-pk").distinct("axe_id")


class PackQuerySet(ConventionPartQuerySet["Pack"]):
    path = "meeting__convention"

    def visible_to(self, user: "User") -> Self:
        """Shared ones; the others for whoever runs the meeting."""
        mine = rows("Meeting").filter(run_by(user), pk=OuterRef("meeting"))
        return super().visible_to(user).filter(Q(shared_at__isnull=False) | Exists(mine))


class CalendarFeedQuerySet(ConventionPartQuerySet["CalendarFeed"]):
    def visible_to(self, user: "User") -> Self:
        """One's own."""
        return self.filter(user=user)

    def for_token(self, token: str) -> Self:
        """The one that an address opens. Raises LinkClosed."""
        return self.filter(link=open_link(token, CALENDAR))


class NewsletterSettingsQuerySet(ConventionPartQuerySet["NewsletterSettings"]):
    def public(self) -> Self:
        """Those of the conventions that anyone may subscribe to."""
        return self.filter(is_open=True)


# Asked for each letter of a newsletter: to build it would take longer than to answer it.
RECIPIENT = """
SELECT source, EXISTS (
    SELECT FROM links_linktoken AS given
    WHERE given.link_id = governance_subscriber.link_id AND token_hash = %(token_hash)s
)
FROM governance_subscriber WHERE id = %(pk)s AND state <> 'unsubscribed'
"""


class SubscriberQuerySet(ConventionPartQuerySet["Subscriber"]):
    def recipient(self, pk: int, token_hash: str) -> "tuple[str, bool] | None":
        """The source of a subscriber, and whether their link has that address; None for who has left."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(RECIPIENT, {"pk": pk, "token_hash": token_hash})
            return cursor.fetchone()

    def visible_to(self, user: "User") -> Self:
        """Addresses of the public: for the global coordination only."""
        whole = [one.organisation for one in standings(user) if one.role == "coordinator" and one.is_whole]
        return self.filter(convention__carrier__in=whole)

    def for_token(self, token: str) -> Self:
        """The one that an address opens. Raises LinkClosed."""
        return self.filter(link=open_link(token, SUBSCRIPTION))

    def named(self, words: str) -> Self:
        """Whose address or name holds these words."""
        return self.filter(Q(address__icontains=words) | Q(name__icontains=words)) if words else self


class NewsletterQuerySet(ConventionPartQuerySet["Newsletter"]):
    def visible_to(self, user: "User") -> Self:
        """Issues in the making, with whom they go to: for the global coordination only."""
        whole = [one.organisation for one in standings(user) if one.role == "coordinator" and one.is_whole]
        return self.filter(convention__carrier__in=whole)

    def public(self) -> Self:
        """Those that have left: whoever has the address reads them."""
        return self.filter(state__in=["sending", "sent"])


class NewsletterBlockQuerySet(ConventionPartQuerySet["NewsletterBlock"]):
    path = "newsletter__convention"

    def visible_to(self, user: "User") -> Self:
        return self.filter(newsletter__in=rows("Newsletter").visible_to(user).values("pk"))

    def public(self) -> Self:
        return self.filter(newsletter__state__in=["sending", "sent"])


class PublicPageQuerySet(ConventionPartQuerySet["PublicPage"]):
    def public(self) -> Self:
        """Those that are out."""
        return self.filter(is_published=True)
