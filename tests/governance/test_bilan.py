"""The annual bilan: asked for by whoever reads, built by a job, true to the figures, silent on what is not for all."""

import io
from datetime import UTC, date, datetime
from itertools import pairwise

import pdfplumber
import pytest
import time_machine
from celery import current_app
from celery.canvas import Signature
from django.core.files.base import ContentFile
from django.template.loader import render_to_string
from django.urls import reverse

from actions.models import FicheAction, Highlight
from ctg.jobs.models import Job, State
from governance.documents.bilan import TEMPLATE, YearRefusedError, bilan_pdf, read_bilan
from tests.factories import (
    AxeFactory,
    EvaluationFactory,
    FicheFactory,
    HighlightFactory,
    IndicatorFactory,
    MeasurementFactory,
    MembershipFactory,
    NoteFactory,
    ObjectiveFactory,
    StepFactory,
)
from tests.factories.cast import make_cast

TODAY = date(2026, 11, 21)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fe"
    "dccc59e70000000049454e44ae426082"
)


@pytest.fixture(autouse=True)
def _day():
    with time_machine.travel("2026-11-21 10:00:00+01:00", tick=False):
        yield


@pytest.fixture
def cast(db):
    return make_cast()


@pytest.fixture
def sent(monkeypatch):
    messages: list[tuple[str, list]] = []
    monkeypatch.setattr(
        Signature, "apply_async", lambda self, **_: messages.append((self.task, list(self.args)))
    )
    return messages


@pytest.fixture
def ask(client, cast, sent, django_capture_on_commit_callbacks):
    """`ask("reader", year=2025)`: what the person gets when asking for the PDF."""

    def asked(role="reader", **data):
        client.force_login(cast.roles[role])
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(url_of(cast.convention), data)

    return asked


def url_of(convention):
    return reverse("governance:bilan_list", args=[convention.slug])


def deliver(job):
    current_app.tasks[job.task].run(job.pk)
    job.refresh_from_db()
    return job


def pages_of(document):
    with pdfplumber.open(io.BytesIO(document)) as opened:
        return [page.extract_text() for page in opened.pages]


def flat(text):
    return " ".join(text.split())


def html_of(bilan):
    return render_to_string(TEMPLATE, {**bilan.context, "document_title": bilan.title})


def fill(fiche):
    """A fiche with one of each thing the bilan says."""
    StepFactory(fiche=fiche, number="1", title="Ouvrir le service", state="done", done_on=date(2025, 9, 1))
    StepFactory(fiche=fiche, number="2", title="Tenir la permanence", due_on=date(2026, 6, 30))
    indicator = IndicatorFactory(
        fiche=fiche, label="Visites", comparator="≥", target_value=10, target_mode="each_period"
    )
    MeasurementFactory(indicator=indicator, value=8)
    objective = ObjectiveFactory(fiche=fiche, text="Accueillir les jeunes")
    evaluation = EvaluationFactory(
        fiche=fiche,
        shared_on=date(2026, 2, 1),
        done="<p>Le service a ouvert.</p>",
        difficulties="<p>Peu de visites.</p>",
        perspectives="<p>Faire connaître.</p>",
        appreciation="partiel",
        recommendation="ajuster",
    )
    evaluation.appreciations.create(objective=objective, value="atteint")
    return fiche


# --- The page -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "role",
    ["coordinator", "thematic", "contributor", "services", "elected", "caf", "reader", "administrator"],
)
def test_bilan_list_is_open_to_whoever_reads(client, cast, role):
    client.force_login(cast.roles[role])
    response = client.get(url_of(cast.convention))
    assert response.status_code == 200
    assert response.context["form"].years == [(2026, "2026 (en cours)"), (2025, "2025")]
    assert response.context["form"].initial == {"year": 2025}


def test_bilan_list_is_not_for_outsiders(cast, ask):
    assert ask("outsider", year=2025).status_code == 404
    assert Job.objects.count() == 0


def test_bilan_list_enqueues_a_job(cast, ask, sent):
    response = ask(year=2025)
    job = Job.objects.get()
    assert (response.status_code, response.url) == (302, job.get_absolute_url())
    assert (job.task, job.args, job.author) == (
        "governance.build_bilan_pdf",
        [cast.convention.pk, 2025],
        cast.roles["reader"],
    )
    assert sent == [("governance.build_bilan_pdf", [job.pk])]


def test_bilan_list_asked_twice_is_made_once(ask):
    first, second = ask(year=2025), ask(year=2025)
    assert first.url == second.url
    assert Job.objects.count() == 1


@pytest.mark.parametrize("year", ["2024", "2027", "2030", "", "deux mille", "2025; drop", "9" * 100])
def test_bilan_list_refuses_another_year(ask, year):
    response = ask(year=year)
    assert response.status_code == 422
    assert "Choisissez une année" in response.content.decode()
    assert Job.objects.count() == 0


def test_bilan_list_before_the_convention_begins(client, cast):
    cast.convention.period_start = date(2027, 1, 1)
    cast.convention.save()
    client.force_login(cast.roles["reader"])
    assert "Pas encore de bilan" in client.get(url_of(cast.convention)).content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_bilan_list_shows_my_jobs_of_this_convention(client, cast, count, django_assert_num_queries):
    def job(author, convention, title):
        Job.objects.create(
            task="governance.build_bilan_pdf", args=[convention.pk, 2025], title=title, author=author
        )

    reader = cast.roles["reader"]
    for rank in range(count):
        job(reader, cast.convention, f"Le mien {rank}")
    job(cast.roles["elected"], cast.convention, "Celui d’un autre")
    job(reader, FicheFactory().convention, "Celui d’ailleurs")
    Job.objects.create(task="autre.build", args=[cast.convention.pk], title="Autre travail", author=reader)
    client.force_login(reader)
    with django_assert_num_queries(6):
        text = client.get(url_of(cast.convention)).content.decode()
    assert text.count("Le mien") == count
    assert "Celui d" not in text
    assert "Autre travail" not in text


@pytest.mark.django_db(transaction=True)
def test_bilan_list_works_when_the_broker_is_down(client, monkeypatch):
    monkeypatch.setitem(current_app.conf, "broker_url", "redis+socket:///nowhere/valkey.sock")
    monkeypatch.setitem(current_app.conf, "broker_write_url", "redis+socket:///nowhere/valkey.sock")
    monkeypatch.setattr(current_app.amqp, "_producer_pool", None)
    cast = make_cast()
    client.force_login(cast.roles["reader"])
    response = client.post(url_of(cast.convention), {"year": 2025}, follow=True)
    current_app.amqp._producer_pool = None
    assert response.status_code == 200
    assert "ne répond pas pour l’instant" in response.content.decode()
    assert Job.objects.get().is_delayed


# --- The job --------------------------------------------------------------------------------------
def test_build_bilan_pdf_attaches_the_file(client, cast, ask):
    fill(cast.fiche)
    ask(year=2025)
    job = deliver(Job.objects.get())
    assert (job.state, job.progress, job.error) == (State.DONE, 100, "")
    assert job.filename == f"Bilan 2025 – {cast.convention.territory_name}.pdf"
    response = client.get(reverse("jobs:job_download", args=[job.uuid]))
    assert b"".join(response.streaming_content).startswith(b"%PDF-1.7")


def test_build_bilan_pdf_stops_when_the_right_has_ended(cast, ask):
    ask(year=2025)
    cast.roles["reader"].memberships.update(ended_on=date(2026, 11, 20))
    job = deliver(Job.objects.get())
    assert (job.state, job.error) == (
        State.FAILED,
        "Cette convention n’existe plus, ou vous n’y avez plus accès.",
    )


def test_build_bilan_pdf_stops_when_its_author_is_gone(cast, ask):
    ask(year=2025)
    Job.objects.update(author=None)
    assert deliver(Job.objects.get()).state == State.FAILED


def test_build_bilan_pdf_refuses_a_year_out_of_the_convention(cast, ask):
    ask(year=2025)
    Job.objects.update(args=[cast.convention.pk, 2024])
    job = deliver(Job.objects.get())
    assert job.error == "L’année 2024 n’est pas une année commencée de la convention."


# --- The document ---------------------------------------------------------------------------------
def read(cast, role="reader", year=2025):
    return read_bilan(cast.convention, cast.roles[role], year)


def test_bilan_says_the_year(cast):
    axe = AxeFactory(convention=cast.convention, title="Accompagner la jeunesse")
    FicheAction.objects.filter(pk=cast.fiche.pk).update(axe=axe, title="Guider les jeunes", number="7")
    fill(cast.fiche)
    HighlightFactory(fiche=cast.fiche, title="Fête du service", date=date(2025, 10, 1), people=46)
    HighlightFactory(fiche=cast.fiche, title="Fête de 2026", date=date(2026, 1, 2))
    bilan = read(cast)
    pages = [flat(page) for page in pages_of(bilan_pdf(bilan))]
    assert len(pages) == 6
    cover, contents, summary, fiche, other, annexe = pages
    assert "Bilan 2025" in cover
    assert cast.convention.caf.name in cover
    assert "7 Guider les jeunes" in contents
    assert "Au 21 novembre 2026, les deux fiches sont engagées." in summary
    assert bilan.plan.counts.words in "2\u00a0fiches engagées sur 2"
    assert "1 fiche évaluée sur 2. Suite proposée : 1 à ajuster." in summary
    assert "Visites" in summary
    assert "en deçà de la trajectoire" in summary
    for said in (
        "Accompagner la jeunesse",
        "Le service a ouvert.",
        "Peu de visites.",
        "Faire connaître.",
        "partiellement atteint",
        "Ajuster",
        "Accueillir les jeunes atteint",
        "1. Ouvrir le service faite 1er sept. 2025",
        "2. Tenir la permanence à faire 30 juin 2026 dépassée",
        "Visites ≥ 10 8 en deçà de la trajectoire",
    ):
        assert said in fiche
    assert "Pas d’évaluation partagée pour 2025." in other
    assert "Cette fiche n’a pas d’indicateur." in other
    assert "Fête du service" in annexe
    assert "Fête de 2026" not in annexe
    assert cast.other.title in annexe
    assert cover.count("6 / 6") == 0
    assert annexe.endswith("6 / 6")


def test_bilan_judges_at_the_end_of_its_year(cast):
    fill(cast.fiche)
    indicator = cast.fiche.indicators.get()
    MeasurementFactory(
        indicator=indicator, value=50, period_start=date(2026, 1, 1), period_end=date(2026, 6, 30)
    )
    line = read(cast).aims.lines[0]
    assert (line.value, line.attainment.result.label) == ("8", "en deçà de la trajectoire")
    assert read(cast, year=2026).aims.lines[0].value == "50"


@pytest.mark.parametrize("role", ["coordinator", "contributor", "caf", "reader"])
def test_bilan_leaves_out_drafts_and_confidences(cast, role):
    NoteFactory(fiche=cast.fiche, text="une confidence", visibility="confidential")
    NoteFactory(fiche=cast.fiche, text="une note")
    EvaluationFactory(fiche=cast.fiche, done="<p>un brouillon</p>", author=cast.roles[role])
    EvaluationFactory(fiche=cast.fiche, year=2026, shared_on=TODAY, done="<p>une autre année</p>")
    Highlight.objects.create(
        convention=cast.convention,
        title="une proposition",
        year=2025,
        status="proposed",
        author=cast.roles[role],
    )
    indicator = IndicatorFactory(fiche=cast.fiche)
    MeasurementFactory(indicator=indicator, value=777, status="proposed", author=cast.roles[role])
    stranger = FicheFactory(title="ailleurs")
    HighlightFactory(fiche=stranger, title="fête d’ailleurs", year=2025)
    text = " ".join(pages_of(bilan_pdf(read(cast, role))))
    for hidden in (
        "confidence",
        "une note",
        "brouillon",
        "une autre année",
        "proposition",
        "777",
        "ailleurs",
    ):
        assert hidden not in text
    assert "Aucune évaluation n’a été partagée pour 2025." in flat(text)


def test_bilan_is_tagged_titled_and_french(cast):
    fill(cast.fiche)
    document = bilan_pdf(read(cast))
    with pdfplumber.open(io.BytesIO(document)) as opened:
        catalog, tree = opened.doc.catalog, opened.structure_tree
        fonts = {char["fontname"].partition("+")[2] for page in opened.pages for char in page.chars}
        assert opened.metadata["Title"] == f"Bilan 2025 – {cast.convention.territory_name}"
    assert catalog["Lang"] == b"fr"
    assert b'pdfuaid:part="1"' in catalog["Metadata"].resolve().get_data()
    assert {name.split("-")[0] for name in fonts} == {"Inter"}

    def kinds(elements):
        for element in elements:
            yield element["type"]
            yield from kinds(element.get("children", []))

    found = [kind for kind in kinds(tree) if kind in ("H1", "H2", "H3", "H4")]
    levels = [int(kind[1]) for kind in found]
    assert levels[:2] == [1, 2]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_bilan_marks_made_up_values(cast):
    assert "fictives" not in html_of(read(cast))
    EvaluationFactory(fiche=cast.fiche, shared_on=TODAY, is_fictitious=True)
    text = html_of(read(cast))
    assert "Ce document contient des données fictives." in text
    assert "· données fictives" in text


@pytest.mark.parametrize("count", [0, 1, 3])
def test_bilan_of_few_fiches(cast, count):
    FicheAction.objects.all().delete()
    for _ in range(count):
        FicheFactory(convention=cast.convention)
    pages = pages_of(bilan_pdf(read(cast)))
    assert len(pages) == (3 if count == 0 else 4 + count)
    assert ("le plan n’a pas encore de fiche." in flat(pages[2])) is (count == 0)


@pytest.mark.parametrize("count", [1, 3])
def test_bilan_costs_the_same(cast, count, django_assert_num_queries):
    for _ in range(count):
        fill(FicheFactory(convention=cast.convention, axe=AxeFactory(convention=cast.convention)))
    with django_assert_num_queries(16):
        html_of(read(cast))


def test_bilan_tells_highlights_without_a_year_apart(cast):
    Highlight.objects.create(convention=cast.convention, title="Un long chantier", period="2021-2025")
    bilan = read(cast)
    assert (bilan.highlights, [one.title for one in bilan.undated]) == ([], ["Un long chantier"])
    assert "Temps forts sans année précise" in html_of(bilan)


def test_bilan_leaves_out_highlights_of_no_time(cast):
    Highlight.objects.create(convention=cast.convention, title="Un jour, peut-être")
    bilan = read(cast)
    assert (bilan.highlights, bilan.undated) == ([], [])


def added_in(fiche, year):
    fiche.events.update(pgh_created_at=datetime(year, 6, 1, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("starts", "added", "others_added", "is_there"),
    [
        (None, 2025, 2025, True),
        (None, 2026, 2025, False),
        (None, 2026, 2026, True),  # a plan entered afterwards: the day of entry says nothing
        (date(2025, 12, 31), 2026, 2025, True),
        (date(2026, 1, 1), 2025, 2025, False),
    ],
)
def test_bilan_has_no_page_for_a_fiche_that_came_later(cast, starts, added, others_added, is_there):
    fiche = FicheFactory(convention=cast.convention, title="Une fiche venue tard", starts_on=starts)
    added_in(fiche, added)
    for other in (cast.fiche, cast.other):
        added_in(other, others_added)
    bilan = read(cast)
    assert (fiche in [paper.fiche for paper in bilan.not_evaluated]) is is_there
    assert bilan.later == ([] if is_there else [fiche])
    assert len(bilan.papers) == (3 if is_there else 2)
    assert ("1\u00a0fiche commence ou a été ajoutée après 2025" in html_of(bilan)) is not is_there
    assert bilan.plan.counts.total == 3


def test_bilan_keeps_a_later_fiche_that_was_evaluated(cast):
    fiche = FicheFactory(convention=cast.convention, starts_on=date(2026, 1, 1))
    EvaluationFactory(fiche=fiche, shared_on=TODAY)
    assert read(cast).later == []


def test_bilan_of_later_fiches_only(cast):
    FicheAction.objects.update(starts_on=date(2026, 3, 1))
    bilan = read(cast)
    assert (bilan.papers, len(bilan.later)) == ([], 2)
    assert "Aucune fiche n’était encore là." in html_of(bilan)
    assert len(pages_of(bilan_pdf(bilan))) >= 3


def test_bilan_says_the_value_of_the_year_and_that_of_the_verdict(cast):
    indicator = IndicatorFactory(
        fiche=cast.fiche,
        frequency="month",
        comparator=">",
        target_value=10,
        target_per="month",
        target_mode="each_period",
    )
    for month, last, value in ((11, 30, 6), (12, 31, 16)):
        span = {"period_start": date(2025, month, 1), "period_end": date(2025, month, last)}
        MeasurementFactory(indicator=indicator, value=value, **span)
    line = read(cast).aims.lines[0]
    assert (line.value, str(line.latest)) == ("22", "16 · décembre 2025")
    assert line.verdict.startswith("16 · décembre 2025")


def test_bilan_calls_a_deliverable_by_its_name(cast):
    IndicatorFactory(fiche=cast.fiche, kind="deliverable", label="Plaquette")
    summary = flat(pages_of(bilan_pdf(read(cast)))[2])
    assert "Plaquette – livrable à réaliser" in summary


def test_bilan_of_the_running_year_knows_what_was_delivered(cast):
    indicator = IndicatorFactory(fiche=cast.fiche, kind="deliverable")
    span = {"period_start": date(2026, 1, 1), "period_end": date(2026, 12, 31)}
    MeasurementFactory(indicator=indicator, value=None, done=True, **span)
    assert read(cast, year=2026).aims.lines[0].attainment.result.label == "atteint"
    assert read(cast, year=2025).aims.lines[0].attainment.result.label == "à réaliser"


def test_bilan_survives_hostile_titles(cast):
    hostile = "<script>alert(1)</script> & « 🎉 » " + "m" * 200
    FicheAction.objects.filter(pk=cast.fiche.pk).update(title=hostile, number="<b>1</b>")
    EvaluationFactory(
        fiche=cast.fiche,
        shared_on=TODAY,
        done='<p>Texte <a href="file:///etc/passwd">lien</a></p><img src="https://example.org/x.png">',
    )
    document = bilan_pdf(read(cast))
    text = flat(" ".join(pages_of(document)))
    assert "<b>1</b> <script>alert(1)</script> & « »" in text
    with pdfplumber.open(io.BytesIO(document)) as opened:
        assert max(char["x1"] for page in opened.pages for char in page.chars) <= 595


def test_bilan_shows_the_logo(cast):
    cast.convention.logo.save("logo.png", ContentFile(PNG))
    with pdfplumber.open(io.BytesIO(bilan_pdf(read(cast)))) as opened:
        assert len(opened.pages[0].images) == 1
    cast.convention.logo.storage.delete(cast.convention.logo.name)
    assert read(cast).images == {}


def test_bilan_takes_the_colour_of_the_convention(cast):
    assert read(cast).theme == ""
    cast.convention.brand_colour = "#123456"
    with pdfplumber.open(io.BytesIO(bilan_pdf(read(cast)))) as opened:
        found = {
            tuple(round(255 * part) for part in rect["non_stroking_color"]) for rect in opened.pages[0].rects
        }
    assert (0x12, 0x34, 0x56) in found


@pytest.mark.parametrize("year", [2024, 2027, 0, -1])
def test_bilan_of_no_year_of_the_convention(cast, year):
    with pytest.raises(YearRefusedError):
        read(cast, year=year)


def test_bilan_of_a_stranger_has_no_fiche(cast):
    """The document holds what its author sees, whatever the job was given."""
    stranger = MembershipFactory().user
    assert read_bilan(cast.convention, stranger, 2025).papers == []
