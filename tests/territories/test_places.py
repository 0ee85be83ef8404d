"""Pages of communes and EPCI."""

import pytest
from django.urls import reverse

from ctg.accounts.models import User
from territories.importers import load_reference
from territories.models import Commune, Departement, Epci, Qpv, TerritorialLevel

M2A = "200066009"


@pytest.fixture
def haut_rhin(db) -> None:
    load_reference("68")


@pytest.fixture
def signed_in(db, client):
    client.force_login(User.objects.create_user("elu@example.org", "x" * 20, name="Élu"))
    return client


def found(response) -> list[str]:
    return [place.name for place in response.context["places"]]


def search(client, words: str):
    return client.get(reverse("territories:place_search"), {"q": words})


@pytest.fixture
def valley(db) -> Epci:
    """An EPCI with one commune."""
    Departement.objects.create(code="68", name="Haut-Rhin", region="Grand Est")
    epci = Epci.objects.create(siren="246800395", name="Communauté de communes du Val d’Argent", kind="CC")
    Commune.objects.create(
        code="68298", name="Sainte-Marie-aux-Mines", departement_id="68", epci=epci, population=5000
    )
    return epci


def grow(epci: Epci) -> None:
    """Three communes, levels and QPV instead of one."""
    for code, name in (("68185", "Lièpvre"), ("68283", "Rombach-le-Franc")):
        commune = Commune.objects.create(
            code=code, name=name, departement_id="68", epci=epci, population=1000
        )
        qpv = Qpv.objects.create(name=f"Quartier {name}", epci=epci)
        qpv.communes.add(commune)
        TerritorialLevel.objects.create(epci=epci, name=f"Niveau {name}")


# --- Search ---------------------------------------------------------------------------------------


def test_place_search_needs_an_account(client, db):
    assert client.get(reverse("territories:place_search")).status_code == 302


def test_place_search_nothing_asked(signed_in, django_assert_num_queries):
    with django_assert_num_queries(2):  # session, user
        response = signed_in.get(reverse("territories:place_search"))
    assert (response.status_code, found(response)) == (200, [])


NAMED = [
    ("mulhouse", ["Mulhouse", "Communauté d’agglomération Mulhouse Alsace Agglomération"]),
    ("  LIEPVRE ", ["Lièpvre"]),
    ("Val d argent", ["Communauté de communes du Val d’Argent"]),
    ("val d'argent", ["Communauté de communes du Val d’Argent"]),
    ("val d’argent", ["Communauté de communes du Val d’Argent"]),
    ("rombach le   franc", ["Rombach-le-Franc"]),
    ("68224", ["Mulhouse"]),
    (M2A, ["Communauté d’agglomération Mulhouse Alsace Agglomération"]),
    ("zzzz", []),
    ("%", []),
    ("_", []),
    ("\\", []),
    ("<script>alert(1)</script>", []),
]


def test_place_search_by_name_or_code(haut_rhin, signed_in):
    for words, names in NAMED:
        response = search(signed_in, words)
        assert (words, response.status_code, found(response)) == (words, 200, names)
        assert b"<script>alert" not in response.content


def test_place_search_nearest_first_then_most_populated(haut_rhin, signed_in):
    names = found(search(signed_in, "Saint-Louis"))
    assert names == ["Saint-Louis", "Communauté d’agglomération Saint-Louis Agglomération"]
    assert found(search(signed_in, "ri"))[:2] == ["Rixheim", "Riedisheim"]


def test_place_search_at_most_fifty(haut_rhin, signed_in):
    response = search(signed_in, "68")
    assert (len(found(response)), response.context["has_more"]) == (50, True)
    assert "Les 50 premiers résultats" in response.content.decode()
    assert "Habitants (2022)" in response.content.decode()


def test_place_search_queries(valley, signed_in, django_assert_num_queries):
    for _ in range(2):
        with django_assert_num_queries(4):  # session, user, EPCI, communes
            search(signed_in, "a")
        grow(valley) if valley.communes.count() == 1 else None


@pytest.mark.parametrize("words", ["a" * 101, "nul\x00"])
def test_place_search_refused_words(signed_in, words):
    response = search(signed_in, words)
    assert (response.status_code, found(response)) == (422, [])
    assert response.context["search"].errors["q"]


# --- EPCI -----------------------------------------------------------------------------------------


def test_epci_detail_queries(valley, signed_in, django_assert_num_queries):
    url = valley.get_absolute_url()
    grow(valley)
    # session, user, EPCI, communes, levels, QPV, communes of the QPV, conventions
    with django_assert_num_queries(9):
        response = signed_in.get(url)
    text = response.content.decode()
    assert [commune.name for commune in response.context["communes"]] == [
        "Lièpvre",
        "Rombach-le-Franc",
        "Sainte-Marie-aux-Mines",
    ]
    for words in (
        "7\u202f000",
        "population municipale 2022",
        "Communauté de communes · Siren",
        "Niveau Lièpvre",
    ):
        assert words in text
    assert "Aucune convention de ce territoire ne vous est ouverte." in text
    assert "sans chiffre" not in text


def test_epci_detail_queries_with_one_commune(valley, signed_in, django_assert_num_queries):
    Qpv.objects.create(name="Quartier", epci=valley)
    with django_assert_num_queries(9):
        signed_in.get(valley.get_absolute_url())


def test_epci_detail_unknown_population(valley, signed_in):
    Commune.objects.update(population=None)
    text = signed_in.get(valley.get_absolute_url()).content.decode()
    assert "1\u00a0commune sans chiffre" in text
    assert '<p class="big">–</p>' in text


def test_epci_detail_without_communes(signed_in):
    epci = Epci.objects.create(siren="200000001", name="Vide", kind="XX")
    text = signed_in.get(epci.get_absolute_url()).content.decode()
    assert "0\u00a0commune" in text
    assert "XX · Siren" in text


def test_epci_detail_levels_of_communes(valley, signed_in):
    assert "Niveau" not in signed_in.get(valley.get_absolute_url()).content.decode()
    level = TerritorialLevel.objects.create(epci=valley, name="Bourg")
    assert (
        "Aucune commune n’est encore rattachée" in signed_in.get(valley.get_absolute_url()).content.decode()
    )
    valley.communes.update(level=level)
    assert "<td>Bourg</td>" in signed_in.get(valley.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    "url",
    [
        "/territoires/epci/999999999/",
        "/territoires/epci/1/",
        "/territoires/communes/99999/",
        "/territoires/communes/x/",
    ],
)
def test_place_unknown(signed_in, url):
    assert signed_in.get(url).status_code == 404


# --- Commune --------------------------------------------------------------------------------------


def test_commune_detail(valley, signed_in, django_assert_num_queries):
    commune = valley.communes.get()
    with django_assert_num_queries(6):  # session, user, commune, QPV, roles, conventions
        text = signed_in.get(commune.get_absolute_url()).content.decode()
    for words in (
        "5\u202f000",
        "population municipale 2022",
        "Haut-Rhin (68)",
        "Grand Est",
        valley.get_absolute_url(),
    ):
        assert words in text


def test_commune_detail_outside_any_epci(signed_in):
    Departement.objects.create(code="987", name="Polynésie française")
    commune = Commune.objects.create(code="29155", name="<b>Ouessant</b>", departement_id="987")
    text = signed_in.get(commune.get_absolute_url()).content.decode()
    assert "aucune" in text
    assert "Région" not in text
    assert "<b>Ouessant" not in text
    assert '<p class="big">–</p>' in text
