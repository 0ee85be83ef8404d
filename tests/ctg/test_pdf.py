import gc
import io
import logging

import pdfplumber
import pydyf
import pypdfium2
import pytest
from django.conf import settings
from django.template import engines
from weasyprint.urls import URLFetchingError

from ctg import pdf
from ctg.charts import Segment, stacked_bar

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fe"
    "dccc59e70000000049454e44ae426082"
)
DOCUMENT = """
{% extends "pdf/base.html" %}
{% block foot_line %}Édité le 3 octobre 2026{% endblock %}
{% block contents %}<nav class="contents"><h2 class="first">Sommaire</h2>
<ol><li><a href="#axe-1">Se lier, relier</a></li></ol></nav>{% endblock %}
{% block content %}
<h2 id="axe-1" data-part="Axe 1">Se lier, relier</h2>
<p>{{ words }}</p><p>{% chip "faite" "réalisée" %} {% late "en retard" %}</p>
{% include "components/chart.html" with chart=chart only %}
<table><colgroup><col><col></colgroup><thead><tr><th scope="col">Fiche</th><th scope="col">2025</th></tr></thead>
<tbody><tr><th scope="row">Accueil</th><td>1 299,5</td></tr></tbody></table>
{% endblock %}
"""


@pytest.fixture(autouse=True)
def complaints(caplog):
    """What WeasyPrint could not do: nothing, unless a test says what."""
    caplog.set_level(logging.WARNING, logger="weasyprint")
    expected: list[str] = []
    yield expected
    said = [record.getMessage() for record in caplog.get_records("call") if record.name == "weasyprint"]
    assert [line for line in said if not any(part in line for part in expected)] == []


def html(body: str, title: str = "Essai") -> str:
    return f'<!DOCTYPE html><html lang="fr"><head><title>{title}</title></head><body>{body}</body></html>'


def text_of(document: bytes) -> str:
    with pdfplumber.open(io.BytesIO(document)) as opened:
        return "\n".join(page.extract_text() for page in opened.pages)


@pytest.fixture
def document(monkeypatch):
    """The document above, as a template would give it."""
    template = engines["django"].from_string(DOCUMENT)
    monkeypatch.setattr(pdf, "render_to_string", lambda _name, context: template.render(context))
    chart = stacked_bar(
        "Fiches par statut", [Segment("réalisée", 1, "faite"), Segment("en cours", 2, "cours")]
    )
    return pdf.render_pdf(
        "any", {"words": "Œuvrer « ensemble » à 16\u202f%", "chart": chart}, title="Bilan 2025 – Sundgau"
    )


def test_document_says_what_the_template_holds(document):
    with pdfplumber.open(io.BytesIO(document)) as opened:
        first, second = (page.extract_text() for page in opened.pages)
    assert first.splitlines()[:2] == ["Bilan 2025 – Sundgau", "Sommaire"]
    assert first.splitlines()[2].startswith("Se lier, relier . . .")
    assert first.splitlines()[2].endswith(". 2")
    assert first.splitlines()[-1] == "Édité le 3 octobre 2026 1 / 2"
    assert second.splitlines()[0] == "Bilan 2025 – Sundgau Axe 1"
    assert "Œuvrer « ensemble » à 16\u202f%" in second.replace(" %", "\u202f%")
    assert "Accueil 1 299,5" in second


def test_document_is_tagged_titled_and_french(document):
    with pdfplumber.open(io.BytesIO(document)) as opened:
        catalog, tree = opened.doc.catalog, opened.structure_tree
        title = opened.metadata["Title"]
    assert title == "Bilan 2025 – Sundgau"
    assert catalog["Lang"] == b"fr"
    assert catalog["MarkInfo"]["Marked"] is True
    assert b'pdfuaid:part="1"' in catalog["Metadata"].resolve().get_data()

    def kinds(elements):
        for element in elements:
            yield element["type"], element.get("alt_text")
            yield from kinds(element.get("children", []))

    said = list(kinds(tree))
    assert ("Figure", "Fiches par statut") in said
    # Two tables (the chart's and ours); the icons of chips are backgrounds, hence no other figure.
    assert [kind for kind, _ in said].count("Table") == 2
    assert [kind for kind, _ in said].count("Figure") == 1
    assert {"H2", "L", "Link", "TH", "TD"} <= {kind for kind, _ in said}


def test_document_is_set_in_inter_alone(document):
    with pdfplumber.open(io.BytesIO(document)) as opened:
        fonts = {char["fontname"].partition("+")[2] for page in opened.pages for char in page.chars}
    assert fonts == {"Inter", "Inter-Semi-Bold"}


def test_pages_are_a4(document):
    opened = pypdfium2.PdfDocument(document)
    assert [tuple(round(side) for side in page.get_size()) for page in opened] == [(595, 842)] * 2
    opened.close()


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("fête 🎉 finie 👩‍👧", "fête finie"),
        ("№ ① ½ ≥ ✓ → œ", "№ ① ½ ≥ ✓ → œ"),
        ("nom : 李", "nom : ?"),
        ("ﬁn", "fin"),
        ("a\u00adb\ufe0f", "ab"),
        ("＜script＞", "<script>"),
    ],
)
def test_characters_in_no_font_are_replaced(written, printed):
    document = pdf.html_to_pdf(html(f"<p>{written}</p>"))
    assert text_of(document).split() == [*printed.split(), "1", "/", "1"]


def test_printable_leaves_known_text_alone():
    text = "« L’été », 1\u202f234,5\u00a0€ – ÀÉÈÇŒ"
    assert pdf.printable(text) is text


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/x.png",
        "https://example.org/x.png",
        "ftp://example.org/x.png",
        "file:///etc/passwd",
        f"file://{settings.BASE_DIR}/manage.py",
        f"file://{settings.BASE_DIR}/static/../manage.py",
        f"file://{settings.BASE_DIR}/static/%2e%2e/manage.py",
        f"file://elsewhere{settings.BASE_DIR}/static/img/favicon.svg",
        "data:text/plain,x",
        "image:unknown",
    ],
)
def test_nothing_else_is_read(url):
    with pytest.raises((pdf.RefusedError, URLFetchingError)):
        pdf.Fetcher({}).fetch(url)


def test_a_link_out_of_static_is_refused(tmp_path, monkeypatch):
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "out.png").symlink_to("/etc/passwd")
    monkeypatch.setattr(pdf, "ROOTS", (tmp_path / "static",))
    with pytest.raises(pdf.RefusedError):
        pdf.Fetcher({}).fetch((tmp_path / "static" / "out.png").as_uri())


def test_a_refused_image_leaves_its_words_and_is_noted(complaints):
    complaints.append("Failed to load image")
    document = pdf.html_to_pdf(html('<p><img src="https://example.org/x.png" alt="logo de la commune"></p>'))
    assert "logo de la commune" in text_of(document)


def test_images_are_given_by_name():
    document = pdf.html_to_pdf(html('<p><img src="image:logo" alt="Logo"></p>'), images={"logo": PNG})
    with pdfplumber.open(io.BytesIO(document)) as opened:
        assert len(opened.pages[0].images) == 1


def test_progress_grows_and_ends_near_the_end():
    said: list[tuple[int, str]] = []
    body = '<p style="break-after: page">x</p>' * 6
    pdf.html_to_pdf(
        html(body), progress=lambda percent, message: said.append((percent, message)), pages_expected=2
    )
    percents = [percent for percent, _ in said]
    assert percents == sorted(percents)
    assert percents[-1] == 97
    assert "Mise en page : page 6" in {message for _, message in said}


class Stop(Exception):  # noqa: N818
    pass


def test_progress_can_stop_the_rendering():
    def stop(percent: int, message: str) -> None:
        if "page" in message:
            raise Stop

    handlers = list(pdf.PROGRESS_LOGGER.handlers)
    with pytest.raises(Stop):
        pdf.html_to_pdf(html("<p>x</p>"), progress=stop)
    assert pdf.PROGRESS_LOGGER.handlers == handlers
    assert gc.isenabled()


def test_garbage_collection_comes_back_only_if_it_was_there():
    gc.disable()
    try:
        pdf.html_to_pdf(html("<p>x</p>"))
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_page_references_are_what_pydyf_would_say():
    """The patch of ctg.pdf still applies: same answer, same name, and WeasyPrint still asks for it."""
    assert isinstance(pdf.ORIGINAL_PAGE_REFERENCES, property)
    assert pydyf.PDF.page_references is not pdf.ORIGINAL_PAGE_REFERENCES
    document = pydyf.PDF()
    for _ in range(3):
        document.add_page(pydyf.Dictionary({"Type": "/Page", "Parent": document.pages.reference}))
        assert document.page_references == pdf.ORIGINAL_PAGE_REFERENCES.__get__(document)
    assert document.page_references is document.page_references


def test_values_of_the_template_are_escaped(monkeypatch):
    template = engines["django"].from_string(
        '{% extends "pdf/base.html" %}{% block content %}<p>{{ x }}</p>{% endblock %}'
    )
    monkeypatch.setattr(pdf, "render_to_string", lambda _name, context: template.render(context))
    document = pdf.render_pdf("any", {"x": "<b>1 & 2</b>"}, title='A "B" <C>')
    assert "<b>1 & 2</b>" in text_of(document)
    with pdfplumber.open(io.BytesIO(document)) as opened:
        assert opened.metadata["Title"] == 'A "B" <C>'


def test_a_long_word_stays_on_the_page():
    with pdfplumber.open(io.BytesIO(pdf.html_to_pdf(html(f"<p>{'m' * 3000}</p>")))) as opened:
        assert max(char["x1"] for page in opened.pages for char in page.chars) <= 595 - 40
