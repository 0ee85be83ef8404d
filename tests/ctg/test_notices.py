"""Notices: mailed five minutes later, together, if they are still true and were not read."""

from datetime import timedelta
from smtplib import SMTPException

import pytest
from django.core import mail
from django.utils import timezone

from ctg.notices import services
from ctg.notices.models import Notice
from ctg.notices.services import Told, mail_due, notify, seen
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def true(monkeypatch):
    """The rows that are still true."""
    rows = {1, 2, 3}
    monkeypatch.setattr(services, "_tellers", {})
    services.register_teller(
        "essai",
        lambda user, ids: {
            i: Told(f"Ligne {i}", f"Ce qui est dit {i}", f"/page/{i}/") for i in ids if i in rows
        },
    )
    return rows


def age(minutes=6):
    Notice.objects.update(created_at=timezone.now() - timedelta(minutes=minutes))


def test_mailed_once_after_five_minutes(true):
    user = UserFactory()
    notify("essai", 1, [user])
    notify("essai", 1, [user])
    assert mail_due() == 0
    age()
    assert mail_due() == 1
    assert mail_due() == 0
    [sent] = mail.outbox
    assert sent.to == [user.email]
    assert "Ligne 1" in sent.subject
    assert "Ce qui est dit 1" in sent.body
    assert "/page/1/" in sent.body


def test_grouped_in_one_mail(true):
    user = UserFactory()
    for number in (1, 2, 3):
        notify("essai", number, [user])
    age()
    assert mail_due() == 1
    assert "3 nouvelles" in mail.outbox[0].subject
    assert mail.outbox[0].body.count("Ligne") == 3


def test_no_more_true_or_read_meanwhile_is_not_mailed(true):
    user = UserFactory()
    notify("essai", 1, [user])
    notify("essai", 2, [user])
    true.discard(1)
    seen(user, "essai", [2])
    age()
    assert mail_due() == 0
    assert mail.outbox == []
    assert not Notice.objects.filter(settled_at=None).exists()


def test_an_inactive_account_and_an_unknown_kind_hear_nothing(true):
    notify("essai", 1, [UserFactory(is_active=False)])
    notify("inconnu", 1, [UserFactory()])
    age()
    assert mail_due() == 0


def test_a_mail_server_that_is_down_loses_nothing(true, monkeypatch):
    notify("essai", 1, [UserFactory(), UserFactory()])
    age()

    def down(*args, **kwargs):
        raise SMTPException

    with monkeypatch.context() as patch:
        patch.setattr(services, "send", down)
        assert mail_due() == 0
    assert mail_due() == 2


def test_a_subject_holds_no_line_break(true, monkeypatch):
    services.register_teller("essai", lambda user, ids: {i: Told("a\r\nBcc: x@y", "b", "/") for i in ids})
    notify("essai", 1, [UserFactory()])
    age()
    mail_due()
    assert "\n" not in mail.outbox[0].subject
