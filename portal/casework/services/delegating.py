"""Delegations: roles of one person of the bureau, lent to a colleague for some days."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.middleware import has_second_factor
from portal.accounts.models import Delegation, Role, RoleGrant, User
from portal.audit.services import record
from portal.casework.wording import grant_words
from portal.notifications.services import queue_letter

# Reading everything and changing nothing is an appointment, not work that somebody else has to go on with.
DELEGABLE = frozenset(Role) - {Role.AUDITOR}
LONGEST = timedelta(days=366)  # what lasts longer is a role to grant, not to lend
LETTERS = ("delegation_made", "delegation_ended")


class DelegationRefused(Exception):
    """A delegation that may not be made or ended; its text is the sentence the person reads."""


def may_delegate_for(grant: RoleGrant, by: User) -> bool:
    """Whether ``by`` may lend this grant: one's own, or as administrator of all that it covers."""
    return grant.role in DELEGABLE and (grant.user_id == by.pk or by.administers(grant.programme, grant.town))


def colleagues() -> QuerySet[User]:
    """Everybody who works on files or money in a role of their own; auditors do not. By name."""
    working = User.objects.filter(is_active=True, role_grants__role__in=sorted(DELEGABLE))
    return working.exclude(role_grants__role=Role.AUDITOR).distinct().order_by("display_name", "pk")


def make_delegation(
    *,
    from_user: User,
    to_user: User,
    grants: Collection[RoleGrant],
    from_on: date,
    to_on: date,
    is_away: bool,
    reason: str,
    by: User,
    at: datetime,
) -> Delegation:
    """Lend ``grants`` of ``from_user`` to ``to_user`` from ``from_on`` to ``to_on``, both days whole; tell both.

    ``by`` is the person themself or an administrator. Raises DelegationRefused with a sentence.
    """
    with transaction.atomic():
        # Two delegations of the same pair wait for each other here, so that the second sees the first.
        pair = User.objects.select_for_update(no_key=True).filter(pk__in=[from_user.pk, to_user.pk]).order_by("pk")
        people = {user.pk: user for user in pair}
        giver, delegate = people[from_user.pk], people[to_user.pk]
        if refusal := _why_not(giver, delegate, grants, from_on, to_on, reason, by, timezone.localdate(at)):
            raise DelegationRefused(refusal)
        row = Delegation.objects.create(
            from_user=giver,
            to_user=delegate,
            from_on=from_on,
            to_on=to_on,
            is_away=is_away,
            reason=reason.strip(),
            made_by=by,
            made_at=at,
        )
        row.grants.set(grants)
        ids = ",".join(str(grant.pk) for grant in sorted(grants, key=lambda grant: grant.pk))
        note = f"user {giver.pk} to {delegate.pk}, {from_on} to {to_on}, grants {ids}"
        record(action="delegation.make", actor=by, target=row, at=at, fields=["grants"], note=note[:100])
        words = [grant_words(grant) for grant in grants]
        days = {"starts_on": from_on.isoformat(), "ends_on": to_on.isoformat()}
        _tell(row, "delegation_made", at=at, roles=words, reason=row.reason, **days)
        return row


def _why_not(
    giver: User,
    delegate: User,
    grants: Collection[RoleGrant],
    from_on: date,
    to_on: date,
    reason: str,
    by: User,
    on: date,
) -> str | None:
    if giver.pk == delegate.pk:
        return _("不能委托给本人。")
    if by.pk == delegate.pk:
        return _("不能把别人的角色委托给自己。请由另一位管理员，或者由本人办理。")
    if not grants or any(grant.user_id != giver.pk for grant in grants):
        return _("请选择要委托的角色。")
    if not all(may_delegate_for(grant, by) for grant in grants):
        return _("您没有委托这些角色的权限。")
    if not giver.is_active or not colleagues().filter(pk=delegate.pk).exists():
        return _("只能委托给在岗的办理人员。")
    if not has_second_factor(delegate):
        return _("这位同事还没有设置两步验证，设置以后才能接受委托。")
    if from_on < on:
        return _("开始的日子不能早于今天。")
    if to_on < from_on:
        return _("结束的日子不能早于开始的日子。")
    if to_on - from_on > LONGEST:
        return _("一次委托最长一年。")
    if not reason.strip():
        return _("请写明理由。")
    same = Delegation.objects.open().filter(from_user=giver, to_user=delegate, grants__in=grants)
    if same.filter(from_on__lte=to_on, to_on__gte=from_on).exists():
        return _("这段时间里，其中的角色已经委托给这位同事。")
    return None


def may_end(delegation: Delegation, by: User) -> bool:
    """Whether ``by`` may end it early: who gave it, who got it, who made it, or an administrator of the whole city."""
    theirs = (delegation.from_user_id, delegation.to_user_id, delegation.made_by_id)
    return by.is_bureau and (by.pk in theirs or by.administers("", ""))


def end_delegation(*, delegation: Delegation, by: User, at: datetime) -> Delegation:
    """End a delegation from now on, or one that has not begun; tell both. Ending again changes nothing.

    Raises DelegationRefused where ``by`` may not, or where its last day is over.
    """
    with transaction.atomic():
        row = Delegation.objects.select_for_update(of=("self",)).get(pk=delegation.pk)
        if not may_end(row, by):
            raise DelegationRefused(_("您没有办理这一步的权限。"))
        if row.ended_at is not None:
            return row
        if row.to_on < timezone.localdate(at):
            raise DelegationRefused(_("这次委托已经到期。"))
        row.ended_at, row.ended_by = at, by
        row.save(update_fields=["ended_at", "ended_by"])
        record(action="delegation.end", actor=by, target=row, at=at, fields=["ended_at"])
        _tell(row, "delegation_ended", at=at, ended_by=by.display_name, ended_on=timezone.localdate(at).isoformat())
        return row


def delegations_of(user: User) -> QuerySet[Delegation]:
    """What ``user`` may read: their own, and all of them as administrator or auditor. Newest first."""
    rows = Delegation.objects.select_related("from_user", "to_user", "made_by", "ended_by").prefetch_related("grants")
    if not user.has_role(Role.ADMINISTRATOR, Role.AUDITOR):
        rows = rows.filter(from_user=user) | rows.filter(to_user=user)
    return rows.order_by("-from_on", "-made_at", "-id")


def _tell(row: Delegation, kind: str, *, at: datetime, **details: Any) -> None:
    people = {"giver": row.from_user.display_name, "delegate": row.to_user.display_name}
    for recipient in (row.from_user, row.to_user):
        is_delegate = recipient.pk == row.to_user_id
        queue_letter(
            kind=kind,
            recipient=recipient,
            reference="",
            context={"name": recipient.display_name, "is_delegate": is_delegate, **people, **details},
            key=f"{row.pk}:{kind}:{recipient.pk}",
            at=at,
        )
