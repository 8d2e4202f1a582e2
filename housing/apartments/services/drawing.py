"""The draw: witnesses, the one run of it, the ranks written from its file, the publication.

The file is the result; ranks are written from it in batches, as often as it takes, and say nothing else.
"""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from housing.apartments.draw import DrawRefused, EntrantList, Witness, draw, read_list
from housing.apartments.models import (
    Entrant,
    EntrantState,
    Round,
    RoundAnnulment,
    RoundFile,
    RoundState,
    RoundWitness,
)
from housing.apartments.services.freezing import store_file
from housing.apartments.services.opening import refuse_others
from housing.apartments.services.refusals import RoundRefused
from housing.apartments.services.rounds import change_round, for_each, lock_round, refuse_interested
from portal.accounts.models import User
from portal.audit.services import record

BATCH = 500  # rows of one transaction


def note_witness(round_id: UUID, *, name: str, function: str, has_agreed: bool, by: User, at: datetime) -> RoundWitness:
    """Record somebody who is there for the draw and agrees to be named in public. Raises RoundRefused."""
    refuse_others(by)
    if not has_agreed:
        raise RoundRefused(_("见证人同意公开姓名和身份，才能登记。"))
    try:
        with transaction.atomic():
            row = _lock_frozen(round_id, by)
            witness = RoundWitness.objects.create(
                round=row, name=name, function=function, has_agreed=True, noted_by=by, noted_at=at
            )
            record(action="round.note_witness", actor=by, target=row, at=at, note=row.number)
    except IntegrityError:
        raise RoundRefused(_("这位见证人已经登记过。")) from None
    return witness


def drop_witness(round_id: UUID, witness_id: UUID, *, by: User, at: datetime) -> None:
    """Take back a witness recorded by mistake, before the draw; twice is once. Raises RoundRefused."""
    refuse_others(by)
    with transaction.atomic():
        row = _lock_frozen(round_id, by)
        if RoundWitness.objects.filter(round=row, pk=witness_id).delete()[0]:
            record(action="round.drop_witness", actor=by, target=row, at=at, note=row.number)


def draw_round(
    round_id: UUID, *, public_value: str = "", by: User, at: datetime, expected_version: int | None = None
) -> Round:
    """Draw, once: reveal the secret, take in the public value, store the result file. Not public yet.

    Raises RoundRefused: too early, no list in time, no witness, a value that cannot be one, or drawn already.
    """
    refuse_others(by)
    row = Round.objects.get(pk=round_id)
    listing = _listing(row)
    witnesses = _witnesses(row)
    if not witnesses:
        raise RoundRefused(_("请先登记至少一位见证人。"))
    if any(it.name == by.display_name for it in witnesses):
        raise RoundRefused(_("主持的人不能当自己的见证人，请登记别人。"))
    try:
        result = draw(listing, drawn_at=at, secret=row.secret, public_value=public_value, witnesses=witnesses)
    except DrawRefused as refusal:
        raise RoundRefused(str(refusal)) from None
    with transaction.atomic():
        fields: dict[str, object] = {"seed": result.seed, "public_value": result.public_value}
        row = change_round(row.pk, "draw", by=by, at=at, expected_version=expected_version, fields=fields)
        _refuse_annulled_soon(row)
        if listing.sha256 != row.entrants_sha256 or witnesses != _witnesses(row):
            raise RoundRefused(_("这个批次刚刚被别人办理过。请看最新的情况，再决定怎么办。"))
        store_file(row, RoundFile.Kind.RESULT, result.to_bytes(), at=at)
        record(action="round.store_result", actor=by, target=row, at=at, digest=result.sha256, note=row.number)
    return row


def rank_due(*, at: datetime) -> int:
    """Write the ranks that are missing in drawn rounds; gives how many were written."""
    return for_each(Round.objects.filter(state=RoundState.DRAWN), lambda row: write_ranks(row.pk, at=at))


def write_ranks(round_id: UUID, *, at: datetime) -> int:
    """Write the ranks of a drawn round from its result file, batch by batch; what is written is left alone."""
    row = Round.objects.get(pk=round_id)
    written = 0
    missing = set(Entrant.objects.filter(round=row, rank=None).values_list("number", flat=True))
    ranks = {number: rank for rank, number in enumerate(ranking_of(row), 1) if number in missing}
    numbers_ranked = list(ranks)
    for start in range(0, len(numbers_ranked), BATCH):
        numbers = numbers_ranked[start : start + BATCH]
        with transaction.atomic():
            lock_round(round_id)
            entrants = list(Entrant.objects.filter(round=row, number__in=numbers, rank=None))
            for entrant in entrants:
                entrant.rank = ranks[entrant.number]
            Entrant.objects.bulk_update(entrants, ["rank"])
            served = Entrant.objects.filter(round=row, number__in=numbers, state=EntrantState.ENTERED)
            served.update(state=EntrantState.RANKED, state_at=at)
            written += len(entrants)
    return written


def publish_round(round_id: UUID, *, by: User, at: datetime, expected_version: int | None = None) -> Round:
    """Make the result public; from then on offers go out. Raises RoundRefused."""
    with transaction.atomic():
        _refuse_annulled_soon(lock_round(round_id))
        return change_round(round_id, "publish", by=by, at=at, expected_version=expected_version)


def ranking_of(row: Round) -> list[int]:
    """The numbers in order of rank, as the result file says; empty before the draw."""
    content = RoundFile.objects.filter(round=row, kind=RoundFile.Kind.RESULT).values_list("content", flat=True).first()
    ranking: list[int] = json.loads(bytes(content))["ranking"] if content is not None else []
    return ranking


def is_listed_late(row: Round) -> bool:
    """Whether the list became public when the public value could be known already: no draw may rest on it."""
    lists = RoundFile.objects.filter(round=row, kind=RoundFile.Kind.ENTRANTS)
    return row.public_value_at is not None and lists.filter(made_at__gte=row.public_value_at).exists()


def _listing(row: Round) -> EntrantList:
    stored = RoundFile.objects.filter(round=row, kind=RoundFile.Kind.ENTRANTS).first()
    if stored is None:
        raise RoundRefused(_("锁定的名单还没有公布。"))
    if is_listed_late(row):
        raise RoundRefused(_("名单公布得太晚，公开数值那时已经产生。请作废这个批次，重新进行。"))
    return read_list(bytes(stored.content).decode())


def _witnesses(row: Round) -> list[Witness]:
    return [Witness(it.name, it.function) for it in RoundWitness.objects.filter(round=row)]


def _lock_frozen(round_id: UUID, by: User) -> Round:
    row = lock_round(round_id)
    refuse_interested(row, by)
    if row.state != RoundState.FROZEN:
        raise RoundRefused(_("见证人在名单锁定以后、摇号以前登记。"))
    return row


def _refuse_annulled_soon(row: Round) -> None:
    if RoundAnnulment.objects.filter(round=row, confirmed_by=None).exists():
        raise RoundRefused(_("有人提出作废，先处理作废再往下办。"))
