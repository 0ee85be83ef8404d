"""Notices: on the bell at once, mailed five minutes later, together, if they are still true and were not read."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from celery.canvas import Signature
from django.conf import settings
from django.core import mail
from django.db import connection, transaction
from django.db.models import OuterRef
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ctg.accounts.models import User
from ctg.mail.models import Envelope
from ctg.notices import services
from ctg.notices.models import Notice, Preferences
from ctg.notices.services import (
    Told,
    notify,
    notify_each,
    post_due,
    prefer,
    preferences_of,
    seen,
    withdraw_untrue,
)
from ctg.notices.stop import stop_headers, stop_token, stop_url
from tests.factories import UserFactory
from tests.factories.notices import age, mailed, send_mails

pytestmark = pytest.mark.django_db

LIST = "/avis/"


@pytest.fixture
def true(monkeypatch):
    """The rows that are still true."""
    rows = set(range(1, 200))
    monkeypatch.setattr(services, "_tellers", {})
    for kind in ("essai", "autre"):
        services.register_teller(kind, lambda user, ids: {i: told(i) for i in ids if i in rows})
    return rows


def told(i):
    return Told(f"Ligne {i}", f"Ce qui est dit {i}", f"/page/{i}/")


def address(user):
    return f"{user.name} <{user.email}>"


def bell(client):
    """What is said of the bell on a page like any other."""
    page = client.get(reverse("jobs:job_list")).content.decode()
    return page.split('class="top-bell"')[1].split("</a>")[0].split('visually-hidden">')[1].split("<")[0]


# --- Mails -----------------------------------------------------------------------------------------
def test_mailed_once_after_five_minutes(true):
    user = UserFactory()
    notify("essai", 1, [user])
    notify("essai", 1, [user])
    assert post_due() == 0
    [sent] = mailed()
    assert mailed() == []
    assert (sent.to, sent.subject) == ([address(user)], "CTG : Ligne 1")
    assert "Ce qui est dit 1" in sent.body
    assert "/page/1/" in sent.body


def test_grouped_in_one_mail(true):
    user = UserFactory()
    for number in (1, 2, 3):
        notify("essai", number, [user])
    [sent] = mailed()
    assert sent.subject == "CTG : 3 nouvelles pour vous"
    assert sent.body.count("Ligne") == 3


@pytest.mark.parametrize(
    ("first", "last", "posted"), [(6, 2, 0), (12, 4, 0), (9, 6, 1), (16, 1, 1), (16, 16, 1)]
)
def test_a_mail_waits_for_a_calm_but_not_for_ever(true, first, last, posted):
    user = UserFactory()
    for number, minutes in ((1, first), (2, last)):
        notify("essai", number, [user])
        Notice.objects.filter(object_id=number).update(created_at=timezone.now() - timedelta(minutes=minutes))
    assert post_due() == posted
    assert Notice.objects.filter(settled_at=None).count() == 2 - 2 * posted


def test_a_long_list_is_cut_and_says_how_many_more(true):
    user = UserFactory()
    notify_each("essai", [(number, user.pk) for number in range(1, 33)])
    [sent] = mailed()
    assert sent.subject == "CTG : 32 nouvelles pour vous"
    assert sent.body.count("Ligne") == 20
    assert f"… et 12 autres : {settings.BASE_URL}{LIST}" in sent.body


def test_a_long_word_is_cut(true, monkeypatch):
    services.register_teller("essai", lambda user, ids: {i: Told("a", "mot " * 200, "/") for i in ids})
    notify("essai", 1, [UserFactory()])
    [sent] = mailed()
    assert sent.body.count("mot") == 40


@pytest.mark.parametrize("posted", [False, True])
def test_no_more_true_or_read_meanwhile_is_not_mailed(true, posted):
    """Whether it happens during the five minutes or while the letter waits for the mail server."""
    user = UserFactory()
    notify("essai", 1, [user])
    notify("essai", 2, [user])
    if posted:
        age()
        assert post_due() == 1
    true.discard(1)
    seen(user, {"essai": [2]})
    assert mailed() == []
    assert not Notice.objects.filter(settled_at=None).exists()


def test_an_inactive_account_and_an_unknown_kind_hear_nothing(true):
    notify("essai", 1, [UserFactory(is_active=False)])
    notify("inconnu", 1, [UserFactory()])
    assert mailed() == []


def test_who_wants_no_mail_keeps_the_bell(true, client):
    user = UserFactory()
    prefer(user, by_mail=False)
    notify("essai", 1, [user])
    assert mailed() == []
    assert not Envelope.objects.exists()
    client.force_login(user)
    assert "Ligne 1" in client.get(LIST).content.decode()
    prefer(user, by_mail=True)
    assert mailed() == []


def test_stopped_while_the_letter_waits_is_not_sent(true):
    user = UserFactory()
    notify("essai", 1, [user])
    age()
    post_due()
    prefer(user, by_mail=False)
    assert send_mails() == []


def test_one_letter_a_person_and_the_next_ones_apart(true):
    first, second = UserFactory(), UserFactory()
    notify("essai", 1, [first, second])
    assert sorted(sent.to[0] for sent in mailed()) == sorted([address(first), address(second)])
    notify("essai", 2, [first])
    [sent] = mailed()
    assert (sent.to, "Ligne 1" in sent.body) == ([address(first)], False)


def test_told_again_once_seen_and_only_then(true):
    user = UserFactory()
    notify("essai", 1, [user])
    assert len(mailed()) == 1
    notify("essai", 1, [user], again=True)
    assert mailed() == []  # the first mail was not answered yet
    seen(user, {"essai": [1]})
    notify("essai", 1, [user])
    assert mailed() == []
    notify("essai", 1, [user], again=True)
    assert len(mailed()) == 1


def test_a_subject_holds_no_line_break(true, monkeypatch):
    services.register_teller("essai", lambda user, ids: {i: Told("a\r\nBcc: x@y", "b", "/") for i in ids})
    notify("essai", 1, [UserFactory()])
    [sent] = mailed()
    parsed = message_from_bytes(sent.message().as_bytes(), policy=policy.default)
    assert (parsed["Subject"], parsed["Bcc"]) == ("CTG : a Bcc: x@y", None)


def test_the_mail_says_why_and_how_to_stop(true, client):
    user = UserFactory()
    notify("essai", 1, [user])
    [sent] = mailed()
    parsed = message_from_bytes(sent.message().as_bytes(), policy=policy.default)
    url = parsed["List-Unsubscribe"].strip(" <>")
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert url == stop_url(user, "notices")
    assert url in sent.body
    assert f"{settings.BASE_URL}{reverse('governance:preferences')}" in sent.body
    assert "parce que vous avez un compte" in sent.body
    # As a mail program does it: no cookie, no token.
    machine = Client(enforce_csrf_checks=True)
    answer = machine.post(url.removeprefix(settings.BASE_URL), {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert preferences_of(user).by_mail is False


@pytest.mark.django_db(transaction=True)
def test_two_workers_post_one_letter(true, monkeypatch):
    """The second comes while the first has not committed: it finds the rows taken, and leaves them."""
    monkeypatch.setattr(Signature, "apply_async", lambda self, **_: None)
    notify("essai", 1, [UserFactory(), UserFactory()])
    age()

    def second():
        try:
            return post_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert post_due() == 2
            assert pool.submit(second).result() == 0
        assert pool.submit(second).result() == 0
    assert Envelope.objects.count() == 2


# --- What is undone ---------------------------------------------------------------------------------
def test_withdrawn_is_no_longer_counted_nor_told_twice(true, client):
    user, other = UserFactory(), UserFactory()
    notify("essai", user.pk, [user])
    notify("essai", other.pk, [user])
    withdraw_untrue("essai", User.objects.filter(pk=OuterRef("object_id")).filter(pk=OuterRef("user")))
    assert list(Notice.objects.values_list("object_id", flat=True)) == [user.pk]
    mailed()
    withdraw_untrue("essai", User.objects.none())
    notify("essai", user.pk, [user])
    client.force_login(user)
    assert (bell(client), mailed()) == ("Avis", [])


# --- The bell --------------------------------------------------------------------------------------
def test_bell_counts_without_a_query_of_its_own(true, client, django_assert_num_queries):
    user = UserFactory()
    client.force_login(user)
    with django_assert_num_queries(3):
        assert bell(client) == "Avis"
    notify("essai", 1, [user, UserFactory()])
    with django_assert_num_queries(3):
        assert bell(client) == "Avis&nbsp;: 1\xa0nouveau"
    notify_each("essai", [(number, user.pk) for number in range(1, 4)])
    with django_assert_num_queries(3):
        assert bell(client) == "Avis&nbsp;: 3\xa0nouveaux"


def test_bell_of_nobody(client):
    assert b"top-bell" not in client.get(reverse("account_login")).content


def test_session_of_a_closed_account_and_of_an_unknown_one(client):
    user = UserFactory()
    client.force_login(user)
    user.is_active = False
    user.save()
    assert client.get(LIST).status_code == 302
    user.delete()
    assert client.get(LIST).status_code == 302


def test_notice_list_marks_what_is_new_and_reads_it(true, client):
    user = UserFactory()
    notify("essai", 1, [user])
    seen(user, {"essai": [1]})
    notify("essai", 2, [user])
    notify("essai", 3, [user])
    true.discard(3)
    client.force_login(user)
    client.head(LIST)
    assert bell(client) == "Avis&nbsp;: 2\xa0nouveaux"
    page = client.get(LIST).content.decode()
    assert page.index("Ligne 2") < page.index("Ligne 1")
    assert ("Ligne 3" in page, page.count(">nouveau<")) == (False, 1)
    assert 'visually-hidden">Avis</span>' in page
    assert bell(client) == "Avis"
    assert ">nouveau<" not in client.get(LIST).content.decode()
    assert mailed() == []


def test_notice_list_is_ones_own(true, client):
    notify("essai", 1, [UserFactory()])
    client.force_login(UserFactory())
    page = client.get(LIST).content.decode()
    assert "Ligne 1" not in page
    assert "Rien de nouveau pour vous" in page


def test_notice_list_shows_the_last_hundred_and_reads_all(true, client):
    user = UserFactory()
    notify_each("essai", [(number, user.pk) for number in range(1, 131)])
    client.force_login(user)
    page = client.get(LIST).content.decode()
    assert page.count('href="/page/') == 100
    assert bell(client) == "Avis"


@pytest.mark.parametrize("number", [1, 3])
def test_notice_list_queries(true, client, number, django_assert_num_queries):
    user = UserFactory()
    for kind in ("essai", "autre"):
        notify_each(kind, [(row, user.pk) for row in range(1, number + 1)])
    client.force_login(user)
    with django_assert_num_queries(4):
        client.get(LIST)


def test_notice_list_says_hostile_words_as_words(true, client):
    user = UserFactory()
    services.register_teller("essai", lambda user, ids: {1: Told("<b>a</b>", "<script>b", "/x/")})
    notify("essai", 1, [user])
    client.force_login(user)
    assert b"<script>b" not in client.get(LIST).content


# --- The way out -----------------------------------------------------------------------------------
def test_mail_stop_asks_then_stops_that_only(client):
    user = UserFactory()
    prefer(user, digest=Preferences.Digest.DAILY)
    url = reverse("notices:mail_stop", args=[stop_token(user, "digest")])
    asked = client.get(url)
    assert "<h1>Ne plus recevoir le récapitulatif par courriel</h1>" in asked.content.decode()
    assert preferences_of(user).digest == "daily"
    assert "C’est arrêté" in client.post(url).content.decode()
    assert (preferences_of(user).digest, preferences_of(user).by_mail) == ("off", True)
    assert client.post(url).status_code == 200
    assert "C’est arrêté" in client.get(url).content.decode()
    assert asked["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("fresh_cache")
def test_mail_stop_refuses_what_is_not_ours(client):
    user, gone = UserFactory(), UserFactory()
    token = stop_token(user, "notices")
    lost = stop_token(gone, "notices")
    gone.delete()
    for bad in ("x", token[:-1], token + "a", "a" + token, token.replace(":", "."), lost):
        assert client.post(reverse("notices:mail_stop", args=[bad])).status_code == 404
    assert preferences_of(user).by_mail is True


def test_mail_stop_of_one_stops_nothing_of_another(client):
    user, other = UserFactory(), UserFactory()
    client.force_login(other)
    client.post(reverse("notices:mail_stop", args=[stop_token(user, "notices")]))
    assert (preferences_of(user).by_mail, preferences_of(other).by_mail) == (False, True)


def test_stop_headers_name_what_they_stop():
    user = UserFactory()
    urls = {what: stop_headers(user, what)["List-Unsubscribe"] for what in ("notices", "digest")}
    assert urls["notices"] != urls["digest"]
    assert mail.outbox == []


def test_what_was_said_a_year_ago_is_forgotten():
    user = UserFactory()
    notify_each("essai", [(1, user.pk), (2, user.pk)])
    Notice.objects.filter(object_id=1).update(created_at=timezone.now() - services.KEPT - timedelta(days=1))
    assert services.purge() == 1
    assert Notice.objects.get().object_id == 2
