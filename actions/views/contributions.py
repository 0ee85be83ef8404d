"""What partners sent in, examined by the coordination."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.access import EDIT, MemberRequest
from actions.forms.contributions import ReturnForm, ReviewedNoteForm
from actions.forms.highlights import HighlightForm, offered_to
from actions.forms.indicators import MeasurementForm
from actions.models import FicheAction
from actions.notices import CONTRIBUTION
from actions.services import contributions
from actions.services.contributions import KINDS, Item
from actions.services.plan import changing
from ctg.access import member
from ctg.files.pictures import serve_small
from ctg.files.responses import serve
from ctg.forms import posted, sent_files, status_of
from ctg.merge import MergeForm
from ctg.notices.services import seen
from ctg.refusal import Refused


class KindConverter:
    """Values, notes and highlights, in a URL."""

    regex = "|".join(KINDS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


@dataclass(frozen=True)
class Sender:
    """Who sent something that waits."""

    key: str
    items: Sequence[Item]

    @property
    def name(self) -> str:
        return self.items[0].row.sender

    @property
    def fingerprints(self) -> str:
        return " ".join(item.fingerprint for item in self.plain)

    @property
    def plain(self) -> list[Item]:
        """What one click accepts."""
        return [item for item in self.items if item.is_plain]


@dataclass(frozen=True)
class Waiting:
    """What waits for the coordination: fiche by fiche, and sender by sender."""

    items: Sequence[Item]

    @cached_property
    def by_fiche(self) -> list[tuple[FicheAction | None, list[Item]]]:
        return [(fiche, list(items)) for fiche, items in groupby(self.items, key=lambda item: item.fiche)]

    @cached_property
    def senders(self) -> list[Sender]:
        ordered = sorted(self.items, key=lambda item: item.sender_key)
        return [Sender(key, list(items)) for key, items in groupby(ordered, key=lambda item: item.sender_key)]

    @property
    def at_once(self) -> list[Sender]:
        """Those of whom several things are accepted by one click."""
        return [sender for sender in self.senders if len(sender.plain) > 1]


def find_item(request: MemberRequest, kind: str, uuid: Any) -> Item:
    """Something that waits for this person. Raises Http404; Refused for what was examined already."""
    item = contributions.find(request.space, request.user, kind, uuid)
    if item is None:
        raise Http404("Envoi inconnu")
    return item


def done(request: MemberRequest, act: Callable[[], str]) -> HttpResponse:
    """Do it, say it or say why not, and go on with the others."""
    try:
        messages.success(request, act())
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("actions:contribution_list", request.space.slug)


@member(EDIT)
@require_safe
def contribution_list(request: MemberRequest) -> HttpResponse:
    waiting = Waiting(contributions.waiting(request.space, request.user))
    seen(request.user, {CONTRIBUTION: {item.row.via_id for item in waiting.items if item.row.via_id}})
    return render(
        request, "actions/contribution_list.html", {"waiting": waiting, "convention": request.space}
    )


@member(EDIT)
@require_POST
def contribution_accept(request: MemberRequest, kind: str, uuid: Any) -> HttpResponse:
    """`remplacer`: in the place of the values that stand on its period."""

    def act() -> str:
        item = find_item(request, kind, uuid)
        replace, seen = "remplacer" in request.POST, request.POST.get("vu", "")
        contributions.accept(item, by=request.user, replace=replace, seen=seen)
        return f"Accepté : {item.row.sender or 'envoi'}, {item.title}."

    return done(request, act)


@member(EDIT)
@require_POST
def contribution_accept_all(request: MemberRequest) -> HttpResponse:
    """All of one sender that nothing stands against."""
    waiting = Waiting(contributions.waiting(request.space, request.user))
    sender = next((one for one in waiting.senders if one.key == request.POST.get("sender")), None)

    def act() -> str:
        if sender is None:
            raise Refused(contributions.EXAMINED)
        if request.POST.get("vu", sender.fingerprints) != sender.fingerprints:
            raise Refused(contributions.CORRECTED)
        return contributions.accept_all(sender.items, by=request.user)

    return done(request, act)


@member(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def contribution_return(request: MemberRequest, kind: str, uuid: Any) -> HttpResponse:
    """Send it back with a reason, that its sender reads."""
    try:
        item = find_item(request, kind, uuid)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("actions:contribution_list", request.space.slug)
    initial = {"reason": contributions.kept_words(item)} if "garder" in request.GET else {}
    form = ReturnForm(posted(request), initial=initial)
    if form.is_valid():

        def act() -> str:
            contributions.send_back(item, reason=form.cleaned_data["reason"], by=request.user)
            return f"Renvoyé à {item.row.sender}, avec votre motif." if item.row.sender else "Renvoyé."

        return done(request, act)
    context = {"form": form, "item": item, "convention": request.space}
    return render(request, "actions/contribution_return.html", context, status=status_of(form))


@member(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def contribution_edit(request: MemberRequest, kind: str, uuid: Any) -> HttpResponse:
    """Put it right, then accept it."""
    try:
        item = find_item(request, kind, uuid)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("actions:contribution_list", request.space.slug)
    form = review_form(request, item)
    if form.is_valid() and save_and_accept(request, form, item):
        messages.success(request, f"Corrigé et accepté : {item.title}.")
        return redirect("actions:contribution_list", request.space.slug)
    context = {"form": form, "item": item, "convention": request.space, "photo_url": ""}
    if getattr(item.row, "photo_id", None):
        here = [request.space.slug, uuid]
        context["photo_url"] = f"{reverse('actions:contribution_photo', args=here)}?petite"
    return render(request, "actions/contribution_edit.html", context, status=status_of(form))


def review_form(request: MemberRequest, item: Item) -> Any:
    data, convention = posted(request), request.space
    if item.kind == "points-d-etape":
        return ReviewedNoteForm(data, instance=item.row)
    if item.kind == "temps-forts":
        offered = offered_to(request.user, convention)
        return HighlightForm(
            data, sent_files(request), instance=item.row, convention=convention, offered=offered
        )
    whose = {"convention": convention, "fiche": item.fiche, "user": request.user}
    return MeasurementForm(data, instance=item.row, indicator=item.row.indicator, **whose)


def save_and_accept(request: MemberRequest, form: MergeForm, item: Item) -> bool:
    """False with the errors or conflicts in the form: nothing is half done."""
    try:
        with changing(by=request.user) as change:
            if form.merge():
                item.row = form.instance
                contributions.accept(item, by=request.user)
            else:
                change.undo()
    except Refused as refused:
        form.add_error(None, str(refused))
        return False
    return not change.undone


@member(EDIT)
@require_safe
def contribution_photo(request: MemberRequest, uuid: Any) -> HttpResponseBase:
    """The photograph of a temps fort that waits."""
    rows = contributions.proposals(request.space, request.user)["temps-forts"]
    found = rows.select_related("photo").filter(uuid=uuid, photo__isnull=False).first()
    if found is None:
        raise Http404("Pas de photo")
    return serve_small(found.photo) if "petite" in request.GET else serve(found.photo, str(found))
