"""The .ics of a meeting, read by another library than the one that writes it."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
import vobject

from governance.invitations import CANCEL, PUBLISH, REQUEST, invitation
from tests.factories.steering import ItemFactory, MeetingFactory

pytestmark = pytest.mark.django_db

URL = "https://ctg.example.org/r/jeton/"


def read(meeting, method=REQUEST, **to):
    content = invitation(meeting, meeting.items.all(), method=method, url=URL, **to)
    return vobject.readOne(content.decode())


def test_one_event_in_the_time_of_paris(settings):
    settings.BASE_URL = "https://ctg.example.org:8443"
    settings.DEFAULT_FROM_EMAIL = "CTG <ne-pas-repondre@ctg.example.org>"
    meeting = MeetingFactory(place="Maison; 3, rue du Château", committee__name="COPIL", sequence=2)
    ItemFactory(meeting=meeting, title="Bilan, budget"), ItemFactory(meeting=meeting, title="Suite")
    with time_machine.travel(datetime(2027, 1, 5, 9, 30, tzinfo=UTC), tick=False):
        file = read(meeting, name="Ève « la » Grande; x", address="eve@example.org")
    event = file.vevent
    assert file.method.value == "REQUEST"
    assert (event.uid.value, event.sequence.value) == (f"{meeting.uuid}@ctg.example.org", "2")
    assert event.dtstamp.value == datetime(2027, 1, 5, 9, 30, tzinfo=UTC)
    assert event.dtstart.params["X-VOBJ-ORIGINAL-TZID"] == ["Europe/Paris"]
    assert event.dtstart.value.astimezone(UTC) == datetime(2027, 3, 11, 13, tzinfo=UTC)
    assert event.dtend.value.astimezone(UTC) == datetime(2027, 3, 11, 15, tzinfo=UTC)
    assert event.summary.value == f"COPIL – CTG {meeting.convention.territory_name}"
    assert event.location.value == "Maison; 3, rue du Château"
    assert event.url.value == URL
    assert event.description.value == f"Ordre du jour\n1. Bilan, budget\n2. Suite\n\n{URL}"
    assert (event.status.value, file.vtimezone.tzid.value) == ("TENTATIVE", "Europe/Paris")
    assert event.organizer.value == "mailto:ne-pas-repondre@ctg.example.org"
    [attendee] = event.attendee_list
    assert attendee.value == "mailto:eve@example.org"
    assert attendee.params["CN"] == ["Ève « la » Grande; x"]
    assert attendee.params["RSVP"] == ["FALSE"]


@pytest.mark.parametrize(("day", "hour"), [(date(2027, 7, 1), 12), (date(2027, 12, 1), 13)])
def test_summer_and_winter(day, hour):
    begins = read(MeetingFactory(date=day)).vevent.dtstart.value
    assert begins.astimezone(UTC).hour == hour
    assert begins.utcoffset() == timedelta(hours=14 - hour)


def test_without_an_end_or_without_hours():
    two_hours = read(MeetingFactory(ends_at=None)).vevent
    assert two_hours.dtend.value - two_hours.dtstart.value == timedelta(hours=2)
    whole_day = read(MeetingFactory(starts_at=None, ends_at=None)).vevent
    assert whole_day.dtstart.value == date(2027, 3, 11)
    assert not hasattr(whole_day, "dtend")


def test_called_off_for_one_person_and_put_in_ones_own_calendar():
    meeting = MeetingFactory(starts_at=time(9), video_url="https://visio.example.org/x")
    gone = read(meeting, CANCEL, address="a@example.org")
    assert (gone.method.value, gone.vevent.status.value) == ("CANCEL", "CANCELLED")
    own = read(meeting, PUBLISH)
    assert (own.method.value, own.vevent.location.value) == ("PUBLISH", "https://visio.example.org/x")
    assert not {"organizer", "attendee"} & own.vevent.contents.keys()
    assert own.vevent.uid.value == gone.vevent.uid.value


def test_hostile_words_stay_words():
    title = 'A\r\nATTENDEE:mailto:x@example.net\n;,:"\\ ' + "é" * 150
    meeting = MeetingFactory(title="COPIL\r\nMETHOD:CANCEL", place=title[:200])
    ItemFactory(meeting=meeting, title=title)
    file = read(meeting, name='Ève"\r\nX: y', address="eve@example.org")
    assert file.method.value == "REQUEST"
    assert [one.value for one in file.vevent.attendee_list] == ["mailto:eve@example.org"]
    content = invitation(meeting, meeting.items.all(), method=REQUEST, url=URL)
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
