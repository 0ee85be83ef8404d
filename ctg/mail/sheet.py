"""The HTML of a mail: one column of tables for every mail program (`mail/sheet.html`), its CSS inlined."""

from typing import Any

from css_inline import CSSInliner
from django.template.loader import render_to_string

from ctg.colours import identity

# Those of tokens.css.
COLOURS = {"brand": "#0f4c4a", "brand-2": "#17706c", "brand-tint": "#e6f1ef", "accent": "#b4481c"}


def sheet(template: str, context: dict[str, Any], *, brand: str = "", accent: str = "") -> str:
    """A template that extends `mail/sheet.html`, as it is sent; in colours of one's own, when there are any."""
    colours = COLOURS | identity(brand, accent)
    css = render_to_string(
        "mail/sheet.css", {name.replace("-", "_"): value for name, value in colours.items()}
    )
    inliner = CSSInliner(load_remote_stylesheets=False, extra_css=css)
    return inliner.inline(render_to_string(template, context))
