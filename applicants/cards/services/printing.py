"""Cards on plastic: batches for the printer, spoiled blanks, and who took a card at the counter."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.cards.kinds import kind_title
from applicants.cards.models import Card, CardFile, CardState, PaperShown, PrintBatch, PrintLine
from applicants.cards.services.files import name_on, tier_title
from portal.accounts.models import Role, User
from portal.audit.services import record
from portal.casework.doors import desk_applications, within
from portal.casework.models import Application, ReferenceCounter
from portal.policy.models import PolicyVersion
from portal.vault.files import digest_of_sealed, sealed_pieces
from portal.vault.sealing import SealBroken

MOST = 500  # cards of one batch
FACES = (CardFile.Kind.FRONT, CardFile.Kind.BACK)
HEADS = ("卡号", "姓名", "卡种", "层次", "起始日期", "截止日期", "正面", "背面")


class PrintRefused(Exception):
    """What cannot be done with a batch or a card of it; its text is the sentence the person reads."""


def visible_cards(user: User) -> QuerySet[Card]:
    """The cards that the desk roles of ``user`` reach; never the own."""
    return Card.objects.filter(application__in=desk_applications(user))


def clerks_cards(user: User) -> QuerySet[Card]:
    """The cards that ``user`` may print and hand over as a clerk; never the own."""
    reach = Application.objects.filter(within(user, (Role.CLERK,))).exclude(applicant__user=user)
    return Card.objects.filter(application__in=reach)


def _live_lines() -> QuerySet[PrintLine]:
    return PrintLine.objects.exclude(state=PrintLine.State.SPOILED)


def printable_q() -> Q:
    """The cards that can go to the printer: valid, their files made, on no live batch."""
    lines = _live_lines().filter(card=OuterRef("pk"))
    files = CardFile.objects.filter(card=OuterRef("pk"), kind=CardFile.Kind.FRONT)
    return Q(Exists(files), ~Exists(lines), state=CardState.ACTIVE)


def is_plastic(card: Card) -> bool:
    """Whether the card's policy gives it on plastic at all."""
    return _gives_plastic(card.application.policy_version_id)


@lru_cache(maxsize=64)
def _gives_plastic(version_id: int) -> bool:
    # A version that has been published, as that of every card has been, never changes.
    terms = PolicyVersion.objects.get(pk=version_id).parsed.card
    return terms is not None and "physical" in terms.forms


def live_line(card: Card) -> PrintLine | None:
    """The card's place on the batch that counts, if it is on one."""
    return _live_lines().filter(card=card).select_related("batch", "state_by").first()


def print_standing(card: Card, line: PrintLine | None, *, has_files: bool) -> str:
    """How far the plastic is: a state of the line, or why there is none (electronic, over, held, paused), or what it
    waits for (drawing, ready).
    """
    if line is not None and (line.state == PrintLine.State.HANDED_OVER or card.state != CardState.ENDED):
        return str(line.state)
    if card.state != CardState.ACTIVE:
        return {CardState.HELD: "held", CardState.SUSPENDED: "paused"}.get(CardState(card.state), "over")
    if not is_plastic(card):
        return "electronic"
    return "ready" if has_files else "drawing"


def visible_batches(user: User) -> QuerySet[PrintBatch]:
    """The batches all of whose cards are in the reach of ``user``."""
    outside = PrintLine.objects.filter(batch=OuterRef("pk")).exclude(card__in=visible_cards(user))
    return PrintBatch.objects.filter(~Exists(outside))


def make_batch(*, card_ids: Sequence[UUID], by: User, at: datetime) -> PrintBatch:
    """Put cards on a new batch, in the order of their numbers; what cannot be printed (any more) is left out.

    Raises PrintRefused where nothing is left, or there are more than ``MOST``.
    """
    if len(card_ids) > MOST:
        raise PrintRefused(_("一批最多 %(count)d 张卡。") % {"count": MOST})
    with transaction.atomic():
        rows = clerks_cards(by).filter(pk__in=list(card_ids)).select_for_update(of=("self",)).order_by("pk")
        locked = [card.pk for card in rows]
        found = Card.objects.filter(printable_q(), pk__in=locked).select_related("application")
        cards = [card for card in found.order_by("number") if is_plastic(card)]
        if not cards:
            raise PrintRefused(_("没有选中可以打印的卡。请先选卡，再排一批。"))
        year = timezone.localdate(at).year
        number = f"ZK-{year}-{ReferenceCounter.take('card_batch', year):04d}"
        batch = PrintBatch.objects.create(number=number, made_by=by, made_at=at)
        PrintLine.objects.bulk_create(
            PrintLine(batch=batch, card=card, position=position, state_at=at, state_by=by)
            for position, card in enumerate(cards, start=1)
        )
        record(action="print_batch.make", actor=by, target=batch, at=at, note=str(len(cards)))
        return batch


def mark_printed(*, batch: PrintBatch, line_ids: Sequence[UUID], by: User, at: datetime) -> int:
    """Note that cards came out well; how many. Raises PrintRefused where none of them waited."""
    done = _mark(batch, line_ids, (PrintLine.State.WAITING,), PrintLine.State.PRINTED, by=by, at=at)
    return len(done)


def spoil_blanks(*, batch: PrintBatch, line_ids: Sequence[UUID], reason: str, by: User, at: datetime) -> int:
    """Note that blanks were spoiled; their cards are free for the next batch. Raises PrintRefused."""
    if not reason.strip():
        raise PrintRefused(_("请写明怎么打废的。"))
    sources = (PrintLine.State.WAITING, PrintLine.State.PRINTED)
    return len(_mark(batch, line_ids, sources, PrintLine.State.SPOILED, by=by, at=at, note=reason.strip()))


def hand_over(*, card_id: UUID, taken_by: str, paper_shown: str, note: str, by: User, at: datetime) -> PrintLine:
    """Note who took the card at the counter, which paper they showed, and where their signature is kept.

    Raises PrintRefused: the card is not printed, or not valid.
    """
    with transaction.atomic():
        line = (
            PrintLine.objects.select_for_update(of=("self",))
            .select_related("card", "batch")
            .filter(card__in=clerks_cards(by), card_id=card_id, state=PrintLine.State.PRINTED)
            .first()
        )
        if line is None:
            raise PrintRefused(_("这张卡现在没有打印好的卡片可以领取。"))
        if line.card.state != CardState.ACTIVE:
            raise PrintRefused(_("这张卡现在不是有效状态，不能交给持卡人。"))
        line.paper_shown, line.taken_by = PaperShown(paper_shown), taken_by
        _write([line], PrintLine.State.HANDED_OVER, by=by, at=at, note=note)
        return line


def _mark(
    batch: PrintBatch,
    line_ids: Sequence[UUID],
    sources: tuple[str, ...],
    target: PrintLine.State,
    *,
    by: User,
    at: datetime,
    note: str = "",
) -> list[PrintLine]:
    with transaction.atomic():
        rows = batch.lines.select_for_update(of=("self",)).filter(
            pk__in=list(line_ids), state__in=sources, card__in=clerks_cards(by)
        )
        lines = list(rows.order_by("position"))
        if not lines:
            raise PrintRefused(_("请先选卡。已经办过的不能再办一次。"))
        _write(lines, target, by=by, at=at, note=note)
        return lines


def _write(lines: Sequence[PrintLine], target: PrintLine.State, *, by: User, at: datetime, note: str) -> None:
    for line in lines:
        line.state, line.state_at, line.state_by, line.note = target, at, by, note
        line.save()
        record(action=f"card.{target}", actor=by, target=("cards.card", str(line.card_id)), at=at)


# ── the file for the printer ───────────────────────────────────────────────────────────────────────────────────────


def batch_pieces(*, batch: PrintBatch, by: User, at: datetime) -> Iterator[bytes]:
    """A ZIP of both faces of every card that is still valid, with a list (CSV); audited. Flat in memory.

    Every file is opened and compared with its digest before the first piece goes out. Raises PrintRefused.
    """
    if clerks_cards(by).filter(print_lines__batch=batch).count() != batch.lines.count():
        raise PrintRefused(_("这一批里有您不能办理的卡。"))
    lines = _lines_to_print(batch)
    if not lines.exists():
        raise PrintRefused(_("这一批里没有还要打印的卡。"))
    for line in lines.iterator(chunk_size=100):
        for file in _faces_of(line):
            try:
                is_whole = digest_of_sealed(file.stored_as) == file.sha256
            except (FileNotFoundError, SealBroken):
                is_whole = False
            if not is_whole:
                raise PrintRefused(_("有卡面文件打不开，请联系管理员。"))
    record(action="print_batch.download", actor=by, target=batch, at=at, note=str(lines.count()))
    return _zip_pieces(batch, at)


def _lines_to_print(batch: PrintBatch) -> QuerySet[PrintLine]:
    rows = batch.lines.filter(state__in=(PrintLine.State.WAITING, PrintLine.State.PRINTED))
    return rows.filter(card__state=CardState.ACTIVE).select_related("card__person", "card__application")


def _faces_of(line: PrintLine) -> list[CardFile]:
    files = {file.kind: file for file in CardFile.objects.filter(card=line.card_id, kind__in=FACES)}
    return [files[kind] for kind in FACES]


class _Pipe(io.RawIOBase):
    """What a ZIP is written to: keeps the bytes until they are taken."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._kept.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """All that was written since it was last asked."""
        taken, self._kept = b"".join(self._kept), []
        return taken


def _zip_pieces(batch: PrintBatch, at: datetime) -> Iterator[bytes]:
    pipe, list_of_cards = _Pipe(), io.StringIO()
    rows = csv.writer(list_of_cards, quoting=csv.QUOTE_ALL)  # for the printer's program: numbers as they are
    rows.writerow(HEADS)
    when = timezone.localtime(at).timetuple()[:6]
    with ZipFile(pipe, "w", ZIP_STORED) as archive:  # pictures are compressed already
        for line in _lines_to_print(batch).iterator(chunk_size=100):
            card, names = line.card, []
            for file in _faces_of(line):
                names.append(f"{line.position:03d}-{card.number}-{file.kind}.png")
                with archive.open(ZipInfo(names[-1], when), "w") as target:
                    for piece in sealed_pieces(file.stored_as):
                        target.write(piece)
                        yield pipe.take()
            dates = (card.valid_from.isoformat(), card.valid_to.isoformat())
            rows.writerow((card.number, name_on(card), kind_title(card).zh, tier_title(card), *dates, *names))
        archive.writestr(ZipInfo(f"{batch.number}.csv", when), "\ufeff" + list_of_cards.getvalue())
    yield pipe.take()
