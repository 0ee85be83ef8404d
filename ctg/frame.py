"""What surrounds every page: navigation, switcher, search, footer.

Each app registers its entries of the navigation when it starts; an entry comes with the page it opens.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

SEARCH_LENGTH = 200


@dataclass(frozen=True)
class Entry:
    """An entry of the navigation of a space, in the order of `rank`."""

    rank: int
    label: str
    view: str
    icon: str
    # Names of views (or prefixes of them) on which the entry is the current one.
    covers: tuple[str, ...] = ()
    needs: str | None = None


@dataclass(frozen=True)
class Link:
    label: str
    url: str
    icon: str
    current: bool
    count: int | None = None


_entries: list[Entry] = []
_list_spaces: Callable[[Any], Iterable[Any]] | None = None
_search: tuple[str, str, str] | None = None


def register_entry(entry: Entry) -> None:
    """Add an entry to the navigation of every space."""
    _entries.append(entry)
    _entries.sort(key=lambda entry: entry.rank)


def register_switcher(list_spaces: Callable[[Any], Iterable[Any]]) -> None:
    """Say which spaces the switcher of the header offers to a user."""
    global _list_spaces
    _list_spaces = list_spaces


def register_search(label: str, here: str, everywhere: str) -> None:
    """Say which views answer the field of the header (`?q=`): inside a space, and outside of any."""
    global _search
    _search = (label, here, everywhere)


class Frame:
    """Read by base.html. What costs a query is asked only when the template shows it."""

    instance_name = settings.INSTANCE_NAME
    version = settings.VERSION
    contact = settings.INSTANCE_CONTACT
    trial = settings.TRIAL

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.space = getattr(request, "space", None)

    @property
    def spaces(self) -> list[Any]:
        if _list_spaces is None or not self._request.user.is_authenticated:
            return []
        return list(_list_spaces(self._request.user))

    @property
    def search_url(self) -> str:
        """Where the field of the header sends its words; empty for whoever has nothing to search."""
        if _search is None or not self._request.user.is_authenticated:
            return ""
        _, here, everywhere = _search
        return reverse(here, args=[self.space.slug]) if self.space else reverse(everywhere)

    @property
    def search_label(self) -> str:
        return _search[0] if _search else ""

    @property
    def searched(self) -> str:
        """The words that the page was found with."""
        match = self._request.resolver_match
        answers = match is not None and _search is not None and match.view_name in _search
        return self._request.GET.get("q", "")[:SEARCH_LENGTH] if answers else ""

    @property
    def nav(self) -> list[Link]:
        if self.space is None:
            return []
        match = self._request.resolver_match
        name = match.view_name if match else ""
        return [
            Link(
                label=entry.label,
                url=reverse(entry.view, args=[self.space.slug]),
                icon=entry.icon,
                current=name == entry.view or name.startswith(entry.covers or (entry.view + " ",)),
            )
            for entry in _entries
            if entry.needs is None or self.space.allows(entry.needs)
        ]

    @property
    def unseen(self) -> int:
        """How many notices the person has not seen. It costs nothing: see `ctg.notices.backend`."""
        return getattr(self._request.user, "unseen_notices", 0)

    @property
    def theme_url(self) -> str | None:
        return self.space.theme_url if self.space is not None else None

    @property
    def logo_url(self) -> str | None:
        return self.space.logo_url if self.space is not None else None


def frame(request: HttpRequest) -> dict[str, Frame]:
    """Context processor."""
    return {"frame": Frame(request)}


_glossary: list[tuple[str, str, str]] = []


def register_glossary(terms: Iterable[tuple[str, str, str]]) -> None:
    """Add acronyms of the field: (acronym, meaning, one plain sentence)."""
    _glossary.extend(terms)


def glossary() -> list[tuple[str, str, str]]:
    """The registered terms in alphabetical order."""
    return sorted(_glossary, key=lambda term: term[0].lower())
