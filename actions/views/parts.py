"""What hangs on a fiche, added, changed, moved and removed by the same four views.

A kind names itself in the URL (`/fiches/…/etapes/ajouter/`); what differs between kinds is in PARTS.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from actions.access import COMMENT, MemberRequest, get_fiche
from actions.forms.budget import BudgetForm
from actions.forms.comments import CommentForm
from actions.forms.documents import DocumentForm
from actions.forms.indicators import IndicatorForm, IndicatorModeForm, MeasurementForm
from actions.forms.parts import (
    EvaluationForm,
    NoteForm,
    ObjectiveForm,
    PartForm,
    StepDateForm,
    StepForm,
)
from actions.forms.plan import EndForm
from actions.history import last_editor
from actions.models import (
    BudgetLine,
    Comment,
    Document,
    FicheAction,
    FicheEvaluation,
    Indicator,
    Measurement,
    Objective,
    ProgressNote,
    Step,
)
from actions.moves import IN_PLACE
from actions.services.comments import mention
from actions.services.plan import arrange, changing, delete_part, move, next_position, set_step_state, touch
from actions.views.fiche import Opened, here, saved, show
from ctg.access import member
from ctg.forms import posted, sent_files, status_of
from ctg.refusal import Refused


@dataclass(frozen=True)
class Part:
    """A kind of row: its model and form, the right it asks for, the block that shows it."""

    model: Any
    form: type[PartForm]
    needs: str
    block: str
    title: str
    ordered: bool = False
    # Names of this kind in sentences: « L’étape est enregistrée. »
    said: str = ""
    # A right of the convention that it asks for, besides the one on the fiche.
    right: str = ""
    # What one person wrote: changed by its author, or by who may edit the fiche.
    is_own: bool = False
    # What one person said: only its author changes it.
    is_said: bool = False
    # What À faire asks of it, when that is less than the whole form.
    brief: type[PartForm] | None = None


PARTS = {
    "objectifs": Part(
        Objective, ObjectiveForm, "can_edit", "objectif", "Un objectif", True, "L’objectif est enregistré."
    ),
    "etapes": Part(
        Step,
        StepForm,
        "can_edit",
        "etapes",
        "Une étape",
        True,
        "L’étape est enregistrée.",
        brief=StepDateForm,
    ),
    "indicateurs": Part(
        Indicator,
        IndicatorForm,
        "can_edit",
        "indicateurs",
        "Un indicateur",
        True,
        "L’indicateur est enregistré.",
        brief=IndicatorModeForm,
    ),
    "valeurs": Part(
        Measurement,
        MeasurementForm,
        "can_report",
        "indicateurs",
        "Une valeur",
        False,
        "La valeur est enregistrée.",
    ),
    "points-d-etape": Part(
        ProgressNote,
        NoteForm,
        "can_report",
        "suivi",
        "Un point d’étape",
        False,
        "Le point d’étape est enregistré.",
        is_own=True,
    ),
    "documents": Part(
        Document,
        DocumentForm,
        "can_report",
        "documents",
        "Un document",
        said="Le document est enregistré.",
        is_own=True,
    ),
    "budget": Part(
        BudgetLine, BudgetForm, "can_edit", "budget", "Une ligne de budget", said="La ligne est enregistrée."
    ),
    "commentaires": Part(
        Comment,
        CommentForm,
        "",
        "discussion",
        "Un commentaire",
        said="Le commentaire est publié.",
        right=COMMENT,
        is_own=True,
        is_said=True,
    ),
}


class PartConverter:
    """The kinds, in a URL."""

    regex = "|".join(PARTS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


def rows_of(request: MemberRequest, part: Part, fiche: FicheAction) -> Any:
    """The rows of a kind on a fiche that the user sees."""
    path = "indicator__fiche" if part.model is Measurement else "fiche"
    return part.model.objects.visible_to(request.user).filter(**{path: fiche})


def find(request: MemberRequest, part: Part, fiche: FicheAction, row: Any) -> Any:
    """A row of the fiche. A note is changed by its author or by who may edit the fiche."""
    found = rows_of(request, part, fiche).filter(uuid=row).first()
    if found is None:
        raise Http404("Élément inconnu")
    someone_elses = part.is_own and found.author_id != request.user.pk
    if someone_elses and (part.is_said or not getattr(fiche, "can_edit", False)):
        raise PermissionDenied
    return found


def open_fiche(request: MemberRequest, uuid: Any, part: Part) -> FicheAction:
    """The fiche of a row, with the rights that its kind asks for. Raises Http404 or PermissionDenied."""
    fiche = get_fiche(request, uuid, needs=part.needs or None)
    if part.right and not request.space.allows(part.right):
        raise PermissionDenied
    return fiche


def bound_form(request: MemberRequest, part: Part, fiche: FicheAction, row: Any = None, **extra: Any) -> Any:
    """The form of a kind; a value also needs its indicator."""
    options: dict[str, Any] = {"convention": request.space, "fiche": fiche, "user": request.user} | extra
    if row is not None:
        options["instance"] = row
        if isinstance(row, Measurement):
            options["indicator"] = row.indicator
    brief = part.brief if row is not None and IN_PLACE in request.GET else None
    return (brief or part.form)(posted(request), sent_files(request), **options)


def answer(request: MemberRequest, fiche: FicheAction, part: Part, form: Any, at: Any = None) -> HttpResponse:
    """Save a sent form, or show it open in its block."""
    if form.is_valid():
        new = form.instance.pk is None
        try:
            if save_part(request, fiche, part, form, new=new):
                return saved(request, fiche, part.block, part.said)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        form.editor = last_editor(form.instance, form.conflicting) if form.conflicts else ""
    opened = Opened(part.block, form, here(request), part.title, at)
    return show(request, fiche.uuid, part.block, opened, status=status_of(form))


def save_part(request: MemberRequest, fiche: FicheAction, part: Part, form: Any, *, new: bool) -> bool:
    """Save a valid form. False with the errors or conflicts in the form; raises Refused if the fiche is gone."""
    with changing(by=request.user, basis=form.build_basis()) as change:
        if new and part.ordered:
            form.instance.position = next_position(rows_of(request, part, fiche))
        if form.create() if new else form.merge():
            if isinstance(form.instance, Comment):
                mention(form.instance, by=request.user)  # a word is no news of the fiche
            else:
                touch(fiche)
        else:
            change.undo()
    return not change.undone


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def part_add(request: MemberRequest, uuid: Any, kind: str) -> HttpResponse:
    part = PARTS[kind]
    if part.model is Measurement:  # added under its indicator
        raise Http404
    fiche = open_fiche(request, uuid, part)
    if request.method != "POST" and "lire" in request.GET:
        return show(request, uuid, part.block)
    return answer(request, fiche, part, bound_form(request, part, fiche))


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def value_add(request: MemberRequest, uuid: Any, indicator: Any) -> HttpResponse:
    """A value of an indicator; `?du=…&au=…` prefills the period."""
    part = PARTS["valeurs"]
    fiche = open_fiche(request, uuid, part)
    if request.method != "POST" and "lire" in request.GET:
        return show(request, uuid, part.block)
    found = Indicator.objects.visible_to(request.user).filter(fiche=fiche, uuid=indicator).first()
    if found is None:
        raise Http404("Indicateur inconnu")
    initial = {"period_start": request.GET.get("du"), "period_end": request.GET.get("au")}
    form = bound_form(request, part, fiche, indicator=found, initial=initial)
    return answer(request, fiche, part, form, at=found.pk)


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def part_edit(request: MemberRequest, uuid: Any, kind: str, row: Any) -> HttpResponse:
    part = PARTS[kind]
    fiche = open_fiche(request, uuid, part)
    found = find(request, part, fiche, row)
    if request.method != "POST" and "lire" in request.GET:
        return show(request, uuid, part.block)
    at = found.indicator_id if isinstance(found, Measurement) else found.uuid
    return answer(request, fiche, part, bound_form(request, part, fiche, found), at=at)


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def part_delete(request: MemberRequest, uuid: Any, kind: str, row: Any) -> HttpResponse:
    """Ask, then remove. An indicator with values stays: they are the year's record."""
    part = PARTS[kind]
    fiche = open_fiche(request, uuid, part)
    found = find(request, part, fiche, row)
    name = str(found)
    contract = part.form.contract_fields != ()
    form = EndForm(
        posted(request), convention=request.space, user=request.user, reason=False, contract=contract
    )
    if form.is_valid():
        try:
            delete_part(found, fiche, by=request.user, basis=form.build_basis())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"« {name} » est supprimé de la fiche.")
            return redirect(fiche)
    context = {"form": form, "fiche": fiche, "row": found, "part": part, "convention": request.space}
    return render(request, "actions/part_delete.html", context, status=status_of(form))


@member()
@require_POST
def part_move(request: MemberRequest, uuid: Any, kind: str, row: Any) -> HttpResponse:
    """One place up (`monter`) or down (`descendre`), or before another row (`avant`), last when it is none."""
    part = PARTS[kind]
    fiche = open_fiche(request, uuid, part)
    if not part.ordered:
        raise Http404
    found, siblings = find(request, part, fiche, row), rows_of(request, part, fiche)
    if "avant" in request.POST:
        arrange(found, siblings, before=request.POST["avant"])
    else:
        move(found, siblings, up="monter" in request.POST)
    return saved(request, fiche, part.block, "L’ordre est enregistré.")


@member()
@require_POST
def step_state(request: MemberRequest, uuid: Any, row: Any) -> HttpResponse:
    """Tick or untick a step, in one click."""
    fiche = get_fiche(request, uuid, needs="can_report")
    step = find(request, PARTS["etapes"], fiche, row)
    state = request.POST.get("state", "")
    if state not in Step.State.values:
        raise Http404("État inconnu")
    if step.state == Step.State.DROPPED and not getattr(fiche, "can_edit", False):
        raise PermissionDenied  # dropped by the coordination
    set_step_state(step, state, by=request.user)
    return saved(request, fiche, "etapes", "L’étape est enregistrée.")


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def evaluation_edit(request: MemberRequest, uuid: Any, year: int) -> HttpResponse:
    """The evaluation of one year of the fiche; it is created by its first saving."""
    fiche: Any = get_fiche(request, uuid, needs="can_report")
    convention = request.space
    if not convention.period_start.year <= year <= convention.period_end.year:
        raise Http404("Cette année n’est pas dans la convention")
    if request.method != "POST" and "lire" in request.GET:
        return show(request, uuid, "evaluations")
    part = Part(
        FicheEvaluation,
        EvaluationForm,
        "can_report",
        "evaluations",
        f"Évaluation {year}",
        False,
        "Enregistré.",
    )
    found = FicheEvaluation.objects.visible_to(request.user).filter(fiche=fiche, year=year).first()
    if found and found.shared_on and not fiche.can_edit:
        raise PermissionDenied  # what others have read is the coordination's to change
    row = found or FicheEvaluation(fiche=fiche, year=year)
    form = bound_form(request, part, fiche, row, can_share=fiche.can_edit)
    return answer(request, fiche, part, form, at=year)
