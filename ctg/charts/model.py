"""What a chart is made from, and what it is."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from ctg.numbers import Number

NOT_COLLECTED, SECRET, NOT_APPLICABLE = "non recueilli", "secret", "sans objet"


@dataclass(frozen=True)
class Chart:
    """A drawing and the table of its values."""

    svg: SafeString
    title: str
    desc: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Segment:
    """A count under its word; `kind` is a key of `ctg.charts.svg.LOOKS` (another one is drawn as "neutre")."""

    label: str
    count: int
    kind: str = "neutre"


@dataclass(frozen=True)
class Point:
    """A value, or the word that stands for it when there is none. Missing is never 0."""

    label: str
    value: Number | None
    missing: str = NOT_COLLECTED
    estimated: bool = False


@dataclass(frozen=True)
class Target:
    """One level for all points, or one a point (a path), None where nothing is expected yet."""

    label: str
    level: Number | Sequence[Number | None]
