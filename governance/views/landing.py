"""Where an élu lands: the next COPIL, then where the convention stands, in plain words and without means."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils import timezone

from actions.access import REPORT, MemberRequest
from actions.figures import Group, Plan
from actions.models import BudgetLine, FicheAction, Highlight
from actions.rules.budget import Total
from governance.history import News, news_since
from governance.models import Decision, Pack, Weather
from governance.pack.data import Money
from governance.views.expected import Expected, read_expected
from territories.models import Commune
from territories.standing import Standing, standings

# Of the communes of the élu, and of the rest of the territory.
OF_COMMUNE, ELSEWHERE = 5, 3


@dataclass(frozen=True)
class Place:
    """What the élu looks at first: communes, or the whole territory when none is named."""

    communes: Sequence[Commune]
    highlights: Sequence[Highlight]
    fiches: Sequence[FicheAction]

    @property
    def title(self) -> str:
        return "Mes communes" if len(self.communes) > 1 else "Ma commune"


@dataclass
class Landing:
    """What the page shows, computed once."""

    plan: Plan
    expected: Expected
    place: Place
    news: News | None
    # The last one published, by axe; without an axe, that of the fiches transversales.
    weather: dict[int | None, Weather]
    highlights: Sequence[Highlight]
    money: Money
    # What the last COPIL decided, when no other is announced.
    decided: Sequence[Decision]
    pack: Pack | None
    today: date

    @cached_property
    def rows(self) -> list[tuple[Group, Weather | None]]:
        """Each axe with its weather."""
        return [(group, weather_of(group, self.weather)) for group in self.plan.by_axe]

    @cached_property
    def funders(self) -> list[tuple[str, Total]]:
        """Who brings euros, the most first."""
        found = [
            (one.of, total) for one in self.money.by_funder for total in one.totals if total.unit == "eur"
        ]
        return sorted(found, key=lambda one: one[1].planned or Decimal(0), reverse=True)

    @property
    def is_fictitious(self) -> bool:
        """Whether anything the page says was made up."""
        ahead = self.expected.copil
        rows: tuple[Any, ...] = (
            *((ahead.meeting, *ahead.questions) if ahead else ()),
            *(*self.highlights, *self.place.highlights, *self.decided),
            *(*self.weather.values(), *self.money.lines),
        )
        return any(row.is_fictitious for row in rows)


def lands(request: MemberRequest) -> bool:
    """Whether this user is an élu there, and neither reports nor sits for the services."""
    roles = {one.role for one in standings(request.user)}
    return "elected" in roles and "services" not in roles and not request.space.allows(REPORT)


def weather_of(group: Group, weather: dict[int | None, Weather]) -> Weather | None:
    """That of an axe, or of the fiches transversales. Fiches that wait for a place have none."""
    if group.axe is None and not group.fiches[0].is_transversale:
        return None
    return weather.get(group.axe.pk if group.axe else None)


def read_landing(request: MemberRequest, plan: Plan, weather: dict[int | None, Weather]) -> Landing:
    user, convention, today = request.user, request.space, timezone.localdate()
    expected = read_expected(request, today)
    last, copil = expected.last_copil, expected.copil
    accepted = Highlight.objects.visible_to(user).of(convention).filter(status="accepted").newest_first()
    lines = BudgetLine.objects.visible_to(user).of(convention).select_related("organisation")
    place = read_place(request, plan, accepted)
    elsewhere = accepted.exclude(commune__in=place.communes) if place.communes else accepted
    decisions = Decision.objects.visible_to(user).of(convention).filter(meeting=last)
    packs = Pack.objects.visible_to(user).of(convention).filter(meeting=copil.meeting if copil else None)
    return Landing(
        plan=plan,
        expected=expected,
        place=place,
        news=news_since(convention, user, plan.fiches, last.date) if last and last.date else None,
        weather=weather,
        highlights=list(elsewhere.select_related("commune")[:ELSEWHERE]),
        money=Money(list(lines), len(plan.fiches)),
        decided=[] if copil else list(decisions.for_list()),
        pack=packs.defer("html").first() if copil else None,
        today=today,
    )


def read_place(request: MemberRequest, plan: Plan, accepted: Any) -> Place:
    """The communes of the perimeter that this user was elected in; three queries at most."""
    codes = {code for one in standings(request.user) if one.role == "elected" for code in codes_of(one)}
    communes = Commune.objects.visible_to(request.user).filter(conventions=request.space, code__in=codes)
    found = list(communes) if codes else []
    if not found:
        return Place([], [], [])
    named = FicheAction.objects.visible_to(request.user).of(request.space)
    keys = set(named.filter(communes__in=found).values_list("pk", flat=True))
    return Place(
        found,
        list(accepted.filter(commune__in=found).select_related("commune")[:OF_COMMUNE]),
        [fiche for fiche in plan.fiches if fiche.pk in keys],
    )


def codes_of(standing: Standing) -> Sequence[str]:
    """An élu of an EPCI speaks for all of it, unless some communes are named."""
    return standing.communes or ([standing.commune] if standing.commune else [])
