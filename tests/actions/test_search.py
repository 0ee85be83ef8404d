"""Words found wherever a fiche holds them, and why; the field in the header of every page."""

import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse

from actions.models import FicheAction, FichePilot
from actions.search import SOURCES, explain, search
from ctg.search import matching, words_of
from territories.models import Contact, Organisation
from tests.factories import (
    ContactFactory,
    FicheFactory,
    HighlightFactory,
    IndicatorFactory,
    NoteFactory,
    ObjectiveFactory,
    OrganisationFactory,
    StepFactory,
)
from tests.factories.cast import make_cast

pytestmark = pytest.mark.django_db


def found(cast, typed, role="reader"):
    fiches = FicheAction.objects.filter(convention=cast.convention)
    return {fiche.title for fiche in search(fiches, typed, cast.roles[role], [cast.convention.pk])}


def told(cast, typed, role="reader"):
    """Why fiches were found, as (where, words)."""
    user, fiches = cast.roles[role], FicheAction.objects.filter(convention=cast.convention)
    keys = [fiche.pk for fiche in search(fiches, typed, user, [cast.convention.pk])]
    return {(why.said, str(why.text)) for reasons in explain(keys, typed, user).values() for why in reasons}


@pytest.fixture
def everywhere(cast):
    """A fiche with a word of its own in each place."""
    fiche = FicheFactory(
        convention=cast.convention,
        title="Accueil périscolaire",
        number="1.2",
        constat="<p>Les <strong>familles</strong> manquent de places.</p>",
    )
    StepFactory(fiche=fiche, title="Ouvrir une ludothèque", details="<p>À Ferrette</p>")
    ObjectiveFactory(fiche=fiche, text="Diversifier les modes de garde")
    IndicatorFactory(fiche=fiche, label="Fréquentation des mercredis")
    NoteFactory(fiche=fiche, text="Réunion avec les directrices")
    HighlightFactory(fiche=fiche, title="Kermesse")
    fiche.leads.create(organisation=OrganisationFactory(name="Syndicat du Largue", short_name="SIL"))
    fiche.partners.create(label="Associations de parents")
    fiche.partners.create(
        organisation=OrganisationFactory(name="Mutualité sociale agricole", short_name="MSA")
    )
    fiche.pilots.add(ContactFactory(name="", function="Direction de l’enfance"))
    return fiche


@pytest.mark.parametrize(
    ("typed", "where"),
    [
        ("periscolaires", None),
        ("périsco", None),
        ("1.2", None),
        ("PLACES", "dans la fiche"),
        ("ludotheques", "dans l’étape"),
        ("ferrette", "dans l’étape"),
        ("garde", "dans l’objectif"),
        ("frequentations", "dans l’indicateur"),
        ("directrice", "dans le point d’étape"),
        ("kermesses", "dans le temps fort"),
        ("largue", "porteur"),
        ("sil", "porteur"),
        ("associations", "partenaire"),
        ("msa", "partenaire"),
        ("mutualité", "partenaire"),
        ("direction", "pilote"),
    ],
)
def test_search_finds_in_every_place_and_says_where(cast, everywhere, typed, where):
    assert found(cast, typed) == {"Accueil périscolaire"}
    reasons = told(cast, typed)
    assert {said for said, _ in reasons} == ({where} if where else set())
    assert all(text.count("<mark>") == 1 for _, text in reasons)


def test_search_wants_every_word_but_not_in_one_place(cast, everywhere):
    assert found(cast, "l’accueil des familles à Ferrette") == {"Accueil périscolaire"}
    assert found(cast, "ludothèque Altkirch") == set()
    assert told(cast, "kermesse ferrette") == {
        ("dans l’étape", "Ouvrir une ludothèque · À <mark>Ferrette</mark>"),
        ("dans le temps fort", "<mark>Kermesse</mark>"),
    }


def test_search_of_empty_words_leaves_out_nothing(cast, everywhere):
    assert len(found(cast, "de la")) == 3
    assert found(cast, "les familles") == {"Accueil périscolaire"}


def test_search_finds_a_title_as_it_is_typed(cast):
    FicheFactory(convention=cast.convention, title="100 % gagnant_e")
    assert found(cast, "100 %") == {"100 % gagnant_e"}
    assert found(cast, "nant_e") == {"100 % gagnant_e"}


@pytest.mark.parametrize(
    "typed",
    [
        "'",
        "\\",
        "a & b | !c",
        "<->",
        ":*",
        "()",
        "%",
        "😀",
        "«»",
        "x" * 5000,
        "a " * 300,
        "e\u0301cole",
        "½²",
    ],
)
def test_search_bears_anything(cast, sign_in, typed):
    client = sign_in(cast.roles["reader"])
    for url in (reverse("actions:plan", args=[cast.convention.slug]), reverse("actions:search")):
        assert client.get(url, {"q": typed}).status_code == 200
        assert client.get(url, {"q": f"fiche {typed}"}).status_code == 200


def test_search_marks_words_and_nothing_else(cast):
    NoteFactory(
        fiche=cast.fiche, text="<script>alert(1)</script> un <b>relais</b> <img src=x onerror=alert(1)>"
    )
    ((said, text),) = told(cast, "relais")
    assert said == "dans le point d’étape"
    assert text == "un <mark>relais</mark> &lt;img src=x onerror=alert"


def test_search_finds_nothing_confidential_for_whoever_may_not_read_it(cast):
    NoteFactory(fiche=cast.fiche, text="Licenciement", visibility="confidential")
    NoteFactory(fiche=cast.fiche, text="Proposition", status="proposed", author=cast.roles["contributor"])
    HighlightFactory(fiche=cast.fiche, title="Inauguration", status="proposed")
    seen = {
        role: [word for word in ("licenciement", "proposition", "inauguration") if found(cast, word, role)]
        for role in ("coordinator", "caf", "contributor", "elected", "reader")
    }
    assert seen == {
        "coordinator": ["licenciement"],
        "caf": ["licenciement"],
        "contributor": ["proposition"],
        "elected": [],
        "reader": [],
    }
    assert told(cast, "licenciement", "reader") == set()


def test_search_across_conventions_shows_only_those_the_person_sees(cast, sign_in):
    FicheFactory(convention=cast.convention, title="Ludothèque ici")
    other = make_cast()
    FicheFactory(convention=other.convention, title="Ludothèque ailleurs")
    url = reverse("actions:search")
    body = sign_in(cast.roles["reader"]).get(url, {"q": "ludotheque"}).content.decode()
    assert "Ludothèque ici" in body
    assert "Ludothèque ailleurs" not in body
    everything = sign_in(cast.roles["administrator"]).get(url, {"q": "ludotheque"}).content.decode()
    assert "Ludothèque ailleurs" in everything


@pytest.mark.parametrize("count", [1, 3, 60])
def test_search_costs_the_same_whatever_it_finds(cast, sign_in, django_assert_num_queries, count):
    for _ in range(count):
        NoteFactory(fiche=FicheFactory(convention=cast.convention), text="Ludothèque")
    client = sign_in(cast.roles["reader"])
    with django_assert_num_queries(6):  # session, user, roles, conventions, fiches, reasons
        response = client.get(reverse("actions:search"), {"q": "ludotheque"})
    assert response.context["count"] == min(count, 50)
    assert response.context["more"] == (count > 50)


def test_search_field_stands_on_every_page(cast, sign_in):
    client = sign_in(cast.roles["reader"])
    here = client.get(reverse("actions:directory", args=[cast.convention.slug])).content.decode()
    assert f'role="search" action="{reverse("actions:plan", args=[cast.convention.slug])}"' in here
    home = client.get(reverse("actions:home")).content.decode()
    assert f'role="search" action="{reverse("actions:search")}"' in home
    client.logout()
    assert 'role="search"' not in client.get(reverse("glossaire")).content.decode()


def test_words_are_few_and_short():
    typed = "l’école d’Altkirch, 1.2 (co-construction) et aussi la suite de la suite"
    assert [word.typed for word in words_of(typed)] == [
        "l",
        "école",
        "d",
        "Altkirch",
        "1.2",
        "co-construction",
    ]
    assert [word.typed for word in words_of("les leurs à")] == ["les", "leurs", "à"]
    assert [word.typed for word in words_of("à tous les jeunes")] == ["jeunes"]
    assert words_of("« » !") == []


def test_indexes_are_those_that_search_asks_for(cast):
    """An expression that differed from that of the index would make every search read every row."""
    (word,) = words_of("ludothèque")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    models = {apps.get_model("actions", source.model) for source in SOURCES} - {FichePilot}
    for model in {*models, FicheAction, Organisation, Contact}:
        plan = matching(model._default_manager.order_by(), word.query).explain()
        assert f"Bitmap Index Scan on {model._meta.model_name}_search" in plan
