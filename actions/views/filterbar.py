"""The bar of filters above the plan: what may be chosen, what is chosen, and how to take it back."""

from dataclasses import dataclass
from functools import cached_property

from django.http import QueryDict

from actions.filters import MONTHS, SORTS, FicheFilter, Found
from actions.listing import Plan
from actions.models import FicheAction

Options = list[tuple[str, str]]
MAIN, MORE = (
    ("axe", "theme", "status"),
    ("orientation", "lead", "pilot", "partner", "commune", "qpv", "months"),
)
MAIN_TICKS, MORE_TICKS = ("mine", "late"), ("silent", "no_pilot", "no_indicator", "no_value")


@dataclass(frozen=True)
class Select:
    """A choice among the values that the plan uses."""

    name: str
    label: str
    value: str
    options: Options


@dataclass(frozen=True)
class Tick:
    name: str
    label: str
    is_on: bool


@dataclass(frozen=True)
class Chip:
    """A filter in force, and the address of the page without it."""

    label: str
    url: str


class FilterBar:
    """What the template of the bar reads."""

    def __init__(self, query: QueryDict, found: Found, plan: Plan) -> None:
        self.query, self.found, self.plan = query, found, plan

    @property
    def main(self) -> list[Select]:
        return self._selects(MAIN)

    @cached_property
    def more(self) -> list[Select]:
        return self._selects(MORE)

    @property
    def main_ticks(self) -> list[Tick]:
        return self._ticks(MAIN_TICKS)

    @property
    def more_ticks(self) -> list[Tick]:
        return self._ticks(MORE_TICKS)

    @property
    def sort(self) -> Select:
        return Select("sort", "Trier par", self.found.sorted_by, SORTS)

    @property
    def more_count(self) -> int:
        """How many of the filters behind « Plus de filtres » are in force."""
        return len({*MORE, *MORE_TICKS} & self.found.given.keys())

    @property
    def words(self) -> str:
        """What is searched for."""
        return str(self.found.given.get("q", ""))

    @cached_property
    def chips(self) -> list[Chip]:
        return [Chip(self._said(name), self.without(name)) for name in self.found.given]

    def without(self, *names: str) -> str:
        """The address of the page without these parameters."""
        left = self.query.copy()
        for name in names:
            left.pop(name, None)
        return f"?{left.urlencode()}"

    @property
    def clear_url(self) -> str:
        return self.without(*self.found.given)

    def _said(self, name: str) -> str:
        """« Axe : 1 Se lier », « En retard »."""
        label, value = self._label(name), self.found.given[name]
        if value is True:
            return label
        said = value if name == "q" else dict(self._options(name)).get(str(value), "inconnu")
        return f"{label}\u00a0: {said}"

    def _label(self, name: str) -> str:
        if name == "axe":
            return self.plan.convention.axe_name.capitalize()
        return str(FicheFilter.base_filters[name].label)

    def _options(self, name: str) -> Options:
        if name == "status":
            return [(value, str(label)) for value, label in FicheAction.Status.choices]
        if name == "months":
            return [(str(months), label) for months, label in MONTHS]
        if name == "axe":
            return [(str(axe.pk), str(axe)) for axe in self.plan.axes]
        if name == "orientation":
            return [(str(one.pk), str(one)) for axe in self.plan.axes for one in axe.orientations.all()]
        return self.plan.ties.choices(name)

    def _selects(self, names: tuple[str, ...]) -> list[Select]:
        """Those with something to choose."""
        given = self.found.given
        selects = [
            Select(name, self._label(name), str(given.get(name, "")), self._options(name)) for name in names
        ]
        return [select for select in selects if select.options]

    def _ticks(self, names: tuple[str, ...]) -> list[Tick]:
        given = self.found.given
        return [Tick(name, self._label(name), name in given) for name in names]
