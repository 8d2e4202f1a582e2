"""Signatures under the contract: recorded acts of somebody who has just proved who they are, over the very bytes."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.models import Paper
from applicants.people.refusals import Refused
from housing.apartments.models import Contract, Lease, LeaseSignature, LeaseState
from housing.apartments.services.changing import change_lease, lock_lease, speaks_for, step_on, works_at
from housing.apartments.services.refusals import LeaseRefused
from portal.accounts.models import User
from portal.partners.models import PartnerMember

logger = logging.getLogger(__name__)
Side = LeaseSignature.Side
BATCH = 500


@dataclass(frozen=True)
class Proof:
    """How whoever signs proved who they are: when (business time), and with what (password, code, totp, …, pin)."""

    at: datetime
    given_with: str


def sign_contract(
    *,
    lease_id: UUID,
    seen_sha256: str,
    proof: Proof,
    by: User,
    at: datetime,
    member: PartnerMember | None = None,
    paper: Paper | None = None,
) -> Lease:
    """Sign for the tenant, or with ``member`` for the landlord; the second signature signs the lease.

    ``seen_sha256`` is the hash of the contract that was shown; ``paper`` its copy that the tenant signed by hand, where
    a clerk takes it in. Raises LeaseRefused.
    """
    with transaction.atomic():
        lease = lock_lease(lease_id)
        side = _side(lease, by, member, paper)
        contract = Contract.objects.filter(lease=lease).first()
        if lease.state != LeaseState.DRAFTED or contract is None:
            raise LeaseRefused(_("这份合同现在不能签。"))
        if side == Side.TENANT and lease.sign_by is not None and timezone.localdate(at) > lease.sign_by:
            raise LeaseRefused(_("签约的期限已经过了。"))
        if contract.sha256 != seen_sha256:
            raise LeaseRefused(_("您看到的不是要签的这份合同，请重新打开。"))
        if lease.signatures.filter(side=side).exists():
            raise LeaseRefused(_("这一方已经签过了。"))
        LeaseSignature.objects.create(
            lease=lease,
            side=side,
            contract_sha256=contract.sha256,
            by=by,
            member=member,
            signed_at=at,
            proved_at=min(proof.at, at),
            proved_with=proof.given_with,
            paper=paper,
        )
        step_on(lease, f"sign_{side}", by=by, at=at)
        if lease.signatures.count() == len(Side):
            lease = change_lease(lease_id, "sign", by=by, at=at, member=member, paper=paper)
        return lease


def lapse_unsigned(*, at: datetime) -> int:
    """Cancel every lease that was not signed in time; gives how many. Safe to run twice.

    Where the tenant has signed and the landlord has not, the tenant did not wait: the lease stands.
    """
    overdue = Lease.objects.filter(state=LeaseState.DRAFTED, sign_by__lt=timezone.localdate(at))
    overdue = overdue.filter(contract__isnull=False).exclude(signatures__side=Side.TENANT)
    return sum(_lapse(pk, at) for pk in list(overdue.order_by("sign_by", "id").values_list("pk", flat=True)[:BATCH]))


def by_hand(*, at: datetime) -> Proof:
    """Of a signature by hand: the clerk who takes it in has compared the signer with their card."""
    return Proof(at, "paper")


def _side(lease: Lease, by: User, member: PartnerMember | None, paper: Paper | None) -> Side:
    if member is None and speaks_for(lease.application, by, paper):
        return Side.TENANT
    if member is not None and works_at(member, lease) and by.pk == member.user_id != lease.person.user_id:
        return Side.OPERATOR
    raise LeaseRefused(_("您没有办理这一步的权限。"))


def _lapse(pk: UUID, at: datetime) -> bool:
    try:
        with transaction.atomic():
            lease = lock_lease(pk)  # what the list said may be over: the tenant has signed, or has more time
            is_late = lease.sign_by is not None and lease.sign_by < timezone.localdate(at)
            if not is_late or lease.signatures.filter(side=Side.TENANT).exists():
                return False
            change_lease(pk, "lapse", by=None, at=at)
    except Refused:
        return False  # signed meanwhile
    except Exception as error:  # one damaged lease must not hold up the others, nor put its words in a log
        logger.error("Lease %s could not lapse (%s).", pk, type(error).__name__)
        return False
    return True
