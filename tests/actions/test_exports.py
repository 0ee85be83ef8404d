"""The plan as files: exactly what the page shows, for whoever reads it."""

import csv
import io
from datetime import date

import pdfplumber
import pytest
import time_machine
from celery import current_app
from celery.canvas import Signature
from django.urls import reverse
from docx import Document

from actions.exports import export_plan, plan_workbook, read_plan
from actions.models import FicheLead, FichePartner, FichePilot, FicheTheme
from actions.views import exports
from ctg.jobs.models import Job, State
from ctg.sheets import read_workbook
from tests.factories import (
    AxeFactory,
    ContactFactory,
    FicheFactory,
    IndicatorFactory,
    MeasurementFactory,
    NoteFactory,
    OrganisationFactory,
    StepFactory,
    ThemeFactory,
)

KINDS = ["xlsx", "ods", "csv"]


@pytest.fixture
def sent(monkeypatch):
    messages: list[tuple[str, list]] = []
    monkeypatch.setattr(
        Signature, "apply_async", lambda self, **_: messages.append((self.task, list(self.args)))
    )
    return messages


def url_of(cast, kind, query=""):
    return reverse("actions:plan_export", args=[cast.convention.slug, kind]) + query


def bytes_of(response):
    return b"".join(response.streaming_content)


def sheets_of(response):
    return {
        name: [list(row) for row in sheet.rows] for name, sheet in read_workbook(bytes_of(response)).items()
    }


def column(rows, label):
    place = rows[0].index(label)
    return [row[place] for row in rows[1:]]


def content_of(job):
    with job.file.open("rb") as file:
        return file.read()


def run(job):
    current_app.tasks[job.task].run(job.pk)
    job.refresh_from_db()
    return job


def test_plan_export_gives_the_plan(cast, sign_in):
    fiche = cast.fiche
    fiche.axe = AxeFactory(convention=cast.convention, number="1", title="Accueillir")
    fiche.status, fiche.status_reason, fiche.ends_on = "bloquee", "Poste vacant", date(2027, 6, 30)
    fiche.save()
    FichePartner.objects.create(fiche=fiche, label="=cmd|' /C calc'!A0")
    FichePilot.objects.create(fiche=fiche, contact=ContactFactory(name="Service jeunesse"))
    StepFactory(fiche=fiche, title="Ouvrir", state="done", done_on=date(2025, 9, 1))
    StepFactory(fiche=fiche, title="Réunir", due_on=date(2026, 1, 31))
    indicator = IndicatorFactory(
        fiche=fiche,
        label="Visites",
        comparator=">",
        target_value=10,
        target_words="> 10",
        target_mode="each_period",
    )
    MeasurementFactory(indicator=indicator, value=-3)
    with time_machine.travel("2026-11-21 10:00:00+01:00", tick=False):
        response = sign_in(cast.roles["reader"]).post(url_of(cast, "xlsx"))
    assert response["Content-Disposition"].endswith("2026-11-21.xlsx")
    found = sheets_of(response)
    assert list(found) == ["Fiches", "Étapes", "Indicateurs", "Valeurs", "Budget"]
    said = dict(
        zip(
            found["Fiches"][0], found["Fiches"][1 if found["Fiches"][1][1] == fiche.title else 2], strict=True
        )
    )
    assert said | {"Mise à jour": None} == {
        "N°": fiche.number,
        "Fiche": fiche.title,
        "Axe": "1 Accueillir",
        "Orientation": None,
        "Statut": "en difficulté",
        "Motif": "Poste vacant",
        "Reportée au": None,
        "Thématiques": cast.theme.name,
        "Porteurs": str(FicheLead.objects.get()),
        "Pilotes": "Service jeunesse",
        "Partenaires": "=cmd|' /C calc'!A0",
        "Public cible": None,
        "Début": None,
        "Fin": date(2027, 6, 30),
        "Échéancier": None,
        "Action permanente": None,
        "Étapes faites": 1,
        "Étapes": 2,
        "En retard": "oui",
        "Sans nouvelle": None,
        "Prochaine échéance": date(2026, 1, 31),
        "Indicateurs": 1,
        "Mise à jour": None,
    }
    assert column(found["Étapes"], "Étape") == ["Ouvrir", "Réunir"]
    assert column(found["Étapes"], "En retard") == [None, "oui"]
    assert column(found["Indicateurs"], "Où l’on en est") == ["en deçà de la trajectoire"]
    assert column(found["Valeurs"], "Valeur") == [-3]


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_plan_export_gives_the_budget_with_its_units(cast, sign_in, kind):
    cast.fiche.budget_lines.create(label="CCS", year=2025, planned=4500, actual="4120.5", note="arrondi")
    cast.fiche.budget_lines.create(label="CeA", year=2026, nature="investment", actual="0.5", unit="etp")
    rows = sheets_of(sign_in(cast.roles["reader"]).post(url_of(cast, kind)))["Budget"]
    assert [row[1:9] for row in rows[1:]] == [
        [cast.fiche.title, 2025, "CCS", "fonctionnement", 4500, 4120.5, "€", "arrondi"],
        [cast.fiche.title, 2026, "CeA", "investissement", None, 0.5, "ETP", None],
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "role", ["coordinator", "thematic", "contributor", "services", "elected", "caf", "reader"]
)
def test_plan_export_is_for_whoever_reads(cast, sign_in, role, kind):
    response = sign_in(cast.roles[role]).post(url_of(cast, kind))
    assert (response.status_code, response["Content-Disposition"].startswith("attachment")) == (200, True)


def test_plan_export_is_refused_to_others(cast, sign_in, client):
    assert client.post(url_of(cast, "xlsx")).status_code == 401
    assert sign_in(cast.roles["outsider"]).post(url_of(cast, "xlsx")).status_code == 404
    assert sign_in(cast.roles["reader"]).get(url_of(cast, "xlsx")).status_code == 405
    assert client.post(f"/ctg/{cast.convention.slug}/plan/exporter/exe/").status_code == 404


def test_plan_export_holds_what_the_filters_leave_in_their_order(cast, sign_in):
    FicheFactory()  # of another convention
    later = FicheFactory(convention=cast.convention, title="Aaa", status="en_pause")
    client = sign_in(cast.roles["reader"])
    response = client.post(url_of(cast, "csv", f"?theme={cast.theme.pk}"))
    rows = list(csv.reader(io.StringIO(bytes_of(response).decode("utf-8-sig")), delimiter=";"))
    assert column(rows, "Fiche") == [cast.fiche.title]
    response = client.post(url_of(cast, "ods", "?sort=title"))
    assert column(sheets_of(response)["Fiches"], "Fiche")[0] == later.title


def test_plan_export_of_nothing_says_so(cast, sign_in):
    response = sign_in(cast.roles["reader"]).post(url_of(cast, "xlsx", "?q=introuvable"), follow=True)
    assert response.redirect_chain[0][0] == f"/ctg/{cast.convention.slug}/plan/?q=introuvable"
    assert "Il n’y a rien à exporter" in response.content.decode()


def test_plan_export_leaves_out_what_a_reader_may_not_see(cast, sign_in):
    NoteFactory(fiche=cast.fiche, text="une confidence", visibility="confidential")
    indicator = IndicatorFactory(fiche=cast.fiche)
    MeasurementFactory(indicator=indicator, value=777, status="proposed")
    MeasurementFactory(indicator=indicator, value=555, status="returned")
    response = sign_in(cast.roles["coordinator"]).post(url_of(cast, "xlsx"))
    said = str(sheets_of(response))
    assert [word for word in ("confidence", "777", "555") if word in said] == []


@pytest.mark.parametrize(("kind", "task"), [("xlsx", "build_plan_export"), ("pdf", "build_fiches")])
def test_plan_export_of_a_large_plan_is_a_work(cast, sign_in, sent, monkeypatch, kind, task):
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    client = sign_in(cast.roles["reader"])
    response = client.post(url_of(cast, kind, "?sort=title"))
    job = Job.objects.get()
    assert (response.status_code, response.url) == (302, job.get_absolute_url())
    assert (job.task, job.args[:2], len(job.args[2])) == (f"actions.{task}", [cast.convention.pk, kind], 2)
    assert job.subject_url == f"/ctg/{cast.convention.slug}/plan/?sort=title"
    client.post(url_of(cast, kind, "?sort=title"))
    assert Job.objects.count() == 1  # asked twice, made once


def test_build_plan_export_attaches_the_file(cast, sign_in, sent, monkeypatch):
    monkeypatch.setattr(exports, "AT_ONCE", 0)
    sign_in(cast.roles["reader"]).post(url_of(cast, "ods"))
    job = run(Job.objects.get())
    assert (job.state, job.error, job.filename[-4:]) == (State.DONE, "", ".ods")
    assert len(read_workbook(content_of(job))["Fiches"].rows) == 3


@pytest.mark.parametrize("kind", ["pdf", "docx"])
def test_build_fiches_makes_one_document_of_them(cast, sign_in, sent, kind):
    sign_in(cast.roles["reader"]).post(url_of(cast, kind, "?sort=title"))
    job = run(Job.objects.get())
    assert (job.state, job.error) == (State.DONE, "")
    assert job.filename == f"Plan d’actions – {cast.convention.territory_name} 2025-2029.{kind}"
    titles = sorted([cast.fiche.title, cast.other.title])
    if kind == "pdf":
        with pdfplumber.open(io.BytesIO(content_of(job))) as document:
            pages = [page.extract_text() for page in document.pages]
            marks = b'pdfuaid:part="1"' in document.doc.catalog["Metadata"].resolve().get_data()
        assert (len(pages), marks) == (3, True)
        assert [title in page for title, page in zip(titles, pages[1:], strict=True)] == [True, True]
    else:
        lines = Document(io.BytesIO(content_of(job))).paragraphs
        heads = [line.text for line in lines if line.style.name == "Heading 1"]
        assert [head.partition(" ")[2] for head in heads] == titles


def test_build_fiches_stops_when_they_are_gone(cast, sign_in, sent):
    sign_in(cast.roles["reader"]).post(url_of(cast, "pdf"))
    cast.fiche.delete()
    cast.other.delete()
    assert run(Job.objects.get()).error == "Ces fiches n’existent plus, ou vous n’y avez plus accès."


def test_fiche_docx_gives_the_fiche(cast, sign_in):
    fiche = cast.fiche
    fiche.constat = "<p>Les jeunes <strong>ne savent pas</strong>.</p>"
    fiche.save()
    StepFactory(
        fiche=fiche,
        title="Ouvrir",
        details="<ul><li>Un local</li></ul>",
        state="done",
        done_on=date(2025, 9, 1),
    )
    MeasurementFactory(indicator=IndicatorFactory(fiche=fiche, label="Visites"), value=121)
    response = sign_in(cast.roles["reader"]).post(
        reverse("actions:fiche_docx", args=[cast.convention.slug, fiche.uuid])
    )
    assert response["Content-Disposition"].endswith(".docx")
    document = Document(io.BytesIO(bytes_of(response)))
    heads = [line.text for line in document.paragraphs if line.style.name.startswith("Heading")]
    assert heads == [str(fiche), "Constat", "Description de l’action", "Indicateurs d’évaluation"]
    facts, steps, indicators = (
        [[cell.text for cell in row.cells] for row in table.rows] for table in document.tables
    )
    assert ["Statut", "en cours, 1 étape faite sur 1"] in [[a, b.replace("\u00a0", " ")] for a, b in facts]
    assert steps[1] == ["Ouvrir\nUn local", "faite", "1er\u00a0sept. 2025"]
    assert indicators[1] == ["Visites", "–", "121 (2025)", "sans cible"]


def test_fiche_docx_gives_the_budget_by_unit(cast, sign_in):
    lines = cast.fiche.budget_lines
    lines.create(label="CCS", year=2025, planned="0.5", actual="0.5", unit="etp", note="un poste")
    lines.create(label="CeA", year=2026, planned="0.5", unit="etp")
    lines.create(label="CCS", year=2026, planned=4500)
    response = sign_in(cast.roles["reader"]).post(
        reverse("actions:fiche_docx", args=[cast.convention.slug, cast.fiche.uuid])
    )
    table = Document(io.BytesIO(bytes_of(response))).tables[-1]
    found = [[" ".join(cell.text.split()) for cell in row.cells] for row in table.rows]
    assert found == [
        ["Financeur", "Année", "Nature", "Prévu", "Réalisé"],
        ["CCS (un poste)", "2025", "fonctionnement", "0,5 ETP", "0,5 ETP"],
        ["CeA", "2026", "fonctionnement", "0,5 ETP", "–"],
        ["CCS", "2026", "fonctionnement", "4 500 €", "–"],
        ["Total des postes (réalisé connu pour 1 ligne sur 2)", "", "", "1 ETP", "0,5 ETP"],
    ]


def test_fiche_docx_is_refused_to_others(cast, sign_in):
    url = reverse("actions:fiche_docx", args=[cast.convention.slug, cast.fiche.uuid])
    assert sign_in(cast.roles["outsider"]).post(url).status_code == 404
    foreign = reverse("actions:fiche_docx", args=[cast.convention.slug, FicheFactory().uuid])
    assert sign_in(cast.roles["reader"]).post(foreign).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_read_plan_costs_the_same(cast, count, django_assert_num_queries):
    for _ in range(count):
        fiche = FicheFactory(convention=cast.convention)
        FicheTheme.objects.create(fiche=fiche, theme=ThemeFactory())
        FichePartner.objects.create(fiche=fiche, label="Associations")
        fiche.budget_lines.create(organisation=OrganisationFactory(), year=2025, planned=1)
        StepFactory(fiche=fiche)
        MeasurementFactory(indicator=IndicatorFactory(fiche=fiche))
    keys = list(cast.convention.fiches.values_list("pk", flat=True))
    with django_assert_num_queries(10):
        fiches = read_plan(cast.convention, cast.roles["reader"], keys)
        assert len(export_plan("xlsx", cast.convention, fiches)) > 1000
    assert len(plan_workbook(cast.convention, fiches, date(2026, 1, 1)).sheets) == 5
