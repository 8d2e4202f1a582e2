"""A unit handed over, or taken back after inspection: written by the operator on the spot, signed by the tenant.

Both ways are the same act with the same lines; only on the way out a line may cost something. What is signed is the
hash of all that stood on the page, photos too. A tenant without an account signs by hand: a clerk takes the paper in.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.models import Paper
from housing import photos
from housing.apartments.models import LIVING_IN, Handover, HandoverLine, HandoverPhoto, Lease, LeaseState
from housing.apartments.services.changing import change_lease, lock_lease, speaks_for, step_on, terms_of, works_at
from housing.apartments.services.refusals import LeaseRefused
from portal.accounts.models import User
from portal.partners.models import PartnerMember
from portal.policy.services import stored_calendar
from portal.ui.figures import day_text, in_language

Condition, Direction = HandoverLine.Condition, Handover.Direction
METERS = ("water", "power", "gas")
MOST_PHOTOS = 6  # of one hand-over
STATES = {Direction.IN: (LeaseState.SIGNED,), Direction.OUT: LIVING_IN}
CHANGES = {Direction.IN: "hand_over", Direction.OUT: "move_out"}


@dataclass(frozen=True)
class Line:
    """One item: how many there should be, in what condition they are, what is taken off the deposit for them."""

    position: int
    name_zh: str
    name_en: str
    count: int
    condition: str = Condition.GOOD
    note: str = ""
    deduction_fen: int = 0

    @property
    def name(self) -> str:
        """What it is, in the active language."""
        return in_language(self.name_zh, self.name_en)


def inventory_for(lease: Lease, direction: str) -> list[Line]:
    """What is to be looked at: on the way in what stands in the unit, on the way out what was handed over."""
    if direction == Direction.OUT:
        handed = HandoverLine.objects.filter(handover__lease=_first_of(lease), handover__direction=Direction.IN)
        found = [Line(it.position, it.name_zh, it.name_en, it.count) for it in handed]
        if found:
            return found
    return [Line(it.position, it.name_zh, it.name_en, it.count) for it in lease.unit.inventory.all()]


def write_handover(
    *,
    lease_id: UUID,
    direction: str,
    on: date,
    key_count: int,
    meters: dict[str, str],
    note: str,
    lines: Sequence[Line],
    member: PartnerMember,
    at: datetime,
) -> Handover:
    """Write down what the operator saw; until the tenant has signed, it may be written anew. Raises LeaseRefused."""
    with transaction.atomic():
        lease = _lock_for(member, lease_id)
        is_renewal = lease.previous_id is not None  # nothing is handed over at its beginning
        if lease.state not in STATES[Direction(direction)] or (is_renewal and direction == Direction.IN):
            raise LeaseRefused(_("这份租约现在不能办理交接。"))
        if not lease.starts_on <= on <= timezone.localdate(at):
            raise LeaseRefused(_("交接的日期不能早于起租日，也不能晚于今天。"))
        row = lease.handovers.filter(direction=direction).first() or Handover(lease=lease, direction=direction)
        _refuse_signed(row)
        row.on, row.key_count, row.meters, row.note = on, key_count, meters, note
        row.made_by, row.member, row.made_at = member.user, member, at
        row.save()
        row.lines.all().delete()
        HandoverLine.objects.bulk_create(HandoverLine(handover=row, **asdict(line)) for line in lines)
        step_on(lease, f"write_{direction}", by=member.user, at=at)
        return row


def add_photo(
    *, handover_id: UUID, upload: UploadedFile[Any], caption: str, member: PartnerMember, at: datetime
) -> HandoverPhoto:
    """Keep a picture with what was written down, until the tenant has signed. Raises PaperRefused, LeaseRefused."""
    photo = HandoverPhoto(handover_id=handover_id, caption_zh=caption)
    photos.add(photo, "handover", upload=upload, by=member.user, at=at, most=MOST_PHOTOS,
               allowed=lambda: _lock_photos(handover_id, member))  # fmt: skip
    return photo


def remove_photo(*, photo: HandoverPhoto, member: PartnerMember, at: datetime) -> None:
    """Take a picture away again, until the tenant has signed. Raises LeaseRefused."""
    with transaction.atomic():
        _lock_photos(photo.handover_id, member)
        photos.remove(photo, "handover", by=member.user, at=at)


def sign_handover(*, handover_id: UUID, seen_sha256: str, by: User, at: datetime, paper: Paper | None = None) -> Lease:
    """The tenant signs what stood on the page: on the way in the lease begins to run, on the way out it ends.

    ``paper`` is what the tenant signed by hand, where a clerk takes it in. Raises LeaseRefused, also where it was
    written anew since (``seen_sha256`` is of what was shown).
    """
    lease_id = Handover.objects.values_list("lease_id", flat=True).get(pk=handover_id)
    with transaction.atomic():
        lease = lock_lease(lease_id)
        row = Handover.objects.prefetch_related("lines", "photos").get(pk=handover_id)
        if not speaks_for(lease.application, by, paper):
            raise LeaseRefused(_("您没有办理这一步的权限。"))
        if row.signed_at is not None:
            raise LeaseRefused(_("这份清单已经签过字了。"))
        if digest_of(row) != seen_sha256:
            raise LeaseRefused(_("交接清单刚刚改过，请看最新的，再签字。"))
        row.signed_by, row.signed_at, row.sha256, row.paper = by, at, seen_sha256, paper
        row.save(update_fields=["signed_by", "signed_at", "sha256", "paper"])
        return change_lease(lease_id, CHANGES[Direction(row.direction)], by=by, at=at, paper=paper)


def take_back(*, lease_id: UUID, reason: str, by: User, at: datetime, expected_version: int | None = None) -> Lease:
    """An officer confirms an inspection that the tenant has left unsigned, in the tenant's stead: the lease ends.

    Not before the tenant has had as many working days as the policy gives for signing a contract, nor before the day
    to leave has passed. Raises LeaseRefused.
    """
    with transaction.atomic():
        lease = lock_lease(lease_id)
        rows = lease.handovers.prefetch_related("lines", "photos")
        row = rows.filter(direction=Direction.OUT, signed_at=None).first()
        if row is None or lease.leave_by is None:
            raise LeaseRefused(_("还没有等租户签字的验房清单。请先由公寓验房。"))
        days = terms_of(lease).sign_working_days
        last = max(stored_calendar().add_working_days(timezone.localdate(row.made_at), days).day, lease.leave_by)
        if timezone.localdate(at) <= last:
            raise LeaseRefused(_("租户在 %(day)s以前还可以签字，过了这天才能代为确认。") % {"day": day_text(last)})
        row.signed_by, row.signed_at, row.sha256 = by, at, digest_of(row)
        row.save(update_fields=["signed_by", "signed_at", "sha256"])
        return change_lease(lease_id, "take_back", by=by, at=at, expected_version=expected_version, reason=reason)


def digest_of(handover: Handover) -> str:
    """SHA-256 of all that is signed: canonical JSON of lease, day, keys, meters, note, lines, and photos if any."""
    said: dict[str, Any] = {
        "lease": str(handover.lease_id),
        "direction": handover.direction,
        "on": handover.on.isoformat(),
        "keys": handover.key_count,
        "meters": handover.meters,
        "note": handover.note,
        "lines": [
            [line.position, line.name_zh, line.name_en, line.count, line.condition, line.note, line.deduction_fen]
            for line in handover.lines.all()
        ],
    }
    if pictures := [[photo.caption_zh, photo.sha256] for photo in handover.photos.all()]:
        said["photos"] = pictures
    return sha256(json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _lock_for(member: PartnerMember, lease_id: UUID) -> Lease:
    """The lease, locked, of an operator of its building who is not the tenant. Raises LeaseRefused."""
    lease = lock_lease(lease_id)
    if not works_at(member, lease) or member.user_id == lease.person.user_id:
        raise LeaseRefused(_("您没有办理这一步的权限。"))
    return lease


def _lock_photos(handover_id: UUID, member: PartnerMember) -> None:
    _lock_for(member, Handover.objects.values_list("lease_id", flat=True).get(pk=handover_id))
    _refuse_signed(Handover.objects.get(pk=handover_id))


def _refuse_signed(row: Handover) -> None:
    if row.signed_at is not None:
        raise LeaseRefused(_("租户已经签字，不能再改。"))


def _first_of(lease: Lease) -> Lease:
    """The lease under which the unit was handed over: a renewal goes back to the one it renews."""
    while lease.previous is not None:
        lease = lease.previous
    return lease
