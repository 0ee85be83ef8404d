"""The plan leaves for a spreadsheet and comes back: exported, changed, looked at, applied, taken back."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from ctg.sheets import read_workbook
from tests.actions.spreadsheet import Opened
from tests.journeys.people import COORDINATOR, SUNDGAU, fiche_path

pytestmark = pytest.mark.journey

PLAN = f"/ctg/{SUNDGAU}/plan/"
FICHE = "Guider et soutenir les jeunes dans leur parcours"


def downloaded(page, click) -> bytes:
    with page.expect_download() as download:
        click()
    return Path(download.value.path()).read_bytes()


def send(visitor, content: bytes, tmp_path: Path) -> None:
    """Choose the file, send it, wait for what it would change."""
    page = visitor.page
    file = tmp_path / "plan.xlsx"
    file.write_bytes(content)
    visitor.visit(f"{PLAN}classeurs/")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Envoyer et comparer").click()
    expect(page.get_by_text("Rien n’est encore écrit.")).to_be_visible()
    visitor.look()


def test_export_what_the_filters_leave(someone):
    """Every format takes what is on screen, after the filters changed it in place."""
    visitor = someone("lecture.sundgau@example.org")
    page = visitor.visit(PLAN)
    page.get_by_label("Statut").first.select_option(label="réalisée")
    expect(page).to_have_url(f"{visitor.site}{PLAN}?status=realisee")
    menu = page.locator("#plan-exports")
    menu.locator("summary").click()
    visitor.look()
    assert menu.get_by_role("link", name="Renvoyer un classeur modifié").count() == 0
    content = downloaded(page, menu.get_by_role("button", name="Excel (.xlsx)").click)
    statuses = {row[4] for row in read_workbook(content)["Fiches"].rows[1:]}
    assert statuses == {"réalisée"}


def test_bring_back_a_plan(someone, tmp_path):
    visitor = someone(COORDINATOR)
    page = visitor.visit(PLAN)
    page.locator("#plan-exports summary").click()
    book = Opened(downloaded(page, page.get_by_role("button", name="Classeur modifiable (.xlsx)").click))

    # A word that is no status: the file comes back with its cell in red.
    book.set("Fiches", FICHE, "Statut", "presque fini")
    book.set("Fiches", FICHE, "Public cible", "Jeunes de 12 à 25 ans")
    send(visitor, book.saved(), tmp_path)
    expect(page.get_by_role("cell", name="« presque fini » n’est pas reconnu.")).to_be_visible()
    marked = page.get_by_role("link", name="Classeur à corriger (.xlsx)")
    book = Opened(downloaded(page, marked.click))

    # Corrected, with a title: the plan is a contract.
    book.set("Fiches", FICHE, "Statut", "en pause")
    book.set("Fiches", FICHE, "Titre", "Guider les jeunes")
    book.add("Étapes", Fiche="7", Étape="Ouvrir le mercredi")
    send(visitor, book.saved(), tmp_path)
    main = page.get_by_role("main")
    expect(main).to_contain_text("3 cellules changées")
    expect(main).to_contain_text("Étape « Ouvrir le mercredi »")
    page.get_by_role("button", name="Appliquer au plan").click()
    expect(page.get_by_text("dites ce qui fonde ce changement")).to_be_visible()
    visitor.look()
    page.get_by_label("la correction d’une erreur de saisie").check()
    page.get_by_role("button", name="Appliquer au plan").click()
    expect(main).to_contain_text("Ce classeur est appliqué")
    visitor.look()
    address = page.url.removeprefix(visitor.site)

    fiche = fiche_path(SUNDGAU, "7")
    visitor.visit(fiche)
    expect(page.get_by_role("heading", level=1)).to_have_text("Guider les jeunes")
    expect(page.get_by_role("main")).to_contain_text("Ouvrir le mercredi")

    visitor.visit(address)
    page.get_by_role("button", name="Défaire ce retour").click()
    page.get_by_role("dialog").get_by_role("button", name="Défaire").click()
    expect(main).to_contain_text("Ce retour est défait")
    visitor.look()
    visitor.visit(fiche)
    expect(page.get_by_role("heading", level=1)).to_have_text(FICHE)
    expect(page.get_by_role("main")).not_to_contain_text("Ouvrir le mercredi")


def test_choose_between_two_changes(someone, tmp_path):
    """Somebody changed on screen what the workbook changes too."""
    visitor = someone(COORDINATOR)
    page = visitor.visit(f"{PLAN}classeurs/")
    book = Opened(downloaded(page, page.get_by_role("button", name="Plan complet, modifiable").click))
    book.set("Fiches", FICHE, "Échéancier", "2025-2028")
    visitor.visit(f"{fiche_path(SUNDGAU, '7')}sections/echeancier/")
    page.get_by_label("Échéancier").fill("2026-2029")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_label("Échéancier")).to_have_count(0)

    send(visitor, book.saved(), tmp_path)
    expect(page.get_by_role("heading", name="À choisir")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("2026-2029")
    page.get_by_label("Garder ce qui est enregistré").check()
    page.get_by_role("button", name="Appliquer au plan").click()
    expect(page.get_by_role("main")).to_contain_text("Ce classeur est appliqué")
    visitor.visit(fiche_path(SUNDGAU, "7"))
    expect(page.get_by_role("main")).to_contain_text("2026-2029")
