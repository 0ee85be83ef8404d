"""The trial holds what the public documents hold, and marks what it makes up."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from actions.models import (
    Axe,
    Convention,
    FicheAction,
    FicheEvaluation,
    FichePartner,
    Highlight,
    Indicator,
    Measurement,
    Objective,
    Orientation,
    ProgressNote,
    SignatoryAct,
    Step,
)
from ctg.accounts.models import User
from diagnostics.models import Enjeu, KeyFigure, Need, Survey
from governance.importers import trial
from governance.importers.trial_files import PASSWORD, read_files
from governance.importers.trial_history import moment
from territories.importers import load_reference
from territories.models import Contact, Membership, Qpv, TerritorialLevel

# Without the mark, a run of this module alone would have no database of its own.
pytestmark = pytest.mark.django_db

M2A, SUNDGAU, ARGENT, BEFORE = (
    "m2a-2024-2026",
    "sundgau-2025-2029",
    "val-d-argent-2026-2030",
    "val-d-argent-2021-2025",
)


def of(slug: str) -> dict[str, str]:
    return {"fiche__convention__slug": slug}


def bullets(texts) -> int:
    return sum(text.count("<li>") for text in texts)


@pytest.fixture(scope="module", autouse=True)
def _loaded(django_db_setup, django_db_blocker):
    """Loaded once for the whole module, whose tests only read, and rolled back after it."""
    with django_db_blocker.unblock(), override_settings(TRIAL=True), transaction.atomic():
        load_reference("68")
        assert trial.load_trial() is not None
        yield
        transaction.set_rollback(True)


def test_load_trial_counts():
    """The table of the design, section 7."""
    m2a, sundgau, argent, before = (
        Convention.objects.get(slug=slug) for slug in (M2A, SUNDGAU, ARGENT, BEFORE)
    )
    assert [c.axes.count() for c in (m2a, sundgau, argent, before)] == [3, 3, 4, 4]
    assert [c.communes.count() for c in (m2a, sundgau, argent, before)] == [39, 64, 4, 4]
    assert [c.highlights.filter(is_fictitious=False).count() for c in (m2a, sundgau, argent, before)] == [
        0,
        0,
        0,
        13,
    ]

    numbers = [
        "1.1",
        "1.2",
        "1.3",
        "1.4",
        "1.5",
        "1.6",
        "2.1",
        "2.2",
        "2.3",
        "3.1",
        "3.2",
        "3.3",
        "3.4",
        "T1",
        "T2",
    ]
    assert [fiche.number for fiche in m2a.fiches.all()] == numbers
    assert [fiche.number for fiche in m2a.fiches.filter(is_transversale=True, axe=None)] == ["T1", "T2"]
    assert Orientation.objects.filter(axe__convention=m2a).count() == 8
    assert m2a.fiches.exclude(orientation=None).count() == 13
    assert Objective.objects.filter(**of(M2A)).count() == 80
    assert Step.objects.filter(**of(M2A)).count() == 0
    assert Indicator.objects.filter(**of(M2A), is_fictitious=False).count() == 0
    assert (m2a.signed_on, m2a.phases.count()) == (date(2024, 4, 16), 4)
    assert TerritorialLevel.objects.filter(epci=m2a.epci).count() == 4
    assert Qpv.objects.filter(epci=m2a.epci, code="").count() == 7

    assert [fiche.number for fiche in sundgau.fiches.all()] == [str(n) for n in range(1, 13)]
    assert {axe.number for axe in sundgau.axes.all()} == {""}
    steps = Step.objects.filter(**of(SUNDGAU))
    assert (steps.count(), steps.exclude(number="").count()) == (42, 38)
    assert bullets(steps.values_list("details", flat=True)) == 88
    indicators = Indicator.objects.filter(**of(SUNDGAU))
    assert (indicators.count(), indicators.exclude(target_value=None).count()) == (25, 11)
    # Fiche 3 has one result, printed without a bullet.
    results = sundgau.fiches.values_list("resultats_attendus", flat=True)
    assert bullets(results) + sum("<li>" not in text for text in results) == 24
    partners = FichePartner.objects.filter(**of(SUNDGAU))
    assert (partners.count(), partners.filter(fiche__number="2").count()) == (39, 0)
    assert (sundgau.signed_on, sundgau.status) == (None, "en_vigueur")

    assert argent.fiches.count() == 12
    assert (before.fiches.count(), argent.previous, argent.status) == (0, before, "deliberations")
    assert list(argent.diagnostics.all()) == list(before.diagnostics.all())
    assert sorted(SignatoryAct.objects.values_list("number", "date", "outcome")) == [
        ("113/2021", date(2021, 9, 14), ""),
        ("400/2024", date(2024, 3, 14), ""),
        ("583", date(2026, 2, 11), "approuvée à l’unanimité"),
    ]


def test_load_trial_diagnostics():
    assert list(Survey.objects.values_list("audience", "respondents")) == [
        ("familles", 1888),
        ("jeunes", 433),
        ("acteurs sociaux", 120),
    ]
    assert (KeyFigure.objects.count(), Need.objects.count(), Enjeu.objects.count()) == (35, 26, 9)
    assert KeyFigure.objects.filter(year=None).count() == 23
    population = KeyFigure.objects.get(label="Population de m2A")
    assert (population.value, population.year, population.territory) == (
        273_767,
        2020,
        "Communauté d’agglomération Mulhouse Alsace Agglomération",
    )
    assert Convention.objects.get(slug=SUNDGAU).diagnostics.get().figures.count() == 0


def test_load_trial_sundgau_targets():
    targets = (
        Indicator.objects.filter(**of(SUNDGAU))
        .exclude(target_value=None)
        .order_by("fiche__position", "position")
    )
    assert [
        (row.fiche.number, f"{row.comparator} {row.target_value:.0f}", row.target_per, row.target_mode)
        for row in targets.select_related("fiche")
    ] == [
        ("2", "> 200", "", "each_period"),
        ("4", "> 200", "", "each_period"),
        ("6", "≥ 10", "", "at_end"),
        ("6", "> 2", "", "cumulative"),
        ("7", "> 10", "month", "each_period"),
        ("8", "> 24", "year", "each_period"),
        ("9", "> 20", "", "each_period"),
        ("10", "> 2", "", "cumulative"),
        ("11", "≤ -10", "", "at_end"),
        ("12", "≥ 1", "year", "each_period"),
        ("12", "≥ 4", "year", "each_period"),
    ]


def test_load_trial_marks_what_is_made_up():
    for model in (Measurement, ProgressNote, FicheEvaluation):
        assert model.objects.count() == model.objects.filter(is_fictitious=True).count() > 0
    assert Indicator.objects.filter(is_fictitious=True).count() == 12
    assert Highlight.objects.filter(is_fictitious=True).count() == 21
    assert User.objects.filter(is_fictitious=False).count() == 0
    assert not Convention.objects.filter(notice="").exists()
    addresses = {
        *User.objects.values_list("email", flat=True),
        *Contact.objects.values_list("email", flat=True),
    }
    assert {address.partition("@")[2] for address in addresses} == {"example.org"}


def test_load_trial_people():
    assert (User.objects.count(), Contact.objects.count(), Membership.objects.count()) == (21, 43, 20)
    assert User.objects.filter(is_staff=True).count() == 1
    territorial = Membership.objects.get(communes="68185")
    assert (str(territorial.organisation), territorial.role, territorial.communes.count()) == (
        "CCVA",
        "coordinator",
        2,
    )
    for email in ("porteur.m2a@example.org", "porteur.val-d-argent@example.org"):
        assert FicheAction.objects.filter(pilots__user__email=email).count() == 3
    for user in User.objects.all():
        validate_password(PASSWORD, user)
        assert user.check_password(PASSWORD)


def test_load_trial_history_is_spread_over_the_years():
    """Triggers stamp the present: nothing of the plan may be left there."""
    today = timezone.now().replace(hour=0, minute=0)
    for model in (Convention, Axe, FicheAction, Step, Measurement, Highlight, FicheEvaluation, Membership):
        events = model._meta.get_field("events").related_model.objects
        assert events.count() >= model.objects.count()
        assert events.filter(pgh_created_at__gte=today).count() == 0
    fiche = FicheAction.objects.get(number="7", convention__slug=SUNDGAU)
    events = [(event.pgh_created_at.date(), event.status) for event in fiche.events.order_by("pgh_id")]
    assert events == [
        (date(2025, 1, 20), "non_demarree"),
        (date(2025, 3, 3), "en_cours"),
        (date(2026, 1, 26), "en_pause"),
        (date(2026, 3, 16), "en_cours"),
    ]
    authors = {event.pgh_context.metadata["user"] for event in fiche.events.all()}
    assert authors == {User.objects.get(email="coordination.sundgau@example.org").pk}
    step = fiche.steps.get(position=2)
    assert [(e.pgh_created_at.date(), e.state) for e in step.events.order_by("pgh_id")] == [
        (date(2025, 1, 20), "to_do"),
        (date(2025, 9, 15), "done"),
    ]
    value = Measurement.objects.get(indicator__fiche=fiche, period_start=date(2025, 10, 1))
    assert value.events.get().pgh_created_at == value.entered_at == datetime(2025, 11, 5, 9, 0, tzinfo=UTC)
    evaluation = FicheEvaluation.objects.get(fiche=fiche)
    assert evaluation.events.get().pgh_created_at == moment(evaluation.shared_on)


def test_load_trial_one_event_for_each_status():
    for files in read_files().conventions:
        for row, made_up in files.fiches():
            fiche = FicheAction.objects.get(convention__slug=files.slug, number=row["number"])
            assert [event.status for event in fiche.events.order_by("pgh_id")] == [
                step["status"] for step in made_up["status_history"]
            ]


def test_load_trial_last_activity():
    def updated(slug: str, number: str) -> date:
        return timezone.localdate(FicheAction.objects.get(convention__slug=slug, number=number).updated_at)

    assert updated(ARGENT, "4.4") == date(2026, 10, 20)  # a note
    assert updated(ARGENT, "3.1") == date(2026, 2, 12)  # its only status
    assert updated(ARGENT, "3.2") == date(2026, 10, 9)  # a value
