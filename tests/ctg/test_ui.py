"""Components of the pages: what a reader sees, and what a screen reader hears."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.template import Context, Template

from ctg.templatetags import ui

PARIS = ZoneInfo("Europe/Paris")


def draw(source: str, **context) -> str:
    return Template(source).render(Context(context))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"),
        ("", "–"),
        (0, "0"),
        (1234567, "1\u202f234\u202f567"),
        (12.5, "12,5"),
        (Decimal("12.50"), "12,5"),
        (Decimal("2.675"), "2,68"),
        (-3, "−3"),
        (Decimal("-0.001"), "0"),
        (Decimal("1e25"), "10" + "\u202f000" * 8),
        ("x", "x"),
    ],
)
def test_number_fr(value, said):
    assert ui.number_fr(value) == said


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        (0, "fiche", "0\u00a0fiche"),
        (1, "fiche engagée", "1\u00a0fiche engagée"),
        (2, "fiche engagée", "2\u00a0fiches engagées"),
        (Decimal("1.5"), "poste", "1,5\u00a0poste"),
        (3, "avis", "3\u00a0avis"),
        (2, "bilan annuel,bilans annuels", "2\u00a0bilans annuels"),
        (None, "fiche", "–\u00a0fiche"),
    ],
)
def test_plural(number, words, said):
    assert ui.plural(number, words) == said


def test_dates():
    assert ui.date_short(date(2026, 10, 1)) == "1er\u00a0oct. 2026"
    assert ui.date_long(date(2026, 8, 3)) == "3\u00a0août 2026"
    assert ui.date_full(date(2026, 12, 3)) == "jeudi 3\u00a0décembre 2026"
    assert ui.date_short(None) == "–"
    # Half past eleven at night in London is already the next day in Paris.
    assert ui.date_short(datetime(2026, 1, 31, 23, 30, tzinfo=ZoneInfo("UTC"))) == "1er\u00a0févr. 2026"


def test_period():
    assert ui.period(date(2025, 1, 1), date(2025, 12, 31)) == "2025"
    assert ui.period(date(2025, 1, 1), date(2029, 12, 31)) == "2025-2029"
    assert ui.period(date(2025, 9, 1), date(2026, 8, 31)) == "du 1er\u00a0sept. 2025 au 31\u00a0août 2026"
    assert ui.period(None, date(2026, 8, 31)) == "jusqu’au 31\u00a0août 2026"
    assert ui.period(date(2026, 8, 31), None) == "à partir du 31\u00a0août 2026"
    assert ui.period(None, None) == "–"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"),
        (datetime(2026, 11, 21, 14, 59, 30, tzinfo=PARIS), "à l’instant"),
        (datetime(2026, 11, 21, 14, 48, tzinfo=PARIS), "il y a 12\u00a0min"),
        (datetime(2026, 11, 21, 12, 10, tzinfo=PARIS), "il y a 2\u00a0h"),
        (date(2026, 11, 21), "aujourd’hui"),
        (datetime(2026, 11, 20, 23, 59, tzinfo=PARIS), "hier"),
        (date(2026, 11, 18), "il y a 3\u00a0jours"),
        (date(2026, 11, 14), "le 14\u00a0nov."),
        (date(2025, 9, 9), "le 9\u00a0sept. 2025"),
    ],
)
def test_since(value, said):
    with time_machine.travel(datetime(2026, 11, 21, 15, 0, tzinfo=PARIS), tick=False):
        assert ui.since(value) == said


def test_bar_draws_and_says():
    drawn = draw("{% bar 2 4 %}")
    assert 'class="bar-done" width="50"' in drawn
    assert "<span>2 sur 4</span>" in drawn
    assert draw("{% bar 0 0 %}") == '<span class="bar">–</span>'
    assert "<span>1\u00a0étape sur 4</span>" in draw('{% bar 1 4 "étape" %}')


def test_a_label_is_escaped():
    assert "<script>" not in draw(
        "{% chip 'cours' label %}{% late label %}{% flag label %}", label="<script>"
    )
    assert "<script>" not in draw(
        "{% card label %}x{% endcard %}{% blank label label %}{% endblank %}", label="<script>"
    )


def test_icon_is_unread_and_an_unknown_one_is_loud_in_debug(settings):
    assert 'aria-hidden="true"' in draw('{% icon "pencil" %}')
    settings.DEBUG = False
    assert draw('{% icon "no-such-icon" %}') == ""
    settings.DEBUG = True
    with pytest.raises(OSError, match="no-such-icon"):
        draw('{% icon "no-such-icon" %}')
    with pytest.raises(ValueError, match="not the name"):
        draw('{% icon "../../package" %}')


def test_blank_keeps_its_act_in_a_loop_with_empty():
    drawn = draw(
        "{% for row in rows %}{{ row }}{% empty %}{% blank 'Rien' 'Encore' %}<a href='/'>Ajouter</a>{% endblank %}{% endfor %}",
        rows=[],
    )
    assert "<a href='/'>Ajouter</a>" in drawn


def test_crumbs_last_label_is_the_page():
    drawn = draw('{% crumbs "Plan" "/plan" "Fiche 7" %}')
    assert '<a href="/plan">Plan</a>' in drawn
    assert '<span aria-current="page">Fiche 7</span>' in drawn


def test_acronym():
    assert draw('{% acronym "Caf" %}') == '<abbr title="Caisse d’allocations familiales">Caf</abbr>'
    assert draw('{% acronym "XYZ" %}') == "XYZ"


def test_join_fr():
    assert ui.join_fr(["a", "b", "c"]) == "a, b et c"
    assert ui.join_fr(["a"]) == "a"
    assert ui.join_fr([]) == ""
