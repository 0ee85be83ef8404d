"""Mailings: written down once, reported in constant queries, and what a person decides."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from ctg.jobs.models import Job
from ctg.mail import absolute, one_line
from ctg.mail.models import Envelope, State
from ctg.mail.report import report
from ctg.mail.services import (
    MALFORMED,
    Letter,
    cancel_waiting,
    find,
    post,
    resend,
    resend_all,
    retry_now,
)
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

KIND, BATCH = "tests.letter", "tests.meeting:42"


def letter(number, edition=0, address="") -> Letter:
    return Letter(number, edition, f"Personne {number}", address or f"p{number}@example.org")


def ask(*letters, batch=BATCH, by=None) -> Job:
    return post(KIND, letters, batch=batch, by=by, title="Convocations", subject_url="/ctg/x/")


def settled(number, state, detail="", **more) -> None:
    """A row that has lived."""
    Envelope.objects.filter(object_id=number).update(
        **{
            "state": state,
            "detail": detail,
            "attempts": 1,
            "next_try_at": None,
            "sending_at": timezone.now(),
            "settled_at": timezone.now(),
        }
        | more
    )


def test_post_writes_each_letter_once_and_asks_for_one_job():
    user = UserFactory()
    first = ask(letter(1), letter(2), by=user)
    assert ask(letter(1), letter(2), letter(3), by=user) == first
    assert list(Envelope.objects.values_list("object_id", flat=True)) == [1, 2, 3]
    ask(letter(1, edition=1), by=user)
    assert Envelope.objects.filter(object_id=1).count() == 2
    assert (first.task, first.args, first.title, first.subject_url) == (
        "mail.deliver",
        [BATCH],
        "Convocations",
        "/ctg/x/",
    )


def test_post_of_nobody():
    ask()
    assert not Envelope.objects.exists()


def test_post_in_a_transaction_rolled_back_leaves_nothing():
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012 - what is tested
        ask(letter(1))
        raise ZeroDivisionError
    assert (Envelope.objects.count(), Job.objects.count()) == (0, 0)


def test_post_of_many_reads_them_as_it_goes(django_assert_num_queries):
    with django_assert_num_queries(12):  # three inserts, two jobs with their savepoints, how many are due
        post(KIND, (letter(number) for number in range(1001)), batch=BATCH, by=None)
    assert Envelope.objects.count() == 1001


@pytest.mark.parametrize(
    "address",
    [
        "",
        "personne",
        "a@b",
        "a b@example.org",
        "a@example.org\nBcc: b@example.org",
        "a@example.org, b@x.fr",
        "a" * 300,
        f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 40}.fr",
    ],
)
def test_a_malformed_address_is_refused_at_once(address):
    post(KIND, [Letter(1, 0, "", address)], batch=BATCH, by=None)
    row = Envelope.objects.get()
    assert (row.state, row.detail, row.attempts) == (State.REFUSED, MALFORMED, 0)
    assert resend(row, by=UserFactory()).state == State.REFUSED
    assert resend(row, by=UserFactory(), address="juste@example.org").state == State.WAITING
    assert Envelope.objects.get().address == "juste@example.org"


def test_a_name_holds_no_line_break_and_no_control_character():
    post(KIND, [Letter(1, 0, "Ève\r\nBcc: x\x00 \x1bde  Noël", "e@example.org")], batch=BATCH, by=None)
    assert Envelope.objects.get().name == "Ève Bcc: x de Noël"
    assert one_line("a\u00a0: b\u2028c") == "a\u00a0: b c"


def test_addresses_of_pages_are_whole(settings):
    assert absolute("jobs:job_list") == f"{settings.BASE_URL}/travaux/"


def test_find_looks_only_in_the_batches_given():
    ask(letter(1))
    row = Envelope.objects.get()
    assert find(str(row.uuid), [BATCH]) == row
    assert find(row.uuid, ["tests.meeting:43"]) is None
    assert find(uuid.uuid4(), [BATCH]) is None
    assert find("pas un uuid", [BATCH]) is None


def test_resend_all_of_one_state_and_one_batch():
    ask(*map(letter, range(6)))
    ask(letter(6), batch="tests.meeting:43")
    for number in (1, 2, 6):
        settled(number, State.UNCERTAIN, "L’envoi a été interrompu.")
    settled(3, State.SENT)
    settled(4, State.REFUSED, MALFORMED)
    settled(5, State.REFUSED, "550")
    user = UserFactory()
    assert (resend_all(BATCH, State.UNCERTAIN, by=user), resend_all(BATCH, State.UNCERTAIN, by=user)) == (
        2,
        0,
    )
    assert Job.objects.filter(author=user).count() == 1
    assert report([BATCH])[BATCH].counts == {State.WAITING: 3, State.SENT: 1, State.REFUSED: 2}
    assert Envelope.objects.due().filter(detail="", settled_at=None).count() == 3
    # Where nobody can be written to, nothing leaves.
    assert resend_all(BATCH, State.REFUSED, by=user) == 1
    assert Envelope.objects.get(state=State.REFUSED).object_id == 4
    assert Envelope.objects.get(object_id=6).state == State.UNCERTAIN
    with pytest.raises(AssertionError):
        resend_all(BATCH, State.SENT, by=user)


def test_retry_now_and_cancel_waiting_touch_only_what_waits():
    ask(letter(1), letter(2), letter(3))
    settled(1, State.SENT)
    later = timezone.now() + timedelta(hours=1)
    Envelope.objects.filter(state=State.WAITING).update(next_try_at=later)
    assert not Envelope.objects.due().exists()
    retry_now(BATCH, by=UserFactory())
    assert Envelope.objects.due().count() == 2
    assert (cancel_waiting(BATCH), cancel_waiting(BATCH)) == (2, 0)
    assert report([BATCH])[BATCH].counts == {State.SENT: 1, State.CANCELLED: 2}


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "perdu"},
        {"next_try_at": None},
        {"settled_at": timezone.now()},
        {"job_key": 7},
        {"state": State.SENDING, "next_try_at": None, "sending_at": timezone.now(), "attempts": 1},
        {"state": State.SENT, "next_try_at": None, "settled_at": timezone.now()},
        {"state": State.SENT, "next_try_at": None, "sending_at": timezone.now(), "attempts": 1},
        {"state": State.REFUSED, "next_try_at": None, "settled_at": timezone.now()},
    ],
)
def test_states_go_with_their_dates(wrong):
    ask(letter(1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Envelope.objects.update(**wrong)


# --- The report -------------------------------------------------------------------------------------


def lived() -> None:
    ask(*map(letter, range(1, 5)))
    ask(letter(5), batch="tests.meeting:43")
    settled(1, State.SENT)
    settled(2, State.SENT)
    settled(3, State.REFUSED, "Réponse du serveur\u00a0: 550 <b>inconnu</b>")
    settled(4, State.UNCERTAIN, "L’envoi a été interrompu.")


def test_report_in_two_queries(django_assert_num_queries):
    lived()
    with django_assert_num_queries(2):
        reports = report([BATCH, "tests.meeting:43", "tests.meeting:44"])
    told = reports[BATCH]
    assert told.parts == [
        (("faite", "check-circle"), 2, "envoyé"),
        (("difficulte", "exclamation-triangle"), 1, "refusé"),
        (("reportee", "question-circle"), 1, "incertain"),
    ]
    assert [row.object_id for row in told.troubles] == [3, 4]
    assert (told.total, told.is_over, told.unlisted) == (4, True, 0)
    other, none = reports["tests.meeting:43"], reports["tests.meeting:44"]
    assert (other.total, other.is_over, other.troubles) == (1, False, [])
    assert (none.total, none.parts) == (0, [])


def test_report_lists_a_hundred_and_counts_the_others():
    ask(*map(letter, range(120)))
    for number in range(120):
        settled(number, State.REFUSED, "non")
    told = report([BATCH])[BATCH]
    assert (len(told.troubles), told.unlisted) == (100, 20)
    page = render_to_string("mail/report.html", {"report": told})
    assert "Et 20\u00a0autres courriels refusés ou incertains." in page
    assert "Renvoyer" not in page


def test_report_on_a_page():
    lived()
    page = render_to_string(
        "mail/report.html", {"report": report([BATCH])[BATCH], "resend_url": "/renvoyer/"}
    )
    for words in (
        "2\u00a0envoyés",
        "1\u00a0refusé",
        "1\u00a0incertain",
        "550 &lt;b&gt;inconnu",
        "p3@example.org",
    ):
        assert words in page
    assert page.count('action="/renvoyer/"') == 2
    assert page.count("data-confirm=") == 1
    assert "Renvoyer aux" not in page
    assert f'name="envelope" value="{Envelope.objects.get(object_id=3).uuid}"' in page


def test_report_offers_all_that_are_uncertain_at_once():
    ask(*map(letter, range(14)))
    for number in range(14):
        settled(number, State.UNCERTAIN, "L’envoi a été interrompu.")
    page = render_to_string("mail/report.html", {"report": report([BATCH])[BATCH], "resend_url": "/r/"})
    assert "Renvoyer aux 14 incertains" in page
    assert "certaines le recevraient deux fois" in page
    assert f'name="all" value="{BATCH}"' in page


def test_report_of_a_batch_that_waits_for_the_server():
    ask(letter(1))
    Envelope.objects.update(detail="Le serveur de courriels ne répond pas.")
    told = report([BATCH])[BATCH]
    page = render_to_string("mail/report.html", {"report": told, "retry_url": "/essayer/"})
    assert "1\u00a0en attente" in page
    assert "Le serveur de courriels ne répond pas. Prochain envoi le" in page
    assert 'action="/essayer/"' in page
    assert "Aucun courriel." in render_to_string("mail/report.html", {"report": report(["x"])["x"]})
