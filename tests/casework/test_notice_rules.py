"""A list is collected by one person, released by another, and on line for the policy's working days."""

from datetime import date, datetime

import pytest
from django.db import IntegrityError, transaction

from portal.audit.models import Entry
from portal.casework.models import Application, Notice, NoticeLine
from portal.casework.services.advancing import StepRefused, advance
from portal.casework.services.checking import settle_facts
from portal.casework.services.due import act_on_due
from portal.casework.services.noticing import (
    collect_notice,
    notices_on,
    period_from,
    public_lines,
    release_notice,
    waiting_by_version,
)
from portal.notifications.models import Letter
from tests.casework.noticed import FRIDAY, collect, day, make_waiting, release
from tests.factories import SHANGHAI, load_policies, make_application_in, make_staff, staff

pytestmark = pytest.mark.django_db


def test_everybody_who_waits_under_one_policy_comes_on_one_list():
    make_waiting("林晓航")
    make_waiting("陈静")
    make_waiting("黄伟", policy="YTE-2024", at=datetime(2024, 3, 1, 9, tzinfo=SHANGHAI))
    notice = collect()
    assert notice.number == "GS-2023-0001"
    assert [line.name_masked for line in public_lines(notice)] == ["林**", "陈**"]
    waiting = [(version.policy.code, people) for version, people in waiting_by_version(staff("administrator"))]
    assert waiting == [("YTE-2024", 1)]


def test_collecting_again_finds_nobody():
    make_waiting()
    collect()
    with pytest.raises(StepRefused, match="现在没有等待公示的申请"):
        collect()
    assert Notice.objects.count() == 1


def test_somebody_scoped_to_a_town_collects_that_town_only():
    make_waiting("林晓航", town="fengli")
    make_waiting("陈静", town="hongshan")
    reviewer = make_staff("second_reviewer", town="hongshan")
    notice = collect_notice(policy_version_id=load_policies(FRIDAY)["LS-2022"].pk, by=reviewer, at=FRIDAY)
    assert [line.name_masked for line in public_lines(notice)] == ["陈**"]


def test_a_clerk_cannot_collect():
    make_waiting()
    with pytest.raises(StepRefused):
        collect_notice(policy_version_id=load_policies(FRIDAY)["LS-2022"].pk, by=staff("clerk"), at=FRIDAY)


def test_what_a_reviewer_settled_against_a_paper_stands_on_the_list():
    row = make_application_in("first_review", at=day(10, 16))
    paper = row.shelf.get(kind="diploma").paper
    settle_facts(
        application=row,
        values={"education": "master", "school": "闽南更正大学"},
        paper=paper,
        by=staff("first_reviewer"),
        at=day(10, 16, 14),
        expected_version=row.version,
    )
    Application.objects.filter(pk=row.pk).update(state="public_notice", amount_fen=1_000_000)
    [line] = public_lines(collect(at=day(10, 17)))
    assert (line.education, line.school, line.employer) == ("master", "闽南更正大学", "石狮潮汐数据服务有限公司")


def test_who_collected_cannot_release():
    make_waiting()
    notice = collect()
    with pytest.raises(StepRefused, match="名单由您汇总，发布要由另一人办理"):
        release_notice(notice=notice, by=staff("administrator"), at=FRIDAY)
    assert Notice.objects.get().released_at is None


def test_the_database_holds_that_two_people_sign_a_notice():
    make_waiting()
    notice = collect()
    with pytest.raises(IntegrityError, match="notice_is_released_by_a_second_person"), transaction.atomic():
        Notice.objects.filter(pk=notice.pk).update(
            released_by=staff("administrator"),
            released_at=FRIDAY,
            starts_on=date(2023, 4, 29),
            ends_on=date(2023, 5, 9),
        )


def test_a_person_on_the_list_cannot_release_it():
    approver = make_staff("approver")
    make_waiting(user=approver)
    notice = collect()
    with pytest.raises(StepRefused, match="名单上有您本人的申请"):
        release_notice(notice=notice, by=approver, at=FRIDAY)


def test_releasing_needs_the_whole_list_within_ones_scope():
    make_waiting(town="fengli")
    make_waiting(town="hongshan")
    notice = collect()
    with pytest.raises(StepRefused, match="您没有办理这一步的权限"):
        release_notice(notice=notice, by=make_staff("approver", town="fengli"), at=FRIDAY)


def test_a_town_releases_its_own_list():
    make_waiting(town="fengli")
    notice = release_notice(notice=collect(), by=make_staff("approver", town="fengli"), at=FRIDAY)
    assert notice.starts_on == date(2023, 4, 29)


def test_releasing_twice_changes_nothing():
    make_waiting()
    first = release(collect())
    again = release_notice(notice=first, by=staff("second_reviewer"), at=day(5, 4))
    assert (again.released_by, again.ends_on) == (staff("approver"), date(2023, 5, 9))
    assert Letter.objects.filter(kind="notice_started").count() == 1
    assert Entry.objects.filter(action="notice.release").count() == 1


def test_a_list_that_everybody_left_is_not_released():
    row = make_waiting()
    notice = collect()
    advance(row, "withdraw", actor=row.applicant.user, at=FRIDAY, expected_version=row.version)
    with pytest.raises(StepRefused, match="名单上已经没有人"):
        release(notice)


def test_everybody_on_the_list_is_told_its_days():
    row = make_waiting()
    release(collect())
    letter = Letter.objects.get(kind="notice_started")
    assert letter.recipient == row.applicant.user
    assert (letter.context["starts_on"], letter.context["ends_on"]) == ("2023-04-29", "2023-05-09")


@pytest.mark.parametrize(
    ("released_on", "starts_on", "ends_on"),
    [  # policy-facts 6.2: five working days, the day of release not counted
        (date(2022, 12, 30), date(2022, 12, 31), date(2023, 1, 9)),
        (date(2023, 1, 18), date(2023, 1, 19), date(2023, 1, 30)),
        (date(2023, 4, 21), date(2023, 4, 22), date(2023, 4, 27)),
        (date(2023, 4, 28), date(2023, 4, 29), date(2023, 5, 9)),
        (date(2023, 6, 21), date(2023, 6, 22), date(2023, 6, 29)),
        (date(2023, 9, 27), date(2023, 9, 28), date(2023, 10, 10)),
        (date(2024, 2, 8), date(2024, 2, 9), date(2024, 2, 21)),
        (date(2024, 9, 13), date(2024, 9, 14), date(2024, 9, 23)),
        (date(2025, 1, 24), date(2025, 1, 25), date(2025, 2, 7)),
        (date(2025, 9, 26), date(2025, 9, 27), date(2025, 10, 10)),
        (date(2026, 2, 13), date(2026, 2, 14), date(2026, 2, 27)),
        (date(2026, 9, 18), date(2026, 9, 19), date(2026, 9, 24)),
    ],
)
def test_a_notice_starts_the_day_after_release_and_lasts_five_working_days(released_on, starts_on, ends_on):
    period = period_from(released_on, 5)
    assert (period.starts_on, period.ends_on, period.is_provisional) == (starts_on, ends_on, False)


def test_a_last_day_in_a_year_without_a_published_calendar_is_provisional():
    assert period_from(date(2031, 3, 3), 5).is_provisional is True


def test_a_list_is_current_from_its_first_to_its_last_day():
    make_waiting()
    release(collect())
    days = [date(2023, 4, 28), date(2023, 4, 29), date(2023, 5, 9), date(2023, 5, 10)]
    assert [notices_on(on).count() for on in days] == [0, 1, 1, 0]


def test_the_files_go_on_after_the_last_day_and_not_on_it():
    row = make_waiting()
    release(collect())
    act_on_due(at=day(5, 9, 23, 59))
    assert Application.objects.get(pk=row.pk).state == "public_notice"
    act_on_due(at=day(5, 10, 0, 0))
    assert Application.objects.get(pk=row.pk).state == "final_approval"
    assert NoticeLine.objects.filter(is_live=True).count() == 0


def test_who_withdraws_leaves_the_list_and_the_others_stay():
    row = make_waiting("林晓航")
    make_waiting("陈静")
    notice = release(collect())
    advance(row, "withdraw", actor=row.applicant.user, at=day(5, 4), expected_version=row.version)
    assert [line.name_masked for line in public_lines(notice)] == ["陈**"]
