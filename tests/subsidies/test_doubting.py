"""Before pay day registers are asked once more; a doubt holds the money until a person has looked (cases 10 and 24)."""

from datetime import timedelta

import pytest

from applicants.registers.models import RegisterAnswer
from portal.casework.services.asking import ask_registers
from portal.casework.states import State
from portal.notifications.models import Letter
from subsidies.models import Payable
from subsidies.services.checking import obstacles, payables_of
from subsidies.services.doubting import ask_before_paying, weigh_answers
from subsidies.services.settling import recheck_payable
from tests import factories as make
from tests.casework.moving import now
from tests.casework.register_answers import answer

pytestmark = pytest.mark.django_db

WEEK = timedelta(days=8)


@pytest.fixture
def granted():
    """An approved application, a week after its approval, with its one payable ready."""
    row = make.make_application_in(State.APPROVED)
    row.later = Payable.objects.get().approved_at + WEEK
    assert in_the_way(row) == []
    return row


def in_the_way(row):
    payable = payables_of(make.staff("finance")).get(application=row)
    return obstacles(payable, on=row.later.date())


def told(row, register, values):
    answer(row.applicant, register, values, at=row.later)
    weigh_answers(now(row), row.later)


def test_whoever_is_to_be_paid_within_a_week_is_asked_about_once_a_week(granted, settings):
    settings.REGISTER_URL = "http://127.0.0.1:9/registers"
    assert ask_before_paying(at=granted.later) == 1
    asked = RegisterAnswer.objects.waiting().filter(asked_for=granted.pk)
    assert set(asked.values_list("register", flat=True)) == {"insurance", "household", "grants"}
    assert ask_before_paying(at=granted.later + timedelta(days=1)) == 0
    asked.delete()
    assert ask_before_paying(at=granted.later + timedelta(days=2)) == 1


def test_a_register_that_does_not_answer_holds_nothing(granted, settings):
    settings.REGISTER_URL = "http://127.0.0.1:9/registers"
    ask_registers(granted, at=granted.later, facts=["in_post"], afresh=True)
    weigh_answers(now(granted), granted.later)
    told(granted, "household", None)
    assert in_the_way(granted) == []


def test_24_somebody_who_left_the_post_is_not_paid_until_a_reviewer_has_looked(granted):
    told(granted, "insurance", {"in_post": "no"})
    assert in_the_way(granted) == ["doubt_in_post"]
    assert Letter.objects.filter(kind="payment_doubted", recipient=granted.applicant.user).count() == 1
    weigh_answers(now(granted), granted.later + timedelta(days=1))
    assert Letter.objects.filter(kind="payment_doubted").count() == 1

    paper = make.make_paper(granted.applicant, "in_post_proof")
    make.put_on_shelf(
        application=granted, kind="in_post_proof", paper=paper, by=granted.applicant.user, at=granted.later
    )
    payable = payables_of(make.staff("first_reviewer")).get()
    at = granted.later + timedelta(days=1)
    recheck_payable(payable=payable, paper_id=paper.pk, by=make.staff("first_reviewer"), at=at)
    assert in_the_way(granted) == []


def test_24_a_register_that_takes_its_word_back_lifts_the_doubt(granted):
    told(granted, "insurance", {"in_post": "no"})
    granted.later += timedelta(days=1)
    told(granted, "insurance", {"in_post": "yes"})
    assert in_the_way(granted) == []


def test_24_of_somebody_who_died_the_money_waits_and_no_letter_goes_out(granted):
    told(granted, "household", {"deceased_on": "2023-11-01"})
    assert in_the_way(granted) == ["doubt_deceased_on"]
    assert Letter.objects.filter(kind="payment_doubted").count() == 0


def test_10_a_grant_of_another_county_holds_the_money_and_the_portal_s_own_does_not(granted):
    told(granted, "grants", {"prior_grants": "LS-2022@350581@10000@2023-10-30"})
    assert in_the_way(granted) == []
    granted.later += timedelta(days=1)
    told(granted, "grants", {"prior_grants": "LS-2022@350581@10000@2023-10-30;living-subsidy@350582@8000@2023-10-20"})
    assert in_the_way(granted) == ["doubt_prior_grants"]
