"""Documents for Word and LibreOffice: real styles of headings, lists and tables, in French, on A4.

document = WordDocument("Fiche 7", head="CTG Sundgau 2025-2029", foot="Édité le 22 novembre 2026")
document.heading("Constat", 2)
document.rich("<p>Un texte <strong>long</strong>.</p>")
document.table(["Étape", "État"], [["Ouvrir", "faite"]], widths=[12, 5])
document.to_bytes()
"""

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from ctg.richtext import sanitise
from ctg.xmltext import xml_text

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FONT = "Calibri"
BRAND, QUIET = RGBColor(0x0F, 0x4C, 0x4A), RGBColor(0x5F, 0x6C, 0x6D)
BAND, LINE = "E4F0EF", "C9C7BF"
# The size of each, and the space above it.
HEADINGS = {"Title": (24, 0), "Heading 1": (18, 0), "Heading 2": (13, 12), "Heading 3": (11, 8)}
# Between the margins of an A4 page, in centimetres.
WIDTH = 17.0
# Styles of lists go no deeper.
DEEPEST = 3


@dataclass(frozen=True)
class Rich:
    """A cell: words, then a long text below them."""

    words: str
    html: str


class WordDocument:
    def __init__(self, title: str, *, head: str = "", foot: str = "") -> None:
        self.document: Any = Document()
        self._headings = 0
        _set_styles(self.document)
        properties = self.document.core_properties
        properties.title, properties.language, properties.author = xml_text(title)[:255], "fr-FR", "CTG"
        section = self.document.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2)
        _quietly(section.header.paragraphs[0], head or title)
        line = section.footer.paragraphs[0]
        _quietly(line, f"{foot} · page " if foot else "Page ")
        for words, code in (("", "PAGE"), (" sur ", "NUMPAGES")):
            _quietly(line, words)
            _add_field(line, code)

    def to_bytes(self) -> bytes:
        file = io.BytesIO()
        self.document.save(file)
        return file.getvalue()

    def title(self, text: str, below: str = "") -> None:
        """At the head of a document of several parts."""
        self.document.add_paragraph(xml_text(text), style="Title")
        self.paragraph(below, quiet=True)

    def heading(self, text: str, level: int = 1, *, new_page: bool = False) -> None:
        heading = self.document.add_heading(xml_text(text), level)
        heading.paragraph_format.page_break_before = new_page
        if level == 1:
            self._headings += 1
            _bookmark(heading, self._headings)

    def paragraph(self, text: str, *, quiet: bool = False) -> None:
        paragraph = self.document.add_paragraph()
        if quiet:
            _quietly(paragraph, text)
        else:
            paragraph.add_run(xml_text(text))

    def rich(self, html: str) -> None:
        """A long text: its paragraphs, lists, bold, italic and links."""
        RichWriter(self.document, self.document).write(html)

    def bullets(self, items: Sequence[str]) -> None:
        for item in items:
            self.document.add_paragraph(xml_text(item), style="List Bullet")

    def contents(self, titles: Sequence[str]) -> None:
        """The headings of level 1 to come, in their order; Word can bring them up to date (F9)."""
        for place, title in enumerate(titles, 1):
            line = self.document.add_paragraph()
            if place == 1:
                _field_part(line, "begin")
                _field_code(line, 'TOC \\o "1-1" \\n \\h')
                _field_part(line, "separate")
            link = OxmlElement("w:hyperlink")
            link.set(qn("w:anchor"), f"_Toc{place}")
            line._p.append(link)
            link.append(line.add_run(xml_text(title))._r)
            if place == len(titles):
                _field_part(line, "end")

    def facts(self, rows: Sequence[tuple[str, str]]) -> None:
        """Names and what they are, side by side; what is empty is left out."""
        said = [(name, text) for name, text in rows if text]
        if not said:
            return
        table = self._table([3.8, WIDTH - 3.8])
        for name, text in said:
            cells = table.add_row().cells
            cells[0].paragraphs[0].add_run(xml_text(name)).bold = True
            cells[1].paragraphs[0].add_run(xml_text(text))

    def table(
        self,
        titles: Sequence[str],
        rows: Sequence[Sequence[str | Rich]],
        *,
        widths: Sequence[float],
        right: Collection[int] = (),
    ) -> None:
        """`widths` in centimetres; `right`: the places of the columns of numbers.

        Its first row is repeated on each page.
        """
        table = self._table(widths)
        heading = table.add_row()
        heading._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
        for cell, title in zip(heading.cells, titles, strict=True):
            cell.paragraphs[0].add_run(xml_text(title)).bold = True
            _shade(cell)
        for row in rows:
            line = table.add_row()
            line._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
            for cell, said in zip(line.cells, row, strict=True):
                words = said.words if isinstance(said, Rich) else said
                cell.paragraphs[0].add_run(xml_text(words))
                if isinstance(said, Rich):
                    RichWriter(self.document, cell).write(said.html)
        for line in table.rows:
            for place in right:
                line.cells[place].paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT

    def _table(self, widths: Sequence[float]) -> Any:
        table = self.document.add_table(rows=0, cols=len(widths), style="Table Grid")
        table.autofit = False
        _lighten(table)
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Cm(width)
        return table


class RichWriter(HTMLParser):
    """Writes a sanitised text into a document or a cell."""

    def __init__(self, document: Any, place: Any) -> None:
        super().__init__(convert_charrefs=True)
        self.document, self.place = document, place
        self.paragraph: Any = None
        self.lists: list[tuple[str, int | None]] = []
        self.bold = self.italic = 0
        self.href = ""

    def write(self, html: str) -> None:
        self.feed(sanitise(html))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("ul", "ol"):
            self.lists.append(("Bullet", None) if tag == "ul" else ("Number", _new_numbering(self.document)))
        elif tag == "li":
            self.begin_item()
        elif tag == "p" and not (self.lists and self.paragraph is not None and not self.paragraph.text):
            self.paragraph = self.place.add_paragraph(style="List Continue" if self.lists else None)
        elif tag == "br" and self.paragraph is not None:
            self.paragraph.add_run().add_break()
        elif tag == "a":
            self.href = dict(attrs).get("href") or ""
        self.bold += tag == "strong"
        self.italic += tag == "em"

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        if tag in ("p", "li", "ul", "ol") and not self.lists:
            self.paragraph = None
        self.bold -= tag == "strong"
        self.italic -= tag == "em"
        if tag == "a":
            self.href = ""

    def begin_item(self) -> None:
        kind, numbering = self.lists[-1] if self.lists else ("Bullet", None)
        depth = min(len(self.lists), DEEPEST)
        self.paragraph = self.place.add_paragraph(style=f"List {kind}{f' {depth}' if depth > 1 else ''}")
        if numbering is not None:
            properties = self.paragraph._p.get_or_add_pPr().get_or_add_numPr()
            properties.get_or_add_ilvl().val = 0
            properties.get_or_add_numId().val = numbering

    def handle_data(self, data: str) -> None:
        text = xml_text(" ".join(data.split(" "))).replace("\n", " ")
        if not text.strip() and self.paragraph is None:
            return
        if self.paragraph is None:
            self.paragraph = self.place.add_paragraph()
        run = self.paragraph.add_run(text)
        run.bold, run.italic = self.bold > 0 or None, self.italic > 0 or None
        if self.href:
            _link(self.paragraph, run, self.href)


# --- What python-docx does not do by itself -----------------------------------------------------------
def _set_styles(document: Any) -> None:
    styles = document.styles
    language = styles.element.find(f".//{qn('w:docDefaults')}//{qn('w:lang')}")
    language.set(qn("w:val"), "fr-FR")
    normal = styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(10.5)
    normal.paragraph_format.space_after = Pt(4)
    for name, (size, above) in HEADINGS.items():
        style = styles[name]
        style.font.size, style.font.color.rgb, style.font.bold = Pt(size), BRAND, True
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(above), Pt(4)
        fonts = style.element.rPr.get_or_add_rFonts()
        for kind in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{kind}"), None)
        style.font.name = FONT


def _quietly(paragraph: Any, words: str = "") -> Any:
    run = paragraph.add_run(xml_text(words))
    run.font.size, run.font.color.rgb = Pt(8.5), QUIET
    return run


def _lighten(table: Any) -> None:
    """Thin grey lines, and some air around the text."""
    properties = table._tbl.tblPr
    borders, margins = OxmlElement("w:tblBorders"), OxmlElement("w:tblCellMar")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "4"), ("color", LINE)):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    for side, width in (("top", "40"), ("left", "100"), ("bottom", "0"), ("right", "100")):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), width)
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    # The format wants its properties in this order.
    properties.find(qn("w:tblLook")).addprevious(margins)
    properties.find(qn("w:tblLayout")).addprevious(borders)


def _shade(cell: Any) -> None:
    shade = OxmlElement("w:shd")
    shade.set(qn("w:val"), "clear")
    shade.set(qn("w:fill"), BAND)
    cell._tc.get_or_add_tcPr().append(shade)


def _add_field(paragraph: Any, code: str) -> None:
    """A field that Word computes: the number of the page, of pages."""
    _field_part(paragraph, "begin")
    _field_code(paragraph, code)
    _field_part(paragraph, "separate")
    _quietly(paragraph, "1")
    _field_part(paragraph, "end")


def _field_part(paragraph: Any, kind: str) -> None:
    part = OxmlElement("w:fldChar")
    part.set(qn("w:fldCharType"), kind)
    _quietly(paragraph)._r.append(part)


def _field_code(paragraph: Any, code: str) -> None:
    part = OxmlElement("w:instrText")
    part.set(qn("xml:space"), "preserve")
    part.text = f" {code} "
    _quietly(paragraph)._r.append(part)


def _bookmark(paragraph: Any, number: int) -> None:
    """Names a heading, for the contents."""
    for kind in ("bookmarkStart", "bookmarkEnd"):
        mark = OxmlElement(f"w:{kind}")
        mark.set(qn("w:id"), str(number))
        if kind == "bookmarkStart":
            mark.set(qn("w:name"), f"_Toc{number}")
            paragraph._p.insert(1, mark)
        else:
            paragraph._p.append(mark)


def _link(paragraph: Any, run: Any, href: str) -> None:
    run.font.underline, run.font.color.rgb = True, BRAND
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(href, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    paragraph._p.append(link)
    link.append(run._r)


def _new_numbering(document: Any) -> int:
    """A list that begins at 1: those of one style go on counting from each other."""
    part = document.part.numbering_part.element
    style = document.styles["List Number"].element.pPr.numPr.numId.val
    model = part.num_having_numId(style).abstractNumId.val
    numbering = part.add_num(model)
    numbering.add_lvlOverride(ilvl=0).add_startOverride(1)
    return int(numbering.numId)
