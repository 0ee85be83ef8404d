"""The papers of a meeting: who signs, what it decided, what was said in it."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db import models
from django.utils import timezone

from actions.models import Convention
from ctg.accounts.models import User
from ctg.jobs.runner import safe_filename
from ctg.pdf import Progress, render_pdf
from ctg.search import bare
from ctg.templatetags.ui import date_full, date_long, date_short, join_fr, plural
from governance.agenda import hours
from governance.models import (
    AgendaItem,
    Attendance,
    Decision,
    DecisionFiche,
    DecisionReview,
    Meeting,
    Seat,
)
from governance.querysets import MeetingQuerySet

Presence, Answer = Attendance.Presence, Attendance.Answer
# Lines left for those who come without having been asked, and on a sheet that names few people.
SPARE_LINES, LEAST_LINES = 5, 12
# Who came, in the order of the minutes.
ROLLS = {
    Presence.PRESENT: "Présents",
    Presence.REPRESENTED: "Représentés",
    Presence.EXCUSED: "Excusés",
    Presence.ABSENT: "Absents",
    Presence.UNKNOWN: "Non pointés",
}


class Paper(models.TextChoices):
    ATTENDANCE = "emargement", "Feuille d’émargement"
    DECISIONS = "releve", "Relevé de décisions"
    MINUTES = "compte-rendu", "Compte rendu"

    @property
    def kinds(self) -> dict[str, str]:
        """By the name it has in a URL, its format in words: {« releve.pdf »: « PDF », …}."""
        formats = {"pdf": "PDF"} if self == Paper.ATTENDANCE else {"pdf": "PDF", "docx": "Word"}
        return {f"{self}.{suffix}": words for suffix, words in formats.items()}


def offered(meeting: Meeting) -> list[Paper]:
    """Those that the reader of a meeting (`with_rights`) may have as it stands today."""
    has_begun = meeting.state in (Meeting.State.IN_PROGRESS, Meeting.State.CLOSED)
    is_sent = meeting.minutes_state != Meeting.Minutes.DRAFT
    may = {
        Paper.ATTENDANCE: meeting.can_run and meeting.state != Meeting.State.CANCELLED,
        Paper.DECISIONS: meeting.state == Meeting.State.CLOSED,
        Paper.MINUTES: has_begun and (meeting.can_run or is_sent),
    }
    return [paper for paper, is_open in may.items() if is_open]


# --- What they say --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Person:
    """Somebody asked to the meeting."""

    row: Attendance
    is_substitute: bool

    @property
    def name(self) -> str:
        return str(self.row.contact)

    @property
    def function(self) -> str:
        """Empty when the function is all the name that is known."""
        contact = self.row.contact
        return contact.function if contact.name else ""

    @property
    def body(self) -> str:
        return str(self.row.contact.organisation or self.row.contact.label)

    @property
    def quality(self) -> str:
        said = [self.row.get_quality_display(), "suppléant" if self.is_substitute else ""]
        return ", ".join(filter(None, said))

    @property
    def by(self) -> str:
        """« par Paul Kern », of somebody who sends another; they may have come all the same."""
        said = self.row.presence or self.row.answer
        return f"par {self.row.represented_by}" if said == Presence.REPRESENTED else ""

    @property
    def words(self) -> str:
        """« Anne Weiss, maire (Altkirch) »."""
        said = ", ".join(filter(None, [self.name, self.function]))
        return said + (f" ({self.body})" if self.body else "") + (f", {self.by}" if self.by else "")

    @property
    def state(self) -> str:
        """What the sheet to sign already knows: a presence that was ticked, or an answer not to come."""
        if self.by:
            return f"représenté {self.by}"
        if self.row.presence:
            return self.row.get_presence_display()
        return "excusé" if self.row.answer == Answer.EXCUSED else ""


@dataclass(frozen=True)
class Ruling:
    """A decision with its number in the meeting; `state` and `words`: where it stands."""

    number: int
    decision: Decision
    state: str
    words: str

    @property
    def look(self) -> str:
        return Decision.KINDS[Decision.State(self.state)]

    @property
    def state_label(self) -> str:
        return Decision.State(self.state).label

    @property
    def kind(self) -> str:
        return self.decision.get_kind_display()

    @property
    def effects(self) -> list[str]:
        return [effect_words(effect) for effect in self.decision.effects.all()]

    @property
    def due(self) -> str:
        """« Anne Weiss, pour le 3 oct. 2026 », « – »."""
        responsible, due_on = self.decision.responsible, self.decision.due_on
        said = [str(responsible or ""), f"pour le {date_short(due_on)}" if due_on else ""]
        return ", ".join(filter(None, said)) or "–"


def effect_words(effect: DecisionFiche) -> str:
    """« 2.1 Ludothèque : reportée au 1er mars 2027 (travaux) »: a fiche, and what the decision makes of it."""
    said = effect.get_status_display()
    if effect.new_date and effect.status == "reportee":
        said += f" au {date_long(effect.new_date)}"
    elif effect.new_date:
        said = join_fr(filter(None, [said, f"échéance au {date_long(effect.new_date)}"]))
    reason = f" ({effect.reason})" if said and effect.reason else ""
    return f"{effect.fiche} : {said}{reason}" if said else str(effect.fiche)


@dataclass(frozen=True)
class Point:
    """An item of the agenda in its place, with what was decided under it."""

    number: int
    item: AgendaItem
    rulings: list[Ruling]

    @property
    def is_postponed(self) -> bool:
        return self.item.outcome == AgendaItem.Outcome.POSTPONED

    @property
    def options(self) -> list[tuple[str, bool, str]]:
        """« Option 1 : Louer », whether it is the one that was chosen, its consequences."""
        chosen = {ruling.decision.option_id for ruling in self.rulings}
        return [
            (f"Option {place} : {option.title}", option.pk in chosen, option.consequences)
            for place, option in enumerate(self.item.options.all(), 1)
        ]


@dataclass(frozen=True)
class MeetingPaper:
    """All that the papers of a meeting say, read once."""

    meeting: Meeting
    convention: Convention
    today: date
    items: list[AgendaItem]
    decisions: list[Decision]
    reviews: list[Ruling]
    people: list[Person]
    following: Meeting | None

    @cached_property
    def rulings(self) -> list[Ruling]:
        return [Ruling(place, one, one.state, one.state_words) for place, one in enumerate(self.decisions, 1)]

    @cached_property
    def points(self) -> list[Point]:
        return [
            Point(place, item, [one for one in self.rulings if one.decision.item_id == item.pk])
            for place, item in enumerate(self.items, 1)
        ]

    @cached_property
    def loose(self) -> list[Ruling]:
        """Decided outside the agenda."""
        known = {item.pk for item in self.items}
        return [one for one in self.rulings if one.decision.item_id not in known]

    @property
    def convention_words(self) -> str:
        return f"{self.convention.territory_name} – CTG {self.convention.years}"

    @property
    def when(self) -> str:
        """« Jeudi 12 mars 2026, de 14 h à 16 h »."""
        return when_of(self.meeting)

    @property
    def president(self) -> str:
        contact = self.meeting.president
        return ", ".join(filter(None, [contact.name, contact.function])) if contact else ""

    @property
    def headcount(self) -> str:
        """« 45 personnes », of a meeting whose list of names was not kept."""
        return "" if self.people or not self.meeting.people else plural(self.meeting.people, "personne")

    @property
    def next_words(self) -> str:
        """When its committee meets again; empty for a meeting of no committee."""
        if self.following is None:
            return "La date n’est pas encore fixée." if self.meeting.committee and self.meeting.date else ""
        return ", ".join(filter(None, [when_of(self.following), self.following.place])) + "."

    @cached_property
    def rolls(self) -> list[tuple[str, list[Person]]]:
        """Those who came, were represented, excused, absent; an empty roll is left out."""
        by_presence: dict[str, list[Person]] = {}
        for person in self.people:
            by_presence.setdefault(person.row.presence, []).append(person)
        return [(words, by_presence[key]) for key, words in ROLLS.items() if key in by_presence]

    @property
    def spare_lines(self) -> range:
        """Of the sheet to sign."""
        return range(max(SPARE_LINES, LEAST_LINES - len(self.people)))

    @property
    def is_draft(self) -> bool:
        return self.meeting.minutes_state == Meeting.Minutes.DRAFT

    @property
    def minutes_words(self) -> str:
        """« approuvé le 3 octobre 2026 »."""
        meeting = self.meeting
        if meeting.minutes_approved_at:
            return f"approuvé le {date_long(meeting.minutes_approved_at)}"
        if meeting.minutes_sent_at:
            return f"envoyé le {date_long(meeting.minutes_sent_at)}"
        return "projet, non diffusé"

    @property
    def is_fictitious(self) -> bool:
        rows: list[Any] = [self.meeting, *self.items, *self.decisions]
        return any(row.is_fictitious for row in rows)

    @property
    def foot(self) -> str:
        """« CTG 2025-2029 · édité le 3 octobre 2026 »."""
        said = f"CTG {self.convention.years} · édité le {date_long(self.today)}"
        return f"{said} · données fictives" if self.is_fictitious else said

    def title(self, paper: Paper) -> str:
        """« Compte rendu – COPIL, 12 mars 2026 »."""
        label = str(paper.label)
        if paper == Paper.MINUTES and self.is_draft:
            label = "Projet de compte rendu"
        return f"{label} – {self.meeting}"


def when_of(meeting: Meeting) -> str:
    day = date_full(meeting.date).capitalize() if meeting.date else meeting.when.capitalize()
    return ", ".join(filter(None, [day, hours(meeting)]))


# --- Read -----------------------------------------------------------------------------------------
def read_meeting(meeting: Meeting, user: User, today: date | None = None) -> MeetingPaper:
    """A constant number of queries. What the papers say goes to all: no meeting in preparation is named."""
    items = AgendaItem.objects.visible_to(user).filter(meeting=meeting).prefetch_related("options", "fiches")
    decisions = Decision.objects.visible_to(user).filter(meeting=meeting).for_list()
    people = Attendance.objects.visible_to(user).filter(meeting=meeting).invited()
    listed = sorted(people.select_related("contact__organisation"), key=rank)
    seats = Seat.objects.visible_to(user).filter(committee=meeting.committee, is_substitute=True).current()
    substitutes = set(seats.values_list("contact", flat=True))
    return MeetingPaper(
        meeting=meeting,
        convention=meeting.convention,
        today=today or timezone.localdate(),
        items=list(items),
        decisions=list(decisions),
        reviews=reviews_of(meeting, user),
        people=[Person(row, row.contact_id in substitutes) for row in listed],
        following=following(meeting, user),
    )


def rank(row: Attendance) -> tuple[int, str]:
    """Élus first, then as the qualities are listed; those of none last."""
    qualities = [*Seat.Quality.values, ""]
    return qualities.index(row.quality), bare(str(row.contact))


def reviews_of(meeting: Meeting, user: User) -> list[Ruling]:
    """The earlier decisions that it looked at, as it found them; those that it still has to, as they are."""
    told = {
        review.decision_id: review
        for review in DecisionReview.objects.visible_to(user).filter(meeting=meeting)
    }
    seen = Decision.objects.visible_to(user).of(meeting.convention).to_review(meeting).for_list()
    rulings = []
    for place, decision in enumerate(seen, 1):
        review = told.get(decision.pk)
        state, words = (review.state, review.words) if review else (decision.state, decision.state_words)
        rulings.append(Ruling(place, decision, state, words))
    return rulings


def following(meeting: Meeting, user: User) -> Meeting | None:
    """The next one of its committee to which people were asked, or that was held."""
    if meeting.committee_id is None or meeting.date is None:
        return None
    seen = Meeting.objects.visible_to(user).filter(MeetingQuerySet.announced())
    after = seen.filter(committee=meeting.committee_id, date__gt=meeting.date)
    return after.exclude(state=Meeting.State.CANCELLED).order_by("date", "starts_at", "pk").first()


# --- Written --------------------------------------------------------------------------------------
TEMPLATES = {
    Paper.ATTENDANCE: "governance/attendance.pdf.html",
    Paper.DECISIONS: "governance/decisions.pdf.html",
    Paper.MINUTES: "governance/minutes.pdf.html",
}


def paper_pdf(kind: Paper, paper: MeetingPaper, progress: Progress | None = None) -> bytes:
    context: dict[str, Any] = {"paper": paper, "meeting": paper.meeting, "convention": paper.convention}
    return render_pdf(TEMPLATES[kind], context, title=paper.title(kind), progress=progress, pages_expected=3)


def minutes_pdf(meeting: Meeting, user: User) -> tuple[str, bytes]:
    """The minutes as they are now, to go with a mail: name of the file, and its bytes."""
    paper = read_meeting(meeting, user)
    return safe_filename(f"{paper.title(Paper.MINUTES)}.pdf"), paper_pdf(Paper.MINUTES, paper)
