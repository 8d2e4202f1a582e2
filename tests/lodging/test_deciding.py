"""What becomes of a held bed as its application moves."""

from datetime import datetime, timedelta

import pytest

from applicants.people.linking import link_people
from housing.lodging.limits import Limit, limits_of
from housing.lodging.models import BedNight, Stay, StayEvent, WaitingPlace
from housing.lodging.nights import Nights
from housing.lodging.services.applying import choose_bed, kept_stay, limit_sentence
from housing.lodging.services.changing import change_stay
from housing.lodging.services.expiring import end_overdue_holds
from housing.lodging.services.holding import NoBedFree
from portal.casework.models import Application, Decision
from portal.casework.services.advancing import StepRefused, advance
from portal.casework.services.checking import approve_when_proven
from portal.casework.services.drafting import (
    discard_draft,
    resubmit_application,
    submit_application,
    withdraw_application,
)
from portal.notifications.models import Letter
from tests.casework.moving import now
from tests.factories import SHANGHAI, make_application_in, move_clock, staff
from tests.lodging.making import (
    AT,
    FIRST,
    HOUR,
    hold,
    make_booking,
    make_graduate,
    make_lodging_application_in,
    make_lodging_draft,
    make_site,
    prove_everything,
    start_lodging,
    wish,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _march():
    move_clock(AT)


def states(row):
    return sorted(Stay.objects.filter(booking=row.pk).values_list("state", flat=True))


def letters(row):
    return sorted(Letter.objects.filter(recipient=row.applicant.user).values_list("kind", flat=True))


def act(row, name, *, at=AT + 2 * HOUR, role="approver", **details):
    return advance(row, name, actor=staff(role), at=at, expected_version=row.version, **details)


def test_a_bed_is_held_to_the_end_of_the_third_working_day_and_anew_from_the_submission():
    draft = make_lodging_draft(first=FIRST + 7 * DAY)
    chosen = kept_stay(draft).held_until
    submit_application(application=draft, by=draft.applicant.user, at=AT + DAY)
    assert (chosen, kept_stay(draft).held_until) == (
        datetime(2026, 3, 6, tzinfo=SHANGHAI),
        datetime(2026, 3, 7, tzinfo=SHANGHAI),
    )


def test_a_hold_that_lapsed_before_the_submission_has_to_be_chosen_anew():
    draft = make_lodging_draft(first=FIRST + 7 * DAY)
    end_overdue_holds(at=datetime(2026, 3, 5, 23, 59, tzinfo=SHANGHAI))
    assert states(draft) == ["held"]
    end_overdue_holds(at=datetime(2026, 3, 6, tzinfo=SHANGHAI))
    assert (states(draft), BedNight.objects.count(), letters(draft)) == (["lapsed"], 0, ["stay_lapsed"])
    with pytest.raises(StepRefused, match="还有没填完的部分"):
        submit_application(application=draft, by=draft.applicant.user, at=AT + 4 * DAY)


def test_an_approval_after_the_hold_lapsed_finds_the_bed_again_or_says_that_there_is_none():
    site = make_site(1)
    row = make_lodging_application_in("final_approval", site)
    late = datetime(2026, 3, 6, 9, tzinfo=SHANGHAI)
    end_overdue_holds(at=late)
    prove_everything(row, at=late)
    other = hold(make_booking(site, at=late), at=late)
    with pytest.raises(StepRefused, match="床位的保留已经到期。这些晚上已经没有合适的床位"):
        act(now(row), "approve", at=late)
    change_stay(other.pk, "cancel", by=None, at=late)
    assert (act(now(row), "approve", at=late).state, states(row)) == ("approved", ["booked", "lapsed"])


def test_a_refusal_gives_the_bed_back_without_another_letter():
    row = make_lodging_application_in("final_approval")
    act(row, "refuse", clause="JL-7", note="通知已经过期。")
    assert (states(row), BedNight.objects.count(), letters(row)) == (["cancelled"], 0, ["receipt", "refused"])


def test_a_withdrawal_gives_the_bed_back():
    row = make_lodging_application_in("final_approval")
    withdraw_application(application=row, by=row.applicant.user, at=AT + 2 * HOUR, expected_version=row.version)
    assert (states(row), BedNight.objects.count()) == (["cancelled"], 0)


def test_a_draft_that_is_deleted_leaves_no_row_behind():
    draft = make_lodging_draft()
    discard_draft(application=draft, by=draft.applicant.user, at=AT)
    counts = [model.objects.count() for model in (Stay, StayEvent, BedNight, WaitingPlace, Application)]
    assert counts == [0, 0, 0, 0, 0]


def test_a_correction_of_the_booking_changes_the_bed_and_goes_back_to_the_approver():
    row = make_lodging_application_in("final_approval", make_site(1))
    marks = [{"kind": "field", "section": "booking", "name": "booking", "note": "那几晚驿站停水。"}]
    row = act(row, "return", note="请另选日期。", items=marks)
    assert row.state == "correction"
    later = wish(make_site(), first=FIRST + 3 * DAY, nights=2)
    choose_bed(row, later, by=row.applicant.user, at=AT + 3 * HOUR)
    row = now(row)
    row = resubmit_application(application=row, by=row.applicant.user, at=AT + 4 * HOUR, expected_version=row.version)
    assert (row.state, states(row), kept_stay(row).planned) == (
        "final_approval", ["cancelled", "held"], Nights(FIRST + 3 * DAY, 2)
    )  # fmt: skip


def test_a_file_without_first_review_is_not_sent_back_to_one():
    row = make_lodging_application_in("final_approval")
    with pytest.raises(StepRefused, match="没有初审环节"):
        act(row, "send_back", note="再看一遍。")


def test_the_portal_approves_alone_what_is_proven_and_nobody_signs():
    row = make_lodging_application_in("final_approval")
    approve_when_proven(application_id=row.pk, at=AT + 2 * HOUR)
    assert now(row).state == "final_approval"
    prove_everything(row, at=AT + 2 * HOUR)
    approve_when_proven(application_id=row.pk, at=AT + 3 * HOUR)
    row, decision = now(row), Decision.objects.get()
    assert (row.state, row.approver, decision.outcome, decision.signed_by, states(row)) == (
        "approved", None, "approved", None, ["booked"]
    )  # fmt: skip


def test_another_programme_is_never_approved_alone():
    row = make_application_in("final_approval")
    approve_when_proven(application_id=row.pk, at=row.state_at + HOUR)
    assert Application.objects.get(pk=row.pk).state == "final_approval"
    with pytest.raises(StepRefused, match="这件要由审定人员决定。"):
        advance(row, "approve", actor=None, at=row.state_at, expected_version=row.version)


def test_the_same_wish_again_is_the_same_stay_and_another_one_gives_the_bed_back():
    site, draft = make_site(1), start_lodging()
    user = draft.applicant.user
    first = choose_bed(draft, wish(site), by=user, at=AT)
    again = choose_bed(draft, wish(site), by=user, at=AT + HOUR)
    longer = choose_bed(draft, wish(site, nights=4), by=user, at=AT + HOUR)
    assert (again, longer.planned.count, states(draft)) == (first, 4, ["cancelled", "held"])


def test_a_wish_that_finds_no_bed_leaves_the_one_held():
    site, full, draft = make_site(1), make_site(1), start_lodging()
    hold(make_booking(full))
    choose_bed(draft, wish(site), by=draft.applicant.user, at=AT)
    with pytest.raises(NoBedFree):
        choose_bed(draft, wish(full), by=draft.applicant.user, at=AT)
    assert (states(draft), kept_stay(draft).site) == (["held"], site)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"nights": 8}, "每次最多住 7 晚。"),
        ({"first": AT.date() + 2 * DAY}, "入住日期要在 2026 年 3 月 5 日 至 2026 年 4 月 1 日 之间。"),
        ({"first": AT.date() + 31 * DAY}, "入住日期要在 2026 年 3 月 5 日 至 2026 年 4 月 1 日 之间。"),
    ],
)
def test_nights_beyond_the_policy_are_refused(asked, sentence):
    draft = start_lodging()
    with pytest.raises(StepRefused) as refusal:
        choose_bed(draft, wish(make_site(), **asked), by=draft.applicant.user, at=AT)
    assert str(refusal.value).replace(" ", "") == sentence.replace(" ", "")


def test_a_second_stay_in_the_year_is_refused_when_chosen():
    row = make_lodging_application_in("approved")
    draft = start_lodging(row.applicant, at=AT + DAY)
    with pytest.raises(StepRefused, match="每年最多住 1 次"):
        choose_bed(draft, wish(make_site(), first=FIRST + 7 * DAY), by=row.applicant.user, at=AT + DAY)
    assert limit_sentence(Limit.STAYS, limits_of(draft.policy_version.parsed), (AT.date(), FIRST))


def test_an_approval_asks_the_limits_once_more():
    """Two accounts of one person: what one of them holds counts for the other, until it is given up."""
    row, other = (make_lodging_application_in("final_approval", make_site(2), make_graduate()) for _one in range(2))
    for one in (row, other):
        prove_everything(one, at=AT + 2 * HOUR)
    link_people(person=row.applicant, other=other.applicant, by=staff("administrator"), at=AT, reason="同一人。")
    with pytest.raises(StepRefused, match="每年最多住 1 次"):
        act(now(row), "approve")
    withdraw_application(application=other, by=other.applicant.user, at=AT + 2 * HOUR, expected_version=other.version)
    assert act(now(row), "approve").state == "approved"
