"""Codes of arrival: what a guest's phone shows at the site, and the digits that are typed in its place.

They are signed as the codes of a card are, with the stay's opaque id and a purpose of their own. The page makes a new
one each minute; each is good for five, so that an operator who is asked for the PIN first need not scan again.
"""

from __future__ import annotations

from datetime import datetime

from applicants.cards.services.codes import MINUTE, CodeSeries, PhoneCode, minute_of
from housing.lodging.models import Stay

LIVES = 5  # minutes, its own included
OF_ARRIVALS = CodeSeries("lodging-check-in", "stay-code", LIVES)


def code_of(stay: Stay, *, at: datetime) -> PhoneCode:
    """The code of the minute of ``at``. Whether the stay may have one is for the caller to ask."""
    return OF_ARRIVALS.make(stay.opaque_id, at=at)[0]


def read_code(text: str, *, at: datetime) -> str:
    """The opaque id of the stay in ``text``, whatever somebody put there. Raises CodeRefused."""
    return OF_ARRIVALS.read(text, at=at)[0]


def fits(stay: Stay, digits: str, *, at: datetime) -> bool:
    """Whether ``digits`` are those of the stay in one of the last minutes."""
    minute = minute_of(at)
    return any(OF_ARRIVALS.fits(stay.opaque_id, minute - ago * MINUTE, digits) for ago in range(LIVES))
