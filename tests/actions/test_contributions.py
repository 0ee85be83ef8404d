"""What was sent in, examined by the coordination: accepted, put right, sent back, and who may."""

import io
import re
import threading
from datetime import date

import pytest
from django.core import mail
from django.db import connection
from django.urls import reverse
from PIL import Image

from actions import tasks
from actions.models import ClosedYear, FicheAction, Highlight, Measurement, ProgressNote
from actions.services.contributions import accept, find, waiting, waiting_count
from ctg.files.services import store_bytes
from ctg.jobs.models import Job
from ctg.jobs.runner import run_job
from ctg.links.services import open_link
from ctg.refusal import Refused
from tests.actions.browser import as_sent
from tests.factories import HighlightFactory, IndicatorFactory, MeasurementFactory, NoteFactory
from tests.factories.cast import ask, make_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(cast):
    return ask(cast)[0]


@pytest.fixture
def indicator(cast):
    return IndicatorFactory(fiche=cast.fiche, label="Visites", unit="visites")


def url(cast, view, *args):
    return reverse(f"actions:{view}", args=[cast.convention.slug, *args])


def value_of(indicator, asked, **fields):
    return MeasurementFactory(indicator=indicator, via=asked, **{"status": "proposed", "value": 148} | fields)


def jpeg():
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "JPEG")
    return out.getvalue()


def posted(client, cast, row, act="contribution_accept", kind="valeurs", **data):
    return client.post(url(cast, act, kind, row.uuid), data, follow=True)


def started(client, address, **given):
    return as_sent(client.get(address).context["form"], **given)


# --- Reading --------------------------------------------------------------------------------------
def test_contribution_list_is_in_the_order_of_the_plan_with_who_sent_it(cast, sign_in, asked, indicator):
    NoteFactory(fiche=cast.other, text="Autre fiche", status="proposed", via=asked)
    value_of(indicator, asked)
    NoteFactory(fiche=cast.fiche, text="Une note", status="proposed", via=asked)
    HighlightFactory(fiche=cast.fiche, title="Forum", status="proposed", author=cast.roles["contributor"])
    HighlightFactory(fiche=None, convention=cast.convention, title="Sans fiche", status="proposed")
    response = sign_in(cast.roles["coordinator"]).get(url(cast, "contribution_list"))
    groups = response.context["waiting"].by_fiche
    assert [(fiche, [item.kind for item in items]) for fiche, items in groups] == [
        (cast.fiche, ["valeurs", "points-d-etape", "temps-forts"]),
        (cast.other, ["points-d-etape"]),
        (None, ["temps-forts"]),
    ]
    body = response.content.decode()
    for said in (
        "148\u00a0visites",
        f"{asked.contact}, par son lien",
        cast.roles["contributor"].name,
        "Expéditeur inconnu",
    ):
        assert said in body


def test_contribution_list_keeps_to_the_scope_and_the_convention(cast, sign_in, asked, indicator):
    value_of(indicator, asked)
    NoteFactory(fiche=cast.other, status="proposed", via=asked)
    HighlightFactory(fiche=None, convention=cast.convention, status="proposed")
    foreign = make_cast()
    NoteFactory(fiche=foreign.fiche, status="proposed", via=ask(foreign)[0])
    MeasurementFactory(indicator=indicator, status="returned", via=asked)

    def count(role):
        items = sign_in(cast.roles[role]).get(url(cast, "contribution_list")).context["waiting"].items
        assert len(items) == waiting_count(cast.convention, cast.roles[role])
        return len(items)

    assert (count("coordinator"), count("thematic")) == (3, 1)
    assert sign_in(cast.roles["caf"]).get(url(cast, "contribution_list")).status_code == 403


def test_contribution_list_escapes_what_was_sent(cast, sign_in, asked):
    NoteFactory(fiche=cast.fiche, text="<script>alert(1)</script>", status="proposed", via=asked)
    HighlightFactory(fiche=cast.fiche, title="<img src=x onerror=1>", status="proposed", via=asked)
    body = sign_in(cast.roles["coordinator"]).get(url(cast, "contribution_list")).content.decode()
    assert "<script>alert" not in body
    assert "<img src=x" not in body


@pytest.mark.parametrize("count", [1, 3])
def test_contribution_list_costs_the_same_for_one_and_for_three(
    cast, sign_in, asked, indicator, django_assert_num_queries, count
):
    MeasurementFactory(indicator=indicator)
    for _ in range(count):
        value_of(indicator, asked)
        NoteFactory(fiche=cast.fiche, status="proposed", via=asked)
        HighlightFactory(fiche=cast.fiche, status="proposed", author=cast.roles["contributor"])
    client = sign_in(cast.roles["coordinator"])
    with django_assert_num_queries(13):
        client.get(url(cast, "contribution_list"))


def test_the_dashboard_tells_the_coordination_how_many_wait(cast, sign_in, asked, indicator):
    value_of(indicator, asked)
    dashboard = cast.convention.get_absolute_url()
    for role, said in (("coordinator", True), ("thematic", True), ("contributor", False), ("caf", False)):
        body = sign_in(cast.roles[role]).get(dashboard).content.decode()
        assert ("Contributions à relire" in body) == said
    Measurement.objects.update(status="accepted")
    assert "Contributions à relire" not in sign_in(cast.roles["coordinator"]).get(dashboard).content.decode()


# --- Accepting ------------------------------------------------------------------------------------
def test_contribution_accept_makes_each_kind_count(cast, sign_in, asked, indicator):
    value = value_of(indicator, asked)
    note = NoteFactory(fiche=cast.fiche, text="Une note", status="proposed", via=asked)
    highlight = HighlightFactory(fiche=cast.fiche, title="Forum", status="proposed", via=asked)
    FicheAction.objects.update(updated_at="2025-01-01 00:00+00:00")
    client = sign_in(cast.roles["coordinator"])
    for kind, row in (("valeurs", value), ("points-d-etape", note), ("temps-forts", highlight)):
        assert "Accepté" in posted(client, cast, row, kind=kind).content.decode()
        row.refresh_from_db()
        assert row.status == "accepted"
    cast.fiche.refresh_from_db()
    assert cast.fiche.updated_at.year > 2025
    body = sign_in(cast.roles["reader"]).get(cast.fiche.get_absolute_url()).content.decode()
    for said in ("148\u00a0visites", "Une note", "Forum"):
        assert said in body


def test_contribution_accept_shows_what_stands_on_the_period_and_lets_choose(cast, sign_in, asked, indicator):
    standing = MeasurementFactory(indicator=indicator, value=12, author=cast.roles["contributor"])
    value = value_of(indicator, asked, period_start=date(2025, 6, 1), period_end=date(2026, 5, 31))
    client = sign_in(cast.roles["coordinator"])
    body = client.get(url(cast, "contribution_list")).content.decode()
    for said in (
        "Déjà enregistré pour 2025",
        "12\u00a0visites",
        cast.roles["contributor"].name,
        "Remplacer par celle-ci",
    ):
        assert said in body
    # Not by accident.
    assert "choisissez dans la liste laquelle garder" in posted(client, cast, value).content.decode()
    assert Measurement.objects.accepted().get() == standing
    posted(client, cast, value, remplacer="1")
    assert Measurement.objects.get() == value
    assert Measurement.objects.get().status == "accepted"
    history = client.get(reverse("actions:fiche_history", args=[cast.convention.slug, cast.fiche.uuid]))
    assert "suppression" in history.content.decode()


def test_contribution_accept_replaces_twelve_months_by_their_year(cast, sign_in, asked, indicator):
    for month in (1, 2, 3):
        MeasurementFactory(
            indicator=indicator, period_start=date(2025, month, 1), period_end=date(2025, month, 28)
        )
    apart = MeasurementFactory(
        indicator=indicator, period_start=date(2026, 1, 1), period_end=date(2026, 1, 31)
    )
    value = value_of(indicator, asked)
    posted(sign_in(cast.roles["coordinator"]), cast, value, remplacer="1")
    assert set(Measurement.objects.accepted()) == {apart, value}


def test_contribution_return_keeps_the_one_that_stands(cast, sign_in, asked, indicator):
    MeasurementFactory(indicator=indicator, value=12)
    value = value_of(indicator, asked)
    client = sign_in(cast.roles["coordinator"])
    form = client.get(f"{url(cast, 'contribution_return', 'valeurs', value.uuid)}?garder").context["form"]
    assert form["reason"].value() == "La valeur déjà enregistrée pour 2025 est gardée : 12\u00a0visites."


def test_a_value_of_a_closed_year_is_shown_and_never_accepted(cast, sign_in, asked, indicator):
    value = value_of(indicator, asked)
    ClosedYear.objects.create(convention=cast.convention, year=2025)
    client = sign_in(cast.roles["coordinator"])
    body = client.get(url(cast, "contribution_list")).content.decode()
    assert "Parvenue après clôture" in body
    assert url(cast, "contribution_accept", "valeurs", value.uuid) not in body
    for data in ({}, {"remplacer": "1"}):
        assert "est close" in posted(client, cast, value, **data).content.decode()
    address = url(cast, "contribution_edit", "valeurs", value.uuid)
    response = client.post(address, started(client, address, value="150"))
    assert (response.status_code, "est close" in response.content.decode()) == (422, True)
    value.refresh_from_db()
    assert (value.status, value.value) == ("proposed", 148)
    posted(client, cast, value, "contribution_return", reason="L’année est close")
    value.refresh_from_db()
    assert value.status == "returned"


def test_contribution_accept_all_leaves_what_is_to_be_settled(cast, sign_in, asked, indicator):
    MeasurementFactory(indicator=indicator)
    settled = value_of(indicator, asked)
    plain = value_of(indicator, asked, period_start=date(2026, 1, 1), period_end=date(2026, 12, 31))
    note = NoteFactory(fiche=cast.fiche, status="proposed", via=asked)
    other = NoteFactory(fiche=cast.fiche, status="proposed", via=ask(cast)[0])
    client = sign_in(cast.roles["coordinator"])
    response = client.get(url(cast, "contribution_list"))
    (sender,) = response.context["waiting"].at_once
    assert "accepter ses 2 envois" in response.content.decode()
    response = client.post(url(cast, "contribution_accept_all"), {"sender": sender.key}, follow=True)
    assert "2\u00a0envois acceptés. 1\u00a0envoi à trancher." in response.content.decode()
    assert [row.status for row in (settled, plain)] == ["proposed", "proposed"]  # as they were read
    assert set(Measurement.objects.filter(status="proposed")) == {settled}
    assert set(ProgressNote.objects.filter(status="proposed")) == {other}
    note.refresh_from_db()
    assert note.status == "accepted"
    for sender in ("", "partenaire-0", "<script>"):
        assert client.post(url(cast, "contribution_accept_all"), {"sender": sender}).status_code == 302
    assert ProgressNote.objects.filter(status="proposed").count() == 1


def test_what_is_accepted_is_what_was_read(cast, sign_in, asked, indicator):
    """The partner corrects between the reading and the click: nothing is accepted unseen."""
    value = value_of(indicator, asked)
    NoteFactory(fiche=cast.fiche, status="proposed", via=asked)
    client = sign_in(cast.roles["coordinator"])
    read = client.get(url(cast, "contribution_list")).context["waiting"]
    Measurement.objects.update(value=841)
    body = posted(client, cast, value, vu=read.items[0].fingerprint).content.decode()
    assert "vient d’être corrigé par son expéditeur" in body
    (sender,) = read.at_once
    all_seen = {"sender": sender.key, "vu": sender.fingerprints}
    body = client.post(url(cast, "contribution_accept_all"), all_seen, follow=True).content.decode()
    assert "vient d’être corrigé par son expéditeur" in body
    assert not Measurement.objects.accepted().exists()
    read = client.get(url(cast, "contribution_list")).context["waiting"]
    posted(client, cast, value, vu=read.items[0].fingerprint)
    assert Measurement.objects.accepted().get().value == 841


# --- Putting right --------------------------------------------------------------------------------
def test_contribution_edit_corrects_then_accepts(cast, sign_in, asked, indicator):
    value = value_of(indicator, asked)
    note = NoteFactory(fiche=cast.fiche, status="proposed", via=asked)
    highlight = HighlightFactory(fiche=cast.fiche, status="proposed", via=asked, date=date(2026, 3, 2))
    client = sign_in(cast.roles["coordinator"])
    for kind, row, given in (
        ("valeurs", value, {"value": "150"}),
        ("points-d-etape", note, {"text": "Relu", "visibility": "publish"}),
        ("temps-forts", highlight, {"title": "Relu"}),
    ):
        address = url(cast, "contribution_edit", kind, row.uuid)
        assert client.post(address, started(client, address, **given)).status_code == 302
        row.refresh_from_db()
        assert (row.status, row.via) == ("accepted", asked)
    assert (value.value, note.text, note.visibility, highlight.title) == (150, "Relu", "publish", "Relu")


def test_contribution_edit_that_meets_a_value_changes_nothing(cast, sign_in, asked, indicator):
    MeasurementFactory(indicator=indicator, period_start=date(2026, 1, 1), period_end=date(2026, 12, 31))
    value = value_of(indicator, asked)
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "contribution_edit", "valeurs", value.uuid)
    data = started(client, address, period_start="2026-01-01", period_end="2026-06-30")
    response = client.post(address, data)
    assert (
        response.status_code,
        "choisissez dans la liste laquelle garder" in response.content.decode(),
    ) == (422, True)
    value.refresh_from_db()
    assert (value.period_start, value.status) == (date(2025, 1, 1), "proposed")


def test_contribution_photo_is_for_whoever_examines_it(cast, sign_in, asked):
    photo = store_bytes("photo.jpg", jpeg())
    row = HighlightFactory(fiche=cast.other, status="proposed", via=asked, photo=photo, photo_alt="x")
    address = f"{url(cast, 'contribution_photo', row.uuid)}?petite"
    assert sign_in(cast.roles["coordinator"]).get(address).status_code == 200
    assert sign_in(cast.roles["thematic"]).get(address).status_code == 404
    assert sign_in(cast.roles["caf"]).get(address).status_code == 403
    bare = HighlightFactory(fiche=cast.fiche, status="proposed", via=asked)
    assert (
        sign_in(cast.roles["coordinator"]).get(url(cast, "contribution_photo", bare.uuid)).status_code == 404
    )


# --- Sending back ---------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_contribution_return_gives_its_reason_by_mail_with_a_way_back(client):
    cast = make_cast()
    asked, token = ask(cast)
    client.force_login(cast.roles["coordinator"])
    value = value_of(IndicatorFactory(fiche=cast.fiche, label="Visites"), asked)
    highlight = HighlightFactory(fiche=cast.fiche, title="Forum", status="proposed", via=asked)
    address = url(cast, "contribution_return", "valeurs", value.uuid)
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "x" * 400}).status_code == 422
    response = client.post(address, {"reason": "Est-ce par an ?"}, follow=True)
    assert f"Renvoyé à {asked.contact}, avec votre motif." in response.content.decode()
    client.post(url(cast, "contribution_return", "temps-forts", highlight.uuid), {"reason": "Quelle date ?"})
    value.refresh_from_db()
    assert (value.status, value.return_reason) == ("returned", "Est-ce par an ?")

    Job.objects.filter(task=tasks.send_contribution_link.name).delete()
    (job,) = Job.objects.all()  # one mail for both
    run_job(job.pk, tasks.send_returned.function)
    (message,) = mail.outbox
    assert message.to == ["partenaire@example.org"]
    assert "- Visites, 2025 : Est-ce par an ?\n- Forum : Quelle date ?" in message.body
    mailed = re.search(r"/contribuer/([\w-]+)/", message.body)[1]
    assert open_link(mailed, "contribution") == open_link(token, "contribution") == asked.link


def test_contribution_return_of_a_member_shows_in_their_list(cast, sign_in):
    row = HighlightFactory(
        fiche=None,
        convention=cast.convention,
        title="Forum",
        status="proposed",
        author=cast.roles["contributor"],
    )
    posted(sign_in(cast.roles["coordinator"]), cast, row, "contribution_return", "temps-forts", reason="Où ?")
    assert not Job.objects.exists()
    body = sign_in(cast.roles["contributor"]).get(url(cast, "highlight_list")).content.decode()
    assert "renvoyé par la coordination" in body
    assert "Où ?" in body


# --- Whose it is ----------------------------------------------------------------------------------
def test_contributions_of_others_are_unknown(cast, sign_in, asked):
    foreign = make_cast()
    theirs = value_of(IndicatorFactory(fiche=foreign.fiche), ask(foreign)[0])
    wide = value_of(IndicatorFactory(fiche=cast.other), asked)
    for role, row in (("coordinator", theirs), ("thematic", wide)):
        client = sign_in(cast.roles[role])
        for act in ("contribution_accept", "contribution_return", "contribution_edit"):
            assert client.post(url(cast, act, "valeurs", row.uuid), {"reason": "x"}).status_code == 404
    assert set(Measurement.objects.values_list("status", flat=True)) == {"proposed"}
    assert (
        sign_in(cast.roles["coordinator"])
        .post(url(cast, "contribution_accept", "points-d-etape", wide.uuid))
        .status_code
        == 404
    )


def test_contribution_examined_already_says_so(cast, sign_in, asked, indicator):
    value = value_of(indicator, asked)
    client = sign_in(cast.roles["coordinator"])
    posted(client, cast, value)
    for act in ("contribution_accept", "contribution_return", "contribution_edit"):
        response = client.get(url(cast, act, "valeurs", value.uuid), follow=True)
        if act != "contribution_accept":
            assert "vient d’être examiné" in response.content.decode()
        response = posted(client, cast, value, act, reason="trop tard")
        assert "vient d’être examiné" in response.content.decode()
    value.refresh_from_db()
    assert (value.status, value.return_reason) == ("accepted", "")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same", [True, False], ids=["one value", "two that overlap"])
def test_two_coordinators_at_once_the_first_decides(same):
    """Two connections: one acceptance, one refusal in words."""
    cast = make_cast()
    asked, _ = ask(cast)
    indicator, by = IndicatorFactory(fiche=cast.fiche), cast.roles["coordinator"]
    rows = [value_of(indicator, asked)]
    rows.append(rows[0] if same else value_of(indicator, asked, period_end=date(2025, 6, 30)))
    items = [find(cast.convention, by, "valeurs", row.uuid) for row in rows]
    start, refusals = threading.Barrier(2), []

    def run(item):
        try:
            start.wait()
            accept(item, by=by)
        except Refused as refused:
            refusals.append(str(refused))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[item]) for item in items]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refusals) == 1
    assert Measurement.objects.accepted().count() == 1


def test_waiting_is_empty_without_anything(cast):
    assert waiting(cast.convention, cast.roles["coordinator"]) == []
    assert waiting_count(cast.convention, cast.roles["reader"]) == 0
    assert Highlight.objects.count() == 0
