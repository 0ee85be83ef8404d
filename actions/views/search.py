"""The field of the header on a page of no convention: what the person may read, in every convention."""

from dataclasses import dataclass, field

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from actions.listing import PRINTED
from actions.models import Convention, FicheAction
from actions.search import Reason, explain
from actions.search import search as find
from ctg.access import SignedInRequest, signed_in

# As many fiches as one reads through. Beyond, a more precise word is asked for.
MOST = 50
# Whoever reads more conventions than that is searched for in all, and shown what may be read: it is quicker.
MANY = 100


@dataclass
class Hits:
    """What was found in a convention: its fiches, each with the reasons."""

    convention: Convention
    fiches: list[tuple[FicheAction, list[Reason]]] = field(default_factory=list)


@signed_in
@require_safe
def search(request: SignedInRequest) -> HttpResponse:
    """Fiches that hold the words, convention by convention, the most recent first."""
    words = request.GET.get("q", "").replace("\x00", "").strip()
    user = request.user
    found: list[FicheAction] = []
    if words:
        seen = Convention.objects.visible_to(user).order_by().values_list("pk", flat=True)
        keys = list(seen[: MANY + 1])
        within = keys if len(keys) <= MANY else None
        fiches = FicheAction.objects.visible_to(user).select_related("convention", "axe", "orientation")
        ordered = find(fiches, words, user, within).order_by(
            "-convention__period_start", "convention", *PRINTED
        )
        found = list(ordered[: MOST + 1])
    reasons = explain([fiche.pk for fiche in found], words, user)
    hits: dict[int, Hits] = {}
    for fiche in found[:MOST]:
        here = hits.setdefault(fiche.convention_id, Hits(fiche.convention))
        here.fiches.append((fiche, reasons.get(fiche.pk, [])))
    context = {"words": words, "hits": list(hits.values()), "more": len(found) > MOST, "most": MOST}
    return render(request, "actions/search.html", context | {"count": len(found[:MOST])})
