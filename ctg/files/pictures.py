"""Photographs that people send in: turned upright, made light, and stripped of what the camera wrote in them
(the place, the hour, the device).
"""

import io
from typing import Any

from django import forms
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from PIL import Image, ImageOps, UnidentifiedImageError

from ctg.files.models import StoredFile
from ctg.files.services import KEEP_UNUSED, MAX_BYTES
from ctg.refusal import Refused

SALT = "ctg.files.pictures"
FORMATS = ("JPEG", "PNG", "WEBP")
ENDS = {"PNG": b"IEND", "JPEG": b"\xff\xd9"}
# A telephone that keeps its pictures as HEIC sends a JPEG to whoever asks for these only.
ACCEPTED = "image/jpeg,image/png,image/webp"
LONGEST = 1600
THUMBNAIL = 320
QUALITY = 82
# A JPEG is read at the size that is needed; the others are unfolded whole in memory.
MAX_POINTS = {"JPEG": 80_000_000, "PNG": 30_000_000, "WEBP": 30_000_000}
# The boxes by which HEIC and its like begin.
HEIF = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif")

FAULTS = (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning)
UNREADABLE = "Cette image ne se lit pas : envoyez une photo JPEG, PNG ou WebP."
IS_HEIF = (
    "Cette photo est au format HEIC, que le site ne lit pas. Enregistrez-la en JPEG ; sur un iPhone : Réglages, "
    "Appareil photo, Formats, « Le plus compatible »."
)
TORN = "Cette image est incomplète : envoyez-la de nouveau."


def tidied(content: bytes) -> bytes:
    """A picture as a JPEG of 1600 points at most, upright, without a word of what its file held. Raises Refused."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            kind = "JPEG" if picture.format == "MPO" else str(picture.format)
            if picture.width * picture.height > MAX_POINTS[kind]:
                raise Refused("Cette image a trop de points : envoyez-en une version réduite.")
            if not _is_whole(kind, content):
                raise Refused(TORN)
            return _drawn(picture, LONGEST)
    except UnidentifiedImageError as error:
        raise Refused(IS_HEIF if content[8:12] in HEIF else UNREADABLE) from error
    except FAULTS as error:
        raise Refused(UNREADABLE) from error


def thumbnail(content: bytes) -> bytes:
    """A small copy of a tidied picture, for a list."""
    with Image.open(io.BytesIO(content)) as picture:
        return _drawn(picture, THUMBNAIL)


def serve_small(stored: StoredFile) -> HttpResponse:
    """The same, given to somebody who may see it: the view has checked."""
    try:
        with stored.file.open("rb") as file:
            content = thumbnail(file.read())
    except FileNotFoundError as gone:
        raise Http404("Photo absente") from gone
    response = HttpResponse(content, content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=3600"
    return response


def receipt(stored: StoredFile) -> str:
    """What a form that comes back with errors sends again in the place of the file: a browser would not."""
    return signing.dumps(stored.pk, salt=SALT)


def received(words: str) -> StoredFile | None:
    """The picture of a receipt, as long as `purge` leaves it."""
    try:
        key = signing.loads(words, salt=SALT, max_age=KEEP_UNUSED)
    except signing.BadSignature:
        return None
    return StoredFile.objects.filter(pk=key).first()


def _is_whole(kind: str, content: bytes) -> bool:
    """The PDF engine tells Pillow to put up with torn pictures: they are known by their missing end."""
    return ENDS.get(kind, b"") in content


def _drawn(picture: Image.Image, longest: int) -> bytes:
    picture.draft("RGB", (longest, longest))
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((longest, longest))
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        sheet = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(sheet, upright.convert("RGBA"))
    bare = Image.new("RGB", upright.size)
    bare.paste(upright.convert("RGB"))
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return out.getvalue()


class PictureField(forms.FileField):
    """Cleaned to the bytes of the tidied picture, or None."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.FileInput(attrs={"accept": ACCEPTED}))
        super().__init__(**kwargs)
        self.error_messages |= {"required": "Choisissez une photo.", "empty": "Ce fichier est vide."}

    def clean(self, data: Any, initial: Any = None) -> bytes | None:
        upload: UploadedFile | None = super().clean(data, initial)
        if not data or upload is None:
            return None
        if (upload.size or 0) > MAX_BYTES:
            raise forms.ValidationError(
                "Cette photo pèse plus de 15 Mo : envoyez-en une version plus légère."
            )
        upload.seek(0)
        try:
            return tidied(upload.read())
        except Refused as refused:
            raise forms.ValidationError(str(refused)) from refused
