"""The states of a meeting, and what closing it does."""

from datetime import date, time, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from actions.models import Basis, FicheAction
from ctg.refusal import Refused
from governance.models import AgendaItem, Attendance, Decision, Meeting
from governance.services import meetings as services
from tests.factories import FicheFactory, MembershipFactory, ThemeFactory
from tests.factories.steering import (
    AttendanceFactory,
    CommitteeFactory,
    DecisionFactory,
    EffectFactory,
    HeldFactory,
    ItemFactory,
    MeetingFactory,
    SeatFactory,
    SubjectFactory,
)

State = Meeting.State


@pytest.fixture
def meeting(db):
    """Its day has come."""
    return MeetingFactory(date=date(2026, 3, 19))


@pytest.fixture
def by(meeting):
    return MembershipFactory(role="coordinator", organisation=meeting.convention.carrier).user


def decided(meeting, status="", *, by=None, **effect):
    """A decision of the meeting on a fiche of its convention; the fiche."""
    decision = DecisionFactory(meeting=meeting)
    fiche = FicheFactory(convention=meeting.convention, status="en_cours")
    EffectFactory(decision=decision, fiche=fiche, status=status, **effect)
    return fiche


def closed(meeting, by, outcomes=None):
    return services.close_meeting(meeting, outcomes or {}, by=by)


# --- From one state to the next -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("state", "may"),
    [
        (State.DRAFT, {State.CONVENED, State.IN_PROGRESS, State.CLOSED, State.CANCELLED}),
        (State.CONVENED, {State.IN_PROGRESS, State.CLOSED, State.CANCELLED}),
        (State.IN_PROGRESS, {State.CLOSED}),
        (State.CLOSED, set()),
        (State.CANCELLED, set()),
    ],
)
def test_a_meeting_goes_only_where_it_may(state, may):
    meeting = Meeting(state=state)
    assert {one for one in services.MOVES if services.can_become(meeting, one)} == may


def test_closing_dates_it_and_says_so_to_the_next_who_tries(meeting, by):
    assert closed(meeting, by).closed_at is not None
    with pytest.raises(Refused, match="tenue"):
        closed(meeting, by)
    assert Meeting.objects.get(pk=meeting.pk).state == State.CLOSED


def test_a_meeting_whose_day_has_not_come_is_not_closed(meeting, by):
    Meeting.objects.update(date=timezone.localdate() + timedelta(days=1))
    with pytest.raises(Refused, match="corrigez sa date"):
        closed(meeting, by)
    Meeting.objects.update(date=timezone.localdate())
    assert closed(meeting, by).state == State.CLOSED


def test_a_meeting_without_any_date_is_not_closed(by, meeting):
    Meeting.objects.update(date=None)
    with pytest.raises(Refused, match="date"):
        closed(meeting, by)
    assert Meeting.objects.get().state == State.DRAFT


def test_cancelling_keeps_the_reason_and_gives_the_subjects_back(meeting, by):
    item = ItemFactory(meeting=meeting)
    services.cancel_meeting(meeting, "Quorum impossible", by=by)
    held = Meeting.objects.get(pk=meeting.pk)
    assert (held.state, held.cancel_reason) == (State.CANCELLED, "Quorum impossible")
    assert AgendaItem.objects.waiting().get().carried_from == item


def test_deleting_is_for_what_nobody_was_told_of(meeting, by):
    ItemFactory(meeting=meeting, title="Budget")
    Meeting.objects.update(state=State.CONVENED, convened_at=timezone.now())
    with pytest.raises(Refused, match="s’annule"):
        services.delete_meeting(meeting, by=by)
    Meeting.objects.update(state=State.DRAFT, convened_at=None)
    services.delete_meeting(meeting, by=by)
    assert not Meeting.objects.exists()
    assert AgendaItem.objects.waiting().get().title == "Budget"


def test_the_list_begins_with_those_who_sit_today(by):
    committee = CommitteeFactory()
    meeting = MeetingFactory(convention=committee.convention, committee=committee)
    seats = [SeatFactory(committee=committee, quality="services") for _ in range(3)]
    SeatFactory(committee=committee, ended_on=date(2025, 1, 1))
    AttendanceFactory(meeting=meeting, contact=seats[0].contact)
    assert services.invite_seats(meeting) == 2
    assert services.invite_seats(meeting) == 0
    assert meeting.attendances.filter(quality="services").count() == 2


# --- What closing does ----------------------------------------------------------------------------
def test_what_was_not_treated_waits_with_all_that_hangs_on_it(meeting, by):
    fiche = FicheFactory(convention=meeting.convention)
    treated = ItemFactory(meeting=meeting, notes="Vu.")
    asked = ItemFactory(meeting=meeting, title="Local", minutes=20, presenter="Mme A", asks_decision=True)
    asked.fiches.add(fiche)
    asked.options.create(title="Louer", consequences="12 000 € par an")
    decided_on = ItemFactory(meeting=meeting)
    DecisionFactory(meeting=meeting, item=decided_on)
    closed(meeting, by)
    assert [item.outcome for item in (treated, asked, decided_on) if not item.refresh_from_db()] == [
        "treated",
        "postponed",
        "treated",
    ]
    copy = AgendaItem.objects.waiting().get()
    assert (copy.title, copy.minutes, copy.presenter, copy.asks_decision) == ("Local", 20, "Mme A", True)
    assert copy.committee == meeting.committee
    assert list(copy.fiches.all()) == [fiche]
    assert [option.consequences for option in copy.options.all()] == ["12 000 € par an"]


def test_what_the_secretary_says_of_an_item_counts_before_any_guess(meeting, by):
    said, unsaid = ItemFactory(meeting=meeting, notes="Commencé"), ItemFactory(meeting=meeting)
    closed(meeting, by, {str(said.uuid): "postponed", str(unsaid.uuid): "treated"})
    assert list(AgendaItem.objects.waiting().values_list("carried_from", flat=True)) == [said.pk]


def test_a_decision_reaches_its_fiche_on_the_basis_of_the_meeting(meeting, by):
    meeting.convention.signed_on = date(2025, 1, 10)
    meeting.convention.save()
    fiche = decided(meeting, "abandonnee", reason="Plus de porteur")
    closed(meeting, by)
    fiche.refresh_from_db()
    assert (fiche.status, fiche.status_reason) == ("abandonnee", "Plus de porteur")
    basis = Basis.objects.get()
    assert (basis.kind, basis.date, basis.author) == (Basis.Kind.AJUSTEMENT, meeting.date, by)
    assert basis.words == f"Décision : {meeting}"
    assert Meeting.objects.get(pk=meeting.pk).basis == basis
    assert fiche.decision_effects.get().applied_at is not None


def test_a_plan_that_is_no_contract_needs_no_basis(by, meeting):
    meeting.convention.status = "elaboration"
    meeting.convention.save()
    fiche = decided(meeting, "en_pause")
    closed(meeting, by)
    fiche.refresh_from_db()
    assert fiche.status == "en_pause"
    assert not Basis.objects.exists()


@pytest.mark.parametrize(
    ("status", "effect", "expected"),
    [
        (
            "reportee",
            {"reason": "Travaux", "new_date": date(2028, 1, 1)},
            {"postponed_to": date(2028, 1, 1), "is_postponed_without_date": False, "ends_on": None},
        ),
        ("reportee", {"reason": "Travaux"}, {"postponed_to": None, "is_postponed_without_date": True}),
        ("realisee", {}, {"status_reason": "", "postponed_to": None}),
        ("", {"new_date": date(2027, 6, 30)}, {"status": "en_cours", "ends_on": date(2027, 6, 30)}),
    ],
)
def test_each_change_a_decision_may_make(meeting, by, status, effect, expected):
    fiche = decided(meeting, status, **effect)
    closed(meeting, by)
    found = FicheAction.objects.filter(pk=fiche.pk).values(*expected).get()
    assert found == expected


def test_a_decision_that_the_fiche_refuses_leaves_everything_as_it_was(meeting, by):
    good = decided(meeting, "realisee")
    bad = decided(meeting, new_date=date(2024, 1, 1))
    FicheAction.objects.filter(pk=bad.pk).update(starts_on=date(2025, 1, 1))
    with pytest.raises(Refused, match="doit finir après son début"):
        closed(meeting, by)
    assert Meeting.objects.get(pk=meeting.pk).state == State.DRAFT
    good.refresh_from_db()
    assert good.status == "en_cours"


def test_a_coordination_of_themes_does_not_change_the_fiches_of_others(meeting):
    fiche = decided(meeting, "realisee")
    other = MembershipFactory(
        role="coordinator", organisation=meeting.convention.carrier, themes=[ThemeFactory()]
    ).user
    with pytest.raises(Refused, match="ne relève pas de vous"):
        closed(meeting, other)
    fiche.refresh_from_db()
    assert fiche.status == "en_cours"


def test_who_said_not_to_come_did_not_come_unless_ticked(meeting, by):
    now = timezone.now()
    excused = AttendanceFactory(meeting=meeting, answer="excused", answered_at=now)
    came = AttendanceFactory(meeting=meeting, answer="excused", answered_at=now, presence="present")
    silent = AttendanceFactory(meeting=meeting)
    closed(meeting, by)
    found = [Attendance.objects.get(pk=one.pk).presence for one in (excused, came, silent)]
    assert found == ["excused", "present", ""]


def test_an_information_asks_for_nothing(meeting, by):
    told = DecisionFactory(meeting=meeting, kind="information")
    asked = DecisionFactory(meeting=meeting)
    closed(meeting, by)
    assert [Decision.objects.get(pk=one.pk).state for one in (told, asked)] == ["none", "to_do"]


def test_a_meeting_moved_after_closing_is_refused(meeting, by):
    item = ItemFactory(meeting=meeting)
    closed(meeting, by, {str(item.uuid): "treated"})
    with pytest.raises(Refused, match="ordre du jour ne change plus"):
        services.plan_subject(meeting, str(SubjectFactory(convention=meeting.convention).uuid), by=by)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_close_at_once_one_is_told_so():
    meeting = MeetingFactory(date=date(2026, 3, 19))
    by = MembershipFactory(role="coordinator", organisation=meeting.convention.carrier).user
    fiche = decided(meeting, "realisee")
    start, said = Barrier(2), []

    def close():
        start.wait()
        try:
            closed(meeting, by)
            said.append("close")
        except Refused as refused:
            said.append(str(refused))
        finally:
            connection.close()

    threads = [Thread(target=close) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["Cette réunion est tenue : elle ne peut plus être close.", "close"]
    assert Basis.objects.count() == 1
    fiche.refresh_from_db()
    assert fiche.status == "realisee"


# --- Subjects, decisions, minutes afterwards ------------------------------------------------------
def test_a_subject_is_taken_once(meeting, by):
    subject = SubjectFactory(convention=meeting.convention, committee=meeting.committee)
    taken = services.plan_subject(meeting, str(subject.uuid), by=by)
    assert (taken.meeting, taken.committee) == (meeting, None)
    for wrong in (str(subject.uuid), "", "n’importe quoi", str(SubjectFactory().uuid)):
        with pytest.raises(Refused, match="n’attend plus"):
            services.plan_subject(meeting, wrong, by=by)


def test_a_decision_is_followed_until_it_is_done(by, meeting):
    decision = DecisionFactory(
        meeting=HeldFactory(convention=meeting.convention, committee=meeting.committee)
    )
    assert list(services.to_review(meeting)) == [decision]
    services.follow_decision(decision, "done", "Signée", by=by, at=meeting)
    decision.refresh_from_db()
    assert (decision.state, decision.state_words, decision.done_on) == (
        "done",
        "Signée",
        timezone.localdate(),
    )
    # Reviewed by this meeting, it stays on its page; the next one has nothing to ask.
    assert list(services.to_review(meeting)) == [decision]
    assert not services.to_review(MeetingFactory(convention=meeting.convention, committee=meeting.committee))
    services.follow_decision(decision, "doing", "", by=by)
    assert Decision.objects.get(pk=decision.pk).done_on is None


def test_a_copil_looks_at_what_every_committee_decided(by, meeting):
    group = CommitteeFactory(convention=meeting.convention, kind="groupe")
    theirs = DecisionFactory(meeting=HeldFactory(convention=meeting.convention, committee=group))
    mine = DecisionFactory(meeting=HeldFactory(convention=meeting.convention, committee=meeting.committee))
    DecisionFactory()
    assert set(services.to_review(meeting)) == {theirs, mine}
    assert list(services.to_review(MeetingFactory(convention=meeting.convention, committee=group))) == [
        theirs
    ]


def test_minutes_are_approved_once_sent(meeting, by):
    with pytest.raises(Refused, match="une fois envoyé"):
        services.approve_minutes(meeting, by=by)
    Meeting.objects.update(
        state=State.CLOSED, closed_at=timezone.now(), minutes_state="sent", minutes_sent_at=timezone.now()
    )
    assert services.approve_minutes(meeting, by=by).minutes_state == "approved"


def test_its_length_and_its_instants_are_those_of_paris():
    meeting = Meeting(date=date(2027, 7, 1), starts_at=time(14), ends_at=time(15, 45))
    assert meeting.slot == 105
    assert meeting.begins.utcoffset() == timedelta(hours=2)
    meeting.ends_at = None
    assert meeting.ends - meeting.begins == timedelta(hours=2)
