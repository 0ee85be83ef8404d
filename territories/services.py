"""People: who is invited into an organisation, changed, ended. Organisations made on the spot. The list of themes.

What depends on a convention (which roles its coordination may give) is checked in `actions.services.members`;
what holds everywhere is checked here.
"""

from collections.abc import Iterable
from datetime import timedelta

import pghistory
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils import timezone

from ctg.accounts.models import User
from ctg.jobs import services as jobs
from ctg.mail import one_line
from ctg.refusal import Refused
from territories import tasks
from territories.models import Commune, Contact, Epci, Membership, Organisation, Role, Theme

# Roles that mean something in a Caf, and elsewhere.
CAF_ROLES = (Role.CAF, Role.ELECTED, Role.READER)
OTHER_ROLES = (Role.COORDINATOR, Role.CONTRIBUTOR, Role.SERVICES, Role.ELECTED, Role.READER)

ALREADY = "Cette personne a déjà ce rôle dans cet organisme."


def roles_in(organisation: Organisation) -> tuple[Role, ...]:
    """The roles that exist in an organisation, whoever gives them."""
    return CAF_ROLES if organisation.kind == Organisation.Kind.CAF else OTHER_ROLES


def is_agent_of(user: User, caf: Organisation) -> bool:
    """Whether the person is today a member of that Caf, in its own name."""
    return Membership.objects.active().filter(user=user, organisation=caf, role=Role.CAF).exists()


def require_keeper(organisation: Organisation, by: User) -> None:
    """A Caf's people are the affair of that Caf, or of the administrator."""
    if organisation.kind == Organisation.Kind.CAF and not by.is_staff and not is_agent_of(by, organisation):
        raise Refused("Seule cette Caf, ou l’administration du site, gère ses membres.", "organisation")


def require_role(organisation: Organisation, role: str) -> None:
    if role not in roles_in(organisation):
        raise Refused("Ce rôle n’existe pas dans cet organisme.", "role")


@transaction.atomic
def invite_member(
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
    """Give a person a role and write to them. Asked again for someone who never came, the mail goes once more.

    A coordination then keeps its themes and communes unless others are named: nobody comes to coordinate
    everything by ticking nothing. Raises Refused. Two invitations into one organisation wait for each other.
    """
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    require_keeper(organisation, by)
    require_role(organisation, role)
    with pghistory.context(user=by.pk):
        user = find_or_create_user(email, name=name, function=function)
        if not user.is_active:
            raise Refused("Ce compte est fermé. Adressez-vous à l’administration du site.", "email")
        active = Membership.objects.active().filter(user=user, organisation=organisation, role=role).first()
        if active and user.has_usable_password():
            raise Refused(ALREADY, "email")
        membership = active or Membership(user=user, organisation=organisation, role=role)
        themes, communes = list(themes), list(communes)
        if active is None or themes or communes:
            set_scope(membership, themes, communes)
        link_contacts(user, organisation)
    send_invitation(membership, by=by, subject_url=subject_url)
    return membership


def find_or_create_user(email: str, *, name: str, function: str = "") -> User:
    """The account of an address, made without a password when there is none. A name already there is kept."""
    email = email.strip().lower()
    user, _ = User.objects.get_or_create(
        email=email,
        defaults={"name": one_line(name), "function": one_line(function), "password": make_password(None)},
    )
    return user


def link_contacts(user: User, organisation: Organisation | None = None) -> None:
    """The contacts with the address of an account become that person; a member has one, to be named a pilot."""
    Contact.objects.filter(user=None, email__iexact=user.email).update(user=user)
    mine = Contact.objects.filter(user=user)
    if organisation and not mine.filter(Q(organisation=organisation) | Q(organisation=None)).exists():
        Contact.objects.create(
            user=user, organisation=organisation, name=user.name, function=user.function, email=user.email
        )


def set_scope(membership: Membership, themes: Iterable[Theme], communes: Iterable[Commune]) -> None:
    """Save a role with its themes and communes: only a coordination has any."""
    scoped = membership.role == Role.COORDINATOR
    try:
        with transaction.atomic():
            membership.save()
    except IntegrityError as error:
        raise Refused(ALREADY, "role") from error
    membership.themes.set(themes if scoped else [])
    membership.communes.set(communes if scoped else [])


def send_invitation(membership: Membership, *, by: User, subject_url: str = "") -> None:
    """Write once the transaction commits. A mail server that is down fails the job, not the request."""
    jobs.enqueue(
        tasks.send_invitation,
        membership.pk,
        by=by,
        title=f"Invitation de {membership.user}",
        subject_url=subject_url,
        key=f"invitation:{membership.pk}",
    )


@transaction.atomic
def change_member(
    membership: Membership,
    *,
    role: str,
    by: User,
    themes: Iterable[Theme] = (),
    communes: Iterable[Commune] = (),
) -> Membership:
    """Give another role or another scope in the same organisation. Raises Refused."""
    organisation = Organisation.objects.select_for_update().get(pk=membership.organisation_id)
    membership = active_one(membership)
    require_keeper(organisation, by)
    require_role(organisation, role)
    themes, communes = list(themes), list(communes)
    if is_global(membership) and (role != Role.COORDINATOR or themes or communes):
        require_another_coordinator(membership, by=by)
    membership.role = role
    with pghistory.context(user=by.pk):
        set_scope(membership, themes, communes)
    return membership


@transaction.atomic
def end_member(membership: Membership, *, by: User) -> None:
    """End a role so that its access stops now. Given today, it leaves only its trace in the history."""
    organisation = Organisation.objects.select_for_update().get(pk=membership.organisation_id)
    membership = active_one(membership)
    require_keeper(organisation, by)
    if is_global(membership):
        require_another_coordinator(membership, by=by)
    yesterday = timezone.localdate() - timedelta(days=1)
    with pghistory.context(user=by.pk):
        if membership.started_on > yesterday:
            membership.delete()
        else:
            membership.ended_on = yesterday
            membership.save(update_fields=["ended_on"])


def active_one(membership: Membership) -> Membership:
    """The row as it is now, under the lock of its organisation."""
    found = (
        Membership.objects.active().select_related("organisation", "user").filter(pk=membership.pk).first()
    )
    if found is None:
        raise Refused("Ce rôle a déjà pris fin.")
    return found


def is_global(membership: Membership) -> bool:
    """Coordinates the whole convention: no theme, no commune."""
    return (
        membership.role == Role.COORDINATOR
        and not membership.themes.exists()
        and not membership.communes.exists()
    )


def require_another_coordinator(membership: Membership, *, by: User) -> None:
    """A convention is not left without anyone to steer it; the administrator alone may."""
    others = (
        Membership.objects.active()
        .filter(organisation=membership.organisation_id, role=Role.COORDINATOR, user__is_active=True)
        .filter(themes=None, communes=None)
        .exclude(pk=membership.pk)
    )
    if not by.is_staff and not others.exists():
        raise Refused(
            "C’est la seule coordination globale : nommez d’abord une autre personne, puis retirez ce rôle."
        )


@transaction.atomic
def accept_invitation(user: User, *, password: str, name: str, function: str) -> User:
    """Set the first password, and the name as the person writes it."""
    user = User.objects.select_for_update().get(pk=user.pk)
    user.name, user.function = one_line(name), one_line(function)
    user.set_password(password)
    user.save(update_fields=["name", "function", "password"])
    link_contacts(user)
    # Named when invited: as this person writes it from now on.
    Contact.objects.filter(user=user, email=user.email).update(name=user.name, function=user.function)
    return user


def organisation_of(place: Epci | Commune) -> Organisation:
    """The body of an EPCI or a commune, made on the spot when it is not known yet.

    Asked twice at once, the table lets one in and the other reads it: there is one body for a place.
    """
    if isinstance(place, Epci):
        return Organisation.objects.get_or_create(
            kind=Organisation.Kind.EPCI, epci=place, defaults={"name": place.name}
        )[0]
    return Organisation.objects.get_or_create(
        kind=Organisation.Kind.COMMUNE,
        commune=place,
        defaults={"name": commune_title(place.name), "short_name": place.name[:60]},
    )[0]


def commune_title(name: str) -> str:
    """« Commune d’Altkirch », « Commune de Hirsingue », « Commune du Mans », « Commune des Lilas »."""
    for article, contracted in (("Le ", "du "), ("Les ", "des ")):
        if name.startswith(article):
            return f"Commune {contracted}{name.removeprefix(article)}"
    # Usage wavers before an « h »: most are aspirate.
    elides = name[:1].upper() in "AEIOUYÉÈÊÀÂÎÏÔÛÜŒ"
    return f"Commune d’{name}" if elides else f"Commune de {name}"


@transaction.atomic
def move_theme(theme: Theme, *, up: bool) -> None:
    """Swap a theme with its neighbour in the list of the instance. Positions are dense afterwards."""
    themes = list(Theme.objects.select_for_update().order_by("position", "name"))
    place = next((rank for rank, other in enumerate(themes) if other.pk == theme.pk), None)
    if place is None:
        return
    other = place - 1 if up else place + 1
    if 0 <= other < len(themes):
        themes[place], themes[other] = themes[other], themes[place]
    for rank, row in enumerate(themes):
        row.position = rank
    Theme.objects.bulk_update(themes, ["position"])


def next_theme_position() -> int:
    last = Theme.objects.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1
