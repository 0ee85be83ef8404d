"""The money of a convention: all of it made up, since no document tells it."""

from decimal import Decimal
from typing import Any

from actions.models import BudgetLine, FundingCall
from governance.importers.trial_files import Table
from governance.importers.trial_history import moment
from governance.importers.trial_plan import Load


def load_money(load: Load) -> None:
    """The budget lines of the fiches, then the calls for projects, some of which gave a line."""
    for row in load.files.made_up.get("fiche", []):
        for rank, line in enumerate(row.get("budget", []), 1):
            BudgetLine.objects.create(
                uuid=load.uuid("fiche", row["number"], "budget", rank),
                fiche=load.fiches[row["number"]],
                **funder(load, line),
                **amounts(line),
            )
    for rank, row in enumerate(load.files.made_up.get("call", []), 1):
        load_call(load, rank, row)


def load_call(load: Load, rank: int, row: Table) -> None:
    fiches = [load.fiches[number] for number in row["fiches"]]
    call = FundingCall.objects.create(
        uuid=load.uuid("call", rank),
        convention=load.convention,
        title=row["title"],
        funder=row["funder"],
        deadline=row["deadline"],
        state=row["state"],
        notes=row.get("notes", ""),
        amount_asked=row.get("asked"),
        amount_granted=row.get("granted"),
        author=load.coordinator,
        created_at=moment(row["spotted_on"]),
        is_fictitious=True,
    )
    call.fiches.set(fiches)
    if "granted" in row:
        BudgetLine.objects.create(
            uuid=load.uuid("call", rank, "budget"),
            fiche=fiches[0],
            call=call,
            label=row["funder"],
            year=row["year"],
            planned=row["granted"],
            is_fictitious=True,
        )


def funder(load: Load, line: Table) -> dict[str, Any]:
    """An organisation of the trial by its key, or words."""
    if "organisation" in line:
        return {"organisation": load.directory.organisations[line["organisation"]]}
    return {"label": line["funder"]}


def amounts(line: Table) -> dict[str, Any]:
    return {
        "year": line["year"],
        "nature": line.get("nature", "running"),
        "unit": line.get("unit", "eur"),
        "planned": Decimal(str(line["planned"])) if "planned" in line else None,
        "actual": Decimal(str(line["actual"])) if "actual" in line else None,
        "is_fictitious": True,
    }
