"""Time travel: everything of lodging that ends by itself, shortly before its moment and after it.

Only the portal's clock is moved, and only the jobs that run by themselves are run; each twice, as they may be.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from applicants.cards.services.codes import CodeRefused
from applicants.people.refusals import Refused
from housing.lodging.models import BarState, BedNight, Settlement, Site, Stay, WaitingPlace
from housing.lodging.services.applying import choose_bed
from housing.lodging.services.arriving import check_in, stay_by_code
from housing.lodging.services.barring import last_day, live_bar, may_ask, sign_bar
from housing.lodging.services.codes import LIVES, code_of
from housing.lodging.services.settling import sign_for_site
from housing.lodging.services.waiting import accept_offer, join_line
from housing.lodging.tasks import make_monthly_statements, sweep_holds, sweep_stays
from portal.accounts.models import Role
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused
from tests.factories import SHANGHAI, move_clock, staff
from tests.lodging.making import AT, FIRST, HOUR, make_graduate, make_site, start_lodging, wish
from tests.lodging.settling import MARCH, arrived, make_hotel, reception
from tests.lodging.staying import make_bar, make_booked, make_guest, make_porter

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
LATER = FIRST + 7 * DAY  # there is time to apply for it all week


def on(day: date, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


def jobs_at(moment: datetime) -> None:
    """The clock stands at the moment, and all that runs by itself has run."""
    move_clock(moment)
    for _turn in range(2):
        sweep_holds()
        sweep_stays()
        make_monthly_statements()


def turns(moment: datetime, look: Callable[[], object]) -> tuple[object, object]:
    """What ``look`` sees a minute before the moment, and a minute after it: the clock goes on while the jobs run."""
    jobs_at(moment - MINUTE)
    before = look()
    jobs_at(moment + MINUTE)
    return before, look()


def state_of(stay: Stay) -> str:
    return Stay.objects.get(pk=stay.pk).state


def held(site: Site) -> tuple[Stay, object]:
    draft = start_lodging()
    return choose_bed(draft, wish(site, first=LATER), by=draft.applicant.user, at=AT), draft


def test_a_hold_ends_with_the_third_working_day():
    stay, _draft = held(make_site(1))
    assert turns(on(date(2026, 3, 6)), lambda: (state_of(stay), BedNight.objects.count())) == (
        ("held", 3),
        ("lapsed", 0),
    )


def test_an_offer_ends_after_its_hours_and_goes_to_the_next():
    site = make_site(1)
    _stay, draft = held(site)
    waiting = []
    for hours in (1, 2):
        row = start_lodging(make_graduate())
        waiting.append(join_line(row, wish(site, first=LATER), by=row.applicant.user, at=AT + hours * HOUR))

    def states() -> list[str]:
        return [WaitingPlace.objects.get(pk=place.pk).state for place in waiting]

    lapses = on(date(2026, 3, 6))  # Friday 00:00; the first in line is offered the bed at once
    assert turns(lapses, states) == (["waiting", "waiting"], ["offered", "waiting"])
    first = lapses + 12 * HOUR + MINUTE  # it was offered a minute after the bed's hold, and a moment
    assert turns(first, states) == (["offered", "waiting"], ["passed", "offered"])
    late = waiting[0].booking.application
    with pytest.raises(StepRefused):
        accept_offer(late, by=late.applicant.user, at=lapses + 12 * HOUR)
    assert turns(first + 12 * HOUR + MINUTE, states) == (["passed", "offered"], ["passed", "passed"])
    assert BedNight.objects.count() == 0
    assert draft.pk not in [place.booking_id for place in waiting]


def test_the_wait_of_a_draft_ends_when_its_nights_may_not_be_applied_for_any_more():
    site = make_site(1)
    make_booked(site)
    row = start_lodging()
    place = join_line(row, wish(site), by=row.applicant.user, at=AT)
    over = on(date(2026, 3, 5))  # three working days before the ninth: the fourth was the last day to apply
    assert turns(over, lambda: WaitingPlace.objects.get(pk=place.pk).state) == ("waiting", "left")


def test_the_wait_of_an_application_ends_with_the_night_that_it_was_for():
    site = make_site(1)
    make_booked(site)
    row = start_lodging()
    place = join_line(row, wish(site), by=row.applicant.user, at=AT)
    Application.objects.filter(pk=row.pk).update(
        state="correction", reference="LG-2026-900001", name_masked="林**", submitted_at=AT, submitted_on=AT.date()
    )
    make_porter(site)
    first = Stay.objects.get()
    check_in(stay_id=first.pk, member=site.place.partner.members.get(role="site_operator"), at=on(FIRST, 19))
    over = on(FIRST + DAY, 6)  # until then the night of the ninth goes on
    assert turns(over, lambda: WaitingPlace.objects.get(pk=place.pk).state) == ("waiting", "left")


@pytest.mark.parametrize(
    ("site_hour", "ends"), [("", on(FIRST, 23, 59)), ("21:30", on(FIRST, 21, 30)), ("00:30", on(FIRST + DAY, 0, 30))]
)
def test_a_bed_is_kept_until_its_hour(site_hour, ends):
    site = make_site(1)
    if site_hour:
        Site.objects.filter(pk=site.pk).update(hold_until=site_hour)
    stay = make_booked(site)
    assert turns(ends, lambda: (state_of(stay), BedNight.objects.count())) == (("booked", 3), ("no_show", 0))


def test_a_guest_has_left_by_noon_after_the_last_night():
    site = make_site(1)
    stay = make_guest(site, make_porter(site))
    assert turns(on(FIRST + 3 * DAY, 12), lambda: state_of(stay)) == ("in", "left")
    assert BedNight.objects.filter(purpose="used").count() == 3


def test_a_check_in_code_lives_for_minutes():
    site = make_site(1)
    stay, porter, shown = make_booked(site), make_porter(site), on(FIRST, 20)
    token = code_of(stay, at=shown).token
    over = shown + timedelta(minutes=LIVES)
    assert stay_by_code(token, member=porter, at=over - SECOND) == stay
    with pytest.raises(CodeRefused):
        stay_by_code(token, member=porter, at=over)


def test_a_bar_ends_with_its_last_day_and_its_reconsideration_with_the_working_days():
    bar = make_bar(make_booked(make_site(1)))
    assert (bar.state, live_bar(bar.person, FIRST + DAY)) == (BarState.PROPOSED, None)  # nobody has signed it
    bar = sign_bar(bar.pk, reason="第二次没有入住。", by=staff(Role.FIRST_REVIEWER), at=on(FIRST + DAY, 9))
    last = FIRST + DAY + 89 * DAY
    assert (bar.until_on, live_bar(bar.person, last), live_bar(bar.person, last + DAY)) == (last, bar, None)
    asked_by = last_day(bar)
    assert may_ask(bar, at=on(asked_by.day, 23, 59))
    assert may_ask(bar, at=on(asked_by.day + DAY)) is asked_by.is_provisional


def test_a_month_is_settled_when_its_last_night_is_over():
    site, manager = make_hotel()
    arrived(site, reception(site, manager), first=date(2026, 3, 30), nights=3)
    over = on(date(2026, 4, 1), 6)  # at 05:59:59 the night of 31 March goes on
    assert turns(over, lambda: list(Settlement.objects.values_list("month", "night_count"))) == ([], [(MARCH, 2)])
    row = Settlement.objects.get()
    with pytest.raises(Refused, match="还没有过完"):
        sign_for_site(settlement_id=row.pk, member=manager, expected_version=row.version, at=over - SECOND)
    signed = sign_for_site(settlement_id=row.pk, member=manager, expected_version=row.version, at=over)
    assert signed.signed_by_site == manager
    jobs_at(on(date(2026, 5, 1), 6))
    months = Settlement.objects.order_by("month").values_list("month", "night_count")
    assert list(months) == [(MARCH, 2), (date(2026, 4, 1), 1)]


def test_over_new_year_nothing_is_lost_and_each_year_counts_its_own_nights():
    site, manager = make_hotel()
    stay = arrived(site, reception(site, manager), first=date(2026, 12, 30), nights=4)
    jobs_at(on(date(2027, 1, 1), 6))
    assert list(Settlement.objects.values_list("month", "night_count")) == [(date(2026, 12, 1), 2)]
    assert turns(on(date(2027, 1, 3), 12), lambda: state_of(stay)) == ("in", "left")
    jobs_at(on(date(2027, 2, 1), 6))
    assert list(Settlement.objects.order_by("month").values_list("night_count", flat=True)) == [2, 2]
