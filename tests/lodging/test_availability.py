"""Free beds by night: what is counted, and that it costs the same for any number of beds."""

from datetime import timedelta

import pytest

from housing.lodging.models import Sex
from housing.lodging.nights import Nights
from housing.lodging.services.availability import fitting_beds, free_beds
from housing.lodging.services.closing import close_bed
from portal.accounts.models import Role
from tests.factories import staff
from tests.lodging.making import AT, FIRST, beds_of, make_site, make_stay

pytestmark = pytest.mark.django_db
THREE = Nights(FIRST, 3)


def counted(site, nights=THREE):
    return [(night.total, night.female, night.male) for night in free_beds(site, nights)]


def test_an_empty_room_is_free_for_either_sex_and_a_shared_one_for_its_own():
    site = make_site(2, 3)
    assert counted(site) == [(5, 5, 5)] * 3
    make_stay(site, nights=2, sex=Sex.FEMALE)  # in the room of two
    assert counted(site) == [(4, 4, 3), (4, 4, 3), (5, 5, 5)]


def test_rooms_that_are_mixed_are_free_for_both():
    site = make_site(2, has_same_sex_rooms=False)
    make_stay(site, nights=3, sex=Sex.FEMALE)
    assert counted(site) == [(1, 1, 1)] * 3


def test_a_closed_bed_is_not_free_and_says_nothing_of_sex():
    site = make_site(2)
    close_bed(bed=beds_of(site)[0], nights=Nights(FIRST, 1), reason="维修", by=staff(Role.ADMINISTRATOR), at=AT)
    assert counted(site) == [(1, 1, 1), (2, 2, 2), (2, 2, 2)]


def test_accessible_beds_are_counted_apart_and_given_last():
    site = make_site(3, accessible=1)
    night = free_beds(site, THREE)[0]
    assert (night.of(Sex.MALE), night.of(Sex.MALE, needs_accessible=True)) == (3, 1)
    assert [bed.label for bed in fitting_beds(site, THREE, Sex.MALE)] == ["A", "B", "C"]
    assert [bed.label for bed in fitting_beds(site, THREE, Sex.MALE, needs_accessible=True)] == ["C"]


@pytest.mark.parametrize("beds", [2, 60])
def test_sixty_nights_cost_three_queries_whatever_the_number_of_beds(beds, django_assert_num_queries):
    site = make_site(*[2] * (beds // 2))
    make_stay(site)
    with django_assert_num_queries(3):
        nights = free_beds(site, Nights(FIRST, 60))
    assert [nights[0].total, nights[-1].total] == [beds - 1, beds]
    assert nights[-1].on == FIRST + timedelta(days=59)
