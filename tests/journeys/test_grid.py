"""The grid of indicators: typed by keyboard, pasted from a spreadsheet, by two people at once."""

import pytest
from playwright.sync_api import expect

from actions.models import Indicator, Measurement
from tests.journeys.people import COORDINATOR, PHONE, SUNDGAU, YOUTH

pytestmark = pytest.mark.journey

GRID = f"/ctg/{SUNDGAU}/indicateurs/saisie/"
PASTE = """(cell, text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  cell.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def value(label, year=2026):
    """What is stored: a number, a state; None when there is nothing."""
    found = Measurement.objects.filter(
        indicator__label=label, period_end__year=year, status="accepted"
    ).first()
    return found and (found.state if found.value is None else float(found.value))


def test_paste_a_block_with_a_bad_cell(someone):
    """What can be saved is; what cannot is listed with its reason, and stays to be put right."""
    visitor = someone(COORDINATOR)
    page = visitor.visit(GRID)
    first = page.get_by_label("Nombre de personnes présentes au forum, 2025")
    # Two columns, as copied from a spreadsheet: 2025 and 2026 of the first indicators.
    block = "85\t1\u202f234,5\r\n6\tdouze\r\n236\t-\r\n512\t12.5\r\n\tN/A\r\n"
    first.evaluate(PASTE, block)

    report = page.locator("#grid-report")
    expect(report).to_contain_text("3 valeurs enregistrées, 2 refusées.")
    bad = page.get_by_label("Nombre d’interventions auprès des agents en contact avec le public, 2026")
    expect(bad).to_have_value("douze")
    expect(bad).to_have_attribute("aria-invalid", "true")
    expect(report).to_contain_text("Ce n’est pas un nombre : « douze ».")
    expect(report).to_contain_text("« N/A » ne dit pas pourquoi la valeur manque")
    expect(page.get_by_label("Nombre de personnes présentes au forum, 2026")).to_have_value("1234,5")
    visitor.look()
    assert [value("Nombre de personnes présentes au forum", year) for year in (2025, 2026)] == [85, 1234.5]
    assert value("Nombre de participants aux événements") == 12.5
    assert value("Nombre d’interventions auprès des agents en contact avec le public") is None

    report.get_by_role("link", name="en contact avec le public, 2026").click()
    expect(bad).to_be_focused()
    bad.fill("12")
    bad.press("Enter")
    expect(report).not_to_contain_text("douze")
    expect(bad).not_to_have_attribute("aria-invalid", "true")
    assert value("Nombre d’interventions auprès des agents en contact avec le public") == 12


def test_undo_a_paste(someone):
    """What it replaced is said; one button puts it back, and drops what could not be saved."""
    visitor = someone(COORDINATOR)
    page = visitor.visit(GRID)
    label = "Nombre de personnes présentes au forum"
    cell = page.get_by_label(f"{label}, 2025")
    before = value(label, 2025)
    cell.evaluate(PASTE, "85\t90\r\ndouze\t\r\n")
    report = page.locator("#grid-report")
    expect(report).to_contain_text(f"1 valeur remplacée : {label}, 2025 : {before:g} → 85")
    visitor.look()
    report.get_by_role("button", name="Annuler ce collage").click()
    expect(page.locator("#messages")).to_contain_text("2 valeurs remises comme avant")
    expect(cell).to_have_value(f"{before:g}")
    assert (value(label, 2025), value(label, 2026)) == (before, None)
    expect(page.locator("#grid-report li")).to_have_count(0)
    visitor.look()


def test_by_keyboard_only(someone):
    """Arrows and Enter move, typing replaces, Escape gives back, Tab leaves in the end."""
    visitor = someone(COORDINATOR)
    page = visitor.visit(GRID)
    forum = page.get_by_label("Nombre de personnes présentes au forum, 2025")
    below = page.get_by_label("Nombre d’interventions auprès des agents en contact avec le public, 2025")
    forum.focus()
    page.keyboard.press("ArrowDown")
    expect(below).to_be_focused()
    page.keyboard.press("ArrowRight")
    running = page.get_by_label("Nombre d’interventions auprès des agents en contact avec le public, 2026")
    expect(running).to_be_focused()
    page.keyboard.type("9")
    page.keyboard.press("ArrowLeft")  # within the text that is being typed
    expect(running).to_be_focused()
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Nombre de personnes au forum des associations, 2026")).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Enregistré")).to_contain_text(
        "en contact avec le public, 2026"
    )
    assert value("Nombre d’interventions auprès des agents en contact avec le public") == 19

    page.keyboard.type("~200")
    page.keyboard.press("Tab")
    shown = page.get_by_label("Nombre de personnes au forum des associations, 2026")
    expect(shown).to_have_attribute("data-state", "saved")
    assert (
        Measurement.objects.get(
            indicator__label__startswith="Nombre de personnes au forum des", period_end__year=2026
        ).state
        == "estimated"
    )
    shown.focus()
    page.keyboard.type("300")
    page.keyboard.press("Escape")
    expect(shown).to_have_value("~200")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    expect(shown).to_have_attribute("data-state", "saved")
    assert value("Nombre de personnes au forum des associations") is None
    visitor.look()


def test_where_one_stands_follows_what_is_typed(someone):
    page = someone(COORDINATOR).visit(GRID)
    row = page.get_by_role("row").filter(has_text="Nombre de 10-18 ans différents participants")
    expect(row).to_contain_text("sur la trajectoire")
    cell = page.get_by_label("Nombre de 10-18 ans différents participants aux activités, 2025")
    cell.fill("201")
    cell.press("Enter")
    expect(row).to_contain_text("atteint")


def test_two_people_in_one_cell(someone):
    """The second sees what the first saved, in the cell, and decides."""
    first, second = someone(COORDINATOR), someone(YOUTH)
    label = "Nombre de 10-18 ans différents participants aux activités, 2026"
    ours, theirs = first.visit(GRID).get_by_label(label), second.visit(GRID).get_by_label(label)
    ours.fill("150")
    ours.press("Enter")
    expect(ours).to_have_attribute("data-state", "saved")
    theirs.fill("148")
    theirs.press("Tab")
    expect(theirs).to_have_attribute("data-state", "conflict")
    expect(theirs).to_have_value("148")
    expect(second.page.get_by_role("status").filter(has_text="entre-temps")).to_contain_text(
        "Enregistré entre-temps : 150."
    )
    second.look()
    assert value("Nombre de 10-18 ans différents participants aux activités") == 150
    theirs.press("Enter")
    expect(theirs).to_have_attribute("data-state", "saved")
    assert value("Nombre de 10-18 ans différents participants aux activités") == 148


def test_what_the_network_lost_comes_back(someone):
    visitor = someone(COORDINATOR)
    page = visitor.visit(GRID)
    label = "Nombre d’enfants suivis, 2026"
    visitor.context.set_offline(True)
    page.get_by_label(label).fill("31")
    page.get_by_label(label).press("Enter")
    expect(page.get_by_text("Le serveur est injoignable")).to_be_visible()
    expect(page.get_by_label(label)).to_have_value("31")
    visitor.faults.clear()  # the browser says that the network is down
    page.close()
    visitor.context.set_offline(False)
    page = visitor.visit(GRID)
    expect(page.get_by_label(label)).to_have_value("31")
    expect(page.get_by_label(label)).to_have_attribute("data-state", "saved")
    assert value("Nombre d’enfants suivis") == 31


def test_a_thematic_coordinator_types_only_in_the_fiches_of_the_theme(someone):
    page = someone(YOUTH).visit(GRID)
    expect(
        page.get_by_label("Nombre de 10-18 ans différents participants aux activités, 2025")
    ).to_be_editable()
    expect(page.get_by_label("Nombre d’enfants suivis, 2025")).not_to_be_editable()


def test_without_scripts_and_on_a_phone(someone):
    visitor = someone(COORDINATOR, java_script_enabled=False)
    page = visitor.visit(GRID)
    page.get_by_label("Nombre d’enfants suivis, 2026").fill("31")
    page.get_by_label("1 COPIL/an, 2026").fill("deux")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("status").filter(has_text="refusée")).to_contain_text(
        "1 valeur enregistrée, 1 refusée"
    )
    expect(page.get_by_label("1 COPIL/an, 2026")).to_have_value("deux")
    page.get_by_label("1 COPIL/an, 2026").fill("2")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("1 valeur enregistrée.")).to_be_visible()
    assert value("1 COPIL/an") == 2

    phone = someone(COORDINATOR, **PHONE)
    phone.visit(GRID)
    page = phone.visit(f"/ctg/{SUNDGAU}/indicateurs/")
    page.get_by_label("Résultat").select_option(label="en deçà de la trajectoire")
    expect(page.get_by_role("status").filter(has_text="sur 25")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="4 COTECH/an")).to_be_visible()
    phone.look()


def test_target_in_words_is_shown_back(someone):
    """Typed as in the paper form; one more click says that it was understood."""
    visitor = someone(COORDINATOR)
    fiche = Indicator.objects.get(label="Nombre d’enfants suivis").fiche
    page = visitor.visit(fiche.get_absolute_url())
    block = page.locator("#indicateurs")
    block.get_by_role("link", name="Ajouter un indicateur").click()
    block.get_by_label("Indicateur (obligatoire)").fill("Nombre d’ateliers (> 24/an)")
    block.get_by_label("la correction d’une erreur de saisie").check()
    block.get_by_role("button", name="Enregistrer").click()
    expect(block.get_by_text("Nous comprenons : nombre, plus de 24 par an")).to_be_visible()
    expect(block.get_by_label("C’est cela")).to_be_checked()
    expect(block.get_by_label("Jugée")).to_have_value("each_period")
    visitor.look()
    block.get_by_role("button", name="Enregistrer").click()
    expect(block.get_by_text("Cible : plus de 24 par an")).to_be_visible()
    visitor.look()
