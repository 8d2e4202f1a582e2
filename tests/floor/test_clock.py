"""The business clock: real time, except in a demo whose clock was moved."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal import clock
from portal.clock.models import ClockOffset


def test_the_clock_of_a_demo_starts_at_real_time(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert abs(clock.now() - timezone.now()) < timedelta(minutes=1)


def test_a_moved_clock_shows_the_new_time_in_the_city_and_runs_on(db):
    clock.move_to(datetime(2030, 6, 30, 16, 30, tzinfo=UTC))
    first, second = clock.now(), clock.now()
    assert clock.today() == date(2030, 7, 1)
    assert (first.hour, first.minute, first.utcoffset()) == (0, 30, timedelta(hours=8))
    assert second > first


def test_the_clock_can_be_moved_again(db):
    clock.move_to(datetime(2030, 6, 30, tzinfo=UTC))
    clock.move_to(datetime(2031, 6, 30, tzinfo=UTC))
    assert clock.today() == date(2031, 6, 30)
    assert ClockOffset.objects.count() == 1


def test_a_portal_in_service_reads_no_offset_and_lets_nobody_move_its_clock(db, settings, django_assert_num_queries):
    clock.move_to(datetime(2030, 6, 30, tzinfo=UTC))
    settings.DEMO = False
    with django_assert_num_queries(0):
        assert abs(clock.now() - timezone.now()) < timedelta(minutes=1)
    with pytest.raises(clock.ClockIsReal):
        clock.move_to(datetime(2031, 6, 30, tzinfo=UTC))


def test_the_clock_has_one_offset(db):
    with pytest.raises(IntegrityError, match="the_clock_has_one_offset"), transaction.atomic():
        ClockOffset.objects.create(id=2, seconds=1)
