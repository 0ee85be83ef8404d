"""One page for all the mails of a member."""

import pytest
from django.urls import reverse

from ctg.notices.services import preferences_of
from governance.models import Subscriber
from tests.factories import ConventionFactory, UserFactory
from tests.factories.audience import SubscriberFactory

pytestmark = pytest.mark.django_db

URL = "/mon-compte/courriels/"


def choice(row):
    return reverse("governance:newsletter_choice", args=[row.uuid])


def letter(user, **fields):
    return SubscriberFactory(address=user.email, **fields)


def test_preferences_of_who_chose_nothing(sign_in):
    user = UserFactory()
    page = sign_in(user).get(URL).content.decode()
    assert user.email in page
    assert page.count("checked") == 2  # by mail, weekly
    assert "Aucune lettre" in page


def test_preferences_are_saved_and_said(sign_in):
    user = UserFactory()
    client = sign_in(user)
    for sent, kept in (
        ({"digest": "daily"}, (False, "daily")),
        ({"by_mail": "on", "digest": "off"}, (True, "off")),
    ):
        answer = client.post(URL, sent, follow=True)
        assert "Vos choix sont enregistrés." in answer.content.decode()
        chosen = preferences_of(user)
        assert (chosen.by_mail, chosen.digest) == kept


@pytest.mark.parametrize("digest", ["", "hourly", "\x00"])
def test_preferences_refuse_what_is_not_offered(sign_in, digest):
    user = UserFactory()
    assert sign_in(user).post(URL, {"by_mail": "on", "digest": digest}).status_code == 422
    assert preferences_of(user).digest == "weekly"


def test_preferences_list_ones_own_newsletters(sign_in):
    user = UserFactory()
    mine = letter(user)
    other = SubscriberFactory()
    page = sign_in(user).get(URL).content.decode()
    assert mine.convention.territory_name in page
    assert choice(mine) in page
    assert choice(other) not in page


@pytest.mark.parametrize("number", [1, 3])
def test_preferences_queries(sign_in, number, django_assert_num_queries):
    user = UserFactory()
    for _ in range(number):
        letter(user)
    client = sign_in(user)
    with django_assert_num_queries(4):
        client.get(URL)


def test_newsletter_choice_leaves_and_comes_back(sign_in):
    user = UserFactory()
    row = letter(user)
    client = sign_in(user)
    said = client.post(choice(row), follow=True).content.decode()
    assert f"Vous ne recevez plus la lettre de la CTG {row.convention.territory_name}." in said
    row.refresh_from_db()
    assert row.state == "unsubscribed"
    assert "Recevoir de nouveau" in said
    client.post(choice(row), {"recevoir": ""})
    row.refresh_from_db()
    assert row.state == "active"


def test_newsletter_choice_confirms_what_was_asked(sign_in):
    user = UserFactory()
    row = letter(user, pending=True)
    client = sign_in(user)
    assert ">Confirmer<" in client.get(URL).content.decode()
    client.post(choice(row), {"recevoir": ""})
    assert Subscriber.objects.get(pk=row.pk).state == "active"


def test_newsletter_choice_of_somebody_else_is_not_found(sign_in):
    row = SubscriberFactory(convention=ConventionFactory())
    assert sign_in(UserFactory()).post(choice(row)).status_code == 404
    row.refresh_from_db()
    assert row.state == "active"


def test_newsletter_choice_is_no_get(sign_in):
    user = UserFactory()
    assert sign_in(user).get(choice(letter(user))).status_code == 405
