"""A full site, those who wait for its bed, and how they stand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from housing.lodging.models import Site, Stay, WaitingPlace
from housing.lodging.services.changing import change_stay
from housing.lodging.services.waiting import join_line
from portal.casework.models import Application
from tests.lodging.making import AT, HOUR, hold, make_booking, make_site, start_lodging, wish


def full_site() -> tuple[Site, Stay]:
    """A site whose one bed is taken on the three nights asked for, and the stay that has it."""
    site = make_site(1)
    return site, hold(make_booking(site), until=AT + timedelta(days=30))


def waiter(site: Site, *, at: datetime = AT, **asked: Any) -> Application:
    """Somebody new who joins the line for what ``wish`` says."""
    draft = start_lodging(at=at)
    join_line(draft, wish(site, **asked), by=draft.applicant.user, at=at)
    return draft


def states(*drafts: Application) -> list[str]:
    """How the newest wait of each stands."""
    return [WaitingPlace.objects.filter(booking=row.pk).latest("since").state for row in drafts]


def free(stay: Stay, *, at: datetime = AT + HOUR) -> None:
    """Give its bed back."""
    change_stay(stay.pk, "cancel", by=None, at=at)
