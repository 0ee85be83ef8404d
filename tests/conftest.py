"""What every test lives under: no network, on_commit runs, a strict template engine."""

import sys
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import connection
from hypothesis import HealthCheck, settings

settings.register_profile("ctg", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
settings.load_profile("ctg")


@pytest.fixture(autouse=True)
def _media_in_a_folder_of_its_own(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "media"},
        }
    }


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
