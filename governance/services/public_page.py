"""The public page of a convention goes out and comes back, and what may be told there is marked."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from actions.models import Convention, Highlight, ProgressNote
from actions.services.plan import changing
from ctg.accounts.models import User
from ctg.templatetags.ui import date_short
from governance.models import PublicPage

# Of each kind, newest first: the coordination marks the others where they are written.
OFFERED = 100
Visibility = ProgressNote.Visibility


def publish(convention: Convention) -> None:
    """Anyone reads it from now on. One that is out keeps its date."""
    page, _ = PublicPage.objects.get_or_create(convention=convention)
    PublicPage.objects.filter(pk=page.pk, is_published=False).update(
        is_published=True, published_at=timezone.now()
    )


def withdraw(convention: Convention) -> None:
    """Nobody reads it any more; what it shows is kept for another time."""
    PublicPage.objects.filter(convention=convention).update(is_published=False, published_at=None)


@dataclass(frozen=True)
class Line:
    """A temps fort or a point d’étape that may be told."""

    uuid: str
    text: str
    about: str
    is_marked: bool


@dataclass(frozen=True)
class Kind:
    """Those of one kind, newest first, with what the mark is in its table."""

    label: str
    rows: list[Line]
    table: Any
    column: str
    values: dict[bool, Any]

    @property
    def marked(self) -> int:
        return sum(row.is_marked for row in self.rows)


def offered(convention: Convention) -> list[Kind]:
    """Accepted temps forts, and accepted notes that are not confidential; a kind without any is left out."""
    highlights: Any = Highlight.objects.of(convention).filter(status="accepted")
    notes: Any = ProgressNote.objects.of(convention).publishable()
    told = [
        Line(
            str(one.uuid),
            one.title,
            " · ".join(filter(None, (one.when, str(one.commune or "")))),
            one.is_publishable,
        )
        for one in highlights.newest_first().select_related("commune")[:OFFERED]
    ]
    written = [
        Line(
            str(one.uuid),
            one.text,
            f"{date_short(one.date)} · {one.fiche.title}",
            one.visibility == Visibility.PUBLISH,
        )
        for one in notes.select_related("fiche").order_by("-date", "-pk")[:OFFERED]
    ]
    kinds = [
        Kind("Temps forts", told, highlights, "is_publishable", {True: True, False: False}),
        Kind(
            "Points d’étape",
            written,
            notes,
            "visibility",
            {True: Visibility.PUBLISH, False: Visibility.VISIBLE},
        ),
    ]
    return [kind for kind in kinds if kind.rows]


def mark(kinds: Collection[Kind], *, before: Collection[str], after: Collection[str], by: User) -> None:
    """Give or take the mark where this person moved a tick, and nowhere else.

    `before` and `after`: the uuids that were ticked when the page was shown, and when it was sent.
    """
    with changing(by=by):
        for kind in kinds:
            for told, value in kind.values.items():
                moved = [
                    row.uuid
                    for row in kind.rows
                    if (row.uuid in after) is told
                    and (row.uuid in before) is not told
                    and row.is_marked is not told
                ]
                # By its table: a note that has just become confidential stays so.
                kind.table.filter(uuid__in=moved).update(**{kind.column: value})
