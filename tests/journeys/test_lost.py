"""Nothing typed is lost: session expired, tab closed. And what is not for everybody is refused."""

import pytest
from playwright.sync_api import expect

from governance.importers.trial_files import PASSWORD
from tests.journeys.people import COORDINATOR, ELU, STRANGER, SUNDGAU, fiche_path, open_section
from tests.journeys.test_sign_in import fill_in

pytestmark = pytest.mark.journey


def test_session_expires_while_writing(someone):
    """The text stays in the form; the session is opened again in another tab; the text is saved."""
    visitor = someone(COORDINATOR)
    page = visitor.visit(fiche_path(SUNDGAU, "1"))
    section = page.locator("#moyens")
    text = open_section(page, "moyens", "Moyens")
    text.fill("Écrit avant que la session n’expire.")
    visitor.session_expires()
    section.get_by_role("button", name="Enregistrer").click()
    message = page.locator("#messages")
    expect(message).to_contain_text("Votre session a expiré.")
    expect(text).to_have_text("Écrit avant que la session n’expire.")
    visitor.look()

    with visitor.context.expect_page() as opened:
        message.get_by_role("link", name="rouvrez votre session").click()
    fill_in(opened.value, COORDINATOR, PASSWORD)
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Mes conventions")
    opened.value.close()

    section.get_by_role("button", name="Enregistrer").click()
    expect(section.locator(".val")).to_have_text("Écrit avant que la session n’expire.")
    expect(message).to_be_empty()


def test_unsaved_text_is_offered_again(someone):
    """After a reload as after a closed tab, and until it is saved."""
    visitor = someone(COORDINATOR)
    path = fiche_path(SUNDGAU, "1")

    def opens():
        return open_section(visitor.visit(path), "moyens", "Moyens")

    opens().fill("Pas encore enregistré.")
    text, section = opens(), visitor.page.locator("#moyens")
    expect(section.get_by_role("status")).to_contain_text("Un texte non enregistré a été retrouvé")
    expect(text).to_have_text("")
    visitor.look()
    section.get_by_role("button", name="Reprendre").click()
    expect(text).to_have_text("Pas encore enregistré.")
    section.get_by_role("button", name="Enregistrer").click()
    expect(section.locator(".val")).to_have_text("Pas encore enregistré.")
    opens()
    expect(section.get_by_role("status")).to_have_count(0)


def test_without_scripts(someone):
    """Sign in, filter, edit, see the session expire, record a value: with plain links and forms."""
    visitor = someone(java_script_enabled=False)
    page = visitor.visit(f"/ctg/{SUNDGAU}/plan/")
    fill_in(page, COORDINATOR, PASSWORD)
    page.get_by_label("Thématique").select_option("Jeunesse")
    page.get_by_role("button", name="Filtrer").click()
    rows = page.locator("#plan td a.t")
    expect(rows).to_have_count(2)
    rows.filter(has_text="Guider et soutenir").click()

    page.locator("#vides").get_by_role("link", name="Moyens").click()
    page.get_by_label("Moyens").fill("Sans script.")
    visitor.session_expires()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre session a expiré")
    expect(page.get_by_label("Moyens")).to_have_value("Sans script.")
    visitor.look()
    visitor.sign_in(COORDINATOR)
    page.get_by_role("button", name="J’ai rouvert ma session, enregistrer").click()
    expect(page.get_by_role("status")).to_contain_text("La section est enregistrée.")
    expect(page.locator("#moyens .val")).to_have_text("Sans script.")

    page.get_by_role("link", name="Saisir une valeur : Fréquentation du SIJ").click()
    page.get_by_label("Du (obligatoire)").fill("2025-01-01")
    page.get_by_label("Au (obligatoire)").fill("2025-01-31")
    page.get_by_label("Valeur").fill("douze")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_label("Valeur")).to_have_value("douze")
    page.get_by_label("Valeur").fill("12")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("status")).to_contain_text("La valeur est enregistrée.")
    visitor.look()


def test_refused_elsewhere(someone):
    """A stranger is told that nothing is there; an insider, that the act is for others."""
    stranger, insider = someone(STRANGER), someone(ELU)
    fiche = fiche_path(SUNDGAU, "1")
    for path in (f"/ctg/{SUNDGAU}/", f"/ctg/{SUNDGAU}/parametres/", fiche):
        page = stranger.visit(path, status=404)
        expect(page.get_by_role("heading", level=1)).to_have_text("Cette page est introuvable")
        expect(page.get_by_role("banner")).not_to_contain_text("Sundgau")
    for path in (f"/ctg/{SUNDGAU}/parametres/", f"{fiche}sections/moyens/", "/administration/"):
        page = insider.visit(path, status=403)
        expect(page.get_by_role("heading", level=1)).to_have_text("Votre rôle ne permet pas cet acte")
    page.get_by_role("link", name="Aller à l’accueil").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mes conventions")
