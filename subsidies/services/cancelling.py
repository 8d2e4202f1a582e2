"""Give a payable up: its person left the post or died, or it was approved by mistake."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import Role, User
from portal.audit.services import record
from portal.casework.doors import live_recusal
from portal.casework.services.advancing import StepRefused
from portal.casework.services.claiming import release_claims
from subsidies.models import Payable
from subsidies.services.checking import live_line, with_evidence


def may_cancel(payable: Payable, by: User) -> bool:
    """Whether ``by`` may cancel what is in their list: as its administrator, and not while it stands on a roll.

    The list (``payables_of``) leaves out what they keep away from.
    """
    return (
        payable.application_id is not None  # what an organisation is owed stands as both sides have signed it
        and _administers(payable, by)
        and not payable.cancelled_at
        and live_line(payable) is None
    )


def is_administrator(payable: Payable, by: User) -> bool:
    """Whether ``by`` administers this payable, is not its payee and does not keep away from its application."""
    return _administers(payable, by) and not (payable.application_id and live_recusal(payable.application_id, by))


def _administers(payable: Payable, by: User) -> bool:
    is_own = payable.person is not None and payable.person.user_id == by.pk
    return not is_own and by.may_act_as(Role.ADMINISTRATOR, payable.programme, payable.town)


def cancel_payable(*, payable: Payable, reason: str, by: User, at: datetime) -> Payable:
    """Give the payable up for good, with the reason sealed; it counts as no grant any more. Once is enough.

    Raises StepRefused: no right to it, no reason, or it stands on a roll or is paid.
    """
    with transaction.atomic():
        Payable.objects.select_for_update().get(pk=payable.pk)  # collecting takes the same lock
        row = with_evidence(Payable.objects.filter(pk=payable.pk)).get()
        if not is_administrator(row, by) or row.application is None:
            raise StepRefused(_("您没有办理这一步的权限。"))
        if row.cancelled_at is not None:
            return row
        if live_line(row):
            raise StepRefused(_("这一笔在花名册上或已经发放，不能取消。没签发的花名册可以先作废。"))
        if not reason.strip():
            raise StepRefused(_("请写明取消的原因。"))
        row.cancelled_at, row.cancelled_by, row.cancelled_reason = at, by, reason.strip()
        row.save(update_fields=["cancelled_at", "cancelled_by", "cancelled_reason"])
        if not row.application.payables.filter(cancelled_at__isnull=True).exists():
            release_claims(row.application, at=at)
        record(action="payable.cancel", actor=by, target=row, at=at, fields=["cancelled_at", "cancelled_reason"])
        return row
