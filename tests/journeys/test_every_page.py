"""Each role follows every link it is shown: no dead end, and every page is accessible."""

from urllib.parse import urlsplit

import pytest
from django.urls import resolve

COORDINATOR = "coordination.sundgau@example.org"

pytestmark = pytest.mark.journey

EVERYONE = ["/", "/accessibilite/", "/mentions-legales/", "/donnees-personnelles/", "/plan-du-site/", "/glossaire/"]


def kind_of(path: str) -> tuple:
    """Pages drawn alike: one of them is looked at."""
    match = resolve(path)
    return match.view_name, *(match.kwargs.get(name) for name in ("kind", "key"))


def follow(visitor, starts: list[str], most: int) -> set[str]:
    """Visit a page of each kind that can be reached by links; gives their names."""
    seen: set[tuple] = set()
    ahead = list(starts)
    while ahead:
        path = ahead.pop(0)
        if kind_of(urlsplit(path).path) in seen:
            continue
        seen.add(kind_of(urlsplit(path).path))
        page = visitor.visit(path)
        links = page.evaluate(
            "[...document.querySelectorAll('a[href^=\"/\"]:not([download])')].map((a) => a.getAttribute('href'))"
        )
        ahead += [link.partition("#")[0] for link in links]
        assert len(seen) <= most
    return {name for name, *_ in seen}
