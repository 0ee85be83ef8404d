"""Members of a convention: who may give which role where, checked on the server whatever the form offered."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from actions.models import Convention, FicheLead, FichePartner, FichePilot, Signatory
from ctg.accounts.models import User
from ctg.refusal import Refused
from territories import services as people
from territories.models import Commune, Membership, Organisation, Role, Theme

SHARED = (
    "Cet organisme participe à d’autres conventions : l’invitation revient à sa propre "
    "coordination ou à l’administration."
)


def parties(convention: Convention) -> Q:
    """The organisations of a convention: its parties, those of its fiches, the bodies of its territory."""
    of_fiche = {"fiche__convention": convention, "organisation": OuterRef("pk")}
    covering = Q(kind=Organisation.Kind.COMMUNE, commune__in=convention.communes.values("pk"))
    if convention.epci_id:
        covering |= Q(kind=Organisation.Kind.EPCI, epci=convention.epci_id)
    return (
        Q(pk__in=[convention.carrier_id, convention.caf_id])
        | Q(Exists(Signatory.objects.filter(convention=convention, organisation=OuterRef("pk"))))
        | Q(Exists(FicheLead.objects.filter(**of_fiche)))
        | Q(Exists(FichePartner.objects.filter(**of_fiche)))
        | Q(
            Exists(
                FichePilot.objects.filter(fiche__convention=convention, contact__organisation=OuterRef("pk"))
            )
        )
        | covering
    )


def shared(convention: Convention) -> Q:
    """The organisations whose members read other conventions too, but for those of the same carrier.

    It holds what `ConventionQuerySet.visible_to` looks at: a role there would open more than this convention.
    """
    others = Convention.objects.exclude(pk=convention.pk).exclude(carrier=convention.carrier_id)
    here = OuterRef("pk")
    of_fiche = {"organisation": here, "fiche__convention__in": others}
    bodies = (Organisation.Kind.EPCI, Organisation.Kind.COMMUNE)
    opens = Q(Exists(others.filter(Q(carrier=here) | Q(caf=here))))
    opens |= Q(Exists(Signatory.objects.filter(organisation=here, convention__in=others)))
    opens |= Q(Exists(others.filter(epci=OuterRef("epci"))), kind=Organisation.Kind.EPCI)
    opens |= Q(Exists(others.filter(communes=OuterRef("commune"))), kind__in=bodies)
    of_fiches = Q(Exists(FicheLead.objects.filter(**of_fiche)))
    of_fiches |= Q(Exists(FichePartner.objects.filter(**of_fiche)))
    return opens | (~Q(kind__in=bodies) & of_fiches)


class Grants:
    """Which roles a person may give in the organisations of a convention. The facts are read once.

    A coordination gives roles in its carrier, and where a role opens nothing but this convention: the people of
    a body that is a party elsewhere are the affair of that body. Otherwise whoever names a partner would let
    herself into the partner's own convention.
    """

    def __init__(self, convention: Convention, by: User) -> None:
        self.convention = convention
        self.is_staff = by.is_staff
        found = Convention.objects.with_rights(by).filter(pk=convention.pk).first()
        self.is_coordinator = found is not None and found.is_coordinator
        mine = Membership.objects.active().filter(user=by, role=Role.CAF)
        self.cafs = set(mine.values_list("organisation", flat=True))
        self.own: set[int] = set()
        if self.is_coordinator and not self.is_staff:
            own = Organisation.objects.filter(parties(convention)).exclude(shared(convention))
            self.own = set(own.values_list("pk", flat=True))

    def roles(self, organisation: Organisation) -> tuple[Role, ...]:
        """Those this person may give there; none when its people are somebody else's affair."""
        if organisation.kind == Organisation.Kind.CAF:
            return people.CAF_ROLES if self.is_staff or organisation.pk in self.cafs else ()
        if not (self.is_staff or self.is_coordinator):
            return ()
        if organisation.pk == self.convention.carrier_id:
            return people.OTHER_ROLES
        if not self.is_staff and organisation.pk not in self.own:
            return ()
        return tuple(role for role in people.OTHER_ROLES if role != Role.COORDINATOR)

    def may_change(self, membership: Membership) -> bool:
        """Who may give a role may take it back."""
        return membership.role in self.roles(membership.organisation)

    def is_shared(self, organisation: Organisation) -> bool:
        """Whether the coordination has nothing to say there because of other conventions."""
        is_caf = organisation.kind == Organisation.Kind.CAF
        return self.is_coordinator and not is_caf and not self.roles(organisation)

    def require(self, organisation: Organisation, role: str) -> None:
        """Raises Refused."""
        roles = self.roles(organisation)
        if self.is_shared(organisation):
            raise Refused(SHARED, "organisation")
        if not roles:
            raise Refused("Les membres de cet organisme ne relèvent pas de vous.", "organisation")
        if role not in roles:
            raise Refused("Ce rôle ne se donne pas dans cet organisme.", "role")


@dataclass(frozen=True)
class Present:
    """A person who has roles in an organisation today."""

    user: User
    memberships: list[Membership]

    @property
    def key(self) -> str:
        return f"{self.user.pk}-{self.memberships[0].organisation_id}"

    def has(self, role: str) -> bool:
        return any(membership.role == role for membership in self.memberships)


def present(organisation: Organisation, email: str) -> Present | None:
    """Who has that address and a role in the organisation, if anybody."""
    rows = Membership.objects.active().filter(organisation=organisation, user__email=email.strip().lower())
    found = list(rows.select_related("user", "organisation").order_by("pk"))
    return Present(found[0].user, found) if found else None


def invite(
    convention: Convention,
    organisation: Organisation,
    *,
    email: str,
    name: str,
    role: str,
    by: User,
    function: str = "",
    themes: Iterable[Theme] = (),
    communes: Iterable[Commune] = (),
    beside: str = "",
    subject_url: str = "",
) -> Membership:
    """Invite someone into an organisation of the convention. Raises Refused.

    Who has another role there is given a second one only when `beside` confirms it: the `key` of their `Present`.
    """
    if not Organisation.objects.filter(parties(convention), pk=organisation.pk).exists():
        raise Refused("Cet organisme n’est pas de cette convention.", "organisation")
    Grants(convention, by).require(organisation, role)
    if not by.is_staff and email.strip().lower() == by.email.lower():
        raise Refused("On ne se donne pas de rôle à soi-même.", "email")
    here = present(organisation, email)
    if here and here.key != beside and not here.has(role):
        raise Refused("Cette personne est déjà membre de cet organisme.", "email")
    return people.invite_member(
        organisation,
        email=email,
        name=name,
        function=function,
        role=role,
        themes=themes,
        communes=communes,
        by=by,
        subject_url=subject_url,
    )


def change(
    convention: Convention,
    membership: Membership,
    *,
    role: str,
    by: User,
    themes: Iterable[Theme] = (),
    communes: Iterable[Commune] = (),
) -> Membership:
    """Give a member another role or scope. Raises Refused."""
    grants = Grants(convention, by)
    grants.require(membership.organisation, membership.role)
    grants.require(membership.organisation, role)
    # One's own coordination may be narrowed, or handed over; a role in another body is not raised by oneself.
    if (
        not by.is_staff
        and membership.user_id == by.pk
        and membership.organisation_id != convention.carrier_id
    ):
        raise Refused("On ne se donne pas de rôle à soi-même.", "role")
    return people.change_member(membership, role=role, themes=themes, communes=communes, by=by)


def end(convention: Convention, membership: Membership, *, by: User) -> None:
    """End the role of a member, at once. Raises Refused."""
    Grants(convention, by).require(membership.organisation, membership.role)
    people.end_member(membership, by=by)


def resend(convention: Convention, membership: Membership, *, by: User, subject_url: str = "") -> None:
    """Write again to someone who has never come. Raises Refused."""
    Grants(convention, by).require(membership.organisation, membership.role)
    if membership.user.has_usable_password():
        raise Refused("Cette personne a déjà choisi son mot de passe.")
    people.send_invitation(membership, by=by, subject_url=subject_url)
