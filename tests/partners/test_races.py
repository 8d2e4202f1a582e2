"""Many at once: one link is one device, and five tries are five."""

import pytest

from applicants.people.refusals import Refused
from portal.audit.models import Entry
from portal.partners.models import EnrolmentLink, PartnerDevice
from portal.partners.services import devices
from portal.partners.services.members import say_goodbye
from tests.partners.making import MORNING, PIN, a_hotel, enrolled, link_for

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_one_link_opened_by_eight_phones_lets_one_in(race):
    _manager, operator = a_hotel()
    token = link_for(operator)
    outcomes = race(8, lambda number: devices.enrol_device(token=token, pin=PIN, name=str(number), at=MORNING))
    kinds = sorted(type(outcome).__name__ for outcome in outcomes)
    assert kinds == ["Enrolled"] + ["LinkIsOver"] * 7
    assert PartnerDevice.objects.count() == 1


def test_wrong_pins_at_once_are_all_counted(race):
    _manager, operator = a_hotel()
    device, _token = enrolled(operator)
    outcomes = race(12, lambda number: devices.enter_pin(device=device, pin=f"99990{number % 10}", at=MORNING))
    assert {isinstance(outcome, Refused) for outcome in outcomes} == {True}
    device.refresh_from_db()
    assert (device.wrong_pins, device.locked_at) == (5, MORNING)
    assert Entry.objects.filter(action="partner.lock_device").count() == 1


def test_many_links_made_at_once_leave_one_that_works(race):
    manager, operator = a_hotel()
    tokens = race(6, lambda _number: devices.make_link(member=operator, by=manager.user, at=MORNING))
    alive = [token for token in tokens if devices.find_link(token=token, at=MORNING)]
    assert (len(alive), EnrolmentLink.objects.filter(member=operator, used_at=None).count()) == (1, 1)


def test_who_leaves_while_enrolling_has_no_device(race):
    manager, operator = a_hotel()
    token = link_for(operator)

    def act(number: int) -> object:
        if number:
            return devices.enrol_device(token=token, pin=PIN, name="", at=MORNING)
        return say_goodbye(member=operator, by=manager.user, at=MORNING)

    race(2, act)
    assert PartnerDevice.objects.filter(revoked_at=None).count() == 0
