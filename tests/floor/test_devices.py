"""Where somebody is signed in, and for how long."""

import time
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.accounts.sessions import SEEN, SINCE, device_name, forget_ended, place_name
from tests.factories import make_staff, make_user

PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36 MicroMessenger/8.0"
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0"


@pytest.fixture
def user(db):
    return make_user("person@example.test")


def signed_in(user, agent=DESK, address="45.76.10.77", **more):
    browser = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)
    browser.post(reverse("account_login"), {"login": user.email, "password": "harbour-2023", **more})
    return browser


def devices(browser):
    return [(it.name, it.place, it.is_this) for it in browser.get(reverse("devices")).context["devices"]]


def sits_idle(browser, **since):
    session = browser.session
    session[SEEN] = session[SEEN] - int(timedelta(**since).total_seconds())
    session.save()


def is_in(browser):
    return browser.get(reverse("letters")).status_code == 200


def test_every_device_is_named_in_plain_words_this_one_first(user):
    signed_in(user, PHONE, "36.248.7.9")
    here = signed_in(user)
    assert devices(here) == [
        ("Edge · Windows", "互联网（45.76.10.*）", True),
        ("WeChat · Android", "互联网（36.248.7.*）", False),
    ]


def test_of_an_address_only_the_beginning_is_kept(user):
    signed_in(user, address="45.76.10.77")
    signed_in(user, address="2606:4700:12:34::56")
    assert sorted(UserSession.objects.values_list("ip", flat=True)) == ["2606:4700:12::", "45.76.10.0"]


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("127.0.0.0", "这台服务器上"),
        ("10.3.2.0", "单位或家里的内部网络"),
        ("45.76.10.0", "互联网（45.76.10.*）"),
        ("8.8.0.0", "互联网（8.8.0.*）"),
        ("2606:4700::", "互联网（2606:4700::/48）"),
    ],
)
def test_a_place_in_plain_words(address, place):
    assert place_name(address) == place


@pytest.mark.parametrize(
    ("agent", "name"),
    [(PHONE, "WeChat · Android"), (DESK, "Edge · Windows"), ("", "不认识的设备"), ("<b>", "不认识的设备")],
)
def test_a_device_in_plain_words(agent, name):
    assert device_name(agent) == name


def test_one_device_is_signed_out_and_the_others_stay(user):
    lost, kept, here = signed_in(user, PHONE), signed_in(user), signed_in(user)
    row = UserSession.objects.get(session_key=lost.session.session_key)
    here.post(reverse("device_end"), {"device": row.pk})
    assert [is_in(browser) for browser in (lost, kept, here)] == [False, True, True]


def test_all_other_devices_are_signed_out(user):
    lost, here = signed_in(user, PHONE), signed_in(user)
    here.post(reverse("device_end"))
    assert [is_in(lost), is_in(here), len(devices(here))] == [False, True, 1]


def test_somebody_elses_device_is_not_there(user):
    theirs = signed_in(make_user("other@example.test"))
    row = UserSession.objects.get(session_key=theirs.session.session_key)
    here = signed_in(user)
    assert here.post(reverse("device_end"), {"device": row.pk}).status_code == 302
    assert is_in(theirs)


@pytest.mark.parametrize("odd", ["x", "-1", "9" * 40, "\x00", "1.5"])
def test_odd_devices_are_not_there(user, odd):
    here = signed_in(user)
    assert here.post(reverse("device_end"), {"device": odd}).status_code in (400, 404)
    assert is_in(here)


def test_the_list_costs_the_same_for_one_device_and_for_ten(user):
    here = signed_in(user)
    with CaptureQueriesContext(connection) as one:
        here.get(reverse("devices"))
    for _turn in range(9):
        signed_in(user)
    with CaptureQueriesContext(connection) as ten:
        here.get(reverse("devices"))
    assert len(ten) == len(one)


def test_an_applicant_may_rest_for_two_hours_and_the_bureau_for_half_an_hour(user):
    applicant, clerk = Client(), Client()
    applicant.force_login(user)
    clerk.force_login(make_staff("clerk"))
    for browser in (applicant, clerk):
        sits_idle(browser, minutes=29)
    assert (is_in(applicant), is_in(clerk)) == (True, True)
    for browser in (applicant, clerk):
        sits_idle(browser, minutes=31)
    assert (is_in(applicant), is_in(clerk)) == (True, False)
    sits_idle(applicant, minutes=121)
    assert is_in(applicant) is False


def test_whoever_asked_to_stay_signed_in_stays_for_two_weeks(user):
    here = signed_in(user, remember="on")
    sits_idle(here, days=13)
    assert is_in(here)
    sits_idle(here, days=14, minutes=1)
    assert not is_in(here)


def test_twelve_hours_after_signing_in_the_bureau_signs_in_again_however_busy(user):
    clerk = Client()
    clerk.force_login(make_staff("clerk"))
    session = clerk.session
    session[SINCE] = int(time.time()) - 12 * 3600
    session.save()
    answer = clerk.get(reverse("desk"), follow=True)
    assert "为了安全已经退出" in answer.content.decode()


def test_a_session_that_is_over_is_a_visitors_for_the_api(user):
    browser = Client()
    browser.force_login(user)
    sits_idle(browser, hours=3)
    assert browser.get(reverse("api_profile")).status_code == 401


def test_somebody_at_work_costs_one_write_a_minute(user):
    here = signed_in(user)
    sits_idle(here, seconds=61)
    with CaptureQueriesContext(connection) as first:
        here.get(reverse("letters"))
    with CaptureQueriesContext(connection) as second:
        here.get(reverse("letters"))
    writes = [[query["sql"] for query in queries if query["sql"].startswith("UPDATE")] for queries in (first, second)]
    assert [len(found) for found in writes] == [2, 0]


def test_what_is_over_is_forgotten(user):
    gone, here = signed_in(user), signed_in(user)
    Session.objects.filter(pk=gone.session.session_key).update(expire_date=timezone.now() - timedelta(minutes=1))
    forget_ended(at_real=timezone.now())
    assert list(UserSession.objects.values_list("session_key", flat=True)) == [here.session.session_key]
    assert Session.objects.count() == 1
