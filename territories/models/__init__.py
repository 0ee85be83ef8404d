"""Who and where: territories of France, organisations, people's roles in them."""

from territories.models.people import Contact, Membership, Organisation, Role
from territories.models.places import Commune, Departement, Epci, Qpv, TerritorialLevel
from territories.models.themes import Theme

__all__ = [
    "Commune",
    "Contact",
    "Departement",
    "Epci",
    "Membership",
    "Organisation",
    "Qpv",
    "Role",
    "TerritorialLevel",
    "Theme",
]
