"""What is done: conventions, their plan, its indicators and follow-up."""

from actions.models.conventions import Avenant, Basis, Convention, Phase, Signatory, SignatoryAct
from actions.models.exchanges import Comment, ContributionLink, Mention, Operation, Review
from actions.models.fiches import FicheAction
from actions.models.followup import FicheEvaluation, Highlight, ObjectiveAppreciation, ProgressNote
from actions.models.indicators import ClosedYear, Indicator, Measurement
from actions.models.parts import Objective, Step
from actions.models.plan import Axe, Orientation
from actions.models.relations import (
    FicheCommune,
    FicheFramework,
    FicheLead,
    FichePartner,
    FichePilot,
    FicheQpv,
    FicheRelation,
    FicheTheme,
)
from actions.models.resources import BudgetLine, Document, FundingCall
from actions.models.workbooks import PlanWorkbook

__all__ = [
    "Avenant",
    "Axe",
    "Basis",
    "BudgetLine",
    "ClosedYear",
    "Comment",
    "ContributionLink",
    "Convention",
    "Document",
    "FicheAction",
    "FicheCommune",
    "FicheEvaluation",
    "FicheFramework",
    "FicheLead",
    "FichePartner",
    "FichePilot",
    "FicheQpv",
    "FicheRelation",
    "FicheTheme",
    "FundingCall",
    "Highlight",
    "Indicator",
    "Measurement",
    "Mention",
    "Objective",
    "ObjectiveAppreciation",
    "Operation",
    "Orientation",
    "Phase",
    "PlanWorkbook",
    "ProgressNote",
    "Review",
    "Signatory",
    "SignatoryAct",
    "Step",
]
