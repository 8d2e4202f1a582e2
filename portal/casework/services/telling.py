"""Answers to objectors without an account: printed, handed over, and noted as handed over."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import Role, User
from portal.audit.services import record
from portal.casework.doors import why_barred
from portal.casework.models import NoticeObjection
from portal.casework.services.advancing import StepRefused
from portal.casework.services.noticing import objections_of


def untold_objections(user: User) -> QuerySet[NoticeObjection]:
    """The answered objections in the scope of ``user`` whose objector has no account and was not told yet."""
    answered = objections_of(user).exclude(state=NoticeObjection.State.OPEN)
    return answered.filter(objector__isnull=True, told_at__isnull=True)


def may_tell(objection: NoticeObjection, by: User) -> bool:
    """Whether ``by`` may note that the answer was handed over: an administrator of the file, once it is answered."""
    row = objection.line.application
    return (
        objection.answered_at is not None
        and objection.objector_id is None
        and objection.told_at is None
        and by.may_act_as(Role.ADMINISTRATOR, row.programme, row.town)
    )


def print_answer(*, objection: NoticeObjection, by: User, at: datetime) -> NoticeObjection:
    """Note that ``by`` opened the letter that names the objector."""
    record(action="objection.print", actor=by, target=objection, at=at)
    return objection


def tell_objector(*, objection: NoticeObjection, how: str, on: date, by: User, at: datetime) -> NoticeObjection:
    """Note how (a ``NoticeObjection.Told``) and on which day the answer reached an objector without an account.

    The same again changes nothing. Raises StepRefused: no right to it, not answered, noted otherwise already, or a day
    outside the time from the answer until today.
    """
    with transaction.atomic():
        found = NoticeObjection.objects.select_for_update(of=("self",)).get(pk=objection.pk)
        row = found.line.application
        if not by.may_act_as(Role.ADMINISTRATOR, row.programme, row.town) or why_barred(row, by):
            raise StepRefused(_("您没有办理这一步的权限。"))
        if found.answered_at is None:
            raise StepRefused(_("这份异议还没有答复，不能登记送达。"))
        if found.objector_id is not None:
            raise StepRefused(_("异议人有在线账号，答复已经发到他的“消息”里。"))
        if found.told_at is not None:
            if (found.told_how, found.told_on) == (how, on):
                return found
            raise StepRefused(_("这份答复已经登记过送达。"))
        if not timezone.localdate(found.answered_at) <= on <= timezone.localdate(at):
            raise StepRefused(_("送达的日子要在答复那天到今天之间。"))
        found.told_how, found.told_on, found.told_by, found.told_at = how, on, by, at
        found.save(update_fields=["told_how", "told_on", "told_by", "told_at"])
        record(action="objection.tell", actor=by, target=found, at=at, fields=["told_how", "told_on"], note=how)
        return found
