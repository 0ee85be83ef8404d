"""Who may open a page.

Every view carries exactly one of the decorators below; a test lists those that do not. A page of a space
(what the slug in its URL names) is opened by `member`: the app that owns spaces registers how a slug becomes
one for a user, so that lower apps can show pages in a space without importing it.

An outsider gets 404, an insider without the right 403.
"""

from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from ctg.faults import typed_again

if TYPE_CHECKING:
    from ctg.accounts.models import User

P = ParamSpec("P")
View = Callable[..., HttpResponseBase]


class Space(Protocol):
    """What the slug of a URL names, as one user sees it, with what this user may do there."""

    pk: Any
    slug: str

    def allows(self, right: str) -> bool: ...

    def get_absolute_url(self) -> str: ...


class SignedInRequest(HttpRequest):
    """A request whose user has signed in."""

    user: "User"


class SpaceRequest(SignedInRequest):
    """A request inside a space that its user may read."""

    space: Any


_find_space: Callable[["User", str], Space] | None = None
_grants: dict[str, list[Callable[["User"], Q]]] = defaultdict(list)


def register_space(find: Callable[["User", str], Space]) -> None:
    """Say how a slug becomes a space for a user. `find` raises Http404 for an outsider."""
    global _find_space
    _find_space = find


def register_grant(model: str, condition: Callable[["User"], Q]) -> None:
    """Add a reason to see rows of `model` ("app.Model"): the upper app knows it, the lower one asks for it."""
    _grants[model].append(condition)


def granted(model: str, user: "User") -> Q:
    """All registered reasons together. Without any, nothing is granted."""
    reasons = Q(pk__in=[])
    for condition in _grants[model]:
        reasons |= condition(user)
    return reasons


def public(view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """A page that needs no account."""

    @wraps(view)
    def opened(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        return view(*args, **kwargs)

    opened.access = "public"  # type: ignore[attr-defined]
    login_not_required(opened)
    return opened


def signed_in(view: Callable[Concatenate[Any, P], HttpResponseBase]) -> View:
    """A page for anyone who has signed in; what it holds is narrowed by `visible_to`."""

    @wraps(view)
    def opened(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    opened.access = "signed_in"  # type: ignore[attr-defined]
    return opened


def administrator(view: Callable[Concatenate[Any, P], HttpResponseBase]) -> View:
    """A page for the administrator of the instance."""

    @wraps(view)
    def opened(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not getattr(request.user, "is_staff", False):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    opened.access = "administrator"  # type: ignore[attr-defined]
    return opened


def member(needs: str | None = None) -> Callable[[Callable[Concatenate[Any, P], HttpResponseBase]], View]:
    """A page of a space: `@member()` to read, `@member("steer")` for those who have that right.

    The view keeps the slug as an argument of its URL but receives the space as `request.space`.
    """

    def decorate(view: Callable[Concatenate[Any, P], HttpResponseBase]) -> View:
        @wraps(view)
        def opened(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            assert _find_space is not None
            request.space = _find_space(request.user, kwargs.pop("slug"))
            if needs and not request.space.allows(needs):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        opened.access = f"member:{needs}" if needs else "member"  # type: ignore[attr-defined]
        return opened

    return decorate


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Send to sign-in; but a text that was being sent when the session expired is given back, not lost."""

    def handle_no_permission(self, request: HttpRequest, view_func: View) -> HttpResponseBase:  # type: ignore[override]
        if request.headers.get("HX-Request") == "true":
            response = render(request, "fragments/session_expired.html", status=401)
            response["HX-Retarget"] = "#messages"
            response["HX-Reswap"] = "innerHTML"
            return response
        if request.method == "POST":
            return session_expired(request)
        return super().handle_no_permission(request, view_func)


def session_expired(request: HttpRequest) -> HttpResponse:
    """Status 401 with everything the person had typed, and a button that sends it again."""
    context = typed_again(request) | {"sign_in": reverse("account_login")}
    return render(request, "session_expired.html", context, status=401)
