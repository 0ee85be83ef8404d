"""A copy of a fiche: what it means to do, not what was done of it."""

from collections.abc import Iterable
from datetime import date
from typing import Any, TypeVar
from uuid import uuid4

from django.db import models
from django.db.models import Q

from actions.models import Basis, Convention, FicheAction, Objective, Step
from actions.services.plan import changing, next_position
from ctg.accounts.models import User
from territories.models import Contact, Organisation

M = TypeVar("M", bound=models.Model)

WORDS = (
    "public_cible",
    "constat",
    "enjeux",
    "objectif",
    "description",
    "points_de_vigilance",
    "moyens",
    "resultats_attendus",
    "participation",
    "participation_words",
    "echeancier",
    "is_permanent",
)


def duplicate_fiche(fiche: FicheAction, copy: FicheAction, *, by: User, basis: Basis | None) -> FicheAction:
    """Fill `copy`, which has its convention, place and title, with the words, objectives, steps, indicators and
    parties of `fiche`. Values, notes, states and the fiche that it continues are not copied.
    """
    guests = Guests(copy.convention, is_home=copy.convention_id == fiche.convention_id)
    with changing(by=by, basis=basis):
        for name in WORDS:
            setattr(copy, name, getattr(fiche, name))
        copy.starts_on, copy.ends_on = guests.day(fiche.starts_on), guests.day(fiche.ends_on)
        copy.elu_referent = guests.contact(fiche.elu_referent)
        copy.position = next_position(FicheAction.objects.filter(convention=copy.convention))
        copy.save()
        copy_parts(fiche, copy, guests)
        copy_ties(fiche, copy, guests)
    return copy


class Guests:
    """What of a fiche may stand in a convention: its own people and places, dates of its period.

    To be named in a plan opens it to the people of an organisation: one that takes no part in the convention
    stays as a label.
    """

    def __init__(self, convention: Convention, *, is_home: bool) -> None:
        self.convention, self.is_home = convention, is_home
        here = Q(pk__in=[convention.carrier_id, convention.caf_id]) | Q(signatures__convention=convention)
        here |= Q(fiches_led__fiche__convention=convention) | Q(fiches_helped__fiche__convention=convention)
        self.organisations = set(Organisation.objects.filter(here).values_list("pk", flat=True))
        named = Contact.objects.filter(pilot_links__fiche__convention=convention)
        self.contacts = set(named.values_list("pk", flat=True))

    def day(self, day: date | None) -> date | None:
        inside = day is not None and self.convention.period_start <= day <= self.convention.period_end
        return day if self.is_home or inside else None

    def contact(self, contact: Contact | None) -> Contact | None:
        if contact is None or self.is_home:
            return contact
        known = contact.pk in self.contacts or contact.organisation_id in self.organisations
        return contact if known else None

    def party(self, party: Any) -> Any:
        if not self.is_home and party.organisation and party.organisation_id not in self.organisations:
            party.label, party.organisation = party.organisation.name, None
        return party


def anew(row: M, fiche: FicheAction) -> M:
    """The same row, of another fiche, not yet saved."""
    row.pk, row._state.adding = None, True
    if hasattr(row, "uuid"):
        row.uuid = uuid4()
    row.fiche = fiche  # type: ignore[attr-defined]
    return row


def add(rows: Iterable[M]) -> None:
    listed = list(rows)
    if listed:
        type(listed[0])._default_manager.bulk_create(listed)


def copy_parts(fiche: FicheAction, copy: FicheAction, guests: Guests) -> None:
    """Objectives; steps, all to do again; indicators, on the same objectives."""
    objectives: dict[int | None, Objective] = {}
    for objective in fiche.objectives.all():
        key = objective.pk
        objectives[key] = anew(objective, copy)
    add(objectives.values())
    steps = []
    for step in fiche.steps.exclude(state=Step.State.DROPPED).select_related("responsible"):
        responsible, due = guests.contact(step.responsible), guests.day(step.due_on)
        if due != step.due_on:
            step.due_words = ""
        step.state, step.done_on, step.due_on, step.responsible = Step.State.TO_DO, None, due, responsible
        steps.append(anew(step, copy))
    add(steps)
    indicators = []
    for indicator in fiche.indicators.all():
        indicator.objective = objectives.get(indicator.objective_id)
        indicator.previous, indicator.target_on = None, guests.day(indicator.target_on)
        indicator.fed_by, indicator.fed_from = "", None
        indicators.append(anew(indicator, copy))
    add(indicators)


def copy_ties(fiche: FicheAction, copy: FicheAction, guests: Guests) -> None:
    """Parties, pilots, themes, places and frameworks, as far as they belong in the convention of the copy."""
    add(anew(link, copy) for link in fiche.theme_links.all())
    add(anew(link, copy) for link in fiche.frameworks.all())
    add(anew(guests.party(lead), copy) for lead in fiche.leads.select_related("organisation"))
    add(anew(guests.party(partner), copy) for partner in fiche.partners.select_related("organisation"))
    pilots = fiche.pilot_links.select_related("contact")
    add(anew(link, copy) for link in pilots if guests.contact(link.contact))
    communes, qpvs = fiche.commune_links.all(), fiche.qpv_links.all()
    if not guests.is_home:
        communes = communes.filter(commune__conventions=copy.convention)
        qpvs = qpvs.filter(qpv__epci__isnull=False, qpv__epci=copy.convention.epci)
    add(anew(link, copy) for link in communes)
    add(anew(link, copy) for link in qpvs)
