"""So many letters a minute to one host, and several workers at one mailing."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from celery.canvas import Signature

from ctg.jobs.models import Job
from ctg.jobs.models import State as JobState
from ctg.jobs.runner import run_job
from ctg.mail import delivery
from ctg.mail.delivery import deliver, lend_a_hand
from ctg.mail.models import Envelope, Host, State
from ctg.mail.report import report
from ctg.mail.services import Letter, post, resume, retry_now
from tests.ctg.sink import KIND, Sink, kill_when_waiting, worker, write
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

BATCH = "tests.meeting:42"
NINE = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def published(monkeypatch):
    monkeypatch.setattr(Signature, "apply_async", lambda self, **_: None)
    monkeypatch.setattr(delivery, "_writers", {KIND: write})


@pytest.fixture
def sink(settings):
    sink = Sink()
    settings.EMAIL_BACKEND = "ctg.mail.server.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", sink.port, 5
    sink.start()
    yield sink
    sink.stop()


def ask(number, host="example.org", *, batch=BATCH, first=1):
    people = [
        Letter(place, 0, "", f"p{place}@{host.upper() if place % 2 else host}")
        for place in range(first, first + number)
    ]
    return post(KIND, people, batch=batch, by=None)


def planned(batch=BATCH):
    """How many of the batch leave in each minute from now."""
    rows = Envelope.objects.filter(batch=batch, state=State.WAITING)
    return Counter((row.next_try_at - NINE) // MINUTE for row in rows)


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, {0: 1}), (3, {0: 3}), (60, {0: 60}), (61, {0: 61}), (180, {0: 119, 1: 60, 2: 1})],
)
def test_a_host_takes_so_many_a_minute(settings, number, expected):
    """The first minute's worth at once, then one by one: whoever runs each minute sends a minute's worth."""
    settings.EMAIL_PACE = 60
    with time_machine.travel(NINE, tick=False):
        ask(number)
        assert planned() == expected
        assert Envelope.objects.due().count() == min(number, 60)


def test_each_host_has_its_own_pace(settings):
    settings.EMAIL_PACE = 10
    with time_machine.travel(NINE, tick=False):
        post(
            KIND,
            [Letter(place, 0, "", f"p{place}@{place % 3}.example.org") for place in range(30)],
            batch=BATCH,
            by=None,
        )
        assert Envelope.objects.due().count() == 30


def test_two_mailings_share_the_pace_of_a_host(settings):
    settings.EMAIL_PACE = 60
    with time_machine.travel(NINE, tick=False):
        ask(60)
        ask(60, batch="tests.meeting:43", first=100)
        assert planned("tests.meeting:43") == {0: 59, 1: 1}
        assert Envelope.objects.due().count() == 60
    with time_machine.travel(NINE + 10 * MINUTE, tick=False):
        ask(5, batch="tests.meeting:44", first=200)
        assert Envelope.objects.filter(batch="tests.meeting:44").due().count() == 5
    assert Host.objects.count() == 1


def test_no_pace_where_none_is_set(settings):
    settings.EMAIL_PACE = 0
    ask(100)
    assert (Envelope.objects.due().count(), Host.objects.count()) == (100, 0)


def test_what_waits_for_its_turn_says_so_and_leaves(settings, sink):
    settings.EMAIL_PACE = 20
    with time_machine.travel(NINE, tick=False) as clock:
        job = ask(50)
        run_job(job.pk, deliver.function)
        job.refresh_from_db()
        assert (job.state, len(sink.received)) == (JobState.DONE, 20)
        waiting = report([BATCH])[BATCH]
        assert "20 courriels par minute" in waiting.reason
        assert waiting.next_try_at == NINE + timedelta(seconds=3)
        # A hand that comes late hastens nothing.
        late = Job.objects.create(task=lend_a_hand.name, args=[BATCH], title="Envoi")
        run_job(late.pk, lend_a_hand.function)
        assert len(sink.received) == 20
        clock.shift(MINUTE)
        assert resume() == 1
        run_job(Job.objects.latest("pk").pk, deliver.function)
        assert len(sink.received) == 40
        clock.shift(MINUTE)
        assert resume() == 1
        run_job(Job.objects.latest("pk").pk, deliver.function)
    assert max(sink.copies().values()) == 1
    assert len(sink.received) == 50


def test_a_job_asked_again_keeps_to_the_pace(settings, sink):
    settings.EMAIL_PACE = 20
    with time_machine.travel(NINE, tick=False):
        run_job(ask(50).pk, deliver.function)
        again = retry_now(BATCH, by=UserFactory())
        run_job(again.pk, deliver.function)
        once_more = Job.objects.create(task=deliver.name, args=[BATCH], title="Envoi")
        run_job(once_more.pk, deliver.function)
    assert len(sink.received) == 20


def test_what_a_dead_server_left_waiting_comes_back_at_the_pace(settings, sink):
    settings.EMAIL_PACE = 20
    sink.stop()
    with time_machine.travel(NINE, tick=False) as clock:
        run_job(ask(50).pk, deliver.function)
        assert Envelope.objects.due().count() == 0
        clock.shift(5 * MINUTE)
        sink.start()
        resume()
        run_job(Job.objects.latest("pk").pk, deliver.function)
    assert len(sink.received) == 20
    assert Counter(Envelope.objects.values_list("state", flat=True)) == {State.SENT: 20, State.WAITING: 30}


def test_a_large_mailing_asks_for_hands(settings):
    settings.EMAIL_HANDS = 3
    ask(499)
    assert list(Job.objects.values_list("task", flat=True)) == [deliver.name]
    ask(2001, batch="tests.meeting:43", first=1000)
    tasks = Counter(Job.objects.filter(args=["tests.meeting:43"]).values_list("task", flat=True))
    assert tasks == {deliver.name: 1, lend_a_hand.name: 2}


def test_two_hands_send_each_letter_once(sink):
    """Nobody begins before the second worker is there: the first one holds two lines."""
    ask(501)
    sink.met, sink.on_rcpt = 3, lambda address, number: "meet" if number == 0 else None
    hands = [worker(job.pk, sink) for job in Job.objects.all()]
    assert len(hands) == 2
    for hand in hands:
        assert hand.wait(60) == 0
    assert len(sink.copies()) == len(sink.received) == 501
    assert set(Envelope.objects.values_list("state", flat=True)) == {State.SENT}


def test_a_large_mailing_leaves_by_two_lines(sink):
    """One worker; killed, it leaves at most one letter of each line in doubt."""
    job = ask(600)
    sink.on_data = lambda address, number: "accept and wait" if number == 200 else None
    kill_when_waiting(worker(job.pk, sink), sink)
    sink.on_data = lambda address, number: None
    assert sink.connections == 2
    run_job(job.pk, deliver.function)
    assert sink.connections > 2
    counts = Counter(Envelope.objects.values_list("state", flat=True))
    assert counts[State.UNCERTAIN] in (1, 2)
    assert counts[State.SENT] + counts[State.UNCERTAIN] == 600
    assert max(sink.copies().values()) == 1
    uncertain = set(Envelope.objects.filter(state=State.UNCERTAIN).values_list("address", flat=True))
    assert sink.copies().keys() | uncertain == set(Envelope.objects.values_list("address", flat=True))


def test_a_person_who_stops_the_mailing_stops_every_hand(sink, monkeypatch):
    """What left is written down, and nothing waits any more for another worker."""

    def write_and_stop(object_id, envelope):
        if object_id == 10:
            Job.objects.update(cancel_requested_at=NINE)
        return write(object_id, envelope)

    monkeypatch.setattr("ctg.jobs.runner.REPORT_EVERY", 0)
    monkeypatch.setattr(delivery, "_writers", {KIND: write_and_stop})
    run_job(ask(40).pk, deliver.function)
    assert Job.objects.get().state == JobState.CANCELLED
    counts = Counter(Envelope.objects.values_list("state", flat=True))
    assert counts == {State.SENT: 10, State.CANCELLED: 30}
    assert len(sink.received) == 10
