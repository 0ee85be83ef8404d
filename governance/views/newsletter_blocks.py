"""The parts of an issue: added, rewritten in place, ordered, removed."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from actions.access import STEER, MemberRequest
from actions.services.plan import arrange, move
from ctg.access import member
from ctg.forms import posted, sent_files, status_of
from ctg.refusal import Refused
from governance.forms.newsletters import BlockForm
from governance.models import Newsletter, NewsletterBlock
from governance.services import newsletters as services
from governance.views.newsletters import blocks_of, find_issue, frozen

Kind = NewsletterBlock.Kind


def find_block(request: MemberRequest, newsletter: Newsletter, uuid: Any) -> NewsletterBlock:
    """Raises Http404."""
    found: NewsletterBlock | None = blocks_of(request, newsletter).filter(uuid=uuid).first()
    if found is None:
        raise Http404("Partie inconnue")
    found.newsletter = newsletter
    return found


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def newsletter_block_add(request: MemberRequest, uuid: Any) -> HttpResponse:
    """`?image`: a picture first."""
    newsletter = find_issue(request, uuid)
    if request.method != "POST" and not newsletter.is_draft:
        return frozen(request, newsletter)
    kind = Kind.IMAGE if "image" in request.GET else Kind.TEXT
    block = NewsletterBlock(newsletter=newsletter, kind=kind)
    form = BlockForm(posted(request), sent_files(request), instance=block)
    try:
        if form.is_valid():
            with services.editing(newsletter) as held:
                block.position = len(blocks_of(request, held))
                saved = form.create()
            if saved:
                messages.success(request, "La partie est ajoutée à la fin.")
                return redirect(f"{newsletter.get_absolute_url()}#b-{block.uuid}")
    except Refused as refused:
        form.add_error(None, str(refused))
    context = {"convention": request.space, "issue": newsletter, "form": form, "part": block, "is_new": True}
    return render(request, "governance/newsletter_block.html", context, status=status_of(form))


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def newsletter_block_edit(request: MemberRequest, uuid: Any, block: Any) -> HttpResponse:
    """In its place in the list, or on a page of its own. `?lire`: the part as it stands."""
    newsletter = find_issue(request, uuid)
    row = find_block(request, newsletter, block)
    context = {
        "convention": request.space,
        "issue": newsletter,
        "part": row,
        "is_new": False,
        "in_place": True,
    }
    reads = "lire" in request.GET or not (newsletter.is_draft or request.method == "POST")
    if request.htmx and reads:  # type: ignore[attr-defined]
        return render(request, "governance/newsletter_block_read.html", context)
    if request.method != "POST" and not newsletter.is_draft:
        return frozen(request, newsletter)
    form = BlockForm(posted(request), sent_files(request), instance=row)
    try:
        if form.is_valid():
            with services.editing(newsletter):
                saved = form.merge()
            if saved and request.htmx:  # type: ignore[attr-defined]
                return render(
                    request, "governance/newsletter_block_read.html", context | {"part": form.instance}
                )
            if saved:
                return redirect(f"{newsletter.get_absolute_url()}#b-{row.uuid}")
    except Refused as refused:
        form.add_error(None, str(refused))
    page = "newsletter_block_fields" if request.htmx else "newsletter_block"  # type: ignore[attr-defined]
    return render(request, f"governance/{page}.html", context | {"form": form}, status=status_of(form))


@member(STEER)
@require_POST
def newsletter_block_move(request: MemberRequest, uuid: Any, block: Any) -> HttpResponse:
    """By its button, or dragged before another one."""
    newsletter = find_issue(request, uuid)
    row = find_block(request, newsletter, block)
    try:
        with services.editing(newsletter):
            siblings = NewsletterBlock.objects.visible_to(request.user).filter(newsletter=newsletter)
            if "avant" in request.POST:
                arrange(row, siblings, before=request.POST["avant"])
            else:
                move(row, siblings, up="monter" in request.POST)
    except Refused as refused:
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponse(str(refused), status=422)
        messages.error(request, str(refused))
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    return redirect(f"{newsletter.get_absolute_url()}#b-{row.uuid}")


@member(STEER)
@require_POST
def newsletter_block_delete(request: MemberRequest, uuid: Any, block: Any) -> HttpResponse:
    newsletter = find_issue(request, uuid)
    row = find_block(request, newsletter, block)
    try:
        with services.editing(newsletter):
            row.delete()
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect(newsletter)
