"""Pages of the instance itself: the footer's, health for supervision, and the trial's outbox."""

import email
import email.policy
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ctg.access import public
from ctg.frame import glossary


def _page(template: str, request: HttpRequest, **context: object) -> HttpResponse:
    instance = {
        "publisher": settings.INSTANCE_PUBLISHER,
        "host": settings.INSTANCE_HOST,
        "contact": settings.INSTANCE_CONTACT,
    }
    return render(request, f"pages/{template}.html", instance | context)


@public
@require_safe
def accessibilite(request: HttpRequest) -> HttpResponse:
    return _page("accessibilite", request)


@public
@require_safe
def mentions_legales(request: HttpRequest) -> HttpResponse:
    return _page("mentions_legales", request)


@public
@require_safe
def donnees_personnelles(request: HttpRequest) -> HttpResponse:
    return _page("donnees_personnelles", request)


@public
@require_safe
def plan_du_site(request: HttpRequest) -> HttpResponse:
    return _page("plan_du_site", request)


@public
@require_safe
def glossaire(request: HttpRequest) -> HttpResponse:
    return _page("glossaire", request, glossary=glossary())


@public
@never_cache
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("vif\n", content_type="text/plain; charset=utf-8")


@public
@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """The database answers too. The broker is not asked: the site lives without it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse(
            "base de données injoignable\n", status=503, content_type="text/plain; charset=utf-8"
        )
    return HttpResponse("prêt\n", content_type="text/plain; charset=utf-8")


@dataclass(frozen=True)
class OutboxMail:
    """A mail written by the file backend."""

    name: str
    sent_at: datetime
    subject: str
    to: str
    message: EmailMessage

    @property
    def text(self) -> str:
        body = self.message.get_body(preferencelist=("plain", "html"))
        return body.get_content() if body else ""


def _read_mail(path: Path) -> OutboxMail:
    message = email.message_from_bytes(
        path.read_bytes().rpartition(b"\n" + b"-" * 79)[0], policy=email.policy.default
    )
    assert isinstance(message, EmailMessage)
    sent_at = datetime.fromtimestamp(path.stat().st_mtime, tz=timezone.get_current_timezone())
    return OutboxMail(path.name, sent_at, str(message["Subject"]), str(message["To"]), message)


def _outbox_folder() -> Path:
    """Where the mails of the trial are. Anywhere else there is no outbox to read: 404."""
    if not (settings.OUTBOX and settings.TRIAL):
        raise Http404
    return Path(settings.EMAIL_FILE_PATH)


@public
@never_cache
@require_safe
def outbox(request: HttpRequest) -> HttpResponse:
    """The mails of the trial, newest first: a newcomer follows an invitation without a mail server."""
    files = sorted(_outbox_folder().glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)
    return _page("outbox", request, mails=[_read_mail(path) for path in files[:100]])


@public
@never_cache
@require_safe
def outbox_mail(request: HttpRequest, name: str) -> HttpResponse:
    path = next((path for path in _outbox_folder().glob("*.log") if path.name == name), None)
    if path is None:
        raise Http404
    return _page("outbox_mail", request, mail=_read_mail(path))
