"""Giving a stored file to somebody who may read it: the view has checked."""

from django.http import FileResponse, Http404

from ctg.files.kinds import PICTURES
from ctg.files.models import StoredFile


def serve(stored: StoredFile, name: str) -> FileResponse:
    """A picture or a PDF opens in the browser; anything else is downloaded. Nothing in it runs."""
    try:
        content = stored.file.open("rb")
    except FileNotFoundError as gone:
        raise Http404("Fichier absent") from gone
    opens = stored.extension in (*PICTURES, "pdf")
    stem = name.strip().rstrip(".") or "document"
    full = stem if stem.lower().endswith(f".{stored.extension}") else f"{stem}.{stored.extension}"
    response = FileResponse(content, as_attachment=not opens, filename=full, content_type=stored.media_type)
    response["Content-Security-Policy"] = (
        "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=3600"
    return response
