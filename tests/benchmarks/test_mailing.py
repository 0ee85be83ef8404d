"""A newsletter to 5 000 addresses, and workers killed in the middle.

    make bench ARGS="-k test_mailing"

Nothing is asserted about time. One mail server in a process of its own takes what the workers send and, in the same
run, what a bare smtplib loop sends: the bytes of one of those very letters, 5 000 times. Each sender is a fresh
process, whose clock starts once everything is imported. On two cores two workers share them with the mail server and
PostgreSQL: what they gain is less than on a larger machine.
"""

import json
import random
import subprocess
import sys
import time
from collections import Counter

import pytest
from celery.canvas import Signature

from ctg.jobs.models import Job
from ctg.jobs.services import rescue
from ctg.mail.delivery import LINES
from ctg.mail.models import Envelope, State
from ctg.mail.services import resume
from governance.notifications.newsletter import NEWSLETTER
from governance.services import newsletters
from tests.ctg.sink import WORKER, FarSink, kill, worker
from tests.factories import UserFactory
from tests.factories.newsletter import issue_to, next_issue

pytestmark = pytest.mark.django_db(transaction=True)

FEW, MANY, KILLED = 500, 5000, 2000
PARTS = 10
TEXT = (
    "Une phrase de la lettre, comme il y en a beaucoup, avec un mot plus fort.\n- un point\n- un autre\n" * 3
)

BARE = """
import os, smtplib, sys, time
port, content, number = int(sys.argv[1]), open(sys.argv[2], "rb").read(), int(sys.argv[3])
with smtplib.SMTP("127.0.0.1", port) as smtp:
    began, started = os.times(), time.perf_counter()
    for place in range(number):
        smtp.sendmail("ctg@example.org", [f"p{place}@example.org"], content)
    ended = os.times()
    print(number / (time.perf_counter() - started), ended.user + ended.system - began.user - began.system)
"""
# A worker that tells as JSON what it cost: when it began and ended, seconds of CPU, queries, MB at most.
MEASURED = WORKER.replace(
    "run_job(int(sys.argv[1]), deliver.function)",
    """
import json, os, time
from pathlib import Path
from django.db import connection
from django.db.backends.signals import connection_created

queries = 0
def count(execute, *given):
    global queries
    queries += 1
    return execute(*given)

def watch(connection, **_):  # that of each line
    connection.execute_wrappers.append(count)

began, started = os.times(), time.time()
connection_created.connect(watch)
with connection.execute_wrapper(count):
    run_job(int(sys.argv[1]), deliver.function)
done, ended = os.times(), time.time()
lines = Path("/proc/self/status").read_text().splitlines()
peak = int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
cpu = done.user + done.system - began.user - began.system
print(json.dumps({"started": started, "ended": ended, "cpu": cpu, "queries": queries, "peak": peak}))
""",
)


@pytest.fixture
def published(monkeypatch):
    """The keys of the jobs handed to the broker."""
    keys: list[int] = []
    monkeypatch.setattr(Signature, "apply_async", lambda self, **_: keys.append(self.args[0]))
    return keys


@pytest.fixture
def sink(tmp_path):
    sink = FarSink(tmp_path)
    yield sink
    sink.stop()


def left(issue, published) -> list[int]:
    """It leaves: the keys of its jobs, one a worker."""
    published.clear()
    newsletters.send(issue, seen=None, by=UserFactory())
    return published[:]


def told(process: subprocess.Popen) -> dict[str, float]:
    line, _ = process.communicate()
    assert process.returncode == 0
    return json.loads(line)


def sent_by(number, keys, sink):
    """Messages a second of these workers together, each as it measured itself."""
    running = [worker(key, sink, MEASURED, stdout=subprocess.PIPE, text=True) for key in keys]
    found = [told(process) for process in running]
    ends, starts = max(one["ended"] for one in found), min(one["started"] for one in found)
    return number / (ends - starts), found


def bare_loop(sink, number):
    """Messages a second, seconds of CPU."""
    command = [sys.executable, "-c", BARE, str(sink.port), str(sink.first), str(number)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return tuple(map(float, told.split()))


def test_mailing(sink, published):
    few, many = issue_to(FEW, PARTS, TEXT), issue_to(MANY, PARTS, TEXT)
    _, [small] = sent_by(FEW, left(few, published)[:1], sink)
    before = bare_loop(sink, MANY)
    rates = {}
    for name, workers in (("one worker", 1), ("two workers", 2)):
        started = time.perf_counter()
        keys = left(many if workers == 1 else next_issue(many.convention, PARTS, TEXT), published)[:workers]
        leaving = time.perf_counter() - started
        rate, found = sent_by(MANY, keys, sink)
        rates[name] = rate
        if workers == 1:
            large = found[0]
    after = bare_loop(sink, MANY)
    rates["bare smtplib"] = bare = (before[0] + after[0]) / 2
    assert set(Envelope.objects.values_list("state", flat=True)) == {State.SENT}
    heavy = len(sink.first.read_bytes()) / 1000
    lines = [f"\n{MANY} letters of {heavy:.0f} kB; to leave, {leaving:.1f} s"]
    for name, rate in rates.items():
        lines.append(f"{name:>13}: {rate:5.0f} messages/s, {rate / bare:4.0%} of the bare loop")
    queries = (large["queries"] - small["queries"]) / (MANY - FEW)
    lines.append(
        f"{queries:.2f} queries a message; CPU of the worker {1000 * large['cpu'] / MANY:.2f} ms a message, "
        f"of the bare loop {1000 * min(before[1], after[1]) / MANY:.2f}\n"
        f"memory of the worker at most: {small['peak']:.0f} MB for {FEW}, {large['peak']:.0f} MB for {MANY}\n"
    )
    sys.stdout.write("\n".join(lines))


def test_mailing_killed(tmp_path, published):
    """2 000 letters, a worker killed every two or three seconds, and what beat does: none leaves twice."""
    # Slow enough for the deaths to be many: without the pause it would be over after two.
    sink, temper, deaths = FarSink(tmp_path, pause=0.01), random.Random(5), 0
    try:
        left(issue_to(KILLED), published)
        mails = Envelope.objects.filter(kind=NEWSLETTER)
        while mails.filter(state__in=[State.WAITING, State.SENDING]).exists():
            keys = published[:]
            published.clear()
            had, at_work = sink.copies().total(), [worker(key, sink) for key in keys]
            while sink.copies().total() == had and any(process.poll() is None for process in at_work):
                time.sleep(0.05)  # they begin
            time.sleep(temper.uniform(2, 3))
            deaths += kill(*at_work)
            # A message that no worker acknowledged is delivered again.
            published.extend(Job.objects.filter(pk__in=keys, state="queued").values_list("pk", flat=True))
            rescue()
            resume()
        copies = sink.copies()
    finally:
        sink.stop()
    states = dict(mails.values_list("address", "state"))
    counts = Counter(states.values())
    sys.stdout.write(f"\n{KILLED} letters, {deaths} workers killed: {dict(counts)}\n")
    assert max(copies.values()) == 1
    assert counts.keys() <= {State.SENT, State.UNCERTAIN}
    assert counts[State.UNCERTAIN] <= LINES * deaths
    assert {address for address, state in states.items() if state == State.SENT} <= copies.keys()
    assert copies.keys() <= states.keys()
