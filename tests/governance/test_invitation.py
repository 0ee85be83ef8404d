"""What somebody opens by the link of their mail: the meeting, their answer, the documents, the minutes."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
import vobject
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ctg.files.services import store_bytes
from ctg.links.services import add_address, create_link
from governance.models import Attendance, Meeting, Pack
from governance.querysets import CALENDAR
from tests.factories import MembershipFactory
from tests.factories.steering import AttendanceFactory, DecisionFactory, ItemFactory, MeetingFactory
from tests.governance.test_convocations import NOW, convene

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def meeting():
    return MeetingFactory(place="Siège <b>", video_url="https://visio.example.org/x", committee__name="COPIL")


@pytest.fixture
def person(meeting):
    person = AttendanceFactory(meeting=meeting, contact__name="Anne Weiss")
    by = MembershipFactory(role="coordinator", organisation=meeting.convention.carrier).user
    convene(meeting, by, message="Venez\nnombreux")
    person.refresh_from_db()
    return person


@pytest.fixture
def token(person):
    return add_address(person.link)


def url(token, what="", *more):
    return reverse(f"governance:invitation{what and f'_{what}'}", args=[token, *more])


def body(client, token):
    response = client.get(url(token))
    assert response.status_code == 200
    return response.content.decode()


def shared(meeting, **given):
    pack = Pack.objects.create(meeting=meeting, since=NOW.date(), html="<p>Où nous en sommes</p>", **given)
    Pack.objects.filter(pk=pack.pk).update(shared_at=given.get("shared_at", NOW))
    return pack


def test_all_that_one_needs_to_come(client, meeting, token):
    item = ItemFactory(meeting=meeting, title="Budget <i>", text="Deux lignes", presenter="Mme A")
    stored = store_bytes("note.pdf", PDF)
    document = item.documents.create(title="Note", stored=stored)
    said = body(client, token)
    for words in (
        "Anne Weiss",
        "Jeudi 11\u00a0mars 2027",
        "De 14\u00a0h à 16\u00a0h",
        "Siège &lt;b&gt;",
        "Budget &lt;i&gt;",
    ):
        assert words in said
    assert 'href="https://visio.example.org/x"' in said
    served = client.get(url(token, "document", document.uuid))
    assert (served["Content-Type"], b"".join(served.streaming_content)) == ("application/pdf", PDF)
    assert client.get(url(token, "document", uuid4())).status_code == 404
    other = ItemFactory().documents.create(title="D’ailleurs", stored=stored)
    assert client.get(url(token, "document", other.uuid)).status_code == 404
    assert served["Cache-Control"] == "no-store"


@pytest.mark.parametrize("given", ["present", "excused"])
def test_an_answer_is_kept_and_may_change(client, token, person, given):
    response = client.post(url(token), {"answer": given, "words": "À bientôt"}, follow=True)
    assert "votre réponse est enregistrée" in response.content.decode()
    person.refresh_from_db()
    assert (person.answer, person.words, person.answered_at) == (given, "À bientôt", NOW)
    client.post(url(token), {"answer": "represented", "represented_by": "B. Muller"})
    person.refresh_from_db()
    assert (person.answer, person.represented_by, person.words) == ("represented", "B. Muller", "")
    assert "représenté par B. Muller" in body(client, token)
    assert list(person.link.uses.values_list("act", flat=True)).count("answered") == 2


def test_by_whom_is_asked_beside_its_field(client, token, person):
    response = client.post(url(token), {"answer": "represented", "represented_by": " ", "words": "Gardé"})
    assert response.status_code == 422
    said = response.content.decode()
    assert "Dites par qui vous êtes représenté." in said
    assert "Gardé" in said
    assert response.context["form"].errors.keys() == {"represented_by"}
    person.refresh_from_db()
    assert person.answer == ""


@pytest.mark.parametrize(
    "sent",
    [{}, {"answer": "oui"}, {"answer": ""}, {"answer": "present", "words": "x" * 501}, {"answer": "\x00"}],
)
def test_bad_answers_are_422(client, token, sent):
    assert client.post(url(token), sent).status_code == 422


def test_the_event_for_ones_own_calendar(client, token, meeting):
    response = client.get(url(token, "calendar"))
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    event = vobject.readOne(response.content.decode()).vevent
    assert event.uid.value.startswith(str(meeting.uuid))
    assert event.url.value.endswith(url(token))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"state": "cancelled", "cancelled_at": NOW, "cancel_reason": "Grève & pluie"}, "Grève &amp; pluie"),
        ({"state": "in_progress", "opened_at": NOW}, "La séance est ouverte"),
        ({"state": "closed", "closed_at": NOW}, "Son compte rendu vous sera envoyé"),
    ],
)
def test_once_it_is_over_one_answers_no_more(client, token, person, given, words):
    Meeting.objects.update(**given)
    said = body(client, token)
    assert words in said
    assert "Votre réponse" not in said
    response = client.post(url(token), {"answer": "present"})
    assert response.status_code == 422
    person.refresh_from_db()
    assert person.answer == ""


def test_whoever_is_taken_off_is_told(client, token, person):
    Attendance.objects.update(removed_at=NOW)
    for what in ("", "calendar", "pack", "minutes"):
        response = client.get(url(token, what))
        assert response.status_code == 410
    assert "n’êtes plus dans la liste" in response.content.decode()
    assert client.post(url(token), {"answer": "present"}).status_code == 410


def test_the_link_ends_after_the_meeting(client, token, clock):
    clock.move_to(datetime(2027, 3, 12, 20, tzinfo=UTC))
    assert client.get(url(token)).status_code == 200
    clock.shift(timedelta(hours=4))
    assert client.get(url(token)).status_code == 410


@pytest.mark.parametrize("what", ["", "calendar", "pack", "pack_pdf", "minutes"])
def test_a_link_for_something_else_opens_nothing(client, what, person):
    _, other = create_link(CALENDAR, expires_at=NOW + timedelta(days=9), by=None)
    assert client.get(url(other, what)).status_code == 404
    assert client.get(url("x" * 43, what)).status_code == 404


def test_the_pack_once_it_is_shared(client, token, meeting):
    assert "Dossier de séance" not in body(client, token)
    assert client.get(url(token, "pack")).status_code == 404
    pack = shared(meeting, pdf=store_bytes("dossier.pdf", PDF))
    assert "Dossier de séance" in body(client, token)
    page = client.get(url(token, "pack")).content.decode()
    assert "<p>Où nous en sommes</p>" in page
    assert b"".join(client.get(url(token, "pack_pdf")).streaming_content) == PDF
    Pack.objects.filter(pk=pack.pk).update(pdf=None)
    assert client.get(url(token, "pack_pdf")).status_code == 404
    Pack.objects.update(shared_at=None)
    assert client.get(url(token, "pack")).status_code == 404


def test_the_minutes_once_they_are_sent(client, token, meeting):
    ItemFactory(meeting=meeting, notes="Il a été dit que oui.")
    DecisionFactory(meeting=meeting, text="Adopté.\n- un\n- deux", due_on="2027-06-01")
    Meeting.objects.update(state="closed", closed_at=NOW, notes="Quorum atteint.")
    hidden = ("Il a été dit que oui.", "Adopté.", "Quorum atteint.")
    said = body(client, token)
    assert not any(words in said for words in hidden)
    assert client.get(url(token, "minutes")).status_code == 404
    stored = store_bytes("cr.pdf", PDF)
    Meeting.objects.update(minutes_state="sent", minutes_sent_at=NOW, minutes_file=stored)
    said = body(client, token)
    assert all(words in said for words in hidden)
    assert b"".join(client.get(url(token, "minutes")).streaming_content) == PDF


def test_it_costs_the_same_for_three(client, token, meeting):
    counts = []
    for number in (1, 2):
        for _ in range(number):
            item = ItemFactory(meeting=meeting)
            item.documents.create(title="Note", stored=store_bytes("note.pdf", PDF))
            item.options.create(title="A")
        client.get(url(token))
        with CaptureQueriesContext(connection) as queries:
            client.get(url(token))
        counts.append(len(queries))
    assert counts == [10, 10]


def test_two_convened_read_only_their_own(client, token, meeting, person):
    other = AttendanceFactory(meeting=meeting, contact__name="Bruno Klein", answer="excused", answered_at=NOW)
    assert str(other) not in body(client, token)
