"""The site's settings, made strict and quick for tests."""

import os

os.environ.setdefault("DEBUG", "False")
os.environ.setdefault("SECRET_KEY", "tests-only")

from ctg.settings import *  # noqa: F403
from ctg.settings import DATABASES, STORAGES, TEMPLATES

ALLOWED_HOSTS = ["*"]
OUTBOX = False
TRIAL = False
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
EMAIL_PACE = 0  # the tests of the pace set theirs
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
DATABASES["default"]["CONN_MAX_AGE"] = 0
# Two runs at once on one server each want a database of their own.
DATABASES["default"]["TEST"] = {
    "NAME": os.environ.get("CTG_TEST_DB", "test_ctg"),
    # A database that bin/test.py has migrated: a copy of it has little left to migrate.
    "TEMPLATE": os.environ.get("CTG_TEST_TEMPLATE"),
}


class UndefinedVariable(str):
    """An undefined template variable fails the test instead of printing nothing."""

    __slots__ = ()

    def __contains__(self, item: object) -> bool:
        return item == "%s"

    def __mod__(self, missing: object) -> str:
        raise AssertionError(f"undefined template variable: {missing}")


TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = UndefinedVariable("%s")
WHITENOISE_AUTOREFRESH = True
