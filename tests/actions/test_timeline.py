"""The plan along the years: what is drawn, and the same in a table."""

from datetime import date

import pytest

from actions.access import find_convention
from actions.listing import Plan
from actions.views.timeline import Timeline
from ctg.charts.lanes import Mark, Scale, Span, axis, lane
from tests.factories import FicheFactory, StepFactory

pytestmark = pytest.mark.django_db
SCALE = Scale.of(date(2025, 3, 1), date(2027, 6, 30), date(2026, 1, 1))


def dates_of(cast, fiche):
    plan = Plan(find_convention(cast.roles["reader"], cast.convention.slug), cast.roles["reader"])
    found = Timeline(plan, plan.rows.values()).lanes[fiche.pk]
    return [(one.what, one.when, one.state, one.kind) for one in found.dates], found


def test_timeline_has_steps_and_the_dates_of_the_fiche_in_order(cast):
    fiche = FicheFactory(convention=cast.convention, starts_on="2025-01-01", ends_on="2029-12-31")
    StepFactory(fiche=fiche, title="Retardée", due_on="2025-02-01")
    StepFactory(fiche=fiche, title="Faite", due_on="2025-03-01", state="done")
    StepFactory(fiche=fiche, title="Un jour", due_on="2028-12-31", due_words="2028")
    StepFactory(fiche=fiche, title="Sans date")
    found, drawn = dates_of(cast, fiche)
    assert found == [
        ("Début de la fiche", "1er\u00a0janvier 2025", "", ""),
        ("Retardée", "1er\u00a0février 2025", "en retard", "difficulte"),
        ("Faite", "1er\u00a0mars 2025", "faite", "faite"),
        ("Un jour", "2028", "à faire", "engager"),
        ("Fin de la fiche", "31\u00a0décembre 2029", "", "reportee"),
    ]
    assert drawn.late_count == 1
    assert "<desc>5\u00a0dates, dont 1 en retard</desc>" in drawn.svg


def test_timeline_of_a_postponed_fiche_is_its_return(cast):
    fiche = FicheFactory(
        convention=cast.convention,
        status="reportee",
        status_reason="x",
        postponed_to="2026-01-01",
        ends_on="2027-01-01",
    )
    found, _ = dates_of(cast, fiche)
    assert found == [("Reprise de la fiche", "1er\u00a0janvier 2026", "en retard", "difficulte")]


def test_timeline_of_a_fiche_without_date_says_its_words(cast, sign_in):
    FicheFactory(convention=cast.convention, echeancier="Dès la rentrée")
    body = sign_in(cast.roles["reader"]).get(f"/ctg/{cast.convention.slug}/plan/?vue=frise").content.decode()
    assert "Dès la rentrée" in body
    assert "sans date" in body


def test_scale_shows_whole_years_and_keeps_what_is_outside_at_its_edge():
    assert [SCALE.at(day) for day in (date(2025, 1, 1), date(2027, 12, 31))] == [0, 100]
    assert [SCALE.at(day) for day in (date(1999, 1, 1), date(2099, 1, 1))] == [0, 100]
    assert round(SCALE.at(date(2026, 1, 1)), 1) == 33.4
    assert Scale.of(date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1)).grid == ""


def test_lane_is_said_and_safe():
    svg = lane(
        SCALE,
        "Dates de <1>",
        "2 dates",
        [Span(date(2025, 1, 1), date(2026, 1, 1), "Durée")],
        [Mark(date(2026, 6, 1), "<b>Étape</b>", "difficulte")],
    )
    assert svg.startswith('<svg class="lane" role="img"')
    assert "<title>Dates de &lt;1&gt;</title><desc>2 dates</desc>" in svg
    assert "<title>&lt;b&gt;Étape&lt;/b&gt;</title>" in svg
    assert "style=" not in svg


def test_axis_marks_today_only_inside_the_period():
    assert "aujourd’hui" in axis(SCALE)
    assert all(f">{year}</text>" in axis(SCALE) for year in (2025, 2026, 2027))
    assert "aujourd’hui" not in axis(Scale.of(date(2021, 1, 1), date(2025, 12, 31), date(2026, 5, 1)))
