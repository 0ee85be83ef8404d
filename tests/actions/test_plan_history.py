"""The pages of the plan of a day, and of what changed between two."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from actions.models import FicheAction, Measurement
from tests.actions.test_dated import happened_on
from tests.factories import (
    AxeFactory,
    ContactFactory,
    FicheFactory,
    IndicatorFactory,
    MeasurementFactory,
    NoteFactory,
    OrganisationFactory,
    OrientationFactory,
    StepFactory,
)

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 1)
NB = "\u00a0"


def url(cast, view, **query):
    address = reverse(f"actions:{view}", args=[cast.convention.slug])
    return address + "?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else address


@pytest.fixture
def reader(cast, sign_in):
    return sign_in(cast.roles["elected"])


def body(response):
    """The page on one line; no-break spaces are kept."""
    return re.sub(r"[ \n]+", " ", response.content.decode())


# --- The plan of a day ----------------------------------------------------------------------------
def test_plan_at_shows_the_tree_as_it_was_and_says_that_it_is_past(cast, reader):
    axe = AxeFactory(convention=cast.convention, title="Se lier")
    orientation = OrientationFactory(axe=axe, title="Plus près")
    fiche = FicheFactory(convention=cast.convention, axe=axe, orientation=orientation, title="Accueillir")
    StepFactory(fiche=fiche, state="done")
    indicator = IndicatorFactory(fiche=fiche, label="Visites", target_words="> 200")
    MeasurementFactory(indicator=indicator, value=148)
    fiche.leads.create(organisation=OrganisationFactory(name="Centre social"))
    happened_on(DAY)
    FicheAction.objects.filter(pk=fiche.pk).update(title="Recevoir", status="realisee")
    Measurement.objects.update(value=999)
    page = reader.get(url(cast, "plan_at", le=DAY))
    said = body(page)
    assert page.status_code == 200
    assert f"Le plan tel qu’il était le 1er{NB}mars 2026" in said
    assert "État passé" in said
    for word in ("Se lier", "Plus près", "Accueillir", "en cours", "Centre social", "1 sur 1"):
        assert word in said
    assert "Visites · cible > 200 · 148 · 2025" in said.replace("&gt;", ">")
    assert ("Recevoir" in said, "999" in said, "réalisée</span>" in said) == (False, False, False)


def test_plan_at_a_fiche_that_is_gone_has_no_page(cast, reader):
    gone = FicheFactory(convention=cast.convention, title="Perdue")
    happened_on(DAY)
    address = gone.get_absolute_url()
    gone.delete()
    said = body(reader.get(url(cast, "plan_at", le=DAY)))
    assert ("Perdue" in said, "supprimée depuis" in said, address in said) == (True, True, False)
    assert cast.fiche.get_absolute_url() in said


@pytest.mark.parametrize(
    ("day", "status", "words"),
    [
        (DAY - timedelta(days=1), 200, "L’historique du plan commence plus tard"),
        ("2999-01-01", 422, "Écrivez une date entre"),
        ("0226-01-01", 422, "Écrivez une date entre"),
        ("n’importe", 422, "date valide"),
        ("%00", 422, "date valide"),
        ("", 422, "obligatoire"),
    ],
)
def test_plan_at_a_day_that_is_none(cast, reader, day, status, words):
    happened_on(DAY)
    page = reader.get(url(cast, "plan_at", le=day))
    assert (page.status_code, words in body(page)) == (status, True)


def test_plan_at_tomorrow_is_refused_and_today_is_the_plan(cast, reader):
    today = timezone.localdate()
    assert reader.get(url(cast, "plan_at", le=today + timedelta(days=1))).status_code == 422
    assert body(reader.get(url(cast, "plan_at", le=today))).count('class="t"') == 2


def test_plan_at_without_a_day_asks_for_one(cast, reader):
    page = reader.get(url(cast, "plan_at"))
    assert (page.status_code, 'name="le"' in body(page), "État passé" in body(page)) == (200, True, False)


def test_plan_at_leaves_out_what_is_confidential_and_what_is_elsewhere(cast, sign_in):
    NoteFactory(fiche=cast.fiche, text="Entre nous", visibility="confidential")
    FicheFactory(title="Ailleurs")
    client = sign_in(cast.roles["coordinator"])
    for view, query in (
        ("plan_at", {"le": timezone.localdate()}),
        ("plan_compare", {"du": DAY, "au": timezone.localdate()}),
    ):
        said = body(client.get(url(cast, view, **query)))
        assert ("Entre nous" in said, "Ailleurs" in said) == (False, False)


def test_plan_at_escapes_titles(cast, reader):
    FicheFactory(convention=cast.convention, title="<script>alert(1)</script>")
    assert "<script>alert" not in body(reader.get(url(cast, "plan_at", le=timezone.localdate())))


# --- Between two days -----------------------------------------------------------------------------
def test_plan_compare_says_it_in_words(cast, reader):
    axe = AxeFactory(convention=cast.convention, title="Se lier")
    FicheAction.objects.filter(pk=cast.fiche.pk).update(axe=axe)
    step = StepFactory(fiche=cast.fiche, title="Ouvrir un lieu")
    happened_on(DAY)
    FicheAction.objects.filter(pk=cast.fiche.pk).update(
        status="reportee", status_reason="Pas de local", postponed_to=date(2028, 1, 1), title="Recevoir"
    )
    step.state = "done"
    step.save()
    added = FicheFactory(convention=cast.convention, title="Nouvelle")
    happened_on(date(2026, 4, 1))
    said = body(reader.get(url(cast, "plan_compare", du=DAY, au="2026-04-01")))
    for words in (
        f"1{NB}fiche ajoutée, 1{NB}fiche reportée, 1{NB}étape faite",
        "Se lier",
        "devient",
        f"Reportée au 1er{NB}janvier 2028. Motif",
        "Pas de local",
        "Ouvrir un lieu",
        "<ins>Recevoir</ins>",
        added.get_absolute_url(),
    ):
        assert words in said


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"du": "2026-03-01", "au": "2026-03-01"}, 422, "La seconde date doit suivre la première."),
        ({"du": "2026-03-02", "au": "2026-03-01"}, 422, "La seconde date doit suivre la première."),
        ({"du": "2026-03-01"}, 422, "obligatoire"),
        ({"du": "x", "au": "2999-01-01"}, 422, "date valide"),
        ({"du": "2020-01-01", "au": "2020-02-01"}, 200, "L’historique du plan commence plus tard"),
        ({"du": "2026-03-01", "au": "2026-03-02"}, 200, "Rien n’a changé"),
        ({"du": "2020-01-01", "au": "2026-03-02"}, 200, "compte comme ajouté"),
    ],
)
def test_plan_compare_of_other_dates(cast, reader, query, status, words):
    happened_on(DAY)
    page = reader.get(url(cast, "plan_compare", **query))
    assert (page.status_code, words in body(page)) == (status, True)


# --- The way in -----------------------------------------------------------------------------------
def test_plan_history_offers_days_worth_looking_at(cast, reader):
    cast.convention.signed_on = date(2025, 4, 16)
    cast.convention.save()
    cast.convention.avenants.create(number=1, date=date(2026, 2, 1), object="Un an de plus")
    happened_on(date(2025, 2, 1))
    page = reader.get(url(cast, "plan_history"))
    assert [(one.on, one.words) for one in page.context["landmarks"]][-4:] == [
        (date(2026, 2, 1), f"Avenant n° 1{NB}: Un an de plus"),
        (date(2025, 12, 31), "Fin 2025"),
        (date(2025, 4, 16), "Signature de la convention"),
        (date(2025, 2, 1), "Début de l’historique"),
    ]
    assert url(cast, "plan_at", le="2025-12-31") in body(page)


def test_plan_history_of_an_empty_plan(cast, reader):
    for fiche in (cast.fiche, cast.other):
        fiche.events.all().delete()
    page = reader.get(url(cast, "plan_history"))
    assert (page.status_code, "Rien n’est encore gardé" in body(page)) == (200, True)
    assert "pas encore d’historique" in body(reader.get(url(cast, "plan_at", le=DAY)))


def test_the_plan_leads_to_its_history(cast, reader):
    plan = body(reader.get(reverse("actions:plan", args=[cast.convention.slug])))
    fiche = body(reader.get(reverse("actions:fiche_history", args=[cast.convention.slug, cast.fiche.uuid])))
    assert [url(cast, "plan_history") in page for page in (plan, fiche)] == [True, True]


@pytest.mark.parametrize("count", [1, 3, 30])
@pytest.mark.parametrize(
    ("view", "query", "queries"),
    [
        ("plan_at", {"le": "2026-04-01"}, 20),
        ("plan_compare", {"du": "2026-03-01", "au": "2026-04-01"}, 27),
    ],
)
def test_pages_of_the_past_cost_the_same(
    cast, reader, view, query, queries, count, django_assert_num_queries
):
    happened_on(DAY)
    for _ in range(count):
        fiche = FicheFactory(convention=cast.convention, axe=AxeFactory(convention=cast.convention))
        StepFactory(fiche=fiche, state="done")
        MeasurementFactory(indicator=IndicatorFactory(fiche=fiche))
        fiche.leads.create(organisation=OrganisationFactory())
        fiche.pilot_links.create(contact=ContactFactory())
    happened_on(date(2026, 4, 1))
    with django_assert_num_queries(queries):
        assert reader.get(url(cast, view, **query)).status_code == 200
