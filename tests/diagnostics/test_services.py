import pytest

from diagnostics.models import KeyFigure
from diagnostics.services import move_part
from tests.factories import DiagnosticFactory, KeyFigureFactory, NeedFactory, SurveyFactory, ThemeFactory

pytestmark = pytest.mark.django_db


def order(rows):
    return list(rows.order_by("position", "pk"))


def test_a_row_changes_place_with_its_neighbour_and_stops_at_both_ends():
    survey = SurveyFactory()
    first, second, third = (NeedFactory(survey=survey) for _ in range(3))
    move_part(third, "survey", up=True)
    assert order(survey.needs) == [first, third, second]
    move_part(first, "survey", up=True)
    assert order(survey.needs) == [first, third, second]
    move_part(first, "survey", up=False)
    assert order(survey.needs) == [third, first, second]


def test_a_figure_moves_within_its_theme():
    diagnostic, theme = DiagnosticFactory(), ThemeFactory()
    first = KeyFigureFactory(diagnostic=diagnostic, position=0)
    between = KeyFigureFactory(diagnostic=diagnostic, position=1)
    last = KeyFigureFactory(diagnostic=diagnostic, position=2)
    first.themes.set([theme])
    last.themes.set([theme])
    move_part(last, "diagnostic", up=True)
    assert order(KeyFigure.objects) == [last, between, first]
    move_part(between, "diagnostic", up=False)
    assert order(KeyFigure.objects) == [last, between, first]
