"""What the dashboards say of the meetings: the next one, the decisions to take, those that wait to be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from actions.access import MemberRequest
from actions.rules.words import capital, plural
from ctg.templatetags.ui import date_full
from governance.agenda import hours
from governance.models import AgendaItem, Committee, Decision, Meeting

COPIL = Committee.Kind.COPIL


@dataclass(frozen=True)
class Ahead:
    """A meeting to come, and what it is asked to decide."""

    meeting: Meeting
    questions: Sequence[AgendaItem]
    today: date

    @property
    def when(self) -> str:
        """« Jeudi 3 décembre 2026, de 18 h à 20 h »."""
        return capital(", ".join(part for part in (date_full(self.meeting.date), self.hours) if part))

    @property
    def hours(self) -> str:
        return hours(self.meeting)

    @property
    def days_left(self) -> str:
        """« aujourd’hui », « demain », « dans 11 jours »."""
        days = (self.meeting.date - self.today).days if self.meeting.date else 0
        return ("aujourd’hui", "demain")[days] if days < 2 else f"dans {plural(days, 'jour')}"

    @property
    def answers(self) -> str:
        """« 3 réponses sur 12 », once they are asked for."""
        asked, answered = self.meeting.asked, self.meeting.answered
        return f"{plural(answered, 'réponse')} sur {asked}" if self.meeting.convened_at and asked else ""

    @property
    def awaits_me(self) -> bool:
        """The reader was asked to come, and has not answered."""
        return self.meeting.state == Meeting.State.CONVENED and self.meeting.my_answer == ""


@dataclass(frozen=True)
class Expected:
    """`late`: decisions that are followed and whose date is past."""

    meetings: Sequence[Ahead]
    last_copil: Meeting | None
    late: Sequence[Decision]

    @property
    def next(self) -> Ahead | None:
        return self.meetings[0] if self.meetings else None

    @cached_property
    def copil(self) -> Ahead | None:
        """The next one of the COPIL."""
        found = (
            one for one in self.meetings if one.meeting.committee and one.meeting.committee.kind == COPIL
        )
        return next(found, None)

    @property
    def late_words(self) -> str:
        return f"{plural(len(self.late), 'décision')} en retard"

    @property
    def to_take(self) -> list[Ahead]:
        """The meetings that are asked for a decision."""
        return [one for one in self.meetings if one.questions]


def read_expected(request: MemberRequest, today: date) -> Expected:
    """Four queries, five when there is something to decide."""
    user, convention = request.user, request.space
    seen = Meeting.objects.visible_to(user).of(convention).select_related("committee")
    meetings = list(seen.to_come().filter(date__gte=today).with_answers(user))
    asked = AgendaItem.objects.visible_to(user).of(convention).filter(asks_decision=True)
    items = list(asked.filter(meeting__in=meetings).prefetch_related("options"))
    late = Decision.objects.visible_to(user).of(convention).followed().filter(due_on__lt=today)
    return Expected(
        [Ahead(one, [item for item in items if item.meeting_id == one.pk], today) for one in meetings],
        seen.held().filter(committee__kind=COPIL).newest_first().first(),
        list(late.select_related("meeting__committee", "responsible").order_by("due_on", "pk")),
    )
