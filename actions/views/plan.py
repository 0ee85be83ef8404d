"""The plan: its tree, its filters, and its levels 1 and 2."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.access import EDIT, STEER, MemberRequest
from actions.figures import aimed_words, plan_of
from actions.filters import FicheFilter
from actions.forms.plan import AxeForm, EndForm, OrientationForm
from actions.history import last_editor
from actions.models import Axe, FicheAction, Highlight, Orientation
from actions.services.plan import (
    changing,
    delete_level,
    end_level,
    move,
    next_position,
    refuse_with_fiches,
)
from ctg.access import member
from ctg.forms import posted, status_of
from ctg.refusal import Refused


@dataclass
class Branch:
    """A level of the plan with its fiches: an axe, an orientation, or what belongs to none."""

    level: Axe | Orientation | None
    title: str
    fiches: list[FicheAction] = field(default_factory=list)
    branches: list["Branch"] = field(default_factory=list)
    highlights: list[Highlight] = field(default_factory=list)

    @property
    def fiche_count(self) -> int:
        return len(self.fiches) + sum(branch.fiche_count for branch in self.branches)


def tree_of(axes: list[Axe], fiches: list[FicheAction], *, with_empty: bool) -> list[Branch]:
    """Fiches under their axe and orientation, then the transversal ones, then those not yet placed.

    `with_empty` keeps levels without fiche: not when a filter emptied them.
    """
    trunk: dict[Any, Branch] = {}
    for axe in axes:
        branch = trunk[("axe", axe.pk)] = Branch(axe, str(axe))
        for orientation in axe.orientations.all():
            trunk[("orientation", orientation.pk)] = Branch(orientation, str(orientation))
            branch.branches.append(trunk[("orientation", orientation.pk)])
    across, unplaced = Branch(None, "Fiches transversales"), Branch(None, "À classer")
    for fiche in fiches:
        if fiche.is_transversale:
            across.fiches.append(fiche)
        elif fiche.axe_id is None:
            unplaced.fiches.append(fiche)
        else:
            key = ("orientation", fiche.orientation_id) if fiche.orientation_id else ("axe", fiche.axe_id)
            trunk[key].fiches.append(fiche)
    whole = [trunk[("axe", axe.pk)] for axe in axes]
    whole = [branch for branch in whole if branch.fiche_count or (with_empty and not branch.level.ended_on)]  # type: ignore[union-attr]
    for branch in whole:
        branch.branches = [inner for inner in branch.branches if inner.fiches or with_empty]
    return [*whole, *(branch for branch in (across, unplaced) if branch.fiches)]


def hang_highlights(tree: list[Branch], highlights: list[Highlight]) -> None:
    """A plan known only by what it achieved shows its temps forts under their axes."""
    by_axe = {branch.level.pk: branch for branch in tree if isinstance(branch.level, Axe)}
    for highlight in highlights:
        if highlight.axe_id in by_axe:
            by_axe[highlight.axe_id].highlights.append(highlight)


def plan_context(request: MemberRequest) -> dict[str, Any]:
    fiches = FicheAction.objects.visible_to(request.user).of(request.space).for_list()
    axes = list(Axe.objects.visible_to(request.user).of(request.space).prefetch_related("orientations"))
    listing = FicheFilter(request.GET, queryset=fiches, request=request, axes=axes)
    shown = list(listing.qs) if listing.is_valid() else list(fiches)
    for fiche in shown:
        fiche.convention = request.space  # the one row that they all point to
    filtered = listing.is_valid() and listing.is_active
    everything = list(fiches) if filtered else shown
    tree = tree_of(axes, shown, with_empty=not filtered)
    if not everything:
        highlights = Highlight.objects.visible_to(request.user).of(request.space).filter(fiche=None)
        hang_highlights(tree, list(highlights))
    return {
        "convention": request.space,
        "listing": listing,
        "filtered": filtered,
        "shown": shown,
        "tree": tree,
        "counts": plan_of(everything).counts,
        "filters_shown": [listing.form[name] for name in ("axe", "theme", "status")],
        "toggles": [listing.form[name] for name in ("mine", "late", "silent")],
        "indicators": aimed_words(
            sum(fiche.indicator_count for fiche in everything),
            sum(fiche.aimed_count for fiche in everything),
            sum(fiche.deliverable_count for fiche in everything),
        ),
        "has_indicators": any(fiche.indicator_count for fiche in everything),
    }


@member()
@require_safe
def plan(request: MemberRequest) -> HttpResponse:
    """The plan as a tree; for htmx, what the filters left of it."""
    template = "actions/plan.html#listing" if request.htmx else "actions/plan.html"  # type: ignore[attr-defined]
    return render(request, template, plan_context(request))


@member(EDIT)
@require_safe
def plan_edit(request: MemberRequest) -> HttpResponse:
    """The structure of the plan: add, order and end axes and orientations, order fiches."""
    return render(request, "actions/plan_edit.html", plan_context(request))


STOPPED = (
    "Plus aucune fiche ne s’y ajoute. Ses fiches restent lisibles, avec leur suivi et leur historique ; "
    "pour en arrêter une, changez son statut."
)
DELETED = "Ce niveau est vide : il disparaît du plan, l’historique en garde la trace."


# --- Axes and orientations: the same acts -----------------------------------------------------------
def find_level(request: MemberRequest, kind: str, uuid: Any) -> Any:
    model: Any = Axe if kind == "axes" else Orientation
    found = model.objects.visible_to(request.user).of(request.space).filter(uuid=uuid).first()
    if found is None:
        raise Http404("Niveau inconnu")
    return found


def level_page(request: MemberRequest, form: Any, title: str, act: str, explain: str = "") -> HttpResponse:
    context = {"form": form, "title": title, "act": act, "explain": explain, "convention": request.space}
    return render(request, "actions/level_form.html", context, status=status_of(form))


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def axe_add(request: MemberRequest) -> HttpResponse:
    form = AxeForm(
        posted(request), instance=Axe(convention=request.space), convention=request.space, user=request.user
    )
    if form.is_valid():
        with changing(by=request.user, basis=form.build_basis()):
            form.instance.position = next_position(Axe.objects.visible_to(request.user).of(request.space))
            form.save()
        messages.success(request, "L’axe est ajouté.")
        return redirect("actions:plan_edit", request.space.slug)
    return level_page(request, form, "Ajouter un axe", "Ajouter")


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def orientation_add(request: MemberRequest, uuid: Any) -> HttpResponse:
    axe = find_level(request, "axes", uuid)
    form = OrientationForm(
        posted(request), instance=Orientation(axe=axe), convention=request.space, user=request.user
    )
    if form.is_valid():
        with changing(by=request.user, basis=form.build_basis()):
            form.instance.position = next_position(axe.orientations.all())
            form.save()
        messages.success(request, "L’orientation est ajoutée.")
        return redirect("actions:plan_edit", request.space.slug)
    return level_page(request, form, f"Ajouter une orientation à l’axe « {axe.title} »", "Ajouter")


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def level_edit(request: MemberRequest, kind: str, uuid: Any) -> HttpResponse:
    level = find_level(request, kind, uuid)
    title = f"Modifier « {level.title} »"  # said before the form puts what was typed on the row
    form_class: Any = AxeForm if kind == "axes" else OrientationForm
    form = form_class(posted(request), instance=level, convention=request.space, user=request.user)
    if form.is_valid():
        with changing(by=request.user, basis=form.build_basis()) as change:
            if not form.merge():
                change.undo()
        if not change.undone:
            messages.success(request, "Le titre est enregistré.")
            return redirect("actions:plan_edit", request.space.slug)
        form.editor = last_editor(level, form.conflicting)
    return level_page(request, form, title, "Enregistrer")


@member(STEER)
@require_POST
def level_move(request: MemberRequest, kind: str, uuid: Any) -> HttpResponse:
    level = find_level(request, kind, uuid)
    siblings: Any = type(level).objects.visible_to(request.user).of(request.space)
    if kind == "orientations":
        siblings = siblings.filter(axe=level.axe_id)
    move(level, siblings, up="monter" in request.POST)
    return redirect(f"{reverse('actions:plan_edit', args=[request.space.slug])}#n-{level.uuid}")


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def level_end(request: MemberRequest, kind: str, uuid: Any) -> HttpResponse:
    """Stop an axe or orientation with a reason: its fiches stay readable."""
    level = find_level(request, kind, uuid)
    form = EndForm(posted(request), convention=request.space, user=request.user)
    if form.is_valid():
        end_level(level, reason=form.cleaned_data["reason"], by=request.user, basis=form.build_basis())
        messages.success(request, f"« {level.title} » est arrêté.")
        return redirect("actions:plan_edit", request.space.slug)
    return level_page(request, form, f"Arrêter « {level.title} »", "Arrêter", STOPPED)


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def level_delete(request: MemberRequest, kind: str, uuid: Any) -> HttpResponse:
    """Delete a level that holds no fiche. One that holds some is refused before anything is asked."""
    level = find_level(request, kind, uuid)
    form = EndForm(posted(request), convention=request.space, user=request.user, reason=False)
    try:
        refuse_with_fiches(level)
        if form.is_valid():
            delete_level(level, by=request.user, basis=form.build_basis())
            messages.success(request, f"« {level.title} » est supprimé.")
            return redirect("actions:plan_edit", request.space.slug)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("actions:plan_edit", request.space.slug)
    return level_page(request, form, f"Supprimer « {level.title} »", "Supprimer", DELETED)


class LevelConverter:
    """Axes and orientations, in a URL."""

    regex = "axes|orientations"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
