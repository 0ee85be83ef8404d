"""The signed links by which the coordination asks partners without an account."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.access import EDIT, MemberRequest
from actions.forms.links import LinkForm
from actions.models import ContributionLink
from actions.notifications import address_of, page_of
from actions.services import links as asking
from actions.views.forms import refuse
from ctg.access import member
from ctg.forms import posted, status_of
from ctg.links.services import revoke
from ctg.refusal import Refused
from ctg.templatetags.ui import date_short, since


@dataclass(frozen=True)
class LinkRow:
    """A link as the list shows it: what was done with it last, and whether it still opens."""

    asked: ContributionLink

    @property
    def address(self) -> str:
        return address_of(self.asked.contact)

    @property
    def state(self) -> tuple[str, str, str]:
        """The kind of mark, its words, its icon."""
        asked: Any = self.asked  # annotated by `for_list`
        for at, kind, words, icon in (
            (asked.answered_at, "faite", "a répondu", "check-circle"),
            (asked.opened_at, "cours", "ouvert", "eye"),
            (asked.sent_at, "engager", "envoyé", "send"),
        ):
            if at:
                return kind, f"{words} {since(at)}", icon
        return "neutre", "envoi en cours" if self.address else "à transmettre", "hourglass-split"

    @property
    def until(self) -> str:
        link = self.asked.link
        if link.revoked_at:
            return f"retiré le {date_short(link.revoked_at)}"
        return f"{'jusqu’au' if link.is_open else 'échu le'} {date_short(link.expires_at)}"


def links_of(request: MemberRequest) -> Any:
    return ContributionLink.objects.visible_to(request.user).of(request.space).for_list()


def find_link(request: MemberRequest, uuid: Any) -> ContributionLink:
    found: ContributionLink | None = links_of(request).filter(link__uuid=uuid).first()
    if found is None:
        raise Http404("Lien inconnu")
    return found


@member(EDIT)
@require_safe
def link_list(request: MemberRequest) -> HttpResponse:
    """What was asked of whom, and where it stands."""
    context = {"convention": request.space, "links": [LinkRow(asked) for asked in links_of(request)]}
    return render(request, "actions/link_list.html", context)


@member(EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def link_add(request: MemberRequest) -> HttpResponse:
    """`?fiche=…` ticks a fiche."""
    asked = request.GET.get("fiche", "")
    form = LinkForm(
        posted(request),
        initial={"fiches": [asked] if asked else []},
        convention=request.space,
        user=request.user,
    )
    if form.is_valid() and (told := send_link(request, form)):
        messages.success(request, told)
        return redirect("actions:link_list", request.space.slug)
    context = {"form": form, "convention": request.space}
    return render(request, "actions/link_add.html", context, status=status_of(form))


def send_link(request: MemberRequest, form: LinkForm) -> SafeString | None:
    """What the person reads, with the address, shown this once; None with the reason in the form."""
    given: dict[str, Any] = form.cleaned_data
    try:
        with transaction.atomic():
            contact = given["contact"] or asking.recipient(
                request.space, name=given["name"], email=given["email"], body=given["body"]
            )
            _, token = asking.ask_partner(
                request.space,
                contact,
                fiches=given["fiches"],
                indicators=given["indicators"],
                until=given["until"],
                message=given["message"],
                by=request.user,
            )
    except Refused as refused:
        refuse(form, refused)
        return None
    to = address_of(contact)
    said = (
        f"Le lien part à {to}." if to else f"Le lien pour {contact} est prêt : transmettez-lui son adresse."
    )
    return with_address(said, token)


def with_address(said: str, token: str) -> SafeString:
    context = {"said": said, "address": page_of(token)}
    return render_to_string("actions/link_address.html", context)


@member(EDIT)
@require_POST
def link_address(request: MemberRequest, uuid: Any) -> HttpResponse:
    """One more address of the link, to be copied: the earlier ones keep working."""
    asked = find_link(request, uuid)
    try:
        token = asking.new_address(asked)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, with_address(f"Une adresse pour {asked.contact}.", token))
    return redirect("actions:link_list", request.space.slug)


@member(EDIT)
@require_POST
def link_resend(request: MemberRequest, uuid: Any) -> HttpResponse:
    asked = find_link(request, uuid)
    try:
        asking.resend(asked, by=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"Le lien repart à {address_of(asked.contact)}.")
    return redirect("actions:link_list", request.space.slug)


@member(EDIT)
@require_POST
def link_revoke(request: MemberRequest, uuid: Any) -> HttpResponse:
    asked = find_link(request, uuid)
    revoke(asked.link)
    messages.success(request, f"Le lien de {asked.contact} est retiré : il n’ouvre plus rien.")
    return redirect("actions:link_list", request.space.slug)
