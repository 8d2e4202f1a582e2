"""Rounds before anybody enters: made by an administrator with their units, changed, thrown away, opened.

What has to hold at the freeze and at the draw is looked at here, as long as it can still be mended.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from housing.apartments.draw import NO_VALUE, DrawRefused, Entrant, EntrantList, Mode, commitment_of, new_secret
from housing.apartments.models import Round, RoundState, RoundUnit, Unit
from housing.apartments.services.occupying import free_units, lock_units
from housing.apartments.services.refusals import RoundRefused
from housing.apartments.services.rounds import PROGRAMME, change_round, lock_round, may_run_rounds
from portal.accounts.models import User
from portal.audit.services import record
from portal.policy.models import PolicyVersion
from portal.policy.services import versions_in_force
from portal.ui.figures import listed


def refuse_others(by: User) -> None:
    """Rounds are the administrators'. Raises RoundRefused."""
    if not may_run_rounds(by):
        raise RoundRefused(_("您没有办理这一步的权限。"))


def choosable_units(round: Round | None = None) -> QuerySet[Unit]:
    """Units in use that no live round has yet, and those of ``round``."""
    taken = RoundUnit.objects.filter(released_at=None)
    if round is not None:
        taken = taken.exclude(round=round)
    units = Unit.objects.filter(retired_at=None).exclude(pk__in=taken.values("unit"))
    return units.select_related("building__place", "type").order_by("building__place__name_zh", "building", "label")


def rounds_to_run_again() -> QuerySet[Round]:
    """The rounds that are void and that no other round stands for yet."""
    return Round.objects.filter(state__in=[RoundState.ANNULLED, RoundState.SUPERSEDED], redrawn_as=None)


def make_round(*, values: Mapping[str, Any], units: Collection[UUID], by: User, at: datetime) -> Round:
    """Prepare a round of these units; ``values`` are columns of Round. Raises RoundRefused."""
    refuse_others(by)
    try:
        with transaction.atomic():
            row = Round(number=_next_number(at), made_by=by, state_at=at, **values)
            row.policy_version = _policy_of(row)
            refuse_unsound(row)
            row.save(force_insert=True)
            _set_units(row, units)
            record(action="round.make", actor=by, target=row, at=at, note=row.number)
    except IntegrityError:
        raise RoundRefused(_("有人同时在准备批次。请再保存一次。")) from None
    return row


def change_draft(
    round_id: UUID, *, values: Mapping[str, Any], units: Collection[UUID], expected_version: int, by: User, at: datetime
) -> Round:
    """Change a round that is not open yet. Raises RoundRefused."""
    refuse_others(by)
    try:
        with transaction.atomic():
            row = _lock_draft(round_id, expected_version)
            for name, value in values.items():
                setattr(row, name, value)
            row.policy_version = _policy_of(row)
            refuse_unsound(row)
            row.version += 1
            row.save()
            _set_units(row, units)
            record(action="round.change", actor=by, target=row, at=at, fields=sorted(values), note=row.number)
    except IntegrityError:
        raise RoundRefused(_("有人同时在准备批次。请再保存一次。")) from None
    return row


def discard_draft(round_id: UUID, *, expected_version: int, by: User, at: datetime) -> None:
    """Throw away a round that was never open; its units are free for others. Raises RoundRefused."""
    refuse_others(by)
    with transaction.atomic():
        row = _lock_draft(round_id, expected_version)
        record(action="round.discard", actor=by, target=row, at=at, note=row.number)
        row.units.all().delete()
        row.delete()


def open_round(round_id: UUID, *, by: User, at: datetime, expected_version: int | None = None) -> Round:
    """Announce the round. A lottery commits to its secret now. Raises RoundRefused.

    People enter from ``opens_at`` on, which is now where it was earlier.
    """
    with transaction.atomic():
        row = lock_round(round_id)
        if row.freezes_at <= at:
            raise RoundRefused(_("锁定时间已经过了。请先改好时间。"))
        row.opens_at = max(row.opens_at, at)
        row.policy_version = _policy_of(row)
        refuse_unsound(row)
        fields: dict[str, object] = {"opens_at": row.opens_at, "policy_version": row.policy_version}
        if row.is_lottery:
            secret = new_secret()
            fields |= {"secret": secret, "commitment": commitment_of(secret, row.number)}
        return change_round(row.pk, "open", by=by, at=at, expected_version=expected_version, fields=fields)


def ladder_of(version: PolicyVersion) -> tuple[str, ...]:
    """The codes of the policy's tiers, the highest first."""
    return tuple(rung.code for rung in version.parsed.ladder)


def refuse_unsound(row: Round) -> None:
    """Raise RoundRefused where the times are out of order, or the public value cannot stand in the list."""
    if not row.opens_at < row.freezes_at <= row.draw_at:
        raise RoundRefused(_("时间的先后不对：先开始报名，再锁定名单，最后摇号。"))
    if row.lease_starts_on <= timezone.localdate(row.draw_at):
        raise RoundRefused(_("起租日要在摇号日之后。"))
    if row.is_lottery:
        if not row.public_value_zh or row.public_value_at is None:
            raise RoundRefused(_("摇号的批次，须事先写明用哪个公开数值、什么时候能知道。"))
        if not row.freezes_at < row.public_value_at <= row.draw_at:
            raise RoundRefused(_("公开数值要在名单锁定以后才产生，并且不晚于摇号时间。"))
    nobody = Entrant(1, ladder_of(row.policy_version)[0], 1, ("x",), "x")
    try:
        EntrantList(
            row.number, Mode(row.mode), ladder_of(row.policy_version), row.public_value_zh or NO_VALUE, (nobody,)
        )
    except DrawRefused:
        raise RoundRefused(_("公开数值的写法不对：写一行文字，不要只写“-”。")) from None


def _next_number(at: datetime) -> str:
    start = f"AR-{timezone.localdate(at).year}-"
    taken = Round.objects.filter(number__startswith=start).values_list("number", flat=True)
    return f"{start}{max((int(number.removeprefix(start)) for number in taken), default=0) + 1:03}"


def _policy_of(row: Round) -> PolicyVersion:
    """What is in force on the day the round opens. Raises RoundRefused."""
    found = versions_in_force(PROGRAMME, timezone.localdate(row.opens_at))
    if not found:
        raise RoundRefused(_("开始报名那天没有生效的人才公寓政策。"))
    return found[0]


def _lock_draft(round_id: UUID, expected_version: int) -> Round:
    row = lock_round(round_id)
    if row.version != expected_version:
        raise RoundRefused(_("这个批次刚刚被别人办理过。请看最新的情况，再决定怎么办。"))
    if row.state != RoundState.DRAFT:
        raise RoundRefused(_("批次公布以后，时间、方式和房源都不能再改。"))
    return row


def _set_units(row: Round, units: Collection[UUID]) -> None:
    """Make ``units`` the units of the round. Raises RoundRefused for those that another round has, or that are let."""
    wanted = set(units)
    lock_units(wanted)
    if choosable_units(row).filter(pk__in=wanted).count() != len(wanted):
        raise RoundRefused(_("有的房源已经撤下，或者已经在别的批次里。请重新选择。"))
    free = free_units(row.lease_starts_on, row.lease_starts_on, without_offers=False)
    if let := list(Unit.objects.filter(pk__in=wanted).exclude(pk__in=free.values("pk")).order_by("label")[:5]):
        labels = listed(unit.label for unit in let)
        raise RoundRefused(
            _("这些房源在起租日还没有空出来：%(labels)s。请换房源，或者推后起租日。") % {"labels": labels}
        )
    row.units.exclude(unit__in=wanted).delete()
    there = set(row.units.values_list("unit_id", flat=True))
    RoundUnit.objects.bulk_create(RoundUnit(round=row, unit_id=unit) for unit in wanted - there)
