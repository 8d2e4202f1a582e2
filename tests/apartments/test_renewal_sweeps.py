"""What the portal does by itself about renewals: all hear of their window, and what is oldest is billed first."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from housing.apartments.models import Lease
from housing.apartments.services.billing import make_bills
from housing.apartments.services.receiving import receive
from housing.apartments.services.renewing import ask_for_renewal, begin_renewals, decide_renewal, tell_of_windows
from portal.accounts.models import Role
from portal.notifications.models import Letter
from portal.policy.services import load_policy
from tests.apartments.making import FIRST
from tests.apartments.renting import make_running, on, sign_by_hand
from tests.factories import staff

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LAST = date(2027, 3, 31)


def pay(lease: Lease, fen: int, reference: str, day: date) -> None:
    asked = {"bank_reference": reference, "amount_fen": fen, "received_on": day}
    receive(lease_id=lease.pk, **asked, by=staff(Role.FINANCE), at=on(day))


def renew(lease: Lease) -> Lease:
    said = {"is_in_post": True, "has_home": False, "note": "", "by": lease.person.user}
    row = ask_for_renewal(lease_id=lease.pk, **said, at=on(date(2027, 1, 4)))
    said = {"is_granted": True, "is_extended": False, "reason": "条件没有变", "by": staff(Role.APPROVER)}
    decide_renewal(request_id=row.pk, **said, at=on(date(2027, 1, 5)))
    return sign_by_hand(lease.renewal, at=on(date(2027, 1, 6)))


def test_one_damaged_lease_keeps_nobody_from_hearing_that_they_may_renew():
    damaged, sound = make_running(), make_running()
    Lease.objects.filter(pk=damaged.pk).update(ends_on=LAST - DAY)  # the first in turn
    text = Path(settings.BASE_DIR, "housing/policy/LODGE-2023.yaml").read_text(encoding="utf-8")
    version = load_policy(text, at=on(FIRST))  # says nothing of renting
    type(damaged.application).objects.filter(pk=damaged.application_id).update(policy_version=version)
    for _turn in range(2):
        assert tell_of_windows(at=on(date(2027, 1, 4))) == 1
    assert Letter.objects.get(kind="renewal_opens").recipient == sound.person.user


def test_a_lease_is_billed_before_its_renewal_so_that_money_pays_what_is_oldest():
    lease = make_running()
    make_bills(at=on(FIRST))
    pay(lease, 200_000, "B1", FIRST)
    renewal = renew(lease)
    pay(lease, 50_000, "B2", date(2027, 1, 7))  # nothing but April has been billed
    begin_renewals(at=on(LAST + DAY))
    make_bills(at=on(LAST + DAY))
    assert lease.bills.get(month=date(2026, 5, 1)).paid_fen == 50_000
    assert [bill.paid_fen for bill in renewal.bills.all()] == [0]
