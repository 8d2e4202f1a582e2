"""The money pages: who sees them, what they say and never say, and what their buttons do."""

import hashlib
import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.audit.models import Entry
from portal.casework.services.recusing import recuse
from subsidies.models import BankResult, Payable, Roll
from subsidies.services import listing
from subsidies.services.issuing import issue_roll
from tests.browsing import signed_in, text_of
from tests.factories import make_staff, make_user, move_clock, staff
from tests.subsidies.paying import (
    ANSWERED,
    LATER,
    bank_row,
    collected,
    csv_file,
    give_another_account,
    issued,
    quick_payable,
    rejected,
)

pytestmark = pytest.mark.django_db
PAYABLES = "/desk/payables/"
ROLL = "/desk/rolls/FF-2023-0001/"
BANK = ROLL + "bank/"


@pytest.fixture(autouse=True)
def _a_week_after_approval():
    move_clock(LATER)


def said(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def upload(content: bytes, client: Client | None = None, **extra):
    file = BytesIO(content)
    file.name = "回盘.csv"
    return (client or signed_in("finance")).post(BANK, {"file": file}, **extra)


# ── payables ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("role", "payables", "rolls", "account"),
    [
        ("finance", 200, 200, 404),
        ("first_reviewer", 200, 404, 200),
        ("administrator", 200, 200, 404),
        ("auditor", 200, 200, 404),
        ("clerk", 404, 404, 404),
        ("second_reviewer", 404, 404, 404),
        ("approver", 404, 404, 404),
    ],
)
def test_who_sees_payables_rolls_and_full_accounts(role, payables, rolls, account):
    payable = quick_payable()
    collected(payable)
    client = signed_in(role)
    assert client.get(PAYABLES).status_code == payables
    assert [client.get(page).status_code for page in ("/desk/rolls/", ROLL, BANK)] == [rolls] * 3
    assert client.get(reverse("payable_account", args=[payable.pk])).status_code == account


@pytest.mark.slow
def test_an_applicant_finds_nothing_there():
    payable = quick_payable()
    collected(payable)
    client = signed_in(make_user())
    for page in (PAYABLES, "/desk/rolls/", ROLL, BANK, reverse("payable_account", args=[payable.pk])):
        assert client.get(page).status_code == 404
    assert Client().get(PAYABLES).status_code == 302


def test_another_town_sees_neither_payable_nor_roll():
    payable = quick_payable(town="fengli")
    collected(payable)
    finance, reviewer = make_staff("finance", town="lingxiu"), make_staff("first_reviewer", town="lingxiu")
    assert payable.application.reference not in text_of(signed_in(finance).get(PAYABLES + "?view=all"))
    assert signed_in(finance).get(ROLL).status_code == 404
    assert signed_in(finance).post(ROLL + "download/").status_code == 404
    assert signed_in(reviewer).get(reverse("payable_account", args=[payable.pk])).status_code == 404


@pytest.mark.slow
def test_the_views_tell_what_stands_in_the_way_in_words():
    ready, early = quick_payable(), quick_payable(due_on=(LATER + timedelta(days=9)).date(), is_recheck_needed=True)
    on_roll = quick_payable()
    collected(on_roll)
    client = signed_in("finance")

    def shown(view: str) -> set[Payable]:
        rows = client.get(PAYABLES, {"view": view}).context["rows"]
        return {row["payable"] for row in rows}

    assert shown("ready") == {ready}
    assert shown("waiting") == {early}
    assert shown("review") == {early}
    assert shown("on_a_roll") == {on_roll}
    assert shown("paid") == shown("rejected") == set()
    assert shown("all") == shown("no such view") | {early, on_roll}
    text = text_of(client.get(PAYABLES + "?view=all"))
    assert "还没到发放日期" in text
    assert "发放前要核实仍在职" in text
    assert "已汇总，等签发 FF-2023-0001" in text


@pytest.mark.slow
def test_paid_and_rejected_stand_in_their_views():
    paid, back = quick_payable(), quick_payable()
    roll = issued(paid, back)
    position = {line.payable_id: line.position for line in roll.lines.all()}
    move_clock(ANSWERED)
    upload(csv_file(bank_row(roll, position[paid.pk]), bank_row(roll, position[back.pk]) | rejected("销户")))
    signed_in("finance").post(f"{BANK}{BankResult.objects.get().pk}/apply/")
    client = signed_in("finance")
    assert [row["payable"] for row in client.get(PAYABLES + "?view=paid").context["rows"]] == [paid]
    page = client.get(PAYABLES + "?view=rejected")
    assert [row["payable"] for row in page.context["rows"]] == [back]
    assert "银行退回：账户已销户 FF-2023-0001 银行退回过这个账户，等申请人更换" in text_of(page)


@pytest.mark.slow
def test_lists_and_rolls_show_no_name_number_or_account_in_full():
    payable = quick_payable()
    account, person = payable.person.current_account(), payable.person
    secrets = (person.legal_name, person.number, person.phone, account.number)
    client = signed_in("finance")
    pages = [client.get(PAYABLES)]
    roll = collected(payable)
    pages += [client.get(ROLL), client.get("/desk/rolls/")]
    client.post(ROLL + "issue/")
    pages += [client.get(ROLL), upload(csv_file(bank_row(roll_now(roll))), follow=True)]
    for page in pages:
        assert page.status_code == 200
        assert [secret for secret in secrets if secret in page.content.decode()] == []
    assert person.number[-4:] in text_of(pages[3])


def roll_now(roll: Roll) -> Roll:
    return Roll.objects.get(pk=roll.pk)


def test_pages_go_by_key_forth_and_back(monkeypatch):
    monkeypatch.setattr(listing, "PAGE", 2)
    rows = [quick_payable(due_on=(LATER - timedelta(days=number)).date()) for number in range(3)]
    client = signed_in("finance")
    first = client.get(PAYABLES + "?view=ready")
    assert [row["payable"] for row in first.context["rows"]] == [rows[2], rows[1]]
    assert first.context["previous"] == ""
    second = client.get(PAYABLES + first.context["next"])
    assert [row["payable"] for row in second.context["rows"]] == [rows[0]]
    assert second.context["next"] == ""
    back = client.get(PAYABLES + second.context["previous"])
    assert [row["payable"] for row in back.context["rows"]] == [rows[2], rows[1]]
    assert back.context["previous"] == ""


def test_a_page_goes_on_where_the_sifting_was_given_up(monkeypatch):
    monkeypatch.setattr(listing, "CHUNK", 1)
    monkeypatch.setattr(listing, "MOST_CHUNKS", 2)
    rows = [quick_payable(due_on=(LATER - timedelta(days=9 - number)).date()) for number in range(3)]
    client = signed_in("finance")
    first = client.get(PAYABLES + "?view=ready")
    assert [row["payable"] for row in first.context["rows"]] == rows[:2]
    second = client.get(PAYABLES + first.context["next"])
    assert [row["payable"] for row in second.context["rows"]] == rows[2:]
    nothing = client.get(PAYABLES + "?view=waiting")
    assert (nothing.context["rows"], nothing.context["next"] != "") == ([], True)


def test_a_key_that_cannot_be_read_gives_the_first_page():
    row = quick_payable()
    page = signed_in("finance").get(PAYABLES + "?after=nonsense&before=2023-99-99_x")
    assert [item["payable"] for item in page.context["rows"]] == [row]


@pytest.mark.parametrize(
    ("page", "role"),
    [
        (PAYABLES + "?view=all", "finance"),
        (PAYABLES + "?view=all", "first_reviewer"),
        (PAYABLES + "?view=all", "administrator"),
        ("/desk/rolls/", "finance"),
        (ROLL, "finance"),
    ],
)
@pytest.mark.slow
def test_every_list_costs_the_same_for_one_and_for_many(page, role):
    collected(quick_payable())
    client = signed_in(role)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page).status_code == 200
        return len(queries)

    of_one = cost()
    more = [quick_payable() for _turn in range(5)]
    if page == ROLL:
        signed_in("finance").post(ROLL + "drop/")
        Roll.objects.update(number="FF-2023-0099")
        Roll.objects.filter(pk=collected(*more).pk).update(number="FF-2023-0001")
    else:
        for payable in more:
            collected(payable)
    assert cost() == of_one


# ── collecting, issuing, downloading ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_a_roll_from_the_list_to_the_file():
    payable = quick_payable()
    client = signed_in("finance")
    collect = client.post("/desk/payables/collect/", {"payable": [str(payable.pk)]}, follow=True)
    assert collect.redirect_chain[-1][0] == ROLL
    assert said(collect) == ["花名册 FF-2023-0001 已汇总。请核对后签发。"]
    assert client.post(ROLL + "download/", follow=True).redirect_chain[-1][0] == ROLL
    assert said(client.post(ROLL + "issue/", follow=True)) == ["花名册 FF-2023-0001 已签发，可以下载。"]
    first, second = client.post(ROLL + "download/"), client.post(ROLL + "download/")
    roll = Roll.objects.get()
    content = first.getvalue()
    assert content == second.getvalue()
    assert hashlib.sha256(content).hexdigest() == roll.xlsx_sha256
    assert first["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert first["Content-Disposition"] == 'attachment; filename="FF-2023-0001.xlsx"'
    assert first["X-Content-Type-Options"] == "nosniff"
    assert first["Cache-Control"] == "private, no-store"
    page = text_of(client.get(ROLL))
    assert " ".join(roll.xlsx_sha256[at : at + 8] for at in range(0, 64, 8)) in page
    assert "壹万元整" in page
    assert Entry.objects.filter(action="roll.download").count() == 2
    assert client.get(ROLL + "download/").status_code == 405


def test_a_whole_page_is_collected_at_once():
    payables = [quick_payable() for _turn in range(3)]
    quick_payable(due_on=(LATER + timedelta(days=1)).date())
    client = signed_in("finance")
    page = client.get(PAYABLES + "?view=all").content.decode()
    on_page = re.findall(r'name="on_page" value="([^"]+)"', page)
    assert sorted(on_page) == sorted(str(payable.pk) for payable in payables)
    client.post("/desk/payables/collect/", {"on_page": on_page, "which": "page"})
    assert Roll.objects.get().lines.count() == 3


@pytest.mark.parametrize("chosen", [[], ["nonsense"], ["00000000-0000-0000-0000-000000000000"]])
def test_collecting_nothing_or_nonsense_is_a_sentence(chosen):
    answer = signed_in("finance").post("/desk/payables/collect/", {"payable": chosen}, follow=True)
    assert answer.redirect_chain[-1][0] == PAYABLES
    assert len(said(answer)) == 1
    assert Roll.objects.count() == 0


@pytest.mark.slow
def test_a_roll_that_cannot_be_issued_says_why_beside_the_locked_button():
    payable = quick_payable()
    collected(payable)
    give_another_account(payable.application, at=LATER)
    page = signed_in("finance").get(ROLL)
    assert f"{payable.application.reference} 现在不能发放：后来更换的账户还没有核对。" in text_of(page)
    assert reverse("roll_issue", args=["FF-2023-0001"]) not in page.content.decode()
    answer = signed_in("finance").post(ROLL + "issue/", follow=True)
    assert said(answer) == [f"{payable.application.reference} 现在不能发放：后来更换的账户还没有核对。"]


@pytest.mark.slow
def test_who_keeps_away_from_a_file_of_the_roll_reads_so_in_place_of_its_buttons():
    payable, away = quick_payable(), make_staff("finance")
    roll = collected(payable)
    recuse(application=payable.application, person=away, reason="近亲属。", by=staff("administrator"), at=LATER)
    for act in ("issue/", "download/"):
        page = signed_in(away).get(ROLL)
        assert "名单里有您回避的申请，要由同事签发和下载。" in text_of(page)
        assert f'action="{ROLL}{act}"' not in page.content.decode()
        issue_roll(roll=roll, by=staff("finance"), at=LATER)


@pytest.mark.parametrize("role", ["auditor", "administrator", "first_reviewer", "approver"])
def test_readers_change_nothing(role):
    payable = quick_payable()
    client = signed_in(role)
    assert client.post("/desk/payables/collect/", {"payable": [str(payable.pk)]}).status_code == 404
    collected(payable)
    for act in ("issue/", "drop/", "download/", "bank/"):
        assert client.post(ROLL + act).status_code == 404
    assert Roll.objects.get().state == "collected"


def test_a_dropped_roll_is_told_so():
    collected(quick_payable())
    answer = signed_in("finance").post(ROLL + "drop/", follow=True)
    assert said(answer) == ["花名册 FF-2023-0001 已作废，里面的款项可以重新汇总。"]
    assert "已作废，不再签发" in text_of(signed_in("auditor").get(ROLL))


# ── the bank ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_a_bank_file_is_looked_through_then_applied_once():
    roll = issued(quick_payable())
    move_clock(ANSWERED)
    content = csv_file(bank_row(roll))
    shown = upload(content, follow=True)
    result = BankResult.objects.get()
    assert shown.redirect_chain[-1][0] == f"{BANK}?file={result.pk}"
    assert "试读，还没有导入" in text_of(shown)
    assert said(upload(content, follow=True)) == ["这个文件之前传过，还没有导入。"]
    client, act = signed_in("finance"), f"{BANK}{result.pk}/apply/"
    assert said(client.post(act, follow=True)) == ["银行结果已导入，有结果的申请人会收到通知。"]
    move_clock(ANSWERED + timedelta(hours=1))
    assert said(client.post(act, follow=True)) == ["这个文件已经导入过，什么也没有改变。"]
    assert said(upload(content, follow=True)) == ["这个文件已经导入过，什么也没有改变。"]
    assert roll.lines.get().result == "paid"


@pytest.mark.slow
def test_a_file_with_a_fault_shows_it_and_cannot_be_applied():
    roll = issued(quick_payable())
    move_clock(ANSWERED)
    page = upload(csv_file(bank_row(roll) | {"金额": "1.00"}), follow=True)
    assert "金额与花名册不一致。" in text_of(page)
    act = f"{BANK}{BankResult.objects.get().pk}/apply/"
    assert act not in page.content.decode()
    assert said(signed_in("finance").post(act, follow=True)) == [
        "第 2 行：金额与花名册不一致。整份文件没有导入，请改正后再传。"
    ]
    assert roll.lines.get().result == "pending"


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"PK\x03\x04x", b"\xff\xfe", b"x" * (5 * 1024 * 1024 + 1)])
@pytest.mark.slow
def test_garbage_is_a_sentence_beside_the_file(content):
    issued(quick_payable())
    answer = upload(content)
    assert answer.status_code == 200
    assert len(answer.context["form"].errors["file"]) == 1
    assert BankResult.objects.count() == 0


@pytest.mark.slow
def test_no_file_no_roll_and_a_foreign_result():
    issued(quick_payable())
    client = signed_in("finance")
    assert client.post(BANK).context["form"].errors["file"] == ["请先选择银行回盘文件。"]
    assert client.get(BANK + "?file=nonsense").status_code == 404
    assert client.get("/desk/rolls/FF-2023-9999/").status_code == 404
    assert client.post(BANK + "00000000-0000-0000-0000-000000000000/apply/").status_code == 404


@pytest.mark.parametrize("page", [PAYABLES, PAYABLES + "?view=all", "/desk/rolls/", ROLL, BANK])
@pytest.mark.slow
def test_pages_stand_in_english_too(page):
    issued(quick_payable())
    quick_payable()
    client = signed_in("finance")
    client.cookies["language"] = "en"
    assert client.get(page).status_code == 200
