import pytest

from tests.factories.cast import Cast, make_cast


@pytest.fixture
def cast(db) -> Cast:
    """A convention in force: its plan is a contract."""
    return make_cast()


@pytest.fixture
def draft_cast(db) -> Cast:
    """A plan still being written: no basis is asked."""
    return make_cast(status="elaboration")


@pytest.fixture
def sign_in(client):
    """`sign_in(user)` gives a client signed in as that user."""

    def signed(user):
        client.force_login(user)
        return client

    return signed
