"""After sending: my applications, corrections, withdrawal, the decision letter, another account."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from applicants.people.models import Education, Person
from portal.audit.models import Entry
from portal.casework.models import Application, ShelfPaper
from portal.casework.states import State
from subsidies.models import Payable, Roll, RollLine
from tests.browsing import signed_in
from tests.factories import (
    AT,
    AT_2024,
    SHANGHAI,
    load_policies,
    make_application_in,
    make_draft,
    make_person,
    make_staff,
    make_upload,
    make_user,
    move_clock,
    staff,
)

pytestmark = pytest.mark.django_db
MARKS = (
    {"kind": "field", "section": "education", "name": "diploma_number", "note": "和毕业证书不一致"},
    {"kind": "paper", "section": "", "name": "diploma", "note": "四角没拍全"},
)
EDUCATION = {
    "level": "doctor",
    "study_mode": "full_time",
    "school": "别的大学",
    "major": "别的专业",
    "diploma_on": "2023-06-20",
    "diploma_number": "118999202305009999",
    "is_overseas": "no",
}


@pytest.fixture(autouse=True)
def _october_2023() -> None:
    move_clock()
    load_policies()


def page(row: Application, name: str = "application", *args: str) -> str:
    return reverse(name, args=[row.pk, *args])


def text_of(row: Application, name: str = "application") -> str:
    return signed_in(row.applicant.user).get(page(row, name)).content.decode()


# ── my applications ────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_applications_the_page_says_where_to_begin():
    html = signed_in(make_user()).get("/applications/").content.decode()
    assert ("您还没有申请" in html, 'href="/programmes/living-subsidy/"' in html) == (True, True)


@pytest.mark.slow
def test_the_list_costs_the_same_for_one_application_and_for_eight():
    one, many = make_user(), make_user()
    make_application_in("refused", person=make_person(one))
    person = make_person(many)
    for state in ("withdrawn", "refused", "lapsed", "withdrawn", "refused", "lapsed", "approved", "accept"):
        make_application_in(state, person=person)
    make_application_in("approved", person=Person.objects.get(user=one))
    counts = []
    for user in (one, many):
        client = signed_in(user)
        client.get("/applications/")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get("/applications/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("state", [state for state in State if state != State.DRAFT])
@pytest.mark.slow
def test_every_state_has_its_page_with_what_comes_next(state):
    row = make_application_in(state)
    answer = signed_in(row.applicant.user).get(page(row))
    standing = answer.context["standing"]
    assert (answer.status_code, bool(standing.step), bool(standing.todo)) == (200, True, True)


def test_the_page_of_an_application_at_first_review_names_the_last_day():
    row = make_application_in("first_review")
    html = text_of(row)
    assert ("已受理，正在初审" in html, "2023 年 10 月 23 日" in html) == (True, True)


@pytest.mark.slow
def test_the_application_is_read_with_numbers_masked():
    row = make_application_in("accept")
    html = text_of(row)
    assert (row.applicant.number in html, row.applicant.phone in html) == (False, False)


# ── correction ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_correction_opens_only_what_is_marked():
    row = make_application_in("correction", items=MARKS)
    client = signed_in(row.applicant.user)
    form = client.get(page(row, "application_section", "education")).context["form"]
    assert [name for name, field in form.fields.items() if not field.disabled] == ["diploma_number"]
    assert client.get(page(row, "application_section", "employment"))["Location"] == page(row, "application_tasks")
    kinds = [shown["kind"].kind for shown in client.get(page(row, "application_papers")).context["rows"]]
    assert kinds == ["diploma"]


def test_posting_a_field_that_is_not_marked_changes_nothing():
    row = make_application_in("correction", items=MARKS)
    signed_in(row.applicant.user).post(page(row, "application_section", "education"), EDUCATION)
    now = Education.objects.get(person=row.applicant)
    assert (now.diploma_number, now.level, now.school, now.major) == (
        "118999202305009999",
        "bachelor",
        "闽南示例大学",
        "软件工程",
    )


def test_a_paper_that_is_not_marked_cannot_be_added():
    row = make_application_in("correction", items=MARKS)
    before = row.shelf.count()
    signed_in(row.applicant.user).post(page(row, "application_papers"), {"kind": "id_card", "file": make_upload()})
    assert row.shelf.count() == before


@pytest.mark.slow
def test_the_reviewers_remark_stands_at_the_field_and_in_the_list():
    row = make_application_in("correction", items=MARKS)
    client = signed_in(row.applicant.user)
    assert "和毕业证书不一致" in client.get(page(row, "application_tasks")).content.decode()
    assert "请改：和毕业证书不一致" in client.get(page(row, "application_section", "education")).content.decode()
    assert "四角没拍全" in client.get(page(row, "application_papers")).content.decode()


@pytest.mark.slow
def test_a_correction_is_sent_again_once_and_goes_back_to_where_it_came_from():
    row = make_application_in("correction", items=MARKS)
    client = signed_in(row.applicant.user)
    client.post(page(row, "application_section", "education"), EDUCATION)
    old = row.shelf.get(kind="diploma")
    client.post(page(row, "application_papers"), {"kind": "diploma", "remove": str(old.pk)})
    client.post(page(row, "application_papers"), {"kind": "diploma", "file": make_upload()})
    answers = [client.post(page(row, "application_submit"), {"version": str(row.version)}) for _click in range(2)]
    assert [answer["Location"] for answer in answers] == [f"{page(row)}?sent"] * 2
    row.refresh_from_db()
    assert (row.state, row.submissions.count()) == (State.ACCEPT, 2)
    old.refresh_from_db()
    assert old.removed_at is not None


def test_a_page_from_before_the_correction_cannot_send_it():
    row = make_application_in("correction", items=MARKS)
    signed_in(row.applicant.user).post(page(row, "application_submit"), {"version": "0"})
    row.refresh_from_db()
    assert (row.state, row.submissions.count()) == (State.CORRECTION, 1)


# ── withdrawal ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_application_is_withdrawn_after_asking_once_more():
    row = make_application_in("first_review")
    client = signed_in(row.applicant.user)
    assert "不能恢复" in client.get(page(row, "application_withdraw")).content.decode()
    for _click in range(2):
        client.post(page(row, "application_withdraw"), {"version": str(row.version)})
    row.refresh_from_db()
    assert row.state == State.WITHDRAWN


def test_a_decided_application_cannot_be_withdrawn():
    row = make_application_in("refused")
    signed_in(row.applicant.user).post(page(row, "application_withdraw"), {"version": str(row.version)})
    row.refresh_from_db()
    assert row.state == State.REFUSED


# ── decision ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_refusal_names_clause_reason_evidence_and_how_to_object():
    row = make_application_in("refused")
    html = text_of(row, "decision")
    told = [
        "不予批准决定书",
        "石人社补〔2023〕1 号",
        "LS-1",
        "材料显示不符合这一条。",
        "本科",
        "自知道本决定之日起 60 日内，向石狮市人民政府申请行政复议",
        "签发人：office first_reviewer",
    ]
    assert [words for words in told if words not in html] == []


@pytest.mark.slow
def test_an_approval_names_amount_and_where_it_is_paid():
    row = make_application_in("approved")
    html = strip_tags(text_of(row, "decision"))
    last4 = row.applicant.current_account().number_last4
    told = ["批准决定书", "10,000 元", f"尾号 {last4}", "LS-1 至 LS-8", "签发人：office approver"]
    assert [words for words in told if words not in html] == []


@pytest.mark.slow
def test_an_approval_in_instalments_names_the_day_of_each():
    move_clock(AT_2024)
    html = text_of(make_application_in("approved", policy="YTE-2024"), "decision")
    told = ["50,000 元", "2024 年 10 月 16 日以后发放", "2026 年 10 月 16 日以后发放"]
    assert [words for words in told if words not in html] == []


def test_there_is_no_letter_before_the_decision():
    row = make_application_in("first_review")
    assert signed_in(row.applicant.user).get(page(row, "decision"))["Location"] == page(row)


# ── money ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def pay(row: Application, result: str, *, code: str = "", at: datetime = AT) -> RollLine:
    """Put the first instalment on an issued roll and let the bank answer."""
    finance = make_staff("finance")
    payable = Payable.objects.get(application=row, number=1)
    roll = Roll.objects.create(
        number=f"FF-{Roll.objects.count()}", programme=row.programme, collected_by=finance, collected_at=at
    )
    return RollLine.objects.create(
        roll=roll,
        payable=payable,
        position=1,
        is_live=result != "rejected",
        approved_by=payable.approved_by,
        collected_by=finance,
        gross_fen=payable.gross_fen,
        tax_fen=0,
        net_fen=payable.net_fen,
        account=row.applicant.current_account().number,
        result=result,
        result_code=code,
        posted_on=at.date() if result == "paid" else None,
    )


def new_account(row: Application, **changes: object) -> dict[str, object]:
    return {
        "holder": row.applicant.legal_name,
        "number": "6217009900000000018",
        "bank_name": "另一家示例银行",
        "is_activated": "on",
        "file": make_upload("社保卡.jpg"),
    } | changes


@pytest.mark.slow
def test_a_paid_subsidy_says_on_which_day():
    row = make_application_in("approved")
    pay(row, "paid")
    assert "2023 年 10 月 16 日已打到您的社会保障卡账户。" in text_of(row)


@pytest.mark.slow
def test_a_rejected_payment_asks_for_another_account():
    row = make_application_in("approved")
    pay(row, "rejected", code="销户")
    html = text_of(row)
    told = ["银行退回了这一笔：账户已销户。请另给一个账户。", f'href="{page(row, "account_change")}"']
    assert [words for words in told if words not in html] == []


@pytest.mark.slow
def test_another_account_is_given_after_approval_and_waits_for_a_reviewer():
    row = make_application_in("approved")
    pay(row, "rejected", code="销户")
    move_clock(AT + timedelta(days=60))
    client = signed_in(row.applicant.user)
    assert client.post(page(row, "account_change"), new_account(row))["Location"] == page(row)
    account = row.applicant.current_account()
    assert (account.number_last4, account.settled_at, row.shelf.filter(kind="account_proof").count()) == (
        "0018",
        None,
        1,
    )
    assert "核对后，才会打到新账户" in text_of(row)


@pytest.mark.slow
def test_another_account_needs_a_proof_and_keeps_what_was_typed():
    row = make_application_in("approved")
    answer = signed_in(row.applicant.user).post(page(row, "account_change"), new_account(row, file=""))
    assert "另一家示例银行" in answer.content.decode()
    assert row.applicant.accounts.count() == 1


@pytest.mark.slow
def test_a_proof_is_kept_where_the_account_has_a_mistake():
    row = make_application_in("approved")
    move_clock(AT + timedelta(days=60))
    client = signed_in(row.applicant.user)
    answer = client.post(page(row, "account_change"), new_account(row, holder="别人"))
    assert (answer.context["form"].errors.keys(), answer.context["proof"].kind) == ({"holder"}, "account_proof")
    client.post(page(row, "account_change"), new_account(row, file=""))
    assert row.applicant.current_account().number_last4 == "0018"


@pytest.mark.parametrize("state", ["draft", "accept", "final_approval", "refused", "withdrawn"])
@pytest.mark.slow
def test_no_other_account_is_taken_before_approval(state):
    row = make_draft() if state == "draft" else make_application_in(state)
    answer = signed_in(row.applicant.user).post(page(row, "account_change"), new_account(row))
    assert answer["Location"] == page(row)
    assert (row.applicant.accounts.count(), row.shelf.filter(kind="account_proof").count()) == (1, 0)


@pytest.mark.slow
def test_the_proof_for_a_later_instalment_is_asked_for_when_its_day_is_near():
    row = make_application_in("approved", policy="YTE-2024")
    move_clock(datetime(2024, 11, 20, 9, tzinfo=SHANGHAI))
    client = signed_in(row.applicant.user)
    assert client.get(page(row, "application_evidence"))["Location"] == page(row)
    move_clock(datetime(2026, 9, 1, 9, tzinfo=SHANGHAI))
    assert "下一笔发放前，请上传在职证明" in text_of(row)
    client.post(page(row, "application_evidence"), {"file": make_upload("在职证明.jpg")})
    assert row.shelf.filter(kind="in_post_proof").count() == 1
    assert "材料已收到，等工作人员核实您仍在职。" in text_of(row)


# ── papers and the office ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_staff_who_may_see_the_file_read_its_papers_and_leave_an_entry():
    row = make_application_in("accept")
    paper = ShelfPaper.objects.filter(application=row, kind="id_card").get().paper
    here, elsewhere = staff("clerk"), make_staff("clerk", town="yongning")
    answers = [signed_in(user).get(reverse("paper", args=[paper.pk])).status_code for user in (here, elsewhere)]
    assert answers == [200, 404]
    assert list(Entry.objects.filter(action="paper.download").values_list("actor", flat=True)) == [here.pk]


def test_papers_of_a_draft_are_nobodys_but_the_applicants():
    draft = make_draft()
    paper = ShelfPaper.objects.filter(application=draft, kind="id_card").get().paper
    assert signed_in(staff("clerk")).get(reverse("paper", args=[paper.pk])).status_code == 404
