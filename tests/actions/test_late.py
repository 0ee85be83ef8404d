"""« En retard » and « sans nouvelle »: one rule, whoever reads it."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from actions.documents import read_fiche_paper
from actions.models import FicheAction, Step
from tests.factories import ConventionFactory, FicheFactory, StepFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 1)
PAST, COMING = date(2026, 5, 31), date(2026, 6, 1)


@pytest.mark.parametrize(
    ("convention", "fiche", "step", "late"),
    [
        ({}, {}, {}, True),
        ({}, {}, {"state": "doing"}, True),
        ({}, {}, {"due_on": COMING}, False),
        ({}, {}, {"due_on": None}, False),
        ({}, {}, {"state": "done"}, False),
        ({}, {}, {"state": "dropped"}, False),
        ({"status": "prolongee"}, {}, {}, True),
        ({"status": "elaboration"}, {}, {}, False),
        ({"status": "echue"}, {}, {}, False),
        ({"period_end": PAST}, {}, {}, False),
        ({"period_start": date(2026, 6, 2)}, {}, {}, False),
        ({}, {"status": "realisee"}, {}, False),
        ({}, {"status": "abandonnee", "status_reason": "x"}, {}, False),
        ({}, {"status": "reportee", "status_reason": "x", "postponed_to": COMING}, {}, False),
    ],
)
def test_a_step_is_late_when_its_fiche_is_held_to_its_dates(convention, fiche, step, late):
    fiche = FicheFactory(convention=ConventionFactory(**convention), **fiche)
    StepFactory(fiche=fiche, **({"due_on": PAST} | step))
    assert Step.objects.with_late(TODAY).get().is_late is late
    assert Step.objects.late(TODAY).exists() is late
    assert FicheAction.objects.late(TODAY).exists() is late


def test_a_postponed_fiche_is_late_and_its_steps_are_not():
    fiche = FicheFactory(status="reportee", status_reason="x", postponed_to=PAST)
    StepFactory(fiche=fiche, due_on=PAST)
    assert FicheAction.objects.late(TODAY).get() == fiche
    assert not Step.objects.late(TODAY).exists()


def test_page_and_paper_say_it_of_the_same_steps(cast, draft_cast, sign_in):
    for one, late in ((cast, True), (draft_cast, False)):
        step = StepFactory(fiche=one.fiche, due_on=timezone.localdate() - timedelta(days=1))
        reader = one.roles["reader"]
        assert ("dépassée" in sign_in(reader).get(one.fiche.url).content.decode()) is late
        paper = read_fiche_paper(one.convention, reader, one.fiche.pk)
        assert [(row.pk, row.is_late) for row in paper.fiche.steps.all()] == [(step.pk, late)]


@pytest.mark.parametrize(
    ("last", "on", "silent"),
    [
        ("2025-12-01 23:59", TODAY, True),
        ("2025-12-02 00:00", TODAY, False),
        ("2025-12-02 00:00", date(2026, 6, 2), True),
        ("2026-02-28", date(2026, 8, 31), True),
    ],
)
def test_silent_counts_its_six_months_back_from_the_day_asked(last, on, silent):
    FicheFactory(updated_at=timezone.make_aware(datetime.fromisoformat(last)))
    assert FicheAction.objects.silent(on).exists() is silent
