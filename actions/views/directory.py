"""Annuaire: the organisations of a convention, with their people."""

import unicodedata
from dataclasses import dataclass, field

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from actions.access import EDIT, ENDORSE, MemberRequest
from actions.models import FicheAction
from actions.services.members import parties
from ctg.access import member
from territories.models import Contact, Membership, Organisation


@dataclass
class Card:
    """An organisation, or the label that stands for one, with what it does here and its people."""

    name: str
    organisation: Organisation | None = None
    does: list[str] = field(default_factory=list)
    leads: int = 0
    helps: int = 0
    members: list[Membership] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)

    def matches(self, words: list[str]) -> bool:
        """Whether every word is somewhere on the card."""
        parts = [self.name, *self.does]
        if self.organisation:
            parts += [self.organisation.short_name, self.organisation.get_kind_display()]
        for membership in self.members:
            parts += [membership.user.name, membership.user.function, membership.user.email]
        for contact in self.contacts:
            parts += [contact.name, contact.function]
        text = fold(" ".join(parts))
        return all(word in text for word in words)


def fold(text: str) -> str:
    """Without accents, in lower case, one kind of apostrophe."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return bare.lower().replace("'", "’")


@member()
@require_safe
def directory(request: MemberRequest) -> HttpResponse:
    """The carrier and the Caf first, then the others by name. ?q= keeps the cards that hold every word."""
    words = request.GET.get("q", "").strip()
    cards = list(cards_of(request).values())
    found = [card for card in cards if card.matches(fold(words).split())]
    context = {
        "convention": request.space,
        "cards": found,
        "total": len(cards),
        "words": words,
        # Addresses of contacts who never asked for an account are for those who run the convention.
        "shows_contacts": request.space.allows(EDIT) or request.space.allows(ENDORSE),
    }
    return render(request, "actions/directory.html", context)


def cards_of(request: MemberRequest) -> dict[int | str, Card]:
    """In a constant number of queries: organisations, members, contacts, and what each does here."""
    convention = request.space
    organisations = Organisation.objects.visible_to(request.user).filter(parties(convention))
    cards: dict[int | str, Card] = {}
    first = {convention.carrier_id: 0, convention.caf_id: 1}
    for organisation in sorted(organisations, key=lambda row: first.get(row.pk, 2)):
        cards[organisation.pk] = Card(organisation.name, organisation)
    say_parts(request, cards)
    memberships = Membership.objects.visible_to(request.user).active().filter(organisation__in=organisations)
    for membership in memberships.select_related("user").order_by("user__name", "pk"):
        cards[membership.organisation_id].members.append(membership)
    for contact in contacts_of(request):
        key = contact.organisation_id if contact.organisation_id in cards else contact.label or "…"
        card = cards.setdefault(key, Card(contact.label or "Sans organisme"))
        if contact.user_id is None or contact.user_id not in {member.user_id for member in card.members}:
            card.contacts.append(contact)
    # A body of the territory that does nothing here and has nobody is no use in a directory.
    return {key: card for key, card in cards.items() if card.does or card.members or card.contacts}


def contacts_of(request: MemberRequest) -> list[Contact]:
    """Those named on a fiche of this convention, or of its carrier."""
    fiches = FicheAction.objects.visible_to(request.user).of(request.space)
    named = (
        Q(organisation=request.space.carrier_id)
        | Q(pk__in=fiches.values("pilots"))
        | Q(pk__in=fiches.values("elu_referent"))
    )
    return list(Contact.objects.visible_to(request.user).filter(named))


def say_parts(request: MemberRequest, cards: dict[int | str, Card]) -> None:
    """What each organisation does in the convention, in words."""
    convention = request.space
    cards[convention.carrier_id].does.append("collectivité porteuse")
    cards[convention.caf_id].does.append("Caf de la convention")
    for key in convention.signatories.values_list("organisation", flat=True):
        if key in cards:
            cards[key].does.append("signataire")
    fiches = FicheAction.objects.visible_to(request.user).of(convention)
    for key in fiches.filter(leads__organisation__isnull=False).values_list("leads__organisation", flat=True):
        if key in cards:
            cards[key].leads += 1
    for key in fiches.filter(partners__organisation__isnull=False).values_list(
        "partners__organisation", flat=True
    ):
        if key in cards:
            cards[key].helps += 1
    for card in cards.values():
        if card.leads:
            card.does.append(f"porte {card.leads} fiche{'s' if card.leads > 1 else ''}")
        if card.helps:
            card.does.append(f"partenaire de {card.helps} fiche{'s' if card.helps > 1 else ''}")
