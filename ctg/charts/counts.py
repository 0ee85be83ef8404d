"""How many of each kind."""

from collections.abc import Sequence
from math import ceil

from ctg.charts.model import Chart, Segment
from ctg.charts.svg import INK, TRACK, bar, dot, drawing, el, look_of, plain, shortened, text, text_width
from ctg.numbers import NO_BREAK, french_number, short_number


def stacked_bar(
    title: str,
    segments: Sequence[Segment],
    *,
    width: float = 270,
    legend: bool = True,
    headers: tuple[str, str] = ("Statut", "Nombre"),
    empty: str = "aucune donnée",
) -> Chart:
    """One bar cut in proportion, each count in its piece; `legend=False` when the words stand elsewhere."""
    present = [segment for segment in segments if segment.count > 0]
    body, height, x = [], 20.0, 0.0
    for segment, piece in zip(present, _pieces([s.count for s in present], width), strict=True):
        body.append(_piece(segment, x, piece))
        x += piece + 2
    if not present:
        body.append(el("rect", x=0, y=0, width=width, height=20, rx=3, fill=TRACK))
        body.append(text(8, 14, shortened(empty, width - 16, 11)))
    elif legend:
        entries, height = _legend(present, width, top=30)
        body += entries
    return _counts(title, segments, headers, size=(width, height), body=body)


def dots(
    title: str,
    segments: Sequence[Segment],
    *,
    width: float = 320,
    headers: tuple[str, str] = ("État", "Nombre"),
    empty: str = "aucune donnée",
) -> Chart:
    """A line of marks for each kind, one a thing counted (or one for 10, 100… of them, then said)."""
    counts = [french_number(segment.count) for segment in segments]
    first = max((text_width(count, 12) for count in counts), default=0) + 10
    widest = max((text_width(segment.label, 11.5) for segment in segments), default=0)
    left = min(first + widest + 12, max(width - 66, width / 2))
    columns = max(int((width - left) / 11), 4)
    most = max((segment.count for segment in segments), default=0)
    steps = (10**k * m for k in range(40) for m in (1, 2, 5))
    per = next(step for step in steps if most <= step * columns * 2)
    body, y = [], 0.0
    for segment, count in zip(segments, counts, strict=True):
        marks = ceil(segment.count / per) if segment.count > 0 else 0
        body.append(text(first - 8, y + 12, count, 12, "end", fill=INK, font_weight=600))
        body.append(text(first, y + 12, shortened(segment.label, left - first - 8, 11.5), 11.5, fill=INK))
        for i in range(marks):
            row, place = divmod(i, columns)
            body.append(dot(left + 5 + place * 11, y + 8 + row * 11, segment.kind))
        y += 8 + 11 * max(ceil(marks / columns), 1)
    if per > 1:
        body.append(text(0, y + 13, f"une marque pour {french_number(per)}", 10.5))
        y += 18
    if not segments:
        body.append(text(0, 12, empty))
        y = 18
    return _counts(title, segments, headers, size=(width, y), body=body)


def _counts(
    title: str,
    segments: Sequence[Segment],
    headers: tuple[str, str],
    *,
    size: tuple[float, float],
    body: list[str],
) -> Chart:
    said = [f"{segment.label} : {french_number(segment.count)}" for segment in segments if segment.count]
    desc = f"{', '.join(said)}." if said else "Aucune donnée."
    rows = tuple((segment.label, french_number(segment.count)) for segment in segments)
    return Chart(drawing(*size, title, desc, body), title, desc, headers, rows)


def _pieces(counts: Sequence[int], width: float, gap: float = 2, least: float = 14) -> list[float]:
    """Widths in proportion, but none too thin to be seen: the wide ones give way."""
    if not counts:
        return []
    room = max(width - gap * (len(counts) - 1), width / 4)
    least = min(least, room / len(counts))
    total = sum(counts)
    pieces = [room * (count / total) for count in counts]
    lack = sum(max(0.0, least - piece) for piece in pieces)
    spare = sum(max(0.0, piece - least) for piece in pieces) or 1
    return [least if piece <= least else piece - lack * (piece - least) / spare for piece in pieces]


def _piece(segment: Segment, x: float, width: float) -> str:
    label = french_number(segment.count)
    if text_width(label, 12) > width - 4:
        label = short_number(segment.count)
    parts = [el("title", plain(f"{segment.label} : {french_number(segment.count)}"))]
    parts.append(bar(x, 0, width, 20, segment.kind))
    room = text_width(label, 12) + 5
    if room <= width + 3:
        kind, look = look_of(segment.kind)
        middle = x + width / 2
        if look.hatch:  # a quiet ground for the number
            ground = {"x": middle - room / 2, "y": 3, "width": room, "height": 14}
            parts.append(el("rect", **ground, rx=2, fill=look.fill, class_=f"k-{kind}"))
        parts.append(text(middle, 14.3, label, 12, "middle", fill="#fff", font_weight=600))
    return el("g", *parts)


def _legend(segments: Sequence[Segment], width: float, top: float) -> tuple[list[str], float]:
    """Word, number and hatching of each kind, line by line; with the height reached."""
    body: list[str] = []
    x, y = 0.0, top
    for segment in segments:
        count = f"{NO_BREAK}{short_number(segment.count)}"
        label = shortened(segment.label, width - 18 - text_width(count, 11.5), 11.5) + count
        taken = 17 + text_width(label, 11.5)
        if x and x + taken > width:
            x, y = 0.0, y + 18
        body.append(bar(x, y, 12, 10, segment.kind))
        body.append(text(x + 17, y + 9, label, 11.5, fill=INK))
        x += taken + 12
    return body, y + 14


def progress_bar(title: str, done: int | None, total: int, *, width: float = 92) -> Chart:
    """How much of a whole is done, as « 2 sur 4 »; « – » when there is no whole."""
    said = f"{french_number(done)} sur {french_number(total)}" if total > 0 and done is not None else "–"
    body = [el("rect", x=0, y=4, width=width, height=7, rx=3.5, fill=TRACK)]
    if done and total > 0:
        share = min(max(done / total, 0), 1)
        body.append(
            el(
                "rect",
                x=0,
                y=4,
                width=max(width * share, 4),
                height=7,
                rx=3.5,
                fill="#17706c",
                class_="k-cours",
            )
        )
    body.append(text(width + 8, 11.5, said, 11.5, fill=INK))
    full = width + 8 + text_width(said, 11.5) + 2
    return Chart(
        drawing(full, 15, title, f"{said}.", body),
        title,
        f"{said}.",
        ("Fait", "En tout"),
        ((said, french_number(total)),),
    )
