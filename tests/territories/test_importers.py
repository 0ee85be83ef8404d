"""Reference data of France and QPV of the ANCT."""

from contextlib import suppress

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from territories import importers
from territories.models import Commune, Departement, Epci, Qpv, Theme

M2A = "200066009"


@pytest.fixture
def haut_rhin(db) -> None:
    importers.load_reference("68")


def snapshot(model) -> list[tuple]:
    return list(model.objects.order_by("pk").values_list())


def test_load_reference_whole_of_france(db, capsys):
    call_command("load_reference")
    assert capsys.readouterr().out == "109 départements\n1\u202f253 EPCI\n34\u202f875 communes\n"
    assert (Departement.objects.count(), Epci.objects.count(), Commune.objects.count()) == (109, 1253, 34_875)
    assert Commune.objects.get(code="2A004").name == "Ajaccio"
    assert Commune.objects.get(code="01004").departement.name == "Ain"
    assert Commune.objects.get(code="85113").name == "L’Île-d’Yeu"
    assert Commune.objects.get(code="17300").name == "La Rochelle"
    assert Commune.objects.filter(epci=None).count() == 4
    assert Departement.objects.get(code="68").region == "Grand Est"
    assert Departement.objects.get(code="987").region == ""


def test_load_reference_known_sums(haut_rhin):
    sums = {}
    for siren in (M2A, "200066041", "246800395"):
        people = Commune.objects.filter(epci_id=siren).values_list("population", flat=True)
        sums[siren] = (len(people), sum(people))
    assert sums == {M2A: (39, 274_260), "200066041": (64, 47_811), "246800395": (4, 9_000)}


def test_load_reference_twice_changes_nothing(haut_rhin, django_assert_num_queries):
    before = snapshot(Commune), snapshot(Epci)
    with django_assert_num_queries(6):  # transaction (2), the three tables, themes: nothing written
        importers.load_reference("68")
    assert (snapshot(Commune), snapshot(Epci)) == before


def test_load_reference_mends_what_differs(haut_rhin):
    Commune.objects.filter(code="68224").update(name="Moulhouse", population=1)
    importers.load_reference("68")
    mulhouse = Commune.objects.get(code="68224")
    assert (mulhouse.name, mulhouse.sort_name, mulhouse.epci_id) == ("Mulhouse", "mulhouse", M2A)


def test_load_reference_keeps_the_themes_of_the_instance(db):
    importers.load_themes()
    assert [theme.name for theme in Theme.objects.all()] == list(importers.THEMES)
    Theme.objects.exclude(name="Jeunesse").delete()
    importers.load_themes()
    assert Theme.objects.count() == 1


# --- QPV ------------------------------------------------------------------------------------------

ANCT = (
    "code_qp,lib_qp,insee_com,lib_com\n"
    "QN06824M,Brustlein,68224,Mulhouse\n"
    'QN06825M,Péricentre,"68224; 68376","Mulhouse; Wittenheim"\n'
    "QN06826M,Ailleurs,99999,Nulle part\n"
)


def test_load_qpv(haut_rhin, tmp_path, capsys):
    file = tmp_path / "qpv.csv"
    file.write_text(ANCT, encoding="utf-8")
    call_command("load_qpv", str(file))
    call_command("load_qpv", str(file))
    assert capsys.readouterr().out == (
        "3 QPV créés, 0 déjà connus.\nCommunes inconnues, laissées de côté : 99999.\n"
        "0 QPV créés, 3 déjà connus.\nCommunes inconnues, laissées de côté : 99999.\n"
    )
    spanning = Qpv.objects.get(code="QN06825M")
    assert (spanning.name, spanning.epci_id) == ("Péricentre", M2A)
    assert [commune.code for commune in spanning.communes.all()] == ["68224", "68376"]
    assert Qpv.objects.get(code="QN06826M").epci is None


@pytest.mark.parametrize(
    "content",
    [
        ANCT.encode(),
        b"\xef\xbb\xbf" + ANCT.encode(),
        ANCT.encode("cp1252"),
        ANCT.replace(";", "|").replace(",", ";").replace("|", ",").encode(),
        ANCT.replace("\n", "\r\n").upper().replace("CODE_QP", "Code_QP").encode(),
    ],
)
def test_parse_qpv_separators_and_encodings(content):
    rows = importers.parse_qpv(content)
    assert [(row.code, row.name.lower(), row.communes) for row in rows] == [
        ("QN06824M", "brustlein", ("68224",)),
        ("QN06825M", "péricentre", ("68224", "68376")),
        ("QN06826M", "ailleurs", ("99999",)),
    ]


def test_load_qpv_gives_its_code_to_one_known_by_name(haut_rhin):
    known = Qpv.objects.create(name="Peri-Centre", epci_id=M2A)
    row = importers.QpvRow("QN06825M", "Péri centre", ("68224",))
    assert importers.load_qpv([row]).created == 0
    known.refresh_from_db()
    assert (known.code, known.name) == ("QN06825M", "Péri centre")


def test_load_qpv_two_of_one_name_in_one_epci(haut_rhin):
    rows = [
        importers.QpvRow("QN06801M", "Centre", ("68224",)),
        importers.QpvRow("QN06802M", "Centre", ("68376",)),
        importers.QpvRow("QN06803M", "Centre", ("68376",)),
    ]
    names = ["Centre", "Centre (Wittenheim)", "Centre (QN06803M)"]
    for _ in range(2):
        importers.load_qpv(rows)
        assert [qpv.name for qpv in Qpv.objects.order_by("code")] == names


def test_load_qpv_leaves_a_commune(haut_rhin):
    importers.load_qpv([importers.QpvRow("QN06801M", "Centre", ("68224", "68376"))])
    importers.load_qpv([importers.QpvRow("QN06801M", "Centre", ("68376",))])
    assert [commune.code for commune in Qpv.objects.get().communes.all()] == ["68376"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Colonnes absentes du fichier : code_qp, lib_qp, insee_com."),
        (b"code_qp,lib_qp\nQN1,Un", "Colonnes absentes du fichier : insee_com."),
        (b"code_qp,lib_qp,insee_com\nQN06824MX,Un,68224", "Ligne 2 : code ou nom de quartier illisible."),
        (b"code_qp,lib_qp,insee_com\nQN06824M,,68224", "Ligne 2 : code ou nom de quartier illisible."),
    ],
)
def test_load_qpv_refuses_another_file(db, tmp_path, content, message):
    file = tmp_path / "qpv.csv"
    file.write_bytes(content)
    with pytest.raises(CommandError, match=message):
        call_command("load_qpv", str(file))


def test_load_qpv_absent_file(db, tmp_path):
    with pytest.raises(CommandError, match="Fichier refusé"):
        call_command("load_qpv", str(tmp_path / "absent.csv"))


@given(st.binary(max_size=300))
def test_parse_qpv_never_breaks(content):
    with suppress(importers.UnreadableFileError):
        importers.parse_qpv(b"code_qp,lib_qp,insee_com\n" + content)
