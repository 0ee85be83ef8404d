"""Digests into a real mail server: one each, in the morning of a working day, and none at all when nothing is to say."""

from datetime import datetime
from email.utils import parseaddr
from threading import Barrier, Thread
from urllib.parse import urlparse
from zoneinfo import ZoneInfo

import pytest
from celery.canvas import Signature
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from actions.models import Comment, Convention
from ctg.jobs.models import Job
from ctg.jobs.runner import run_job
from ctg.mail.delivery import deliver, purge
from ctg.mail.models import Envelope
from ctg.notices.models import Preferences
from governance.notifications.digest import DIGEST, last_of
from governance.rules import digests as rules
from governance.services.digests import chosen, post_due
from territories.models import Membership, Organisation
from tests.ctg.sink import Sink
from tests.factories import DepartementFactory, MembershipFactory, StepFactory, UserFactory
from tests.factories.cast import make_cast

pytestmark = pytest.mark.django_db(transaction=True)

Post = Envelope.State
PARIS = ZoneInfo("Europe/Paris")


def paris(text):
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


MONDAY = paris("2026-06-08T08:10")


@pytest.fixture
def sink(settings, monkeypatch):
    monkeypatch.setattr(Signature, "apply_async", lambda self, **_: None)
    sink = Sink()
    settings.EMAIL_BACKEND = "ctg.mail.server.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", sink.port, 5
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture
def cast(time_machine):
    """The contributor owes something, and so do both coordinations; the others nothing."""
    time_machine.move_to(MONDAY, tick=False)
    cast = make_cast()
    StepFactory(fiche=cast.fiche, due_on="2026-05-20")
    # What the coordination of an empty convention is asked is another test's.
    Membership.objects.filter(user=cast.roles["outsider"]).delete()
    return cast


@pytest.fixture
def clock(time_machine):
    return lambda text: time_machine.move_to(paris(text), tick=False)


def beat():
    """The task, then the worker of the mailing."""
    post_due()
    for job in Job.objects.unfinished():
        run_job(job.pk, deliver.function)


def news(cast):
    """Somebody writes about the fiche of the contributor: a daily digest has something new to tell."""
    Comment.objects.create(fiche=cast.fiche, text="Une question", author=cast.roles["coordinator"])


def owing(cast):
    return {cast.roles[role].email for role in ("contributor", "coordinator", "thematic")}


def test_one_mail_each_however_often_the_task_runs(sink, cast):
    for _ in range(3):
        beat()
    assert sink.copies() == dict.fromkeys(owing(cast), 1)
    # Nobody else has anything to be told: read, and not sent.
    others = Envelope.objects.filter(kind=DIGEST).exclude(address__in=owing(cast))
    assert set(others.values_list("state", flat=True)) == {Post.CANCELLED}
    [job] = Job.objects.all()
    assert job.author is None
    assert not any(Job.objects.visible_to(user).exists() for user in cast.roles.values())


def test_two_tasks_at_once(sink, cast):
    meet, failed = Barrier(2), []

    def task():
        try:
            meet.wait(5)
            post_due()
        except Exception as error:  # noqa: BLE001
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=task) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert failed == []
    assert Job.objects.count() == 1
    for job in Job.objects.all():
        run_job(job.pk, deliver.function)
    assert sink.copies() == dict.fromkeys(owing(cast), 1)


def test_who_receives_none(sink, cast):
    """Off; daily the others; an account that is closed; who was invited and never came; whose role ended."""
    Preferences.objects.create(user=cast.roles["contributor"], digest="off")
    Preferences.objects.create(user=cast.roles["coordinator"], digest="daily")
    cast.roles["thematic"].is_active = False
    cast.roles["thematic"].save()
    invited = MembershipFactory(role="coordinator", organisation=cast.convention.carrier).user
    invited.set_unusable_password()
    invited.save()
    gone = MembershipFactory(
        role="coordinator", organisation=cast.convention.carrier, ended_on="2026-06-01"
    ).user
    nobody = UserFactory()
    beat()
    assert sink.copies() == {cast.roles["coordinator"].email: 1}
    written = set(Envelope.objects.values_list("address", flat=True))
    refused = {cast.roles[role].email for role in ("contributor", "thematic")}
    assert written.isdisjoint(refused | {invited.email, gone.email, nobody.email})


def test_who_changes_their_mind_before_their_turn(sink, cast):
    post_due()
    Preferences.objects.create(user=cast.roles["contributor"], digest="off")
    Preferences.objects.create(user=cast.roles["thematic"], digest="weekly")
    cast.roles["coordinator"].is_active = False
    cast.roles["coordinator"].save()
    beat()
    assert sink.copies() == {cast.roles["thematic"].email: 1}


def test_nobody_nothing(sink, cast):
    Membership.objects.all().delete()
    post_due()
    assert not Job.objects.exists()
    assert not Envelope.objects.exists()


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("2026-06-08T07:59", 0),
        ("2026-06-08T12:00", 0),
        ("2026-06-07T09:00", 0),  # Sunday
        ("2026-06-09T09:00", 0),  # Tuesday: theirs was on Monday
        ("2026-05-25T09:00", 0),  # Whit Monday
        ("2026-05-26T09:00", 3),
    ],
)
def test_mornings_of_working_days(sink, cast, clock, moment, number):
    clock(moment)
    beat()
    assert sink.copies().total() == number


def test_good_friday_is_worked_outside_alsace(sink, cast, clock):
    """The Caf says where: of the two conventions, one is in Alsace."""
    Preferences.objects.create(user=cast.roles["contributor"], digest="daily")
    there = make_cast()
    StepFactory(fiche=there.fiche, due_on="2026-03-20")
    Preferences.objects.create(user=there.roles["contributor"], digest="daily")
    for convention, code in ((cast.convention, "68"), (there.convention, "75")):
        Organisation.objects.filter(pk=convention.caf_id).update(departement=DepartementFactory(code=code))
    cast.fiche.steps.update(due_on="2026-03-20")
    clock("2026-04-03T07:00")
    for each in (cast, there):
        news(each)
    clock("2026-04-03T09:00")
    beat()
    assert sink.copies() == {there.roles["contributor"].email: 1}


def test_a_worker_down_until_ten(sink, cast, clock):
    clock("2026-06-08T08:00")
    post_due()
    clock("2026-06-08T10:05")
    beat()
    assert sink.copies() == dict.fromkeys(owing(cast), 1)


def test_a_worker_down_all_the_morning(sink, cast, clock):
    """Nothing stale at night, one the day after, and it tells what the first would have told."""
    me = cast.roles["contributor"]
    Preferences.objects.create(user=me, digest="daily")
    clock("2026-06-05T07:05")
    news(cast)
    clock("2026-06-05T08:05")
    beat()
    received = last_of(me)
    assert received == paris("2026-06-05T08:05")
    news(cast)
    clock("2026-06-08T08:05")
    post_due()
    clock("2026-06-08T19:00")
    beat()
    assert sink.copies()[me.email] == 1
    assert Envelope.objects.get(object_id=me.pk, edition=MONDAY.toordinal()).state == Post.CANCELLED
    clock("2026-06-09T08:05")
    beat()
    beat()
    assert sink.copies()[me.email] == 2
    assert rules.since("daily", timezone.now(), "68", received) == received


def test_a_daily_one_tells_something_new(sink, cast, clock):
    """What is owed is the same every day: the weekly one says it, the daily one beside what happened."""
    me = cast.roles["contributor"]
    Preferences.objects.create(user=me, digest="daily")
    # The history stamps the present: what the world is made of is no news in twenty years.
    for day, expected in (("2046-06-12", 0), ("2046-06-13", 1), ("2046-06-14", 1)):
        clock(f"{day}T08:05")
        beat()
        assert sink.copies()[me.email] == expected, day
        clock(f"{day}T15:00")
        if day == "2046-06-12":
            news(cast)


def test_rows_that_no_digest_looks_for_are_forgotten(sink, cast, clock):
    beat()
    assert Envelope.objects.filter(kind=DIGEST).exists()
    clock("2026-07-20T08:05")
    assert purge() == 0
    clock("2026-08-20T08:05")
    purge()
    assert not Envelope.objects.exists()


def test_headers_and_hostile_names(sink, cast):
    me = cast.roles["contributor"]
    me.name = 'Léa "<b>" Zoé\r\nBcc: x@example.org'
    me.save()
    Convention.objects.update(
        name="<script>alert(1)</script>\r\nX: y", territory_name="T\r\nCc: x@example.org"
    )
    beat()
    assert sink.copies().keys() == owing(cast)
    [message] = [one for one in sink.messages() if one["To"].addresses[0].addr_spec == me.email]
    assert message["Bcc"] is message["Cc"] is message["X"] is None
    assert message["Subject"].strip().startswith("Votre CTG\u00a0: ")
    assert parseaddr(str(message["From"]))[1]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    html = message.get_body(("html",)).get_content()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    # One click, from a mail program: no cookie, no token of a form.
    stop = urlparse(message["List-Unsubscribe"].strip().strip("<>")).path
    answer = Client(enforce_csrf_checks=True).post(stop, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert Preferences.objects.get(user=me).digest == "off"


def test_people_are_chosen_in_one_query(sink, cast):
    """And written down by the five hundred, whatever their number."""
    counts = []
    for number in (3, 30):
        MembershipFactory.create_batch(number, organisation=cast.convention.carrier)
        with CaptureQueriesContext(connection) as queries:
            assert chosen(timezone.now()).count() >= number
        counts.append(len(queries))
        Envelope.objects.all().delete()
        Job.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            post_due()
        counts.append(len(queries))
    assert counts[:2] == counts[2:]
    assert counts[0] == 2
