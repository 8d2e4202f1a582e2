"""The desk's pages about sites, and what everybody sees of them."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from housing.lodging.models import Bed, BedClosure, Site, SiteKind, SitePhoto, SiteRate
from portal.accounts.models import Role
from tests.browsing import page, send, signed_in
from tests.factories import make_user, move_clock
from tests.lodging.making import AT, FIRST, beds_of, make_site, make_stay
from tests.lodging.sites_making import picture
from tests.partners.making import make_partner, make_place
from tests.traps import age_sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_the_second_of_march():
    move_clock(AT)


def test_an_administrator_makes_a_site_and_opens_it():
    place, client = make_place(make_partner(), "新店"), signed_in(Role.ADMINISTRATOR)
    answer = send(client, "desk_site_new", place=place.pk, kind="hotel", has_same_sex_rooms="on")
    site = Site.objects.get()
    assert answer.url == reverse("desk_site", args=[site.pk])
    assert (site.kind, site.has_same_sex_rooms, site.is_open) == ("hotel", True, False)
    assert send(client, "desk_site_room_new", site.pk, label="301", beds="3", accessible="1").status_code == 302
    assert send(client, "desk_site_rate", site.pk, from_on="2026-03-01", night="128.5").status_code == 302
    assert SiteRate.objects.get().night_fen == 12_850
    opened = {"kind": "hotel", "has_same_sex_rooms": "on", "is_open": "on", "hold_until": "22:30", "version": "1"}
    assert send(client, "desk_site_edit", site.pk, **opened).status_code == 302
    shown = page(Client(), "lodging_site", site.pk)
    assert "新店" in shown
    assert "当晚的床位保留到 22:30。" in shown


def test_what_a_night_costs_is_set_by_who_has_just_confirmed():
    site, client = make_site(), signed_in(Role.ADMINISTRATOR)
    age_sign_in(client, 11)
    asked = send(client, "desk_site_rate", site.pk, from_on="2026-03-01", night="128.5")
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert SiteRate.objects.count() == 0


def test_a_bed_is_closed_and_opened_again_and_named_nights_stand_in_the_way():
    site, client = make_site(2), signed_in(Role.ADMINISTRATOR)
    hers, other = beds_of(site)
    make_stay(site, first=FIRST, nights=2)
    asked = {"from_on": "2026-03-08", "until_on": "2026-03-11", "reason": "空调维修"}
    refused = send(client, "desk_site_bed_close", hers.pk, **asked)
    assert refused.status_code == 422
    assert "2026 年 3 月 9 日、2026 年 3 月 10 日" in refused.content.decode()
    assert send(client, "desk_site_bed_close", other.pk, **asked).status_code == 302
    closure = BedClosure.objects.get()
    assert "空调维修" in page(client, "desk_site", site.pk)
    assert send(client, "desk_site_closure", closure.pk).status_code == 302
    assert other.nights.count() == 0
    assert "空调维修" not in page(client, "desk_site", site.pk)


def test_a_bed_is_changed_and_retired():
    site, client = make_site(2), signed_in(Role.ADMINISTRATOR)
    bed = beds_of(site)[1]
    assert send(client, "desk_site_bed", bed.pk, label="下铺", is_accessible="on").status_code == 302
    assert send(client, "desk_site_bed_retire", bed.pk).status_code == 302
    bed.refresh_from_db()
    assert (bed.label, bed.is_accessible, bed.retired_at is None) == ("下铺", True, False)
    hers = make_stay(site).bed
    assert send(client, "desk_site_bed_retire", hers.pk).url == reverse("desk_site_bed", args=[hers.pk])
    assert "还有客人" in page(client, "desk_site_bed", hers.pk)


def test_a_room_gets_another_name_and_more_beds():
    room, client = make_site(2).rooms.get(), signed_in(Role.ADMINISTRATOR)
    assert send(client, "desk_site_room", room.pk, label="102", beds="2", accessible="0").status_code == 302
    assert list(Bed.objects.values_list("room__label", "label")) == [("102", it) for it in "ABCD"]


def test_a_photo_is_added_shown_to_everybody_and_removed():
    site, client = make_site(1), signed_in(Role.ADMINISTRATOR)
    answer = send(client, "desk_site_photo_new", site.pk, picture=picture(), caption_zh="四人间", caption_en="Room")
    assert answer.status_code == 302
    photo = SitePhoto.objects.get()
    address = reverse("lodging_photo", args=[photo.pk])
    seen = Client().get(address)
    assert (seen["Content-Type"], seen["Cache-Control"]) == ("image/jpeg", "public, max-age=86400, immutable")
    assert f'src="{address}"' in page(Client(), "lodging_site", site.pk)
    Site.objects.update(is_open=False)
    assert [it.get(address).status_code for it in (Client(), client)] == [404, 200]
    assert send(client, "desk_site_photo", photo.pk, act="up").status_code == 302
    assert send(client, "desk_site_photo", photo.pk, act="remove").status_code == 302
    assert SitePhoto.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("desk_site_rate", {"from_on": "2026-03-01", "night": "12,80"}, "请写金额"),
        ("desk_site_rate", {"from_on": "2026-03-01", "night": "0"}, "请写金额"),
        ("desk_site_rate", {"from_on": "2026-03-01", "night": "9" * 12}, "请写金额"),
        ("desk_site_room_new", {"label": "1\x00", "beds": "99", "accessible": "0"}, "最多填 26"),
        ("desk_site_room_new", {"label": "", "beds": "1", "accessible": "0"}, "请填写房间号"),
        ("desk_site_room_new", {"label": "9", "beds": "1", "accessible": "2"}, "不能比床位多"),
        ("desk_site_edit", {"kind": ["x", "y"], "hold_until": "99:99", "about_zh": "a\x00b"}, "请从列出的选项"),
        ("desk_site_edit", {"kind": "hostel", "hold_until": "25:00"}, "请写时间"),
        ("desk_site_edit", {"kind": "hostel", "hold_until": "06:00"}, "保留时间要在晚上 18:00"),
        ("desk_site_edit", {"kind": "hostel", "hold_until": "17:59"}, "保留时间要在晚上 18:00"),
        ("desk_site_edit", {"kind": "hostel", "version": "7"}, "有人刚刚改过"),
        ("desk_site_photo_new", {"picture": "x", "caption_zh": "门"}, "请选择照片"),
        ("desk_site_photo_new", {}, "请写明照片上是什么"),
    ],
)
def test_what_cannot_be_is_told_beside_the_field(name, values, told):
    answer = send(signed_in(Role.ADMINISTRATOR), name, make_site(1).pk, **values)
    assert answer.status_code == 422
    assert told in answer.content.decode()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"from_on": "2026-03-01", "until_on": "2026-03-05", "reason": "维修"}, "最早从今晚起"),
        ({"from_on": "2026-03-05", "until_on": "2026-03-04", "reason": "维修"}, "不能早于第一晚"),
        ({"from_on": "2026-03-05", "until_on": "2028-03-04", "reason": "维修"}, "一次最多停用 366 晚"),
        ({"from_on": "x", "until_on": "", "reason": ""}, "请写明停用的理由"),
    ],
)
def test_a_closure_that_cannot_be_is_told_beside_the_field(values, told):
    answer = send(signed_in(Role.ADMINISTRATOR), "desk_site_bed_close", beds_of(make_site(1))[0].pk, **values)
    assert answer.status_code == 422
    assert told in answer.content.decode()


def test_a_place_that_is_none_is_no_site():
    for wrong in ("", "x", make_site(1).place.pk):
        assert send(signed_in(Role.ADMINISTRATOR), "desk_site_new", place=wrong, kind="hotel").status_code == 422


def test_other_staff_read_and_change_nothing():
    site, clerk = make_site(1), signed_in(Role.CLERK)
    for name in ("desk_site", "desk_site_calendar"):
        page(clerk, name, site.pk)
    assert "添加住宿点" not in page(clerk, "desk_sites")
    assert send(clerk, "desk_site_edit", site.pk, kind="hotel").status_code == 404
    outsider = Client()
    outsider.force_login(make_user())
    assert outsider.get(reverse("desk_sites")).status_code == 404


def test_the_public_page_shows_a_month_with_free_beds_and_links_to_the_next(django_assert_max_num_queries):
    site = make_site(2, 2)
    make_stay(site, first=FIRST, nights=1)
    with django_assert_max_num_queries(12):
        shown = page(Client(), "lodging_site", site.pk)
    assert '<time datetime="2026-03-09">9</time><strong class="th-num">女 3</strong>' in shown
    assert '<time datetime="2026-03-10">10</time><strong class="th-num">4 张</strong>' in shown
    assert 'href="?month=2026-04#calendar"' in shown
    assert "?month=2026-02" not in shown
    april = page(Client(), "lodging_site", site.pk, month="2026-04")
    assert "<caption>2026 年 4 月</caption>" in april
    assert 'href="?month=2026-03#calendar"' in april


def test_a_full_night_says_so():
    site = make_site(1)
    make_stay(site, first=FIRST, nights=1)
    shown = page(Client(), "lodging_site", site.pk)
    assert '<time datetime="2026-03-09">9</time><span class="th-cal__full">已满</span>' in shown


def test_a_night_goes_on_until_the_morning():
    site = make_site(1)
    move_clock(AT.replace(day=3, hour=0, minute=20))
    assert '<time datetime="2026-03-02">2</time><strong' in page(Client(), "lodging_site", site.pk)


def test_a_site_that_is_not_open_is_not_there_for_the_public():
    site = make_site(1)
    assert site.name in page(Client(), "lodging_sites")
    Site.objects.update(is_open=False)
    assert Client().get(reverse("lodging_site", args=[site.pk])).status_code == 404
    assert site.name not in page(Client(), "lodging_sites")


def test_the_desk_calendar_links_to_the_stays_that_staff_reach():
    site = make_site(1, kind=SiteKind.HOSTEL)
    stay = make_stay(site, first=date(2026, 3, 9), nights=1)
    address = reverse("desk_stay", args=[stay.pk])
    shown = page(signed_in(Role.ADMINISTRATOR), "desk_site_calendar", site.pk)
    assert 'class="is-held"' in shown
    assert address not in shown  # its application is a draft
    assert 'class="is-held"' not in page(signed_in(Role.ADMINISTRATOR), "desk_site_calendar", site.pk, month="2026-05")
