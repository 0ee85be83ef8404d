"""Values period by period, against what was expected."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from ctg.charts.model import Chart, Point, Target
from ctg.charts.svg import (
    ACCENT,
    INK,
    INK_2,
    LINE,
    bar,
    drawing,
    el,
    n,
    plain,
    shortened,
    text,
    text_width,
    wrapped,
)
from ctg.numbers import NO_BREAK, Number, french_number, short_number


@dataclass(frozen=True)
class _Plot:
    """Where things go: one slot a point, heights by `y_of`."""

    width: float
    slot: float
    top: float
    bottom: float
    y_of: Callable[[Number], float]

    def middle(self, i: int) -> float:
        return (i + 0.5) * self.slot


def bars_with_target(
    title: str,
    points: Sequence[Point],
    *,
    target: Target | None = None,
    unit: str = "",
    width: float = 260,
    height: float = 128,
    headers: tuple[str, str, str] = ("Période", "Valeur", "Cible"),
) -> Chart:
    """A column a period, against its target if there is one; the word of what is missing in its place."""
    levels = _levels(target, len(points))
    slot = width / max(len(points), 1)
    labels = [wrapped(p.label, slot - 4, 11) if slot >= 36 else [p.label] for p in points]
    foot = height - 6 - 12 * max((len(lines) for lines in labels), default=1)
    scale = [float(v) for v in (*(p.value for p in points), *levels) if v is not None]
    high, low = max([*scale, 0.0]), min([*scale, 0.0])
    top, bottom = 34.0 if target else 18.0, foot - (14 if low < 0 else 0)
    span = (high - low) or 1.0
    plot = _Plot(width, slot, top, bottom, lambda v: bottom - (bottom - top) * ((float(v) - low) / span))

    body = [_bar(point, i, plot) for i, point in enumerate(points) if point.value is not None]
    body.append(el("path", d=f"M0 {n(plot.y_of(0))}H{n(width)}", stroke=LINE, stroke_width=1))
    if target:
        body += _target_line(target, levels, plot)
    body += [_word_for_missing(point, i, plot) for i, point in enumerate(points) if point.value is None]
    body += _value_labels(points, plot)
    body += _period_labels(labels, slot, foot + 13)
    if not points:
        body.append(text(width / 2, (top + bottom) / 2, "aucune valeur", anchor="middle"))
    desc = _described(points, target, unit)
    rows = tuple(
        _row(point, level, unit)[: 3 if target else 2] for point, level in zip(points, levels, strict=True)
    )
    shown = headers if target else headers[:2]
    return Chart(drawing(width, height, title, desc, body), title, desc, shown, rows)


def column(
    title: str, points: Sequence[Point], *, unit: str = "", width: float = 260, height: float = 112
) -> Chart:
    """Columns without a target."""
    return bars_with_target(title, points, unit=unit, width=width, height=height)


def _levels(target: Target | None, count: int) -> list[Number | None]:
    if target is None:
        return [None] * count
    if isinstance(target.level, Sequence):
        return [*target.level, *[None] * count][:count]
    return [target.level] * count


def _said(point: Point, unit: str = "") -> str:
    if point.value is None:
        return point.missing
    number = french_number(point.value) + (f"{NO_BREAK}{unit}" if unit else "")
    return f"{number} (estimation)" if point.estimated else number


def _row(point: Point, level: Number | None, unit: str) -> tuple[str, str, str]:
    expected = "–" if level is None else french_number(level) + (f"{NO_BREAK}{unit}" if unit else "")
    return point.label, _said(point, unit), expected


def _described(points: Sequence[Point], target: Target | None, unit: str) -> str:
    if not points:
        said = "Aucune valeur."
    elif len(points) <= 8:
        said = f"{', '.join(f'{p.label} : {_said(p, unit)}' for p in points)}."
    else:
        known = [p for p in points if p.value is not None]
        said = f"{len(points)} périodes, de {points[0].label} à {points[-1].label}"
        said = f"{said}, dont {len(known)} avec une valeur."
    return f"{said} {target.label[:1].upper()}{target.label[1:]}." if target else said


def _bar(point: Point, i: int, plot: _Plot) -> str:
    """The column of a value; one of zero is a thin line."""
    assert point.value is not None
    thick, zero, y = min(plot.slot * 0.58, 56), plot.y_of(0), plot.y_of(point.value)
    height = max(abs(zero - y), 1.5)
    top = zero - height if point.value >= 0 else zero
    hatch = "/" if point.estimated else ""
    tip = el("title", plain(f"{point.label} : {_said(point)}"))
    return el("g", tip, bar(plot.middle(i) - thick / 2, top, thick, height, "cours", hatch=hatch))


def _word_for_missing(point: Point, i: int, plot: _Plot) -> str:
    """The word in the place of the column: flat, upright, or a small ring where no word fits."""
    x, zero = plot.middle(i), plot.y_of(0)
    tip = el("title", plain(f"{point.label} : {point.missing}"))
    longest = max((text_width(word, 11) for word in point.missing.split()), default=0)
    if longest <= plot.slot - 2:
        lines = wrapped(point.missing, plot.slot - 2, 11)
        first = zero - 6 - 12 * (len(lines) - 1)
        words = [text(x, first + 12 * k, line, anchor="middle") for k, line in enumerate(lines)]
        return el("g", tip, *words)
    if plot.slot >= 18:
        word = shortened(point.missing, zero - 12, 11)
        length = text_width(word, 11)
        ground = el("rect", x=x - 7, y=zero - 7 - length, width=14, height=length + 4, fill="#fff")
        turned = f"rotate(-90 {n(x + 4)} {n(zero - 5)})"
        return el("g", tip, ground, text(x + 4, zero - 5, word, transform=turned))
    r = min(2.5, plot.slot * 0.3)
    return el("g", tip, el("circle", cx=x, cy=zero - 5, r=r, fill="#fff", stroke=INK_2, stroke_width=1))


def _target_line(target: Target, levels: Sequence[Number | None], plot: _Plot) -> list[str]:
    """Dashes at the level of each slot, joined where it stays the same; white beneath parts them from bars."""
    runs: list[list[float]] = []
    for i, level in enumerate(levels):
        if level is None:
            continue
        y, start = plot.y_of(level), i * plot.slot
        if runs and runs[-1][2] == y and abs(runs[-1][1] - start) < 0.01:
            runs[-1][1] = start + plot.slot
        else:
            runs.append([start, start + plot.slot, y])
    d = "".join(f"M{n(x1)} {n(y)}H{n(x2)}" for x1, x2, y in runs)
    ground = [el("path", d=d, stroke="#fff", stroke_width=3.5, fill="none")] if d else []
    dashes: dict[str, str | float] = {
        "stroke": ACCENT,
        "stroke_width": 1.5,
        "stroke_dasharray": "5 3",
        "fill": "none",
    }
    word = text(19, 12, shortened(target.label, plot.width - 20, 11), fill=ACCENT, class_="k-target-word")
    return [*ground, el("path", d=f"M0 8H14{d}", **dashes, class_="k-target"), word]


def _value_labels(points: Sequence[Point], plot: _Plot) -> list[str]:
    """The number over each bar; where bars are too narrow, over the last and the highest only."""
    known = {i: point.value for i, point in enumerate(points) if point.value is not None}

    def said(write: Callable[[Number], str]) -> dict[int, str]:
        return {i: f"≈{NO_BREAK}{write(v)}" if points[i].estimated else write(v) for i, v in known.items()}

    words = said(french_number)
    if any(text_width(word, 12) > plot.slot for word in words.values()):
        words = said(short_number)
    if any(text_width(word, 12) > plot.slot for word in words.values()):
        last, highest = max(known), max(known, key=lambda i: known[i])
        touch = (text_width(words[last], 12) + text_width(words[highest], 12)) / 2 + 4
        kept = {last} if (last - highest) * plot.slot < touch else {last, highest}
        words = {i: words[i] for i in sorted(kept)}
    body = []
    for i, word in words.items():
        room = text_width(word, 12)
        x = min(max(plot.middle(i), room / 2), max(plot.width - room / 2, room / 2))
        y = plot.y_of(known[i])
        y = y + 13 if known[i] < 0 else min(y, plot.y_of(0) - 1.5) - 4.5
        ground = {"x": x - room / 2, "y": y - 10, "width": room, "height": 12}
        body.append(el("rect", **ground, fill="#fff", fill_opacity=0.85))
        body.append(text(x, y, word, 12, "middle", fill=INK, font_weight=600))
    return body


def _period_labels(labels: Sequence[list[str]], slot: float, y: float) -> list[str]:
    """Under each slot, or under one in so many when they would touch."""
    widest = max((text_width(line, 11) for lines in labels for line in lines), default=0)
    every = max(ceil((widest + 5) / slot), 1) if slot < 36 else 1
    body = []
    for i in range(0, len(labels), every):
        x, anchor = (i + 0.5) * slot, "middle"
        if every > 1 and x < widest / 2:
            x, anchor = 0.0, "start"
        if every > 1 and i + every > len(labels) - 1 and x + widest / 2 > len(labels) * slot:
            x, anchor = len(labels) * slot, "end"
        body += [text(x, y + 12 * k, line, 11, anchor) for k, line in enumerate(labels[i])]
    return body
