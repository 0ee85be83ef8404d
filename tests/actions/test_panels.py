"""Which conventions the pages of territories show."""

import pytest

from actions import panels
from actions.models import Convention
from ctg.accounts.models import User
from ctg.panels import panels_of
from territories.models import Commune, Departement, Epci, Membership, Organisation


@pytest.fixture
def place(db) -> Epci:
    Departement.objects.create(code="68", name="Haut-Rhin")
    epci = Epci.objects.create(siren="246800395", name="Val d’Argent", kind="CC")
    Epci.objects.create(siren="200066009", name="m2A", kind="CA")
    for code, siren in (("68185", "246800395"), ("68298", "246800395"), ("68224", "200066009")):
        Commune.objects.create(code=code, name=f"Commune {code}", departement_id="68", epci_id=siren)
    return epci


@pytest.fixture
def caf(db) -> Organisation:
    return Organisation.objects.create(kind="caf", name="Caf du Haut-Rhin")


@pytest.fixture
def agent(caf) -> User:
    user = User.objects.create_user("caf@example.org", "x" * 20, name="Caf")
    Membership.objects.create(user=user, organisation=caf, role="caf")
    return user


def make(caf: Organisation, slug: str, siren: str | None, *codes: str, year: int = 2026) -> Convention:
    convention = Convention.objects.create(
        name=slug,
        slug=slug,
        territory_name=slug,
        caf=caf,
        carrier=caf,
        epci_id=siren,
        period_start=f"{year}-01-01",
        period_end=f"{year + 4}-12-31",
    )
    convention.communes.set(codes)
    return convention


def slugs(panel) -> list[str]:
    return [convention.slug for convention in panel.values["conventions"]]


def test_conventions_of_epci(place, caf, agent):
    make(caf, "de-l-epci", place.pk, year=2021)
    make(caf, "de-deux-communes", None, "68185", "68298")
    make(caf, "ailleurs", "200066009", "68224")
    assert slugs(panels.conventions_of_epci(agent, place)) == ["de-deux-communes", "de-l-epci"]


def test_conventions_of_commune(place, caf, agent):
    make(caf, "une", None, "68185")
    make(caf, "de-l-epci", place.pk)
    assert slugs(panels.conventions_of_commune(agent, Commune.objects.get(pk="68185"))) == ["une"]
    assert slugs(panels.conventions_of_commune(agent, Commune.objects.get(pk="68298"))) == []


def test_conventions_of_an_outsider(place, caf):
    make(caf, "une", place.pk, "68185")
    outsider = User.objects.create_user("loin@example.org", "x" * 20, name="Loin")
    assert slugs(panels.conventions_of_epci(outsider, place)) == []
    assert slugs(panels.conventions_of_commune(outsider, Commune.objects.get(pk="68185"))) == []


@pytest.mark.parametrize("count", [1, 3])
def test_conventions_on_the_page(place, caf, agent, client, count, django_assert_num_queries):
    for year in range(2026, 2026 + count):
        make(caf, f"convention-{year}", place.pk, year=year)
    client.force_login(agent)
    # session, user, EPCI, communes, levels, QPV, conventions with their Caf
    with django_assert_num_queries(8):
        text = client.get(place.get_absolute_url()).content.decode()
    for year in range(2026, 2026 + count):
        assert f"/ctg/convention-{year}/" in text
    assert "Caf du Haut-Rhin" in text


def test_panels_are_registered(place, agent):
    assert [panel.template for panel in panels_of(place, agent)] == ["actions/panel_conventions.html"]
    commune = Commune.objects.get(pk="68185")
    assert [panel.template for panel in panels_of(commune, agent)] == ["actions/panel_conventions.html"]
