"""Members of a convention: who may give which role where, checked on the server whatever the form offered."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q

from actions.models import Convention, FicheLead, FichePartner, FichePilot, Signatory
from ctg.accounts.models import User
from ctg.refusal import Refused
from territories import services as people
from territories.models import Commune, Membership, Organisation, Role, Theme


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


class Grants:
    """Which roles a person may give in the organisations of a convention. The facts are read once."""

    def __init__(self, convention: Convention, by: User) -> None:
        self.convention = convention
        self.is_staff = by.is_staff
        found = Convention.objects.with_rights(by).filter(pk=convention.pk).first()
        self.is_coordinator = found is not None and found.is_coordinator
        mine = Membership.objects.active().filter(user=by, role=Role.CAF)
        self.cafs = set(mine.values_list("organisation", flat=True))

    def roles(self, organisation: Organisation) -> tuple[Role, ...]:
        """Those this person may give there; none when its people are somebody else's affair."""
        if organisation.kind == Organisation.Kind.CAF:
            return people.CAF_ROLES if self.is_staff or organisation.pk in self.cafs else ()
        if not (self.is_staff or self.is_coordinator):
            return ()
        if organisation.pk == self.convention.carrier_id:
            return people.OTHER_ROLES
        return tuple(role for role in people.OTHER_ROLES if role != Role.COORDINATOR)

    def may_change(self, membership: Membership) -> bool:
        """Who may give a role may take it back."""
        return membership.role in self.roles(membership.organisation)

    def require(self, organisation: Organisation, role: str) -> None:
        """Raises Refused."""
        roles = self.roles(organisation)
        if not roles:
            raise Refused("Les membres de cet organisme ne relèvent pas de vous.", "organisation")
        if role not in roles:
            raise Refused("Ce rôle ne se donne pas dans cet organisme.", "role")


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
    subject_url: str = "",
) -> Membership:
    """Invite someone into an organisation of the convention. Raises Refused."""
    if not Organisation.objects.filter(parties(convention), pk=organisation.pk).exists():
        raise Refused("Cet organisme n’est pas de cette convention.", "organisation")
    Grants(convention, by).require(organisation, role)
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
