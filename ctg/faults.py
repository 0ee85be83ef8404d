"""What a person sees when something outside the page fails: the database, an expired form."""

import sys
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_BAD_ORIGIN, REASON_BAD_REFERER, REASON_NO_REFERER
from django.shortcuts import render
from django.template.loader import render_to_string

from ctg.richtext import to_text

log = structlog.get_logger(__name__)

# The page that gives a text back shows what was typed, not the machinery or a secret.
NOT_TYPED = ("csrfmiddlewaretoken", "initial-", "password", "oldpassword")


def typed_again(request: HttpRequest) -> dict[str, Any]:
    """What a POST carried: `typed` to show and copy, `fields` and `action` to send it again."""
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken" and "password" not in name
        for value in values
    ]
    # A text of the editor is shown in its plain form, and sent again as it came.
    rich = {name.removesuffix("-as") for name, value in fields if name.endswith("-as") and value == "html"}
    typed = [
        (name.rpartition("-")[2].replace("_", " "), to_text(value) if name in rich else value)
        for name, value in fields
        if value.strip() and not name.startswith(NOT_TYPED) and not name.endswith("-as")
    ]
    return {"typed": typed, "fields": fields, "action": request.get_full_path()}


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """A refusal leaves the person what was typed: the right may have gone while they were writing."""
    return render(request, "403.html", typed_again(request), status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from before the last sign-in: give the text back with a fresh token.

    A request from another site gets a plain refusal: it must not be one click away from being accepted.
    """
    foreign = reason.startswith((REASON_BAD_ORIGIN[:20], REASON_BAD_REFERER[:20], REASON_NO_REFERER[:20]))
    if foreign or not request.POST:
        return render(request, "403.html", {"reason": "form_expired"}, status=403)
    return render(request, "session_expired.html", typed_again(request), status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """The last resort: 503 when PostgreSQL does not answer, 500 for a fault of ours. Neither asks a query."""
    fault = sys.exc_info()[1]
    if isinstance(fault, OperationalError | InterfaceError):
        log.error("database_down", error=type(fault).__name__)
        return unavailable()
    return HttpResponse(render_to_string("500.html"), status=500)


def unavailable() -> HttpResponse:
    """The 503 page: no context, no query."""
    return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "30"})
