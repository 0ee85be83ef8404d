"""What people send in: known by its bytes, kept once, let go of when nothing refers to it."""

import io
import zipfile
from contextlib import suppress
from datetime import timedelta

import docx
import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from actions.models import Document
from ctg.files.kinds import MEDIA_TYPES, kind_of
from ctg.files.models import StoredFile
from ctg.files.services import MAX_BYTES, purge, store, store_bytes
from ctg.refusal import Refused
from tests.factories import FicheFactory


def picture(kind="PNG"):
    out = io.BytesIO()
    Image.new("RGB", (3, 3)).save(out, kind)
    return out.getvalue()


def word():
    out = io.BytesIO()
    docx.Document().save(out)
    return out.getvalue()


def sheet():
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    book.add_worksheet()
    book.close()
    return out.getvalue()


def open_text():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.text")
    return out.getvalue()


def archive():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("virus.exe", "MZ")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", picture()),
        ("A.JPG", picture("JPEG")),
        ("a.webp", picture("WEBP")),
        ("a.docx", word()),
        ("a.xlsx", sheet()),
        ("a.odt", open_text()),
        ("a.pdf", b"%PDF-1.7\n%abc"),
        ("a.csv", "a;b\né;2\n".encode()),
        ("a.csv", "a;b\né;2\n".encode("latin-1")),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 abc"),
    ],
)
def test_kind_of_what_is_what_it_says(name, content):
    kind = kind_of(name, content)
    assert kind.media_type == MEDIA_TYPES[name.rpartition(".")[2].lower()]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", b"<!DOCTYPE html><script>alert(1)</script>"),
        ("a.png", b"%PDF-1.7\n"),
        ("a.docx", sheet()),
        ("a.xlsx", archive()),
        ("a.odt", word()),
        ("a.txt", b"<!DOCTYPE html><script>alert(1)</script>"),
        ("a.txt", b"MZ\x90\x00 programme"),
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
        ("a.html", b"<p>a</p>"),
        ("a.exe", b"MZ"),
        ("sans-extension", b"abc"),
        ("a.pdf", b""),
    ],
)
def test_kind_of_refuses_what_is_something_else(name, content):
    with pytest.raises(Refused):
        kind_of(name, content)


@given(st.sampled_from(sorted(MEDIA_TYPES)), st.binary(max_size=200))
def test_kind_of_any_bytes_answers_or_refuses(extension, content):
    with suppress(Refused):
        assert kind_of(f"a.{extension}", content).extension == extension


@pytest.mark.django_db
def test_one_copy_per_content():
    first = store(SimpleUploadedFile("a.png", picture()))
    second = store(SimpleUploadedFile("autre nom.png", picture()))
    assert first.pk == second.pk
    assert StoredFile.objects.count() == 1
    with first.file.open("rb") as file:
        assert file.read() == picture()
    assert "autre" not in first.file.name


@pytest.mark.django_db
def test_too_heavy_is_refused_unread():
    heavy = SimpleUploadedFile("a.pdf", b"%PDF-1.7")
    heavy.size = MAX_BYTES + 1
    with pytest.raises(Refused, match="15 Mo"):
        store(heavy)
    assert not StoredFile.objects.exists()


@pytest.mark.django_db
def test_purge_takes_only_what_nothing_refers_to():
    used, unused, fresh = (store_bytes("a.txt", text) for text in (b"utile", b"seul", b"recent"))
    Document.objects.create(fiche=FicheFactory(), title="Utile", stored=used)
    StoredFile.objects.filter(pk__in=[used.pk, unused.pk]).update(
        stored_at=timezone.now() - timedelta(days=2)
    )
    storage, path = unused.file.storage, unused.file.name
    assert purge() == 1
    assert set(StoredFile.objects.all()) == {used, fresh}
    assert not storage.exists(path)
    assert used.file.storage.exists(used.file.name)


@pytest.mark.django_db
def test_asked_for_again_is_not_purged():
    stored = store_bytes("a.txt", b"revient")
    StoredFile.objects.update(stored_at=timezone.now() - timedelta(days=2))
    assert store_bytes("b.txt", b"revient").pk == stored.pk
    assert purge() == 0
