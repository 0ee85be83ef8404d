"""The newsletter of a convention and its public page: all of it made up, since no document tells it."""

from datetime import datetime, timedelta
from typing import Any

from ctg.links.models import SignedLink
from ctg.mail.models import Envelope
from governance.importers.trial_files import Table, TrialError
from governance.importers.trial_history import moment
from governance.importers.trial_plan import Load
from governance.models import Newsletter, NewsletterBlock, NewsletterSettings, PublicPage, Subscriber
from governance.querysets import SUBSCRIPTION

# As in notifications.newsletter, beside which importers stand.
LETTER = "governance.newsletter"
LINK_LASTS = timedelta(days=4 * 365)
States = Subscriber.State
# Moments of a subscription that a row may date.
DATED = ("confirmed", "unsubscribed", "bounced")


def load_letters(load: Load) -> None:
    if "newsletter" in load.files.made_up:
        load_newsletter(load, load.files.made_up["newsletter"])
    if "public_page" in load.files.made_up:
        load_page(load, load.files.made_up["public_page"])


def load_newsletter(load: Load, table: Table) -> None:
    """How it presents itself, who receives it, then its issues."""
    NewsletterSettings.objects.create(
        convention=load.convention,
        is_open=table["open"],
        intro=table["intro"],
        signature=table["signature"],
    )
    people = [
        load_subscriber(load, rank, row, table["consent"]) for rank, row in enumerate(table["subscriber"], 1)
    ]
    for number, row in enumerate(table["issue"], 1):
        load_issue(load, number, row, people)


def load_subscriber(load: Load, rank: int, row: Table, consent: str) -> Subscriber:
    """The proof is what they agreed to on the page, or how the coordination knows."""
    states = {f"{name}_at": moment(row[f"{name}_on"]) for name in DATED if f"{name}_on" in row}
    asked = moment(row["asked_on"])
    subscriber = Subscriber.objects.create(
        uuid=load.uuid("subscriber", rank),
        convention=load.convention,
        link=SignedLink.objects.create(purpose=SUBSCRIPTION, expires_at=asked + LINK_LASTS),
        address=row["address"],
        name=row["name"],
        frequency=row.get("frequency", Subscriber.Frequency.EACH),
        state=row["state"],
        source=Subscriber.Source.IMPORT if "proof" in row else Subscriber.Source.FORM,
        asked_at=asked,
        last_contact_at=max([asked, *states.values()]),
        consent_on=row["asked_on"],
        consent_words=row.get("proof", consent),
        **states,
    )
    subscriber.themes.set(load.themes(row))
    return subscriber


def load_issue(load: Load, number: int, row: Table, people: list[Subscriber]) -> None:
    """A draft, or one that has left for those who were subscribed that day."""
    sent_at = moment(row["sent_on"]) if "sent_on" in row else None
    newsletter = Newsletter.objects.create(
        uuid=load.uuid("newsletter", number),
        convention=load.convention,
        number=number,
        state=Newsletter.State.SENT if sent_at else Newsletter.State.DRAFT,
        sent_at=sent_at,
        segments={"kinds": row["kinds"], "roles": [], "themes": [], "committees": []},
        author=load.coordinator,
        created_at=moment(row["written_on"]),
        **{name: row[name] for name in ("title", "subject", "period_start", "period_end", "intro")},
    )
    NewsletterBlock.objects.bulk_create(
        NewsletterBlock(
            uuid=load.uuid("newsletter", number, "block", place),
            newsletter=newsletter,
            position=place,
            kind=line["kind"],
            title=line["title"],
            text=line["text"],
        )
        for place, line in enumerate(row["block"])
    )
    if sent_at:
        reached = [person for person in people if got(person, sent_at)]
        Envelope.objects.bulk_create(envelope(newsletter, person, sent_at) for person in reached)
        Subscriber.objects.filter(pk__in=[one.pk for one in reached]).update(last_sent_at=sent_at)


def got(person: Subscriber, at: datetime) -> bool:
    """Whether they were subscribed then; an address that was refused was so by this very letter."""
    left = person.unsubscribed_at
    return person.confirmed_at is not None and person.confirmed_at < at and (left is None or left > at)


def envelope(newsletter: Newsletter, person: Subscriber, at: datetime) -> Envelope:
    refused = person.state == States.BOUNCED
    return Envelope(
        kind=LETTER,
        object_id=person.pk,
        edition=newsletter.pk,
        batch=newsletter.batch,
        name=person.name,
        address=person.address,
        subject=newsletter.subject,
        state=Envelope.State.REFUSED if refused else Envelope.State.SENT,
        detail="Réponse du serveur : 550 boîte inconnue" if refused else "",
        attempts=1,
        next_try_at=None,
        created_at=at,
        sending_at=at,
        settled_at=at,
    )


def load_page(load: Load, table: Table) -> None:
    """Out since a day, or prepared."""
    if unknown := set(table["sections"]) - set(PublicPage.SECTIONS):
        raise TrialError(
            f"{load.files.slug}.fictif.toml : sections inconnues : {', '.join(sorted(unknown))}."
        )
    out_on = table.get("published_on")
    ticks: dict[str, Any] = {f"has_{name}": name in table["sections"] for name in PublicPage.SECTIONS}
    PublicPage.objects.create(
        convention=load.convention,
        is_published=out_on is not None,
        published_at=moment(out_on) if out_on else None,
        intro=table.get("intro", ""),
        **ticks,
    )


def forget_letters(slugs: list[str]) -> None:
    """What hangs on the letters of these conventions without being deleted with them."""
    issues = Newsletter.objects.filter(convention__slug__in=slugs)
    Envelope.objects.filter(batch__in=[one.batch for one in issues]).delete()
    SignedLink.objects.filter(subscription__convention__slug__in=slugs).delete()
