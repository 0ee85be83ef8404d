"""Documents for Word: real styles, French, and texts that become paragraphs, lists, bold and links."""

import io
import zipfile

import pytest
from docx import Document
from docx.oxml.ns import qn
from hypothesis import given
from hypothesis import strategies as st

from ctg.richtext import from_text
from ctg.word import Rich, WordDocument


def opened(document):
    return Document(io.BytesIO(document.to_bytes()))


def said(html):
    """The style and the words of each paragraph that a text becomes."""
    document = WordDocument("Essai")
    document.rich(html)
    return [(line.style.name, line.text) for line in opened(document).paragraphs]


def test_a_document_is_in_french_on_a4_with_its_title_and_its_pages():
    document = opened(WordDocument("Fiche 7", head="CTG Sundgau", foot="Édité aujourd’hui"))
    assert (document.core_properties.title, document.core_properties.language) == ("Fiche 7", "fr-FR")
    section = document.sections[0]
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    assert section.header.paragraphs[0].text == "CTG Sundgau"
    foot = section.footer.paragraphs[0]
    assert foot.text == "Édité aujourd’hui · page 1 sur 1"
    codes = [code.text.strip() for code in foot._p.iter(qn("w:instrText"))]
    assert codes == ["PAGE", "NUMPAGES"]
    language = document.styles.element.find(f".//{qn('w:docDefaults')}//{qn('w:lang')}")
    assert language.get(qn("w:val")) == "fr-FR"


def test_headings_have_the_styles_of_headings():
    document = WordDocument("Essai")
    document.heading("Une fiche")
    document.heading("Constat", 2)
    document.heading("Précision", 3)
    assert [(line.style.name, line.text) for line in opened(document).paragraphs] == [
        ("Heading 1", "Une fiche"),
        ("Heading 2", "Constat"),
        ("Heading 3", "Précision"),
    ]


@pytest.mark.parametrize(
    ("html", "lines"),
    [
        ("<p>Un.</p><p>Deux.</p>", [("Normal", "Un."), ("Normal", "Deux.")]),
        ("<ul><li>a</li><li>b</li></ul>", [("List Bullet", "a"), ("List Bullet", "b")]),
        (
            "<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>",
            [("List Number", "a"), ("List Bullet 2", "b"), ("List Number", "c")],
        ),
        ("<ul><li><p>a</p><p>suite</p></li></ul>", [("List Bullet", "a"), ("List Continue", "suite")]),
        ("<p>Une<br>ligne</p>", [("Normal", "Une\nligne")]),
        ("sans balise", [("Normal", "sans balise")]),
        ("", []),
        ("<script>x()</script><p>&lt;b&gt;</p>", [("Normal", "<b>")]),
    ],
)
def test_a_long_text_becomes_paragraphs_and_lists(html, lines):
    assert said(html) == lines


def test_bold_italic_and_links_are_kept():
    document = WordDocument("Essai")
    document.rich('<p>Un <strong>mot</strong>, <em>puis</em> <a href="https://exemple.fr/a">un lien</a>.</p>')
    made = opened(document)
    (line,) = made.paragraphs
    assert [(run.text, bool(run.bold), bool(run.italic)) for run in line.runs] == [
        ("Un ", False, False),
        ("mot", True, False),
        (", ", False, False),
        ("puis", False, True),
        (" ", False, False),
        (".", False, False),
    ]
    (link,) = line.hyperlinks
    assert (link.text, link.address) == ("un lien", "https://exemple.fr/a")


def test_each_numbered_list_begins_at_one():
    document = WordDocument("Essai")
    document.rich("<ol><li>a</li></ol><p>-</p><ol><li>b</li></ol>")
    lines = [line for line in opened(document).paragraphs if line.style.name == "List Number"]
    numbers = [line._p.pPr.numPr.numId.val for line in lines]
    assert len(set(numbers)) == 2


def test_a_table_repeats_its_heading_and_holds_long_texts():
    document = WordDocument("Essai")
    document.table(
        ["Étape", "État"], [[Rich("Ouvrir", "<ul><li>un local</li></ul>"), "faite"]], widths=[12, 5]
    )
    (table,) = opened(document).tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["Étape", "État"],
        ["Ouvrir\nun local", "faite"],
    ]
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_facts_say_only_what_there_is():
    document = WordDocument("Essai")
    document.facts([("Statut", "en cours"), ("Motif", "")])
    document.facts([("Motif", "")])
    (table,) = opened(document).tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [["Statut", "en cours"]]


def test_contents_lead_to_the_headings():
    document = WordDocument("Essai")
    document.contents(["Un", "Deux"])
    document.heading("Un")
    document.heading("Deux")
    body = opened(document).element.body
    anchors = [link.get(qn("w:anchor")) for link in body.iter(qn("w:hyperlink"))]
    marks = [mark.get(qn("w:name")) for mark in body.iter(qn("w:bookmarkStart"))]
    assert anchors == marks == ["_Toc1", "_Toc2"]


@given(st.text(max_size=200))
def test_any_text_makes_a_document(text):
    text = text.replace("\x00", "")
    document = WordDocument(text, head=text)
    document.heading(text)
    document.rich(from_text(text))
    document.table(["a"], [[text]], widths=[5])
    with zipfile.ZipFile(io.BytesIO(document.to_bytes())) as archive:
        assert archive.testzip() is None
