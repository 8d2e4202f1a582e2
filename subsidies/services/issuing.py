"""Issue a payment roll: copy everything into its lines, make its files, keep their SHA-256.

A roll is *issuing* from the order until its last file is stored. Lines are copied ``BATCH`` at a time, each batch in a
transaction that checks them again; what is copied is fixed, as on an issued roll. Then the files are made from the
lines, one after the other and outside any transaction. A worker works in turns: who holds the newest turn may write,
what a killed one left is done again. A short roll takes its only turn at once.

A line that may not be paid any more stops it all: the copies are taken back, and the roll is collected again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.models import PayoutAccount, account_number_hash
from portal.accounts.models import User
from portal.audit.sealing import newest_head
from portal.audit.services import record
from portal.casework.services.advancing import StepRefused
from portal.notifications.nudging import nudge
from portal.vault.fields import SealedField
from subsidies.models import Payable, Roll, RollFile, RollLine
from subsidies.services.checking import with_evidence
from subsidies.services.evidence import Evidence, Wording, columns_of, evidence_of
from subsidies.services.filing import (
    StoredFile,
    forget_files,
    make_tables,
    make_volume,
    missing_volume,
    sweep_folder,
    volume_lines,
)
from subsidies.services.rolls import BATCH, bars, require_clear, require_finance
from subsidies.services.turns import TASKS, TURN_SECONDS, Turn

AT_ONCE = 500  # lines of a roll that nobody has to wait for
# What copies a batch; on PostgreSQL one statement with a list for each column.
COPY = "UPDATE subsidies_rollline SET issued_by_id = %s, payee = %s, account = %s, account_hash = %s WHERE id = %s"
COPY_LISTS = """
    UPDATE subsidies_rollline SET issued_by_id = %s, payee = new.payee, account = new.account, account_hash = new.hash
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::uuid[]) AS new (payee, account, hash, id)
    WHERE subsidies_rollline.id = new.id
"""
ISSUING = Roll.State.ISSUING


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
        return _take_back(turn)
    if roll.copied < (roll.count or 0):
        return _or_stop(turn, _copy)
    if not roll.xlsx_name:
        files = make_tables(roll, _rows(roll, 1, roll.count or 0, turn))
        return _keep(turn, files)
    if volume := missing_volume(roll):
        return _keep(turn, [make_volume(roll, volume, _rows(roll, *volume_lines(volume), turn))])
    return _or_stop(turn, _finish)


def _or_stop(turn: Turn, step: Any) -> bool:
    try:
        return bool(step(turn))
    except _LineStops as found:
        turn.mine.update(stopped_at=turn.at, stopped_on=found.line_id)
        return True


# ── lines ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _copy(turn: Turn) -> bool:
    """Check the next lines again and copy what they pay, and to whom, into them."""
    with transaction.atomic():
        roll = turn.locked()
        lines = roll.lines.filter(position__gt=roll.copied).order_by("position")
        batch = list(lines.values_list("pk", "position", "payable_id", "evidence")[:BATCH])
        here = {"roll_lines__roll": roll, "roll_lines__position__gt": roll.copied}
        payables = Payable.objects.filter(**here, roll_lines__position__lte=batch[-1][1])
        # Whoever doubts, settles or cancels a payable locks it too.
        list(payables.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
        found = _checked(roll, batch, payables)
        wording = Wording(payables, found.values())
        _write(
            roll,
            [
                (pk, columns_of(found[payable_id], wording, roll=roll.number, position=position))
                for pk, position, payable_id, _digest in batch
            ],
        )
        roll.copied = batch[-1][1]
        roll.save(update_fields=["copied", "heartbeat"])
    return True


def _checked(
    roll: Roll, batch: Sequence[tuple[UUID, int, UUID, str]], payables: QuerySet[Payable]
) -> dict[UUID, Evidence]:
    """What the lines of a batch rest on. Raises _LineStops for the first that may not be paid.

    What is byte for byte as it was checked at collection is not opened again.
    """
    by_id, found = cast(UUID, roll.issued_by_id), evidence_of(payables)

    def is_as_collected(payable_id: UUID, digest: str) -> bool:
        evidence = found.get(payable_id)
        if evidence is None or evidence.digest != digest or evidence.is_account_shared:
            return False
        return not bars(evidence, by_id)

    doubtful = {
        payable_id: pk for pk, _position, payable_id, digest in batch if not is_as_collected(payable_id, digest)
    }
    if doubtful:
        by, on = cast(User, roll.issued_by), timezone.localdate(roll.issued_at)
        again = Payable.objects.filter(pk__in=doubtful)
        rows = with_evidence(again).in_bulk()
        for payable_id, line_id in doubtful.items():
            try:
                require_clear([rows[payable_id]], by, on, roll=roll)
            except StepRefused:
                raise _LineStops(line_id) from None
        for payable_id, evidence in evidence_of(again).items():
            if evidence.digest != found[payable_id].digest:  # changed between the two looks
                raise _LineStops(doubtful[payable_id])
    return found


def _write(roll: Roll, rows: Sequence[tuple[UUID, Mapping[str, Any]]]) -> None:
    """Sealed columns are bound to their row: a value for each, in one go."""
    payee, account, key = _sealed("payee"), _sealed("account"), RollLine._meta.pk
    values = [
        (
            payee.seal_for(columns, pk),
            account.seal_for(columns["account"], pk),
            account_number_hash(columns["account"]),
            key.get_db_prep_value(pk, connection),
        )
        for pk, columns in rows
    ]
    by = RollLine._meta.get_field("issued_by").get_db_prep_value(roll.issued_by_id, connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(COPY_LISTS, [by, *map(list, zip(*values, strict=True))])
        else:
            cursor.executemany(COPY, [(by, *row) for row in values])


def _sealed(name: str) -> SealedField:
    return cast(SealedField, RollLine._meta.get_field(name))


def _take_back(turn: Turn) -> bool:
    """Take the last copies back; after the last of all the roll is collected again."""
    with transaction.atomic():
        roll = turn.locked()
        first = max(roll.copied - BATCH, 0)
        copies = roll.lines.filter(position__gt=first, position__lte=roll.copied)
        copies.update(issued_by=None, payee=None, account="", account_hash="")
        roll.copied = first
        if not first:
            position = roll.stopped_on.position if roll.stopped_on else ""
            RollFile.objects.filter(roll=roll).delete()
            roll.state, roll.issued_by, roll.issued_at = Roll.State.COLLECTED, None, None
            roll.count = roll.net_fen = roll.xlsx_size = roll.heartbeat = None
            roll.xlsx_name = roll.xlsx_sha256 = roll.head = ""
            record(action="roll.stop", actor=None, target=roll, at=turn.at, fields=["state"], note=str(position))
        roll.save()
    if not first:
        sweep_folder(roll)
    return bool(first)


# ── files ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _rows(roll: Roll, first: int, last: int, turn: Turn) -> Iterator[Mapping[str, Any]]:
    """The copies in the lines from the first to the last position, ``BATCH`` in memory."""
    payee = _sealed("payee")
    for begin in range(first, last + 1, BATCH):
        end = min(begin + BATCH - 1, last)
        lines = roll.lines.filter(position__gte=begin, position__lte=end).order_by("position")
        for pk, token in lines.values_list("pk", "payee"):
            yield payee.open_for(token, pk)
        turn.beat()


def _keep(turn: Turn, files: Sequence[StoredFile]) -> bool:
    """Note stored files on the roll, or delete them where the turn was lost."""
    try:
        with transaction.atomic():
            roll = turn.locked()
            if files[0].kind != RollFile.Kind.PDF:
                roll.xlsx_name, roll.xlsx_sha256, roll.xlsx_size = files[0].name, files[0].sha256, files[0].size
            others = [file for file in files if file.kind in RollFile.Kind.values]
            RollFile.objects.bulk_create(RollFile(roll=roll, **file._asdict()) for file in others)
            roll.save()
    except BaseException:
        forget_files(files)
        raise
    return True


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
    lines = RollLine.objects.filter(roll=roll_id).annotate(newest=Subquery(accounts.values("number_hash")[:1]))
    changed = lines.filter(~Q(newest=F("account_hash")) | Q(payable__person__proven_at__isnull=True))
    return changed.order_by("position").values_list("pk", flat=True).first()
