"""Beds are held and offered only for nights that may still be applied for (JL-9: three working days ahead)."""

from datetime import date, datetime, timedelta

import pytest

from housing.lodging.models import BedNight, Stay
from housing.lodging.nights import Nights
from housing.lodging.services.applying import choose_bed, kept_stay
from housing.lodging.services.changing import change_stay
from housing.lodging.services.expiring import end_overdue_holds, pass_beds_on
from housing.lodging.services.waiting import accept_offer, serve_line
from portal.casework.services.advancing import StepRefused, advance
from portal.casework.services.drafting import resubmit_application, submit_application
from portal.notifications.models import Letter
from tests.casework.moving import now
from tests.factories import SHANGHAI, move_clock, staff
from tests.lodging.making import (
    AT,
    FIRST,
    HOUR,
    make_lodging_application_in,
    make_lodging_draft,
    make_site,
    wish,
)
from tests.lodging.waiting import free, full_site, states, waiter

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DAY = timedelta(days=1)
MARKS = [{"kind": "field", "section": "booking", "name": "booking", "note": "那几晚驿站停水。"}]


@pytest.fixture(autouse=True)
def _march():
    move_clock(AT)


def midnight(day: int) -> datetime:
    return datetime(2026, 3, day, tzinfo=SHANGHAI)


def returned(row, *, at):
    """The approver asks for other nights."""
    actor = staff("approver")
    return advance(row, "return", actor=actor, at=at, expected_version=row.version, note="请另选日期。", items=MARKS)


def send_again(row, *, at):
    row = now(row)
    return resubmit_application(application=row, by=row.applicant.user, at=at, expected_version=row.version)


def test_a_bed_is_held_no_longer_than_its_nights_may_be_applied_for():
    """On 2 March the fifth is the first day of arrival: it can be applied for on that day only."""
    draft = make_lodging_draft(first=date(2026, 3, 5))
    assert kept_stay(draft).held_until == midnight(3)
    assert kept_stay(make_lodging_draft(first=FIRST)).held_until == midnight(5)
    assert kept_stay(make_lodging_draft(first=FIRST + 7 * DAY)).held_until == midnight(6)
    pass_beds_on(at=midnight(3))
    assert kept_stay(draft) is None


def test_nights_that_have_come_too_near_are_not_sent_though_no_sweep_has_passed_by():
    draft = make_lodging_draft(first=date(2026, 3, 5))
    with pytest.raises(StepRefused, match="重新选床位。入住日期要在 2026 年 3 月 6 日 至 2026 年 4 月 2 日 之间"):
        submit_application(application=draft, by=draft.applicant.user, at=AT + DAY)
    assert now(draft).state == "draft"
    choose_bed(draft, wish(make_site(), first=date(2026, 3, 6)), by=draft.applicant.user, at=AT + DAY)
    assert submit_application(application=draft, by=draft.applicant.user, at=AT + DAY).state == "check"


def test_an_offer_is_open_no_longer_than_its_nights_may_be_applied_for():
    site, taken = full_site()
    row = waiter(site)
    evening = midnight(5) - 2 * HOUR
    free(taken, at=evening)
    assert serve_line(site, at=evening) == 1
    assert kept_stay(row).held_until == midnight(5)  # and not twelve hours later
    with pytest.raises(StepRefused, match="轮到下一位"):
        accept_offer(row, by=row.applicant.user, at=midnight(5))


def test_an_offer_of_nights_that_have_come_too_near_is_not_taken_up():
    site, taken = full_site()
    row = waiter(site)
    free(taken)
    serve_line(site, at=AT + HOUR)
    Stay.objects.filter(booking=row.pk).update(held_until=midnight(8))
    with pytest.raises(StepRefused, match="入住日期要在 2026 年 3 月 10 日 至"):
        accept_offer(row, by=row.applicant.user, at=midnight(5))
    assert states(row) == ["offered"]


def test_a_wait_for_nights_that_have_come_too_near_ends_with_a_letter_and_the_bed_stays_free():
    site, taken = full_site()
    row = waiter(site)
    free(taken, at=midnight(5))
    assert (pass_beds_on(at=midnight(5)), states(row), BedNight.objects.count()) == (0, ["left"], 0)
    assert list(Letter.objects.filter(recipient=row.applicant.user).values_list("kind", flat=True)) == ["waiting_over"]


def test_in_a_correction_days_are_counted_from_the_application_as_the_clause_counts_them():
    site = make_site(1)
    row = make_lodging_application_in("final_approval", site, first=date(2026, 3, 5))
    row = returned(row, at=AT + DAY)
    change_stay(kept_stay(row).pk, "lapse", by=None, at=AT + DAY)
    with pytest.raises(StepRefused, match="入住日期要在 2026 年 3 月 5 日 至 2026 年 4 月 1 日 之间"):
        choose_bed(row, wish(site, first=date(2026, 4, 2)), by=row.applicant.user, at=AT + DAY)
    choose_bed(row, wish(site, first=date(2026, 3, 5)), by=row.applicant.user, at=AT + DAY)
    assert send_again(row, at=AT + DAY).state == "final_approval"
    assert kept_stay(row).planned == Nights(date(2026, 3, 5), 3)


def test_in_a_correction_no_night_that_is_over_is_held_or_sent():
    site = make_site(1)
    row = make_lodging_application_in("final_approval", site, first=date(2026, 3, 5))
    late = AT + 4 * DAY  # Friday the sixth
    row = returned(row, at=late)
    end_overdue_holds(at=late)
    with pytest.raises(StepRefused, match="入住日期要在 2026 年 3 月 6 日 至 2026 年 4 月 1 日 之间"):
        choose_bed(row, wish(site, first=date(2026, 3, 5)), by=row.applicant.user, at=late)
    with pytest.raises(StepRefused, match="请重新选床位"):
        send_again(row, at=late)
    choose_bed(row, wish(site, first=date(2026, 3, 6)), by=row.applicant.user, at=late)
    assert send_again(row, at=late).state == "final_approval"
