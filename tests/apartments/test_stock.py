"""The stock: kept by administrators, seen by everybody; a table and a calendar of who is where."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from applicants.people.refusals import Refused
from housing.apartments.models import Building, Unit, UnitClosure, UnitDay, UnitType
from housing.apartments.services import stock, unit_calendar
from housing.months import Month
from housing.stock import ChangedMeanwhile
from portal.accounts.models import Role
from portal.partners.choices import PartnerKind
from tests.apartments.making import AT, FIRST, make_building, make_lease, make_type
from tests.apartments.round_making import open_for, unit_photo_of
from tests.browsing import page, send, signed_in, text_of
from tests.factories import move_clock, staff
from tests.lodging.sites_making import picture
from tests.partners.making import make_partner, make_place

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_the_second_of_march():
    move_clock(AT)


UNIT = {"label": "501", "floor": "5", "area_dm2": "60.5", "market_rent_fen": "1999.50"}


def test_an_administrator_makes_a_building_fills_it_and_shows_it():
    place = make_place(make_partner(kind=PartnerKind.APARTMENTS), "文园人才公寓")
    client = signed_in(Role.ADMINISTRATOR)
    assert send(client, "desk_building_new", place=place.pk, about_zh="近公园。").status_code == 302
    building = Building.objects.get()
    early = send(client, "desk_building_edit", building.pk, about_zh="近公园。", is_open="on", version="1")
    assert (early.status_code, "还没有房源，先添加房源再公开。" in early.content.decode()) == (422, True)
    kind = {"code": "two-room", "title_zh": "两居室", "rooms": "2", "household_from": "2", "household_to": "4"}
    assert send(client, "desk_unit_types", **kind).status_code == 302
    type = UnitType.objects.get()
    assert send(client, "desk_unit_new", building.pk, type=type.pk, **UNIT).status_code == 302
    unit = Unit.objects.get()
    assert (unit.area_dm2, unit.market_rent_fen, unit.area_m2) == (6050, 199_950, "60.5")
    assert Client().get(reverse("apartment_building", args=[building.pk])).status_code == 404
    shown = {"about_zh": "近公园。", "is_open": "on", "version": "1"}
    assert send(client, "desk_building_edit", building.pk, **shown).status_code == 302
    assert "文园人才公寓" in page(Client(), "apartment_buildings")
    assert "两居室" in page(Client(), "apartment_building", building.pk)
    items = "空调，2，Air conditioner\n床\n"
    assert send(client, "desk_unit_inventory", unit.pk, items=items).status_code == 302
    there = [(it.name_zh, it.name_en, it.count) for it in unit.inventory.all()]
    assert there == [("空调", "Air conditioner", 2), ("床", "", 1)]
    assert "空调" in page(Client(), "apartment_unit", unit.pk)
    assert "空调，2，Air conditioner\n床，1" in page(client, "desk_unit_inventory", unit.pk)


def test_units_that_are_alike_are_added_at_once_or_not_at_all():
    building, client = make_building(0), signed_in(Role.ADMINISTRATOR)
    asked = UNIT | {"type": make_type().pk}
    added = client.post(
        reverse("desk_unit_new", args=[building.pk]), asked | {"label": "A-308", "until": "A-312"}, follow=True
    )
    assert "添加了 5 套房源。" in text_of(added)
    assert [unit.label for unit in building.units.order_by("label")] == ["A-308", "A-309", "A-310", "A-311", "A-312"]
    assert set(building.units.values_list("area_dm2", "market_rent_fen", "floor")) == {(6050, 199_950, 5)}
    for first, last, why in (
        ("A-301", "A-309", "这座公寓已经有 A-308、A-309，一套也没有添加。"),
        ("301", "299", "要从小到大，一次最多 200 套。"),
        ("1", "999999999", "两个房号要写得一样，只有末尾的数字不同，例如 301 和 312。"),
        ("000000001", "999999999", "要从小到大，一次最多 200 套。"),
        ("A301", "B312", "两个房号要写得一样，只有末尾的数字不同，例如 301 和 312。"),
        ("顶楼", "底楼", "两个房号要写得一样，只有末尾的数字不同，例如 301 和 312。"),
    ):
        answer = send(client, "desk_unit_new", building.pk, **(asked | {"label": first, "until": last}))
        assert (answer.status_code, why in answer.content.decode()) == (422, True), (first, last)
    assert building.units.count() == 5


def test_of_a_retired_kind_no_unit_is_added_and_those_there_are_stay():
    building, client = make_building(), signed_in(Role.ADMINISTRATOR)
    unit, kind = building.units.get(), make_type()
    page_of_kind = f"{reverse('desk_unit_types')}?type={kind.code}"
    values = {"title_zh": "一居室", "rooms": "1", "household_from": "1", "household_to": "2"}
    assert client.post(page_of_kind, values | {"is_retired": "on"}).status_code == 302
    assert "停用" in page(client, "desk_unit_types")
    asked = UNIT | {"type": kind.pk}
    assert send(client, "desk_unit_new", building.pk, **asked).status_code == 422
    assert send(client, "desk_unit", unit.pk, **asked, version=unit.version).status_code == 302
    assert client.post(page_of_kind, values).status_code == 302  # taken back
    assert send(client, "desk_unit_new", building.pk, **(asked | {"label": "502"})).status_code == 302


@pytest.mark.parametrize(
    "wrong",
    [
        {"area_dm2": "0"},
        {"area_dm2": "6 0"},
        {"market_rent_fen": "-1"},
        {"market_rent_fen": "9" * 12},
        {"floor": "1e9"},
        {"label": ""},
        {"label": "101"},
        {"type": "x"},
        {"type": "\x00"},
    ],
)
def test_a_unit_that_cannot_be_is_refused(wrong):
    building = make_building()
    values = UNIT | {"type": make_type().pk} | wrong
    assert send(signed_in(Role.ADMINISTRATOR), "desk_unit_new", building.pk, **values).status_code == 422
    assert building.units.count() == 1


@pytest.mark.parametrize("wrong", ["空调，零", "，2", "长" * 41, "空调，2，" + "x" * 81, "空调，1000"])
def test_an_inventory_names_the_line_that_is_wrong(wrong):
    unit = make_building().units.get()
    answer = send(signed_in(Role.ADMINISTRATOR), "desk_unit_inventory", unit.pk, items=f"床\n{wrong}")
    assert answer.status_code == 422
    assert "第 2 行写法不对。" in answer.content.decode()


def test_a_unit_is_closed_and_opened_again_but_not_while_it_is_let():
    lease, client = make_lease(), signed_in(Role.ADMINISTRATOR)
    asked = {"from_on": "2026-04-01", "until_on": "2026-04-03", "reason": "防水维修"}
    let = send(client, "desk_unit_closures", lease.unit_id, **asked)
    assert (let.status_code, "这套房源在这段时间里已有安排。" in let.content.decode()) == (422, True)
    free = make_building().units.get()
    assert send(client, "desk_unit_closures", free.pk, **asked).status_code == 302
    assert free.days.count() == 3
    assert "防水维修" in page(client, "desk_unit_closures", free.pk)
    closure = str(UnitClosure.objects.get().pk)
    assert send(client, "desk_unit_closures", free.pk, act="reopen", closure="x").status_code == 404
    assert send(client, "desk_unit_closures", free.pk, act="reopen", closure=closure).status_code == 302
    assert free.days.count() == 0
    backwards = asked | {"until_on": "2026-03-01"}
    assert send(client, "desk_unit_closures", free.pk, **backwards).status_code == 422


def test_a_unit_in_an_announced_round_keeps_what_people_were_told():
    building = make_building()
    open_for(building)
    unit = building.units.get()
    about = {"expected_version": 1, "by": staff(Role.ADMINISTRATOR), "at": AT}
    with pytest.raises(Refused, match="在公布了的批次里"):
        stock.change_unit(unit=unit, values={"market_rent_fen": 1}, **about)
    assert stock.change_unit(unit=unit, values={"label": "A101"}, **about).label == "A101"
    with pytest.raises(ChangedMeanwhile):
        stock.change_unit(unit=unit, values={"label": "B101"}, **about)
    with pytest.raises(Refused, match="在进行中的批次里"):
        stock.retire_unit(unit=unit, by=about["by"], at=AT)


def test_a_free_unit_is_retired_with_its_closures_and_a_let_one_is_not():
    client, free, lease = signed_in(Role.ADMINISTRATOR), make_building().units.get(), make_lease()
    asked = {"from_on": "2026-03-05", "until_on": "2026-03-06", "reason": "维修"}
    send(client, "desk_unit_closures", free.pk, **asked)
    assert send(client, "desk_unit_retire", free.pk).status_code == 302
    assert send(client, "desk_unit_retire", lease.unit_id).status_code == 302
    free.refresh_from_db()
    assert (free.retired_at is None, UnitDay.objects.filter(unit=free).count()) == (False, 0)
    assert Unit.objects.get(pk=lease.unit_id).retired_at is None
    assert "已撤下" in page(client, "desk_units", use="retired")


def test_the_table_says_what_each_unit_is_doing():
    client, lease = signed_in(Role.CLERK), make_lease()
    free = make_building().units.get()
    uses = {one.unit: one.use for one in unit_calendar.uses_of(unit_calendar.units_with_use(FIRST), FIRST)}
    assert uses == {lease.unit: "let", free: "free"}
    assert list(unit_calendar.units_with_use(FIRST, use="let")) == [lease.unit]
    assert list(unit_calendar.units_with_use(FIRST, use="free", building=lease.unit.building_id)) == []
    for query in ({"use": "x"}, {"page": "9" * 50}, {"page": "-1"}, {"building": "x"}):
        page(client, "desk_units", **query)


def test_the_calendar_shows_leases_and_closures_as_they_lie():
    lease = make_lease(make_building(2))
    other = lease.unit.building.units.exclude(pk=lease.unit_id).get()
    asked = {"from_on": "2026-04-10", "until_on": "2026-04-19", "reason": "换门锁"}
    send(signed_in(Role.ADMINISTRATOR), "desk_unit_closures", other.pk, **asked)
    rows = unit_calendar.rows_of_month(lease.unit.building, Month(date(2026, 4, 1)))
    runs = {
        row.unit: [(run.first.day, run.days, bool(run.lease), bool(run.closure)) for run in row.runs] for row in rows
    }
    assert runs[lease.unit] == [(1, 30, True, False)]
    assert runs[other] == [(1, 9, False, False), (10, 10, False, True), (20, 11, False, False)]
    shown = page(signed_in(Role.CLERK), "desk_unit_calendar", building=str(lease.unit.building_id), month="2026-04")
    assert lease.number in shown
    assert "换门锁" in shown


def test_photos_are_added_moved_and_taken_away_and_seen_where_the_building_is():
    client, building = signed_in(Role.ADMINISTRATOR), make_building()
    unit = building.units.get()
    first, second = unit_photo_of(unit, "客厅"), unit_photo_of(unit, "卧室")
    sent = {"picture": picture(), "caption_zh": "阳台"}
    assert send(client, "desk_unit_photos", unit.pk, **sent).status_code == 302
    assert send(client, "desk_unit_photos", unit.pk, caption_zh="没有照片").status_code == 422
    assert send(client, "desk_unit_photos", unit.pk, act="up", photo=str(second.pk)).status_code == 302
    assert send(client, "desk_unit_photos", unit.pk, act="remove", photo=str(first.pk)).status_code == 302
    assert [photo.caption_zh for photo in unit.photos.all()] == ["卧室", "阳台"]
    address = reverse("apartment_photo", args=[second.pk])
    assert Client().get(address)["Content-Type"] == "image/jpeg"
    Building.objects.filter(pk=building.pk).update(is_open=False)
    assert Client().get(address).status_code == 404
    assert client.get(address)["Cache-Control"] == "private, no-store"


def test_a_kind_of_unit_keeps_its_code():
    client, type = signed_in(Role.ADMINISTRATOR), make_type()
    values = {"code": "other", "title_zh": "一居", "rooms": "1", "household_from": "1", "household_to": "3"}
    answer = client.post(f"{reverse('desk_unit_types')}?type={type.code}", values)
    assert answer.status_code == 302
    type.refresh_from_db()
    assert (type.code, type.title_zh, type.household_to) == ("one-room", "一居", 3)
    assert send(client, "desk_unit_types", **(values | {"code": "one-room"})).status_code == 422
    assert send(client, "desk_unit_types", **(values | {"code": "b", "household_from": "4"})).status_code == 422
    assert send(signed_in(Role.CLERK), "desk_unit_types", **values).status_code == 404


def test_a_building_whose_units_are_gone_is_not_listed():
    building = make_building()
    assert building.name in page(Client(), "apartment_buildings")
    stock.retire_unit(unit=building.units.get(), by=staff(Role.ADMINISTRATOR), at=AT)
    assert building.name not in page(Client(), "apartment_buildings")
    make_building(0)
    page(Client(), "apartment_buildings")
