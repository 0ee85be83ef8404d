"""What the page of a fiche shows of the meetings."""

from datetime import date

import pytest
from django.urls import reverse

from ctg.panels import panels_of
from governance.models import Meeting
from governance.panels import SHOWN
from tests.factories import FicheFactory
from tests.factories.cast import make_cast
from tests.factories.steering import (
    CommitteeFactory,
    DecisionFactory,
    EffectFactory,
    HeldFactory,
    ItemFactory,
    MeetingFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture
def copil(cast):
    return CommitteeFactory(convention=cast.convention, name="COPIL")


def held(copil, **fields):
    return HeldFactory(convention=copil.convention, committee=copil, **fields)


def decided(copil, fiche, text, *, effect=None, day=date(2026, 3, 12), **fields):
    decision = DecisionFactory(meeting=held(copil, date=day), text=text, **fields)
    return EffectFactory(decision=decision, fiche=fiche, **effect or {})


def show(client, cast, role="reader"):
    client.force_login(cast.roles[role])
    response = client.get(cast.fiche.url)
    assert response.status_code == 200
    return response.content.decode()


def test_fiche_shows_what_was_decided_about_it_the_newest_first(client, cast, copil):
    decided(copil, cast.fiche, "Ouvrir le lieu", day=date(2025, 3, 1), state="done", done_on=date(2025, 9, 1))
    effect = {"status": "reportee", "reason": "Local", "new_date": date(2027, 1, 4)}
    decided(copil, cast.fiche, "Reporter d’un an", effect=effect, due_on=date(2026, 6, 30))
    decided(copil, cast.other, "Décision d’une autre fiche")
    text = show(client, cast)
    assert text.index("Reporter d’un an") < text.index("Ouvrir le lieu")
    assert "reportée" in text
    assert "nouvelle date&nbsp;: 4\u00a0janv. 2027" in text
    assert "date passée" in text
    assert "faite le 1er\u00a0sept. 2025" in text
    assert "COPIL, 12\u00a0mars 2026" in text
    assert "Décision d’une autre fiche" not in text


def test_fiche_names_the_agendas_to_come(client, cast, copil):
    """Those in preparation are for who prepares them; nothing twice."""
    convened = MeetingFactory(
        convention=cast.convention, committee=copil, state="convened", convened_at="2026-11-01T10:00Z"
    )
    draft = MeetingFactory(convention=cast.convention, committee=copil, date=date(2027, 5, 6))
    for meeting in (convened, convened, draft):
        ItemFactory(meeting=meeting).fiches.add(cast.fiche)
    ItemFactory(meeting=held(copil)).fiches.add(cast.fiche)
    address = reverse("governance:meeting_detail", args=[cast.convention.slug, convened.uuid])
    text = show(client, cast)
    assert text.count(f'href="{address}"') == 1
    assert "6\u00a0mai 2027" not in text
    assert "12\u00a0mars 2026" not in text
    assert "6\u00a0mai 2027" in show(client, cast, "coordinator")


def test_fiche_says_nothing_of_what_is_not_closed(client, cast, copil):
    meeting = MeetingFactory(
        convention=cast.convention,
        committee=copil,
        state=Meeting.State.IN_PROGRESS,
        opened_at="2026-11-01T10:00Z",
    )
    EffectFactory(decision=DecisionFactory(meeting=meeting, text="En train de se dire"), fiche=cast.fiche)
    for role in ("reader", "coordinator"):
        assert "En train de se dire" not in show(client, cast, role)


def test_fiche_of_another_convention_has_its_own_decisions(cast, copil):
    stranger = FicheFactory()
    EffectFactory(
        decision=DecisionFactory(meeting=HeldFactory(convention=stranger.convention)), fiche=stranger
    )
    assert panels_of(stranger, cast.roles["reader"]) == []
    assert panels_of(cast.fiche, cast.roles["reader"]) == []


def test_fiche_escapes_decisions(client, cast, copil):
    decided(copil, cast.fiche, "<script>alert(1)</script>")
    assert "<script>alert(1)" not in show(client, cast)


@pytest.mark.parametrize("count", [1, 3, SHOWN + 3])
def test_fiche_costs_the_same_whatever_was_decided(client, cast, copil, count, django_assert_num_queries):
    for _ in range(count):
        decided(copil, cast.fiche, "Décision")
        meeting = MeetingFactory(convention=cast.convention, committee=copil)
        ItemFactory(meeting=meeting).fiches.add(cast.fiche)
    client.force_login(cast.roles["coordinator"])
    with django_assert_num_queries(27):
        text = client.get(cast.fiche.url).content.decode()
    assert text.count("12\u00a0mars 2026") == count
    older = f"{count - SHOWN}\u00a0décisions plus anciennes"
    assert (older in text) is (count > SHOWN)
