"""Temps forts: the list of those of a convention, and the short form by which one is told."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.access import REPORT, MemberRequest
from actions.forms.highlights import HighlightForm, HighlightSearch, offered_to
from actions.history import last_editor
from actions.models import Axe, FicheAction, Highlight, Review
from actions.services.highlights import Reporter, reported
from actions.services.plan import changing
from ctg.access import member
from ctg.files.pictures import serve_small
from ctg.files.responses import serve
from ctg.forms import posted, sent_files, status_of
from ctg.refusal import Refused
from territories.models import Commune

PER_PAGE = 30


def highlights_of(request: MemberRequest) -> Any:
    """Those the person sees: accepted ones, and their own proposals."""
    return Highlight.objects.visible_to(request.user).of(request.space)


def find_highlight(request: MemberRequest, uuid: Any) -> Highlight:
    """One that the person may change. Raises Http404, or PermissionDenied."""
    found: Highlight | None = highlights_of(request).for_list().filter(uuid=uuid).first()
    if found is None:
        raise Http404("Temps fort inconnu")
    if not Reporter(request.space, request.user).may_change(found):
        raise PermissionDenied
    return found


@member()
@require_safe
def highlight_list(request: MemberRequest) -> HttpResponse:
    convention, user = request.space, request.user
    axes = Axe.objects.visible_to(user).of(convention)
    communes = Commune.objects.visible_to(user).filter(conventions=convention)
    search = HighlightSearch(request.GET, rows=highlights_of(request), axes=axes, communes=communes)
    page = Paginator(search.found.for_list(), PER_PAGE).get_page(request.GET.get("page"))
    reporter = Reporter(convention, user)
    for highlight in page.object_list:
        highlight.convention = convention  # the one row that they all point to
        highlight.may_change = reporter.may_change(highlight)
        if highlight.fiche:
            highlight.fiche.convention = convention
    query = request.GET.copy()
    query.pop("page", None)
    context = {"convention": convention, "search": search, "page": page, "query": query.urlencode()}
    return render(request, "actions/highlight_list.html", context)


@member(REPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def highlight_add(request: MemberRequest) -> HttpResponse:
    """`?fiche=…`: from a fiche, to which it leads back."""
    offered = offered_to(request.user, request.space)
    asked = request.GET.get("fiche", "")
    fiche = next((one for one in offered.fiches if str(one.uuid) == asked), None)
    form = HighlightForm(
        posted(request),
        sent_files(request),
        instance=Highlight(author=request.user),
        initial={"fiche": fiche.pk if fiche else None},
        convention=request.space,
        offered=offered,
    )
    return highlight_page(request, form, fiche)


@member(REPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def highlight_edit(request: MemberRequest, uuid: Any) -> HttpResponse:
    form = HighlightForm(
        posted(request),
        sent_files(request),
        instance=find_highlight(request, uuid),
        convention=request.space,
        offered=offered_to(request.user, request.space),
    )
    return highlight_page(request, form)


def highlight_page(
    request: MemberRequest, form: HighlightForm, fiche: FicheAction | None = None
) -> HttpResponse:
    back = (
        f"{fiche.get_absolute_url()}#suivi"
        if fiche
        else reverse("actions:highlight_list", args=[request.space.slug])
    )
    row = form.instance
    if form.is_valid() and save_highlight(request, form):
        messages.success(request, told(form.instance))
        return redirect(back)
    context = {"form": form, "back": back, "convention": request.space, "row": row if row.pk else None}
    context["photo_url"] = f"{photo_url(row)}?petite" if row.pk and row.photo_id else ""
    return render(request, "actions/highlight_form.html", context, status=status_of(form))


def photo_url(highlight: Highlight) -> str:
    return reverse("actions:highlight_photo", args=[highlight.convention.slug, highlight.uuid])


def save_highlight(request: MemberRequest, form: HighlightForm) -> bool:
    """False with the errors or conflicts in the form."""
    reporter, themes = Reporter(request.space, request.user), form.cleaned_data.get("themes", ())
    new = form.instance.pk is None
    try:
        with changing(by=request.user) as change:
            if new:
                reporter.settle(form.instance, themes)
            saved = form.create() if new else form.merge()
            if not saved:
                change.undo()
            else:
                if not new and form.instance.status != Review.ACCEPTED:
                    reporter.settle(form.instance, themes)
                    form.instance.save(update_fields=["status", "return_reason"])
                reported(form.instance)
    except Refused as refused:
        form.add_error(None, str(refused))
        return False
    form.editor = last_editor(form.instance, form.conflicting) if form.conflicts else ""
    return saved


def told(highlight: Highlight) -> str:
    if highlight.status == Review.ACCEPTED:
        return "Le temps fort est enregistré."
    return "Le temps fort est transmis : la coordination le relira avant qu’il ne compte."


@member(REPORT)
@require_POST
def highlight_delete(request: MemberRequest, uuid: Any) -> HttpResponse:
    highlight = find_highlight(request, uuid)
    with changing(by=request.user):
        highlight.delete()
    messages.success(request, f"« {highlight} » est supprimé.")
    return redirect("actions:highlight_list", request.space.slug)


@member()
@require_safe
def highlight_photo(request: MemberRequest, uuid: Any) -> HttpResponseBase:
    """The photograph, or with `?petite` the small one of lists."""
    found = highlights_of(request).select_related("photo").filter(uuid=uuid, photo__isnull=False).first()
    if found is None:
        raise Http404("Pas de photo")
    return serve_small(found.photo) if "petite" in request.GET else serve(found.photo, str(found))
