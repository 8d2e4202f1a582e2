"""A link works once and for a day; a device knows its PIN and its token, and the database neither."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from applicants.people.refusals import Refused
from portal.accounts.models import Role
from portal.audit.models import Entry
from portal.partners.models import EnrolmentLink, PartnerDevice
from portal.partners.services import devices
from portal.partners.services.members import say_goodbye
from portal.partners.services.partners import close_partner, reopen_partner
from tests.factories import staff
from tests.partners.making import MORNING, PIN, a_hotel, enrolled, link_for

pytestmark = pytest.mark.django_db


def test_looking_at_a_link_does_not_use_it_up():
    _manager, operator = a_hotel()
    token = link_for(operator)
    for _look in range(3):
        assert devices.find_link(token=token, at=MORNING).member == operator
    devices.enrol_device(token=token, pin=PIN, name="", at=MORNING)
    assert devices.find_link(token=token, at=MORNING) is None


def test_a_used_link_lets_nobody_else_in():
    _manager, operator = a_hotel()
    token = link_for(operator)
    devices.enrol_device(token=token, pin=PIN, name="", at=MORNING)
    with pytest.raises(devices.LinkIsOver):
        devices.enrol_device(token=token, pin=PIN, name="", at=MORNING)
    assert PartnerDevice.objects.count() == 1


@pytest.mark.parametrize(("hours", "is_good"), [(23, True), (24, False), (25, False)])
def test_a_link_lasts_a_day(hours, is_good):
    _manager, operator = a_hotel()
    token = link_for(operator)
    assert (devices.find_link(token=token, at=MORNING + timedelta(hours=hours)) is not None) is is_good


def test_a_newer_link_takes_the_place_of_the_older():
    _manager, operator = a_hotel()
    older, newer = link_for(operator), link_for(operator)
    assert devices.find_link(token=older, at=MORNING) is None
    assert devices.find_link(token=newer, at=MORNING).member == operator


def test_neither_link_nor_token_nor_pin_can_be_read_in_the_database():
    _manager, operator = a_hotel()
    token = link_for(operator)
    new = devices.enrol_device(token=token, pin=PIN, name="", at=MORNING)
    kept = [str(value) for value in EnrolmentLink.objects.values_list().get(token_hash=devices.hash_of(token))]
    kept += [str(value) for value in PartnerDevice.objects.values_list().get()]
    assert [word for word in kept if token in word or new.token in word or word == PIN] == []


def test_the_database_takes_one_unused_link_per_member_and_one_device_per_link():
    manager, operator = a_hotel()
    link_for(operator)
    with pytest.raises(IntegrityError), transaction.atomic():
        EnrolmentLink.objects.create(
            member=operator,
            token_hash="x" * 64,
            made_by=manager.user,
            made_at=MORNING,
            expires_at=MORNING + timedelta(hours=1),
        )
    device, _token = enrolled(operator)
    with pytest.raises(IntegrityError), transaction.atomic():
        PartnerDevice.objects.create(
            member=operator,
            link=device.link,
            token_hash="y" * 64,
            pin_hash="-",
            enrolled_at=MORNING,
            pin_entered_at=MORNING,
            seen_at=MORNING,
        )


def test_five_wrong_pins_lock_and_the_right_one_comes_too_late():
    _manager, operator = a_hotel()
    device, _token = enrolled(operator)
    said = []
    for _try in range(6):
        with pytest.raises(Refused) as refusal:
            devices.enter_pin(device=device, pin="999998", at=MORNING)
        said.append(type(refusal.value).__name__)
    assert said == ["PinIsWrong"] * 4 + ["DeviceIsLocked"] * 2
    with pytest.raises(devices.DeviceIsLocked):
        devices.enter_pin(device=device, pin=PIN, at=MORNING)
    assert Entry.objects.filter(action="partner.lock_device", target_id=str(device.pk)).count() == 1


def test_the_right_pin_forgets_the_wrong_ones():
    _manager, operator = a_hotel()
    device, _token = enrolled(operator)
    for _round in range(3):
        for _try in range(4):
            with pytest.raises(devices.PinIsWrong):
                devices.enter_pin(device=device, pin="999998", at=MORNING)
        devices.enter_pin(device=device, pin=PIN, at=MORNING)
    device.refresh_from_db()
    assert (device.wrong_pins, device.locked_at) == (0, None)


def test_the_manager_unlocks():
    manager, operator = a_hotel()
    device, _token = enrolled(operator)
    for _try in range(5):
        with pytest.raises(Refused):
            devices.enter_pin(device=device, pin="999998", at=MORNING)
    devices.unlock_device(device=device, by=manager.user, at=MORNING)
    assert devices.enter_pin(device=device, pin=PIN, at=MORNING) != ""
    with pytest.raises(Refused):
        devices.unlock_device(device=device, by=manager.user, at=MORNING)


def test_a_pin_gives_a_new_token_and_the_former_works_until_the_new_one_has_come_back():
    _manager, operator = a_hotel()
    _device, first = enrolled(operator)
    second = devices.enter_pin(device=devices.find_device(token=first), pin=PIN, at=MORNING)
    assert devices.find_device(token=first) is not None  # the answer may be lost on the way
    devices.note_seen(device=devices.find_device(token=second), at=MORNING)
    assert devices.find_device(token=first) is None
    assert devices.find_device(token=second) is not None


def test_a_form_that_is_sent_twice_leaves_a_token_that_opens():
    _manager, operator = a_hotel()
    _device, first = enrolled(operator)
    second = devices.enter_pin(device=devices.find_device(token=first), pin=PIN, at=MORNING)
    soon = MORNING + timedelta(seconds=1)
    assert devices.enter_pin(device=devices.find_device(token=first), pin=PIN, at=soon) == ""
    assert devices.find_device(token=first) is not None
    assert devices.find_device(token=second) is not None
    minutes = MORNING + timedelta(minutes=5)
    third = devices.enter_pin(device=devices.find_device(token=first), pin=PIN, at=minutes)
    assert devices.find_device(token=second) is None  # it never came back
    assert devices.find_device(token=third) is not None


def test_who_leaves_takes_no_device_and_no_link_along():
    manager, operator = a_hotel()
    _device, token = enrolled(operator)
    link = link_for(operator)
    say_goodbye(member=operator, by=manager.user, at=MORNING)
    assert devices.find_device(token=token) is None
    assert devices.find_link(token=link, at=MORNING) is None
    with pytest.raises(Refused):
        devices.make_link(member=operator, by=manager.user, at=MORNING)


def test_a_closed_partner_has_no_devices_and_gets_none_back():
    _manager, operator = a_hotel()
    _device, token = enrolled(operator)
    by = staff(Role.ADMINISTRATOR)
    close_partner(partner=operator.partner, reason="合同到期", by=by, at=MORNING)
    assert devices.find_device(token=token) is None
    reopen_partner(partner=operator.partner, by=by, at=MORNING)
    assert devices.find_device(token=token) is None
    assert devices.find_link(token=link_for(operator), at=MORNING) is not None


def test_enrolling_again_ends_the_device_whose_token_the_browser_loses():
    _manager, operator = a_hotel()
    old, token = enrolled(operator)
    devices.enrol_device(token=link_for(operator), pin=PIN, name="", at=MORNING, replaces=old)
    assert devices.find_device(token=token) is None
    assert PartnerDevice.objects.filter(revoked_at=None).count() == 1


def test_acts_on_a_device_name_who_did_them():
    manager, operator = a_hotel()
    device, _token = enrolled(operator)
    devices.revoke_device(device=device, by=manager.user, at=MORNING)
    devices.revoke_device(device=device, by=manager.user, at=MORNING)
    entries = Entry.objects.filter(target_id=str(device.pk)).order_by("recorded_at")
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("partner.enrol_device", operator.user),
        ("partner.revoke_device", manager.user),
    ]


def test_the_account_that_stands_for_an_operator_cannot_be_signed_in_to():
    _manager, operator = a_hotel()
    user = operator.user
    assert (user.email, user.is_active, user.has_usable_password(), user.is_bureau) == (None, False, False, False)
