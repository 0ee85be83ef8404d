"""What À faire says of meetings, decisions, weather and the year."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import AxeFactory, ContactFactory
from tests.factories.cast import make_cast
from tests.factories.steering import (
    AttendanceFactory,
    CommitteeFactory,
    DecisionFactory,
    HeldFactory,
    MeetingFactory,
    WeatherFactory,
)

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 1)
NOON = "2026-06-01T12:00+02:00"


@pytest.fixture(autouse=True)
def _on_that_day(time_machine):
    time_machine.move_to(NOON, tick=False)


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture
def copil(cast):
    return CommitteeFactory(convention=cast.convention, name="COPIL")


def meet(copil, days, **fields):
    return MeetingFactory(
        convention=copil.convention, committee=copil, date=TODAY + timedelta(days=days), **fields
    )


def convened(copil, days, **fields):
    return meet(copil, days, state="convened", convened_at=timezone.now(), **fields)


def moves(client, cast, role="coordinator"):
    """Kind and title of what governance asks, in the order of the page."""
    client.force_login(cast.roles[role])
    response = client.get(reverse("actions:todo", args=[cast.convention.slug]), {"tout": ""})
    found = [move for group in response.context["groups"] for move in group.moves]
    return [move for move in found if not move.is_in_place]


def said(client, cast, role="coordinator"):
    return [(move.kind, move.title) for move in moves(client, cast, role)]


# --- Meetings -------------------------------------------------------------------------------------
def test_a_meeting_asks_for_its_next_step_the_most_pressing_first(client, cast, copil):
    meet(copil, 21)
    meet(copil, 22)
    convened(copil, 3)
    convened(copil, 0)
    meet(copil, -1)
    meet(copil, -2, state="in_progress", opened_at=timezone.now())
    meet(copil, -3, state="cancelled", cancelled_at=timezone.now(), cancel_reason="Quorum")
    assert said(client, cast) == [
        ("Réunions du jour", "COPIL, 1er\u00a0juin 2026"),
        ("Réunions à clore", "COPIL, 30\u00a0mai 2026"),
        ("Réunions à clore", "COPIL, 31\u00a0mai 2026"),
        ("Réunions à convoquer", "COPIL, 22\u00a0juin 2026"),
    ]
    for move in moves(client, cast):
        assert client.get(move.act_url).status_code == 200


def test_minutes_are_asked_for_three_days_after_closing(client, cast, copil):
    ran = {"opened_at": timezone.now() - timedelta(days=5)}
    sent = ran | {"minutes_state": "sent", "minutes_sent_at": timezone.now()}
    for days, fields in ((3, ran), (2, ran), (4, {}), (5, sent)):
        closed = {"date": TODAY - timedelta(days=days), "closed_at": timezone.now() - timedelta(days=days)}
        HeldFactory(convention=cast.convention, committee=copil, **closed, **fields)
    assert said(client, cast) == [("Comptes rendus à envoyer", "COPIL, 29\u00a0mai 2026")]


def test_meetings_of_others_ask_nothing(client, cast, copil):
    """A thematic coordination is told of the groups that it runs, and of nothing else."""
    group = CommitteeFactory(convention=cast.convention, kind="groupe", name="Groupe jeunesse")
    group.themes.add(cast.theme)
    for committee in (copil, group):
        meet(committee, 5)
    assert said(client, cast, "thematic") == [("Réunions à convoquer", "Groupe jeunesse, 6\u00a0juin 2026")]
    for role in ("contributor", "services", "elected", "caf", "reader"):
        assert said(client, cast, role) == []


def test_the_year_says_the_meetings_that_have_no_date(client, cast, copil):
    cotech = CommitteeFactory(convention=cast.convention, kind="cotech", name="COTECH", per_year=4)
    copil.per_year = 1
    copil.save()
    convened(copil, 60)
    HeldFactory(convention=cast.convention, committee=cotech, date=date(2026, 2, 3))
    [move] = moves(client, cast)
    assert (move.kind, move.title) == (
        "Réunions à placer",
        "COTECH\u00a0: il en reste 3 à placer",
    )
    form = client.get(move.act_url)
    assert form.context["form"]["committee"].value() in (cotech.pk, cotech)


# --- Answers and decisions ------------------------------------------------------------------------
def test_who_is_convened_is_asked_to_answer(client, cast, copil):
    contact = ContactFactory(user=cast.roles["contributor"])
    for meeting, fields in (
        (convened(copil, 30), {}),
        (convened(copil, 31), {"answer": "present", "answered_at": timezone.now()}),
        (convened(copil, 32), {"removed_at": timezone.now()}),
        (convened(copil, -1), {}),
        (meet(copil, 33), {}),
    ):
        AttendanceFactory(meeting=meeting, contact=contact, **fields)
    AttendanceFactory(meeting=convened(copil, 40))
    assert said(client, cast, "contributor") == [
        ("Convocations sans réponse", "COPIL, 1er\u00a0juillet 2026")
    ]


def test_decisions_due_are_followed_the_latest_first(client, cast, copil):
    meeting = HeldFactory(convention=cast.convention, committee=copil, date=date(2026, 3, 12))
    for text, days in (("bientôt", 14), ("hier", -1), ("avant-hier", -2), ("plus tard", 15)):
        DecisionFactory(meeting=meeting, text=text, due_on=TODAY + timedelta(days=days))
    DecisionFactory(meeting=meeting, text="sans date")
    DecisionFactory(meeting=meeting, text="abandonnée", state="dropped", due_on=TODAY - timedelta(days=9))
    opened = meet(copil, 0, state="in_progress", opened_at=timezone.now())
    DecisionFactory(meeting=opened, text="pas encore prise", due_on=TODAY)
    assert said(client, cast) == [
        ("Décisions en retard", "avant-hier"),
        ("Décisions en retard", "hier"),
        ("Décisions à suivre", "bientôt"),
    ]
    [first, *_] = moves(client, cast)
    assert first.act_url == reverse(
        "governance:decision_follow",
        args=[cast.convention.slug, meeting.decisions.get(text="avant-hier").uuid],
    )
    assert client.get(first.act_url).status_code == 200


def test_who_answers_for_a_decision_is_told(client, cast, copil):
    meeting = HeldFactory(convention=cast.convention, committee=copil, date=date(2026, 3, 12))
    contact = ContactFactory(user=cast.roles["contributor"])
    DecisionFactory(meeting=meeting, text="à moi", responsible=contact, due_on=date(2026, 5, 1))
    DecisionFactory(meeting=meeting, text="à un autre", due_on=date(2026, 5, 1))
    [move] = moves(client, cast, "contributor")
    assert (move.kind, move.title) == ("Vos décisions", "à moi")
    assert move.why == (
        "Vous êtes responsable d’une décision. COPIL, 12\u00a0mars 2026, à faire pour le 1er\u00a0mai 2026. "
        "Sa date est passée."
    )
    assert client.get(move.act_url).status_code == 200


def test_decisions_of_another_convention_are_not_told(client, cast):
    contact = ContactFactory(user=cast.roles["coordinator"])
    DecisionFactory(responsible=contact, due_on=date(2026, 5, 1))
    assert said(client, cast) == []


# --- Weather --------------------------------------------------------------------------------------
def sky(axe, day):
    return WeatherFactory(axe=axe, date=day, published_at=timezone.now())


def test_weather_is_asked_for_when_it_has_aged(client, cast):
    old, fresh, never = (AxeFactory(convention=cast.convention, title=name) for name in ("A", "B", "C"))
    sky(old, date(2025, 12, 1))
    sky(fresh, date(2025, 12, 2))
    WeatherFactory(axe=old, date=TODAY)  # a draft is no weather yet
    assert said(client, cast) == [("Météo à refaire", str(old))]
    assert str(never) not in str(said(client, cast))


def test_weather_is_asked_for_before_a_copil(client, cast, copil):
    axe = AxeFactory(convention=cast.convention, title="A")
    meeting = convened(copil, 31)
    assert said(client, cast) == []
    meeting.date = TODAY + timedelta(days=30)
    meeting.save()
    assert said(client, cast) == [("Météo à donner", str(axe))]
    assert said(client, cast, "thematic") == []
    sky(axe, TODAY)
    assert said(client, cast) == []


@pytest.mark.parametrize("count", [1, 3])
def test_moves_cost_the_same_whatever_waits(client, cast, copil, count, django_assert_num_queries):
    contact = ContactFactory(user=cast.roles["coordinator"])
    for _ in range(count):
        CommitteeFactory(convention=cast.convention, kind="cotech", per_year=4)
        AttendanceFactory(meeting=convened(copil, 9), contact=contact)
        meet(copil, 9)
        DecisionFactory(
            meeting=HeldFactory(convention=cast.convention, committee=copil),
            due_on=TODAY,
            responsible=contact,
        )
        sky(AxeFactory(convention=cast.convention), date(2025, 1, 1))
    client.force_login(cast.roles["coordinator"])
    with django_assert_num_queries(17):
        response = client.get(reverse("actions:todo", args=[cast.convention.slug]), {"tout": ""})
    assert response.context["total"] >= 5 * count
