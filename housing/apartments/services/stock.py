"""The stock: buildings, kinds of unit, units and what stands in them, kept by the bureau's administrators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.refusals import Refused
from housing.apartments.models import (
    Building,
    InventoryItem,
    Offer,
    OfferState,
    RoundState,
    RoundUnit,
    Unit,
    UnitClosure,
    UnitDay,
    UnitType,
)
from housing.apartments.services.occupying import lock_units
from housing.stock import free_places, once, set_values, set_version
from portal.accounts.models import User
from portal.audit.services import record
from portal.partners.choices import PartnerKind
from portal.partners.models import PartnerPlace
from portal.ui.figures import listed

ANNOUNCED = ("type", "area_dm2", "market_rent_fen")  # of a unit in an announced round these stay


def places_without_building(on: date) -> QuerySet[PartnerPlace]:
    """Open places of apartment companies that work with the city on that day and are no building yet."""
    return free_places(PartnerKind.APARTMENTS, on, attached_as="apartment_building")


def add_building(*, place: PartnerPlace, values: Mapping[str, Any], by: User, at: datetime) -> Building:
    """Make a building of a place, not shown yet. Raises Refused where it is one already."""
    with once(_("这个地点已经是公寓。")):
        building = Building.objects.create(place=place, **values)
        record(action="building.add", actor=by, target=building, at=at, fields=sorted(values))
    return building


def change_building(
    *, building: Building, values: Mapping[str, Any], expected_version: int, by: User, at: datetime
) -> Building:
    """Store what was changed. Raises ChangedMeanwhile; Refused for showing a closed place, or one without units."""
    with transaction.atomic():
        Building.objects.select_for_update(no_key=True).values_list("pk").get(pk=building.pk)
        building = Building.objects.select_related("place").get(pk=building.pk)
        fields = set_version(building, values, expected_version)
        if not fields:
            return building
        if building.is_open and "is_open" in fields:
            if building.place.closed_at is not None:
                raise Refused(_("这个地点已经停用，不能公开。"))
            if not building.units.filter(retired_at=None).exists():
                raise Refused(_("还没有房源，先添加房源再公开。"))
        building.save(update_fields=[*fields, "version"])
        record(action="building.change", actor=by, target=building, at=at, fields=fields)
        return building


def save_type(
    *, type: UnitType | None, values: Mapping[str, Any], is_retired: bool = False, by: User, at: datetime
) -> UnitType:
    """Add a kind of unit, or change one; its code stays, since entrant lists name it. Raises Refused.

    Of a retired kind no unit is added and nobody applies for it; the units there are stay, and what is let of them.
    """
    if type is not None and is_retired != (type.retired_at is not None):
        values = {**values, "retired_at": at if is_retired else None}
    with once(_("已经有这个代码的房型。")):
        if type is None:
            type = UnitType.objects.create(**values)
            record(action="unit_type.add", actor=by, target=type, at=at, fields=sorted(values))
        elif fields := set_values(type, {name: value for name, value in values.items() if name != "code"}):
            type.save(update_fields=fields)
            record(action="unit_type.change", actor=by, target=type, at=at, fields=fields)
    return type


def add_units(
    *, building: Building, labels: Sequence[str], values: Mapping[str, Any], by: User, at: datetime
) -> list[Unit]:
    """Add units that are alike but for their names, all of them or none. Raises Refused for names the building has."""
    taken = building.units.filter(label__in=labels).order_by("label").values_list("label", flat=True)
    if names := listed(taken[:5]):
        raise Refused(_("这座公寓已经有 %(labels)s，一套也没有添加。") % {"labels": names})
    with once(_("这座公寓已经有这个房号。")):
        units = Unit.objects.bulk_create(Unit(building=building, label=label, **values) for label in labels)
        for unit in units:
            record(action="unit.add", actor=by, target=unit, at=at, fields=sorted(["label", *values]))
    return units


def change_unit(*, unit: Unit, values: Mapping[str, Any], expected_version: int, by: User, at: datetime) -> Unit:
    """Store what was changed; leases keep what they copied.

    Raises ChangedMeanwhile; Refused for a name the building has, and for what an announced round has told people.
    """
    with once(_("这座公寓已经有这个房号。")):
        lock_units([unit.pk])
        unit = Unit.objects.select_related("building__place", "type").get(pk=unit.pk)
        if fields := set_version(unit, values, expected_version):
            in_round = RoundUnit.objects.filter(unit=unit, released_at=None).exclude(round__state=RoundState.DRAFT)
            if set(fields) & set(ANNOUNCED) and in_round.exists():
                raise Refused(_("这套房源在公布了的批次里，房型、面积和租金要等批次结束再改。"))
            unit.save(update_fields=[*fields, "version"])
            record(action="unit.change", actor=by, target=unit, at=at, fields=fields)
    return unit


def retire_unit(*, unit: Unit, by: User, at: datetime) -> None:
    """Take a unit out of the stock for good; twice is once. Raises Refused while it is let, offered or in a round.

    What it is closed for from today on goes with it.
    """
    with transaction.atomic():
        lock_units([unit.pk])
        unit.refresh_from_db()
        if unit.retired_at is not None:
            return
        coming = UnitDay.objects.filter(unit=unit, on__gte=timezone.localdate(at))
        if coming.exclude(lease=None).exists() or Offer.objects.filter(unit=unit, state=OfferState.OPEN).exists():
            raise Refused(_("这套房源已经租出，或者正在等选房人答复，不能撤下。"))
        if RoundUnit.objects.filter(unit=unit, released_at=None).exists():
            raise Refused(_("这套房源在进行中的批次里，不能撤下。"))
        coming.delete()
        UnitClosure.objects.filter(unit=unit, ended_at=None).update(ended_at=at, ended_by=by)
        unit.retired_at = at
        unit.version += 1
        unit.save(update_fields=["retired_at", "version"])
        record(action="unit.retire", actor=by, target=unit, at=at)


def set_inventory(*, unit: Unit, items: Iterable[tuple[str, str, int]], by: User, at: datetime) -> None:
    """Write what stands in the unit anew: Chinese name, English name, count. Hand-overs keep what they copied."""
    with transaction.atomic():
        lock_units([unit.pk])
        unit.inventory.all().delete()
        InventoryItem.objects.bulk_create(
            InventoryItem(unit=unit, position=position, name_zh=zh, name_en=en, count=count)
            for position, (zh, en, count) in enumerate(items, 1)
        )
        record(action="unit.set_inventory", actor=by, target=unit, at=at)
