"""The statement that is compiled once finds what ``fitting_beds`` says, for every kind of wish."""

from __future__ import annotations

import pytest
from django.db import transaction

from housing.lodging.models import Sex
from housing.lodging.nights import Nights
from housing.lodging.services.availability import fitting_beds
from housing.lodging.services.finding import find_bed
from tests.lodging.making import FIRST, make_site, make_stay

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("has_same_sex_rooms", [True, False])
@pytest.mark.parametrize("needs_accessible", [True, False])
@pytest.mark.parametrize("waits", [True, False])
def test_the_kept_statement_finds_the_first_fitting_bed(has_same_sex_rooms, needs_accessible, waits):
    for site in (make_site(2, 2, accessible=1, has_same_sex_rooms=has_same_sex_rooms), make_site(1)):
        make_stay(site, nights=2)
        for sex in Sex.values:
            for nights in (Nights(FIRST, 2), Nights(FIRST, 5), Nights(FIRST.replace(day=20), 1)):
                wish = {"needs_accessible": needs_accessible}
                first = fitting_beds(site, nights, sex, **wish).first()
                with transaction.atomic():
                    found = find_bed(site, nights, sex, **wish, without=[], waits=waits)
                assert found == (first and (first.pk, first.room_id))
