"""From the privacy notice to the receipt, as an applicant walks it."""

import pytest
from django.urls import reverse

from applicants.people.models import Education, Person
from portal.casework.models import Application, ShelfPaper, Submission
from portal.casework.states import State
from tests.browsing import signed_in
from tests.factories import (
    AT_2024,
    jpeg_bytes,
    load_policies,
    make_credit_code,
    make_draft,
    make_number,
    make_person,
    make_upload,
    make_user,
    move_clock,
    pdf_bytes,
    start_draft,
)

pytestmark = pytest.mark.django_db
PRIVACY, START = "/apply/living-subsidy/privacy/", "/apply/living-subsidy/"


@pytest.fixture(autouse=True)
def _october_2023() -> None:
    move_clock()
    load_policies()


def page(row: Application, name: str = "application", *args: str) -> str:
    return reverse(name, args=[row.pk, *args])


# ── the way in ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_visitor_is_sent_to_sign_in_before_the_privacy_notice(client):
    assert client.get(PRIVACY)["Location"] == f"/accounts/login/?next={PRIVACY}"


def test_the_privacy_notice_says_who_why_what_how_long_and_which_rights():
    html = signed_in(make_user()).get(PRIVACY).content.decode()
    told = ["石狮市人力资源和社会保障局", "审核生活补贴申请", "社会保障卡银行账号", "保存 3 年", "查阅、复制、更正"]
    assert [words for words in told if words not in html] == []


def test_two_policies_are_one_privacy_notice_in_which_only_what_differs_names_its_policy():
    move_clock(AT_2024)
    rows = signed_in(make_user()).get(PRIVACY).context["rows"]
    told = {row["label"]: [(len(line["titles"]), line["text"].zh) for line in row["lines"]] for row in rows}
    assert told["谁在处理"] == [(0, "石狮市人力资源和社会保障局")]
    assert [(titles, text.split("；依据")[1]) for titles, text in told["依据"]] == [
        (1, "泉人社文〔2022〕164号"),
        (1, "泉委办发〔2024〕1号"),
    ]
    assert told["用到哪些信息"][2:4] == [(1, "就业单位和参保月份"), (1, "就业单位和参保时间")]


def test_nobody_starts_without_having_read_the_privacy_notice():
    client = signed_in(make_user())
    assert client.post(START, {"policy": "LS-2022"})["Location"] == PRIVACY
    assert Application.objects.count() == 0


def test_the_time_of_reading_is_kept_with_the_application():
    client = signed_in(make_user())
    assert client.post(PRIVACY)["Location"] == START
    client.post(START, {"policy": "LS-2022"})
    assert f"{Application.objects.get().privacy_read_at:%Y-%m-%d}" == "2023-10-16"


def test_starting_twice_gives_one_application():
    client = signed_in(make_user())
    client.post(PRIVACY)
    first = client.post(START, {"policy": "LS-2022"})
    second = client.post(START, {"policy": "LS-2022"})
    row = Application.objects.get()
    assert [first["Location"], second["Location"]] == [page(row, "application_tasks")] * 2


def test_a_policy_that_is_not_in_force_cannot_be_chosen():
    client = signed_in(make_user())
    client.post(PRIVACY)
    answer = client.post(START, {"policy": "YTE-2024"})
    assert (answer.context["error"], Application.objects.count()) == ("请选择按哪一项政策申请。", 0)


def test_where_two_policies_are_in_force_both_are_shown_to_choose_from():
    move_clock(AT_2024)
    client = signed_in(make_user())
    client.post(PRIVACY)
    assert [shown.code for shown in client.get(START).context["pages"]] == ["LS-2022", "YTE-2024"]


def test_an_open_application_is_gone_on_with_instead_of_starting_another():
    draft = make_draft()
    client = signed_in(draft.applicant.user)
    assert client.get(START)["Location"] == page(draft, "application_tasks")


def test_a_programme_that_is_not_open_has_no_way_in():
    assert signed_in(make_user()).get("/apply/no-such-thing/").status_code == 404


# ── sections ───────────────────────────────────────────────────────────────────────────────────────────────────────

EDUCATION = {
    "level": "master",
    "study_mode": "full_time",
    "school": "闽江示例大学",
    "major": "海洋科学",
    "diploma_on": "2023-06-30",
    "diploma_number": "104231202302000007",
    "is_overseas": "no",
}


def test_a_section_is_saved_and_leads_to_the_next_part_that_is_not_done():
    person = make_person()
    draft = start_draft(person)
    answer = signed_in(person.user).post(page(draft, "application_section", "education"), EDUCATION)
    assert answer["Location"] == page(draft, "application_papers")
    assert Education.objects.get(person=person).school == "闽江示例大学"


def test_a_section_with_a_mistake_is_shown_again_with_what_was_typed():
    person = make_person()
    draft = start_draft(person)
    answer = signed_in(person.user).post(
        page(draft, "application_section", "education"), EDUCATION | {"diploma_on": "2032-06-30"}
    )
    form = answer.context["form"]
    assert form.errors == {"diploma_on": ["日期不能晚于今天（2023 年 10 月 16 日）。请核对。"]}
    assert 'value="闽江示例大学"' in answer.content.decode()
    assert Education.objects.get(person=person).school == "闽南示例大学"


@pytest.mark.slow
def test_identity_employment_and_account_are_saved_by_their_own_forms():
    user = make_user()
    client = signed_in(user)
    client.post(PRIVACY)
    client.post(START, {"policy": "LS-2022"})
    draft = Application.objects.get()
    identity = {
        "legal_name": "陈小帆",
        "number": make_number(serial=11),
        "phone": "13900139000",
        "household_place": "city",
        "household_collective": "no",
    }
    employment = {
        "employer_name": "石狮示例网络有限公司",
        "credit_code": make_credit_code(),
        "employer_kind": "private_enterprise",
        "town": "fengli",
        "started_on": "2023-07-03",
        "first_job_in_city": "yes",
        "in_post": "yes",
        "insured_1_from": "2023-07",
        "insured_1_to": "2023-09",
        "insured_1_employer": "present",
    }
    account = {"holder": "陈小帆", "number": "6217001800000000001", "bank_name": "示例银行", "is_activated": "on"}
    for section, values in (("identity", identity), ("employment", employment), ("account", account)):
        answer = client.post(page(draft, "application_section", section), values)
        assert answer.status_code == 302, answer.context["form"].errors
    person = Person.objects.get(user=user)
    assert (person.legal_name, person.employment.town, person.current_account().number_last4) == (
        "陈小帆",
        "fengli",
        "0001",
    )


def test_the_declaration_asks_for_a_tick_for_truth_and_another_for_the_notice():
    person = make_person()
    draft = start_draft(person)
    client, there = signed_in(person.user), page(draft, "application_section", "declaration")
    answer = client.post(there, {"has_earlier_grants": "no", "is_declared_true": "on"})
    assert list(answer.context["form"].errors) == ["is_notice_agreed"]
    assert "公示 5 个工作日" in answer.content.decode()
    client.post(there, {"has_earlier_grants": "no", "is_declared_true": "on", "is_notice_agreed": "on"})
    draft.refresh_from_db()
    row = draft.living_subsidy
    assert (row.is_declared_true, row.is_notice_agreed, row.has_earlier_grants) == (True, True, False)


def test_an_earlier_grant_names_what_and_where():
    person = make_person()
    draft = start_draft(person)
    client, there = signed_in(person.user), page(draft, "application_section", "declaration")
    ticks = {"is_declared_true": "on", "is_notice_agreed": "on", "has_earlier_grants": "yes"}
    assert list(client.post(there, ticks).context["form"].errors) == ["earlier_scheme", "earlier_area"]
    client.post(there, ticks | {"earlier_scheme": "living-subsidy", "earlier_area": "350582"})
    draft.refresh_from_db()
    assert (draft.living_subsidy.earlier_scheme, draft.living_subsidy.earlier_area) == ("living-subsidy", "350582")


def test_a_draft_resumes_on_another_device():
    draft = make_draft()
    html = signed_in(draft.applicant.user).get(page(draft, "application_tasks")).content.decode()
    assert "已完成 6 项，共 7 项" in html


def test_a_section_that_does_not_exist_is_not_there():
    draft = make_draft()
    there = page(draft, "application_section", "income")
    assert signed_in(draft.applicant.user).get(there).status_code == 404


def test_a_submitted_section_cannot_be_changed():
    draft = make_draft()
    client = signed_in(draft.applicant.user)
    client.post(page(draft, "application_submit"))
    answer = client.post(page(draft, "application_section", "education"), EDUCATION)
    assert answer["Location"] == page(draft)
    assert Education.objects.get(person=draft.applicant).level == "bachelor"


# ── papers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_paper_is_taken_and_shown_and_several_of_one_kind_may_be():
    draft = start_draft(make_person())
    client, there = signed_in(draft.applicant.user), page(draft, "application_papers")
    for name in ("正面.jpg", "反面.jpg"):
        answer = client.post(there, {"kind": "id_card", "file": make_upload(name)})
        assert answer["Location"] == f"{there}#id_card"
    html = client.get(there).content.decode()
    assert ("正面.jpg" in html, "反面.jpg" in html, draft.shelf.count()) == (True, True, 2)


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("locked.pdf", pdf_bytes(password="x"), "这个 PDF 设了密码，我们打不开。请去掉密码后再传。"),
        ("half.jpg", jpeg_bytes()[:300], "这张图片打不开，可能坏了或没有传完整。请重新拍照或导出后再传。"),
        ("list.txt", b"hello", "这个文件不能用，只收 JPEG、PNG、HEIC、WebP、PDF。请换成这些格式再传，只改文件名不行。"),
        ("empty.jpg", b"", "这个文件是空的。请重新选择文件。"),
    ],
)
@pytest.mark.slow
def test_a_bad_file_gets_a_sentence_and_costs_nothing_that_is_there(name, data, sentence):
    draft = start_draft(make_person())
    client, there = signed_in(draft.applicant.user), page(draft, "application_papers")
    client.post(there, {"kind": "id_card", "file": make_upload()})
    answer = client.post(there, {"kind": "diploma", "file": make_upload(name, data)})
    assert answer.context["errors"] == [("file-diploma", sentence)]
    assert list(draft.shelf.values_list("kind", flat=True)) == ["id_card"]


@pytest.mark.slow
def test_no_file_at_all_is_said_beside_its_kind():
    draft = start_draft(make_person())
    answer = signed_in(draft.applicant.user).post(page(draft, "application_papers"), {"kind": "diploma"})
    assert answer.context["errors"] == [("file-diploma", "请先选择要上传的文件。")]


@pytest.mark.slow
def test_a_paper_that_is_removed_from_a_draft_is_deleted():
    draft = make_draft()
    shelved = draft.shelf.get(kind="diploma")
    client = signed_in(draft.applicant.user)
    client.post(page(draft, "application_papers"), {"kind": "diploma", "remove": str(shelved.pk)})
    assert not draft.applicant.papers.filter(kind="diploma").exists()


def test_a_paper_is_for_its_owner_and_nobody_else_outside_the_office():
    draft = make_draft()
    paper = ShelfPaper.objects.filter(application=draft, kind="id_card").get().paper
    mine = signed_in(draft.applicant.user).get(reverse("paper", args=[paper.pk]))
    other = signed_in(make_user()).get(reverse("paper", args=[paper.pk]))
    assert (mine.status_code, mine["X-Content-Type-Options"], other.status_code) == (200, "nosniff", 404)


# ── check and submit ───────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_checked_or_sent_before_everything_is_filled_in():
    draft = start_draft(make_person())
    client = signed_in(draft.applicant.user)
    assert client.get(page(draft, "application_check"))["Location"] == page(draft, "application_tasks")
    client.post(page(draft, "application_submit"))
    draft.refresh_from_db()
    assert (draft.state, draft.reference) == (State.DRAFT, None)


@pytest.mark.slow
def test_the_answers_are_shown_with_a_way_to_change_each_part():
    draft = make_draft()
    html = signed_in(draft.applicant.user).get(page(draft, "application_check")).content.decode()
    hrefs = [page(draft, "application_section", part) for part in ("identity", "education", "employment", "account")]
    assert [href for href in hrefs if f'href="{href}"' not in html] == []
    assert "闽南示例大学" in html


def test_a_double_click_gives_one_reference_and_one_receipt():
    draft = make_draft()
    client = signed_in(draft.applicant.user)
    first = client.post(page(draft, "application_submit"), {"version": "0"})
    second = client.post(page(draft, "application_submit"), {"version": "0"})
    receipt = f"{page(draft)}?sent"
    assert [first["Location"], second["Location"]] == [receipt, receipt]
    draft.refresh_from_db()
    assert (draft.reference, Submission.objects.count()) == ("LS-2023-000001", 1)


@pytest.mark.slow
def test_the_receipt_names_the_reference_and_the_day_of_the_answer():
    draft = make_draft()
    client = signed_in(draft.applicant.user)
    html = client.post(page(draft, "application_submit"), follow=True).content.decode()
    assert '已提交，编号 <span class="th-ref">LS-2023-000001</span>' in html
    assert "最晚答复您：2023 年 10 月 23 日。" in html  # two working days for the check, three for acceptance


def test_the_back_button_after_sending_leads_to_the_application():
    draft = make_draft()
    client = signed_in(draft.applicant.user)
    client.post(page(draft, "application_submit"))
    for name in ("application_check", "application_tasks"):
        assert client.get(page(draft, name))["Location"] == page(draft)
    assert client.get(page(draft, "application_submit"))["Location"] == page(draft, "application_check")


# ── whose it is ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name",
    [
        "application",
        "application_tasks",
        "application_papers",
        "application_check",
        "application_submit",
        "application_withdraw",
        "application_discard",
        "application_evidence",
        "account_change",
        "decision",
    ],
)
@pytest.mark.slow
def test_somebody_elses_application_is_not_there(name):
    draft = make_draft()
    client = signed_in(make_user())
    assert client.get(page(draft, name)).status_code == 404
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


@pytest.mark.slow
def test_discarding_a_draft_deletes_its_papers_and_keeps_the_profile():
    draft = make_draft()
    person = draft.applicant
    signed_in(person.user).post(page(draft, "application_discard"))
    assert (Application.objects.count(), person.papers.count()) == (0, 0)
    assert Education.objects.get(person=person).school == "闽南示例大学"
