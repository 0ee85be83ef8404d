"""A row of the steering on a page of its own: shown, saved, given back with what is wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from actions.access import MemberRequest
from actions.history import last_editor
from actions.services.plan import changing
from actions.views.forms import refuse
from ctg.forms import status_of
from ctg.refusal import Refused


@dataclass(frozen=True)
class RowPage:
    """What stands around the form. `back`: where to go once it is saved, or without saving."""

    title: str
    back: str
    back_label: str
    said: str
    lead: str = ""
    # To remove the row: where, what is asked first.
    delete_url: str = ""
    delete_label: str = ""
    # A second button saves and shows an empty form again.
    again: str = ""
    # Asked before saving.
    confirm: str = ""
    template: str = "governance/row_form.html"


def row_page(
    request: MemberRequest,
    form: Any,
    page: RowPage,
    *,
    guard: Callable[[], object] | None = None,
    then: Callable[[Any], object] | None = None,
    **more: Any,
) -> HttpResponse:
    """The form on its page, or where it leads once saved. `guard` comes before the writing and `then` after it,
    in one transaction: either may raise Refused.
    """
    if form.is_valid() and save_row(request, form, guard, then):
        messages.success(request, page.said)
        return redirect(request.path if page.again and "encore" in request.POST else page.back)
    context = {"form": form, "page": page, "convention": request.space} | more
    return render(request, page.template, context, status=status_of(form))


def settled(request: MemberRequest, act: Callable[[], object], said: str = "") -> bool:
    """Do something that a rule may forbid, and say how it went. False when it was refused."""
    try:
        act()
    except Refused as refused:
        messages.error(request, str(refused))
        return False
    if said:
        messages.success(request, said)
    return True


def save_row(
    request: MemberRequest,
    form: Any,
    guard: Callable[[], object] | None = None,
    then: Callable[[Any], object] | None = None,
) -> bool:
    """False with the errors or conflicts in the form."""
    try:
        with changing(by=request.user) as change:
            if guard is not None:
                guard()
            if not (form.merge() if form.instance.pk else form.create()):
                change.undo()
            elif then is not None:
                then(form.instance)
    except Refused as refused:
        refuse(form, refused)
    if form.conflicts:
        form.editor = last_editor(form.instance, form.conflicting)
    return not (change.undone or form.errors)
