"""The digest of a member: what is read of it, how it is said, on screen and by mail."""

from datetime import UTC, datetime, timedelta

import pghistory
import pytest
from django.apps import apps
from django.urls import reverse

from actions.models import Comment, Convention, FichePilot, ProgressNote
from ctg.notices.models import Preferences
from governance.digest import conventions_of, message_of, read_digest
from territories.models import Membership
from tests.factories import (
    ContactFactory,
    ConventionFactory,
    FicheFactory,
    MeasurementFactory,
    MembershipFactory,
    NoteFactory,
    StepFactory,
    UserFactory,
)
from tests.factories.cast import make_cast
from tests.factories.steering import (
    AttendanceFactory,
    DecisionFactory,
    EffectFactory,
    HeldFactory,
    MeetingFactory,
    SeatFactory,
)

pytestmark = pytest.mark.django_db

# A Monday.
NOW = datetime(2026, 6, 1, 7, 0, tzinfo=UTC)
SINCE = NOW - timedelta(days=7)
PAGE = "governance:digest_preview"


OLD, RECENT = SINCE - timedelta(days=1), NOW - timedelta(hours=1)


def events():
    return apps.get_model("actions", "FicheActionEvent").objects.all()


@pytest.fixture
def world(time_machine):
    """A convention whose beginning is older than what a digest tells."""
    time_machine.move_to(OLD, tick=False)
    cast = make_cast()
    # The triggers of the history know the clock of the server alone.
    events().update(pgh_created_at=OLD)
    Convention.objects.filter(pk=cast.convention.pk).update(period_start=NOW.date())
    time_machine.move_to(RECENT, tick=False)
    return cast


def read(user):
    events().exclude(pgh_created_at=OLD).update(pgh_created_at=RECENT)
    return read_digest(type(user).objects.get(pk=user.pk), SINCE, NOW)


def news(user):
    """Title of the fiche and what happened there."""
    return [
        (one.fiche.title, one.words.replace("\u00a0", " "))
        for part in read(user).parts
        for one in part.news.shown
    ]


def change(fiche, *, by=None, **fields):
    with pghistory.context(user=by.pk) if by else pghistory.context():
        for name, value in fields.items():
            setattr(fiche, name, value)
        fiche.save()


# --- What changed ---------------------------------------------------------------------------------
def test_what_others_did_is_one_line_a_fiche(world):
    me, other = world.roles["contributor"], world.roles["coordinator"]
    change(world.fiche, by=other, status="bloquee", status_reason="Local fermé.")
    NoteFactory(fiche=world.fiche, text="Les travaux\nont commencé.", author=other)
    MeasurementFactory(indicator__fiche=world.fiche, indicator__label="Places", author=other)
    MeasurementFactory(indicator__fiche=world.other, indicator__label="RPE ouverts", author=me)
    for _ in range(3):
        Comment.objects.create(fiche=world.fiche, text="secret", author=other)
    [(title, words)] = news(me)
    assert title == world.fiche.title
    assert words.split(" ; ") == [
        "Désormais en difficulté (Local fermé)",
        "point d’étape : « Les travaux ont commencé »",
        "places : 10 (2025)",
        "3 nouveaux messages.",
    ]
    assert (world.other.title, "RPE ouverts : 10 (2025).") in news(other)


def test_ones_own_acts_are_left_out(world):
    me = world.roles["contributor"]
    change(world.fiche, by=me, status="realisee")
    NoteFactory(fiche=world.fiche, author=me)
    MeasurementFactory(indicator__fiche=world.fiche, author=me)
    Comment.objects.create(fiche=world.fiche, text="De moi", author=me)
    EffectFactory(decision=DecisionFactory(meeting=closed(world), author=me), fiche=world.fiche)
    assert news(me) == []
    [(title, words)] = news(world.roles["coordinator"])
    assert title == world.fiche.title
    assert words.startswith("Désormais réalisée ; point d’étape")
    assert words.endswith("et 2 autres.")


def test_a_status_that_came_back_is_no_change(world):
    change(world.fiche, status="realisee")
    change(world.fiche, status="en_cours")
    assert news(world.roles["contributor"]) == []


def test_what_is_confidential_proposed_or_old_never_leaves(world):
    """Not even for the coordination, which reads it on screen."""
    NoteFactory(fiche=world.fiche, visibility=ProgressNote.Visibility.CONFIDENTIAL)
    NoteFactory(fiche=world.fiche, status="proposed")
    NoteFactory(fiche=world.fiche, status="returned", return_reason="Non")
    MeasurementFactory(indicator__fiche=world.fiche, status="proposed")
    NoteFactory(fiche=world.fiche, created_at=SINCE - timedelta(hours=1))
    MeasurementFactory(indicator__fiche=world.fiche, entered_at=SINCE - timedelta(hours=1))
    EffectFactory(
        decision=DecisionFactory(meeting=MeetingFactory(convention=world.convention)), fiche=world.fiche
    )
    for role in ("coordinator", "contributor", "caf"):
        assert news(world.roles[role]) == []


def closed(world, **fields):
    return HeldFactory(convention=world.convention, **fields)


def test_decisions_of_closed_meetings(world):
    meeting = closed(world)
    for text in ("Ouvrir   le\nlocal.", "Informer les communes"):
        EffectFactory(decision=DecisionFactory(meeting=meeting, text=text), fiche=world.fiche)
    EffectFactory(decision=DecisionFactory(meeting=meeting, text="Attendre."), fiche=world.other)
    assert news(world.roles["coordinator"]) == [
        (world.fiche.title, "2 décisions."),
        (world.other.title, "Décision : « Attendre »."),
    ]


def test_a_fiche_added_by_somebody_else(world):
    with pghistory.context(user=world.roles["coordinator"].pk):
        FicheFactory(convention=world.convention, title="La mienne")
    with pghistory.context(user=world.roles["administrator"].pk):
        FicheFactory(convention=world.convention, title="La leur")
    assert news(world.roles["coordinator"]) == [("La leur", "Fiche ajoutée au plan.")]


def test_whose_fiches(world):
    """A scope, an organisation that contributes, a pilot, an élu référent; the others read but are told nothing."""
    for fiche in (world.fiche, world.other):
        NoteFactory(fiche=fiche)
    both, first = [world.fiche.title, world.other.title], [world.fiche.title]
    expected = {
        "coordinator": both,
        "thematic": first,
        "contributor": first,
        "services": [],
        "elected": [],
        "caf": [],
        "reader": [],
        "administrator": [],
        "outsider": [],
    }
    assert {role: [title for title, _ in news(world.roles[role])] for role in expected} == expected
    world.other.elu_referent = ContactFactory(user=world.roles["elected"])
    world.other.save()
    pilot = ContactFactory(user=world.roles["reader"])
    FichePilot.objects.create(fiche=world.other, contact=pilot)
    for role in ("elected", "reader"):
        assert [title for title, _ in news(world.roles[role])] == [world.other.title]


def test_a_reader_is_not_told_of_messages(world):
    reader = world.roles["reader"]
    FichePilot.objects.create(fiche=world.fiche, contact=ContactFactory(user=reader))
    Comment.objects.create(fiche=world.fiche, text="Entre membres", author=world.roles["caf"])
    assert news(reader) == []


def test_who_has_no_right_any_more_is_told_nothing(world):
    NoteFactory(fiche=world.fiche)
    me = world.roles["contributor"]
    Membership.objects.filter(user=me).update(ended_on="2026-05-01")
    assert conventions_of(type(me).objects.get(pk=me.pk)) == []
    assert not read(me)


def test_other_conventions_stay_out(world):
    """One that is over, one of others; for an administrator of the instance, those where they have a role."""
    NoteFactory(fiche__convention=ConventionFactory())
    chief = UserFactory(is_staff=True)
    assert conventions_of(chief) == []
    MembershipFactory(user=chief, role="coordinator", organisation=world.convention.carrier)
    chief = type(chief).objects.get(pk=chief.pk)
    ended = ConventionFactory(carrier=world.convention.carrier, status="renouvelee")
    NoteFactory(fiche__convention=ended)
    NoteFactory(fiche=world.other)
    assert news(chief) == [(world.other.title, news(chief)[0][1])]
    assert [one.pk for one in conventions_of(chief)] == [world.convention.pk]


def test_a_long_list_is_cut(world):
    for number in range(20):
        NoteFactory(fiche=FicheFactory(convention=world.convention, title=f"Neuve {number}"))
    [part] = read(world.roles["coordinator"]).parts
    assert (len(part.news.shown), part.news.left, len(part.news)) == (8, 12, 20)
    body = message_of(read(world.roles["coordinator"]), "weekly").body
    assert "Et 12 autres fiches." in body
    for number in range(5):
        NoteFactory(fiche=world.fiche, author=world.roles["caf"], text=f"Note {number}")
    [words] = [words for title, words in news(world.roles["contributor"]) if title == world.fiche.title]
    assert words.endswith(" ; et 2 autres.")


# --- What is owed, what comes -----------------------------------------------------------------------
def convened(world, days, **fields):
    day = NOW.date() + timedelta(days=days)
    return MeetingFactory(convention=world.convention, date=day, state="convened", convened_at=NOW, **fields)


def test_what_i_owe_comes_first_by_effect(world):
    StepFactory(fiche=world.fiche, title="Ouvrir le local", due_on="2026-05-20")
    me = world.roles["contributor"]
    AttendanceFactory(meeting=convened(world, 30, committee__name="COPIL"), contact=ContactFactory(user=me))
    mine = DecisionFactory(meeting=closed(world), responsible=ContactFactory(user=me), text="Chiffrer")
    [part] = read(me).parts
    titles = [move.title for move in part.owed.shown]
    assert titles[:3] == ["COPIL, 1er\u00a0juillet 2026", mine.text, "Ouvrir le local"]
    assert part.meetings.shown == []


def test_meetings_of_the_next_two_weeks(world):
    me = world.roles["elected"]
    contact = ContactFactory(user=me)
    asked = convened(world, 3, committee__name="COPIL", place="Mairie")
    AttendanceFactory(meeting=asked, contact=contact)
    answered = convened(world, 14, committee__name="COTECH")
    AttendanceFactory(meeting=answered, contact=contact, answer="present", answered_at=NOW)
    sits = convened(world, 5, committee__name="Groupe", starts_at="09:30", ends_at=None)
    SeatFactory(committee=sits.committee, contact=contact)
    # Not asked; too far; not announced; cancelled; no longer asked; a seat that ended.
    convened(world, 2)
    AttendanceFactory(meeting=convened(world, 15), contact=contact)
    AttendanceFactory(
        meeting=MeetingFactory(convention=world.convention, date=NOW.date() + timedelta(days=4)),
        contact=contact,
    )
    AttendanceFactory(meeting=convened(world, 4), contact=contact, removed_at=NOW)
    SeatFactory(committee=convened(world, 4).committee, contact=contact, ended_on="2026-05-01")
    [part] = read(me).parts
    assert [
        (one.title, one.when.replace("\u00a0", " "), one.answer.replace("\u00a0", " "))
        for one in part.meetings.shown
    ] == [
        ("COPIL", "Jeudi 4 juin 2026, de 14 h à 16 h, Mairie", "Votre réponse est attendue."),
        ("Groupe", "Samedi 6 juin 2026, à 9 h 30", ""),
        ("COTECH", "Lundi 15 juin 2026, de 14 h à 16 h", "Votre réponse : présent."),
    ]
    assert read(me).subject.endswith("3\u00a0réunions dès jeudi")


def test_queries_are_those_of_one_row(world, django_assert_num_queries):
    me = world.roles["coordinator"]

    def furnish(number):
        for _ in range(number):
            fiche = FicheFactory(convention=world.convention)
            change(fiche, status="realisee")
            NoteFactory(fiche=fiche)
            MeasurementFactory(indicator__fiche=fiche)
            Comment.objects.create(fiche=fiche, text="Bonjour", author=world.roles["caf"])
            EffectFactory(decision=DecisionFactory(meeting=closed(world)), fiche=fiche)
            StepFactory(fiche=fiche, due_on="2026-05-20")
            AttendanceFactory(meeting=convened(world, 3), contact=ContactFactory(user=me))

    for number in (1, 2):
        furnish(number)
        with django_assert_num_queries(QUERIES):
            digest = read(me)
            str(message_of(digest, "weekly").body)


QUERIES = 25


# --- Said ------------------------------------------------------------------------------------------
HOSTILE = "<script>alert(1)</script>\nBcc: a@b.c"


def test_a_mail_says_why_and_how_to_stop(world):
    me = world.roles["contributor"]
    Convention.objects.update(name=HOSTILE, brand_colour="#123456")
    change(world.fiche, title=HOSTILE, status="bloquee", status_reason=HOSTILE)
    message = message_of(read(me), "daily")
    html = str(message.alternatives[0][0])
    assert message.subject.startswith("Votre CTG\u00a0: 1\u00a0fiche a changé")
    stop = message.extra_headers["List-Unsubscribe"].strip("<>")
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for part in (message.body, html):
        assert (
            "Vous recevez ce récapitulatif chaque jour ouvré parce que vous prenez part à cette convention"
            in part
        )
        assert stop in part
        assert reverse("governance:preferences") in part
    assert "<script" not in html
    assert "<img" not in html
    assert "<style" not in html
    assert "#123456" in html
    assert len(html) < 100_000


def test_several_conventions_are_told_apart(world):
    me = world.roles["coordinator"]
    second = ConventionFactory(
        carrier=world.convention.carrier, name="L’autre CTG", period_start="2025-01-01"
    )
    for fiche in (world.fiche, FicheFactory(convention=second)):
        NoteFactory(fiche=fiche)
    digest = read(me)
    assert [part.convention.name for part in digest.parts] == [world.convention.name, "L’autre CTG"]
    message = message_of(digest, "weekly")
    assert message.subject.startswith("Vos CTG")
    assert "L’AUTRE CTG" in message.body
    assert "prenez part à ces conventions" in message.body


# --- On screen -------------------------------------------------------------------------------------
def test_digest_preview(world, client):
    me = world.roles["contributor"]
    NoteFactory(fiche=world.fiche, text="Les travaux ont commencé", author=world.roles["coordinator"])
    client.force_login(me)
    body = client.get(reverse(PAGE)).content.decode()
    assert "Les travaux ont commencé" in body
    assert world.convention.name in body
    assert "le premier jour ouvré de la semaine" in body
    Preferences.objects.create(user=me, digest="off")
    assert "Vous avez choisi de ne pas le recevoir." in client.get(reverse(PAGE)).content.decode()


def test_digest_preview_of_nothing(client, db):
    client.force_login(UserFactory())
    assert "Rien à signaler" in client.get(reverse(PAGE)).content.decode()
