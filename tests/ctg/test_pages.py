"""The pages of the instance: footer, health, outbox; and what is shown when the database is away."""

import pytest
from django.core import mail
from django.core.mail import EmailMessage, get_connection
from django.db import OperationalError, connection
from django.urls import reverse

from ctg.logs import drop_personal_data
from governance.importers.trial_files import PASSWORD
from tests.factories import UserFactory


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    ["/accessibilite/", "/mentions-legales/", "/donnees-personnelles/", "/plan-du-site/", "/glossaire/"],
)
def test_footer_pages_are_public(client, path):
    response = client.get(path)
    assert response.status_code == 200
    assert response.content.decode().count("<h1") == 1


@pytest.mark.django_db
def test_plan_du_site_leads_to_what_is_one_s_own(client):
    own = ("/avis/", reverse("governance:preferences"), reverse("governance:feed_list"))
    guest = client.get("/plan-du-site/").content.decode()
    client.force_login(UserFactory())
    body = client.get("/plan-du-site/").content.decode()
    plan = body.split("<article")[1]
    assert [path for path in own if f'href="{path}"' in plan] == [*own]
    assert not [path for path in own if f'href="{path}"' in guest]


@pytest.mark.django_db
def test_donnees_personnelles_names_the_consent_of_whoever_subscribes(client):
    body = client.get("/donnees-personnelles/").content.decode()
    assert "qu’il peut retirer à tout moment" in body
    assert "trois ans après son dernier contact" in body


@pytest.mark.django_db
def test_glossary_explains_acronyms_in_order(client):
    terms = [term[0] for term in client.get("/glossaire/").context["glossary"]]
    assert {"CTG", "Caf", "COPIL", "QPV"} <= set(terms)
    assert terms == sorted(terms, key=str.lower)


def test_alive_asks_nothing(client):
    assert client.get("/sante/vif").status_code == 200


@pytest.mark.django_db
def test_ready_asks_the_database(client, monkeypatch):
    assert client.get("/sante/pret").status_code == 200

    def away(*args, **kwargs):
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", away)
    assert client.get("/sante/pret").status_code == 503


def test_database_down_is_a_plain_503(client, monkeypatch):
    def away(*args, **kwargs):
        raise OperationalError("la base est loin")

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", away)
    client.cookies["sessionid"] = "a" * 32
    client.raise_request_exception = False
    response = client.get("/")
    assert response.status_code == 503
    assert "la base est loin" not in response.content.decode()


@pytest.mark.django_db
def test_outbox_is_only_in_the_trial(client, settings, tmp_path):
    assert client.get("/essai/courriels/").status_code == 404
    settings.TRIAL = settings.OUTBOX = True
    settings.EMAIL_FILE_PATH = tmp_path
    backend = get_connection("ctg.mail.server.OutboxBackend", file_path=str(tmp_path))
    EmailMessage("Bienvenue à l’essai", "Le lien : é", to=["a@example.org"], connection=backend).send()
    assert mail.outbox == []
    listing = client.get("/essai/courriels/").content.decode()
    assert "Bienvenue à l’essai" in listing
    name = next(tmp_path.glob("*.log")).name
    assert "Le lien : é" in client.get(f"/essai/courriels/{name}").content.decode()
    assert client.get("/essai/courriels/..%2Fsecret").status_code == 404


def test_logs_carry_no_address_nor_search():
    event = {"ip": "192.0.2.1", "request": "GET /ctg/x/plan/?q=Dupont", "event": "request_finished"}
    assert drop_personal_data(None, "info", event) == {
        "request": "GET /ctg/x/plan/",
        "event": "request_finished",
    }


@pytest.mark.django_db
def test_legal_page_without_a_publisher_names_no_variable(client, settings):
    settings.INSTANCE_PUBLISHER = settings.INSTANCE_HOST = ""
    page = client.get("/mentions-legales/").content.decode()
    assert ("INSTANCE_" in page, page.count("À compléter par l’éditeur")) == (False, 2)


@pytest.mark.django_db
def test_refusal_outside_a_convention_does_not_speak_of_one(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("a@example.org", name="A"))
    page = client.get("/administration/")
    assert (page.status_code, "cette convention" in page.content.decode()) == (403, False)


@pytest.mark.django_db
@pytest.mark.parametrize("trial", [True, False])
def test_sign_in_gives_accounts_in_the_trial_only(client, monkeypatch, trial):
    monkeypatch.setattr("ctg.frame.Frame.trial", trial)
    page = client.get("/compte/login/").content.decode()
    people = ("coordination.sundgau", "elu.sundgau", "conseil.caf68")
    assert [f"{person}@example.org" in page for person in people] == [trial] * 3
    # The password of trial_files, which this app may not import.
    assert (PASSWORD in page) == trial
