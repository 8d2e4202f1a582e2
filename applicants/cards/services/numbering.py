"""Card numbers: prefix, area, serial and check digit. None is given twice, and none is missing without a reason."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from stdnum import luhn

from applicants.cards.models import NumberCounter, SpoiledNumber
from portal.accounts.models import User
from portal.audit.services import record
from portal.city import city

SERIAL_DIGITS = 6


def card_number(prefix: str, serial: int) -> str:
    """The number as printed: ``prefix``, the city's six digits, the serial in six digits, a Luhn digit (ISO 7812-1)."""
    body = f"{prefix}{city().code}{serial:0{SERIAL_DIGITS}d}"
    return body + luhn.calc_check_digit(body)


def is_card_number(text: str) -> bool:
    """Whether ``text`` (digits only) is of this city and its check digit is right."""
    prefixes = tuple(prefix + city().code for prefix in city().card_prefixes.values())
    return text.isascii() and text.startswith(prefixes) and luhn.is_valid(text)


def take_serial(prefix: str) -> int:
    """The next serial of ``prefix``. Locks its counter to the end of the running transaction, which issues the card."""
    NumberCounter.objects.get_or_create(prefix=prefix)
    counter = NumberCounter.objects.select_for_update().get(prefix=prefix)
    serial = counter.next_serial
    counter.next_serial = serial + 1
    counter.save(update_fields=["next_serial"])
    return serial


def spoiled_numbers() -> QuerySet[SpoiledNumber]:
    """The numbers that never became a card, the latest first: with the cards, every number below the counters."""
    return SpoiledNumber.objects.select_related("by").order_by("-at", "-id")


def spoil_next(*, prefix: str, reason: str, by: User, at: datetime) -> SpoiledNumber:
    """Leave out the next number of ``prefix``, which must not be issued, saying why."""
    with transaction.atomic():
        spoiled = SpoiledNumber.objects.create(
            prefix=prefix, serial=take_serial(prefix), reason=reason.strip(), at=at, by=by
        )
        record(action="card_number.spoil", actor=by, target=spoiled, at=at, fields=["serial"])
        return spoiled
