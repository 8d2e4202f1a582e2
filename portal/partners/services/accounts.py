"""The account that a partner is paid to: given by its manager, compared with a paper by somebody of the bureau."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from applicants.people.refusals import Refused
from portal.accounts.models import Role, User
from portal.audit.services import record
from portal.partners.models import Partner, PartnerAccount, PartnerMember

ANSWERS = ("number", "bank_name", "branch_code")


def current_account(partner: Partner) -> PartnerAccount | None:
    """The newest, settled or not."""
    return partner.accounts.order_by("-ordinal").first()


def give_account(*, member: PartnerMember, values: Mapping[str, str], at: datetime) -> PartnerAccount:
    """Keep a new account in the partner's own name; the one that stands already is not kept twice.

    ``values`` are those of ANSWERS. Nothing is paid to it before it is settled. Raises Refused for anybody but a
    manager.
    """
    if not member.is_manager:
        raise Refused(_("您没有办理这一步的权限。"))
    with transaction.atomic():
        partner = Partner.objects.select_for_update(of=("self",), no_key=True).get(pk=member.partner_id)
        current = current_account(partner)
        is_same = current is not None and all(getattr(current, name) == values[name] for name in ANSWERS)
        if current is not None and is_same and current.holder == partner.name_zh:
            return current
        row = PartnerAccount.objects.create(
            partner=partner,
            ordinal=current.ordinal + 1 if current else 1,
            holder=partner.name_zh,
            **{name: values[name] for name in ANSWERS},
            given_by=member.user,
            given_at=at,
        )
        record(action="partner.give_account", actor=member.user, target=row, at=at, fields=list(ANSWERS))
        return row


def reveal_account(*, account: PartnerAccount, by: User, at: datetime) -> PartnerAccount:
    """The account in full, for comparing it with a paper; that somebody looked is kept. Raises Refused."""
    _require_administrator(account, by)
    record(action="partner.reveal_account", actor=by, target=account, at=at, fields=["number"])
    return account


def settle_account(*, account_id: UUID, note: str, by: User, at: datetime) -> PartnerAccount:
    """Note that ``by`` has compared the account with the paper named in ``note``; once is enough.

    Raises Refused: not an administrator, the giver, another account since, no paper named, a holder of another name.
    """
    with transaction.atomic():
        row = PartnerAccount.objects.select_related("partner").get(pk=account_id)
        partner = Partner.objects.select_for_update(of=("self",), no_key=True).get(pk=row.partner_id)
        row.refresh_from_db()
        _require_administrator(row, by)
        if row.settled_at is not None:
            return row
        if row != current_account(partner):
            raise Refused(_("合作单位刚刚又换了账户，请看最新的账户再核对。"))
        if row.holder != partner.name_zh:
            raise Refused(_("户名与单位名称不一致，不能核对通过。请让合作单位重新给账户。"))
        if not note.strip():
            raise Refused(_("请写明和哪份材料核对过。"))
        row.settled_by, row.settled_at, row.settled_note = by, at, note.strip()
        row.save(update_fields=["settled_by", "settled_at", "settled_note"])
        record(action="partner.settle_account", actor=by, target=row, at=at, fields=["settled_at"])
        return row


def _require_administrator(account: PartnerAccount, by: User) -> None:
    if not by.has_role(Role.ADMINISTRATOR) or by.pk == account.given_by_id:
        raise Refused(_("您没有办理这一步的权限。"))
