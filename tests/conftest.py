"""What every test lives under: no network, on_commit runs, a strict template engine."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
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


@pytest.fixture
def fresh_cache(db) -> Iterator[None]:
    """Rate limits of sign-in are counted in the cache."""
    cache.clear()
    yield
    cache.clear()
