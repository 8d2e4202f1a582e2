"""The freeze: from the published moment on nobody enters; then the list is built, stored and its hash public."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from housing.apartments.draw import NO_VALUE, EntrantList, Mode
from housing.apartments.draw import Entrant as Line
from housing.apartments.models import Entrant, EntrantWish, Round, RoundFile, RoundState
from housing.apartments.services.opening import ladder_of
from housing.apartments.services.rounds import change_round, for_each, listed_entrants, lock_round
from portal.accounts.models import User
from portal.audit.services import record


def freeze_due(*, at: datetime) -> int:
    """Freeze every round whose moment has come, and store the lists that are missing; gives how many lists."""
    due = Round.objects.filter(state=RoundState.OPEN, freezes_at__lte=at)
    for_each(due, lambda row: change_round(row.pk, "freeze", by=None, at=at).version)
    waiting = Round.objects.filter(state=RoundState.FROZEN, entrants_sha256="")
    return for_each(waiting, lambda row: store_list(row.pk, at=at))


def freeze_round(round_id: UUID, *, by: User, at: datetime, expected_version: int | None = None) -> None:
    """Freeze now what the sweep has not come to yet. Raises RoundRefused."""
    change_round(round_id, "freeze", by=by, at=at, expected_version=expected_version)
    store_list(round_id, at=at)


def store_list(round_id: UUID, *, at: datetime) -> bool:
    """Publish the list of a frozen round once; False where it stands already, or nobody entered (annul it then)."""
    row = Round.objects.select_related("policy_version").get(pk=round_id)
    if row.state != RoundState.FROZEN or row.entrants_sha256 or not (lines := _lines(row)):
        return False
    known = ladder_of(row.policy_version)
    others = sorted({line.tier for line in lines} - set(known))  # tiers of an older policy come last
    named = row.public_value_zh if row.is_lottery else NO_VALUE
    listing = EntrantList(row.number, Mode(row.mode), (*known, *others), named, tuple(lines))
    content = listing.text.encode()
    with transaction.atomic():
        row = lock_round(round_id)
        if row.state != RoundState.FROZEN or row.entrants_sha256:
            return False
        store_file(row, RoundFile.Kind.ENTRANTS, content, at=at)
        row.entrants_sha256 = listing.sha256
        row.version += 1
        row.save(update_fields=["entrants_sha256", "version"])
        record(action="round.store_list", actor=None, target=row, at=at, digest=listing.sha256, note=row.number)
    return True


def store_file(row: Round, kind: RoundFile.Kind, content: bytes, *, at: datetime) -> RoundFile:
    """Keep the bytes as they are published. Raises IntegrityError where the round has such a file."""
    digest = sha256(content).hexdigest()
    return RoundFile.objects.create(round=row, kind=kind, content=content, sha256=digest, size=len(content), made_at=at)


def _lines(row: Round) -> list[Line]:
    """The entrants in order of their numbers; nothing of them but what is public."""
    wishes: dict[UUID, list[str]] = {}
    for entrant, code in (
        EntrantWish.objects.filter(entrant__round=row).order_by("position").values_list("entrant_id", "type__code")
    ):
        wishes.setdefault(entrant, []).append(code)
    entrants = Entrant.objects.filter(listed_entrants(row)).order_by("number")
    said = entrants.values_list("pk", "number", "tier", "household_size", "application__name_masked")
    return [
        Line(number, tier or "-", min(household, 99), tuple(wishes.get(pk, ("-",))), _label(name))
        for pk, number, tier, household, name in said
    ]


def _label(name: str) -> str:
    """A masked name as the list can hold it: no list stays unpublished for a sign in a name."""
    return "".join(sign for sign in name if sign.isprintable()) or "*"
