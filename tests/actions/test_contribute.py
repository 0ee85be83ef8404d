"""The pages of a partner without an account: what they open, what they take, what they never let through."""

import io
import threading
from datetime import date, timedelta

import pghistory.models
import pytest
import time_machine
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from actions.models import Highlight, Measurement, ProgressNote
from actions.services import answers
from actions.services.contributions import accept, find, send_back
from ctg.links.models import LinkUse, SignedLink
from ctg.links.services import create_link, revoke
from ctg.notices.models import Notice
from ctg.notices.services import tell
from ctg.refusal import Refused
from tests.actions.browser import as_sent
from tests.factories import IndicatorFactory, MeasurementFactory, NoteFactory, StepFactory
from tests.factories.cast import ask, make_cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_cache")]


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2026-11-22 10:00:00+01:00", tick=False):
        yield


@pytest.fixture
def indicator(cast):
    return IndicatorFactory(fiche=cast.fiche, label="Visites", unit="visites")


def url(view, *args):
    return reverse(f"actions:{view}", args=args)


def page_of(client, token):
    return client.get(url("contribute", token)).context["page"]


def filled(client, token, **given):
    """What a browser sends of the whole page. `given`: the first field whose name ends so."""
    data = {}
    for form in page_of(client, token).forms:
        data |= as_sent(form)
    for end, value in given.items():
        name = next(name for name in data if name.endswith(f"-{end}") and not name.startswith("initial-"))
        data[name] = value
    return data


def one_filled(client, address, **given):
    return as_sent(client.get(address).context["form"], **given)


def photo():
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "JPEG")
    return SimpleUploadedFile("photo.jpg", out.getvalue(), "image/jpeg")


# --- What is asked --------------------------------------------------------------------------------
def test_contribute_shows_what_is_asked_and_nothing_else(cast, client, indicator):
    StepFactory(fiche=cast.fiche, title="Ouvrir une permanence")
    MeasurementFactory(indicator=indicator, value=148)
    MeasurementFactory(indicator=indicator, value=777777, status="proposed", period_start=date(2024, 1, 1))
    NoteFactory(fiche=cast.fiche, text="confidence", visibility="confidential")
    NoteFactory(fiche=cast.fiche, text="note des membres")
    _, token = ask(cast, message="Pour le COPIL")
    body = client.get(url("contribute", token)).content.decode()
    for said in (cast.convention.name, "Pour le COPIL", cast.fiche.title, "Ouvrir une permanence", "Visites"):
        assert said in body
    assert "<b>148 visites</b>" in body.replace("\u00a0", " ")
    assert "777777" not in "".join(body.split())
    for hidden in (cast.other.title, "confidence", "note des membres", cast.roles["reader"].name):
        assert hidden not in body


def test_contribute_asks_the_periods_over_then_the_one_under_way(cast, client, indicator):
    _, token = ask(cast)
    (row,) = page_of(client, token).fiches[0].indicators
    assert [label for label, _ in row.forms] == ["2025", "2026, en cours"]
    assert row.forms[0][1].initial["period_start"] == date(2025, 1, 1)
    MeasurementFactory(indicator=indicator)
    MeasurementFactory(indicator=indicator, period_start=date(2026, 1, 1), period_end=date(2026, 12, 31))
    (row,) = page_of(client, token).fiches[0].indicators
    assert [label for label, _ in row.forms] == [""]


def test_contribute_of_an_indicator_asks_its_values_only(cast, client, indicator):
    IndicatorFactory(fiche=cast.fiche, label="Un autre")
    _, token = ask(cast, indicators=[indicator])
    (row,) = page_of(client, token).fiches
    assert ([one.indicator for one in row.indicators], row.note_form) == ([indicator], None)
    assert client.get(url("contribute_highlight", token)).status_code == 404


def test_contribute_leaves_out_what_counts_by_itself_unless_it_is_named(cast, client):
    fed = IndicatorFactory(fiche=cast.fiche, fed_by="highlights", fed_from=date(2026, 1, 1))
    _, whole = ask(cast)
    _, named = ask(cast, indicators=[fed])
    assert page_of(client, whole).fiches[0].indicators == []
    assert [one.indicator for one in page_of(client, named).fiches[0].indicators] == [fed]


@pytest.mark.parametrize("count", [1, 3])
def test_contribute_costs_the_same_for_one_and_for_three(cast, client, django_assert_num_queries, count):
    fiches = [cast.fiche, cast.other][: min(count, 2)]
    asked, token = ask(cast, *fiches)
    for _ in range(count):
        one = IndicatorFactory(fiche=cast.fiche)
        MeasurementFactory(indicator=one)
        MeasurementFactory(indicator=one, status="proposed", via=asked)
        NoteFactory(fiche=cast.fiche, status="proposed", via=asked)
        Highlight.objects.create(
            convention=cast.convention, fiche=cast.fiche, title="x", status="proposed", via=asked
        )
        StepFactory(fiche=cast.fiche)
    client.get(url("contribute", token))  # the first visit is written down
    with django_assert_num_queries(13):
        client.get(url("contribute", token))


# --- Sending --------------------------------------------------------------------------------------
def test_contribute_proposes_all_that_was_filled(cast, client, indicator):
    rate = IndicatorFactory(fiche=cast.fiche, kind="rate", aggregation="last")
    asked, token = ask(cast)
    data = filled(client, token, value="148,5", note="au compteur", text="La permanence a trouvé son public.")
    response = client.post(url("contribute", token), data)
    assert response["Location"] == url("contribute_thanks", token)
    assert "Merci" in client.get(response["Location"]).content.decode()
    value, note = Measurement.objects.get(), ProgressNote.objects.get()
    assert (value.indicator, str(value.value), value.note) == (indicator, "148.5000", "au compteur")
    assert (value.period_start, value.period_end) == (date(2025, 1, 1), date(2025, 12, 31))
    assert (note.fiche, note.text, note.date) == (
        cast.fiche,
        "La permanence a trouvé son public.",
        date(2026, 11, 22),
    )
    for row in (value, note):
        assert (row.status, row.via, row.author, row.sender) == ("proposed", asked, None, str(asked.contact))
    assert not rate.measurements.exists()


def test_contribute_counts_nowhere_before_it_is_accepted(cast, client, sign_in, indicator):
    _, token = ask(cast)
    client.post(url("contribute", token), filled(client, token, value="777777", text="mot du partenaire"))
    fiche, dashboard = cast.fiche.get_absolute_url(), cast.convention.get_absolute_url()
    for role in ("coordinator", "caf", "contributor", "reader"):
        member = sign_in(cast.roles[role])
        for path in (fiche, dashboard, url("plan", cast.convention.slug)):
            body = member.get(path).content.decode()
            assert "mot du partenaire" not in body
            # The coordination sees it in the list of values of the fiche, said to be proposed.
            if (role, path) != ("coordinator", fiche):
                assert "777777" not in "".join(body.split())


def test_contribute_says_why_there_is_no_value(cast, client, indicator):
    _, token = ask(cast)
    client.post(
        url("contribute", token), filled(client, token, state="not_collected", note="compteur en panne")
    )
    found = Measurement.objects.get()
    assert (found.state, found.value, found.note) == ("not_collected", None, "compteur en panne")


@pytest.mark.parametrize(
    ("given", "faulty"),
    [
        ({"value": "N/A"}, "value"),
        ({"value": "douze"}, "value"),
        ({"value": "-4"}, "value"),
        ({"value": "1" * 40}, "value"),
        ({"value": "12", "period_start": ""}, "period_start"),
        ({"value": "12", "period_end": "2024-12-31"}, "period_end"),
        ({"value": "12", "period_start": "0205-01-01"}, "period_start"),
        ({"value": "12", "period_start": "2024-01-01", "period_end": "2024-12-31"}, "period_end"),
        ({"value": "12", "state": "secret"}, "value"),
        ({"note": "une remarque seule"}, "value"),
        ({"text": "x" * 6000}, "text"),
        ({"text": "Bien", "date": "2098-01-01"}, "date"),
        ({"text": "Bien", "date": "2003-01-01"}, "date"),
    ],
)
def test_contribute_bad_input_is_said_beside_its_field_and_nothing_is_half_kept(cast, client, given, faulty):
    first = IndicatorFactory(fiche=cast.fiche)
    _, token = ask(cast)
    data = filled(client, token, **given)
    # Another field is right: it is kept in the form, not in the database.
    right = next(name for name in data if name.startswith("valeur") and name.endswith("20260101-value"))
    data[right] = "61"
    response = client.post(url("contribute", token), data)
    assert response.status_code == 422
    page = response.context["page"]
    assert [list(form.errors) for form in page.forms if form.errors] == [[faulty]]
    assert f'name="{right}" value="61"' in response.content.decode()
    assert not Measurement.objects.filter(indicator=first).exists()
    assert not ProgressNote.objects.exists()


def test_contribute_empty_says_so(cast, client, indicator):
    _, token = ask(cast)
    response = client.post(url("contribute", token), filled(client, token))
    assert (response.status_code, "Rien n’est rempli" in response.content.decode()) == (422, True)
    assert client.post(url("contribute", token), {}).status_code == 422


def test_contribute_sent_twice_is_kept_once(cast, client, indicator):
    _, token = ask(cast)
    data = filled(client, token, value="12")
    assert client.post(url("contribute", token), data).status_code == 302
    response = client.post(url("contribute", token), data)
    assert (response.status_code, "déjà transmise" in response.content.decode()) == (422, True)
    assert Measurement.objects.count() == 1


def test_contribute_takes_no_value_of_what_it_does_not_open(cast, client, indicator):
    """Fields made up for the indicators of others: nothing comes of them."""
    foreign = IndicatorFactory(fiche=make_cast().fiche)
    beside = IndicatorFactory(fiche=cast.other)
    _, token = ask(cast)
    honest = filled(client, token)
    for other in (foreign, beside):
        data = {name.replace(indicator.uuid.hex, other.uuid.hex): value for name, value in honest.items()}
        wanted = next(name for name in data if name.startswith("valeur") and name.endswith("-value"))
        response = client.post(url("contribute", token), data | {wanted: "12"})
        assert response.status_code == 422
    assert not Measurement.objects.exists()


def test_contribute_keeps_script_as_words(cast, client, indicator):
    _, token = ask(cast, message="<script>alert(0)</script>")
    client.post(url("contribute", token), filled(client, token, text="<script>alert(1)</script>"))
    body = client.get(url("contribute", token)).content.decode()
    assert "<script>alert" not in body
    assert "&lt;script&gt;alert(1)" in body


def test_contribute_is_limited(cast, client, indicator, monkeypatch):
    monkeypatch.setattr(answers, "MAX_WAITING", 1)
    _, token = ask(cast)
    client.post(url("contribute", token), filled(client, token, value="12"))
    response = client.post(url("contribute", token), filled(client, token, value="13"))
    assert (response.status_code, "déjà transmis beaucoup" in response.content.decode()) == (422, True)
    assert Measurement.objects.count() == 1


def test_contribute_leaves_no_token_in_the_history(cast, client, indicator):
    _, token = ask(cast)
    client.post(url("contribute", token), filled(client, token, value="12"))
    event = apps.get_model("actions", "MeasurementEvent").objects.select_related("pgh_context").get()
    assert event.pgh_context.metadata["url"] == "(lien signé)"
    assert not any(token in str(row.metadata) for row in pghistory.models.Context.objects.all())


def test_contribute_tells_who_asked(cast, client, indicator):
    asked, token = ask(cast)
    client.post(url("contribute", token), filled(client, token, value="12"))
    client.post(url("contribute", token), filled(client, token, value="13"))
    notice = Notice.objects.get()
    coordinator = cast.roles["coordinator"]
    assert notice.user == coordinator
    ((_, told),) = tell(coordinator, [notice])
    assert (told.line, told.path) == (
        f"{asked.contact} a répondu à votre demande",
        url("contribution_list", cast.convention.slug),
    )
    Measurement.objects.update(status="accepted")
    assert tell(coordinator, [notice]) == []


# --- Closed doors ---------------------------------------------------------------------------------
PAGES = [("contribute", ()), ("contribute_thanks", ()), ("contribute_highlight", ())]


@pytest.mark.parametrize(("view", "args"), PAGES)
def test_a_closed_link_opens_no_page_and_takes_nothing(cast, client, indicator, view, args):
    asked, token = ask(cast)
    sent = MeasurementFactory(indicator=indicator, status="proposed", via=asked)
    data = filled(client, token, value="12")
    SignedLink.objects.update(
        created_at=timezone.now() - timedelta(days=3), expires_at=timezone.now() - timedelta(days=1)
    )
    assert client.get(url(view, token)).status_code == 410
    SignedLink.objects.update(expires_at=timezone.now() + timedelta(days=1))
    revoke(asked.link)
    assert client.get(url(view, token)).status_code == 410
    assert client.post(url("contribute", token), data).status_code == 410
    assert client.post(url("contribute_withdraw", token, "valeurs", sent.uuid)).status_code == 410
    assert list(Measurement.objects.all()) == [sent]


def test_a_link_of_another_purpose_or_of_nothing_is_unknown(cast, client):
    _, other = create_link("convocation", expires_at=timezone.now() + timedelta(days=1), by=None)
    asked, token = ask(cast)
    asked.delete()
    for one in (other, token, "jamais-donne"):
        response = client.get(url("contribute", one))
        assert (response.status_code, "Cette adresse n’ouvre rien" in response.content.decode()) == (
            404,
            True,
        )


def test_a_link_withdrawn_while_one_writes_takes_nothing(cast, client, indicator, monkeypatch):
    asked, token = ask(cast)
    data = filled(client, token, value="12")
    before = answers.answering

    def withdrawn(link):
        revoke(asked.link)
        return before(link)

    monkeypatch.setattr(answers, "answering", withdrawn)
    response = client.post(url("contribute", token), data)
    assert (response.status_code, "vient d’être retiré" in response.content.decode()) == (410, True)
    assert not Measurement.objects.exists()


def test_contribute_writes_down_one_visit_an_hour(cast, client):
    asked, token = ask(cast)
    for _ in range(3):
        client.get(url("contribute", token))
    assert [use.act for use in LinkUse.objects.filter(link=asked.link)] == ["opened"]


# --- Correcting -----------------------------------------------------------------------------------
def test_contribute_edit_corrects_what_waits(cast, client, indicator):
    _, token = ask(cast)
    client.post(url("contribute", token), filled(client, token, value="148", text="Bien"))
    value, note = Measurement.objects.get(), ProgressNote.objects.get()
    address = url("contribute_edit", token, "valeurs", value.uuid)
    assert client.post(address, one_filled(client, address, value="184")).status_code == 302
    address = url("contribute_edit", token, "points-d-etape", note.uuid)
    assert client.post(address, one_filled(client, address, text="Très bien")).status_code == 302
    value.refresh_from_db()
    note.refresh_from_db()
    assert (value.value, note.text, value.status, note.status) == (184, "Très bien", "proposed", "proposed")


def test_contribute_edit_shows_why_it_came_back_and_proposes_it_again(cast, client, indicator):
    asked, token = ask(cast)
    value = MeasurementFactory(
        indicator=indicator, via=asked, status="returned", return_reason="Est-ce bien par an ?"
    )
    assert "Est-ce bien par an ?" in client.get(url("contribute", token)).content.decode()
    address = url("contribute_edit", token, "valeurs", value.uuid)
    assert "Est-ce bien par an ?" in client.get(address).content.decode()
    assert client.post(address, one_filled(client, address, value="12")).status_code == 302
    value.refresh_from_db()
    assert (value.value, value.status, value.return_reason) == (12, "proposed", "")


def test_contribute_edit_leaves_what_was_accepted(cast, client, indicator):
    asked, token = ask(cast)
    value = MeasurementFactory(indicator=indicator, via=asked, status="proposed")
    address = url("contribute_edit", token, "valeurs", value.uuid)
    data = one_filled(client, address, value="99")
    Measurement.objects.update(status="accepted")
    assert client.get(address).status_code == 404
    assert client.post(address, data).status_code == 404
    assert client.post(url("contribute_withdraw", token, "valeurs", value.uuid)).status_code == 404
    value.refresh_from_db()
    assert (value.value, value.status) == (10, "accepted")


def test_contribute_edit_and_accept_at_once(cast, client, indicator, monkeypatch):
    """The coordination accepts between the reading of the row and its locking: the partner is told."""
    asked, token = ask(cast)
    value = MeasurementFactory(indicator=indicator, via=asked, status="proposed")
    address = url("contribute_edit", token, "valeurs", value.uuid)
    data = one_filled(client, address, value="99")
    before = answers.reopen

    def accepted_meanwhile(row):
        Measurement.objects.update(status="accepted")
        before(row)

    monkeypatch.setattr(answers, "reopen", accepted_meanwhile)
    response = client.post(address, data)
    assert (response.status_code, "vient d’être examiné" in response.content.decode()) == (422, True)
    value.refresh_from_db()
    assert value.value == 10


def test_contribute_withdraw_takes_back(cast, client, indicator):
    asked, token = ask(cast)
    value = MeasurementFactory(indicator=indicator, via=asked, status="proposed")
    assert client.post(url("contribute_withdraw", token, "valeurs", value.uuid)).status_code == 302
    assert not Measurement.objects.exists()


def test_contribute_edit_is_for_its_sender_alone(cast, client, indicator):
    """Neither another partner's, nor a member's, nor another convention's."""
    asked, token = ask(cast)
    theirs, _ = ask(cast, contact=None)
    assert theirs.contact != asked.contact
    rows = [
        MeasurementFactory(indicator=indicator, via=theirs, status="proposed"),
        MeasurementFactory(indicator=indicator, author=cast.roles["contributor"], status="proposed"),
        MeasurementFactory(indicator=indicator),
        MeasurementFactory(
            indicator=IndicatorFactory(fiche=make_cast().fiche), via=ask(make_cast())[0], status="proposed"
        ),
    ]
    for row in rows:
        assert client.get(url("contribute_edit", token, "valeurs", row.uuid)).status_code == 404
        assert client.post(url("contribute_withdraw", token, "valeurs", row.uuid)).status_code == 404
    assert Measurement.objects.count() == len(rows)


def test_a_second_link_shows_what_was_sent_by_the_first(cast, client, indicator):
    asked, token = ask(cast)
    client.post(url("contribute", token), filled(client, token, value="12"))
    _, second = ask(cast, contact=asked.contact)
    (row,) = page_of(client, second).fiches[0].indicators
    assert [words for _, _, words in row.waiting] == ["12\u00a0visites"]


# --- Temps forts ----------------------------------------------------------------------------------
def test_contribute_highlight_comes_with_its_photograph(cast, client):
    asked, token = ask(cast)
    address = f"{url('contribute_highlight', token)}?fiche={cast.fiche.uuid}"
    data = one_filled(client, address, title="Forum", people="46", photo=photo(), photo_alt="Des stands")
    assert client.post(address, data).status_code == 302
    found = Highlight.objects.get()
    assert (found.fiche, found.convention, found.people) == (cast.fiche, cast.convention, 46)
    assert (found.status, found.via, found.author, found.photo_alt) == ("proposed", asked, None, "Des stands")
    small = client.get(url("contribute_photo", token, found.uuid))
    assert (small.status_code, small["Content-Type"], small["Cache-Control"]) == (
        200,
        "image/jpeg",
        "no-store",
    )
    _, other = ask(cast)
    assert client.get(url("contribute_photo", other, found.uuid)).status_code == 404
    address = url("contribute_edit", token, "temps-forts", found.uuid)
    assert client.post(address, one_filled(client, address, people="48")).status_code == 302
    found.refresh_from_db()
    assert (found.people, found.photo is None) == (48, False)


def test_contribute_highlight_keeps_to_the_fiches_of_the_link(cast, client):
    _, token = ask(cast)
    address = url("contribute_highlight", token)
    for fiche in ("", cast.other.pk, make_cast().fiche.pk):
        response = client.post(address, one_filled(client, address, title="Forum", fiche=fiche))
        assert (response.status_code, list(response.context["form"].errors)) == (422, ["fiche"])
    heavy = SimpleUploadedFile("photo.jpg", b"\xff\xd8" + b"0" * 40_000_000)
    response = client.post(
        address, one_filled(client, address, title="F", fiche=cast.fiche.pk, photo=heavy, photo_alt="x")
    )
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["photo"])
    assert client.get(f"{address}?fiche=n-importe").status_code == 200


# --- Two at once ----------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_accepted_and_withdrawn_at_once_one_wins(client):
    """Two connections: whoever locks the row first decides, the other is told."""
    cast = make_cast()
    asked, _ = ask(cast)
    value = MeasurementFactory(indicator=IndicatorFactory(fiche=cast.fiche), via=asked, status="proposed")
    coordinator = cast.roles["coordinator"]
    item = find(cast.convention, coordinator, "valeurs", value.uuid)
    start, refusals = threading.Barrier(2), []

    def run(act):
        try:
            start.wait()
            act()
        except Refused as refused:
            refusals.append(str(refused))
        finally:
            connection.close()

    acts = [lambda: accept(item, by=coordinator), lambda: answers.withdraw(asked, value)]
    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refusals) == 1
    left = list(Measurement.objects.values_list("status", flat=True))
    assert left in ([], ["accepted"])


def test_send_back_reaches_the_page_of_the_partner(cast, client, indicator):
    asked, token = ask(cast)
    value = MeasurementFactory(indicator=indicator, via=asked, status="proposed")
    item = find(cast.convention, cast.roles["coordinator"], "valeurs", value.uuid)
    send_back(item, reason="À préciser", by=cast.roles["coordinator"])
    body = client.get(url("contribute", token)).content.decode()
    assert body.count("À préciser") == 1
