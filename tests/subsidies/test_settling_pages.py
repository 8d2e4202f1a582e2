"""The pages on which a first reviewer settles an account, a post, or what has changed."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from applicants.people.services import save_employment
from portal.audit.models import Entry
from portal.casework.services.drafting import put_on_shelf
from subsidies.services.settling import settle_payable_account
from tests.browsing import signed_in, text_of
from tests.factories import make_paper, make_person, make_staff, move_clock, staff
from tests.subsidies.paying import LATER, give_another_account, quick_payable
from tests.subsidies.test_money_pages import PAYABLES, said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_week_after_approval():
    move_clock(LATER)


def test_a_first_reviewer_compares_an_account_with_its_proof():
    payable = quick_payable()
    account, paper = give_another_account(payable.application, at=LATER)
    client, page = signed_in("first_reviewer"), reverse("payable_account", args=[payable.pk])
    assert page in client.get(PAYABLES).content.decode()
    shown = client.get(page)
    assert "6217001870001234567" in text_of(shown)
    assert Entry.objects.filter(action="account.reveal").count() == 1
    assert client.get(reverse("paper", args=[paper]) + "?inline=1").status_code == 200
    data = {"account": str(account.pk), "paper": str(paper)}
    missing = client.post(page, data)
    assert missing.context["form"].errors["is_same"] == ["请逐位对过户名和账号再勾选；不一致的不要核对通过。"]
    done = client.post(page, data | {"is_same": "on"}, follow=True)
    assert said(done) == [f"{payable.application.reference} 的账户已核对。"]
    account.refresh_from_db()
    assert account.settled_by == staff("first_reviewer")
    assert "已核对" in text_of(client.get(page))


def test_an_account_in_another_name_cannot_be_settled_on_the_page():
    payable = quick_payable()
    give_another_account(payable.application, at=LATER, holder="陈可欣")
    text = text_of(signed_in("first_reviewer").get(reverse("payable_account", args=[payable.pk])))
    assert "户名与申请人姓名不一致，不能核对通过。" in text
    assert "一致，核对通过" not in text


def test_a_first_reviewer_rechecks_the_post():
    payable = quick_payable(is_recheck_needed=True)
    client, page = signed_in("first_reviewer"), reverse("payable_recheck", args=[payable.pk])
    assert "申请人还没有上传。" in text_of(client.get(page))
    paper = make_paper(payable.person, "in_post_proof", at=LATER)
    put_on_shelf(application=payable.application, kind="in_post_proof", paper=paper, by=payable.person.user, at=LATER)
    done = client.post(page, {"paper": str(paper.pk), "is_in_post": "on"}, follow=True)
    assert said(done) == [f"{payable.application.reference} 已核实仍在职。"]
    assert signed_in("first_reviewer").get(reverse("payable_recheck", args=[quick_payable().pk])).status_code == 404


def test_a_first_reviewer_settles_a_changed_employer_against_a_paper():
    payable = quick_payable()
    user = payable.person.user
    save_employment(person=payable.person, values={"employer_name": "石狮云帆跨境电商有限公司"}, by=user, at=LATER)
    paper = make_paper(payable.person, "in_post_proof", at=LATER)
    put_on_shelf(application=payable.application, kind="in_post_proof", paper=paper, by=user, at=LATER)
    client, page = signed_in("first_reviewer"), reverse("payable_recheck", args=[payable.pk])
    assert page in client.get(PAYABLES).content.decode()
    assert "石狮云帆跨境电商有限公司" in text_of(client.get(page))
    done = client.post(page, {"paper": str(paper.pk), "is_in_post": "on"}, follow=True)
    assert said(done) == [f"{payable.application.reference} 已核实仍在职。"]
    assert page not in client.get(PAYABLES).content.decode()
    assert "已核实仍在职。" in text_of(client.get(page))


def test_who_compared_the_account_has_no_box_to_tick():
    payable, both = quick_payable(), make_staff("first_reviewer", "finance")
    account, paper = give_another_account(payable.application, at=LATER)
    settle_payable_account(payable=payable, account_id=account.pk, paper_id=paper, by=both, at=LATER)
    page = signed_in(both).get(PAYABLES + "?view=ready")
    assert "由您审定、核对，或属于您本人，请同事汇总" in text_of(page)
    assert str(payable.pk) not in re.findall(r'name="payable" value="([^"]+)"', page.content.decode())


def test_a_recheck_that_is_too_early_says_from_when():
    payable = quick_payable(is_recheck_needed=True, due_on=(LATER + timedelta(days=730)).date())
    text = text_of(signed_in("first_reviewer").get(reverse("payable_recheck", args=[payable.pk])))
    assert "2025 年 9 月 1 日起才能核实。" in text


def test_nobody_sees_their_own_account_at_the_desk():
    reviewer = make_staff("first_reviewer")
    payable = quick_payable(person=make_person(reviewer))
    assert signed_in(reviewer).get(reverse("payable_account", args=[payable.pk])).status_code == 404
