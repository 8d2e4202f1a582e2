"""The line for a bed: its order, offers that expire and pass on by themselves, and the ways out."""

from datetime import timedelta

import pytest

from housing.lodging.models import Stay, WaitingPlace
from housing.lodging.services.applying import choose_bed, kept_stay, waiting_place
from housing.lodging.services.expiring import pass_beds_on
from housing.lodging.services.holding import NoBedFree
from housing.lodging.services.waiting import accept_offer, join_line, leave, place_in_line, serve_line
from portal.casework.services.advancing import StepRefused
from portal.casework.services.drafting import discard_draft
from portal.notifications.models import Letter
from tests.factories import move_clock
from tests.lodging.making import (
    AT,
    FIRST,
    HOUR,
    hold,
    make_booking,
    make_lodging_draft,
    make_site,
    start_lodging,
    wish,
)
from tests.lodging.waiting import free, full_site, states, waiter

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _march():
    move_clock(AT)


def letters(row):
    sent = Letter.objects.filter(recipient=row.applicant.user).order_by("created_at")
    return list(sent.values_list("kind", flat=True))


def test_an_offer_expires_and_passes_on_by_itself():
    site, taken = full_site()
    first, second = waiter(site), waiter(site, at=AT + HOUR)
    assert pass_beds_on(at=AT + 2 * HOUR) == 0
    free(taken, at=AT + 2 * HOUR)
    assert (pass_beds_on(at=AT + 3 * HOUR), states(first, second)) == (1, ["offered", "waiting"])
    assert pass_beds_on(at=AT + 14 * HOUR) == 0
    assert (pass_beds_on(at=AT + 15 * HOUR), states(first, second)) == (1, ["passed", "offered"])
    assert (letters(first), letters(second)) == (["bed_offered", "bed_passed_on"], ["bed_offered"])
    accept_offer(second, by=second.applicant.user, at=AT + 16 * HOUR)
    assert pass_beds_on(at=AT + 2 * DAY) == 0
    assert (states(second), kept_stay(second).state) == (["taken"], "held")


def test_an_offer_that_is_over_cannot_be_taken_up_though_no_sweep_has_passed_by():
    site, taken = full_site()
    row = waiter(site)
    free(taken)
    serve_line(site, at=AT + HOUR)
    with pytest.raises(StepRefused, match="轮到下一位"):
        accept_offer(row, by=row.applicant.user, at=AT + 13 * HOUR)


def test_who_comes_later_does_not_get_the_bed_that_somebody_waits_for():
    site, taken = full_site()
    row = waiter(site)
    free(taken)
    late = start_lodging()
    with pytest.raises(NoBedFree):
        choose_bed(late, wish(site), by=late.applicant.user, at=AT + 2 * HOUR)
    assert states(row) == ["offered"]


def test_who_waits_for_other_nights_holds_up_nobody():
    site, taken = full_site()
    longer = waiter(site, nights=7)
    short = waiter(site, at=AT + HOUR, first=FIRST + DAY, nights=1)
    hold(make_booking(site, first=FIRST + 4 * DAY, nights=1), until=AT + 30 * DAY)
    free(taken)
    assert (serve_line(site, at=AT + 2 * HOUR), states(longer, short)) == (1, ["waiting", "offered"])


def test_the_place_in_the_line_counts_those_who_wait_for_the_same_nights():
    site, _taken = full_site()
    rows = [waiter(site, at=AT + n * HOUR) for n in range(3)]
    waiter(site, at=AT + 1.5 * HOUR, first=FIRST + 2 * DAY, nights=2)
    elsewhere = [place_in_line(waiting_place(row)) for row in rows]
    assert elsewhere == [1, 2, 4]


def test_joining_where_a_bed_is_free_is_an_offer_at_once():
    row = waiter(make_site(1))
    assert (states(row), kept_stay(row).held_until) == (["offered"], AT + 12 * HOUR)


def test_joining_twice_keeps_the_place_and_other_nights_are_a_new_one():
    site, _taken = full_site()
    row = waiter(site)
    user = row.applicant.user
    again = join_line(row, wish(site), by=user, at=AT + HOUR)
    other = join_line(row, wish(site, nights=2), by=user, at=AT + 2 * HOUR)
    assert (again.since, other.since) == (AT, AT + 2 * HOUR)
    assert WaitingPlace.objects.filter(state="left").count() == 1


def test_leaving_gives_the_offer_to_the_next():
    site, taken = full_site()
    first, second = waiter(site), waiter(site, at=AT + HOUR)
    free(taken)
    pass_beds_on(at=AT + 2 * HOUR)
    leave(first, by=first.applicant.user, at=AT + 3 * HOUR)
    leave(first, by=first.applicant.user, at=AT + 3 * HOUR)
    pass_beds_on(at=AT + 3 * HOUR)
    assert states(first, second) == ["left", "offered"]


def test_a_bed_chosen_elsewhere_ends_the_wait():
    site, _taken = full_site()
    row = waiter(site)
    choose_bed(row, wish(make_site()), by=row.applicant.user, at=AT + HOUR)
    assert (states(row), kept_stay(row).state) == (["left"], "held")


def test_a_held_bed_is_given_back_by_joining_a_line():
    site, _taken = full_site()
    row = make_lodging_draft()
    join_line(row, wish(site), by=row.applicant.user, at=AT + HOUR)
    assert (states(row), kept_stay(row)) == (["waiting"], None)


def test_the_wait_is_over_when_the_evening_has_passed_and_a_letter_says_so():
    site, _taken = full_site()
    row = waiter(site)
    pass_beds_on(at=AT.replace(day=10))
    assert (states(row), letters(row)) == (["left"], ["waiting_over"])


def test_a_deleted_draft_leaves_the_line():
    site, taken = full_site()
    first, second = waiter(site), waiter(site, at=AT + HOUR)
    free(taken)
    pass_beds_on(at=AT + 2 * HOUR)
    discard_draft(application=first, by=first.applicant.user, at=AT + 3 * HOUR)
    pass_beds_on(at=AT + 3 * HOUR)
    assert (states(second), Stay.objects.filter(state="held").count()) == (["offered"], 1)
