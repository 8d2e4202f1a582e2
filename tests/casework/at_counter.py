"""The counter in tests: somebody without an account, whose application a clerk begins, fills in and sends."""

from datetime import timedelta

from applicants.people.answers import answers_of
from applicants.people.models import Person
from portal.casework.completeness import required_papers
from portal.casework.models import Application
from portal.casework.services.drafting import answer_section, submit_application
from portal.casework.services.entering import enter_application
from portal.casework.services.supplying import hand_in_paper
from subsidies.services.declaring import save_declaration
from tests import factories as make
from tests.factories import ACCOUNT, AT, DECLARATION, EDUCATION, EMPLOYMENT, IDENTITY

PAPER = {"legal_name": "吴海生", "number_kind": "resident_id", "birth_date": None}


def identity(**changes):
    """What stands on the card of somebody new."""
    return {**PAPER, "number": make.make_number(), **changes}


def enter(by, seen=None, *, person=None, policy="LS-2022", at=AT) -> Application:
    """An application begun at the counter for who has the card ``seen``."""
    make.load_policies(at)
    return enter_application(
        identity=seen or identity(),
        person=person,
        programme_code="living-subsidy",
        policy_code=policy,
        by=by,
        at=at,
    )


def hand_in(row, kind, *, by, at=AT):
    """One scan, put on the shelf by the clerk."""
    row = Application.objects.select_related("applicant").get(pk=row.pk)
    return hand_in_paper(application=row, kind=kind, upload=make.make_upload(f"{kind}.jpg"), by=by, at=at)


def fill(row, *, by, at=AT, town="fengli", without=()):
    """Everything the person says and hands in, without the kinds of paper in ``without``."""
    name = row.applicant.legal_name
    sections = {
        "identity": {**IDENTITY, "legal_name": name},
        "education": EDUCATION,
        "employment": {**EMPLOYMENT, "credit_code": make.make_credit_code(), "town": town},
        "account": {**ACCOUNT, "holder": name, "number": "6217001800000000123"},
    }
    for section, values in sections.items():
        answer_section(application=row, section=section, values=values, by=by, at=at)
    for asked in required_papers(row, answers_of(Person.objects.get(pk=row.applicant_id))):
        if asked.kind not in without:
            hand_in(row, asked.kind, by=by, at=at)
    save_declaration(application=row, values=DECLARATION, by=by, at=at)
    return Application.objects.select_related("applicant__user").get(pk=row.pk)


def sent(by, *, at=AT) -> Application:
    """One that the clerk has handed in for the person, checked: it waits to be accepted."""
    row = submit_application(application=fill(enter(by, at=at), by=by, at=at), by=by, at=at)
    make.check_submission(submission_id=row.submissions.get().pk, at=at + timedelta(hours=1))
    return Application.objects.select_related("applicant__user").get(pk=row.pk)
