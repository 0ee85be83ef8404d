"""How a slug becomes a convention for a user, and what the user may do there (docs/conception.md, droits)."""

from dataclasses import dataclass
from typing import Any, Protocol

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q
from django.http import Http404

from actions.models import ContributionLink, Convention, FicheAction, FicheLead, FichePartner, FichePilot
from actions.querysets import COMMENTING
from ctg.access import SpaceRequest
from ctg.accounts.models import User
from territories.models import Membership, Organisation, Role
from territories.standing import organisations

# What `request.space.allows` answers to, and `@member(…)` asks for.
STEER = "steer"  # Paramètres, avenants, axes, campaigns: the global coordinator
EDIT = "edit"  # fiches and indicators, at least in a scope of one's own
REPORT = "report"  # follow-up, at least on fiches of one's own
ENDORSE = "endorse"  # what the Caf does
DIAGNOSE = "diagnose"  # the diagnostic
MEMBERS = "members"  # members of the convention
COMMENT = "comment"  # words between members: everyone but those who only read
PROPOSE = "propose"  # a subject for a meeting

PROPOSING = ("coordinator", "services", "elected", "caf")

# How many conventions the switcher of the header lists.
SWITCHER = 12


class MemberRequest(SpaceRequest):
    """A request inside a convention."""

    space: Convention


class Here(Protocol):
    """Somebody in a convention: the request of one of its pages, or a `Visit`."""

    @property
    def user(self) -> User: ...

    @property
    def space(self) -> Convention: ...


@dataclass(frozen=True)
class Visit:
    """Where there is no request: a mail tells what the pages would."""

    user: User
    space: Convention


def find_convention(user: User, slug: str) -> Convention:
    """The convention of a URL, with the rights of this user. Raises Http404 for an outsider."""
    found = Convention.objects.visible_to(user).with_rights(user).filter(slug=slug).first()
    if found is None:
        raise Http404("Convention inconnue")
    return entitle(found, user)


def entitle(found: Convention, user: User) -> Convention:
    """Say what this user may do in a convention found `with_rights`."""
    rights = {
        STEER: found.is_coordinator,
        EDIT: found.is_scoped_coordinator,
        DIAGNOSE: found.is_scoped_coordinator,
        REPORT: found.is_scoped_coordinator or found.is_contributor or found.is_caf,
        ENDORSE: found.is_caf,
        MEMBERS: found.is_coordinator or found.is_caf or user.is_staff,
        COMMENT: bool(organisations(user, *COMMENTING)),
        PROPOSE: bool(organisations(user, *PROPOSING)),
    }
    found.rights = frozenset(right for right, given in rights.items() if given)
    return found


def my_conventions(user: User) -> Any:
    """Those of the switcher: the most recent. The home page has them all."""
    return Convention.objects.visible_to(user).order_by("-period_start", "territory_name", "pk")[:SWITCHER]


def get_fiche(request: MemberRequest, uuid: Any, needs: str | None = None) -> FicheAction:
    """A fiche of the convention, with `can_edit` and `can_report`; `needs` names one of them.

    Raises Http404 for a fiche of another convention, PermissionDenied without the right.
    """
    fiches = FicheAction.objects.visible_to(request.user).of(request.space).with_rights(request.user)
    fiche = fiches.filter(uuid=uuid).first()
    if fiche is None:
        raise Http404("Fiche inconnue")
    if needs and not getattr(fiche, needs):
        raise PermissionDenied
    return fiche


def diagnostics_granted(user: User) -> Q:
    """A diagnostic is readable because a readable convention refers to it."""
    return Q(pk__in=Convention.objects.visible_to(user).values("diagnostics"))


def contacts_granted(user: User) -> Q:
    """Contacts named on a readable fiche, those of a carrier, and the members that one sees."""
    seen = Convention.objects.visible_to(user)
    pilots = FichePilot.objects.filter(contact=OuterRef("pk"), fiche__convention__in=seen)
    elus = FicheAction.objects.filter(elu_referent=OuterRef("pk"), convention__in=seen)
    carrier = Q(Exists(seen.filter(carrier=OuterRef("organisation"))))
    # Whom a coordination has asked for something is known to it.
    mine = organisations(user, "coordinator")
    asked = ContributionLink.objects.filter(contact=OuterRef("pk"), convention__carrier__in=mine)
    here = Membership.objects.filter(user=OuterRef("user"), organisation=OuterRef("organisation"))
    members = here.filter(memberships_granted(user))
    return Q(Exists(pilots)) | Q(Exists(elus)) | carrier | Q(Exists(asked)) | Q(Exists(members))


def memberships_granted(user: User) -> Q:
    """The members of a convention: people of its carrier, Caf, signatories and bodies.

    Of the leads and partners, only those who contribute: to name an organisation on a fiche does not open the
    list of its people. Never those of another Caf.
    """
    seen = Convention.objects.visible_to(user)
    named = Q(organisation=OuterRef("organisation"), fiche__convention__in=seen)
    helping = Exists(FicheLead.objects.filter(named)) | Exists(FichePartner.objects.filter(named))
    parties = (
        Exists(seen.filter(carrier=OuterRef("organisation")))
        | Exists(seen.filter(signatories__organisation=OuterRef("organisation")))
        | Q(helping, role=Role.CONTRIBUTOR)
        # The bodies of the territory are covered, whether they sign or not.
        | Q(Exists(seen.filter(communes=OuterRef("organisation__commune"))), organisation__kind="commune")
        | Q(Exists(seen.filter(epci=OuterRef("organisation__epci"))), organisation__kind="epci")
    )
    of_caf = Q(organisation__kind=Organisation.Kind.CAF)
    caf = Q(Exists(seen.filter(caf=OuterRef("organisation"))))
    return Q(pk__in=Membership.objects.filter(caf | (~of_caf & Q(parties))))
