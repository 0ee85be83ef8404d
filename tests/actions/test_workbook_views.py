"""Bringing a plan back: send the workbook, look at each difference, apply it, take it back."""

from datetime import date
from decimal import Decimal

import pghistory
import pytest
from celery import current_app
from celery.canvas import Signature
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from actions.importers.workbook import plan_workbook, read_plan
from actions.models import Basis, FicheAction, Measurement, Operation, PlanWorkbook, Step
from actions.services import workbook as service
from actions.views import workbook as views
from ctg.jobs.models import Job, State
from ctg.sheets import read_workbook, to_xlsx
from tests.actions.spreadsheet import Opened
from tests.factories import (
    FicheFactory,
    IndicatorFactory,
    MeasurementFactory,
    MembershipFactory,
    StepFactory,
    WorkbookFactory,
)

READ_ONLY = ["thematic", "contributor", "services", "elected", "caf", "reader", "administrator"]


@pytest.fixture(autouse=True)
def _sent(monkeypatch):
    monkeypatch.setattr(Signature, "apply_async", lambda self, **_: None)


@pytest.fixture
def plan(draft_cast):
    """A plan that is no contract yet: no basis is asked."""
    fiche = draft_cast.fiche
    fiche.number, fiche.title, fiche.public_cible = "7", "Accueillir", "Tous"
    fiche.save()
    StepFactory(fiche=fiche, title="Ouvrir")
    MeasurementFactory(indicator=IndicatorFactory(fiche=fiche, label="Visites"), value=12)
    return draft_cast


def opened(cast):
    plan = read_plan(cast.convention, cast.roles["coordinator"])
    return Opened(to_xlsx(plan_workbook(plan, timezone.now())))


def list_url(cast):
    return reverse("actions:workbook_list", args=[cast.convention.slug])


def upload(client, cast, content, name="plan.xlsx"):
    return client.post(list_url(cast), {"file": SimpleUploadedFile(name, content)})


def work():
    """What the worker does with the last demand."""
    job = Job.objects.order_by("-pk").first()
    current_app.tasks[job.task].run(job.pk)
    job.refresh_from_db()
    return job


def send(client, cast, content):
    """Sent and read; its address."""
    response = upload(client, cast, content)
    job = work()
    assert (response.status_code, job.state) == (302, State.DONE)
    return response.url


def body(response):
    return response.content.decode()


# --- The whole way ------------------------------------------------------------------------------------
def test_a_workbook_is_sent_looked_at_applied_and_taken_back(plan, sign_in):
    client = sign_in(plan.roles["coordinator"])
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Public cible", "Les jeunes")
    book.set("Valeurs", "Visites", "Valeur", "13,5")
    book.add("Étapes", Fiche="7", Étape="Agrandir")
    url = send(client, plan, book.saved())
    said = body(client.get(url))
    for words in (
        "<strong>2\u00a0cellules changées</strong>",
        "<del>Tous</del>",
        "<ins>Les jeunes</ins>",
        "Agrandir",
        "Rien n’est encore écrit.",
    ):
        assert words in said
    assert FicheAction.objects.get(pk=plan.fiche.pk).public_cible == "Tous"

    assert client.post(url).status_code == 302
    assert work().error == ""
    assert FicheAction.objects.get(pk=plan.fiche.pk).public_cible == "Les jeunes"
    assert Measurement.objects.get().value == Decimal("13.5")
    assert sorted(Step.objects.values_list("title", flat=True)) == ["Agrandir", "Ouvrir"]
    operation = Operation.objects.get()
    assert (operation.kind, operation.title, operation.author) == (
        "import",
        "Retour du classeur « plan.xlsx »",
        plan.roles["coordinator"],
    )
    assert "Ce classeur est appliqué" in body(client.get(url))

    assert (
        client.post(
            reverse("actions:workbook_undo", args=[plan.convention.slug, PlanWorkbook.objects.get().uuid])
        ).status_code
        == 302
    )
    assert work().error == ""
    assert FicheAction.objects.get(pk=plan.fiche.pk).public_cible == "Tous"
    assert Measurement.objects.get().value == 12
    assert list(Step.objects.values_list("title", flat=True)) == ["Ouvrir"]
    assert "Ce retour est défait" in body(client.get(url))


def test_workbook_undo_leaves_what_was_changed_since_and_names_it(plan, sign_in):
    client = sign_in(plan.roles["coordinator"])
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Public cible", "Les jeunes")
    book.set("Étapes", "Ouvrir", "État", "en cours")
    url = send(client, plan, book.saved())
    client.post(url)
    work()
    with pghistory.context():  # an act of its own: the test is one transaction, which keeps the last context
        FicheAction.objects.filter(pk=plan.fiche.pk).update(public_cible="Autre")
    client.post(
        reverse("actions:workbook_undo", args=[plan.convention.slug, PlanWorkbook.objects.get().uuid])
    )
    work()
    assert FicheAction.objects.get(pk=plan.fiche.pk).public_cible == "Autre"
    assert Step.objects.get().state == "to_do"
    said = body(client.get(url))
    assert "Laissé tel quel" in said
    assert "7 Accueillir (modifié depuis)" in said


def test_applied_twice_it_is_applied_once(plan, sign_in):
    """A worker was killed after its work was done: the message comes again."""
    client = sign_in(plan.roles["coordinator"])
    book = opened(plan)
    book.add("Étapes", Fiche="7", Étape="Agrandir")
    client.post(send(client, plan, book.saved()))
    job = work()
    Job.objects.filter(pk=job.pk).update(state="queued", started_at=None, finished_at=None, attempts=0)
    work()
    assert Step.objects.filter(title="Agrandir").count() == 1
    assert Operation.objects.count() == 1


# --- Conflicts ----------------------------------------------------------------------------------------
def conflict(client, cast):
    book = opened(cast)
    book.set("Fiches", "Accueillir", "Public cible", "Les jeunes")
    FicheAction.objects.filter(pk=cast.fiche.pk).update(public_cible="Les familles")
    return send(client, cast, book.saved())


@pytest.mark.parametrize(("choice", "kept"), [("here", "Les familles"), ("file", "Les jeunes")])
def test_a_conflict_is_shown_with_both_and_decided(plan, sign_in, choice, kept):
    client = sign_in(plan.roles["coordinator"])
    url = conflict(client, plan)
    said = body(client.get(url))
    assert ["Les familles" in said, "Les jeunes" in said] == [True, True]
    undecided = client.post(url)
    assert (undecided.status_code, "Choisissez ce qui doit rester." in body(undecided)) == (422, True)
    assert client.post(url, {"conflict_0": choice}).status_code == 302
    assert work().error == ""
    assert FicheAction.objects.get(pk=plan.fiche.pk).public_cible == kept


def test_a_plan_that_moved_since_the_preview_is_looked_at_again(plan, sign_in):
    client = sign_in(plan.roles["coordinator"])
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Public cible", "Les jeunes")
    url = send(client, plan, book.saved())
    FicheAction.objects.filter(pk=plan.fiche.pk).update(public_cible="Les familles")
    client.post(url)
    assert work().error == service.MOVED
    assert FicheAction.objects.get(pk=plan.fiche.pk).public_cible == "Les familles"
    said = body(client.get(url))
    assert ["Le plan a changé depuis cet aperçu" in said, "À choisir" in said] == [True, True]
    client.post(url, {"conflict_0": "file"})
    assert work().error == ""
    assert FicheAction.objects.get(pk=plan.fiche.pk).public_cible == "Les jeunes"


def test_what_no_longer_goes_together_once_decided_writes_nothing(plan, sign_in):
    FicheAction.objects.filter(pk=plan.fiche.pk).update(starts_on=date(2026, 1, 1))
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Début", date(2027, 1, 1))
    book.set("Fiches", "Accueillir", "Fin", date(2027, 6, 1))
    FicheAction.objects.filter(pk=plan.fiche.pk).update(starts_on=date(2027, 12, 1))
    client = sign_in(plan.roles["coordinator"])
    url = send(client, plan, book.saved())
    client.post(url, {"conflict_0": "here"})
    assert work().error == "« Fin », ligne 2 de « Fiches » : La fiche doit finir après son début."
    assert FicheAction.objects.get(pk=plan.fiche.pk).ends_on is None
    assert Operation.objects.count() == 0


# --- Faults -------------------------------------------------------------------------------------------
def test_faults_are_listed_and_given_back_in_red(plan, sign_in):
    client = sign_in(plan.roles["coordinator"])
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Statut", "fini")
    url = send(client, plan, book.saved())
    said = body(client.get(url))
    assert ["À corriger" in said, "« fini » n’est pas reconnu." in said, "Appliquer au plan" in said] == [
        True,
        True,
        False,
    ]
    client.post(url)  # nothing is applied while a cell is wrong
    assert Job.objects.count() == 1
    job = Job.objects.get()
    assert reverse("jobs:job_download", args=[job.uuid]) in said
    with job.file.open("rb") as file:
        content = file.read()
    assert Opened(content).get("Fiches", "Accueillir", "Statut") == "fini"
    assert read_workbook(content)["Fiches"].formulas == frozenset()


def test_a_workbook_that_cannot_be_taken_says_why(plan, sign_in):
    client = sign_in(plan.roles["coordinator"])
    book = opened(plan)
    book.drop_column("Fiches", "Réf.")
    url = send(client, plan, book.saved())
    said = body(client.get(url))
    assert "La colonne « Réf. » de la feuille « Fiches » a été supprimée." in said
    assert client.post(url).status_code == 200  # there is nothing to apply


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("plan.xlsx", b"x" * 10_000_001, "Ce fichier pèse plus de 10 Mo."),
        ("plan.xlsx", b"x" * 40_000_000, "Ce fichier pèse plus de 10 Mo."),
        ("plan.xlsx", b"", "Ce fichier est vide."),
        ("plan.xlsx", b"%PDF-1.7 renomm\xc3\xa9", "Ce fichier n’est pas un « .xlsx »"),
        ("plan.pdf", b"%PDF-1.7", "Envoyez un classeur Excel (.xlsx) ou LibreOffice (.ods)."),
        ("plan", b"rien", "Envoyez un classeur Excel (.xlsx) ou LibreOffice (.ods)."),
    ],
    ids=["heavy", "40 MB", "empty", "renamed", "pdf", "no extension"],
)
def test_a_file_that_is_no_workbook_is_refused_beside_its_field(plan, sign_in, name, content, said):
    response = upload(sign_in(plan.roles["coordinator"]), plan, content, name)
    assert (response.status_code, said in body(response)) == (422, True)
    assert (PlanWorkbook.objects.count(), Job.objects.count()) == (0, 0)


def test_no_file_at_all_is_said(plan, sign_in):
    response = sign_in(plan.roles["coordinator"]).post(list_url(plan), {})
    assert (response.status_code, "Choisissez un fichier." in body(response)) == (422, True)


def test_a_workbook_that_changes_nothing_says_so(plan, sign_in):
    client = sign_in(plan.roles["coordinator"])
    said = body(client.get(send(client, plan, opened(plan).saved())))
    assert ["Ce classeur ne change rien." in said, "Appliquer au plan" in said] == [True, False]


# --- A signed plan ------------------------------------------------------------------------------------
def test_one_basis_serves_the_whole(cast, sign_in):
    fiche = cast.fiche
    fiche.title = "Accueillir"
    fiche.save()
    book = opened(cast)
    book.set("Fiches", "Accueillir", "Titre", "Recevoir")
    book.add("Fiches", Titre="Une nouvelle")
    client = sign_in(cast.roles["coordinator"])
    url = send(client, cast, book.saved())
    assert "La convention est signée" in body(client.get(url))
    assert client.post(url).status_code == 422
    client.post(
        url, {"basis_kind": "ajustement", "basis_words": "Décidé en COPIL", "basis_date": "2026-03-01"}
    )
    assert work().error == ""
    basis = Basis.objects.get()
    assert (basis.words, basis.date, basis.author) == (
        "Décidé en COPIL",
        date(2026, 3, 1),
        cast.roles["coordinator"],
    )
    assert Operation.objects.get().basis == basis
    assert FicheAction.objects.filter(title__in=["Recevoir", "Une nouvelle"]).count() == 2


def test_the_follow_up_asks_for_no_basis(cast, sign_in):
    StepFactory(fiche=cast.fiche, title="Ouvrir")
    book = opened(cast)
    book.set("Étapes", "Ouvrir", "État", "en cours")
    client = sign_in(cast.roles["coordinator"])
    url = send(client, cast, book.saved())
    assert "La convention est signée" not in body(client.get(url))
    client.post(url)
    assert work().error == ""
    assert Step.objects.get().state == "doing"


# --- Rights -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", READ_ONLY)
def test_only_who_steers_brings_a_plan_back(plan, sign_in, role):
    client = sign_in(plan.roles[role])
    sent = WorkbookFactory(convention=plan.convention)
    args = [plan.convention.slug, sent.uuid]
    for url in (
        list_url(plan),
        reverse("actions:workbook_export", args=args[:1]),
        reverse("actions:workbook_detail", args=args),
        reverse("actions:workbook_undo", args=args),
    ):
        assert client.post(url).status_code == 403
    assert PlanWorkbook.objects.get().state == "sent"


def test_a_workbook_of_another_convention_is_404(plan, sign_in):
    client = sign_in(plan.roles["coordinator"])
    foreign = WorkbookFactory()
    args = [plan.convention.slug, foreign.uuid]
    assert client.get(reverse("actions:workbook_detail", args=args)).status_code == 404
    assert client.post(reverse("actions:workbook_undo", args=args)).status_code == 404
    assert foreign.name not in body(client.get(list_url(plan)))


def test_a_right_that_ended_meanwhile_writes_nothing(plan, sign_in):
    client = sign_in(plan.roles["coordinator"])
    book = opened(plan)
    book.set("Fiches", "Accueillir", "Public cible", "Les jeunes")
    client.post(send(client, plan, book.saved()))
    MembershipFactory(user=plan.roles["coordinator"], organisation=plan.convention.carrier)  # still a reader
    plan.roles["coordinator"].memberships.filter(role="coordinator").update(ended_on="2021-01-01")
    assert work().error == "Vous n’avez plus le droit de changer ce plan."
    assert FicheAction.objects.get(pk=plan.fiche.pk).public_cible == "Tous"


# --- The pages ----------------------------------------------------------------------------------------
def test_workbook_export_gives_the_whole_plan(plan, sign_in):
    response = sign_in(plan.roles["coordinator"]).post(
        reverse("actions:workbook_export", args=[plan.convention.slug])
    )
    book = Opened(b"".join(response.streaming_content))
    assert book.get("Fiches", "Accueillir", "Public cible") == "Tous"


def test_workbook_export_of_a_large_plan_is_a_work(plan, sign_in, monkeypatch):
    monkeypatch.setattr(views, "AT_ONCE", 1)
    response = sign_in(plan.roles["coordinator"]).post(
        reverse("actions:workbook_export", args=[plan.convention.slug])
    )
    job = work()
    assert (response.url, job.state, job.filename[:4]) == (job.get_absolute_url(), State.DONE, "Plan")


def test_while_it_is_read_the_page_says_how_far(plan, sign_in):
    client = sign_in(plan.roles["coordinator"])
    url = upload(client, plan, opened(plan).saved()).url
    assert "en attente" in body(client.get(url))
    polled = client.get(url, headers={"HX-Request": "true"})
    assert (polled.status_code, "<html" in body(polled), "en attente" in body(polled)) == (200, False, True)
    work()
    done = client.get(url, headers={"HX-Request": "true"})
    assert (done.status_code, done["HX-Refresh"]) == (204, "true")


def test_a_reading_that_failed_may_be_asked_again(plan, sign_in, monkeypatch):
    client = sign_in(plan.roles["coordinator"])
    url = upload(client, plan, opened(plan).saved()).url
    PlanWorkbook.objects.get().stored.file.delete(save=False)
    work()
    said = body(client.get(url))
    assert ["Ce classeur n’a pas été lu" in said, "Relancer" in said] == [True, True]


def test_differences_of_many_fiches_stand_on_several_pages(plan, sign_in, monkeypatch):
    monkeypatch.setattr(views, "GROUPS", 2)
    for number in range(3):
        FicheFactory(convention=plan.convention, title=f"Encore {number}")
    book = opened(plan)
    for row in book.pages["Fiches"][1:]:
        row[book.place("Fiches", "Public cible")] = "Chacun"
    client = sign_in(plan.roles["coordinator"])
    url = send(client, plan, book.saved())
    assert body(client.get(url)).count("<ins>Chacun</ins>") == 2
    assert body(client.get(f"{url}?page=3")).count("<ins>Chacun</ins>") == 1
    assert client.get(f"{url}?page=x").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_workbook_list_costs_the_same(plan, sign_in, count, django_assert_num_queries):
    for _ in range(count):
        WorkbookFactory(convention=plan.convention, author=plan.roles["coordinator"])
    client = sign_in(plan.roles["coordinator"])
    with django_assert_num_queries(6):
        client.get(list_url(plan))


@pytest.mark.parametrize("count", [1, 3])
def test_workbook_detail_costs_the_same(plan, sign_in, count, django_assert_num_queries):
    for number in range(count):
        FicheFactory(convention=plan.convention, title=f"Encore {number}")
    book = opened(plan)
    for row in book.pages["Fiches"][1:]:
        row[book.place("Fiches", "Public cible")] = "Chacun"
    client = sign_in(plan.roles["coordinator"])
    url = send(client, plan, book.saved())
    with django_assert_num_queries(6):
        client.get(url)
