"""The budget of the whole plan: by year, by funder, by axe."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from actions.access import MemberRequest
from actions.models import BudgetLine
from actions.rules.budget import Share, shares, totals
from ctg.access import member


@dataclass(frozen=True)
class Table:
    """The same lines, cut one way."""

    title: str
    heading: str
    shares: list[Share[str]]


def axe_of(line: BudgetLine) -> str:
    fiche = line.fiche
    return "Fiches transversales" if fiche.is_transversale else fiche.axe.title if fiche.axe else "À classer"


@member()
@require_safe
def budget(request: MemberRequest) -> HttpResponse:
    """What the fiches tell of their money, and how many of them tell it."""
    lines = list(
        BudgetLine.objects.visible_to(request.user)
        .of(request.space)
        .select_related("organisation", "fiche__axe")
        .order_by("year", "fiche__is_transversale", "fiche__axe__position", "pk")
    )
    by_axe = sorted(
        lines,
        key=lambda line: (line.fiche.is_transversale, line.fiche.axe.position if line.fiche.axe else 999),
    )
    by_funder = sorted(lines, key=lambda line: line.funder.lower())
    context = {
        "convention": request.space,
        "totals": totals(lines),
        "fiches": request.space.fiches.count(),
        "tables": [
            Table("Par année", "Année", shares(lines, lambda line: str(line.year))),
            Table("Par financeur", "Financeur", shares(by_funder, lambda line: line.funder)),
            Table("Par axe", "Axe", shares(by_axe, axe_of)),
        ],
    }
    return render(request, "actions/budget.html", context)
