"""The dashboard: its numbers, what it leaves out, and what it costs."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from actions.figures import last_year_over, plan_of
from actions.models import FicheAction, Measurement, Step
from governance.figures import Aims, due_words, late_reasons, next_dates, years_begun
from governance.history import latest_changes
from tests.factories import (
    AxeFactory,
    ContactFactory,
    ConventionFactory,
    FicheFactory,
    HighlightFactory,
    IndicatorFactory,
    MeasurementFactory,
    NoteFactory,
    StepFactory,
)
from tests.factories.cast import make_cast
from tests.factories.steering import (
    AttendanceFactory,
    DecisionFactory,
    HeldFactory,
    ItemFactory,
    MeetingFactory,
    WeatherFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture
def reader(client, cast):
    client.force_login(cast.roles["reader"])
    return client


def url_of(convention):
    return reverse("governance:dashboard", args=[convention.slug])


def show(client, convention):
    response = client.get(url_of(convention))
    assert response.status_code == 200
    return response


def furnish(convention, axe):
    """A fiche with all that the dashboard counts."""
    today = timezone.localdate()
    fiche = FicheFactory(convention=convention, axe=axe, status="bloquee", status_reason="Poste vacant")
    StepFactory(fiche=fiche, due_on=today - timedelta(days=3))
    StepFactory(fiche=fiche, due_on=today + timedelta(days=3))
    indicator = IndicatorFactory(fiche=fiche, comparator="≥", target_value=10, target_mode="each_period")
    MeasurementFactory(indicator=indicator, is_fictitious=True)
    NoteFactory(fiche=fiche)
    HighlightFactory(fiche=fiche, date=date(2026, 3, 2), people=12)
    fiche.status_reason = "Poste encore vacant"
    fiche.status = "reportee"
    fiche.is_postponed_without_date = True
    fiche.save()
    return fiche


def convene(convention, day, *questions, **fields):
    """A meeting to come, known to all, that is asked to decide."""
    made = {"state": "convened", "convened_at": timezone.now()} | fields
    meeting = MeetingFactory(convention=convention, date=day, **made)
    for title in questions:
        ItemFactory(meeting=meeting, title=title, asks_decision=True).options.create(title="Oui")
    return meeting


@pytest.mark.parametrize("count", [1, 3, 30])
def test_dashboard_costs_the_same(client, count, django_assert_num_queries):
    cast = make_cast()
    axe = AxeFactory(convention=cast.convention)
    tomorrow = timezone.localdate() + timedelta(days=1)
    for _ in range(count):
        furnish(cast.convention, axe)
        convene(cast.convention, tomorrow, "À décider")
        DecisionFactory(meeting=HeldFactory(convention=cast.convention), due_on=date(2026, 4, 1))
        WeatherFactory(axe=axe, published_at=timezone.now())
    client.force_login(cast.roles["reader"])
    with django_assert_num_queries(21):
        show(client, cast.convention)


# --- Meetings and decisions -----------------------------------------------------------------------
def test_dashboard_says_the_next_meeting_and_its_state(client, cast):
    tomorrow = timezone.localdate() + timedelta(days=1)
    meeting = convene(cast.convention, tomorrow, place="Mairie de Ferrette")
    for answer in ("present", "excused", ""):
        answered = timezone.now() if answer else None
        AttendanceFactory(meeting=meeting, answer=answer, answered_at=answered)
    AttendanceFactory(meeting=meeting, removed_at=timezone.now())
    MeetingFactory(convention=cast.convention, date=timezone.localdate())
    MeetingFactory(convention=cast.convention, date=timezone.localdate() - timedelta(days=1))
    client.force_login(cast.roles["reader"])
    response = show(client, cast.convention)
    ahead = response.context["page"].expected.next
    assert (ahead.meeting, ahead.days_left, ahead.answers, ahead.awaits_me) == (
        meeting,
        "demain",
        "2\u00a0réponses sur 3",
        False,
    )
    assert "Mairie de Ferrette" in response.content.decode()
    client.force_login(cast.roles["coordinator"])
    ahead = show(client, cast.convention).context["page"].expected.next
    assert (ahead.meeting.get_state_display(), ahead.days_left, ahead.answers) == (
        "en préparation",
        "aujourd’hui",
        "",
    )


def test_dashboard_tells_who_has_not_answered(client, cast):
    meeting = convene(cast.convention, timezone.localdate() + timedelta(days=5))
    asked = AttendanceFactory(meeting=meeting, contact=ContactFactory(user=cast.roles["services"]))
    words = "Vous n’avez pas encore répondu"
    client.force_login(cast.roles["services"])
    assert words in show(client, cast.convention).content.decode()
    asked.answer, asked.answered_at = "excused", timezone.now()
    asked.save()
    assert words not in show(client, cast.convention).content.decode()
    client.force_login(cast.roles["reader"])
    assert words not in show(client, cast.convention).content.decode()


def test_dashboard_says_the_decisions_awaited(client, cast):
    today = timezone.localdate()
    convene(cast.convention, today, "Reporter le centre social ?")
    draft = MeetingFactory(convention=cast.convention, date=today)
    ItemFactory(meeting=draft, title="Question en préparation", asks_decision=True)
    ItemFactory(meeting=draft, title="Simple information")
    held = HeldFactory(convention=cast.convention)
    DecisionFactory(meeting=held, text="Écrire aux communes", due_on=today - timedelta(days=1))
    DecisionFactory(meeting=held, text="Faite", due_on=date(2026, 4, 1), state="done", done_on=today)
    DecisionFactory(meeting=held, text="Plus tard", due_on=today)
    for role, seen in (("reader", False), ("coordinator", True)):
        client.force_login(cast.roles[role])
        text = show(client, cast.convention).content.decode()
        assert "Reporter le centre social ?" in text
        assert ("Question en préparation" in text) is seen
        assert "Simple information" not in text
        assert "1\u00a0décision en retard" in text
        assert "Écrire aux communes" in text
        assert "Faite" not in text
        assert "Plus tard" not in text


def test_dashboard_says_what_changed_since_the_last_copil(reader, cast):
    """Each fiche once; what came back to what it was, or is older than the COPIL, is no change."""
    held = HeldFactory(convention=cast.convention, date=timezone.localdate() - timedelta(days=10))
    back, old = (FicheFactory(convention=cast.convention) for _ in range(2))
    for fiche, statuses in (
        (cast.fiche, ("en_pause", "realisee")),
        (back, ("en_pause", "en_cours")),
        (old, ("realisee",)),
    ):
        for status in statuses:
            fiche.status = status
            fiche.save()
    for fiche in FicheAction.objects.filter(convention=cast.convention):
        backdate_first(fiche)
    old.events.update(pgh_created_at=timezone.now() - timedelta(days=20))
    page = show(reader, cast.convention).context["page"]
    assert page.news.since == held.date
    assert [(change.fiche, change.status) for change in page.news.moved] == [(cast.fiche, "réalisée")]
    assert page.news.words == "1\u00a0fiche a changé de statut."
    text = show(reader, cast.convention).content.decode()
    assert "Depuis le COPIL du" in text
    assert "Derniers changements" not in text


def backdate_first(fiche):
    first = fiche.events.order_by("pgh_id").first()
    fiche.events.filter(pk=first.pk).update(pgh_created_at=timezone.now() - timedelta(days=30))


def test_dashboard_without_a_dated_copil_says_the_latest_changes(reader, cast):
    HeldFactory(convention=cast.convention, date=None, year=timezone.localdate().year)
    text = show(reader, cast.convention).content.decode()
    assert "Derniers changements" in text


def test_dashboard_says_what_figures_say(reader, cast):
    FicheFactory(convention=cast.convention, status="realisee")
    FicheFactory(convention=cast.convention, status="bloquee", status_reason="Deux postes vacants")
    response = show(reader, cast.convention)
    plan = plan_of(FicheAction.objects.filter(convention=cast.convention))
    assert response.context["plan"].counts == plan.counts
    text = response.content.decode()
    assert "Les quatre fiches sont engagées" in text
    assert "<strong>une est réalisée</strong>" in text
    assert "<em>Une est en difficulté</em>" in text
    assert "Deux postes vacants" in text
    page = response.context["page"]
    labels, values = [status.label for status in page.statuses], dict(page.table)
    assert values["À classer"] == values["Tout le plan"]
    assert dict(zip(labels, values["Tout le plan"], strict=True)) == {
        "réalisée": 1,
        "en cours": 2,
        "en difficulté": 1,
    }


def test_dashboard_of_an_empty_plan(client):
    convention = ConventionFactory()
    cast = make_cast()
    client.force_login(cast.roles["administrator"])
    text = show(client, convention).content.decode()
    assert "Le plan n’a pas encore de fiche" in text
    assert "La coordination de la convention y ajoutera" in text
    assert "0\u00a0fiche" not in text
    assert "Indicateurs chiffrés" not in text
    assert "Imprimer" not in text


def test_dashboard_of_an_empty_plan_that_is_over_promises_nothing(client):
    past = {"period_start": date(2021, 1, 1), "period_end": date(2025, 12, 31)}
    convention = ConventionFactory(**past)
    client.force_login(make_cast().roles["administrator"])
    text = show(client, convention).content.decode()
    assert "Le plan n’a pas de fiche" in text
    assert "ajoutera" not in text


def test_dashboard_keeps_its_alarms_out_of_the_colours_of_a_convention(reader, cast):
    FicheFactory(convention=cast.convention, status="bloquee", status_reason="Poste vacant")
    text = show(reader, cast.convention).content.decode()
    assert "card-alert" in text
    assert "card-accent" not in text
    sheet = (settings.BASE_DIR / "static" / "css" / "app.css").read_text()
    assert ".say em { color: var(--s-difficulte);" in sheet
    assert ".card-alert { border: 1.5px solid var(--s-difficulte); }" in sheet


def test_dashboard_counts_targets_as_the_page_of_the_plan(reader, cast):
    IndicatorFactory(fiche=cast.fiche, comparator="≥", target_value=10)
    IndicatorFactory(fiche=cast.fiche, kind="deliverable")
    IndicatorFactory(fiche=cast.other)
    response = show(reader, cast.convention)
    assert (
        response.context["aims"].words.replace("\u00a0", " ")
        == "3 indicateurs, dont 1 avec cible et 1 livrable"
    )
    fiches = FicheAction.objects.filter(convention=cast.convention).with_progress()
    assert sum(fiche.aimed_count for fiche in fiches) == 1
    assert sum(fiche.deliverable_count for fiche in fiches) == 1


def test_dashboard_of_an_empty_plan_invites_the_coordination(client, cast):
    FicheAction.objects.all().delete()
    client.force_login(cast.roles["coordinator"])
    assert (
        reverse("actions:fiche_add", args=[cast.convention.slug])
        in show(client, cast.convention).content.decode()
    )
    client.force_login(cast.roles["reader"])
    assert (
        reverse("actions:fiche_add", args=[cast.convention.slug])
        not in show(client, cast.convention).content.decode()
    )


def test_dashboard_is_not_for_outsiders(client, cast):
    client.force_login(cast.roles["outsider"])
    assert client.get(url_of(cast.convention)).status_code == 404
    assert client.get("/ctg/inconnue/").status_code == 404


@pytest.mark.parametrize(
    "role", ["coordinator", "contributor", "services", "elected", "caf", "reader", "thematic"]
)
def test_dashboard_is_read_by_each_role(client, cast, role):
    client.force_login(cast.roles[role])
    response = client.get(url_of(cast.convention))
    assert (response.status_code, response.context["convention"]) == (200, cast.convention)


@pytest.mark.parametrize("role", ["coordinator", "reader"])
def test_dashboard_leaves_out_what_is_not_for_all(client, cast, role):
    NoteFactory(fiche=cast.fiche, text="confidence de couloir", visibility="confidential")
    NoteFactory(fiche=cast.fiche, text="note proposée", status="proposed")
    HighlightFactory(fiche=cast.fiche, title="fête proposée", status="proposed")
    indicator = IndicatorFactory(fiche=cast.fiche, label="Affluence")
    MeasurementFactory(indicator=indicator, status="proposed", value=777_777)
    stranger = FicheFactory(title="fiche d’ailleurs")
    NoteFactory(fiche=stranger, text="note d’ailleurs")
    HighlightFactory(fiche=stranger, title="fête d’ailleurs")
    NoteFactory(fiche=cast.fiche, text="note de tous")
    client.force_login(cast.roles[role])
    text = show(client, cast.convention).content.decode()
    assert "note de tous" in text
    for hidden in ("confidence", "note proposée", "fête proposée", "ailleurs"):
        assert hidden not in text
    assert "777777" not in "".join(text.split())  # however its thousands are set apart


def test_dashboard_escapes_titles(reader, cast):
    FicheFactory(
        convention=cast.convention,
        title="<script>alert(1)</script>" + "x" * 200,
        status="bloquee",
        status_reason="<b>gras</b>",
    )
    text = show(reader, cast.convention).content.decode()
    assert "<script>alert(1)" not in text
    assert "<b>gras" not in text


def test_dashboard_marks_made_up_values(reader, cast):
    assert "données fictives" not in show(reader, cast.convention).content.decode()
    MeasurementFactory(indicator=IndicatorFactory(fiche=cast.fiche), is_fictitious=True)
    assert "données fictives" in show(reader, cast.convention).content.decode()


def test_dashboard_says_that_no_indicator_has_a_target(reader, cast):
    assert "pas encore d’indicateur" in show(reader, cast.convention).content.decode()
    IndicatorFactory(fiche=cast.fiche)
    assert "aucun n’a de cible" in show(reader, cast.convention).content.decode()


# --- Figures --------------------------------------------------------------------------------------
def test_aims_are_in_the_order_of_concern(cast):
    today = date(2026, 6, 1)
    made = {"comparator": "≥", "target_value": 10, "target_mode": "each_period", "fiche": cast.fiche}
    for label, value in (("atteint", 10), ("loin", 2), ("près", 9)):
        MeasurementFactory(indicator=IndicatorFactory(label=label, **made), value=value)
    IndicatorFactory(label="sans valeur", **made)
    IndicatorFactory(label="sans cible", fiche=cast.fiche)
    indicators = list(type(cast.fiche).objects.get(pk=cast.fiche.pk).indicators.with_values())
    aims = Aims(indicators, 2025, today)
    assert [(line.indicator.label, line.value) for line in aims.lines] == [
        ("loin", "2"),
        ("près", "9"),
        ("atteint", "10"),
        ("sans valeur", "–"),
    ]
    assert (aims.off_track, aims.on_track, aims.not_judged) == (1, 2, 1)
    assert [words for _, words in aims.counts] == [
        "1\u00a0atteint",
        "1\u00a0sur la trajectoire",
        "1\u00a0en deçà de la trajectoire",
        "1\u00a0non mesurable",
    ]
    assert (str(aims.lines[0].latest), aims.lines[0].basis) == ("2 · 2025", "")


@pytest.mark.parametrize(
    ("today", "year", "years"),
    [
        (date(2024, 6, 1), 2025, []),
        (date(2025, 1, 1), 2025, [2025]),
        (date(2026, 11, 21), 2025, [2026, 2025]),
        (date(2031, 1, 1), 2029, [2029, 2028, 2027, 2026, 2025]),
    ],
)
def test_years_of_a_convention(today, year, years):
    convention = ConventionFactory.build(carrier=None, caf=None, epci=None)
    assert last_year_over(convention, today) == year
    assert years_begun(convention, today) == years


def test_late_reasons_name_the_dates_that_are_past():
    today = date(2026, 6, 1)
    fiche = FicheAction(status="en_cours", ends_on=date(2026, 5, 1))
    steps = [Step(title=f"étape {n}", due_on=date(2026, 1, n), pk=n) for n in (5, 4, 3, 2, 1)]
    for step in steps:
        step.is_late = step.pk < 5
    said = late_reasons(fiche, steps, today)
    assert said == [
        "devait finir le 1er\u00a0mai 2026",
        "«\u00a0étape 1\u00a0» prévu pour le 1er\u00a0janvier 2026",
        "«\u00a0étape 2\u00a0» prévu pour le 2\u00a0janvier 2026",
        "et 2 autres étapes",
    ]
    later = FicheAction(status="reportee", postponed_to=date(2026, 5, 31), ends_on=date(2025, 1, 1))
    assert late_reasons(later, steps, today) == ["reportée au 31\u00a0mai 2026, date passée"]


def test_late_fiches_each_have_a_reason(reader, cast):
    """What the database finds late, the words explain."""
    past = timezone.localdate() - timedelta(days=1)
    FicheFactory(convention=cast.convention, ends_on=past)
    StepFactory(fiche=cast.fiche, due_on=past)
    FicheFactory(convention=cast.convention, status="reportee", status_reason="x", postponed_to=past)
    FicheFactory(convention=cast.convention, status="realisee", ends_on=past)
    late = show(reader, cast.convention).context["page"].late
    assert len(late) == 3
    assert all(concern.reasons for concern in late)


def test_next_dates_are_those_of_six_months():
    today = date(2026, 6, 1)
    fiche = FicheAction(pk=1, status="non_demarree", starts_on=today, ends_on=date(2026, 12, 1))
    postponed = FicheAction(pk=2, status="reportee", postponed_to=date(2026, 9, 1), ends_on=date(2026, 7, 1))
    closed = FicheAction(pk=3, status="realisee", ends_on=date(2026, 7, 1))
    steps = [
        Step(title="année", due_on=date(2026, 12, 1), due_words="fin 2026", fiche_id=1),
        Step(title="passée", due_on=date(2026, 5, 31), fiche_id=1),
        Step(title="lointaine", due_on=date(2026, 12, 2), fiche_id=1),
    ]
    days = next_dates(plan_of([fiche, postponed, closed]), steps, today)
    assert [(day.words, [due.what for due in day.dues]) for day in days] == [
        ("1er\u00a0juin 2026", ["Début de la fiche"]),
        ("1er\u00a0septembre 2026", ["Reprise de la fiche"]),
        ("1er\u00a0décembre 2026", ["Fin de la fiche"]),
        ("fin 2026", ["année"]),
    ]
    assert due_words(steps[1]) == "le 31\u00a0mai 2026"


# --- Latest changes -------------------------------------------------------------------------------
def changes_of(cast, role="reader", **kwargs):
    fiches = list(FicheAction.objects.filter(convention=cast.convention))
    return latest_changes(cast.convention, cast.roles[role], fiches, **kwargs)


def test_changes_of_status_say_each_change_once(cast):
    for status, reason in (("realisee", ""), ("realisee", ""), ("bloquee", "Poste vacant")):
        cast.fiche.status, cast.fiche.status_reason, cast.fiche.title = status, reason, cast.fiche.title + "."
        cast.fiche.save()
    assert [(change.status, change.text) for change in changes_of(cast) if change.status] == [
        ("en difficulté", "Poste vacant"),
        ("réalisée", ""),
    ]


def backdate(fiche, day):
    fiche.events.update(
        pgh_created_at=timezone.make_aware(timezone.datetime(day.year, day.month, day.day, 10))
    )


def test_changes_say_the_fiches_added(cast):
    """Those of one day at once; a fiche alone by its name."""
    alone = FicheFactory(convention=cast.convention)
    for fiche, day in ((cast.fiche, 3), (cast.other, 3), (alone, 4)):
        backdate(fiche, date(2025, 1, day))
    alone.title += "."
    alone.save()
    assert [(change.at, change.text, change.fiche) for change in changes_of(cast)] == [
        (date(2025, 1, 4), "Fiche ajoutée au plan", alone),
        (date(2025, 1, 3), "2\u00a0fiches ajoutées au plan", None),
    ]


def test_dashboard_says_the_fiches_added(reader, cast):
    assert "2\u00a0fiches ajoutées au plan" in show(reader, cast.convention).content.decode()


def test_changes_are_the_newest_of_all_kinds(cast):
    for fiche in (cast.fiche, cast.other):
        backdate(fiche, date(2025, 1, 1))
    for day in range(1, 13):
        NoteFactory(fiche=cast.fiche, date=date(2026, 1, day), text=f"note {day}")
    entered = timezone.make_aware(timezone.datetime(2026, 1, 11, 12))
    one = IndicatorFactory(fiche=cast.fiche, label="Visites", unit="visites")
    MeasurementFactory(indicator=one, value=Decimal(84), entered_at=entered)
    other = IndicatorFactory(fiche=cast.other, label="Places")
    for year in (2025, 2026):
        span = {"period_start": date(year, 1, 1), "period_end": date(year, 12, 31)}
        MeasurementFactory(indicator=other, entered_at=entered, **span)
    said = [change.text for change in changes_of(cast, count=4)]
    assert said[0] == "note 12"
    assert set(said[1:]) == {
        "note 11",
        "Visites\u00a0: 84\u00a0visites (2025)",
        "2\u00a0valeurs saisies, dont Places",
    }
    assert Measurement.objects.count() == 3
