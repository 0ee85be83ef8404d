"""The annual bilan of Sundgau: WeasyPrint (what we ship) against headless Chromium printing the same HTML.

    make bench ARGS="-k bilan"

Prints CPU milliseconds and MB of memory a page, and their ratios; nothing is asserted about time. Each engine
renders in processes of its own, so that their memory is theirs. Chromium writes neither PDF/UA nor the
page numbers of the contents: it is the yardstick, not the alternative.
"""

import base64
import os
import re
import resource
import subprocess
import sys
from datetime import date
from pathlib import Path

import pypdfium2
import pytest
from django.conf import settings
from django.template.loader import render_to_string

from actions.models import Convention
from ctg import pdf
from ctg.accounts.models import User
from governance.documents.bilan import TEMPLATE, read_bilan
from governance.importers.trial import load_trial
from territories.importers import load_reference

BROWSER = os.environ.get("CTG_BROWSER", "")
ROUNDS = 3
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
]


@pytest.fixture
def html(db, settings) -> str:
    """The document as our template gives it."""
    settings.TRIAL = True
    load_reference("68")
    load_trial()
    convention = Convention.objects.select_related("caf", "carrier").get(slug="sundgau-2025-2029")
    reader = User.objects.get(email="lecture.sundgau@example.org")
    bilan = read_bilan(convention, reader, 2025, date(2026, 11, 21))
    return render_to_string(TEMPLATE, {**bilan.context, "document_title": bilan.title})


def for_browser(html: str) -> str:
    """The same with our style sheet, fonts and icons inside, as a browser needs them."""
    rules = pdf._font_faces() + pdf._icon_rules() + (settings.BASE_DIR / "static/css/paper.css").read_text()
    for name, icon in pdf._icons().items():
        rules = rules.replace(f"image:{name}", f"data:image/svg+xml;base64,{base64.b64encode(icon).decode()}")
    return html.replace("</head>", f"<style>{rules}</style></head>")


# A worker that has loaded everything and rendered nothing: then one document, as after a task has come in.
WORKER = """
import pathlib, resource, sys, django
django.setup()
from ctg import pdf
usage = lambda: resource.getrusage(resource.RUSAGE_SELF)
html, before = pathlib.Path(sys.argv[1]).read_text(), usage()
document, after = pdf.html_to_pdf(html), usage()
pathlib.Path(sys.argv[2]).write_bytes(document)
print(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, before.ru_maxrss, after.ru_maxrss)
"""


def by_weasyprint(page: Path, paper: Path) -> tuple[float, float, float]:
    """CPU seconds of the rendering, MB before it and at most."""
    command = [sys.executable, "-c", WORKER, str(page), str(paper)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout.split()[
        -3:
    ]
    cpu, before, peak = map(float, said)
    return cpu, before / 1024, peak / 1024


def by_chromium(page: Path, paper: Path) -> tuple[float, float]:
    """CPU seconds of all its processes, start included, and MB of the largest."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [
        BROWSER,
        *FLAGS,
        f"--user-data-dir={paper.parent / 'profile'}",
        f"--print-to-pdf={paper}",
        page.as_uri(),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, after.ru_maxrss / 1024


def test_bilan_pdf(html, tmp_path):
    say = sys.stdout.write
    page, paper = tmp_path / "bilan.html", tmp_path / "bilan.pdf"
    tables, figures = len(re.findall("<table", html)), len(re.findall("chart-svg", html))
    other, other_memory = 0.0, 0.0
    if BROWSER:  # first: the largest of all children is then its own
        page.write_text(for_browser(html))
        found = [by_chromium(page, paper) for _ in range(ROUNDS)]
        other, other_memory = min(found)[0], found[-1][1]
        other_pages = len(pypdfium2.PdfDocument(paper))
    page.write_text(html)
    cpu, before, peak = min(by_weasyprint(page, paper) for _ in range(ROUNDS))
    pages = len(pypdfium2.PdfDocument(paper))
    say(
        f"\nBilan Sundgau 2025: {pages} pages, {len(html) // 1024} KB of HTML, {tables} tables, {figures} charts\n"
    )
    say(f"  WeasyPrint, PDF/UA-1: {1000 * cpu / pages:.0f} ms CPU a page, ")
    say(f"{(peak - before) / pages:.1f} MB a page (from {before:.0f} to {peak:.0f} MB)\n")
    if not BROWSER:
        pytest.skip("no Chromium to compare with")
    say(f"  Chromium: {1000 * other / other_pages:.0f} ms CPU a page over {other_pages} pages, ")
    say(f"{other_memory / other_pages:.1f} MB a page (largest process {other_memory:.0f} MB)\n")
    say(f"  CPU a page, WeasyPrint ÷ Chromium: {cpu / pages / (other / other_pages):.2f}\n")
    say(f"  Memory at most, WeasyPrint ÷ largest process of Chromium: {peak / other_memory:.2f}\n")
