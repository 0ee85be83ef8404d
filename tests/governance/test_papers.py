"""The papers of a meeting: what they say, to whom, and that they stay readable whatever was typed."""

import io
from datetime import date
from itertools import pairwise

import pdfplumber
import pytest
import time_machine
from celery import current_app
from celery.canvas import Signature
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from docx import Document

from actions.models import FicheAction
from ctg.jobs.models import Job, State
from governance.documents import Paper, minutes_pdf, offered, paper_docx, paper_pdf, read_meeting
from governance.models import DecisionReview, Meeting
from tests.factories import ContactFactory, FicheFactory
from tests.factories.cast import make_cast
from tests.factories.steering import (
    AttendanceFactory,
    CommitteeFactory,
    DecisionFactory,
    EffectFactory,
    HeldFactory,
    ItemFactory,
    MeetingFactory,
    SeatFactory,
)

ATTENDANCE, DECISIONS, MINUTES = Paper
HOSTILE = "<script>alert(1)</script> & « {{ 7*7 }} » \U0001f600 \x0b" + "x" * 300


@pytest.fixture(autouse=True)
def _day():
    with time_machine.travel("2026-11-21 10:00:00+01:00", tick=False):
        yield


@pytest.fixture
def cast(db):
    return make_cast()


@pytest.fixture
def committee(cast):
    return CommitteeFactory(convention=cast.convention, name="COPIL")


@pytest.fixture
def held(cast, committee):
    """Closed, its minutes still a draft."""
    return HeldFactory(convention=cast.convention, committee=committee, place="Salle du conseil")


@pytest.fixture
def read(cast):
    def reading(meeting, role="coordinator"):
        user = cast.roles[role]
        found = (
            Meeting.objects.visible_to(user)
            .with_rights(user)
            .select_related("committee", "president", "convention__carrier")
            .get(pk=meeting.pk)
        )
        return read_meeting(found, user)

    return reading


def sent(meeting, **fields):
    Meeting.objects.filter(pk=meeting.pk).update(
        **{"minutes_state": "sent", "minutes_sent_at": timezone.now()} | fields
    )


def person(meeting, name="Anne Weiss", **fields):
    body = {"organisation": None, "label": fields.pop("body", "Ville d’Altkirch")}
    contact = ContactFactory(name=name, function=fields.pop("function", "maire"), **body)
    return AttendanceFactory(meeting=meeting, contact=contact, **fields)


def flat(text):
    return " ".join(text.split())


def pages(pdf):
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        return [flat(page.extract_text()) for page in opened.pages]


def words(docx):
    """Its paragraphs and the cells of its tables, in their order."""
    document = Document(io.BytesIO(docx))
    said = []
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            said += [cell.text for row in block.rows for cell in row.cells]
        else:
            said.append(block.text)
    return flat("\n".join(said))


def deep(meeting, count=3):
    """A meeting with a bit of all, `count` times over."""
    for place in range(count):
        person(meeting, f"Personne {place}", presence="present", quality="elu")
        item = ItemFactory(meeting=meeting, title=f"Sujet {place}", notes="- un\n- deux", outcome="treated")
        item.options.create(title="Louer", consequences="12 000 € par an")
        decision = DecisionFactory(meeting=meeting, item=item, responsible=ContactFactory(name="Paul Kern"))
        EffectFactory(decision=decision, fiche=FicheFactory(convention=meeting.convention))
        earlier = HeldFactory(
            convention=meeting.convention, committee=meeting.committee, date=date(2025, 3, 1)
        )
        former = DecisionFactory(meeting=earlier, text=f"Ancienne {place}")
        DecisionReview.objects.create(decision=former, meeting=meeting, state="doing", words="Bientôt.")


# --- The sheet to sign ----------------------------------------------------------------------------
def test_the_sheet_names_those_asked_and_what_is_known_of_them(cast, committee, read):
    meeting = MeetingFactory(convention=cast.convention, committee=committee, place="Salle des fêtes")
    person(meeting, "Zoé Arnold", quality="elu", presence="present")
    substitute = person(meeting, "Paul Kern", function="directeur", body="Caf", quality="direction")
    SeatFactory(committee=committee, contact=substitute.contact, is_substitute=True)
    person(
        meeting,
        "Lucie Meyer",
        answer="represented",
        answered_at=timezone.now(),
        represented_by="Marc Roth",
    )
    person(meeting, "Absente Partie", removed_at=timezone.now())
    [text] = pages(paper_pdf(ATTENDANCE, read(meeting)))
    assert "COPIL Jeudi 11 mars 2027, de 14 h à 16 h · Salle des fêtes" in text
    assert text.index("Zoé Arnold") < text.index("Paul Kern") < text.index("Lucie Meyer")
    for said in ("maire", "Ville d’Altkirch", "présent", "direction, suppléant", "représenté par Marc Roth"):
        assert said in text
    assert "Absente" not in text


def test_whoever_came_all_the_same_is_not_said_to_be_represented(held, read):
    person(
        held, answer="represented", answered_at=timezone.now(), represented_by="Marc Roth", presence="present"
    )
    [one] = read(held).people
    assert (one.state, one.words) == ("présent", "Anne Weiss, maire (Ville d’Altkirch)")


@pytest.mark.parametrize(("count", "spare", "sheets"), [(0, 12, 1), (1, 11, 1), (3, 9, 1), (40, 5, 3)])
def test_the_sheet_has_room_for_those_who_come_unannounced(held, read, count, spare, sheets):
    for place in range(count):
        person(held, f"Personne {place:02}")
    paper = read(held)
    pdf = paper_pdf(ATTENDANCE, paper)
    assert len(paper.spare_lines) == spare
    found = pages(pdf)
    assert len(found) == sheets
    assert all("Nom, fonction Organisme, qualité Signature" in page for page in found)
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        rows = [row for page in opened.pages for table in page.find_tables() for row in table.rows]
    # Lines to sign are at least 12 mm high.
    assert sum(row.bbox[3] - row.bbox[1] > 33 for row in rows) == count + spare


# --- What was decided -----------------------------------------------------------------------------
def decide(held):
    item = ItemFactory(meeting=held, outcome="treated")
    option = item.options.create(title="Un lieu itinérant")
    decision = DecisionFactory(
        meeting=held,
        item=item,
        option=option,
        text="Le lieu sera itinérant.",
        kind="arbitrage",
        responsible=ContactFactory(name="Paul Kern"),
        due_on=date(2026, 12, 31),
        state="doing",
        state_words="Deux signés.",
    )
    fiche = FicheFactory(convention=held.convention, number="2.1", title="Ludothèque")
    EffectFactory(
        decision=decision,
        fiche=fiche,
        status=FicheAction.Status.REPORTEE,
        reason="travaux",
        new_date=date(2027, 3, 1),
    )


SAID = (
    "Le lieu sera itinérant.",
    "Option retenue : Un lieu itinérant",
    "2.1 Ludothèque : reportée au 1er mars 2027 (travaux)",
    "arbitrage",
    "Paul Kern, pour le",
    "Deux signés.",
    "Suites des décisions précédentes",
    "Rencontrer les communes.",
    "en cours",
)


@pytest.mark.parametrize("kind", ["pdf", "docx"])
def test_decisions_are_told_with_what_became_of_earlier_ones(held, committee, read, kind):
    decide(held)
    earlier = HeldFactory(convention=held.convention, committee=committee, date=date(2025, 3, 1))
    former = DecisionFactory(
        meeting=earlier, text="Rencontrer les communes.", state="done", done_on=date(2026, 6, 1)
    )
    DecisionReview.objects.create(decision=former, meeting=held, state="doing", words="Date prise.")
    paper = read(held, "reader")
    if kind == "pdf":
        [text] = pages(paper_pdf(DECISIONS, paper))
    else:
        text = words(paper_docx(DECISIONS, paper))
    missing = [said for said in SAID if said not in text]
    assert missing == []
    # As the meeting found it, not as it became.
    assert ("Date prise." in text, "faite" in text) == (True, False)


def test_a_meeting_that_decided_nothing_says_so(held, read):
    [text] = pages(paper_pdf(DECISIONS, read(held)))
    assert "Cette réunion n’a pas pris de décision." in text
    assert "Suites" not in text


# --- What was said --------------------------------------------------------------------------------
def test_minutes_tell_the_whole_meeting_in_its_order(held, committee, read):
    held.notes, held.president = (
        "La présidente ouvre la séance.",
        ContactFactory(name="Anne Weiss", function=""),
    )
    held.save()
    person(held, "Zoé Arnold", presence="present")
    person(held, "Paul Kern", presence="excused")
    person(held, "Lucie Meyer", presence="represented", represented_by="Marc Roth")
    person(held, "Éric Muller", presence="absent")
    person(held, "Sofia Haddad")
    first = ItemFactory(
        meeting=held, title="Bilan 2025", notes="- neuf fiches\n- deux sans pilote", position=1
    )
    chosen = first.options.create(title="Louer", consequences="12 000 € par an")
    DecisionFactory(meeting=held, item=first, option=chosen, text="Le bilan est validé.")
    ItemFactory(meeting=held, title="Calendrier 2027", outcome="postponed", position=2)
    DecisionFactory(meeting=held, text="Le plan est imprimé.", kind="information", state="none")
    MeetingFactory(
        convention=held.convention, committee=committee, state="convened", convened_at=timezone.now()
    )
    MeetingFactory(convention=held.convention, committee=committee, date=date(2026, 12, 1), place="Secret")
    paper = read(held)
    expected = [
        "Présidée par",
        "Anne Weiss",
        "Présents (1)",
        "Zoé Arnold, maire (Ville d’Altkirch)",
        "Représentés (1)",
        "Lucie Meyer, maire (Ville d’Altkirch), par Marc Roth",
        "Excusés (1)",
        "Absents (1)",
        "Non pointés (1)",
        "En ouverture",
        "La présidente ouvre la séance.",
        "1. Bilan 2025",
        "neuf fiches",
        "Option 1 : Louer",
        "retenue",
        "12 000 € par an",
        "Décision 1",
        "Le bilan est validé.",
        "2. Calendrier 2027",
        "Reporté à la prochaine réunion",
        "Autres décisions",
        "Décision 2",
        "Le plan est imprimé.",
        "Prochaine réunion",
        "Jeudi 11 mars 2027, de 14 h à 16 h",
    ]
    for text in (" ".join(pages(paper_pdf(MINUTES, paper))), words(paper_docx(MINUTES, paper))):
        at = -1
        for said in expected:
            at = text.find(flat(said), at + 1)
            assert at >= 0, said
        assert "Secret" not in text


def test_a_draft_says_so_on_each_page(held, read):
    for place in range(3):
        ItemFactory(meeting=held, notes="Une phrase.\n\n" * 60, position=place)
    found = pages(paper_pdf(MINUTES, read(held)))
    assert len(found) > 3
    assert all(page.startswith("Projet de compte rendu – COPIL, 12 mars 2026 PROJET") for page in found)
    document = Document(io.BytesIO(paper_docx(MINUTES, read(held))))
    assert document.sections[0].header.paragraphs[0].text.startswith("Projet de compte rendu")
    assert "projet, non diffusé" in words(paper_docx(MINUTES, read(held)))


def test_sent_and_approved_minutes_are_dated_and_no_draft(held, read):
    sent(held)
    [text] = pages(paper_pdf(MINUTES, read(held)))
    assert "Compte rendu envoyé le 21 novembre 2026" in text
    sent(held, minutes_state="approved", minutes_approved_at=timezone.now())
    [text] = pages(paper_pdf(MINUTES, read(held)))
    assert "Compte rendu approuvé le 21 novembre 2026" in text
    assert "rojet" not in text


def test_a_past_meeting_known_by_little_has_its_papers(cast, read):
    meeting = HeldFactory(
        convention=cast.convention,
        committee=None,
        title="Journée de lancement",
        date=None,
        starts_at=None,
        ends_at=None,
        date_words="printemps 2025",
        people=45,
    )
    [text] = pages(paper_pdf(MINUTES, read(meeting)))
    assert "Journée de lancement Printemps 2025" in text
    assert "Participants 45 personnes" in text
    assert "Prochaine réunion" not in text
    assert "45 personnes" in words(paper_docx(MINUTES, read(meeting)))


def test_long_and_hostile_texts_stay_words(held, read):
    held.notes, held.place = "mot " * 2500, HOSTILE[:200].replace("\x0b", "")
    held.save()
    person(held, HOSTILE[:150], function="<b>", body="&amp;", presence="present")
    item = ItemFactory(meeting=held, title=HOSTILE[:200], notes="x" * 10_000)
    item.options.create(title="<i>", consequences=HOSTILE)
    DecisionFactory(meeting=held, item=item, text=HOSTILE)
    paper = read(held)
    for kind in Paper:
        text = " ".join(pages(paper_pdf(kind, paper)))
        assert ("<script>" in text, "49" in text) == (True, False)
    assert "<script>alert(1)</script> & « {{ 7*7 }} »" in words(paper_docx(MINUTES, paper))


# --- Made well ------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", Paper)
def test_papers_are_tagged_titled_and_french(held, read, kind):
    deep(held)
    paper = read(held)
    with pdfplumber.open(io.BytesIO(paper_pdf(kind, paper))) as opened:
        catalog, tree = opened.doc.catalog, opened.structure_tree
        fonts = {char["fontname"].partition("+")[2] for page in opened.pages for char in page.chars}
        assert opened.metadata["Title"] == paper.title(kind)
    assert catalog["Lang"] == b"fr"
    assert b'pdfuaid:part="1"' in catalog["Metadata"].resolve().get_data()
    assert {name.split("-")[0] for name in fonts} == {"Inter"}

    def kinds(elements):
        for element in elements:
            yield element["type"]
            yield from kinds(element.get("children", []))

    found = list(kinds(tree))
    levels = [int(one[1]) for one in found if one in ("H1", "H2", "H3")]
    assert (levels[0], levels.count(1)) == (1, 1)
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert {"Table", "TH", "TD"} <= set(found)


@pytest.mark.parametrize("count", [1, 3, 40])
def test_reading_a_meeting_costs_the_same_for_one_and_for_forty(held, cast, count):
    deep(held, count)
    user = cast.roles["reader"]
    meeting = Meeting.objects.select_related("committee", "president", "convention").get(pk=held.pk)
    with CaptureQueriesContext(connection) as queries:
        paper = read_meeting(meeting, user)
        paper_docx(MINUTES, paper)
    assert (len(queries), len(paper.points)) == (12, count)


def test_minutes_go_with_a_mail_under_a_name_that_any_system_takes(held, cast):
    Meeting.objects.filter(pk=held.pk).update(title="Bilan / perspectives")
    sent(held)
    meeting = Meeting.objects.select_related("committee", "president", "convention").get(pk=held.pk)
    name, content = minutes_pdf(meeting, cast.roles["coordinator"])
    assert name == "Compte rendu – Bilan - perspectives, 12 mars 2026.pdf"
    assert "Compte rendu envoyé le 21 novembre 2026" in pages(content)[0]


# --- Who gets what --------------------------------------------------------------------------------
NOBODY_YET = {"state": "draft", "closed_at": None}
BEGUN = {"state": "in_progress", "closed_at": None, "opened_at": timezone.now()}
CANCELLED = {"state": "cancelled", "closed_at": None, "cancelled_at": timezone.now(), "cancel_reason": "x"}


@pytest.mark.parametrize(
    ("fields", "by_runner", "by_member"),
    [
        (NOBODY_YET, [ATTENDANCE], []),
        (BEGUN, [ATTENDANCE, MINUTES], []),
        ({}, [ATTENDANCE, DECISIONS, MINUTES], [DECISIONS]),
        ({"minutes_state": "sent"}, [ATTENDANCE, DECISIONS, MINUTES], [DECISIONS, MINUTES]),
        ({"minutes_state": "approved"}, [ATTENDANCE, DECISIONS, MINUTES], [DECISIONS, MINUTES]),
        (CANCELLED, [], []),
    ],
)
def test_papers_are_offered_as_the_meeting_goes(fields, by_runner, by_member):
    meeting = Meeting(**{"state": "closed"} | fields)
    meeting.can_run = True
    assert offered(meeting) == by_runner
    meeting.can_run = False
    assert offered(meeting) == by_member


@pytest.fixture
def ask(client, cast, monkeypatch, django_capture_on_commit_callbacks):
    """`ask("reader", meeting, "releve.pdf")`: what the person gets when asking for a paper."""
    monkeypatch.setattr(Signature, "apply_async", lambda self, **_: None)

    def asked(role, meeting, kind):
        client.force_login(cast.roles[role])
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(url("meeting_paper", meeting, kind))

    return asked


def url(name, meeting, *more):
    return reverse(f"governance:{name}", args=[meeting.convention.slug, meeting.uuid, *more])


def deliver(job):
    current_app.tasks[job.task].run(job.pk)
    job.refresh_from_db()
    return job


@pytest.mark.parametrize(
    ("kind", "filename"),
    [
        (kind, f"{name}.{kind.partition('.')[2]}")
        for paper, name in (
            (ATTENDANCE, "Feuille d’émargement – COPIL, 12 mars 2026"),
            (DECISIONS, "Relevé de décisions – COPIL, 12 mars 2026"),
            (MINUTES, "Projet de compte rendu – COPIL, 12 mars 2026"),
        )
        for kind in paper.kinds
    ],
)
def test_meeting_paper_is_made_in_the_background(ask, held, kind, filename):
    response = ask("coordinator", held, kind)
    job = Job.objects.get()
    assert response.headers["Location"] == job.get_absolute_url()
    ask("coordinator", held, kind)
    assert Job.objects.count() == 1
    assert deliver(job).state == State.DONE
    assert job.filename == filename
    with job.file.open() as file:
        assert file.read(4) in (b"%PDF", b"PK\x03\x04")


def test_meeting_paper_is_refused_to_whoever_may_not_have_it(ask, held):
    assert ask("reader", held, "compte-rendu.pdf").status_code == 403
    assert ask("thematic", held, "emargement.pdf").status_code == 403
    assert ask("outsider", held, "releve.pdf").status_code == 404
    assert not Job.objects.exists()


def test_meeting_paper_asked_for_is_not_given_once_the_right_is_gone(ask, held):
    sent(held)
    ask("reader", held, "compte-rendu.pdf")
    sent(held, minutes_state="draft", minutes_sent_at=None)
    job = deliver(Job.objects.get())
    assert (job.state, job.error) == (State.FAILED, "Ce document n’est pas, ou plus, à votre disposition.")


def test_meeting_paper_of_an_unknown_kind_is_404(client, cast, held):
    client.force_login(cast.roles["coordinator"])
    page = url("meeting_paper", held, "releve.pdf")
    assert client.post(page.replace("releve.pdf", "releve.odt")).status_code == 404
    assert client.post(page.replace("releve.pdf", "emargement.docx")).status_code == 404


# --- To read --------------------------------------------------------------------------------------
@pytest.fixture
def minutes(client, cast):
    def opened(meeting, role="coordinator"):
        client.force_login(cast.roles[role])
        return client.get(url("meeting_minutes", meeting))

    return opened


def test_meeting_minutes_are_for_all_once_sent(minutes, held):
    deep(held, 1)
    assert minutes(held, "reader").status_code == 403
    assert minutes(held, "outsider").status_code == 404
    text = minutes(held).text
    assert "Projet de compte rendu" in text
    assert url("minutes_send", held) in text
    sent(held)
    text = flat(minutes(held, "reader").text)
    assert "Sujet 0" in text
    assert "envoyé le 21 novembre 2026" in text
    assert "Marquer comme approuvé" not in text
    assert "Marquer comme approuvé" in minutes(held).text


def test_meeting_minutes_wait_for_the_session(minutes, cast, committee):
    meeting = MeetingFactory(convention=cast.convention, committee=committee)
    assert minutes(meeting).headers["Location"] == url("meeting_detail", meeting)


def test_meeting_minutes_of_nothing_are_a_page(minutes, held):
    assert "Cette réunion n’a pas pris de décision." in minutes(held).text


@pytest.mark.parametrize("count", [1, 3])
def test_meeting_minutes_cost_the_same_for_one_and_for_three(
    client, cast, held, count, django_assert_num_queries
):
    deep(held, count)
    sent(held)
    client.force_login(cast.roles["reader"])
    client.get(url("meeting_minutes", held))
    with django_assert_num_queries(17):
        client.get(url("meeting_minutes", held))


def test_meeting_papers_are_offered_on_the_page_of_the_meeting(client, cast, held):
    client.force_login(cast.roles["reader"])
    text = client.get(url("meeting_detail", held)).text
    assert url("meeting_paper", held, "releve.docx") in text
    assert url("meeting_paper", held, "emargement.pdf") not in text
    assert url("meeting_minutes", held) not in text
