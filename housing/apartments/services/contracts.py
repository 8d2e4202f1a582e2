"""Contracts: the text and its versions, and the PDF of every drafted lease.

A published text never changes; the newest one is used. A contract is drawn outside of any transaction, stored sealed
and written down once: whoever is second throws theirs away.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.papers import open_paper
from applicants.people.refusals import Refused
from housing.apartments.exports.contract import contract_pdf, contract_text
from housing.apartments.exports.signatures import signed_copy
from housing.apartments.models import Contract, ContractTemplate, Lease, LeaseSignature, LeaseState
from housing.apartments.services.changing import lock_lease, terms_of
from housing.apartments.services.contract_texts import wrong_places
from housing.apartments.services.leasing import WITH
from housing.apartments.services.telling import tell_tenant
from portal.accounts.models import User
from portal.audit.services import record
from portal.policy.services import stored_calendar
from portal.vault.files import read_sealed, stored_with_row

logger = logging.getLogger(__name__)
BATCH = 100  # contracts in one sweep; each takes a moment to draw


class TextRefused(Refused):
    """A text of the contract that cannot be kept or published; the sentence says why."""


class _TooLate(Exception):
    """While the contract was drawn, another one was, or the lease went on."""


def newest_text() -> ContractTemplate | None:
    """The text that contracts are drawn from now."""
    return ContractTemplate.objects.exclude(published_at=None).order_by("-number").first()


def save_text(
    *, template_id: UUID | None, body_zh: str, body_en: str, expected_version: int, by: User, at: datetime
) -> ContractTemplate:
    """Keep a draft (None: a new one, one at a time). Raises TextRefused."""
    if wrong := wrong_places(body_zh) + wrong_places(body_en):
        raise TextRefused(_("这些占位符不认识：%(names)s。") % {"names": " ".join(dict.fromkeys(wrong))})
    with transaction.atomic():
        if template_id is None:
            if ContractTemplate.objects.filter(published_at=None).exists():
                raise TextRefused(_("已经有一份草稿，请先发布，或接着改那一份。"))
            row = ContractTemplate(number=_next_number(), made_by=by, made_at=at, version=0)
        else:
            row = _lock_draft(template_id, expected_version)
        row.body_zh, row.body_en = body_zh, body_en
        row.version += 1
        row.save()
        record(action="contract_text.save", actor=by, target=row, at=at, note=f"version {row.number}")
        return row


def publish_text(*, template_id: UUID, expected_version: int, by: User, at: datetime) -> ContractTemplate:
    """Fix the draft by its hash; from now on contracts are drawn from it. Raises TextRefused."""
    with transaction.atomic():
        row = _lock_draft(template_id, expected_version)
        row.sha256 = sha256(f"{row.body_zh}\0{row.body_en}".encode()).hexdigest()
        row.published_by, row.published_at = by, at
        row.version += 1
        row.save()
        record(action="contract_text.publish", actor=by, target=row, at=at, digest=row.sha256)
        return row


def make_contracts(*, at: datetime) -> int:
    """Draw the contract of every drafted lease that has none; gives how many. Safe to run twice."""
    template = newest_text()
    if template is None:
        return 0
    waiting = Lease.objects.filter(state=LeaseState.DRAFTED, contract=None).order_by("state_at", "id")
    return sum(_make(pk, template, at) for pk in list(waiting.values_list("pk", flat=True)[:BATCH]))


def make_contract(lease_id: UUID, *, template: ContractTemplate, at: datetime) -> Contract | None:
    """Draw and store the contract of a drafted lease, and tell the tenant; None where there is one already."""
    lease = Lease.objects.select_related(*WITH).get(pk=lease_id)
    text: Any = contract_text(template, lease)
    content = contract_pdf(text, number=lease.number, at=at)
    name = f"contracts/{lease.pk.hex[:2]}/{uuid4().hex}"
    with suppress(_TooLate), stored_with_row(name, content):
        lease = lock_lease(lease_id)
        if lease.state != LeaseState.DRAFTED or Contract.objects.filter(lease=lease).exists():
            raise _TooLate
        contract = Contract.objects.create(
            lease=lease,
            template=template,
            stored_as=name,
            sha256=sha256(content).hexdigest(),
            size=len(content),
            text=text,
            made_at=at,
        )
        _leave_time(lease, at=at)
        record(action="contract.make", actor=None, target=contract, at=at, digest=contract.sha256)
        tell_tenant(lease, "contract_ready", at=at)
        return contract
    return None


def open_contract(contract: Contract, *, by: User, at: datetime) -> bytes:
    """The PDF as it was stored; whoever takes it leaves an entry. Raises FileNotFoundError, SealBroken."""
    content = read_sealed(contract.stored_as)
    record(action="contract.download", actor=by, target=contract, at=at)
    return content


def open_signed_copy(contract: Contract, *, by: User, at: datetime) -> bytes:
    """The contract's pages and the record of its signatures, put together for whoever takes it, who leaves an entry.

    A copy signed by hand follows. Raises FileNotFoundError where not both have signed, and where a file is gone.
    """
    signatures = list(contract.lease.signatures.select_related("member__partner", "by", "paper"))
    if len(signatures) < len(LeaseSignature.Side):
        raise FileNotFoundError("The contract is not signed by both yet.")
    papers = [(open_paper(it.paper), it.paper.content_type) for it in signatures if it.paper]
    content = signed_copy(read_sealed(contract.stored_as), contract, signatures, papers, at=at)
    record(action="contract.download", actor=by, target=contract, at=at, note="signed copy")
    return content


def _leave_time(lease: Lease, *, at: datetime) -> None:
    """The time to sign does not run out before the contract could be read for as long as the policy says."""
    days = terms_of(lease).sign_working_days
    sign_by = stored_calendar().add_working_days(timezone.localdate(at), days).day
    if lease.sign_by is None or lease.sign_by < sign_by:
        lease.sign_by = sign_by
        lease.save(update_fields=["sign_by"])


def _make(pk: UUID, template: ContractTemplate, at: datetime) -> bool:
    try:
        return make_contract(pk, template=template, at=at) is not None
    except Exception as error:  # one damaged lease must not hold up the others, nor put its words in a log
        logger.error("The contract of lease %s could not be made (%s).", pk, type(error).__name__)
        return False


def _lock_draft(template_id: UUID, expected_version: int) -> ContractTemplate:
    row = ContractTemplate.objects.select_for_update(no_key=True).get(pk=template_id)
    if row.published_at is not None:
        raise TextRefused(_("已发布的合同文本不能再改。请新建一份草稿。"))
    if row.version != expected_version:
        raise TextRefused(_("这份草稿刚刚被别人改过。请看最新的，再决定怎么改。"))
    return row


def _next_number() -> int:
    return (ContractTemplate.objects.aggregate(last=Max("number"))["last"] or 0) + 1
