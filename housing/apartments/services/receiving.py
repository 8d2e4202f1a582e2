"""Rents that come in: entered by hand, or from the bank's list. Each pays what is owed longest; a rest is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from housing.apartments.models import Lease, LeaseState, Payment, PaymentFile
from housing.apartments.services.billing import allot, lock_account
from housing.apartments.services.leasing import CODE
from housing.apartments.services.refusals import LeaseRefused
from housing.apartments.services.telling import tell_of_payment
from portal.accounts.models import Role, User
from portal.audit.services import record
from subsidies.services.bank_files import amount_fen, day_in, read_bank_file

# Heads of the bank's list → our names.
HEADS = {"流水号": "reference", "入账日": "received_on", "金额": "amount", "租约编号": "lease"}
LONGEST_REFERENCE = 60
MOST_FEN = 100_000_000  # of one payment: a million yuan


@dataclass(frozen=True)
class IncomingRow:
    """One row of the bank's list, and what stands against entering it."""

    number: int  # of the row in the file, counted from 2
    reference: str
    lease: Lease | None
    lease_number: str
    amount_fen: int | None
    received_on: date | None
    fault: str = ""  # a sentence, empty where the row is fine
    is_known: bool = False  # entered before, the very same


def may_enter(lease: Lease, by: User) -> bool:
    """Whether ``by`` books payments of the lease: finance of the building's town, never of an own lease."""
    town = lease.unit.building.place.town
    return by.pk != lease.person.user_id and by.may_act_as(Role.FINANCE, CODE, town)


def receive(
    *,
    lease_id: UUID,
    bank_reference: str,
    amount_fen: int,
    received_on: date,
    by: User,
    at: datetime,
    file_sha256: str = "",
) -> Payment:
    """Enter money that came in, and let it pay; the same reference again with the same values enters nothing.

    Money for a lease that was renewed goes to the renewal, and pays what was due first of both. What is left over once
    the deposit is settled waits to be given back (services/settling.py). Raises LeaseRefused.
    """
    with transaction.atomic():
        account = lock_account(lease_id)
        lease = account[-1]
        if not may_enter(lease, by):
            raise LeaseRefused(_("您没有办理这一步的权限。"))
        if not bank_reference or not 0 < amount_fen <= MOST_FEN:
            raise LeaseRefused(_("流水号和金额都要写对。"))
        if received_on > timezone.localdate(at):
            raise LeaseRefused(_("入账日还没有到。"))
        known = Payment.objects.filter(bank_reference=bank_reference).first()
        if known is not None:
            if _is_same(known, lease, amount_fen, received_on):
                return known
            raise LeaseRefused(_("这个流水号已经登记过，租约、金额或日期不一样。"))
        if lease.state == LeaseState.DRAFTED:
            raise LeaseRefused(_("这份租约现在不收款。"))
        payment = Payment.objects.create(
            lease=lease,
            bank_reference=bank_reference,
            amount_fen=amount_fen,
            received_on=received_on,
            file_sha256=file_sha256,
            entered_by=by,
            entered_at=at,
        )
        allot(account, at=at)
        record(action="rent.receive", actor=by, target=payment, at=at, note=str(amount_fen))
        tell_of_payment(payment, at=at)
        return payment


def read_incoming(content: bytes) -> list[dict[str, str]]:
    """The rows of a bank's list of rents. Raises StepRefused with a sentence."""
    return read_bank_file(content, HEADS)


def keep_file(*, content: bytes, by: User, at: datetime) -> PaymentFile:
    """Keep a bank's list as a dry run; nothing is entered. The same bytes again give what was kept before."""
    digest = hashlib.sha256(content).hexdigest()
    if found := PaymentFile.objects.filter(sha256=digest).first():
        return found
    rows = read_incoming(content)
    try:
        with transaction.atomic():
            row = PaymentFile(sha256=digest, uploaded_by=by, uploaded_at=at)
            row.rows = rows  # type: ignore[assignment]
            row.save(force_insert=True)
            record(action="rent_file.upload", actor=by, target=row, at=at, digest=digest, note=str(len(rows)))
            return row
    except IntegrityError:  # uploaded twice at once
        return PaymentFile.objects.get(sha256=digest)


def look_through(file: PaymentFile, *, by: User, on: date) -> list[IncomingRow]:
    """The dry run: every row against the books as they are now. Changes nothing; two queries."""
    numbers, references = ({row[key] for row in file.rows} for key in ("lease", "reference"))
    beside = ("unit__building__place", "person", "application")
    leases = {it.number: it for it in Lease.objects.filter(number__in=numbers).select_related(*beside)}
    entered = Payment.objects.filter(bank_reference__in=references).select_related("lease")
    known = {it.bank_reference: it for it in entered}
    seen: set[str] = set()
    found = []
    for number, raw in enumerate(file.rows, start=2):
        found.append(_judge(number, raw, leases, known, seen, by, on))
        seen.add(raw["reference"])
    return found


def enter_file(*, file_id: UUID, by: User, at: datetime) -> PaymentFile:
    """Enter every row of the list (of a thousand at most) or, where one has a fault, none: then raises LeaseRefused.

    The leases are locked beforehand, a lease before its renewal, so that two lists never wait for each other.
    """
    with transaction.atomic():
        file = PaymentFile.objects.select_for_update(no_key=True).get(pk=file_id)
        if file.applied_at is not None:
            return file
        of = Lease.objects.filter(number__in={row["lease"] for row in file.rows}).values("application")
        accounts = Lease.objects.filter(application__in=of).order_by("starts_on", "pk")
        list(accounts.select_for_update(no_key=True).values_list("pk"))
        rows = look_through(file, by=by, on=timezone.localdate(at))
        if faulty := next((row for row in rows if row.fault), None):
            raise LeaseRefused(
                _("第 %(number)s 行：%(fault)s整份文件没有导入，请改正后再传。")
                % {"number": faulty.number, "fault": faulty.fault}
            )
        for row in rows:
            if row.is_known or row.lease is None or row.amount_fen is None or row.received_on is None:
                continue
            receive(lease_id=row.lease.pk, bank_reference=row.reference, amount_fen=row.amount_fen,
                    received_on=row.received_on, by=by, at=at, file_sha256=file.sha256)  # fmt: skip
        file.applied_by, file.applied_at = by, at
        file.save(update_fields=["applied_by", "applied_at"])
        record(action="rent_file.enter", actor=by, target=file, at=at, digest=file.sha256, note=str(len(rows)))
        return file


def _is_same(known: Payment, lease: Lease, fen: int | None, day: date | None) -> bool:
    """Whether the money entered before is the very same: amount, day, and the lease or one that it is renewed by."""
    is_of_it = known.lease.application_id == lease.application_id
    return is_of_it and (known.amount_fen, known.received_on) == (fen, day)


def _judge(
    number: int,
    raw: Mapping[str, str],
    leases: Mapping[str, Lease],
    known: Mapping[str, Payment],
    seen: set[str],
    by: User,
    on: date,
) -> IncomingRow:
    lease, reference = leases.get(raw["lease"]), raw["reference"]
    fen, day, before = amount_fen(raw["amount"]), day_in(raw["received_on"]), known.get(raw["reference"])
    fault = ""
    if not 0 < len(reference) <= LONGEST_REFERENCE:
        fault = _("没有流水号，或流水号太长。")
    elif reference in seen:
        fault = _("这个流水号在文件里出现了两次。")
    elif lease is None or not may_enter(lease, by):
        fault = _("没有这个编号的租约。")
    elif fen is None or not 0 < fen <= MOST_FEN:
        fault = _("金额不对。")
    elif day is None or day > on:
        fault = _("入账日不对，或还没有到。")
    elif before is not None and not _is_same(before, lease, fen, day):
        fault = _("这个流水号已经登记过，租约、金额或日期不一样。")
    elif before is None and lease.state == LeaseState.DRAFTED:
        fault = _("这份租约现在不收款。")
    return IncomingRow(number, reference, lease, raw["lease"], fen, day, fault, before is not None and not fault)
