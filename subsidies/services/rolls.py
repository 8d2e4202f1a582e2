"""Collect, drop and download payment rolls, and who may see them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from applicants.people.models import Person
from portal.accounts.models import Role, User
from portal.accounts.scopes import scope_q
from portal.audit.services import record
from portal.casework.doors import kept_from
from portal.casework.models import ReferenceCounter
from portal.casework.services.advancing import StepRefused
from portal.partners.models import PartnerAccount
from portal.vault.files import digest_of_sealed, sealed_pieces
from portal.vault.sealing import SealBroken
from subsidies.models import Payable, Roll, RollLine
from subsidies.services.checking import account_of, bring_accounts_up_to_date, obstacles, payables_of, sentence_for
from subsidies.services.evidence import Evidence, evidence_of
from subsidies.services.filing import XLSX, stored_files, sweep_folder

READERS = (Role.FINANCE, Role.ADMINISTRATOR, Role.AUDITOR)
BATCH = 500  # lines in one transaction


def visible_rolls(user: User, roles: Sequence[str] = READERS) -> QuerySet[Roll]:
    """The rolls whose every line is in the scope of ``user``; newest first."""
    rolls = Roll.objects.order_by("-collected_at", "-id")
    scope = scope_q(user, roles)
    if scope == Q():
        return rolls
    elsewhere = RollLine.objects.filter(roll=OuterRef("pk")).exclude(payable__in=Payable.objects.filter(scope))
    return rolls.filter(~Exists(elsewhere))


def require_finance(roll: Roll, by: User) -> None:
    """Raise StepRefused unless ``by`` is finance for every line of the roll."""
    if not visible_rolls(by, (Role.FINANCE,)).filter(pk=roll.pk).exists():
        raise StepRefused(_("您没有办理这一步的权限。"))


def why_kept_away(roll: Roll, by: User) -> str:
    """Why ``by`` may neither issue nor download the roll: they keep away from a file on it; "" where they do not."""
    if roll.lines.filter(payable__application__in=kept_from(by)).exists():
        return _("名单里有您回避的申请，要由同事签发和下载。")
    return ""


def collect_roll(*, payable_ids: Sequence[UUID], by: User, at: datetime) -> Roll:
    """Put chosen payables on a new roll, at most ``BATCH``; each is checked again under lock, and has one live line.

    Raises StepRefused naming what stands in the way.
    """
    wanted, on = set(payable_ids), timezone.localdate(at)
    if not wanted:
        raise StepRefused(_("请至少选择一笔可以发放的款项。"))
    if len(wanted) > BATCH:
        raise StepRefused(_("一次最多选 %(count)s 笔；更多的，请用“全部汇总”。") % {"count": BATCH})
    bring_accounts_up_to_date(wanted)  # before the transaction: what is found then is seen after it too
    try:
        with transaction.atomic():
            list(Payable.objects.select_for_update().filter(pk__in=wanted).order_by("pk").values_list("pk"))
            seen = evidence_of(wanted)  # before the check: what changes in between is checked in full at issue
            payables = list(payables_of(by, (Role.FINANCE,)).filter(pk__in=wanted))
            if len(payables) < len(wanted):
                raise StepRefused(_("有款项不在您的范围内，请刷新后再选。"))
            if len({payable.programme for payable in payables}) > 1:
                raise StepRefused(_("一份花名册只能有一个项目。"))
            require_clear(payables, by, on)
            roll = new_roll(programme=payables[0].programme, by=by, at=at)
            add_lines(roll, payables, seen)
            record(action="roll.collect", actor=by, target=roll, at=at, fields=["lines"], note=str(len(payables)))
            return roll
    except IntegrityError as error:
        if "payable" not in str(error):
            raise
        raise StepRefused(_("有款项刚刚被收进另一份花名册，请刷新后再选。")) from error


def new_roll(*, programme: str, by: User, at: datetime, **fields: Any) -> Roll:
    """An empty roll with the next number; ``fields`` besides."""
    year = timezone.localdate(at).year
    number = f"FF-{year}-{ReferenceCounter.take('roll', year):04d}"
    return Roll.objects.create(number=number, programme=programme, collected_by=by, collected_at=at, **fields)


def add_lines(roll: Roll, payables: Sequence[Payable], seen: Mapping[UUID, Evidence], *, after: int = 0) -> None:
    """A line for each payable, from the position that follows ``after``; ``seen`` is what was checked."""
    RollLine.objects.bulk_create(
        RollLine(
            roll=roll,
            payable=payable,
            position=position,
            approved_by_id=payable.approved_by_id,
            collected_by_id=roll.collected_by_id,
            gross_fen=payable.gross_fen,
            tax_fen=payable.tax_fen,
            net_fen=payable.net_fen,
            evidence=seen[payable.pk].digest if payable.pk in seen else "",
        )
        for position, payable in enumerate(payables, start=after + 1)
    )


def require_clear(payables: Iterable[Payable], by: User, on: date, *, roll: Roll | None = None) -> None:
    """Raise StepRefused, naming the first payable that may not be paid on ``on`` or that ``by`` may not handle.

    The payables of ``roll`` itself may stand on it.
    """
    for payable in payables:
        reference = payable.reference
        found = [code for code in obstacles(payable, on=on) if not (roll and code == "on_a_roll")]
        if found:
            reason = pgettext("between two items", "；").join(sentence_for(code) for code in found)
            raise StepRefused(
                _("%(reference)s 现在不能发放：%(reason)s。") % {"reference": reference, "reason": reason}
            )
        if sentence := bar_of(payable, by):
            raise StepRefused(sentence % {"reference": reference})


def bars(evidence: Evidence, by_id: UUID) -> bool:
    """Whether one of the ids by which ``bar_of`` judges is ``by_id``; that gives the sentence."""
    payable, rows = evidence.rows[Payable], evidence.rows
    account = evidence.account
    vouched = (payable["approved_by_id"], payable["rechecked_by_id"], payable["doubt_settled_by_id"])
    givers = (account.get("settled_by_id"), account.get("given_by_id"), rows.get(Person, {}).get("user_id"))
    return by_id in (*vouched, *givers)


def bar_of(payable: Payable, by: User) -> str:
    """Why ``by`` may not collect or issue this payable, with a place for its reference; "" where nothing bars them.

    One person never both vouches for a payment and sends it out.
    """
    account = account_of(payable)
    if payable.approved_by_id == by.pk:
        return _("%(reference)s 由您审定，不能再由您汇总或签发。")
    if by.pk in (payable.rechecked_by_id, payable.doubt_settled_by_id, account.settled_by_id if account else None):
        return _("%(reference)s 的账户或在职由您核对，不能再由您汇总或签发。")
    is_given_by = isinstance(account, PartnerAccount) and account.given_by_id == by.pk
    if is_given_by or (payable.person and payable.person.user_id == by.pk):
        return _("%(reference)s 是您本人的款项，请由同事办理。")
    return ""


def drop_roll(*, roll: Roll, by: User, at: datetime) -> Roll:
    """Give up a roll that was not issued; its payables are free again. Raises StepRefused."""
    with transaction.atomic():
        row = Roll.objects.select_for_update().get(pk=roll.pk)
        require_finance(row, by)
        if row.state == Roll.State.ISSUING:
            raise StepRefused(_("这份花名册正在签发，现在不能作废。"))
        if row.state not in (Roll.State.COLLECTING, Roll.State.COLLECTED):
            raise StepRefused(_("这份花名册已经签发或作废。"))
        row.state = Roll.State.DROPPED
        row.save(update_fields=["state"])
        record(action="roll.drop", actor=by, target=row, at=at, fields=["state"])
    free_dropped_lines(row.pk)
    return row


def free_dropped_lines(roll_id: UUID | None = None) -> None:
    """Give the payables of a dropped roll back, or of all of them, ``BATCH`` in a transaction.

    What an issue that was stopped has left of files goes first: whoever is killed here finds the lines again.
    """
    lines = RollLine.objects.filter(is_live=True)
    dropped = Roll.objects.filter(Exists(lines.filter(roll=OuterRef("pk"))), state=Roll.State.DROPPED)
    for roll in dropped.filter(pk=roll_id) if roll_id else dropped:
        sweep_folder(roll)
        while ids := list(lines.filter(roll=roll).values_list("pk", flat=True)[:BATCH]):
            RollLine.objects.filter(pk__in=ids).update(is_live=False)


def download_roll(*, roll: Roll, by: User, at: datetime, key: str = XLSX) -> Iterator[bytes]:
    """One stored file, byte for byte and piece by piece, checked against its SHA-256; every download is audited.

    ``key`` is that of a ``StoredFile``. Only finance downloads, and nobody who approved a line or keeps
    away from its file. Raises StepRefused.
    """
    require_finance(roll, by)
    if roll.state != Roll.State.ISSUED:
        raise StepRefused(_("花名册签发以后才能下载。"))
    if roll.lines.filter(approved_by=by).exists():
        raise StepRefused(_("名单里有由您审定的款项，不能由您下载。"))
    if sentence := why_kept_away(roll, by):
        raise StepRefused(sentence)
    file = next((file for file in stored_files(roll) if file.key == key), None)
    if file is None:
        raise StepRefused(_("这份花名册没有这个文件。"))
    try:
        found = digest_of_sealed(file.name)  # all of it, before the first piece goes out
    except (FileNotFoundError, SealBroken) as error:
        raise StepRefused(_("存档文件打不开，请联系管理员。")) from error
    if found != file.sha256:
        raise StepRefused(_("存档文件与签发时的校验值不符，请联系管理员。"))
    record(action="roll.download", actor=by, target=roll, at=at, digest=file.sha256, note=file.key)
    return sealed_pieces(file.name)
