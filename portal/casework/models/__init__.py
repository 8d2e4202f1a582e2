"""Everything the life of an application leaves behind, whatever it asks for."""

from portal.casework.models.application import Application, ReferenceCounter, StepTaken, Submission
from portal.casework.models.evidence import Assessment, Settlement, ShelfPaper
from portal.casework.models.notice import Notice, NoticeLine, NoticeObjection
from portal.casework.models.outcome import Correction, CorrectionItem, Decision

__all__ = [
    "Application",
    "Assessment",
    "Correction",
    "CorrectionItem",
    "Decision",
    "Notice",
    "NoticeLine",
    "NoticeObjection",
    "ReferenceCounter",
    "Settlement",
    "ShelfPaper",
    "StepTaken",
    "Submission",
]
