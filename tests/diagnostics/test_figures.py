"""What the page shows: shelves, printed words, bundles, totals."""

from decimal import Decimal

import pytest

from diagnostics.figures import bundles_of, content_of, says_more, share_of, shelves_of, totals_of
from diagnostics.models import Diagnostic, Enjeu, KeyFigure
from tests.factories import (
    DiagnosticFactory,
    EnjeuFactory,
    KeyFigureFactory,
    NeedFactory,
    SurveyFactory,
    ThemeFactory,
)


@pytest.mark.parametrize(
    ("label", "value", "year", "words", "more"),
    [
        ("LAEP", 15, None, "15 LAEP dans m2A", False),
        ("Population de m2A", 273767, 2020, "273\u202f767 habitants en 2020 dans m2A", False),
        ("Places, 0 à 3 ans", 1816, None, "1816 places 0 à 3 ans", False),
        ("Ni en emploi, ni en formation", Decimal("25.2"), 2021, "25,2 % en 2021, à Mulhouse", False),
        ("Périscolaires", 102, None, "102 périscolaires : 34 en gestion déléguée et 42 sur Mulhouse", True),
        ("Habitants", 280000, None, "près de 280 000 habitants", True),
        ("Habitants", 280000, None, "une population importante", True),
        ("Familles", None, None, "chiffre à venir", True),
        ("LAEP", 15, None, "", False),
    ],
)
def test_printed_words_are_shown_when_they_say_more(label, value, year, words, more):
    assert says_more(KeyFigure(label=label, value=value, year=year, words=words)) is more


@pytest.mark.parametrize(
    ("value", "unit", "share"),
    [(33, "%", 33), (0, "%", 0), (120, "%", None), (33, "places", None), (None, "%", None)],
)
def test_only_a_percentage_is_drawn(value, unit, share):
    assert share_of(KeyFigure(value=value, unit=unit)) == share


@pytest.mark.django_db
def test_shelves_follow_the_order_of_themes_and_hold_each_figure_once():
    diagnostic = DiagnosticFactory()
    late, early = ThemeFactory(name="Jeunesse", position=2), ThemeFactory(name="Parentalité", position=1)
    general = KeyFigureFactory(diagnostic=diagnostic, source="A")
    both = KeyFigureFactory(diagnostic=diagnostic, label="Taux", position=1, source="A")
    both.themes.set([late, early])
    again = KeyFigureFactory(diagnostic=diagnostic, label="Taux", position=2, source="B")
    again.themes.set([early])
    shelves = shelves_of(diagnostic.figures.all())
    assert [shelf.name for shelf in shelves] == ["Données générales", "Parentalité"]
    assert [shelf.source for shelf in shelves] == ["A", ""]
    assert [row.figure for row in shelves[0].rows] == [general]
    assert [(row.figure, row.again, row.also) for row in shelves[1].rows] == [
        (both, False, [late]),
        (again, True, []),
    ]


def bundled(*texts):
    rows = [Enjeu(text=text) for text in texts]
    return [(bundle.head, [line.text for line in bundle.lines]) for bundle in bundles_of("enjeux", rows)]


def test_texts_with_the_same_first_words_come_together():
    assert bundled("Garde : des horaires", "Garde : des places", "Culture : un lieu") == [
        ("Garde", ["Des horaires", "Des places"]),
        ("Culture", ["Un lieu"]),
    ]


def test_texts_of_another_kind_are_left_whole():
    assert bundled("Garde : des horaires", "Un lieu") == [("", ["Garde : des horaires", "Un lieu"])]
    assert bundled() == []


@pytest.mark.django_db
def test_totals_count_what_is_missing_and_never_take_it_for_zero():
    diagnostic = DiagnosticFactory()
    KeyFigureFactory(diagnostic=diagnostic, year=2020)
    KeyFigureFactory(diagnostic=diagnostic, state="secret", value=None)
    SurveyFactory(diagnostic=diagnostic, respondents=1888)
    SurveyFactory(diagnostic=diagnostic, respondents=None)
    EnjeuFactory(diagnostic=diagnostic)
    totals = totals_of([diagnostic])
    assert (totals.figures, totals.undated, totals.without_value) == (2, 1, 1)
    assert (totals.surveys, totals.answers, totals.answers_partial, totals.enjeux) == (2, 1888, True, 1)
    assert totals_of([]).answers is None


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [1, 3])
def test_contents_cost_a_constant_number_of_queries(django_assert_num_queries, rows):
    diagnostic, theme = DiagnosticFactory(), ThemeFactory()
    for _ in range(rows):
        figure = KeyFigureFactory(diagnostic=diagnostic)
        need = NeedFactory(survey=SurveyFactory(diagnostic=diagnostic))
        enjeu = EnjeuFactory(diagnostic=diagnostic)
        for row in (figure, need, enjeu):
            row.themes.set([theme])
        enjeu.needs.set([need])
        enjeu.figures.set([figure])
    with django_assert_num_queries(10):
        content = content_of(Diagnostic.objects.with_contents().get())
        lines = [line for bundle in content.enjeux for line in bundle.lines]
        said = [(line.themes, line.needs, [figure.in_words for figure in line.figures]) for line in lines]
    assert len(said) == content.figure_count == rows


@pytest.mark.django_db
def test_a_place_is_short_and_a_figure_says_itself():
    figure = KeyFigureFactory(label="Taux de pauvreté", value=33, unit="%")
    assert figure.in_words == "Taux de pauvreté\u00a0: 33\u00a0% (France)"
    secret = KeyFigureFactory(label="Allocataires", state="secret", value=None)
    assert secret.in_words == "Allocataires\u00a0: secret statistique (France)"
