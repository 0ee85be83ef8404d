"""Reads of conventions and their plan: what a user sees, and what a user may do there.

`visible_to` only filters, by Exists; `with_rights` annotates what the buttons and the server both read.
"""

from actions.querysets.conventions import (
    AvenantQuerySet,
    AxeQuerySet,
    BasisQuerySet,
    ClosedYearQuerySet,
    ConventionPartQuerySet,
    ConventionQuerySet,
    FundingCallQuerySet,
    OperationQuerySet,
    OrientationQuerySet,
    PlanWorkbookQuerySet,
)
from actions.querysets.dates import late_when, next_date, silent_when
from actions.querysets.exchanges import COMMENTING, CONTRIBUTION, CommentQuerySet, ContributionLinkQuerySet
from actions.querysets.expressions import truth
from actions.querysets.fiches import FicheActionQuerySet
from actions.querysets.followup import (
    DocumentQuerySet,
    FicheEvaluationQuerySet,
    HighlightQuerySet,
    ProgressNoteQuerySet,
)
from actions.querysets.indicators import IndicatorQuerySet, MeasurementQuerySet
from actions.querysets.parts import (
    BudgetLineQuerySet,
    FichePartQuerySet,
    ObjectiveQuerySet,
    PartyQuerySet,
    StepQuerySet,
)

__all__ = [
    "COMMENTING",
    "CONTRIBUTION",
    "AvenantQuerySet",
    "AxeQuerySet",
    "BasisQuerySet",
    "BudgetLineQuerySet",
    "ClosedYearQuerySet",
    "CommentQuerySet",
    "ContributionLinkQuerySet",
    "ConventionPartQuerySet",
    "ConventionQuerySet",
    "DocumentQuerySet",
    "FicheActionQuerySet",
    "FicheEvaluationQuerySet",
    "FichePartQuerySet",
    "FundingCallQuerySet",
    "HighlightQuerySet",
    "IndicatorQuerySet",
    "MeasurementQuerySet",
    "ObjectiveQuerySet",
    "OperationQuerySet",
    "OrientationQuerySet",
    "PartyQuerySet",
    "PlanWorkbookQuerySet",
    "ProgressNoteQuerySet",
    "StepQuerySet",
    "late_when",
    "next_date",
    "silent_when",
    "truth",
]
