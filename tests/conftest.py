"""What every test lives under: no network, on_commit runs, a strict template engine."""

import fcntl
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from hypothesis import HealthCheck, settings

settings.register_profile("ctg", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
settings.load_profile("ctg")


def pytest_collection_finish():
    """What is loaded by now stays: looking it through for garbage again and again costs a tenth of the suite."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True)
def _media_in_a_folder_of_its_own(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "media"},
        }
    }


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings) -> None:
    """Wait for the template that bin/test.py migrates while the tests are collected."""
    if lock := os.environ.get("CTG_TEST_TEMPLATE_LOCK"):
        with Path(lock).open() as migrating:
            fcntl.flock(migrating, fcntl.LOCK_SH)


LEFT = (
    "SELECT pid, state, left(query, 200) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker, request) -> Iterator[None]:
    """End what a killed worker or a browser's last request left open, and say so: a database in use is not dropped."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(LEFT, [connection.settings_dict["NAME"]])
        for pid, state, query in cursor.fetchall():
            sys.stderr.write(f"\nsession laissée ouverte ({state}) : {query}\n")
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


@pytest.fixture
def fresh_cache(db) -> Iterator[None]:
    """Rate limits of sign-in are counted in the cache."""
    cache.clear()
    yield
    cache.clear()
