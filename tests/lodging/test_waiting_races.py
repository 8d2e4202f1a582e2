"""The line for a bed while several serve it, join it, leave it and answer at the same moment."""

import pytest

from housing.lodging.models import BedNight, Stay, WaitingPlace
from housing.lodging.nights import Nights
from housing.lodging.services.applying import choose_bed, kept_stay
from housing.lodging.services.expiring import end_overdue_holds, pass_beds_on
from housing.lodging.services.waiting import accept_offer, join_line, leave, serve_line
from portal.casework.services.advancing import StepRefused
from tests.factories import move_clock
from tests.lodging.making import AT, FIRST, HOUR, make_lodging_draft, make_site, start_lodging, wish
from tests.lodging.staying import DAY
from tests.lodging.waiting import free, full_site, states, waiter

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(autouse=True)
def _march():
    move_clock(AT)


def failures(outcomes):
    """What no thread may end with."""
    return [one for one in outcomes if isinstance(one, Exception)]


def line_of(site):
    """Everybody who waits, in their order: booking and since when."""
    return list(WaitingPlace.objects.filter(site=site, state="waiting").values_list("booking", "since"))


def test_eight_serve_the_line_as_its_bed_is_freed_and_the_first_in_line_is_offered_it(race):
    for _round in range(4):
        site, taken = full_site()
        rows = [waiter(site, at=AT + n * HOUR / 10) for n in range(4)]
        acts = [lambda: free(taken), *[lambda: serve_line(site, at=AT + HOUR)] * 8]  # noqa: B023
        assert failures(race(9, lambda number: acts[number]())) == []  # noqa: B023
        serve_line(site, at=AT + HOUR)
        assert states(*rows) == ["offered", "waiting", "waiting", "waiting"]
        assert set(BedNight.objects.filter(bed__room__site=site).values_list("stay__booking")) == {(rows[0].pk,)}


def test_joining_and_leaving_while_a_bed_is_freed_and_served_loses_nobody_a_place(race):
    site, taken = full_site()
    rows = [waiter(site, at=AT + n * HOUR / 10) for n in range(4)]
    new = [start_lodging() for _number in range(2)]
    before = dict(line_of(site))

    def join(number):
        return join_line(new[number], wish(site), by=new[number].applicant.user, at=AT + HOUR)

    def go(number):
        return leave(rows[number], by=rows[number].applicant.user, at=AT + HOUR)

    acts = [lambda: free(taken), lambda: go(0), lambda: go(2), lambda: join(0), lambda: join(1)]
    acts += [lambda: serve_line(site, at=AT + HOUR)] * 8
    assert failures(race(13, lambda number: acts[number]())) == []
    pass_beds_on(at=AT + HOUR)
    assert states(*rows, *new) == ["left", "offered", "left", "waiting", "waiting", "waiting"]
    assert kept_stay(rows[1]).nights.count() == BedNight.objects.count() == 3
    assert [(pk, since) for pk, since in line_of(site) if pk in before] == [(rows[3].pk, before[rows[3].pk])]


def test_an_answer_and_the_end_of_an_offer_agree_on_one_of_them(race):
    for _round in range(4):
        site, taken = full_site()
        first, second = waiter(site), waiter(site, at=AT + HOUR / 10)
        free(taken)
        serve_line(site, at=AT + HOUR)
        ends = kept_stay(first).held_until

        def act(number, row=first, ends=ends):
            if number % 2:
                return end_overdue_holds(at=ends)
            return accept_offer(row, by=row.applicant.user, at=ends - HOUR / 3600)

        kinds = {type(one) for one in race(8, act)}
        assert kinds <= {int, type(None), StepRefused}
        pass_beds_on(at=ends)
        stays = list(Stay.objects.filter(booking=first.pk).values_list("state", flat=True))
        assert (states(first, second), stays) in [
            (["taken", "waiting"], ["held"]),
            (["passed", "offered"], ["lapsed"]),
        ]


def test_people_who_exchange_their_beds_do_not_wait_for_each_other_in_a_ring(race):
    """Each gives a room back and finds the only bed for the new nights in the room of the other."""
    pairs = []
    for _pair in range(4):
        site = make_site(1, 1)
        ours, theirs = make_lodging_draft(site, nights=1), make_lodging_draft(site, nights=1)
        later = [make_lodging_draft(site, first=FIRST + 2 * DAY, nights=1) for _room in range(2)]
        free(kept_stay(next(row for row in later if kept_stay(row).bed_id == kept_stay(theirs).bed_id)), at=AT)
        last = [make_lodging_draft(site, first=FIRST + 4 * DAY, nights=1) for _room in range(2)]
        free(kept_stay(next(row for row in last if kept_stay(row).bed_id == kept_stay(ours).bed_id)), at=AT)
        pairs += [(ours, site, FIRST + 2 * DAY), (theirs, site, FIRST + 4 * DAY)]

    def exchange(number):
        row, site, first = pairs[number]
        return choose_bed(row, wish(site, first=first, nights=1), by=row.applicant.user, at=AT + HOUR)

    assert failures(race(8, exchange)) == []
    assert [kept_stay(row).planned for row, _site, _first in pairs] == [
        Nights(first, 1) for _row, _site, first in pairs
    ]
