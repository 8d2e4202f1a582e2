"""A day at the desk, page by page: prove, accept, settle, pass, return, refuse, take."""

from datetime import timedelta

import pytest
from django.urls import reverse

from applicants.people.services import save_identity
from portal.audit.models import Entry
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused, take_file
from portal.notifications.models import Letter
from tests import factories as make
from tests.browsing import signed_in

pytestmark = pytest.mark.django_db


def now(row):
    return Application.objects.get(pk=row.pk)


def step(client, row, name, **data):
    return client.post(reverse("desk_step", args=[row.pk, name]), {"version": now(row).version, **data})


def file_text(client, row):
    return client.get(reverse("desk_file", args=[row.pk])).content.decode()


# ── proving and accepting ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_is_accepted_only_once_its_number_is_proven():
    make.move_clock()
    row = make.make_application_in("accept")
    client = signed_in(make.staff("clerk"))
    card = row.shelf.get(kind="id_card")

    refused = step(client, row, "accept")
    assert "证件号码还没有核实。请先对照身份证件核实。" in refused.content.decode()
    assert now(row).state == "accept"

    seen = {"seen": row.applicant.number_hash, "paper": str(card.pk)}
    assert client.post(reverse("desk_prove", args=[row.pk]), seen).status_code == 302
    assert step(client, row, "accept").headers["Location"] == reverse("desk")

    row = now(row)
    assert (row.state, row.accepted_by, row.applicant.proven_paper) == ("first_review", make.staff("clerk"), card.paper)


def test_the_button_that_is_locked_says_why_beside_it():
    make.move_clock()
    row = make.make_application_in("accept")

    text = file_text(signed_in(make.staff("clerk")), row)

    assert 'disabled title="证件号码还没有核实。请先对照身份证件核实。"' in text
    assert "先核实证件号码" in text


def test_a_number_may_be_proven_at_the_counter_too():
    make.move_clock()
    row = make.make_application_in("accept")
    answer = {"seen": row.applicant.number_hash, "paper": "counter"}

    signed_in(make.staff("clerk")).post(reverse("desk_prove", args=[row.pk]), answer)

    person = now(row).applicant
    assert person.is_proven and person.proven_paper is None


@pytest.mark.slow
def test_a_number_proven_for_somebody_else_is_said_and_not_proven_again():
    make.move_clock()
    number = make.make_number()
    make.make_application_in("first_review", person=make.make_person(identity={"number": number}))
    row = make.make_application_in("accept", person=make.make_person(identity={"number": number}))
    answer = {"seen": row.applicant.number_hash, "paper": "counter"}

    text = signed_in(make.staff("clerk")).post(reverse("desk_prove", args=[row.pk]), answer).content.decode()

    assert "这个证件号码已经为另一个账号核实过。" in text
    assert not now(row).applicant.is_proven


def test_a_number_that_changed_under_the_clerks_eyes_is_not_proven():
    make.move_clock()
    row = make.make_application_in("accept")
    save_identity(person=row.applicant, values={"number": make.make_number()}, by=row.applicant.user, at=make.AT)

    text = (
        signed_in(make.staff("clerk")).post(reverse("desk_prove", args=[row.pk]), {"paper": "counter"}).content.decode()
    )

    assert "证件号码刚刚改过。请重新打开这一页，再对照一次。" in text


def test_proving_without_choosing_a_paper_asks_for_one():
    make.move_clock()
    row = make.make_application_in("accept")

    text = signed_in(make.staff("clerk")).post(reverse("desk_prove", args=[row.pk]), {}).content.decode()

    assert "请选择对照的是哪份材料，或本人到柜台出示了证件。" in text


# ── settling ───────────────────────────────────────────────────────────────────────────────────────────────────────

SETTLED = {
    "LS-1": ("diploma", {"education": "bachelor", "study_mode": "full_time", "overseas_certified": "domestic"}),
    "LS-2": ("diploma", {"diploma_on": "2023-06-20"}),
    "LS-3": ("household_page", {"hukou_code": "350581", "hukou_collective": "no"}),
    "LS-4": ("contract_or_licence", {"employer_kind": "private_enterprise", "first_job_in_city": "yes"}),
    "LS-5": (
        "insurance_record",
        {
            "employer": "石狮潮汐数据服务有限公司",
            "insured_1_from": "2023-07",
            "insured_1_to": "2023-09",
            "insured_1_employer": "present",
        },
    ),
    "LS-6": ("insurance_record", {"in_post": "yes"}),
}


def settle(client, row, clause, kind, values, **extra):
    paper = row.shelf.get(kind=kind)
    data = {f"{clause}-{name}": value for name, value in values.items()}
    data |= {f"{clause}-paper": str(paper.pk), "clause": clause, "version": now(row).version, **extra}
    return client.post(reverse("desk_settle", args=[row.pk]), data)


@pytest.mark.slow
def test_each_clause_is_settled_against_its_paper_and_the_file_passes():
    make.move_clock()
    row = make.make_application_in("first_review")
    client = signed_in(make.staff("first_reviewer"))

    assert "还有条款待证实或不符合：LS-1、LS-2、LS-3、LS-4、LS-5、LS-6、LS-7。" in file_text(client, row)
    for clause, (kind, values) in SETTLED.items():  # LS-7 reads the same date as LS-2
        assert settle(client, row, clause, kind, values).status_code == 302

    assert row.assessments.order_by("number").last().answers == "mmmmmmmm"
    assert step(client, row, "pass_first").headers["Location"] == reverse("desk")
    assert (now(row).state, now(row).amount_fen) == ("second_review", 1_000_000)


def test_a_value_that_differs_from_what_was_declared_shows_both():
    make.move_clock()
    row = make.make_application_in("first_review")
    client = signed_in(make.staff("first_reviewer"))

    settle(client, row, "LS-2", "diploma", {"diploma_on": "2021-06-20"})

    text = file_text(client, row)
    assert '<span class="th-diff">2021 年 6 月 20 日</span>' in text
    assert '<span class="th-diff">2023 年 6 月 20 日</span>' in text
    assert "2021 年毕业，需为 2022 年及以后" in text
    assert row.assessments.order_by("number").last().answers == "unuuuunm"


@pytest.mark.slow
def test_insured_months_are_put_into_their_notation():
    make.move_clock()
    row = make.make_application_in("first_review")
    months = {
        "employer": "石狮潮汐数据服务有限公司",
        "insured_1_from": "2023-08",
        "insured_1_to": "2023-09",
        "insured_1_employer": "present",
        "insured_1_late": "on",
        "insured_2_from": "2023-01",
        "insured_2_to": "2023-03",
        "insured_2_employer": "other",
    }

    settle(signed_in(make.staff("first_reviewer")), row, "LS-5", "insurance_record", months)

    settled = row.settlements.get(fact="insurance")
    assert settled.value == "2023-01/2023-03:其他单位;2023-08/2023-09:石狮潮汐数据服务有限公司!"
    assert settled.paper == row.shelf.get(kind="insurance_record").paper


def test_a_paper_that_shows_no_insurance_settles_that_there_is_none():
    make.move_clock()
    row = make.make_application_in("first_review")

    settle(signed_in(make.staff("first_reviewer")), row, "LS-5", "insurance_record", {"insured_none": "on"})

    assert row.settlements.get(fact="insurance").value == "-"


@pytest.mark.slow
def test_what_cannot_be_read_is_shown_again_with_its_sentence():
    make.move_clock()
    row = make.make_application_in("first_review")
    client = signed_in(make.staff("first_reviewer"))

    wrong = settle(client, row, "LS-3", "household_page", {"hukou_code": "石狮", "hukou_collective": "no"})
    assert "区县代码是 6 位数字，例如 350581。" in wrong.content.decode()
    assert 'value="石狮"' in wrong.content.decode()

    backwards = {"insured_1_from": "2023-09", "insured_1_to": "2023-07", "insured_1_employer": "present"}
    assert (
        "结束月份不能早于开始月份。请核对。"
        in settle(client, row, "LS-5", "insurance_record", backwards).content.decode()
    )
    assert "请至少认定一项事实。" in settle(client, row, "LS-6", "insurance_record", {}).content.decode()
    assert row.settlements.count() == 0


@pytest.mark.parametrize("day", ["1899-12-31", "2033-10-17", "9999-01-01"])
@pytest.mark.slow
def test_a_day_that_no_paper_can_show_is_not_settled(day):
    make.move_clock()
    row = make.make_application_in("first_review")
    client = signed_in(make.staff("first_reviewer"))

    page = settle(client, row, "LS-2", "diploma", {"diploma_on": day}).content.decode()

    assert "日期要在 1900 年到 2033 年之间。请对照材料核对。" in page
    assert row.settlements.count() == 0
    assert settle(client, row, "LS-2", "diploma", {"diploma_on": "1900-01-01"}).status_code == 302


def test_a_clause_proven_by_the_declaration_is_not_settled():
    make.move_clock()
    row = make.make_application_in("first_review")
    client = signed_in(make.staff("first_reviewer"))

    assert settle(client, row, "LS-8", "diploma", {"prior_grants": "-"}).status_code == 404
    assert settle(client, row, "LS-99", "diploma", {}).status_code == 404


@pytest.mark.slow
def test_settling_on_a_stale_page_is_refused_and_keeps_what_was_typed():
    make.move_clock()
    row = make.make_application_in("first_review")
    values = {"diploma_on": "2023-06-19"}

    answer = settle(signed_in(make.staff("first_reviewer")), row, "LS-2", "diploma", values, version=row.version - 1)

    assert "这件申请刚刚被别人办理过。请看最新的情况，再决定怎么办。" in answer.content.decode()
    assert 'name="LS-2-diploma_on" value="2023-06-19"' in answer.content.decode()
    assert f'name="version" value="{row.version}"' in answer.content.decode()
    assert row.settlements.count() == 0


# ── returning, refusing, sending back, approving ───────────────────────────────────────────────────────────────────


def test_a_return_marks_fields_and_papers_and_tells_the_applicant():
    make.move_clock()
    row = make.make_application_in("first_review")
    client = signed_in(make.staff("first_reviewer"))

    form = client.get(reverse("desk_step", args=[row.pk, "return"])).content.decode()
    assert 'name="field-education-school"' in form and 'name="paper--diploma"' in form

    answer = step(
        client,
        row,
        "return",
        reason="毕业证书看不清。",
        **{"paper--diploma": "on", "paper--diploma-note": "请拍全页", "field-education-school-note": "写全称"},
    )

    assert answer.headers["Location"] == reverse("desk")
    assert now(row).state == "correction"
    items = row.corrections.get().items.order_by("kind", "name")
    assert [(item.kind, item.section, item.name, item.note) for item in items] == [
        ("field", "education", "school", "写全称"),
        ("paper", "", "diploma", "请拍全页"),
    ]
    assert Letter.objects.get(kind="correction_needed").recipient == row.applicant.user


@pytest.mark.slow
def test_a_return_without_a_mark_or_a_reason_says_so_and_keeps_what_was_typed():
    make.move_clock()
    row = make.make_application_in("first_review")
    client = signed_in(make.staff("first_reviewer"))

    unmarked = step(client, row, "return", reason="看不清。").content.decode()
    assert "请至少标出一处需要补正的填写项或材料。" in unmarked and "看不清。" in unmarked

    silent = step(client, row, "return", **{"paper--diploma": "on"}).content.decode()
    assert "请写明理由。" in silent
    assert "checked" in silent.split('name="paper--diploma"')[1].split(">")[0]
    assert now(row).state == "first_review"


@pytest.mark.slow
def test_a_refusal_names_clause_and_reason_and_the_letter_says_both():
    make.move_clock()
    row = make.make_application_in("first_review")
    client = signed_in(make.staff("first_reviewer"))
    settle(client, row, "LS-2", "diploma", {"diploma_on": "2021-06-20"})

    form = client.get(reverse("desk_step", args=[row.pk, "refuse"])).content.decode()
    chosen = form.split('value="LS-2"')[1].split(">")[0]
    assert "checked" in chosen  # the clause that is not met comes chosen
    assert "请选择不符合的条款。" in step(client, row, "refuse", reason="2021 年毕业。").content.decode()
    assert "请写明理由。" in step(client, row, "refuse", clause="LS-2").content.decode()

    step(client, row, "refuse", clause="LS-2", reason="毕业证书签发于 2021 年 6 月 20 日。")

    decision = row.decisions.get()
    assert (now(row).state, decision.clause, decision.signed_by) == ("refused", "LS-2", make.staff("first_reviewer"))
    letter = Letter.objects.get(kind="refused")
    assert (letter.context["clause"], letter.context["reason"]) == ("LS-2", "毕业证书签发于 2021 年 6 月 20 日。")


@pytest.mark.slow
def test_a_second_reviewer_sends_back_with_a_reason():
    make.move_clock()
    row = make.make_application_in("second_review")
    client = signed_in(make.staff("second_reviewer"))

    assert "请写明理由。" in step(client, row, "send_back").content.decode()
    step(client, row, "send_back", reason="单位类型请再核一次。")

    row = now(row)
    assert (row.state, row.first_reviewer) == ("first_review", None)
    assert row.steps_taken.order_by("version").last().note == "单位类型请再核一次。"


def test_the_approver_sees_the_amount_before_signing():
    make.move_clock()
    row = make.make_application_in("final_approval")
    client = signed_in(make.staff("approver"))

    assert "10,000 元" in client.get(reverse("desk_step", args=[row.pk, "approve"])).content.decode()
    make.move_clock(make.AT + timedelta(days=20))
    step(client, row, "approve")

    assert (now(row).state, row.decisions.get().amount_fen) == ("approved", 1_000_000)


def test_a_step_on_a_stale_page_is_refused_and_the_page_carries_the_new_version():
    make.move_clock()
    row = make.make_application_in("second_review")
    client = signed_in(make.staff("second_reviewer"))

    answer = client.post(
        reverse("desk_step", args=[row.pk, "send_back"]), {"version": row.version - 1, "reason": "再核一次"}
    ).content.decode()

    assert "这件申请刚刚被别人办理过。请看最新的情况，再决定怎么办。" in answer
    assert "再核一次</textarea>" in answer
    assert f'name="version" value="{row.version}"' in answer
    assert now(row).state == "second_review"


def test_a_step_that_the_table_does_not_offer_now_leads_back_to_the_file():
    make.move_clock()
    row = make.make_application_in("second_review")
    client = signed_in(make.staff("first_reviewer"))

    answer = client.get(reverse("desk_step", args=[row.pk, "pass_first"]), follow=True)

    assert "这件申请现在不能这样办理。" in answer.content.decode()
    assert client.get(reverse("desk_step", args=[row.pk, "uphold_objection"])).status_code == 404


def test_nobody_handles_the_own_application():
    make.move_clock()
    clerk = make.staff("clerk")
    row = make.make_application_in("accept", person=make.make_person(clerk))
    client = signed_in(clerk)

    assert client.get(reverse("desk_file", args=[row.pk])).status_code == 404
    assert step(client, row, "accept").status_code == 404
    assert client.post(reverse("desk_prove", args=[row.pk]), {"paper": "counter"}).status_code == 404
    with pytest.raises(StepRefused, match="不能办理本人的申请。"):
        take_file(row, by=clerk, at=make.AT, expected_version=row.version)


# ── taking ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_a_file_is_taken_and_taken_over_with_a_reason():
    make.move_clock()
    row = make.make_application_in("accept")
    first, second = make.staff("clerk"), make.make_staff("clerk")

    signed_in(first).post(reverse("desk_take", args=[row.pk]), {"version": row.version})
    assert now(row).assignee == first
    assert "这件正由同事办理。需要时请先接手。" in file_text(signed_in(second), row)

    asked = signed_in(second).post(reverse("desk_take", args=[row.pk]), {"version": row.version}).content.decode()
    assert "这件正由同事办理。接手请写明理由。" in asked
    assert now(row).assignee == first

    signed_in(second).post(reverse("desk_take", args=[row.pk]), {"version": row.version, "reason": "同事休假"})
    assert now(row).assignee == second
    assert Entry.objects.filter(action="application.take").count() == 2
