"""Jobs. Each makes one service call and is safe to run twice; the sweeps find what a lost message forgot."""

from uuid import UUID

from celery import shared_task

from applicants.cards.services import files
from applicants.cards.services.keys import rotate_when_due
from applicants.cards.services.life import expire_cards, remind_of_renewal
from applicants.cards.services.rechecking import ask_about_cards
from applicants.cards.services.retier import weigh_expired
from portal import clock


@shared_task(name="cards.make_files")
def make_files(*, card_id: str) -> None:
    """Draw and store the faces of one card."""
    files.make_files(UUID(card_id), at=clock.now())


@shared_task(name="cards.sweep_files")
def sweep_files() -> None:
    """Make the faces that cards still lack."""
    files.make_missing_files(at=clock.now())


@shared_task(name="cards.weigh_expired_recognitions")
def weigh_expired_recognitions() -> None:
    """Raise doubts about cards whose recognition has expired."""
    weigh_expired(at=clock.now())


@shared_task(name="cards.sweep_rechecks")
def sweep_rechecks() -> None:
    """Have registers asked again, by night, about holders of cards."""
    ask_about_cards(at=clock.now())


@shared_task(name="cards.rotate_signing_key")
def rotate_signing_key() -> None:
    """Let another key follow the one that has signed for thirty days."""
    rotate_when_due(at=clock.now())


@shared_task(name="cards.sweep_terms")
def sweep_terms() -> None:
    """End the cards whose last day is over, and write to those whose card may be renewed."""
    expire_cards(at=clock.now())
    remind_of_renewal(at=clock.now())
