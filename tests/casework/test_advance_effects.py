"""What comes with a step (timeline, entry, letter, days, signature), and races for one."""

from datetime import date, datetime, timedelta

import pytest

from applicants.people.services import prove_number
from portal.audit.models import Entry
from portal.casework.models import Correction, Decision, NoticeLine, Submission
from portal.casework.services.advancing import FileChanged, StepRefused, advance
from portal.casework.services.checking import settle_facts
from portal.casework.services.drafting import resubmit_application, submit_application
from portal.casework.services.due import act_on_due
from portal.notifications.models import Letter
from tests import factories as make
from tests.casework.moving import MARK, now, refused, take
from tests.factories import AT

# ── what comes with a step ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.slow
def test_a_stale_page_moves_nothing():
    row = make.make_application_in("second_review")
    with pytest.raises(FileChanged, match="这件申请刚刚被别人办理过"):
        take(row, "pass_second", "second_reviewer", expected_version=row.version - 1)
    assert now(row).state == "second_review"

    assert take(row, "pass_second", "second_reviewer").state == "public_notice"


@pytest.mark.django_db
@pytest.mark.slow
def test_every_step_leaves_one_line_on_the_timeline_and_one_entry():
    row = make.make_application_in("approved")

    steps = ["submit", "finish_check", "accept", "pass_first", "pass_second", "close_notice", "approve"]
    assert [(taken.version, taken.step) for taken in row.steps_taken.order_by("version")] == list(enumerate(steps, 1))
    entries = Entry.objects.filter(target_id=str(row.pk), action__in=[f"application.{step}" for step in steps])
    found = {entry.action: (entry.note, entry.fields) for entry in entries}
    assert found == {
        "application.submit": ("check", ["state"]),
        "application.finish_check": ("accept", ["state"]),
        "application.accept": ("first_review", ["state"]),
        "application.pass_first": ("second_review", ["state"]),
        "application.pass_second": ("public_notice", ["state"]),
        "application.close_notice": ("final_approval", ["state"]),
        "application.approve": ("approved", ["state"]),
    }
    assert entries.count() == 7


@pytest.mark.django_db
@pytest.mark.slow
def test_each_step_that_tells_the_applicant_sends_one_letter():
    row = make.make_application_in("approved")

    kinds = (
        Letter.objects.filter(recipient=row.applicant.user)
        .order_by("created_at", "kind")
        .values_list("kind", flat=True)
    )
    assert list(kinds) == ["receipt", "accepted", "notice_started", "approved"]


@pytest.mark.django_db
@pytest.mark.slow
def test_a_refused_step_leaves_nothing_behind():
    row = make.make_application_in("first_review")
    counts = (Entry.objects.count(), Letter.objects.count(), row.steps_taken.count(), Decision.objects.count())

    refused(row, "refuse", "first_reviewer", clause="LS-1")

    assert (Entry.objects.count(), Letter.objects.count(), row.steps_taken.count(), Decision.objects.count()) == counts


@pytest.mark.django_db
@pytest.mark.slow
def test_a_correction_comes_back_to_the_same_stage_and_person_with_the_days_that_were_left():
    row = make.make_application_in("first_review")
    assert row.due_on == date(2023, 10, 23)  # five working days after Monday 16 October
    wednesday = datetime(2023, 10, 18, 10, 0, tzinfo=make.SHANGHAI)
    take(row, "return", "first_reviewer", at=wednesday, note="请改。", items=[MARK])
    assert (now(row).due_on, now(row).days_left) == (date(2023, 11, 1), 3)  # the applicant's ten days; three left

    friday = datetime(2023, 10, 27, 10, 0, tzinfo=make.SHANGHAI)
    resubmit_application(application=row, by=row.applicant.user, at=friday, expected_version=now(row).version)

    row = now(row)
    assert (row.state, row.assignee) == ("first_review", make.staff("first_reviewer"))
    assert (row.due_on, row.days_left) == (date(2023, 11, 1), None)  # 30 and 31 October, 1 November
    assert Correction.objects.get(application=row).closed_at == friday
    assert Letter.objects.filter(kind="correction_received").count() == 1


@pytest.mark.django_db
def test_a_corrected_file_goes_to_anybody_where_who_returned_it_has_left():
    row = make.make_application_in("correction")
    clerk = make.staff("clerk")
    clerk.is_active = False
    clerk.save()

    resubmit_application(application=row, by=row.applicant.user, at=AT, expected_version=row.version)

    assert (now(row).state, now(row).assignee) == ("accept", None)


@pytest.mark.django_db
def test_the_application_date_stays_the_day_of_the_first_submission():
    row = make.make_application_in("correction")

    later = AT + timedelta(days=9)
    resubmit_application(application=row, by=row.applicant.user, at=later, expected_version=row.version)

    assert now(row).submitted_on == date(2023, 10, 16)
    assert [submission.at for submission in Submission.objects.filter(application=row)] == [AT, later]


@pytest.mark.django_db
def test_an_upheld_objection_takes_the_file_off_the_notice_and_back_to_second_review():
    row = make.make_application_in("objection")

    taken = take(row, "uphold_objection", "administrator", note="情况属实。")

    assert (taken.state, taken.second_reviewer) == ("second_review", None)
    assert not NoticeLine.objects.get(application=row).is_live


@pytest.mark.django_db
@pytest.mark.slow
def test_a_decision_is_numbered_and_signed():
    approved = make.make_application_in("approved").decisions.get()
    refusal = make.make_application_in("refused").decisions.get()

    assert (approved.number, refusal.number) == ("石人社补〔2023〕1 号", "石人社补〔2023〕2 号")
    assert (approved.signed_by, approved.amount_fen) == (make.staff("approver"), 1_000_000)
    assert (refusal.signed_by, refusal.clause) == (make.staff("first_reviewer"), "LS-1")


@pytest.mark.django_db
@pytest.mark.slow
def test_facts_are_settled_by_the_first_reviewer_at_first_review_with_a_paper_of_the_file():
    row = make.make_application_in("first_review")
    other = make.make_application_in("accept")

    def settle(by="first_reviewer", paper=row, value="2023-06-20", **changes):
        settle_facts(
            application=changes.get("application", row),
            values={"diploma_on": value},
            paper=paper.shelf.get(kind="diploma").paper,
            by=make.staff(by),
            at=AT,
            expected_version=changes.get("application", row).version,
        )

    for wrong, sentence in (
        ({"by": "clerk"}, "只有初审时，由初审人员认定事实；没有初审的，由审定人员认定。"),
        ({"application": other, "paper": other}, "只有初审时，由初审人员认定事实；没有初审的，由审定人员认定。"),
        ({"paper": other}, "请选择这件申请的材料。"),
        ({"value": "去年夏天"}, "“去年夏天”不是日期，请写成 2023-06-20 这样"),
    ):
        with pytest.raises(StepRefused) as refusal:
            settle(**wrong)
        assert str(refusal.value) == sentence
    assert row.settlements.count() == 0

    settle()

    assert row.assessments.order_by("number").last().answers == "umuuuumm"


@pytest.mark.django_db
@pytest.mark.slow
def test_what_is_due_is_done_by_itself():
    lapsing = make.make_application_in("correction")
    showing = make.make_application_in("objection")
    take(showing, "dismiss_objection", "administrator", note="查无此事。")

    act_on_due(at=AT + timedelta(days=11))  # reminds
    act_on_due(at=AT + timedelta(days=30))

    assert (now(lapsing).state, now(showing).state) == ("lapsed", "final_approval")


# ── races ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.postgres
def test_twenty_submissions_of_one_draft_give_one_reference(race):
    draft = make.make_draft()
    user = draft.applicant.user

    outcomes = race(20, lambda _number: submit_application(application=draft, by=user, at=AT).reference)

    assert outcomes == ["LS-2023-000001"] * 20
    assert Submission.objects.count() == 1
    assert Letter.objects.filter(kind="receipt").count() == 1


@pytest.mark.postgres
def test_of_two_reviewers_racing_for_one_step_one_wins(race):
    row = make.make_application_in("second_review")
    reviewers = [make.staff("second_reviewer"), make.make_staff("second_reviewer")]

    outcomes = race(
        2,
        lambda n: (
            advance(row, "pass_second", actor=reviewers[n], at=AT, expected_version=row.version).second_reviewer_id
        ),
    )

    won = [outcome for outcome in outcomes if isinstance(outcome, int)]
    assert len(won) == 1
    assert [type(outcome) for outcome in outcomes if not isinstance(outcome, int)] == [FileChanged]
    assert (now(row).state, now(row).second_reviewer_id) == ("public_notice", won[0])


@pytest.mark.postgres
def test_of_two_files_under_one_number_one_is_accepted(race):
    number = make.make_number()
    first, second = (
        make.make_application_in("accept", person=make.make_person(identity={"number": number})) for _n in range(2)
    )
    # Whoever accepts proves first, and a number is proven once: that race is decided there. Here both were let through.
    type(first.applicant).objects.filter(pk=first.applicant_id).update(proven_at=AT, proven_by=make.staff("clerk"))
    clerks = [make.staff("clerk"), make.make_staff("clerk")]
    rows = [first, second]

    def accept(n):
        prove_number(person=rows[n].applicant, by=clerks[n], at=AT)
        return advance(rows[n], "accept", actor=clerks[n], at=AT, expected_version=rows[n].version).state

    outcomes = race(2, accept)

    assert sorted(now(row).state for row in rows) == ["accept", "first_review"]
    assert sum(outcome == "first_review" for outcome in outcomes) == 1
