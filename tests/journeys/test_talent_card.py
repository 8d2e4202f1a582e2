"""The talent card from the recognition to the counter, and what follows when a register speaks against it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from playwright.sync_api import Locator, expect

from applicants.cards.faces.faces import grouped
from applicants.cards.models import Card
from applicants.cards.services.files import make_files
from applicants.cards.services.rechecking import weigh_answers
from applicants.people.models import Person
from portal import clock
from portal.casework.models import Application
from portal.casework.services.checking import check_submission
from portal.demo.cards import drawn_portrait
from portal.notifications.models import Letter
from tests.cards.making import load_card_policy, make_card_application_in
from tests.casework.moving import now
from tests.casework.register_answers import answer
from tests.factories import SHANGHAI, make_person, make_user, move_clock
from tests.journeys import people
from tests.journeys.conftest import MONDAY
from tests.journeys.visitor import Visitor

pytestmark = pytest.mark.slow
EMAIL = "xiaohang@example.test"
PAPERS = ("id_card", "diploma", "recognition", "contract_or_licence", "insurance_record")
SINCE_2025 = {
    "education": {"diploma_on": date(2025, 6, 20)},
    "employment": {
        "started_on": date(2025, 7, 1),
        "first_insured_on": date(2025, 8, 1),
        "insured_ranges": [{"from": "2025-08", "to": "2026-01", "employer": "present", "late": False}],
    },
}
NIGHT = datetime(2026, 4, 14, 2, 0, tzinfo=SHANGHAI)
MORNING = NIGHT + timedelta(hours=7)


def test_a_card_from_the_application_on_a_phone_to_the_counter(visit: Callable[..., Visitor]) -> None:
    load_card_policy(at=MONDAY)
    person = a_person()
    applicant = people.sign_in(visit(width=390), EMAIL)
    start(applicant)
    claim_tier_4(applicant)
    say_when_the_contract_ends(applicant)
    choose_a_portrait(applicant)
    hand_in_papers(applicant)
    reference = declare_and_submit(applicant)
    row = Application.objects.get(reference=reference)
    check_submission(submission_id=row.submissions.get().pk, at=clock.now())

    clerk = people.sign_in_staff(visit(), "clerk")
    people.open_file(clerk, reference)
    people.prove_number(clerk, person.number)
    clerk.press("act|受理")
    clerk.sees("%(reference)s 已受理。", reference=reference)

    review(people.sign_in_staff(visit(), "first"), reference)
    approve(people.sign_in_staff(visit(), "approver"), reference)
    card = Card.objects.get(application=row)
    assert (card.kind, card.tier, card.valid_to) == ("silver", "L4", date(2028, 6, 30))
    make_files(card.pk, at=clock.now())

    applicant.go("card")
    applicant.sees_heading("出示给店员")
    applicant.sees_exactly(grouped(card.number))
    is_drawn(applicant.page.get_by_role("img", name=applicant.say("持卡人照片")))
    applicant.look("card")

    batch = print_card(clerk, card)
    applicant.page.reload()
    applicant.sees("已制好，请带身份证件到窗口领取")
    hand_over(clerk, card, batch)
    applicant.page.reload()
    applicant.sees("%(day)s已领取", day="2026 年 3 月 2 日")
    applicant.look("card-on-plastic")
    assert sorted(letters_of(person)) == ["accepted", "approved", "card_issued", "receipt"]


def test_a_register_raises_a_doubt_and_a_reconsideration_clears_it(visit: Callable[..., Visitor]) -> None:
    person = a_person()
    card = Card.objects.get(application=make_card_application_in("approved", person=person, at=MONDAY))
    move_clock(NIGHT)
    answer(person, "insurance", {"in_post": "no"}, at=NIGHT)
    weigh_answers(now(card.application), NIGHT)
    move_clock(MORNING)
    holder = people.sign_in(visit(width=390, language="en"), EMAIL)
    holder.go("card")
    holder.sees_heading("出示给店员")  # no register takes a card away
    holder.look("card")

    suspend(people.sign_in_staff(visit(language="en"), "first"), card)
    ask_for_reconsideration(holder)
    uphold(people.sign_in_staff(visit(language="en"), "admin"), card)

    holder.go("card_reconsideration")
    holder.sees_heading("您的理由成立")
    holder.look("upheld")
    holder.go("card")
    holder.sees_heading("出示给店员")
    holder.go("letters")
    holder.look("letters")
    assert letters_of(person)[-3:] == ["card_suspended", "card_reconsideration_received", "card_restored"]
    assert holder.untranslated == {}


# ── the applicant ──────────────────────────────────────────────────────────────────────────────────────────────────


def a_person() -> Person:
    """A bachelor of summer 2025 who has answered every shared section."""
    return make_person(make_user(EMAIL), at=MONDAY, **SINCE_2025)


def start(applicant: Visitor) -> None:
    """Programme, privacy notice, policy."""
    applicant.go("programme", "talent-card")
    applicant.look("programme")
    applicant.follow("开始申请")
    applicant.look("privacy-notice")
    applicant.press("我已阅读，继续")
    applicant.look("choose-policy")
    applicant.page.locator("#policy-CARD-2023").check()
    applicant.press("开始填写")
    applicant.look("tasks")


def claim_tier_4(applicant: Visitor) -> None:
    """One recognition: first without a name, then as it should be."""
    applicant.follow("继续填写")
    applicant.sees_heading("人才认定")
    applicant.pick("认定的层次", "第四层次人才")
    applicant.fill("认定单位", "泉州市人才工作领导小组办公室")
    applicant.fill("文件或证书编号", "示例〔2025〕11 号")
    applicant.fill("认定日期", "2025-11-18")
    applicant.press("加上这一项")
    applicant.sees("请填写认定名称。")
    applicant.look("recognition-slip")
    applicant.fill("认定名称", "泉州市第四层次人才")
    applicant.press("加上这一项")
    applicant.sees_heading("已填的认定")
    applicant.look("recognitions")
    applicant.follow("继续")


def say_when_the_contract_ends(applicant: Visitor) -> None:
    """In two years and some months: before the card's five years are over."""
    applicant.sees_heading("合同期限")
    applicant.pick("劳动合同没有终止日期吗？", "否")
    applicant.fill("合同终止日期", "2028-06-30")
    applicant.look("contract")
    applicant.press("保存并继续")


def choose_a_portrait(applicant: Visitor) -> None:
    """Upload a picture, make the box smaller and move it up with the keys."""
    applicant.sees_heading("证件照")
    applicant.press("上传照片")
    applicant.sees("请选择一张照片。")
    applicant.look("portrait-missing")
    picture = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": drawn_portrait(7).read()}
    applicant.page.locator("#file").set_input_files(picture)
    applicant.press("上传照片")
    applicant.sees_heading("卡上会这样显示")
    box = applicant.page.get_by_role("slider", name=applicant.say("照片范围"))
    widest = int(applicant.page.locator("[name=width]").input_value())
    for key in ["-"] * 8 + ["ArrowUp"] * 2:
        box.press(key)
    applicant.look("portrait-cut")
    applicant.press("用这张照片")
    applicant.sees_heading("上传材料")
    kept = Application.objects.get().card_application.portrait
    assert (kept.cut_width < widest, kept.left > 0) == (True, True)


def hand_in_papers(applicant: Visitor) -> None:
    """One for each kind that is asked for; the document of the recognition is among them."""
    people.upload_each(applicant, PAPERS)
    applicant.look("papers")
    applicant.follow("继续")


def declare_and_submit(applicant: Visitor) -> str:
    """The declaration, everything once more, sent; gives the reference."""
    applicant.sees_heading("声明")
    applicant.tick("我已看清并声明以上内容")
    applicant.look("declaration")
    applicant.press("保存并继续")
    applicant.sees_heading("提交前，请核对一遍")
    applicant.sees_exactly("泉州市第四层次人才")
    is_drawn(applicant.page.get_by_role("img", name=applicant.say("证件照")))
    applicant.look("check-answers")
    applicant.press("act|提交申请")
    applicant.sees("已提交，编号 %(reference)s")
    applicant.look("receipt")
    return Application.objects.get().reference


def ask_for_reconsideration(holder: Visitor) -> None:
    """Read why on the phone, and say what is wrong with it."""
    holder.go("card")
    holder.sees_heading("卡已暂停使用")
    holder.look("card-suspended")
    holder.follow("申请复核")
    holder.press("提交复核申请")
    holder.sees("请写明您的理由。")
    holder.look("reconsideration-slip")
    holder.fill("您为什么不同意", "I still work there. My employer reported the month late.")
    holder.press("提交复核申请")
    holder.sees_heading("正在复核")
    holder.look("reconsideration-asked")


# ── the desk ───────────────────────────────────────────────────────────────────────────────────────────────────────


def review(reviewer: Visitor, reference: str) -> None:
    """Portrait and recognition looked at, every clause settled against its paper, passed on."""
    people.open_file(reviewer, reference)
    is_drawn(reviewer.page.get_by_role("img", name=reviewer.say("证件照")))
    reviewer.look("desk-file")
    people.open_tab(reviewer, "申请资料")
    reviewer.sees_exactly("泉州市第四层次人才")
    reviewer.look("desk-answers")
    people.open_tab(reviewer, "审核")
    of_the_degree = dict.fromkeys(("学历", "学习形式", "国（境）外学历认证"), "不由这份材料证明")
    people.settle(reviewer, "TC-1", "recognition", of_the_degree)
    people.settle(reviewer, "TC-2", "contract_or_licence", {"单位所在地": "350581", "单位登记状态": "在营"})
    people.settle(reviewer, "TC-3", "contract_or_licence")
    people.settle(reviewer, "TC-4", "insurance_record")
    reviewer.sees_exactly("银卡、有效 5 年、第四层次人才")
    reviewer.look("desk-settled")
    reviewer.press("通过初审")
    reviewer.sees("%(reference)s 已通过初审，转到下一环节。", reference=reference)
    reviewer.leave()


def approve(approver: Visitor, reference: str) -> None:
    """The approval, which makes the card."""
    people.open_file(approver, reference)
    approver.follow("act|批准")
    approver.look("desk-approve")
    approver.press("act|批准")
    approver.sees("%(reference)s 已批准，决定书已发给申请人。", reference=reference)
    approver.leave()


def print_card(clerk: Visitor, card: Card) -> str:
    """On a batch, its file fetched, printed; gives the batch's number."""
    clerk.go("desk_cards")
    clerk.look("desk-cards")
    clerk.follow("1 张等待排批打印")
    clerk.page.get_by_role("checkbox", name=grouped(card.number)).check()
    clerk.look("desk-cards-to-print")
    clerk.press("把选中的排成一批")
    clerk.sees_heading("ZK-2026-0001")
    with clerk.page.expect_download() as started:
        clerk.press("下载 1 张卡的文件")
    assert started.value.suggested_filename == "ZK-2026-0001.zip"
    clerk.page.reload()
    clerk.look("batch")
    clerk.press("1 张都打好了")
    clerk.sees("1 张打好了，等本人来领。")
    clerk.look("batch-printed")
    return "ZK-2026-0001"


def hand_over(clerk: Visitor, card: Card, batch: str) -> None:
    """At the counter, against the identity card."""
    clerk.go("print_batch", batch)
    clerk.follow(grouped(card.number))
    clerk.fill("领取人姓名", card.person.legal_name)
    clerk.pick("出示的证件", "居民身份证")
    clerk.fill("签收记录", "签收簿第 3 页")
    clerk.look("hand-over")
    clerk.press("交给持卡人")
    clerk.sees("已登记领取。")
    clerk.page.locator("summary").filter(has_text=clerk.say("显示卡面")).click()
    for name in ("卡的正面", "卡的背面"):
        is_drawn(clerk.page.get_by_role("img", name=clerk.say(name)))
    clerk.look("handed-over")


def suspend(reviewer: Visitor, card: Card) -> None:
    """Find the card among those to look at, see what the register says, suspend with a reason."""
    reviewer.go("desk_cards")
    reviewer.follow("待核查的卡")
    reviewer.look("doubts")
    reviewer.follow(grouped(card.number))
    reviewer.sees("登记显示不再符合：%(clause)s")
    reviewer.look("doubt")
    form = reviewer.unfold("act|暂停使用")
    reviewer.press("act|暂停使用", form)
    reviewer.sees("请写明理由。")
    reviewer.look("suspend-slip")
    reviewer.fill("理由", "社保登记显示您已离职，请说明情况。", reviewer.unfold("act|暂停使用"))
    reviewer.press("act|暂停使用", reviewer.unfold("act|暂停使用"))
    reviewer.sees("已暂停使用，信已发给本人。")
    reviewer.look("suspended")
    reviewer.leave()


def uphold(admin: Visitor, card: Card) -> None:
    """The administrator, who had no hand in the card, finds the holder right."""
    admin.go("card_doubts")
    admin.sees("本人申请复核")
    admin.look("doubts-reconsideration")
    admin.follow(grouped(card.number))
    admin.look("reconsideration")
    admin.pick("决定", "支持，卡恢复使用")
    admin.fill("理由", "单位补报了参保，您仍在职。")
    admin.press("答复")
    admin.sees("已答复，信已发给本人。")
    admin.look("restored")
    card.refresh_from_db()
    assert (card.state, card.ended_as) == ("active", "")
    admin.leave()


# ── looking ────────────────────────────────────────────────────────────────────────────────────────────────────────


def is_drawn(picture: Locator) -> None:
    """Fails unless the picture has come."""
    expect(picture.first).to_be_visible()
    expect(picture.first).not_to_have_js_property("naturalWidth", 0)


def letters_of(person: Person) -> list[str]:
    """What was written to somebody, the oldest first."""
    rows = Letter.objects.filter(recipient=person.user).order_by("created_at", "id")
    return list(rows.values_list("kind", flat=True))
