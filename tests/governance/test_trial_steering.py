"""The trial's committees, posts, meetings and weather: what the documents tell, and the life beside them."""

from datetime import date

import pytest
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from actions.models import Convention, Indicator
from governance.importers import trial
from governance.models import (
    AgendaItem,
    Attendance,
    Committee,
    CooperationPost,
    Decision,
    Meeting,
    Seat,
    Weather,
)
from governance.rules.year import committee_years
from territories.importers import load_reference

pytestmark = pytest.mark.django_db

M2A, SUNDGAU, ARGENT, BEFORE = (
    "m2a-2024-2026",
    "sundgau-2025-2029",
    "val-d-argent-2026-2030",
    "val-d-argent-2021-2025",
)


@pytest.fixture(scope="module", autouse=True)
def _loaded(django_db_setup, django_db_blocker):
    """Loaded twice, as after a change of its files; then the tests only read."""
    with django_db_blocker.unblock(), override_settings(TRIAL=True), transaction.atomic():
        load_reference("68")
        files = trial.read_files()
        assert trial.load_trial(files) is not None
        again = type(files)(files.organisations, files.people, files.conventions, "another digest")
        assert trial.load_trial(again) is not None
        yield
        transaction.set_rollback(True)


def of(model, slug, **given):
    return model.objects.filter(convention__slug=slug, **given)


def test_what_the_documents_tell_of_committees():
    told = {
        slug: list(
            of(Committee, slug, is_fictitious=False).in_order().values_list("kind", "name", "per_year")
        )
        for slug in (M2A, SUNDGAU, ARGENT, BEFORE)
    }
    assert told == {
        M2A: [("copil", "COPIL", 1), ("cotech", "COTECH", 1), ("groupe", "Groupes de travail", None)],
        SUNDGAU: [("copil", "COPIL", 1), ("cotech", "COTECH", 4)],
        ARGENT: [
            ("copil", "Comité de pilotage", 1),
            ("cotech", "Comité technique", 2),
            ("instance", "Suivi des engagements du CSCVA", None),
            ("commission", "Commission sociale intercommunale", None),
        ],
        BEFORE: [("commission", "Commission Actions Sociales", None)],
    }


def test_what_the_documents_tell_of_meetings():
    told = of(Meeting, M2A, is_fictitious=False)
    assert sorted(str(m.committee or m.title) for m in told) == [
        *["COPIL"] * 3,
        *["COTECH"] * 2,
        "Journée collaborative",
    ]
    assert {(m.state, m.date, m.year) for m in told} == {("closed", None, None)}
    argent = of(Meeting, ARGENT, is_fictitious=False).order_by("date")
    assert [(m.date, m.committee) for m in argent] == [
        (date(2025, 4, 1), None),
        (date(2025, 6, 10), None),
        (date(2025, 9, 5), None),
        (date(2025, 9, 23), None),
    ]
    assert not of(Meeting, SUNDGAU, is_fictitious=False).exists()


def test_posts_of_the_documents():
    assert [
        (slug, of(CooperationPost, slug).count(), of(CooperationPost, slug, is_fictitious=False).count())
        for slug in (M2A, SUNDGAU, ARGENT)
    ] == [(M2A, 3, 1), (SUNDGAU, 5, 0), (ARGENT, 2, 0)]
    assert of(CooperationPost, M2A, is_fictitious=False).get().state == "a_transformer"
    assert of(CooperationPost, SUNDGAU, scope="globale").count() == 1


def test_what_is_made_up_is_marked():
    for model in (Seat, Attendance, Decision, AgendaItem, Weather):
        assert model.objects.count() == model.objects.filter(is_fictitious=True).count() > 0


def test_the_year_of_the_sundgau():
    committees = of(Committee, SUNDGAU).in_order().select_related("convention")
    years = committee_years(committees, of(Meeting, SUNDGAU), 2026, 2026)
    assert [year.sentence for year in years] == [
        "COPIL\u00a0: 1\u00a0tenu sur 1\u00a0attendu",
        "COTECH\u00a0: 2\u00a0tenus, 1\u00a0prévu sur 4\u00a0attendus, il en reste 1 à placer",
        "Groupe jeunesse\u00a0: 1\u00a0tenu",
        "Réseau parentalité Fa’Bull’Eux\u00a0: aucun tenu",
    ]


def test_the_copil_that_decided_and_the_one_that_will():
    held = of(Meeting, SUNDGAU, state="closed", committee__kind="copil").newest_first()[0]
    assert (held.date, held.items.count(), held.minutes_state) == (date(2026, 3, 16), 4, "approved")
    decisions = held.decisions.all()
    assert [decision.state for decision in decisions] == ["done", "done", "doing", "to_do"]
    assert [decision.is_late for decision in decisions] == [False, False, True, False]
    effect = decisions[1].effects.get()
    assert (effect.fiche.number, effect.status, effect.fiche.status) == ("7", "en_cours", "en_cours")
    coming = of(Meeting, SUNDGAU, state="convened").get()
    assert coming.date == date(2027, 1, 21)
    assert coming.attendances.exclude(answer="").count() == 5
    asking = coming.items.filter(asks_decision=True)
    assert [item.options.count() for item in asking] == [2, 2]
    assert of(Meeting, SUNDGAU, state="draft").get().date == date(2026, 12, 10)
    assert of(AgendaItem, SUNDGAU).waiting().count() == 2


def test_cadences_of_fiche_12_count_by_themselves():
    fed = Indicator.objects.exclude(fed_by="").with_values().order_by("position")
    assert [(one.fiche.number, one.fed_by, one.counted) for one in fed] == [
        ("12", "copil", {2026: 1}),
        ("12", "cotech", {2026: 2}),
    ]
    # What was entered of 2025 is what the meetings of 2025 say.
    for one in fed:
        entered = one.measurements.get(period_start=date(2025, 1, 1)).value
        held = of(Meeting, SUNDGAU, state="closed", committee__kind=one.fed_by, date__year=2025)
        assert entered == held.count()


def test_weather_of_every_axe_is_published():
    convention = Convention.objects.get(slug=SUNDGAU)
    newest = Weather.objects.of(convention).newest()
    assert {weather.axe for weather in newest} == set(convention.axes.all())


def test_history_of_the_steering_is_of_its_days():
    today = timezone.now().replace(hour=0, minute=0)
    for model in (Committee, Seat, CooperationPost, Meeting, AgendaItem, Attendance, Decision, Weather):
        events = model._meta.get_field("events").related_model.objects
        assert events.count() >= model.objects.count()
        assert events.filter(pgh_created_at__gte=today).count() == 0
