"""Comments and documents of a fiche: who says and reads what."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from actions.models import Comment, Document
from actions.services.comments import named_in
from ctg.files.services import MAX_BYTES
from ctg.notices.models import Notice
from tests.factories import MembershipFactory, UserFactory
from tests.factories.cast import make_cast
from tests.factories.notices import mailed

pytestmark = pytest.mark.django_db
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82"
)


def url(cast, name, *args):
    return reverse(f"actions:{name}", args=[cast.convention.slug, cast.fiche.uuid, *args])


def say(client, cast, role, text):
    client.force_login(cast.roles[role])
    return client.post(url(cast, "part_add", "commentaires"), {"text": text})


# --- Comments --------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["coordinator", "thematic", "contributor", "services", "elected", "caf"])
def test_comment_by_everyone_who_does_more_than_read(client, cast, role):
    assert say(client, cast, role, "Et pour la salle ?").status_code == 302
    assert Comment.objects.get().author == cast.roles[role]


def test_comment_is_not_for_a_reader(client, cast):
    say(client, cast, "elected", "Entre nous")
    client.force_login(cast.roles["reader"])
    assert "Entre nous" not in client.get(url(cast, "fiche_detail")).content.decode()
    assert say(client, cast, "reader", "Moi aussi").status_code == 403
    assert Comment.objects.count() == 1


def test_comment_is_changed_by_its_author_only(client, cast):
    say(client, cast, "elected", "Une question")
    comment = Comment.objects.get()
    edit = url(cast, "part_edit", "commentaires", comment.uuid)
    client.force_login(cast.roles["coordinator"])
    assert client.post(edit, {"text": "Autre chose"}).status_code == 403
    client.force_login(cast.roles["elected"])
    client.post(edit, {"text": "Une autre question", "initial-text": "Une question"})
    comment.refresh_from_db()
    assert (comment.text, comment.edited_at is not None) == ("Une autre question", True)


def test_comment_is_no_news_of_the_fiche(client, cast):
    before = cast.fiche.updated_at
    say(client, cast, "elected", "Une question")
    cast.fiche.refresh_from_db()
    assert cast.fiche.updated_at == before


def test_empty_comment_is_refused(client, cast):
    assert say(client, cast, "elected", "  ").status_code == 422
    assert not Comment.objects.exists()


def test_comment_with_markup_is_words(client, cast):
    say(client, cast, "elected", "<script>alert(1)</script>")
    assert b"<script>alert(1)" not in client.get(url(cast, "fiche_detail")).content


# --- Mentions --------------------------------------------------------------------------------------
def test_named_in_takes_the_longest_name_and_stops_at_its_end():
    short, long = UserFactory(name="Anne Le"), UserFactory(name="Anne Le Goff")
    assert named_in("Vu avec @Anne Le Goff.", [short, long]) == [long]
    assert named_in("@anne le, d’accord ?", [short, long]) == [short]
    assert named_in("@Anne Lefort et anne le", [short, long]) == []
    assert named_in("mail@example.org", [short, long]) == []


def test_mention_tells_the_person_five_minutes_later(client, cast):
    named = cast.roles["caf"]
    say(client, cast, "elected", f"Bonjour @{named.name}, qu’en dites-vous ?")
    [sent] = mailed()
    assert named.email in sent.to[0]
    assert "qu’en dites-vous" in sent.body


def test_mention_read_or_taken_back_is_not_mailed(client, cast):
    for role in ("caf", "coordinator"):
        say(client, cast, "elected", f"Bonjour @{cast.roles[role].name}")
    first, second = Comment.objects.order_by("pk")
    client.post(
        url(cast, "part_edit", "commentaires", first.uuid), {"text": "Rien", "initial-text": first.text}
    )
    client.force_login(cast.roles["coordinator"])
    client.get(url(cast, "fiche_detail"))
    assert mailed() == []
    assert second.mentions.exists()


@pytest.mark.parametrize("role", ["reader", "outsider", "elected"])
def test_mention_of_one_who_may_not_read_it_or_of_oneself_tells_nobody(client, cast, role):
    say(client, cast, "elected", f"Bonjour @{cast.roles[role].name}")
    assert not Notice.objects.exists()


def test_mention_of_a_member_of_another_convention_tells_nobody(client, cast):
    other = make_cast().roles["coordinator"]
    say(client, cast, "elected", f"Bonjour @{other.name}")
    assert not Notice.objects.exists()


def test_mention_suggest_names_members_without_accents(client, cast):
    MembershipFactory(
        user=UserFactory(name="Éloïse Bœuf", function="Directrice"),
        organisation=cast.convention.carrier,
        role="services",
    )
    suggest = reverse("actions:mention_suggest", args=[cast.convention.slug])
    client.force_login(cast.roles["elected"])
    assert client.get(suggest, {"q": "eloise"}).json() == [{"name": "Éloïse Bœuf", "says": "Directrice"}]
    assert client.get(suggest, {"q": "\x00%_'"}).status_code == 200
    client.force_login(cast.roles["reader"])
    assert client.get(suggest, {"q": "eloise"}).status_code == 403


# --- Documents -------------------------------------------------------------------------------------
def send(client, cast, role, name="plan.png", content=PNG, **fields):
    client.force_login(cast.roles[role])
    upload = SimpleUploadedFile(name, content)
    return client.post(url(cast, "part_add", "documents"), {"upload": upload, "title": ""} | fields)


def test_document_takes_the_name_of_its_file_and_is_read_back(client, cast):
    assert send(client, cast, "contributor", name="Plaquette d’accueil.png").status_code == 302
    document = Document.objects.get()
    assert document.title == "Plaquette d’accueil"
    client.force_login(cast.roles["reader"])
    response = client.get(url(cast, "document_read", document.uuid))
    assert b"".join(response.streaming_content) == PNG
    assert response["Content-Type"] == "image/png"
    assert "sandbox" in response["Content-Security-Policy"]


def test_document_that_would_run_is_downloaded(client, cast):
    send(client, cast, "coordinator", name="notes.txt", content=b"bonjour")
    response = client.get(url(cast, "document_read", Document.objects.get().uuid))
    assert b"".join(response) == b"bonjour"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"


def test_document_confidential_is_for_the_coordination_and_the_caf(client, cast):
    send(client, cast, "coordinator", title="Note interne", is_confidential="on")
    document = Document.objects.get()
    for role, status in (("coordinator", 200), ("caf", 200), ("elected", 404), ("contributor", 404)):
        client.force_login(cast.roles[role])
        response = client.get(url(cast, "document_read", document.uuid))
        assert response.status_code == status
        assert b"".join(response) != b""  # a file that is not read to its end stays open
        shown = "Note interne" in client.get(url(cast, "fiche_detail")).content.decode()
        assert shown is (status == 200)


def test_document_of_another_fiche_is_not_found(client, cast):
    send(client, cast, "coordinator")
    document = Document.objects.get()
    other = reverse("actions:document_read", args=[cast.convention.slug, cast.other.uuid, document.uuid])
    assert client.get(other).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("faux.pdf", b"<!DOCTYPE html><script>1</script>", "pas un"),
        ("page.html", b"<p>a</p>", "pas accepté"),
        ("lourd.txt", b"a" * (MAX_BYTES + 1), "15 Mo"),
        ("vide.txt", b"", "vide"),
    ],
)
def test_document_that_is_not_right_is_refused_beside_its_field(client, cast, name, content, words):
    response = send(client, cast, "coordinator", name=name, content=content, title="Mon titre")
    body = response.content.decode()
    assert (response.status_code, Document.objects.count()) == (422, 0)
    assert words in body
    assert 'value="Mon titre"' in body


def test_document_edited_keeps_its_file(client, cast):
    send(client, cast, "coordinator")
    document = Document.objects.get()
    edit = url(cast, "part_edit", "documents", document.uuid)
    client.post(edit, {"title": "Nouveau", "initial-title": document.title})
    document.refresh_from_db()
    assert (document.title, document.stored.size) == ("Nouveau", len(PNG))


def test_document_of_someone_else_is_changed_by_who_edits_the_fiche(client, cast):
    send(client, cast, "coordinator")
    document = Document.objects.get()
    client.force_login(cast.roles["contributor"])
    assert client.get(url(cast, "part_delete", "documents", document.uuid)).status_code == 403
