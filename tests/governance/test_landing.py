"""Where an élu lands: who does, what it says of the next COPIL and of one's commune, and what it costs."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from actions.models import BudgetLine
from governance.models import Pack
from tests.factories import (
    AxeFactory,
    CommuneFactory,
    FicheFactory,
    HighlightFactory,
    MembershipFactory,
    OrganisationFactory,
    StepFactory,
)
from tests.factories.cast import make_cast
from tests.factories.steering import (
    CommitteeFactory,
    DecisionFactory,
    HeldFactory,
    ItemFactory,
    MeetingFactory,
    WeatherFactory,
)

pytestmark = pytest.mark.django_db
SINCE = date(2026, 3, 12)


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture
def copil(cast):
    return CommitteeFactory(convention=cast.convention, name="COPIL")


def show(client, cast, user=None, **query):
    client.force_login(user or cast.roles["elected"])
    response = client.get(reverse("governance:dashboard", args=[cast.convention.slug]), query)
    assert response.status_code == 200
    return response


def lands(client, cast, user):
    return "L’essentiel au" in show(client, cast, user).content.decode()


def convene(copil, days=11, **fields):
    made = {"state": "convened", "convened_at": timezone.now(), "place": "Maison France Services"} | fields
    day = timezone.localdate() + timedelta(days=days)
    return MeetingFactory(convention=copil.convention, committee=copil, date=day, **made)


def commune(cast, name):
    made = CommuneFactory(name=name)
    cast.convention.communes.add(made)
    return made


def elu_of(cast, place):
    """An élu of a commune."""
    body = OrganisationFactory(kind="commune", name=f"Commune de {place}", commune=place)
    return MembershipFactory(role="elected", organisation=body).user


# --- Who ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["coordinator", "thematic", "contributor", "services", "caf", "reader"])
def test_only_an_elu_lands_there(client, cast, role):
    assert lands(client, cast, cast.roles[role]) is False


def test_an_elu_with_another_role_there_has_the_whole_dashboard(client, cast):
    assert lands(client, cast, cast.roles["elected"]) is True
    for role in ("services", "coordinator"):
        user = MembershipFactory(role="elected", organisation=cast.convention.carrier).user
        MembershipFactory(role=role, organisation=cast.convention.carrier, user=user)
        assert lands(client, cast, user) is False


def test_an_elu_has_the_whole_dashboard_one_click_below(client, cast):
    text = show(client, cast).content.decode()
    assert 'href="?tout"' in text
    assert "Avancement" not in text
    assert "%" not in text.split("<main")[1].split("</main>")[0]
    assert "Avancement" in show(client, cast, tout="").content.decode()


# --- The COPIL ------------------------------------------------------------------------------------
def test_the_next_copil_comes_first(client, cast, copil):
    ItemFactory(
        meeting=convene(copil), title="Reporter le centre social ?", asks_decision=True
    ).options.create(title="En 2028")
    convene(copil, 90)
    convene(CommitteeFactory(convention=cast.convention, kind="cotech", name="COTECH"), 2)
    response = show(client, cast)
    text = " ".join(response.content.decode().split())
    assert "Prochain COPIL, dans 11 jours" in text
    assert "Maison France Services" in text
    assert "1 décision à prendre" in text
    assert "Reporter le centre social ?" in text
    assert "Option 1&nbsp;: En 2028" in text
    assert text.index("Prochain COPIL") < text.index("fiches sont engagées")


def test_the_pack_is_offered_once_it_is_shared(client, cast, copil):
    pack = Pack.objects.create(meeting=convene(copil), since=SINCE, html="<p>Dossier</p>")
    assert "Lire le dossier" not in show(client, cast).content.decode()
    pack.shared_at = timezone.now()
    pack.save()
    url = reverse("governance:pack_detail", args=[cast.convention.slug, pack.uuid])
    assert url in show(client, cast).content.decode()
    assert client.get(url).status_code == 200


def test_a_copil_in_preparation_is_not_announced(client, cast, copil):
    convene(copil, state="draft", convened_at=None)
    text = show(client, cast).content.decode()
    assert "Pas encore annoncé" in text
    assert "Aucun COPIL n’est encore enregistré ici." in text


def test_without_a_copil_to_come_the_last_one_is_told(client, cast, copil):
    held = HeldFactory(convention=cast.convention, committee=copil, date=SINCE)
    DecisionFactory(meeting=held, text="Le bilan 2025 est validé", state="done", done_on=SINCE)
    text = show(client, cast).content.decode()
    assert "Pas encore annoncé" in text
    assert "1\u00a0décision prise au dernier COPIL" in text
    assert "Le bilan 2025 est validé" in text
    convene(copil)
    text = show(client, cast).content.decode()
    assert "Le bilan 2025 est validé" not in text
    assert "Depuis le COPIL du 12\u00a0mars 2026" in text


# --- My commune -----------------------------------------------------------------------------------
def test_an_elu_of_a_commune_reads_of_it(client, cast):
    here, there = commune(cast, "Ferrette"), commune(cast, "Altkirch")
    user = elu_of(cast, here)
    HighlightFactory(fiche=cast.fiche, title="Forum d’ici", commune=here)
    HighlightFactory(fiche=cast.fiche, title="Forum d’ailleurs", commune=there)
    HighlightFactory(fiche=cast.fiche, title="Forum sans commune")
    HighlightFactory(fiche=cast.fiche, title="Forum proposé", commune=here, status="proposed")
    cast.fiche.communes.add(here)
    page = show(client, cast, user).context["page"]
    assert [str(one) for one in page.place.communes] == ["Ferrette"]
    assert [one.title for one in page.place.highlights] == ["Forum d’ici"]
    assert page.place.fiches == [cast.fiche]
    assert {one.title for one in page.highlights} == {"Forum d’ailleurs", "Forum sans commune"}
    text = show(client, cast, user).content.decode()
    assert "Ma commune&nbsp;: Ferrette" in text
    assert "Forum proposé" not in text


def test_an_elu_of_the_epci_reads_of_the_whole_territory(client, cast):
    here = commune(cast, "Ferrette")
    for number in range(4):
        HighlightFactory(
            fiche=cast.fiche, title=f"Forum {number}", commune=here, date=date(2026, 1, number + 1)
        )
    page = show(client, cast).context["page"]
    assert page.place.communes == []
    assert [one.title for one in page.highlights] == ["Forum 3", "Forum 2", "Forum 1"]
    assert "Sur le territoire" in show(client, cast).content.decode()


# --- Money and weather ----------------------------------------------------------------------------
def test_euros_are_told_by_funder_with_how_many_fiches_tell_them(client, cast):
    made = {"fiche": cast.fiche, "year": 2026}
    BudgetLine.objects.create(label="Région", planned=16000, **made)
    BudgetLine.objects.create(label="Caf", planned=30000, **made)
    BudgetLine.objects.create(label="Caf", planned=15000, **made | {"year": 2027})
    BudgetLine.objects.create(label="Commune", planned=1, unit="etp", **made)
    response = show(client, cast)
    assert [(funder, total.planned) for funder, total in response.context["page"].funders] == [
        ("Caf", 45000),
        ("Région", 16000),
    ]
    assert "1\u00a0fiche sur 2 dit son budget" in response.content.decode()


def test_the_weather_is_that_which_is_published(client, cast):
    axe = AxeFactory(convention=cast.convention)
    FicheFactory(convention=cast.convention, axe=axe)
    WeatherFactory(axe=axe, level=4, text="Tout va", published_at=timezone.now(), date=SINCE)
    WeatherFactory(axe=axe, level=1, text="Brouillon")
    text = show(client, cast).content.decode()
    assert "Tout va" in text
    assert "Brouillon" not in text


@pytest.mark.parametrize("count", [1, 3])
def test_landing_costs_the_same(client, cast, copil, count, django_assert_num_queries):
    here = commune(cast, "Ferrette")
    user = elu_of(cast, here)
    for number in range(count):
        axe = AxeFactory(convention=cast.convention)
        fiche = FicheFactory(convention=cast.convention, axe=axe)
        fiche.communes.add(here)
        StepFactory(fiche=fiche)
        HighlightFactory(fiche=fiche, commune=here)
        HighlightFactory(fiche=fiche)
        ItemFactory(meeting=convene(copil, number + 1), asks_decision=True).options.create(title="Oui")
        DecisionFactory(meeting=HeldFactory(convention=cast.convention, committee=copil))
        WeatherFactory(axe=axe, published_at=timezone.now())
        BudgetLine.objects.create(fiche=fiche, label="Caf", year=2026, planned=1000)
    client.force_login(user)
    with django_assert_num_queries(23):
        client.get(reverse("governance:dashboard", args=[cast.convention.slug]))
