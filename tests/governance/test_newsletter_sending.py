"""A letter into a real mail server: each address once or uncertain, a way out in each, and nothing that tracks."""

import io
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlparse

import pytest
import time_machine
from celery.canvas import Signature
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from ctg.files.services import store_bytes
from ctg.jobs.models import Job
from ctg.jobs.runner import run_job
from ctg.mail.delivery import deliver
from ctg.mail.models import Envelope
from ctg.refusal import Refused
from governance.models import Newsletter, NewsletterSettings, Subscriber
from governance.notifications.newsletter import NEWSLETTER, NEWSLETTER_TEST, circular_of
from governance.services import newsletters as services
from tests.ctg.sink import Sink, kill_when_waiting, worker
from tests.factories import MembershipFactory
from tests.factories.audience import SubscriberFactory
from tests.factories.newsletter import NewsletterBlockFactory, NewsletterFactory

pytestmark = pytest.mark.django_db(transaction=True)

Post = Envelope.State


@pytest.fixture(autouse=True)
def forget():
    circular_of.cache_clear()


@pytest.fixture
def sink(settings, monkeypatch):
    monkeypatch.setattr(Signature, "apply_async", lambda self, **_: None)
    sink = Sink()
    settings.EMAIL_BACKEND = "ctg.mail.server.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", sink.port, 5
    sink.start()
    yield sink
    sink.stop()


def made(number, **fields):
    """A draft with one part, and so many subscribers."""
    issue = NewsletterFactory(**fields)
    NewsletterBlockFactory(
        newsletter=issue, title="Le forum", text="- [La page](https://example.org/p?a=1&b=2)"
    )
    for place in range(number):
        SubscriberFactory(convention=issue.convention, address=f"p{place:03}@example.org")
    issue.segments["kinds"] = ["subscribers"]
    issue.save()
    return issue


def coordinator(issue):
    return MembershipFactory(role="coordinator", organisation=issue.convention.carrier).user


def left(issue):
    """It leaves; its job."""
    services.send(issue, seen=None, by=coordinator(issue))
    return Job.objects.latest("pk")


def run(job):
    run_job(job.pk, deliver.function)


def of(name, issue):
    return reverse(f"governance:{name}", args=[issue.convention.slug, issue.uuid])


def test_two_hundred_letters_and_a_worker_killed_twice(sink):
    """After the server took a message, then before: each is received once or listed uncertain, none twice."""
    issue = made(200)
    job = left(issue)
    sink.on_data = lambda to, number: "accept and wait" if number == 50 else None
    sink.on_rcpt = lambda to, number: "wait" if number == 120 else None
    kill_when_waiting(worker(job.pk, sink), sink)
    kill_when_waiting(worker(job.pk, sink), sink)
    sink.on_rcpt = sink.on_data = lambda to, number: None
    run(job)
    services.go_on()
    issue.refresh_from_db()
    assert issue.state == "sent"
    letters = Envelope.objects.filter(kind=NEWSLETTER)
    states = list(letters.values_list("state", flat=True))
    assert (states.count(Post.SENT), states.count(Post.UNCERTAIN), len(states)) == (198, 2, 200)
    copies = sink.copies()
    assert max(copies.values()) == 1
    uncertain = set(letters.filter(state=Post.UNCERTAIN).values_list("address", flat=True))
    assert copies.keys() | uncertain == {f"p{place:03}@example.org" for place in range(200)}
    leave = {message["List-Unsubscribe"] for message in sink.messages()}
    assert len(leave) == len(copies)


def test_a_letter_says_who_it_is_from_and_how_to_leave(sink):
    issue = made(1, subject="Les nouvelles d’été")
    Subscriber.objects.update(name='Léa "<b>" Zoé')
    run(left(issue))
    [message] = sink.messages()
    assert message["Subject"] == "Les nouvelles d’été"
    assert message["To"].addresses[0].addr_spec == "p000@example.org"
    assert parseaddr(str(message["From"]))[0] == f"CTG {issue.convention.territory_name}"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message.get_content_type() == "multipart/alternative"
    text, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
    link = message["List-Unsubscribe"].strip().strip("<>")
    for part in (text, html):
        assert link in part
        assert issue.read_url in part
        assert "cette adresse y est abonnée" in part
    assert "La page (https://example.org/p?a=1&b=2)" in text
    assert 'href="https://example.org/p?a=1&amp;b=2"' in html  # as it was written
    assert "<img" not in html
    assert len(message.as_bytes()) < 100_000
    # One click, from a mail program: no cookie, no token of a form.
    stranger = Client(enforce_csrf_checks=True)
    answer = stranger.post(urlparse(link).path, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert Subscriber.objects.get().state == "unsubscribed"


def test_who_leaves_meanwhile_receives_nothing(sink):
    issue = made(3)
    job = left(issue)
    gone = Subscriber.objects.get(address="p001@example.org")
    gone.state, gone.unsubscribed_at = "unsubscribed", timezone.now()
    gone.save()
    run(job)
    assert sink.copies().keys() == {"p000@example.org", "p002@example.org"}


def test_queries_of_one_letter(sink):
    """Its writer asks one; the rest is the mailing's own."""
    counts = []
    for number in (5, 15):
        job = left(made(number))
        with CaptureQueriesContext(connection) as queries:
            run(job)
        counts.append(sum("subscriber" in one["sql"] or "linktoken" in one["sql"] for one in queries))
        total = len(queries)
        counts.append(total)
    assert (counts[2] - counts[0]) / 10 == 1
    assert (counts[3] - counts[1]) / 10 == 2


def test_addresses_where_nobody_is_are_put_aside(sink):
    issue = made(3)
    job = left(issue)
    refusals = {"p000@example.org": "550 No such user", "p001@example.org": "554 Spam"}
    sink.on_rcpt = lambda to, number: refusals.get(to)
    run(job)
    services.go_on()
    assert dict(Subscriber.objects.values_list("address", "state")) == {
        "p000@example.org": "bounced",
        "p001@example.org": "active",
        "p002@example.org": "active",
    }


def test_newsletter_resend_what_is_uncertain(sink, client):
    issue = made(3)
    job = left(issue)
    sink.on_data = lambda to, number: "break" if to == "p001@example.org" else None
    run(job)
    [unsure] = Envelope.objects.filter(state=Post.UNCERTAIN)
    client.force_login(job.author)
    body = client.get(issue.get_absolute_url()).content.decode()
    assert "2\u00a0envoyés" in body
    assert "1\u00a0incertain" in body
    assert client.post(of("newsletter_resend", issue), {"envelope": "x"}).status_code == 404
    other = Envelope.objects.filter(kind=NEWSLETTER).exclude(pk=unsure.pk).first()
    other.batch = "autre"
    other.save()
    assert client.post(of("newsletter_resend", issue), {"envelope": other.uuid}).status_code == 404
    sink.on_data = lambda to, number: None
    client.post(of("newsletter_resend", issue), {"envelope": unsure.uuid})
    run(Job.objects.latest("pk"))
    unsure.refresh_from_db()
    assert unsure.state == Post.SENT
    assert max(sink.copies().values()) == 1


def test_newsletter_resend_all_that_are_uncertain(sink, client):
    issue, other = made(4), made(1)
    job = left(issue)
    Envelope.objects.filter(address__lt="p003").update(
        state=Post.UNCERTAIN,
        detail="L’envoi a été interrompu.",
        attempts=1,
        next_try_at=None,
        sending_at=timezone.now(),
        settled_at=timezone.now(),
    )
    client.force_login(job.author)
    assert "Renvoyer aux 3 incertains" in client.get(issue.get_absolute_url()).content.decode()
    assert client.post(of("newsletter_resend", issue), {"all": other.batch}).status_code == 404
    for said in ("3\u00a0courriels repartent", "0\u00a0courriel repart"):
        response = client.post(of("newsletter_resend", issue), {"all": issue.batch}, follow=True)
        assert said in response.content.decode()
    run(job)
    assert sink.copies() == {f"p{place:03}@example.org": 1 for place in range(4)}


def test_newsletter_test_goes_to_oneself_only(sink, client):
    issue = made(3)
    by = coordinator(issue)
    client.force_login(by)
    for _ in range(2):
        client.post(of("newsletter_test", issue))
    for job in Job.objects.all():
        run(job)
    assert sink.copies() == {by.email: 2}
    assert sink.messages()[0]["Subject"] == f"[Essai] {issue.subject}"
    assert sink.messages()[0]["List-Unsubscribe"] is None
    assert Envelope.objects.exclude(kind=NEWSLETTER_TEST).count() == 0
    issue.refresh_from_db()
    assert issue.is_draft


def test_newsletter_test_carries_its_pictures(sink):
    """Those of a draft cannot be seen on line; of an issue that leaves they can, and its letters stay light."""
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "JPEG")
    issue = made(1)
    block = NewsletterBlockFactory(
        newsletter=issue, image=store_bytes("p.jpg", picture.getvalue()), image_alt="Une salle"
    )
    NewsletterBlockFactory(newsletter=issue, image=store_bytes("q.jpg", b"\xff\xd8\xffx"), image_alt="Perdue")
    Path(issue.blocks.last().image.file.path).unlink()
    issue.convention.logo.save("logo.png", ContentFile(b"\x89PNG\r\n\x1a\n" + bytes(20)))
    services.send_test(issue, by=coordinator(issue))
    run(Job.objects.get())
    [test] = sink.messages()
    assert [part.get_content_type() for part in test.walk()] == [
        "multipart/related",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "image/png",
        "image/jpeg",
    ]
    *_, logo, image = test.iter_parts()
    assert (logo["Content-ID"], image["Content-ID"]) == ("<logo>", f"<{block.uuid}>")
    assert image.get_content() == picture.getvalue()
    html = test.get_body(("html",)).get_content()
    assert 'src="cid:logo"' in html
    assert f'src="cid:{block.uuid}"' in html
    run(left(issue))
    message = sink.messages()[1]
    assert message.get_content_type() == "multipart/alternative"
    html = message.get_body(("html",)).get_content()
    assert "cid:" not in html
    assert reverse("governance:newsletter_image", args=[issue.uuid, block.uuid]) in html


# --- The page, the hour ---------------------------------------------------------------------------
def test_newsletter_send_to_the_list_that_was_seen(sink, client):
    issue = made(2)
    client.force_login(coordinator(issue))
    page = client.get(of("newsletter_send", issue))
    seen = page.context["departure"].seen
    assert len(page.context["departure"].people) == 2
    SubscriberFactory(convention=issue.convention, address="neuf@example.org")
    late = client.post(of("newsletter_send", issue), {"when": "now", "seen": seen})
    assert late.status_code == 422
    assert "La liste des destinataires vient de changer" in late.content.decode()
    assert not Envelope.objects.exists()
    given = {"when": "now", "seen": late.context["departure"].seen}
    assert client.post(of("newsletter_send", issue), given).status_code == 302
    client.post(of("newsletter_send", issue), given)  # the second click
    assert Envelope.objects.count() == 3
    assert Subscriber.objects.filter(last_sent_at__isnull=False).count() == 3


def another(size):
    picture = io.BytesIO()
    Image.new("RGB", size, "red").save(picture, "JPEG")
    return store_bytes("p.jpg", picture.getvalue())


@pytest.mark.parametrize("when", ["now", "later"])
@pytest.mark.parametrize("what", ["intro", "subject", "words", "part", "order", "picture", "signature"])
def test_newsletter_send_the_letter_that_was_seen(sink, client, what, when):
    """What somebody else wrote meanwhile leaves only once it was read."""
    issue = made(1)
    first = issue.blocks.get()
    second = NewsletterBlockFactory(
        newsletter=issue, title="B", image=another((40, 30)), image_alt="Une salle"
    )
    client.force_login(coordinator(issue))
    seen = client.get(of("newsletter_send", issue)).context["departure"].seen
    if what in {"intro", "subject"}:
        Newsletter.objects.update(**{what: "Changé"})
    elif what == "words":
        issue.blocks.filter(pk=first.pk).update(text="Changé")
    elif what == "part":
        NewsletterBlockFactory(newsletter=issue)
    elif what == "order":
        issue.blocks.filter(pk=first.pk).update(position=second.position + 1)
    elif what == "picture":
        issue.blocks.filter(pk=second.pk).update(image=another((50, 30)))
    else:
        NewsletterSettings.objects.create(convention=issue.convention, signature="Changée")
    at = timezone.localtime() + timedelta(hours=3)
    given = {"when": when, "at": f"{at:%Y-%m-%dT%H:%M}", "seen": seen}
    late = client.post(of("newsletter_send", issue), given)
    assert late.status_code == 422
    body = late.content.decode()
    assert "La lettre a changé depuis que vous l’avez ouverte" in body
    assert "La liste des destinataires" not in body
    assert Newsletter.objects.get().is_draft
    assert not Envelope.objects.exists()
    given["seen"] = late.context["departure"].seen
    assert client.post(of("newsletter_send", issue), given).status_code == 302
    assert not Newsletter.objects.get().is_draft


def test_newsletter_send_asks_before_it_leaves_and_not_for_an_hour(sink, client):
    issue = made(2)
    client.force_login(coordinator(issue))
    body = client.get(of("newsletter_send", issue)).content.decode().replace("\u00a0", " ")
    assert body.count("data-confirm=") == 1
    assert "Envoyer à 2 adresses ? Une lettre envoyée ne se reprend pas." in body
    for seen in ("", "-", "x", "é" * 41):
        assert client.post(of("newsletter_send", issue), {"when": "now", "seen": seen}).status_code == 422
    assert not Envelope.objects.exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"when": "later"}, "Donnez un jour et une heure."),
        ({"when": "later", "at": "2020-01-01T10:00"}, "Cette heure est passée."),
        ({"when": "later", "at": "demain"}, "Donnez un jour et une heure."),
        ({"when": "jamais"}, "Sélectionnez un choix valide"),
        ({}, "obligatoire"),
    ],
)
def test_newsletter_send_refuses(sink, client, given, said):
    issue = made(1)
    client.force_login(coordinator(issue))
    response = client.post(of("newsletter_send", issue), given)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not Envelope.objects.exists()


def test_a_letter_leaves_at_its_hour_unless_cancelled(sink, client):
    issue = made(2)
    client.force_login(coordinator(issue))
    seen = client.get(of("newsletter_send", issue)).context["departure"].seen
    at = timezone.localtime() + timedelta(hours=3)
    given = {"when": "later", "at": f"{at:%Y-%m-%dT%H:%M}", "seen": seen}
    client.post(of("newsletter_send", issue), given)
    services.go_on()
    assert Newsletter.objects.get().state == "scheduled"
    client.post(of("newsletter_reopen", issue))
    with time_machine.travel(at + timedelta(minutes=2), tick=False):
        services.go_on()
        assert not Envelope.objects.exists()
    client.post(of("newsletter_send", issue), given)
    # Who leaves before the hour is out.
    gone = Subscriber.objects.first()
    gone.state, gone.unsubscribed_at = "unsubscribed", timezone.now()
    gone.save()
    with time_machine.travel(at + timedelta(minutes=2), tick=False):
        services.go_on()
        services.go_on()
    assert Envelope.objects.count() == 1
    assert Newsletter.objects.get().state == "sending"


def test_a_letter_that_nobody_would_receive_at_its_hour_is_a_draft_again(sink):
    issue = made(1)
    services.schedule(issue, timezone.now() + timedelta(hours=1), seen=None)
    Subscriber.objects.update(state="unsubscribed", unsubscribed_at=timezone.now())
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=False):
        services.go_on()
    assert Newsletter.objects.get().is_draft


def test_once_a_month_at_most_for_who_asked_so(sink):
    """From the sending of an issue to what the mail server received."""
    first = made(1)
    SubscriberFactory(convention=first.convention, address="mensuel@example.org", frequency="monthly")
    segments, received = first.segments, []
    began = timezone.now()
    for days in (0, 14, 28):
        with time_machine.travel(began + timedelta(days=days), tick=False):
            issue = first if not days else NewsletterFactory(convention=first.convention, segments=segments)
            if days:
                NewsletterBlockFactory(newsletter=issue)
            run(left(issue))
            received.append(sink.copies()["mensuel@example.org"])
    assert received == [1, 1, 2]
    assert sink.copies()["p000@example.org"] == 3
    assert timezone.localdate(Subscriber.objects.get(frequency="monthly").last_sent_at) == timezone.localdate(
        began + timedelta(days=28)
    )


@pytest.mark.parametrize("field", ["subject", "territory_name", "name"])
def test_no_header_of_a_letter_holds_two(sink, field):
    """Subject, sender and recipient, even written past the forms."""
    hostile = 'Ève\r\nBcc: victime@example.net"<b>'
    issue = made(1)
    if field == "subject":
        Newsletter.objects.update(subject=hostile)
    elif field == "name":
        Subscriber.objects.update(name=hostile[:14])
    else:
        issue.convention.territory_name = hostile
        issue.convention.save()
    run(left(Newsletter.objects.get()))
    assert sink.copies() == {"p000@example.org": 1}
    [message] = sink.messages()
    assert message["Bcc"] is None
    assert [one.addr_spec for one in message["To"].addresses] == ["p000@example.org"]
    assert [len(message.get_all(name)) for name in ("From", "To", "Subject")] == [1, 1, 1]
    assert "<b>" not in message.get_body(("html",)).get_content()


def test_what_keeps_a_letter_from_leaving(sink):
    issue = NewsletterFactory()
    by = coordinator(issue)
    issue.segments["kinds"] = ["subscribers"]
    issue.save()
    with pytest.raises(Refused, match=r"Cette lettre est vide.*Personne ne la recevrait"):
        services.send(issue, seen=None, by=by)
    for _ in range(20):
        NewsletterBlockFactory(newsletter=issue, text="mot " * 1500)
    SubscriberFactory(convention=issue.convention)
    with pytest.raises(Refused, match="les messageries la couperaient"):
        services.send(issue, seen=None, by=by)


def test_newsletter_recipients_are_chosen_and_listed(sink, client):
    issue = made(2)
    by = coordinator(issue)
    client.force_login(by)
    page = of("newsletter_recipients", issue)
    assert client.post(page, {}).status_code == 422
    given = {"kinds": ["members", "subscribers"], "roles": ["coordinator"]}
    assert "Destinataires enregistrés" in client.post(page, given, follow=True).content.decode()
    response = client.get(page)
    assert response.context["total"] == 3
    assert by.email in response.content.decode()
    issue.refresh_from_db()
    assert issue.segments["roles"] == ["coordinator"]
    # A member has a way out too, and a reason of their own.
    run(left(issue))
    [mine] = [one for one in sink.messages() if one["To"].addresses[0].addr_spec == by.email]
    assert "vous prenez part à cette convention" in mine.get_body(("plain",)).get_content()
    assert mine["List-Unsubscribe"]


@pytest.mark.parametrize("number", [1, 3])
def test_newsletter_recipients_of_what_has_left_are_those_it_left_for(
    sink, client, number, django_assert_num_queries
):
    """As they were then, whoever came or left since; nothing is chosen any more."""
    issue = made(number)
    by = coordinator(issue)
    services.send(issue, seen=None, by=by)
    client.force_login(by)
    page = of("newsletter_recipients", issue)
    assert page in client.get(issue.get_absolute_url()).content.decode()
    Envelope.objects.filter(address="p000@example.org").update(name="<b>Léa</b>")
    SubscriberFactory(convention=issue.convention, address="neuf@example.org")
    Subscriber.objects.filter(address="p000@example.org").update(
        state="unsubscribed", unsubscribed_at=timezone.now()
    )
    other = made(1)
    services.send(other, seen=None, by=by)
    with django_assert_num_queries(8):
        body = client.get(page).content.decode()
    listed = {f"p{place:03}@example.org" for place in range(number)}
    assert {address for address in listed if address in body} == listed
    assert "&lt;b&gt;Léa&lt;/b&gt;" in body
    assert "en attente" in body
    assert "neuf@example.org" not in body
    assert 'name="kinds"' not in body
    refused = client.post(page, {"kinds": ["subscribers"]})
    assert refused.status_code == 422
    assert "elle ne se modifie plus" in refused.content.decode()
    # One whose address was forgotten since.
    Envelope.objects.filter(batch=issue.batch).update(address="", name="")
    assert "Adresse effacée depuis" in client.get(page + "?page=99").content.decode()
