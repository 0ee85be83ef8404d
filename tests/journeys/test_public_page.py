"""A coordination publishes its page; somebody who knows nothing reads it on a phone, and asks for the letter."""

import pytest
from playwright.sync_api import expect

from tests.journeys.people import M2A, PHONE, SUNDGAU

pytestmark = pytest.mark.journey

COORDINATOR = "coordination.m2a@example.org"


def test_published_read_on_a_phone_and_subscribed_from(someone):
    coordinator, guest = someone(COORDINATOR), someone(**PHONE)
    page = coordinator.visit(f"/ctg/{M2A}/lettres/")
    page.get_by_role("link", name="Page publique").click()
    coordinator.look()
    guest.visit(f"/decouvrir/{M2A}/", status=404)

    # Words and marks, saved together: nothing is offered back.
    page.get_by_label("présentation").fill("Ici, les familles d’abord.")
    page.locator("#a-publier").get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("#messages")).to_contain_text("La page est enregistrée")
    expect(page.locator("#a-publier").get_by_role("checkbox").first).to_be_checked()
    expect(page.get_by_label("présentation")).to_have_value("Ici, les familles d’abord.")
    expect(page.locator("[data-draft-take]")).to_have_count(0)
    page.get_by_role("link", name="Aperçu").click()
    expect(page.get_by_role("status")).to_contain_text("pas encore publiée")
    coordinator.look()
    page.go_back()
    page.get_by_role("button", name="Publier").click()
    expect(page.locator("#messages")).to_contain_text("La page est publiée")
    coordinator.look()

    seen = guest.visit(f"/decouvrir/{M2A}/")
    expect(seen.get_by_role("heading", level=2, name="Les temps forts")).to_be_visible()
    page.get_by_role("button", name="Retirer").click()
    page.get_by_role("dialog").get_by_role("button", name="Retirer").click()
    expect(page.locator("#messages")).to_contain_text("La page est retirée")
    guest.visit(f"/decouvrir/{M2A}/", status=404)

    seen = guest.visit(f"/decouvrir/{SUNDGAU}/")
    seen.locator("summary", has_text="Sur cette page").click()
    seen.get_by_role("link", name="La lettre", exact=True).click()
    seen.get_by_role("link", name="Recevoir la lettre").click()
    guest.look()
    seen.get_by_label("Votre adresse électronique").fill("quelquun@example.org")
    seen.get_by_label("J’accepte de recevoir").check()
    seen.get_by_role("button", name="M’abonner").click()
    expect(seen.get_by_role("heading", level=1)).to_have_text("Regardez vos courriels")
    guest.look()
