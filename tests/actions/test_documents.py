"""A fiche alone on paper."""

import io
from datetime import date

import pdfplumber
import pytest
import time_machine
from celery import current_app
from celery.canvas import Signature
from django.urls import reverse

from actions.documents import as_of, fiche_pdf, fiche_title, read_fiche_paper
from actions.models import FicheLead, FichePartner
from ctg.jobs.models import Job, State
from tests.factories import (
    EvaluationFactory,
    FicheFactory,
    IndicatorFactory,
    MeasurementFactory,
    NoteFactory,
    OrganisationFactory,
    StepFactory,
)

LABELS = [
    "Thématique",
    "Public cible",
    "Constat",
    "Enjeux",
    "Objectif",
    "Description de l’action",
    "Points de vigilance",
    "Moyens",
    "Porteur",
    "Pilotes",
    "Échéancier",
    "Résultats attendus",
    "Partenaires",
    "Territoire",
    "Indicateurs d’évaluation",
]


@pytest.fixture
def sent(monkeypatch):
    messages: list[tuple[str, list]] = []
    monkeypatch.setattr(
        Signature, "apply_async", lambda self, **_: messages.append((self.task, list(self.args)))
    )
    return messages


def url_of(fiche, slug=None):
    return reverse("actions:fiche_pdf", args=[slug or fiche.convention.slug, fiche.uuid])


def text_of(document):
    with pdfplumber.open(io.BytesIO(document)) as opened:
        return "\n".join(page.extract_text() for page in opened.pages)


def paper_of(cast, role="reader"):
    return read_fiche_paper(cast.convention, cast.roles[role], cast.fiche.pk)


@pytest.mark.parametrize(
    "role",
    ["coordinator", "thematic", "contributor", "services", "elected", "caf", "reader", "administrator"],
)
def test_fiche_pdf_is_for_whoever_reads(cast, sign_in, sent, role):
    response = sign_in(cast.roles[role]).post(url_of(cast.fiche))
    job = Job.objects.get()
    assert (response.status_code, response.url) == (302, job.get_absolute_url())
    assert (job.task, job.args) == ("actions.build_fiche_pdf", [cast.convention.pk, cast.fiche.pk])
    assert job.subject_url == cast.fiche.get_absolute_url()


def test_fiche_pdf_is_refused_to_others(cast, sign_in, sent):
    assert sign_in(cast.roles["outsider"]).post(url_of(cast.fiche)).status_code == 404
    elsewhere = FicheFactory()
    client = sign_in(cast.roles["coordinator"])
    assert client.post(url_of(elsewhere, cast.convention.slug)).status_code == 404
    assert client.get(url_of(cast.fiche)).status_code == 405
    assert Job.objects.count() == 0


def test_build_fiche_pdf_attaches_the_file(cast, sign_in, sent):
    sign_in(cast.roles["reader"]).post(url_of(cast.fiche))
    job = Job.objects.get()
    current_app.tasks[job.task].run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (State.DONE, "")
    assert job.filename == f"Fiche action {cast.fiche.number} – {cast.fiche.title}.pdf"


def test_build_fiche_pdf_stops_when_the_fiche_is_gone(cast, sign_in, sent):
    sign_in(cast.roles["reader"]).post(url_of(cast.other))
    cast.other.delete()
    job = Job.objects.get()
    current_app.tasks[job.task].run(job.pk)
    job.refresh_from_db()
    assert job.error == "Cette fiche n’existe plus, ou vous n’y avez plus accès."


def test_fiche_pdf_has_the_headings_in_the_printed_order(cast):
    document = fiche_pdf(paper_of(cast))
    lines = text_of(document).splitlines()[1:]  # the running head names the territory
    found = [label for line in lines for label in LABELS if line.startswith(label)]
    assert found == LABELS
    with pdfplumber.open(io.BytesIO(document)) as opened:
        assert len(opened.pages) == 1
        assert opened.metadata["Title"] == fiche_title(paper_of(cast).fiche)
        assert opened.doc.catalog["Lang"] == b"fr"
        assert b'pdfuaid:part="1"' in opened.doc.catalog["Metadata"].resolve().get_data()


def test_fiche_pdf_says_what_the_fiche_holds(cast):
    fiche = cast.fiche
    fiche.constat = "<p>Les jeunes ne savent pas vers qui se tourner.</p>"
    fiche.status, fiche.status_reason = "bloquee", "Poste vacant"
    fiche.echeancier = "2025-2029 (ouverture : 2025)"
    fiche.save()
    FichePartner.objects.create(fiche=fiche, label="Associations locales")
    StepFactory(
        fiche=fiche,
        title="Ouvrir",
        details="<ul><li>Trouver un local</li></ul>",
        state="done",
        done_on=date(2025, 9, 1),
    )
    indicator = IndicatorFactory(
        fiche=fiche,
        label="Visites",
        comparator=">",
        target_value=10,
        target_per="month",
        target_mode="each_period",
    )
    MeasurementFactory(indicator=indicator, value=121)
    EvaluationFactory(fiche=fiche, shared_on=date(2026, 2, 1), done="<p>Le service a ouvert.</p>")
    text = " ".join(text_of(fiche_pdf(paper_of(cast))).split())
    lead = FicheLead.objects.get(fiche=fiche).full_name
    for said in (
        "Les jeunes ne savent pas vers qui se tourner.",
        "en difficulté",
        "Motif : Poste vacant",
        "Échéancier 2025-2029 (ouverture : 2025)",
        "Partenaires Associations locales",
        "Ouvrir faite 1er sept. 2025",
        "Trouver un local",
        "Visites > 10 / mois 121 atteint",
        "Le service a ouvert.",
        lead,
    ):
        assert said in text


def test_fiche_pdf_gives_the_budget_by_unit(cast):
    lines = cast.fiche.budget_lines
    lines.create(label="CCS", year=2025, planned=4500, actual="4120.5")
    lines.create(label="CeA", year=2026, planned=12000, nature="investment", note="convention signée")
    lines.create(label="Région", year=2026, planned="0.5", unit="etp")
    text = text_of(fiche_pdf(paper_of(cast))).replace("\u202f", " ").replace("\u00a0", " ")
    found = text[text.index("Budget") : text.index("Indicateurs d’évaluation")].splitlines()
    assert found == [
        "Budget",
        "Financeur Année Nature Prévu Réalisé",
        "CCS 2025 fonctionnement 4 500 € 4 120,50 €",
        "CeA 2026 investissement 12 000 € –",
        "convention signée",
        "Région 2026 fonctionnement 0,5 ETP –",
        "Total (réalisé connu pour 1 ligne sur 2) 16 500 € 4 120,50 €",
    ]


def test_fiche_pdf_says_that_a_budget_is_made_up(cast):
    assert not paper_of(cast).is_fictitious
    cast.fiche.budget_lines.create(label="CCS", year=2025, planned=1, is_fictitious=True)
    paper = paper_of(cast)
    assert (paper.is_fictitious, paper.budget_totals) == (True, [])


def test_fiche_pdf_says_the_values_of_today(cast):
    """As on screen; what the bilan says of the last year over stays in the bilan."""
    indicator = IndicatorFactory(fiche=cast.fiche, comparator="≥", target_value=10, target_mode="each_period")
    MeasurementFactory(indicator=indicator, value=8)
    span = {"period_start": date(2026, 1, 1), "period_end": date(2026, 6, 30)}
    MeasurementFactory(indicator=indicator, value=50, **span)
    with time_machine.travel("2026-11-21 10:00:00+01:00", tick=False):
        line = paper_of(cast).lines[0]
    assert (line.value, line.when.replace("\u00a0", " ")) == ("50", "du 1er janvier au 30 juin 2026")
    assert line.aim.attainment.result.label == "atteint"


def test_fiche_pdf_leaves_out_drafts_and_notes(cast):
    NoteFactory(fiche=cast.fiche, text="une confidence", visibility="confidential")
    NoteFactory(fiche=cast.fiche, text="une note")
    EvaluationFactory(fiche=cast.fiche, done="<p>un brouillon</p>")
    indicator = IndicatorFactory(fiche=cast.fiche)
    MeasurementFactory(indicator=indicator, value=777, status="proposed")
    text = text_of(fiche_pdf(paper_of(cast, "coordinator")))
    for hidden in ("confidence", "une note", "brouillon", "777"):
        assert hidden not in text


def test_fiche_pdf_survives_a_hostile_fiche(cast):
    cast.fiche.title = "<i>x</i> & " + "y" * 250
    cast.fiche.constat = "<p>" + "mot " * 5000 + "</p>"
    cast.fiche.save()
    text = text_of(fiche_pdf(paper_of(cast)))
    assert "<i>x</i> &" in text
    assert text.count("mot") == 5000


def test_read_fiche_paper_is_for_those_who_see_it(cast):
    assert paper_of(cast, "outsider") is None
    assert read_fiche_paper(cast.convention, cast.roles["reader"], FicheFactory().pk) is None


@pytest.mark.parametrize("steps", [1, 3])
def test_read_fiche_paper_costs_the_same(cast, steps, django_assert_num_queries):
    for _ in range(steps):
        StepFactory(fiche=cast.fiche)
        MeasurementFactory(indicator=IndicatorFactory(fiche=cast.fiche))
        cast.fiche.budget_lines.create(organisation=OrganisationFactory(), year=2025, planned=1)
    with django_assert_num_queries(15):
        paper = paper_of(cast)
        assert len(paper.lines) == len(paper.fiche.steps.all()) == steps
        assert len({line.funder for line in paper.budget}) == steps


@pytest.mark.parametrize(
    ("today", "day"),
    [
        (date(2026, 11, 21), date(2026, 1, 1)),
        (date(2025, 6, 1), date(2025, 6, 1)),
        (date(2026, 1, 1), date(2026, 1, 1)),
    ],
)
def test_a_year_is_looked_at_when_it_is_over_or_today(today, day):
    assert as_of(2025, today) == day
