"""What applicants and the bureau's people do at their pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from playwright.sync_api import expect

from portal.demo.accounts import PASSWORD
from portal.demo.papers import sample_paper
from tests.factories import make_credit_code, pdf_bytes
from tests.journeys.visitor import Visitor

SIGN_UP_PASSWORD = "a-boat-on-the-quay-7"
EMPLOYER = "石狮潮汐数据服务有限公司"


# ── signing in ─────────────────────────────────────────────────────────────────────────────────────────────────────


def sign_up(visitor: Visitor, email: str) -> None:
    """Make an account; the code is read where the demo shows its mail."""
    visitor.go("account_signup")
    visitor.fill("邮箱", email)
    visitor.fill("设一个密码", SIGN_UP_PASSWORD)
    visitor.look("sign-up")
    visitor.press("注册，接收验证码")
    visitor.sees_heading("输入邮箱验证码")
    visitor.look("code")
    visitor.fill("验证码", code_mailed(visitor, email))
    visitor.press("确认")
    visitor.is_at("applications")


def code_mailed(visitor: Visitor, email: str) -> str:
    """The newest code that the demo page shows for ``email``, read in a tab beside."""
    text = beside(visitor, f"/demo/?to={email}", "main")
    # A line of its own, of capitals and digits: allauth's code, for instance XKF-7QD.
    return re.search(r"^[A-Z0-9]{3,4}-?[A-Z0-9]{3,4}$", text, re.MULTILINE)[0]


def sign_in_staff(visitor: Visitor, name: str) -> Visitor:
    """Sign in ``name``@shishi.example with the code of the demo page; a code that has opened already, with the next."""
    email, typed = f"{name}@shishi.example", ""
    visitor.go("account_login")
    visitor.fill("邮箱", email)
    visitor.fill("密码", PASSWORD)
    visitor.press("登录")
    visitor.sees_heading("两步验证")
    for _look in range(120):
        code = beside(visitor, "/demo/", f"[data-code-for='{email}']")
        if code != typed:
            visitor.fill("验证码", code)
            with visitor.page.expect_navigation():
                visitor.press("登录")
        if "/2fa/" not in visitor.page.url:
            break
        typed = code
    expect(visitor.page).to_have_url(re.compile(r"/(desk|payables)/"))
    return visitor


def beside(visitor: Visitor, address: str, part: str) -> str:
    """What stands in ``part`` of another page, read in a tab beside."""
    with visitor.page.context.new_page() as tab:
        tab.goto(address)
        return tab.locator(part).inner_text()


def sign_in(visitor: Visitor, email: str) -> Visitor:
    """Sign in somebody whom ``tests.factories`` made."""
    visitor.go("account_login")
    visitor.fill("邮箱", email)
    visitor.fill("密码", "harbour-2023")
    visitor.press("登录")
    visitor.is_at("applications")
    return visitor


# ── applying ───────────────────────────────────────────────────────────────────────────────────────────────────────


def begin(visitor: Visitor) -> None:
    """Home, programme, privacy notice, and the policy of 2022."""
    visitor.go("home")
    visitor.look("home")
    visitor.go("programme", "living-subsidy")
    visitor.look("programme")
    visitor.follow("开始申请")
    visitor.sees_heading("我们怎样使用您的个人信息")
    visitor.look("privacy-notice")
    visitor.press("我已阅读，继续")
    visitor.look("choose-policy")
    visitor.page.locator("#policy-LS-2022").check()
    visitor.press("开始填写")
    visitor.look("tasks-empty")
    visitor.follow("开始填写")


def fill_identity(visitor: Visitor, name: str, number: str, *, with_a_slip: bool = False) -> None:
    """Who the person is; ``with_a_slip`` first sends seventeen digits and finds everything else as typed."""
    visitor.sees_heading("身份信息")
    visitor.fill("姓名", name)
    visitor.fill("证件号码", number[:17] if with_a_slip else number)
    visitor.fill("手机号码", "13800006688")
    visitor.pick("户籍所在地", "石狮市" if visitor.language == "zh-hans" else "Shishi")
    visitor.pick("户口在集体户", "否")
    visitor.choose("户籍所在镇（街道）", "凤里街道" if visitor.language == "zh-hans" else "Fengli Subdistrict")
    if with_a_slip:
        visitor.press("保存并继续")
        sentence = "%(paper)s号码是 18 位，您填了 %(count)s 位。请对照%(paper)s重新填写。"
        visitor.sees(sentence, paper=visitor.say("身份证"), count=17)
        visitor.look("identity-slip")
        assert visitor.control("姓名").input_value() == name
        assert visitor.control("证件号码").input_value() == number[:17]
        assert visitor.control("手机号码").input_value() == "13800006688"
        visitor.fill("证件号码", number)
    visitor.look("identity")
    visitor.press("保存并继续")


def fill_education(visitor: Visitor) -> None:
    """A bachelor of summer 2025."""
    visitor.sees_heading("学历与毕业")
    visitor.pick("学历", "本科")
    visitor.pick("学习形式", "全日制")
    visitor.fill("毕业院校", "闽南示例大学")
    visitor.fill("专业", "软件工程")
    visitor.fill("毕业证书签发日期", "2025-06-20")
    visitor.pick("国（境）外学历", "否")
    visitor.fill("毕业证书编号", "118999202505000421")
    visitor.look("education")
    visitor.press("保存并继续")


def fill_employment(visitor: Visitor, employer: str = EMPLOYER) -> None:
    """In post since July 2025, insured from August to January."""
    visitor.sees_heading("就业与参保")
    visitor.fill("用人单位名称", employer)
    visitor.fill("统一社会信用代码", make_credit_code())
    visitor.pick("单位类型", "民营企业")
    visitor.choose("单位所在镇（街道）", "凤里街道" if visitor.language == "zh-hans" else "Fengli Subdistrict")
    visitor.fill("入职日期", "2025-07-01")
    visitor.pick("首次在本市就业", "是")
    visitor.fill("首次在本市参保日期", "2025-08-01")
    visitor.pick("现在仍在这家单位", "是")
    first = visitor.page.get_by_role("group", name=visitor.say("第 %(row)s 段", row=1), exact=True)
    visitor.fill("从哪个月", "2025-08", first)
    visitor.fill("到哪个月", "2026-01", first)
    visitor.look("employment")
    visitor.press("保存并继续")


def fill_account(visitor: Visitor, name: str, number: str) -> None:
    """The social-security-card account."""
    visitor.sees_heading("社会保障卡账户")
    assert visitor.control("账户姓名").input_value() == name
    visitor.fill("银行账号", number)
    visitor.fill("开户银行", "中国示例银行石狮支行")
    visitor.tick("这张社会保障卡的金融功能已经激活")
    visitor.look("account")
    visitor.press("保存并继续")


PAPERS = {
    "id_card": "居民身份证",
    "diploma": "毕业证书",
    "diploma_registration": "教育部学历证书电子注册备案表",
    "household_page": "户口簿本人页",
    "contract_or_licence": "劳动合同或营业执照",
    "insurance_record": "参保缴费证明",
    "recognition": "人才认定文件",
    "job_search_proof": "求职证明",
}
PAPERS_EN = {
    "id_card": "Resident identity card",
    "diploma": "Diploma",
    "diploma_registration": "Online registration form of the diploma (Ministry of Education)",
    "household_page": "Your page of the household register",
    "contract_or_licence": "Labour contract or business licence",
    "insurance_record": "Record of social insurance payments",
    "recognition": "Document of the recognition",
    "job_search_proof": "Proof of looking for a job",
}


def paper_titles(visitor: Visitor) -> Mapping[str, str]:
    """The policies' names of the papers in the visitor's language."""
    return PAPERS if visitor.language == "zh-hans" else PAPERS_EN


def upload(visitor: Visitor, kind: str, name: str, data: bytes, mime: str) -> None:
    """Choose a file for one kind of paper and send it."""
    part = visitor.page.get_by_role("region", name=re.compile("^" + re.escape(paper_titles(visitor)[kind]) + r"\s"))
    part.locator("input[type=file]").set_input_files({"name": name, "mimeType": mime, "buffer": data})
    with visitor.page.expect_navigation():
        part.get_by_role("button", name=re.compile(f"{visitor.say('上传')}|{visitor.say('再传一份')}")).last.click()


def upload_papers(visitor: Visitor) -> None:
    """One file that is refused, then all that the policy asks for: photographs and one PDF."""
    visitor.sees_heading("上传材料")
    upload(visitor, "id_card", "证件.jpg", b"not a picture", "image/jpeg")
    visitor.sees(
        "这个文件不能用，只收 %(formats)s。请换成这些格式再传，只改文件名不行。",
        formats=visitor.say_between(["JPEG", "PNG", "HEIC", "WebP", "PDF"]),
    )
    visitor.look("paper-refused")
    upload_each(visitor, [kind for kind in PAPERS if kind not in ("recognition", "job_search_proof")])
    visitor.look("papers")
    visitor.follow("继续")


def upload_each(visitor: Visitor, kinds: Iterable[str]) -> None:
    """Photographs, and one PDF."""
    for kind in kinds:
        if kind == "insurance_record":
            upload(visitor, kind, "insurance.pdf", pdf_bytes(), "application/pdf")
        else:
            upload(visitor, kind, f"{kind}.jpg", sample_paper(kind).read(), "image/jpeg")


def declare(visitor: Visitor) -> None:
    """No earlier grants; true; and what the public notice shows."""
    visitor.sees_heading("声明和公示告知")
    visitor.pick("您以前领过生活补贴或类似的人才补贴吗？", "没有领过")
    visitor.tick("我声明，下面的内容属实")
    visitor.tick("我知道，审核通过后会公示这些内容")
    visitor.look("declaration")
    visitor.press("保存并继续")


def apply(visitor: Visitor, *, name: str, number: str, account: str, employer: str = EMPLOYER) -> str:
    """Everything from the programme page to the receipt; gives the reference."""
    begin(visitor)
    fill_identity(visitor, name, number, with_a_slip=True)
    fill_education(visitor)
    fill_employment(visitor, employer)
    fill_account(visitor, name, account)
    upload_papers(visitor)
    declare(visitor)
    visitor.sees_heading("提交前，请核对一遍")
    visitor.look("check-answers")
    visitor.page.get_by_role("button", name=visitor.begins("act|提交申请")).dblclick()
    expect(visitor.page).to_have_url(re.compile(r"\?sent$"))
    visitor.look("receipt")
    return re.search(r"LS-2026-\d{6}", visitor.words())[0]


def correct(visitor: Visitor, *, field: str, value: str, paper: str) -> None:
    """Change exactly what is marked, a field and a paper, and send again."""
    visitor.go("applications")
    visitor.look("mine-correction")
    visitor.follow("去补正")
    visitor.sees_heading("请补正，再次提交")
    visitor.look("correction")
    rows = visitor.page.get_by_role("main").get_by_role("link")
    rows.filter(has_text=visitor.say(field)).first.click()
    visitor.fill(field, value)
    visitor.look("correction-field")
    visitor.press("保存并继续")
    rows.filter(has_text=paper_titles(visitor)[paper]).first.click()
    visitor.look("correction-paper")
    visitor.press("删除")
    upload(visitor, paper, "again.jpg", sample_paper(paper, ["AGAIN"]).read(), "image/jpeg")
    visitor.follow("返回补正清单")
    visitor.follow("核对并再次提交")
    visitor.look("correction-check")
    visitor.press("再次提交")
    visitor.sees_heading("已再次提交")


# ── the desk ───────────────────────────────────────────────────────────────────────────────────────────────────────


def open_file(visitor: Visitor, reference: str) -> None:
    """Find a file by its reference."""
    visitor.go("desk")
    visitor.page.get_by_role("searchbox").fill(reference)
    visitor.press("查找")
    visitor.sees_exactly(reference)


def open_tab(visitor: Visitor, name: str) -> None:
    """Turn to one tab of the file."""
    visitor.follow(name, visitor.page.get_by_role("navigation", name=visitor.say("档案"), exact=True))


def prove_number(visitor: Visitor, number: str) -> None:
    """Look at the number in full, compare it with the paper, say so."""
    assert number not in visitor.words()
    visitor.press("显示姓名和号码")
    visitor.sees_exactly(number)
    visitor.look("desk-prove")
    visitor.pick("对照", "身份证件")
    visitor.press("一致，核实")
    visitor.sees("证件号码已核实。")


def settle(visitor: Visitor, clause: str, paper: str, told: Mapping[str, str] | None = None) -> None:
    """Settle one clause's facts against a paper: as declared, but where ``told`` (label to value) says otherwise."""
    if visitor.page.locator(f"#{clause} details").first.get_attribute("open") is None:
        visitor.page.locator(f"#{clause} summary").first.click()
    form = visitor.page.get_by_role("form", name=visitor.say("认定 %(code)s 的事实", code=clause))
    form.get_by_label(visitor.begins("凭哪份材料")).select_option(label=paper_titles(visitor)[paper])
    for label, value in (told or {}).items():
        control = visitor.control(label, form)
        if control.evaluate("it => it.tagName") == "SELECT":
            control.select_option(label=visitor.say(value))
        else:
            control.fill(value)
    with visitor.page.expect_navigation():
        form.get_by_role("button", name=visitor.begins("认定")).click()
    visitor.sees("%(clause)s 的事实已认定，并重新核对。", clause=clause)


def return_for_correction(visitor: Visitor, *, reason: str, marks: Mapping[str, str]) -> None:
    """Mark fields and papers (label to note) and send the file back."""
    visitor.follow("退回补正")
    for label, note in marks.items():
        visitor.tick(label)
        visitor.fill(f"{visitor.say('%(what)s：怎么改', what=visitor.say(label))}", note)
    visitor.fill("理由", reason)
    visitor.look("desk-return")
    visitor.press("退回补正")


def move_clock_by(visitor: Visitor, working_days: int) -> None:
    """Move the portal's clock forward on the demo page; what came due happens."""
    visitor.go("demo")
    visitor.fill("往前走几个工作日", str(working_days))
    visitor.press("往前走")
    visitor.sees("现在是 %(day)s。到期的事项已经办了。")


# ── public notices ─────────────────────────────────────────────────────────────────────────────────────────────────


def collect_notice(visitor: Visitor) -> str:
    """Make a list of everybody who waits; gives its number."""
    visitor.go("desk_notices")
    visitor.look("desk-notices")
    visitor.press("汇总成名单")
    visitor.sees("名单 %(number)s 已汇总。请另一人核对后发布。")
    return re.search(r"GS-2026-\d{4}", visitor.words())[0]


def release_notice(visitor: Visitor, number: str) -> None:
    """The second person checks and publishes."""
    visitor.go("desk_notice", number)
    for box in visitor.page.get_by_role("checkbox").all():
        box.check()
    visitor.look("notice-to-release")
    visitor.press("发布名单")
    visitor.sees("名单已发布，明天起公示。")
