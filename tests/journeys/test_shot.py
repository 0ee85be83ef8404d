import pytest
pytestmark = pytest.mark.journey
def test_shot(someone):
    who = someone("coordination.sundgau@example.org")
    page = who.visit("/ctg/sundgau-2025-2029/plan/")
    page.screenshot(path="/tmp/j_plan.png")
    page.get_by_role("link", name="Guider et soutenir").click()
    page.wait_for_load_state()
    page.screenshot(path="/tmp/j_fiche.png", full_page=True)
    print(page.locator("main").aria_snapshot())
