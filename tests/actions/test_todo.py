"""À faire: what is useful, to whom, in which order, done on the spot."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from actions.models import FichePilot, Step
from tests.factories import (
    ContactFactory,
    EvaluationFactory,
    FicheFactory,
    IndicatorFactory,
    MeasurementFactory,
    StepFactory,
)

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
TODAY = date(2026, 6, 1)


@pytest.fixture(autouse=True)
def _on_that_day(monkeypatch, time_machine):
    time_machine.move_to("2026-06-01 10:00:00+02:00", tick=False)


def todo(client, cast, role="coordinator", **query):
    client.force_login(cast.roles[role])
    return client.get(reverse("actions:todo", args=[cast.convention.slug]), query)


def kinds(response):
    return [group.kind for group in response.context["groups"]]


def settled(fiche):
    """Nothing is left to do on this fiche."""
    FichePilot.objects.create(fiche=fiche, contact=ContactFactory())
    indicator = IndicatorFactory(fiche=fiche, comparator="≥", target_value=1, target_mode="each_period")
    MeasurementFactory(indicator=indicator, period_start=date(2025, 1, 1), period_end=date(2025, 12, 31))
    return indicator


@pytest.fixture
def quiet(cast):
    for fiche in (cast.fiche, cast.other):
        settled(fiche)
        EvaluationFactory(fiche=fiche, year=2025)
    return cast


def test_todo_says_that_nothing_is_left(client, quiet):
    response = todo(client, quiet)
    assert kinds(response) == []
    assert "Rien à faire" in response.content.decode()


def test_todo_in_the_order_of_effect(client, cast):
    StepFactory(fiche=cast.fiche, due_on=TODAY - timedelta(days=1))
    IndicatorFactory(fiche=cast.fiche, label="Ateliers", comparator="≥", target_value=3)
    type(cast.other).objects.filter(pk=cast.other.pk).update(updated_at=timezone.now() - timedelta(days=300))
    assert kinds(todo(client, cast, tout="")) == [
        "Étapes dépassées",
        "Valeurs à saisir",
        "Fiches sans nouvelle",
        "Évaluations à écrire",
        "Fiches sans pilote",
        "Cibles à préciser",
        "Fiches sans indicateur",
    ]


def test_todo_of_a_contributor_is_that_of_own_fiches_and_asks_nothing_of_the_plan(client, cast):
    for fiche in (cast.fiche, cast.other):
        StepFactory(fiche=fiche, title=f"Étape de {fiche.title}", due_on=TODAY - timedelta(days=1))
    response = todo(client, cast, "contributor")
    assert kinds(response) == ["Étapes dépassées", "Évaluations à écrire"]
    assert cast.other.title not in response.content.decode()


@pytest.mark.parametrize("role", ["reader", "elected", "services"])
def test_todo_of_who_only_reads_is_empty_and_not_in_the_navigation(client, cast, role):
    response = todo(client, cast, role)
    assert kinds(response) == []
    assert "À faire</a>" not in response.content.decode()


def test_todo_asks_the_evaluation_of_an_engaged_fiche_once_the_year_is_over(client, quiet):
    quiet.fiche.status = "en_cours"
    quiet.fiche.save()
    quiet.fiche.evaluations.all().delete()
    quiet.other.evaluations.all().delete()
    response = todo(client, quiet)
    assert kinds(response) == ["Évaluations à écrire"]
    assert "Évaluer 2025" in response.content.decode()


def test_todo_leaves_alone_what_is_over(client, quiet):
    quiet.fiche.status = "realisee"
    quiet.fiche.save()
    quiet.fiche.pilot_links.all().delete()
    assert kinds(todo(client, quiet)) == []


def test_todo_opens_the_form_in_place_saves_and_says_it_is_done(client, cast):
    step = StepFactory(fiche=cast.fiche, due_on=TODAY - timedelta(days=1))
    [move] = todo(client, cast, tout="").context["groups"][0].moves
    form = client.get(move.act_url, headers=HTMX).content.decode()
    assert form.startswith("{#") or f'id="{move.key}"' in form
    assert 'name="title"' not in form  # where it stands, nothing else
    sent = {"state": "done", "due_on": "2026-05-31", "done_on": "", "initial-due_on": "2026-05-31"}
    wrong = client.post(move.act_url, sent | {"state": "doing", "done_on": "2026-05-30"}, headers=HTMX)
    assert (wrong.status_code, f'id="{move.key}"' in wrong.content.decode()) == (422, True)
    done = client.post(move.act_url, sent | {"initial-state": "to_do"}, headers=HTMX)
    assert (done.status_code, "enregistrée" in done.content.decode()) == (200, True)
    step.refresh_from_db()
    assert step.state == Step.State.DONE
    assert "Étapes dépassées" not in kinds(todo(client, cast, tout=""))


def test_todo_without_a_script_comes_back_to_the_list(client, cast):
    StepFactory(fiche=cast.fiche, due_on=TODAY - timedelta(days=1))
    [move] = todo(client, cast, tout="").context["groups"][0].moves
    page = client.get(move.act_url)
    assert move.key in page.content.decode()  # the form goes back where it came from
    response = client.post(
        move.act_url, {"state": "dropped", "due_on": "", "done_on": "", "initial-state": "to_do"}
    )
    assert response.headers["Location"] == reverse("actions:todo", args=[cast.convention.slug])


def test_todo_sends_to_what_partners_wrote(client, quiet):
    indicator = quiet.fiche.indicators.get()
    MeasurementFactory(
        indicator=indicator,
        status="proposed",
        period_start=date(2026, 1, 1),
        period_end=date(2026, 3, 31),
    )
    response = todo(client, quiet)
    [move] = response.context["groups"][0].moves
    assert (move.title, move.is_in_place) == ("1\u00a0contribution de partenaire", False)
    assert kinds(todo(client, quiet, "contributor")) == []


def test_todo_shows_twelve_and_counts_the_others(client, cast):
    for _ in range(20):
        StepFactory(fiche=cast.fiche, due_on=TODAY - timedelta(days=1))
    response = todo(client, cast)
    assert sum(len(group.moves) for group in response.context["groups"]) == 12
    assert response.context["left"] == response.context["total"] - 12
    assert todo(client, cast, tout="").context["left"] == 0


@pytest.mark.parametrize("number", [1, 3])
def test_todo_costs_the_same_for_one_and_three(client, cast, django_assert_num_queries, number):
    for _ in range(number):
        fiche = FicheFactory(convention=cast.convention)
        StepFactory(fiche=fiche, due_on=TODAY - timedelta(days=1))
        IndicatorFactory(fiche=fiche)
    client.force_login(cast.roles["coordinator"])
    with django_assert_num_queries(18):  # six of them for the meetings
        client.get(reverse("actions:todo", args=[cast.convention.slug]))
