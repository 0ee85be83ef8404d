"""Convocations into a real mail server: workers are killed, the server dies; nobody receives two."""

from datetime import timedelta

import pytest
import vobject
from celery.canvas import Signature
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ctg.jobs.models import Job
from ctg.jobs.models import State as JobState
from ctg.jobs.runner import run_job
from ctg.mail.delivery import deliver
from ctg.mail.models import Envelope
from governance.services.convocations import convene
from tests.ctg.sink import Sink, kill_when_waiting, worker
from tests.factories import MembershipFactory
from tests.factories.steering import AttendanceFactory, MeetingFactory

pytestmark = pytest.mark.django_db(transaction=True)

Post = Envelope.State


def convened(number):
    """A meeting with so many people, and its convocations waiting."""
    meeting = MeetingFactory(date=timezone.localdate() + timedelta(days=30))
    for place in range(number):
        AttendanceFactory(meeting=meeting, contact__email=f"p{place:02}@example.org")
    by = MembershipFactory(role="coordinator", organisation=meeting.convention.carrier).user
    convene(meeting, "", None, by=by)
    return meeting


@pytest.fixture
def sink(settings, monkeypatch):
    monkeypatch.setattr(Signature, "apply_async", lambda self, **_: None)
    sink = Sink()
    settings.EMAIL_BACKEND = "ctg.mail.server.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", sink.port, 5
    sink.start()
    yield sink
    sink.stop()


def test_forty_convocations_and_a_worker_killed_twice(sink):
    """After the server took a message, then before: each is received once or listed uncertain, none twice."""
    convened(40)
    job = Job.objects.get()
    sink.on_data = lambda to, number: "accept and wait" if number == 9 else None
    sink.on_rcpt = lambda to, number: "wait" if number == 24 else None
    kill_when_waiting(worker(job.pk, sink), sink)
    kill_when_waiting(worker(job.pk, sink), sink)
    sink.on_rcpt = sink.on_data = lambda to, number: None
    run_job(job.pk, deliver.function)
    job.refresh_from_db()
    assert job.state == JobState.DONE
    states = list(Envelope.objects.values_list("state", flat=True))
    assert (states.count(Post.SENT), states.count(Post.UNCERTAIN), len(states)) == (38, 2, 40)
    copies = sink.copies()
    assert (len(copies), max(copies.values())) == (39, 1)
    uncertain = set(Envelope.objects.filter(state=Post.UNCERTAIN).values_list("address", flat=True))
    assert {f"p{place:02}@example.org" for place in range(40)} == copies.keys() | uncertain
    for message in sink.messages():
        [calendar, file] = [
            part for part in message.walk() if "cal" in part.get_content_type() or part.get_filename()
        ]
        event = vobject.readOne(calendar.get_content()).vevent
        assert event.attendee.value == f"mailto:{message['To'].addresses[0].addr_spec}"
        assert vobject.readOne(file.get_content().decode()).vevent.uid.value == event.uid.value
    tokens = {token_of_text(message) for message in sink.messages()}
    assert len(tokens) == 39


def token_of_text(message):
    return message.get_body(("plain",)).get_content().split("/r/")[1].split("/")[0]


def test_a_server_that_dies_after_twenty(sink, client):
    """Its screen says so, and a person asks again."""
    meeting = convened(40)
    sink.on_data = lambda to, number: "die" if number == 20 else None
    run_job(Job.objects.get().pk, deliver.function)
    client.force_login(Job.objects.get().author)
    body = client.get(url("meeting_detail", meeting)).content.decode()
    assert "20\u00a0envoyés" in body
    assert "1\u00a0incertain" in body
    assert "19\u00a0en attente" in body
    sink.on_data = lambda to, number: None
    sink.stop()
    sink.start()
    client.post(url("convocation_retry", meeting))
    run_job(Job.objects.latest("pk").pk, deliver.function)
    assert Envelope.objects.filter(state=Post.SENT).count() == 39
    assert max(sink.copies().values()) == 1


def test_queries_of_one_letter(sink):
    counts = []
    for number in (5, 15):
        convened(number)
        with CaptureQueriesContext(connection) as queries:
            run_job(Job.objects.latest("pk").pk, deliver.function)
        counts.append(len(queries))
    assert (counts[1] - counts[0]) / 10 == 5


def url(name, meeting):
    return reverse(f"governance:{name}", args=[meeting.convention.slug, meeting.uuid])
