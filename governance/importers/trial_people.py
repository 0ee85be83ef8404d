"""Organisations, accounts and contacts of the trial."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.hashers import make_password

from ctg.accounts.models import User
from governance.importers.trial_files import PASSWORD, Table, TrialError, TrialFiles
from governance.importers.trial_history import Timeline
from territories.models import Commune, Contact, Membership, Organisation, Theme
from territories.models.people import Role

# Everyone was there before the oldest fictitious value.
SINCE = date(2021, 1, 1)


@dataclass(frozen=True)
class Directory:
    """Who the files of conventions name by a key."""

    organisations: dict[str, Organisation]
    contacts: dict[str, Contact]
    # The global coordinator of each carrier, by the key of the organisation.
    coordinators: dict[str, User]
    themes: dict[str, Theme]

    def organisation(self, key: str) -> Organisation:
        return found(self.organisations, key, "organisme")

    def contact(self, key: str) -> Contact:
        return found(self.contacts, key, "personne")

    def coordinator(self, key: str) -> User:
        return found(self.coordinators, key, "coordination")


def found(table: dict[str, Any], key: str, what: str) -> Any:
    if key not in table:
        raise TrialError(f"{what} sans clé connue : « {key} ».")
    return table[key]


def load_directory(files: TrialFiles, timeline: Timeline) -> Directory:
    """Create or update, keeping the ids of those already known. Passwords are set once, at creation."""
    organisations = {row["key"]: load_organisation(row) for row in files.organisations}
    themes = {theme.name: theme for theme in Theme.objects.all()}
    users = load_users([row for row in files.people if row["account"]])
    contacts: dict[str, Contact] = {}
    coordinators: dict[str, User] = {}
    Membership.objects.filter(user__in=users.values()).delete()
    for row in files.people:
        user = users.get(row["key"])
        memberships = row.get("membership", [])
        key = row.get("organisation") or (memberships[0]["organisation"] if memberships else None)
        organisation = found(organisations, key, "organisme") if key else None
        values = {
            "name": row["name"],
            "function": row["function"],
            "user": user,
            "organisation": organisation,
            "label": row.get("label", ""),
        }
        contacts[row["key"]], _ = Contact.objects.update_or_create(email=row["email"], defaults=values)
        if user is None:
            continue
        for membership in memberships:
            load_membership(membership, user, organisations, themes, timeline)
            if membership["role"] == Role.COORDINATOR and not membership["themes"] + membership["communes"]:
                coordinators[membership["organisation"]] = user
    return Directory(organisations, contacts, coordinators, themes)


def load_organisation(row: Table) -> Organisation:
    values = {
        "short_name": row.get("short_name", ""),
        "departement_id": row.get("departement"),
        "epci_id": row.get("epci"),
        "commune_id": row.get("commune"),
    }
    # A place has one body, whatever name it was given before.
    of_place = {key: values[key] for key in (f"{row['kind']}_id",) if values.get(key)}
    named = {"name": row["name"]}
    return Organisation.objects.update_or_create(
        kind=row["kind"], **(of_place or named), defaults=values | named
    )[0]


def load_users(people: list[Table]) -> dict[str, User]:
    """By key. The password is hashed once for all: hashing is slow on purpose."""
    known = {user.email: user for user in User.objects.filter(email__in=[row["email"] for row in people])}
    password = make_password(PASSWORD)
    for row in people:
        user = known.setdefault(row["email"], User(email=row["email"], password=password))
        user.name, user.function = row["name"], row["function"]
        user.is_staff, user.is_fictitious = row.get("is_staff", False), True
        user.save()
    return {row["key"]: known[row["email"]] for row in people}


def load_membership(
    row: Table,
    user: User,
    organisations: dict[str, Organisation],
    themes: dict[str, Theme],
    timeline: Timeline,
) -> None:
    membership = Membership.objects.create(
        user=user,
        organisation=found(organisations, row["organisation"], "organisme"),
        role=row["role"],
        started_on=SINCE,
    )
    membership.themes.set([found(themes, name, "thématique") for name in row["themes"]])
    membership.communes.set(Commune.objects.filter(code__in=row["communes"]))
    timeline.at(membership, SINCE)
