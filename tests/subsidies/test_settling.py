"""A first reviewer settles another account, and "still in post"."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from applicants.people.models import PayoutAccount
from applicants.people.services import save_employment
from portal.accounts.models import RoleGrant
from portal.audit.models import Entry
from portal.casework.services.advancing import StepRefused
from portal.casework.services.drafting import put_on_shelf
from subsidies.models import Payable
from subsidies.services.outlook import payment_outlook
from subsidies.services.settling import recheck_payable, reveal_account, settle_payable_account
from tests.factories import SHANGHAI, make_paper, make_person, make_staff, staff
from tests.subsidies.paying import LATER, cancelled, codes, give_another_account, issued, quick_payable

pytestmark = pytest.mark.django_db
NO_RIGHT = "您没有办理这一步的权限。"


def with_proof(**fields) -> tuple[Payable, object]:
    payable = quick_payable(**{"is_recheck_needed": True} | fields)
    paper = make_paper(payable.person, "in_post_proof", at=LATER)
    put_on_shelf(application=payable.application, kind="in_post_proof", paper=paper, by=payable.person.user, at=LATER)
    return payable, paper.pk


def test_a_compared_account_names_who_when_and_which_paper():
    payable = quick_payable()
    account, paper = give_another_account(payable.application, at=LATER)
    by = staff("first_reviewer")
    assert reveal_account(payable=payable, by=by, at=LATER).number == "6217001870001234567"
    settle_payable_account(payable=payable, account_id=account.pk, paper_id=paper, by=by, at=LATER)
    account.refresh_from_db()
    assert (account.settled_by, account.settled_at, account.settled_paper_id) == (by, LATER, paper)
    entry = Entry.objects.get(action="account.reveal")
    assert (entry.actor, entry.target_id, entry.fields) == (by, str(account.pk), ["number", "holder"])


def test_an_account_changed_since_the_page_was_opened_is_not_settled():
    payable = quick_payable()
    first, _paper = give_another_account(payable.application, at=LATER)
    _second, paper = give_another_account(
        payable.application, at=LATER + timedelta(hours=1), number="6217001870007654321"
    )
    with pytest.raises(StepRefused, match="申请人刚刚又换了账户"):
        settle_payable_account(
            payable=payable, account_id=first.pk, paper_id=paper, by=staff("first_reviewer"), at=LATER
        )
    assert PayoutAccount.objects.filter(settled_at__isnull=False).count() == 0


def test_another_holder_is_never_settled():
    payable = quick_payable()
    account, paper = give_another_account(payable.application, at=LATER, holder="陈可欣")
    with pytest.raises(StepRefused, match="户名与申请人姓名不一致"):
        settle_payable_account(
            payable=payable, account_id=account.pk, paper_id=paper, by=staff("first_reviewer"), at=LATER
        )


def test_only_an_account_proof_of_this_file_will_do():
    payable, proof_of_post = with_proof()
    account, _paper = give_another_account(payable.application, at=LATER)
    other = give_another_account(quick_payable().application, at=LATER)[1]
    for paper in (proof_of_post, other, uuid4()):
        with pytest.raises(StepRefused, match="这份材料已经不在档案里"):
            settle_payable_account(
                payable=payable, account_id=account.pk, paper_id=paper, by=staff("first_reviewer"), at=LATER
            )


def test_the_account_of_the_review_needs_no_second_look():
    payable = quick_payable()
    account = payable.person.current_account()
    with pytest.raises(StepRefused, match="这个账户在审核时已经核对过。"):
        settle_payable_account(
            payable=payable, account_id=account.pk, paper_id=uuid4(), by=staff("first_reviewer"), at=LATER
        )


@pytest.mark.parametrize("role", ["clerk", "second_reviewer", "finance", "approver", "administrator", "auditor"])
def test_only_a_first_reviewer_settles(role):
    payable, paper = with_proof()
    by = staff(role)
    for act, values in (
        (reveal_account, {}),
        (settle_payable_account, {"account_id": payable.person.current_account().pk, "paper_id": paper}),
        (recheck_payable, {"paper_id": paper}),
    ):
        with pytest.raises(StepRefused, match=NO_RIGHT):
            act(payable=payable, by=by, at=LATER, **values)
    assert Entry.objects.filter(action="account.reveal").count() == 0


def test_nobody_settles_from_another_town_for_themselves_or_what_they_approved():
    payable, paper = with_proof(town="fengli")
    approver = staff("approver")
    RoleGrant.objects.create(user=approver, role="first_reviewer")
    approver.refresh_from_db()
    self_reviewer = make_staff("first_reviewer")
    own, own_paper = with_proof(person=make_person(self_reviewer))
    for row, proof, by in (
        (payable, paper, make_staff("first_reviewer", town="lingxiu")),
        (payable, paper, approver),
        (own, own_paper, self_reviewer),
    ):
        with pytest.raises(StepRefused, match=NO_RIGHT):
            recheck_payable(payable=row, paper_id=proof, by=by, at=LATER)


def test_a_recheck_names_who_when_and_which_paper_and_is_done_once():
    payable, paper = with_proof()
    row = recheck_payable(payable=payable, paper_id=paper, by=staff("first_reviewer"), at=LATER)
    assert (row.rechecked_by, row.rechecked_at, row.recheck_paper_id) == (staff("first_reviewer"), LATER, paper)
    again = recheck_payable(
        payable=payable, paper_id=paper, by=make_staff("first_reviewer"), at=LATER + timedelta(days=1)
    )
    assert (again.rechecked_by, again.rechecked_at) == (staff("first_reviewer"), LATER)
    assert Entry.objects.filter(action="payable.recheck").count() == 1


def test_sixty_days_before_the_due_day_is_the_earliest():
    payable, paper = with_proof(due_on=datetime(2026, 10, 16).date())
    by, first_day = staff("first_reviewer"), datetime(2026, 8, 17, 9, 0, tzinfo=SHANGHAI)
    with pytest.raises(StepRefused) as caught:
        recheck_payable(payable=payable, paper_id=paper, by=by, at=first_day - timedelta(days=1))
    assert str(caught.value) == "2026 年 8 月 17 日起才能核实。太早的证明说明不了发放时的情况。"
    assert recheck_payable(payable=payable, paper_id=paper, by=by, at=first_day).rechecked_at == first_day


def test_a_payable_that_needs_no_recheck_gets_none():
    for fields in ({"is_recheck_needed": False}, {"is_recheck_needed": True, **cancelled()}):
        with pytest.raises(StepRefused, match="这一笔发放前不用核实在职。"):
            recheck_payable(payable=quick_payable(**fields), paper_id=uuid4(), by=staff("first_reviewer"), at=LATER)


def changed_payable() -> tuple[Payable, object]:
    """A payable paid in one part whose person has changed the employer since, with a proof on the shelf."""
    payable, paper = with_proof()
    Payable.objects.filter(pk=payable.pk).update(is_recheck_needed=False)
    values = {"employer_name": "石狮云帆跨境电商有限公司"}
    save_employment(person=payable.person, values=values, by=payable.person.user, at=LATER)
    return payable, paper


def test_what_has_changed_since_approval_is_settled_against_a_paper_and_may_change_again():
    payable, paper = changed_payable()
    assert codes(payable) == ["changed_since_approval"]
    row = recheck_payable(payable=payable, paper_id=paper, by=staff("first_reviewer"), at=LATER)
    assert (row.rechecked_by, row.rechecked_at, row.recheck_paper_id) == (staff("first_reviewer"), LATER, paper)
    assert codes(payable) == []
    save_employment(person=payable.person, values={"in_post": "no"}, by=None, at=LATER)
    assert codes(payable) == ["changed_since_approval"]
    later, by = LATER + timedelta(days=1), make_staff("first_reviewer")
    assert recheck_payable(payable=payable, paper_id=paper, by=by, at=later).rechecked_by == by
    assert codes(payable) == []
    assert Entry.objects.filter(action="payable.recheck", target_id=str(payable.pk)).count() == 2


@pytest.mark.slow
def test_a_change_is_not_settled_once_the_bank_has_been_told():
    payable, paper = with_proof(is_recheck_needed=False)
    issued(payable)
    save_employment(person=payable.person, values={"in_post": "no"}, by=None, at=LATER)
    with pytest.raises(StepRefused, match="这一笔发放前不用核实在职。"):
        recheck_payable(payable=payable, paper_id=paper, by=staff("first_reviewer"), at=LATER)


def test_an_early_change_of_a_later_instalment_waits_for_its_sixty_days():
    payable, paper = with_proof(due_on=datetime(2026, 10, 16).date())
    save_employment(person=payable.person, values={"in_post": "no"}, by=None, at=LATER)
    with pytest.raises(StepRefused, match="2026 年 8 月 17 日起才能核实。"):
        recheck_payable(payable=payable, paper_id=paper, by=staff("first_reviewer"), at=LATER)


def test_the_applicant_is_asked_for_a_paper_about_the_change_until_there_is_one():
    payable = quick_payable()
    application, person = payable.application, payable.person

    def asked() -> tuple[str, str]:
        outlook = payment_outlook([application], LATER.date())[application.pk]
        return outlook.evidence_kind, outlook.payments[0].text

    assert asked() == ("", "正在安排发放。")
    save_employment(person=person, values={"employer_name": "石狮云帆跨境电商有限公司"}, by=None, at=LATER)
    assert asked() == ("in_post_proof", "批准后您的资料有变动，要核实后才能发放，请上传现单位的在职证明。")
    paper = make_paper(person, "in_post_proof", at=LATER)
    put_on_shelf(application=application, kind="in_post_proof", paper=paper, by=person.user, at=LATER)
    assert asked() == ("", "材料已收到，等工作人员核实您仍在职。")
    recheck_payable(payable=payable, paper_id=paper.pk, by=staff("first_reviewer"), at=LATER)
    assert asked() == ("", "正在安排发放。")
