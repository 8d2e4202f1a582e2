"""Everything the life of an application leaves behind, whatever it asks for."""

from portal.casework.models.application import Application, ReferenceCounter, StepTaken, Submission
from portal.casework.models.claim import GrantClaim
from portal.casework.models.evidence import Assessment, Settlement, ShelfPaper
from portal.casework.models.list_export import ListExport
from portal.casework.models.notice import Notice, NoticeLine, NoticeObjection
from portal.casework.models.outcome import Correction, CorrectionItem, Decision
from portal.casework.models.reconsideration import Reconsideration
from portal.casework.models.recusal import Recusal
from portal.casework.models.simulation import Simulation, SimulationChange

__all__ = [
    "Application",
    "Assessment",
    "Correction",
    "CorrectionItem",
    "Decision",
    "GrantClaim",
    "ListExport",
    "Notice",
    "NoticeLine",
    "NoticeObjection",
    "Reconsideration",
    "Recusal",
    "ReferenceCounter",
    "Settlement",
    "ShelfPaper",
    "Simulation",
    "SimulationChange",
    "StepTaken",
    "Submission",
]
