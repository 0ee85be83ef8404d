"""The pages of the administrator of the instance: Cafs with their first agents, themes."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ctg.access import SignedInRequest, administrator
from ctg.forms import posted, status_of
from ctg.refusal import Refused
from territories.forms import AgentForm, CafForm, ThemeForm
from territories.models import Membership, Organisation, Role, Theme
from territories.notifications import invitation_sent
from territories.services import end_member, invite_member, move_theme, next_theme_position


def cafs(request: SignedInRequest) -> QuerySet[Organisation]:
    rows = Organisation.objects.visible_to(request.user).filter(kind=Organisation.Kind.CAF)
    return rows.select_related("departement")


def find_caf(request: SignedInRequest, uuid: UUID) -> Organisation:
    caf = cafs(request).filter(uuid=uuid).first()
    if caf is None:
        raise Http404("Caf inconnue")
    return caf


def find_theme(request: SignedInRequest, pk: int) -> Theme:
    theme = Theme.objects.visible_to(request.user).filter(pk=pk).first()
    if theme is None:
        raise Http404("Thématique inconnue")
    return theme


@administrator
@require_safe
def administration(request: SignedInRequest) -> HttpResponse:
    agents = Count("memberships", filter=Q(memberships__role=Role.CAF, memberships__ended_on=None))
    context = {
        "cafs": cafs(request).annotate(agent_count=agents),
        "themes": Theme.objects.visible_to(request.user),
        "form": ThemeForm(user=request.user),
    }
    return render(request, "territories/administration.html", context)


@administrator
@require_http_methods(["GET", "HEAD", "POST"])
def caf_create(request: SignedInRequest) -> HttpResponse:
    form = CafForm(posted(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        caf = form.save()
        messages.success(request, f"{caf} est créée. Invitez-y une première personne.")
        return redirect("territories:caf_detail", caf.uuid)
    return render(request, "territories/caf_create.html", {"form": form}, status=status_of(form))


@administrator
@require_http_methods(["GET", "HEAD", "POST"])
def caf_detail(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """The people of a Caf, and the invitation of one more."""
    caf = find_caf(request, uuid)
    form = AgentForm(posted(request))
    if request.method == "POST" and form.is_valid() and (membership := invited(request, caf, form)):
        messages.success(request, invitation_sent(membership, typed=form.cleaned_data["name"]))
        return redirect("territories:caf_detail", caf.uuid)
    rows = Membership.objects.visible_to(request.user).active().filter(organisation=caf)
    context = {
        "caf": caf,
        "form": form,
        "memberships": rows.select_related("user", "organisation").order_by("user__name", "pk"),
    }
    return render(request, "territories/caf_detail.html", context, status=status_of(form))


def invited(request: SignedInRequest, caf: Organisation, form: AgentForm) -> Membership | None:
    """Invite as asked; None with the reason in the form."""
    given: dict[str, Any] = form.cleaned_data
    try:
        here = reverse("territories:caf_detail", args=[caf.uuid])
        return invite_member(caf, role=Role.CAF, by=request.user, subject_url=here, **given)
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return None


@administrator
@require_POST
def agent_end(request: SignedInRequest, uuid: UUID, pk: int) -> HttpResponse:
    """Take away the role of someone of a Caf, at once."""
    caf = find_caf(request, uuid)
    rows = Membership.objects.visible_to(request.user).active().select_related("user")
    membership = rows.filter(organisation=caf, pk=pk).first()
    if membership is None:
        raise Http404("Rôle inconnu")
    end_member(membership, by=request.user)
    messages.success(request, f"{membership.user} n’a plus ce rôle.")
    return redirect("territories:caf_detail", caf.uuid)


@administrator
@require_http_methods(["GET", "HEAD", "POST"])
def caf_edit(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    caf = find_caf(request, uuid)
    form = CafForm(posted(request), instance=caf, user=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Modifications enregistrées.")
        return redirect("territories:caf_detail", caf.uuid)
    return render(request, "territories/caf_edit.html", {"form": form, "caf": caf}, status=status_of(form))


@administrator
@require_POST
def theme_add(request: SignedInRequest) -> HttpResponse:
    form = ThemeForm(request.POST, user=request.user)
    if form.is_valid():
        form.instance.position = next_theme_position()
        form.save()
        messages.success(request, f"« {form.instance} » est ajoutée.")
        return redirect(reverse("territories:administration") + "#thematiques")
    return render(request, "territories/theme_edit.html", {"form": form, "theme": None}, status=422)


@administrator
@require_http_methods(["GET", "HEAD", "POST"])
def theme_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    theme = find_theme(request, pk)
    form = ThemeForm(posted(request), instance=theme, user=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Modifications enregistrées.")
        return redirect(reverse("territories:administration") + "#thematiques")
    return render(
        request, "territories/theme_edit.html", {"form": form, "theme": theme}, status=status_of(form)
    )


@administrator
@require_POST
def theme_move(request: SignedInRequest, pk: int) -> HttpResponse:
    move_theme(find_theme(request, pk), up=request.POST.get("sens") == "haut")
    return redirect(reverse("territories:administration") + "#thematiques")
