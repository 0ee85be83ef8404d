"""À faire: the list is worked through without leaving it."""

import pytest
from playwright.sync_api import expect

from tests.journeys.people import COORDINATOR, ELU, SUNDGAU

pytestmark = pytest.mark.journey
STEP = "Réflexion autour du dispositif PAEJE"


def test_todo_is_done_on_the_spot(someone):
    """A date passed is put right in two clicks, a value is typed, and both leave the list."""
    visitor = someone(COORDINATOR)
    page = visitor.visit(f"/ctg/{SUNDGAU}/")
    page.get_by_role("link", name="À faire").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("À faire")
    visitor.look()

    line = page.locator("[data-move]").filter(has_text=STEP)
    line.get_by_role("link", name=f"Mettre à jour : {STEP}").click()
    form = page.locator("[data-move].editing")
    expect(form.get_by_label("État")).to_be_visible()
    visitor.look()
    form.get_by_role("link", name="Annuler").click()
    expect(page.locator("[data-move]").filter(has_text=STEP)).to_be_visible()

    page.get_by_role("link", name=f"Mettre à jour : {STEP}").click()
    form.get_by_label("État").select_option("done")
    form.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("status").filter(has_text="L’étape est enregistrée.")).to_be_focused()
    visitor.look()

    page.get_by_role("link", name="Écrire un point d’étape").first.click()
    form.get_by_role("button", name="Enregistrer").click()
    expect(form.locator("[aria-invalid=true]")).to_be_focused()
    form.get_by_label("Point d’étape").fill("Deux réunions depuis l’été.")
    form.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("status").filter(has_text="Le point d’étape est enregistré.")).to_be_visible()

    page.get_by_role("link", name="Saisir T3 2026").click()
    expect(form.get_by_label("Numérateur")).to_be_focused()
    form.get_by_role("link", name="Annuler").click()

    page.reload()
    expect(page.locator("[data-move]").filter(has_text=STEP)).to_have_count(0)


def test_todo_is_not_for_who_only_reads(someone):
    visitor = someone(ELU)
    page = visitor.visit(f"/ctg/{SUNDGAU}/")
    expect(
        page.get_by_role("navigation", name="Convention").get_by_role("link", name="À faire")
    ).to_have_count(0)
    visitor.visit(f"/ctg/{SUNDGAU}/a-faire/")
    expect(page.get_by_role("main")).to_contain_text("Rien à faire")
    visitor.look()
