"""What was: a former value had back, the plan of another day, what changed since."""

import pytest
from playwright.sync_api import expect

from tests.journeys.people import COORDINATOR, ELU, PHONE, SUNDGAU, fiche_path, open_section

pytestmark = pytest.mark.journey


def test_a_former_text_is_had_back(someone):
    visitor = someone(COORDINATOR)
    path = fiche_path(SUNDGAU, "7")
    page = visitor.visit(path)
    former = page.locator("#constat .val").inner_text()
    open_section(page, "constat", "Constat").fill("Un tout autre constat.")
    page.locator("#constat").get_by_role("button", name="Enregistrer").click()
    expect(page.locator("#constat .val")).to_have_text("Un tout autre constat.")

    visitor.visit(f"{path}historique/")
    page.get_by_role("link", name="Rétablir la valeur d’avant : Constat").first.click()
    expect(page.get_by_role("main")).to_contain_text("Un tout autre constat.")
    visitor.look()
    page.get_by_role("button", name="Rétablir").click()
    expect(page.locator("#messages")).to_contain_text("Rétabli : Constat.")
    expect(page.locator("#constat .val")).to_have_text(former)
    visitor.look()


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["office", "phone"])
def test_the_plan_of_another_day(someone, screen):
    """An élu looks at where the plan stood, then at what changed since."""
    visitor = someone(ELU, **screen)
    page = visitor.visit(f"/ctg/{SUNDGAU}/plan/")
    page.get_by_role("link", name="Historique du plan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Historique du plan")
    visitor.look()
    page.get_by_label("Le plan tel qu’il était le").fill("2025-12-31")
    page.get_by_role("button", name="Voir le plan de ce jour").click()
    expect(page.get_by_role("note")).to_contain_text("État passé")
    page.get_by_text("5 indicateurs").click()
    visitor.look()
    page.get_by_role("link", name="Ce qui a changé depuis").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ce qui a changé dans le plan")
    expect(page.get_by_role("main")).to_contain_text("2 fiches réalisées")
    visitor.look()
