"""What was sent in by partners and by contributors beyond their own fiches: examined by the coordination."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.db import IntegrityError
from django.urls import reverse

from actions import tasks
from actions.figures import measurement_words
from actions.models import (
    ClosedYear,
    ContributionLink,
    Convention,
    FicheAction,
    Highlight,
    Indicator,
    Measurement,
    ProgressNote,
    Review,
)
from actions.rules.periods import Period, label
from actions.services.plan import changing, touch
from ctg.accounts.models import User
from ctg.jobs import services as jobs
from ctg.refusal import Refused
from ctg.templatetags.ui import date_long, plural
from territories.standing import standings

Proposal = Measurement | ProgressNote | Highlight
# How each kind is called in addresses.
KINDS: dict[str, type[Proposal]] = {
    "valeurs": Measurement,
    "points-d-etape": ProgressNote,
    "temps-forts": Highlight,
}
EXAMINED = "Cet envoi vient d’être examiné par quelqu’un d’autre, ou retiré."
CORRECTED = "Cet envoi vient d’être corrigé par son expéditeur : relisez-le avant de l’accepter."
# What the sender did not write.
NOT_SAID = {"status", "return_reason", "entered_at"}


@dataclass
class Item:
    """Something that waits, with what stands against its being accepted as it is."""

    kind: str
    row: Any
    fiche: FicheAction | None
    overlapped: list[Measurement] = field(default_factory=list)
    is_closed: bool = False

    @property
    def is_plain(self) -> bool:
        """One click accepts it."""
        return not self.overlapped and not self.is_closed

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.row)

    @property
    def title(self) -> str:
        """« Nombre de visites, 2025 », « point d’étape du 3 octobre 2026 », « Forum des métiers »."""
        if isinstance(self.row, Measurement):
            return f"{self.row.indicator}, {self.said[0]}"
        if isinstance(self.row, ProgressNote):
            return f"point d’étape du {date_long(self.row.date)}"
        return str(self.row)

    @property
    def said(self) -> tuple[str, str]:
        """A value in words: « 2025 », « 148 visites »."""
        return said(self.row, self.row.indicator)

    @property
    def against(self) -> list[tuple[str, str, str]]:
        """The values that stand on its period, and who entered them."""
        return [(*said(one, self.row.indicator), one.sender) for one in self.overlapped]

    @property
    def sender_key(self) -> str:
        """Whom it comes from: a partner, or a member."""
        row = self.row
        return f"partenaire-{row.via.contact_id}" if row.via else f"membre-{row.author_id}"


def fingerprint(row: Any) -> str:
    """What a row says, in a few characters: what is accepted is what was read."""
    columns = [column for column in row._meta.concrete_fields if column.name not in NOT_SAID]
    content = "\x1f".join(str(getattr(row, column.attname)) for column in columns)
    return sha256(content.encode()).hexdigest()[:16]


def said(row: Measurement, indicator: Indicator) -> tuple[str, str]:
    return label(row.period_start, row.period_end), measurement_words(indicator, row)


def proposals(convention: Convention, user: User) -> dict[str, Any]:
    """What waits for this person, by kind. What hangs on no fiche belongs to the global coordination."""
    mine = FicheAction.objects.of(convention).editable_by(user).values("pk")
    waiting: dict[str, Any] = {
        "valeurs": Measurement.objects.of(convention).filter(indicator__fiche__in=mine),
        "points-d-etape": ProgressNote.objects.of(convention).filter(fiche__in=mine),
        "temps-forts": Highlight.objects.of(convention).filter(fiche__in=mine),
    }
    if any(
        one.role == "coordinator" and one.organisation == convention.carrier_id and one.is_whole
        for one in standings(user)
    ):
        waiting["temps-forts"] |= Highlight.objects.of(convention).filter(fiche=None)
    return {kind: rows.filter(status=Review.PROPOSED) for kind, rows in waiting.items()}


def waiting_count(convention: Convention, user: User) -> int:
    """How many wait for this person, in one query."""
    values, notes, highlights = (
        rows.order_by().values("pk") for rows in proposals(convention, user).values()
    )
    return values.union(notes, highlights, all=True).count()


def waiting(convention: Convention, user: User) -> list[Item]:
    """All that waits, in the order of the plan, in a constant number of queries."""
    rows = proposals(convention, user)
    known = {fiche.pk: fiche for fiche in FicheAction.objects.of(convention).select_related("axe")}
    for fiche in known.values():
        fiche.convention = convention
    closed = set(ClosedYear.objects.of(convention).values_list("year", flat=True))
    values = rows["valeurs"].select_related("indicator", "author", "via__contact")
    accepted = accepted_of({row.indicator_id for row in values})
    items = [
        value_item(row, known[row.indicator.fiche_id], accepted[row.indicator_id], closed) for row in values
    ]
    notes = rows["points-d-etape"].select_related("author", "via__contact")
    items += [Item("points-d-etape", row, known[row.fiche_id]) for row in notes]
    items += [Item("temps-forts", row, known.get(row.fiche_id)) for row in rows["temps-forts"].for_list()]
    order = {pk: place for place, pk in enumerate(known)}
    return sorted(items, key=lambda item: order[item.fiche.pk] if item.fiche else len(order))


def accepted_of(indicators: Iterable[int]) -> dict[int, list[Measurement]]:
    """The accepted values of some indicators."""
    found = defaultdict(list)
    for row in (
        Measurement.objects.accepted()
        .filter(indicator__in=indicators)
        .select_related("author", "via__contact")
    ):
        found[row.indicator_id].append(row)
    return found


def value_item(row: Measurement, fiche: FicheAction, accepted: list[Measurement], closed: set[int]) -> Item:
    period = Period(row.period_start, row.period_end)
    overlapped = [one for one in accepted if period.touches(Period(one.period_start, one.period_end))]
    row.indicator.fiche = fiche
    return Item("valeurs", row, fiche, overlapped, row.period_end.year in closed)


def find(convention: Convention, user: User, kind: str, uuid: Any) -> Item | None:
    """One thing that waits for this person. Raises Refused for what was examined already."""
    for item in waiting(convention, user):
        if item.kind == kind and item.row.uuid == uuid:
            return item
    rows: Any = KINDS[kind].objects
    if rows.of(convention).filter(uuid=uuid).exclude(status=Review.PROPOSED).exists():
        raise Refused(EXAMINED)
    return None


def accept(item: Item, *, by: User, replace: bool = False, seen: str = "") -> None:
    """Make it count. Raises Refused: examined meanwhile, corrected since its fingerprint was `seen`, a closed
    year, or a value that stands on its period already, unless it is to `replace` it.
    """
    try:
        with changing(by=by):
            row = waiting_row(item.row)
            if seen and fingerprint(row) != seen:
                raise Refused(CORRECTED)
            if isinstance(row, Measurement):
                make_room(row, replace=replace)
            row.status = Review.ACCEPTED
            row.save(update_fields=["status"])
            if item.fiche is not None:
                touch(item.fiche)
    except IntegrityError as error:  # two that overlap, accepted at once
        raise Refused("Une autre valeur vient d’être acceptée sur cette période.") from error


def accept_all(items: Iterable[Item], *, by: User) -> str:
    """Accept whatever nothing stands against; what was done, in words."""
    done, left = 0, 0
    for item in items:
        try:
            accept(item, by=by, seen=item.fingerprint)
        except Refused:
            left += 1
        else:
            done += 1
    said = f"{plural(done, 'envoi accepté')}."
    return f"{said} {plural(left, 'envoi')} à trancher." if left else said


def make_room(row: Measurement, *, replace: bool) -> None:
    """What an accepted value takes the place of is removed; the history keeps it. Raises Refused."""
    standing = Measurement.objects.accepted().filter(
        indicator=row.indicator_id, period_start__lte=row.period_end, period_end__gte=row.period_start
    )
    if standing and not replace:
        one = standing[0]
        raise Refused(
            f"Une valeur existe déjà pour {label(one.period_start, one.period_end)} : choisissez dans la liste laquelle garder."
        )
    for one in standing:
        one.delete()


def kept_words(item: Item) -> str:
    """The reason one gives for keeping the value that stands."""
    return " ; ".join(
        f"La valeur déjà enregistrée pour {period} est gardée : {value}." for period, value, _ in item.against
    )


def send_back(item: Item, *, reason: str, by: User) -> None:
    """Return it with a reason, which its sender reads, by mail too if they have an address. Raises Refused."""
    with changing(by=by):
        row = waiting_row(item.row)
        row.status, row.return_reason = Review.RETURNED, reason
        row.save(update_fields=["status", "return_reason"])
        if row.via is not None:
            tell_sender(row.via, by=by)


def tell_sender(asked: ContributionLink, *, by: User) -> None:
    """One mail for all that is returned until it leaves."""
    jobs.enqueue(
        tasks.send_returned,
        asked.pk,
        by=by,
        title=f"Renvoi à {asked.contact}",
        subject_url=reverse("actions:contribution_list", args=[asked.convention.slug]),
        key=f"returned:{asked.pk}",
    )


def waiting_row(row: Any) -> Any:
    """The row, locked: the first who examines it decides. Raises Refused."""
    found = type(row).objects.select_for_update(of=("self",)).filter(pk=row.pk).first()
    if found is None or found.status != Review.PROPOSED:
        raise Refused(EXAMINED)
    return found
