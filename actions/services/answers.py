"""What a partner without an account is shown through a link, and sends through it: all of it proposed."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from actions.models import (
    ContributionLink,
    FicheAction,
    Highlight,
    Indicator,
    Measurement,
    ProgressNote,
    Review,
)
from actions.notices import CONTRIBUTION
from actions.services.contributions import EXAMINED, KINDS
from actions.services.plan import Change
from ctg.links.models import SignedLink
from ctg.links.services import LinkClosed, log_use
from ctg.notices.services import notify
from ctg.refusal import Refused

# What one link may have waiting: more is no answer any more.
MAX_WAITING = 100
OPEN_TO_SENDER = (Review.PROPOSED, Review.RETURNED)


@dataclass
class Asked:
    """A fiche that a link opens, whole or for some of its indicators, with what was sent on it."""

    fiche: FicheAction
    is_whole: bool
    indicators: list[Indicator] = field(default_factory=list)
    values: dict[int, list[Measurement]] = field(default_factory=lambda: defaultdict(list))
    notes: list[ProgressNote] = field(default_factory=list)
    highlights: list[Highlight] = field(default_factory=list)


def sent_by(link: ContributionLink) -> dict[str, Any]:
    """What the same person sent here, through this link or an earlier one."""
    return {"via__contact": link.contact_id, "via__convention": link.convention_id}


def asked_of(link: ContributionLink) -> list[Asked]:
    """Fiche by fiche in the order of the plan, in a constant number of queries."""
    named = link.indicators.all()
    of_named = Exists(named.filter(fiche=OuterRef("pk")))
    fiches = FicheAction.objects.filter(Q(pk__in=link.fiches.values("pk")) | of_named)
    whole = set(link.fiches.values_list("pk", flat=True))
    found = {
        one.pk: Asked(one, one.pk in whole) for one in fiches.select_related("axe").prefetch_related("steps")
    }
    # What counts by itself is asked only by its name.
    of_whole = Q(fiche__in=whole, fed_by="")
    for indicator in Indicator.objects.with_values().filter(of_whole | Q(pk__in=named.values("pk"))):
        found[indicator.fiche_id].indicators.append(indicator)
    for value in Measurement.objects.filter(**sent_by(link)).select_related("indicator"):
        if value.indicator.fiche_id in found:
            found[value.indicator.fiche_id].values[value.indicator_id].append(value)
    for note in ProgressNote.objects.filter(**sent_by(link), fiche__in=found):
        found[note.fiche_id].notes.append(note)
    highlights: Any = Highlight.objects.filter(**sent_by(link), fiche__in=found).for_list()
    for highlight in highlights:
        found[highlight.fiche_id].highlights.append(highlight)
    return list(found.values())


def sent_through(link: ContributionLink, kind: str, uuid: Any, *, any_state: bool = False) -> Any:
    """A row that this partner sent, if it may still be changed; None otherwise."""
    rows: Any = KINDS[kind].objects.filter(**sent_by(link), uuid=uuid)
    return rows.filter(**{} if any_state else {"status__in": OPEN_TO_SENDER}).first()


@contextmanager
def answering(link: ContributionLink) -> Iterator[Change]:
    """A transaction in which a partner writes, as `changing` for a member. Raises LinkClosed for a link withdrawn
    meanwhile, Refused when too much waits already.
    """
    with transaction.atomic():
        signed = SignedLink.objects.select_for_update().get(pk=link.link_id)
        if not signed.is_open:
            raise LinkClosed("Ce lien vient d’être retiré par la personne qui vous l’avait envoyé.")
        change = Change()
        yield change
        if change.undone:
            return
        rows: list[Any] = [
            model.objects.filter(**sent_by(link), status=Review.PROPOSED) for model in KINDS.values()
        ]
        if sum(kind.count() for kind in rows) > MAX_WAITING:
            raise Refused("Vous avez déjà transmis beaucoup : attendez que la coordination l’ait relu.")
        log_use(signed, "answered")
        if signed.created_by is not None:
            notify(CONTRIBUTION, link.pk, [signed.created_by], again=True)


def reopen(row: Any) -> None:
    """Lock what was sent, to be changed by its sender. Raises Refused once the coordination has accepted it."""
    found = type(row).objects.select_for_update(of=("self",)).filter(pk=row.pk, status__in=OPEN_TO_SENDER)
    if found.first() is None:
        raise Refused(EXAMINED)


def propose_again(row: Any) -> None:
    row.status, row.return_reason = Review.PROPOSED, ""
    row.save(update_fields=["status", "return_reason"])


def withdraw(link: ContributionLink, row: Any) -> None:
    """Take back what was sent, as long as nobody has accepted it. Raises Refused."""
    with answering(link):
        reopen(row)
        row.delete()
