"""Pages opened by a signed link instead of an account.

    @by_link
    @require_http_methods(["GET", "HEAD", "POST"])
    def answer(request: HttpRequest, token: str) -> HttpResponse:
        row = Answer.objects.for_token(token)  # raises LinkClosed

The decorator says who may come in, tells a person in words why an address opens nothing, slows down whoever
tries addresses, and keeps the address out of caches, of search engines and of the history; `ctg.logs` keeps it
out of the logs.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

import pghistory
from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from ctg.links.services import LinkClosed, LinkUnknown

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, str, P], HttpResponseBase]

# So many wrong addresses from one place, each less than five minutes after the last.
MISSES, PAUSE = 20, 300


def by_link(view: View[P]) -> View[P]:
    """A page for whoever holds its address: `/…/<str:token>/…`."""

    @wraps(view)
    def opened(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        pghistory.context(url="(lien signé)")
        return sealed(_answer(view, request, token, *args, **kwargs))

    opened.access = "link"  # type: ignore[attr-defined]
    login_not_required(opened)
    return opened  # type: ignore[return-value] # Django gives the token by its name


def _answer(
    view: View[P], request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs
) -> HttpResponseBase:
    misses = f"links:misses:{get_adapter().get_client_ip(request)}"
    if cache.get(misses, 0) >= MISSES:
        return render(request, "429.html", status=429)
    try:
        return view(request, token, *args, **kwargs)
    except LinkClosed as closed:
        if isinstance(closed, LinkUnknown):
            cache.set(misses, cache.get(misses, 0) + 1, PAUSE)
        return closed_page(request, closed)


def closed_page(request: HttpRequest, closed: LinkClosed) -> HttpResponse:
    return render(request, "links/closed.html", {"why": str(closed)}, status=closed.status)


def sealed(response: HttpResponseBase) -> HttpResponseBase:
    """Not kept, not indexed, not told to another site. `no-referrer` would make the browser hide where a form
    comes from, and the protection against forged requests refuse it.
    """
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "same-origin"
    return response
