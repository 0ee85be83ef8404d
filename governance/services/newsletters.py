"""An issue of the newsletter: drafted, sent now or at an hour, and what becomes of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

import structlog
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from actions.models import Convention
from ctg.accounts.models import User
from ctg.links.models import LinkToken
from ctg.links.services import hashed
from ctg.mail.models import UNSETTLED, Envelope
from ctg.mail.server import FINAL
from ctg.mail.services import Letter, post
from ctg.refusal import Refused
from governance.audience import Recipient, recipients
from governance.models import Newsletter, NewsletterBlock, Subscriber
from governance.newsletter import drafted, letter_of, segments_of
from governance.notifications.newsletter import NEWSLETTER, NEWSLETTER_TEST, token_of
from governance.rules import news
from governance.services.subscriptions import enrol

log = structlog.get_logger(__name__)

State = Newsletter.State
# Before a first issue.
FIRST_PERIOD = timedelta(days=92)
# Answers of a mail server that mean: nobody there (RFC 5321).
NOBODY = tuple(FINAL.format(f"{code} ") for code in (550, 551, 553))
CHUNK = 500


# --- Writing it -----------------------------------------------------------------------------------
def proposed_period(convention: Convention, today: date) -> tuple[date, date]:
    """Since the last issue, else the last three months of the convention."""
    last = (
        Newsletter.objects.of(convention).exclude(state=State.CANCELLED).aggregate(on=Max("period_end"))["on"]
    )
    start = last + timedelta(days=1) if last else max(convention.period_start, today - FIRST_PERIOD)
    return min(start, today), today


@transaction.atomic
def prepare(convention: Convention, start: date, end: date, *, by: User) -> Newsletter:
    """A draft of what happened between two days. It goes to those that the last one went to."""
    Convention.objects.select_for_update().get(pk=convention.pk)  # one number each
    issues = Newsletter.objects.of(convention).order_by("-number")
    last = issues.first()
    number, today = last.number + 1 if last else 1, timezone.localdate()
    title = news.title_of(today)
    subject = news.subject_of(convention.of_place, today)[:160]
    if issues.exclude(state=State.CANCELLED).filter(Q(title=title) | Q(subject=subject)).exists():
        title = news.title_of(today, number)
        subject = news.subject_of(convention.of_place, today, number)[:160]
    newsletter = Newsletter(
        convention=convention,
        number=number,
        title=title,
        subject=subject,
        period_start=start,
        period_end=end,
        author=by,
    )
    newsletter.segments = (
        last.segments if last else newsletter.segments | {"kinds": ["members", "subscribers"]}
    )
    newsletter.save()
    complete(newsletter)
    return newsletter


def complete(newsletter: Newsletter) -> int:
    """Add the facts that it does not tell yet. Returns how many parts. Raises Refused."""
    with editing(newsletter) as held:
        blocks = list(held.blocks.all())
        known = {block.source for block in blocks}
        found = drafted(held.convention, held.period_start, held.period_end)
        position = max((block.position for block in blocks), default=-1) + 1
        new = [
            NewsletterBlock(
                newsletter=held,
                position=position + place,
                kind=one.kind,
                source=one.source,
                title=one.title,
                text=one.text,
                image=one.image,
                image_alt=one.image_alt,
            )
            for place, one in enumerate(one for one in found if one.source not in known)
        ]
        NewsletterBlock.objects.bulk_create(new)
        return len(new)


def locked(newsletter: Newsletter) -> Newsletter:
    rows = Newsletter.objects.select_for_update(of=("self",)).select_related("convention__carrier")
    return rows.get(pk=newsletter.pk)


@contextmanager
def editing(newsletter: Newsletter) -> Iterator[Newsletter]:
    """What is written here is written in a draft. Raises Refused once it is no longer one."""
    with transaction.atomic():
        held = locked(newsletter)
        if not held.is_draft:
            raise Refused(frozen_words(held))
        yield held


def frozen_words(newsletter: Newsletter) -> str:
    return f"Cette lettre est {newsletter.get_state_display()}\u00a0: elle ne se modifie plus."


# --- Sending it -----------------------------------------------------------------------------------
def people_of(newsletter: Newsletter) -> list[Recipient]:
    return recipients(newsletter.convention, segments_of(newsletter))


@dataclass(frozen=True)
class Departure:
    """What is about to leave, as a person sees it: the fingerprints are those of the letter and of the list."""

    people: list[Recipient]
    kilobytes: int
    faults: list[str]
    letter_print: str
    people_print: str

    @property
    def seen(self) -> str:
        return f"{self.letter_print}-{self.people_print}"

    def changes(self, seen: str) -> list[str]:
        """What is no longer as it was seen."""
        letter, _, people = seen.partition("-")
        said = []
        if letter != self.letter_print:
            said.append("La lettre a changé depuis que vous l’avez ouverte\u00a0: relisez-la.")
        if people != self.people_print:
            said.append("La liste des destinataires vient de changer\u00a0: relisez-la avant d’envoyer.")
        return said


def departure(newsletter: Newsletter) -> Departure:
    """With what keeps it from being sent."""
    people, letter = people_of(newsletter), letter_of(newsletter)
    kilobytes = letter.weight // 1000
    # The letter names a picture by its part: another one in its place is a change all the same.
    pictures = list(newsletter.blocks.values_list("image", flat=True))
    faults = []
    if not pictures:
        faults.append("Cette lettre est vide : ajoutez-y une partie.")
    if not people:
        faults.append("Personne ne la recevrait : choisissez des destinataires.")
    if letter.is_too_heavy:
        faults.append(f"Cette lettre pèse {kilobytes} Ko, plus que 100 : les messageries la couperaient.")
    return Departure(
        people,
        kilobytes,
        faults,
        _print(letter.subject, letter.html, newsletter.convention.logo.name, *pictures),
        _print(*(one.address for one in people)),
    )


def _print(*words: object) -> str:
    return sha256("\n".join(map(str, words)).encode()).hexdigest()[:16]


def _checked(held: Newsletter, seen: str | None) -> list[Recipient]:
    found = departure(held)
    if said := found.faults or (found.changes(seen) if seen is not None else []):
        raise Refused(" ".join(said))
    return found.people


def send(newsletter: Newsletter, *, seen: str | None, by: User) -> int:
    """It leaves. Returns to how many. `seen`: of the `departure` that was shown. Raises Refused."""
    with editing(newsletter) as held:
        return _launch(held, _checked(held, seen), by=by)


def schedule(newsletter: Newsletter, at: datetime, *, seen: str | None) -> None:
    """It will leave at that hour, to those who are its recipients then. Raises Refused."""
    with editing(newsletter) as held:
        if at <= timezone.now():
            raise Refused("Cette heure est passée.", "at")
        _checked(held, seen)
        held.state, held.scheduled_at = State.SCHEDULED, at
        held.save(update_fields=["state", "scheduled_at"])


def _launch(held: Newsletter, people: Sequence[Recipient], *, by: User | None) -> int:
    """A letter for each, in the caller's transaction."""
    now, rows = timezone.now(), enrol(held.convention, people)
    written = [(rows[one.address], one) for one in people if one.address in rows]
    LinkToken.objects.bulk_create(
        (LinkToken(link=row.link, token_hash=hashed(token_of(row.pk, held.pk))) for row, _ in written),
        batch_size=CHUNK,
        ignore_conflicts=True,
    )
    Subscriber.objects.filter(pk__in=[row.pk for row, _ in written]).update(last_sent_at=now)
    held.state, held.sent_at, held.scheduled_at = State.SENDING, now, None
    held.save(update_fields=["state", "sent_at", "scheduled_at"])
    post(
        NEWSLETTER,
        (Letter(row.pk, held.pk, one.name, one.address) for row, one in written),
        batch=held.batch,
        by=by,
        title=str(held),
        subject_url=held.get_absolute_url(),
    )
    return len(written)


def sent_to(newsletter: Newsletter) -> QuerySet[Envelope]:
    """A row for each address that it left for, as it was then."""
    return Envelope.objects.filter(batch=newsletter.batch)


def send_test(newsletter: Newsletter, *, by: User) -> None:
    """To whoever asks for it, and nobody else."""
    batch = f"{NEWSLETTER_TEST}:{newsletter.pk}"
    edition = Envelope.objects.filter(kind=NEWSLETTER_TEST, object_id=newsletter.pk).count()
    letter = Letter(newsletter.pk, edition, by.name, by.email)
    post(NEWSLETTER_TEST, [letter], batch=batch, by=by, title=f"Essai – {newsletter}")


def reopen(newsletter: Newsletter) -> None:
    """Not at that hour after all, or not given up: a draft again. Raises Refused once it has left."""
    _move(newsletter, (State.SCHEDULED, State.CANCELLED), State.DRAFT)


def drop(newsletter: Newsletter) -> None:
    """Given up before it left; its facts are told by the next one. Raises Refused."""
    _move(newsletter, (State.DRAFT, State.SCHEDULED), State.CANCELLED)


@transaction.atomic
def _move(newsletter: Newsletter, states: Sequence[str], state: str) -> None:
    held = locked(newsletter)
    if held.state not in states:
        raise Refused(f"Cette lettre est {held.get_state_display()}.")
    held.state, held.scheduled_at = state, None
    held.save(update_fields=["state", "scheduled_at"])


# --- By itself ------------------------------------------------------------------------------------
def go_on() -> None:
    """Send what is due, and close what has left. One that fails keeps no other waiting."""
    due = Newsletter.objects.filter(state=State.SCHEDULED, scheduled_at__lte=timezone.now())
    for move, issues in ((_launch_due, due), (_close, Newsletter.objects.filter(state=State.SENDING))):
        for newsletter in issues:
            try:
                move(newsletter)
            except Exception:
                log.exception("newsletter_failed", newsletter=str(newsletter.uuid))


@transaction.atomic
def _launch_due(newsletter: Newsletter) -> None:
    """One that nobody would receive any more is a draft again."""
    held = locked(newsletter)
    if held.state != State.SCHEDULED or held.scheduled_at is None or held.scheduled_at > timezone.now():
        return
    try:
        _launch(held, _checked(held, None), by=held.author)
    except Refused as refused:
        log.warning("newsletter_not_sent", newsletter=str(held.uuid), reason=str(refused))
        held.state, held.scheduled_at = State.DRAFT, None
        held.save(update_fields=["state", "scheduled_at"])


@transaction.atomic
def _close(newsletter: Newsletter) -> None:
    """Sent, once nothing waits any more; where there is nobody, nothing is sent again."""
    held = locked(newsletter)
    letters = Envelope.objects.filter(batch=held.batch)
    if held.state != State.SENDING or letters.filter(state__in=UNSETTLED).exists():
        return
    refused = letters.filter(state=Envelope.State.REFUSED).values_list("object_id", "detail")
    gone = [key for key, detail in refused if detail.startswith(NOBODY)]
    Subscriber.objects.filter(pk__in=gone, state=Subscriber.State.ACTIVE).update(
        state=Subscriber.State.BOUNCED, bounced_at=timezone.now()
    )
    held.state = State.SENT
    held.save(update_fields=["state"])
