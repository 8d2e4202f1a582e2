"""Rolls: collected, issued, dropped, downloaded, and by whom not."""

import hashlib
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from applicants.people.services import give_account, save_employment, save_identity
from portal.accounts.models import RoleGrant
from portal.audit.models import Entry
from portal.casework.services.advancing import StepRefused
from portal.casework.services.drafting import put_on_shelf
from portal.casework.services.recusing import recuse
from portal.vault.files import write_sealed
from subsidies.models import Payable, Roll
from subsidies.services.cancelling import cancel_payable
from subsidies.services.issuing import issue_roll
from subsidies.services.rolls import collect_roll, download_roll, drop_roll, visible_rolls
from subsidies.services.settling import recheck_payable, settle_payable_account
from tests.factories import make_number, make_paper, make_person, make_staff, staff
from tests.subsidies.paying import LATER, codes, collected, downloaded, give_another_account, issued, quick_payable

pytestmark = pytest.mark.django_db


def refusal(act, **arguments) -> str:
    with pytest.raises(StepRefused) as caught:
        act(**arguments)
    return str(caught.value)


def actions() -> list[str]:
    found = Entry.objects.filter(action__startswith="roll.").order_by("recorded_at", "id")
    return list(found.values_list("action", flat=True))


def test_collecting_puts_each_payable_on_one_numbered_line_by_due_date():
    later = quick_payable(due_on=date(2023, 10, 20), gross_fen=2_500_001, net_fen=2_500_001)
    first = quick_payable(due_on=date(2023, 10, 18))
    roll = collected(later, first)
    assert roll.number == "FF-2023-0001"
    assert [(line.position, line.payable, line.net_fen, line.is_live) for line in roll.lines.order_by("position")] == [
        (1, first, 1_000_000, True),
        (2, later, 2_500_001, True),
    ]
    assert actions() == ["roll.collect"]


def test_a_payable_stands_on_one_roll_only():
    payable = quick_payable()
    collected(payable)
    sentence = refusal(collect_roll, payable_ids=[payable.pk], by=staff("finance"), at=LATER)
    assert sentence == f"{payable.application.reference} 现在不能发放：已在一份花名册上。"
    assert Roll.objects.count() == 1


def test_a_dropped_roll_gives_its_payables_back():
    payable = quick_payable()
    roll = drop_roll(roll=collected(payable), by=staff("finance"), at=LATER)
    assert (roll.state, codes(payable)) == ("dropped", [])
    assert refusal(drop_roll, roll=roll, by=staff("finance"), at=LATER) == "这份花名册已经签发或作废。"
    assert refusal(issue_roll, roll=roll, by=staff("finance"), at=LATER) == "这份花名册已经签发或作废。"
    assert collected(payable).number == "FF-2023-0002"


@pytest.mark.slow
def test_an_issued_roll_cannot_be_dropped():
    roll = issued(quick_payable())
    assert refusal(drop_roll, roll=roll, by=staff("finance"), at=LATER) == "这份花名册已经签发或作废。"


def test_nothing_and_too_much_are_refused():
    assert refusal(collect_roll, payable_ids=[], by=staff("finance"), at=LATER) == "请至少选择一笔可以发放的款项。"
    many = [make_person().pk for _turn in range(1)] + [f"00000000-0000-0000-0000-{n:012d}" for n in range(500)]
    assert (
        refusal(collect_roll, payable_ids=many, by=staff("finance"), at=LATER)
        == "一次最多选 500 笔；更多的，请用“全部汇总”。"
    )


def test_one_payable_that_may_not_be_paid_keeps_the_whole_roll_back():
    good, early = quick_payable(), quick_payable(due_on=date(2024, 1, 1))
    sentence = refusal(collect_roll, payable_ids=[good.pk, early.pk], by=staff("finance"), at=LATER)
    assert sentence == f"{early.application.reference} 现在不能发放：还没到发放日期。"
    assert codes(good) == []


SHARED = "现在不能发放：别的申请人也用这个账户，一个账户只能有一个人。"


def two_with_one_account() -> tuple[Payable, Payable]:
    one = quick_payable()
    return one, quick_payable(person=make_person(account={"number": one.person.current_account().number}))


def test_two_people_with_one_account_are_paid_neither_together_nor_apart():
    one, other = two_with_one_account()
    for chosen in ([one.pk, other.pk], [one.pk], [other.pk]):
        assert SHARED in refusal(collect_roll, payable_ids=chosen, by=staff("finance"), at=LATER)
    cancel_payable(payable=one, reason="账户不是本人的。", by=staff("administrator"), at=LATER)
    assert codes(other) == []


@pytest.mark.slow
def test_an_account_that_was_paid_into_for_one_is_never_paid_into_for_another():
    one = quick_payable()
    number = one.person.current_account().number
    issued(one)
    give_account(person=one.person, values={"number": "6217001870001234567"}, by=None, at=LATER)
    other = quick_payable(person=make_person(account={"number": number}))
    assert codes(other) == ["account_shared"]


@pytest.mark.slow
def test_one_person_is_paid_twice_into_one_account():
    first = quick_payable()
    issued(first)
    first.pk, first.number = uuid4(), 2
    first._state.adding = True
    first.save()
    assert codes(first) == []


def test_an_account_that_another_gives_meanwhile_stops_the_issue():
    payable, other = quick_payable(), quick_payable()
    roll = collected(payable)
    number = payable.person.current_account().number
    give_account(person=other.person, values={"number": number}, by=None, at=LATER)
    assert refusal(issue_roll, roll=roll, by=staff("finance"), at=LATER) == f"{payable.application.reference} {SHARED}"


def test_finance_collects_within_its_towns_only():
    payable = quick_payable(town="fengli")
    elsewhere = make_staff("finance", town="lingxiu")
    assert refusal(collect_roll, payable_ids=[payable.pk], by=elsewhere, at=LATER) == (
        "有款项不在您的范围内，请刷新后再选。"
    )
    roll = collected(payable)
    assert list(visible_rolls(elsewhere)) == []
    assert refusal(issue_roll, roll=roll, by=elsewhere, at=LATER) == "您没有办理这一步的权限。"
    assert list(visible_rolls(make_staff("auditor", town="fengli"))) == [roll]


@pytest.mark.parametrize("role", ["clerk", "first_reviewer", "second_reviewer", "approver", "administrator", "auditor"])
def test_nobody_but_finance_acts_on_rolls(role):
    payable = quick_payable()
    roll = collected(payable)
    for act in (issue_roll, drop_roll, download_roll):
        assert refusal(act, roll=roll, by=staff(role), at=LATER) == "您没有办理这一步的权限。"
    drop_roll(roll=roll, by=staff("finance"), at=LATER)
    assert refusal(collect_roll, payable_ids=[payable.pk], by=staff(role), at=LATER) == (
        "有款项不在您的范围内，请刷新后再选。"
    )


@pytest.mark.slow
def test_who_approved_may_not_collect_issue_or_download():
    payable = quick_payable()
    approver = staff("approver")
    RoleGrant.objects.create(user=approver, role="finance")
    approver.refresh_from_db()
    expected = f"{payable.application.reference} 由您审定，不能再由您汇总或签发。"
    assert refusal(collect_roll, payable_ids=[payable.pk], by=approver, at=LATER) == expected
    roll = collected(payable)
    assert refusal(issue_roll, roll=roll, by=approver, at=LATER) == expected
    roll = issue_roll(roll=roll, by=staff("finance"), at=LATER)
    assert refusal(download_roll, roll=roll, by=approver, at=LATER) == "名单里有由您审定的款项，不能由您下载。"


KEPT_AWAY = "名单里有您回避的申请，要由同事签发和下载。"


@pytest.mark.slow
def test_who_keeps_away_from_one_file_of_a_roll_neither_issues_nor_downloads_it():
    payable, away = quick_payable(), make_staff("finance")
    roll = collected(quick_payable(), payable)
    recuse(application=payable.application, person=away, reason="近亲属。", by=staff("administrator"), at=LATER)
    assert refusal(issue_roll, roll=roll, by=away, at=LATER) == KEPT_AWAY
    roll = issue_roll(roll=roll, by=staff("finance"), at=LATER)
    assert refusal(download_roll, roll=roll, by=away, at=LATER) == KEPT_AWAY
    assert actions() == ["roll.collect", "roll.order", "roll.issue"]
    assert downloaded(roll=roll).startswith(b"PK")


@pytest.mark.slow
def test_who_compared_the_account_or_the_post_may_neither_collect_nor_issue():
    both = make_staff("first_reviewer", "finance")
    compared, rechecked = quick_payable(), quick_payable(is_recheck_needed=True)
    account, paper = give_another_account(compared.application, at=LATER)
    settle_payable_account(payable=compared, account_id=account.pk, paper_id=paper, by=both, at=LATER)
    proof = make_paper(rechecked.person, "in_post_proof", at=LATER)
    user = rechecked.person.user
    put_on_shelf(application=rechecked.application, kind="in_post_proof", paper=proof, by=user, at=LATER)
    recheck_payable(payable=rechecked, paper_id=proof.pk, by=both, at=LATER)
    for payable in (compared, rechecked):
        expected = f"{payable.application.reference} 的账户或在职由您核对，不能再由您汇总或签发。"
        assert refusal(collect_roll, payable_ids=[payable.pk], by=both, at=LATER) == expected
        roll = collected(payable)
        assert refusal(issue_roll, roll=roll, by=both, at=LATER) == expected
        assert issue_roll(roll=roll, by=staff("finance"), at=LATER).state == "issued"


def test_who_collected_may_not_compare_the_account_afterwards():
    both, payable = make_staff("first_reviewer", "finance"), quick_payable()
    collect_roll(payable_ids=[payable.pk], by=both, at=LATER)
    account, paper = give_another_account(payable.application, at=LATER)
    values = {"payable": payable, "account_id": account.pk, "paper_id": paper, "at": LATER}
    assert refusal(settle_payable_account, by=both, **values) == "您没有办理这一步的权限。"
    assert settle_payable_account(by=staff("first_reviewer"), **values).settled_at == LATER


def test_nobody_pays_themselves():
    finance = make_staff("finance")
    payable = quick_payable(person=make_person(finance))
    assert refusal(collect_roll, payable_ids=[payable.pk], by=finance, at=LATER) == (
        f"{payable.application.reference} 是您本人的款项，请由同事办理。"
    )


@pytest.mark.slow
def test_issuing_keeps_count_sum_and_the_digest_of_the_stored_bytes():
    roll = issued(quick_payable(), quick_payable(gross_fen=1_500_050, tax_fen=50, net_fen=1_500_000))
    content = downloaded(roll=roll)
    assert (roll.state, roll.count, roll.net_fen) == ("issued", 2, 2_500_000)
    assert roll.xlsx_sha256 == hashlib.sha256(content).hexdigest()
    with default_storage.open(roll.xlsx_name) as stored:
        assert b"PK\x03\x04" not in stored.read()  # sealed: no workbook to be seen
    assert actions() == ["roll.collect", "roll.order", "roll.issue", "roll.download"]
    assert Entry.objects.get(action="roll.issue").digest == roll.xlsx_sha256


@pytest.mark.slow
def test_issuing_twice_makes_one_file():
    roll = collected(quick_payable())
    once = issue_roll(roll=roll, by=staff("finance"), at=LATER)
    again = issue_roll(roll=roll, by=staff("finance"), at=LATER + timedelta(hours=1))
    assert (again.xlsx_name, again.xlsx_sha256, again.issued_at) == (once.xlsx_name, once.xlsx_sha256, LATER)
    assert len(default_storage.listdir(f"rolls/{roll.pk.hex}")[1]) == 4


def test_what_fails_at_issue_leaves_no_file_and_no_change():
    payable = quick_payable()
    roll = collected(payable)
    give_another_account(payable.application, at=LATER)
    sentence = refusal(issue_roll, roll=roll, by=staff("finance"), at=LATER)
    assert sentence == f"{payable.application.reference} 现在不能发放：后来更换的账户还没有核对。"
    roll.refresh_from_db()
    assert (roll.state, roll.xlsx_name) == ("collected", "")
    assert not default_storage.exists(f"rolls/{roll.pk.hex}")


@pytest.mark.slow
def test_an_issued_roll_never_changes_with_the_person():
    payable = quick_payable()
    person = payable.person
    roll = issued(payable)
    line, content = roll.lines.get(), downloaded(roll=roll)
    old = dict(line.payee)
    save_identity(person=person, values={"phone": "13900000001", "number": make_number()}, by=None, at=LATER)
    save_employment(person=person, values={"employer_name": "石狮云帆跨境电商有限公司"}, by=None, at=LATER)
    give_another_account(payable.application, at=LATER)
    line.refresh_from_db()
    assert line.payee == old
    assert line.account == old["account"]
    assert downloaded(roll=roll) == content


@pytest.mark.slow
def test_a_changed_or_missing_file_is_not_served():
    roll = issued(quick_payable())
    default_storage.delete(roll.xlsx_name)
    assert refusal(download_roll, roll=roll, by=staff("finance"), at=LATER) == "存档文件打不开，请联系管理员。"
    default_storage.save(roll.xlsx_name, ContentFile(b"not sealed"))
    assert refusal(download_roll, roll=roll, by=staff("finance"), at=LATER) == "存档文件打不开，请联系管理员。"
    default_storage.delete(roll.xlsx_name)
    write_sealed(roll.xlsx_name, b"another roll")
    assert refusal(download_roll, roll=roll, by=staff("finance"), at=LATER) == (
        "存档文件与签发时的校验值不符，请联系管理员。"
    )
    assert actions() == ["roll.collect", "roll.order", "roll.issue"]


@pytest.mark.slow
def test_issuing_costs_the_same_number_of_queries_for_one_line_and_for_seven():
    def cost(lines: int) -> int:
        roll = collected(*[quick_payable() for _turn in range(lines)])
        by = staff("finance")
        assert by.grants
        with CaptureQueriesContext(connection) as queries:
            issue_roll(roll=roll, by=by, at=LATER)
        return len(queries)

    assert cost(7) == cost(1)
    assert Payable.objects.count() == 8
