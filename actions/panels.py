"""What the pages of territories show of conventions."""

from django.db.models import Exists, OuterRef, Q

from actions.models import Convention
from ctg.accounts.models import User
from ctg.panels import Panel
from territories.models import Commune, Epci


def conventions_of_epci(user: User, epci: Epci) -> Panel:
    """Those of the EPCI, and those that cover one of its communes."""
    covered = Convention.communes.through._default_manager.filter(
        convention=OuterRef("pk"), commune__epci=epci
    )
    return _conventions(user, Q(epci=epci) | Q(Exists(covered)))


def conventions_of_commune(user: User, commune: Commune) -> Panel:
    """Those that cover the commune."""
    covered = Convention.communes.through._default_manager.filter(convention=OuterRef("pk"), commune=commune)
    return _conventions(user, Q(Exists(covered)))


def _conventions(user: User, condition: Q) -> Panel:
    found = Convention.objects.visible_to(user).filter(condition).select_related("caf")
    return Panel("actions/panel_conventions.html", {"conventions": found.order_by("-period_start", "pk")})
