"""Annulment before a result is public: proposed by one administrator, confirmed by another."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from housing.apartments.machine import round_change_named
from housing.apartments.models import Round, RoundAnnulment
from housing.apartments.services.opening import refuse_others
from housing.apartments.services.refusals import RoundRefused
from housing.apartments.services.rounds import change_round, lock_round, refuse_interested
from portal.accounts.models import User
from portal.audit.services import record


def propose_annulment(round_id: UUID, *, reason: str, by: User, at: datetime) -> RoundAnnulment:
    """Say that the round is to be void, and why (public). Draw and publication wait. Raises RoundRefused."""
    refuse_others(by)
    if not reason.strip():
        raise RoundRefused(_("请写明理由。"))
    try:
        with transaction.atomic():
            row = lock_round(round_id)
            refuse_interested(row, by)
            if round_change_named("annul", row.state) is None:
                raise RoundRefused(_("结果公布以后不能作废，只能由复核撤销。"))
            proposed = RoundAnnulment.objects.create(round=row, reason=reason.strip(), proposed_by=by, proposed_at=at)
            record(action="round.propose_annulment", actor=by, target=row, at=at, note=row.number)
    except IntegrityError:
        raise RoundRefused(_("已经有人提出作废。")) from None
    return proposed


def take_back_annulment(round_id: UUID, *, by: User, at: datetime) -> None:
    """Drop a proposal that nobody has confirmed: any administrator may. Raises RoundRefused."""
    refuse_others(by)
    with transaction.atomic():
        row = lock_round(round_id)
        refuse_interested(row, by)
        if not RoundAnnulment.objects.filter(round=row, confirmed_by=None).delete()[0]:
            raise RoundRefused(_("没有等待确认的作废。"))
        record(action="round.take_back_annulment", actor=by, target=row, at=at, note=row.number)


def confirm_annulment(round_id: UUID, *, by: User, at: datetime) -> Round:
    """Annul the round, as the second person. Raises RoundRefused."""
    refuse_others(by)
    with transaction.atomic():
        row = lock_round(round_id)
        proposed = RoundAnnulment.objects.filter(round=row, confirmed_by=None).first()
        if proposed is None:
            raise RoundRefused(_("没有等待确认的作废。"))
        if proposed.proposed_by_id == by.pk:
            raise RoundRefused(_("作废须由另一位管理员确认。"))
        proposed.confirmed_by, proposed.confirmed_at = by, at
        proposed.save(update_fields=["confirmed_by", "confirmed_at"])
        return change_round(row.pk, "annul", by=by, at=at)
