"""Dates along a period: one lane a thing, all to the same scale, under the years and the mark of today.

A lane is as wide as its place: what stands along it is placed in percents, while its marks keep their size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from ctg.charts.svg import ACCENT, FONT, INK_2, LINE, dot, el, look_of, plain

HEIGHT, MIDDLE = 26, 13
# The lines of the grid run through the rows of a table: their place cuts them.
HIGH = 120


@dataclass(frozen=True)
class Mark:
    """Something due or done on a day; `kind` is a key of `ctg.charts.svg.LOOKS`."""

    on: date
    label: str
    kind: str = "engager"


@dataclass(frozen=True)
class Span:
    """Something that lasts."""

    start: date
    end: date
    label: str
    kind: str = "cours"


@dataclass(frozen=True)
class Scale:
    """The period that the lanes show, whole years."""

    start: date
    end: date
    today: date

    @classmethod
    def of(cls, start: date, end: date, today: date) -> "Scale":
        return cls(date(start.year, 1, 1), date(end.year, 12, 31), today)

    @property
    def years(self) -> range:
        return range(self.start.year, self.end.year + 1)

    def at(self, day: date) -> float:
        """Where a day is, in percents of the width; what is outside of the period stands at its edge."""
        inside = min(max(day, self.start), self.end)
        return 100 * (inside - self.start).days / ((self.end - self.start).days or 1)

    @property
    def grid(self) -> str:
        """The beginning of each year, and today."""
        starts = [self.at(date(year, 1, 1)) for year in self.years][1:]
        lines = [_upright(x, stroke=LINE) for x in starts]
        if self.start <= self.today <= self.end:
            lines.append(_upright(self.at(self.today), stroke=ACCENT, stroke_dasharray="3 3"))
        return "".join(lines)


def axis(scale: Scale) -> SafeString:
    """The years, and « aujourd’hui », above the lanes."""
    step = 100 / len(scale.years)
    body = [_word(i * step + step / 2, 11, str(year)) for i, year in enumerate(scale.years)]
    if scale.start <= scale.today <= scale.end:
        x = scale.at(scale.today)
        anchor = "start" if x < 10 else "end" if x > 90 else "middle"
        body.append(_word(x, 25, "aujourd’hui", anchor, fill=ACCENT, class_="k-target-word"))
    return _lane(30, f"Années {scale.start.year} à {scale.end.year}", "", body)


def lane(scale: Scale, title: str, desc: str, spans: Sequence[Span], marks: Sequence[Mark]) -> SafeString:
    """The dates of one thing. `desc` says them for whoever does not see them."""
    body = [scale.grid]
    for span in spans:
        start, end = scale.at(span.start), scale.at(span.end)
        body.append(el("g", el("title", plain(span.label)), _rect(start, max(end - start, 0.5), span.kind)))
    for mark in marks:
        x = f"{scale.at(mark.on):.2f}%"
        place = el("svg", dot(0, 0, mark.kind, 5), x=x, y=MIDDLE, overflow="visible")
        body.append(el("g", el("title", plain(mark.label)), place))
    return _lane(HEIGHT, title, desc, body)


def sample(kind: str) -> SafeString:
    """A mark alone, for the words beside it."""
    root: dict[str, Any] = {"class": "sample", "width": 14, "height": 14, "aria-hidden": "true"}
    return mark_safe(el("svg", dot(7, 7, kind, 5), **root))  # noqa: S308 - ours


def _lane(height: int, title: str, desc: str, body: Sequence[str]) -> SafeString:
    head = el("title", plain(title)) + (el("desc", plain(desc)) if desc else "")
    root: dict[str, Any] = {
        "class": "lane",
        "role": "img",
        "width": "100%",
        "height": height,
        "font-family": FONT,
    }
    return mark_safe(el("svg", head, *body, **root))  # noqa: S308 - escaped by `plain`


def _word(x: float, y: float, word: str, anchor: str = "middle", **look: str) -> str:
    place: dict[str, Any] = {"x": f"{x:.2f}%", "y": y, "font_size": 11, "text_anchor": anchor}
    return el("text", plain(word), **place, **{"fill": INK_2, **look})


def _upright(x: float, **look: str) -> str:
    return el("line", x1=f"{x:.2f}%", x2=f"{x:.2f}%", y1=-HIGH, y2=HIGH, **look)


def _rect(x: float, width: float, kind: str) -> str:
    kind, look = look_of(kind)
    place: dict[str, Any] = {
        "x": f"{x:.2f}%",
        "width": f"{width:.2f}%",
        "y": MIDDLE - 3,
        "height": 6,
        "rx": 3,
    }
    return el("rect", **place, fill=look.fill, fill_opacity=0.28, class_=f"k-{kind}")
