"""Postes de coopération: who carries the convention day by day, and how much of it there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.access import STEER, MemberRequest
from actions.rules.words import plural
from actions.services.plan import changing
from ctg.access import member
from ctg.files.responses import serve
from ctg.forms import posted, sent_files
from ctg.numbers import NO_BREAK, french_number
from governance.forms.posts import PostForm
from governance.models import CooperationPost
from governance.services.bodies import complete_post
from governance.views.rows import RowPage, row_page

State = CooperationPost.State
# Of each state: kind of chip, icon, word of the chip, its plural.
STATES = {
    State.POURVU: ("faite", "person-check", "pourvu", "pourvus"),
    State.A_TRANSFORMER: ("reportee", "arrow-repeat", "à transformer", "à transformer"),
    State.VACANT: ("difficulte", "person-x", "vacant", "vacants"),
}


@dataclass(frozen=True)
class Posts:
    """The posts of a convention, and what they come to."""

    rows: Sequence[CooperationPost]

    @property
    def known(self) -> list[Decimal]:
        return [row.etp for row in self.rows if row.etp is not None]

    @property
    def words(self) -> str:
        """« 3,5 ETP, 4 postes sur 5 renseignés », « 4 ETP, 5 postes », « 5 postes, ETP non renseignés »."""
        known, count = self.known, len(self.rows)
        if not known:
            return f"{plural(count, 'poste')}, ETP non renseignés"
        etp = f"{french_number(sum(known, Decimal(0)).normalize())}{NO_BREAK}ETP"
        if len(known) == count:
            return f"{etp}, {plural(count, 'poste')}"
        return f"{etp}, {plural(len(known), 'poste')} sur {plural(count, 'renseigné')}"

    @property
    def states(self) -> list[tuple[str, str, str]]:
        """Of each state found: kind, icon, « 4 pourvus »."""
        found = [State(row.state) for row in self.rows]
        return [
            (kind, icon, plural(found.count(state), one, many))
            for state, (kind, icon, one, many) in STATES.items()
            if state in found
        ]

    @property
    def lines(self) -> list[tuple[CooperationPost, tuple[str, str, str]]]:
        """Each post with its chip."""
        chips = {state: (kind, icon, one) for state, (kind, icon, one, _) in STATES.items()}
        return [(row, chips[State(row.state)]) for row in self.rows]


def posts_of(request: MemberRequest) -> Any:
    return CooperationPost.objects.visible_to(request.user).of(request.space)


def find_post(request: MemberRequest, uuid: Any) -> CooperationPost:
    found: CooperationPost | None = posts_of(request).filter(uuid=uuid).first()
    if found is None:
        raise Http404("Poste inconnu")
    return found


def list_url(request: MemberRequest) -> str:
    return reverse("governance:post_list", args=[request.space.slug])


@member()
@require_safe
def post_list(request: MemberRequest) -> HttpResponse:
    rows = posts_of(request).select_related("employer", "holder").prefetch_related("themes", "communes")
    context = {"convention": request.space, "posts": Posts(list(rows))}
    return render(request, "governance/post_list.html", context)


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def post_add(request: MemberRequest) -> HttpResponse:
    return post_page(request, CooperationPost(), "Ajouter un poste de coopération")


@member(STEER)
@require_http_methods(["GET", "HEAD", "POST"])
def post_edit(request: MemberRequest, uuid: Any) -> HttpResponse:
    post = find_post(request, uuid)
    delete_url = reverse("governance:post_delete", args=[request.space.slug, post.uuid])
    return post_page(
        request, post, "Modifier le poste", delete_url=delete_url, delete_label="Supprimer ce poste"
    )


def post_page(request: MemberRequest, post: CooperationPost, title: str, **more: str) -> HttpResponse:
    form = PostForm(
        posted(request), sent_files(request), instance=post, convention=request.space, user=request.user
    )
    page = RowPage(
        title,
        back=list_url(request),
        back_label="Postes de coopération",
        said="Le poste est enregistré.",
        template="governance/post_form.html",
        **more,
    )
    return row_page(request, form, page, then=lambda row: complete_post(row, **form.given_beside))


@member(STEER)
@require_POST
def post_delete(request: MemberRequest, uuid: Any) -> HttpResponse:
    post = find_post(request, uuid)
    with changing(by=request.user):
        post.delete()
    messages.success(request, f"Le poste « {post} » est supprimé.")
    return redirect(list_url(request))


@member()
@require_safe
def post_file(request: MemberRequest, uuid: Any) -> HttpResponseBase:
    """The job description."""
    post = find_post(request, uuid)
    if post.job_description is None:
        raise Http404("Aucune fiche de poste")
    return serve(post.job_description, f"Fiche de poste {post.title}")
