"""The public page of a convention: off until it is published, and nothing on it but what may go out."""

import io
from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from actions.models import FicheAction, Highlight, ProgressNote
from ctg.files.services import store_bytes
from governance.models import Newsletter, NewsletterSettings, PublicPage
from governance.services import public_page as services
from tests.factories import (
    AxeFactory,
    CommuneFactory,
    FicheFactory,
    HighlightFactory,
    NoteFactory,
    StepFactory,
)
from tests.factories.newsletter import NewsletterFactory
from tests.factories.public import PublicPageFactory

pytestmark = pytest.mark.django_db

SOON = timezone.localdate() + timedelta(days=30)
SECTIONS = {
    "about": "Qu’est-ce qu’une CTG",
    "territory": "Altkirch",
    "axes": "1\u00a0fiche action, 1\u00a0engagée",
    "results": "Des jeunes mieux informés",
    "steps": "Ouvrir le point d’accueil",
    "moments": "Forum des jeunes",
    "letters": "La lettre de juin",
}


def url(cast, name, *args):
    return reverse(f"governance:{name}", args=[cast.convention.slug, *args])


def jpeg():
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "JPEG")
    return out.getvalue()


def picture():
    return store_bytes("photo.jpg", jpeg())


@pytest.fixture
def signed(cast, sign_in):
    return sign_in(cast.roles["coordinator"])


@pytest.fixture
def stranger():
    return Client()


@pytest.fixture
def filled(cast):
    """Something to show in every section."""
    convention = cast.convention
    convention.communes.add(CommuneFactory(name="Altkirch", population=5700))
    cast.fiche.axe = AxeFactory(convention=convention, title="Se lier")
    cast.fiche.resultats_attendus = "<ul><li>Des jeunes mieux informés</li></ul>"
    cast.fiche.save()
    StepFactory(fiche=cast.fiche, title="Ouvrir le point d’accueil", due_on=SOON)
    HighlightFactory(fiche=cast.fiche, title="Forum des jeunes", date=date(2026, 3, 12), is_publishable=True)
    NewsletterFactory(convention=convention, out=True, title="La lettre de juin")
    return cast


def body_of(client, cast):
    response = client.get(url(cast, "public_page"))
    assert response.status_code == 200
    return response.content.decode()


# --- Who reads it ---------------------------------------------------------------------------------
def test_public_page_is_off_until_it_is_published(cast, sign_in, stranger):
    address = url(cast, "public_page")
    readers = [stranger, *(sign_in(cast.roles[one]) for one in ("reader", "elected", "caf", "outsider"))]
    PublicPageFactory(convention=cast.convention, out=False)
    for client in readers:
        assert client.get(address).status_code == 404
    preview = body_of(sign_in(cast.roles["coordinator"]), cast)
    assert "Aperçu\u00a0: cette page n’est pas encore publiée" in preview
    services.publish(cast.convention)
    for client in readers:
        assert client.get(address).status_code == 200
    assert "Aperçu" not in body_of(stranger, cast)
    services.withdraw(cast.convention)
    for client in readers:
        assert client.get(address).status_code == 404
    unknown = reverse("governance:public_page", args=["une-autre-2025-2029"])
    assert stranger.get(unknown).status_code == 404


def test_public_page_needs_no_row_to_be_previewed(cast, signed):
    assert "Qu’est-ce qu’une CTG" in body_of(signed, cast)
    assert not PublicPage.objects.exists()


def test_public_page_sets_no_cookie(filled, stranger):
    PublicPageFactory(convention=filled.convention)
    response = stranger.get(url(filled, "public_page"))
    assert response.cookies == {}


# --- What it shows --------------------------------------------------------------------------------
def test_public_page_has_a_title_a_description_and_one_heading_a_section(filled, stranger):
    PublicPageFactory(convention=filled.convention)
    body = body_of(stranger, filled)
    for words in SECTIONS.values():
        assert words in body
    assert body.count("<h1>") == 1
    assert body.count("<h2 ") == len(SECTIONS)
    assert f"<title>{filled.convention.territory_name}" in body
    assert '<meta name="description"' in body


@pytest.mark.parametrize("name", PublicPage.SECTIONS)
def test_a_section_that_is_not_ticked_disappears(filled, stranger, name):
    PublicPageFactory(convention=filled.convention, **{f"has_{name}": False})
    body = body_of(stranger, filled)
    assert {key for key in SECTIONS if f'<section id="{key}"' in body} == set(SECTIONS) - {name}
    assert SECTIONS[name] not in body


def test_an_empty_section_is_not_shown_and_its_tick_says_so(cast, signed, stranger):
    PublicPageFactory(convention=cast.convention)
    body = body_of(stranger, cast)
    assert [name for name in PublicPage.SECTIONS if f'<section id="{name}"' in body] == [
        "about",
        "territory",
        "axes",
    ]
    assert signed.get(url(cast, "public_page_edit")).content.decode().count("Rien à montrer") == 4


def test_only_what_carries_its_mark_and_is_accepted_goes_out(cast, stranger):
    PublicPageFactory(convention=cast.convention)
    fiche, ours = cast.fiche, {"fiche": cast.fiche}
    HighlightFactory(**ours, title="Dehors", is_publishable=True)
    NoteFactory(**ours, text="Note dehors", visibility="publish")
    HighlightFactory(**ours, title="Dedans")
    HighlightFactory(**ours, title="Dedans", is_publishable=True, status="proposed")
    HighlightFactory(**ours, title="Dedans", is_publishable=True, status="returned")
    HighlightFactory(title="Dedans", is_publishable=True)
    NoteFactory(**ours, text="Dedans")
    NoteFactory(**ours, text="Dedans", visibility="confidential")
    NoteFactory(**ours, text="Dedans", visibility="publish", status="proposed")
    NoteFactory(text="Dedans", visibility="publish")
    StepFactory(**ours, title="Dedans", due_on=SOON, state="done")
    StepFactory(**ours, title="Dedans", due_on=timezone.localdate() - timedelta(days=1))
    StepFactory(**ours, title="Dedans", due_on=timezone.localdate() + timedelta(days=400))
    StepFactory(**ours, title="Dedans")
    StepFactory(title="Dedans", due_on=SOON)
    idle = FicheFactory(convention=cast.convention, status="non_demarree")
    StepFactory(fiche=idle, title="Dedans", due_on=SOON)
    FicheFactory(
        convention=cast.convention,
        status="abandonnee",
        status_reason="Non",
        resultats_attendus="<p>Dedans</p>",
    )
    FicheAction.objects.filter(pk=fiche.pk).update(constat="<p>Dedans</p>", moyens="<p>Dedans</p>")
    AxeFactory(convention=cast.convention, title="Dedans", ended_on=date(2026, 1, 1), end_reason="Fini")
    NewsletterFactory(convention=cast.convention, title="Dedans")
    body = body_of(stranger, cast)
    assert "Dedans" not in body
    assert "Dehors" in body
    assert "Note dehors" in body


def test_no_name_of_a_person_goes_out(filled, stranger):
    author = filled.roles["contributor"]
    NoteFactory(fiche=filled.fiche, text="Une note", visibility="publish", author=author)
    Highlight.objects.update(author=author)
    PublicPageFactory(convention=filled.convention)
    body = body_of(stranger, filled)
    assert "Une note" in body
    assert author.name not in body
    assert author.email not in body


def test_what_is_typed_is_not_run(filled, stranger):
    bad = "<script>alert(1)</script>"
    HighlightFactory(fiche=filled.fiche, title=bad, text=bad, is_publishable=True)
    StepFactory(fiche=filled.fiche, title=bad, due_on=SOON)
    FicheAction.objects.update(title=bad, resultats_attendus=f"<p>{bad}</p>")
    PublicPageFactory(convention=filled.convention, intro=bad)
    assert bad not in body_of(stranger, filled)


def test_made_up_rows_say_so(cast, stranger):
    HighlightFactory(fiche=cast.fiche, is_publishable=True, is_fictitious=True)
    NoteFactory(fiche=cast.fiche, visibility="publish")
    PublicPageFactory(convention=cast.convention)
    assert body_of(stranger, cast).count("donnée fictive") == 1


def test_moments_are_newest_first_and_the_older_ones_folded(cast, stranger):
    PublicPageFactory(convention=cast.convention)
    for day in range(1, 8):
        HighlightFactory(fiche=cast.fiche, title=f"Jour {day}.", date=date(2026, 3, day), is_publishable=True)
    NoteFactory(fiche=cast.fiche, text="Jour 5 et demi.", date=date(2026, 3, 5), visibility="publish")
    HighlightFactory(fiche=cast.fiche, title="L’année.", date=None, year=2026, is_publishable=True)
    body = body_of(stranger, cast)
    said = ["Jour 7.", "Jour 6.", "Jour 5 et demi.", "Jour 4.", "Jour 1.", "L’année."]
    places = [body.index(words) for words in said]
    assert places == sorted(places)
    assert "3\u00a0moments plus anciens" in body


def test_phases_ahead_while_the_convention_is_prepared(cast, stranger):
    PublicPageFactory(convention=cast.convention)
    cast.convention.phases.create(title="Ateliers", starts_on=SOON, words="au printemps")
    cast.convention.phases.create(title="Diagnostic", starts_on=date(2025, 1, 1), ends_on=date(2025, 6, 1))
    assert "Ateliers" not in body_of(stranger, cast)
    cast.convention.status = "elaboration"
    cast.convention.save()
    body = body_of(stranger, cast)
    assert "Ateliers" in body
    assert "au printemps" in body
    assert "Diagnostic" not in body


def test_population_is_said_only_when_every_commune_has_one(cast, stranger):
    PublicPageFactory(convention=cast.convention)
    cast.convention.communes.add(CommuneFactory(population=1200), CommuneFactory(population=300))
    body = body_of(stranger, cast)
    assert "2\u00a0communes, 1\u202f500\u00a0habitants" in body
    assert "population municipale 2022" in body
    cast.convention.communes.add(CommuneFactory(population=None))
    assert "habitant" not in body_of(stranger, cast).split('<section id="territory"')[1]


def test_the_letter_is_offered_when_one_may_subscribe(cast, stranger):
    PublicPageFactory(convention=cast.convention)
    settings = NewsletterSettings.objects.create(convention=cast.convention, is_open=True)
    assert url(cast, "subscribe") in body_of(stranger, cast)
    back = url(cast, "public_page")
    for name in ("subscribe", "newsletter_archive"):
        assert back in stranger.get(url(cast, name)).content.decode()
    services.withdraw(cast.convention)
    for name in ("subscribe", "newsletter_archive"):
        assert back not in stranger.get(url(cast, name)).content.decode()
    services.publish(cast.convention)
    settings.is_open = False
    settings.save()
    assert url(cast, "subscribe") not in body_of(stranger, cast)


# --- Pictures, logo, colours ----------------------------------------------------------------------
def test_public_page_image_of_what_the_page_shows_only(cast, stranger):
    page = PublicPageFactory(convention=cast.convention)
    given = {"fiche": cast.fiche, "photo": picture(), "photo_alt": "Une salle pleine"}
    shown = HighlightFactory(**given, is_publishable=True)
    address = url(cast, "public_page_image", shown.uuid)
    body = body_of(stranger, cast)
    assert address in body
    assert 'alt="Une salle pleine"' in body
    assert b"".join(stranger.get(address).streaming_content)[:2] == b"\xff\xd8"
    unmarked = HighlightFactory(**given)
    proposed = HighlightFactory(**given, is_publishable=True, status="proposed")
    elsewhere = HighlightFactory(photo=given["photo"], photo_alt="x", is_publishable=True)
    bare = HighlightFactory(fiche=cast.fiche, is_publishable=True)
    for other in (unmarked, proposed, elsewhere, bare):
        assert stranger.get(url(cast, "public_page_image", other.uuid)).status_code == 404
    page.has_moments = False
    page.save()
    assert stranger.get(address).status_code == 404
    page.has_moments = True
    page.save()
    services.withdraw(cast.convention)
    assert stranger.get(address).status_code == 404


def test_an_erased_picture_is_gone(cast, stranger):
    PublicPageFactory(convention=cast.convention)
    shown = HighlightFactory(fiche=cast.fiche, photo=picture(), photo_alt="Une salle", is_publishable=True)
    address = url(cast, "public_page_image", shown.uuid)
    shown.photo.file.storage.delete(shown.photo.file.name)
    assert stranger.get(address).status_code == 404
    Highlight.objects.update(photo=None, photo_alt="")
    assert stranger.get(address).status_code == 404
    assert address not in body_of(stranger, cast)


def test_public_page_wears_the_logo_and_colours_of_its_convention(cast, stranger):
    logo, theme = url(cast, "public_page_logo"), url(cast, "public_page_theme")
    cast.convention.brand_colour = "#123456"
    cast.convention.logo.save("logo.jpg", ContentFile(jpeg()))
    for address in (logo, theme):
        assert stranger.get(address).status_code == 404
    PublicPageFactory(convention=cast.convention)
    body = body_of(stranger, cast)
    assert logo in body
    assert theme in body
    assert stranger.get(logo).headers["Content-Type"] == "image/jpeg"
    assert "#123456" in stranger.get(theme).content.decode()


# --- The coordination's page ----------------------------------------------------------------------
def test_public_page_publish_then_withdraw(cast, signed):
    edit, publish, withdraw = (url(cast, f"public_page_{name}") for name in ("edit", "publish", "withdraw"))
    assert "non publiée" in signed.get(edit).content.decode()
    assert signed.post(publish).status_code == 302
    first = PublicPage.objects.get().published_at
    signed.post(publish)
    assert PublicPage.objects.get().published_at == first
    body = signed.get(edit).content.decode()
    assert "Voir la page" in body
    assert url(cast, "public_page") in body
    signed.post(withdraw)
    page = PublicPage.objects.get()
    assert (page.is_published, page.published_at) == (False, None)


def test_public_page_edit_saves_and_merges(cast, signed):
    edit = url(cast, "public_page_edit")
    ticks = {f"has_{name}": "on" for name in ("about", "axes", "moments")}
    assert signed.post(edit, ticks | {"intro": "Nos mots."}).status_code == 302
    page = PublicPage.objects.get()
    assert page.sections == ["about", "axes", "moments"]
    # Two started from the same page: one ticks the letter, the other the steps.
    started = {f"initial-{name}": "True" for name in ticks} | {"initial-intro": "Nos mots."}
    started |= {f"initial-has_{name}": "False" for name in ("territory", "results", "steps", "letters")}
    common = started | ticks | {"intro": "Nos mots."}
    assert signed.post(edit, common | {"has_letters": "on"}).status_code == 302
    assert signed.post(edit, common | {"has_steps": "on"}).status_code == 302
    assert PublicPage.objects.get().sections == ["about", "axes", "steps", "moments", "letters"]
    assert signed.post(edit, common | {"has_letters": "on", "intro": "Autres mots."}).status_code == 302
    assert signed.post(edit, common | {"has_letters": "on", "intro": "D’autres."}).status_code == 409
    assert PublicPage.objects.get().intro == "Autres mots."
    assert signed.post(edit, common | {"intro": "x" * 2001}).status_code == 422


def test_public_page_edit_moves_only_the_marks_that_were_moved(cast, signed):
    first, second = (
        HighlightFactory(fiche=cast.fiche, is_publishable=True),
        HighlightFactory(fiche=cast.fiche),
    )
    note = NoteFactory(fiche=cast.fiche)
    hidden = NoteFactory(fiche=cast.fiche, visibility="confidential")
    proposed = HighlightFactory(fiche=cast.fiche, status="proposed")
    elsewhere = HighlightFactory()
    edit = url(cast, "public_page_edit")
    asked = [one.uuid for one in (first, note, hidden, proposed, elsewhere)]
    sent = {"has_about": "on", "before": [first.uuid], "told": [*asked, "n’importe quoi"]}
    assert signed.post(edit, sent).status_code == 302
    assert list(Highlight.objects.filter(is_publishable=True)) == [first]
    assert list(ProgressNote.objects.filter(visibility="publish")) == [note]
    # Somebody else marks the second; this page, older, takes the mark of the first.
    Highlight.objects.filter(pk=second.pk).update(is_publishable=True)
    signed.post(edit, {"before": [first.uuid, note.uuid], "told": [note.uuid]})
    assert list(Highlight.objects.filter(is_publishable=True)) == [second]
    hidden.refresh_from_db()
    assert hidden.visibility == "confidential"
    event = Highlight.pgh_event_model.objects.filter(pgh_obj=first).latest("pgh_id")
    assert event.pgh_context.metadata["user"] == cast.roles["coordinator"].pk


def test_public_page_edit_saves_texts_and_marks_together_or_not_at_all(cast, signed):
    ours, theirs = HighlightFactory(fiche=cast.fiche), HighlightFactory(fiche=cast.fiche, is_publishable=True)
    PublicPageFactory(convention=cast.convention, intro="Leurs mots.")
    edit = url(cast, "public_page_edit")
    # This page was shown before they wrote, and before they marked theirs.
    sent = {"initial-intro": "", "intro": "Nos mots.", "told": [ours.uuid]}
    for wrong, status in (({}, 409), ({"intro": "x" * 2001}, 422)):
        response = signed.post(edit, sent | wrong)
        assert response.status_code == status
        assert list(Highlight.objects.filter(is_publishable=True)) == [theirs]
        # What was typed and ticked is shown again, and their mark is no matter of this page.
        assert response.context["told"] == {str(ours.uuid)}
        assert response.context["before"] == set()
    assert signed.post(edit, sent | {"initial-intro": "Leurs mots."}).status_code == 302
    assert PublicPage.objects.get().intro == "Nos mots."
    assert set(Highlight.objects.filter(is_publishable=True)) == {ours, theirs}


def test_public_page_edit_says_what_an_empty_text_is_replaced_by(cast, signed):
    assert "est un accord de plusieurs années" in signed.get(url(cast, "public_page_edit")).content.decode()


def test_public_page_publish_refuses_a_page_with_nothing_to_show(cast, signed, stranger):
    ticks = {f"has_{name}": name in ("moments", "letters") for name in PublicPage.SECTIONS}
    page = PublicPageFactory(convention=cast.convention, out=False, **ticks)
    refused = signed.post(url(cast, "public_page_publish"))
    assert refused.status_code == 422
    assert 'role="alert"' in refused.content.decode()
    assert "Rien à montrer\u00a0: cochez" in refused.content.decode()
    assert stranger.get(url(cast, "public_page")).status_code == 404
    page.has_about = True
    page.save()
    assert signed.post(url(cast, "public_page_publish")).status_code == 302


def test_the_fiches_of_an_axe_are_named(filled, stranger):
    FicheFactory(
        convention=filled.convention, title="Rendue", status="abandonnee", status_reason="Non", axe=None
    )
    PublicPageFactory(convention=filled.convention)
    axes = body_of(stranger, filled).split('<section id="axes"')[1].split("</section>")[0]
    assert filled.fiche.title in axes
    assert "abandonnée" in axes.split("Rendue")[1]


def test_the_letters_stay_readable_when_subscription_is_closed(filled, stranger):
    convention, archive = filled.convention, url(filled, "newsletter_archive")
    letter = Newsletter.objects.public().of(convention).get().read_url
    asked = [url(filled, name) for name in ("subscribe", "subscribe_sent")]
    assert {stranger.get(address).status_code for address in (archive, *asked)} == {404}
    assert archive not in stranger.get(letter).content.decode()
    page = PublicPageFactory(convention=convention)
    assert archive in body_of(stranger, filled)
    assert archive in stranger.get(letter).content.decode()
    body = stranger.get(archive).content.decode()
    assert "La lettre de juin" in body
    assert asked[0] not in body
    for address in asked:
        response = stranger.get(address)
        assert response.status_code == 410
        assert "Les abonnements sont fermés pour le moment" in response.content.decode()
        assert archive in response.content.decode()
    assert stranger.post(asked[0], {"address": "lea@example.org", "consent": "on"}).status_code == 410
    page.has_letters = False
    page.save()
    assert stranger.get(archive).status_code == 404
    assert archive not in stranger.get(letter).content.decode()
    assert archive not in stranger.get(asked[0]).content.decode()
    services.withdraw(convention)
    assert {stranger.get(address).status_code for address in (archive, *asked)} == {404}


@pytest.mark.parametrize(("who", "may"), [("coordinator", True), ("caf", False)])
def test_settings_say_whether_the_page_is_out(cast, sign_in, who, may):
    client, settings = sign_in(cast.roles[who]), reverse("actions:settings", args=[cast.convention.slug])
    body = client.get(settings).content.decode()
    assert "Non publiée" in body
    assert ("Modifier la page publique" in body) is may
    services.publish(cast.convention)
    assert url(cast, "public_page") in client.get(settings).content.decode()


def test_a_page_that_is_out_has_its_date(cast):
    for wrong in ({"is_published": True}, {"published_at": timezone.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PublicPage.objects.create(convention=cast.convention, **wrong)


# --- Cost -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("number", [1, 3])
def test_public_page_costs_the_same_for_more(filled, stranger, number, django_assert_num_queries):
    grow(filled, number)
    PublicPageFactory(convention=filled.convention)
    with django_assert_num_queries(9):
        stranger.get(url(filled, "public_page"))


@pytest.mark.parametrize("number", [1, 3])
def test_public_page_edit_costs_the_same_for_more(filled, signed, number, django_assert_num_queries):
    grow(filled, number)
    page = url(filled, "public_page_edit")
    signed.get(page)
    with django_assert_num_queries(16):
        signed.get(page)


def grow(cast, number):
    convention = cast.convention
    for _ in range(number):
        axe = AxeFactory(convention=convention)
        fiche = FicheFactory(convention=convention, axe=axe, resultats_attendus="<p>Un résultat</p>")
        StepFactory(fiche=fiche, due_on=SOON)
        HighlightFactory(
            fiche=fiche, is_publishable=True, photo=picture(), photo_alt="x", commune=CommuneFactory()
        )
        NoteFactory(fiche=fiche, visibility="publish")
        NewsletterFactory(convention=convention, out=True)
        convention.communes.add(CommuneFactory())
