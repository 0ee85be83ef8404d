"""Instances: who sits where, and the year of each with what is missing."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.db.models import Max, Min
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from actions.access import EDIT, STEER, MemberRequest
from ctg.access import member
from ctg.forms import posted
from ctg.refusal import Refused
from ctg.templatetags.ui import MONTHS
from governance.access import get_committee, may_prepare
from governance.forms.bodies import CommitteeForm
from governance.models import Committee, Decision, Meeting, Seat
from governance.rules.year import CommitteeYear, by_month, committee_years
from governance.services.bodies import end_committee
from governance.views.rows import RowPage, row_page

QUALITIES = {
    Seat.Quality.ELU: "Élus",
    Seat.Quality.SERVICES: "Services",
    Seat.Quality.ADMINISTRATEUR: "Conseil d’administration de la Caf",
    Seat.Quality.DIRECTION: "Direction",
    Seat.Quality.PARTENAIRE: "Partenaires",
    Seat.Quality.HABITANT: "Habitants",
}


@dataclass(frozen=True)
class Group:
    label: str
    seats: list[Seat]


def groups_of(seats: Iterable[Seat]) -> list[Group]:
    """Those who preside, then the others by quality; in each, the suppléants last."""
    seats = list(seats)
    presiding = [seat for seat in seats if seat.is_president]
    order = list(QUALITIES)
    rest = sorted(
        (seat for seat in seats if not seat.is_president),
        key=lambda seat: order.index(Seat.Quality(seat.quality)),
    )
    groups = [
        Group(QUALITIES[Seat.Quality(key)], list(some))
        for key, some in groupby(rest, lambda seat: seat.quality)
    ]
    return [Group("Présidence", presiding), *groups] if presiding else groups


@dataclass
class Calendar:
    """The year of every committee, month by month."""

    year: int
    first: int
    last: int
    rows: list[CommitteeYear]
    # Meetings of no committee: launch day, workshops.
    others: list[Meeting]

    @property
    def month_names(self) -> list[tuple[str, str]]:
        """« J », « janvier »…"""
        return [(name[0].upper(), name) for name in MONTHS]

    @cached_property
    def other_months(self) -> list[list[Meeting]]:
        return by_month(self.others)

    @property
    def other_undated(self) -> list[Meeting]:
        return [meeting for meeting in self.others if meeting.date is None]

    @property
    def previous(self) -> int | None:
        return self.year - 1 if self.year > self.first else None

    @property
    def next(self) -> int | None:
        return self.year + 1 if self.year < self.last else None


def calendar_of(request: MemberRequest, committees: list[Committee]) -> Calendar:
    """The year of the address, else this one; within the convention and whatever was held before it."""
    convention, this_year = request.space, timezone.localdate().year
    seen = Meeting.objects.visible_to(request.user).of(convention)
    known = seen.with_year().aggregate(first=Min("of_year"), last=Max("of_year"))
    first = min(convention.period_start.year, known["first"] or this_year)
    last = max(convention.period_end.year, known["last"] or first)
    asked = request.GET.get("annee", "")
    year = int(asked) if asked.isdecimal() and len(asked) == 4 else this_year
    year = min(max(year, first), last)
    of_year = seen.in_year(year).exclude(state=Meeting.State.CANCELLED)
    meetings = list(of_year.select_related("committee").order_by("date", "pk"))
    rows = committee_years(committees, meetings, year, this_year)
    return Calendar(
        year,
        first,
        last,
        [row for row in rows if row.held or not row.committee.ended_on],
        [meeting for meeting in meetings if meeting.committee_id is None],
    )


@member()
@require_safe
def committee_list(request: MemberRequest) -> HttpResponse:
    seen = Committee.objects.visible_to(request.user).of(request.space)
    committees: list[Any] = list(
        seen.in_order().with_seats().with_rights(request.user).prefetch_related("themes")
    )
    for committee in committees:
        committee.convention = request.space  # the one row that they all point to
    context = {
        "convention": request.space,
        "calendar": calendar_of(request, committees),
        "bodies": [(one, groups_of(one.current_seats)) for one in committees if not one.ended_on],
        "ended": [one for one in committees if one.ended_on],
        "may_add": request.space.allows(EDIT),
        "may_prepare": may_prepare(request),
    }
    return render(request, "governance/committee_list.html", context)


@member()
@require_safe
def committee_detail(request: MemberRequest, uuid: Any) -> HttpResponse:
    committee = get_committee(request, uuid)
    committee.convention = request.space
    user, convention = request.user, request.space
    seats = (
        Seat.objects.visible_to(user)
        .filter(committee=committee)
        .select_related("contact__organisation", "contact__user")
    )
    current = list(seats.current())
    meetings = Meeting.objects.visible_to(user).of(convention).filter(committee=committee)
    today = timezone.localdate()
    this_year = meetings.in_year(today.year)
    context = {
        "convention": convention,
        "committee": committee,
        "year": committee_years([committee], this_year, today.year, today.year)[0],
        "groups": groups_of(current),
        "seats": current,
        "former": seats.exclude(pk__in=[seat.pk for seat in current]),
        "themes": committee.themes.all(),
        "communes": committee.communes.all(),
        "ahead": meetings.to_come(),
        "past": meetings.exclude(state__in=Meeting.OPEN).newest_first().with_counts(),
        "followed": Decision.objects.visible_to(user)
        .of(convention)
        .followed()
        .filter(meeting__committee=committee)
        .count(),
    }
    return render(request, "governance/committee_detail.html", context)


def committee_url(request: MemberRequest, committee: Committee) -> str:
    return reverse("governance:committee_detail", args=[request.space.slug, committee.uuid])


def committee_form(request: MemberRequest, **more: Any) -> CommitteeForm:
    return CommitteeForm(
        posted(request),
        convention=request.space,
        user=request.user,
        is_whole=request.space.allows(STEER),
        **more,
    )


@member(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def committee_add(request: MemberRequest) -> HttpResponse:
    """Then its members: an empty committee says nothing."""
    form = committee_form(request)
    page = RowPage(
        "Ajouter une instance",
        back=reverse("governance:committee_list", args=[request.space.slug]),
        back_label="Instances",
        said="L’instance est enregistrée. Ajoutez ceux qui y siègent.",
        template="governance/committee_form.html",
    )
    response = row_page(request, form, page)
    return redirect(committee_url(request, form.instance)) if response.status_code == 302 else response


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def committee_edit(request: MemberRequest, uuid: Any) -> HttpResponse:
    committee = get_committee(request, uuid, run=True)
    page = RowPage(
        "Modifier l’instance",
        back=committee_url(request, committee),
        back_label=committee.name,
        said="L’instance est enregistrée.",
        template="governance/committee_form.html",
    )
    return row_page(request, committee_form(request, instance=committee), page)


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def committee_end(request: MemberRequest, uuid: Any) -> HttpResponse:
    committee = get_committee(request, uuid, run=True)
    if request.method == "POST":
        try:
            kept = end_committee(committee, by=request.user)
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect(committee_url(request, committee))
        messages.success(request, f"« {committee} » est {'close' if kept else 'supprimée'}.")
        return redirect("governance:committee_list", request.space.slug)
    context = {
        "convention": request.space,
        "committee": committee,
        "has_met": Meeting.objects.visible_to(request.user).filter(committee=committee).exists(),
    }
    return render(request, "governance/committee_end.html", context)
