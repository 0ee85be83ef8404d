"""Convening: who is written to, when, what becomes of it when something changes or breaks; the coordination's screens."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
import vobject
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ctg.jobs.models import Job
from ctg.links.services import open_link
from ctg.mail.delivery import concluded, settle
from ctg.mail.models import Envelope
from ctg.mail.server import Outcome
from ctg.refusal import Refused
from governance import tasks
from governance.models import Attendance, Meeting
from governance.notifications import Kind, write
from governance.querysets import INVITATION
from governance.services import convocations as services
from governance.services import meetings, session
from tests.factories import ContactFactory, MembershipFactory, UserFactory
from tests.factories.steering import (
    AttendanceFactory,
    DecisionFactory,
    HeldFactory,
    ItemFactory,
    MeetingFactory,
    SeatFactory,
)

pytestmark = pytest.mark.django_db

State, Post = Meeting.State, Envelope.State
NOW = datetime(2027, 2, 1, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def meeting():
    meeting = MeetingFactory(place="Siège", committee__name="COPIL")
    ItemFactory(meeting=meeting, title="Budget", asks_decision=True)
    return meeting


@pytest.fixture
def by(meeting):
    return coordinator(meeting)


def coordinator(meeting):
    return MembershipFactory(role="coordinator", organisation=meeting.convention.carrier).user


def person(meeting, email="", **given):
    return AttendanceFactory(meeting=meeting, contact=ContactFactory(email=email, **given))


def convene(meeting, by, message="", remind_on=None, **given):
    return services.convene(meeting, message, remind_on, by=by, **given)


def rows(kind):
    return Envelope.objects.filter(kind=kind)


def leave(state=Post.SENT):
    """What waits leaves; the letters as they were written."""
    written = []
    for row in Envelope.objects.filter(state=Post.WAITING).order_by("pk"):
        message = write(row.object_id, row)
        Envelope.objects.take(row.batch, 1)
        outcome = Outcome(state if message else Post.CANCELLED, "" if state == Post.SENT else "550")
        settle(concluded(Envelope.objects.get(pk=row.pk), outcome))
        written.append(message)
    return written


def event_of(message):
    [content] = [part for part, kind, *_ in message.alternatives if kind.startswith("text/calendar")]
    return vobject.readOne(content)


def token_of(message):
    return message.body.split("/r/")[1].split("/")[0]


def changed(meeting, by, **given):
    """As the page that edits a meeting does."""
    before = Meeting.objects.get(pk=meeting.pk)
    Meeting.objects.filter(pk=meeting.pk).update(**given)
    return services.tell_change(before, Meeting.objects.get(pk=meeting.pk), by=by)


# --- Convening ------------------------------------------------------------------------------------
def test_one_letter_each_with_its_link_and_its_event(meeting, by):
    people = [person(meeting, f"p{place}@example.org") for place in range(3)]
    assert convene(meeting, by, "À bientôt", date(2027, 3, 4)) == 3
    held = Meeting.objects.get()
    assert (held.state, held.convened_at, held.sequence) == (State.CONVENED, NOW, 0)
    assert (held.message, held.remind_on) == ("À bientôt", date(2027, 3, 4))
    messages = leave()
    assert [message.reply_to for message in messages] == [[by.email]] * 3
    assert (
        messages[0].subject
        == f"Convocation\u00a0: COPIL, 11\u00a0mars 2027 (CTG {meeting.convention.territory_name})"
    )
    said = (
        "Jeudi 11\u00a0mars 2027 de 14\u00a0h à 16\u00a0h",
        "Siège",
        "À bientôt",
        "1. Budget (à décider)",
        by.name,
    )
    assert all(words in messages[0].body for words in said)
    links = {token: open_link(token, INVITATION) for token in map(token_of, messages)}
    assert [link.attendance for link in links.values()] == people
    assert {link.expires_at for link in links.values()} == {datetime(2027, 3, 12, 22, 59, 59, tzinfo=UTC)}
    event = event_of(messages[0])
    assert (event.method.value, event.vevent.attendee.value) == ("REQUEST", "mailto:p0@example.org")
    [name, content, kind] = messages[0].attachments[0]
    assert (name, kind) == ("reunion.ics", "application/ics")
    assert vobject.readOne(content.decode()).vevent.uid.value == event.vevent.uid.value


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"starts_at": None, "ends_at": None}, "heure de début"),
        ({"date": None}, "date"),
        ({"date": date(2027, 1, 31)}, "passée"),
        ({"date": date(2027, 2, 1), "starts_at": time(9, 30)}, "passée"),
    ],
)
def test_not_without_a_time_to_come(meeting, by, given, words):
    person(meeting, "a@example.org")
    Meeting.objects.update(**given)
    with pytest.raises(Refused, match=words):
        convene(meeting, by)
    assert (Meeting.objects.get().state, Envelope.objects.count()) == (State.DRAFT, 0)


def test_not_without_anybody_to_write_to(meeting, by):
    with pytest.raises(Refused, match="au moins une personne avec une adresse"):
        convene(meeting, by)
    person(meeting)
    with pytest.raises(Refused, match="au moins une personne avec une adresse"):
        convene(meeting, by)


def test_who_is_to_be_told_otherwise(meeting, by):
    first = person(meeting, "Accueil@example.org", name="A")
    same = person(meeting, "accueil@example.org", name="B")
    nobody = person(meeting, name="C")
    member = AttendanceFactory(
        meeting=meeting, contact=ContactFactory(user=UserFactory(email="d@example.org"), name="D")
    )
    found = services.recipients(services.listed(meeting))
    assert found.written == [first, member]
    assert found.otherwise == [(same, "même adresse que A"), (nobody, "sans adresse électronique")]
    assert convene(meeting, by) == 2
    assert Attendance.objects.get(pk=same.pk).link is None


def test_two_at_once_make_one(meeting, by):
    person(meeting, "a@example.org")
    convene(meeting, by)
    with pytest.raises(Refused, match="convoquée"):
        convene(meeting, by)
    assert Envelope.objects.count() == 1


def test_the_list_that_was_read_is_the_list_that_is_written_to(meeting, by):
    person(meeting, "a@example.org")
    seen = services.fingerprint(services.recipients(services.listed(meeting)))
    person(meeting, "b@example.org")
    with pytest.raises(Refused, match="relisez"):
        convene(meeting, by, seen=seen)


def test_an_address_that_is_none_is_listed(meeting, by):
    person(meeting, "pas une adresse")
    convene(meeting, by)
    assert rows(Kind.CONVOCATION).get().state == Post.REFUSED


# --- What changes afterwards ----------------------------------------------------------------------
def test_another_place_is_told_and_answers_stay(meeting, by):
    one = person(meeting, "a@example.org")
    convene(meeting, by)
    leave()
    session.answer(one, "present", by=None)
    assert changed(meeting, by, place="Mairie") == 1
    [message] = leave()
    event = event_of(message)
    assert (event.method.value, event.vevent.sequence.value) == ("REQUEST", "1")
    assert event.vevent.location.value == "Mairie"
    body = message.body.replace("\u00a0", " ")
    assert "Elle était prévue le jeudi 11 mars 2027 de 14 h à 16 h" in body
    assert "Votre réponse reste : présent." in body
    assert Attendance.objects.get().answer == "present"


def test_another_day_asks_again_and_prolongs_the_links(meeting, by):
    one = person(meeting, "a@example.org")
    convene(meeting, by, remind_on=date(2027, 3, 4))
    [first] = leave()
    session.answer(one, "represented", represented_by="B", words="Merci", by=None)
    changed(meeting, by, date=date(2027, 5, 4))
    assert "Votre réponse est à donner par le lien, même si vous aviez déjà répondu." in leave()[0].body
    one.refresh_from_db()
    assert (one.answer, one.represented_by, one.words, one.answered_at) == ("", "", "", None)
    assert "represented" in one.events.values_list("answer", flat=True)
    assert one.link.expires_at == datetime(2027, 5, 5, 21, 59, 59, tzinfo=UTC)
    assert open_link(token_of(first), INVITATION) == one.link
    assert Meeting.objects.get().remind_on == date(2027, 4, 27)


def test_what_did_not_change_is_not_told(meeting, by):
    person(meeting, "a@example.org")
    assert changed(meeting, by, place="Mairie") == 0
    convene(meeting, by)
    assert changed(meeting, by, notes="Un mot") == 0
    with pytest.raises(Refused, match="passée"):
        changed(meeting, by, date=date(2027, 1, 4))


def test_what_had_not_left_leaves_once(meeting, by):
    """A meeting moved while its convocations wait for a mail server: each receives one letter, the right one."""
    person(meeting, "a@example.org")
    convene(meeting, by)
    changed(meeting, by, place="Mairie")
    assert rows(Kind.CONVOCATION).get().state == Post.CANCELLED
    [message] = leave()
    assert "Mairie" in message.body


def test_cancelling_tells_those_who_were_reached(meeting, by):
    told, refused = person(meeting, "a@example.org"), person(meeting, "b@example.org")
    waiting = person(meeting, "c@example.org")
    convene(meeting, by)
    for one, state in ((told, Post.SENT), (refused, Post.REFUSED)):
        Envelope.objects.filter(object_id=one.pk).update(
            state=state, detail="550", attempts=1, sending_at=NOW, settled_at=NOW, next_try_at=None
        )
    meetings.cancel_meeting(meeting, "Grève", by=by)
    assert Envelope.objects.get(object_id=waiting.pk).state == Post.CANCELLED
    [message] = leave()
    event = event_of(message)
    assert (event.method.value, event.vevent.status.value) == ("CANCEL", "CANCELLED")
    assert (event.vevent.sequence.value, event.vevent.attendee.value) == ("1", "mailto:a@example.org")
    assert "Grève" in message.body


def test_cancelling_before_the_convocation_tells_nobody(meeting, by):
    person(meeting, "a@example.org")
    meetings.cancel_meeting(meeting, "Grève", by=by)
    assert Envelope.objects.count() == 0


def test_somebody_added_or_taken_off_is_told_alone(meeting, by):
    person(meeting, "a@example.org")
    convene(meeting, by)
    leave()
    late = ContactFactory(email="late@example.org")
    row = session.add_person(meeting, late, "", by=by)
    [message] = leave()
    assert event_of(message).vevent.attendee.value == "mailto:late@example.org"
    session.answer(row, "present", by=None)
    session.remove_person(row, by=by)
    session.remove_person(row, by=by)
    [message] = leave()
    assert (event_of(message).method.value, event_of(message).vevent.attendee.value) == (
        "CANCEL",
        "mailto:late@example.org",
    )
    assert "n’êtes plus attendu" in message.body
    again = session.add_person(meeting, late, "", by=by)
    assert (again.pk, again.answer) == (row.pk, "")
    [message] = leave()
    assert (event_of(message).method.value, event_of(message).vevent.sequence.value) == ("REQUEST", "1")


def test_taken_off_before_the_letter_left(meeting, by):
    one = person(meeting, "a@example.org")
    convene(meeting, by)
    session.remove_person(one, by=by)
    assert (leave(), Envelope.objects.get().state) == ([], Post.CANCELLED)


def test_members_who_joined_are_convened_too(by, meeting):
    person(meeting, "a@example.org")
    convene(meeting, by)
    leave()
    SeatFactory(committee=meeting.committee)
    assert meetings.add_seats(meeting, by=by) == 1
    assert meetings.add_seats(meeting, by=by) == 0
    assert len(leave()) == 1


def test_a_letter_is_not_written_once_it_is_no_longer_true(meeting, by):
    one = person(meeting, "a@example.org")
    convene(meeting, by)
    row = rows(Kind.CONVOCATION).get()
    Meeting.objects.update(state=State.IN_PROGRESS, opened_at=NOW)
    assert write(one.pk, row) is None
    one.delete()
    assert write(one.pk or 0, row) is None


# --- Reminders ------------------------------------------------------------------------------------
def test_only_those_without_an_answer_once_a_day(meeting, by, clock):
    people = [person(meeting, f"p{place}@example.org") for place in range(3)]
    refused = person(meeting, "refuse@example.org")
    convene(meeting, by)
    Envelope.objects.filter(object_id=refused.pk).update(
        state=Post.REFUSED, detail="550", next_try_at=None, settled_at=NOW
    )
    leave()
    session.answer(people[0], "excused", by=None)
    assert services.remind(meeting, by=by) == 2
    with pytest.raises(Refused, match="aujourd’hui"):
        services.remind(meeting, by=by)
    session.answer(people[1], "present", by=None)
    assert [bool(message) for message in leave()] == [False, True]
    clock.shift(timedelta(days=1))
    assert services.remind(meeting, by=by) == 1
    Meeting.objects.update(state=State.CANCELLED, cancelled_at=NOW, cancel_reason="Grève")
    with pytest.raises(Refused, match="annulée"):
        services.remind(meeting, by=by)


def test_the_reminder_of_its_day_leaves_by_itself(meeting, by, clock):
    person(meeting, "a@example.org")
    convene(meeting, by, remind_on=date(2027, 3, 4))
    leave()
    assert services.remind_due() == 0
    clock.move_to(datetime(2027, 3, 4, 6, 30, tzinfo=UTC))
    assert services.remind_due() == 0
    clock.move_to(datetime(2027, 3, 4, 7, 0, tzinfo=UTC))
    assert services.remind_due() == 1
    assert (services.remind_due(), rows(Kind.REMINDER).count()) == (0, 1)
    clock.shift(timedelta(days=1))
    assert services.remind_due() == 0
    assert Job.objects.filter(author=None).count() == 1


def test_a_reminder_by_hand_the_day_before_does_not_replace_it(meeting, by, clock):
    person(meeting, "a@example.org")
    convene(meeting, by, remind_on=date(2027, 3, 4))
    leave()
    clock.move_to(datetime(2027, 3, 3, 10, tzinfo=UTC))
    services.remind(meeting, by=by)
    clock.shift(timedelta(days=1))
    assert services.remind_due() == 1
    assert rows(Kind.REMINDER).count() == 2


# --- Minutes --------------------------------------------------------------------------------------
class Running:
    """What a task holds while it runs."""

    def __init__(self, by):
        self.by = by

    def progress(self, *_):
        pass


def test_minutes_leave_once_with_one_document(by, meeting):
    held = HeldFactory(convention=meeting.convention, committee=meeting.committee)
    people = [person(held, f"p{place}@example.org") for place in range(2)]
    person(held, "parti@example.org").__class__.objects.filter(contact__email="parti@example.org").update(
        removed_at=NOW
    )
    DecisionFactory(meeting=held, text="Le budget est adopté.")
    job = services.send_minutes(held, by=by)
    assert services.send_minutes(held, by=by) == job
    held.refresh_from_db()
    assert (held.minutes_state, held.minutes_sent_at) == ("sent", NOW)
    for _ in range(2):  # a worker was killed
        tasks.build_minutes(Running(by), *job.args)
    messages = leave()
    assert rows(Kind.MINUTES).count() == len(messages) == len(people)
    held.refresh_from_db()
    with held.minutes_file.file.open() as file:
        assert tuple(messages[0].attachments[0]) == (
            "Compte rendu – COPIL, 12 mars 2026.pdf",
            file.read(),
            "application/pdf",
        )
    assert "- Le budget est adopté." in messages[0].body
    link = open_link(token_of(messages[0]), INVITATION)
    assert link.expires_at == datetime(2027, 4, 2, 21, 59, 59, tzinfo=UTC)
    with pytest.raises(Refused, match="déjà"):
        services.send_minutes(held, by=by)


def test_minutes_only_of_a_closed_meeting(meeting, by):
    with pytest.raises(Refused, match="close"):
        services.send_minutes(meeting, by=by)


# --- Screens --------------------------------------------------------------------------------------
def url(name, meeting, *more):
    return reverse(f"governance:{name}", args=[meeting.convention.slug, meeting.uuid, *more])


def test_meeting_convene_shows_who_then_writes(client, meeting, by):
    person(meeting, "a@example.org", name="Ève <b>")
    person(meeting, name="Sans adresse")
    client.force_login(by)
    page = client.get(url("meeting_convene", meeting))
    body = page.content.decode()
    assert "Convoquer 1\u00a0personne" in body
    assert all(words in body for words in ("Ève &lt;b&gt;", "a@example.org", "sans adresse électronique"))
    seen = page.context["seen"]
    typed = {"message": "Un mot à relire", "remind_on": "2027-03-01", "seen": seen}
    again = client.post(url("meeting_convene", meeting), typed | {"apercu": "1"})
    assert (again.status_code, Envelope.objects.count()) == (200, 0)
    assert again.content.decode().count("Un mot à relire") == 2
    done = client.post(url("meeting_convene", meeting), typed, follow=True)
    assert "1\u00a0courriel part" in done.content.decode()
    assert (Meeting.objects.get().message, rows(Kind.CONVOCATION).count()) == ("Un mot à relire", 1)
    assert client.get(url("meeting_convene", meeting)).status_code == 302


def test_meeting_convene_says_what_is_missing(client, meeting, by):
    Meeting.objects.update(date=None, starts_at=None, ends_at=None)
    client.force_login(by)
    body = client.get(url("meeting_convene", meeting)).content.decode()
    assert "date et une heure" in body
    assert "au moins une personne" in body
    assert "Convoquer 0" not in body
    assert client.post(url("meeting_convene", meeting), {}).status_code == 422


@pytest.mark.parametrize("day", ["2027-02-01", "2027-03-11", "demain", "0001-01-01"])
def test_meeting_convene_refuses_a_reminder_out_of_its_time(client, meeting, by, day):
    person(meeting, "a@example.org")
    client.force_login(by)
    response = client.post(url("meeting_convene", meeting), {"remind_on": day, "message": "Gardé"})
    assert response.status_code == 422
    assert "Gardé" in response.content.decode()
    assert Envelope.objects.count() == 0


def test_meeting_edit_tells_what_changed(client, meeting, by):
    person(meeting, "a@example.org")
    convene(meeting, by)
    leave()
    client.force_login(by)
    page = client.get(url("meeting_edit", meeting))
    data = page.context["form"].sending({"place": "Mairie"})
    response = client.post(url("meeting_edit", meeting), data, follow=True)
    assert "Le changement part par courriel à 1\u00a0personne." in response.content.decode()
    assert rows(Kind.CHANGE).count() == 1
    data = client.get(url("meeting_edit", meeting)).context["form"].sending({"date": date(2027, 1, 1)})
    assert client.post(url("meeting_edit", meeting), data).status_code == 422
    assert Meeting.objects.get().date == date(2027, 3, 11)


def test_what_left_is_on_the_page_and_leaves_again(client, meeting, by):
    one = person(meeting, "faux@example.org", name="Anne Weiss")
    convene(meeting, by)
    leave(Post.REFUSED)
    client.force_login(by)
    body = client.get(url("meeting_detail", meeting)).content.decode()
    assert "1\u00a0refusé" in body
    assert "Renvoyer" in body
    assert "Relancer" not in body
    one.contact.email = "juste@example.org"
    one.contact.save()
    row = rows(Kind.CONVOCATION).get()
    assert client.post(url("convocation_resend", meeting), {"envelope": row.uuid}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.address) == (Post.WAITING, "juste@example.org")
    assert client.post(url("convocation_retry", meeting)).status_code == 302
    other = MeetingFactory(convention=meeting.convention, committee=meeting.committee)
    for wrong in (row.uuid, "x", ""):
        assert client.post(url("convocation_resend", other), {"envelope": wrong}).status_code == 404


def test_convocation_resend_all_that_are_uncertain(client, meeting, by):
    for place in range(3):
        person(meeting, f"p{place}@example.org")
    convene(meeting, by)
    leave(Post.UNCERTAIN)
    client.force_login(by)
    assert "Renvoyer aux 3 incertains" in client.get(url("meeting_detail", meeting)).content.decode()
    batch = rows(Kind.CONVOCATION)[0].batch
    other = MeetingFactory(convention=meeting.convention, committee=meeting.committee)
    assert client.post(url("convocation_resend", other), {"all": batch}).status_code == 404
    response = client.post(url("convocation_resend", meeting), {"all": batch}, follow=True)
    assert "3\u00a0courriels repartent" in response.content.decode()
    assert {row.state for row in rows(Kind.CONVOCATION)} == {Post.WAITING}


def test_only_whoever_runs_it_sends_again(client, meeting, by):
    person(meeting, "a@example.org")
    convene(meeting, by)
    leave(Post.REFUSED)
    reader = MembershipFactory(role="services", organisation=meeting.convention.carrier).user
    client.force_login(reader)
    row = rows(Kind.CONVOCATION).get()
    assert client.post(url("convocation_resend", meeting), {"envelope": row.uuid}).status_code == 403
    said = client.get(url("meeting_detail", meeting)).content.decode()
    assert "Courriels" not in said
    assert "a@example.org" not in said


def test_convocation_remind_by_the_button(client, meeting, by):
    for place in range(2):
        person(meeting, f"p{place}@example.org")
    convene(meeting, by)
    leave()
    client.force_login(by)
    assert "Relancer les 2 sans réponse" in client.get(url("meeting_detail", meeting)).content.decode()
    response = client.post(url("convocation_remind", meeting), follow=True)
    assert "2\u00a0relances partent" in response.content.decode()
    assert "Relancer les" not in response.content.decode()
    client.post(url("convocation_remind", meeting))
    assert rows(Kind.REMINDER).count() == 2


def test_minutes_send_by_the_button(client, by, meeting):
    held = HeldFactory(convention=meeting.convention, committee=meeting.committee)
    client.force_login(by)
    assert "Publier le compte rendu" in client.get(url("meeting_detail", held)).content.decode()
    person(held, "a@example.org")
    body = client.get(url("meeting_detail", held)).content.decode()
    assert "Envoyer le compte rendu à 1\u00a0personne" in body
    client.post(url("minutes_send", held))
    assert Job.objects.get().task == "governance.build_minutes"


def test_person_answer_by_telephone(client, meeting, by):
    one = person(meeting, "a@example.org")
    convene(meeting, by)
    client.force_login(by)
    page = url("person_answer", meeting, one.uuid)
    assert client.get(page).status_code == 200
    assert client.post(page, {"answer": "represented"}).status_code == 422
    assert client.post(page, {"answer": "peut-être"}).status_code == 422
    client.post(page, {"answer": "represented", "represented_by": "B. Muller", "words": "Appel"})
    one.refresh_from_db()
    assert (one.answer, one.represented_by, one.words) == ("represented", "B. Muller", "Appel")
    assert one.events.latest("pgh_id").pgh_context.metadata["user"] == by.pk
    client.post(page, {"answer": ""})
    assert Attendance.objects.get(pk=one.pk).answer == ""
    elsewhere = person(MeetingFactory(), "z@example.org")
    assert client.get(url("person_answer", meeting, elsewhere.uuid)).status_code == 404


def test_the_screens_cost_the_same_for_three(client, meeting, by):
    client.force_login(by)
    convening, page, sharing = [], [], []
    for number in (1, 2):
        for place in range(number):
            person(meeting, f"p{place}-{number}@example.org")
        convening.append(queries_of(lambda: client.get(url("meeting_convene", meeting))))
    convene(meeting, by)
    meeting.refresh_from_db()
    leave(Post.REFUSED)
    detail = url("meeting_detail", meeting)
    for _ in range(2):
        page.append(queries_of(lambda: client.get(detail)))
        sharing.append(queries_of(lambda: services.sharing_of(meeting, services.listed(meeting))))
        session.add_person(meeting, ContactFactory(email="de-plus@example.org"), "", by=by)
        leave(Post.REFUSED)
    assert (convening, sharing) == ([8, 8], [4, 4])
    assert page[0] == page[1]


def queries_of(act):
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)
