"""Journeys in a real Chromium, through the live server, on a copy of the trial of their own."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import connections
from django.test.testcases import LiveServerThread
from playwright.sync_api import expect

from ctg.jobs import services
from tests.journeys import database
from tests.journeys.people import Visitor

# In milliseconds: the machine may be busy with the other tests.
PATIENCE = 20_000
OFFICE = {"viewport": {"width": 1366, "height": 768}}
BROWSER = os.environ.get("CTG_BROWSER") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items):
    if Path(BROWSER).exists():
        return
    skip = pytest.mark.skip(
        reason=f"parcours ignorés : pas de Chromium ({BROWSER}) ; CTG_BROWSER en nomme un autre"
    )
    for item in items:
        if item.get_closest_marker("journey"):
            item.add_marker(skip)


# --- The browser ------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def base_url():
    """In place of pytest-playwright's, of a form that pytest 9 no longer likes."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    # Playwright leaves an event loop running in this thread, where Django then refuses its database, to the
    # journeys and to every test after them.
    expect.set_options(timeout=PATIENCE)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    return browser_type_launch_args | {"executable_path": BROWSER, "args": ARGUMENTS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return browser_context_args | {
        "locale": "fr-FR",
        "timezone_id": "Europe/Paris",
        "reduced_motion": "reduce",
    }


# --- The site ---------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def trial(django_db_setup, django_db_blocker, testrun_uid) -> Iterator[tuple[str, Any]]:
    """The name of the loaded database, and a connection to its server."""
    name = f"{os.environ.get('CTG_TEST_DB', 'test_ctg')}_trial_{testrun_uid[:8]}"
    with django_db_blocker.unblock(), database.loaded(name) as server:
        yield name, server


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A live server; not pytest-django's fixture, which would empty the database after each test."""
    thread = LiveServerThread("127.0.0.1", static_handler=StaticFilesHandler)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield f"http://{thread.host}:{thread.port}"
    thread.terminate()


@pytest.fixture
def site(trial, server, worker_id, django_db_blocker) -> Iterator[str]:
    """The address of the site. Whatever a journey changes there is gone with it."""
    name, postgres = trial
    with django_db_blocker.unblock(), database.copied(postgres, name, f"{name}_{worker_id}"):
        yield server


@pytest.fixture(autouse=True)
def work_done(monkeypatch) -> Iterator[Callable[[], None]]:
    """A worker in a thread, in place of the broker and of Celery's processes. `work_done()` waits for it."""

    def work(task: str, key: int) -> None:
        try:
            current_app.tasks[task](key)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(services, "publish", lambda job: pool.submit(work, job.task, job.pk))
        yield lambda: pool.submit(int).result()


# --- People -----------------------------------------------------------------------------------------
@pytest.fixture
def someone(site, new_context) -> Iterator[Callable[..., Visitor]]:
    """`someone("elu.m2a@example.org")` sits before a browser, signed in; `someone()` has not signed in."""
    visitors = []

    def arrives(email: str = "", **options) -> Visitor:
        context = new_context(**(OFFICE | options))
        context.set_default_timeout(PATIENCE)
        visitor = Visitor(context, site, scripts=options.get("java_script_enabled", True))
        if email:
            visitor.sign_in(email)
        visitors.append(visitor)
        return visitor

    yield arrives
    for visitor in visitors:
        visitor.context.close()
    assert [fault for visitor in visitors for fault in visitor.faults] == []
