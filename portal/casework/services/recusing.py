"""Recusals: a person of the bureau keeps away from one file, by themself or because an administrator says so."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit.services import record
from portal.casework.doors import desk_applications, live_recusal
from portal.casework.models import Application, Recusal
from portal.casework.services.advancing import StepRefused, lock_application
from portal.casework.services.delegating import colleagues
from portal.casework.states import State


def may_order_recusals(application: Application, by: User) -> bool:
    """Whether ``by`` may have others keep away from this file, and lift that again: its administrator, by own right."""
    return by.administers(application.programme, application.town)


def recused_from(application: Application) -> list[str]:
    """The names of those who keep away from a file, first come first."""
    return list(application.recusals.filter(withdrawn_at__isnull=True).values_list("person__display_name", flat=True))


def recuse(*, application: Application, person: User, reason: str, by: User, at: datetime) -> Recusal:
    """Keep ``person`` away from a file from now on; what they hold of it is put back. Once is enough.

    What they signed before stands: whoever doubts it sends the file back. Raises StepRefused with a sentence.
    """
    with transaction.atomic():
        row = lock_application(application.pk)
        if found := live_recusal(row.pk, person):
            return found
        if row.state == State.DRAFT or not desk_applications(by).filter(pk=row.pk).exists():
            raise StepRefused(_("您没有办理这一步的权限。"))
        if person.pk != by.pk and not may_order_recusals(row, by):
            raise StepRefused(_("您没有办理这一步的权限。"))
        if not colleagues().filter(pk=person.pk).exists():
            raise StepRefused(_("只有在岗的办理人员才需要回避。"))
        if not reason.strip():
            raise StepRefused(_("请写明理由。"))
        recusal = Recusal.objects.create(application=row, person=person, reason=reason.strip(), made_by=by, made_at=at)
        is_holder = row.assignee_id == person.pk
        if is_holder:
            row.assignee = None
            row.save(update_fields=["assignee"])
        fields = ["assignee"] if is_holder else []
        record(action="recusal.make", actor=by, target=row, at=at, fields=fields, note=f"user {person.pk}")
        return recusal


def withdraw_recusal(*, recusal: Recusal, reason: str, by: User, at: datetime) -> Recusal:
    """Let the person have a hand in the file again: an administrator decides, with a reason, and never for themself.

    Withdrawing again changes nothing. Raises StepRefused with a sentence.
    """
    with transaction.atomic():
        row = lock_application(recusal.application_id)
        found = Recusal.objects.select_for_update(of=("self",)).get(pk=recusal.pk)
        if not may_order_recusals(row, by) or by.pk == row.applicant.user_id:
            raise StepRefused(_("您没有办理这一步的权限。"))
        if by.pk == found.person_id:
            raise StepRefused(_("不能撤销自己的回避，要由另一位管理员决定。"))
        if found.withdrawn_at is not None:
            return found
        if not reason.strip():
            raise StepRefused(_("请写明理由。"))
        found.withdrawn_at, found.withdrawn_by, found.withdrawal_reason = at, by, reason.strip()
        found.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawal_reason"])
        record(action="recusal.withdraw", actor=by, target=row, at=at, note=f"user {found.person_id}")
        return found
