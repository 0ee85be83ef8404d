"""Who receives a newsletter, and why: the segments that a coordination chooses, as one list of distinct addresses.

    recipients(convention, [Segment(Kind.MEMBERS, roles=("elected",)), Segment(Kind.SUBSCRIBERS, themes=(3,))])

The number of queries depends neither on how many people nor on how many segments there are.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from actions.models import (
    ContributionLink,
    Convention,
    FicheAction,
    FicheLead,
    FichePartner,
    FichePilot,
    Signatory,
)
from actions.services.members import parties
from ctg.accounts.models import User
from governance.models import Seat, Subscriber, Suppression
from governance.rules.addresses import address_hashes, is_address, normal
from territories.models import Contact, Membership, Organisation, Role

# « au plus une fois par mois »: a letter that leaves on the same day of each month reaches them every time.
MONTH = timedelta(days=28)


class Kind(models.TextChoices):
    MEMBERS = "members", "Membres de la convention"
    COMMITTEES = "committees", "Membres des instances"
    PARTNERS = "partners", "Pilotes et partenaires des fiches"
    SUBSCRIBERS = "subscribers", "Abonnés"


@dataclass(frozen=True)
class Segment:
    """One kind of people; of some roles, themes or committees, by their keys, when any is named."""

    kind: Kind
    roles: tuple[str, ...] = ()
    themes: tuple[int, ...] = ()
    committees: tuple[int, ...] = ()


@dataclass
class Recipient:
    """An address, and each reason why it is written to."""

    address: str
    name: str
    why: list[str] = field(default_factory=list)


# An address as it is stored, the name of its person, the reason.
Found = Iterator[tuple[str, str, str]]


def recipients(convention: Convention, segments: Collection[Segment]) -> list[Recipient]:
    """In the order of the addresses. Those who left, whose address is refused, or whose account is closed are out."""
    people: dict[str, Recipient] = {}
    for kind, find in FINDERS.items():
        chosen = [segment for segment in segments if segment.kind == kind]
        for address, name, why in find(convention, chosen) if chosen else ():
            one = people.setdefault(normal(address), Recipient(normal(address), name))
            one.name = one.name or name
            if why not in one.why:
                one.why.append(why)
    out = excluded(convention, people)
    return [people[address] for address in sorted(people) if address not in out]


def excluded(convention: Convention, addresses: Collection[str]) -> set[str]:
    """Which of these addresses are not written to now."""
    subscribers = Subscriber.objects.of(convention)
    left = Q(state__in=[Subscriber.State.UNSUBSCRIBED, Subscriber.State.BOUNCED])
    sated = Q(frequency=Subscriber.Frequency.MONTHLY, last_sent_at__gt=timezone.now() - MONTH)
    closed = User.objects.filter(is_active=False, email__in=addresses)
    return (
        {address for address in addresses if not is_address(address)}
        | set(subscribers.filter(left | sated).values_list("address", flat=True))
        | suppressed(convention, addresses)
        | set(closed.values_list("email", flat=True))
    )


def suppressed(convention: Convention, addresses: Iterable[str]) -> set[str]:
    """Which of these want nothing more of the convention."""
    known = set(Suppression.objects.filter(convention=convention).values_list("address_hash", flat=True))
    if not known:
        return set()
    return {address for address in addresses if not known.isdisjoint(address_hashes(address))}


def members(convention: Convention, segments: Collection[Segment]) -> Found:
    """Its members today, by role, or by a theme of their role or of a fiche that their organisation carries."""
    chosen = Q(pk__in=[])
    for segment in segments:
        here = Q(role__in=segment.roles) if segment.roles else Q()
        if segment.themes:
            fiches = FicheAction.objects.of(convention).filter(themes__in=segment.themes)
            carried = {"organisation": OuterRef("organisation"), "fiche__in": fiches}
            # A subquery: a join on the themes of the role would give one row a theme.
            own = Membership.objects.filter(themes__in=segment.themes).values("pk")
            here &= (
                Q(pk__in=own)
                | Q(Exists(FicheLead.objects.filter(**carried)))
                | Q(Exists(FichePartner.objects.filter(**carried)))
            )
        chosen |= Q(pk__in=Membership.objects.filter(here).values("pk"))
    rows = Membership.objects.active().filter(of_convention(convention), chosen, user__is_active=True)
    for email, name in rows.order_by("pk").values_list("user__email", "user__name"):
        yield email, name, "membre"


def of_convention(convention: Convention) -> Q:
    """As the list of its members: of the bodies that only carry or help a fiche, those who contribute; of another
    Caf, nobody.
    """
    bodies = Organisation.objects.filter(parties(convention))
    local = Q(organisation__kind__in=[Organisation.Kind.COMMUNE, Organisation.Kind.EPCI])
    signing = Q(organisation__in=Signatory.objects.filter(convention=convention).values("organisation"))
    parts = local | signing | Q(role=Role.CONTRIBUTOR)
    own = Q(organisation__in=[convention.carrier_id, convention.caf_id])
    return Q(organisation__in=bodies) & (own | (parts & ~Q(organisation__kind=Organisation.Kind.CAF)))


def seated(convention: Convention, segments: Collection[Segment]) -> Found:
    """Those who sit today on a committee that has not ended."""
    chosen = Q(pk__in=[])
    for segment in segments:
        chosen |= Q(committee__in=segment.committees) if segment.committees else Q(pk__isnull=False)
    seats = Seat.objects.of(convention).current().filter(chosen, committee__ended_on__isnull=True)
    rows = seats.select_related("committee", "contact__user").order_by("committee", "pk")
    for seat in rows:
        yield from _written(seat.contact, f"membre : {seat.committee}")


def partners(convention: Convention, segments: Collection[Segment]) -> Found:
    """Those named on its fiches: pilots, élus référents, and partners who were asked for news of one."""
    chosen = Q(pk__in=[])
    for segment in segments:
        fiches = FicheAction.objects.of(convention)
        if segment.themes:
            fiches = fiches.filter(themes__in=segment.themes)
        asked = ContributionLink.objects.of(convention)
        if segment.themes:
            asked = asked.filter(Q(fiches__in=fiches) | Q(indicators__fiche__in=fiches))
        chosen |= (
            Q(pk__in=FichePilot.objects.filter(fiche__in=fiches).values("contact"))
            | Q(pk__in=fiches.order_by().values("elu_referent"))
            | Q(pk__in=asked.order_by().values("contact"))
        )
    for contact in Contact.objects.filter(chosen).select_related("user").order_by("pk"):
        yield from _written(contact, "pilote ou partenaire")


def subscribers(convention: Convention, segments: Collection[Segment]) -> Found:
    """Those who asked for it; of some themes: whoever chose one of them, or none, which is all."""
    chosen = Q(pk__in=[])
    for segment in segments:
        rows = Subscriber.objects.of(convention)
        if segment.themes:
            rows = rows.filter(Q(themes__in=segment.themes) | Q(themes__isnull=True))
        chosen |= Q(pk__in=rows.order_by().values("pk"))
    asked = Subscriber.objects.of(convention).filter(chosen, state=Subscriber.State.ACTIVE)
    for address, name in (
        asked.exclude(source=Subscriber.Source.MEMBER).order_by("pk").values_list("address", "name")
    ):
        yield address, name, "abonné"


def _written(contact: Contact, why: str) -> Found:
    """Where one writes to somebody, if anyone has said and their account is not closed."""
    if contact.user is not None and not contact.user.is_active:
        return
    if address := contact.email or (contact.user.email if contact.user else ""):
        yield address, str(contact), why


FINDERS = {
    Kind.MEMBERS: members,
    Kind.COMMITTEES: seated,
    Kind.PARTNERS: partners,
    Kind.SUBSCRIBERS: subscribers,
}
