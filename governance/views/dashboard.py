"""The first page of a convention: where it stands, what waits, what has changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from actions.access import EDIT, MemberRequest
from actions.figures import Aim, Group, Plan, last_year_over, plan_of
from actions.models import Axe, Convention, FicheAction, Highlight, Indicator, Step
from actions.services.contributions import waiting_count
from ctg.access import member
from ctg.charts import Chart
from ctg.templatetags.ui import plural
from governance.figures import (
    Aims,
    Concern,
    DueDay,
    blocked_fiches,
    late_fiches,
    next_dates,
    silent_fiches,
    status_table,
)
from governance.history import Change, News, latest_changes, news_since
from governance.models import Weather
from governance.views.expected import Expected, read_expected
from governance.views.landing import lands, read_landing, weather_of

# A dashboard states counts: the long texts of the fiches stay in the database.
LONG_TEXTS = (
    "constat",
    "enjeux",
    "objectif",
    "description",
    "points_de_vigilance",
    "moyens",
    "resultats_attendus",
)
HIGHLIGHTS, LINES = 5, 10


@dataclass
class Dashboard:
    """What the page shows, computed once from rows read by the view."""

    convention: Convention
    plan: Plan
    aims: Aims
    steps: list[Step]
    expected: Expected
    # Since the last COPIL; when none was held, the latest changes.
    news: News | None
    changes: Sequence[Change]
    highlights: list[Highlight]
    # The last one published, by axe; without an axe, that of the fiches transversales.
    weather: dict[int | None, Weather]
    # What partners sent and the coordination has not examined.
    waiting: int
    today: date

    @cached_property
    def rows(self) -> list[tuple[Group, Chart, Weather | None]]:
        """Each axe with its bar and its weather; the words of the statuses stand once below."""
        return [
            (group, group.chart(legend=False), weather_of(group, self.weather)) for group in self.plan.by_axe
        ]

    @cached_property
    def statuses(self) -> list[Any]:
        """Those of the plan, for the legend and the heads of the table of values."""
        return self.plan.segments

    @cached_property
    def table(self) -> list[tuple[str, list[int]]]:
        return status_table(self.plan)

    @cached_property
    def blocked(self) -> list[Concern]:
        return blocked_fiches(self.plan)

    @cached_property
    def late(self) -> list[Concern]:
        return late_fiches(self.plan, self.steps, self.today)

    @cached_property
    def silent(self) -> list[Concern]:
        return silent_fiches(self.plan)

    @cached_property
    def days(self) -> list[DueDay]:
        return next_dates(self.plan, self.steps, self.today)

    @property
    def is_over(self) -> bool:
        """Nobody adds fiches to a convention that has ended."""
        return self.convention.period_end < self.today

    @property
    def late_words(self) -> str:
        return f"{plural(len(self.late), 'fiche')} en retard"

    @cached_property
    def attainment(self) -> Chart:
        return self.aims.chart(legend=False)

    @property
    def first_lines(self) -> list[Aim]:
        return self.aims.lines[:LINES]

    @property
    def more_lines(self) -> list[Aim]:
        return self.aims.lines[LINES:]

    @property
    def is_fictitious(self) -> bool:
        """Whether anything the page counts was made up."""
        values = (value for one in self.aims.indicators for value in one.measurements.all())
        rows: tuple[Any, ...] = (*self.aims.indicators, *self.highlights, *self.weather.values())
        return any(row.is_fictitious for row in rows) or any(value.is_fictitious for value in values)


def read_plan(request: MemberRequest) -> Plan:
    """The fiches as they stand, by axe."""
    found = FicheAction.objects.visible_to(request.user).of(request.space).with_progress()
    fiches = list(found.select_related("axe", "orientation").defer(*LONG_TEXTS))
    for fiche in fiches:
        fiche.convention = request.space
    axes = Axe.objects.visible_to(request.user).of(request.space).filter(ended_on__isnull=True)
    return plan_of(fiches, list(axes))


def read_weather(request: MemberRequest) -> dict[int | None, Weather]:
    """The last one published, by axe; without an axe, that of the fiches transversales."""
    newest = Weather.objects.visible_to(request.user).of(request.space).newest()
    return {one.axe_id: one for one in newest}


def read_dashboard(request: MemberRequest) -> Dashboard:
    """Sixteen queries, seventeen for a coordination, whatever the number of fiches."""
    convention, user, today = request.space, request.user, timezone.localdate()
    plan, expected = read_plan(request), read_expected(request, today)
    known = {fiche.pk: fiche for fiche in plan.fiches}
    indicators = list(Indicator.objects.visible_to(user).of(convention).with_values().select_related(None))
    for indicator in indicators:
        indicator.fiche = known[indicator.fiche_id]
    order = {pk: place for place, pk in enumerate(known)}
    indicators.sort(key=lambda indicator: order[indicator.fiche_id])
    highlights = Highlight.objects.visible_to(user).of(convention).filter(status="accepted")
    last = expected.last_copil
    news = news_since(convention, user, plan.fiches, last.date) if last and last.date else None
    return Dashboard(
        convention=convention,
        plan=plan,
        aims=Aims(indicators, last_year_over(convention, today), today),
        steps=list(
            Step.objects.visible_to(user).of(convention).open().filter(due_on__isnull=False).with_late()
        ),
        expected=expected,
        news=news,
        changes=() if news else latest_changes(convention, user, plan.fiches),
        highlights=list(highlights.newest_first().select_related("commune")[:HIGHLIGHTS]),
        weather=read_weather(request),
        waiting=waiting_count(convention, user) if convention.allows(EDIT) else 0,
        today=today,
    )


@member()
@require_safe
def dashboard(request: MemberRequest) -> HttpResponse:
    """Where the convention stands. An élu lands on the next COPIL, and has the rest with `?tout`."""
    context: dict[str, Any] = {"convention": request.space, "lands": lands(request)}
    if context["lands"] and "tout" not in request.GET:
        landing = read_landing(request, read_plan(request), read_weather(request))
        context |= {"page": landing, "plan": landing.plan}
        return render(request, "governance/dashboard_elected.html", context)
    page = read_dashboard(request)
    context |= {"page": page, "plan": page.plan, "aims": page.aims}
    return render(request, "governance/dashboard.html", context)
