"""What a file that was sent in is: known by its bytes, and by a name that says the same."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

import puremagic

from ctg.refusal import Refused

PICTURES = ("png", "jpg", "jpeg", "webp")
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
POWERPOINT = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
# What people send in a CTG, and nothing that a browser would run: neither HTML nor SVG.
MEDIA_TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "docx": WORD,
    "xlsx": EXCEL,
    "pptx": POWERPOINT,
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "txt": "text/plain",
    "csv": "text/csv",
}
TEXTS = ("txt", "csv")
# A zip says which document it is by a member of its own.
MEMBERS = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/presentation.xml"}
OPEN_DOCUMENTS = ("odt", "ods", "odp")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OLD_OFFICE = ("doc", "xls", "ppt")


@dataclass(frozen=True)
class Kind:
    """An extension and the media type under which it is served."""

    extension: str
    media_type: str

    @property
    def is_picture(self) -> bool:
        return self.extension in PICTURES


def kind_of(name: str, content: bytes) -> Kind:
    """Raises Refused: an unknown extension, or bytes that are something else."""
    extension = PurePath(name).suffix.lower().removeprefix(".")
    if extension not in MEDIA_TYPES:
        raise Refused(
            "Ce type de fichier n’est pas accepté. Envoyez un PDF, un document Word, Excel, PowerPoint "
            "ou LibreOffice, une image PNG, JPEG ou WebP, ou un texte."
        )
    if not content:
        raise Refused("Ce fichier est vide.")
    if not _is(extension, content):
        raise Refused(
            f"Ce fichier n’est pas un « .{extension} » : son contenu est autre chose. Vérifiez que c’est le bon."
        )
    return Kind(extension, MEDIA_TYPES[extension])


def _is(extension: str, content: bytes) -> bool:
    if extension in TEXTS:
        return _is_text(content)
    if extension in OLD_OFFICE:
        return content.startswith(OLE)
    if extension in MEMBERS or extension in OPEN_DOCUMENTS:
        return _is_office(extension, content)
    return f".{extension}" in _found(content)


def _found(content: bytes) -> set[str]:
    """The extensions that these bytes may have; none when they say nothing."""
    try:
        return {match.extension for match in puremagic.magic_string(content)}
    except (puremagic.PureError, ValueError):
        return set()


def _is_text(content: bytes) -> bool:
    """Readable, and not a page that a browser would run."""
    if b"\0" in content or _found(content) & {".html", ".svg", ".exe", ".pdf"}:
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        # Excel on an older Windows.
        return all(byte >= 32 or byte in (9, 10, 13) for byte in content)
    return True


def _is_office(extension: str, content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if extension in MEMBERS:
                return MEMBERS[extension] in archive.namelist()
            with archive.open("mimetype") as member:
                return member.read(200).strip() == MEDIA_TYPES[extension].encode()
    except (zipfile.BadZipFile, KeyError, RuntimeError, OSError, NotImplementedError):
        return False
