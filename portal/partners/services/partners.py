"""Partners and their places, kept by the bureau's administrators."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from applicants.people.refusals import Refused
from portal.accounts.models import User
from portal.audit.services import record
from portal.partners.choices import MemberState
from portal.partners.models import Partner, PartnerMember, PartnerPlace
from portal.partners.services.devices import revoke_devices_of


class AlreadyThere(Refused):
    """Another partner has this credit code, or another of its places this name."""


class ChangedMeanwhile(Refused):
    """Somebody else has changed the partner since the page was opened."""


def add_partner(*, values: Mapping[str, Any], by: User, at: datetime) -> Partner:
    """Store a new partner; ``values`` are those of PartnerForm. Raises AlreadyThere."""
    try:
        with transaction.atomic():
            partner = Partner.objects.create(**values, created_at=at)
            record(action="partner.add", actor=by, target=partner, at=at, fields=sorted(values))
    except IntegrityError:
        raise AlreadyThere(_("这个统一社会信用代码已经登记过。")) from None
    return partner


def change_partner(
    *, partner: Partner, values: Mapping[str, Any], expected_version: int, by: User, at: datetime
) -> None:
    """Store what was changed. Raises ChangedMeanwhile, AlreadyThere, and Refused for a kind whose people are there."""
    try:
        with transaction.atomic():
            partner = Partner.objects.select_for_update(of=("self",)).get(pk=partner.pk)
            if partner.version != expected_version:
                raise ChangedMeanwhile(_("有人刚刚改过这个合作单位。请看过最新内容再改。"))
            fields = [name for name, value in values.items() if getattr(partner, name) != value]
            if not fields:
                return
            if "kind" in fields and partner.members.exclude(state=MemberState.LEFT).exists():
                raise Refused(_("已经有成员，不能再改类型。"))
            for name in fields:
                setattr(partner, name, values[name])
            partner.version += 1
            partner.save(update_fields=[*fields, "version"])
            record(action="partner.change", actor=by, target=partner, at=at, fields=fields)
    except IntegrityError:
        raise AlreadyThere(_("这个统一社会信用代码已经登记过。")) from None


def close_partner(*, partner: Partner, reason: str, by: User, at: datetime) -> None:
    """End the work with a partner: its devices and links die at once. Raises Refused where it has ended before."""
    with transaction.atomic():
        partner = Partner.objects.select_for_update(of=("self",)).get(pk=partner.pk)
        if partner.closed_at is not None:
            raise Refused(_("这个合作单位已经停止合作。"))
        partner.closed_at, partner.closed_by, partner.close_reason = at, by, reason
        partner.version += 1
        partner.save(update_fields=["closed_at", "closed_by", "close_reason", "version"])
        members = PartnerMember.objects.select_for_update(of=("self",)).filter(partner=partner).order_by("pk")
        revoke_devices_of(list(members), by=by, at=at)
        record(action="partner.close", actor=by, target=partner, at=at)


def reopen_partner(*, partner: Partner, by: User, at: datetime) -> None:
    """Work with a closed partner again; devices have to be enrolled anew. Raises Refused where it is not closed."""
    with transaction.atomic():
        partner = Partner.objects.select_for_update(of=("self",)).get(pk=partner.pk)
        if partner.closed_at is None:
            raise Refused(_("这个合作单位没有停止合作。"))
        partner.closed_at, partner.closed_by, partner.close_reason = None, None, ""
        partner.version += 1
        partner.save(update_fields=["closed_at", "closed_by", "close_reason", "version"])
        record(action="partner.reopen", actor=by, target=partner, at=at)


def save_place(
    *, partner: Partner, place: PartnerPlace | None, values: Mapping[str, Any], by: User, at: datetime
) -> PartnerPlace:
    """Add a place, or change ``place``; ``values`` are those of PlaceForm. Raises AlreadyThere."""
    is_closed = values["is_closed"]
    stored = {name: value for name, value in values.items() if name != "is_closed"}
    row = place or PartnerPlace(partner=partner, created_at=at)
    fields = [name for name, value in stored.items() if getattr(row, name) != value]
    if is_closed != (row.closed_at is not None):
        row.closed_at = at if is_closed else None
        fields.append("closed_at")
    for name, value in stored.items():
        setattr(row, name, value)
    if not fields:
        return row
    try:
        with transaction.atomic():
            row.save()
            action = "partner.change_place" if place else "partner.add_place"
            record(action=action, actor=by, target=row, at=at, fields=fields)
    except IntegrityError:
        raise AlreadyThere(_("这个单位已经有同名的地点。")) from None
    return row
