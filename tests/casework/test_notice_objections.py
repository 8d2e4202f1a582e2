"""An objection suspends one person and not the list, and is answered to the objector."""

from datetime import date

import pytest

from portal.audit.models import Entry
from portal.casework.models import Application, NoticeLine, NoticeObjection
from portal.casework.services.advancing import FileChanged, StepRefused, advance
from portal.casework.services.due import act_on_due
from portal.casework.services.noticing import answer_objection, objections_of, public_lines, raise_objection
from portal.notifications.models import Letter
from tests.casework.noticed import collect, day, make_waiting, release
from tests.factories import make_staff, make_user, staff

pytestmark = pytest.mark.django_db

TEXT = "他已经不在这家单位，可以向门卫核实。"


def line_of(row):
    return NoticeLine.objects.get(application=row, is_live=True)


def state_of(row):
    return Application.objects.get(pk=row.pk).state


def object_to(row, *, by=None, text=TEXT, at=None):
    by = by or make_user()
    return raise_objection(
        line=line_of(row), name="王五", contact="13900139000", text=text, objector=by, by=by, at=at or day(5, 4)
    )


def answer(objection, *, is_upheld, at=None, by=None):
    return answer_objection(
        objection=objection,
        is_upheld=is_upheld,
        answer="已经核实，他仍在职。",
        by=by or staff("administrator"),
        at=at or day(5, 5),
        expected_version=Application.objects.get(pk=objection.line.application_id).version,
    )


@pytest.fixture
def two_on_a_list():
    rows = make_waiting("林晓航"), make_waiting("陈静")
    release(collect())
    return rows


def test_an_objection_suspends_that_person_and_not_the_list(two_on_a_list):
    lin, chen = two_on_a_list
    object_to(lin)
    assert (state_of(lin), state_of(chen)) == ("objection", "public_notice")
    assert [line.name_masked for line in public_lines(line_of(lin).notice)] == ["林**", "陈**"]
    act_on_due(at=day(5, 10))
    assert (state_of(lin), state_of(chen)) == ("objection", "final_approval")


def test_the_applicant_is_told_of_the_objection_and_not_of_the_objector(two_on_a_list):
    lin, _chen = two_on_a_list
    object_to(lin)
    letter = Letter.objects.get(kind="notice_objection_received")
    assert letter.recipient == lin.applicant.user
    assert "王五" not in str(letter.context)
    assert TEXT not in str(letter.context)


def test_an_objection_on_the_last_day_counts(two_on_a_list):
    lin, _chen = two_on_a_list
    object_to(lin, at=day(5, 9, 23, 59))
    act_on_due(at=day(5, 10))
    assert state_of(lin) == "objection"


@pytest.mark.parametrize("at", [day(4, 28, 17), day(5, 10, 0, 0)])
def test_outside_the_period_there_is_no_objection(two_on_a_list, at):
    with pytest.raises(StepRefused, match="公示期已经结束"):
        object_to(two_on_a_list[0], at=at)
    assert NoticeObjection.objects.count() == 0


def test_the_same_objection_sent_twice_is_one(two_on_a_list):
    by = make_user()
    assert object_to(two_on_a_list[0], by=by) == object_to(two_on_a_list[0], by=by)
    assert NoticeObjection.objects.count() == 1
    assert Entry.objects.filter(action="objection.raise").count() == 1


def test_another_person_is_another_objection_and_one_person_has_one_open_at_a_time(two_on_a_list):
    lin, _chen = two_on_a_list
    by = make_user()
    object_to(lin, by=by)
    with pytest.raises(StepRefused, match="您对这个人的异议正在核实"):
        object_to(lin, by=by, text="补充：他的毕业证书是别人的。")
    object_to(lin)
    assert NoticeObjection.objects.count() == 2
    assert state_of(lin) == "objection"


def test_a_dismissed_objection_lets_the_notice_go_on(two_on_a_list):
    lin, _chen = two_on_a_list
    answer(object_to(lin), is_upheld=False)
    assert state_of(lin) == "public_notice"
    act_on_due(at=day(5, 10))
    assert state_of(lin) == "final_approval"


def test_one_dismissed_after_the_last_day_goes_on_at_the_next_sweep(two_on_a_list):
    lin, _chen = two_on_a_list
    answer(object_to(lin), is_upheld=False, at=day(5, 12))
    act_on_due(at=day(5, 12))
    assert state_of(lin) == "final_approval"


def test_the_file_waits_for_every_objection_to_be_dismissed(two_on_a_list):
    lin, _chen = two_on_a_list
    first, second = object_to(lin), object_to(lin)
    answer(first, is_upheld=False)
    assert state_of(lin) == "objection"
    answer(second, is_upheld=False)
    assert state_of(lin) == "public_notice"


def test_an_upheld_objection_goes_to_second_review_and_later_on_a_new_notice(two_on_a_list):
    lin, _chen = two_on_a_list
    old = line_of(lin).notice
    answer(object_to(lin), is_upheld=True)
    assert state_of(lin) == "second_review"
    assert [line.name_masked for line in public_lines(old)] == ["陈**"]
    row = Application.objects.get(pk=lin.pk)
    advance(row, "pass_second", actor=staff("second_reviewer"), at=day(5, 8), expected_version=row.version)
    new = release(collect(at=day(5, 8)), at=day(5, 8))
    assert (new.number, line_of(lin).notice, new.starts_on, new.ends_on) == (
        "GS-2023-0002",
        new,
        date(2023, 5, 9),
        date(2023, 5, 15),
    )


def test_one_upheld_moves_the_file_and_the_other_is_still_answered(two_on_a_list):
    lin, _chen = two_on_a_list
    first, second = object_to(lin), object_to(lin)
    answer(first, is_upheld=True)
    answer(second, is_upheld=False)
    assert state_of(lin) == "second_review"
    assert Letter.objects.filter(kind="objection_answered").count() == 2


def test_the_objector_is_answered_in_a_letter(two_on_a_list):
    by = make_user("objector@example.test")
    answer(object_to(two_on_a_list[0], by=by), is_upheld=False)
    letter = Letter.objects.get(kind="objection_answered")
    assert (letter.recipient, letter.reference, letter.context["answer"]) == (
        by,
        "GS-2023-0001",
        "已经核实，他仍在职。",
    )


def test_an_objection_is_answered_once(two_on_a_list):
    objection = object_to(two_on_a_list[0])
    answer(objection, is_upheld=False)
    with pytest.raises(StepRefused, match="这份异议已经答复过"):
        answer(objection, is_upheld=True)
    assert state_of(two_on_a_list[0]) == "public_notice"


def test_only_an_administrator_of_the_file_answers(two_on_a_list):
    objection = object_to(two_on_a_list[0])
    for other in (staff("approver"), staff("auditor"), make_staff("administrator", town="hongshan")):
        with pytest.raises(StepRefused, match="您没有办理这一步的权限"):
            answer(objection, is_upheld=False, by=other)


@pytest.mark.slow
def test_nobody_answers_an_objection_of_their_own(two_on_a_list):
    objection = object_to(two_on_a_list[0], by=staff("administrator"))
    with pytest.raises(StepRefused, match="不能答复自己提出或登记的异议"):
        answer(objection, is_upheld=False)


def test_nobody_reads_or_answers_an_objection_to_the_own_file(two_on_a_list):
    lin, _chen = two_on_a_list
    administrator = staff("administrator")
    objection = object_to(lin)
    type(lin.applicant).objects.filter(pk=lin.applicant_id).update(user=administrator)
    assert list(objections_of(administrator)) == []
    with pytest.raises(StepRefused, match="不能办理本人的申请"):
        answer(objection, is_upheld=False)


def test_an_answer_to_a_file_that_moved_meanwhile_is_refused(two_on_a_list):
    lin, _chen = two_on_a_list
    objection = object_to(lin)
    with pytest.raises(FileChanged):
        answer_objection(
            objection=objection,
            is_upheld=True,
            answer="属实。",
            by=staff("administrator"),
            at=day(5, 5),
            expected_version=0,
        )
    assert NoticeObjection.objects.get().state == "open"


def test_an_objection_to_somebody_who_then_withdraws_is_still_answered(two_on_a_list):
    lin, _chen = two_on_a_list
    objection = object_to(lin)
    row = Application.objects.get(pk=lin.pk)
    advance(row, "withdraw", actor=row.applicant.user, at=day(5, 4), expected_version=row.version)
    answer(objection, is_upheld=False)
    assert state_of(lin) == "withdrawn"
    assert Letter.objects.filter(kind="objection_answered").count() == 1


@pytest.mark.slow
def test_the_office_enters_a_letter_within_its_scope_only(two_on_a_list):
    lin, _chen = two_on_a_list
    details = {"line": line_of(lin), "name": "王五", "contact": "来信", "text": TEXT, "objector": None, "at": day(5, 4)}
    for other in (make_staff("clerk", town="hongshan"), staff("auditor"), make_user()):
        with pytest.raises(StepRefused, match="您没有办理这一步的权限"):
            raise_objection(**details, by=other)
    objection = raise_objection(**details, by=staff("clerk"))
    assert raise_objection(**details, by=staff("clerk")) == objection
    assert (objection.objector, objection.entered_by) == (None, staff("clerk"))
