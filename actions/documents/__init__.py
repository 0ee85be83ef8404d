"""The plan on paper: what a document says of a fiche, as PDF and as a Word document."""

from actions.documents.paper import (
    FichePaper,
    as_of,
    fiche_pdf,
    fiche_title,
    fiches_pdf,
    fiches_title,
    paper_fiches,
    papers_of,
    read_fiche_paper,
    read_papers,
)
from actions.documents.word import fiches_docx

__all__ = [
    "FichePaper",
    "as_of",
    "fiche_pdf",
    "fiche_title",
    "fiches_docx",
    "fiches_pdf",
    "fiches_title",
    "paper_fiches",
    "papers_of",
    "read_fiche_paper",
    "read_papers",
]
