"""A guest shows a code, the site's operator checks them in, lets them stay on, notes something and sees them out."""

from datetime import timedelta

import pytest
from django.urls import reverse

from housing.lodging.models import Incident, Stay
from housing.lodging.services.codes import code_of
from portal import clock
from tests.factories import move_clock
from tests.journeys.conftest import MONDAY
from tests.journeys.people import sign_in
from tests.lodging.making import make_site
from tests.lodging.staying import make_booked, make_porter
from tests.partners.making import PIN, link_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
TYPED = ("陈前台", "狮城大道 88 号", "打碎了一盏台灯", "林**", "求职免费住宿")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_guest_arrives_stays_on_and_leaves(visit, language):
    site = make_site()
    stay, porter = make_booked(site, first=MONDAY.date()), make_porter(site)
    guest, phone = visit(width=390, language=language), visit(width=390, language=language)
    guest.typed = phone.typed = (*guest.typed, *TYPED, site.place.name_zh, site.place.partner.name_zh)

    phone.go("partner_enrol", link_for(porter))
    phone.fill("设一个 6 位数字的 PIN", PIN)
    phone.fill("再输入一次 PIN", PIN)
    phone.press("登记这部设备")
    phone.page.get_by_role("link", name=phone.say("今天的客人")).click()
    phone.is_at("partner_lodging")
    phone.look("guests")

    sign_in(guest, stay.person.user.email)
    guest.go("own_stay", stay.booking_id)
    guest.sees_heading("我的住宿")
    guest.page.get_by_role("img", name=guest.say("入住二维码")).wait_for()
    guest.look("code")

    phone.page.goto(reverse("partner_arrival", args=[code_of(stay, at=clock.now()).token]))
    phone.sees("请看一眼客人的身份证件，姓名要对得上。")
    phone.look("arrival")
    phone.press("办理入住")
    phone.sees("已办理入住。")
    guest.go("own_stay", stay.booking_id)
    guest.sees("您已入住")

    act(phone, "续住")
    phone.look("extend")
    phone.page.get_by_role("button", name=phone.say("续住"), exact=True).click()
    phone.sees("已续住，消息已发给客人。")
    act(phone, "记一件事")
    phone.fill("发生了什么", "打碎了一盏台灯")
    phone.press("记一件事")
    phone.sees("已记下。")

    move_clock(MONDAY + timedelta(minutes=10))
    phone.go("partner_stay", stay.pk)
    act(phone, "退房")
    phone.press("退房")
    phone.sees("已退房。")
    guest.go("own_stay", stay.booking_id)
    guest.look("left")

    stay = Stay.objects.get(pk=stay.pk)
    assert (stay.state, stay.nights.count(), Incident.objects.get().note) == ("left", 1, "打碎了一盏台灯")
    assert (guest.untranslated, phone.untranslated) == ({}, {})


def act(phone, label):
    """Open one of the things that may be done."""
    phone.page.locator("summary").filter(has_text=phone.say(label)).first.click()
