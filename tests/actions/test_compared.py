"""What changed in a plan between two days."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings

from actions.compared import compare
from actions.models import FicheAction, Measurement, Step
from tests.actions.test_dated import FIRST, LIVES, add_axe, add_fiche, add_parts, happened_on
from tests.factories import (
    AxeFactory,
    ConventionFactory,
    FicheFactory,
    IndicatorFactory,
    MeasurementFactory,
    ObjectiveFactory,
    OrganisationFactory,
    OrientationFactory,
    StepFactory,
)

pytestmark = pytest.mark.django_db

DU, AU = date(2026, 1, 10), date(2026, 4, 1)
NB = "\u00a0"


@pytest.fixture
def start(cast):
    """A plan as it stood on the first day; `start()` tells what became of it since."""
    axe = AxeFactory(convention=cast.convention, title="Se lier", position=0)
    FicheAction.objects.filter(pk=cast.fiche.pk).update(axe=axe, title="Accueillir", number="1")
    FicheAction.objects.filter(pk=cast.other.pk).update(title="Informer", number="2")
    cast.fiche.refresh_from_db()
    cast.other.refresh_from_db()
    happened_on(DU)

    def since():
        happened_on(AU)
        return compare(cast.convention, DU, AU)

    return since


def told(found):
    """Each part with its fiches and their changes."""
    return [
        (
            part.title,
            [
                (one.kind, str(one.fiche), [(c.label, c.before, c.after) for c in one.changes])
                for one in part.differences
            ],
        )
        for part in found.parts
    ]


def test_nothing_changed(start):
    found = start()
    assert (found.is_empty, found.parts, found.levels) == (True, [], [])


def test_fiches_that_came_and_went(cast, start):
    FicheFactory(convention=cast.convention, title="Écouter", number="3", axe=cast.fiche.axe)
    cast.other.delete()
    found = start()
    assert told(found) == [
        ("Se lier", [("added", "3 Écouter", [])]),
        ("À classer", [("gone", "2 Informer", [])]),
    ]
    assert found.words == f"1{NB}fiche ajoutée, 1{NB}fiche supprimée"


def test_fields_in_words(cast, start):
    orientation = OrientationFactory(axe=cast.fiche.axe, title="Plus près")
    cast.fiche.title, cast.fiche.ends_on, cast.fiche.is_permanent = "Recevoir", date(2027, 6, 30), True
    cast.fiche.constat, cast.fiche.orientation = "<p>Peu de lieux</p>", orientation
    cast.fiche.save()
    cast.fiche.leads.all().delete()
    cast.fiche.leads.create(organisation=OrganisationFactory(name="Centre social"))
    lead = cast.roles["contributor"].memberships.get().organisation
    found = start()
    assert told(found) == [
        (
            "Se lier",
            [
                (
                    "changed",
                    "1 Recevoir",
                    [
                        ("Titre", "Accueillir", "Recevoir"),
                        ("Constat", "(vide)", "Peu de lieux"),
                        ("Fin", "(vide)", "30/06/2027"),
                        ("Action permanente", "non", "oui"),
                        ("Place dans le plan", "Se lier", "Se lier › Plus près"),
                        ("Porteur", str(lead), "Centre social"),
                    ],
                )
            ],
        )
    ]
    assert [(c.label, c.before, c.after) for c in found.levels] == [("Orientation", "(vide)", "Plus près")]


def test_a_status_says_what_it_was(cast, start):
    FicheAction.objects.filter(pk=cast.fiche.pk).update(status="realisee")
    FicheAction.objects.filter(pk=cast.other.pk).update(status="abandonnee", status_reason="Sans porteur")
    found = start()
    one, other = found.differences
    assert (one.has_new_status, one.before, one.changes) == (True, ("cours", "en cours"), [])
    assert (other.fiche.status_reason, other.changes) == ("Sans porteur", [])
    assert found.words == f"1{NB}fiche réalisée, 1{NB}fiche abandonnée"


def test_a_reason_that_changes_alone_is_a_field(cast, start):
    FicheAction.objects.filter(pk=cast.fiche.pk).update(status="bloquee", status_reason="Sans local")
    happened_on(DU)
    FicheAction.objects.filter(pk=cast.fiche.pk).update(status_reason="Sans agent")
    found = start()
    assert told(found) == [
        ("Se lier", [("changed", "1 Accueillir", [("Motif", "Sans local", "Sans agent")])])
    ]
    assert found.words == f"1{NB}fiche modifiée"


def test_steps_objectives_and_indicators(cast, start):
    kept, moved, dropped = (StepFactory(fiche=cast.fiche, title=f"Étape {n}") for n in (1, 2, 3))
    gone = StepFactory(fiche=cast.fiche, title="Oubliée")
    objective = ObjectiveFactory(fiche=cast.fiche, text="Accueillir mieux")
    indicator = IndicatorFactory(
        fiche=cast.fiche, label="Visites", target_words="> 200", comparator=">", target_value=200
    )
    value = MeasurementFactory(indicator=indicator, value=140)
    happened_on(DU)
    Step.objects.filter(pk=kept.pk).update(state="done")
    Step.objects.filter(pk=moved.pk).update(due_on=date(2027, 1, 31))
    Step.objects.filter(pk=dropped.pk).update(state="dropped")
    gone.delete()
    StepFactory(fiche=cast.fiche, title="Nouvelle", state="done")
    objective.text = "Accueillir plus"
    objective.save()
    indicator.target_words, indicator.target_value = "> 300", 300
    indicator.save()
    Measurement.objects.filter(pk=value.pk).update(value=148)
    MeasurementFactory(
        indicator=indicator, period_start=date(2026, 1, 1), period_end=date(2026, 12, 31), value=60
    )
    MeasurementFactory(indicator=indicator, period_start=date(2027, 1, 1), status="proposed", value=999,
                       period_end=date(2027, 12, 31))  # fmt: skip
    found = start()
    (one,) = found.differences
    assert one.steps_done == ["Étape 1", "Nouvelle"]
    assert [(some.label, some.said) for some in one.values] == [
        ("Visites", [f"2025{NB}: 148 (au lieu de 140)", f"2026{NB}: 60"])
    ]
    assert [(c.label, c.before, c.after) for c in one.changes] == [
        ("Objectif", "Accueillir mieux", "Accueillir plus"),
        (f"Échéance de «{NB}Étape 2{NB}»", "(vide)", "31/01/2027"),
        (f"Étape «{NB}Étape 3{NB}»", "à faire", "abandonnée"),
        ("Étape", "(vide)", "Nouvelle"),
        ("Étape", "Oubliée", "(vide)"),
        (f"Cible de «{NB}Visites{NB}»", "> 200", "> 300"),
    ]
    assert found.words == f"2{NB}étapes faites, 2{NB}valeurs d’indicateurs"


def test_what_came_back_to_what_it_was_is_no_difference(cast, start):
    FicheAction.objects.filter(pk=cast.fiche.pk).update(title="Autre")
    happened_on(date(2026, 2, 1))
    FicheAction.objects.filter(pk=cast.fiche.pk).update(title="Accueillir")
    assert start().is_empty


def test_a_renamed_or_ended_axe(cast, start):
    axe = cast.fiche.axe
    axe.title = "Se relier"
    axe.save()
    happened_on(AU)
    axe.ended_on, axe.end_reason = date(2026, 4, 2), "Fini"
    axe.save()
    happened_on(date(2026, 4, 2))
    levels = [
        [(c.label, c.before, c.after) for c in compare(cast.convention, DU, day).levels]
        for day in (AU, date(2026, 4, 2))
    ]
    assert levels == [[("Axe", "Se lier", "Se relier")], [("Axe", "Se lier", "Se relier (arrêté)")]]


@settings(max_examples=10)
@given(life=LIVES)
def test_a_plan_does_not_differ_from_itself_and_two_ways_are_alike(life):
    convention = ConventionFactory()
    for place, (act, pick) in enumerate([(add_axe, 1), (add_fiche, 1), (add_parts, 0), *life]):
        act(convention, pick)
        happened_on(FIRST + timedelta(days=place))
    today = timezone.localdate()
    assert compare(convention, today, today).is_empty
    there, back = compare(convention, FIRST, today), compare(convention, today, FIRST)
    kinds = {"added": "gone", "gone": "added", "changed": "changed"}
    assert {(one.fiche.pk, kinds[one.kind]) for one in there.differences if one.kind != "changed"} == {
        (one.fiche.pk, one.kind) for one in back.differences if one.kind != "changed"
    }


@pytest.mark.parametrize("count", [1, 3, 30])
def test_comparing_costs_the_same(cast, start, django_assert_num_queries, count):
    for _ in range(count):
        fiche = FicheFactory(convention=cast.convention, axe=AxeFactory(convention=cast.convention))
        StepFactory(fiche=fiche)
        MeasurementFactory(indicator=IndicatorFactory(fiche=fiche))
        fiche.leads.create(organisation=OrganisationFactory())
    happened_on(AU)
    with django_assert_num_queries(19):
        assert len(compare(cast.convention, DU, AU).differences) == count
