"""The promises of ctg.jobs: what is asked is done once, and said; whatever dies on the way."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pghistory.runtime
import psycopg
import pytest
from celery import current_app
from celery.canvas import Signature
from django.core.files.base import ContentFile
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from ctg.accounts.models import User
from ctg.jobs import locks, services
from ctg.jobs.models import Job, State
from ctg.jobs.runner import (
    INTERRUPTED,
    MAX_ATTEMPTS,
    UNEXPECTED,
    JobError,
    Run,
    job_task,
    run_job,
    safe_filename,
)

ROOT = Path(__file__).resolve().parents[2]
calls: list[tuple] = []


@job_task("tests.build_paper")
def build_paper(run: Run, number: int) -> None:
    calls.append((run.by, number))
    run.progress(40, f"Page {number}")
    run.attach("Bilan : été/2025.pdf", b"%PDF")


@job_task("tests.refuse")
def refuse(run: Run) -> None:
    raise JobError("La fiche n’a pas de titre.")


@job_task("tests.break")
def broken(run: Run) -> None:
    raise ZeroDivisionError


@pytest.fixture(autouse=True)
def _no_calls():
    calls.clear()


@pytest.fixture
def user(db):
    return User.objects.create_user("agathe@example.org", name="Agathe")


@pytest.fixture(autouse=True)
def sent(request, monkeypatch):
    """The messages handed to the broker: name and arguments."""
    messages: list[tuple[str, list]] = []
    if "broker_down" not in request.fixturenames:
        monkeypatch.setattr(
            Signature, "apply_async", lambda self, **_: messages.append((self.task, list(self.args)))
        )
    return messages


@pytest.fixture
def broker_down(monkeypatch):
    """A broker that is really out of reach, by the ordinary way of Celery."""
    monkeypatch.setitem(current_app.conf, "broker_url", "redis+socket:///nowhere/valkey.sock")
    monkeypatch.setitem(current_app.conf, "broker_write_url", "redis+socket:///nowhere/valkey.sock")
    monkeypatch.setattr(current_app.amqp, "_producer_pool", None)
    yield
    current_app.amqp._producer_pool = None


def ask(task=build_paper, *ids, by=None, **more) -> Job:
    return services.enqueue(task, *ids, by=by, title="Bilan 2025", **more)


def deliver(job: Job) -> Job:
    """What a worker does with the message."""
    current_app.tasks[job.task].run(job.pk)
    job.refresh_from_db()
    return job


def content(job: Job) -> bytes:
    with job.file.open() as opened:
        return opened.read()


# --- Asking -----------------------------------------------------------------------------------------


def test_enqueue_publishes_the_key_of_the_row_once_committed(user, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        job = ask(build_paper, 7, by=user, subject_url="/ctg/x/")
        assert sent == []
    assert sent == [("tests.build_paper", [job.pk])]
    job.refresh_from_db()
    assert (job.state, job.args, job.author, job.is_delayed) == (State.QUEUED, [7], user, False)


@pytest.mark.django_db(transaction=True)
def test_enqueue_in_a_transaction_rolled_back_leaves_nothing(sent):
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012 - what is tested
        ask(build_paper, 7)
        raise ZeroDivisionError
    assert (sent, Job.objects.count()) == ([], 0)


@pytest.mark.django_db(transaction=True)
def test_enqueue_does_not_fail_when_the_broker_is_down(broker_down):
    began = time.monotonic()
    job = ask(build_paper, 7)
    assert time.monotonic() - began < 8
    job.refresh_from_db()
    assert (job.state, job.published_at, job.is_delayed) == (State.QUEUED, None, True)


def test_enqueue_with_a_key_gives_back_the_unfinished_one(user, sent):
    first = ask(build_paper, 7, by=user, key="bilan-7")
    assert ask(build_paper, 7, by=user, key="bilan-7") == first
    assert ask(build_paper, 7, by=None, key="bilan-7") != first
    assert ask(build_paper, 7, by=None, key="bilan-7") != first
    deliver(first)
    assert ask(build_paper, 7, by=user, key="bilan-7") != first


def test_documents_have_a_queue_of_their_own():
    route = current_app.amqp.router.route
    assert route({}, "actions.build_fiche")["queue"].name == "documents"
    assert route({}, "jobs.rescue").get("queue", None) != route({}, "actions.build_fiche")["queue"]


def test_every_task_survives_its_worker():
    current_app.loader.import_default_modules()
    for name in ("tests.build_paper", "jobs.rescue", "jobs.purge"):
        task = current_app.tasks[name]
        assert (task.acks_late, task.reject_on_worker_lost) == (True, True)


# --- Running ----------------------------------------------------------------------------------------


def test_run_ends_done_with_its_file(user):
    job = deliver(ask(build_paper, 7, by=user))
    assert calls == [(user, 7)]
    assert (job.state, job.progress, job.attempts, job.filename) == (
        State.DONE,
        100,
        1,
        "Bilan - été - 2025.pdf",
    )
    assert job.file.name == f"jobs/{job.uuid}.pdf"
    assert content(job) == b"%PDF"
    assert job.started_at <= job.finished_at


def test_second_delivery_does_nothing(user):
    job = deliver(ask(build_paper, 7, by=user))
    first = job.finished_at
    assert deliver(job).finished_at == first
    assert len(calls) == 1


def test_delivery_while_another_worker_runs_does_nothing(user):
    job = ask(build_paper, 7, by=user)
    with locks.held(job.pk) as own:
        assert own is not None
        deliver(job)
    assert (calls, job.state) == ([], State.QUEUED)
    assert deliver(job).state == State.DONE


def test_delivery_of_an_unknown_job_does_nothing(db):
    run_job(404, broken.function)
    assert not Job.objects.exists()


def test_job_error_is_shown_as_written(db):
    job = deliver(ask(refuse))
    assert (job.state, job.error) == (State.FAILED, "La fiche n’a pas de titre.")


def test_unexpected_error_is_said_in_french_without_details(db):
    job = deliver(ask(broken))
    assert (job.state, job.error, job.file.name) == (State.FAILED, UNEXPECTED, "")


def test_changes_are_the_authors_in_the_history(user):
    seen = []
    job = ask(build_paper, 7, by=user)
    run_job(job.pk, lambda run, number: seen.append(dict(pghistory.runtime._tracker.value.metadata)))
    assert seen == [{"user": user.pk, "job": str(job.uuid)}]


def test_database_lost_leaves_the_job_to_rescue(db):
    def lose(run: Run) -> None:
        raise OperationalError

    job = ask(refuse)
    with pytest.raises(OperationalError):
        run_job(job.pk, lose)
    job.refresh_from_db()
    assert job.state == State.RUNNING


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_from_inside_a_transaction():
    seen = []

    def work(run: Run) -> None:
        with transaction.atomic():
            run.between(50, 100)(20, "Lecture")
            with psycopg.connect(**connection.get_connection_params()) as other:
                seen.extend(other.execute("SELECT progress, message FROM jobs_job").fetchall())

    run_job(ask(refuse).pk, work)
    assert seen == [(60, "Lecture")]


@pytest.mark.django_db(transaction=True)
def test_progress_of_a_long_loop_is_written_now_and_then():
    def work(run: Run) -> None:
        for number in range(1000):
            run.progress(number // 10, f"Ligne {number}")
        run.job.refresh_from_db()
        assert run.job.message == "Ligne 0"

    job = ask(refuse)
    run_job(job.pk, work)
    job.refresh_from_db()
    assert (job.state, job.error) == (State.DONE, "")


# --- Stopping and asking again ----------------------------------------------------------------------


def test_cancel_while_queued_ends_at_once(user):
    job = services.cancel(ask(build_paper, 7, by=user))
    assert (job.state, job.is_finished) == (State.CANCELLED, True)
    assert (deliver(job).state, calls) == (State.CANCELLED, [])


@pytest.mark.django_db(transaction=True)
def test_cancel_while_running_stops_at_the_next_step():
    def work(run: Run) -> None:
        run.progress(10, "Début")
        running = services.cancel(run.job)
        assert (running.state, running.is_being_cancelled, running.can_be_cancelled) == (
            State.RUNNING,
            True,
            False,
        )
        run.attach("perdu.pdf", b"%PDF")
        run.progress(100, "Fin")
        calls.append(("went on",))

    job = ask(refuse)
    run_job(job.pk, work)
    job.refresh_from_db()
    assert (job.state, job.file.name, calls) == (State.CANCELLED, "", [])


def test_cancel_of_what_is_finished_changes_nothing(user):
    job = services.cancel(deliver(ask(build_paper, 7, by=user)))
    assert (job.state, job.cancel_requested_at) == (State.DONE, None)


@pytest.mark.parametrize("task", [refuse, broken])
def test_retry_runs_it_again(user, sent, django_capture_on_commit_callbacks, task):
    job = deliver(ask(task, by=user))
    with django_capture_on_commit_callbacks(execute=True):
        again = services.retry(job)
    assert (again, sent) == (job, [(task.name, [job.pk])])
    assert (again.state, again.error, again.attempts, again.started_at) == (State.QUEUED, "", 0, None)
    assert deliver(job).attempts == 1


def test_retry_after_cancel_and_not_after_success(user):
    job = services.cancel(ask(build_paper, 7, by=user))
    assert services.retry(job).state == State.QUEUED
    assert services.retry(deliver(job)).state == State.DONE


def test_retry_of_what_is_asked_again_gives_that(user):
    job = deliver(ask(refuse, by=user, key="x"))
    other = ask(refuse, by=user, key="x")
    assert services.retry(job) == other


# --- Rescue -----------------------------------------------------------------------------------------


def ago(**delta) -> timezone.datetime:
    return timezone.now() - timedelta(**delta)


@pytest.mark.django_db(transaction=True)
def test_rescue_publishes_what_the_broker_did_not_take(sent):
    with transaction.atomic():
        never, lost, fresh = (ask(build_paper, number) for number in range(3))
    Job.objects.filter(pk=never.pk).update(published_at=None, created_at=ago(minutes=1))
    Job.objects.filter(pk=lost.pk).update(published_at=ago(minutes=11))
    sent.clear()
    assert services.rescue() == 2
    assert sent == [("tests.build_paper", [never.pk]), ("tests.build_paper", [lost.pk])]
    assert (services.rescue(), Job.objects.filter(published_at=None).count()) == (0, 0)
    assert fresh.pk not in [args[0] for _, args in sent]


@pytest.mark.django_db
def test_rescue_waits_for_the_broker(broker_down):
    job = Job.objects.create(task=build_paper.name, args=[7], title="Bilan", created_at=ago(minutes=1))
    assert services.rescue() == 0
    job.refresh_from_db()
    assert job.is_delayed


def running(**more) -> Job:
    job = ask(build_paper, 7)
    Job.objects.filter(pk=job.pk).update(
        **{
            "state": State.RUNNING,
            "started_at": timezone.now(),
            "published_at": timezone.now(),
            "attempts": 1,
        }
        | more
    )
    job.refresh_from_db()
    return job


@pytest.mark.django_db(transaction=True)
def test_rescue_leaves_a_running_job_alone_while_its_lock_is_held(sent):
    job = running()
    with locks.held(job.pk):
        assert services.rescue() == 0
    sent.clear()
    assert services.rescue() == 1
    assert deliver(job).attempts == 2


@pytest.mark.django_db(transaction=True)
def test_rescue_ends_what_was_to_be_stopped_or_kills_its_workers(sent):
    stopped = running(cancel_requested_at=timezone.now())
    deadly = running(attempts=MAX_ATTEMPTS)
    sent.clear()
    assert (services.rescue(), sent) == (0, [])
    stopped.refresh_from_db()
    deadly.refresh_from_db()
    assert stopped.state == State.CANCELLED
    assert (deadly.state, deadly.error) == (State.FAILED, INTERRUPTED)


def test_message_given_back_too_often_ends_the_job(db):
    job = running(attempts=MAX_ATTEMPTS)
    assert (deliver(job).error, calls) == (INTERRUPTED, [])


WORKER = """
import sys, time, django
django.setup()
from ctg.jobs.runner import run_job
def work(run, number):
    run.progress(30, "En chemin")
    print("ready", flush=True)
    time.sleep(60)
run_job(int(sys.argv[1]), work)
"""


@pytest.mark.django_db(transaction=True)
def test_job_of_a_killed_worker_is_done_by_another(sent):
    job = ask(build_paper, 7)
    params = connection.get_connection_params()
    named = {key: params[key] for key in ("host", "port", "user", "password") if params.get(key)}
    env = os.environ | {
        "DATABASE_URL": f"postgresql:///{params['dbname']}?{urlencode(named)}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
    }
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, str(job.pk)], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        job.refresh_from_db()
        assert (job.state, job.progress, job.message) == (State.RUNNING, 30, "En chemin")
        sent.clear()
        assert (services.rescue(), sent) == (0, [])
        assert (deliver(job).attempts, calls) == (1, [])
        worker.send_signal(signal.SIGKILL)
    until = time.monotonic() + 5
    while locks.held_keys() and time.monotonic() < until:
        time.sleep(0.02)
    assert services.rescue() == 1
    assert sent == [("tests.build_paper", [job.pk])]
    assert (deliver(job).state, job.attempts, len(calls)) == (State.DONE, 2, 1)


# --- Keeping ----------------------------------------------------------------------------------------


def test_purge_deletes_after_thirty_days_with_the_file(user):
    old, recent = (deliver(ask(build_paper, number, by=user)) for number in (1, 2))
    waiting = ask(build_paper, 3, by=user)
    Job.objects.filter(pk=old.pk).update(finished_at=ago(days=31))
    Job.objects.filter(pk=waiting.pk).update(created_at=ago(days=90))
    storage, name = old.file.storage, old.file.name
    assert services.purge() == 1
    assert set(Job.objects.all()) == {recent, waiting}
    assert not storage.exists(name)
    assert storage.exists(recent.file.name)


def test_second_try_replaces_a_file_left_by_the_first(user):
    job = ask(build_paper, 7, by=user)
    job.file.storage.save(f"jobs/{job.uuid}.pdf", ContentFile(b"half"))
    assert content(deliver(job)) == b"%PDF"
    assert job.file.name == f"jobs/{job.uuid}.pdf"


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "asleep"},
        {"progress": 101},
        {"started_at": timezone.now()},
        {"finished_at": timezone.now()},
        {"error": "pourtant en attente"},
        {"filename": "sans fichier.pdf"},
        {"state": State.RUNNING},
        {"state": State.DONE, "started_at": timezone.now()},
        {"state": State.FAILED, "finished_at": timezone.now()},
        {"state": State.CANCELLED, "finished_at": timezone.now()},
    ],
)
def test_states_go_with_their_dates(db, wrong):
    job = ask(build_paper, 7)
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(**wrong)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Bilan 2025 / Été.pdf", "Bilan 2025 - Été.pdf"),
        ("../../etc/passwd", "etc - passwd"),
        ('a"b\r\nSet-Cookie: x.pdf', "a - bSet-Cookie - x.pdf"),
        ("fiche\u202efdp.exe", "fichefdp.exe"),
        (".pdf", "document.pdf"),
        ("///", "document"),
        ("a" * 300 + ".pdf", "a" * 140 + ".pdf"),
    ],
)
def test_safe_filename(name, safe):
    assert safe_filename(name) == safe
