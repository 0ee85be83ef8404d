"""Subscribing without an account: asked, confirmed, changed, left; what a stranger, a scanner and a machine get."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from threading import Barrier, Thread

import pytest
import time_machine
from celery.canvas import Signature
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.urls import reverse

from ctg.jobs.models import Job
from ctg.jobs.runner import run_job
from ctg.links.models import SignedLink
from ctg.links.services import add_address, revoke
from ctg.mail.delivery import deliver
from ctg.mail.models import Envelope
from governance.models import NewsletterSettings, Subscriber, Suppression
from governance.notifications.subscriptions import unsubscribe_headers, write_subscription
from governance.services import subscriptions as services
from governance.views.subscriptions import AN_HOUR
from tests.ctg.sink import Sink
from tests.factories import ConventionFactory, ThemeFactory
from tests.factories.audience import SubscriberFactory
from tests.factories.newsletter import NewsletterFactory
from tests.factories.public import PublicPageFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_cache")]

NOW = datetime(2027, 2, 1, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def convention():
    convention = ConventionFactory(territory_name="Sundgau")
    NewsletterSettings.objects.create(convention=convention, is_open=True, intro="Trois fois par an.")
    return convention


def page(convention):
    return reverse("governance:subscribe", args=[convention.slug])


def ask(client, convention, **given):
    data = {"address": "Lea@Example.org", "name": "Léa", "frequency": "monthly", "consent": "on"} | given
    return client.post(page(convention), data)


def opened(row, view="subscription"):
    return reverse(f"governance:{view}", args=[add_address(row.link)])


def written(row):
    envelope = Envelope.objects.get(object_id=row.pk)
    return write_subscription(row.pk, envelope)


def test_subscribe_writes_the_proof_and_counts_nothing_yet(client, convention):
    theme = ThemeFactory()
    response = ask(client, convention, themes=[theme.pk])
    assert response.status_code == 302
    assert "Regardez vos courriels" in client.get(response.url).content.decode()
    row = Subscriber.objects.get()
    assert (row.address, row.name, row.state, row.source) == ("lea@example.org", "Léa", "pending", "form")
    assert (row.frequency, [*row.themes.all()], row.confirmed_at) == ("monthly", [theme], None)
    assert str(row.consent_on) == "2027-02-01"
    assert row.consent_words in client.get(page(convention)).content.decode()
    assert len(row.consent_ip) == 64
    assert "127.0.0.1" not in row.consent_ip
    envelope = Envelope.objects.get()
    assert (envelope.kind, envelope.address, envelope.name) == (
        "governance.subscription",
        "lea@example.org",
        "",
    )


def test_subscribe_is_404_until_the_coordination_opens_it(client, convention):
    closed = ConventionFactory()
    NewsletterSettings.objects.create(convention=closed)
    for slug in (closed.slug, ConventionFactory().slug, "inconnue"):
        assert client.get(reverse("governance:subscribe", args=[slug])).status_code == 404
        assert client.post(reverse("governance:subscribe", args=[slug])).status_code == 404
        assert client.get(reverse("governance:subscribe_sent", args=[slug])).status_code == 404
    assert "Trois fois par an." in client.get(page(convention)).content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("address", ""),
        ("address", "lea"),
        ("address", "lea@example.org\nBcc: tous@example.org"),
        ("address", "lea@example.org, autre@example.org"),
        ("address", '"a b"@example.org'),
        ("address", "=cmd|x@example.org"),
        ("address", "lea@" + "e" * 250 + ".org"),
        ("name", "Léa\r\nBcc: tous@example.org"),
        ("name", "<script>alert(1)</script>"),
        ("name", "Gagnez sur www.example.org"),
        ("name", "https://example.org"),
        ("name", "L" * 121),
        ("frequency", "each_day"),
        ("themes", "999999"),
        ("consent", ""),
    ],
)
def test_subscribe_refuses_beside_the_field(client, convention, field, value):
    response = ask(client, convention, **{field: value})
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}
    assert "<script>alert" not in response.content.decode()
    assert not Subscriber.objects.exists()


def test_subscribe_answers_alike_whether_the_address_is_known_or_not(client, convention):
    left = SubscriberFactory(convention=convention, address="partie@example.org")
    services.leave(left)
    SubscriberFactory(convention=convention, address="active@example.org")
    known = ("neuve@example.org", "active@example.org", "partie@example.org", "neuve@example.org")
    asked = [ask(client, convention, address=address) for address in known]
    assert len({(response.status_code, response.url, response.content) for response in asked}) == 1


def test_a_stranger_changes_nothing_of_an_active_subscription(client, convention):
    row = SubscriberFactory(convention=convention, address="lea@example.org", name="Léa M.")
    ask(client, convention, name="Autre", frequency="monthly")
    row.refresh_from_db()
    assert (row.state, row.name, row.frequency) == ("active", "Léa M.", "each")
    assert "C’est déjà le cas" in written(row).body


def test_a_stranger_wipes_nothing_of_a_request_that_waits(client, convention):
    theme = ThemeFactory()
    ask(client, convention, themes=[theme.pk])
    ask(client, convention, name="", frequency="each")
    row = Subscriber.objects.get()
    assert (row.state, row.name, row.frequency, [*row.themes.all()]) == ("pending", "Léa", "monthly", [theme])


def test_once_confirmed_one_may_read_on(client, convention):
    row = SubscriberFactory(convention=convention)
    assert "Lire la dernière lettre" not in client.get(opened(row)).content.decode()
    NewsletterFactory(convention=convention, out=True, number=1)
    last, page = (
        NewsletterFactory(convention=convention, out=True, number=2),
        PublicPageFactory(convention=convention),
    )
    body = client.get(opened(row)).content.decode()
    assert f'href="{last.read_url}"' in body
    assert f'href="{page.get_absolute_url()}"' in body


def test_a_stranger_does_not_bring_back_who_left(client, convention):
    row = SubscriberFactory(convention=convention, address="lea@example.org")
    services.leave(row)
    ask(client, convention)
    row.refresh_from_db()
    assert row.state == "pending"
    assert Suppression.objects.count() == 1
    client.post(opened(row, "subscription_confirm"))
    row.refresh_from_db()
    assert (row.state, Suppression.objects.count()) == ("active", 0)


def test_nobody_fills_the_box_of_somebody_else(client, convention):
    for _ in range(9):
        assert ask(client, convention).status_code == 302
    assert Envelope.objects.count() == services.LETTERS_A_DAY


def test_too_many_from_one_place(client, convention, clock):
    for number in range(AN_HOUR):
        assert ask(client, convention, address=f"a{number}@example.org").status_code == 302
    assert ask(client, convention, address="trop@example.org").status_code == 429
    assert not Subscriber.objects.filter(address="trop@example.org").exists()
    clock.shift(3600)
    assert ask(client, convention, address="trop@example.org").status_code == 302


def test_the_letter_says_what_to_do_and_carries_no_word_of_the_stranger(client, convention):
    ask(client, convention, name="Offre exceptionnelle")
    row = Subscriber.objects.get()
    letter = written(row)
    assert letter.subject == "Confirmez votre abonnement à la lettre de la CTG Sundgau"
    assert "Offre exceptionnelle" not in letter.body
    url = next(line for line in letter.body.splitlines() if line.startswith("http"))
    response = client.get("/" + url.split("/", 3)[3])
    assert "Je confirme" in response.content.decode()
    services.leave(row)
    assert written(row) is None


def test_a_scanner_that_opens_the_link_confirms_nothing(client, convention):
    row = SubscriberFactory(convention=convention, pending=True)
    url, confirm = opened(row), opened(row, "subscription_confirm")
    assert client.get(url).status_code == client.head(url).status_code == 200
    assert client.get(confirm).status_code == 405
    client.post(url, {"frequency": "monthly"})  # not a choice before it is confirmed
    row.refresh_from_db()
    assert (row.state, row.frequency) == ("pending", "each")


def test_subscription_confirm_twice_is_once(client, convention, clock):
    row = SubscriberFactory(convention=convention, pending=True)
    url = opened(row, "subscription_confirm")
    response = client.post(url, follow=True)
    assert "votre abonnement est confirmé" in response.content.decode()
    clock.shift(60)
    client.post(url)
    row.refresh_from_db()
    assert (row.state, row.confirmed_at) == ("active", NOW)
    assert Client(enforce_csrf_checks=True).post(url).status_code == 403


def test_subscription_changes_what_one_receives(client, convention):
    theme = ThemeFactory()
    row = SubscriberFactory(convention=convention)
    url = opened(row)
    assert client.post(url, {"name": "<b>", "frequency": "each"}).status_code == 422
    response = client.post(url, {"name": "Léa", "themes": [theme.pk], "frequency": "monthly"})
    assert (response.status_code, response.url) == (302, url)
    row.refresh_from_db()
    assert (row.name, row.frequency, [*row.themes.all()]) == ("Léa", "monthly", [theme])
    assert client.get(url).headers["Cache-Control"] == "no-store"


def test_unsubscribe_in_one_click_needs_neither_cookie_nor_token(convention, clock):
    row = SubscriberFactory(convention=convention)
    url, machine = opened(row, "unsubscribe"), Client(enforce_csrf_checks=True)
    page = machine.get(url)
    assert (page.status_code, Subscriber.objects.get().state) == (200, "active")
    assert "Me désabonner" in page.content.decode()
    bare = Client(enforce_csrf_checks=True)
    for _ in range(2):
        response = bare.post(url, {"List-Unsubscribe": "One-Click"})
        assert response.status_code == 200
        assert "Vous êtes désabonné" in response.content.decode()
        clock.shift(60)
    row.refresh_from_db()
    assert (row.state, row.unsubscribed_at, Suppression.objects.count()) == ("unsubscribed", NOW, 1)
    assert "Vous êtes désabonné" in bare.get(url).content.decode()


def test_unsubscribe_with_a_wrong_address_is_404(client, convention):
    other = SubscriberFactory(convention=convention)
    other.link.purpose = "governance.invitation"
    other.link.save()
    for token in ("faux", add_address(other.link)):
        for view in ("unsubscribe", "subscription"):
            url = reverse(f"governance:{view}", args=[token])
            assert client.get(url).status_code == client.post(url).status_code == 404
    row = SubscriberFactory(convention=convention)
    url = opened(row, "unsubscribe")
    revoke(row.link)
    assert client.post(url).status_code == 410


def test_who_left_comes_back_by_the_same_link(client, convention):
    row = SubscriberFactory(convention=convention, source="import")
    services.leave(row)
    url = opened(row)
    assert "Vous pouvez y revenir" in client.get(url).content.decode()
    client.post(opened(row, "subscription_confirm"))
    row.refresh_from_db()
    assert (row.state, row.source, row.unsubscribed_at) == ("active", "form", None)
    assert row.consent_words == services.consent_words(convention)


def test_the_headers_of_a_letter_open_the_one_click(convention):
    row = SubscriberFactory(convention=convention)
    sent = EmailMessage("Lettre", "…", to=[row.address], headers=unsubscribe_headers(add_address(row.link)))
    read = message_from_bytes(sent.message().as_bytes(), policy=policy.default)
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = read["List-Unsubscribe"].strip()  # a long header is folded
    assert (link[0], link[-1]) == ("<", ">")
    path = "/" + link[1:-1].split("/", 3)[3]
    assert Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    row.refresh_from_db()
    assert row.state == "unsubscribed"


@pytest.fixture
def sink(settings):
    sink = Sink()
    settings.EMAIL_BACKEND = "ctg.mail.server.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", sink.port, 5
    sink.start()
    yield sink
    sink.stop()


@pytest.mark.django_db(transaction=True)
def test_what_the_server_receives_confirms(client, convention, sink, monkeypatch):
    monkeypatch.setattr(Signature, "apply_async", lambda self, **_: None)
    ask(client, convention)
    run_job(Job.objects.get().pk, deliver.function)
    (message,) = sink.messages()
    assert (message["To"], Envelope.objects.get().state) == ("lea@example.org", "sent")
    assert message["Subject"].strip() == "Confirmez votre abonnement à la lettre de la CTG Sundgau"
    url = next(line for line in message.get_content().splitlines() if line.startswith("http"))
    client.post("/" + url.split("/", 3)[3] + "confirmer/")
    assert Subscriber.objects.get().state == "active"


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_make_one(convention, monkeypatch):
    monkeypatch.setattr(Signature, "apply_async", lambda self, **_: None)
    faults, both = [], Barrier(2)

    def go():
        try:
            both.wait()
            services.ask(convention, "lea@example.org", name="", themes=[], frequency="each", ip="192.0.2.1")
        except Exception as error:  # noqa: BLE001 - told by the test
            faults.append(error)
        finally:
            connection.close()

    threads = [Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert (Subscriber.objects.count(), SignedLink.objects.count(), Envelope.objects.count()) == (1, 1, 2)
