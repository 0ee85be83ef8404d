import pytest
from django.test import Client

from tests.factories.cast import Cast, make_cast


@pytest.fixture
def cast(db) -> Cast:
    """A convention in force: its plan is a contract."""
    return make_cast()


@pytest.fixture
def sign_in():
    """`sign_in(user)` gives a client of their own: several people meet."""

    def signed(user):
        client = Client()
        client.force_login(user)
        return client

    return signed
