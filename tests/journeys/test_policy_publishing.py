"""One administrator drafts a new version, compares and simulates it and asks; another publishes it.

By hand: two files are settled as eligible for 10,000 yuan and one is not settled. The draft wants 6 months of insurance
instead of 3 and gives 12,000 yuan instead of 10,000. The person with 6 months goes from 10,000 to 12,000; the one with
4 months from 10,000 to nothing; the third stays undetermined, without an amount. Cost: 20,000 before, 12,000 after.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from playwright.sync_api import Locator, expect

from portal.casework.models import Application, Simulation
from portal.policy.models import PolicyDraft, PolicyVersion
from tests.factories import SHANGHAI, make_application_in, make_person, make_user
from tests.journeys import people
from tests.journeys.conftest import MONDAY
from tests.journeys.visitor import Visitor
from tests.real_worker import Worker

SENT = datetime(2026, 2, 2, 9, 0, tzinfo=SHANGHAI)
NOTE = {"zh-hans": "调高金额，参保改为六个月。", "en": "A higher amount, for six months of insurance."}
TITLE = {"zh-hans": "高校毕业生一次性生活补贴", "en": "One-off living subsidy for graduates"}
WHATEVER = {"zh-hans": "不分学历", "en": "Whatever the degree"}
SUMMARY = {
    "zh-hans": "算过 3 件申请，其中 2 件的结论或金额会改变。费用从 20,000 元减少到 12,000 元，少 8,000 元。",
    "en": "Of 3 applications, 2 would change verdict or amount. "
    "The cost falls from CNY 20,000 to CNY 12,000, by CNY 8,000.",
}


@pytest.mark.parametrize(
    ("language", "width"), [("zh-hans", 1280), ("en", 390)], ids=["chinese-on-a-desktop", "english-on-a-phone"]
)
def test_a_policy_version_from_draft_to_publication_by_two(
    visit: Callable[..., Visitor], worker: Worker, language: str, width: int
) -> None:
    files = three_files()

    drafter = people.sign_in_staff(visit(width=width, language=language), "admin")
    begin_a_draft(drafter)
    draft = PolicyDraft.objects.get()
    change_the_amount(drafter)
    change_the_months(drafter)
    the_differences_are_these_four(drafter)
    drafter.go("policy_draft", draft.pk)
    the_simulation_says_what_was_worked_out_by_hand(drafter, worker, files)
    drafter.follow("看草稿")
    ask(drafter)
    assert Application.objects.filter(policy_version__label="1").count() == 3

    publisher = people.sign_in_staff(visit(width=width, language=language), "admin2")
    publish(publisher, draft)
    publisher.look("published")
    version = PolicyVersion.objects.get(policy__code="LS-2022", label="2")
    assert (version.asked_by.email, version.published_by.email) == ("admin@shishi.example", "admin2@shishi.example")
    drafter.go("policy_draft", draft.pk)
    drafter.sees("这份草稿已经发布，不能再改。")
    expect(drafter.page.get_by_role("main").get_by_role("button")).to_have_count(0)

    people.move_clock_by(publisher, 1)
    what_was_under_way_keeps_its_version(files)
    newcomer = make_user("xinlai@example.test")
    a_new_application_gets_the_new_amount(visit(width=width, language=language), newcomer.email)
    for visitor in (drafter, publisher):
        assert visitor.untranslated == {}


# ── before it begins ───────────────────────────────────────────────────────────────────────────────────────────────


def studied_and_insured(first_month: str) -> dict[str, dict[str, object]]:
    """A bachelor of summer 2025, insured from that month to January 2026."""
    return {
        "education": {"diploma_on": date(2025, 6, 20)},
        "employment": {
            "started_on": date(2025, 7, 1),
            "first_insured_on": date(2025, 8, 1),
            "insured_ranges": [{"from": first_month, "to": "2026-01", "employer": "present", "late": False}],
        },
    }


def three_files() -> dict[str, Application]:
    """Insured for six months and for four, both settled; and one that nobody has settled."""
    first_months = {"six": ("2025-08", "second_review"), "four": ("2025-10", "second_review")}
    first_months["unsettled"] = ("2025-08", "first_review")
    found = {
        name: make_application_in(state, person=make_person(at=SENT, **studied_and_insured(first)), at=SENT)
        for name, (first, state) in first_months.items()
    }
    amounts = {name: (file.verdict, file.amount_fen) for name, file in found.items()}
    assert amounts == {
        "six": ("eligible", 1_000_000),
        "four": ("eligible", 1_000_000),
        "unsettled": ("undetermined", None),
    }
    return found


# ── drafting ───────────────────────────────────────────────────────────────────────────────────────────────────────


def begin_a_draft(visitor: Visitor) -> None:
    """From the version in force; the page of that version offers nothing to change it with."""
    visitor.go("desk_policies")
    visitor.look("policies")
    visitor.page.get_by_role("region", name=re.compile("LS-2022")).get_by_role("link").first.click()
    visitor.is_at("desk_policy", "LS-2022", "1")
    visitor.sees("现行")
    visitor.look("version")
    visitor.press("由这一版起草新版")
    visitor.sees_heading("%(title)s 第 %(label)s 版草稿", title=TITLE[visitor.language], label="2")
    visitor.look("draft")


def change_the_amount(visitor: Visitor) -> None:
    """Nothing at first, by mistake: the sentence stands beside the field, and what was typed stays."""
    section(visitor, "policy part|金额").get_by_role("link", name=WHATEVER[visitor.language], exact=True).click()
    visitor.fill("金额（元）", "0")
    visitor.press("保存")
    control = visitor.control("金额（元）")
    expect(control).to_have_attribute("aria-invalid", "true")
    expect(control).to_have_accessible_description(re.compile(re.escape(visitor.say("须大于 %(limit)s", limit="0"))))
    expect(control).to_have_value("0")
    visitor.look("amount-mistake")
    visitor.fill("金额（元）", "12000")
    visitor.press("保存")
    visitor.sees("已保存。")


def change_the_months(visitor: Visitor) -> None:
    """Down through the clause to its condition."""
    section(visitor, "policy part|条款").get_by_role("link", name="LS-5", exact=True).click()
    visitor.look("clause")
    section(visitor, "条件").get_by_role("link", name=visitor.say("参保月数"), exact=True).click()
    visitor.fill("几个月", "6")
    visitor.look("condition")
    visitor.press("保存")
    visitor.sees("已保存。")
    visitor.page.get_by_role("navigation", name=visitor.say("所在位置")).get_by_role("link").nth(1).click()


def section(visitor: Visitor, heading: str) -> Locator:
    """The part of the page under that heading."""
    return visitor.page.get_by_role("region", name=visitor.say(heading), exact=True)


def the_differences_are_these_four(visitor: Visitor) -> None:
    """Clause by clause: label, first day, months, amount."""
    visitor.follow("只看不同之处")
    visitor.look("differences")
    rows = [row.inner_text().split("\n") for row in visitor.page.get_by_role("row").all()]
    changed = {tuple(cell.strip("\t") for cell in row if cell.strip())[-2:] for row in map(flat, rows) if len(row) >= 3}
    day = {"zh-hans": ("2022 年 6 月 30 日", "2026 年 3 月 3 日"), "en": ("30 June 2022", "3 March 2026")}
    assert changed - {heads(visitor)} == {("1", "2"), day[visitor.language], ("3", "6"), ("10,000", "12,000")}


def flat(row: list[str]) -> list[str]:
    """The cells of a row, however the page lays them out."""
    return [cell for line in row for cell in line.split("\t") if cell.strip()]


def heads(visitor: Visitor) -> tuple[str, str]:
    """What stands above the two columns."""
    return visitor.say("原来"), visitor.say("现在")


# ── simulating ─────────────────────────────────────────────────────────────────────────────────────────────────────


def the_simulation_says_what_was_worked_out_by_hand(
    visitor: Visitor, worker: Worker, files: dict[str, Application]
) -> None:
    """The worker computes; the page follows by itself."""
    visitor.press("用全部申请模拟")
    worker.wait_until(lambda: Simulation.objects.get().state == "done")
    visitor.sees_exactly(SUMMARY[visitor.language])
    visitor.look("simulation")
    shown = visitor.page.get_by_role("main").inner_text()
    assert files["six"].reference in shown
    assert files["four"].reference in shown
    assert files["unsettled"].reference not in shown


# ── publishing by two ──────────────────────────────────────────────────────────────────────────────────────────────


def ask(visitor: Visitor) -> None:
    """With a note; afterwards there is no button that publishes."""
    visitor.fill("附言", NOTE[visitor.language])
    visitor.press("请另一位管理员发布")
    visitor.sees("已请其他管理员核对发布。")
    visitor.sees("申请发布的人不能自己发布，请另一位管理员发布。")
    visitor.look("asked")
    expect(visitor.page.get_by_role("button", name=visitor.begins("发布这一版"))).to_have_count(0)


def publish(visitor: Visitor, draft: PolicyDraft) -> None:
    """The other administrator finds the draft in the list, reads the note and publishes."""
    visitor.go("desk_policies")
    visitor.follow("第 2 版草稿" if visitor.language == "zh-hans" else "Draft of version 2")
    visitor.is_at("policy_draft", draft.pk)
    visitor.sees_exactly(NOTE[visitor.language])
    visitor.look("to-publish")
    visitor.press("发布这一版")
    visitor.sees("已发布。")
    visitor.follow("看发布的版本")
    visitor.is_at("desk_policy", "LS-2022", "2")
    visitor.sees_exactly("12,000")


# ── afterwards ─────────────────────────────────────────────────────────────────────────────────────────────────────


def what_was_under_way_keeps_its_version(files: dict[str, Application]) -> None:
    """Version, verdict and amount are those of the day of the application."""
    for name, before in files.items():
        now = Application.objects.select_related("policy_version").get(pk=before.pk)
        assert (now.policy_version.label, now.verdict, now.amount_fen) == ("1", before.verdict, before.amount_fen), name


def a_new_application_gets_the_new_amount(visitor: Visitor, email: str) -> None:
    """Begun at the pages it is of version 2, which the programme's page describes; settled, it is worth 12,000."""
    people.sign_in(visitor, email)
    people.begin(visitor)
    begun = Application.objects.select_related("policy_version").get(applicant__user__email=email)
    assert (begun.state, begun.policy_version.label) == ("draft", "2")
    tomorrow = MONDAY + timedelta(days=1, hours=1)
    person = make_person(at=tomorrow, **studied_and_insured("2025-08"))
    settled = make_application_in("second_review", person=person, at=tomorrow)
    assert (settled.policy_version.label, settled.verdict, settled.amount_fen) == ("2", "eligible", 1_200_000)
