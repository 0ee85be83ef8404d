"""An operation is undone by what the history knows; what somebody has changed since is left and named."""

import pghistory
import pytest
from django.apps import apps

from actions.models import Basis, FicheAction, Operation, Step
from actions.services.undo import operating, undo
from ctg.refusal import Refused
from tests.factories import (
    FicheFactory,
    IndicatorFactory,
    MeasurementFactory,
    NoteFactory,
    ObjectiveFactory,
    StepFactory,
    ThemeFactory,
)

pytestmark = pytest.mark.django_db


def operation(cast, **more):
    return operating(cast.convention, Operation.Kind.BULK, "Essai", by=cast.roles["coordinator"], **more)


def take_back(cast, done):
    return undo(done, by=cast.roles["coordinator"])


# In the one transaction of a test a context would last beyond its end: what comes later has one of its own.
later = pghistory.context


def test_undo_puts_columns_back(cast):
    with operation(cast) as done:
        FicheAction.objects.filter(pk=cast.fiche.pk).update(status="en_pause", status_reason="Congés")
        FicheAction.objects.filter(pk=cast.fiche.pk).update(status="realisee", status_reason="")
    undone = take_back(cast, done)
    cast.fiche.refresh_from_db()
    assert (cast.fiche.status, cast.fiche.status_reason) == ("en_cours", "")
    assert (undone.rows, undone.fiches, undone.left) == (1, 1, [])
    done.refresh_from_db()
    assert done.undone_by == cast.roles["coordinator"]


def test_undo_removes_what_was_added_and_brings_back_what_was_removed(cast):
    step, theme = StepFactory(fiche=cast.fiche, title="Ancienne"), ThemeFactory()
    indicator = IndicatorFactory(fiche=cast.fiche)
    value = MeasurementFactory(indicator=indicator, value=12)
    with operation(cast) as done:
        added = FicheFactory(convention=cast.convention)
        objective = ObjectiveFactory(fiche=added)
        IndicatorFactory(fiche=added, objective=objective)
        cast.fiche.theme_links.all().delete()
        cast.fiche.themes.add(theme)
        indicator.delete()
        step.delete()
    undone = take_back(cast, done)
    assert undone.left == []
    assert not FicheAction.objects.filter(pk=added.pk).exists()
    assert Step.objects.get(fiche=cast.fiche).uuid == step.uuid
    assert list(cast.fiche.themes.all()) == [cast.theme]
    assert cast.fiche.indicators.get().measurements.get().value == value.value
    assert (undone.fiches, undone.rows) == (1, 8)


def test_undo_leaves_and_names_what_was_changed_since(cast):
    cast.fiche.number, cast.fiche.title = "1.1", "Titre"
    cast.fiche.save()
    step = StepFactory(fiche=cast.other)
    with operation(cast) as done:
        FicheAction.objects.filter(convention=cast.convention).update(status="en_pause")
        Step.objects.filter(pk=step.pk).update(title="Nouvelle")
    with later():
        FicheAction.objects.filter(pk=cast.fiche.pk).update(status="realisee")
        step.delete()
    undone = take_back(cast, done)
    cast.fiche.refresh_from_db(), cast.other.refresh_from_db()
    assert (cast.fiche.status, cast.other.status) == ("realisee", "en_cours")
    assert {str(left) for left in undone.left} == {
        "1.1 Titre (modifié depuis)",
        f"{cast.other} – étape Nouvelle (supprimé depuis)",
    }


def test_undo_keeps_what_was_changed_beside(cast):
    """Another column of the same row is no reason to leave it."""
    with operation(cast) as done:
        FicheAction.objects.filter(pk=cast.fiche.pk).update(status="en_pause")
    with later():
        FicheAction.objects.filter(pk=cast.fiche.pk).update(title="Autre titre")
    assert take_back(cast, done).left == []
    cast.fiche.refresh_from_db()
    assert (cast.fiche.status, cast.fiche.title) == ("en_cours", "Autre titre")


def test_undo_leaves_a_row_on_which_something_hangs_since(cast):
    with operation(cast) as done:
        bare, noted, changed = (FicheFactory(convention=cast.convention, title=t) for t in ("A", "B", "C"))
    with later():
        NoteFactory(fiche=noted)
        FicheAction.objects.filter(pk=changed.pk).update(title="D")
    undone = take_back(cast, done)
    assert [left.why for left in undone.left] == ["complété depuis", "modifié depuis"]
    assert set(FicheAction.objects.filter(pk__in=[bare.pk, noted.pk, changed.pk])) == {noted, changed}


def test_undo_does_what_it_can_when_a_rule_refuses_a_row(cast):
    """The step's fiche has gone since: its key would point nowhere."""
    gone, kept = StepFactory(fiche=cast.other), StepFactory(fiche=cast.fiche)
    with operation(cast) as done:
        Step.objects.all().delete()
    with later():
        cast.other.delete()
    undone = take_back(cast, done)
    assert list(Step.objects.values_list("pk", flat=True)) == [kept.pk]
    assert [left.why for left in undone.left] == ["refusé par une règle du plan"]
    assert gone.title in str(undone.left[0])


def test_undo_is_done_once(cast):
    with operation(cast) as done:
        FicheAction.objects.filter(pk=cast.fiche.pk).update(status="en_pause")
    take_back(cast, done)
    with pytest.raises(Refused, match="déjà été défaite"):
        take_back(cast, done)


def test_undo_stands_in_the_history_with_its_author_and_basis(cast):
    basis = Basis(convention=cast.convention, kind="ajustement", words="COPIL", date="2026-01-01")
    with operation(cast, basis=basis) as done:
        FicheAction.objects.filter(pk=cast.fiche.pk).update(status="abandonnee", status_reason="x")
    undo(done, by=cast.roles["thematic"])
    events = (
        apps.get_model("actions", "FicheActionEvent").objects.filter(pgh_obj=cast.fiche).order_by("pgh_id")
    )
    assert [event.pgh_context.metadata for event in events if event.pgh_context] == [
        {"user": cast.roles["coordinator"].pk, "basis": basis.pk},
        {"user": cast.roles["thematic"].pk, "basis": basis.pk},
    ]


@pytest.mark.parametrize("count", [1, 3, 300])
def test_undo_costs_the_same_whatever_it_takes_back(cast, django_assert_num_queries, count):
    FicheFactory.create_batch(count, convention=cast.convention)
    with operation(cast) as done:
        FicheAction.objects.filter(convention=cast.convention).update(status="en_pause")
    with django_assert_num_queries(38):
        take_back(cast, done)
