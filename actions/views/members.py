"""Members of a convention: who they are, invited, changed, ended."""

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.access import MEMBERS, MemberRequest
from actions.forms.members import InviteForm, MemberForm
from actions.services import members
from actions.services.members import Grants, parties
from actions.views.forms import find, refuse
from ctg.access import member
from ctg.forms import posted, status_of
from ctg.refusal import Refused
from territories.models import Membership, Organisation, Role
from territories.notifications import invitation_sent


@dataclass
class Group:
    """The members of one organisation."""

    organisation: Organisation
    is_open: bool
    is_shared: bool = False
    memberships: list[Membership] = field(default_factory=list)

    @property
    def people(self) -> list[list[Membership]]:
        """The roles of each person together, in the order of the names."""
        return [list(roles) for _, roles in groupby(self.memberships, key=lambda row: row.user_id)]


def organisations_of(request: MemberRequest) -> QuerySet[Organisation]:
    return Organisation.objects.visible_to(request.user).filter(parties(request.space))


def memberships_of(request: MemberRequest) -> QuerySet[Membership]:
    """Today's members of the organisations of the convention."""
    rows = Membership.objects.visible_to(request.user).active()
    return rows.filter(organisation__in=organisations_of(request)).select_related("organisation", "user")


def find_member(request: MemberRequest, pk: int) -> Membership:
    """A member whose role this person may change. Raises Http404, or PermissionDenied."""
    membership = find(memberships_of(request), pk)
    if not Grants(request.space, request.user).may_change(membership):
        raise PermissionDenied
    return membership


@member(MEMBERS)
@require_safe
def member_list(request: MemberRequest) -> HttpResponse:
    """The members by organisation: the carrier first, then the Caf."""
    convention, grants = request.space, Grants(request.space, request.user)
    groups: dict[int, Group] = {}
    for organisation in (convention.carrier, convention.caf):
        groups[organisation.pk] = Group(organisation, bool(grants.roles(organisation)))
    rows = memberships_of(request).prefetch_related("themes", "communes")
    for membership in rows.order_by("organisation__sort_name", "user__name", "user", "pk"):
        membership.is_changeable = grants.may_change(membership)  # type: ignore[attr-defined]
        organisation = membership.organisation
        new = Group(organisation, bool(grants.roles(organisation)), grants.is_shared(organisation))
        group = groups.setdefault(organisation.pk, new)
        group.memberships.append(membership)
    context = {"convention": convention, "groups": groups.values(), "shared_words": members.SHARED}
    return render(request, "actions/member_list.html", context)


@member(MEMBERS)
@require_http_methods(["GET", "HEAD", "POST"])
def member_invite(request: MemberRequest) -> HttpResponse:
    """Invite someone; ?organisme= narrows the roles to those of one organisation."""
    convention, grants = request.space, Grants(request.space, request.user)
    organisations = list(organisations_of(request))
    open_ones = [row for row in organisations if grants.roles(row)]
    asked = request.GET.get("organisme", "")
    chosen = next((row for row in open_ones if str(row.uuid) == asked), None)
    if len(open_ones) == 1:
        chosen = open_ones[0]
    form = InviteForm(
        posted(request),
        initial={"organisation": chosen.uuid if chosen else None},
        convention=convention,
        user=request.user,
        organisations=organisations_of(request).filter(pk__in=[row.pk for row in open_ones]),
        roles=roles_offered(grants, [chosen] if chosen else open_ones),
    )
    if request.method == "POST" and form.is_valid() and (membership := invited(request, form)):
        messages.success(request, invitation_sent(membership, typed=form.cleaned_data["name"]))
        return redirect("actions:member_list", convention.slug)
    shared = [row for row in organisations if grants.is_shared(row)]
    context = {"form": form, "convention": convention, "chosen": chosen, "shared": shared}
    context |= said_present(request, form)
    return render(request, "actions/member_invite.html", context, status=status_of(form))


def roles_offered(grants: Grants, organisations: list[Organisation]) -> tuple[Role, ...]:
    """Every role that may be given in at least one of them, in the order of `Role`."""
    given = {role for organisation in organisations for role in grants.roles(organisation)}
    return tuple(role for role in Role if role in given)


def said_present(request: MemberRequest, form: InviteForm) -> dict[str, Any]:
    """`present`: the person whose role in that organisation stopped the invitation; `may_add`: another may be given."""
    given: dict[str, Any] = getattr(form, "cleaned_data", {})
    stopped = given.get("organisation") and given.get("role") and "email" in form.errors
    found = members.present(given["organisation"], form["email"].value() or "") if stopped else None
    if found is None:
        return {"present": None, "may_add": False}
    grants = Grants(request.space, request.user)
    for membership in found.memberships:
        membership.is_changeable = grants.may_change(membership)  # type: ignore[attr-defined]
    return {"present": found, "may_add": not found.has(given["role"])}


def invited(request: MemberRequest, form: InviteForm) -> Membership | None:
    """Invite as asked; None with the reason in the form."""
    given: dict[str, Any] = form.cleaned_data
    try:
        return members.invite(
            request.space,
            given["organisation"],
            email=given["email"],
            name=given["name"],
            function=given["function"],
            beside=given["beside"],
            by=request.user,
            subject_url=reverse("actions:member_list", args=[request.space.slug]),
            **form.scope,
        )
    except Refused as refused:
        refuse(form, refused)
        return None


@member(MEMBERS)
@require_http_methods(["GET", "HEAD", "POST"])
def member_edit(request: MemberRequest, pk: int) -> HttpResponse:
    membership = find_member(request, pk)
    roles = Grants(request.space, request.user).roles(membership.organisation)
    form = MemberForm(
        posted(request), membership=membership, convention=request.space, user=request.user, roles=roles
    )
    if request.method == "POST" and form.is_valid():
        try:
            members.change(request.space, membership, by=request.user, **form.scope)
        except Refused as refused:
            refuse(form, refused)
        else:
            messages.success(request, f"Le rôle de {membership.user} est modifié.")
            return redirect("actions:member_list", request.space.slug)
    context = {"form": form, "convention": request.space, "membership": membership}
    return render(request, "actions/member_edit.html", context, status=status_of(form))


@member(MEMBERS)
@require_http_methods(["GET", "HEAD", "POST"])
def member_end(request: MemberRequest, pk: int) -> HttpResponse:
    """Ask, then end the role at once."""
    membership, refusal = find_member(request, pk), ""
    if request.method == "POST":
        try:
            members.end(request.space, membership, by=request.user)
        except Refused as refused:
            refusal = str(refused)
        else:
            messages.success(request, f"{membership.user} n’a plus ce rôle.")
            if membership.user_id == request.user.pk:  # this page may now be closed to them
                return redirect("actions:home")
            return redirect("actions:member_list", request.space.slug)
    context = {"convention": request.space, "membership": membership, "refusal": refusal}
    return render(request, "actions/member_end.html", context, status=422 if refusal else 200)


@member(MEMBERS)
@require_POST
def member_resend(request: MemberRequest, pk: int) -> HttpResponse:
    membership = find_member(request, pk)
    here = reverse("actions:member_list", args=[request.space.slug])
    try:
        members.resend(request.space, membership, by=request.user, subject_url=here)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"L’invitation repart à {membership.user.email}.")
    return redirect(here)
