"""Somebody is spoken to: the bell says so, the mail comes, and one choice stops the mails."""

import pytest
from django.conf import settings
from playwright.sync_api import expect

from ctg.accounts.models import User
from ctg.notices.services import post_due
from ctg.notices.stop import stop_token
from tests.factories.notices import age
from tests.journeys.people import COORDINATOR, ELU, PHONE, SUNDGAU, fiche_path

pytestmark = pytest.mark.journey

ELUE = "Élue référente CTG, CCS"


def speak(visitor, path, words):
    page = visitor.visit(path)
    discussion = page.locator("#discussion")
    discussion.get_by_role("link", name="Écrire un commentaire").click()
    discussion.get_by_label("Commentaire").fill(words)
    discussion.get_by_role("button", name="Enregistrer").click()
    expect(discussion).to_contain_text(words)


def five_minutes_later(work_done):
    age()
    post_due()
    work_done()


def test_mention(someone, work_done, mailoutbox):
    elu, coordinator = someone(ELU, **PHONE), someone(COORDINATOR)
    path = fiche_path(SUNDGAU, "7")
    speak(coordinator, path, f"@{ELUE} : qui ouvre la séance ?")
    expect(coordinator.page.get_by_role("link", name="Avis", exact=True)).to_be_visible()

    page = elu.visit(f"/ctg/{SUNDGAU}/")
    page.get_by_role("link", name="Avis\xa0: 1\xa0nouveau").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Avis")
    expect(page.get_by_role("main")).to_contain_text("qui ouvre la séance ?")
    expect(page.get_by_role("main")).to_contain_text("nouveau")
    expect(page.get_by_role("link", name="Avis", exact=True)).to_be_visible()
    elu.look()
    page.get_by_role("link", name="s’adresse à vous").click()
    expect(page.locator("#discussion")).to_contain_text("qui ouvre la séance ?")
    expect(page.get_by_role("link", name="Avis", exact=True)).to_be_visible()
    five_minutes_later(work_done)
    assert mailoutbox == []  # it was read

    speak(coordinator, path, f"@{ELUE} : et qui la clôt ?")
    five_minutes_later(work_done)
    [mail] = mailoutbox
    assert "et qui la clôt ?" in mail.body
    assert f"{settings.BASE_URL}/mon-compte/courriels/" in mail.body

    page = elu.visit("/mon-compte/courriels/")
    page.get_by_label("Recevoir les avis par courriel").uncheck()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("#messages")).to_contain_text("Vos choix sont enregistrés.")
    expect(page.get_by_label("Recevoir les avis par courriel")).not_to_be_checked()
    elu.look()
    speak(coordinator, path, f"@{ELUE} : rappel.")
    five_minutes_later(work_done)
    assert len(mailoutbox) == 1
    expect(elu.visit("/").get_by_role("link", name="Avis\xa0: 2\xa0nouveaux")).to_be_visible()


def test_stop_without_signing_in(someone):
    stranger = someone(**PHONE)
    page = stranger.visit(f"/avis/arreter/{stop_token(User.objects.get(email=ELU), 'notices')}/")
    page.get_by_role("button", name="Arrêter ces courriels").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("C’est arrêté")
    stranger.look()
