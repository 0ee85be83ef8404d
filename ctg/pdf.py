"""Documents on paper: a template becomes a tagged PDF/UA-1 in French, in Inter, as `static/css/paper.css` says.

    pdf = render_pdf("actions/fiche.pdf.html", context, title="Fiche 7", progress=run.between(20, 95))

Rendering is heavy: call it from a task whose name starts with `build_`. Nothing is fetched: a document reads
our style sheet, our fonts, files of the folders in `ROOTS`, and the images handed over by name
(`<img src="image:logo" alt="…">` with `images={"logo": …}`).

A document stays PDF/UA when its headings skip no level, each image has an `alt` that is not empty, each inline
SVG a `<title>`, each table a `<thead>` with `scope`, and each link a text.
"""

import gc
import logging
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pydyf
from django.conf import settings
from django.template.loader import render_to_string
from fontTools.ttLib import TTFont
from weasyprint import CSS, HTML
from weasyprint.logger import PROGRESS_LOGGER
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from ctg.charts.svg import LOOKS
from ctg.templatetags.ui import KIND_ICONS

STATIC = settings.BASE_DIR / "static"
FONTS = settings.NODE_MODULES / "@expo-google-fonts" / "inter"
ROOTS = (STATIC, FONTS)
STYLE_SHEET = STATIC / "css" / "paper.css"
# Weight and slant of each face that paper.css uses.
FACES = {
    (400, "normal"): "400Regular/Inter_400Regular.ttf",
    (400, "italic"): "400Regular_Italic/Inter_400Regular_Italic.ttf",
    (600, "normal"): "600SemiBold/Inter_600SemiBold.ttf",
    (600, "italic"): "600SemiBold_Italic/Inter_600SemiBold_Italic.ttf",
}
Progress = Callable[[int, str], None]

# Its steps are for the screen (`_Reporter`), not for the journal.
PROGRESS_LOGGER.propagate = False


def render_pdf(
    template: str,
    context: Mapping[str, Any],
    *,
    title: str,
    images: Mapping[str, bytes] | None = None,
    progress: Progress | None = None,
    pages_expected: int = 20,
    variant: str = "pdf/ua-1",
    theme: str = "",
) -> bytes:
    """The document as bytes. `title` names it in the reader's window and in its running head.

    `theme` is CSS of the document's own, after ours. `progress(percent, message)` is called often and may raise to stop; `pages_expected` makes it even.
    """
    html = render_to_string(template, {**context, "document_title": title})
    return html_to_pdf(
        html,
        images=images,
        progress=progress,
        pages_expected=pages_expected,
        variant=variant,
        theme=theme,
    )


def html_to_pdf(
    html: str,
    *,
    images: Mapping[str, bytes] | None = None,
    progress: Progress | None = None,
    pages_expected: int = 20,
    variant: str = "pdf/ua-1",
    theme: str = "",
) -> bytes:
    fetcher = Fetcher({**_icons(), **(images or {})})
    fonts = FontConfiguration()
    with _no_garbage_collection(), _reporting(progress, pages_expected):
        sheets = [
            CSS(string=_font_faces() + _icon_rules(), font_config=fonts, url_fetcher=fetcher),
            CSS(filename=STYLE_SHEET, font_config=fonts, url_fetcher=fetcher),
            CSS(string=theme, url_fetcher=fetcher),
        ]
        document = HTML(string=printable(html), base_url=STATIC.as_uri() + "/", url_fetcher=fetcher)
        written = document.write_pdf(
            stylesheets=sheets,
            font_config=fonts,
            pdf_variant=variant,
            dpi=150,
            jpeg_quality=80,
            optimize_images=True,
        )
    assert isinstance(written, bytes)
    return written


# --- What a document may read -----------------------------------------------------------------------


class RefusedError(ValueError):
    """A document asked for something that is not ours."""


class Fetcher(URLFetcher):
    """Serves the files of `ROOTS` and the images handed over; no network, no other file, no `data:`."""

    def __init__(self, images: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=("file", "image"))
        self._images = images

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        parts = urlsplit(url)
        if parts.scheme == "image" and parts.path in self._images:
            return URLFetcherResponse(url, self._images[parts.path])
        path = Path(unquote(parts.path)).resolve()
        if parts.scheme != "file" or parts.netloc or not any(path.is_relative_to(root) for root in ROOTS):
            raise RefusedError(f"un document ne lit pas {url[:80]}")
        return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": MIME.get(path.suffix, "")})


MIME = {
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".ttf": "font/ttf",
}


def _font_faces() -> str:
    # Absolute: with a relative URL WeasyPrint takes another font without a word.
    return "".join(
        f'@font-face{{font-family:Inter;font-weight:{weight};font-style:{style};src:url("{(FONTS / face).as_uri()}")}}'
        for (weight, style), face in FACES.items()
    )


@lru_cache(maxsize=1)
def _icons() -> dict[str, bytes]:
    """The icons of the kinds in their colours, by the name that `_icon_rules` gives them."""
    folder = settings.NODE_MODULES / "bootstrap-icons" / "icons"
    return {
        f"kind-{kind}": (folder / f"{icon}.svg")
        .read_bytes()
        .replace(b"currentColor", LOOKS[kind].fill.encode())
        for kind, icon in KIND_ICONS.items()
    }


def _icon_rules() -> str:
    # As backgrounds: an inline SVG beside the word that says the same would need a title of its own.
    return "".join(f'.{kind}::before{{background-image:url("image:kind-{kind}")}}' for kind in KIND_ICONS)


# --- Characters that our fonts do not hold ----------------------------------------------------------


@lru_cache(maxsize=1)
def covered() -> frozenset[int]:
    """The characters that every face holds."""
    maps = []
    for face in FACES.values():
        with TTFont(FONTS / face, lazy=True) as font:
            maps.append(frozenset(font.getBestCmap()))
    return frozenset.intersection(*maps)


def printable(html: str) -> str:
    """The same text without what no font can draw: a glyph in no font costs the document its PDF/UA.

    A letter with a plain form takes it (« ① » becomes « 1 »), another becomes « ? »; emoji and marks are left
    out.
    """
    known = covered()
    foreign = {c for c in set(html) if ord(c) not in known and c not in "\n\r\t"}
    return html.translate({ord(c): _replacement(c, known) for c in foreign}) if foreign else html


def _replacement(character: str, known: frozenset[int]) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if ord(c) in known)
    if plain:
        return plain.translate({ord("<"): "&lt;", ord("&"): "&amp;"})
    if character.isspace():
        return " "
    return "?" if unicodedata.category(character)[0] in "LN" else ""


# --- Speed and progress -----------------------------------------------------------------------------


def _page_references(pdf: pydyf.PDF) -> tuple[bytes, ...]:
    kids = pdf.pages["Kids"]
    cached = getattr(pdf, "_page_references", None)
    if cached is None or len(cached) != len(kids) // 3:
        cached = pdf._page_references = tuple(f"{number} 0 R".encode() for number in kids[::3])
    return cached


# pydyf builds this tuple anew for each structure element: a tagged document then costs the square of its
# pages (812 pages: 82 s). Remembered for a number of pages, it is linear. tests/ctg/test_pdf.py watches that
# the original still says the same.
ORIGINAL_PAGE_REFERENCES = pydyf.PDF.page_references
pydyf.PDF.page_references = property(_page_references)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Millions of boxes live until the end: looking through them for garbage takes a fifth of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


class _Reporter(logging.Handler):
    """WeasyPrint tells its steps to a logger only."""

    PAGE = re.compile(r"Step 5 - Creating layout - Page (\d+)")
    STEPS = {"Step 1": 2, "Step 3": 5, "Step 4": 10, "Step 6": 85, "Step 7": 97}

    def __init__(self, progress: Progress, pages_expected: int) -> None:
        super().__init__(logging.INFO)
        self._progress = progress
        self._expected = max(pages_expected, 1)
        self._percent = 0

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        if page := self.PAGE.match(said):
            number = int(page[1])
            # Never reaches the end of its part, however wrong the estimate was.
            percent = 15 + round(70 * number / (number + self._expected / 3))
            message = f"Mise en page : page {number}"
        else:
            percent, message = self.STEPS.get(said[:6], self._percent), "Mise en page"
        if said.startswith(("Step 6", "Step 7")):
            message = "Écriture du PDF"
        self._percent = max(self._percent, percent)
        self._progress(self._percent, message)


@contextmanager
def _reporting(progress: Progress | None, pages_expected: int) -> Iterator[None]:
    if progress is None:
        yield
        return
    handler, level = _Reporter(progress, pages_expected), PROGRESS_LOGGER.level
    PROGRESS_LOGGER.addHandler(handler)
    PROGRESS_LOGGER.setLevel(logging.INFO)
    try:
        yield
    finally:
        PROGRESS_LOGGER.removeHandler(handler)
        PROGRESS_LOGGER.setLevel(level)
