"""Reading a pack once, in a number of queries that does not depend on the plan.

Everything is read as any member of the convention sees it: no confidential note, no draft, no weather that is
not published, no value that is not accepted, no name of an inhabitant.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from dateutil.relativedelta import relativedelta
from django.db.models import Q

from actions.compared import compare
from actions.dated import began_on
from actions.figures import last_year_over, plan_of
from actions.models import Axe, BudgetLine, Convention, FicheAction, Highlight, Indicator, Step
from governance.agenda import Agenda
from governance.figures import Aims
from governance.models import AgendaItem, Attendance, Decision, Meeting, Seat, Weather
from governance.pack.changes import Changes
from governance.pack.data import INHABITANT, Money, PackPaper

# A pack states counts and facts: the long texts of the fiches stay in the database.
LONG_TEXTS = (
    *("constat", "enjeux", "objectif", "description"),
    *("points_de_vigilance", "moyens", "resultats_attendus"),
)
AHEAD = relativedelta(months=12)


def previous_meeting(meeting: Meeting) -> Meeting | None:
    """The last one that its committee held before it."""
    if meeting.committee_id is None:
        return None
    held = Meeting.objects.held().filter(committee=meeting.committee_id).select_related("committee")
    held = held.exclude(pk=meeting.pk)
    if meeting.date:
        held = held.filter(Q(date__lt=meeting.date) | Q(date=None))
    return held.newest_first().first()


def read_pack(meeting: Meeting, since: date, today: date) -> PackPaper:
    convention = meeting.convention
    fiches = read_fiches(convention, today)
    axes = Axe.objects.of(convention).filter(ended_on__isnull=True)
    previous = previous_meeting(meeting)
    reviewed = Decision.objects.of(convention).to_review(meeting)
    decisions = Decision.objects.of(convention).filter(Q(pk__in=reviewed.values("pk")) | Q(meeting=previous))
    listed = list(decisions.taken().for_list())
    invited = Attendance.objects.filter(meeting=meeting).invited()
    began = began_on(convention)
    compared_from = max(since, began) if began and began < today else None
    return PackPaper(
        meeting=meeting,
        since=since,
        today=today,
        previous=previous,
        agenda=Agenda(meeting, list(AgendaItem.objects.filter(meeting=meeting).for_page())),
        invited=Counter(invited.values_list("quality", flat=True)),
        inhabitants=read_inhabitants(convention),
        decided=[one for one in listed if previous and one.meeting_id == previous.pk],
        pending=[one for one in listed if not previous or one.meeting_id != previous.pk],
        compared_from=compared_from,
        changes=Changes(compare(convention, compared_from, today) if compared_from else None),
        plan=plan_of(fiches, list(axes)),
        weather={one.axe_id: one for one in Weather.objects.of(convention).newest()},
        aims=Aims(read_indicators(convention, fiches), last_year_over(convention, today), today),
        steps=list(Step.objects.of(convention).open().filter(due_on__isnull=False).with_late(today)),
        highlights=read_highlights(convention, since, today),
        money=Money(list(BudgetLine.objects.of(convention).select_related("organisation")), len(fiches)),
        meetings=list(
            Meeting.objects.of(convention)
            .filter(Meeting.objects.announced(), date__gte=today, date__lte=today + AHEAD)
            .exclude(pk=meeting.pk)
            .to_come()
            .select_related("committee")
        ),
    )


def read_fiches(convention: Convention, today: date) -> list[FicheAction]:
    fiches = list(
        FicheAction.objects.of(convention)
        .with_progress(today)
        .select_related("axe", "orientation")
        .defer(*LONG_TEXTS)
    )
    for fiche in fiches:
        fiche.convention = convention
    return fiches


def read_indicators(convention: Convention, fiches: Sequence[FicheAction]) -> list[Indicator]:
    """In the order of the plan, with their accepted values."""
    known = {fiche.pk: (place, fiche) for place, fiche in enumerate(fiches)}
    indicators = list(Indicator.objects.of(convention).with_values().select_related(None))
    for indicator in indicators:
        indicator.fiche = known[indicator.fiche_id][1]  # the rules read its convention
    return sorted(indicators, key=lambda indicator: known[indicator.fiche_id][0])


def read_highlights(convention: Convention, since: date, today: date) -> list[Highlight]:
    """Accepted ones since that day, the newest first; of one that has only a year, since that year."""
    dated = Q(date__gte=since, date__lte=today) | Q(date=None, year__gte=since.year, year__lte=today.year)
    accepted = Highlight.objects.of(convention).filter(dated, status="accepted")
    return list(accepted.newest_first().select_related("commune", "fiche"))


def read_inhabitants(convention: Convention) -> frozenset[int]:
    """Those who sit or are asked as inhabitants: their names stay out."""
    seats = Seat.objects.of(convention).filter(quality=INHABITANT).values_list("contact", flat=True)
    asked = Attendance.objects.of(convention).filter(quality=INHABITANT).values_list("contact", flat=True)
    return frozenset(seats.union(asked))
