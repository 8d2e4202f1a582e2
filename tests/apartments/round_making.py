"""A round as it is really walked: prepared, opened, entered, frozen, drawn, published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from housing.apartments.models import (
    Building,
    Entrant,
    EntrantAdult,
    EntrantState,
    EntrantWish,
    Mode,
    Round,
    RoundState,
    Unit,
    UnitPhoto,
)
from housing.apartments.services import drawing, freezing, opening
from housing.apartments.services.photos import add_photo
from housing.apartments.services.refusals import RoundRefused
from portal.accounts.models import Role, User
from portal.casework.models import Application
from tests.apartments.making import AT, DAY, HOUR, load_apartment_policy, make_approved
from tests.factories import make_staff, staff
from tests.lodging.sites_making import picture

VALUE = "4012.33"
OPENS, FREEZES = AT + HOUR, AT + 7 * DAY
KNOWN, DRAWS = FREEZES + DAY, FREEZES + 2 * DAY
NAMED = "2026 年 3 月 10 日上证综合指数收盘点位"


def round_values(mode: str = Mode.LOTTERY, **fields: Any) -> dict[str, Any]:
    """The columns of a sound round."""
    is_lottery = mode in (Mode.LOTTERY, Mode.TIERS_THEN_LOTTERY)
    return {
        "title_zh": "2026 年第一批",
        "title_en": "First round of 2026",
        "mode": mode,
        "opens_at": OPENS,
        "freezes_at": FREEZES,
        "draw_at": DRAWS,
        "lease_starts_on": (DRAWS + 20 * DAY).date(),
        "public_value_zh": NAMED if is_lottery else "",
        "public_value_en": "",
        "public_value_at": KNOWN if is_lottery else None,
    } | fields


def prepare(building: Building, mode: str = Mode.LOTTERY, *, by: User | None = None, **fields: Any) -> Round:
    """A draft with every unit of the building."""
    load_apartment_policy()
    units = list(building.units.values_list("pk", flat=True))
    by = by or staff(Role.ADMINISTRATOR)
    return opening.make_round(values=round_values(mode, **fields), units=units, by=by, at=AT)


def open_for(building: Building, mode: str = Mode.LOTTERY, **fields: Any) -> Round:
    """A round that people may enter from OPENS on."""
    row = prepare(building, mode, **fields)
    return opening.open_round(row.pk, by=row.made_by, at=AT)


def enter(row: Round, application: Application | None = None, *, tier: str = "MST", at: datetime = OPENS) -> Entrant:
    """Somebody who has entered, wishing for the first kind of unit. The row is written as entering.py leaves it."""
    application = application or make_approved()
    row.refresh_from_db()
    row.entrant_count += 1
    row.save(update_fields=["entrant_count"])
    entrant = Entrant.objects.create(
        round=row,
        application=application,
        number=row.entrant_count,
        tier=tier,
        household_size=application.apartment_request.household_size,
        entered_at=at,
        state=EntrantState.ENTERED,
        state_at=at,
    )
    EntrantAdult.objects.create(round=row, entrant=entrant, number_hash=f"{entrant.pk.hex}")
    EntrantWish.objects.create(entrant=entrant, type=row.units.first().unit.type, position=1)
    return entrant


def leave(entrant: Entrant, *, at: datetime) -> None:
    """The entrant leaves, as entering.py writes it."""
    Entrant.objects.filter(pk=entrant.pk).update(state=EntrantState.LEFT, state_at=at)


def walk_round(
    building: Building,
    state: str = RoundState.PUBLISHED,
    *,
    mode: str = Mode.LOTTERY,
    tiers: tuple[str, ...] = ("MST",),
) -> Round:
    """A round in ``state``, with one entrant for each of ``tiers``."""
    row = open_for(building, mode)
    for tier in tiers:
        enter(row, tier=tier)
    return row if state == RoundState.OPEN else walk_on(row, state)


def walk_on(row: Round, state: str = RoundState.PUBLISHED) -> Round:
    """The open round, on to ``state``."""
    admin = row.made_by
    freezing.freeze_round(row.pk, by=admin, at=FREEZES)
    if state != RoundState.FROZEN:
        about = {"name": "王见", "function": "市公证处公证员", "has_agreed": True}
        drawing.note_witness(row.pk, **about, by=admin, at=DRAWS)
        drawing.draw_round(row.pk, public_value=VALUE, by=admin, at=DRAWS)
        drawing.write_ranks(row.pk, at=DRAWS)
        if state == RoundState.PUBLISHED:
            drawing.publish_round(row.pk, by=admin, at=DRAWS + HOUR)
    row.refresh_from_db()
    return row


def unit_photo_of(unit: Unit, caption: str = "客厅", *, at: datetime = AT) -> UnitPhoto:
    """A photo, added after those that are there."""
    by = staff(Role.ADMINISTRATOR)
    return add_photo(unit=unit, upload=picture(), caption_zh=caption, caption_en="Living room", by=by, at=at)


def another_admin() -> User:
    """A second administrator."""
    return make_staff(Role.ADMINISTRATOR)


def refused(service: Callable[..., object], *args: object, **about: object) -> str:
    """The sentence with which a service of rounds refuses."""
    with pytest.raises(RoundRefused) as error:
        service(*args, **about)
    return error.value.sentence
