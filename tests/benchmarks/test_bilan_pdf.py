"""The annual bilan of Sundgau: WeasyPrint (what we ship) against headless Chromium printing the same HTML.

    make bench ARGS="-k bilan"

Prints CPU milliseconds and MB of memory a page, and their ratios; nothing is asserted about time. Each engine
renders in a process of its own, so that its peak of memory is its own. Chromium writes neither PDF/UA nor the
page numbers of the contents: it is the yardstick, not the alternative.
"""

import base64
import multiprocessing
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
from governance.documents import TEMPLATE, read_bilan
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


def measured(target, *args) -> tuple[float, float, int]:
    """CPU seconds, peak MB and pages of one rendering, in a process of its own."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=run, args=(there, target, *args))
    process.start()
    found = here.recv()
    process.join()
    return found


def run(pipe, target, *args) -> None:
    before = usage()
    document = target(*args)
    after = usage()
    pages = pypdfium2.PdfDocument(document)
    pipe.send((after[0] - before[0], after[1], len(pages)))


def usage() -> tuple[float, float]:
    """CPU of this process and of its children; the largest of them in MB."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both), max(one.ru_maxrss for one in both) / 1024


def by_weasyprint(html: str) -> bytes:
    return pdf.html_to_pdf(html)


def by_chromium(html: str, folder: Path) -> bytes:
    page, paper = folder / "bilan.html", folder / "bilan.pdf"
    page.write_text(html)
    command = [
        BROWSER,
        *FLAGS,
        f"--user-data-dir={folder / 'profile'}",
        f"--print-to-pdf={paper}",
        page.as_uri(),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return paper.read_bytes()


def best(target, *args) -> tuple[float, float, int]:
    return min((measured(target, *args) for _ in range(ROUNDS)), key=lambda found: found[0])


def test_bilan_pdf(html, tmp_path):
    say = sys.stdout.write
    base = usage()[1]
    cpu, memory, pages = best(by_weasyprint, html)
    tables, figures = len(re.findall("<table", html)), len(re.findall("chart-svg", html))
    say(
        f"\nBilan Sundgau 2025: {pages} pages, {len(html) // 1024} KB of HTML, {tables} tables, {figures} figures\n"
    )
    say(f"  WeasyPrint, PDF/UA-1: {1000 * cpu / pages:.0f} ms CPU a page, ")
    say(f"{(memory - base) / pages:.1f} MB a page ({memory:.0f} MB at most, {base:.0f} before)\n")
    if not BROWSER:
        pytest.skip("no Chromium to compare with")
    other, other_memory, other_pages = best(by_chromium, for_browser(html), tmp_path)
    say(f"  Chromium: {1000 * other / other_pages:.0f} ms CPU a page over {other_pages} pages, ")
    say(f"{other_memory / other_pages:.1f} MB a page (largest process {other_memory:.0f} MB)\n")
    say(
        f"  CPU of WeasyPrint ÷ Chromium: {cpu / other:.2f}, a page {cpu / pages / (other / other_pages):.2f}\n"
    )
    say(f"  Memory, largest process: {memory / other_memory:.2f}\n")
