"""The steering on paper: the annual bilan, and the papers of a meeting as PDF and as Word documents."""

from governance.documents.bilan import YearRefusedError, bilan_pdf, read_bilan
from governance.documents.meeting import (
    MeetingPaper,
    Paper,
    minutes_pdf,
    offered,
    paper_pdf,
    read_meeting,
)
from governance.documents.word import paper_docx

__all__ = [
    "MeetingPaper",
    "Paper",
    "YearRefusedError",
    "bilan_pdf",
    "minutes_pdf",
    "offered",
    "paper_docx",
    "paper_pdf",
    "read_bilan",
    "read_meeting",
]
