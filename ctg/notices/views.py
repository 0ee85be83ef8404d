"""The page of the bell, and the way out of the mails."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from ctg.access import SignedInRequest, signed_in
from ctg.links.access import by_link
from ctg.notices import services
from ctg.notices.stop import STOPPABLE, is_stopped, read_token, stop


@signed_in
@never_cache
@require_safe
def notice_list(request: SignedInRequest) -> HttpResponse:
    """What was said to this person. Whoever opens it has read it, as on the page of a fiche."""
    told = services.newest(request.user)
    if request.method == "GET":
        services.seen_all(request.user)
    return render(request, "notices/notice_list.html", {"told": told})


@csrf_exempt
@by_link
@require_http_methods(["GET", "HEAD", "POST"])
def mail_stop(request: HttpRequest, token: str) -> HttpResponse:
    """RFC 8058: a mail program sends one POST, without cookie, and follows no redirection."""
    user, what = read_token(token)
    if request.method == "POST":
        stop(user, what)
    words, _ = STOPPABLE[what]
    context = {"address": user.email, "words": words, "is_stopped": is_stopped(user, what)}
    return render(request, "notices/mail_stop.html", context)
