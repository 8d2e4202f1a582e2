"""Whoever waits for a stay's lock finds the stay as it is afterwards, in whatever bed."""

import threading
import time

import pytest
from django.db import connection, transaction

from housing.lodging.services.holding import lock_stay
from housing.lodging.services.operating import move
from tests.lodging.making import beds_of, make_site
from tests.lodging.staying import DAY, EVENING, make_guest, make_porter

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.slow]

WAITING = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"


def wait_for_somebody_who_waits():
    """Until another connection waits for a lock; fails after half a minute."""
    for _attempt in range(600):
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            if cursor.fetchone()[0] == 1:
                return
        time.sleep(0.05)
    pytest.fail("nobody waited for the lock")


def test_a_stay_that_was_moved_while_its_lock_was_waited_for_is_there_in_its_new_bed(race):
    site = make_site(1, 1)
    porter = make_porter(site)
    stay = make_guest(site, porter)
    old, new = beds_of(site)
    seen = stay.version
    moved = threading.Event()

    def act(number):
        if number:
            assert moved.wait(timeout=30)
            with transaction.atomic():
                return lock_stay(stay.pk).bed
        with transaction.atomic():
            move(stay_id=stay.pk, bed=new, member=porter, at=EVENING + DAY, expected_version=seen, reason="坏了")
            moved.set()
            wait_for_somebody_who_waits()
        return None

    assert stay.bed == old
    assert race(2, act) == [None, new]
