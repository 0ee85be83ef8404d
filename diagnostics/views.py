"""The diagnostic of a convention: read by all its members, edited in place by its coordination.

Its parts (figures, surveys, needs, enjeux) are handled alike: `KINDS` says what differs. For htmx a form takes
the place of the row it edits, and a change answers with the contents of the page anew.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Model
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import reswap, retarget

from ctg.access import SpaceRequest, member
from ctg.forms import posted, status_of
from ctg.merge import merged
from ctg.refusal import Refused
from diagnostics.figures import content_of, totals_of
from diagnostics.forms import DiagnosticForm, EnjeuForm, KeyFigureForm, NeedForm, PartForm, SurveyForm
from diagnostics.models import Diagnostic, Enjeu, KeyFigure, Need, Survey
from diagnostics.services import append_part, create_diagnostic, move_part, reuse_diagnostic


@dataclass(frozen=True)
class Kind:
    """A kind of row of a diagnostic."""

    key: str  # in addresses and anchors
    model: Any
    form: type[PartForm]
    owner: Any  # the model of what the row is listed in
    parent: str  # the field that names it
    listed: str  # the beginning of the anchor of the list
    tag: str  # the element of the page that a form takes the place of
    adding: str
    editing: str
    deleting: str
    saved: str
    deleted: str


KINDS = {
    kind.key: kind
    for kind in (
        Kind(
            key="chiffres",
            model=KeyFigure,
            form=KeyFigureForm,
            owner=Diagnostic,
            parent="diagnostic",
            listed="chiffres-de-",
            tag="tr",
            adding="Ajouter un chiffre clé",
            editing="Modifier le chiffre clé",
            deleting="Supprimer ce chiffre clé ?",
            saved="Le chiffre clé est enregistré.",
            deleted="Le chiffre clé est supprimé.",
        ),
        Kind(
            key="enquetes",
            model=Survey,
            form=SurveyForm,
            owner=Diagnostic,
            parent="diagnostic",
            listed="enquetes-de-",
            tag="div",
            adding="Ajouter une enquête",
            editing="Modifier l’enquête",
            deleting="Supprimer cette enquête et tous ses besoins ?",
            saved="L’enquête est enregistrée.",
            deleted="L’enquête est supprimée.",
        ),
        Kind(
            key="besoins",
            model=Need,
            form=NeedForm,
            owner=Survey,
            parent="survey",
            listed="enquetes-",
            tag="li",
            adding="Ajouter un besoin",
            editing="Modifier le besoin",
            deleting="Supprimer ce besoin ?",
            saved="Le besoin est enregistré.",
            deleted="Le besoin est supprimé.",
        ),
        Kind(
            key="enjeux",
            model=Enjeu,
            form=EnjeuForm,
            owner=Diagnostic,
            parent="diagnostic",
            listed="enjeux-de-",
            tag="li",
            adding="Ajouter un enjeu",
            editing="Modifier l’enjeu",
            deleting="Supprimer cet enjeu ?",
            saved="L’enjeu est enregistré.",
            deleted="L’enjeu est supprimé.",
        ),
    )
}


def get_kind(key: str) -> Kind:
    if key not in KINDS:
        raise Http404("Nature inconnue")
    return KINDS[key]


def get_row(request: SpaceRequest, model: Any, uuid: UUID) -> Any:
    """A row of this convention's diagnostics. Raises Http404 for any other."""
    row = model.objects.visible_to(request.user).of(request.space).filter(uuid=uuid).first()
    if row is None:
        raise Http404("Élément inconnu")
    return row


def show(request: SpaceRequest, focus: str = "") -> HttpResponse:
    """The page, or for htmx its contents; `focus`: the anchor where the reader goes on."""
    seen = Diagnostic.objects.visible_to(request.user)
    diagnostics = seen.of(request.space).with_contents()
    context = {
        "contents": [content_of(diagnostic) for diagnostic in diagnostics],
        "reusable": () if diagnostics else seen.reusable_in(request.space),
        "totals": totals_of(diagnostics),
        "slug": request.space.slug,
        "can_edit": request.space.allows("diagnose"),
        "focus": focus,
    }
    return answer(request, "diagnostics/diagnostic.html", "contents", context)


def saved(request: SpaceRequest, anchor: str, words: str) -> HttpResponse:
    """After a change: the contents anew, or back to the page at that place."""
    if is_fragment(request):
        return reswap(retarget(show(request, anchor), "#diagnostic"), "outerHTML")
    messages.success(request, words)
    return redirect(reverse("diagnostics:diagnostic", args=[request.space.slug]) + f"#{anchor}")


def show_form(
    request: SpaceRequest, form: Any, title: str, *, tag: str, anchor: str, status: int = 200
) -> HttpResponse:
    """The form in a page of its own, or for htmx in place of the row; `anchor`: where « Annuler » goes back to."""
    context = {
        "form": form,
        "title": title,
        "wrapper": tag,
        "anchor": anchor,
        "slug": request.space.slug,
        "action": request.path,
        "in_place": is_fragment(request),
        "is_new": form.instance.pk is None,
    }
    return answer(request, "diagnostics/form.html", "form", context, status)


def answer(
    request: SpaceRequest, template: str, fragment: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    name = f"{template}#{fragment}" if is_fragment(request) else template
    response = render(request, name, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def is_fragment(request: SpaceRequest) -> bool:
    htmx: Any = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.history_restore_request


@member()
@require_safe
def diagnostic(request: SpaceRequest) -> HttpResponse:
    return show(request, focus=request.GET.get("vers", ""))


@member("diagnose")
@require_http_methods(["GET", "HEAD", "POST"])
def diagnostic_add(request: SpaceRequest) -> HttpResponse:
    form = DiagnosticForm(posted(request), instance=Diagnostic(), user=request.user, space=request.space)
    if request.method == "POST" and form.is_valid():
        row = create_diagnostic(form.instance, request.space)
        return saved(request, f"diagnostic-{row.uuid}", "Le diagnostic est créé.")
    return show_form(
        request, form, "Créer le diagnostic", tag="div", anchor="diagnostic", status=status_of(form)
    )


@member("diagnose")
@require_POST
def diagnostic_reuse(request: SpaceRequest, uuid: UUID) -> HttpResponse:
    """Take up the diagnostic of another convention of the territory."""
    seen = Diagnostic.objects.visible_to(request.user)
    row = seen.reusable_in(request.space).filter(uuid=uuid).first()
    if row is None:
        raise Http404("Diagnostic inconnu")
    try:
        reuse_diagnostic(row, request.space)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, "Le diagnostic est repris : ce qui y change vaut pour ces conventions.")
    return redirect("diagnostics:diagnostic", request.space.slug)


@member("diagnose")
@require_http_methods(["GET", "HEAD", "POST"])
def diagnostic_edit(request: SpaceRequest, uuid: UUID) -> HttpResponse:
    row = get_row(request, Diagnostic, uuid)
    anchor = f"diagnostic-{uuid}"
    form = DiagnosticForm(posted(request), instance=row, user=request.user, space=request.space)
    if request.method == "POST" and merged(form):
        return saved(request, anchor, "La présentation est enregistrée.")
    return show_form(
        request, form, "Modifier la présentation", tag="div", anchor=anchor, status=status_of(form)
    )


@member("diagnose")
@require_http_methods(["GET", "HEAD", "POST"])
def part_add(request: SpaceRequest, kind: str, uuid: UUID) -> HttpResponse:
    """`uuid`: the diagnostic, or for a need the survey."""
    part = get_kind(kind)
    owner = get_row(request, part.owner, uuid)
    row: Model = part.model(**{part.parent: owner})
    form = part.form(posted(request), instance=row, user=request.user, space=request.space)
    if request.method == "POST" and form.is_valid():
        added = append_part(form, part.parent)
        return saved(request, f"{kind}-{added.uuid}", part.saved)
    return show_form(
        request, form, part.adding, tag="div", anchor=f"{part.listed}{uuid}", status=status_of(form)
    )


@member("diagnose")
@require_http_methods(["GET", "HEAD", "POST"])
def part_edit(request: SpaceRequest, kind: str, uuid: UUID) -> HttpResponse:
    part = get_kind(kind)
    row = get_row(request, part.model, uuid)
    anchor = f"{kind}-{uuid}"
    form = part.form(posted(request), instance=row, user=request.user, space=request.space)
    if request.method == "POST" and merged(form):
        return saved(request, anchor, part.saved)
    return show_form(request, form, part.editing, tag=part.tag, anchor=anchor, status=status_of(form))


@member("diagnose")
@require_http_methods(["GET", "HEAD", "POST"])
def part_delete(request: SpaceRequest, kind: str, uuid: UUID) -> HttpResponse:
    """GET asks, for a browser without scripts; POST deletes."""
    part = get_kind(kind)
    row = get_row(request, part.model, uuid)
    if request.method == "POST":
        anchor = f"{part.listed}{getattr(row, part.parent).uuid}"
        row.delete()
        return saved(request, anchor, part.deleted)
    context = {"part": part, "row": row, "slug": request.space.slug, "anchor": f"{kind}-{uuid}"}
    return render(request, "diagnostics/part_delete.html", context)


@member("diagnose")
@require_POST
def part_move(request: SpaceRequest, kind: str, uuid: UUID) -> HttpResponse:
    part = get_kind(kind)
    row = get_row(request, part.model, uuid)
    move_part(row, part.parent, up=request.POST.get("direction") == "up")
    return saved(request, f"{kind}-{uuid}", "L’ordre est enregistré.")
