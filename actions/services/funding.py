"""A call that is granted enters the budget of a fiche, once."""

from decimal import Decimal

from actions.models import BudgetLine, FicheAction, FundingCall


def enter_in_budget(call: FundingCall, fiche: FicheAction, *, year: int, nature: str) -> None:
    """The amount granted becomes a line of the fiche, unless the call has one already. The caller holds the call."""
    if call.amount_granted is None or call.budget_lines.exists():
        return
    BudgetLine.objects.create(
        fiche=fiche,
        call=call,
        label=call.funder,
        year=year,
        nature=nature or BudgetLine.Nature.RUNNING,
        planned=call.amount_granted,
        note=call.title[:200],
    )


def follow_amount(call: FundingCall, former: Decimal | None) -> None:
    """A corrected amount corrects its line, unless somebody has corrected that one by hand."""
    if former is not None and call.amount_granted not in (None, former):
        call.budget_lines.filter(planned=former).update(planned=call.amount_granted)
