"""Workbooks: what is written comes back as it was, and nothing that somebody typed is ever a formula."""

import csv
import io
import struct
import zipfile
from datetime import date
from decimal import Decimal

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from ctg.refusal import Refused
from ctg.sheets import (
    Column,
    Kind,
    Limits,
    Marked,
    Sheet,
    Workbook,
    read_workbook,
    to_csv,
    to_ods,
    to_xlsx,
)
from ctg.sheets.model import CELL_LENGTH, sheet_name

HOSTILE = [
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x.example";"ici")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    "{=1+1}",
    "http://x.example",
    "00123",
    "1,5",
    "TRUE",
    "'apostrophe",
    "_x000D_",
    "<b>&amp;</b>",
    "  deux  espaces ",
    "première\nseconde",
    "👍 « é » …",
]
WRITERS = [to_xlsx, to_ods]
# What XML may carry: a database of PostgreSQL holds no NUL, and ODS no other control character.
TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff") | st.just("\n"),
    max_size=60,
)


COLUMNS = (Column("Texte", Kind.LONG, 30), Column("Nombre", Kind.NUMBER))


def book(*rows, columns=COLUMNS):
    return Workbook("Essai & co", [Sheet("Feuille", columns, rows)])


def parts(content, pattern):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist() if pattern in name}


@pytest.mark.parametrize("write", WRITERS)
def test_a_workbook_comes_back_as_it_was(write):
    day = date(2026, 1, 2)
    columns = [Column("Titre"), Column("Valeur", Kind.NUMBER), Column("Jour", Kind.DATE)]
    content = write(
        book(["Ouvrir", Decimal("-12.5"), day], ["", None, None], ["Fin", 3, day], columns=columns)
    )
    read = read_workbook(content)["Feuille"]
    assert [list(row) for row in read.rows] == [
        ["Titre", "Valeur", "Jour"],
        ["Ouvrir", -12.5, day],
        [None, None, None],
        ["Fin", 3, day],
    ]
    assert read.formulas == frozenset()


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_is_never_a_formula_nor_a_link(write, text):
    content = write(book([text, None]))
    read = read_workbook(content)["Feuille"]
    assert read.formulas == frozenset()
    if write is to_xlsx or text[0] not in "\t\r":  # a tab has its own element in ODS, which is not read back
        assert read.rows[1][0] == text
    for said in parts(content, "worksheets/sheet1.xml").values():
        assert "<f>" not in said
        assert "<hyperlink" not in said
    for said in parts(content, "content.xml").values():
        assert "table:formula" not in said


@given(st.lists(TEXTS, min_size=1, max_size=8))
def test_any_text_survives_unchanged(texts):
    for write in WRITERS:
        read = read_workbook(write(book(*([text, 1] for text in texts))))["Feuille"]
        assert [row[0] or "" for row in read.rows[1:]] == texts
        assert read.formulas == frozenset()


@given(st.decimals(min_value=-(10**11), max_value=10**11, places=4))
def test_any_number_stays_a_number(number):
    for write in WRITERS:
        assert read_workbook(write(book(["", number])))["Feuille"].rows[1][1] == float(number)


@given(st.lists(TEXTS.filter(lambda text: "\r" not in text), min_size=1, max_size=8))
def test_a_csv_holds_any_text_and_no_formula(texts):
    said = to_csv(Sheet("Feuille", [Column("Texte")], [[text] for text in texts])).decode("utf-8-sig")
    found = [row[0] if row else "" for row in csv.reader(io.StringIO(said, newline=""), delimiter=";")][1:]
    assert [text.removeprefix("'") for text in found] == [text.removeprefix("'") for text in texts]
    assert not any(text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for text in found)


def test_a_csv_is_what_a_french_spreadsheet_opens():
    columns = [Column("Titre"), Column("Valeur"), Column("Jour")]
    rows = [["-2+3", Decimal("-12.5"), date(2026, 1, 2)], ["a;b", None, None]]
    assert to_csv(Sheet("Feuille", columns, rows)) == (
        '\ufeffTitre;Valeur;Jour\r\n\'-2+3;-12,5;02/01/2026\r\n"a;b";;\r\n'.encode()
    )


def test_xlsx_has_its_heading_in_view_a_filter_and_its_title_in_print():
    content = to_xlsx(book(["a", 1], ["b", 2]))
    (said,) = parts(content, "worksheets/sheet1.xml").values()
    assert '<pane ySplit="1"' in said
    assert '<autoFilter ref="A1:B3"/>' in said
    assert "Essai &amp;&amp; co" in said
    (names,) = parts(content, "xl/workbook.xml").values()
    assert "_xlnm.Print_Titles" in names
    assert '<col min="1" max="1" width="30.7' in said


def test_xlsx_offers_choices_and_says_help():
    columns = [Column("État", choices=["à faire", "faite"], help="Où elle en est")]
    content = to_xlsx(book(["faite"], columns=columns))
    (said,) = parts(content, "worksheets/sheet1.xml").values()
    assert '"à faire,faite"' in said
    assert any("Où elle en est" in text for text in parts(content, "comments").values())


def test_xlsx_keeps_long_lists_of_choices_apart():
    choices = [f"Un axe, numéro {n}" for n in range(40)]
    content = to_xlsx(book(["x"], columns=[Column("Axe", choices=choices)]))
    (said,) = parts(content, "worksheets/sheet1.xml").values()
    assert "_listes!$A$1:$A$40" in said
    assert [row[0] for row in read_workbook(content)["_listes"].rows] == choices


def test_xlsx_marks_what_is_wrong_with_its_reason():
    content = to_xlsx(book([Marked("=abc", "Ce n’est pas un nombre."), 1]))
    assert read_workbook(content)["Feuille"].rows[1][0] == "=abc"
    assert any("Ce n’est pas un nombre." in text for text in parts(content, "comments").values())
    assert any("F8C9C4" in text for text in parts(content, "styles.xml").values())


@pytest.mark.parametrize("write", WRITERS)
def test_a_text_longer_than_a_cell_says_so(write):
    read = read_workbook(write(book(["👍" * 40_000, None])))["Feuille"].rows[1][0]
    assert read.endswith("👍 […]")
    assert len(read.encode("utf-16-le")) // 2 <= CELL_LENGTH


def test_ods_leaves_out_what_xml_cannot_say():
    assert read_workbook(to_ods(book(["a\x0bb\x00c", None])))["Feuille"].rows[1][0] == "abc"


@pytest.mark.parametrize(
    ("name", "accepted"),
    [("Étapes", "Étapes"), ("a/b:c*d?e[f]g", "a b c d e f g"), ("x" * 40, "x" * 31), ("'", "Feuille")],
)
def test_names_of_sheets_are_those_that_excel_accepts(name, accepted):
    assert sheet_name(name) == accepted


# --- What somebody sends in ---------------------------------------------------------------------------
def with_formula():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as made:
        page = made.add_worksheet("Feuille")
        page.write_string(0, 0, "Texte")
        page.write_formula(1, 0, "=cmd|' /C calc'!A0", value="calc")
        page.write_number(2, 0, 46_024.4375, made.add_format({"num_format": "dd/mm/yyyy hh:mm"}))  # 10:30
    return file.getvalue()


def ods_with(cell):
    content = to_ods(book(["a", 1]))
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(file, "w") as after:
        for entry in before.infolist():
            said = before.read(entry)
            if entry.filename == "content.xml":
                said = said.replace(
                    b"</table:table>", f"<table:table-row>{cell}</table:table-row></table:table>".encode(), 1
                )
            after.writestr(entry, said)
    return file.getvalue()


def far_cells():
    """Two cells at the corners of a sheet: a reader that lays out the rectangle would ask for 512 GB."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as made:
        page = made.add_worksheet()
        page.write(0, 0, "a")
        page.write(1_048_575, 16_383, "z")
    return file.getvalue()


def bomb():
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(to_xlsx(book(["a", 1])))) as before,
        zipfile.ZipFile(file, "w", 8) as after,
    ):
        for entry in before.infolist():
            after.writestr(entry.filename, before.read(entry))
        after.writestr("xl/media/image.bin", b"\0" * 30_000_000)
    return file.getvalue()


def lying():
    """A part that says it is small and is not."""
    content = bytearray(bomb())
    true, false = struct.pack("<L", 30_000_000), struct.pack("<L", 100)
    return bytes(content.replace(true, false))


def encrypted():
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le")


def doctype():
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(to_xlsx(book(["a", 1])))) as before, zipfile.ZipFile(file, "w") as after:
        for entry in before.infolist():
            said = before.read(entry)
            if entry.filename == "xl/worksheets/sheet1.xml":
                said = said.replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet', 1)
            after.writestr(entry.filename, said)
    return file.getvalue()


def test_formulas_are_known_by_their_cell():
    read = read_workbook(with_formula())["Feuille"]
    assert read.formulas == {(1, 0)}
    assert read.rows[2][0] == date(2026, 1, 2)


def test_formulas_of_ods_are_known_too():
    live = '<table:table-cell table:formula="of:=1+1" office:value-type="float" office:value="2"/>'
    assert read_workbook(ods_with(live))["Feuille"].formulas == {(2, 0)}
    twice = live.replace("<table:table-cell", '<table:table-cell table:number-columns-repeated="2"')
    assert read_workbook(ods_with(twice))["Feuille"].formulas == {(2, 0), (2, 1)}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Ce fichier est vide."),
        (b"%PDF-1.7 un autre fichier", "n’est pas un classeur lisible"),
        (b"PK\x03\x04 coup\xc3\xa9 au milieu", "n’est pas un classeur lisible"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "n’est pas un classeur lisible"),
        (b"x" * 10_000_001, "pèse plus de 10 Mo"),
        (encrypted(), "protégé par un mot de passe"),
        (far_cells(), "dépasse 50000 lignes"),
        (bomb(), "démesurément grand"),
        (lying(), "n’est pas un classeur lisible"),
        (doctype(), "n’est pas un classeur lisible"),
    ],
    ids=["empty", "pdf", "torn", "ole", "heavy", "encrypted", "far", "bomb", "lying", "doctype"],
)
def test_what_cannot_be_read_is_refused_with_a_reason(content, said):
    with pytest.raises(Refused, match=said):
        read_workbook(content)


def test_a_word_document_is_no_workbook():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    with pytest.raises(Refused, match="n’est pas un classeur lisible"):
        read_workbook(file.getvalue())


def test_an_encrypted_ods_is_known():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("content.xml", "chiffré")
        archive.writestr("META-INF/manifest.xml", "<manifest:encryption-data/>")
    with pytest.raises(Refused, match="protégé par un mot de passe"):
        read_workbook(file.getvalue())


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(rows=2), "dépasse 2 lignes"),
        (Limits(columns=1), "dépasse 1 colonnes"),
        (Limits(cells=5), "dépasse 5 cellules"),
        (Limits(sheets=0), "plus de 0 feuilles"),
        (Limits(unpacked=1000), "démesurément grand"),
    ],
)
@pytest.mark.parametrize("write", WRITERS)
def test_limits_are_kept(write, limits, said):
    content = write(book(["a", 1], ["b", 2]))
    with pytest.raises(Refused, match=said):
        read_workbook(content, limits)


def test_rows_said_once_for_many_count_for_many():
    far = '<table:table-cell table:number-columns-repeated="900" office:value-type="string"/>'
    with pytest.raises(Refused, match="dépasse 200 colonnes"):
        read_workbook(ods_with(far))
