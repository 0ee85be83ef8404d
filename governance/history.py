"""The latest changes of a convention, as anyone who reads it may know them.

Confidential notes, proposals and drafts are left out whoever reads: the page is printed and shown around.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.apps import apps
from django.db.models import F, Q, Window
from django.db.models.functions import Lag
from django.utils import timezone
from django.utils.text import Truncator

from actions.figures import STATUS_KINDS, measurement_words
from actions.models import Convention, FicheAction, Measurement, ProgressNote
from actions.rules.periods import label
from ctg.accounts.models import User
from ctg.templatetags.ui import plural

NEWEST = 10
# Beside the fiches that changed status.
FEW = 6
# Values are entered by the dozen on one day, and said as one change: so many are read to make ten.
VALUES_READ = 120
NOTE_WORDS = 30
# Who made an event of the history.
BY = "pgh_context__metadata__user"


@dataclass(frozen=True)
class Change:
    """Something that happened to a fiche (or to several at once); a status is a chip, anything else a text.

    `was`: the status before. `by`, `moment`: who did it (the key of a user), and when to the second. `is_quote`: the
    text is somebody's own.
    """

    at: date
    text: str
    fiche: FicheAction | None
    status: str = ""
    kind: str = ""
    was: str = ""
    by: Any = None
    moment: datetime | None = None
    is_quote: bool = False


Fiches = Mapping[Any, FicheAction]


@dataclass(frozen=True)
class News:
    """What has changed since a day, the newest first: the fiches that have another status, and the rest."""

    since: date
    moved: Sequence[Change] = ()
    others: Sequence[Change] = ()

    @property
    def words(self) -> str:
        """« 3 fiches ont changé de statut. »"""
        if not self.moved:
            return "Aucune fiche n’a changé de statut."
        number = len(self.moved)
        return f"{plural(number, 'fiche')} {'ont' if number > 1 else 'a'} changé de statut."


def latest_changes(
    convention: Convention, user: User, fiches: Sequence[FicheAction], *, count: int = NEWEST
) -> list[Change]:
    """The newest additions, changes of status, notes and values of these fiches, in four queries."""
    known = {fiche.pk: fiche for fiche in fiches}
    if not known:
        return []
    found = [
        *additions(known),
        *status_changes(known, count),
        *new_notes(convention, user, known, count),
        *new_values(convention, user, known),
    ]
    return sorted(found, key=lambda change: change.at, reverse=True)[:count]


def news_since(
    convention: Convention, user: User, fiches: Sequence[FicheAction], since: date, *, count: int = FEW
) -> News:
    """Every fiche that has another status than on the evening of that day, and the newest of the rest; in the same
    four queries.
    """
    known = {fiche.pk: fiche for fiche in fiches}
    if not known:
        return News(since)
    moved = settled(change for change in status_changes(known, None) if change.at > since)
    others = [
        *additions(known),
        *new_notes(convention, user, known, count),
        *new_values(convention, user, known),
    ]
    rest = sorted((one for one in others if one.at > since), key=lambda change: change.at, reverse=True)
    return News(since, moved, rest[:count])


def by_others(
    convention: Convention, user: User, fiches: Sequence[FicheAction], since: datetime
) -> list[Change]:
    """What others than this user have made of these fiches since that moment, statuses first; in the same four
    queries.
    """
    known = {fiche.pk: fiche for fiche in fiches}
    if not known:
        return []

    def is_theirs(change: Change) -> bool:
        return change.moment is not None and change.moment > since and change.by != user.pk

    return [
        *settled(filter(is_theirs, status_changes(known, None))),
        *filter(is_theirs, begun(known)),
        *new_notes(convention, user, known, None, by_others_since=since),
        *new_values(convention, user, known, by_others_since=since),
    ]


def settled(newest: Iterable[Change]) -> list[Change]:
    """One change of status a fiche, its last; none when it came back to what it was."""
    by_fiche: dict[Any, list[Change]] = {}
    for change in newest:
        by_fiche.setdefault(change.fiche, []).append(change)
    return [some[0] for some in by_fiche.values() if some[0].status != some[-1].was]


def begun(known: Fiches) -> list[Change]:
    """From the history, where each fiche begins."""
    events = apps.get_model("actions", "FicheActionEvent")._default_manager.filter(pgh_obj__in=known)
    firsts = events.order_by("pgh_obj_id", "pgh_created_at", "pgh_id").distinct("pgh_obj_id")
    return [
        Change(_day(at), "Fiche ajoutée au plan", known[pk], by=by, moment=at)
        for pk, at, by in firsts.values_list("pgh_obj_id", "pgh_created_at", BY)
    ]


def additions(known: Fiches) -> list[Change]:
    """Those added on one day are one change."""
    days: dict[date, list[Change]] = {}
    for one in begun(known):
        days.setdefault(one.at, []).append(one)
    return [
        added[0] if len(added) == 1 else Change(day, f"{plural(len(added), 'fiche ajoutée')} au plan", None)
        for day, added in days.items()
    ]


def status_changes(known: Fiches, count: int | None) -> list[Change]:
    """From the history, each with the status before: a first status is no change."""
    events = apps.get_model("actions", "FicheActionEvent")._default_manager
    before = Window(Lag("status"), partition_by=[F("pgh_obj_id")], order_by=F("pgh_id").asc())
    changed = events.filter(pgh_obj__in=known).annotate(before=before).filter(~Q(status=F("before")))
    newest = changed.order_by("-pgh_created_at", "-pgh_id").values_list(
        "pgh_obj_id", "pgh_created_at", "status", "status_reason", "before", BY
    )
    return [
        Change(
            _day(at),
            reason,
            known[pk],
            status_label(status),
            STATUS_KINDS[status],
            status_label(was),
            by=by,
            moment=at,
        )
        for pk, at, status, reason, was, by in newest[:count]
    ]


def status_label(status: str) -> str:
    return str(FicheAction.Status(status).label)


def new_notes(
    convention: Convention,
    user: User,
    known: Fiches,
    count: int | None,
    *,
    by_others_since: datetime | None = None,
) -> list[Change]:
    notes = ProgressNote.objects.visible_to(user).of(convention).filter(status="accepted")
    if by_others_since:
        notes = notes.filter(created_at__gt=by_others_since).exclude(author=user)
    open_to_all = notes.exclude(visibility=ProgressNote.Visibility.CONFIDENTIAL)
    newest = open_to_all.order_by("-date", "-pk")[:count]
    return [
        Change(
            note.date,
            Truncator(note.text).words(NOTE_WORDS, truncate="…"),
            known[note.fiche_id],
            is_quote=True,
        )
        for note in newest
        if note.fiche_id in known
    ]


def new_values(
    convention: Convention, user: User, known: Fiches, *, by_others_since: datetime | None = None
) -> list[Change]:
    """The values of one fiche entered on one day are one change."""
    values = Measurement.objects.visible_to(user).of(convention).accepted().select_related("indicator")
    if by_others_since:
        values = values.filter(entered_at__gt=by_others_since).exclude(author=user)
    newest = [
        (_day(value.entered_at), value.indicator.fiche_id, value)
        for value in values.order_by("-entered_at", "-pk")[: None if by_others_since else VALUES_READ]
        if value.indicator.fiche_id in known
    ]
    newest.sort(key=lambda entered: (entered[0], entered[1]), reverse=True)
    return [
        Change(day, _said([value for *_, value in entered]), known[fiche])
        for (day, fiche), entered in groupby(newest, lambda entered: entered[:2])
    ]


def _said(values: Sequence[Measurement]) -> str:
    if len(values) > 1:
        return f"{plural(len(values), 'valeur saisie')}, dont {values[0].indicator.label}"
    value = values[0]
    when = label(value.period_start, value.period_end)
    return f"{value.indicator.label}\u00a0: {measurement_words(value.indicator, value)} ({when})"


def _day(moment: datetime) -> date:
    return timezone.localtime(moment).date()
