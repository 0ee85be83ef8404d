"""The pages of meetings: prepared, recorded, run, closed, followed."""

import io
from datetime import date, time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from governance.models import AgendaItem, AgendaOption, Attendance, Decision, DecisionFiche, Meeting
from tests.actions.browser import as_sent
from tests.factories import ContactFactory, DepartementFactory, FicheFactory
from tests.factories.steering import (
    AttendanceFactory,
    CommitteeFactory,
    DecisionFactory,
    HeldFactory,
    ItemFactory,
    MeetingFactory,
    SeatFactory,
    SubjectFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def committee(cast):
    return CommitteeFactory(convention=cast.convention, name="COPIL")


@pytest.fixture
def meeting(cast, committee):
    return MeetingFactory(convention=cast.convention, committee=committee)


@pytest.fixture
def client(cast, sign_in):
    return sign_in(cast.roles["coordinator"])


def url(cast, view, *args):
    return reverse(f"governance:{view}", args=[cast.convention.slug, *args])


def sent(client, address, **given):
    return as_sent(client.get(address).context["form"], **given)


def convened(meeting):
    meeting.state, meeting.convened_at = Meeting.State.CONVENED, timezone.now()
    meeting.save()
    return meeting


def sitting(meeting):
    meeting.state, meeting.opened_at = Meeting.State.IN_PROGRESS, timezone.now()
    meeting.date = timezone.localdate()
    meeting.save()
    return meeting


# --- Preparing ------------------------------------------------------------------------------------
def test_meeting_add_invites_those_who_sit(cast, client, committee):
    SeatFactory.create_batch(2, committee=committee)
    address = url(cast, "meeting_add") + f"?instance={committee.uuid}"
    response = client.post(
        address, sent(client, address, date="2027-03-11", starts_at="14:00", ends_at="16:00")
    )
    meeting = Meeting.objects.get()
    assert response.headers["Location"] == url(cast, "meeting_detail", meeting.uuid)
    assert (meeting.committee, meeting.date, meeting.starts_at) == (committee, date(2027, 3, 11), time(14))
    assert meeting.author == cast.roles["coordinator"]
    assert meeting.attendances.count() == 2


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"committee": "", "title": ""}, "title", "Donnez un intitulé à une réunion sans instance."),
        ({"starts_at": "14:00", "ends_at": "14:00"}, "ends_at", "La réunion doit finir après son début."),
        ({"ends_at": "16:00"}, "starts_at", "Dites aussi à quelle heure elle commence."),
        ({"date": "0202-01-01"}, "date", "Écrivez une date entre 1990 et 2100."),
        ({"date": "2020-01-10"}, "date", "Cette date est passée : enregistrez plutôt une réunion passée."),
        ({"video_url": "javascript:alert(1)"}, "video_url", "Saisissez une URL valide."),
    ],
)
def test_meeting_add_says_what_is_wrong_beside_the_field(cast, client, committee, given, field, said):
    address = url(cast, "meeting_add")
    response = client.post(address, sent(client, address, **{"place": "Salle des fêtes"} | given))
    assert response.status_code == 422
    assert response.context["form"].errors[field] == [said]
    assert "Salle des fêtes" in response.content.decode()
    assert not Meeting.objects.exists()


def test_meeting_add_for_a_coordination_of_themes_is_for_its_groups(cast, sign_in, committee):
    group = CommitteeFactory(convention=cast.convention, kind="groupe")
    group.themes.add(cast.theme)
    CommitteeFactory(convention=cast.convention, kind="groupe")
    client, address = sign_in(cast.roles["thematic"]), url(cast, "meeting_add")
    form = client.get(address).context["form"]
    assert list(form.fields["committee"].queryset) == [group]
    response = client.post(address, as_sent(form, committee="", title="Ma réunion"))
    assert response.context["form"].errors["committee"] == ["Choisissez un de vos groupes."]
    response = client.post(address, as_sent(form, committee=committee.pk))
    assert response.status_code == 422
    client.post(address, as_sent(form, committee=group.pk))
    meeting = Meeting.objects.get()
    assert client.get(url(cast, "meeting_edit", meeting.uuid)).status_code == 200


def test_a_meeting_in_preparation_is_for_those_who_prepare_it(cast, sign_in, meeting):
    address = url(cast, "meeting_detail", meeting.uuid)
    assert sign_in(cast.roles["elected"]).get(address).status_code == 404
    listed = sign_in(cast.roles["elected"]).get(url(cast, "meeting_list")).context
    assert (listed["ahead"], listed["past"]) == ([], [])
    convened(meeting)
    assert sign_in(cast.roles["elected"]).get(address).status_code == 200


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"date": "2025-04-01"}, "1er avril 2025"),
        ({"year": "2024"}, "2024"),
        ({"date_words": "printemps 2025"}, "printemps 2025"),
    ],
)
def test_meeting_record_takes_what_is_known_of_the_date(cast, client, committee, given, shown):
    address = url(cast, "meeting_record")
    client.post(address, sent(client, address, committee=committee.pk, people="34", **given))
    meeting = Meeting.objects.get()
    assert (meeting.state, meeting.when.replace("\u00a0", " "), meeting.people) == ("closed", shown, 34)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Donnez une date, une année, ou la période en mots."),
        ({"date": "2050-01-01"}, "Cette date est à venir : préparez plutôt une réunion."),
    ],
)
def test_meeting_record_refuses(cast, client, committee, given, said):
    address = url(cast, "meeting_record")
    response = client.post(address, sent(client, address, committee=committee.pk, **given))
    assert response.status_code == 422
    assert response.context["form"].errors["date"] == [said]


def test_meeting_edit_of_a_convened_one_keeps_its_date(cast, client, meeting):
    convened(meeting)
    address = url(cast, "meeting_edit", meeting.uuid)
    response = client.post(address, sent(client, address, date=""))
    assert response.status_code == 422
    assert "committee" not in response.context["form"].fields
    HeldFactory(convention=cast.convention, committee=meeting.committee)
    Meeting.objects.filter(pk=meeting.pk).update(state="closed", closed_at=timezone.now())
    assert client.get(address).headers["Location"] == url(cast, "meeting_detail", meeting.uuid)


# --- Agenda ---------------------------------------------------------------------------------------
def test_item_add_goes_last_and_offers_the_next(cast, client, meeting):
    ItemFactory(meeting=meeting, position=4)
    address = url(cast, "item_add", meeting.uuid)
    data = sent(client, address, title="Bilan 2026", minutes="30", fiches=[cast.fiche.pk], encore="1")
    assert client.post(address, data).headers["Location"] == address
    item = AgendaItem.objects.get(title="Bilan 2026")
    assert (item.meeting, item.position, item.minutes) == (meeting, 5, 30)
    assert list(item.fiches.all()) == [cast.fiche]


def test_item_add_refuses_the_fiche_of_another_convention(cast, client, meeting):
    address = url(cast, "item_add", meeting.uuid)
    response = client.post(address, sent(client, address, title="x", fiches=[FicheFactory().pk]))
    assert response.status_code == 422
    assert "fiches" in response.context["form"].errors


@pytest.mark.parametrize("minutes", ["0", "601", "-3", "une heure"])
def test_item_add_refuses_an_absurd_length(cast, client, meeting, minutes):
    address = url(cast, "item_add", meeting.uuid)
    response = client.post(address, sent(client, address, title="x", minutes=minutes))
    assert response.status_code == 422
    assert "minutes" in response.context["form"].errors


def test_item_move_by_button_and_by_drag(cast, client, meeting):
    one, two, three = (ItemFactory(meeting=meeting, position=place) for place in range(3))
    client.post(url(cast, "item_move", meeting.uuid, three.uuid), {"monter": "1"})
    assert list(meeting.items.all()) == [one, three, two]
    client.post(url(cast, "item_move", meeting.uuid, two.uuid), {"avant": str(one.uuid)})
    assert list(meeting.items.all()) == [two, one, three]


def test_nothing_moves_once_closed(cast, client, meeting):
    one, two = (ItemFactory(meeting=meeting, position=place) for place in range(2))
    Meeting.objects.update(state="closed", closed_at=timezone.now())
    response = client.post(url(cast, "item_move", meeting.uuid, two.uuid), {"monter": "1"}, follow=True)
    assert "son ordre du jour ne change plus" in response.content.decode()
    assert list(meeting.items.all()) == [one, two]
    response = client.post(url(cast, "item_delete", meeting.uuid, two.uuid), follow=True)
    assert AgendaItem.objects.count() == 2


def test_options_and_documents_of_an_item(cast, client, meeting, sign_in):
    item = ItemFactory(meeting=meeting)
    address = url(cast, "option_add", meeting.uuid, item.uuid)
    client.post(address, sent(client, address, title="Louer", consequences="12 000 € par an"))
    option = AgendaOption.objects.get()
    address = url(cast, "document_add", meeting.uuid, item.uuid)
    upload = SimpleUploadedFile("Devis 2027.txt", b"Bonjour", "text/plain")
    client.post(address, {"title": "", "stored": upload})
    document = item.documents.get()
    assert document.title == "Devis 2027"
    convened(meeting)
    reader = sign_in(cast.roles["reader"])
    page = reader.get(url(cast, "meeting_detail", meeting.uuid)).content.decode()
    assert "Option 1 : Louer" in page
    found = reader.get(url(cast, "document_open", meeting.uuid, item.uuid, document.uuid))
    assert b"".join(found.streaming_content) == b"Bonjour"
    client.post(url(cast, "option_delete", meeting.uuid, item.uuid, option.uuid))
    client.post(url(cast, "document_delete", meeting.uuid, item.uuid, document.uuid))
    assert (item.options.count(), item.documents.count()) == (0, 0)


def test_a_renamed_program_is_refused_beside_the_field(cast, client, meeting):
    item = ItemFactory(meeting=meeting)
    address = url(cast, "document_add", meeting.uuid, item.uuid)
    bad = io.BytesIO(b"MZ\x90\x00" + b"\x00" * 64)
    bad.name = "rapport.pdf"
    response = client.post(address, {"title": "Rapport", "stored": bad})
    assert response.status_code == 422
    assert "stored" in response.context["form"].errors
    assert 'value="Rapport"' in response.content.decode()


def test_the_agenda_says_when_it_does_not_fit(cast, client, meeting):
    ItemFactory(meeting=meeting, minutes=90)
    ItemFactory(meeting=meeting, minutes=50)
    agenda = client.get(url(cast, "meeting_detail", meeting.uuid)).context["agenda"]
    assert agenda.warning.replace("\u00a0", " ") == "L’ordre du jour dépasse le créneau de 20 min."
    assert [line.ends.replace("\u00a0", " ") for line in agenda.lines] == ["15 h 30", "16 h 20"]


# --- Subjects -------------------------------------------------------------------------------------
def test_an_elu_proposes_and_the_coordination_takes_it(cast, sign_in, client, meeting):
    elu = sign_in(cast.roles["elected"])
    address = url(cast, "subject_add")
    elu.post(address, as_sent(elu.get(address).context["form"], title="Transports du mercredi"))
    subject = AgendaItem.objects.get()
    assert (subject.author, subject.meeting) == (cast.roles["elected"], None)
    # Its author may still change it, another member may not.
    assert elu.get(url(cast, "subject_edit", subject.uuid)).status_code == 200
    assert sign_in(cast.roles["services"]).get(url(cast, "subject_edit", subject.uuid)).status_code == 403
    assert [
        one.title for one in client.get(url(cast, "meeting_detail", meeting.uuid)).context["waiting"]
    ] == ["Transports du mercredi"]
    client.post(url(cast, "subject_plan", meeting.uuid), {"sujet": str(subject.uuid)})
    subject.refresh_from_db()
    assert subject.meeting == meeting


def test_subject_list_holds_nothing_of_another_convention(cast, client):
    SubjectFactory()
    mine = SubjectFactory(convention=cast.convention)
    assert client.get(url(cast, "subject_list")).context["subjects"] == [mine]


# --- The session ----------------------------------------------------------------------------------
def live(client, cast, meeting, kind, row, base, text):
    return client.post(
        url(cast, "live_save", meeting.uuid, kind, row.uuid),
        {"base": base, "text": text},
        headers={"Accept": "application/json"},
    )


def test_two_secretaries_lose_nothing(cast, client, meeting):
    item = ItemFactory(meeting=sitting(meeting), notes="Ouverture")
    first = live(client, cast, meeting, "point", item, "Ouverture", "Ouverture\nVote")
    second = live(client, cast, meeting, "point", item, "Ouverture", "Présents\nOuverture")
    assert first.json() == {"text": "Ouverture\nVote"}
    assert second.json() == {"text": "Présents\nOuverture\nVote"}
    item.refresh_from_db()
    assert item.notes == "Présents\nOuverture\nVote"
    texts = client.get(url(cast, "live_texts", meeting.uuid)).json()
    assert texts[url(cast, "live_save", meeting.uuid, "point", item.uuid)] == item.notes


def test_notes_without_a_script_come_back_to_the_page(cast, client, meeting):
    sitting(meeting)
    address = url(cast, "live_save", meeting.uuid, "ouverture", meeting.uuid)
    response = client.post(address, {"base": "", "text": "Bonjour\r\nà tous"})
    assert response.headers["Location"] == url(cast, "meeting_session", meeting.uuid)
    meeting.refresh_from_db()
    assert meeting.notes == "Bonjour\nà tous"


def test_what_cannot_be_saved_is_given_back(cast, client, meeting):
    item = ItemFactory(meeting=sitting(meeting))
    response = live(client, cast, meeting, "point", item, "", "a" * 20_001)
    assert response.status_code == 409
    assert response.json() == {"refused": "C’est trop long : 20000 caractères au plus."}
    Meeting.objects.update(
        state="closed", closed_at=timezone.now(), minutes_state="sent", minutes_sent_at=timezone.now()
    )
    address = url(cast, "live_save", meeting.uuid, "point", item.uuid)
    response = client.post(address, {"base": "", "text": "Trop tard"})
    assert response.status_code == 409
    page = response.content.decode()
    assert "Le compte rendu est envoyé" in page
    assert "Trop tard</textarea>" in page
    item.refresh_from_db()
    assert item.notes == ""


def test_a_decision_is_not_left_empty(cast, client, meeting):
    decision = DecisionFactory(meeting=sitting(meeting), text="On ouvre un lieu.")
    response = live(client, cast, meeting, "decision", decision, "On ouvre un lieu.", " ")
    assert response.status_code == 409
    assert response.json()["refused"].startswith("Une décision ne reste pas vide")
    decision.refresh_from_db()
    assert decision.text == "On ouvre un lieu."


def test_an_item_taken_off_meanwhile_is_said(cast, client, meeting):
    sitting(meeting)
    other = ItemFactory(meeting=MeetingFactory(convention=cast.convention, committee=meeting.committee))
    assert live(client, cast, meeting, "point", other, "", "Note").status_code == 404
    assert live(client, cast, meeting, "n-importe-quoi", other, "", "Note").status_code == 404


def test_decision_add_keeps_the_option_of_its_item(cast, client, meeting):
    item = ItemFactory(meeting=sitting(meeting))
    option = item.options.create(title="Louer")
    other = ItemFactory(meeting=meeting).options.create(title="Acheter")
    address = url(cast, "decision_add", meeting.uuid)
    client.post(address, {"text": "On loue.", "point": str(item.uuid), "option": str(option.uuid)})
    client.post(address, {"text": "On achète.", "point": str(item.uuid), "option": str(other.uuid)})
    client.post(address, {"text": "Merci à tous.", "point": "", "option": "n’importe quoi"})
    found = [(one.text, one.item, one.option, one.kind) for one in Decision.objects.order_by("position")]
    assert found == [
        ("On loue.", item, option, "arbitrage"),
        ("On achète.", item, None, "arbitrage"),
        ("Merci à tous.", None, None, "validation"),
    ]


def test_a_decision_is_about_the_fiches_of_its_item(cast, client, meeting):
    item = ItemFactory(meeting=sitting(meeting))
    item.fiches.add(cast.fiche)
    client.post(url(cast, "decision_add", meeting.uuid), {"text": "On ouvre.", "point": str(item.uuid)})
    effect = DecisionFiche.objects.get()
    assert (effect.fiche, effect.changes) == (cast.fiche, False)
    page = client.get(url(cast, "effect_edit", effect.decision.uuid, effect.pk)).content.decode()
    assert f"fiche aujourd’hui {cast.fiche.get_status_display()}" in page


def test_an_item_that_asks_for_a_decision_leads_to_its_options(cast, client, meeting):
    address = url(cast, "item_add", meeting.uuid)
    response = client.post(address, sent(client, address, title="Local", asks_decision="on"))
    item = AgendaItem.objects.get()
    assert response.headers["Location"] == url(cast, "item_edit", meeting.uuid, item.uuid) + "#options-titre"


def test_presences_follow_answers_but_for_those_ticked(cast, client, meeting):
    now = timezone.now()
    came = AttendanceFactory(meeting=sitting(meeting), answer="present", answered_at=now)
    away = AttendanceFactory(meeting=meeting, answer="present", answered_at=now, presence="absent")
    silent = AttendanceFactory(meeting=meeting)
    assert client.get(url(cast, "meeting_session", meeting.uuid)).context["answered"] == 1
    client.post(url(cast, "person_follow", meeting.uuid))
    found = [Attendance.objects.get(pk=one.pk).presence for one in (came, away, silent)]
    assert found == ["present", "absent", ""]


@pytest.mark.parametrize("text", ["", "  \n ", "a" * 3001])
def test_decision_add_refuses_and_gives_back(cast, client, meeting, text):
    sitting(meeting)
    response = client.post(url(cast, "decision_add", meeting.uuid), {"text": text, "point": ""})
    assert response.status_code == 422
    assert not Decision.objects.exists()


def test_decision_edit_and_its_fiches(cast, client, meeting):
    decision = DecisionFactory(meeting=sitting(meeting), text="On ouvre un lieu.")
    pilot = ContactFactory(organisation=cast.convention.carrier)
    address = url(cast, "decision_edit", decision.uuid)
    client.post(address, sent(client, address, responsible=pilot.pk, due_on="2027-06-30"))
    decision.refresh_from_db()
    assert (decision.responsible, decision.due_on) == (pilot, date(2027, 6, 30))
    address = url(cast, "effect_add", decision.uuid)
    response = client.post(address, sent(client, address, fiche=cast.fiche.pk, status="bloquee"))
    assert response.status_code == 422
    assert response.context["form"].errors["reason"] == ["Ce statut demande un motif."]
    client.post(address, sent(client, address, fiche=cast.fiche.pk, status="bloquee", reason="Sans local"))
    assert DecisionFiche.objects.get().fiche == cast.fiche
    assert cast.fiche.status != "bloquee"


def test_after_closing_a_decision_no_longer_changes_a_fiche(cast, client):
    decision = DecisionFactory(
        meeting=HeldFactory(convention=cast.convention, committee__convention=cast.convention)
    )
    address = url(cast, "effect_add", decision.uuid)
    response = client.post(address, sent(client, address, fiche=cast.fiche.pk, status="realisee"))
    assert response.status_code == 422
    assert "La réunion est close" in response.content.decode()
    # But it may still say which fiche it is about.
    client.post(address, sent(client, address, fiche=cast.fiche.pk))
    assert DecisionFiche.objects.get().status == ""


def test_person_add_by_name_and_tick(cast, client, meeting):
    sitting(meeting)
    address = url(cast, "person_add", meeting.uuid)
    response = client.post(address, {"contact": "", "name": "", "body": "", "email": "", "quality": ""})
    assert response.context["form"].errors["contact"] == ["Choisissez une personne, ou donnez un nom."]
    client.post(
        address, {"contact": "", "name": "Ana Petit", "body": "", "email": "", "quality": "partenaire"}
    )
    row = Attendance.objects.get()
    # Whoever is added while it sits is there.
    assert (str(row), row.presence, row.quality) == ("Ana Petit", "present", "partenaire")
    address = url(cast, "person_tick", meeting.uuid, row.uuid)
    shown = client.post(address, {"presence": "excused"}, headers={"HX-Request": "true"})
    assert 'aria-pressed="true">Excusé' in shown.content.decode()
    assert client.post(address, {"presence": "ailleurs"}).status_code == 404
    assert Attendance.objects.get().presence == "excused"


def test_a_person_taken_off_after_the_convocation_stays_with_the_date(cast, client, meeting):
    row = AttendanceFactory(meeting=meeting)
    client.post(url(cast, "person_remove", meeting.uuid, row.uuid))
    assert not Attendance.objects.exists()
    row = AttendanceFactory(meeting=convened(meeting))
    client.post(url(cast, "person_remove", meeting.uuid, row.uuid))
    assert Attendance.objects.get().removed_at is not None
    assert client.get(url(cast, "meeting_detail", meeting.uuid)).context["people"] == []


def test_meeting_close_says_what_it_does_then_does_it(cast, client, meeting):
    item = ItemFactory(meeting=sitting(meeting), title="Budget")
    decision = DecisionFactory(meeting=meeting, item=item)
    DecisionFiche.objects.create(decision=decision, fiche=cast.fiche, status="realisee")
    address = url(cast, "meeting_close", meeting.uuid)
    shown = client.get(address)
    assert [outcome for _, outcome in shown.context["outcomes"]] == ["treated"]
    assert [str(effect) for effect in shown.context["effects"]] == [str(cast.fiche)]
    client.post(address, {f"suite-{item.uuid}": "postponed"})
    cast.fiche.refresh_from_db()
    assert cast.fiche.status == "realisee"
    assert AgendaItem.objects.waiting().get().title == "Budget"
    assert client.post(address).headers["Location"] == url(cast, "meeting_detail", meeting.uuid)


def test_notes_are_read_once_the_minutes_are_sent(cast, client, sign_in):
    meeting = HeldFactory(
        convention=cast.convention, committee__convention=cast.convention, notes="Secret de séance"
    )
    ItemFactory(meeting=meeting, notes="Notes du point")
    address = url(cast, "meeting_detail", meeting.uuid)
    assert "Notes du point" in client.get(address).content.decode()
    reader = sign_in(cast.roles["reader"])
    page = reader.get(address).content.decode()
    assert "Secret de séance" not in page
    assert "Notes du point" not in page
    Meeting.objects.update(minutes_state="sent", minutes_sent_at=timezone.now())
    page = reader.get(address).content.decode()
    assert "Secret de séance" in page
    assert "Notes du point" in page


def test_decisions_are_known_once_the_meeting_is_closed(cast, sign_in, meeting):
    decision = DecisionFactory(meeting=sitting(meeting), text="On ouvre un lieu.")
    reader = sign_in(cast.roles["reader"])
    for view in ("meeting_detail", "meeting_screen"):
        assert "On ouvre un lieu." not in reader.get(url(cast, view, meeting.uuid)).content.decode()
    assert reader.get(url(cast, "decision_list")).context["decisions"] == []
    Meeting.objects.update(state="closed", closed_at=timezone.now())
    assert reader.get(url(cast, "decision_list")).context["decisions"] == [decision]


@pytest.mark.parametrize("point", ["", "0", "1", "99", "-1", "x", "9999999999"])
def test_meeting_screen_shows_something_whatever_is_asked(cast, client, meeting, point):
    ItemFactory(meeting=meeting, title="Bilan <b>2026</b>")
    response = client.get(url(cast, "meeting_screen", meeting.uuid) + f"?point={point}")
    assert response.status_code == 200
    assert "<b>2026" not in response.content.decode()


# --- Decisions, afterwards ------------------------------------------------------------------------
def test_decision_follow_from_a_meeting_is_kept_by_it(cast, client, meeting):
    decision = DecisionFactory(meeting=HeldFactory(convention=cast.convention, committee=meeting.committee))
    address = url(cast, "decision_follow", decision.uuid) + f"?reunion={meeting.uuid}"
    response = client.post(address, {"state": "done", "words": "Signée le 3 mai"})
    assert response.headers["Location"] == url(cast, "meeting_detail", meeting.uuid) + "#suites"
    decision.refresh_from_db()
    assert (decision.state, decision.reviews.get().meeting) == ("done", meeting)
    assert client.post(address, {"state": "peut-être"}).status_code == 422
    assert client.get(url(cast, "decision_follow", decision.uuid) + "?reunion=x").status_code == 200


@pytest.mark.parametrize(
    ("state", "expected"),
    [("", 4), ("suivies", 2), ("en-retard", 1), ("done", 1), ("n’importe quoi", 4)],
)
def test_decision_list_narrows(cast, client, state, expected):
    meeting = HeldFactory(convention=cast.convention, committee__convention=cast.convention)
    DecisionFactory(meeting=meeting, due_on=date(2026, 4, 1))
    DecisionFactory(meeting=meeting, state="doing")
    DecisionFactory(meeting=meeting, state="done", done_on=date(2026, 4, 1))
    DecisionFactory(meeting=meeting, state="dropped")
    DecisionFactory()
    response = client.get(url(cast, "decision_list"), {"state": state})
    assert len(response.context["decisions"]) == expected


# --- As many queries for one as for many ----------------------------------------------------------
def fill(cast, meeting, count):
    for _ in range(count):
        item = ItemFactory(meeting=meeting)
        item.fiches.add(cast.fiche)
        item.options.create(title="Une option")
        AttendanceFactory(meeting=meeting)
        decision = DecisionFactory(meeting=meeting, item=item)
        DecisionFiche.objects.create(decision=decision, fiche=cast.fiche)
        DecisionFactory(meeting=HeldFactory(convention=cast.convention, committee=meeting.committee))
        SubjectFactory(convention=cast.convention)


@pytest.mark.parametrize("count", [1, 3, 30])
@pytest.mark.parametrize(
    ("view", "queries"),
    [
        ("meeting_list", 7),
        ("decision_list", 9),
        ("subject_list", 10),
        ("meeting_detail", 20),
        ("meeting_session", 17),
    ],
)
def test_pages_cost_the_same_for_one_and_for_many(
    cast, client, meeting, django_assert_num_queries, view, queries, count
):
    sitting(meeting)
    fill(cast, meeting, count)
    args = [meeting.uuid] if view in ("meeting_detail", "meeting_session") else []
    client.get(url(cast, view, *args))
    with django_assert_num_queries(queries):
        client.get(url(cast, view, *args))


# --- The day --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2027-03-26", "Jour férié : Vendredi saint"),
        ("2027-03-11", ""),
        ("n’importe quoi", ""),
        ("0001-01-01", ""),
        ("", ""),
    ],
)
def test_day_said_as_it_is_chosen(cast, client, day, said):
    cast.convention.caf.departement = DepartementFactory(code="68")
    cast.convention.caf.save()
    response = client.get(url(cast, "day_said"), {"date": day})
    assert response.context["said"] == said


# --- One's own answer -----------------------------------------------------------------------------
def test_my_answer_on_the_page_of_the_meeting(cast, sign_in, meeting):
    elu = cast.roles["elected"]
    contact = ContactFactory(user=elu)
    row = AttendanceFactory(meeting=convened(meeting), contact=contact)
    client, address = sign_in(elu), url(cast, "my_answer", meeting.uuid)
    assert client.get(url(cast, "meeting_detail", meeting.uuid)).context["me"] == row
    response = client.post(address, {"answer": "represented", "represented_by": "", "words": "En congé"})
    assert response.status_code == 422
    assert "represented_by" in response.context["form"].errors
    assert "En congé" in response.content.decode()
    client.post(address, {"answer": "represented", "represented_by": "Mme Petit", "words": "En congé"})
    row.refresh_from_db()
    assert (row.answer, row.represented_by, row.words) == ("represented", "Mme Petit", "En congé")
    assert row.answered_at is not None
    client.post(address, {"answer": "present", "represented_by": "Mme Petit", "words": ""})
    row.refresh_from_db()
    assert (row.answer, row.represented_by) == ("present", "")


def test_my_answer_is_for_who_is_convened(cast, sign_in, meeting):
    address = url(cast, "my_answer", convened(meeting).uuid)
    assert sign_in(cast.roles["elected"]).get(address).status_code == 404
    row = AttendanceFactory(meeting=meeting, contact=ContactFactory(user=cast.roles["elected"]))
    row.removed_at = timezone.now()
    row.save()
    assert sign_in(cast.roles["elected"]).get(address).status_code == 404
