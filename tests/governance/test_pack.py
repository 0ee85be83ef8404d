"""The pack of a meeting: all ten parts in three forms, nothing that a member may not read, made in the background."""

import io
from datetime import date
from threading import Barrier, Thread

import pdfplumber
import pypdfium2
import pytest
import time_machine
from celery import current_app
from celery.canvas import Signature
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from pptx import Presentation

from actions.models import BudgetLine, FicheAction
from ctg.jobs.models import Job, State
from governance.models import Meeting, Pack
from governance.pack import default_since, make_pack
from governance.pack.build import KEPT
from governance.pack.document import pack_html, pack_pdf
from governance.pack.reading import read_pack
from governance.pack.slides import pack_slides
from tests.actions.test_dated import happened_on
from tests.ctg.test_slides import assert_inside, titles
from tests.factories import (
    AxeFactory,
    ContactFactory,
    EvaluationFactory,
    FicheFactory,
    HighlightFactory,
    IndicatorFactory,
    MeasurementFactory,
    NoteFactory,
    StepFactory,
)
from tests.factories.steering import (
    AttendanceFactory,
    CommitteeFactory,
    DecisionFactory,
    HeldFactory,
    ItemFactory,
    MeetingFactory,
    PackFactory,
    SeatFactory,
    WeatherFactory,
)

TODAY, SINCE = date(2026, 11, 21), date(2026, 3, 12)
PARTS = (
    "En bref",
    "Ordre du jour",
    "Ce qui avait été décidé",
    "Ce qui a changé depuis la réunion du 12\u00a0mars 2026",
    "Où en sont les axes",
    "Indicateurs en deçà de leur trajectoire",
    "Points d’attention",
    "Décisions à prendre",
    "Temps forts depuis la réunion du 12\u00a0mars 2026",
    "Budget",
    "Calendrier",
)


@pytest.fixture(autouse=True)
def _day():
    with time_machine.travel("2026-11-21 10:00:00+01:00", tick=False):
        yield


@pytest.fixture
def copil(cast):
    return CommitteeFactory(convention=cast.convention, name="COPIL")


@pytest.fixture
def meeting(copil):
    return convened(copil, date(2026, 12, 3))


def convened(committee, on):
    return MeetingFactory(
        convention=committee.convention,
        committee=committee,
        date=on,
        state="convened",
        convened_at=timezone.now(),
        place="Ferrette",
    )


@pytest.fixture
def last(cast, copil):
    return HeldFactory(convention=cast.convention, committee=copil)


def fill(cast, meeting, last, count=1):
    """So many of each thing that a pack says: the plan as it was before the last meeting, then what moved since."""
    axe = AxeFactory(convention=cast.convention, title="Se lier")
    fiches = [begun(axe, f"F{rank}") for rank in range(count)]
    happened_on(date(2026, 1, 10))
    for fiche in fiches:
        move(fiche)
    happened_on(date(2026, 6, 1))
    for rank, fiche in enumerate(fiches):
        StepFactory(fiche=fiche, title="Réunir les acteurs", due_on=date(2026, 6, 30))
        StepFactory(fiche=fiche, title="Étendre le service", due_on=date(2027, 2, 1))
        tell(fiche)
        steer(fiche, meeting, last, rank)


def begun(axe, number):
    fiche = FicheFactory(convention=axe.convention, axe=axe, number=number, title="Guider les jeunes")
    StepFactory(fiche=fiche, title="Ouvrir le SIJ")
    IndicatorFactory(
        fiche=fiche, label="Visites", comparator="≥", target_value=200, target_mode="each_period"
    )
    return fiche


def move(fiche):
    fiche.status, fiche.status_reason = "bloquee", "Deux postes vacants"
    fiche.save()
    step = fiche.steps.get()
    step.state = "done"
    step.save()
    MeasurementFactory(indicator=fiche.indicators.get(), value=148)
    FicheFactory(convention=fiche.convention, axe=fiche.axe, title="Fiche venue après")


def tell(fiche):
    of = {"convention": fiche.convention, "fiche": fiche}
    HighlightFactory(**of, title="Festival", date=date(2026, 5, 2), people=310)
    HighlightFactory(**of, title="Trop ancien", date=date(2025, 5, 2))
    BudgetLine.objects.create(fiche=fiche, label="Région", year=2026, planned=16000)
    WeatherFactory(
        axe=fiche.axe, level=1, text="Ça bloque", date=date(2026, 10, 1), published_at=timezone.now()
    )


def steer(fiche, meeting, last, rank):
    DecisionFactory(meeting=last, text="Signer avec le CRIJ", state="doing", due_on=date(2026, 9, 1))
    ItemFactory(meeting=meeting, title="Bilan du SIJ", minutes=20, presenter="Mme Durand")
    item = ItemFactory(
        meeting=meeting, title="Où ouvrir ?", text="- Altkirch\n- Ferrette", asks_decision=True
    )
    item.fiches.add(fiche)
    item.options.create(title="À Altkirch", consequences="12 000 € par an", position=1)
    item.options.create(title="À Ferrette", consequences="Sans coût", position=2)
    AttendanceFactory(meeting=meeting, quality="elu")
    cotech = CommitteeFactory(convention=fiche.convention, kind="cotech", name=f"COTECH {rank}")
    held = HeldFactory(convention=fiche.convention, date=date(2026, 9, 24), committee=cotech)
    DecisionFactory(meeting=held, text="Chiffrer les options")
    convened(cotech, date(2027, 2, 4))


def paper_of(meeting):
    return read_pack(
        Meeting.objects.select_related("committee", "convention").get(pk=meeting.pk), SINCE, TODAY
    )


def flat(text):
    return " ".join(text.split())


def said_in(paper):
    """The words of the three forms."""
    html = pack_html(paper)
    with pdfplumber.open(io.BytesIO(pack_pdf(paper, html))) as opened:
        pdf = flat(" ".join(page.extract_text() for page in opened.pages))
    show = Presentation(io.BytesIO(pack_slides(paper)))
    slides = []
    for slide in show.slides:
        slides.append(slide.notes_slide.notes_text_frame.text if slide.has_notes_slide else "")
        for shape in slide.shapes:
            slides += [shape.text] if shape.has_text_frame else []
            slides += [cell.text for row in shape.table.rows for cell in row.cells] if shape.has_table else []
    return flat(str(html)), pdf, flat(" ".join(slides))


def show_of(paper):
    return Presentation(io.BytesIO(pack_slides(paper)))


def slide_named(show, title):
    return next(slide for slide in show.slides if slide.shapes.title.text == title)


def table_of(slide):
    table = next(shape.table for shape in slide.shapes if shape.has_table)
    return [[cell.text for cell in row.cells] for row in table.rows]


def chart_of(slide):
    return next(shape.chart for shape in slide.shapes if shape.has_chart).plots[0]


# --- What it says ---------------------------------------------------------------------------------
@pytest.mark.parametrize("count", [0, 1, 3])
def test_each_part_is_there_with_or_without_rows(cast, meeting, last, count):
    fill(cast, meeting, last, count)
    html, pdf, _ = said_in(paper_of(meeting))
    for part in PARTS:
        assert f">{part}</h2>".replace("\u00a0", " ") in html.replace("\u00a0", " ")
        assert part.replace("\u00a0", " ") in pdf.replace("\u00a0", " ")
    told = (
        *(
            "Bilan du SIJ",
            "Mme Durand",
            "Signer avec le CRIJ",
            "Chiffrer les options",
            "Ouvrir le SIJ",
        ),
        *("Ajoutée au plan", "Deux postes vacants", "Ça bloque", "Visites", "148", "Réunir les acteurs"),
        *(
            "Où ouvrir ?",
            "Altkirch",
            "12 000 € par an",
            "Festival",
            "Région",
            "COTECH 0",
            "Étendre le service",
        ),
    )
    for words in told:
        assert (words in html) == (count > 0)
    assert "Trop ancien" not in html


def test_with_nothing_it_says_so(cast, copil, meeting):
    FicheAction.objects.all().delete()
    html = pack_html(paper_of(meeting))
    for words in (
        "L’ordre du jour n’est pas encore fixé.",
        "C’est la première réunion de cette instance ici.",
        "Aucune fiche n’a changé d’état",
        "Le plan n’a pas encore de fiche.",
        "Les fiches n’ont pas d’indicateur.",
        "Aucune fiche n’est en difficulté",
        "Aucune décision n’est demandée à cette réunion.",
        "Aucun temps fort n’a été déclaré",
        "Aucune fiche ne dit encore son budget.",
        "Aucune autre réunion n’est convoquée.",
        "Rien n’est attendu dans les six mois.",
    ):
        assert words in html
    assert titles(show_of(paper_of(meeting))) == ["COPIL", "En bref"]


def test_the_numbers_of_the_first_page(cast, meeting, last):
    fill(cast, meeting, last)
    figures = [(one.number, one.words, one.of) for one in paper_of(meeting).figures]
    # The two fiches of the cast, the one in difficulty, and the one that came since.
    assert figures == [
        (1, "décision à prendre", None),
        (4, "fiches engagées", 4),
        (2, "fiches ont bougé", None),
        (1, "indicateur en deçà", 1),
    ]


def test_who_is_invited_is_counted_and_not_named(meeting):
    for quality in ("elu", "elu", "habitant", ""):
        AttendanceFactory(meeting=meeting, quality=quality, contact__name="Nom de famille")
    AttendanceFactory(meeting=meeting, quality="elu", removed_at=timezone.now())
    paper = paper_of(meeting)
    assert paper.invited_words.replace("\u00a0", " ") == (
        "4 personnes invitées : 2 élus, 1 habitant et 1 sans qualité précisée"
    )
    assert all("Nom de famille" not in said for said in said_in(paper))


def test_changes_are_told_as_an_elu_hears_them(cast, meeting, last):
    fill(cast, meeting, last)
    paper = paper_of(meeting)
    moved = next(one for one in paper.changes.moved if one.fiche.number == "F0")
    assert moved.was[1] == "en cours"
    assert [line.replace("\u00a0", " ") for line in moved.lines] == [
        "Motif : Deux postes vacants",
        "Étape faite : Ouvrir le SIJ",
        "Visites – 2025 : 148",
    ]
    words = paper.changes.words.replace("\u00a0", " ")
    assert words == "1 fiche ajoutée, 1 fiche en difficulté, 1 étape faite et 1 valeur d’indicateur"


def test_a_new_wording_is_counted_and_not_told(cast, meeting, last):
    happened_on(date(2026, 1, 10))
    cast.fiche.constat = "<p>Autrement dit</p>"
    cast.fiche.save()
    happened_on(date(2026, 6, 1))
    changes = paper_of(meeting).changes
    assert (changes.moved, changes.words) == ([], "")
    assert changes.others == "1\u00a0fiche a été complétée ou corrigée"


@pytest.mark.parametrize(("entered", "known"), [(TODAY, False), (date(2026, 11, 1), True)])
def test_a_history_younger_than_the_question_is_said(cast, meeting, last, entered, known):
    """Nothing of a plan that was just entered is « added »."""
    happened_on(entered)
    paper = paper_of(meeting)
    assert paper.changes.moved == []
    assert paper.compared_from == (entered if known else None)
    assert ("connus à partir du 1er\u00a0novembre 2026" in paper.history_words) == known


def test_what_was_decided_and_what_became_of_it(cast, meeting, last, copil):
    done = DecisionFactory(meeting=last, text="Faite", state="done", done_on=date(2026, 4, 1))
    older = HeldFactory(convention=cast.convention, committee=copil, date=date(2025, 3, 1))
    DecisionFactory(meeting=older, text="Ancienne et faite", state="done", done_on=date(2025, 4, 1))
    open_ = DecisionFactory(meeting=older, text="Ancienne et ouverte")
    paper = paper_of(meeting)
    assert paper.previous == last
    assert [[*paper.decided], [*paper.pending]] == [[done], [open_]]


@pytest.mark.parametrize(("held", "expected"), [(True, SINCE), (False, date(2025, 11, 21))])
def test_changes_are_told_since_the_last_meeting_or_for_a_year(meeting, copil, held, expected):
    if held:
        HeldFactory(convention=meeting.convention, committee=copil)
    HeldFactory(
        convention=meeting.convention, committee__convention=meeting.convention, date=date(2026, 8, 1)
    )
    assert default_since(meeting) == expected


def test_a_young_convention_is_told_from_its_start(meeting):
    meeting.convention.period_start = date(2026, 6, 1)
    assert default_since(meeting) == date(2026, 6, 1)
    meeting.convention.period_start = date(2027, 6, 1)
    assert default_since(meeting) == date(2025, 11, 21)


def test_a_meeting_without_committee_has_a_pack_too(cast):
    alone = MeetingFactory(convention=cast.convention, committee=None, title="Forum", date=None)
    paper = paper_of(alone)
    assert paper.previous is None
    assert "Forum" in paper.title
    assert all(said_in(paper))


# --- What it keeps to itself ----------------------------------------------------------------------
def test_nothing_that_a_member_may_not_read(cast, meeting, last):
    fiche = cast.fiche
    FicheAction.objects.filter(pk=fiche.pk).update(axe=AxeFactory(convention=cast.convention))
    fiche.refresh_from_db()
    secret = "Confidence"
    NoteFactory(fiche=fiche, text=secret, visibility="confidential", date=date(2026, 9, 1))
    EvaluationFactory(fiche=fiche, done=f"<p>{secret}</p>")
    HighlightFactory(fiche=fiche, title=secret, date=date(2026, 9, 1), status="proposed")
    WeatherFactory(axe=fiche.axe, text=secret)
    indicator = IndicatorFactory(
        fiche=fiche, label="Compté", comparator="≥", target_value=10, target_mode="each_period"
    )
    MeasurementFactory(indicator=indicator, status="proposed", value=987654)
    ItemFactory(meeting=meeting, notes=secret)
    inhabitant = SeatFactory(
        committee=meeting.committee,
        quality="habitant",
        has_consented=True,
        contact=ContactFactory(name=secret),
    )
    DecisionFactory(meeting=last, text="Décision suivie", responsible=inhabitant.contact)
    DecisionFactory(meeting=meeting, text=secret)
    MeetingFactory(
        convention=cast.convention, committee=meeting.committee, title=secret, date=date(2027, 1, 5)
    )
    elsewhere = CommitteeFactory()
    DecisionFactory(meeting=HeldFactory(convention=elsewhere.convention, committee=elsewhere), text=secret)
    BudgetLine.objects.create(fiche=FicheFactory(), label=secret, year=2026, planned=5)
    paper = paper_of(meeting)
    assert paper.responsible(paper.decided[0]) == "un habitant"
    for said in said_in(paper):
        assert "Décision suivie" in said
        assert secret not in said
        assert "987" not in said


def test_words_that_people_typed_are_shown_and_never_run(meeting):
    hostile = "<script>alert(1)</script><b>"
    item = ItemFactory(meeting=meeting, title=hostile, text=hostile, asks_decision=True)
    item.options.create(title=hostile, consequences=hostile)
    html, pdf, slides = said_in(paper_of(meeting))
    assert "<script" not in html
    assert "alert(1)" in html
    assert hostile in pdf
    assert hostile in slides


# --- The forms ------------------------------------------------------------------------------------
def test_the_pdf_is_tagged_titled_french_and_bookmarked(cast, meeting, last):
    fill(cast, meeting, last, 2)
    paper = paper_of(meeting)
    pdf = pack_pdf(paper, pack_html(paper))
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        catalog = opened.doc.catalog
        assert opened.metadata["Title"] == paper.title
        assert catalog["Lang"] == b"fr"
        assert catalog["MarkInfo"]["Marked"] is True
        assert b'pdfuaid:part="1"' in catalog["Metadata"].resolve().get_data()
        pages = [flat(page.extract_text()) for page in opened.pages]
    marks = [mark.get_title() for mark in pypdfium2.PdfDocument(pdf).get_toc()]
    assert marks[0] == "COPIL"
    assert [part for part in PARTS if part in marks] == list(PARTS)
    # Each question has a page of its own.
    asked = [page for page in pages if "Option 1" in page]
    assert len(asked) == 2
    assert all(page.count("Option 1") == 1 for page in asked)


def test_the_slides_have_a_title_each_and_one_a_question(cast, meeting, last):
    fill(cast, meeting, last)
    show = show_of(paper_of(meeting))
    assert [title.replace("\u00a0", " ") for title in titles(show)] == [
        "COPIL",
        "En bref",
        "Ordre du jour",
        "Ce qui avait été décidé",
        "Décisions d’autres réunions encore en cours",
        "Ce qui a changé depuis la réunion du 12 mars 2026",
        "Où en sont les axes",
        "Météo des axes",
        "Indicateurs",
        "Indicateurs en deçà de leur trajectoire",
        "Points d’attention",
        "À décider : Où ouvrir ?",
        "Temps forts depuis la réunion du 12 mars 2026",
        "Budget",
        "Calendrier",
    ]
    assert_inside(show)
    question = slide_named(show, "À décider\u00a0: Où ouvrir ?")
    assert table_of(question) == [
        ["Option 1\u00a0: À Altkirch", "Option 2\u00a0: À Ferrette"],
        ["12 000 € par an", "Sans coût"],
    ]
    assert "À Ferrette" in question.notes_slide.notes_text_frame.text
    assert all(slide.has_notes_slide for slide in list(show.slides)[1:])


def test_the_charts_of_the_slides_are_the_tables_of_the_page(cast, meeting, last):
    fill(cast, meeting, last, 3)
    AxeFactory(convention=cast.convention, title="Sans fiche")
    paper = paper_of(meeting)
    show = show_of(paper)
    plot = chart_of(slide_named(show, "Où en sont les axes"))
    assert list(plot.categories) == [label for label, _ in paper.table[:-1]]
    for place, series in enumerate(plot.series):
        assert series.name == paper.statuses[place].label
        assert list(series.values) == [row[place] for _, row in paper.table[:-1]]
    plot = chart_of(slide_named(show, "Indicateurs"))
    drawn = [
        (label, f"{value:.0f}") for label, value in zip(plot.categories, plot.series[0].values, strict=True)
    ]
    assert drawn == list(paper.attainment.rows)


def test_long_words_stay_on_their_slide(cast, meeting, last):
    long = "Une phrase qui dit beaucoup de choses à la fois. "
    DecisionFactory(meeting=last, text=long * 60)
    cast.fiche.status, cast.fiche.status_reason = "bloquee", long * 6
    cast.fiche.title = long * 6
    cast.fiche.save()
    for options in (0, 1, 3, 7):
        item = ItemFactory(meeting=meeting, title=(long * 5)[:240], text=long * 100, asks_decision=True)
        item.fiches.add(cast.fiche)
        for _ in range(options):
            item.options.create(title=(long * 5)[:240], consequences=long * 40)
    show = show_of(paper_of(meeting))
    assert_inside(show)
    assert sum("À décider" in title for title in titles(show)) == 4
    html = pack_html(paper_of(meeting))
    assert long * 99 in html


@pytest.mark.parametrize("count", [1, 3])
def test_reading_costs_the_same_for_one_and_for_many(cast, meeting, last, django_assert_num_queries, count):
    fill(cast, meeting, last, count)
    found = Meeting.objects.select_related("committee", "convention").get(pk=meeting.pk)
    with django_assert_num_queries(40):
        paper = read_pack(found, SINCE, TODAY)
    with django_assert_num_queries(0):
        pack_pdf(paper, pack_html(paper))
        pack_slides(paper)


# --- Asking for it --------------------------------------------------------------------------------
@pytest.fixture
def sent(monkeypatch):
    messages: list[tuple[str, list]] = []
    monkeypatch.setattr(
        Signature, "apply_async", lambda self, **_: messages.append((self.task, list(self.args)))
    )
    return messages


def url(view, convention, row):
    return reverse(f"governance:{view}", args=[convention.slug, row.uuid])


@pytest.fixture
def ask(cast, sign_in, sent, django_capture_on_commit_callbacks):
    def asked(meeting, role="coordinator", since="2026-03-12"):
        with django_capture_on_commit_callbacks(execute=True):
            return sign_in(cast.roles[role]).post(
                url("pack_build", cast.convention, meeting), {"since": since}
            )

    return asked


def deliver(job):
    current_app.tasks[job.task].run(job.pk)
    job.refresh_from_db()
    return job


def test_pack_build_makes_a_pack_in_the_background(cast, meeting, last, ask):
    response = ask(meeting)
    job = Job.objects.get()
    assert (response.status_code, response.url) == (302, job.get_absolute_url())
    assert deliver(job).state == State.DONE
    pack = Pack.objects.get()
    assert (pack.meeting, pack.since, pack.author) == (meeting, SINCE, cast.roles["coordinator"])
    assert (pack.pdf.extension, pack.slides.extension, pack.shared_at) == ("pdf", "pptx", None)
    assert "En bref" in pack.html


def test_pack_build_asked_twice_is_made_once(meeting, ask):
    assert ask(meeting).url == ask(meeting).url
    assert Job.objects.count() == 1


def test_pack_build_in_one_click_tells_since_the_last_meeting(meeting, last, ask):
    ask(meeting, since="")
    assert Job.objects.get().args == [meeting.pk, "2026-03-12"]


def test_pack_build_offers_the_last_meeting(cast, meeting, last, sign_in):
    page = sign_in(cast.roles["coordinator"]).get(url("pack_build", cast.convention, meeting))
    assert page.context["form"].initial == {"since": SINCE}


@pytest.mark.parametrize("since", ["demain", "2026-12-01", "0001-01-01", "99999-01-01"])
def test_pack_build_refuses_another_day(meeting, ask, since):
    response = ask(meeting, since=since)
    assert response.status_code == 422
    assert Job.objects.count() == 0


@pytest.mark.parametrize(
    ("role", "status"),
    [("thematic", 403), ("elected", 403), ("caf", 403), ("reader", 403), ("outsider", 404)],
)
def test_pack_build_is_for_who_runs_the_meeting(meeting, ask, role, status):
    assert ask(meeting, role).status_code == status
    assert Job.objects.count() == 0


def test_pack_build_is_for_a_meeting_to_come(last, ask):
    assert ask(last).status_code == 403


def test_a_right_that_has_ended_makes_nothing(cast, meeting, ask):
    ask(meeting)
    cast.roles["coordinator"].memberships.update(ended_on="2021-01-01")
    job = deliver(Job.objects.get())
    assert (job.state, Pack.objects.count()) == (State.FAILED, 0)
    assert "n’est plus de votre ressort" in job.error


def test_only_the_last_packs_stay_and_those_that_were_shared(meeting):
    shared = PackFactory(meeting=meeting, shared_at=timezone.now(), made_at=timezone.now().replace(year=2025))
    elsewhere = PackFactory(made_at=timezone.now().replace(year=2025))
    for _ in range(KEPT + 1):
        made = make_pack(meeting, SINCE, by=None, progress=lambda *_: None)
    kept = Pack.objects.filter(meeting=meeting)
    assert kept.count() == KEPT + 1
    assert kept.first() == made
    assert {shared, elsewhere} <= set(Pack.objects.all())


@pytest.mark.django_db(transaction=True)
def test_two_builds_at_once_make_two_packs(cast, meeting, last):
    fill(cast, meeting, last)
    start, made = Barrier(2), []

    def build():
        try:
            start.wait()
            made.append(make_pack(meeting, SINCE, by=None, progress=lambda *_: None).pk)
        finally:
            connection.close()

    threads = [Thread(target=build) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == sorted(Pack.objects.values_list("pk", flat=True))
    assert len(made) == 2


# --- Reading and sharing it -----------------------------------------------------------------------
def test_a_pack_is_read_once_it_is_shared(cast, meeting, sign_in):
    pack = PackFactory(meeting=meeting)
    coordinator, reader = sign_in(cast.roles["coordinator"]), sign_in(cast.roles["reader"])
    here = url("pack_detail", cast.convention, pack)
    assert [client.get(here).status_code for client in (coordinator, reader)] == [200, 404]
    share = url("pack_share", cast.convention, pack)
    assert reader.post(share).status_code == 404
    response = coordinator.post(share)
    assert response.url == f"{url('meeting_detail', cast.convention, meeting)}#dossier"
    pack.refresh_from_db()
    assert pack.shared_at == timezone.now()
    page = reader.get(here)
    assert "<h2>En bref</h2>" in page.content.decode()
    assert reader.post(share).status_code == 403
    assert sign_in(cast.roles["outsider"]).get(here).status_code == 404


def test_a_pack_waits_for_its_meeting_to_be_known(cast, copil, sign_in):
    draft = MeetingFactory(convention=cast.convention, committee=copil)
    pack = PackFactory(meeting=draft)
    client = sign_in(cast.roles["coordinator"])
    page = client.post(url("pack_share", cast.convention, pack), follow=True)
    assert "Convoquez d’abord la réunion" in page.content.decode()
    pack.refresh_from_db()
    assert pack.shared_at is None


@pytest.mark.parametrize(
    ("view", "media_type", "opens"),
    [("pack_pdf", "application/pdf", "inline"), ("pack_slides", "presentation", "attachment")],
)
@pytest.mark.parametrize(
    ("role", "shared", "alone"),
    [("coordinator", 200, 200), ("elected", 200, 404), ("reader", 200, 404), ("outsider", 404, 404)],
)
def test_the_files_of_a_pack_are_read_with_it(
    cast, meeting, sign_in, view, media_type, opens, role, shared, alone
):
    client = sign_in(cast.roles[role])
    for expected, at in ((shared, timezone.now()), (alone, None)):
        response = client.get(url(view, cast.convention, PackFactory(meeting=meeting, shared_at=at)))
        assert response.status_code == expected
        if expected == 200:
            assert media_type in response["Content-Type"]
            assert response["Content-Disposition"].startswith(opens)
            assert b"".join(response.streaming_content)
    bare = PackFactory(meeting=meeting, shared_at=timezone.now(), pdf=None, slides=None)
    assert client.get(url(view, cast.convention, bare)).status_code == 404


def test_a_pack_of_another_convention_is_404_under_mine(cast, sign_in):
    foreign = PackFactory(shared_at=timezone.now())
    client = sign_in(cast.roles["administrator"])
    assert client.get(url("pack_detail", cast.convention, foreign)).status_code == 404


def test_the_page_of_the_meeting_offers_what_its_reader_may_have(cast, meeting, sign_in):
    here = url("meeting_detail", cast.convention, meeting)
    assert "Préparer le dossier" in sign_in(cast.roles["coordinator"]).get(here).content.decode()
    assert "Dossier de séance" not in sign_in(cast.roles["reader"]).get(here).content.decode()
    PackFactory(meeting=meeting)
    mine = sign_in(cast.roles["coordinator"]).get(here).content.decode()
    assert "Partager avec les membres" in mine
    assert "Préparer de nouveau" in mine
    PackFactory(meeting=meeting, shared_at=timezone.now())
    theirs = sign_in(cast.roles["reader"]).get(here)
    assert [pack.shared_at is not None for pack in theirs.context["packs"]] == [True]
    assert "Partager avec les membres" not in theirs.content.decode()
