"""The digest on screen, as it would leave today."""

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ctg.access import SignedInRequest, signed_in
from ctg.notices.services import preferences_of
from governance.digest import read_digest

SHOWN = timedelta(days=7)


@signed_in
@require_safe
def digest_preview(request: SignedInRequest) -> HttpResponse:
    """What one of today would tell of the last week."""
    now = timezone.now()
    context = {
        "digest": read_digest(request.user, now - SHOWN, now),
        "frequency": preferences_of(request.user).digest,
    }
    return render(request, "governance/digest_preview.html", context)
