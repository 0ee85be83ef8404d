"""Meetings that were held, counted for the cadence indicators that follow them (actions.feeds)."""

from collections.abc import Sequence
from functools import partial

from django.db.models import Count, IntegerField
from django.db.models.functions import Coalesce, ExtractYear

from actions.feeds import Counts, Source
from actions.models import Indicator
from governance.models import Committee, Meeting

Kind = Committee.Kind


def count_meetings(kinds: tuple[str, ...], indicators: Sequence[Indicator]) -> Counts:
    """The closed meetings of these kinds of committees in the convention of each indicator, by year."""
    of_indicator = {indicator.pk: indicator.fiche.convention_id for indicator in indicators}
    found = (
        Meeting.objects.held()
        .filter(convention__in=set(of_indicator.values()), committee__kind__in=kinds)
        .order_by()
        .annotate(of_year=Coalesce(ExtractYear("date"), "year", output_field=IntegerField()))
        .filter(of_year__isnull=False)
        .values_list("convention", "of_year")
        .annotate(Count("pk"))
    )
    by_convention: dict[int, list[tuple[int, int]]] = {}
    for convention, year, count in found:
        by_convention.setdefault(convention, []).append((year, count))
    return {
        (indicator, year): count
        for indicator, convention in of_indicator.items()
        for year, count in by_convention.get(convention, ())
    }


def source(key: str, label: str, *kinds: str) -> Source:
    return Source(key, label, ("cadence",), partial(count_meetings, kinds))


SOURCES = (
    source("copil", "COPIL tenus", Kind.COPIL),
    source("cotech", "COTECH tenus", Kind.COTECH),
    source("groupes", "réunions de groupes tenues", Kind.GROUPE, Kind.COMMISSION),
    source("instance", "réunions de l’instance technique tenues", Kind.INSTANCE),
)
