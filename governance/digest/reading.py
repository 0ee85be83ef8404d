"""What a digest holds, convention by convention, in a constant number of queries for each.

It leaves by mail: nothing confidential, proposed or in draft, whoever reads.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator

from actions.access import Visit, entitle
from actions.models import Comment, Convention, FicheAction
from actions.rules.words import capital, plural
from ctg.accounts.models import User
from ctg.numbers import NO_BREAK
from ctg.templatetags.ui import date_full, date_long
from ctg.todo import Move, moves
from governance.agenda import hours
from governance.history import Change, by_others
from governance.models import Attendance, DecisionFiche, Meeting, Seat
from governance.rules.digests import from_today, subject_of

T = TypeVar("T")

# The most recent ones; of each, what is read in ten seconds.
CONVENTIONS = 6
FICHES, OWED, MEETINGS = 8, 5, 10
# What is said of one fiche, and how long.
FACTS = 3
WORDS = 20
AHEAD, SOON = timedelta(days=14), timedelta(days=1)
# Nobody is awaited there any more.
OVER = (Convention.Status.RENOUVELEE, Convention.Status.RESILIEE)


@dataclass(frozen=True)
class Cut(Generic[T]):
    """The first of them, and how many others there are."""

    shown: Sequence[T]
    left: int

    @classmethod
    def of(cls, rows: Sequence[T], shown: int) -> "Cut[T]":
        """One more is shown rather than announced."""
        shown += len(rows) == shown + 1
        return cls(rows[:shown], len(rows) - len(rows[:shown]))

    def __len__(self) -> int:
        return len(self.shown) + self.left


@dataclass(frozen=True)
class News:
    """What happened to one fiche, on one line."""

    fiche: FicheAction
    facts: Sequence[str]

    @property
    def words(self) -> str:
        """The most telling first, and how many others."""
        facts = Cut.of(self.facts, FACTS)
        said = f"{NO_BREAK}; ".join(facts.shown)
        return f"{capital(said)}{f' ; et {facts.left} autres' if facts.left else ''}."


@dataclass(frozen=True)
class Coming:
    """A meeting to come, for one person."""

    meeting: Meeting
    today: date

    @property
    def title(self) -> str:
        return capital(self.meeting.name)

    @property
    def url(self) -> str:
        return reverse("governance:meeting_detail", args=[self.meeting.convention.slug, self.meeting.uuid])

    @property
    def when(self) -> str:
        """« Demain, vendredi 4 décembre 2026, de 14 h à 16 h, mairie d’Altkirch »."""
        assert self.meeting.date is not None
        near = (self.meeting.date - self.today).days < 2
        said = [
            from_today(self.meeting.date, self.today) if near else "",
            date_full(self.meeting.date),
            hours(self.meeting),
            self.meeting.place or ("en visioconférence" if self.meeting.video_url else ""),
        ]
        return capital(", ".join(filter(None, said)))

    @property
    def is_awaiting(self) -> bool:
        return self.meeting.my_answer == ""

    @property
    def answer(self) -> str:
        """What this person answered, or is to answer; empty for who is not asked."""
        if self.meeting.my_answer is None:
            return ""
        given = Attendance.Answer(self.meeting.my_answer)
        return (
            "Votre réponse est attendue." if self.is_awaiting else f"Votre réponse{NO_BREAK}: {given.label}."
        )


@dataclass(frozen=True)
class Part:
    """What a digest says of one convention."""

    convention: Convention
    news: Cut[News]
    owed: Cut[Move]
    meetings: Cut[Coming]

    def __bool__(self) -> bool:
        return bool(len(self.news) or len(self.owed) or len(self.meetings))

    @property
    def todo_url(self) -> str:
        return reverse("actions:todo", args=[self.convention.slug])


@dataclass(frozen=True)
class Digest:
    """`parts`: the conventions of which there is something to say."""

    user: User
    since: datetime
    today: date
    parts: Sequence[Part]

    def __bool__(self) -> bool:
        return bool(self.parts)

    @property
    def is_new(self) -> bool:
        """Whether it says more than the one of yesterday: what is owed is the same until it is done."""
        soon = self.today + SOON
        near = (one.meeting.date for part in self.parts for one in part.meetings.shown if one.meeting.date)
        return any(len(part.news) for part in self.parts) or any(day <= soon for day in near)

    @property
    def since_words(self) -> str:
        return f"Depuis le {date_long(self.since)}"

    @property
    def subject(self) -> str:
        return subject_of(
            len(self.parts),
            sum(len(part.news) for part in self.parts),
            sum(len(part.owed) for part in self.parts),
            sorted(
                one.meeting.date for part in self.parts for one in part.meetings.shown if one.meeting.date
            ),
            self.today,
        )


def conventions_of(user: User) -> list[Convention]:
    """Those that concern a person, the most recent first, with the rights there."""
    found = Convention.objects.concerning(user).with_rights(user).exclude(status__in=OVER)
    newest = found.select_related("caf", "carrier").order_by("-period_start", "territory_name", "pk")
    return [entitle(one, user) for one in newest[:CONVENTIONS]]


def read_digest(
    user: User, since: datetime, now: datetime, conventions: Sequence[Convention] | None = None
) -> Digest:
    """`conventions`: those of `conventions_of`, when they are known already."""
    spaces = conventions_of(user) if conventions is None else conventions
    today = timezone.localdate(now)
    parts = [
        Part(
            convention,
            Cut.of(news_of(user, convention, since), FICHES),
            Cut.of(moves(Visit(user, convention)), OWED),
            Cut.of(meetings_of(user, convention, today), MEETINGS),
        )
        for convention in spaces
    ]
    return Digest(user, since, today, [part for part in parts if part])


# --- What changed ---------------------------------------------------------------------------------
def news_of(user: User, convention: Convention, since: datetime) -> list[News]:
    """What others did to the fiches of this person, in the order of the plan; in seven queries."""
    fiches = list(FicheAction.objects.of(convention).followed_by(user))
    if not fiches:
        return []
    for fiche in fiches:
        fiche.convention = convention
    facts: dict[Any, list[str]] = defaultdict(list)
    for change in by_others(convention, user, fiches, since):
        assert change.fiche is not None
        facts[change.fiche.pk].append(said(change))
    for tell in (decided, discussed):
        for key, words in tell(user, fiches, since).items():
            facts[key].append(words)
    return [News(fiche, facts[fiche.pk]) for fiche in fiches if fiche.pk in facts]


def said(change: Change) -> str:
    """« désormais en difficulté (local fermé) », « point d’étape : « … » », « fiche ajoutée au plan »."""
    if change.status:
        reason = f" ({brief(change.text)})" if change.text else ""
        return f"désormais {change.status}{reason}"
    if change.is_quote:
        return f"point d’étape{NO_BREAK}: «{NO_BREAK}{brief(change.text)}{NO_BREAK}»"
    is_acronym = change.text[1:2].isupper()
    return brief(change.text if is_acronym else change.text[:1].lower() + change.text[1:])


def decided(user: User, fiches: Sequence[FicheAction], since: datetime) -> Mapping[Any, str]:
    """What meetings closed since then have decided of each."""
    taken = (
        DecisionFiche.objects.visible_to(user)
        .filter(fiche__in=fiches, decision__meeting__state=Meeting.State.CLOSED)
        .filter(decision__meeting__closed_at__gt=since)
        .exclude(decision__author=user)
        .select_related("decision")
    )
    by_fiche: dict[Any, list[str]] = defaultdict(list)
    for one in taken.order_by("decision__position", "pk"):
        by_fiche[one.fiche_id].append(f"«{NO_BREAK}{brief(one.decision.text)}{NO_BREAK}»")
    return {
        key: f"décision{NO_BREAK}: {texts[0]}" if len(texts) == 1 else plural(len(texts), "décision")
        for key, texts in by_fiche.items()
    }


def discussed(user: User, fiches: Sequence[FicheAction], since: datetime) -> Mapping[Any, str]:
    """How many messages; what they say is for the page alone."""
    said_since = Comment.objects.visible_to(user).filter(fiche__in=fiches, created_at__gt=since)
    counts = said_since.exclude(author=user).order_by().values_list("fiche").annotate(Count("pk"))
    return {key: plural(number, "nouveau message", "nouveaux messages") for key, number in counts}


def brief(text: str) -> str:
    """On one line."""
    return Truncator(" ".join(text.split())).words(WORDS, truncate="…").rstrip(" .;,")


# --- What is to come ------------------------------------------------------------------------------
def meetings_of(user: User, convention: Convention, today: date) -> list[Coming]:
    """Those of the next two weeks to which this person is asked, or whose committee counts them; in one query."""
    asked = Attendance.objects.invited().filter(meeting=OuterRef("pk"), contact__user=user)
    sits = Seat.objects.current().filter(committee=OuterRef("committee"), contact__user=user)
    found = (
        Meeting.objects.visible_to(user)
        .of(convention)
        .filter(Q(Exists(asked)) | Q(Exists(sits)))
        .filter(state__in=[Meeting.State.CONVENED, Meeting.State.IN_PROGRESS])
        .filter(date__range=(today, today + AHEAD))
        .with_answers(user)
        .select_related("committee")
    )
    meetings = list(found.defer("notes").order_by("date", "starts_at", "pk"))
    for meeting in meetings:
        meeting.convention = convention
    return [Coming(meeting, today) for meeting in meetings]
