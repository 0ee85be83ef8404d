"""Indicators that count by themselves.

The app that knows what happens registers a source when it starts; an indicator names its source by `fed_by`, and
counts whole years from `fed_from`. `IndicatorQuerySet.with_values` loads the counts beside the entered values, and
`actions.figures.values_of` puts the two together: every page, paper and workbook reads the same.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Count, IntegerField
from django.db.models.functions import Coalesce, ExtractYear
from django.utils import timezone

if TYPE_CHECKING:
    from actions.models import Indicator

# How many, by the key of an indicator and a year. What is not in it is none.
Counts = Mapping[tuple[Any, int], int]


@dataclass(frozen=True)
class Source:
    """What counts. `key` is kept on the indicator, where the history shows it. `kinds`: of which indicators.

    `count` costs one query, however many indicators.
    """

    key: str
    label: str
    kinds: tuple[str, ...]
    count: Callable[[Sequence["Indicator"]], Counts]


_sources: dict[str, Source] = {}


def register_source(source: Source) -> None:
    _sources[source.key] = source


def sources() -> list[Source]:
    return list(_sources.values())


def source_of(indicator: "Indicator") -> Source | None:
    return _sources.get(indicator.fed_by)


def is_countable(kind: str) -> bool:
    """Whether anything can count indicators of this kind."""
    return any(kind in source.kinds for source in _sources.values())


def next_january(today: date | None = None) -> date:
    """From when a source switched on today counts."""
    return date((today or timezone.localdate()).year + 1, 1, 1)


def first_year(fed_from: date) -> int:
    """The first year that is counted whole."""
    return fed_from.year + ((fed_from.month, fed_from.day) > (1, 1))


def load_counts(indicators: Iterable["Indicator"], until: int | None = None) -> None:
    """Set `counted` on each indicator: how many by year, until this year or `until`. A query a source in use."""
    fed = defaultdict(list)
    for indicator in indicators:
        indicator.counted = {}
        if indicator.fed_by in _sources:
            fed[indicator.fed_by].append(indicator)
    this_year = timezone.localdate().year
    last = this_year if until is None else min(until, this_year)
    for key, some in fed.items():
        found = _sources[key].count(some)
        for indicator in some:
            assert indicator.fed_from is not None
            years = range(first_year(indicator.fed_from), last + 1)
            indicator.counted = {year: found.get((indicator.pk, year), 0) for year in years}


def count_highlights(indicators: Sequence["Indicator"]) -> Counts:
    """The accepted temps forts of the fiche, in the year of their date or in the one they are known by."""
    highlights = apps.get_model("actions", "Highlight")._default_manager
    found = (
        highlights.filter(status="accepted", fiche__in={indicator.fiche_id for indicator in indicators})
        .order_by()
        .annotate(of_year=Coalesce(ExtractYear("date"), "year", output_field=IntegerField()))
        .filter(of_year__isnull=False)
        .values_list("fiche", "of_year")
        .annotate(Count("pk"))
    )
    by_fiche = {(fiche, year): count for fiche, year, count in found}
    return {
        (indicator.pk, year): count
        for indicator in indicators
        for (fiche, year), count in by_fiche.items()
        if fiche == indicator.fiche_id
    }


HIGHLIGHTS = Source("temps forts", "temps forts de la fiche", ("count",), count_highlights)
