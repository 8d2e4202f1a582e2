"""Sites whose partner's contract ends, or that are closed: nobody books them, and nobody is blamed for them."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from housing.lodging.models import Bar, BedNight, Stay
from housing.lodging.nights import Nights
from housing.lodging.services.applying import choose_bed, kept_stay
from housing.lodging.services.availability import free_beds
from housing.lodging.services.holding import NoBedFree, StayRefused
from housing.lodging.services.missing import miss_due, times_missed
from housing.lodging.services.operating import extend
from housing.lodging.services.showing import free_by_night, open_sites
from housing.lodging.services.waiting import join_line
from portal.accounts.models import Role
from portal.casework.services.advancing import StepRefused, advance
from portal.partners.models import Partner, PartnerPlace
from portal.partners.services.partners import close_partner
from tests.browsing import page, signed_in
from tests.factories import move_clock, staff
from tests.lodging.making import (
    AT,
    FIRST,
    hold,
    make_booking,
    make_lodging_application_in,
    make_site,
    prove_everything,
    start_lodging,
    wish,
)
from tests.lodging.staying import DAY, EVENING, MIDNIGHT, letters_to, make_booked, make_guest, make_porter

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LAST = FIRST + 2 * DAY  # of three nights


@pytest.fixture(autouse=True)
def _march():
    move_clock(AT)


def ends(site, on: date) -> None:
    """The contract has this last day."""
    Partner.objects.filter(pk=site.place.partner_id).update(active_to=on)


def close(site, *, at=AT) -> None:
    close_partner(partner=site.place.partner, reason="停业", by=staff(Role.ADMINISTRATOR), at=at)


def close_place(site) -> None:
    PartnerPlace.objects.filter(pk=site.place_id).update(closed_at=AT)


def lets_end(site) -> None:
    ends(site, LAST - DAY)


@pytest.mark.parametrize("stop", [lets_end, close, close_place])
def test_a_site_that_takes_no_guests_on_the_last_night_is_neither_booked_nor_waited_for(stop):
    site, draft = make_site(), start_lodging()
    booking = make_booking(site)
    stop(site)
    for act in (choose_bed, join_line):
        with pytest.raises(StepRefused, match="这些晚上不接受预订"):
            act(draft, wish(site), by=draft.applicant.user, at=AT)
    with pytest.raises(NoBedFree):
        hold(booking)
    assert open_sites(Nights(FIRST, 3)) == []


def test_a_site_is_booked_up_to_the_last_night_of_the_contract():
    site, draft = make_site(), start_lodging()
    ends(site, LAST)
    assert choose_bed(draft, wish(site), by=draft.applicant.user, at=AT).planned == Nights(FIRST, 3)


def test_the_public_sees_no_free_bed_after_the_contract_and_no_site_that_is_closed(client: Client):
    site, closed = make_site(2), make_site(2)
    ends(site, FIRST)
    close(closed)
    site.refresh_from_db()
    nights = Nights(FIRST, 2)
    assert [it.total for it in free_beds(site, nights)] == [2, 0]
    assert free_by_night([site], nights) == {site: [(FIRST, 2), (FIRST + DAY, 0)]}
    assert client.get(reverse("lodging_site", args=[closed.pk])).status_code == 404
    assert client.get(reverse("lodging_site", args=[site.pk])).status_code == 200
    shown = client.get(reverse("lodging_sites")).content.decode()
    assert (site.name in shown, closed.name in shown) == (True, False)


@pytest.mark.parametrize("stop", [close, close_place, lambda site: ends(site, FIRST - DAY)])
def test_nobody_missed_a_stay_at_a_site_that_could_let_nobody_in(stop):
    stay = make_booked(make_site())
    stop(stay.site)
    assert miss_due(at=MIDNIGHT) == 1
    stay.refresh_from_db()
    assert (stay.state, Bar.objects.count(), BedNight.objects.count()) == ("cancelled", 0, 0)
    assert times_missed(stay) == 0
    assert letters_to(stay) == ["stay_booked", "stay_turned_away"]


def test_the_desk_sees_who_comes_to_a_site_that_takes_nobody_on_the_last_night():
    coming, fine = make_booked(make_site()), make_booked(make_site())
    ends(coming.site, LAST - DAY)
    ends(fine.site, LAST)
    shown = page(signed_in(Role.CLERK), "desk_sites")
    assert reverse("desk_stay", args=[coming.pk]) in shown
    assert reverse("desk_stay", args=[fine.pk]) not in shown


def test_no_application_is_approved_for_a_site_that_takes_nobody_then():
    row = make_lodging_application_in("final_approval")
    at = AT + timedelta(hours=2)
    prove_everything(row, at=at)
    row.refresh_from_db()
    lets_end(kept_stay(row).site)
    with pytest.raises(StepRefused, match="不能接待，不能批准"):
        advance(row, "approve", actor=staff("approver"), at=at, expected_version=row.version)
    assert Stay.objects.get().state == "held"


def test_a_guest_stays_on_no_longer_than_the_contract():
    site = make_site()
    porter = make_porter(site)
    stay = make_guest(site, porter)
    ends(site, LAST + DAY)
    asked = {"stay_id": stay.pk, "member": porter, "at": EVENING + timedelta(hours=1)}
    with pytest.raises(StayRefused, match="合作在这之前到期"):
        extend(**asked, count=2, expected_version=stay.version)
    assert extend(**asked, count=1, expected_version=stay.version).leaves_on == LAST + 2 * DAY
