"""Applications for a card, filled in and walked through the real services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

from django.conf import settings
from PIL import Image

from applicants.cards.services.applying import claim_no_recognition, claim_recognition, keep
from applicants.cards.services.portraits import add_picture, set_portrait
from applicants.people.answers import answers_of
from applicants.people.models import Person
from portal.casework.completeness import required_papers
from portal.casework.models import Application
from portal.casework.services.drafting import put_on_shelf, start_application
from portal.policy.services import load_policy
from tests.factories import AT, make_paper, make_person, make_upload, settle_everything, walk_on

EMPLOYER = {"employer_place": "350581", "employer_status": "active"}
CODE, POLICY = "talent-card", "CARD-2023"


def picture_bytes(size: tuple[int, int] = (600, 800), form: str = "JPEG") -> bytes:
    """A picture that is red on the left and blue on the right."""
    picture, buffer = Image.new("RGB", size, "red"), BytesIO()
    picture.paste("blue", (size[0] // 2, 0, *size))
    picture.save(buffer, form)
    return buffer.getvalue()


def load_card_policy(*, at: datetime = AT) -> None:
    """The shipped policy of the card; loading twice loads once."""
    text = Path(settings.BASE_DIR, "applicants/cards/policy/CARD-2023.yaml").read_text(encoding="utf-8")
    load_policy(text, at=at)


def start_card(person: Person, *, at: datetime = AT) -> Application:
    """A draft with nothing of the card's own filled in."""
    load_card_policy(at=at)
    return start_application(user=person.user, programme_code=CODE, policy_code=POLICY, privacy_read_at=at, at=at)


def claim(draft: Application, tier: str, *, at: datetime = AT, expires_on: date | None = None) -> None:
    """One recognition of ``tier``."""
    claim_recognition(
        application=draft,
        tier=tier,
        title=f"泉州市{tier}人才",
        issued_by="泉州市人才工作领导小组",
        document_number="",
        recognised_on=date(2023, 5, 1),
        expires_on=expires_on,
        by=draft.applicant.user,
        at=at,
    )


def make_card_draft(
    person: Person | None = None,
    *,
    tiers: Sequence[str] = (),
    contract_ends_on: date | None = None,
    at: datetime = AT,
) -> Application:
    """A draft with everything filled in."""
    person = person or make_person(at=at)
    draft, user = start_card(person, at=at), person.user
    for tier in tiers:
        claim(draft, tier, at=at)
    if not tiers:
        claim_no_recognition(application=draft, by=user, at=at)
    contract = {"is_contract_open_ended": contract_ends_on is None, "contract_ends_on": contract_ends_on}
    keep(draft, "contract", contract, by=user, at=at)
    upload = make_upload("photo.jpg", picture_bytes())
    paper = add_picture(application=draft, upload=upload, by=user, at=at)
    set_portrait(application=draft, paper=paper, cut=None, by=user, at=at)
    keep(draft, "declaration", {"is_declared_true": True}, by=user, at=at)
    for asked in required_papers(draft, answers_of(person)):
        put_on_shelf(application=draft, kind=asked.kind, paper=make_paper(person, asked.kind, at=at), by=user, at=at)
    return draft


def make_card_application_in(state: str, person: Person | None = None, **details: object) -> Application:
    """An application for a card that walked to ``state``; the reviewer reads the employer's place off its licence."""
    row = make_card_draft(person, **details)
    if state in ("final_approval", "approved"):
        row = walk_on(row, "first_review")
        settle_everything(row, at=row.state_at, **EMPLOYER)
        row.refresh_from_db()
    return walk_on(row, state)
