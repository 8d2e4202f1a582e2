"""A draw by lot in the desk's pages, and a citizen without an account who repeats it: in the page and at home."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from playwright.sync_api import expect

from applicants.people.masking import mask_name
from housing.apartments import tasks
from housing.apartments.models import Round, RoundState
from housing.apartments.services.entering import enter_round
from portal.casework.models import Application
from tests.apartments.making import load_apartment_policy, make_approved, make_building, make_type
from tests.apartments.walking import give_tier
from tests.factories import SHANGHAI, make_person, move_clock
from tests.journeys import people
from tests.journeys.conftest import MONDAY
from tests.journeys.visitor import Visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
MINUTE = timedelta(minutes=1)
OPENS, FREEZES, KNOWN, DRAWS = (datetime(2026, 3, day, 9, 0, tzinfo=SHANGHAI) for day in (3, 10, 11, 12))
NAMED = "2026 年 3 月 11 日上证综合指数收盘点位，见上交所网站"
TITLE, WITNESS, VALUE = "2026 年第一批", "杨公证", "4012.33"
NAMES = ("林晓雨", "陈海平", "蔡月明", "吴一帆", "欧阳晓航")
MASKED = {"林**", "陈**", "蔡**", "吴**", "欧阳**"}
HOLDS, FAILS = "验证通过：抽签结果与事先公布的一致。", "验证不通过。"
SWAPPED = "第 %(rank)s 名应为编号 %(expected)s，文件写的是编号 %(found)s。"


def test_a_citizen_repeats_a_draw_that_was_made_in_the_desks_pages(
    visit: Callable[..., Visitor], tmp_path: Path
) -> None:
    load_apartment_policy(at=MONDAY)
    kind, _building = make_type(), make_building(2)
    admin = people.sign_in_staff(visit(), "admin")
    row = open_a_round(admin)
    citizen = visit(width=390)
    commitment = the_commitment_is_public(citizen, row)

    move_clock(OPENS)
    for name in NAMES:
        application = give_tier(make_approved(make_person(name=name, at=MONDAY)))
        Application.objects.filter(pk=application.pk).update(name_masked=mask_name(name))
        about = {"types": [kind], "by": application.applicant.user, "at": OPENS}
        enter_round(round_id=row.pk, application_id=application.pk, **about)
    move_clock(FREEZES + MINUTE)
    tasks.sweep_rounds()
    entrants_hash = the_masked_list_is_public(citizen, row)

    move_clock(DRAWS + MINUTE)
    draw_and_publish(admin, row)
    the_result_is_public(citizen, row, commitment, entrants_hash)
    result, script = download(citizen, "下载结果文件", tmp_path), download(citizen, "下载验证程序", tmp_path)
    tampered = tmp_path / "tampered.json"
    swapped = swap_the_first_two(result, tampered)
    reader = visit(language="en")
    reader.go("apartment_round", row.number)
    reader.look("published-in-english")
    for one in (citizen, reader):
        the_page_verifies(one, tampered, swapped)
    assert reader.untranslated == {}

    published = ["--commitment", commitment, "--entrants-hash", entrants_hash, "--public-value", VALUE]
    assert at_home(script, result, published) == (0, "")
    assert at_home(script, tampered, published)[0] == 1
    call_command("verify_draw", str(result), *published)
    with pytest.raises(CommandError, match=FAILS):
        call_command("verify_draw", str(tampered), *published)


# ── the administrator ──────────────────────────────────────────────────────────────────────────────────────────────


def open_a_round(admin: Visitor) -> Round:
    """Prepared with every unit, looked at once more, and made public."""
    admin.go("desk_round_new")
    admin.fill("名称", TITLE)
    admin.pick("怎么排位", "摇号")
    moments = {"开始报名": OPENS, "锁定名单": FREEZES, "排位或者摇号": DRAWS, "公开数值什么时候产生": KNOWN}
    for label, at in moments.items():
        admin.fill(label, f"{at:%Y-%m-%dT%H:%M}")
    admin.fill("起租日", "2026-04-01")
    admin.fill("公开数值", NAMED)
    for box in admin.page.get_by_role("group", name=admin.begins("homes|房源")).get_by_role("checkbox").all():
        box.check()
    admin.look("round-new")
    admin.press("保存草稿")
    admin.sees("已保存为草稿，公众看不到。核对以后再公布。")
    row = Round.objects.get()
    assert (row.state, row.mode, row.commitment, row.units.count()) == (RoundState.DRAFT, "lottery", "", 2)
    admin.press("公布批次")
    admin.sees("批次已公布。")
    admin.look("round-open")
    row.refresh_from_db()
    assert row.state == RoundState.OPEN
    return row


def draw_and_publish(admin: Visitor, row: Round) -> None:
    """A witness who agreed, the value as its source says it, the draw, and only then the result."""
    admin.go("desk_round", row.pk)
    expect(admin.page.get_by_role("button", name=admin.begins("开始排位"))).to_have_count(0)  # nobody watches yet
    admin.page.locator("summary").filter(has_text=admin.say("登记见证人")).click()
    admin.fill("姓名", WITNESS)
    admin.fill("身份", "市公证处公证员")
    admin.tick("本人同意公开姓名和身份")
    admin.press("登记见证人")
    admin.sees("已登记。")
    admin.fill("公开数值", VALUE)
    admin.tick("已经和见证人一起对照来源核对。摇号只能进行一次")
    admin.look("round-to-draw")
    admin.press("开始排位")
    admin.sees("排位完成。核对以后请公布结果。")
    admin.press("公布结果")
    admin.sees("结果已公布。")
    admin.look("round-published")
    admin.leave()


# ── the citizen ────────────────────────────────────────────────────────────────────────────────────────────────────


def the_commitment_is_public(citizen: Visitor, row: Round) -> str:
    """Before anybody has entered; the list is not there, nor is the secret."""
    citizen.go("apartment_rounds")
    citizen.follow(TITLE)
    citizen.is_at("apartment_round", row.number)
    citizen.sees_exactly(NAMED)
    citizen.look("announced")
    commitment = shown(citizen, "承诺")
    assert commitment == row.commitment
    assert row.secret not in citizen.page.content()
    return commitment


def the_masked_list_is_public(citizen: Visitor, row: Round) -> str:
    """With its hash, and without a rank, a full name or the secret."""
    citizen.go("apartment_round", row.number)
    citizen.look("frozen")
    assert masked(citizen) == MASKED
    assert not any(name in citizen.page.content() for name in (*NAMES, row.secret))
    row.refresh_from_db()
    assert shown(citizen, "名单的摘要") == row.entrants_sha256
    return row.entrants_sha256


def the_result_is_public(citizen: Visitor, row: Round, commitment: str, entrants_hash: str) -> None:
    """What was promised beforehand stands unchanged; beside it the value, the secret, the seed and every rank."""
    citizen.go("apartment_round", row.number)
    citizen.look("published")
    row.refresh_from_db()
    hashes = [shown(citizen, label) for label in ("承诺", "名单的摘要", "公开数值是多少", "揭开的秘密", "种子")]
    assert hashes == [commitment, entrants_hash, VALUE, row.secret, row.seed]
    assert masked(citizen) == MASKED
    ranks = citizen.page.locator("#list tbody td:first-child").all_inner_texts()
    assert ranks == ["1", "2", "3", "4", "5"]
    citizen.sees_exactly(WITNESS)


def the_page_verifies(citizen: Visitor, tampered: Path, swapped: dict[str, int]) -> None:
    """The published file holds in all its nine steps; the copy does not, and the page says why."""
    citizen.fill("您从来源查到的公开数值", VALUE)
    citizen.press("验证公布的结果文件")
    verdict, outcomes = citizen.page.locator("[data-part=verdict]"), citizen.page.locator("[data-part=checks] .th-tag")
    expect(verdict).to_have_text(citizen.say(HOLDS), use_inner_text=True)
    expect(outcomes).to_have_text([citizen.say("一致")] * 9)
    citizen.look("verified")
    citizen.control("验证您手里的结果文件").set_input_files(tampered)
    expect(verdict).to_have_text(citizen.say(FAILS), use_inner_text=True)
    expect(citizen.page.locator("[data-part=checks]")).to_contain_text(citizen.say(SWAPPED, **swapped))
    citizen.look("refused")


def shown(citizen: Visitor, label: str) -> str:
    """What the page says beside ``label``."""
    row = citizen.page.locator("dt").filter(has_text=citizen.say(label)).get_by_text(citizen.say(label), exact=True)
    return row.first.locator("xpath=following::dd[1]").inner_text().strip()


def masked(citizen: Visitor) -> set[str]:
    """The names of the list as the page shows them."""
    return set(citizen.page.locator("#list tbody .th-nowrap").all_inner_texts())


def download(citizen: Visitor, link: str, folder: Path) -> Path:
    """The file behind the link, kept under its own name."""
    with citizen.page.expect_download() as coming:
        citizen.follow(link)
    kept = folder / coming.value.suggested_filename
    coming.value.save_as(kept)
    return kept


# ── at home ────────────────────────────────────────────────────────────────────────────────────────────────────────


def swap_the_first_two(result: Path, copy: Path) -> dict[str, int]:
    """Write a copy in which the second comes first; gives what must be said of it."""
    told = json.loads(result.read_bytes())
    first, second = told["ranking"][:2]
    told["ranking"][:2] = [second, first]
    copy.write_bytes(json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())
    return {"rank": 1, "expected": first, "found": second}


def at_home(script: Path, file: Path, published: list[str]) -> tuple[int, str]:
    """Run the downloaded program where nothing of the portal is; gives the exit code and what went wrong."""
    # -I: neither the folder, nor the environment, nor the user's packages are looked at
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(script), str(file), *published],
        cwd=script.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stderr
