"""Reads of who and where. Reference data is open to anyone signed in; people are not."""

from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.apps import apps
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    Func,
    Model,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Sum,
    TextField,
    Value,
    When,
)
from django.utils import timezone

from ctg.access import granted

if TYPE_CHECKING:
    from ctg.accounts.models import User
    from territories.models import Commune, Contact, Departement, Epci, Membership, Organisation, Qpv, Theme

M = TypeVar("M", bound=Model)


class OpenQuerySet(QuerySet[M]):
    """Reference data: the same for everyone who has signed in."""

    def visible_to(self, user: "User") -> Self:
        return self if user.is_authenticated else self.none()


class ThemeQuerySet(OpenQuerySet["Theme"]):
    def public(self) -> Self:
        """Whoever subscribes to a newsletter chooses among them."""
        return self


class DepartementQuerySet(OpenQuerySet["Departement"]):
    pass


class PlaceQuerySet(OpenQuerySet[M]):
    """Places one looks for by name or by code."""

    def named(self, words: str) -> Self:
        """Whose name holds these words, whatever their accents, case and hyphens, or whose code starts so.

        The nearest first: `rank` is 0 for the very name or code, 1 for its beginning, 2 elsewhere.
        """
        name = spaced(F("sort_name"))
        looked = spaced(Func(Value(" ".join(words.split())), function="sort_key", output_field=TextField()))
        code = Q(pk__startswith=words.strip().upper())
        return (
            self.annotate(spaced_name=name)
            .filter(Q(spaced_name__contains=looked) | code)
            .annotate(
                rank=Case(
                    When(Q(spaced_name=looked) | Q(pk=words.strip().upper()), Value(0)),
                    When(Q(spaced_name__startswith=looked) | code, Value(1)),
                    default=Value(2),
                )
            )
        )


def spaced(expression: Any) -> Func:
    """Hyphens and apostrophes as spaces: one types « saint louis » for « Saint-Louis »."""
    return Func(expression, Value("-'’"), Value("   "), function="translate", output_field=TextField())


class EpciQuerySet(PlaceQuerySet["Epci"]):
    def with_population(self) -> Self:
        """`commune_count` and `population`, None when that of no commune is known."""
        return self.annotate(
            commune_count=Count("communes", distinct=True), population=Sum("communes__population")
        )

    def for_page(self) -> Self:
        """All that the page of an EPCI shows, in a constant number of queries."""
        communes = apps.get_model("territories", "Commune")._default_manager.select_related("level")
        return self.with_population().prefetch_related(
            "levels", "qpvs__communes", Prefetch("communes", communes)
        )


class CommuneQuerySet(PlaceQuerySet["Commune"]):
    def public(self) -> Self:
        """Whoever discovers a convention reads where it is."""
        return self

    def for_page(self) -> Self:
        """All that the page of a commune shows, in a constant number of queries."""
        return self.select_related("departement", "epci", "level").prefetch_related("qpvs")


class QpvQuerySet(OpenQuerySet["Qpv"]):
    pass


class OrganisationQuerySet(OpenQuerySet["Organisation"]):
    """Organisations are a public directory; what they do together is not."""


class MembershipQuerySet(QuerySet["Membership"]):
    def active(self) -> Self:
        """Begun, and not ended before today."""
        today = timezone.localdate()
        return self.filter(Q(ended_on__isnull=True) | Q(ended_on__gte=today), started_on__lte=today)

    def visible_to(self, user: "User") -> Self:
        """One's own, those of one's organisations, and what the upper apps grant (the members of a space).

        The administrator of the instance sees all.
        """
        if user.is_staff:
            return self
        members = apps.get_model("territories", "Membership")._default_manager
        own = members.active().filter(user=user, organisation=OuterRef("organisation"))
        return self.filter(Q(user=user) | Q(Exists(own)) | granted("territories.Membership", user))


class ContactQuerySet(QuerySet["Contact"]):
    def visible_to(self, user: "User") -> Self:
        """Those of one's organisations, and what the upper apps grant (named on a readable fiche)."""
        members = apps.get_model("territories", "Membership")._default_manager
        own = members.active().filter(user=user, organisation=OuterRef("organisation"))
        return self.filter(Q(user=user) | Q(Exists(own)) | granted("territories.Contact", user))
