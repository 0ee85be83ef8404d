"""The pages of the newsletter: an issue drafted, rewritten, illustrated, ordered; and what anyone reads of it."""

import io
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from ctg.files.services import store_bytes
from ctg.mail.models import Envelope
from governance.models import Newsletter, NewsletterBlock, NewsletterSettings
from governance.services import newsletters as services
from tests.factories import FicheFactory, HighlightFactory
from tests.factories.newsletter import NewsletterBlockFactory, NewsletterFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(cast, sign_in):
    return sign_in(cast.roles["coordinator"])


@pytest.fixture
def issue(cast):
    return NewsletterFactory(convention=cast.convention)


def url(name, *args):
    return reverse(f"governance:{name}", args=args)


def of(name, issue, *more):
    return url(name, issue.convention.slug, issue.uuid, *more)


def jpeg(size=(40, 30)):
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, "JPEG")
    return out.getvalue()


def upload(content, name="photo.jpg"):
    return SimpleUploadedFile(name, content, "image/jpeg")


# --- Writing --------------------------------------------------------------------------------------
def test_newsletter_create_drafts_in_one_click(cast, client):
    today = timezone.localdate()
    HighlightFactory(fiche=cast.fiche, date=today, title="Le forum", is_publishable=True)
    page = url("newsletter_create", cast.convention.slug)
    form = client.get(page).context["form"]
    response = client.post(page, form.initial)
    newsletter = Newsletter.objects.get()
    assert response.headers["Location"] == newsletter.get_absolute_url()
    body = client.get(newsletter.get_absolute_url()).content.decode()
    assert "Le forum" in body
    assert newsletter.author == cast.roles["coordinator"]


@pytest.mark.parametrize(
    ("start", "days", "said"),
    [
        ("2026-01-01", 1, "ce jour est à venir"),
        ("2027-01-01", -400, "doit finir après son début"),
        ("0026-01-01", 0, "Écrivez une date entre"),
        ("hier", 0, "Saisissez une date valide"),
    ],
)
def test_newsletter_create_refuses_a_wrong_period(cast, client, start, days, said):
    end = timezone.localdate() + timedelta(days=days)
    response = client.post(url("newsletter_create", cast.convention.slug), {"start": start, "end": end})
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not Newsletter.objects.exists()


@pytest.mark.parametrize("number", [1, 3])
def test_newsletter_create_says_what_is_in_preparation(cast, client, number, django_assert_num_queries):
    """And forbids nothing."""
    page = url("newsletter_create", cast.convention.slug)
    client.get(page)
    for _ in range(number):
        issue = NewsletterFactory(convention=cast.convention)
    NewsletterFactory(convention=cast.convention, out=True)
    NewsletterFactory(title="Ailleurs")
    with django_assert_num_queries(7):
        body = client.get(page).content.decode().replace("\u00a0", " ")
    assert body.count("raconte déjà") == number
    assert f"lettre n° {issue.number}</a>, en préparation, raconte déjà du 1er janvier 2026" in body
    assert issue.get_absolute_url() in body
    day = timezone.localdate()
    assert client.post(page, {"start": day, "end": day}).status_code == 302


def test_newsletter_edit_refuses_a_header_in_the_subject(client, issue):
    """What was typed stays in the form."""
    given = {"subject": "Bonjour\r\nBcc: tous@example.org", "title": "<script>x</script>", "intro": "Bonjour"}
    response = client.post(of("newsletter_edit", issue), given)
    assert response.status_code == 422
    body = response.content.decode()
    assert "Un objet tient sur une seule ligne." in body
    assert "Bcc: tous@example.org" in body
    assert "&lt;script&gt;x&lt;/script&gt;" in body
    issue.refresh_from_db()
    assert "Bcc" not in issue.subject


def test_newsletter_edit_saves(client, issue):
    given = {"subject": "Objet neuf", "title": issue.title, "intro": "Bonjour,\n- un\n- deux"}
    given |= {"initial-subject": issue.subject, "initial-title": issue.title, "initial-intro": ""}
    assert client.post(of("newsletter_edit", issue), given).status_code == 302
    issue.refresh_from_db()
    assert (issue.subject, issue.intro) == ("Objet neuf", "Bonjour,\n- un\n- deux")


def test_newsletter_block_add_a_picture(client, issue):
    page = of("newsletter_block_add", issue) + "?image"
    response = client.post(page, {"image": upload(jpeg())})
    assert response.status_code == 422
    assert "Décrivez l’image en quelques mots" in response.content.decode()
    receipt = response.context["form"].new_receipt
    # The file was received: nobody chooses it again.
    assert client.post(page, {"receipt": receipt, "image_alt": "Une salle"}).status_code == 302
    block = NewsletterBlock.objects.get()
    assert (block.kind, block.image_alt, block.image.extension) == ("image", "Une salle", "jpg")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"title": "Lien", "link": "javascript:alert(1)"}, "Donnez une adresse complète"),
        ({"title": "Lien", "link": "data:text/html,x"}, "Donnez une adresse complète"),
        ({"title": "Lien", "link": "ftp://example.org/x"}, "Un lien commence par https://."),
        ({}, "Écrivez quelque chose"),
        ({"title": "x", "link_label": "Lire"}, "Donnez l’adresse où mènent ces mots"),
        ({"title": "x" * 201}, "200"),
    ],
)
def test_newsletter_block_add_refuses(client, issue, given, said):
    response = client.post(of("newsletter_block_add", issue), given | {"text": ""})
    assert response.status_code == 422
    body = response.content.decode()
    assert said in body
    if "link" in given:
        assert f'value="{given["link"]}"' in body
    assert not NewsletterBlock.objects.exists()


def test_newsletter_block_add_of_a_picture_without_one_is_refused(client, issue):
    """Whatever is written beside; a part whose picture was removed later keeps its words."""
    page = of("newsletter_block_add", issue) + "?image"
    response = client.post(page, {"title": "Le forum", "text": "Cent familles."})
    assert response.status_code == 422
    assert response.context["form"].errors["image"] == ["Choisissez une image."]
    assert not NewsletterBlock.objects.exists()
    client.post(page, {"title": "Le forum", "image": upload(jpeg()), "image_alt": "Une salle"})
    block = NewsletterBlock.objects.get()
    assert "Description de l’image : Une salle" in client.get(issue.get_absolute_url()).content.decode()
    assert "Description de l’image" not in client.get(issue.read_url).content.decode()
    given = {"without_image": "on", "title": "Le forum", "initial-title": "Le forum"}
    given |= {"image_alt": "Une salle", "initial-image_alt": "Une salle", "text": "", "initial-text": ""}
    assert client.post(of("newsletter_block_edit", issue, block.uuid), given).status_code == 302
    block.refresh_from_db()
    assert block.image is None


def test_newsletter_block_add_refuses_thirty_megabytes(client, issue):
    heavy = upload(b"\xff\xd8\xff" + bytes(30_000_000))
    response = client.post(
        of("newsletter_block_add", issue), {"image": heavy, "image_alt": "Une salle", "title": "Gardé"}
    )
    assert response.status_code == 422
    body = response.content.decode()
    assert "pèse plus de 15 Mo" in body
    assert 'value="Gardé"' in body
    assert not NewsletterBlock.objects.exists()


def test_newsletter_block_edit_in_its_place(client, issue):
    block = NewsletterBlockFactory(newsletter=issue, title="Avant", text="Un texte.")
    page, htmx = of("newsletter_block_edit", issue, block.uuid), {"HX-Request": "true"}
    assert "<html" in client.get(page).content.decode()
    assert "<html" not in client.get(page, headers=htmx).content.decode()
    given = {"title": "Après", "initial-title": "Avant", "text": "Un texte.", "initial-text": "Un texte."}
    response = client.post(page, given, headers=htmx)
    assert response.status_code == 200
    assert "Après" in response.content.decode()
    assert "Après" in client.get(page + "?lire", headers=htmx).content.decode()
    # Somebody who started from the former title loses nothing, and overwrites nothing.
    assert client.post(page, given | {"title": "Autre"}).status_code == 409
    block.refresh_from_db()
    assert block.title == "Après"


def test_newsletter_block_move_by_button_and_by_hand(client, issue):
    one, two, three = (NewsletterBlockFactory(newsletter=issue, title=title) for title in "ABC")
    client.post(of("newsletter_block_move", issue, three.uuid), {"monter": "1"})
    assert [block.title for block in issue.blocks.all()] == ["A", "C", "B"]
    dragged = client.post(
        of("newsletter_block_move", issue, two.uuid), {"avant": one.uuid}, headers={"HX-Request": "true"}
    )
    assert dragged.status_code == 204
    assert [block.title for block in issue.blocks.all()] == ["B", "A", "C"]
    client.post(of("newsletter_block_delete", issue, one.uuid))
    assert [block.title for block in issue.blocks.all()] == ["B", "C"]


def test_what_has_left_is_no_longer_written(cast, client):
    issue = NewsletterFactory(convention=cast.convention, out=True)
    block = NewsletterBlockFactory(newsletter=issue, title="Parti")
    for page in (
        of("newsletter_edit", issue),
        of("newsletter_block_add", issue),
        of("newsletter_block_edit", issue, block.uuid),
    ):
        response = client.get(page, follow=True)
        assert response.redirect_chain == [(issue.get_absolute_url(), 302)]
        assert "elle ne se modifie plus" in response.content.decode()
    in_place = client.get(of("newsletter_block_edit", issue, block.uuid), headers={"HX-Request": "true"})
    assert "<form" not in in_place.content.decode()
    assert client.post(of("newsletter_edit", issue), {"title": "x", "subject": "x"}).status_code in {409, 422}
    given = {"title": "Changé", "initial-title": "Parti", "text": block.text, "initial-text": block.text}
    assert client.post(of("newsletter_block_edit", issue, block.uuid), given).status_code == 422
    assert client.post(of("newsletter_block_add", issue), {"title": "Neuf"}).status_code == 422
    for name in ("newsletter_block_delete", "newsletter_block_move"):
        client.post(of(name, issue, block.uuid))
    for name in ("newsletter_complete", "newsletter_reopen", "newsletter_drop", "newsletter_send"):
        client.post(of(name, issue))
    issue.refresh_from_db()
    assert [one.title for one in issue.blocks.all()] == ["Parti"]
    assert issue.state == "sent"
    assert not Envelope.objects.exists()


def test_a_letter_of_another_convention_is_not_found(cast, client):
    other = NewsletterBlockFactory()
    here = cast.convention.slug
    for name in ("newsletter_detail", "newsletter_preview", "newsletter_send"):
        assert client.get(url(name, here, other.newsletter.uuid)).status_code == 404
    mine = NewsletterFactory(convention=cast.convention)
    assert client.post(of("newsletter_block_delete", mine, other.uuid)).status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_newsletter_pages_cost_the_same_for_more(cast, client, number, django_assert_num_queries):
    for _ in range(number):
        issue = NewsletterFactory(convention=cast.convention, out=True)
        NewsletterBlockFactory(newsletter=issue)
        HighlightFactory(fiche=FicheFactory(convention=cast.convention))
    draft = NewsletterFactory(convention=cast.convention)
    for _ in range(number):
        NewsletterBlockFactory(newsletter=draft)
    client.get(url("newsletter_list", cast.convention.slug))
    with django_assert_num_queries(10):
        client.get(url("newsletter_list", cast.convention.slug))
    with django_assert_num_queries(12):
        client.get(draft.get_absolute_url())


# --- How it looks ---------------------------------------------------------------------------------
def test_newsletter_preview_is_the_mail_itself(client, issue):
    NewsletterBlockFactory(
        newsletter=issue, title="<b>Gras</b>", text="Un **mot**\n- [piège](javascript:alert(1))"
    )
    response = client.get(of("newsletter_preview", issue) + "?courriel")
    html = response.content.decode()
    assert "sandbox" in response.headers["Content-Security-Policy"]
    # Shown in a frame of this site, and of no other.
    assert "frame-ancestors 'self'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "&lt;b&gt;Gras&lt;/b&gt;" in html
    assert 'style="' in html
    assert not any(bad in html for bad in ("<script", 'href="javascript', "jeton-du-destinataire"))
    text = client.get(of("newsletter_preview", issue) + "?texte").content.decode()
    assert "• [piège](javascript:alert(1))" in text
    assert f"Ne plus la recevoir : {settings.BASE_URL}/lettre/essai/desabonnement/" in text
    assert f"En ligne : {settings.BASE_URL}{issue.read_url}" in text


@pytest.mark.parametrize("look", ["", "?largeur=telephone", "?texte", "?largeur=%00"])
def test_newsletter_preview_says_what_a_mailbox_says(client, issue, look):
    response = client.get(of("newsletter_preview", issue) + look)
    body = response.content.decode()
    assert f"CTG {issue.convention.of_place} &lt;" in body
    assert issue.subject in body
    assert issue.get_absolute_url() in body
    assert ("<iframe" in body, "letter-phone" in body) == (look != "?texte", look == "?largeur=telephone")
    assert response.headers["X-Frame-Options"] == "DENY"


def test_unsubscribe_of_a_trial_says_so(client, issue):
    """To the last of those who try a link once too often, and to a mail program."""
    for go in (client.get, Client(enforce_csrf_checks=True).post):
        response = go(url("unsubscribe", "essai"))
        assert response.status_code == 200
        assert "Ceci est un essai" in response.content.decode()


def test_newsletter_wears_the_colours_of_its_convention(client, issue):
    convention = issue.convention
    convention.brand_colour = "#6a1b4d"
    convention.save()
    NewsletterSettings.objects.create(convention=convention, signature="L’équipe\ndu Sundgau")
    html = client.get(of("newsletter_preview", issue) + "?courriel").content.decode()
    assert "background-color: #6a1b4d" in html
    assert "L’équipe<br>du Sundgau" in html


# --- What anyone reads ----------------------------------------------------------------------------
def test_newsletter_read_once_it_has_left(client, issue):
    block = NewsletterBlockFactory(
        newsletter=issue, title="Le forum", image=store_bytes("p.jpg", jpeg()), image_alt="Une salle"
    )
    stranger = Client()
    image = url("newsletter_image", issue.uuid, block.uuid)
    for address in (issue.read_url, image):
        assert stranger.get(address).status_code == 404
    assert "Brouillon" in client.get(issue.read_url).content.decode()
    assert b"".join(client.get(image).streaming_content) == jpeg()
    Newsletter.objects.update(state="sent", sent_at=timezone.now())
    body = stranger.get(issue.read_url).content.decode()
    assert "Le forum" in body
    assert 'alt="Une salle"' in body
    assert b"".join(stranger.get(image).streaming_content) == jpeg()
    other = NewsletterFactory(out=True)
    assert stranger.get(url("newsletter_image", other.uuid, block.uuid)).status_code == 404
    text_only = NewsletterBlockFactory(newsletter=other)
    assert stranger.get(url("newsletter_image", other.uuid, text_only.uuid)).status_code == 404


def test_newsletter_logo_of_a_letter_that_has_left(cast):
    issue = NewsletterFactory(convention=cast.convention, out=True)
    address, stranger = url("newsletter_logo", issue.uuid), Client()
    assert stranger.get(address).status_code == 404
    cast.convention.logo.save("logo.jpg", upload(jpeg()))
    assert stranger.get(address).headers["Content-Type"] == "image/jpeg"


def test_newsletter_archive_where_the_public_may_subscribe(cast):
    issue = NewsletterFactory(convention=cast.convention, out=True, title="Partie")
    NewsletterFactory(convention=cast.convention, title="Brouillon")
    NewsletterFactory(out=True, title="Ailleurs")
    address, stranger = url("newsletter_archive", cast.convention.slug), Client()
    assert stranger.get(address).status_code == 404
    NewsletterSettings.objects.create(convention=cast.convention, is_open=True)
    body = stranger.get(address).content.decode()
    assert issue.read_url in body
    assert "Brouillon" not in body
    assert "Ailleurs" not in body


def test_newsletter_drop_then_reopen(client, issue):
    client.post(of("newsletter_drop", issue))
    issue.refresh_from_db()
    assert issue.state == "cancelled"
    assert (
        "1\u00a0lettre abandonnée"
        in client.get(url("newsletter_list", issue.convention.slug)).content.decode()
    )
    client.post(of("newsletter_reopen", issue))
    issue.refresh_from_db()
    assert issue.is_draft
    assert services.people_of(issue)
