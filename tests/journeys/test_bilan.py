"""The annual bilan, asked for, made in the background, downloaded."""

from pathlib import Path

import pdfplumber
import pytest
from playwright.sync_api import expect

from tests.journeys.people import ARGENT, CAF

pytestmark = pytest.mark.journey

# Making a document is real work, on a machine that the other tests share.
PATIENCE = 120_000


def test_download_the_bilan(someone):
    """The Caf, for one of its conventions: progress on screen, then the file."""
    visitor = someone(CAF)
    page = visitor.visit(f"/ctg/{ARGENT}/bilans/")
    page.get_by_label("Année").select_option("2026")
    page.get_by_role("button", name="Préparer le PDF").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bilan 2026 – ")
    visitor.look()

    link = page.get_by_role("main").get_by_role("link", name="Télécharger")
    expect(link).to_be_visible(timeout=PATIENCE)
    visitor.look()
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename.endswith(".pdf")
    with pdfplumber.open(Path(download.value.path())) as document:
        assert "2026" in document.pages[0].extract_text()
        assert len(document.pages) > 5

    page.get_by_role("link", name="Mes documents").click()
    expect(page.get_by_role("main")).to_contain_text("Bilan 2026 – ")
    visitor.look()
    page.go_back()
    page.get_by_role("link", name="Revenir à la page d’origine").click()
    expect(page.get_by_role("cell", name="Bilan 2026 – ").first).to_be_visible()
    visitor.look()
