"""Finding one's way in the plan, and reading where it stands."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.people import COORDINATOR, ELU, PHONE, SUNDGAU, YOUTH

pytestmark = pytest.mark.journey


def test_find_a_fiche(someone):
    """By a theme, then by words without their accents; the address of what is shown can be sent."""
    visitor = someone(COORDINATOR)
    page = visitor.visit(f"/ctg/{SUNDGAU}/plan/")
    rows = page.locator("#plan td a.t")
    expect(rows).to_have_count(12)

    page.get_by_label("Thématique").select_option("Jeunesse")
    expect(rows).to_have_count(2)
    expect(page).to_have_url(re.compile(r"/plan/\?theme=\d+$"))
    expect(page.get_by_text("2 fiches sur 12")).to_be_visible()
    visitor.look()
    page.get_by_role("link", name="Retirer le filtre Thématique : Jeunesse").click()
    expect(rows).to_have_count(12)

    search = page.get_by_role("searchbox", name="Chercher une fiche, un partenaire…")
    search.fill("perisco extrascolaire")
    search.press("Enter")
    expect(rows).to_have_text(["Consolider l’offre d’accueil périscolaire et extrascolaire"])
    search.fill("crij")
    search.press("Enter")
    expect(page.locator("#plan mark")).to_have_text(["CRIJ"])
    expect(page.locator("#plan .why")).to_contain_text("partenaire :")
    visitor.look()

    rows.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Guider et soutenir les jeunes dans leur parcours"
    )
    page.go_back()
    expect(search).to_have_value("crij")
    expect(rows).to_have_count(1)

    search.fill("zzz")
    search.press("Enter")
    expect(page.get_by_text("Aucune fiche ne répond à ces filtres")).to_be_visible()
    visitor.look()

    page = visitor.visit("/territoires/")
    page.get_by_role("searchbox", name="Chercher une fiche, un partenaire…").fill("crij")
    page.get_by_role("searchbox", name="Chercher une fiche, un partenaire…").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recherche")
    expect(page.get_by_role("link", name="Guider et soutenir les jeunes dans leur parcours")).to_be_visible()
    visitor.look()


def test_filter_by_keyboard(someone):
    """Without a mouse: a filter behind « Plus de filtres », the sort, the three views, and all taken back."""
    visitor = someone(COORDINATOR)
    page = visitor.visit(f"/ctg/{SUNDGAU}/plan/")
    rows, focus = page.locator("#plan td a.t"), page.locator(":focus")
    page.get_by_text("Plus de filtres").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(focus).to_have_attribute("name", "lead")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page).to_have_url(re.compile(r"\?pilot=\d+$"))
    expect(focus).to_have_attribute("name", "pilot")  # where the person was
    visitor.look()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Plus de filtres (1)")).to_be_focused()

    page.get_by_label("Trier par").select_option("titre")
    titles = rows.all_inner_texts()
    expect(page).to_have_url(re.compile(r"&sort=title$"))
    for view in ("Par statut", "Frise"):
        page.get_by_role("navigation", name="Présentation du plan").get_by_role("link", name=view).focus()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("pilot=.*sort=title.*vue="))
        expect(page.locator("#plan a.t")).to_have_count(len(titles))
        visitor.look()
    page.get_by_text("Tableau des dates").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("table", name="Dates des fiches")).to_be_visible()
    page.get_by_role("link", name="Tout effacer").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#plan a.t")).to_have_count(12)


def board(visitor):
    """The board, and how to read and to fill its columns."""
    page = visitor.visit(f"/ctg/{SUNDGAU}/plan/?vue=tableau")
    return page, {status: page.locator(f".cards[data-status={status}]") for status in STATUSES}


STATUSES = (
    "a_discuter",
    "non_demarree",
    "en_cours",
    "bloquee",
    "en_pause",
    "reportee",
    "realisee",
    "abandonnee",
)


def drag(page, card, column):
    """By the mouse, as slowly as a hand."""
    card.scroll_into_view_if_needed()
    start, end = card.locator(".grip").bounding_box(), column.bounding_box()
    page.mouse.move(start["x"] + 8, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(start["x"] + 24, start["y"] + 16, steps=5)
    page.mouse.move(end["x"] + end["width"] / 2, start["y"] + 16, steps=15)
    page.wait_for_timeout(200)
    page.mouse.up()


def test_move_a_card(someone):
    """By drag, by the keyboard, and where a reason is asked for."""
    visitor = someone(COORDINATOR)
    page, columns = board(visitor)
    card = columns["en_cours"].locator("li").first
    name = card.locator("a.t").inner_text()
    before = columns["en_cours"].locator("li").count()
    drag(page, card, columns["en_pause"])
    moved = columns["en_pause"].locator("li", has_text=name.split(" ", 1)[1])
    expect(moved).to_have_count(1)
    expect(columns["en_cours"].locator("li")).to_have_count(before - 1)
    expect(moved.locator("a.t")).to_be_focused()

    drag(page, moved, columns["bloquee"])
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Statut")).to_have_value("bloquee")
    expect(columns["en_pause"].locator("li")).to_have_count(1)  # nothing moves before the server has said yes
    visitor.look()
    dialog.get_by_role("button", name="Enregistrer").click()
    expect(dialog.get_by_text("Ce statut demande un motif")).to_be_visible()
    page.keyboard.press("Escape")
    expect(columns["en_pause"].locator("li")).to_have_count(1)

    page.get_by_role("link", name=re.compile("Changer le statut de")).first.focus()
    page.keyboard.press("Enter")
    expect(dialog.get_by_label("Statut")).to_be_focused()
    dialog.get_by_label("Statut").select_option("en difficulté")
    dialog.get_by_label("Motif").fill("Poste vacant")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(columns["bloquee"]).to_contain_text(re.compile("."))

    elected = someone(ELU)
    page, columns = board(elected)
    expect(page.locator(".grip")).to_have_count(0)
    expect(columns["a_discuter"]).to_have_count(0)


def test_two_people_move_one_card(someone):
    """The second sees what the first did, and decides."""
    first, second = someone(COORDINATOR), someone(YOUTH)
    page, columns = board(first)
    other_page, other_columns = board(second)
    title = "Guider et soutenir les jeunes dans leur parcours"

    def card(where):
        return where["en_cours"].locator("li", has_text=title)

    drag(page, card(columns), columns["realisee"])
    expect(columns["realisee"].locator("li", has_text=title)).to_have_count(1)
    drag(other_page, card(other_columns), other_columns["en_pause"])
    dialog = other_page.get_by_role("dialog")
    expect(dialog.get_by_text("Rien n’est perdu")).to_be_visible()
    expect(dialog.locator(".versus")).to_contain_text("réalisée")
    second.look()
    dialog.get_by_role("button", name="Enregistrer").click()
    expect(other_columns["en_pause"].locator("li", has_text=title)).to_have_count(1)


def test_change_fiches_together(someone):
    """Tick, look at what will change, do it, undo it; what somebody has changed since is left and named."""
    visitor = someone(COORDINATOR)
    page = visitor.visit(f"/ctg/{SUNDGAU}/plan/?status=en_cours")
    count = page.locator("#plan td a.t").count()
    page.get_by_label("Choisir toutes les fiches affichées").check()
    expect(page.get_by_text(f"{count} fiches choisies")).to_be_visible()
    visitor.look()
    page.get_by_role("button", name="Modifier ensemble…").click()
    page.get_by_label("le statut").check()
    page.get_by_label("Nouveau statut").select_option("en difficulté")
    page.get_by_role("button", name="Voir ce qui changera").click()
    expect(page.get_by_text("Ce statut demande un motif")).to_be_visible()
    page.get_by_label("Motif").fill("Budget non voté")
    page.get_by_role("button", name="Voir ce qui changera").click()
    expect(page.get_by_role("heading", name=f"{count} fiches changeront")).to_be_visible()
    visitor.look()
    page.get_by_role("button", name=f"Appliquer à {count} fiches").click()
    expect(page.get_by_role("status")).to_contain_text("Statut : en difficulté")

    other = someone(COORDINATOR)
    elsewhere = other.visit(f"/ctg/{SUNDGAU}/plan/?q=crij")
    elsewhere.locator("#plan td a.t").click()
    elsewhere.get_by_role("link", name="Changer le statut").click()
    elsewhere.get_by_label("Statut").select_option("réalisée")
    elsewhere.get_by_role("button", name="Enregistrer").click()
    expect(elsewhere.locator("#tete .chip")).to_have_text("réalisée")

    page.get_by_role("button", name="Défaire").click()
    expect(page.get_by_text(f"{count - 1} fiches remises comme avant")).to_be_visible()
    expect(page.get_by_text("Laissé tel quel : 7 Guider et soutenir les jeunes")).to_be_visible()
    visitor.look()
    page.get_by_role("link", name="Modifications groupées").click()
    expect(page.get_by_text("défait à l’instant")).to_be_visible()
    visitor.look()


def test_arrange_the_plan(someone):
    """By drag and by the buttons, the page staying where it is; to another axe by a dialog that asks why."""
    visitor = someone(COORDINATOR)
    page = visitor.visit(f"/ctg/{SUNDGAU}/plan/organiser/")
    places = page.locator("[data-order]")

    def numbers(place):
        return [title.partition(" ")[0] for title in places.nth(place).locator("a.t").all_inner_texts()]

    assert numbers(0) == ["1", "2", "3", "4"]
    page.get_by_role("button", name="Descendre « Repérer/orienter les difficultés »").click()
    expect(places.first.locator("a.t").first).to_contain_text("2 ")
    expect(page.get_by_role("button", name="Descendre « Repérer/orienter les difficultés »")).to_be_focused()
    assert numbers(0) == ["2", "1", "3", "4"]

    grips = places.first.locator(".grip")
    start, end = grips.nth(3).bounding_box(), grips.nth(0).bounding_box()
    page.mouse.move(start["x"] + 8, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(start["x"] + 8, start["y"] - 20, steps=5)
    page.mouse.move(end["x"] + 8, end["y"] + 2, steps=15)
    page.wait_for_timeout(200)
    with page.expect_response(re.compile("/ordre/")):
        page.mouse.up()
    assert numbers(0) == ["4", "2", "1", "3"]
    visitor.visit(f"/ctg/{SUNDGAU}/plan/organiser/")
    assert numbers(0) == ["4", "2", "1", "3"]

    places.first.get_by_role("link", name=re.compile("Déplacer")).first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Place dans le plan").select_option("Fiche transversale")
    dialog.get_by_role("button", name="Déplacer").click()
    expect(dialog.get_by_text("dites ce qui fonde ce changement")).to_be_visible()
    visitor.look()
    dialog.get_by_label("la correction d’une erreur de saisie").check()
    dialog.get_by_role("button", name="Déplacer").click()
    expect(page.get_by_role("heading", name="Fiches transversales")).to_be_visible()
    expect(places.first.locator("a.t")).to_have_count(3)
    visitor.look()


def test_read_the_dashboard(someone):
    """An élu, from the list of conventions to the fiche that is in difficulty."""
    visitor = someone(ELU)
    page = visitor.visit("/")
    page.get_by_role("main").get_by_role("link", name="Sundgau").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tableau de bord")
    visitor.look()
    expect(page.locator(".say")).to_contain_text("fiches sur douze sont engagées")
    page.get_by_role("link", name="Tout le tableau de bord").click()

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
