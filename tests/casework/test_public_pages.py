"""Home and programme pages say what the policies in force say."""

import re
from datetime import date, datetime

import pytest
from django.test import Client

from portal.casework.programmes import Programme, all_programmes, register
from tests.apartments.making import load_apartment_policy
from tests.browsing import signed_in, text_of
from tests.cards.making import load_card_policy
from tests.casework.noticed import collect, day, make_waiting, release
from tests.factories import (
    SHANGHAI,
    load_policies,
    make_application_in,
    make_person,
    make_user,
    move_clock,
    start_draft,
)
from tests.lodging.making import load_lodging_policy

pytestmark = pytest.mark.django_db
PAGE = "/programmes/living-subsidy/"
IN_2024 = datetime(2024, 3, 1, 9, tzinfo=SHANGHAI)
IN_2023 = datetime(2023, 10, 16, 9, 12, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def _policies():
    load_policies()
    move_clock(IN_2024)


def in_english(client):
    client.cookies["language"] = "en"
    return client


def test_home_needs_no_sign_in_and_names_the_amounts_in_force(client):
    text = text_of(client.get("/"))
    assert "10,000 元起" in text
    assert "最高 100,000 元" in text


def test_home_of_2023_knows_one_policy(client):
    move_clock(IN_2023)
    text = text_of(client.get("/"))
    assert "10,000 元" in text
    assert "100,000" not in text


def test_home_shows_every_registered_programme_and_marks_what_is_not_open(client):
    load_card_policy()
    load_lodging_policy()
    load_apartment_policy()
    text = text_of(client.get("/"))
    assert [item.title for item in all_programmes() if str(item.title) not in text] == []
    assert text.count("尚未开放") == len([item for item in all_programmes() if not item.is_open])


def test_home_shows_an_applicant_how_far_the_newest_application_is():
    row = make_application_in("accept", at=IN_2023)
    move_clock(IN_2023)
    text = text_of(signed_in(row.applicant.user).get("/"))
    assert row.reference in text
    assert "最晚 10 月 19 日 告诉您是否受理" in text or "最晚 10 月 19 日告诉您是否受理" in text


@pytest.mark.slow
def test_home_promises_no_day_that_is_past():
    row = make_application_in("accept", at=IN_2023)
    text = text_of(signed_in(row.applicant.user).get("/"))
    assert "比原定的日子晚了，我们正在加紧办理。" in text


def test_home_shows_a_draft_with_the_way_back_to_it():
    draft = start_draft(make_person(at=IN_2023), at=IN_2023)
    page = signed_in(draft.applicant.user).get("/").content.decode()
    assert f"/applications/{draft.pk}/tasks/" in page
    assert "继续填写" in page


def test_home_shows_no_application_to_others():
    row = make_application_in("accept", at=IN_2023)
    assert row.reference not in text_of(signed_in(make_user()).get("/"))
    assert row.reference not in text_of(Client().get("/"))


def test_home_lists_the_current_notices(client):
    make_waiting()
    release(collect())
    move_clock(day(5, 9))
    assert "公示到 5 月 9 日，今天是最后一天" in text_of(client.get("/"))


def test_both_policies_of_2024_stand_side_by_side_with_all_their_clauses(client):
    text = text_of(client.get(PAGE))
    assert "哪一项适合我" in text
    assert "两项生活补贴只能享受一项。" in text
    codes = [f"LS-{number}" for number in range(1, 9)] + [f"YT-{number}" for number in range(1, 7)]
    assert [code for code in codes if f" {code} " not in text] == []


def test_the_page_of_2023_has_one_policy_and_no_choice(client):
    move_clock(IN_2023)
    text = text_of(client.get(PAGE))
    assert "哪一项适合我" not in text
    assert "YT-1" not in text
    assert "LS-1" in text


def test_the_page_says_how_much_how_long_and_on_which_ground(client):
    text = text_of(client.get(PAGE))
    for sentence in (
        "100,000 元",
        "第 1 期：50%",
        "申请满 2 年后发放。",
        "约 23 个工作日",
        "公示 5 个工作日",
        "3 个工作日内告诉您是否受理。缺什么，一次说清。",
        "姓名只公布姓氏，证件号只公布后 4 位；另列毕业院校、学历、用人单位、拟发金额。",
        "泉人社文〔2022〕164号",
        "自 2024 年 2 月 6 日 起施行",
        "60 日内",
        "石狮市人民政府",
        "居民身份证",
        "用人单位盖章确认",
    ):
        assert re.sub(r"\s", "", sentence) in re.sub(r"\s", "", text), sentence


def test_time_limits_without_a_source_are_marked_as_examples(client):
    move_clock(IN_2023)
    page = client.get(PAGE).content.decode()
    # The total, every stage but the notice, payment, correction and reconsideration.
    assert page.count("示例时限") == 1 + 5 + 3


def test_applying_begins_with_the_privacy_notice(client):
    assert 'href="/apply/living-subsidy/privacy/"' in client.get(PAGE).content.decode()


def test_somebody_with_an_open_application_is_led_back_to_it():
    draft = start_draft(make_person(at=IN_2023), at=IN_2023)
    page = signed_in(draft.applicant.user).get(PAGE).content.decode()
    assert f'href="/applications/{draft.pk}/tasks/"' in page
    assert "/apply/living-subsidy/privacy/" not in page


def test_a_programme_that_is_not_open_says_so_and_what_to_do(client):
    register(Programme(code="night-school", prefix="NS", title="夜校", summary="晚上上课。", icon="cap"))
    try:
        text = text_of(client.get("/programmes/night-school/"))
    finally:
        from portal.casework import programmes

        programmes._PROGRAMMES.pop("night-school")
    assert "尚未开放" in text
    assert "12333" in text
    assert "开始申请" not in text


def test_an_open_programme_without_a_policy_in_force_is_closed_too(client):
    move_clock(datetime(2022, 1, 3, 9, tzinfo=SHANGHAI))
    assert "尚未开放" in text_of(client.get(PAGE))


def test_a_programme_nobody_registered_is_not_there(client):
    assert client.get("/programmes/nothing/").status_code == 404


def test_english_pages_show_the_english_of_the_document_and_mark_chinese(client):
    page = in_english(client).get(PAGE).content.decode()
    assert "Graduated in 2022 or later" in page
    assert '<span lang="zh">泉人社文〔2022〕164号</span>' in page


def test_the_programme_list_links_every_programme(client):
    page = client.get("/programmes/").content.decode()
    assert [item.code for item in all_programmes() if f'href="/programmes/{item.code}/"' not in page] == []


def test_home_is_light(client):
    assert len(client.get("/").content) < 20_000


def test_the_steps_of_a_route_are_dated_as_they_were_left():
    from portal.casework.views.public_progress import progress_of

    row = make_application_in("second_review", at=IN_2023)
    shown = progress_of(row, on=date(2023, 10, 16))
    assert [(step["label"], step["state"], step.get("note", "")) for step in shown.buoys] == [
        ("提交", "done", "10-16"),
        ("受理", "done", "10-16"),
        ("审核", "now", ""),
        ("公示", "todo", ""),
        ("审定", "todo", ""),
        ("发放", "todo", ""),
    ]
