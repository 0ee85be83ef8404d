"""The names that a cell may hold: themes, organisations and people of the convention.

To be named opens a convention to one's people: an organisation is known only if it takes part already; any other
line is kept as a label.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from django.db.models import Q

from actions.importers.workbook.cells import Fault, Field, canon, spelled, words
from actions.models import Convention, FicheAction, FicheLead, FichePartner
from ctg.accounts.models import User
from ctg.sheets import Column, Kind, Raw, Value
from territories.models import Contact, Organisation, Theme

ORGANISATION_LENGTH, CONTACT_LENGTH = 200, 160


class People:
    """Looked up once for a whole workbook."""

    def __init__(self, convention: Convention, user: User) -> None:
        self.convention, self.user = convention, user

    @cached_property
    def themes(self) -> dict[str, Theme]:
        return {spelled(theme.name): theme for theme in Theme.objects.visible_to(self.user)}

    @cached_property
    def organisations(self) -> dict[str, Organisation]:
        here = Q(pk__in=[self.convention.carrier_id, self.convention.caf_id])
        here |= Q(signatures__convention=self.convention)
        here |= Q(fiches_led__fiche__convention=self.convention)
        here |= Q(fiches_helped__fiche__convention=self.convention)
        found = Organisation.objects.visible_to(self.user).filter(here).distinct().order_by("pk")
        return {spelled(name): one for one in found for name in (one.short_name, one.name) if name}

    @cached_property
    def contacts(self) -> dict[str, list[Contact]]:
        """Those that the forms of the fiche offer, by what they are called: several may be called alike."""
        here = Q(organisation__in=[self.convention.carrier_id, self.convention.caf_id])
        here |= Q(organisation__signatures__convention=self.convention)
        here |= Q(pilot_links__fiche__convention=self.convention)
        here |= Q(fiches_as_elu__convention=self.convention) | Q(steps__fiche__convention=self.convention)
        found: dict[str, list[Contact]] = defaultdict(list)
        for contact in Contact.objects.visible_to(self.user).filter(here).distinct().order_by("pk"):
            found[spelled(str(contact))].append(contact)
        return found

    def contact(self, name: str) -> Contact:
        """Whoever is called so, or a new contact of the carrier: it needs no account."""
        known = self.contacts[spelled(name)]
        if not known:
            known.append(Contact.objects.create(name=name, organisation=self.convention.carrier))
        return known[0]

    # --- Columns -------------------------------------------------------------------------------------
    def theme_field(self) -> Field:
        def check(line: str) -> str:
            theme = self.themes.get(spelled(line))
            if theme is None:
                known = ", ".join(theme.name for theme in self.themes.values())
                raise Fault(f"Thématique inconnue : « {line[:60]} ». Connues : {known}.")
            return theme.name

        return lines_field("themes", "Thématiques", lambda fiche: fiche.themes.all(), check)

    def party_field(self, name: str, label: str) -> Field:
        def check(line: str) -> str:
            if len(line) > ORGANISATION_LENGTH:
                raise Fault(f"« {line[:60]}… » : {ORGANISATION_LENGTH} caractères au plus par organisme.")
            known = self.organisations.get(spelled(line))
            return known.name if known else line

        return lines_field(name, label, lambda fiche: map(party_name, getattr(fiche, name).all()), check)

    def pilot_field(self) -> Field:
        def pilots(fiche: FicheAction) -> Any:
            return (link.contact for link in fiche.pilot_links.all())  # type: ignore[attr-defined]

        return lines_field("pilots", "Pilotes", pilots, self.check_contact)

    def contact_field(self, name: str, label: str) -> Field:
        """One person or service."""

        def read(raw: Raw) -> Value:
            said = words(raw)
            return self.check_contact(said) if said else ""

        return Field(
            name,
            Column(label, width=24),
            lambda row: str(getattr(row, name) or ""),
            read,
            lambda said: self.contact(str(said)) if said else None,
        )

    def check_contact(self, line: str) -> str:
        """Raises Fault for a name that does not say who."""
        if len(line) > CONTACT_LENGTH:
            raise Fault(f"« {line[:60]}… » : {CONTACT_LENGTH} caractères au plus par personne.")
        known = self.contacts.get(spelled(line), [])
        if len(known) > 1:
            raise Fault(f"Plusieurs personnes s’appellent « {line} » : choisissez-la dans la fiche.")
        return str(known[0]) if known else line


def party_name(party: FicheLead | FichePartner) -> str:
    return party.organisation.name if party.organisation else party.label


def lines_field(name: str, label: str, rows: Callable[[Any], Any], check: Callable[[str], str]) -> Field:
    """Several names, one a line; on a single line, semicolons part them."""

    def read(raw: Raw) -> Value:
        typed = canon(raw)
        parts = typed.split("\n" if "\n" in typed else ";")
        lines = [" ".join(part.strip(" -•").split()) for part in parts]
        return "\n".join(dict.fromkeys(check(line) for line in lines if line))

    return Field(
        name,
        Column(label, Kind.LONG, 28, help="Un nom par ligne, ou séparés par des points-virgules."),
        lambda row: "\n".join(str(one) for one in rows(row)),
        read,
        lambda said: str(said).split("\n") if said else [],
    )


# --- Writing links ------------------------------------------------------------------------------------
def write_links(fiche: FicheAction, name: str, lines: Sequence[str], people: People) -> None:
    """Make the links of a fiche what the lines say, in their order; those that stay keep their row."""
    if name == "themes":
        wanted = [("theme", people.themes[spelled(line)]) for line in lines]
        rewrite(fiche.theme_links, wanted)  # type: ignore[attr-defined]
    elif name == "pilots":
        rewrite(fiche.pilot_links, [("contact", people.contact(line)) for line in lines])  # type: ignore[attr-defined]
    else:
        found = [(line, people.organisations.get(spelled(line))) for line in lines]
        parties = [("organisation", body) if body else ("label", line) for line, body in found]
        rewrite(getattr(fiche, name), parties)


def rewrite(links: Any, wanted: Sequence[tuple[str, Any]]) -> None:
    """`wanted`: for each link, the field that says what it ties to, and its value."""
    left = list(links.all())
    for position, (field, value) in enumerate(wanted):
        link = next((one for one in left if getattr(one, field) == value), None)
        if link is None:
            links.create(position=position, **{field: value})
            continue
        left.remove(link)
        if link.position != position:
            link.position = position
            link.save(update_fields=["position"])
    for link in left:
        link.delete()
