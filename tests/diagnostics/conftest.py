import pytest

from tests.factories import DiagnosticFactory
from tests.factories.cast import Cast, make_cast


@pytest.fixture
def cast(db) -> Cast:
    return make_cast()


@pytest.fixture
def diagnostic(cast):
    """The diagnostic of the cast's convention."""
    row = DiagnosticFactory(title="Diagnostic partagé", year=2023)
    cast.convention.diagnostics.add(row)
    return row


@pytest.fixture
def sign_in(client):
    def signed(user):
        client.force_login(user)
        return client

    return signed
