"""A temps fort, declared from a phone."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from actions.models import Highlight
from tests.journeys.people import ARGENT, COORDINATOR, ELU, PHONE, SUNDGAU, fiche_path

pytestmark = pytest.mark.journey


def photo(orientation: int = 6) -> dict[str, object]:
    """As a phone held upright takes it: the picture lies on its side, and says so."""
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    Image.new("RGB", (4000, 3000), "teal").save(out, "JPEG", exif=exif)
    return {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def test_declare_with_a_photo_in_thirty_seconds(someone):
    """From the dashboard: three taps (open, photograph, save) and two short texts; the rest is filled in already."""
    visitor = someone(COORDINATOR, **PHONE)
    page = visitor.visit(f"/ctg/{SUNDGAU}/")
    page.get_by_role("link", name="Déclarer un temps fort").click()  # 1
    expect(page.get_by_role("heading", level=1)).to_have_text("Déclarer un temps fort")
    visitor.look()
    page.get_by_label("Ce qui s’est passé").fill("Soirée jeux de la rentrée")
    page.get_by_label("Photo", exact=True).set_input_files([photo()])  # 2
    page.get_by_label("Ce que montre la photo").fill("Des enfants autour d’une table")
    page.get_by_role("button", name="Enregistrer").click()  # 3

    expect(page.locator("#messages")).to_contain_text("Le temps fort est enregistré.")
    shown = page.get_by_role("article").filter(has_text="Soirée jeux de la rentrée")
    picture = shown.get_by_role("img", name="Des enfants autour d’une table")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("naturalHeight", 320)
    expect(picture).to_have_js_property("naturalWidth", 240)
    visitor.look()
    page.goto(f"{visitor.site}/ctg/{SUNDGAU}/")
    expect(page.get_by_role("img", name="Des enfants autour d’une table")).to_have_count(1)


def test_a_forgotten_description_does_not_lose_the_photo(someone):
    visitor = someone(COORDINATOR, **PHONE)
    page = visitor.visit(fiche_path(SUNDGAU, "4"))
    page.get_by_role("link", name="Temps fort", exact=True).click()
    expect(page.get_by_label("Fiche", exact=True)).not_to_have_value("")
    page.get_by_label("Ce qui s’est passé").fill("Forum des métiers")
    page.get_by_label("une année").check()
    page.get_by_label("Année", exact=True).fill("2026")
    page.get_by_label("Photo", exact=True).set_input_files([photo()])
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_label("Ce que montre la photo")).to_be_focused()
    expect(page.get_by_text("Votre photo est reçue")).to_be_visible()
    expect(page.get_by_label("Année", exact=True)).to_have_value("2026")
    visitor.look()

    page.get_by_label("Ce que montre la photo").fill("Une allée de stands")
    page.get_by_role("button", name="Enregistrer").click()
    followed = page.locator("#suivi")
    expect(followed.get_by_text("Forum des métiers", exact=True)).to_be_visible()
    expect(followed.get_by_role("img", name="Une allée de stands")).to_have_count(1)
    visitor.look()
    found = Highlight.objects.get(title="Forum des métiers")
    assert (found.year, found.date, found.fiche.number) == (2026, None, "4")


def test_who_reads_and_who_tells(someone):
    elu = someone(ELU, **PHONE)
    for path in ("temps-forts", "financements"):
        page = elu.visit(f"/ctg/{SUNDGAU}/{path}/")
        expect(page.get_by_role("main").locator("a.btn-primary")).to_have_count(0)
    teller = someone("porteur.val-d-argent@example.org", **PHONE)
    page = teller.visit(f"/ctg/{ARGENT}/temps-forts/declarer/")
    page.get_by_label("Ce qui s’est passé").fill("Goûter des familles")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("#messages")).to_contain_text("la coordination le relira")
    expect(page.get_by_role("article").first).to_contain_text("transmis, à relire par la coordination")
    teller.look()


def test_without_scripts(someone):
    """The list is filtered and a temps fort declared by plain forms."""
    visitor = someone(COORDINATOR, java_script_enabled=False)
    page = visitor.visit(f"/ctg/{SUNDGAU}/temps-forts/")
    page.get_by_label("Année", exact=True).select_option("2025")
    page.get_by_role("button", name="Filtrer").click()
    expect(page.get_by_role("article").first).to_contain_text("2025")
    page.get_by_role("link", name="Déclarer un temps fort").click()
    page.get_by_label("Ce qui s’est passé").fill("Sans script")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("article").filter(has_text="Sans script")).to_have_count(1)
