"""One change of many fiches: chosen on the plan, looked at, done, and undone."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.access import EDIT, REPORT, STEER, MemberRequest
from actions.forms.bulk import BulkForm
from actions.listing import Plan
from actions.models import Operation
from actions.services.bulk import Stale, apply, fingerprint
from actions.services.undo import Undone, undo
from ctg.access import member
from ctg.refusal import Refused
from ctg.templatetags.ui import plural

# How many of the rows that an undo left are named.
NAMED = 10
LISTED = 100


@member(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def plan_bulk(request: MemberRequest) -> HttpResponse:
    """Change the fiches that were ticked: say what, look at what it does, do it."""
    plan, sent = Plan(request.space, request.user), set(request.POST.getlist("fiche"))
    keys = [key for key in plan.rows if str(key) in sent]
    if not keys:
        messages.info(request, "Choisissez d’abord des fiches : cochez-les dans le plan.")
        return redirect("actions:plan", request.space.slug)
    applying = "appliquer" in request.POST
    data = request.POST if applying or "voir" in request.POST else None
    form, status = BulkForm(data, plan=plan, keys=keys, applying=applying), 200
    if form.is_bound and not form.is_valid():
        status = 422
    elif applying:
        try:
            return done(request, form)
        except Stale:
            status = 409
            plan = Plan(request.space, request.user)
            form = BulkForm(data, plan=plan, keys=keys, applying=False)
            form.is_valid()
    chosen = [plan.rows[key] for key in keys]
    context = {"form": form, "chosen": chosen, "convention": request.space, "stale": status == 409}
    context["seen"] = fingerprint(form.lines)
    return render(request, "actions/plan_bulk.html", context, status=status)


def done(request: MemberRequest, form: BulkForm) -> HttpResponse:
    """Do what was looked at, and offer to undo it. Raises Stale."""
    change = form.change()
    assert change is not None
    operation = apply(
        form.plan,
        form.keys,
        change,
        seen=request.POST.get("seen", ""),
        by=request.user,
        basis=form.build_basis(),
    )
    messages.success(request, offer_undo(operation))
    return redirect("actions:plan", request.space.slug)


def offer_undo(operation: Operation) -> SafeString:
    """« Statut : en pause (3 fiches). » and its button, which a form `undo` of the next page sends."""
    url = reverse("actions:operation_undo", args=[operation.convention.slug, operation.uuid])
    return format_html(
        '{}. <button class="btn btn-sm" form="undo" formaction="{}">Défaire</button>', operation.title, url
    )


@member()
@require_safe
def operation_list(request: MemberRequest) -> HttpResponse:
    """What was changed at once in the plan, the last first; whoever did it, or steers, may undo it."""
    operations = Operation.objects.visible_to(request.user).of(request.space)
    shown = list(operations.select_related("author", "undone_by", "basis__avenant")[:LISTED])
    for operation in shown:
        operation.can_undo = may_undo(request, operation)  # type: ignore[attr-defined]
    return render(request, "actions/operation_list.html", {"operations": shown, "convention": request.space})


def may_undo(request: MemberRequest, operation: Operation) -> bool:
    """Whoever reports takes back the values that they typed."""
    needed = REPORT if operation.kind == Operation.Kind.VALUES else EDIT
    if operation.undone_at or not request.space.allows(needed):
        return False
    return request.space.allows(STEER) or operation.author_id == request.user.pk


@member(REPORT)
@require_POST
def operation_undo(request: MemberRequest, uuid: Any) -> HttpResponse:
    operation = Operation.objects.visible_to(request.user).of(request.space).filter(uuid=uuid).first()
    if operation is None:
        raise Http404("Modification inconnue")
    if not operation.undone_at and not may_undo(request, operation):
        raise PermissionDenied
    try:
        undone = undo(operation, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, f"« {operation.title} » est défait : {restored_words(undone, operation.kind)}."
        )
        if undone.left:
            messages.warning(request, left_words(undone))
    # The button of a message stands on the plan or the grid; the others in the list.
    if "grille" in request.POST:
        url = reverse("actions:indicator_grid", args=[request.space.slug])
        return redirect(f"{url}?{request.POST['grille']}" if request.POST["grille"] else url)
    return redirect(
        "actions:plan" if "plan" in request.POST else "actions:operation_list", request.space.slug
    )


def restored_words(undone: Undone, kind: str) -> str:
    if not undone.rows:
        return "rien n’a pu être remis comme avant"
    if kind == Operation.Kind.VALUES:
        return f"{plural(undone.rows, 'valeur remise,valeurs remises')} comme avant"
    return f"{plural(undone.fiches, 'fiche remise,fiches remises')} comme avant"


def left_words(undone: Undone) -> str:
    """What somebody has changed since stays as it is, and is named."""
    named = [str(left) for left in undone.left[:NAMED]]
    more = len(undone.left) - len(named)
    said = "Laissé tel quel : " + " ; ".join(named)
    return f"{said} ; et {plural(more, 'autre')}." if more else f"{said}."
