"""The facts of a period, each as the block that a newsletter would make of it.

Of notes and temps forts, those marked « à publier »; nothing confidential, nothing proposed, whoever drafts.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from actions.figures import measurement_words
from actions.models import (
    Convention,
    Document,
    FicheAction,
    FundingCall,
    Highlight,
    Indicator,
    Measurement,
    ProgressNote,
    Review,
    Step,
)
from actions.rules.periods import label
from ctg.files.models import StoredFile
from ctg.templatetags.ui import date_full, date_long
from governance import history
from governance.models import Decision, Meeting, NewsletterBlock
from governance.rules import news

Kind, Status = NewsletterBlock.Kind, FicheAction.Status
# Temps forts with a block of their own; the others share one.
SHOWN = 3
# What is to come, from the day of drafting on.
AHEAD = timedelta(days=120)
NOTE_WORDS = 60
NOT_BEGUN = (Status.A_DISCUTER, Status.NON_DEMARREE, Status.REPORTEE)


@dataclass(frozen=True)
class Drafted:
    """A block to be. `source`: what it was made from."""

    kind: str
    source: str
    title: str
    text: str
    image: StoredFile | None = None
    image_alt: str = ""


@dataclass(frozen=True)
class Told:
    """What is being told: the plan of a convention between two days, both included."""

    convention: Convention
    fiches: Mapping[Any, FicheAction]
    start: date
    end: date

    @property
    def days(self) -> tuple[date, date]:
        return self.start, self.end

    def quoted(self, fiche_id: Any) -> str:
        return news.quoted(self.fiches[fiche_id].title)


def drafted(convention: Convention, start: date, end: date) -> list[Drafted]:
    """In the order in which a letter tells them; a constant number of queries."""
    fiches = {one.pk: one for one in FicheAction.objects.of(convention).order_by("position", "pk")}
    told = Told(convention, fiches, start, end)
    makers = (moments, statuses, steps, notes, figures, decisions, documents, dates, funding)
    return [block for make in makers for block in make(told)]


def moments(told: Told) -> Iterator[Drafted]:
    """Temps forts of these days; one that is known by its year only, when it was told in them."""
    undated = Q(date__isnull=True, created_at__date__range=told.days)
    rows = Highlight.objects.of(told.convention).filter(
        Q(date__range=told.days) | undated, status=Review.ACCEPTED, is_publishable=True
    )
    found = list(
        rows.select_related("photo", "commune").order_by(F("people").desc(nulls_last=True), "-date", "pk")
    )
    for one in found[:SHOWN]:
        where = [one.when, str(one.commune) if one.commune else ""]
        text = "\n\n".join(part for part in (", ".join(filter(None, where)), one.text.strip()) if part)
        yield Drafted(
            Kind.HIGHLIGHT, f"highlight:{one.uuid}", one.title[:200], text, one.photo, one.photo_alt
        )
    if rest := [f"{one.title} ({one.when})" for one in found[SHOWN:]]:
        yield Drafted(Kind.HIGHLIGHT, "highlights", "Et aussi", news.told(news.MOMENTS, rest))


def statuses(told: Told) -> Iterator[Drafted]:
    """Fiches that are done or begun, by their history: what comes back after a pause does not begin."""
    changes: dict[Any, list[history.Change]] = defaultdict(list)
    for one in history.status_changes(told.fiches, None):
        if one.fiche and told.start <= one.at <= told.end:
            changes[one.fiche.pk].append(one)
    was, became = {}, {}
    for key, newest_first in changes.items():
        was[key], became[key] = newest_first[-1].was, newest_first[0].status
    for status, title, wording in (
        (Status.REALISEE, "Actions réalisées", news.DONE),
        (Status.EN_COURS, "Actions lancées", news.STARTED),
    ):
        before = [
            str(one.label) for one in (NOT_BEGUN if status == Status.EN_COURS else Status) if one != status
        ]
        titles = [
            news.quoted(fiche.title)
            for key, fiche in told.fiches.items()
            if became.get(key) == status.label and was[key] in before
        ]
        if titles:
            yield Drafted(Kind.FACTS, f"facts:{status}", title, news.told(wording, titles))


def steps(told: Told) -> Iterator[Drafted]:
    rows = Step.objects.filter(
        fiche__in=told.fiches, state=Step.State.DONE, done_on__range=told.days
    ).order_by("done_on", "pk")
    said = [f"{one.title} ({told.quoted(one.fiche_id)})" for one in rows]
    if said:
        yield Drafted(Kind.FACTS, "facts:steps", "Étapes franchies", news.told(news.STEPS, said))


def notes(told: Told) -> Iterator[Drafted]:
    rows = ProgressNote.objects.filter(
        fiche__in=told.fiches,
        status=Review.ACCEPTED,
        visibility=ProgressNote.Visibility.PUBLISH,
        date__range=told.days,
    ).order_by("date", "pk")
    said = [f"{told.quoted(one.fiche_id)} – {news.in_short(one.text, NOTE_WORDS)}" for one in rows]
    if said:
        yield Drafted(Kind.FACTS, "facts:notes", "Des nouvelles du terrain", news.told(news.NOTES, said))


def figures(told: Told) -> Iterator[Drafted]:
    """Values that came in, each beside the one before it."""
    rows = Measurement.objects.of(told.convention).accepted().filter(state__in=Measurement.WITH_VALUE)
    came_in = rows.filter(entered_at__date__range=told.days).values("indicator")
    by_indicator: dict[Indicator, list[Measurement]] = defaultdict(list)
    ordered = rows.filter(indicator__in=came_in).select_related("indicator")
    for value in ordered.order_by(
        "indicator__fiche__position", "indicator__position", "indicator", "period_start"
    ):
        by_indicator[value.indicator].append(value)
    said = [
        f"{indicator.label}\u00a0: {moved}"
        for indicator, values in by_indicator.items()
        if (moved := _moved(indicator, values, told))
    ]
    if said:
        yield Drafted(Kind.FIGURE, "figures", "Les chiffres", news.told(news.FIGURES, said))


def _moved(indicator: Indicator, values: Sequence[Measurement], told: Told) -> str:
    """« 148 visites (2025), contre 120 visites (2024) »; empty when what came in is not the newest."""
    newest = values[-1]
    if not told.start <= timezone.localdate(newest.entered_at) <= told.end:
        return ""
    said = [
        f"{measurement_words(indicator, one)} ({label(one.period_start, one.period_end)})"
        for one in values[-2:]
    ]
    return ", contre ".join(reversed(said))


def decisions(told: Told) -> Iterator[Drafted]:
    """Of meetings whose minutes were sent in these days."""
    published = Q(
        meeting__state=Meeting.State.CLOSED,
        meeting__minutes_state__in=[Meeting.Minutes.SENT, Meeting.Minutes.APPROVED],
        meeting__minutes_sent_at__date__range=told.days,
    )
    rows = Decision.objects.of(told.convention).filter(published).select_related("meeting__committee")
    by_meeting: dict[Meeting, list[str]] = defaultdict(list)
    for one in rows.order_by("meeting__date", "meeting", "position", "pk"):
        by_meeting[one.meeting].append(news.in_short(one.text, NOTE_WORDS))
    for meeting, said in by_meeting.items():
        yield Drafted(
            Kind.DECISION,
            f"meeting:{meeting.uuid}",
            _decided(meeting)[:200],
            news.told(news.DECISIONS, said),
        )


def _decided(meeting: Meeting) -> str:
    said = meeting.date and news.decisions_of(meeting.name, meeting.date)
    return said or f"Décidé\u00a0: {meeting}"


def documents(told: Told) -> Iterator[Drafted]:
    """Their titles: what they hold is opened by members, and given by the coordination to whoever asks."""
    rows = Document.objects.filter(
        fiche__in=told.fiches, is_confidential=False, created_at__date__range=told.days
    ).order_by("created_at", "pk")
    said = [f"{one.title} ({told.quoted(one.fiche_id)})" for one in rows]
    if said:
        yield Drafted(Kind.DOCUMENTS, "documents", "Documents", news.told(news.DOCUMENTS, said))


def dates(told: Told) -> Iterator[Drafted]:
    """Meetings that are convened, and what the fiches announce with a day."""
    today = timezone.localdate()
    ahead = (today + timedelta(days=1), today + AHEAD)
    convened = Meeting.objects.of(told.convention).filter(state=Meeting.State.CONVENED, date__range=ahead)
    coming: list[tuple[Any, str]] = [
        (one.date, one.title or str(one.committee or one.get_kind_display()))
        for one in convened.select_related("committee")
    ]
    # A year alone is kept as its last day: that is no date to announce.
    due = Step.objects.filter(
        fiche__in=told.fiches, state__in=Step.OPEN, due_on__range=ahead, due_words=""
    ).exclude(due_on__month=12, due_on__day=31)
    coming += [(one.due_on, f"{one.title} ({told.quoted(one.fiche_id)})") for one in due]
    coming += [
        (one.starts_on, f"début de l’action {news.quoted(one.title)}")
        for one in told.fiches.values()
        if one.starts_on and ahead[0] <= one.starts_on <= ahead[1]
    ]
    said = [f"{date_full(day)}\u00a0: {what}" for day, what in sorted(coming, key=lambda one: one[0])]
    if said:
        yield Drafted(Kind.DATES, "dates", "Les prochaines dates", news.told(news.DATES, said))


def funding(told: Told) -> Iterator[Drafted]:
    rows = FundingCall.objects.of(told.convention).filter(
        Q(deadline__isnull=True) | Q(deadline__gte=timezone.localdate()), state__in=FundingCall.OPEN
    )
    said = [
        f"{news.quoted(one.title)} ({one.funder})"
        + (f", jusqu’au {date_long(one.deadline)}" if one.deadline else "")
        for one in rows.order_by(F("deadline").asc(nulls_last=True), "pk")
    ]
    if said:
        yield Drafted(Kind.FUNDING, "funding", "Appels à projets", news.told(news.FUNDING, said))
