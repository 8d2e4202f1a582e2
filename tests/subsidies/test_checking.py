"""What keeps a payable off a roll."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from applicants.people.models import Education, Employment, PayoutAccount
from applicants.people.services import give_account, save_employment, save_identity
from portal.casework.models import Application
from portal.casework.services.drafting import put_on_shelf
from subsidies.models import Payable
from subsidies.services.checking import obstacles, payables_of
from subsidies.services.settling import recheck_payable, settle_payable_account
from tests.factories import SHANGHAI, make_paper, staff
from tests.subsidies.paying import LATER, cancelled, codes, give_another_account, quick_payable, walked_payable

pytestmark = pytest.mark.django_db
DUE = datetime(2026, 10, 16, 9, 0, tzinfo=SHANGHAI)


def test_an_approved_application_has_nothing_in_the_way():
    assert codes(walked_payable()) == []


def test_a_payable_waits_for_its_day():
    payable = quick_payable(due_on=date(2023, 11, 2))
    assert codes(payable, at=LATER) == ["not_due"]
    assert codes(payable, at=LATER + timedelta(days=1)) == []


def test_a_cancelled_payable_is_never_paid():
    assert codes(quick_payable(**cancelled())) == ["cancelled"]


def test_a_person_without_account_waits():
    payable = quick_payable()
    PayoutAccount.objects.all().delete()
    assert codes(payable) == ["account_missing"]


def test_the_holder_must_be_the_person():
    payable = quick_payable()
    account = payable.person.current_account()
    account.holder = "陈可欣"
    account.save()
    assert codes(payable) == ["holder_differs", "account_not_settled"]


def test_a_changed_employer_stands_in_the_way_and_a_changed_phone_does_not():
    payable = quick_payable()
    save_identity(person=payable.person, values={"phone": "13900000001"}, by=None, at=LATER)
    assert codes(payable) == []
    save_employment(person=payable.person, values={"employer_name": "石狮云帆跨境电商有限公司"}, by=None, at=LATER)
    assert codes(payable) == ["changed_since_approval"]


def test_a_changed_name_takes_the_proof_of_the_number_away():
    payable = quick_payable()
    save_identity(person=payable.person, values={"legal_name": "林小航"}, by=None, at=LATER)
    assert codes(payable) == ["number_not_proven", "holder_differs", "changed_since_approval"]


def test_a_person_without_education_and_employment_is_no_error():
    payable = quick_payable()
    Education.objects.all().delete()
    Employment.objects.all().delete()
    assert codes(payable) == ["changed_since_approval"]


def test_an_account_given_after_approval_waits_until_a_reviewer_has_compared_it():
    payable = quick_payable()
    account, paper = give_another_account(payable.application, at=LATER)
    assert codes(payable) == ["account_not_settled"]
    settle_payable_account(payable=payable, account_id=account.pk, paper_id=paper, by=staff("first_reviewer"), at=LATER)
    assert codes(payable) == []


@pytest.mark.parametrize("minutes", [-60, 0, 60])
@pytest.mark.parametrize("changes", [{"number": "6217001870001234567"}, {"holder": "林 晚舟"}])
def test_an_account_that_the_last_submission_did_not_declare_was_seen_by_nobody(minutes, changes):
    payable = quick_payable()
    when = payable.application.submitted_at + timedelta(minutes=minutes)
    give_account(person=payable.person, values=changes, by=None, at=when)
    assert "account_not_settled" in codes(payable)


def test_the_declared_account_given_again_was_compared_in_the_review():
    payable = quick_payable()
    declared = payable.person.current_account()
    give_account(person=payable.person, values={"number": "6217001870001234567"}, by=None, at=LATER)
    give_account(person=payable.person, values={"number": declared.number}, by=None, at=LATER)
    assert codes(payable) == []


@pytest.mark.slow
def test_the_second_instalment_waits_two_years_and_for_the_recheck():
    second = walked_payable(policy="YTE-2024", number=2)
    assert second.due_on == date(2026, 10, 16)
    assert codes(second, at=DUE - timedelta(days=1)) == ["not_due", "recheck_needed"]
    assert codes(second, at=DUE) == ["recheck_needed"]
    person, application = second.person, Application.objects.get(pk=second.application_id)
    paper = make_paper(person, "in_post_proof", at=DUE - timedelta(days=30))
    put_on_shelf(application=application, kind="in_post_proof", paper=paper, by=person.user, at=DUE)
    recheck_payable(payable=second, paper_id=paper.pk, by=staff("first_reviewer"), at=DUE - timedelta(days=20))
    assert codes(second, at=DUE - timedelta(days=1)) == ["not_due"]
    assert codes(second, at=DUE) == []


def test_what_the_recheck_has_seen_is_accepted_and_what_changes_after_it_is_not():
    payable = quick_payable(is_recheck_needed=True)
    person = payable.person
    save_employment(person=person, values={"employer_name": "石狮云帆跨境电商有限公司"}, by=None, at=LATER)
    paper = make_paper(person, "in_post_proof", at=LATER)
    put_on_shelf(application=payable.application, kind="in_post_proof", paper=paper, by=person.user, at=LATER)
    recheck_payable(payable=payable, paper_id=paper.pk, by=staff("first_reviewer"), at=LATER)
    assert codes(payable) == []
    save_employment(person=person, values={"in_post": "no"}, by=None, at=LATER)
    assert codes(payable) == ["changed_since_approval"]


@pytest.mark.slow
def test_checking_costs_the_same_number_of_queries_for_one_and_for_many():
    quick_payable()

    def cost() -> int:
        user = staff("finance")
        assert user.grants
        with CaptureQueriesContext(connection) as queries:
            for payable in payables_of(user):
                obstacles(payable, on=LATER.date())
        return len(queries)

    of_one = cost()
    for _turn in range(9):
        quick_payable()
    assert Payable.objects.count() == 10
    assert cost() == of_one == 4
