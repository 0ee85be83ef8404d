"""The pack as a page and on paper: one body serves both."""

from collections.abc import Mapping

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from ctg.charts.svg import LOOKS
from ctg.pdf import Progress, render_pdf
from governance.agenda import hours
from governance.documents.bilan import LOGO, logo_of, theme_of
from governance.pack.data import PackPaper
from governance.rules.weather import SKIES


def pack_html(paper: PackPaper) -> SafeString:
    """What stands below the heading of the page: its headings begin at h2, and nothing in it is a link."""
    context = {"paper": paper, "plan": paper.plan, "aims": paper.aims, "meeting": paper.meeting}
    return SafeString(render_to_string("governance/pack/body.html", context))


def pack_pdf(paper: PackPaper, body: SafeString, progress: Progress | None = None) -> bytes:
    convention = paper.convention
    logos = logo_of(convention)
    context = {
        "paper": paper,
        "body": body,
        "convention": convention,
        "hours": hours(paper.meeting),
        "logo": LOGO if logos else "",
    }
    skies = "".join(f'.sky-{level}::before{{background-image:url("image:sky-{level}")}}' for level in SKIES)
    return render_pdf(
        "governance/pack.pdf.html",
        context,
        title=paper.title,
        images={**logos, **skies_drawn()},
        progress=progress,
        pages_expected=8 + len(paper.questions) + len(paper.plan.fiches) // 8,
        theme=theme_of(convention) + skies,
    )


def skies_drawn() -> Mapping[str, bytes]:
    """The icons of the weather in their colours."""
    folder = settings.NODE_MODULES / "bootstrap-icons" / "icons"
    return {
        f"sky-{level}": (folder / f"{sky.icon}.svg")
        .read_bytes()
        .replace(b"currentColor", LOOKS[sky.kind].fill.encode())
        for level, sky in SKIES.items()
    }
