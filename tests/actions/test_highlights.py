"""Temps forts: told in thirty seconds, counted at once on one's own fiches, proposed elsewhere."""

import io
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from actions.models import FicheAction, Highlight
from ctg.files.models import StoredFile
from tests.actions.browser import as_sent
from tests.factories import AxeFactory, CommuneFactory, HighlightFactory, ThemeFactory
from tests.factories.cast import make_cast

pytestmark = pytest.mark.django_db


def url(cast, view, *args):
    return reverse(f"actions:{view}", args=[cast.convention.slug, *args])


def sent(client, address, **given):
    return as_sent(client.get(address).context["form"], **given)


def photo(name="photo.jpg", size=(40, 30), kind="JPEG"):
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind)
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


# --- Telling --------------------------------------------------------------------------------------
def test_highlight_add_a_title_is_enough(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "highlight_add")
    assert client.post(address, sent(client, address, title="  Forum \n des métiers ")).status_code == 302
    found = Highlight.objects.get()
    assert (found.title, found.date, found.status) == ("Forum des métiers", timezone.localdate(), "accepted")
    assert (found.author, found.convention, found.fiche) == (cast.roles["coordinator"], cast.convention, None)


def test_highlight_add_from_a_fiche_goes_back_to_it_and_is_its_news(cast, sign_in):
    FicheAction.objects.update(updated_at=timezone.now() - timedelta(days=300))
    client = sign_in(cast.roles["contributor"])
    address = f"{url(cast, 'highlight_add')}?fiche={cast.fiche.uuid}"
    response = client.post(address, sent(client, address, title="Forum"))
    assert response["Location"] == f"{cast.fiche.get_absolute_url()}#suivi"
    found = Highlight.objects.get()
    assert (found.fiche, found.status) == (cast.fiche, "accepted")
    cast.fiche.refresh_from_db()
    assert timezone.now() - cast.fiche.updated_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("role", "on_fiche", "status"),
    [
        ("coordinator", True, "accepted"),
        ("coordinator", False, "accepted"),
        ("thematic", True, "accepted"),
        ("thematic", False, "proposed"),
        ("contributor", True, "accepted"),
        ("contributor", False, "proposed"),
        ("caf", False, "proposed"),
    ],
)
def test_highlight_add_counts_at_once_on_own_fiches_only(cast, sign_in, role, on_fiche, status):
    client = sign_in(cast.roles[role])
    address = url(cast, "highlight_add")
    fiche = cast.fiche.pk if on_fiche else ""
    assert client.post(address, sent(client, address, title="Forum", fiche=fiche)).status_code == 302
    assert Highlight.objects.get().status == status


def test_highlight_add_of_a_theme_is_its_coordinations(cast, sign_in):
    client = sign_in(cast.roles["thematic"])
    address = url(cast, "highlight_add")
    assert (
        client.post(address, sent(client, address, title="Forum", themes=[cast.theme.pk])).status_code == 302
    )
    assert Highlight.objects.get().status == "accepted"


def test_highlight_add_offers_only_what_the_person_reports_on(cast, sign_in):
    form = sign_in(cast.roles["contributor"]).get(url(cast, "highlight_add")).context["form"]
    assert list(form.fields["fiche"].queryset) == [cast.fiche]
    foreign, hers = CommuneFactory(), CommuneFactory()
    cast.convention.communes.add(hers)
    client = sign_in(cast.roles["contributor"])
    address = url(cast, "highlight_add")
    for given in ({"fiche": cast.other.pk}, {"fiche": make_cast().fiche.pk}, {"commune": foreign.pk}):
        response = client.post(address, sent(client, address, title="Forum", **given))
        assert response.status_code == 422
    assert client.post(address, sent(client, address, title="Forum", commune=hers.pk)).status_code == 302


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"when": "date", "date": "2026-03-02", "year": "2025", "period": "hiver"},
            (date(2026, 3, 2), None, ""),
        ),
        ({"when": "year", "date": "2026-03-02", "year": "2025"}, (None, 2025, "")),
        ({"when": "period", "period": "printemps 2026"}, (None, None, "printemps 2026")),
        ({"when": "", "year": "2025"}, (None, None, "")),
    ],
)
def test_highlight_add_keeps_only_what_it_was_told_of_the_date(cast, sign_in, given, expected):
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "highlight_add")
    assert client.post(address, sent(client, address, title="Forum") | given).status_code == 302
    found = Highlight.objects.get()
    assert (found.date, found.year, found.period) == expected


@pytest.mark.parametrize(
    ("given", "faulty"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 10_000}, "title"),
        ({"date": ""}, "date"),
        ({"date": "hier"}, "date"),
        ({"date": "2199-01-01"}, "date"),
        ({"date": "2019-01-01"}, "date"),
        ({"date": "0026-01-01"}, "date"),
        ({"when": "year", "year": "20255"}, "year"),
        ({"when": "year", "year": "2019"}, "year"),
        ({"when": "year", "year": "2098"}, "year"),
        ({"when": "year", "year": "N/A"}, "year"),
        ({"when": "year"}, "year"),
        ({"when": "period"}, "period"),
        ({"when": "jamais"}, "when"),
        ({"people": "-3"}, "people"),
        ({"people": "beaucoup"}, "people"),
        ({"people": "9" * 30}, "people"),
    ],
)
def test_highlight_add_bad_input_is_said_beside_its_field(cast, sign_in, given, faulty):
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "highlight_add")
    response = client.post(address, sent(client, address, title="Forum") | given)
    assert response.status_code == 422
    assert faulty in response.context["form"].errors
    assert not Highlight.objects.exists()


def test_highlight_add_says_when_the_convention_begins(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "highlight_add")
    # The years of its preparation are its own.
    assert client.post(address, sent(client, address, title="a", date="2023-01-05")).status_code == 302
    response = client.post(address, sent(client, address, title="b", date="2016-03-02"))
    assert "La convention commence en 2025" in response.content.decode()


# --- The photograph -------------------------------------------------------------------------------
def test_highlight_add_keeps_a_tidied_photograph(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "highlight_add")
    data = sent(
        client, address, title="Forum", photo_alt="Des stands sous la halle", photo=photo("a.exe", (4000, 20))
    )
    assert client.post(address, data).status_code == 302
    found = Highlight.objects.get()
    assert (found.photo.media_type, found.photo_alt) == ("image/jpeg", "Des stands sous la halle")
    response = client.get(url(cast, "highlight_photo", found.uuid))
    assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(b"".join(response.streaming_content))).size == (1600, 8)
    small = client.get(f"{url(cast, 'highlight_photo', found.uuid)}?petite")
    assert Image.open(io.BytesIO(small.content)).size == (320, 2)
    assert f'alt="{found.photo_alt}"' in client.get(url(cast, "highlight_list")).content.decode()


def test_highlight_add_a_photograph_is_described_and_not_asked_for_twice(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "highlight_add")
    response = client.post(address, sent(client, address, title="Forum", photo=photo()))
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["photo_alt"])
    body = response.content.decode()
    assert "Votre photo est reçue" in body
    receipt = response.context["form"].new_receipt
    assert f'name="receipt" value="{receipt}"' in body
    data = sent(client, address, title="Forum", photo_alt="Des stands", receipt=receipt)
    assert client.post(address, data).status_code == 302
    assert Highlight.objects.get().photo == StoredFile.objects.get()


@pytest.mark.parametrize("receipt", ["1", "MQ:1abc:faux", "x" * 5000])
def test_highlight_add_a_forged_receipt_gives_no_photograph(cast, sign_in, receipt):
    HighlightFactory(fiche=make_cast().fiche)
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "highlight_add")
    data = sent(client, address, title="Forum", photo_alt="Rien", receipt=receipt)
    assert client.post(address, data).status_code == 302
    assert Highlight.objects.get(title="Forum").photo is None


@pytest.mark.parametrize(
    "upload",
    [
        SimpleUploadedFile("photo.jpg", b"\xff\xd8" + b"0" * 40_000_000),
        SimpleUploadedFile("photo.jpg", b"<script>alert(1)</script>"),
        SimpleUploadedFile("photo.png", b"MZ executable"),
        SimpleUploadedFile("IMG_0001.HEIC", b"\x00\x00\x00\x18ftypheic" + b"\0" * 50),
        SimpleUploadedFile("photo.jpg", b""),
    ],
    ids=["40 Mo", "html", "exe", "heic", "vide"],
)
def test_highlight_add_refuses_what_is_no_photograph(cast, sign_in, upload):
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "highlight_add")
    response = client.post(address, sent(client, address, title="Forum", photo_alt="x", photo=upload))
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["photo"])
    assert not StoredFile.objects.exists()


def test_highlight_edit_replaces_and_removes_the_photograph(cast, sign_in):
    client = sign_in(cast.roles["coordinator"])
    row = HighlightFactory(fiche=cast.fiche)
    address = url(cast, "highlight_edit", row.uuid)
    assert client.post(address, sent(client, address, photo=photo(), photo_alt="Avant")).status_code == 302
    first = Highlight.objects.get().photo
    assert client.post(address, sent(client, address, photo=photo(size=(50, 50)))).status_code == 302
    row.refresh_from_db()
    assert (row.photo != first, row.photo_alt) == (True, "Avant")
    assert client.post(address, sent(client, address, without_photo="on")).status_code == 302
    row.refresh_from_db()
    assert (row.photo, row.photo_alt) == (None, "")


@pytest.mark.parametrize("role", ["outsider", "reader"])
def test_highlight_photo_is_for_those_who_read_it(cast, client, sign_in, role):
    author = sign_in(cast.roles["coordinator"])
    address = url(cast, "highlight_add")
    author.post(address, sent(author, address, title="Forum", photo=photo(), photo_alt="x"))
    found = Highlight.objects.get()
    at = f"{url(cast, 'highlight_photo', found.uuid)}?petite"
    client.force_login(cast.roles[role])
    assert client.get(at).status_code == {"outsider": 404, "reader": 200}[role]
    Highlight.objects.update(status="proposed")
    client.force_login(cast.roles[role])
    assert client.get(at).status_code == 404


def test_highlight_photo_without_one_is_404(cast, sign_in):
    row = HighlightFactory(fiche=cast.fiche)
    assert sign_in(cast.roles["reader"]).get(url(cast, "highlight_photo", row.uuid)).status_code == 404


# --- Changing -------------------------------------------------------------------------------------
def test_highlight_edit_moves_from_a_day_to_a_year(cast, sign_in):
    row = HighlightFactory(fiche=cast.fiche, date=date(2026, 3, 2))
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "highlight_edit", row.uuid)
    assert client.post(address, sent(client, address, when="year", year="2025")).status_code == 302
    row.refresh_from_db()
    assert (row.date, row.year) == (None, 2025)


def test_highlight_edit_a_fiche_takes_the_place_of_an_axe(cast, sign_in):
    axe = AxeFactory(convention=cast.convention)
    row = HighlightFactory(fiche=None, convention=cast.convention, axe=axe, year=2025)
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "highlight_edit", row.uuid)
    assert client.post(address, sent(client, address, fiche=cast.fiche.pk)).status_code == 302
    row.refresh_from_db()
    assert (row.axe, row.fiche) == (None, cast.fiche)


def test_highlight_edit_leaves_the_fields_that_others_changed(cast, sign_in):
    row = HighlightFactory(fiche=cast.fiche, date=date(2026, 3, 2), people=12)
    client = sign_in(cast.roles["coordinator"])
    address = url(cast, "highlight_edit", row.uuid)
    data = sent(client, address, title="Le titre de l’une")
    Highlight.objects.update(people=30)
    assert client.post(address, data).status_code == 302
    row.refresh_from_db()
    assert (row.title, row.people) == ("Le titre de l’une", 30)
    data = sent(client, address, title="Encore un autre")
    Highlight.objects.update(title="Le titre de l’autre")
    response = client.post(address, data)
    assert response.status_code == 409
    assert "Le titre de l’autre" in response.content.decode()


@pytest.mark.parametrize(
    ("role", "author", "fiche", "status", "answer"),
    [
        ("coordinator", None, "other", "accepted", 200),
        ("thematic", None, "fiche", "accepted", 200),
        ("thematic", None, "other", "accepted", 403),
        ("contributor", "contributor", "fiche", "accepted", 200),
        ("contributor", None, "fiche", "accepted", 403),
        ("contributor", "contributor", None, "accepted", 403),
        ("contributor", "contributor", None, "proposed", 200),
        ("contributor", "contributor", None, "returned", 200),
        ("contributor", "caf", None, "proposed", 404),
        ("coordinator", "caf", None, "proposed", 404),  # read and examined on its own page
        ("reader", None, "fiche", "accepted", 403),
    ],
)
def test_highlight_edit_by_whom(cast, sign_in, role, author, fiche, status, answer):
    row = HighlightFactory(
        fiche=getattr(cast, fiche) if fiche else None,
        convention=cast.convention,
        author=cast.roles[author] if author else None,
        status=status,
    )
    client = sign_in(cast.roles[role])
    assert client.get(url(cast, "highlight_edit", row.uuid)).status_code == answer
    gone = client.post(url(cast, "highlight_delete", row.uuid))
    assert gone.status_code == (302 if answer == 200 else answer)
    assert Highlight.objects.exists() == (answer != 200)


def test_highlight_edit_of_what_came_back_proposes_it_again(cast, sign_in):
    row = HighlightFactory(
        fiche=None,
        convention=cast.convention,
        author=cast.roles["contributor"],
        status="returned",
        return_reason="Où était-ce ?",
        year=2025,
    )
    client = sign_in(cast.roles["contributor"])
    assert "Où était-ce ?" in client.get(url(cast, "highlight_list")).content.decode()
    address = url(cast, "highlight_edit", row.uuid)
    assert client.post(address, sent(client, address, text="À la halle")).status_code == 302
    row.refresh_from_db()
    assert (row.status, row.return_reason) == ("proposed", "")


def test_highlight_of_another_convention_is_unknown_under_mine(cast, sign_in):
    foreign = HighlightFactory(fiche=make_cast().fiche)
    client = sign_in(cast.roles["coordinator"])
    for view in ("highlight_edit", "highlight_photo"):
        assert client.get(url(cast, view, foreign.uuid)).status_code == 404
    assert client.post(url(cast, "highlight_delete", foreign.uuid)).status_code == 404


# --- Reading --------------------------------------------------------------------------------------
def test_highlight_list_shows_the_newest_first_and_none_of_the_others(cast, sign_in):
    HighlightFactory(fiche=cast.fiche, title="sans date")
    HighlightFactory(fiche=cast.fiche, title="année 2025", year=2025)
    HighlightFactory(fiche=cast.fiche, title="mars 2026", date=date(2026, 3, 2))
    HighlightFactory(fiche=cast.fiche, title="proposé par d’autres", status="proposed")
    HighlightFactory(fiche=make_cast().fiche, title="d’une autre convention")
    page = sign_in(cast.roles["reader"]).get(url(cast, "highlight_list")).context["page"]
    assert [row.title for row in page.object_list] == ["mars 2026", "année 2025", "sans date"]


def test_highlight_list_filters(cast, sign_in):
    axe = AxeFactory(convention=cast.convention)
    FicheAction.objects.filter(pk=cast.other.pk).update(axe=axe)
    commune = CommuneFactory()
    cast.convention.communes.add(commune)
    HighlightFactory(fiche=cast.fiche, title="a", year=2025, commune=commune)
    HighlightFactory(fiche=cast.other, title="b", date=date(2026, 1, 1))
    HighlightFactory(
        fiche=None, convention=cast.convention, title="c", axe=axe, is_publishable=True, year=2025
    )
    client = sign_in(cast.roles["reader"])

    def titles(**query):
        response = client.get(url(cast, "highlight_list"), query)
        assert response.status_code == 200
        return sorted(row.title for row in response.context["page"].object_list)

    assert titles() == titles(year="abc", axe="-1", commune="x") == ["a", "b", "c"]
    assert titles(year="2025") == ["a", "c"]
    assert titles(axe=str(axe.pk)) == ["b", "c"]
    assert titles(commune=commune.pk) == ["a"]
    assert titles(publishable="on", year="2025") == ["c"]
    assert titles(axe=str(AxeFactory().pk)) == ["a", "b", "c"]  # of another convention: no filter at all


def test_highlight_list_escapes_what_was_typed(cast, sign_in):
    HighlightFactory(fiche=cast.fiche, title="<script>alert(1)</script>", text='"><img src=x onerror=1>')
    body = sign_in(cast.roles["coordinator"]).get(url(cast, "highlight_list")).content.decode()
    assert "<script>alert" not in body
    assert "<img src=x" not in body


@pytest.mark.parametrize("count", [1, 3])
def test_highlight_list_costs_the_same_for_one_and_for_three(cast, sign_in, django_assert_num_queries, count):
    theme = ThemeFactory()
    for _ in range(count):
        row = HighlightFactory(fiche=cast.fiche, author=cast.roles["contributor"])
        row.themes.add(theme)
    client = sign_in(cast.roles["coordinator"])
    with django_assert_num_queries(12):
        client.get(url(cast, "highlight_list"))


def test_highlight_list_is_read_page_by_page(cast, sign_in):
    for number in range(31):
        HighlightFactory(fiche=cast.fiche, title=f"n° {number}", date=date(2025, 1, 1) + timedelta(number))
    client = sign_in(cast.roles["reader"])
    first = client.get(url(cast, "highlight_list"), {"year": "2025"})
    assert "?year=2025&amp;page=2" in first.content.decode()
    last = client.get(url(cast, "highlight_list"), {"page": "9999"})
    assert [row.title for row in last.context["page"].object_list] == ["n° 0"]
