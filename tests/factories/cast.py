"""A convention with one person in each role: who the access table and the journeys play with."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from actions.models import ContributionLink, Convention, FicheAction, FicheLead, FicheTheme
from actions.services.links import ask_partner
from ctg.accounts.models import User
from territories.models import Theme
from tests.factories import (
    ContactFactory,
    ConventionFactory,
    FicheFactory,
    MembershipFactory,
    OrganisationFactory,
    ThemeFactory,
    UserFactory,
)


@dataclass
class Cast:
    """`roles`: one user a role. The contributor's organisation leads `fiche`; `other` is nobody's."""

    convention: Convention
    fiche: FicheAction
    other: FicheAction
    theme: Theme
    roles: dict[str, User] = field(default_factory=dict)


def make_cast(**convention_fields) -> Cast:
    convention = ConventionFactory(**convention_fields)
    theme = ThemeFactory()
    fiche, other = FicheFactory(convention=convention), FicheFactory(convention=convention)
    FicheTheme.objects.create(fiche=fiche, theme=theme)
    helper = OrganisationFactory()
    FicheLead.objects.create(fiche=fiche, organisation=helper)
    cast = Cast(convention, fiche, other, theme)
    carrier, caf = convention.carrier, convention.caf
    for role, organisation in (
        ("coordinator", carrier),
        ("contributor", helper),
        ("services", carrier),
        ("elected", carrier),
        ("caf", caf),
        ("reader", carrier),
    ):
        cast.roles[role] = MembershipFactory(role=role, organisation=organisation).user
    cast.roles["thematic"] = MembershipFactory(role="coordinator", organisation=carrier, themes=[theme]).user
    cast.roles["administrator"] = UserFactory(is_staff=True)
    # A member of another convention is an outsider here.
    cast.roles["outsider"] = MembershipFactory(
        role="coordinator", organisation=ConventionFactory().carrier
    ).user
    return cast


def ask(cast: Cast, *fiches: FicheAction, **given) -> tuple[ContributionLink, str]:
    """A partner is asked about these fiches, or the first one, until tomorrow; the row and the token."""
    contact = given.pop("contact", None) or ContactFactory(email="partenaire@example.org")
    return ask_partner(
        cast.convention,
        contact,
        fiches=fiches or ([] if given.get("indicators") else [cast.fiche]),
        until=timezone.localdate() + timedelta(days=1),
        by=cast.roles["coordinator"],
        **{"indicators": [], "message": ""} | given,
    )
