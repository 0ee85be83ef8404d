"""Forty letters and a mail server with a temper: each is received once, refused or listed uncertain; none twice."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from celery.canvas import Signature
from django.core.mail import EmailMessage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ctg.jobs.models import Job
from ctg.jobs.models import State as JobState
from ctg.jobs.runner import MAX_ATTEMPTS, run_job
from ctg.jobs.services import retry
from ctg.mail import delivery, services
from ctg.mail.delivery import BREAKS, INTERRUPTED, PAUSES, REFUSES_US, UNREACHABLE, deliver
from ctg.mail.models import Envelope, State
from ctg.mail.server import BROKEN_AFTER, BROKEN_BEFORE, UNWRITTEN
from ctg.mail.services import Letter, post, resend, resume
from tests.ctg.sink import KIND, Sink, kill_when_waiting, worker, write
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

BATCH = "tests.meeting:42"


@pytest.fixture(autouse=True)
def published(monkeypatch):
    """The keys of the jobs handed to the broker."""
    keys: list[int] = []
    monkeypatch.setattr(Signature, "apply_async", lambda self, **_: keys.append(self.args[0]))
    monkeypatch.setattr(delivery, "_writers", {KIND: write})
    return keys


@pytest.fixture
def sink(settings):
    sink = Sink()
    settings.EMAIL_BACKEND = "ctg.mail.server.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", sink.port, 5
    sink.start()
    yield sink
    sink.stop()


def letters(number=40):
    return [Letter(place, 0, f"Personne {place}", address(place)) for place in range(1, number + 1)]


def address(place):
    return f"p{place}@example.org"


def ask(number=40) -> Job:
    return post(KIND, letters(number), batch=BATCH, by=None)


def run(job: Job) -> Job:
    """What a worker does with the message."""
    run_job(job.pk, deliver.function)
    job.refresh_from_db()
    return job


def counts() -> Counter[str]:
    return Counter(Envelope.objects.values_list("state", flat=True))


def due_now() -> None:
    Envelope.objects.filter(state=State.WAITING).update(next_try_at=timezone.now())


def test_each_receives_one_by_one_connection(sink):
    job = run(ask())
    assert (job.state, job.error) == (JobState.DONE, "")
    assert counts() == {State.SENT: 40}
    assert sink.copies() == {address(place): 1 for place in range(1, 41)}
    assert sink.connections == 1
    message = sink.messages()[0]
    assert (message["Subject"], message["To"]) == ("Lettre 1", "Personne 1 <p1@example.org>")
    assert str(Envelope.objects.get(object_id=1).uuid) in message["Message-ID"]
    assert Envelope.objects.get(object_id=1).subject == "Lettre 1"
    run(ask())
    assert len(sink.received) == 40


def test_two_queries_a_message(sink, monkeypatch):
    def read_and_write(object_id, envelope):
        return write(object_id, Envelope.objects.get(object_id=object_id))

    monkeypatch.setattr(delivery, "_writers", {KIND: read_and_write})
    queries = []
    for number in (10, 30):
        job = ask(number)
        with CaptureQueriesContext(connection) as captured:
            run(job)
        queries.append(len(captured))
        Envelope.objects.all().delete()
    assert (queries[1] - queries[0]) / 20 == 2


def test_two_workers_killed_in_the_middle(sink):
    """The first after the server took the message, the second before; then a third goes to the end."""
    sink.on_data = lambda to, number: "accept and wait" if number == 9 else None
    sink.on_rcpt = lambda to, number: "wait" if number == 24 else None
    job = ask()
    kill_when_waiting(worker(job.pk, sink), sink)
    assert counts() == {State.SENT: 9, State.SENDING: 1, State.WAITING: 30}
    kill_when_waiting(worker(job.pk, sink), sink)
    assert counts() == {State.SENT: 23, State.UNCERTAIN: 1, State.SENDING: 1, State.WAITING: 15}
    sink.on_rcpt = sink.on_data = lambda to, number: None
    assert run(job).state == JobState.DONE
    assert counts() == {State.SENT: 38, State.UNCERTAIN: 2}
    uncertain = Envelope.objects.filter(state=State.UNCERTAIN)
    assert {row.detail for row in uncertain} == {INTERRUPTED}
    assert sink.copies() == {address(place): 1 for place in range(1, 41) if place != 25}
    assert {row.address for row in uncertain} == {address(10), address(25)}


def test_a_mailing_outlives_the_tries_of_its_job(sink, published):
    """However often its workers die, what waits is asked again."""
    job = ask(3)
    Job.objects.filter(pk=job.pk).update(attempts=MAX_ATTEMPTS)
    assert resume() == 0
    assert run(job).state == JobState.FAILED
    assert resume() == 1
    assert resume() == 0
    assert run(Job.objects.latest("pk")).state == JobState.DONE
    assert counts() == {State.SENT: 3}


def test_resume_says_what_the_dead_left_and_leaves_the_living_alone(sink):
    sink.on_data = lambda to, number: "wait" if number == 1 else None
    job = ask(3)
    living = worker(job.pk, sink)
    assert sink.waiting.wait(20)
    assert resume() == 0
    assert counts() == {State.SENT: 1, State.SENDING: 1, State.WAITING: 1}
    kill_when_waiting(living, sink)
    resume()
    assert counts() == {State.SENT: 1, State.UNCERTAIN: 1, State.WAITING: 1}


def test_two_deliveries_at_once(sink):
    sink.on_data = lambda to, number: "accept and meet"
    first = ask(60)
    second = post(KIND, [], batch=BATCH, by=UserFactory())
    assert second != first
    processes = [worker(job.pk, sink) for job in (first, second)]
    assert [process.wait() for process in processes] == [0, 0]
    assert counts() == {State.SENT: 60}
    assert sink.copies() == {address(place): 1 for place in range(1, 61)}
    assert sink.connections == 2


def test_one_address_of_forty_is_refused(sink):
    sink.on_rcpt = lambda to, number: "550 5.1.1 No such user here" if to == address(7) else None
    assert run(ask()).state == JobState.DONE
    assert counts() == {State.SENT: 39, State.REFUSED: 1}
    refused = Envelope.objects.get(state=State.REFUSED)
    assert refused.address == address(7)
    assert refused.detail == "Réponse du serveur\u00a0: 550 5.1.1 No such user here"
    assert max(sink.copies().values()) == 1


def test_a_message_refused_after_its_content(sink):
    sink.on_data = lambda to, number: "554 5.7.1 Spam" if to == address(2) else None
    run(ask(3))
    assert counts() == {State.SENT: 2, State.REFUSED: 1}


def test_a_temporary_refusal_is_tried_again_later_and_later(sink, published):
    sink.on_rcpt = lambda to, number: "451 4.7.1 Greylisted" if to == address(2) else None
    began = timezone.now()
    with time_machine.travel(began, tick=False) as clock:
        assert run(ask(3)).state == JobState.DONE
        row = Envelope.objects.get(address=address(2))
        assert (row.state, row.attempts) == (State.WAITING, 1)
        assert row.detail == "Refus provisoire du serveur\u00a0: 451 4.7.1 Greylisted"
        assert row.next_try_at == began + timedelta(minutes=1)
        assert resume() == 0
        clock.shift(timedelta(minutes=1))
        assert resume() == 1
        run(Job.objects.latest("pk"))
        row.refresh_from_db()
        assert row.next_try_at == began + timedelta(minutes=6)
        sink.on_rcpt = lambda to, number: None
        clock.shift(timedelta(minutes=5))
        assert resume() == 1
        run(Job.objects.latest("pk"))
    assert counts() == {State.SENT: 3}
    assert sink.copies()[address(2)] == 1


def test_a_temporary_refusal_that_lasts_is_final(sink):
    sink.on_rcpt = lambda to, number: "451 4.7.1 Greylisted"
    ask(1)
    for _ in range(len(PAUSES) + 1):
        assert counts() == {State.WAITING: 1}
        due_now()
        run(post(KIND, [], batch=BATCH, by=None))
    assert counts() == {State.REFUSED: 1}


def test_a_server_that_dies_after_twenty(sink):
    """The one in its hands is uncertain; the others wait and leave when it comes back."""
    sink.on_data = lambda to, number: "die" if number == 20 else None
    job = run(ask())
    assert (job.state, job.error) == (JobState.FAILED, UNREACHABLE)
    assert counts() == {State.SENT: 20, State.UNCERTAIN: 1, State.WAITING: 19}
    assert Envelope.objects.get(state=State.UNCERTAIN).detail == BROKEN_AFTER
    waiting = Envelope.objects.filter(state=State.WAITING)
    assert {(row.detail, row.attempts, row.next_try_at > timezone.now()) for row in waiting} == {
        (UNREACHABLE, 0, True)
    }
    sink.on_data = lambda to, number: None
    sink.stop()
    sink.start()
    due_now()
    assert resume() == 1
    run(Job.objects.latest("pk"))
    assert counts() == {State.SENT: 39, State.UNCERTAIN: 1}
    assert max(sink.copies().values()) == 1


def test_a_line_broken_before_the_content_is_certain(sink):
    broken = iter(["break"])
    sink.on_rcpt = lambda to, number: next(broken, None)
    assert run(ask(3)).state == JobState.DONE
    row = Envelope.objects.get(state=State.WAITING)
    assert (row.address, row.detail) == (address(1), BROKEN_BEFORE)
    due_now()
    run(ask(3))
    assert counts() == {State.SENT: 3}


def test_a_server_that_hangs(sink, settings):
    """Nobody waits for forty silences."""
    settings.EMAIL_TIMEOUT = 0.3
    sink.on_data = lambda to, number: "wait" if number == 2 else None
    job = run(ask())
    assert (job.state, job.error) == (JobState.FAILED, BREAKS)
    assert counts() == {State.SENT: 2, State.UNCERTAIN: 3, State.WAITING: 35}


def test_a_server_that_is_away_is_tried_once(settings):
    settings.EMAIL_BACKEND = "ctg.mail.server.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", Sink().port
    job = run(ask(3))
    assert (job.state, job.error) == (JobState.FAILED, UNREACHABLE)
    first = Envelope.objects.values_list("next_try_at", flat=True)[0]
    assert set(Envelope.objects.values_list("state", "attempts", "next_try_at")) == {("waiting", 0, first)}
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=False):
        run(post(KIND, [], batch=BATCH, by=None))
        pause = Envelope.objects.values_list("next_try_at", flat=True)[0] - timezone.now()
    assert timedelta(minutes=29) < pause < timedelta(minutes=31)


def test_a_job_asked_again_does_not_wait_for_the_next_try(sink):
    sink.stop()
    job = run(ask(3))
    assert (job.error, counts()) == (UNREACHABLE, {State.WAITING: 3})
    sink.start()
    assert run(retry(job)).state == JobState.DONE
    assert counts() == {State.SENT: 3}


def test_an_address_with_accents_in_its_domain(sink):
    post(KIND, [Letter(1, 0, "Zoé", "zoe@école.example")], batch=BATCH, by=None)
    run(Job.objects.get())
    assert sink.copies() == {"zoe@xn--cole-9oa.example": 1}


def test_a_server_that_refuses_our_own_address_refuses_nobody_elses(sink):
    async def refuse(server, session, envelope, address, options):
        return "550 5.7.60 Client does not have permissions to send as this sender"

    sink.handle_MAIL = refuse
    job = run(ask(3))
    assert (job.state, job.error, counts()) == (JobState.FAILED, REFUSES_US, {State.WAITING: 3})


def test_headers_cannot_be_injected(sink, monkeypatch):
    hostile = 'Ève\r\nBcc: victime@example.net\x00, "X" <autre@example.net>'
    monkeypatch.setattr(
        delivery,
        "_writers",
        {
            KIND: lambda pk, envelope: EmailMessage(
                "a\r\nBcc: x@example.net", "b", to=["x@example.net"], bcc=["y@example.net"]
            )
        },
    )
    post(
        KIND,
        [Letter(1, 0, hostile, "eve@example.org"), Letter(2, 0, "B", "b@example.org\nBcc: c@example.net")],
        batch=BATCH,
        by=None,
    )
    run(Job.objects.get())
    assert sink.copies() == {"eve@example.org": 1}
    [message] = sink.messages()
    assert message["Bcc"] is None
    assert message["Subject"] == "a Bcc: x@example.net"
    [recipient] = message["To"].addresses
    assert recipient.addr_spec == "eve@example.org"
    assert Envelope.objects.get(object_id=2).state == State.REFUSED


def test_no_longer_to_be_sent_or_not_written(sink, monkeypatch):
    def partly(object_id, envelope):
        if object_id == 1:
            return None
        return write(object_id, envelope) if object_id == 2 else 1 / 0

    monkeypatch.setattr(delivery, "_writers", {KIND: partly})
    ask(3)
    post("tests.unknown", letters(1), batch=BATCH, by=None)
    assert run(Job.objects.get()).state == JobState.DONE
    assert list(Envelope.objects.values_list("state", flat=True)) == [
        "cancelled",
        "sent",
        "refused",
        "refused",
    ]
    assert Envelope.objects.get(object_id=3).detail == UNWRITTEN


def test_a_person_sends_again(sink):
    sink.on_data = lambda to, number: "break" if to == address(1) else None
    run(ask(2))
    row = Envelope.objects.get(state=State.UNCERTAIN)
    assert (resume(), counts()) == (0, {State.SENT: 1, State.UNCERTAIN: 1})
    sink.on_data = lambda to, number: None
    user = UserFactory()
    assert resend(row, by=user).state == State.WAITING
    resend(row, by=user)
    job = Job.objects.get(author=user)
    assert run(job).state == JobState.DONE
    row.refresh_from_db()
    assert (row.state, row.attempts, counts()) == (State.SENT, 2, {State.SENT: 2})
    assert resend(row, by=user).state == State.SENT
    assert sink.copies() == {address(1): 1, address(2): 1}


def test_an_answer_that_comes_late_does_not_undo_a_later_attempt(sink):
    ask(1)
    late = Envelope.objects.take(BATCH, 1)
    services.give_up(Envelope.objects.all())
    resend(late, by=UserFactory())
    Envelope.objects.take(BATCH, 2)
    delivery.settle(delivery.concluded(late, delivery.Outcome(State.SENT)))
    assert counts() == {State.SENDING: 1}


def test_a_cancelled_job_stops_the_mailing(sink):
    job = ask(3)
    Job.objects.filter(pk=job.pk).update(
        state=JobState.CANCELLED, cancel_requested_at=timezone.now(), finished_at=timezone.now()
    )
    assert (resume(), counts()) == (0, {State.CANCELLED: 3})
    assert resume() == 0
    assert sink.received == []


def test_the_outbox_of_the_trial_holds_a_file_for_each(tmp_path, settings):
    settings.EMAIL_BACKEND = "ctg.mail.server.OutboxBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    run(ask(3))
    assert (len(list(tmp_path.glob("*.log"))), counts()) == (3, {State.SENT: 3})
