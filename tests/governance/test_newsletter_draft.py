"""What a letter is drafted from: the facts of its days, and nothing that was not to be told."""

import io
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
import time_machine
from PIL import Image

from actions.models import Document
from ctg.files.services import store_bytes
from governance.newsletter import drafted
from governance.services import newsletters as services
from tests.factories import (
    ConventionFactory,
    FicheFactory,
    FundingCallFactory,
    HighlightFactory,
    IndicatorFactory,
    MeasurementFactory,
    MembershipFactory,
    NoteFactory,
    StepFactory,
)
from tests.factories.newsletter import NewsletterFactory
from tests.factories.steering import CommitteeFactory, DecisionFactory, HeldFactory, MeetingFactory

pytestmark = pytest.mark.django_db

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 22, 9, tzinfo=PARIS)
START, END = date(2026, 9, 1), date(2026, 11, 22)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def convention():
    return ConventionFactory(territory_name="Sundgau")


@pytest.fixture
def picture():
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "JPEG")
    return out.getvalue()


def texts(convention, start=START, end=END):
    return {
        one.source.split(":")[0] + ":" + one.title: one.text.replace("\u00a0", " ")
        for one in drafted(convention, start, end)
    }


def test_draft_of_nothing_is_empty(convention):
    assert drafted(convention, START, END) == []


def changed(fiche, status, day):
    """Its history is stamped by the database: the change is put on that day."""
    fiche.status = status
    fiche.save()
    last = fiche.events.latest("pgh_id")
    fiche.events.filter(pk=last.pk).update(pgh_created_at=datetime.combine(day, time(9), PARIS))


def test_draft_tells_what_is_done_and_what_begins(convention):
    """By the history: what comes back from a pause does not begin, what came later is for the next one."""
    done, begun, paused, later = (
        FicheFactory(convention=convention, title=title, status=status)
        for title, status in (
            ("Ouvrir le SIJ", "en_cours"),
            ("Créer un forum", "non_demarree"),
            ("Reprendre", "en_pause"),
            ("Après", "en_cours"),
        )
    )
    changed(done, "realisee", END)
    changed(begun, "en_cours", START)
    changed(paused, "en_cours", date(2026, 10, 5))
    changed(later, "realisee", date(2026, 11, 23))
    assert texts(convention) == {
        "facts:Actions réalisées": "Une action est réalisée : « Ouvrir le SIJ ».",
        "facts:Actions lancées": "Une action démarre : « Créer un forum ».",
    }


def test_draft_keeps_notes_and_moments_marked_to_be_published(convention):
    fiche = FicheFactory(convention=convention, title="Le réseau")
    for visibility in ("publish", "visible", "confidential"):
        NoteFactory(fiche=fiche, date=date(2026, 10, 1), text=f"note {visibility}", visibility=visibility)
    NoteFactory(fiche=fiche, date=date(2026, 10, 1), text="proposée", visibility="publish", status="proposed")
    moment = {"fiche": fiche, "date": date(2026, 10, 3)}
    HighlightFactory(**moment, title="Le forum", text="Cent familles.", is_publishable=True)
    HighlightFactory(**moment, title="Entre nous")
    HighlightFactory(**moment, title="Proposé", is_publishable=True, status="proposed")
    HighlightFactory(fiche=fiche, date=date(2026, 8, 31), title="Avant", is_publishable=True)
    assert texts(convention) == {
        "highlight:Le forum": "3 octobre 2026\n\nCent familles.",
        "facts:Des nouvelles du terrain": (
            "Une action donne de ses nouvelles :\n\n- « Le réseau » – note publish."
        ),
    }


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("", "Décisions du COTECH du 10 septembre 2026"),
        ("Commission Jeunesse", "Décisions de la commission Jeunesse du 10 septembre 2026"),
        ("Assemblée des habitants", "Décisions de l’assemblée des habitants du 10 septembre 2026"),
        ("Comité de suivi.", "Décisions du comité de suivi du 10 septembre 2026"),
        ("Forum « Parents »", "Décidé : Forum « Parents », 10 septembre 2026"),
        ("COPIL du 10 septembre", "Décidé : COPIL du 10 septembre, 10 septembre 2026"),
        ("Commissionnaires", "Décidé : Commissionnaires, 10 septembre 2026"),
    ],
)
def test_draft_names_whose_decisions(convention, title, said):
    body = CommitteeFactory(convention=convention, name="COTECH")
    sent = {"minutes_state": "sent", "minutes_sent_at": datetime(2026, 9, 20, 9, tzinfo=PARIS)}
    held = HeldFactory(convention=convention, committee=body, title=title, date=date(2026, 9, 10), **sent)
    DecisionFactory(meeting=held, text="Le bilan est validé.")
    [block] = drafted(convention, START, END)
    assert block.title.replace("\u00a0", " ") == said


def document(fiche, title, **fields):
    stored = store_bytes("guide.txt", b"Un guide")
    return Document.objects.create(fiche=fiche, title=title, stored=stored, **{"created_at": NOW} | fields)


def test_draft_tells_steps_figures_decisions_dates_and_calls(convention):
    fiche = FicheFactory(convention=convention, title="Le réseau")
    StepFactory(fiche=fiche, title="Choisir un lieu", state="done", done_on=date(2026, 9, 1))
    StepFactory(fiche=fiche, title="Avant", state="done", done_on=date(2026, 8, 31))
    StepFactory(fiche=fiche, title="Inaugurer", due_on=date(2027, 1, 14))
    StepFactory(fiche=fiche, title="Un jour de 2026", due_on=date(2026, 12, 31))
    indicator = IndicatorFactory(fiche=fiche, label="Visites", unit="visites")
    for year, value, entered in ((2024, 120, 2025), (2025, 148, 2026)):
        MeasurementFactory(
            indicator=indicator,
            period_start=date(year, 1, 1),
            period_end=date(year, 12, 31),
            value=value,
            entered_at=datetime(entered, 10, 1, 9, tzinfo=PARIS),
        )
    copil = CommitteeFactory(convention=convention, name="COPIL")
    sent = {"minutes_state": "sent", "minutes_sent_at": datetime(2026, 9, 20, 9, tzinfo=PARIS)}
    held = HeldFactory(convention=convention, committee=copil, date=date(2026, 9, 10), **sent)
    DecisionFactory(meeting=held, text="Le bilan est validé.")
    DecisionFactory(meeting=HeldFactory(convention=convention, committee=copil), text="Pas encore publiée")
    MeetingFactory(
        convention=convention,
        committee=copil,
        title="",
        date=date(2026, 12, 10),
        state="convened",
        convened_at=NOW,
    )
    MeetingFactory(convention=convention, committee=copil, date=date(2026, 12, 11))
    FundingCallFactory(convention=convention, title="Parents", deadline=date(2026, 12, 1))
    FundingCallFactory(convention=convention, title="Passé", deadline=date(2026, 11, 1))
    FundingCallFactory(convention=convention, title="Obtenu", state="obtenu")
    document(fiche, "Le guide des gardes")
    document(fiche, "Entre nous", is_confidential=True)
    document(fiche, "Ancien", created_at=datetime(2026, 8, 1, 9, tzinfo=PARIS))
    found = texts(convention)
    assert found.pop(next(key for key in found if key.startswith("meeting:"))) == (
        "Une décision a été prise :\n\n- Le bilan est validé."
    )
    assert found == {
        "facts:Étapes franchies": "Une étape est franchie :\n\n- Choisir un lieu (« Le réseau »).",
        "figures:Les chiffres": (
            "Un chiffre est arrivé :\n\n- Visites : 148 visites (2025), contre 120 visites (2024)."
        ),
        "documents:Documents": (
            "Un document est disponible auprès de la coordination :\n\n- Le guide des gardes (« Le réseau »)."
        ),
        "dates:Les prochaines dates": (
            "Deux dates à retenir :\n\n- jeudi 10 décembre 2026 : COPIL ;\n"
            "- jeudi 14 janvier 2027 : Inaugurer (« Le réseau »)."
        ),
        "funding:Appels à projets": (
            "Un appel à projets est ouvert : « Parents » (Caf), jusqu’au 1er décembre 2026."
        ),
    }


@pytest.mark.parametrize("number", [1, 3])
def test_draft_costs_the_same_for_more(convention, number, django_assert_num_queries):
    for _ in range(number):
        fiche = FicheFactory(convention=convention)
        MeasurementFactory(indicator__fiche=fiche)
        StepFactory(fiche=fiche, state="done", done_on=END)
        NoteFactory(fiche=fiche, date=END, visibility="publish")
        HighlightFactory(fiche=fiche, date=END, is_publishable=True)
        FundingCallFactory(convention=convention)
        document(fiche, "Le guide")
        held = HeldFactory(convention=convention, minutes_state="sent", minutes_sent_at=NOW)
        DecisionFactory(meeting=held)
        MeetingFactory(convention=convention, state="convened", convened_at=NOW, date=date(2026, 12, 10))
    with django_assert_num_queries(11):
        drafted(convention, START, END)


def test_draft_of_another_convention_is_its_own(convention):
    other = FicheFactory()
    HighlightFactory(fiche=other, date=END, is_publishable=True)
    FundingCallFactory(convention=other.convention)
    assert drafted(convention, START, END) == []


def test_prepare_then_complete_doubles_nothing(convention, picture):
    by = MembershipFactory(role="coordinator", organisation=convention.carrier).user
    fiche = FicheFactory(convention=convention)
    HighlightFactory(
        fiche=fiche,
        date=END,
        title="Le forum",
        is_publishable=True,
        photo=store_bytes("p.jpg", picture),
        photo_alt="Une salle",
    )
    letter = services.prepare(convention, START, END, by=by)
    [block] = letter.blocks.all()
    assert (block.title, block.image_alt, letter.number) == ("Le forum", "Une salle", 1)
    assert letter.title == "La lettre de novembre 2026"
    block.text = "De ma main"
    block.save()
    HighlightFactory(fiche=fiche, date=END, title="La fête", is_publishable=True)
    assert services.complete(letter) == 1
    assert services.complete(letter) == 0
    assert [one.title for one in letter.blocks.all()] == ["Le forum", "La fête"]
    assert letter.blocks.get(title="Le forum").text == "De ma main"


def test_prepare_numbers_the_second_letter_of_a_month(convention):
    """In its title and its subject; one that was given up takes no name."""
    by = MembershipFactory(role="coordinator", organisation=convention.carrier).user
    services.drop(services.prepare(convention, START, END, by=by))
    second, third = (services.prepare(convention, START, END, by=by) for _ in range(2))
    assert (second.title, third.title) == (
        "La lettre de novembre 2026",
        "La lettre n°\u00a03, novembre 2026",
    )
    assert second.subject.endswith("la lettre de novembre 2026")
    assert third.subject.endswith("la lettre n°\u00a03, novembre 2026")


def test_proposed_period_begins_after_the_last_letter(convention):
    today = date(2026, 11, 22)
    assert services.proposed_period(convention, today) == (date(2026, 8, 22), today)
    NewsletterFactory(convention=convention, period_end=date(2026, 9, 30))
    NewsletterFactory(convention=convention, period_end=date(2026, 10, 30), state="cancelled")
    assert services.proposed_period(convention, today) == (date(2026, 10, 1), today)
    NewsletterFactory(convention=convention, period_end=today)
    assert services.proposed_period(convention, today) == (today, today)
