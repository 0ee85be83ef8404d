"""Asking for the newsletter, confirming, leaving; addresses brought in, members given a way out; and what is forgotten."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from actions.models import Convention
from ctg.accounts.models import User
from ctg.links.models import SignedLink
from ctg.links.services import prolong
from ctg.mail.models import Envelope
from ctg.mail.services import Letter, post
from governance.audience import Recipient, suppressed
from governance.importers.subscribers import Line
from governance.models import Subscriber, Suppression
from governance.notifications.newsletter import NEWSLETTER
from governance.notifications.subscriptions import EXPIRING_LETTER, SUBSCRIPTION_LETTER
from governance.querysets import SUBSCRIPTION
from governance.rules.addresses import address_hashes, ip_hash, normal
from territories.models import Theme

State, Source = Subscriber.State, Subscriber.Source

# One that nobody confirmed is forgotten sooner than the others.
CONFIRMED_WITHIN = timedelta(days=30)
# A link lives as long as its row: that of a letter read three years later still lets its person leave.
LASTS = Subscriber.KEPT_FOR + timedelta(days=365)
# Of the whole instance: nobody fills the box of somebody else by asking in their name.
LETTERS_A_DAY = 5


def consent_words(convention: Convention) -> str:
    """What somebody reads and agrees to, kept with their address as it was."""
    return (
        f"J’accepte de recevoir par courriel la lettre de la CTG {convention.of_place}. "
        "Je peux me désabonner à tout moment, d’un clic."
    )


def _new_link() -> SignedLink:
    """Without an address: each letter gives its own."""
    return SignedLink.objects.create(purpose=SUBSCRIPTION, expires_at=timezone.now() + LASTS, created_by=None)


def _locked(subscriber: Subscriber) -> Subscriber:
    rows = Subscriber.objects.select_for_update(of=("self",)).select_related("convention", "link")
    return rows.get(pk=subscriber.pk)


@transaction.atomic
def ask(
    convention: Convention, address: str, *, name: str, themes: Iterable[Theme], frequency: str, ip: str
) -> None:
    """Somebody asks on the public page. Nothing counts until the person at that address confirms. Whoever
    receives the letters already keeps what they chose, and a request that waits what it first said: anybody may
    ask again in their name. The caller learns nothing of what was known.
    """
    # Called only for a new row, and undone with it when somebody asked the same at the same time.
    defaults: Any = {"link": _new_link, "consent_words": consent_words(convention)}
    rows = Subscriber.objects.select_for_update(of=("self",))
    row, is_new = rows.get_or_create(convention=convention, address=normal(address), defaults=defaults)
    if row.state != State.ACTIVE or row.source == Source.MEMBER:
        waits = row.state == State.PENDING and not is_new
        row.state, row.source = State.PENDING, Source.FORM
        row.confirmed_at = row.unsubscribed_at = row.bounced_at = None
        row.asked_at = row.last_contact_at = timezone.now()
        if not waits:
            row.name, row.frequency = name, frequency
            row.themes.set(themes)
        _agree(row, ip)
        row.save()
    _write(row)


def _agree(row: Subscriber, ip: str) -> None:
    row.consent_on, row.consent_words = timezone.localdate(), consent_words(row.convention)
    row.consent_ip = ip_hash(ip) if ip else ""


def _write(row: Subscriber) -> None:
    """The name that was typed is left out: nobody sends words of theirs to a stranger."""
    letters = Envelope.objects.filter(kind=SUBSCRIPTION_LETTER)
    today = letters.filter(address=row.address, created_at__gt=timezone.now() - timedelta(days=1))
    if today.count() >= LETTERS_A_DAY:
        return
    letter = Letter(row.pk, letters.filter(object_id=row.pk).count(), "", row.address)
    post(
        SUBSCRIPTION_LETTER,
        [letter],
        batch=f"{SUBSCRIPTION_LETTER}:{row.pk}",
        by=None,
        title="Confirmation d’un abonnement",
    )


@transaction.atomic
def confirm(subscriber: Subscriber, *, ip: str) -> Subscriber:
    """The person at that address agrees, or comes back after leaving. Twice does it once."""
    row = _locked(subscriber)
    if row.state != State.ACTIVE:
        if row.state != State.PENDING:
            row.source = Source.FORM
            _agree(row, ip)
        row.state, row.confirmed_at = State.ACTIVE, timezone.now()
        row.unsubscribed_at = row.bounced_at = None
        Suppression.objects.filter(
            convention=row.convention, address_hash__in=address_hashes(row.address)
        ).delete()
        row.save()
    heard(row)
    return row


def mine(user: User) -> "QuerySet[Subscriber]":
    """The letters of a member: whoever has an account has proven its address."""
    return Subscriber.objects.filter(address=normal(user.email)).select_related("convention", "link")


def heard(row: Subscriber) -> None:
    """Its person did something: the time before it is forgotten begins again."""
    row.last_contact_at = timezone.now()
    row.save(update_fields=["last_contact_at"])
    prolong(row.link, timezone.now() + LASTS)


@transaction.atomic
def prefer(subscriber: Subscriber, *, name: str, themes: Iterable[Theme], frequency: str) -> None:
    """What their person chose to receive."""
    row = _locked(subscriber)
    row.name, row.frequency = name, frequency
    row.save(update_fields=["name", "frequency"])
    row.themes.set(themes)
    heard(row)


@transaction.atomic
def leave(subscriber: Subscriber) -> Subscriber:
    """No letter any more, whatever is brought in later. Twice does it once."""
    row = _locked(subscriber)
    if row.state != State.UNSUBSCRIBED:
        row.state, row.unsubscribed_at, row.bounced_at = State.UNSUBSCRIBED, timezone.now(), None
        row.save(update_fields=["state", "unsubscribed_at", "bounced_at"])
    _suppress(row)
    heard(row)
    return row


def _suppress(row: Subscriber) -> None:
    Suppression.objects.get_or_create(
        convention_id=row.convention_id, address_hash=address_hashes(row.address)[0]
    )


@transaction.atomic
def erase(subscriber: Subscriber) -> None:
    """Nothing is left of the person but the fingerprint that keeps them out."""
    row = _locked(subscriber)
    _suppress(row)
    _forget([row.pk])


def _forget(keys: Collection[int]) -> None:
    """The rows, their links and the letters that asked them something; of the issues that they received, only that
    one left, to nobody named.
    """
    letters = Envelope.objects.filter(object_id__in=keys)
    own = Q(kind__in=[SUBSCRIPTION_LETTER, EXPIRING_LETTER])
    letters.filter(own | Q(kind=NEWSLETTER, state=Envelope.State.WAITING)).delete()
    letters.filter(kind=NEWSLETTER).update(name="", address="")
    SignedLink.objects.filter(subscription__in=keys).delete()


@transaction.atomic
def purge() -> int:
    """Forget whom nobody heard of for three years, and what was asked for and never confirmed. Returns how many."""
    now = timezone.now()
    unheard = Q(last_contact_at__lt=now - Subscriber.KEPT_FOR)
    unconfirmed = Q(state=State.PENDING, asked_at__lt=now - CONFIRMED_WITHIN)
    rows = Subscriber.objects.select_for_update(of=("self",)).filter(unheard | unconfirmed).order_by("pk")
    keys = list(rows.values_list("pk", flat=True))
    _forget(keys)
    return len(keys)


@transaction.atomic
def ask_who_stays() -> int:
    """Write once to those who will soon be forgotten. Not to members: the next issue knows them again. Returns how
    many.
    """
    soon = timezone.now() - Subscriber.KEPT_FOR + Subscriber.ASKED_BEFORE
    since = Q(object_id=OuterRef("pk"), created_at__gt=OuterRef("last_contact_at"))
    asked = Envelope.objects.filter(since, kind=EXPIRING_LETTER)
    silent = Subscriber.objects.filter(~Exists(asked), state=State.ACTIVE, last_contact_at__lt=soon)
    rows = silent.exclude(source=Source.MEMBER).order_by("pk")
    letters = [Letter(row.pk, row.forgotten_on.year, row.name, row.address) for row in rows]
    if letters:
        batch = f"{EXPIRING_LETTER}:{timezone.localdate()}"
        post(EXPIRING_LETTER, letters, batch=batch, by=None, title="Abonnements qui prennent fin")
    return len(letters)


class Known(NamedTuple):
    """A line whose address is here already, with what is kept of it."""

    line: Line
    row: Subscriber


@dataclass
class Sorted:
    """What would become of the lines of a file."""

    new: list[Line] = field(default_factory=list)
    known: list[Known] = field(default_factory=list)
    kept_out: list[Line] = field(default_factory=list)


def sort_lines(convention: Convention, lines: Collection[Line]) -> Sorted:
    """Those to be brought in; those here already, left as they are; those who left or were removed, who stay out."""
    addresses = [line.address for line in lines]
    kept = Subscriber.objects.of(convention).filter(address__in=addresses)
    rows = {row.address: row for row in kept}
    out = suppressed(convention, addresses)
    found = Sorted()
    for line in lines:
        row = rows.get(line.address)
        if line.address in out or (row and row.state == State.UNSUBSCRIBED):
            found.kept_out.append(line)
        elif row:
            found.known.append(Known(line, row))
        else:
            found.new.append(line)
    return found


@transaction.atomic
def import_lines(convention: Convention, lines: Collection[Line], *, by: User) -> Sorted:
    """Bring them in, all or none; what changed since they were shown is looked at again."""
    found, now = sort_lines(convention, lines), timezone.now()
    rows = [
        Subscriber(
            address=line.address,
            name=line.name,
            consent_on=line.consent_on,
            consent_words=line.consent_words,
            source=Source.IMPORT,
            state=State.ACTIVE,
            confirmed_at=now,
            last_contact_at=timezone.make_aware(datetime.fromisoformat(line.consent_on)),
        )
        for line in found.new
    ]
    _add(convention, rows, by=by)
    return found


@transaction.atomic
def enrol(convention: Convention, people: Collection[Recipient]) -> dict[str, Subscriber]:
    """The row of each recipient of a letter, by address: that of a member is made now, so that they may leave."""
    known = Subscriber.objects.of(convention).select_related("link")
    addresses = {one.address for one in people}
    had = set(known.filter(address__in=addresses).values_list("address", flat=True))
    rows = [
        Subscriber(
            address=one.address,
            name=one.name[: Subscriber._meta.get_field("name").max_length],
            consent_words=f"Sans abonnement, en tant que {', '.join(one.why)}"[:500],
            source=Source.MEMBER,
            state=State.ACTIVE,
            confirmed_at=timezone.now(),
        )
        for one in people
        if one.address not in had
    ]
    _add(convention, rows, by=None)
    return {row.address: row for row in known.filter(address__in=addresses)}


def _add(convention: Convention, rows: Collection[Subscriber], *, by: User | None) -> None:
    """New rows with their links. An address that came in meanwhile keeps its own."""
    until = timezone.now() + LASTS
    links = [SignedLink(purpose=SUBSCRIPTION, expires_at=until, created_by=by) for _ in rows]
    for row, link in zip(rows, SignedLink.objects.bulk_create(links), strict=True):
        row.convention, row.link = convention, link
    Subscriber.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
