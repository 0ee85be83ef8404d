"""Whoever is to carry out a decision hears of it once its meeting is closed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from actions.services.notices import LOOKED_BACK
from actions.services.plan import changing
from ctg.notices.models import Notice
from ctg.notices.services import newest
from governance.models import Decision, Meeting
from governance.services.assignments import refresh_notices
from governance.services.meetings import close_meeting
from tests.factories import ContactFactory
from tests.factories.notices import age, mailed
from tests.factories.steering import DecisionFactory, HeldFactory, MeetingFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(cast):
    return ContactFactory(user=cast.roles["services"], organisation=cast.convention.carrier)


def meeting(cast, factory=HeldFactory, **fields):
    return factory(convention=cast.convention, committee__convention=cast.convention, **fields)


def decide(cast, held, person, by="coordinator", **fields):
    with changing(by=cast.roles[by]):
        return DecisionFactory(meeting=held, responsible=person, **fields)


def test_told_once_the_meeting_is_closed(cast, person):
    now = timezone.now()
    begun = {"state": "in_progress", "convened_at": now, "opened_at": now, "date": "2026-03-12"}
    held = meeting(cast, MeetingFactory, **begun)
    decision = decide(cast, held, person, text="Ouvrir le guichet unique", due_on="2027-01-01")
    refresh_notices()
    assert not Notice.objects.exists()
    close_meeting(Meeting.objects.get(pk=held.pk), {}, by=cast.roles["coordinator"])
    refresh_notices()
    refresh_notices()
    [(_, told)] = newest(person.user)
    assert told.line.startswith("Une décision vous est confiée, pour le 1er")
    [mail] = mailed()
    assert "Ouvrir le guichet unique" in mail.body
    assert f"#decision-{decision.uuid}" in mail.body


def test_told_when_given_to_somebody_else_later(cast, person):
    held = meeting(cast, closed_at=timezone.now() - timedelta(days=90))
    decision = decide(cast, held, None)
    Decision.pgh_event_model.objects.update(pgh_created_at=timezone.now() - timedelta(days=90))
    refresh_notices()
    with changing(by=cast.roles["coordinator"]):
        Decision.objects.filter(pk=decision.pk).update(responsible=person)
    refresh_notices()
    assert Notice.objects.get().user == person.user
    other = ContactFactory(user=cast.roles["caf"], organisation=cast.convention.caf)
    with changing(by=cast.roles["coordinator"]):
        Decision.objects.filter(pk=decision.pk).update(responsible=other)
    refresh_notices()
    [mail] = mailed()
    assert other.user.email in mail.to[0]


def test_not_told_of_ones_own_act_nor_of_what_nobody_signed(cast, person):
    held = meeting(cast)
    decide(cast, held, person, by="services")
    DecisionFactory(meeting=held, responsible=person)
    refresh_notices()
    assert not Notice.objects.filter(object_id=held.decisions.first().pk).exists()


def test_not_told_of_an_old_one_nor_of_what_is_done(cast, person):
    decide(cast, meeting(cast), person, state="none")
    old = meeting(cast, closed_at=timezone.now() - LOOKED_BACK - timedelta(hours=1))
    decide(cast, old, person)
    Decision.pgh_event_model.objects.update(pgh_created_at=timezone.now() - LOOKED_BACK - timedelta(hours=1))
    refresh_notices()
    assert not Notice.objects.exists()


def test_not_mailed_when_taken_back(cast, person):
    decision = decide(cast, meeting(cast), person)
    refresh_notices()
    age()
    Decision.objects.filter(pk=decision.pk).update(responsible=None)
    assert mailed() == []
    refresh_notices()
    assert not Notice.objects.filter(seen_at=None).exists()


def test_not_told_who_does_not_see_the_convention(cast):
    stranger = ContactFactory(user=cast.roles["outsider"])
    decide(cast, meeting(cast), stranger)
    refresh_notices()
    assert newest(stranger.user) == []
    assert mailed() == []
