"""What a person is today, read once a request: the roles from which every right follows.

Rights are asked many times on a page. Asked of the database each time, they cost more than the page itself;
here one query gives the roles, and conditions are built from their keys.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q

if TYPE_CHECKING:
    from ctg.accounts.models import User

LOCAL = ("epci", "commune")


@dataclass(frozen=True)
class Standing:
    """One role of one person in one organisation."""

    role: str
    organisation: int
    kind: str
    epci: str | None
    commune: str | None
    themes: tuple[int, ...]
    communes: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """A coordinator without themes nor communes coordinates everything."""
        return not self.themes and not self.communes


def standings(user: "User") -> list[Standing]:
    """The roles that a user has today. Read once for a user object, that is once a request."""
    known: list[Standing] | None = getattr(user, "_standings", None)
    if known is None:
        known = _read(user) if user.is_authenticated else []
        user._standings = known  # type: ignore[attr-defined]
    return known


def _read(user: "User") -> list[Standing]:
    membership: Any = apps.get_model("territories", "Membership")._default_manager
    found = (
        membership.active()
        .filter(user=user)
        .order_by("pk")
        .annotate(
            theme_keys=ArrayAgg("themes", distinct=True, filter=Q(themes__isnull=False), default=[]),
            commune_keys=ArrayAgg("communes", distinct=True, filter=Q(communes__isnull=False), default=[]),
        )
        .values_list(
            "role",
            "organisation",
            "organisation__kind",
            "organisation__epci",
            "organisation__commune",
            "theme_keys",
            "commune_keys",
        )
    )
    return [
        Standing(role, organisation, kind, epci, commune, tuple(themes), tuple(communes))
        for role, organisation, kind, epci, commune, themes, communes in found
    ]


def organisations(user: "User", *roles: str) -> list[int]:
    """Where a user has one of these roles; any role when none is named."""
    return sorted({one.organisation for one in standings(user) if not roles or one.role in roles})
