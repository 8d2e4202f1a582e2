"""Beds taken out of use, and sites changed, while somebody is being given a bed."""

import time

import pytest
from django.db import transaction
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from housing.lodging.models import Bed, BedNight, Site
from housing.lodging.nights import Nights
from housing.lodging.services.finding import beds_to_hold, locking
from housing.lodging.services.holding import NoBedFree
from housing.lodging.services.rooms import retire_bed
from housing.lodging.services.sites import change_site
from portal.accounts.models import Role
from tests.factories import staff
from tests.lodging.making import AT, FIRST, beds_of, hold, make_booking, make_site


@pytest.mark.django_db
@pytest.mark.parametrize("values", [{"is_open": False}, {"has_same_sex_rooms": False}])
def test_a_site_that_was_changed_after_it_was_looked_up_gives_no_bed_as_it_was(values):
    booking = make_booking(make_site(2))  # with the site as it is now
    change_site(site=Site.objects.get(), values=values, expected_version=1, by=staff(Role.ADMINISTRATOR), at=AT)
    with pytest.raises(NoBedFree):
        hold(booking)
    assert BedNight.objects.count() == 0


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_bed_is_taken_out_of_use_or_given_and_not_both(race):
    by = staff(Role.ADMINISTRATOR)
    for _round in range(5):
        site = make_site(*[1] * 8)
        beds, bookings = beds_of(site), [make_booking(site) for _number in range(8)]

        def act(number, beds=beds, bookings=bookings):
            if number % 2:
                return retire_bed(bed=beds[number // 2], by=by, at=AT)
            return hold(bookings[number // 2])

        kinds = {type(one).__name__ for one in race(16, act)}
        assert kinds <= {"NoneType", "Stay", "Refused", "NoBedFree"}
        assert Bed.objects.exclude(retired_at=None).filter(nights__isnull=False).count() == 0


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_bed_taken_out_of_use_between_the_look_at_it_and_its_lock_is_not_given(race):
    site, by = make_site(1), staff(Role.ADMINISTRATOR)
    bed = beds_of(site)[0]
    slow = RawSQL("(SELECT true FROM pg_sleep(3))", [], output_field=BooleanField())

    def act(number):
        if number:
            time.sleep(0.5)
            return retire_bed(bed=bed, by=by, at=AT)
        with transaction.atomic():
            beds = beds_to_hold(site, Nights(FIRST, 1), "f", needs_accessible=False)
            return locking(beds.filter(slow), waits=False).first()

    assert race(2, act) == [None, None]
