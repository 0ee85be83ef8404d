"""A fiche, edited in place and followed."""

import pytest
from playwright.sync_api import expect

from tests.journeys.people import COORDINATOR, SUNDGAU, YOUTH, fiche_path, open_section

pytestmark = pytest.mark.journey


def test_edit_a_section_in_place(someone):
    visitor = someone(COORDINATOR)
    page = visitor.visit(fiche_path(SUNDGAU, "1"))
    section = page.locator("#moyens")
    text = open_section(page, "moyens", "Moyens")
    expect(text).to_be_focused()
    visitor.look()

    text.fill("Deux agents à mi-temps.\n\n<script>alert(1)</script>")
    section.get_by_role("link", name="Annuler").click()
    expect(section).to_be_hidden()

    text = open_section(page, "moyens", "Moyens")
    expect(text).to_have_text("")
    text.fill("Deux agents à mi-temps.\n\n<script>alert(1)</script>")
    section.get_by_role("button", name="Enregistrer").click()
    expect(section.locator(".val").get_by_text("Deux agents à mi-temps.")).to_be_visible()
    expect(section.locator(".val").get_by_text("<script>alert(1)</script>")).to_be_visible()
    expect(page).to_have_url(f"{visitor.site}{fiche_path(SUNDGAU, '1')}")
    visitor.look()

    page.get_by_role("link", name="Historique", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("Deux agents à mi-temps.")


def test_two_people_on_one_field(someone):
    """The second to save sees both texts and decides; nothing is lost."""
    first, second = someone(COORDINATOR), someone(YOUTH)
    path = fiche_path(SUNDGAU, "7")
    ours, theirs = first.visit(path).locator("#enjeux"), second.visit(path).locator("#enjeux")
    open_section(first.page, "enjeux", "Enjeux").fill("Le texte de la coordination.")
    open_section(second.page, "enjeux", "Enjeux").fill("Le texte de la jeunesse.")
    ours.get_by_role("button", name="Enregistrer").click()
    expect(ours.locator(".val")).to_have_text("Le texte de la coordination.")

    with second.page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        theirs.get_by_role("button", name="Enregistrer").click()
    assert answer.value.status == 409
    conflict = theirs.get_by_role("alert")
    expect(conflict).to_contain_text("a modifié ce champ pendant que vous écriviez.")
    expect(conflict).to_contain_text("Le texte de la coordination.")
    expect(conflict).to_contain_text("Le texte de la jeunesse.")
    expect(conflict).to_be_focused()
    text = theirs.get_by_role("textbox", name="Enjeux")
    expect(text).to_have_text("Le texte de la jeunesse.")
    second.look()

    text.fill("Le texte des deux.")
    theirs.get_by_role("button", name="Enregistrer").click()
    expect(theirs.locator(".val")).to_have_text("Le texte des deux.")
    expect(first.visit(path).locator("#enjeux .val")).to_have_text("Le texte des deux.")


def test_tick_a_step(someone):
    """The head of the page counts with it."""
    visitor = someone(COORDINATOR)
    page = visitor.visit(fiche_path(SUNDGAU, "7"))
    head, steps = page.locator("#tete"), page.locator("#etapes")
    expect(head).to_contain_text("2 étapes sur 4")
    steps.get_by_role("button", name="Marquer comme faite : Réflexion autour du dispositif PAEJE").click()
    expect(head).to_contain_text("3 étapes sur 4")
    done = steps.get_by_role("button", name="Faite ; rouvrir : Réflexion autour du dispositif PAEJE")
    expect(done).to_be_focused()
    visitor.look()
    done.click()
    expect(head).to_contain_text("2 étapes sur 4")


def test_record_a_value(someone):
    """Letters are refused beside the field and kept; a decimal comma is understood."""
    visitor = someone(COORDINATOR)
    page = visitor.visit(fiche_path(SUNDGAU, "1"))
    indicators = page.locator("#indicateurs")
    indicators.get_by_role("link", name="Nombre de personnes présentes au forum").click()
    indicators.get_by_label("Du (obligatoire)").fill("2026-01-01")
    indicators.get_by_label("Au (obligatoire)").fill("2026-06-30")
    value = indicators.get_by_label("Valeur")
    value.fill("beaucoup")
    indicators.get_by_role("button", name="Enregistrer").click()
    expect(value).to_have_attribute("aria-invalid", "true")
    expect(value).to_be_focused()
    expect(value).to_have_value("beaucoup")
    visitor.look()

    value.fill("61,5")
    indicators.get_by_role("button", name="Enregistrer").click()
    shown = indicators.locator(".indicator").filter(has_text="Nombre de personnes présentes au forum")
    expect(shown.get_by_text("2 valeurs")).to_be_visible()
    shown.get_by_text("2 valeurs").click()
    expect(shown.get_by_role("listitem").filter(has_text="61,5")).to_be_visible()
    visitor.look()


def test_keyboard_only(someone):
    """From the top of the page to a saved text, the focus always in sight."""
    visitor = someone(COORDINATOR)
    page = visitor.visit(fiche_path(SUNDGAU, "1"))

    def tab_to(target) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            shadow = page.evaluate("getComputedStyle(document.activeElement).boxShadow")
            assert (outline, shadow) != ("none", "none"), page.evaluate("document.activeElement.outerHTML")
            if target.evaluate("(element) => element === document.activeElement"):
                return
        pytest.fail("jamais atteint par la touche Tab")

    tab_to(page.get_by_role("link", name="Aller au contenu"))
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#contenu")).to_be_focused()
    tab_to(page.get_by_role("link", name="Modifier : Constat"))
    page.keyboard.press("Enter")
    section = page.locator("#constat")
    expect(section.locator(".ProseMirror")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("Écrit au clavier.")
    tab_to(section.get_by_role("button", name="Enregistrer"))
    page.keyboard.press("Enter")
    expect(section.locator(".val").get_by_text("Écrit au clavier.")).to_be_visible()
    expect(section.locator(":focus")).to_have_count(1)
