"""A refusal looked at once more: by when, by whom, and where it goes."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from portal.casework.deadlines import last_days_to_ask
from portal.casework.models import Reconsideration
from portal.casework.services.advancing import StepRefused, advance, possible_steps, take_file
from portal.casework.services.drafting import ask_reconsideration, start_application, withdraw_reconsideration
from portal.casework.services.finding import QueueFilter, queue_files, stuck_files
from portal.casework.services.supplying import hand_in_paper, take_back_paper
from portal.notifications.models import Letter
from portal.policy.services import stored_calendar
from subsidies.models import Payable
from tests import factories as make
from tests.casework.moving import now
from tests.factories import SHANGHAI

pytestmark = pytest.mark.django_db

ACTED = "您办理过这件申请，复核要由没有办理过的人决定。"
REFUSED_HERE = "这件在这一环节由您不予批准过，复核后要由另一人办理。"


def ask(row, *, at=None, reason="我是首次就业。"):
    row = now(row)
    at = at or row.state_at + timedelta(hours=1)
    return ask_reconsideration(
        application=row, reason=reason, by=row.applicant.user, at=at, expected_version=row.version
    )


def decide(row, step, by, **details):
    row = now(row)
    return advance(row, step, actor=by, at=row.state_at + timedelta(hours=1), expected_version=row.version, **details)


def refuse_at(stage):
    """A file refused at ``stage`` by whoever holds its role."""
    row = make.make_application_in(stage)
    role = {"first_review": "first_reviewer", "second_review": "second_reviewer", "final_approval": "approver"}[stage]
    if stage != "first_review":  # a clause that is met is no ground for a refusal; a new assessment says otherwise
        newest = row.assessments.order_by("number").last()
        result = newest.result
        result["findings"][0]["answer"] = "unmet"
        newest.result = result
        newest.save()
    decide(row, "refuse", make.staff(role), clause="LS-1", note="不符合。")
    return row


def midnight(day, hour=0):
    return datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI)


def steps_open_to(user, row):
    row = now(row)
    return {step.name: blocked for step, blocked in possible_steps(row, user, at=row.state_at)}


# ── asking ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_refused_applicant_asks_and_the_office_has_fifteen_working_days():
    row = make.make_application_in("refused")  # on 16 October 2023

    asked = ask(row)

    found = asked.reconsiderations.get()
    assert (asked.state, asked.due_on, asked.submitted_on) == (
        "reconsideration",
        date(2023, 11, 6),
        date(2023, 10, 16),
    )
    assert (found.number, found.stage, found.refused_by, found.reason, found.outcome) == (
        1,
        "first_review",
        make.staff("first_reviewer"),
        "我是首次就业。",
        "open",
    )
    assert found.refusal == row.decisions.get()
    letter = Letter.objects.get(kind="reconsideration_received")
    assert (letter.recipient, letter.context["due_on"]) == (row.applicant.user, "2023-11-06")


def test_the_letter_of_a_refusal_says_until_when():
    make.make_application_in("refused")
    assert Letter.objects.get(kind="refused").context["reconsider_by"] == "2023-11-06"


def test_the_last_day_counts_whole():
    row = make.make_application_in("refused")
    last = last_days_to_ask([row], stored_calendar())[row.pk]
    assert (last.day, last.is_provisional) == (date(2023, 11, 6), False)

    with pytest.raises(StepRefused, match="申请复核的期限已经过了。您可以申请行政复议。"):
        ask(row, at=midnight(date(2023, 11, 7)))
    assert ask(row, at=midnight(date(2023, 11, 6), 23)).state == "reconsideration"


def test_nobody_loses_the_right_on_a_day_that_may_still_move():
    make.load_policies()
    refused_on = datetime(2030, 3, 1, 10, tzinfo=SHANGHAI)  # no calendar of that year is published
    row = make.make_application_in("refused")
    row.decisions.update(at=refused_on)
    last = last_days_to_ask([row], stored_calendar())[row.pk]

    assert last.is_provisional
    with pytest.raises(StepRefused, match="期限已经过了"):
        ask(row, at=midnight(last.day + timedelta(days=11)))
    assert ask(row, at=midnight(last.day + timedelta(days=10))).state == "reconsideration"


def test_a_reason_is_needed():
    row = make.make_application_in("refused")
    with pytest.raises(StepRefused, match="请写明理由。"):
        ask(row, reason="  ")


def test_only_the_applicant_asks_and_only_about_a_refusal():
    row = make.make_application_in("refused")
    with pytest.raises(StepRefused, match="您没有办理这一步的权限。"):
        advance(
            row,
            "ask_reconsideration",
            actor=make.staff("clerk"),
            at=row.state_at,
            expected_version=row.version,
            note="。",
        )
    withdrawn = make.make_application_in("withdrawn")
    with pytest.raises(StepRefused, match="这件申请现在不能这样办理。"):
        ask(withdrawn)


def test_asking_twice_is_asking_once():
    row = make.make_application_in("refused")
    first = ask(row)
    again = ask_reconsideration(
        application=row, reason="又一次。", by=row.applicant.user, at=first.state_at, expected_version=row.version
    )
    assert (again.state, Reconsideration.objects.get().reason) == ("reconsideration", "我是首次就业。")


def test_who_applied_anew_meanwhile_withdraws_that_first():
    row = make.make_application_in("refused")
    version = make.load_policies()["LS-2022"]
    start_application(
        user=row.applicant.user,
        programme_code="living-subsidy",
        policy_code=version.policy.code,
        privacy_read_at=row.state_at,
        at=row.state_at,
    )
    with pytest.raises(StepRefused, match="您在这个项目另有一件没有办结的申请或草稿。"):
        ask(row)
    assert now(row).state == "refused"


def test_who_waits_for_a_reconsideration_does_not_apply_anew():
    row = make.make_application_in("reconsideration")
    found = start_application(
        user=row.applicant.user,
        programme_code="living-subsidy",
        policy_code="LS-2022",
        privacy_read_at=row.state_at,
        at=row.state_at,
    )
    assert found == row


# ── papers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def hand_in(row):
    return hand_in_paper(
        application=now(row),
        kind="reconsideration_paper",
        upload=make.make_upload(),
        by=row.applicant.user,
        at=now(row).state_at + timedelta(minutes=10),
    )


def test_papers_are_added_before_asking_and_stay_once_it_is_asked():
    row = make.make_application_in("refused")
    kept, dropped = hand_in(row), hand_in(row)
    take_back_paper(application=now(row), shelved=dropped, by=row.applicant.user, at=row.state_at)
    assert list(row.shelf.filter(kind="reconsideration_paper")) == [kept]

    ask(row)
    with pytest.raises(StepRefused, match="这类材料现在不能再传。"):
        hand_in(row)
    withdraw_reconsideration(
        application=row, by=row.applicant.user, at=now(row).state_at, expected_version=now(row).version
    )
    with pytest.raises(StepRefused, match="这类材料现在不能再改。"):
        take_back_paper(application=now(row), shelved=kept, by=row.applicant.user, at=row.state_at)
    assert list(row.shelf.filter(kind="reconsideration_paper", removed_at__isnull=True)) == [kept]


def test_an_open_file_takes_no_such_paper():
    row = make.make_application_in("first_review")
    with pytest.raises(StepRefused, match="这类材料现在不能再传。"):
        hand_in(row)


# ── who decides ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_whoever_took_a_step_in_the_file_does_not_decide():
    row = make.make_application_in("reconsideration")
    for role in ("clerk", "first_reviewer"):
        person = make.staff(role)
        make.RoleGrant.objects.create(user=person, role="administrator")
        person = make.User.objects.get(pk=person.pk)
        with pytest.raises(StepRefused, match=ACTED):
            decide(row, "uphold_reconsideration", person, note="有理。")
        with pytest.raises(StepRefused, match=ACTED):
            take_file(now(row), by=person, at=row.state_at, expected_version=now(row).version)
        assert steps_open_to(person, row) == {
            "dismiss_reconsideration": ACTED,
            "uphold_reconsideration": ACTED,
        }
        assert list(queue_files(person, QueueFilter("todo", stage="reconsideration"), on=row.state_at.date())) == []


def test_whoever_had_the_file_in_hand_does_not_decide():
    row = make.make_application_in("first_review")
    holder = make.make_staff("first_reviewer", "administrator")
    take_file(row, by=holder, at=row.state_at, expected_version=row.version)
    take_file(row, by=make.staff("first_reviewer"), at=row.state_at, expected_version=row.version, reason="休假。")
    decide(row, "refuse", make.staff("first_reviewer"), clause="LS-1", note="不符合。")
    ask(row)

    with pytest.raises(StepRefused, match=ACTED):
        decide(row, "dismiss_reconsideration", holder, clause="LS-1", note="维持。")
    assert not queue_files(holder, QueueFilter("todo", stage="reconsideration"), on=row.state_at.date()).exists()


def test_taking_the_file_in_order_to_decide_it_is_no_hindrance():
    row = make.make_application_in("reconsideration")
    administrator = make.staff("administrator")
    take_file(row, by=administrator, at=row.state_at, expected_version=row.version)
    assert list(queue_files(administrator, QueueFilter("todo"), on=row.state_at.date())) == [row]
    assert decide(row, "uphold_reconsideration", administrator, note="有理。").state == "first_review"


@pytest.mark.parametrize("role", ["clerk", "first_reviewer", "second_reviewer", "approver", "finance", "auditor"])
def test_only_an_administrator_decides(role):
    row = make.make_application_in("reconsideration")
    other = make.make_staff(role)
    with pytest.raises(StepRefused, match="您没有办理这一步的权限。"):
        decide(row, "uphold_reconsideration", other, note="有理。")


def test_a_file_whose_administrators_all_acted_on_it_is_stuck():
    row = make.make_application_in("reconsideration")
    on = row.state_at.date()
    reviewer = make.staff("first_reviewer")
    make.RoleGrant.objects.create(user=reviewer, role="administrator")
    reviewer = make.User.objects.get(pk=reviewer.pk)
    assert [it.file for it in stuck_files(reviewer, on=on)] == [row]
    make.staff("administrator")
    assert stuck_files(reviewer, on=on) == []


def test_the_database_itself_keeps_refuser_and_decider_apart():
    row = make.make_application_in("reconsideration")
    found = Reconsideration.objects.get()
    found.outcome, found.answer, found.closed_at = "upheld", "有理。", row.state_at
    found.decided_by = make.staff("first_reviewer")
    with pytest.raises(IntegrityError, match="a_refusal_is_reconsidered_by_somebody_else"), transaction.atomic():
        found.save()


# ── upheld ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("stage", "role", "signed"),
    [
        ("first_review", "first_reviewer", (False, False)),
        ("second_review", "second_reviewer", (True, False)),
        ("final_approval", "approver", (True, True)),
    ],
)
@pytest.mark.slow
def test_upheld_it_goes_back_to_the_stage_that_refused_and_to_somebody_else(stage, role, signed):
    row = refuse_at(stage)
    ask(row)

    back = decide(row, "uphold_reconsideration", make.staff("administrator"), note="证明属实，重新审核。")

    assert (back.state, back.submitted_on) == (stage, date(2023, 10, 16))
    assert (back.first_reviewer_id is not None, back.second_reviewer_id is not None) == signed
    found = Reconsideration.objects.get()
    assert (found.outcome, found.decided_by, found.answer) == (
        "upheld",
        make.staff("administrator"),
        "证明属实，重新审核。",
    )
    assert Letter.objects.get(kind="reconsideration_upheld").context["answer"] == "证明属实，重新审核。"

    refuser, other = make.staff(role), make.make_staff(role)
    on = back.state_at.date()
    assert set(steps_open_to(refuser, row).values()) == {REFUSED_HERE}
    assert steps_open_to(other, row)["refuse"] is None
    for person, seen in ((refuser, []), (other, [row])):
        assert list(queue_files(person, QueueFilter("todo"), on=on)) == seen
    with pytest.raises(StepRefused, match=REFUSED_HERE):
        take_file(back, by=refuser, at=back.state_at, expected_version=back.version)
    with pytest.raises(StepRefused, match=REFUSED_HERE):
        decide(row, "refuse", refuser, clause="LS-1", note="仍不符合。")


def test_a_file_sent_back_with_nobody_else_for_it_is_stuck():
    row = refuse_at("first_review")
    ask(row)
    administrator = make.staff("administrator")
    back = decide(row, "uphold_reconsideration", administrator, note="有理。")
    assert [it.file for it in stuck_files(administrator, on=back.state_at.date())] == [row]
    make.make_staff("first_reviewer")
    assert stuck_files(administrator, on=back.state_at.date()) == []


@pytest.mark.slow
def test_an_upheld_file_is_approved_and_makes_one_payable():
    row = refuse_at("first_review")
    ask(row)
    decide(row, "uphold_reconsideration", make.staff("administrator"), note="有理。")
    assert Payable.objects.count() == 0
    other = make.make_staff("first_reviewer")
    make.settle_everything(now(row), at=now(row).state_at, by=other)
    decide(row, "pass_first", other)
    assert make.walk_on(now(row), "approved").state == "approved"
    assert Payable.objects.count() == 1
    assert list(now(row).decisions.values_list("outcome", flat=True)) == ["refused", "approved"]


def test_refused_again_by_somebody_else_it_may_be_asked_about_again():
    row = refuse_at("first_review")
    ask(row)
    decide(row, "uphold_reconsideration", make.staff("administrator"), note="有理。")
    other = make.make_staff("first_reviewer")
    decide(row, "refuse", other, clause="LS-2", note="另一条不符合。")
    ask(row)
    with pytest.raises(StepRefused, match=ACTED):
        decide(row, "dismiss_reconsideration", make.staff("administrator"), clause="LS-2", note="维持。")
    second = make.make_staff("administrator")
    decide(row, "dismiss_reconsideration", second, clause="LS-2", note="维持。")
    assert list(Reconsideration.objects.order_by("number").values_list("number", "outcome")) == [
        (1, "upheld"),
        (2, "dismissed"),
    ]
