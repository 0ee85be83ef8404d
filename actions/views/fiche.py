"""One fiche: read, edited in place section by section, followed."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.access import COMMENT, EDIT, MemberRequest, get_fiche
from actions.charts import chart_of
from actions.figures import (
    Judged,
    contradictions_of,
    judged,
    period_to_enter,
    running_period,
    target_said,
)
from actions.forms.fiche import SECTIONS, StatusForm
from actions.forms.plan import EndForm, FicheForm
from actions.history import last_editor
from actions.lines import lines_of
from actions.models import FicheAction, Highlight, ProgressNote
from actions.moves import IN_PLACE
from actions.rules.budget import Total, totals
from actions.services.notices import fiche_seen
from actions.services.plan import (
    changing,
    delete_fiche,
    move,
    next_position,
    touch,
)
from ctg.access import member
from ctg.forms import posted, status_of
from ctg.panels import panels_of
from ctg.refusal import Refused

# Which template draws a block of the fiche. A section of the printed form is drawn by one template.
BLOCKS = {
    "statut": "head",
    "identite": "head",
    "objectif": "objectives",
    "etapes": "steps",
    "indicateurs": "indicators",
    "suivi": "followup",
    "evaluations": "evaluations",
    "documents": "documents",
    "budget": "budget",
    "discussion": "discussion",
}


@dataclass
class Opened:
    """A form open in a block of the fiche: in place of the row `at`, or at the end of the block."""

    block: str
    form: forms.BaseForm
    action: str
    title: str = ""
    at: Any = None


@dataclass
class FichePage:
    """What the page of a fiche shows, computed once."""

    fiche: FicheAction
    opened: Opened | None = None
    today: Any = field(default_factory=timezone.localdate)
    # The kinds of rows whose order is the person's.
    ordered = ("objectifs", "etapes", "indicateurs")

    @cached_property
    def indicators(self) -> list[dict[str, Any]]:
        return [self.indicator_row(item) for item in judged(self.fiche.indicators.all(), self.today)]

    def indicator_row(self, item: Judged) -> dict[str, Any]:
        indicator = item.indicator
        following = period_to_enter(indicator, self.today)
        add = reverse("actions:value_add", args=[self.fiche.convention.slug, self.fiche.uuid, indicator.uuid])
        if asked := following or running_period(indicator, self.today):
            add += f"?du={asked.start:%Y-%m-%d}&au={asked.end:%Y-%m-%d}"
        return {
            "indicator": indicator,
            "kind": item.kind,
            "attainment": item.attainment,
            "target": target_said(indicator),
            "chart": chart_of(indicator, self.today),
            "add_url": add,
            "next_label": following.label if following else "une valeur",
            "lines": lines_of(indicator),
        }

    @cached_property
    def evidence(self) -> dict[Any, Any]:
        """The documents of the fiche that this person may open, by their key."""
        return {document.pk: document for document in self.fiche.shown_documents}  # type: ignore[attr-defined]

    @cached_property
    def closed_years(self) -> set[int]:
        """Asked for only where a value is proposed."""
        return {closed.year for closed in self.fiche.convention.closed_years.all()}

    @cached_property
    def timeline(self) -> list[ProgressNote | Highlight]:
        """Notes and highlights together, newest first; what has no date comes last."""
        together: list[Any] = [*self.fiche.notes.all(), *self.fiche.highlights.all()]
        dated = [item for item in together if item.date]
        return sorted(dated, key=lambda item: item.date, reverse=True) + [i for i in together if not i.date]

    @cached_property
    def contradictions(self) -> list[str]:
        return contradictions_of(self.fiche)

    @cached_property
    def evaluation_years(self) -> list[int]:
        """Years of the convention that are over or under way, and not yet evaluated."""
        convention = self.fiche.convention
        last = min(self.today.year, convention.period_end.year)
        given = {evaluation.year for evaluation in self.fiche.evaluations.all()}
        return [year for year in range(last, convention.period_start.year - 1, -1) if year not in given]

    @property
    def axe_url(self) -> str:
        """The plan, narrowed to the axe of the fiche."""
        return f"{reverse('actions:plan', args=[self.fiche.convention.slug])}?axe={self.fiche.axe_id}"

    @property
    def may_comment(self) -> bool:
        return self.fiche.convention.allows(COMMENT)

    @cached_property
    def linked(self) -> list[FicheAction]:
        """The fiches that this one goes with, whichever of the two was linked first."""
        both = [link.other for link in self.fiche.relations.all()]
        both += [link.fiche for link in self.fiche.relations_from.all()]
        for fiche in both:
            fiche.convention = self.fiche.convention
        return sorted(both, key=lambda fiche: (fiche.position, fiche.pk))

    @cached_property
    def budget(self) -> list[Total]:
        return totals(self.fiche.budget_lines.all())

    @cached_property
    def texts(self) -> dict[str, str]:
        """The long text of each section that is one."""
        return {s.key: getattr(self.fiche, s.field) for s in SECTIONS.values() if s.field}

    @cached_property
    def empty(self) -> dict[str, str]:
        """The headings under which nothing is written yet: they are offered together, at the end of the sheet."""
        fiche, related = self.fiche, self.related
        schedule = fiche.echeancier or fiche.starts_on or fiche.ends_on
        written = self.texts | {key: any(rows) for key, rows in related.items()} | {"echeancier": schedule}
        written |= {"participation": fiche.participation or fiche.participation_words}
        always = ("identite", "objectif")
        return {key: s.label for key, s in SECTIONS.items() if key not in always and not written[key]}

    @property
    def related(self) -> dict[str, list[Any]]:
        """What stands under each heading that is no text."""
        fiche = self.fiche
        return {
            "porteurs": list(fiche.leads.all()),
            "partenaires": list(fiche.partners.all()),
            "pilotes": [*fiche.pilot_links.all(), fiche.elu_referent],
            "portee": [*fiche.themes.all(), *fiche.communes.all(), *fiche.qpvs.all()],
            "liens": [*self.linked, *fiche.frameworks.all()],
        }

    @cached_property
    def sections(self) -> list[Any]:
        return [section for section in SECTIONS.values() if section.key != "identite"]


def here(request: MemberRequest) -> str:
    """Where an open form is sent: it remembers that it stands on À faire."""
    return request.get_full_path() if IN_PLACE in request.GET else request.path


def load(request: MemberRequest, uuid: Any) -> FicheAction:
    """The fiche with all that its page shows."""
    fiches = FicheAction.objects.visible_to(request.user).of(request.space).for_page(request.user)
    fiche = fiches.filter(uuid=uuid).first()
    if fiche is None:
        raise Http404("Fiche inconnue")
    fiche.convention = request.space
    for indicator in fiche.indicators.all():
        indicator.fiche = fiche  # the same rows: no need to fetch them again
    return fiche


def show(
    request: MemberRequest, uuid: Any, block: str = "", opened: Opened | None = None, status: int = 200
) -> HttpResponse:
    """The whole page, or for htmx the block that changed with the head of the page; on À faire, its form alone."""
    if opened and request.htmx and IN_PLACE in request.GET:  # type: ignore[attr-defined]
        alone = {"opened": opened, "key": request.GET[IN_PLACE], "convention": request.space}
        return render(request, "actions/todo_form.html", alone, status=status)
    page = FichePage(load(request, uuid), opened)
    context: dict[str, Any] = {"page": page, "fiche": page.fiche, "convention": request.space}
    context |= {"section": SECTIONS.get(block), "oob": False}
    if not (request.htmx and block):  # type: ignore[attr-defined]
        context["panels"] = panels_of(page.fiche, request.user)
        return render(request, "actions/fiche_detail.html", context, status=status)
    context |= {"block_template": f"actions/fiche/{BLOCKS.get(block, 'section')}.html", "block": block}
    return render(request, "actions/fiche/changed.html", context, status=status)


def saved(request: MemberRequest, fiche: FicheAction, block: str, words: str) -> HttpResponse:
    """After a change: the block anew, or back to the page at that place; on À faire, what was done."""
    if IN_PLACE in request.GET:
        if request.htmx:  # type: ignore[attr-defined]
            return render(
                request,
                "actions/todo_done.html",
                {"fiche": fiche, "words": words, "key": request.GET[IN_PLACE]},
            )
        messages.success(request, words)
        return redirect("actions:todo", request.space.slug)
    if request.htmx:  # type: ignore[attr-defined]
        return show(request, fiche.uuid, block)
    messages.success(request, words)
    return redirect(f"{fiche.get_absolute_url()}#{block}")


@member()
@require_safe
def fiche_detail(request: MemberRequest, uuid: Any) -> HttpResponse:
    """The whole fiche. Whoever opens it has read what was said there."""
    response = show(request, uuid)
    if request.method == "GET" and request.space.allows(COMMENT):
        fiche_seen(request.user, uuid)
    return response


@member(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def fiche_section(request: MemberRequest, uuid: Any, key: str) -> HttpResponse:
    """Read or save one section of the fiche."""
    if key not in SECTIONS:
        raise Http404("Section inconnue")
    fiche = get_fiche(request, uuid, needs="can_edit")
    if request.method != "POST" and request.GET.get("lire") is not None:
        return show(request, uuid, key)
    section = SECTIONS[key]
    form = section.form(posted(request), instance=fiche, convention=request.space, user=request.user)
    if form.is_valid():
        with changing(by=request.user, basis=form.build_basis()) as change:
            if not form.merge():
                change.undo()
        if not change.undone:
            touch(fiche)
            return saved(request, form.instance, key, "La section est enregistrée.")
        form.editor = last_editor(fiche, form.conflicting)
    # In the sheet the heading of the section already says what is being written.
    title = section.label if key == "identite" else ""
    opened = Opened(key, form, here(request), title)
    return show(request, uuid, key, opened, status=status_of(form))


def save_status(request: MemberRequest, form: StatusForm) -> bool:
    """Save a status that is valid; False with the conflicts in the form when somebody else changed it first."""
    with changing(by=request.user, basis=form.build_basis()) as change:
        if form.merge():
            form.instance.save(update_fields=form.instance.forget_former_status())
            touch(form.instance)
        else:
            change.undo()
    if change.undone:
        form.editor = last_editor(form.instance, form.conflicting)
    return not change.undone


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def fiche_status(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Change the status, with the reason or date that it asks for."""
    fiche: Any = get_fiche(request, uuid, needs="can_report")
    if request.method != "POST" and request.GET.get("lire") is not None:
        return show(request, uuid, "statut")
    form = StatusForm(
        posted(request),
        instance=fiche,
        convention=request.space,
        user=request.user,
        can_edit=fiche.can_edit,
    )
    if form.is_valid() and save_status(request, form):
        return saved(request, form.instance, "statut", "Le statut est enregistré.")
    opened = Opened("statut", form, here(request), "Statut")
    return show(request, uuid, "statut", opened, status=status_of(form))


@member(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def fiche_add(request: MemberRequest) -> HttpResponse:
    """A new fiche: its title is enough. A thematic coordinator's fiche takes the coordinator's scope."""
    initial = {"place": request.GET.get("place", "")}
    form = FicheForm(posted(request), initial=initial, convention=request.space, user=request.user)
    if form.is_valid():
        with changing(by=request.user, basis=form.build_basis()):
            fiche = form.save(commit=False)
            fiche.position = next_position(FicheAction.objects.visible_to(request.user).of(request.space))
            fiche.save()
            own_scope(request, fiche)
        messages.success(request, "La fiche est ajoutée. Complétez-la section par section.")
        return redirect(fiche)
    context = {"form": form, "convention": request.space}
    return render(request, "actions/fiche_add.html", context, status=status_of(form))


def own_scope(request: MemberRequest, fiche: FicheAction) -> None:
    """Give a new fiche the themes and communes of its thematic or territorial author, who could not edit it else."""
    roles = request.user.memberships.active().filter(role="coordinator", organisation=request.space.carrier)
    for role in roles.prefetch_related("themes", "communes"):
        fiche.themes.add(*role.themes.all())
        fiche.communes.add(*role.communes.all())


@member(EDIT)
@require_POST
def fiche_move(request: MemberRequest, uuid: Any) -> HttpResponse:
    """One place up or down among the fiches of the same place."""
    fiche = get_fiche(request, uuid, needs="can_edit")
    siblings = FicheAction.objects.visible_to(request.user).of(request.space)
    siblings = siblings.filter(
        axe=fiche.axe_id, orientation=fiche.orientation_id, is_transversale=fiche.is_transversale
    )
    move(fiche, siblings, up="monter" in request.POST)
    return redirect(f"{reverse('actions:plan_edit', args=[request.space.slug])}#f-{fiche.uuid}")


@member(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def fiche_delete(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Delete a fiche on which nothing was reported; otherwise it is ended by its status."""
    fiche = get_fiche(request, uuid, needs="can_edit")
    form = EndForm(posted(request), convention=request.space, user=request.user, reason=False)
    if form.is_valid():
        try:
            delete_fiche(fiche, by=request.user, basis=form.build_basis())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"La fiche « {fiche.title} » est supprimée.")
            return redirect("actions:plan", request.space.slug)
    context = {"form": form, "fiche": fiche, "convention": request.space}
    return render(request, "actions/fiche_delete.html", context, status=status_of(form))
