"""Issue a payment roll: copy everything into its lines, make its files, keep their SHA-256.

A roll is *issuing* from the order until its last file is stored. Lines are copied ``BATCH`` at a time, each batch in a
transaction that checks them again; what is copied is fixed, as on an issued roll. Then the files are made from the
lines, one after the other and outside any transaction; other workers make volumes meanwhile. A worker works in turns:
who holds the newest turn may write, what a killed one left is done again. A short roll takes its only turn at once.

A line that may not be paid any more stops it all: the copies are taken back, and the roll is collected again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.models import PayoutAccount
from portal.accounts.models import User
from portal.audit.sealing import newest_head
from portal.audit.services import record
from portal.casework.services.advancing import StepRefused
from portal.notifications.nudging import nudge
from portal.partners.models import PartnerAccount
from portal.vault.fields import SealedField
from subsidies.models import Payable, Roll, RollFile, RollLine
from subsidies.services.checking import bring_accounts_up_to_date, with_evidence
from subsidies.services.evidence import Evidence, Wording, columns_of, evidence_of
from subsidies.services.filing import (
    AT_ONCE,
    keep_files,
    make_part,
    missing_parts,
    ready_parts,
    sweep_folder,
    taking,
    tell_of_parts,
)
from subsidies.services.rolls import BATCH, bars, require_clear, require_finance, why_kept_away
from subsidies.services.turns import TASKS, TURN_SECONDS, Turn

# What copies a batch; on PostgreSQL one statement with all lines as JSON, which it takes faster than lists.
COPY = "UPDATE subsidies_rollline SET issued_by_id = %s, payee = %s, account = %s, account_hash = %s WHERE id = %s"
COPY_ALL = """
    UPDATE subsidies_rollline SET issued_by_id = %s,
        payee = new ->> 0, account = new ->> 1, account_hash = new ->> 2
    FROM json_array_elements(%s::json) AS new WHERE subsidies_rollline.id = (new ->> 3)::uuid
"""
ISSUING = Roll.State.ISSUING
WAIT = 0.2  # seconds


class _LineStops(Exception):
    """A line may not be paid any more."""

    def __init__(self, line_id: UUID) -> None:
        super().__init__()
        self.line_id = line_id


def issue_roll(*, roll: Roll, by: User, at: datetime) -> Roll:
    """Give the order to issue. A roll of at most ``AT_ONCE`` lines is issued when this returns, a longer one later.

    A second call changes nothing. Raises StepRefused where ``by`` may not, or a line may not be paid: the roll is as it
    was before.
    """
    row, is_ours = _begin(roll, by, at)
    if not is_ours or (row.count or 0) > AT_ONCE:
        return row
    run_issuing(roll_id=row.pk, at=at, at_real=timezone.now(), seconds=None)
    row.refresh_from_db()
    if refusal := why_stopped(row, by, at):
        raise StepRefused(refusal)
    return row


def why_stopped(roll: Roll, user: User, at: datetime) -> str:
    """Why issuing did not come to its end the last time, and what to do; "" where nothing stopped it."""
    if roll.stopped_at is None:
        return ""
    if roll.stopped_on is None:
        return _("上次签发试了几次都没有做完，名单没有变。请再签发一次；再次出错时，请告诉系统维护人员。")
    payable = with_evidence(Payable.objects.filter(pk=roll.stopped_on.payable_id))
    try:
        require_clear(payable, user, timezone.localdate(at), roll=roll)
    except StepRefused as refusal:
        return str(refusal)
    position = {"position": roll.stopped_on.position}
    return _("上次签发停在第 %(position)s 行，那一行的资料当时有变动。现在没有问题，可以再签发一次。") % position


def _begin(roll: Roll, by: User, at: datetime) -> tuple[Roll, bool]:
    """The roll as it is issued from now on, and whether it was this call that began."""
    head = newest_head()
    with transaction.atomic():
        row = Roll.objects.select_for_update().get(pk=roll.pk)
        require_finance(row, by)
        if row.state in (ISSUING, Roll.State.ISSUED):
            return row, False
        if row.state == Roll.State.COLLECTING:
            raise StepRefused(_("这份花名册还在汇总，做完以后才能签发。"))
        if row.state != Roll.State.COLLECTED:
            raise StepRefused(_("这份花名册已经签发或作废。"))
        if sentence := why_kept_away(row, by):
            raise StepRefused(sentence)
        own = row.lines.filter(approved_by=by).order_by("position").values_list("payable", flat=True)[:1]
        require_clear(with_evidence(Payable.objects.filter(pk__in=list(own))), by, timezone.localdate(at), roll=row)
        row.count, row.net_fen = row.lines.aggregate(lines=Count("pk"), fen=Sum("net_fen")).values()
        row.head = f"{head.number} {head.short} {head.at.isoformat()}" if head else ""  # as it is printed
        row.state, row.issued_by, row.issued_at = ISSUING, by, at
        row.heartbeat = row.stopped_at = row.stopped_on = None
        row.failures = 0
        row.save()
        record(action="roll.order", actor=by, target=row, at=at, fields=["state"], note=str(row.count))
        if row.count > AT_ONCE:
            nudge(TASKS[ISSUING], roll_id=str(row.pk))
        return row, True


def run_issuing(*, roll_id: UUID, at: datetime, at_real: datetime, seconds: float | None = TURN_SECONDS) -> None:
    """Go on for ``seconds`` (None: to the end), then ask for the next turn. Safe to call at any time, by anybody."""
    if turn := Turn.take(roll_id, ISSUING, at, at_real):
        turn.work(do_next, _give_up, seconds)


def _give_up(turn: Turn) -> None:
    turn.mine.filter(stopped_at__isnull=True).update(stopped_at=turn.at, heartbeat=None)


def do_next(turn: Turn) -> bool:
    """Do one batch or one file; say whether there is more to do. Raises TurnLost."""
    roll = turn.mine.select_related("collected_by", "issued_by").first()
    if roll is None:
        return False
    if roll.stopped_at:
        return _take_back(turn) if roll.copied else _collect_again(turn, roll)
    if roll.copied < (roll.count or 0):
        # In a transaction of its own: where a line stops the roll, its page is to find the same.
        bring_accounts_up_to_date(_next_lines(roll).values_list("payable", flat=True)[:BATCH])
        return _or_stop(turn, _copy)
    if missing := missing_parts(roll):
        if not any(_make_part(turn, roll, part) for part in missing):
            time.sleep(WAIT)  # other workers have the rest in hand
            turn.beat()
        return True
    return _or_stop(turn, _finish)


def _make_part(turn: Turn, roll: Roll, part: str) -> bool:
    """Make a part that nobody has in hand; say whether it was one."""
    with taking(roll, part) as is_ours:
        if is_ours:
            keep_files(turn.locked, make_part(roll, part, after_each=turn.beat))
    return is_ours


def _or_stop(turn: Turn, step: Any) -> bool:
    try:
        return bool(step(turn))
    except _LineStops as found:
        turn.mine.update(stopped_at=turn.at, stopped_on=found.line_id)
        return True


# ── lines ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _next_lines(roll: Roll) -> QuerySet[RollLine]:
    return roll.lines.filter(position__gt=roll.copied).order_by("position")


def _copy(turn: Turn) -> bool:
    """Check the next lines again and copy what they pay, and to whom, into them."""
    with transaction.atomic():
        roll = turn.locked()
        batch = list(_next_lines(roll).values_list("pk", "position", "payable_id", "evidence")[:BATCH])
        payables = Payable.objects.filter(pk__in=[payable_id for _pk, _position, payable_id, _digest in batch])
        # Whoever doubts, settles or cancels a payable locks it too.
        list(payables.select_for_update().order_by("pk").values_list("pk"))
        found = _checked(roll, batch)
        wording = Wording(found.values())
        _write(
            roll,
            [
                (
                    pk,
                    columns_of(found[payable_id], wording, roll=roll.number, position=position),
                    found[payable_id].account["number_hash"],
                )
                for pk, position, payable_id, _digest in batch
            ],
        )
        before = ready_parts(roll)
        roll.copied = batch[-1][1]
        roll.save(update_fields=["copied", "heartbeat", "failures"])
        tell_of_parts(roll, [part for part in ready_parts(roll) if part not in before])
    return True


def _checked(roll: Roll, batch: Sequence[tuple[UUID, int, UUID, str]]) -> dict[UUID, Evidence]:
    """What the lines of a batch rest on. Raises _LineStops for the first that may not be paid.

    What is byte for byte as it was checked at collection is not opened again.
    """
    by_id = cast(UUID, roll.issued_by_id)
    found = evidence_of([payable_id for _pk, _position, payable_id, _digest in batch])

    def is_as_collected(payable_id: UUID, digest: str) -> bool:
        evidence = found.get(payable_id)
        if evidence is None or evidence.digest != digest or evidence.is_account_shared:
            return False
        return not bars(evidence, by_id)

    doubtful = {
        payable_id: pk for pk, _position, payable_id, digest in batch if not is_as_collected(payable_id, digest)
    }
    while doubtful:
        by, on = cast(User, roll.issued_by), timezone.localdate(roll.issued_at)
        rows = with_evidence(Payable.objects.filter(pk__in=doubtful)).in_bulk()
        for payable_id, line_id in doubtful.items():
            try:
                require_clear([rows[payable_id]], by, on, roll=roll)
            except StepRefused:
                raise _LineStops(line_id) from None
        again = evidence_of(doubtful)
        # What changed between the two looks is looked at again: it may have been sealed with another key, no more.
        doubtful = {pk: line_id for pk, line_id in doubtful.items() if again[pk].digest != found[pk].digest}
        found |= again
    return found


def _write(roll: Roll, rows: Sequence[tuple[UUID, Mapping[str, Any], str]]) -> None:
    """Sealed columns are bound to their row: a value for each, in one go. The hash is the one the account has."""
    payee, account, key = _sealed("payee"), _sealed("account"), RollLine._meta.pk
    values = [
        (
            payee.seal_for(columns, pk),
            account.seal_for(columns["account"], pk),
            account_hash,
            str(key.get_db_prep_value(pk, connection)),
        )
        for pk, columns, account_hash in rows
    ]
    by = RollLine._meta.get_field("issued_by").get_db_prep_value(roll.issued_by_id, connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(COPY_ALL, [by, json.dumps(values)])
        else:
            cursor.executemany(COPY, [(by, *row) for row in values])


def _sealed(name: str) -> SealedField:
    return cast(SealedField, RollLine._meta.get_field(name))


def _take_back(turn: Turn) -> bool:
    """Take the last copies back, and what was made of them."""
    with transaction.atomic():
        roll = turn.locked()
        first = max(roll.copied - BATCH, 0)
        copies = roll.lines.filter(position__gt=first, position__lte=roll.copied)
        copies.update(issued_by=None, payee=None, account="", account_hash="")
        RollFile.objects.filter(roll=roll).delete()
        roll.copied, roll.xlsx_name, roll.xlsx_sha256, roll.xlsx_size = first, "", "", None
        roll.save()
    return True


def _collect_again(turn: Turn, roll: Roll) -> bool:
    """All copies are taken back: the roll is collected, as it was before the order."""
    sweep_folder(roll)  # first: who is killed here is followed by another, and nobody makes new files meanwhile
    with transaction.atomic():
        roll = turn.locked()
        position = roll.stopped_on.position if roll.stopped_on else ""
        roll.state, roll.issued_by, roll.issued_at = Roll.State.COLLECTED, None, None
        roll.count = roll.net_fen = roll.heartbeat = None
        roll.head = ""
        record(action="roll.stop", actor=None, target=roll, at=turn.at, fields=["state"], note=str(position))
        roll.save()
    return False


def _finish(turn: Turn) -> bool:
    """Everything is stored: the roll is issued."""
    changed = _changed_since_copied(turn.roll_id)
    if changed is not None:
        raise _LineStops(changed)
    with transaction.atomic():
        roll = turn.locked()
        roll.state, roll.heartbeat = Roll.State.ISSUED, None
        roll.save()
        record(
            action="roll.issue",
            actor=roll.issued_by,
            target=roll,
            at=turn.at,
            fields=["state"],
            digest=roll.xlsx_sha256,
            note=roll.head,
        )
    sweep_folder(roll)
    return False


def _changed_since_copied(roll_id: UUID) -> UUID | None:
    """The first line whose payee gave another account or another name or number after it was copied."""
    accounts = PayoutAccount.objects.filter(person=OuterRef("payable__person")).order_by("-ordinal")
    of_partner = PartnerAccount.objects.filter(partner=OuterRef("payable__partner")).order_by("-ordinal")
    newest = Coalesce(Subquery(accounts.values("number_hash")[:1]), Subquery(of_partner.values("number_hash")[:1]))
    lines = RollLine.objects.filter(roll=roll_id).annotate(newest=newest)
    unproven = Q(payable__person__isnull=False, payable__person__proven_at__isnull=True)
    changed = lines.filter(~Q(newest=F("account_hash")) | unproven)
    return changed.order_by("position").values_list("pk", flat=True).first()
