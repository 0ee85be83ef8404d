"""What is done: conventions, their plan, its indicators and follow-up."""

from actions.models.conventions import Avenant, Basis, Convention, Phase, Signatory, SignatoryAct
from actions.models.fiches import (
    FicheAction,
    FicheCommune,
    FicheLead,
    FichePartner,
    FichePilot,
    FicheQpv,
    FicheTheme,
    Objective,
    Step,
)
from actions.models.followup import FicheEvaluation, Highlight, ObjectiveAppreciation, ProgressNote
from actions.models.indicators import Indicator, Measurement
from actions.models.plan import Axe, Orientation

__all__ = [
    "Avenant",
    "Axe",
    "Basis",
    "Convention",
    "FicheAction",
    "FicheCommune",
    "FicheEvaluation",
    "FicheLead",
    "FichePartner",
    "FichePilot",
    "FicheQpv",
    "FicheTheme",
    "Highlight",
    "Indicator",
    "Measurement",
    "Objective",
    "ObjectiveAppreciation",
    "Orientation",
    "Phase",
    "ProgressNote",
    "Signatory",
    "SignatoryAct",
    "Step",
]
