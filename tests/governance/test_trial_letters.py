"""The trial's newsletter and public pages: all made up, and loaded again without a trace of the former ones."""

import pytest
from django.db import transaction
from django.test import Client, override_settings

from ctg.links.models import SignedLink
from ctg.mail.models import Envelope
from ctg.mail.report import report
from governance.importers import trial, trial_letters
from governance.models import Newsletter, PublicPage, Subscriber
from governance.notifications.newsletter import NEWSLETTER
from governance.querysets import SUBSCRIPTION
from territories.importers import load_reference

pytestmark = pytest.mark.django_db

M2A, SUNDGAU = "m2a-2024-2026", "sundgau-2025-2029"


@pytest.fixture(scope="module", autouse=True)
def _loaded(django_db_setup, django_db_blocker):
    """Loaded twice, as after a change of its files; then the tests only read."""
    with django_db_blocker.unblock(), override_settings(TRIAL=True), transaction.atomic():
        load_reference("68")
        files = trial.read_files()
        assert trial.load_trial(files) is not None
        again = type(files)(files.organisations, files.people, files.conventions, "another digest")
        assert trial.load_trial(again) is not None
        yield
        transaction.set_rollback(True)


def test_a_dozen_subscribers_in_every_state():
    people = Subscriber.objects.filter(convention__slug=SUNDGAU)
    assert people.count() == 12
    assert set(people.values_list("state", flat=True)) == set(Subscriber.State.values)
    assert {one.address.partition("@")[2] for one in people} == {"example.org"}
    assert SignedLink.objects.filter(purpose=SUBSCRIPTION).count() == 12


def test_one_issue_has_left_and_one_is_written():
    second, first = Newsletter.objects.filter(convention__slug=SUNDGAU)
    assert (first.number, first.state, second.number, second.state) == (1, "sent", 2, "draft")
    found = report([first.batch])[first.batch]
    assert (found.counts, found.is_over) == ({"sent": 7, "refused": 1}, True)
    assert Envelope.objects.count() == 8
    assert trial_letters.LETTER == NEWSLETTER
    assert "fictive" in Client().get(first.read_url).content.decode()


def test_a_page_is_out_and_another_prepared():
    assert {page.convention.slug: page.is_published for page in PublicPage.objects.all()} == {
        SUNDGAU: True,
        M2A: False,
    }
    body = Client().get(f"/decouvrir/{SUNDGAU}/").content.decode()
    assert [name for name in PublicPage.SECTIONS if f'<section id="{name}"' in body] == list(
        PublicPage.SECTIONS
    )
    assert "Plan public ; statuts, dates, valeurs et évaluations fictifs." in body.replace("\u00a0", " ")
    assert body.count("donnée fictive") == 8
    assert Client().get(f"/decouvrir/{M2A}/").status_code == 404
