from datetime import timedelta

import pytest
from django.utils import timezone

from ctg.accounts.models import User
from ctg.jobs import services
from ctg.jobs.models import Job, State
from tests.ctg.test_jobs import ask, broken, build_paper, deliver, refuse

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(db):
    return User.objects.create_user("agathe@example.org", name="Agathe")


@pytest.fixture
def stranger(db):
    return User.objects.create_user("bruno@example.org", name="Bruno")


@pytest.fixture
def client(client, user):
    client.force_login(user)
    return client


@pytest.fixture
def job(user) -> Job:
    return ask(build_paper, 7, by=user, subject_url="/ctg/sundgau/")


def text(response) -> str:
    return " ".join(response.content.decode().replace("&nbsp;", " ").split())


def running(job: Job, **more) -> Job:
    now = timezone.now()
    Job.objects.filter(pk=job.pk).update(
        **{"state": State.RUNNING, "started_at": now, "published_at": now, "attempts": 1, "progress": 40}
        | more
    )
    job.refresh_from_db()
    return job


def test_job_list_shows_mine_only(client, job, stranger):
    services.enqueue(build_paper, 1, by=stranger, title="Bilan d’un autre")
    page = text(client.get("/travaux/"))
    assert job.get_absolute_url() in page
    assert "Bilan d’un autre" not in page


def test_job_list_empty(client):
    assert "Aucun document" in text(client.get("/travaux/"))


@pytest.mark.parametrize("count", [1, 3])
def test_job_list_costs_the_same_for_one_and_three(client, user, count, django_assert_num_queries):
    for number in range(count):
        deliver(ask(build_paper, number, by=user))
    with django_assert_num_queries(3):  # session, account, jobs
        client.get("/travaux/")


def test_job_detail_says_that_the_service_is_down(client, job):
    page = text(client.get(job.get_absolute_url()))
    assert "elle sera faite dès que le service reviendra" in page
    assert f'hx-get="/travaux/{job.uuid}/?version={job.version}"' in page
    assert 'href="/ctg/sundgau/"' in page


def test_job_detail_queued(client, job):
    Job.objects.update(published_at=timezone.now())
    assert "Votre demande est dans la file." in text(client.get(job.get_absolute_url()))


def test_job_detail_running(client, job):
    running(job, message="Mise en page : page 3", attempts=2)
    page = text(client.get(job.get_absolute_url()))
    assert "Mise en page : page 3" in page
    assert '<progress max="100" value="40" aria-label="Avancement">' in page
    assert "tout a repris au début" in page


def test_job_detail_done_is_no_longer_polled(client, job):
    deliver(job)
    page = text(client.get(job.get_absolute_url()))
    assert f'href="/travaux/{job.uuid}/fichier/"' in page
    assert "hx-get=" not in page


def test_job_detail_failed_says_why_and_offers_retry(client, user):
    job = deliver(ask(refuse, by=user))
    page = text(client.get(job.get_absolute_url()))
    assert "La fiche n’a pas de titre." in page
    assert "Relancer" in page


def test_job_detail_polled_answers_the_fragment_when_something_changed(client, job):
    before = job.version
    running(job)
    response = client.get(job.get_absolute_url(), {"version": before}, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert response.content.lstrip().startswith(b"<section")


def test_job_detail_polled_is_silent_when_nothing_changed(client, job):
    response = client.get(job.get_absolute_url(), {"version": job.version}, headers={"HX-Request": "true"})
    assert (response.status_code, response.content) == (204, b"")


def test_version_follows_all_that_is_shown(job):
    seen = {job.version}
    for change in (
        {"published_at": timezone.now()},
        {"state": State.RUNNING, "started_at": timezone.now()},
        {"progress": 50},
        {"message": "Page 2"},
        {"attempts": 2},
        {"cancel_requested_at": timezone.now()},
    ):
        Job.objects.filter(pk=job.pk).update(**change)
        job.refresh_from_db()
        seen.add(job.version)
    assert len(seen) == 7


def test_job_cancel(client, job):
    response = client.post(f"/travaux/{job.uuid}/annuler/", follow=True)
    assert response.redirect_chain == [(job.get_absolute_url(), 302)]
    assert "Demande annulée" in text(response)


def test_job_cancel_while_running_says_that_it_is_asked(client, job):
    running(job)
    page = text(client.post(f"/travaux/{job.uuid}/annuler/", follow=True))
    assert "tout s’arrête à la prochaine étape" in page
    assert "Annuler la demande" not in page


def test_job_cancel_too_late_says_so(client, job):
    deliver(job)
    assert "C’était déjà fini." in text(client.post(f"/travaux/{job.uuid}/annuler/", follow=True))


def test_job_retry(client, user):
    job = deliver(ask(broken, by=user))
    client.post(f"/travaux/{job.uuid}/relancer/")
    job.refresh_from_db()
    assert job.state == State.QUEUED


def test_job_retry_of_what_is_done_says_so(client, job):
    deliver(job)
    page = text(client.post(f"/travaux/{job.uuid}/relancer/", follow=True))
    assert "Il n’y a rien à relancer." in page


def test_job_download_is_an_attachment_with_its_french_name(client, job):
    deliver(job)
    response = client.get(f"/travaux/{job.uuid}/fichier/")
    assert b"".join(response.streaming_content) == b"%PDF"
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == (
        "attachment; filename*=utf-8''Bilan%20-%20%C3%A9t%C3%A9%20-%202025.pdf"
    )
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]


def test_job_download_before_the_end_or_after_the_purge_is_404(client, job):
    assert client.get(f"/travaux/{job.uuid}/fichier/").status_code == 404
    deliver(job)
    job.file.storage.delete(job.file.name)
    assert client.get(f"/travaux/{job.uuid}/fichier/").status_code == 404


@pytest.mark.parametrize(
    ("method", "tail"), [("get", ""), ("get", "fichier/"), ("post", "annuler/"), ("post", "relancer/")]
)
def test_job_of_someone_else_is_404(client, stranger, method, tail):
    job = deliver(ask(build_paper, 7, by=stranger))
    assert getattr(client, method)(f"/travaux/{job.uuid}/{tail}").status_code == 404
    assert getattr(client, method)(f"/travaux/00000000-0000-0000-0000-000000000000/{tail}").status_code == 404


def test_job_of_no_one_is_404(client):
    job = ask(build_paper, 7)
    assert client.get(f"/travaux/{job.uuid}/").status_code == 404


@pytest.mark.parametrize("tail", ["annuler/", "relancer/"])
def test_get_changes_nothing(client, job, tail):
    assert client.get(f"/travaux/{job.uuid}/{tail}").status_code == 405


def test_signed_out_is_sent_to_sign_in(client, job):
    client.logout()
    response = client.get(job.get_absolute_url())
    assert response.status_code == 302
    assert response["Location"].startswith("/compte/login/?next=/travaux/")


def test_old_jobs_say_when(client, job):
    Job.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert "il y a 2 jours" in text(client.get(job.get_absolute_url()))
