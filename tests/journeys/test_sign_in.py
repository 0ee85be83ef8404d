"""Coming in and going out."""

import re

import pytest
from playwright.sync_api import Page, expect

from governance.importers.trial_files import PASSWORD
from tests.journeys.people import COORDINATOR, SUNDGAU

pytestmark = pytest.mark.journey


def fill_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("Adresse électronique").fill(email)
    page.get_by_label("Mot de passe").fill(password)
    page.get_by_role("button", name="Se connecter").click()


def test_sign_in_and_out(someone):
    """From a link received by mail: the page that was wanted comes after the sign-in."""
    visitor = someone()
    page = visitor.visit(f"/ctg/{SUNDGAU}/plan/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Connexion")

    fill_in(page, COORDINATOR, "pas le bon mot de passe")
    expect(page.get_by_role("alert")).to_contain_text("incorrect")
    visitor.look()

    fill_in(page, COORDINATOR, PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Plan d’actions")

    page.locator("summary").filter(has_text="Mon compte").click()
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connexion")
    visitor.visit(f"/ctg/{SUNDGAU}/plan/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Connexion")


def test_forgotten_password(someone, mailoutbox):
    visitor = someone()
    page = visitor.visit("/compte/login/")
    visitor.visit("/compte/password/reset/")
    page.get_by_label("Adresse électronique").fill(COORDINATOR)
    page.get_by_role("main").get_by_role("button").last.click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Mot de passe oublié")
    visitor.look()

    link = re.search(r"http://\S+(/compte/password/reset/key/\S+/)", mailoutbox[0].body)
    assert link
    visitor.visit(link[1])
    fields = page.locator("input[type=password]")
    for place in range(fields.count()):
        fields.nth(place).fill("un-tout-nouveau-passe-68")
    page.get_by_role("main").get_by_role("button").last.click()
    expect(fields).to_have_count(0)
    visitor.look()

    visitor.visit("/compte/login/")
    fill_in(page, COORDINATOR, "un-tout-nouveau-passe-68")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mes conventions")


def test_invite_somebody(someone, mailoutbox, work_done):
    """The coordination invites; the person chooses a password and reads the convention, no more."""
    coordinator = someone(COORDINATOR)
    page = coordinator.visit(f"/ctg/{SUNDGAU}/parametres/membres/inviter/")
    page.get_by_label("Organisme").select_option("Communauté de communes Sundgau")
    page.get_by_label("Nom").fill("Accueil d’Altkirch")
    page.get_by_label("Adresse électronique").fill("pas une adresse")
    page.locator("input[name=role][value=reader]").check()
    page.get_by_role("button", name="Envoyer l’invitation").click()
    expect(page.get_by_label("Adresse électronique")).to_be_focused()
    expect(page.get_by_label("Adresse électronique")).to_have_value("pas une adresse")
    coordinator.look()
    page.get_by_label("Adresse électronique").fill("accueil.altkirch@example.org")
    page.get_by_role("button", name="Envoyer l’invitation").click()
    expect(page.get_by_role("status")).to_contain_text("Une invitation part à accueil.altkirch@example.org.")
    coordinator.look()

    work_done()
    link = re.search(r"http://[^/]+(/invitation/\S+)", mailoutbox[0].body)
    assert link
    guest = someone()
    page = guest.visit(link[1])
    expect(page.get_by_role("main")).to_contain_text("accueil.altkirch@example.org")
    fields = page.locator("input[type=password]")
    for place in range(fields.count()):
        fields.nth(place).fill("un-tout-nouveau-passe-68")
    page.get_by_role("button", name="Ouvrir mon compte").click()
    page.get_by_role("main").get_by_role("link", name="Sundgau").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tableau de bord")
    guest.visit(link[1], status=410)
    expect(page.get_by_role("heading", level=1)).to_have_text("Cette invitation ne sert plus")
    guest.visit(f"/ctg/{SUNDGAU}/parametres/", status=403)
