"""Sign-in: which routes exist, and that an address is not taken by whoever asks."""

import pytest
from django.urls import URLPattern

from ctg.accounts.models import User
from ctg.forms import PASSWORD_HELP
from tests.factories import UserFactory
from tests.test_architecture import THIRD_PARTY, patterns

pytestmark = pytest.mark.django_db

ROUTES = {
    "account_login",
    "account_logout",
    "account_signup",
    "account_inactive",
    "account_reauthenticate",
    "account_change_password",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
}


def test_no_other_route_of_the_library_exists():
    found = {
        entry.name
        for _, entry in patterns()
        if isinstance(entry, URLPattern) and entry.callback.__module__.startswith(THIRD_PARTY)
    }
    assert found == ROUTES


def test_an_address_is_not_changed_by_its_bearer(client):
    client.force_login(UserFactory())
    assert (
        client.post("/compte/email/", {"action_add": "", "email": "directrice@example.org"}).status_code
        == 404
    )


def test_sign_up_is_closed(client):
    body = client.get("/compte/signup/").content.decode()
    assert '<input type="email"' not in body
    response = client.post("/compte/signup/", {"email": "x@example.org", "password1": "un-long-mot-de-passe"})
    assert response.status_code == 200

    assert not User.objects.exists()


def test_too_many_wrong_passwords_say_how_long_to_wait(client, fresh_cache):
    user = UserFactory()
    for _ in range(12):
        response = client.post("/compte/login/", {"login": user.email, "password": "faux-mot-de-passe"})
    assert "cinq minutes" in response.content.decode()


@pytest.mark.parametrize("trial", [True, False])
def test_accounts_of_the_trial_are_shown_only_in_the_trial(client, monkeypatch, trial):
    monkeypatch.setattr("ctg.frame.Frame.trial", trial)
    body = client.get("/compte/login/").content.decode()
    assert ("coordination.sundgau@example.org" in body) is trial


def test_password_rules_are_said_alike(client):
    client.force_login(UserFactory())
    assert PASSWORD_HELP in client.get("/compte/password/change/").content.decode()
