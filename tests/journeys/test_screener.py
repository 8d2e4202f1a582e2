"""A visitor asks what there is for them: no account, a phone or a keyboard, with or without script."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Locator, expect

from portal.policy.services import load_policy
from tests.journeys.conftest import MONDAY
from tests.journeys.test_keyboard_and_plain_pages import button, tab_to
from tests.journeys.visitor import Visitor
from tests.policy.qualifying import text_of

# Question → answer: a bachelor of Shishi in a first job since October 2025.
PICKED = {
    "最高学历是什么？": "本科",
    "在哪里读的？是全日制吗？": "国内“双一流”高校，全日制",
    "户籍在哪里？": "本市",
    "现在在哪里工作？": "本市的民营企业",
    "在现单位以前，您在本市工作过吗？": "没有工作过，也没有缴过社会保险",
}
BORN, GRADUATED, SINCE = "您是哪一年出生的？", "哪年哪月毕业？", "现单位从哪个月起，在本市给您缴养老保险？"


@pytest.fixture(autouse=True)
def _every_policy(bureau: None) -> None:
    for code in ("CARD-2023", "LODGE-2023", "APT-2023"):
        load_policy(text_of(code), at=MONDAY)


def question(visitor: Visitor, label: str) -> Locator:
    """The group of answers, or the control, of the question that ends so (its number stands before it)."""
    name = re.compile(re.escape(visitor.say(label)))
    return visitor.page.get_by_role("group", name=name).or_(visitor.page.get_by_label(name)).first


def answer_everything(visitor: Visitor) -> None:
    """All nine questions."""
    question(visitor, BORN).fill("2003")
    question(visitor, GRADUATED).fill("2025-06")
    question(visitor, SINCE).select_option("2025-10")
    for label, option in PICKED.items():
        question(visitor, label).get_by_role("radio", name=visitor.say(option), exact=True).check()
    visitor.tick("以上都不是")


def change_language(visitor: Visitor) -> Visitor:
    """Press the switch of the frame; the visitor who reads the other language."""
    other = {"zh-hans": "en", "en": "zh-hans"}[visitor.language]
    visitor.page.get_by_role("button", name={"en": "English", "zh-hans": "中文"}[other]).first.click()
    return replace(visitor, language=other)


@pytest.mark.parametrize(
    ("language", "width", "javascript"),
    [("zh-hans", 390, False), ("en", 1280, True)],
    ids=["chinese-on-a-phone-without-script", "english-on-a-desktop"],
)
def test_a_visitor_compares_what_looks_right_and_changes_an_answer(
    visit: Callable[..., Visitor], language: str, width: int, javascript: bool
) -> None:
    visitor = visit(width=width, language=language, javascript=javascript)
    visitor.go("home")
    visitor.follow("看看我能享受什么")
    visitor.is_at("screener")
    visitor.sees_heading("看看我符不符合")
    visitor.look("screener")
    answer_everything(visitor)
    visitor.press("看结果")

    visitor.is_at("screener")  # by POST: nothing stands in the address
    assert "?" not in visitor.page.url
    visitor.sees_heading("按您的回答")
    visitor.sees("这不是审核结果")
    visitor.sees_heading("这几项不能都享受，请比较")
    visitor.look("result")
    amounts = visitor.page.locator(".th-compare").inner_text()
    assert [it in amounts for it in ("10,000", "20,000", "2028")] == [True, True, True]
    expect(question(visitor, BORN)).to_have_value("2003")
    expect(visitor.page.get_by_role("radio", name=visitor.say("本科"), exact=True)).to_be_checked()
    assert visitor.page.evaluate("document.documentElement.scrollWidth") == width

    other = change_language(visitor)  # and the answers go with it
    other.sees_heading("按您的回答")
    other.is_at("screener")
    assert "?" not in visitor.page.url
    expect(question(other, BORN)).to_have_value("2003")
    change_language(other)

    household = question(visitor, "户籍在哪里？")
    household.get_by_role("radio", name=visitor.say("其他地方"), exact=True).check()
    visitor.press("看结果")
    subsidy = visitor.page.locator("#LS-2022")
    expect(subsidy).to_contain_text(visitor.say("目前不符合"))
    expect(subsidy).to_contain_text("LS-3")
    expect(visitor.page.locator(".th-compare")).to_have_count(0)
    visitor.look("one-changed")
    assert {it["name"] for it in visitor.page.context.cookies()} == {"csrftoken", "language"}

    visitor.follow("清空，重新回答")
    expect(question(visitor, BORN)).to_have_value("")


def test_the_screener_needs_no_mouse(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.go("screener")
    tab_to(visitor, question(visitor, BORN))
    visitor.page.keyboard.type("19")
    skipped = visitor.page.locator('input[name="degree"][value=""]')
    tab_to(visitor, skipped)
    visitor.page.keyboard.press("ArrowUp")
    visitor.page.keyboard.press("ArrowUp")
    expect(visitor.page.locator('input[name="degree"][value="senior_worker"]')).to_be_checked()
    tab_to(visitor, button(visitor, "看结果"))
    visitor.page.keyboard.press("Enter")
    visitor.sees("请填写四位数字的年份，例如 2001。")
    # The summary of errors has the focus; its link leads to the question, and what was picked stays.
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    expect(question(visitor, BORN)).to_be_focused()
    expect(visitor.page.locator('input[name="degree"][value="senior_worker"]')).to_be_checked()
    visitor.look("keyboard-error")
    visitor.page.keyboard.press("Control+a")
    visitor.page.keyboard.type("1999")
    tab_to(visitor, button(visitor, "看结果"))
    visitor.page.keyboard.press("Enter")
    visitor.sees_heading("按您的回答")
    tab_to(visitor, visitor.page.locator("#CARD-2023 a").first)
