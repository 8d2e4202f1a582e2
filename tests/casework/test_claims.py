"""Case 10: two grants that exclude each other, approved at the same moment by two accounts, are one grant."""

import pytest
from django.db import IntegrityError, transaction

from portal.casework.models import Application, Decision, GrantClaim
from portal.casework.states import State
from subsidies.models import Payable
from subsidies.services.cancelling import cancel_payable
from tests import factories as make
from tests.casework.moving import now, refused, take
from tests.factories import AT

pytestmark = pytest.mark.django_db


def two_of_one_number():
    """Two applications at final approval, in two programmes and by two accounts, accepted under one number."""
    first, second = (make.make_application_in(State.FINAL_APPROVAL) for _turn in range(2))
    Application.objects.filter(pk=second.pk).update(number_hash=first.number_hash, programme="apartment")
    return now(first), now(second)


def test_an_approval_takes_the_place_in_the_exclusion_group():
    row = make.make_application_in(State.APPROVED)
    claim = GrantClaim.objects.get()
    assert (claim.group, claim.number_hash, claim.application_id) == (
        "quanzhou-living-subsidy",
        row.applicant.number_hash,
        row.pk,
    )


@pytest.mark.slow
def test_the_second_approval_of_one_number_is_refused_and_leaves_nothing_behind():
    first, second = two_of_one_number()
    take(first, "approve", "approver")
    assert refused(second, "approve", "approver") == "同一证件号码已经批准过与这项互斥的补贴，不能再批准。"
    assert Decision.objects.filter(outcome="approved").count() == 1
    assert GrantClaim.objects.count() == 1


@pytest.mark.slow
def test_the_database_itself_keeps_one_live_grant_per_number_and_group():
    first, second = two_of_one_number()
    take(first, "approve", "approver")
    with pytest.raises(IntegrityError), transaction.atomic():
        GrantClaim.objects.create(
            group="quanzhou-living-subsidy", number_hash=first.number_hash, application=second, taken_at=AT
        )


@pytest.mark.slow
def test_a_grant_taken_back_whole_gives_the_place_back():
    first, second = two_of_one_number()
    take(first, "approve", "approver")
    cancel_payable(payable=Payable.objects.get(), reason="批错了", by=make.staff("administrator"), at=AT)
    assert now(second).state == State.FINAL_APPROVAL
    take(second, "approve", "approver")
    assert [claim.released_at is None for claim in GrantClaim.objects.order_by("taken_at")].count(True) == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_the_same_moment_are_one_grant(race):
    rows, approver = two_of_one_number(), make.staff("approver")

    outcomes = race(2, lambda n: take(rows[n], "approve", approver))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Application", "StepRefused"]
    assert GrantClaim.objects.filter(released_at__isnull=True).count() == 1
    assert Application.objects.filter(state=State.APPROVED).count() == 1
