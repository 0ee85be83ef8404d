"""Photographs: upright, light, without what the camera wrote in them, or refused in words."""

import io

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from ctg.files.pictures import LONGEST, PictureField, thumbnail, tidied
from ctg.refusal import Refused

GPS, ORIENTATION, MODEL = 0x8825, 0x0112, 0x0110


def picture(size=(40, 30), kind="JPEG", mode="RGB", **options):
    out = io.BytesIO()
    Image.new(mode, size, "red").save(out, kind, **options)
    return out.getvalue()


def opened(content):
    return Image.open(io.BytesIO(content))


def located(orientation=1):
    """A photograph that tells where and with what it was taken."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[MODEL] = "Téléphone d’une agente".encode()
    exif.get_ifd(GPS)[1] = "N"
    return picture(exif=exif, comment=b"commentaire")


def test_what_the_camera_wrote_is_gone():
    content = located()
    assert b"agente" in content
    tidy = tidied(content)
    assert dict(opened(tidy).getexif()) == {}
    assert b"agente" not in tidy
    assert b"commentaire" not in tidy
    assert {"exif", "comment", "icc_profile"} & set(opened(tidy).info) == set()


def test_a_photograph_taken_sideways_is_turned_upright():
    assert opened(tidied(located(orientation=6))).size == (30, 40)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "RGB"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("PNG", "LA"),
        ("WEBP", "RGB"),
    ],
)
def test_any_of_them_becomes_a_jpeg(kind, mode):
    tidy = opened(tidied(picture(kind=kind, mode=mode)))
    assert (tidy.format, tidy.mode, tidy.size) == ("JPEG", "RGB", (40, 30))


def test_what_shows_through_becomes_white():
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    assert opened(tidied(out.getvalue())).getpixel((5, 5)) == (255, 255, 255)


def test_a_large_photograph_is_reduced_and_a_small_one_is_left():
    assert opened(tidied(picture((4000, 3000)))).size == (LONGEST, 1200)
    assert opened(thumbnail(tidied(picture((4000, 3000))))).size == (320, 240)
    assert opened(tidied(picture((3, 1)))).size == (3, 1)


HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 64


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (HEIC, "HEIC"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "ne se lit pas"),
        (b"%PDF-1.7 renomme", "ne se lit pas"),
        (b"\xff\xd8\xff\xe0 pas une photo", "ne se lit pas"),
        (picture((400, 300))[:-200], "incomplète"),
        (picture((400, 300), "PNG")[:-40], "incomplète"),
        (picture((400, 300), "WEBP")[:-40], "ne se lit pas"),
        (picture((40, 30), "GIF"), "ne se lit pas"),
    ],
    ids=["heic", "svg", "pdf", "torn-head", "torn-jpeg", "torn-png", "torn-webp", "gif"],
)
def test_what_is_no_photograph_is_refused_in_words(content, said):
    with pytest.raises(Refused, match=said):
        tidied(content)


def test_a_picture_made_to_fill_the_memory_is_refused_unread():
    with pytest.raises(Refused, match="trop de points"):
        tidied(picture((6000, 6000), "PNG", "1"))


class PhotoForm(forms.Form):
    photo = PictureField(required=False)


def test_the_field_gives_the_tidied_bytes_or_nothing():
    form = PhotoForm({}, {"photo": SimpleUploadedFile("photo.exe", located())})
    assert form.is_valid()
    assert opened(form.cleaned_data["photo"]).format == "JPEG"
    form = PhotoForm({}, {})
    assert form.is_valid()
    assert form.cleaned_data["photo"] is None


def test_the_field_refuses_40_megabytes_and_an_empty_file():
    heavy = SimpleUploadedFile("photo.jpg", picture() + b"\0" * 40_000_000)
    assert "15 Mo" in str(PhotoForm({}, {"photo": heavy}).errors)
    assert "vide" in str(PhotoForm({}, {"photo": SimpleUploadedFile("photo.jpg", b"")}).errors)
