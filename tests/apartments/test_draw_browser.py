"""The verifier of the page, in a real browser: the same files, the same answers as on the command line."""

import pytest
from playwright.sync_api import Page, expect

from housing.apartments.draw import Mode
from tests.apartments.draw_tampering import HONEST, TAMPERED, VALUE
from tests.apartments.second_draw import file_of, lines_of, list_text, result_of

pytestmark = [pytest.mark.slow, pytest.mark.urls("tests.apartments.draw_page")]
HOLDS = "验证通过：抽签结果与事先公布的一致。"
ALONE = "文件前后一致，但没有与事先公布的名单摘要和承诺全部比对。"
UNSEEN = "文件前后一致，名单和承诺与公布的一致；公开数值没有比对，请到来源查到数值，填上再验证。"
FAILS = "验证不通过。"


def choose(page: Page, content: bytes) -> None:
    file = {"name": "result.json", "mimeType": "application/json", "buffer": content}
    page.get_by_label("验证您手里的结果文件").set_input_files(file)


def expect_verdict(page: Page, sentence: str) -> None:
    """It is shown, and it alone, and has the focus so that it is read out."""
    verdict = page.locator("[data-part=verdict]")
    expect(verdict).to_be_focused()
    expect(verdict).to_have_text(sentence, use_inner_text=True)
    expect(page.get_by_text("正在验证……")).to_be_hidden()


def outcomes(page: Page) -> list[str]:
    return page.locator("[data-part=checks] .th-tag").all_inner_texts()


def test_a_citizen_verifies_the_published_result_and_says_what_the_exchange_said(page):
    page.goto("/draw/")
    page.get_by_label("您从来源查到的公开数值").fill("３８９２.10 ")
    page.get_by_role("button", name="验证公布的结果文件").click()
    expect_verdict(page, HOLDS)
    assert outcomes(page) == ["一致"] * 9
    page.get_by_label("您从来源查到的公开数值").fill("3892.11")
    page.get_by_role("button", name="验证公布的结果文件").press("Enter")
    expect_verdict(page, FAILS)
    assert outcomes(page) == ["一致"] * 8 + ["不一致"]
    expect(page.get_by_text("文件里的公开数值与填写的数值不同。")).to_be_visible()


def test_every_tampered_file_is_refused_with_the_sentence_of_the_command(page):
    page.goto("/draw/")
    page.get_by_label("您从来源查到的公开数值").fill(VALUE)
    answers, expected = {}, {}
    for name, tampered in TAMPERED.items():
        choose(page, tampered.content)
        expect(page.locator("[data-part=verdict]:focus")).to_have_text(FAILS, use_inner_text=True)
        answers[name] = tampered.sentence in page.locator("[data-part=checks]").inner_text()
        expected[name] = True
    choose(page, file_of(HONEST))
    expect_verdict(page, HOLDS)
    assert answers == expected


def test_nothing_is_called_announced_before_the_public_value_is_looked_up(page):
    page.goto("/draw/")
    for content in (file_of(HONEST), TAMPERED["forged public value"].content):
        choose(page, content)
        expect_verdict(page, UNSEEN)


@pytest.mark.parametrize("mode", Mode)
def test_each_mode_is_replayed(page, mode):
    page.goto("/draw/?alone")
    choose(page, file_of(result_of(list_text(lines_of(2500, gap=9), mode), HONEST["secret"], VALUE)))
    expect_verdict(page, ALONE)


def test_a_result_that_cannot_be_fetched_is_said_to_be_so(page):
    page.goto("/draw/?gone")
    page.get_by_role("button", name="验证公布的结果文件").click()
    expect_verdict(page, "结果文件读不出来，请稍后再试。")


def test_without_scripts_the_program_can_be_downloaded(open_page):
    page = open_page(javascript=False)
    page.goto("/draw/")
    expect(page.get_by_role("link", name="下载验证程序")).to_be_visible()
    expect(page.get_by_role("button", name="验证公布的结果文件")).to_be_hidden()
