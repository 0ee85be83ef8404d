"""Private calendars: what they hold, for whom, and how they are taken back."""

from datetime import date, time

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from ctg.links.models import SignedLink
from governance.models import CalendarFeed
from governance.services.feeds import add_feed
from tests.factories import ConventionFactory, FicheFactory, StepFactory
from tests.factories.steering import CommitteeFactory, ItemFactory, MeetingFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-22 10:00:00+01:00", tick=False):
        yield


def read(client, token):
    response = client.get(reverse("governance:feed_read", args=[token]))
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    return {str(event["summary"]): event for event in Calendar.from_ical(response.content).walk("VEVENT")}


def convened(convention, **given):
    return MeetingFactory(
        convention=convention,
        committee=convention.committees.first() or CommitteeFactory(convention=convention, name="COPIL"),
        state="convened",
        convened_at=timezone.now(),
        **given,
    )


def test_a_feed_tells_what_its_person_sees(cast, client):
    territory = cast.convention.territory_name
    meeting = convened(cast.convention)
    ItemFactory(meeting=meeting, title="Budget")
    MeetingFactory(convention=cast.convention, committee=meeting.committee, date=date(2027, 4, 1))
    convened(ConventionFactory())
    cast.fiche.title, cast.fiche.number, cast.fiche.ends_on = "Accueil", "1.1", date(2027, 6, 30)
    cast.fiche.save()
    StepFactory(fiche=cast.fiche, title="Signer", due_on=date(2027, 2, 1))
    StepFactory(
        fiche=cast.fiche, title="Faite", due_on=date(2027, 2, 1), state="done", done_on=date(2026, 1, 1)
    )
    StepFactory(fiche=cast.fiche, title="Ancienne", due_on=date(2025, 2, 1))
    found = read(client, add_feed(CalendarFeed(), by=cast.roles["elected"]))
    assert set(found) == {
        f"COPIL – CTG {territory}",
        f"Fin de la fiche 1.1 Accueil – CTG {territory}",
        f"Signer (1.1 Accueil) – CTG {territory}",
    }
    event = found[f"COPIL – CTG {territory}"]
    assert event["dtstart"].dt.isoformat() == "2027-03-11T14:00:00+01:00"
    assert event["uid"].startswith(str(meeting.uuid))
    assert "1. Budget" in event["description"]


def test_who_prepares_a_meeting_has_it_as_not_yet_sure(cast, client):
    MeetingFactory(
        convention=cast.convention, committee=CommitteeFactory(convention=cast.convention, name="COPIL")
    )
    (event,) = read(client, add_feed(CalendarFeed(), by=cast.roles["coordinator"])).values()
    assert event["status"] == "TENTATIVE"


def test_scopes_narrow_it(cast, client):
    convened(cast.convention)
    FicheFactory(convention=cast.convention, ends_on=date(2027, 1, 1), title="D’un autre", number="9")
    FicheFactory(
        convention=cast.convention,
        status="reportee",
        status_reason="x",
        postponed_to=date(2027, 5, 1),
        number="8",
        title="Reportée",
    )
    by = cast.roles["contributor"]
    only = CalendarFeed(convention=cast.convention, has_meetings=False, has_steps=False)
    territory = cast.convention.territory_name
    assert set(read(client, add_feed(only, by=by))) == {
        f"Fin de la fiche 9 D’un autre – CTG {territory}",
        f"Reprise de la fiche 8 Reportée – CTG {territory}",
    }
    mine = CalendarFeed(has_meetings=False, only_mine=True)
    assert read(client, add_feed(mine, by=by)) == {}


def test_rights_are_those_of_today(cast, client):
    convened(cast.convention)
    user = cast.roles["reader"]
    token = add_feed(CalendarFeed(), by=user)
    assert len(read(client, token)) == 1
    user.memberships.update(ended_on=date(2026, 1, 1))
    assert read(client, token) == {}
    user.is_active = False
    user.save()
    assert client.get(reverse("governance:feed_read", args=[token])).status_code == 410


def test_a_meeting_whose_hours_are_unknown_is_a_whole_day(cast, client):
    meeting = convened(cast.convention, starts_at=time(9))
    meeting.state, meeting.starts_at, meeting.ends_at = "closed", None, None
    meeting.closed_at = timezone.now()
    meeting.save()
    (event,) = read(client, add_feed(CalendarFeed(), by=cast.roles["reader"])).values()
    assert event["dtstart"].dt == date(2027, 3, 11)


def test_one_makes_and_takes_back_an_address(cast, sign_in):
    mine, address = sign_in(cast.roles["reader"]), reverse("governance:feed_list")
    none = {"convention": "", "has_meetings": "", "has_fiches": "", "has_steps": ""}
    response = mine.post(address, {"convention": ""})
    assert response.status_code == 422
    assert "has_meetings" in response.context["form"].errors
    assert (
        mine.post(address, none | {"convention": ConventionFactory().pk, "has_meetings": "on"}).status_code
        == 422
    )
    shown = mine.post(address, {"convention": cast.convention.pk, "has_meetings": "on"}, follow=True)
    assert "/ctg.ics" in shown.content.decode()
    feed = CalendarFeed.objects.get()
    assert (feed.user, feed.has_fiches) == (cast.roles["reader"], False)
    other = sign_in(cast.roles["coordinator"])
    assert other.post(reverse("governance:feed_remove", args=[feed.uuid])).status_code == 404
    mine.post(reverse("governance:feed_remove", args=[feed.uuid]))
    assert not CalendarFeed.objects.exists()
    assert SignedLink.objects.get().revoked_at is not None


def test_an_address_that_was_taken_back_opens_nothing(cast, client):
    token = add_feed(CalendarFeed(), by=cast.roles["reader"])
    CalendarFeed.objects.all().delete()
    assert client.get(reverse("governance:feed_read", args=[token])).status_code == 404
    assert client.get(reverse("governance:feed_read", args=["n-importe-quoi"])).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_a_feed_costs_the_same_for_one_and_for_many(cast, client, django_assert_num_queries, count):
    for _ in range(count):
        ItemFactory(meeting=convened(cast.convention))
        fiche = FicheFactory(convention=cast.convention, ends_on=date(2027, 1, 1))
        StepFactory(fiche=fiche, due_on=date(2027, 2, 1))
    token = add_feed(CalendarFeed(), by=cast.roles["reader"])
    with django_assert_num_queries(8):
        read(client, token)


def test_one_meeting_as_a_file(cast, sign_in):
    meeting = convened(cast.convention)
    response = sign_in(cast.roles["reader"]).get(
        reverse("governance:meeting_ics", args=[cast.convention.slug, meeting.uuid])
    )
    (event,) = Calendar.from_ical(response.content).walk("VEVENT")
    assert event["dtend"].dt.isoformat() == "2027-03-11T16:00:00+01:00"
