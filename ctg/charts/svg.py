"""Pieces of SVG: elements, text that fits, bars and dots that are told apart without colour.

Presentation attributes only, since a strict content policy blocks `style=`; no `id`, so that two drawings can
share a page: hatching is computed, not a `<pattern>`. A colour is an attribute with a class of the same name
(`k-faite`), so that a style sheet may replace it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from ctg.numbers import NO_BREAK, THIN

FONT = "'Inter Variable', Inter, sans-serif"
INK, INK_2, LINE, TRACK, ACCENT = "#1d2a2b", "#4c5b5c", "#cfccc2", "#ebe9e2", "#b4481c"

# What XML 1.0 cannot hold even escaped.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NARROW, WIDE = "iljtfrI.,:;'’|!()[] " + THIN + NO_BREAK, "mwMWÆŒ@%—"


@dataclass(frozen=True)
class Look:
    """How a kind is told from the others: colour, hatching of a bar, shape of a dot."""

    fill: str
    hatch: str  # lines in these directions: "/", "\\", "|", "-", "x", "." or none
    shape: str  # "disc", "ring", "square", "diamond", "triangle", "cross"


LOOKS = {
    "faite": Look("#2f6f36", "/", "disc"),
    "cours": Look("#17706c", "", "square"),
    "engager": Look("#3d6690", "-", "ring"),
    "etude": Look("#5b6472", ".", "ring"),
    "pause": Look("#6b5b95", "|", "diamond"),
    "reportee": Look("#8a6100", "\\", "diamond"),
    "difficulte": Look("#a5302a", "x", "triangle"),
    "fin": Look("#646464", "\\", "cross"),
    "neutre": Look("#6a7778", "", "ring"),
}


def look_of(kind: str) -> tuple[str, Look]:
    """The kind as it is drawn: an unknown one is neutral."""
    return (kind, LOOKS[kind]) if kind in LOOKS else ("neutre", LOOKS["neutre"])


def n(value: float) -> str:
    """A coordinate: two decimals at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-0", "0", 1 if abs(value) < 0.005 else 0)


def el(name: str, *children: str, **attributes: str | float) -> str:
    """An element; `font_size=11` is written `font-size="11"`, `class_` is `class`. Children are SVG already."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{n(value) if isinstance(value, int | float) else plain(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{written}>{''.join(children)}</{name}>" if children else f"<{name}{written}/>"


def plain(value: object) -> str:
    """Any text, safe as content or attribute."""
    return escape(NOT_XML.sub("", str(value)))


def drawing(width: float, height: float, title: str, desc: str, body: Iterable[str]) -> SafeString:
    head = el("title", plain(title) or "Graphique") + el("desc", plain(desc))
    root = {"xmlns": "http://www.w3.org/2000/svg", "class": "chart-svg", "role": "img", "font-family": FONT}
    box = f"0 0 {n(width)} {n(height)}"
    return mark_safe(el("svg", head, *body, **root, viewBox=box, width=width, height=height))  # noqa: S308 - escaped by `plain`


# --- Text that fits ---------------------------------------------------------------------------------


def text(
    x: float, y: float, content: str, size: float = 11, anchor: str = "start", **more: str | float
) -> str:
    return el("text", plain(content), x=x, y=y, font_size=size, text_anchor=anchor, **{"fill": INK_2, **more})


def text_width(content: str, size: float) -> float:
    """About how wide Inter sets it; no font is read."""
    return size * sum(
        0.33 if c in NARROW else 0.9 if c in WIDE else 0.7 if c.isupper() else 0.61 for c in content
    )


def shortened(content: str, width: float, size: float) -> str:
    if text_width(content, size) <= width:
        return content
    while content and text_width(content + "…", size) > width:
        content = content[:-1]
    return content.rstrip() + "…" if content.strip() else ""


def wrapped(content: str, width: float, size: float, lines: int = 2) -> list[str]:
    """At most so many lines, the last one shortened."""
    done: list[str] = []
    words = content.split()
    while words and len(done) < lines - 1:
        taken = 1
        while taken < len(words) and text_width(" ".join(words[: taken + 1]), size) <= width:
            taken += 1
        done.append(shortened(" ".join(words[:taken]), width, size))
        words = words[taken:]
    return [line for line in (*done, shortened(" ".join(words), width, size)) if line]


# --- Bars and dots ----------------------------------------------------------------------------------


def bar(x: float, y: float, width: float, height: float, kind: str, *, hatch: str | None = None) -> str:
    """A rectangle in the colour and hatching of its kind (or in another hatching)."""
    kind, look = look_of(kind)
    solid = el(
        "rect",
        x=x,
        y=y,
        width=width,
        height=height,
        rx=min(3, width / 3, height / 3),
        fill=look.fill,
        class_=f"k-{kind}",
    )
    return solid + hatching(x + 1, y + 1, width - 2, height - 2, look.hatch if hatch is None else hatch)


def hatching(x: float, y: float, width: float, height: float, hatch: str) -> str:
    """White lines inside the rectangle."""
    if not hatch or width < 2 or height < 2:
        return ""
    lines: list[tuple[float, float, float, float]] = []
    if hatch in "/x":
        lines += _diagonals(width, height, rising=True)
    if hatch in "\\x":
        lines += _diagonals(width, height, rising=False)
    if hatch == "-":
        lines += [(0, b, width, b) for b in _steps(height, 4.5)]
    if hatch == "|":
        lines += [(a, 0, a, height) for a in _steps(width, 6)]
    if hatch == ".":
        lines += [(a - 0.7, b, a + 0.7, b) for a in _steps(width, 5) for b in _steps(height, 5)]
    path = "".join(f"M{n(x + a1)} {n(y + b1)}L{n(x + a2)} {n(y + b2)}" for a1, b1, a2, b2 in lines)
    return (
        el("path", d=path, stroke="#fff", stroke_width=1.3, stroke_opacity=0.5, fill="none") if path else ""
    )


def _steps(length: float, step: float) -> list[float]:
    count = max(int(length / step), 1)
    return [(length - (count - 1) * step) / 2 + i * step for i in range(count)]


def _diagonals(width: float, height: float, *, rising: bool) -> list[tuple[float, float, float, float]]:
    """The lines a + b = 6, 12, 18… cut at the sides of the rectangle, or their mirror image."""
    lines = []
    for c in range(6, ceil(width + height), 6):
        a1, a2 = max(0.0, c - height), min(width, float(c))
        b1, b2 = (c - a1, c - a2) if rising else (height - c + a1, height - c + a2)
        lines.append((a1, b1, a2, b2))
    return lines


CORNERS = {
    "square": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
    "diamond": [(0, -1.1), (1.1, 0), (0, 1.1), (-1.1, 0)],
    "triangle": [(0, -1.05), (1.1, 0.85), (-1.1, 0.85)],
}


def dot(x: float, y: float, kind: str, r: float = 4) -> str:
    """A mark whose shape tells the kind."""
    kind, look = look_of(kind)
    if look.shape == "disc":
        return el("circle", cx=x, cy=y, r=r, fill=look.fill, class_=f"k-{kind}")
    if look.shape == "ring":
        return el("circle", cx=x, cy=y, r=r - 0.8, fill="none", stroke=look.fill, stroke_width=1.6)
    if look.shape == "cross":
        s = r * 0.75
        d = f"M{n(x - s)} {n(y - s)}L{n(x + s)} {n(y + s)}M{n(x - s)} {n(y + s)}L{n(x + s)} {n(y - s)}"
        return el("path", d=d, stroke=look.fill, stroke_width=1.8, fill="none")
    points = " ".join(f"{n(x + r * a)},{n(y + r * b)}" for a, b in CORNERS[look.shape])
    return el("polygon", points=points, fill=look.fill, class_=f"k-{kind}")
