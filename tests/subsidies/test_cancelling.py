"""An administrator gives a payable up."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.accounts.models import RoleGrant
from portal.audit.models import Entry
from portal.casework.programmes import grants_of
from portal.casework.services.advancing import StepRefused
from subsidies.models import Payable
from subsidies.services.cancelling import cancel_payable
from tests.factories import make_person, make_staff, move_clock, staff
from tests.subsidies.paying import LATER, codes, collected, issued, quick_payable

pytestmark = pytest.mark.django_db
REASON = "8 月已离职，见单位证明。"
ON_A_ROLL = "这一笔在花名册上或已经发放，不能取消。没签发的花名册可以先作废。"


def refusal(payable: Payable, by=None, reason: str = REASON) -> str:
    with pytest.raises(StepRefused) as caught:
        cancel_payable(payable=payable, reason=reason, by=by or staff("administrator"), at=LATER)
    assert Payable.objects.get(pk=payable.pk).cancelled_at is None
    return str(caught.value)


def test_a_cancelled_payable_names_who_when_and_why_and_is_no_grant_any_more():
    payable = quick_payable()
    assert len(grants_of(payable.person)) == 1
    for _turn in range(2):
        cancel_payable(payable=payable, reason=REASON, by=staff("administrator"), at=LATER)
    row = Payable.objects.get(pk=payable.pk)
    assert (row.cancelled_by, row.cancelled_at, row.cancelled_reason) == (staff("administrator"), LATER, REASON)
    assert codes(payable) == ["cancelled"]
    assert grants_of(payable.person) == []
    entry = Entry.objects.get(action="payable.cancel")
    assert (entry.target_id, entry.fields) == (str(payable.pk), ["cancelled_at", "cancelled_reason"])
    sealed = Payable.objects.values_list("cancelled_reason", flat=True).get(pk=payable.pk)
    assert sealed.startswith("v1:")


@pytest.mark.slow
def test_what_stands_on_a_roll_is_not_cancelled():
    waiting, sent = quick_payable(), quick_payable()
    collected(waiting)
    issued(sent)
    assert refusal(waiting) == refusal(sent) == ON_A_ROLL


@pytest.mark.parametrize("role", ["clerk", "first_reviewer", "second_reviewer", "approver", "finance", "auditor"])
def test_only_an_administrator_cancels(role):
    assert refusal(quick_payable(), staff(role)) == "您没有办理这一步的权限。"


def test_not_from_another_town_not_for_oneself_and_not_without_a_reason():
    payable, own = quick_payable(), quick_payable(person=make_person(make_staff("administrator")))
    assert refusal(payable, make_staff("administrator", town="lingxiu")) == "您没有办理这一步的权限。"
    assert refusal(own, own.person.user) == "您没有办理这一步的权限。"
    assert refusal(payable, reason="  ") == "请写明取消的原因。"


def test_an_administrator_cancels_on_the_page():
    move_clock(LATER)
    payable, client = quick_payable(), Client()
    client.force_login(staff("administrator"))
    page = reverse("payable_cancel", args=[payable.pk])
    assert page in client.get("/desk/payables/").content.decode()
    assert client.post(page, {"reason": ""}).context["form"].errors["reason"] == ["请写明取消的原因。"]
    done = client.post(page, {"reason": REASON}, follow=True)
    assert [str(message) for message in done.context["messages"]] == [
        f"{payable.application.reference} 第 1 期已取消。"
    ]
    text = client.get(page).content.decode()
    assert REASON in text
    assert "<textarea" not in text
    RoleGrant.objects.filter(user=staff("administrator")).update(role="auditor")
    assert client.get(page).status_code == 404


def test_the_page_of_what_stands_on_a_roll_says_so():
    move_clock(LATER)
    payable, client = quick_payable(), Client()
    collected(payable)
    client.force_login(staff("administrator"))
    page = reverse("payable_cancel", args=[payable.pk])
    assert page not in client.get("/desk/payables/?view=all").content.decode()
    assert ON_A_ROLL in client.get(page).content.decode()
