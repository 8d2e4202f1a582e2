"""The file page: what it shows to whom, what it hides, and that it costs the same for any file."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applicants.people.services import give_account, save_education
from portal.audit.models import Entry
from portal.casework.models import Application
from portal.casework.services.checking import check_submission
from portal.casework.services.drafting import put_on_shelf, resubmit_application
from tests import factories as make
from tests.browsing import signed_in

pytestmark = pytest.mark.django_db


def page(user, row, **query):
    response = signed_in(user).get(reverse("desk_file", args=[row.pk]), query)
    assert response.status_code == 200
    return response.content.decode()


def answers_on(text):
    """The tag beside each clause, in the order of the page."""
    return re.findall(r"<summary><code>([\w-]+)</code>.*?th-tag th-tag--(\w+)", text)


def test_before_any_paper_is_looked_at_declared_clauses_wait_and_say_what_they_would_be():
    make.move_clock()
    row = make.make_application_in("first_review")

    text = page(make.staff("first_reviewer"), row)

    assert answers_on(text) == [(f"LS-{n}", "wait") for n in range(1, 8)] + [("LS-8", "ok")]
    assert "连续参保 3 个月，需 3 个月；以上为本人填写，核对后才能认定：参保月份、现单位。" in text
    assert "本人填写" in text


@pytest.mark.slow
def test_name_and_number_are_masked_until_somebody_asks_and_that_is_kept():
    make.move_clock()
    row = make.make_application_in("first_review")
    number = row.applicant.number
    reviewer = make.staff("first_reviewer")

    before = page(reviewer, row) + page(reviewer, row, tab="answers")
    shown = signed_in(reviewer).post(reverse("desk_reveal", args=[row.pk]), {"tab": "answers"})
    after = page(reviewer, row, tab="answers")

    assert number not in before and "林晓航" not in before and "13800138000" not in before
    assert number in shown.content.decode() and "林晓航" in shown.content.decode()
    assert "no-store" in shown.headers["Cache-Control"]
    assert number not in after
    entry = Entry.objects.get(action="person.reveal")
    assert (entry.actor_id, entry.target_id, entry.note) == (reviewer.pk, str(row.applicant_id), row.reference)
    assert entry.fields == ["legal_name", "number", "phone", "account.number"]


def test_papers_stand_beside_the_clauses_and_pictures_are_shown():
    make.move_clock()
    row = make.make_application_in("first_review")
    diploma = row.shelf.get(kind="diploma")

    text = page(make.staff("first_reviewer"), row, paper=str(diploma.pk))

    docs = text.split('<nav class="th-docs"')[1].split("</nav>")[0]
    assert [re.sub(r"<.*?>", "", it) for it in re.findall(r"<a .*?</a>", docs)] == [
        "1 居民身份证",
        "2 毕业证书",
        "3 教育部学历证书电子注册备案表",
        "4 户口簿本人页",
        "5 劳动合同或营业执照",
        "6 参保缴费证明",
    ]
    assert f'<img src="{reverse("paper", args=[diploma.paper_id])}?view=1&amp;page=1" alt="毕业证书">' in text


@pytest.mark.slow
def test_doubts_stand_beside_what_they_are_about():
    make.move_clock()
    person = make.make_person(employment={"employer_kind": "state_organ"})
    row = make.make_application_in("first_review", person=person)

    text = page(make.staff("first_reviewer"), row)

    assert text.count("单位类型和统一社会信用代码的登记类别不一致。") == 1


@pytest.mark.slow
def test_only_a_first_reviewer_at_first_review_is_given_forms_to_settle():
    make.move_clock()
    row = make.make_application_in("first_review")
    settle = f'action="{reverse("desk_settle", args=[row.pk])}"'

    assert page(make.staff("first_reviewer"), row).count(settle) == 7
    for role in ("clerk", "second_reviewer", "approver", "administrator", "auditor"):
        assert settle not in page(make.staff(role), row)


def test_the_form_to_settle_is_filled_with_what_was_declared():
    make.move_clock()
    row = make.make_application_in("first_review")

    text = page(make.staff("first_reviewer"), row)

    assert '<option value="bachelor" selected>' in text
    assert 'name="LS-2-diploma_on" value="2023-06-20"' in text
    assert 'name="LS-5-insured_1_from" value="2023-07"' in text
    assert 'name="LS-5-insured_1_to" value="2023-09"' in text


@pytest.mark.slow
def test_an_auditor_reads_everything_and_has_no_act():
    make.move_clock()
    row = make.make_application_in("first_review")
    client = signed_in(make.staff("auditor"))

    text = page(make.staff("auditor"), row)

    assert "th-actbar" not in text
    assert re.findall(r'action="(/desk/files/[^"]*)"', text) == [reverse("desk_reveal", args=[row.pk])]
    for name in ("desk_take", "desk_settle", "desk_prove"):
        assert client.post(reverse(name, args=[row.pk]), {"version": row.version}).status_code == 404
    for step in ("accept", "return", "pass_first", "refuse", "pass_second", "send_back", "approve"):
        assert client.post(reverse("desk_step", args=[row.pk, step])).status_code == 404


@pytest.mark.slow
def test_who_may_see_a_decided_file_reads_its_decision_and_leaves_an_entry():
    make.move_clock()
    row = make.make_application_in("approved")
    auditor, elsewhere, finance = (
        make.staff("auditor"),
        make.make_staff("clerk", town="yongning"),
        make.staff("finance"),
    )
    address = reverse("decision", args=[row.pk])

    assert f'href="{address}"' in page(auditor, row)
    assert [signed_in(user).get(address).status_code for user in (auditor, elsewhere, finance)] == [200, 404, 404]
    assert list(Entry.objects.filter(action="decision.read").values_list("actor", flat=True)) == [auditor.pk]


def test_before_the_decision_staff_are_led_back_to_the_file():
    make.move_clock()
    row = make.make_application_in("first_review")
    clerk = make.staff("clerk")
    assert "决定书" not in page(clerk, row)
    answer = signed_in(clerk).get(reverse("decision", args=[row.pk]))
    assert answer["Location"] == reverse("desk_file", args=[row.pk])


@pytest.mark.slow
def test_a_file_out_of_scope_and_a_draft_are_not_there():
    make.move_clock()
    row = make.make_application_in("accept")
    elsewhere = make.make_staff("clerk", "first_reviewer", town="baogai")
    draft = make.make_draft()

    for user, file in (
        (elsewhere, row),
        (make.staff("clerk"), draft),
        (make.staff("finance"), row),
        (make.make_user(), row),
    ):
        client = signed_in(user)
        assert client.get(reverse("desk_file", args=[file.pk])).status_code == 404
        for name in ("desk_take", "desk_settle", "desk_prove", "desk_reveal"):
            assert client.post(reverse(name, args=[file.pk])).status_code == 404
        assert client.post(reverse("desk_step", args=[file.pk, "accept"])).status_code == 404


def test_after_a_correction_the_page_shows_what_changed():
    make.move_clock()
    row = make.make_application_in(
        "correction",
        items=[
            {"kind": "field", "section": "education", "name": "school", "note": ""},
            {"kind": "field", "section": "account", "name": "number", "note": ""},
            {"kind": "paper", "section": "", "name": "diploma", "note": ""},
        ],
    )
    user, later = row.applicant.user, make.AT + timedelta(days=1)
    save_education(person=row.applicant, values={"school": "另一所示例大学"}, by=user, at=later)
    give_account(person=row.applicant, values={"number": "6217001899999999991"}, by=user, at=later)
    paper = make.make_paper(row.applicant, "diploma", at=later)
    put_on_shelf(application=row, kind="diploma", paper=paper, by=user, at=later)
    resubmit_application(application=row, by=user, at=later, expected_version=row.version)
    check_submission(submission_id=row.submissions.get(number=2).pk, at=later)

    text = page(make.staff("clerk"), row, tab="changes")

    cells = [re.sub(r"<.*?>", "", cell) for cell in re.findall(r"<tbody>.*?</tbody>", text, re.S)[0].split("</td>")]
    assert "毕业院校闽南示例大学" in cells[0] and "另一所示例大学" in cells[1]
    assert "6217001899999999991" not in text and "**** 9991" in text
    assert "毕业证书" in text and "新传的一份" in text
    assert '<span class="th-count">3</span>' in text


def test_before_any_correction_there_is_no_such_tab():
    make.move_clock()
    assert "补正差异" not in page(make.staff("clerk"), make.make_application_in("accept"))


@pytest.mark.slow
def test_earlier_applications_of_the_same_number_are_named():
    make.move_clock()
    number = make.make_number()
    earlier = make.make_application_in("withdrawn", person=make.make_person(identity={"number": number}))
    row = make.make_application_in("accept", person=make.make_person(identity={"number": number}))

    text = page(make.staff("clerk"), row, tab="earlier")

    assert earlier.reference in text
    assert "已撤回" in text


def test_the_timeline_names_every_step_its_person_and_its_note():
    make.move_clock()
    row = make.make_application_in("correction")

    text = page(make.staff("clerk"), row, tab="timeline")

    titles = [re.sub(r"<.*?>", "", it) for it in re.findall(r"<h3>(.*?)</h3>", text)]
    assert titles == ["已完成：提交申请", "已完成：自动核对完成", "已完成：退回补正", "暂停：补正"]
    assert "office clerk" in text and "请按标出的地方补正。" in text


@pytest.mark.slow
def test_every_tab_costs_the_same_whatever_the_file_holds():
    make.move_clock()
    row = make.make_application_in("first_review")
    reviewer = make.staff("first_reviewer")

    def cost(tab):
        client = signed_in(reviewer)
        client.get(reverse("desk"))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("desk_file", args=[row.pk]), {"tab": tab}).status_code == 200
        return len(queries)

    before = {tab: cost(tab) for tab in ("review", "answers", "earlier", "timeline")}
    for _number in range(5):
        paper = make.make_paper(row.applicant, "diploma")
        row.shelf.create(kind="diploma", paper=paper, added_at=make.AT)
        make.settle_everything(row)
    for number in range(3):
        row.steps_taken.create(
            version=90 + number, step="accept", from_state="accept", to_state="first_review", at=make.AT, actor=reviewer
        )

    assert {tab: cost(tab) for tab in before} == before


def test_before_the_check_has_run_the_page_says_so():
    make.move_clock()
    row = make.make_application_in("check")

    assert "自动核对还没有完成，通常要一两分钟。" in page(make.staff("clerk"), row)


@pytest.mark.parametrize("state", ["public_notice", "objection", "approved", "refused", "withdrawn", "lapsed"])
@pytest.mark.slow
def test_every_state_has_a_page(state):
    make.move_clock()
    row = make.make_application_in(state)

    for tab in ("review", "answers", "earlier", "timeline"):
        assert row.reference in page(make.staff("administrator"), row, tab=tab)
    assert Application.objects.get(pk=row.pk).state == state


def test_an_objection_is_one_link_away_from_the_administrator():
    make.move_clock()
    row = make.make_application_in("objection")
    objection = row.notice_lines.get(is_live=True).objections.get()

    assert reverse("desk_objection", args=[objection.pk]) in page(make.staff("administrator"), row)
    assert "desk/objections" not in page(make.staff("second_reviewer"), row)
