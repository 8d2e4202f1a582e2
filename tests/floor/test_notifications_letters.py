"""What letters say, in both languages, and the pages they are read on."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings as portal_settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal import clock
from portal.accounts.models import User
from portal.notifications.models import Letter
from portal.notifications.rendering import KINDS, render_letter
from portal.notifications.services import count_unread, queue_letter

AT = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)
FRAME = {
    "name": "林晚舟",
    "reference": "LS-2026-000012",
    "programme_title": {"zh": "一次性生活补贴", "en": "One-off living subsidy"},
}
DETAILS = {
    "is_provisional": True,
    "due_on": "2026-11-18",
    "closes_on": "2028-09-15",
    "reason": "毕业证书看不清。",
    "items": [
        {"label": {"zh": "毕业证书", "en": "Diploma"}, "note": "请重新拍照"},
        {"label": {"zh": "毕业时间", "en": "Date of graduation"}, "note": ""},
    ],
    "clause": "LS-4",
    "decided_on": "2026-11-17",
    "review_body": {"zh": "石狮市人民政府", "en": "Shishi Municipal People's Government"},
    "review_days": 60,
    "reconsider_by": "2026-12-08",
    "amount_fen": 1_000_000,
    "instalments": [
        {"number": 1, "amount_fen": 600_000, "due_on": ""},
        {"number": 2, "amount_fen": 400_050, "due_on": "2028-11-16"},
    ],
    "starts_on": "2026-11-18",
    "ends_on": "2026-11-24",
    "answer": "已核实，信息属实。",
    "posted_on": "2026-12-01",
    "doubt": "in_post",
    "last4": "0421",
    "asked_by": "管一川",
    "note": "金额按新文件调整。",
    "answered_by": "管一川",
    "is_published": False,
    "minutes": 30,
    "hours": 2,
    "is_delegate": True,
    "number_last4": "0014",
    "before": {"zh": "绿卡", "en": "Green card"},
    "after": {"zh": "银卡", "en": "Silver card"},
    "recognition": "泉州市第四层次人才",
    "valid_to": "2028-10-15",
    "giver": "苏一舟",
    "delegate": "曾启明",
    "roles": [{"zh": "初审 · 全部项目 · 全市", "en": "First review · all programmes · whole city"}],
    "ended_by": "管一川",
    "ended_on": "2026-11-20",
    "partner": {"zh": "石狮海滨酒店", "en": "Shishi Seaside Hotel"},
    "link": "https://portal.example/partner/invited/a-secret/",
    "until": "2026-11-20",
    "site": {"zh": "海港青年驿站", "en": "Seaport Youth Hostel"},
    "first_on": "2026-11-20",
    "last_on": "2026-11-22",
    "leaves_on": "2026-11-23",
    "address": "Binhai Road 1",
    "night_count": 3,
    "held_until": "2026-11-20T21:00:00+08:00",
    "until_on": "2027-02-17",
    "days": 90,
    "bar_days": 90,
    "nights_return": True,
    "round_title": {"zh": "2026 年第一批", "en": "First round of 2026"},
    "number": "0007",
    "rank": 3,
    "total": 120,
    "is_housed": False,
    "void_title": {"zh": "2026 年第一批", "en": "First round of 2026"},
    "enter_by": "2026-11-30T09:00:00+08:00",
    "home": {"zh": "湖畔人才公寓 502", "en": "Lakeside Talent Apartments 502"},
    "is_any": False,
    "answer_by": "2026-11-23T23:59:59+08:00",
    "refusals_left": 2,
    "is_out": False,
    "lease_number": "AR-2026-001-0007",
    "sign_by": "2026-11-30",
    "deposit_fen": 100_000,
    "is_renewal": False,
    "leave_by": "2027-02-28",
    "bill_kind": {"zh": "租金", "en": "rent"},
    "bill_number": "ZD-2026-000001",
    "month": "2026-12",
    "owed_fen": 100_000,
    "received_on": "2026-12-08",
    "paid_fen": 100_000,
    "damage_fen": 12_000,
    "arrears_fen": 0,
    "refund_fen": 88_000,
}


ABOUT_NO_APPLICATION = {"number_in_question", "partner_invited", "delegation_made", "delegation_ended"}
ABOUT_NO_APPLICATION |= {
    "sign_in_locked",
    "second_factor_reset",
    "recovery_issued",
    "account_recovered",
    "account_linked",
}
ABOUT_NO_APPLICATION |= {kind for kind in KINDS if kind.startswith(("card_", "recognition_"))}  # they name the card


@pytest.fixture
def person(db):
    return User.objects.create_user("person@example.org")


def letter(person: User, kind: str, **more) -> Letter:
    details = {name: DETAILS[name] for name in KINDS[kind]}
    return queue_letter(
        kind=kind,
        recipient=person,
        reference="LS-2026-000012",
        context=FRAME | details | more,
        key=f"{person.pk}:{kind}:{Letter.objects.count()}",
        at=AT,
    )


# ── words ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_kind_has_a_template_and_every_template_a_kind():
    templates = Path(portal_settings.BASE_DIR, "templates/letters").glob("*.txt")
    assert sorted(path.stem for path in templates) == sorted(KINDS)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_letter_renders_in_both_languages(person, kind, language):
    rendered = render_letter(letter(person, kind), language)
    text = "\n".join([rendered.subject, *rendered.paragraphs])
    assert not re.search(r"[{}]|%\(|&[a-z#0-9]+;|None", text)
    if kind not in ABOUT_NO_APPLICATION:
        assert "LS-2026-000012" in rendered.subject
    assert rendered.subject.strip() == rendered.subject
    assert len(rendered.paragraphs) >= 2
    assert "林晚舟" in rendered.paragraphs[0]
    assert not re.search(r"\d{4}-\d{2}-\d{2}", text)


def test_a_letter_is_written_in_its_recipients_language(person):
    person.language = "en"
    assert "One-off living subsidy" in render_letter(letter(person, "receipt")).subject
    person.language = "zh-hans"
    assert render_letter(letter(person, "receipt")).subject == "已收到您的申请：一次性生活补贴（LS-2026-000012）"


def test_a_correction_says_what_to_mend_by_when(person):
    assert render_letter(letter(person, "correction_needed"), "zh-hans").paragraphs == (
        "林晚舟，您好：",
        "您的“一次性生活补贴”申请（编号 LS-2026-000012）需要补正。请最晚 2026 年 11 月 18 日改好，再次提交。",
        "原因：毕业证书看不清。",
        "那一年的放假安排还没有公布，这个日期可能变动。",
        "需要改的地方：\n· 毕业证书：请重新拍照\n· 毕业时间",
        "只有这些地方可以改，其他内容保持不变。补正期间不计入我们的办理时间。到期没有再次提交，这次申请就失效了。",
    )


def test_a_refusal_names_clause_reason_and_the_way_to_object(person):
    clause_text = {"zh": "首次在石狮就业", "en": "First job in Shishi"}
    assert render_letter(letter(person, "refused", clause_text=clause_text), "zh-hans").paragraphs == (
        "林晚舟，您好：",
        "您的“一次性生活补贴”申请（编号 LS-2026-000012）没有获批，决定日期是 2026 年 11 月 17 日。",
        "不符合的条款：LS-4，首次在石狮就业\n理由：毕业证书看不清。",
        "您可以在“我的申请”里申请复核，最晚 2026 年 12 月 8 日；由没有办理过这件申请的人决定。",
        "不同意这个决定，您可以自知道这个决定之日起 60 日内，向石狮市人民政府申请行政复议。",
        "决定书全文在“我的申请”里，可以打印。",
    )


def test_a_letter_on_paper_sends_nobody_to_pages_they_cannot_open():
    """Whoever applied at the counter has no account."""
    for kind in sorted(set(KINDS) - ABOUT_NO_APPLICATION):
        letter = Letter(kind=kind, reference="LS-2026-000012", context=FRAME | {it: DETAILS[it] for it in KINDS[kind]})
        for language, elsewhere in (("zh-hans", "我的申请"), ("en", "My applications")):
            rendered = render_letter(letter, language)
            assert elsewhere not in "\n".join(rendered.paragraphs), kind
    refused = Letter(kind="refused", context=FRAME | {it: DETAILS[it] for it in KINDS["refused"]})
    assert render_letter(refused).paragraphs[3:] == (
        "您可以带身份证件到福建省石狮市（示例地址）人才服务窗口申请复核，最晚 2026 年 12 月 8 日；"
        "由没有办理过这件申请的人决定。",
        "不同意这个决定，您可以自知道这个决定之日起 60 日内，向石狮市人民政府申请行政复议。",
        "决定书附在这封信后面。",
    )


def test_an_approval_lists_its_instalments(person):
    assert render_letter(letter(person, "approved"), "zh-hans").paragraphs[1:3] == (
        "您的“一次性生活补贴”申请（编号 LS-2026-000012）已获批，金额 10,000 元。",
        "分 2 笔发放：\n· 第 1 笔 6,000 元\n· 第 2 笔 4,000.50 元，2028 年 11 月 16 日以后发放",
    )


def test_an_approval_in_one_sum_lists_none(person):
    once = letter(person, "approved", instalments=[{"number": 1, "amount_fen": 1_000_000, "due_on": ""}])
    assert (
        render_letter(once, "zh-hans").paragraphs[2]
        == "款项打入您登记的社保卡账户，到账后我们再告诉您。您现在不需要做什么。"
    )


def test_a_title_without_english_is_given_in_chinese(person):
    title = {"programme_title": {"zh": "一次性生活补贴"}}
    assert "一次性生活补贴" in render_letter(letter(person, "receipt", **title), "en").subject


def test_what_a_person_wrote_is_text_and_nothing_else(person):
    written = "{{ reference }} {% now %} <b>&"
    rendered = render_letter(letter(person, "correction_needed", reason=written), "zh-hans")
    assert rendered.paragraphs[2] == "原因：{{ reference }} {% now %} <b>&"


# ── pages ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_of_a_letter_shows_it_escaped_and_marks_it_read(client, person):
    mine = letter(person, "correction_needed", reason="<b>看不清</b>")
    client.force_login(person)
    assert count_unread(person) == 1
    page = client.get(reverse("letter", args=[mine.pk]))
    assert "&lt;b&gt;看不清&lt;/b&gt;" in page.content.decode()
    mine.refresh_from_db()
    first_read_at = mine.read_at
    assert first_read_at is not None
    assert count_unread(person) == 0
    client.get(reverse("letter", args=[mine.pk]))
    mine.refresh_from_db()
    assert mine.read_at == first_read_at


def test_a_letter_is_read_at_business_time(client, person):
    mine = letter(person, "receipt")
    clock.move_to(datetime(2030, 1, 2, 3, tzinfo=UTC))
    client.force_login(person)
    client.get(reverse("letter", args=[mine.pk]))
    mine.refresh_from_db()
    assert mine.read_at.date().isoformat() == "2030-01-02"


def test_somebody_elses_letter_is_not_there(client, person):
    theirs = letter(User.objects.create_user("other@example.org"), "receipt")
    client.force_login(person)
    assert client.get(reverse("letter", args=[theirs.pk])).status_code == 404
    theirs.refresh_from_db()
    assert theirs.read_at is None
    assert [row for row, _subject in client.get(reverse("letters")).context["rows"]] == []


@pytest.mark.parametrize("name", ["letters", "letter"])
def test_a_visitor_is_sent_to_sign_in(client, person, name):
    path = reverse(name, args=[letter(person, "receipt").pk] if name == "letter" else [])
    assert client.get(path).headers["Location"] == f"{reverse('account_login')}?next={path}"


def test_my_letters_come_newest_first_twenty_a_page_in_the_language_of_the_page(client, person):
    for number in range(21):
        queue_letter(
            kind="receipt",
            recipient=person,
            reference=f"LS-2026-{number:06}",
            context=FRAME | {"due_on": ""},
            key=str(number),
            at=AT.replace(minute=number),
        )
    client.force_login(person)
    page = client.get(reverse("letters"))
    subjects = [subject for _letter, subject in page.context["rows"]]
    assert len(subjects) == 20
    assert subjects[0] == "已收到您的申请：一次性生活补贴（LS-2026-000020）"
    page = client.get(reverse("letters") + page.context["next"])
    assert [row.reference for row, _subject in page.context["rows"]] == ["LS-2026-000000"]
    client.cookies["language"] = "en"
    (_letter, subject) = client.get(reverse("letters")).context["rows"][0]
    assert "One-off living subsidy" in subject


def test_no_letter_is_lost_between_two_pages_of_letters_of_one_moment(client, person):
    sent = {letter(person, "receipt").pk for _turn in range(23)}
    client.force_login(person)
    first = client.get(reverse("letters"))
    with CaptureQueriesContext(connection) as queries:
        second = client.get(reverse("letters") + first.context["next"])
    read = [row.pk for page in (first, second) for row, _subject in page.context["rows"]]
    assert (len(read), set(read)) == (23, sent)
    assert (second.context["next"], second.context["previous"], first.context["previous"]) == ("", "?", "")
    assert [query["sql"] for query in queries if "OFFSET" in query["sql"]] == []
    assert client.get(reverse("letters"), {"before": "2"}).status_code == 404


def test_the_list_costs_the_same_for_one_letter_and_for_twenty(client, person):
    client.force_login(person)
    letter(person, "receipt")
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("letters"))
    for _ in range(19):
        letter(person, "receipt")
    with CaptureQueriesContext(connection) as twenty:
        client.get(reverse("letters"))
    assert len(twenty) == len(one)
