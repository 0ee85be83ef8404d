"""What was: the history of a fiche and what it gives back, the plan of a day, the plan between two days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.views.decorators.http import require_http_methods, require_safe

from actions.access import EDIT, MemberRequest, get_fiche
from actions.compared import compare
from actions.dated import began_on, plan_on
from actions.former import FICHE, KINDS, REMOVABLE, before_change, before_removal, described
from actions.forms.dated import BetweenForm, DayForm
from actions.forms.plan import EndForm
from actions.forms.restore import restoring, target_of
from actions.history import REMOVED, Entry, by_day, history
from actions.models import Avenant, FicheAction
from actions.services.restore import bring_back, restore_value
from ctg.access import member
from ctg.forms import posted, status_of
from ctg.refusal import Refused

# What asks for a basis when it comes back.
CONTRACT = ("objectifs", "indicateurs")


# --- A fiche --------------------------------------------------------------------------------------
@member()
@require_safe
def fiche_history(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Who changed what; whoever edits the fiche may have a former value back."""
    fiche: Any = get_fiche(request, uuid)
    entries = history(fiche, request.user)
    if fiche.can_edit:
        offer(entries, fiche)
    context = {"fiche": fiche, "days": by_day(entries), "convention": request.space}
    return render(request, "actions/fiche_history.html", context)


def offer(entries: Iterable[Entry], fiche: FicheAction) -> None:
    """Give an address to what may be restored: one for the fields that go back together."""
    changed, removed = ({model: kind for kind, model in kinds.items()} for kinds in (KINDS, REMOVABLE))
    here = [fiche.convention.slug, fiche.uuid]
    for entry in entries:
        if entry.act == REMOVED and entry.model in removed:
            entry.url = reverse("actions:fiche_bring_back", args=[*here, removed[entry.model], entry.event])
        kind, offered = changed.get(entry.model) if entry.model else None, set()
        for change in entry.changes if kind else ():
            target = target_of(kind or "", change.column)
            if target and target.columns not in offered:
                offered.add(target.columns)
                args = [*here, kind, entry.event, change.column]
                change.url = reverse("actions:fiche_restore", args=args)


@member(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def fiche_restore(request: MemberRequest, uuid: Any, kind: str, event: int, column: str) -> HttpResponse:
    """A field as it is and as it was before a change: look, then have it back."""
    fiche = get_fiche(request, uuid, needs="can_edit")
    former, target = before_change(fiche, kind, event), target_of(kind, column)
    if former is None or target is None:
        raise Http404("Changement inconnu")
    data, status = posted(request), 200
    back = restoring(former, target, data, fiche=fiche, user=request.user)
    if data is not None and back.is_same:
        messages.info(request, "C’est déjà sa valeur.")
        return redirect("actions:fiche_history", request.space.slug, fiche.uuid)
    if data is not None:
        if back.form.is_valid() and restore_value(
            back.form, fiche, f"{fiche} : {back.labels}", by=request.user
        ):
            messages.success(request, f"Rétabli : {back.labels}.")
            return redirect(fiche)
        status = status_of(back.form)
    if status == 409:  # what it became meanwhile is shown, and sending again starts from there
        former = before_change(fiche, kind, event) or former
        back = restoring(former, target, back.form.data, fiche=fiche, user=request.user)
    context = {
        "fiche": fiche,
        "former": former,
        "back": back,
        "since": former.changed_since(target.columns),
        "name": "" if kind == FICHE else str(former.now),
        "is_late": status == 409,
        "convention": request.space,
    }
    return render(request, "actions/fiche_restore.html", context, status=status)


@member(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def fiche_bring_back(request: MemberRequest, uuid: Any, kind: str, event: int) -> HttpResponse:
    """A part of a fiche as it was when it was removed: look, then put it back."""
    fiche = get_fiche(request, uuid, needs="can_edit")
    former = before_removal(fiche, kind, event)
    if former is None:
        raise Http404("Suppression inconnue")
    row, lines = former.then, described(former.then)
    what = f"{row._meta.verbose_name} « {row} »"
    form = EndForm(
        posted(request), convention=request.space, user=request.user, reason=False, contract=kind in CONTRACT
    )
    if form.is_valid() and former.now is None:
        try:
            bring_back(row, fiche, f"{fiche} : {what}", by=request.user, basis=form.build_basis())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Rétabli : {what}.")
            return redirect(fiche)
    context = {"fiche": fiche, "former": former, "what": what, "lines": lines, "form": form}
    context["convention"] = request.space
    return render(request, "actions/fiche_bring_back.html", context, status=status_of(form))


# --- The plan -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Landmark:
    """A day worth looking at."""

    on: date
    words: str


def landmarks(request: MemberRequest, began: date | None) -> list[Landmark]:
    """Where the history begins, the signature, the avenants, the ends of years; the newest first."""
    convention, today = request.space, timezone.localdate()
    if began is None:
        return []
    found = [Landmark(began, "Début de l’historique")]
    found += [Landmark(date(year, 12, 31), f"Fin {year}") for year in range(began.year, today.year)]
    if convention.signed_on:
        found.append(Landmark(convention.signed_on, "Signature de la convention"))
    avenants = Avenant.objects.visible_to(request.user).of(convention)
    found += [Landmark(one.date, capfirst(f"{one} : {one.object}")) for one in avenants]
    known = [one for one in found if began <= one.on < today]
    return sorted(known, key=lambda one: one.on, reverse=True)


def dates_context(request: MemberRequest, began: date | None) -> dict[str, Any]:
    """The two questions that the history of a plan answers, with their dates."""
    today = timezone.localdate()
    since = max(date(today.year, 1, 1), began or today - timedelta(days=1))
    asked = request.GET
    return {
        "convention": request.space,
        "began": began,
        "today": today,
        "day": DayForm(asked if "le" in asked else None, initial={"le": since}),
        "between": BetweenForm(
            asked if {"du", "au"} & set(asked) else None, initial={"du": since, "au": today}
        ),
    }


@member()
@require_safe
def plan_history(request: MemberRequest) -> HttpResponse:
    """Where to ask for the plan of a day, or for what changed between two."""
    began = began_on(request.space)
    context = dates_context(request, began) | {"landmarks": landmarks(request, began)}
    return render(request, "actions/plan_history.html", context)


def live_keys(request: MemberRequest) -> set[int]:
    """The fiches that are still there: the others have no page."""
    return set(FicheAction.objects.visible_to(request.user).of(request.space).values_list("pk", flat=True))


@member()
@require_safe
def plan_at(request: MemberRequest) -> HttpResponse:
    """The plan at the end of a day: `?le=2026-03-01`."""
    began = began_on(request.space)
    context = dates_context(request, began)
    form, plan = context["day"], None
    if form.is_valid() and began and began <= form.cleaned_data["le"]:
        plan = plan_on(request.space, form.cleaned_data["le"])
    context |= {"plan": plan, "live": live_keys(request) if plan else ()}
    return render(request, "actions/plan_at.html", context, status=422 if form.errors else 200)


@member()
@require_safe
def plan_compare(request: MemberRequest) -> HttpResponse:
    """What changed in the plan between two days: `?du=2026-01-01&au=2026-03-31`."""
    began = began_on(request.space)
    context = dates_context(request, began)
    form, compared = context["between"], None
    if form.is_valid() and began and began <= form.cleaned_data["au"]:
        compared = compare(request.space, form.cleaned_data["du"], form.cleaned_data["au"])
    context |= {"compared": compared, "live": live_keys(request) if compared else ()}
    return render(request, "actions/plan_compare.html", context, status=422 if form.errors else 200)
