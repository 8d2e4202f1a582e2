"""The stock of talent apartments in the demo city: two buildings with their units, and the text of the contract."""

from __future__ import annotations

from dataclasses import dataclass

from housing.apartments.models import Building, UnitType
from housing.apartments.services import photos, stock
from housing.apartments.services.contract_texts import example_text
from housing.apartments.services.contracts import publish_text, save_text
from portal.demo.partners import seed_partners
from portal.demo.scenes import SCENES, drawn_scene
from portal.demo.walking import City
from portal.partners.choices import MemberRole, PartnerKind
from portal.partners.models import PartnerPlace

PARTNERS = (  # as portal.demo.partners.PARTNERS; the first apartment company is there already
    (
        PartnerKind.APARTMENTS,
        ("石狮市人才安居发展有限公司", "Shishi Talent Housing"),
        ("灵秀人才公寓", "Lingxiu Talent Apartments", "学府路 18 号", "lingxiu"),
        ("housing", "洪安之"),
        ("小庄", MemberRole.APARTMENT_OPERATOR),
    ),
)
TYPES = (  # code, titles, rooms, the households it is for
    ("studio", "单间", "Studio", 1, 1, 1),
    ("one-room", "一居室", "One bedroom", 1, 1, 2),
    ("two-room", "两居室", "Two bedrooms", 2, 2, 4),
)
INVENTORY = (("床", "Bed", 1), ("衣柜", "Wardrobe", 1), ("书桌", "Desk", 1), ("椅子", "Chair", 2),
             ("空调", "Air conditioner", 1), ("热水器", "Water heater", 1), ("冰箱", "Fridge", 1))  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """A building to set up: its place's name, units (label, floor, type, m², market rent in yuan), words."""

    place: str
    units: tuple[tuple[str, int, str, int, int], ...]
    about: tuple[str, str]


PLANS = (
    Plan(
        "安居人才公寓一期",
        (
            ("A-301", 3, "one-room", 55, 1100),
            ("A-302", 3, "one-room", 58, 1160),
            ("A-401", 4, "two-room", 78, 1500),
            ("A-402", 4, "two-room", 82, 1560),
            ("A-501", 5, "one-room", 55, 1080),
            ("A-502", 5, "studio", 32, 720),
        ),
        (
            "有电梯，家具家电齐全。到湖滨小学步行 8 分钟，楼下有超市和 6 路公交。",
            "With a lift, furnished. Eight minutes on foot to Hubin primary school; shops and bus 6 at the door.",
        ),
    ),
    Plan(
        "灵秀人才公寓",
        (
            ("101", 1, "studio", 30, 690),
            ("102", 1, "one-room", 46, 960),
            ("201", 2, "one-room", 46, 980),
            ("202", 2, "two-room", 75, 1420),
            ("301", 3, "studio", 30, 680),
        ),
        (
            "靠近软件园，步行可到。一楼两套没有台阶。",
            "Within walking distance of the software park. The two units on the ground floor are step-free.",
        ),
    ),
)


def seed_stock(city: City) -> list[Building]:
    """Set kinds of unit, buildings and the contract up as the bureau does; gives the buildings."""
    admin = city.staff["admin"]
    seed_partners(by=admin, at=city.ago(90), partners=PARTNERS)
    for code, zh, en, rooms, first, last in TYPES:
        values = {"code": code, "title_zh": zh, "title_en": en, "rooms": rooms}
        values |= {"household_from": first, "household_to": last}
        stock.save_type(type=None, values=values, by=admin, at=city.ago(89))
    _publish_contract(city)
    return [_building(city, plan) for plan in PLANS]


def _building(city: City, plan: Plan) -> Building:
    place, admin = PartnerPlace.objects.get(name_zh=plan.place), city.staff["admin"]
    by_admin = {"by": admin, "at": max(place.created_at, city.ago(88))}
    values = {"about_zh": plan.about[0], "about_en": plan.about[1]}
    building = stock.add_building(place=place, values=values, **by_admin)
    types = {it.code: it for it in UnitType.objects.all()}
    for label, floor, code, area, rent in plan.units:
        values = {"floor": floor, "type": types[code], "area_dm2": area * 100}
        values |= {"market_rent_fen": rent * 100, "is_accessible": floor == 1}
        unit = stock.add_units(building=building, labels=[label], values=values, **by_admin)[0]
        stock.set_inventory(unit=unit, items=INVENTORY, **by_admin)
        for scene, captions in SCENES["apartment"].items():
            picture = drawn_scene(scene, seed=f"{plan.place} {label}")
            photos.add_photo(unit=unit, upload=picture, caption_zh=captions[0], caption_en=captions[1], **by_admin)
    return stock.change_building(
        building=building, values={"is_open": True}, expected_version=building.version, **by_admin
    )


def _publish_contract(city: City) -> None:
    zh, en = example_text()
    by_admin = {"by": city.staff["admin"], "at": city.ago(87)}
    text = save_text(template_id=None, body_zh=zh, body_en=en, expected_version=0, **by_admin)
    publish_text(template_id=text.pk, expected_version=text.version, **by_admin)
