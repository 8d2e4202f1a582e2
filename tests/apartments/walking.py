"""Applications for an apartment that walk the real road, and rounds that are open for entering."""

from __future__ import annotations

from datetime import date, datetime

from applicants.people.answers import answers_of
from applicants.people.models import Person
from housing.apartments.models import Building, Mode, Round, RoundState, UnitType
from housing.apartments.services.applying import choose_types, keep
from portal.casework.completeness import required_papers
from portal.casework.models import Application, Assessment, Submission
from portal.casework.services.drafting import put_on_shelf, start_application
from portal.policy.assessing import Assessment as Assessed
from portal.policy.assessing import Verdict
from portal.policy.facts import Facts
from portal.policy.offering import Offer
from tests.apartments.making import (
    AT,
    CODE,
    DAY,
    HOUR,
    POLICY,
    load_apartment_policy,
    make_building,
    make_round,
    make_type,
)
from tests.factories import make_paper, make_person, settle_everything, walk_on

INSURED = [{"from": "2025-07", "to": "2026-02", "employer": "present", "late": False}]
MASTER = {
    "education": {"level": "master", "diploma_on": date(2025, 6, 20)},
    "employment": {"started_on": date(2025, 7, 1), "first_insured_on": date(2025, 7, 1), "insured_ranges": INSURED},
}
HOUSEHOLD = {"household_size": 1, "has_spouse": False, "tier": "none", "has_home": False, "needs_accessible": False}
SPOUSE = {"household_size": 2, "has_spouse": True, "spouse_name": "林雨", "spouse_tier": "none"}
EMPLOYER = {"employer_place": "350581", "is_dispatched": "no"}
STATES = ("draft", "check", "accept", "first_review", "second_review", "public_notice", "final_approval", "approved")
DECLARED = {"is_declared_true": True, "is_notice_agreed": True}


def make_master(*, at: datetime = AT, **answers: object) -> Person:
    """A master of last year in post in Shishi, who meets APT-2023 on 2 March 2026."""
    return make_person(at=at, **(MASTER | answers))


def start_apartment(person: Person | None = None, *, at: datetime = AT) -> Application:
    """A draft with nothing of the apartment's own filled in."""
    load_apartment_policy(at=at)
    person = person or make_master(at=at)
    return start_application(user=person.user, programme_code=CODE, policy_code=POLICY, privacy_read_at=at, at=at)


def make_apartment_draft(
    person: Person | None = None, *, spouse_number: str = "", types: list[UnitType] | None = None, at: datetime = AT
) -> Application:
    """A draft with everything filled in: alone, or with the spouse of that number."""
    draft = start_apartment(person, at=at)
    user = draft.applicant.user
    household = HOUSEHOLD | (SPOUSE | {"spouse_number": spouse_number} if spouse_number else {})
    keep(draft, "household", household, by=user, at=at)
    choose_types(draft, types or [make_type()], by=user, at=at)
    keep(draft, "declaration", DECLARED, by=user, at=at)
    for paper in required_papers(draft, answers_of(draft.applicant)):
        made = make_paper(draft.applicant, paper.kind, at=at)
        put_on_shelf(application=draft, kind=paper.kind, paper=made, by=user, at=at)
    return draft


def make_apartment_application_in(state: str, person: Person | None = None, **asked: object) -> Application:
    """An application that walked the route to ``state``, an hour a stage and the working days of the notice."""
    return walk_apartment(make_apartment_draft(person, **asked), state)


def walk_apartment(row: Application, state: str) -> Application:
    """The application, on to ``state``; the reviewer reads the employer's place off its licence."""
    if STATES.index(state) > STATES.index("first_review"):
        row = walk_on(row, "first_review")
        settle_everything(row, at=row.state_at, **EMPLOYER)
        row.refresh_from_db()
    return walk_on(row, state)


def give_tier(application: Application, tier: str = "MST", *, at: datetime = AT) -> Application:
    """Let a row of ``make_approved`` enter rounds: it is as if the policy had found it on this rung of the ladder."""
    submission = Submission.objects.create(
        application=application, number=1, at=at, by=application.applicant.user, answers={}, digest="0" * 64
    )
    Assessment.objects.create(
        application=application,
        number=1,
        submission=submission,
        policy_version=application.policy_version,
        trigger=Assessment.Trigger.AUTOMATIC,
        at=at,
        verdict="eligible",
        facts=Facts(on=at.date(), known={}).as_json(),
        result=Assessed(Verdict.ELIGIBLE, 0, (), (), Offer(tier)).as_json(),
    )
    return application


def open_round(building: Building | None = None, *, mode: str = Mode.LOTTERY, at: datetime = AT) -> Round:
    """A round with every unit of the building that anybody may enter for ten days from ``at``."""
    row = make_round(building or make_building(), mode=mode, at=at)
    row.state, row.opens_at, row.freezes_at = RoundState.OPEN, at - HOUR, at + 10 * DAY
    row.draw_at = row.public_value_at = at + 12 * DAY
    row.entrants_sha256 = row.seed = row.public_value = ""
    row.drawn_by = row.drawn_at = row.published_at = None
    row.save()
    return row
