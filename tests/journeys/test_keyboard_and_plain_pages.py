"""The same pages without a mouse, and without JavaScript."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Locator, expect

from applicants.people.answers import answers_of
from applicants.people.models import Education
from applicants.people.services import person_of
from portal.accounts.models import User
from portal.casework.completeness import required_papers
from portal.casework.models import Application, ListExport
from portal.casework.services.drafting import put_on_shelf
from tests.factories import jpeg_bytes, make_application_in, make_paper, make_person, make_user, start_draft
from tests.journeys import people
from tests.journeys.conftest import MONDAY
from tests.journeys.visitor import Visitor

EMAIL = "xiaohang@example.test"
GRADUATE_2025 = {
    "education": {"diploma_on": date(2025, 6, 20)},
    "employment": {
        "started_on": date(2025, 7, 1),
        "first_insured_on": date(2025, 8, 1),
        "insured_ranges": [{"from": "2025-08", "to": "2026-01", "employer": "present", "late": False}],
    },
}
# A ring of at least two pixels around, or a shadow: where the keyboard is can be seen.
SHOWS_FOCUS = """element => {
    const own = getComputedStyle(element);
    return (own.outlineStyle !== "none" && parseFloat(own.outlineWidth) >= 2) || own.boxShadow !== "none";
}"""

# And no bar that stays on the screen lies over it.
IS_SEEN = """element => {
    const {left, top, width, height} = element.getBoundingClientRect();
    const there = document.elementFromPoint(left + Math.min(width, innerWidth) / 2, top + Math.min(height, 40) / 2);
    return there !== null && (element.contains(there) || there.contains(element) || there.closest("label") !== null);
}"""


def a_draft() -> Application:
    """An empty draft of the person behind EMAIL."""
    return start_draft(person_of(user=make_user(EMAIL)), at=MONDAY)


def tab_to(visitor: Visitor, wanted: Locator, *, most: int = 60) -> None:
    """Press Tab until ``wanted`` has the focus, and see that it shows."""
    for _press in range(most):
        visitor.page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            assert wanted.evaluate(SHOWS_FOCUS), f"nothing shows that the keyboard is at {wanted}"
            return
    pytest.fail(f"Tab never came to {wanted}")


def press_enter(visitor: Visitor, wanted: Locator) -> None:
    """Go to a link or button by Tab and press Enter."""
    tab_to(visitor, wanted, most=120)
    visitor.page.keyboard.press("Enter")


def goes_round(visitor: Visitor, *, most: int = 150) -> None:
    """From the skip link through everything and back to it: nothing holds the keyboard, all of it shows."""
    page, unseen = visitor.page, []
    page.keyboard.press("Tab")
    skip = page.locator(".th-skip")
    expect(skip).to_be_focused()
    for _press in range(most):
        page.keyboard.press("Tab")
        at = page.locator("*:focus")
        if not at.count():  # beyond the last one
            continue
        if skip.evaluate("element => element === document.activeElement"):
            assert unseen == []
            return
        if not (at.evaluate(SHOWS_FOCUS) and at.evaluate(IS_SEEN)):
            unseen.append(at.evaluate("element => element.outerHTML.slice(0, 200)"))
    pytest.fail("Tab never came round to the skip link")


def type_at(visitor: Visitor, label: str, text: str) -> None:
    """Go to a line by Tab and type."""
    tab_to(visitor, visitor.control(label))
    visitor.page.keyboard.type(text)


def button(visitor: Visitor, text: str) -> Locator:
    """The button ``text`` of the page's own part."""
    return visitor.page.get_by_role("main").get_by_role("button", name=visitor.begins(text)).first


def test_signing_in_and_a_section_need_no_mouse(visit: Callable[..., Visitor]) -> None:
    draft, visitor = a_draft(), visit()
    visitor.go("account_login")
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("document.activeElement.getAttribute('href')") == "#main"  # past the menu at once
    visitor.page.keyboard.press("Enter")
    type_at(visitor, "邮箱", EMAIL)
    type_at(visitor, "密码", "harbour-2023")
    tab_to(visitor, button(visitor, "登录"))
    visitor.page.keyboard.press("Enter")
    visitor.is_at("applications")

    visitor.go("application_section", draft.pk, "education")
    level = visitor.page.get_by_role("radio", name="博士研究生", exact=True)
    tab_to(visitor, level)
    visitor.page.keyboard.press("ArrowDown")
    visitor.page.keyboard.press("ArrowDown")
    expect(visitor.page.get_by_role("radio", name="本科", exact=True)).to_be_checked()
    tab_to(visitor, visitor.page.get_by_role("radio", name="全日制", exact=True))
    visitor.page.keyboard.press("Space")
    type_at(visitor, "毕业院校", "闽南示例大学")
    tab_to(visitor, button(visitor, "保存并继续"))
    visitor.page.keyboard.press("Enter")
    visitor.sees("请填写专业。")
    # The summary of errors has the focus; its first link leads to the field.
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    expect(visitor.control("专业")).to_be_focused()
    visitor.look("keyboard-error")
    assert visitor.control("毕业院校").input_value() == "闽南示例大学"


def almost_finished_draft() -> Application:
    """A draft in which one paper and the declaration are missing."""
    person = make_person(make_user(EMAIL), at=MONDAY, **GRADUATE_2025)
    draft = start_draft(person, at=MONDAY)
    for asked in required_papers(draft, answers_of(person)):
        if asked.kind != "diploma":
            paper = make_paper(person, asked.kind, at=MONDAY)
            put_on_shelf(application=draft, kind=asked.kind, paper=paper, by=person.user, at=MONDAY)
    return draft


def test_an_application_is_sent_without_a_mouse(visit: Callable[..., Visitor]) -> None:
    draft, visitor = almost_finished_draft(), visit(width=390)
    people.sign_in(visitor, EMAIL)
    visitor.go("application_tasks", draft.pk)
    goes_round(visitor)

    press_enter(visitor, visitor.page.get_by_role("link", name="上传材料"))
    diploma = visitor.page.get_by_role("region", name=re.compile("^毕业证书\\s"))
    tab_to(visitor, diploma.locator("input[type=file]"), most=100)
    with visitor.page.expect_file_chooser() as asked:
        visitor.page.keyboard.press("Space")
    asked.value.set_files({"name": "diploma.jpg", "mimeType": "image/jpeg", "buffer": jpeg_bytes()})
    press_enter(visitor, diploma.get_by_role("button", name=visitor.begins("上传")).last)
    visitor.sees_exactly("diploma.jpg")
    press_enter(visitor, visitor.page.get_by_role("link", name="继续", exact=True))

    visitor.sees_heading("声明和公示告知")
    tab_to(visitor, visitor.page.get_by_role("radio", name="领过", exact=True))
    visitor.page.keyboard.press("ArrowDown")
    expect(visitor.page.get_by_role("radio", name="没有领过", exact=True)).to_be_checked()
    for label in ("我声明，下面的内容属实", "我知道，审核通过后会公示这些内容"):
        tab_to(visitor, visitor.page.get_by_role("checkbox", name=visitor.begins(label)))
        visitor.page.keyboard.press("Space")
    press_enter(visitor, button(visitor, "保存并继续"))
    visitor.sees_heading("提交前，请核对一遍")
    press_enter(visitor, button(visitor, "act|提交申请"))
    visitor.sees("已提交，编号 %(reference)s")
    assert Application.objects.get().submissions.count() == 1


def test_a_file_is_accepted_without_a_mouse(visit: Callable[..., Visitor]) -> None:
    row, visitor = make_application_in("accept", at=MONDAY, person=make_person(at=MONDAY, **GRADUATE_2025)), visit()
    people.sign_in_staff(visitor, "clerk")
    visitor.go("desk")
    goes_round(visitor)
    menu = visitor.page.locator(".th-deskbar .th-menu")
    press_enter(visitor, menu.locator("summary"))
    expect(menu.get_by_role("button", name="退出登录")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    expect(menu.get_by_role("button", name="退出登录")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()

    visitor.page.keyboard.press("j")  # the first row; Enter opens it
    visitor.page.keyboard.press("Enter")
    visitor.is_at("desk_file", row.pk)
    goes_round(visitor)
    press_enter(visitor, visitor.page.get_by_role("button", name=visitor.begins("显示姓名和号码")))
    paper = visitor.page.get_by_role("group", name=visitor.begins("对照")).get_by_role("radio").first
    tab_to(visitor, paper)
    visitor.page.keyboard.press("Space")
    press_enter(visitor, button(visitor, "一致，核实"))
    visitor.sees("证件号码已核实。")
    press_enter(visitor, button(visitor, "act|受理"))
    visitor.sees("%(reference)s 已受理。", reference=row.reference)


def test_a_section_and_a_paper_need_no_script(visit: Callable[..., Visitor]) -> None:
    draft, visitor = a_draft(), visit(width=390, javascript=False)
    people.sign_in(visitor, EMAIL)
    visitor.follow("继续填写")
    visitor.go("application_section", draft.pk, "education")
    people.fill_education(visitor)
    assert Education.objects.get().school == "闽南示例大学"
    visitor.go("application_papers", draft.pk)
    people.upload(visitor, "id_card", "证件.txt", b"not a picture", "text/plain")
    visitor.sees("这个文件不能用，只收 %(formats)s。请换成这些格式再传，只改文件名不行。")
    people.upload(visitor, "id_card", "证件.jpg", jpeg_bytes(), "image/jpeg")
    visitor.sees_exactly("证件.jpg")
    visitor.look("no-script-papers")
    assert list(draft.shelf.values_list("kind", flat=True)) == ["id_card"]


def test_a_page_that_waits_reads_on_by_itself(visit: Callable[..., Visitor]) -> None:
    admin, visitor = User.objects.get(email="admin@shishi.example"), visit()
    wanted = {"asked_by": admin, "asked_at": MONDAY, "filters": {"view": "all"}, "filters_sha256": "0" * 64}
    export = ListExport.objects.create(**wanted, total=8)
    people.sign_in_staff(visitor, "admin")
    visitor.page.clock.install()
    visitor.go("list_export", export.pk)
    visitor.sees_exactly("0/8 件")
    link = visitor.page.get_by_role("link", name="现在刷新")
    link.focus()

    ListExport.objects.update(state="running", done=3)
    visitor.page.clock.fast_forward(3_000)
    visitor.sees_exactly("3/8 件")
    visitor.sees_heading("正在生成")
    expect(link).to_be_focused()  # whoever reads there is left alone
    ListExport.objects.update(state="failed")
    visitor.page.clock.fast_forward(3_000)
    visitor.sees("这份名单试了几次都没有做成。请再下载一次；再次出错时，请告诉系统维护人员。")
