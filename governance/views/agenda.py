"""The agenda of a meeting, and the subjects that wait for one."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.access import PROPOSE, MemberRequest
from actions.services.plan import arrange, changing, move, next_position
from actions.views.forms import refuse
from ctg.access import member
from ctg.files.responses import serve
from ctg.files.services import store
from ctg.forms import posted, sent_files, status_of
from ctg.refusal import Refused
from governance.access import get_meeting
from governance.forms.meetings import ItemDocumentForm, ItemForm, OptionForm, SubjectForm
from governance.models import AgendaDocument, AgendaItem, AgendaOption, Meeting
from governance.services import meetings as services
from governance.views.meetings import meeting_url, page_of
from governance.views.rows import RowPage, row_page, settled


def get_item(request: MemberRequest, meeting: Meeting, item: Any) -> AgendaItem:
    found = AgendaItem.objects.visible_to(request.user).filter(meeting=meeting, uuid=item).first()
    if found is None:
        raise Http404("Point inconnu")
    found.convention = request.space
    return found


def open_item(request: MemberRequest, uuid: Any, item: Any) -> tuple[Meeting, AgendaItem]:
    """An item of a meeting that this user runs."""
    meeting = get_meeting(request, uuid, run=True)
    return meeting, get_item(request, meeting, item)


def agenda_page(request: MemberRequest, meeting: Meeting) -> HttpResponse:
    """The block of the agenda, for htmx; or back to the page."""
    if request.headers.get("HX-Request") == "true":
        return render(request, "governance/meeting_agenda.html", page_of(request, meeting))
    return redirect(meeting_url(request, meeting) + "#ordre-du-jour")


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def item_add(request: MemberRequest, uuid: Any) -> HttpResponse:
    meeting = get_meeting(request, uuid, run=True)
    new = AgendaItem(convention=request.space, meeting=meeting, author=request.user)
    new.position = next_position(meeting.items.visible_to(request.user))
    form = ItemForm(posted(request), instance=new, convention=request.space, user=request.user)
    page = item_row(
        request,
        meeting,
        "Ajouter un point",
        "Le point est à l’ordre du jour.",
        again="Enregistrer et ajouter un autre",
    )
    response = row_page(request, form, page, guard=lambda: services.require_open(meeting))
    saved = response.status_code == 302 and "encore" not in request.POST
    if saved and form.instance.asks_decision:  # its options are added there
        return redirect(item_url(request, meeting, form.instance) + "#options-titre")
    return response


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def item_edit(request: MemberRequest, uuid: Any, item: Any) -> HttpResponse:
    """The item, with its options and its documents below."""
    meeting, row = open_item(request, uuid, item)
    form = ItemForm(posted(request), instance=row, convention=request.space, user=request.user)
    page = item_row(
        request,
        meeting,
        "Modifier un point",
        "Le point est enregistré.",
        template="governance/item_form.html",
        delete_url=reverse("governance:item_delete", args=[request.space.slug, meeting.uuid, row.uuid]),
        delete_label="Retirer ce point de l’ordre du jour",
    )
    more: dict[str, Any] = {
        "item": row,
        "meeting": meeting,
        "options": list(row.options.visible_to(request.user)),
        "documents": list(row.documents.visible_to(request.user).select_related("stored")),
    }
    return row_page(request, form, page, guard=lambda: services.require_open(meeting), **more)


def item_row(request: MemberRequest, meeting: Meeting, title: str, said: str, **more: Any) -> RowPage:
    return RowPage(
        title,
        back=meeting_url(request, meeting) + "#ordre-du-jour",
        back_label=meeting.name,
        said=said,
        **more,
    )


@member()
@require_POST
def item_delete(request: MemberRequest, uuid: Any, item: Any) -> HttpResponse:
    meeting, row = open_item(request, uuid, item)
    settled(
        request,
        lambda: services.remove_from_agenda(row, meeting, by=request.user),
        f"« {row} » est retiré de l’ordre du jour.",
    )
    return agenda_page(request, meeting)


@member()
@require_POST
def item_move(request: MemberRequest, uuid: Any, item: Any) -> HttpResponse:
    """One place up (`monter`) or down (`descendre`), or before another item (`avant`), last when it is none."""
    meeting, row = open_item(request, uuid, item)
    siblings = meeting.items.visible_to(request.user)

    def reorder() -> None:
        with changing(by=request.user):
            services.require_open(meeting)
            if "avant" in request.POST:
                arrange(row, siblings, before=request.POST["avant"])
            else:
                move(row, siblings, up="monter" in request.POST)

    settled(request, reorder)
    return agenda_page(request, meeting)


# --- Options and documents ------------------------------------------------------------------------
def item_url(request: MemberRequest, meeting: Meeting, item: AgendaItem) -> str:
    return reverse("governance:item_edit", args=[request.space.slug, meeting.uuid, item.uuid])


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def option_add(request: MemberRequest, uuid: Any, item: Any) -> HttpResponse:
    meeting, row = open_item(request, uuid, item)
    new = AgendaOption(item=row, position=next_position(row.options.visible_to(request.user)))
    page = RowPage(
        "Ajouter une option",
        back=item_url(request, meeting, row),
        back_label=row.title,
        said="L’option est enregistrée.",
        lead=f"Pour décider : {row.title}",
        again="Enregistrer et ajouter une autre",
    )
    return option_page(request, meeting, new, page)


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def option_edit(request: MemberRequest, uuid: Any, item: Any, option: Any) -> HttpResponse:
    meeting, row = open_item(request, uuid, item)
    found = get_option(request, row, option)
    page = RowPage(
        "Modifier une option",
        back=item_url(request, meeting, row),
        back_label=row.title,
        said="L’option est enregistrée.",
        delete_url=reverse(
            "governance:option_delete", args=[request.space.slug, meeting.uuid, row.uuid, found.uuid]
        ),
        delete_label="Retirer cette option",
    )
    return option_page(request, meeting, found, page)


def option_page(
    request: MemberRequest, meeting: Meeting, option: AgendaOption, page: RowPage
) -> HttpResponse:
    form = OptionForm(posted(request), instance=option, convention=request.space, user=request.user)
    return row_page(request, form, page, guard=lambda: services.require_open(meeting))


def get_option(request: MemberRequest, item: AgendaItem, option: Any) -> AgendaOption:
    found = AgendaOption.objects.visible_to(request.user).filter(item=item, uuid=option).first()
    if found is None:
        raise Http404("Option inconnue")
    return found


@member()
@require_POST
def option_delete(request: MemberRequest, uuid: Any, item: Any, option: Any) -> HttpResponse:
    meeting, row = open_item(request, uuid, item)
    found = get_option(request, row, option)
    settled(
        request,
        lambda: services.remove_from_agenda(found, meeting, by=request.user),
        f"L’option « {found} » est retirée.",
    )
    return redirect(item_url(request, meeting, row))


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def document_add(request: MemberRequest, uuid: Any, item: Any) -> HttpResponse:
    meeting, row = open_item(request, uuid, item)
    form = ItemDocumentForm(posted(request), sent_files(request))
    if form.is_valid():
        upload = form.cleaned_data["stored"]
        try:
            with changing(by=request.user):
                services.require_open(meeting)
                title = form.cleaned_data["title"] or upload.name.rpartition(".")[0] or upload.name
                row.documents.create(title=title[:200], stored=store(upload), author=request.user)
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, "Le document est joint.")
            return redirect(item_url(request, meeting, row))
    page = RowPage("Joindre un document", back=item_url(request, meeting, row), back_label=row.title, said="")
    context = {"form": form, "page": page, "convention": request.space}
    return render(request, page.template, context, status=status_of(form))


def get_document(request: MemberRequest, item: AgendaItem, document: Any) -> AgendaDocument:
    documents = AgendaDocument.objects.visible_to(request.user).filter(item=item, uuid=document)
    found = documents.select_related("stored").first()
    if found is None:
        raise Http404("Document inconnu")
    return found


@member()
@require_safe
def document_open(request: MemberRequest, uuid: Any, item: Any, document: Any) -> HttpResponseBase:
    """The file, for whoever reads the agenda."""
    found = get_document(request, get_item(request, get_meeting(request, uuid), item), document)
    return serve(found.stored, found.title)


@member()
@require_POST
def document_delete(request: MemberRequest, uuid: Any, item: Any, document: Any) -> HttpResponse:
    meeting, row = open_item(request, uuid, item)
    found = get_document(request, row, document)
    found.delete()
    messages.success(request, f"« {found} » est retiré.")
    return redirect(item_url(request, meeting, row))


# --- Subjects that wait ---------------------------------------------------------------------------
def subjects_of(request: MemberRequest) -> Any:
    subjects = AgendaItem.objects.visible_to(request.user).of(request.space).waiting()
    return subjects.select_related("committee", "author", "carried_from__meeting__committee")


def get_subject(request: MemberRequest, uuid: Any) -> AgendaItem:
    """A subject that this user may change: its author, or a coordination that runs its committee."""
    found: AgendaItem | None = subjects_of(request).with_rights(request.user).filter(uuid=uuid).first()
    if found is None:
        raise Http404("Sujet inconnu")
    if found.author_id != request.user.pk and not getattr(found, "can_run", False):
        raise PermissionDenied
    return found


@member()
@require_safe
def subject_list(request: MemberRequest) -> HttpResponse:
    """What waits for a meeting, and the meetings that could take it."""
    meetings = Meeting.objects.visible_to(request.user).of(request.space).with_rights(request.user).to_come()
    context = {
        "convention": request.space,
        "subjects": list(subjects_of(request).with_rights(request.user).for_page()),
        "meetings": [one for one in meetings.select_related("committee") if one.can_run],
        "may_propose": request.space.allows(PROPOSE),
    }
    return render(request, "governance/subject_list.html", context)


@member(PROPOSE)
@require_http_methods(["GET", "HEAD", "POST"])
def subject_add(request: MemberRequest) -> HttpResponse:
    """Any member who steers proposes; the coordination puts it on an agenda."""
    waiting = AgendaItem.objects.visible_to(request.user).of(request.space).waiting()
    new = AgendaItem(convention=request.space, author=request.user, position=next_position(waiting))
    form = SubjectForm(posted(request), instance=new, convention=request.space, user=request.user)
    page = RowPage(
        "Proposer un sujet",
        back=reverse("governance:subject_list", args=[request.space.slug]),
        back_label="Sujets à venir",
        said="Le sujet attend la prochaine réunion.",
        lead="La coordination le met à l’ordre du jour de la réunion qui convient.",
    )
    return row_page(request, form, page)


@member()
@require_http_methods(["GET", "HEAD", "POST"])
def subject_edit(request: MemberRequest, uuid: Any) -> HttpResponse:
    subject = get_subject(request, uuid)
    form = SubjectForm(posted(request), instance=subject, convention=request.space, user=request.user)
    page = RowPage(
        "Modifier un sujet",
        back=reverse("governance:subject_list", args=[request.space.slug]),
        back_label="Sujets à venir",
        said="Le sujet est enregistré.",
        delete_url=reverse("governance:subject_delete", args=[request.space.slug, subject.uuid]),
        delete_label="Retirer ce sujet",
    )
    return row_page(request, form, page)


@member()
@require_POST
def subject_delete(request: MemberRequest, uuid: Any) -> HttpResponse:
    subject = get_subject(request, uuid)
    with changing(by=request.user):
        subject.delete()
    messages.success(request, f"« {subject} » est retiré.")
    return redirect("governance:subject_list", request.space.slug)


@member()
@require_POST
def subject_plan(request: MemberRequest, uuid: Any) -> HttpResponse:
    """Put a waiting subject (`sujet`) on the agenda of this meeting."""
    meeting = get_meeting(request, uuid, run=True)
    settled(
        request,
        lambda: services.plan_subject(meeting, request.POST.get("sujet", ""), by=request.user),
        "Le sujet est à l’ordre du jour.",
    )
    return agenda_page(request, meeting)
