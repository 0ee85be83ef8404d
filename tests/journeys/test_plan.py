"""Finding one's way in the plan, and reading where it stands."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.people import COORDINATOR, ELU, PHONE, SUNDGAU

pytestmark = pytest.mark.journey


def test_find_a_fiche(someone):
    """By a theme, then by a word without its accents; the address of what is shown can be sent."""
    visitor = someone(COORDINATOR)
    page = visitor.visit(f"/ctg/{SUNDGAU}/plan/")
    rows = page.locator("#plan-liste td a.t")
    expect(rows).to_have_count(12)

    page.get_by_label("Thématique").select_option("Jeunesse")
    expect(rows).to_have_count(2)
    expect(page).to_have_url(re.compile(r"theme=\d+"))
    expect(page.get_by_text("2 fiches sur 12")).to_be_visible()
    visitor.look()

    page.get_by_label("Thématique").select_option("")
    expect(rows).to_have_count(12)
    page.get_by_label("Chercher dans le plan").fill("perisco")
    page.get_by_label("Chercher dans le plan").press("Enter")
    expect(rows).to_have_text(["Consolider l’offre d’accueil périscolaire et extrascolaire"])
    visitor.visit(page.url.removeprefix(visitor.site))
    expect(rows).to_have_count(1)

    rows.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Consolider l’offre d’accueil périscolaire et extrascolaire"
    )
    page.go_back()
    expect(page.get_by_label("Chercher dans le plan")).to_have_value("perisco")
    expect(rows).to_have_count(1)

    page.get_by_label("Chercher dans le plan").fill("zzz")
    page.get_by_label("Chercher dans le plan").press("Enter")
    expect(page.get_by_text("Aucune fiche ne répond à ces filtres")).to_be_visible()
    visitor.look()


def test_read_the_dashboard(someone):
    """An élu, from the list of conventions to the fiche that is in difficulty."""
    visitor = someone(ELU)
    page = visitor.visit("/")
    page.get_by_role("main").get_by_role("link", name="Sundgau").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tableau de bord")
    visitor.look()
    expect(page.locator(".say")).to_contain_text("fiches sur douze sont engagées")

    table = page.get_by_role("table").filter(has=page.get_by_text("Fiches de chaque axe, par statut"))
    expect(table).to_be_hidden()
    page.get_by_text("Tableau des valeurs").first.click()
    expect(table).to_be_visible()
    counts = table.get_by_role("row", name="Tout le plan").get_by_role("cell").all_inner_texts()
    assert sum(int(count) for count in counts) == 12

    trouble = page.get_by_role("region", name="En difficulté")
    title = trouble.get_by_role("link").first.inner_text()
    trouble.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title.partition(" ")[2])
    expect(page.get_by_role("link", name=re.compile("^Modifier"))).to_have_count(0)


def test_phone(someone):
    """390 points wide: the navigation is behind « Menu »."""
    visitor = someone(ELU, **PHONE)
    page = visitor.visit(f"/ctg/{SUNDGAU}/")
    navigation = page.get_by_role("navigation", name="Convention")
    expect(navigation).to_be_hidden()
    page.get_by_role("button", name="Menu").tap()
    expect(navigation).to_be_visible()
    visitor.look()
    page.keyboard.press("Escape")
    expect(navigation).to_be_hidden()

    page.get_by_role("button", name="Menu").tap()
    navigation.get_by_role("link", name="Plan d’actions").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Plan d’actions")
    page.get_by_role("link", name="Consolider le réseau parentalité").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Consolider le réseau parentalité")
    visitor.look()
