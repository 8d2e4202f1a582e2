"""Sites, and what a night of them costs, kept by the bureau's administrators."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from applicants.people.refusals import Refused
from housing.lodging.models import Bed, RoomNight, Settlement, Site, SiteKind, SiteRate
from housing.lodging.nights import night_of
from housing.lodging.services.holding import lock_rooms
from housing.lodging.services.settling import is_to_be_settled
from housing.stock import free_places, once, set_version
from portal.accounts.models import User
from portal.audit.services import record
from portal.partners.choices import PartnerKind
from portal.partners.models import PartnerPlace


def places_without_site(on: date) -> QuerySet[PartnerPlace]:
    """Open places of hotels and the like that work with the city on that day and are no site yet."""
    return free_places(PartnerKind.HOTEL, on, attached_as="lodging_site")


def add_site(*, place: PartnerPlace, values: Mapping[str, Any], by: User, at: datetime) -> Site:
    """Make a site of a place, not open yet. ``values`` are columns of Site. Raises Refused where it is one already."""
    with once(_("这个地点已经是住宿点。")):
        site = Site.objects.create(place=place, **values)
        record(action="site.add", actor=by, target=site, at=at, fields=sorted(values))
    return site


def change_site(*, site: Site, values: Mapping[str, Any], expected_version: int, by: User, at: datetime) -> Site:
    """Store what was changed.

    Raises ChangedMeanwhile; Refused for rooms that guests share under the old rule, for another kind while nights are
    to be settled, and for opening without beds, without a rate at a hotel, or at a closed place.
    """
    with transaction.atomic():
        site = Site.objects.select_for_update(of=("self",), no_key=True).select_related("place").get(pk=site.pk)
        fields = set_version(site, values, expected_version)
        if not fields:
            return site
        if "has_same_sex_rooms" in fields:
            _refuse_shared_rooms(site, night_of(at))
        if "kind" in fields and values["kind"] != SiteKind.HOTEL and is_to_be_settled(site):
            raise Refused(_("还有住过的晚数没有结算完，双方都确认以后才能改类型。"))
        if site.is_open and {"is_open", "kind"} & set(fields):
            _refuse_unready(site)
        site.save(update_fields=[*fields, "version"])
        record(action="site.change", actor=by, target=site, at=at, fields=fields)
        return site


def set_rate(*, site: Site, from_on: date, night_fen: int, by: User, at: datetime) -> SiteRate:
    """Pay ``night_fen`` a night from that evening on. Raises Refused where there is a rate from then on, or where a
    statement of that month or a later one is signed: what was signed stays."""
    with transaction.atomic():
        Site.objects.select_for_update(of=("self",), no_key=True).get(pk=site.pk)
        signed = Settlement.objects.filter(site=site, month__gte=from_on.replace(day=1), signed_by_site__isnull=False)
        if signed.exists():
            raise Refused(_("这一天所在的月份或之后的月份已经有人在结算单上签字，不能再改价。"))
        if SiteRate.objects.filter(site=site, from_on=from_on).exists():
            raise Refused(_("从这一天起的价格已经定过。"))
        rate = SiteRate.objects.create(site=site, from_on=from_on, night_fen=night_fen, set_by=by, set_at=at)
        record(action="site.set_rate", actor=by, target=site, at=at, fields=["night_fen", "from_on"])
        return rate


def _refuse_shared_rooms(site: Site, tonight: date) -> None:
    lock_rooms(site.rooms.values_list("pk", flat=True))
    if RoomNight.objects.filter(room__site=site, on__gte=tonight).exists():
        raise Refused(_("今后的晚上已经有客人，不能改变房间是否分男女。"))


def _refuse_unready(site: Site) -> None:
    if site.place.closed_at is not None:
        raise Refused(_("这个地点已经停用，不能开放预订。"))
    if not Bed.objects.filter(room__site=site, retired_at=None).exists():
        raise Refused(_("还没有床位，先添加房间和床位再开放。"))
    if site.kind == SiteKind.HOTEL and not site.rates.exists():
        raise Refused(_("还没有定每晚的价格，先定价再开放。"))
