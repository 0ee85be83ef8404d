"""Asking a partner without an account: a signed link to named fiches or single indicators, until a date."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

import pghistory
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from actions import tasks
from actions.models import ContributionLink, Convention, FicheAction, Indicator
from actions.notifications import address_of
from actions.querysets import CONTRIBUTION
from actions.services.members import parties
from ctg.accounts.models import User
from ctg.jobs import services as jobs
from ctg.links import services as links
from ctg.mail import one_line
from ctg.refusal import Refused
from territories.models import Contact, Organisation

OPEN_FOR = timedelta(days=30)


def end_of(day: date) -> datetime:
    """The last second of a day in Paris."""
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


def recipient(convention: Convention, *, name: str, email: str, body: str = "") -> Contact:
    """The contact of that name and address, made if nobody here is both. `body`: an organisation of the
    convention by its name, or a label.
    """
    organisations = Organisation.objects.filter(parties(convention))
    named = organisations.filter(Q(name__iexact=body) | Q(short_name__iexact=body)).first() if body else None
    here = Q(contribution_links__convention=convention) | Q(organisation__in=organisations)
    found = Contact.objects.filter(here, name__iexact=name, email__iexact=email).first()
    if found is not None:
        return found
    return Contact.objects.create(
        name=one_line(name), email=email.lower(), organisation=named, label="" if named else one_line(body)
    )


@transaction.atomic
def ask_partner(
    convention: Convention,
    contact: Contact,
    *,
    fiches: Iterable[FicheAction],
    indicators: Iterable[Indicator],
    until: date,
    message: str,
    by: User,
) -> tuple[ContributionLink, str]:
    """Open what is named to somebody, and write to them if they have an address. Also gives the token, told this
    once. Raises Refused for what is not this person's to open.
    """
    fiches, indicators = list(fiches), list(indicators)
    wanted = {fiche.pk for fiche in fiches} | {indicator.fiche_id for indicator in indicators}
    mine = FicheAction.objects.of(convention).editable_by(by).filter(pk__in=wanted)
    if not wanted or wanted != set(mine.values_list("pk", flat=True)):
        raise Refused("Une de ces fiches ne relève pas de vous.", "fiches")
    with pghistory.context(user=by.pk):
        link, token = links.create_link(CONTRIBUTION, expires_at=end_of(until), by=by)
        asked = ContributionLink.objects.create(
            convention=convention, link=link, contact=contact, message=message
        )
        asked.fiches.set(fiches)
        asked.indicators.set(indicators)
    if address_of(contact):
        send(asked, by=by)
    return asked, token


def send(asked: ContributionLink, *, by: User) -> None:
    """Write once the transaction commits. A mail server that is down fails the job, not the request."""
    jobs.enqueue(
        tasks.send_contribution_link,
        asked.pk,
        by=by,
        title=f"Demande à {asked.contact}",
        subject_url=reverse("actions:link_list", args=[asked.convention.slug]),
        key=f"contribution:{asked.pk}",
    )


@transaction.atomic
def resend(asked: ContributionLink, *, by: User) -> None:
    """Write again, with 30 days from today. Raises Refused for a link that was withdrawn."""
    if asked.link.revoked_at is not None:
        raise Refused("Ce lien est retiré : faites une nouvelle demande.")
    if not address_of(asked.contact):
        raise Refused(f"{asked.contact} n’a pas d’adresse électronique : copiez l’adresse du lien.")
    links.prolong(asked.link, end_of(timezone.localdate() + OPEN_FOR))
    send(asked, by=by)


def new_address(asked: ContributionLink) -> str:
    """The token of one more address, to be copied. Raises Refused for a link that opens nothing."""
    if not asked.link.is_open:
        raise Refused("Ce lien ne sert plus : faites une nouvelle demande, ou renvoyez-le.")
    return links.add_address(asked.link)
