"""The same pages without a mouse, and without JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from applicants.people.models import Education
from applicants.people.services import person_of
from portal.casework.models import Application
from tests.factories import jpeg_bytes, make_user, start_draft
from tests.journeys import people
from tests.journeys.conftest import MONDAY
from tests.journeys.visitor import Visitor

EMAIL = "xiaohang@example.test"
# A ring of at least two pixels around, or a shadow: where the keyboard is can be seen.
SHOWS_FOCUS = """element => {
    const own = getComputedStyle(element);
    return (own.outlineStyle !== "none" && parseFloat(own.outlineWidth) >= 2) || own.boxShadow !== "none";
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
