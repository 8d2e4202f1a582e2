"""Corrections whose bed was lost, and the line: who is sent again takes no bed that somebody waits for."""

import pytest

from housing.lodging.models import BedNight, WaitingPlace
from housing.lodging.services.applying import kept_stay
from housing.lodging.services.changing import change_stay
from housing.lodging.services.expiring import pass_beds_on
from housing.lodging.services.waiting import join_line, serve_line
from portal.casework.services.advancing import StepRefused, advance
from portal.casework.services.drafting import resubmit_application
from tests.casework.moving import now
from tests.factories import move_clock, staff
from tests.lodging.making import AT, HOUR, hold, make_booking, make_lodging_application_in, make_site, wish
from tests.lodging.waiting import free, states, waiter

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MARKS = [{"kind": "field", "section": "booking", "name": "booking", "note": "请确认日期。"}]
LATER = AT + 3 * HOUR


@pytest.fixture(autouse=True)
def _march():
    move_clock(AT)


def in_correction_without_a_bed(site):
    """Sent, returned, and its hold has lapsed; somebody else has the bed since."""
    row = make_lodging_application_in("final_approval", site)
    values = {"actor": staff("approver"), "at": AT + HOUR, "expected_version": row.version}
    row = advance(row, "return", note="请确认日期。", items=MARKS, **values)
    change_stay(kept_stay(row).pk, "lapse", by=None, at=AT + HOUR)
    return row, hold(make_booking(site), at=AT + HOUR, until=AT + 300 * HOUR)


def send_again(row, at=LATER):
    row = now(row)
    return resubmit_application(application=row, by=row.applicant.user, at=at, expected_version=row.version)


def wait(row, site, at):
    return join_line(row, wish(site), by=row.applicant.user, at=at)


def test_who_waits_and_sends_again_takes_the_bed_in_turn_and_waits_no_longer():
    site = make_site(1)
    row, taken = in_correction_without_a_bed(site)
    wait(row, site, AT + 2 * HOUR)
    free(taken, at=LATER)
    assert send_again(row).state == "final_approval"
    assert (kept_stay(row).state, states(row)) == ("held", ["taken"])
    assert pass_beds_on(at=LATER) == 0
    assert BedNight.objects.count() == 3


def test_who_sends_again_does_not_pass_those_who_wait_before():
    site = make_site(1)
    row, taken = in_correction_without_a_bed(site)
    first = waiter(site, at=AT + 1.5 * HOUR)
    wait(row, site, AT + 2 * HOUR)
    free(taken, at=LATER)
    with pytest.raises(StepRefused, match="已经没有合适的床位"):
        send_again(row)
    assert (now(row).state, states(first, row)) == ("correction", ["waiting", "waiting"])
    assert (serve_line(site, at=LATER), states(first, row)) == (1, ["offered", "waiting"])


def test_who_does_not_wait_and_sends_again_comes_after_those_who_wait():
    site = make_site(1, 1)
    row, taken = in_correction_without_a_bed(site)
    other = hold(make_booking(site), at=AT + HOUR, until=AT + 300 * HOUR)
    first = waiter(site, at=AT + 2 * HOUR)
    free(taken, at=LATER)
    with pytest.raises(StepRefused, match="已经没有合适的床位"):
        send_again(row)
    free(other, at=LATER)
    assert send_again(row).state == "final_approval"
    assert (states(first), kept_stay(row).state) == (["offered"], "held")
    assert WaitingPlace.objects.filter(booking=row.pk).count() == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_sending_again_while_the_line_is_served_joined_and_left_ends_without_a_deadlock(race):
    for _round in range(3):
        site = make_site(1, 1)
        row, taken = in_correction_without_a_bed(site)
        other = hold(make_booking(site), at=AT + HOUR, until=AT + 300 * HOUR)
        rows = [waiter(site, at=AT + (2 + n / 10) * HOUR) for n in range(3)]
        wait(row, site, AT + 2.5 * HOUR)
        acts = [
            lambda: free(taken, at=LATER),  # noqa: B023
            lambda: free(other, at=LATER),  # noqa: B023
            lambda: send_again(row),  # noqa: B023
            lambda: wait(rows[0], make_site(1), LATER),  # noqa: B023
            lambda: waiter(site, at=LATER),  # noqa: B023
            *[lambda: serve_line(site, at=LATER)] * 5,  # noqa: B023
        ]
        outcomes = race(len(acts), lambda number: acts[number]())  # noqa: B023
        failed = [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, StepRefused)]
        assert failed == []
        pass_beds_on(at=LATER)
        assert BedNight.objects.filter(bed__room__site=site).count() == 6
        assert states(rows[1], rows[2]) == ["offered", "offered"]
