"""Checks of a card: what an outlet is told of a genuine code, and what anybody else is."""

from __future__ import annotations

from datetime import date, datetime

from django.db import connection
from django.db.models import F, FilteredRelation, Q, QuerySet
from django.utils import timezone

from applicants.cards.models import Card, CardCheck, CardEnd, CardState, CheckResult
from applicants.cards.services.codes import Code, CodeRefused, Fault, read_digits
from applicants.cards.services.numbering import is_card_number
from portal.locks.services import Locked, begin_guess
from portal.partners.models import PartnerMember, PartnerPlace
from portal.prepared import Prepared


def check_card(code: Code, *, place: PartnerPlace, member: PartnerMember, at: datetime) -> CardCheck:
    """Log a check and answer it: at one outlet the code of a minute gives the same answer again, at others it is used.

    Each verifier of the outlet who checks it has a row of their own, once.
    The check comes with its card, and that with its application. Each statement is a transaction of its own; of two
    outlets at once the constraint lets one in. Raises CodeRefused for a card that is not there.
    """
    card, is_used = _card_of(code)
    made = CardCheck(
        card=card,
        place=place,
        member=member,
        minute=code.minute,
        is_typed=code.is_typed,
        result=standing(card, on=timezone.localdate(at)),
        at=at,
    )
    if made.result == CheckResult.VALID and (is_used or not _store(made)):
        first = CardCheck.objects.get(card=card, minute=code.minute, result=CheckResult.VALID, repeats=None)
        if first.place_id == place.pk:
            return _repeat(first, made)
        made.result = CheckResult.USED
    if made.result != CheckResult.VALID:
        _store(made)
    return made


def _repeat(first: CardCheck, made: CardCheck) -> CardCheck:
    """The verifier's own check of a code that the outlet was told is good: the first one, or a row that repeats it."""
    found = first
    if first.member_id != made.member_id:
        made.repeats = first
        found = made if _store(made) else CardCheck.objects.get(repeats=first, member=made.member)
    found.card, found.place = made.card, made.place
    return found


def is_valid(code: Code, *, at: datetime) -> bool:
    """All that anybody may know: whether the code is of a valid card and was shown to no outlet yet."""
    card, is_used = _card_of(code)
    return not is_used and standing(card, on=timezone.localdate(at)) == CheckResult.VALID


def read_typed(number: str, digits: str, *, at: datetime, at_real: datetime) -> Code:
    """The code that somebody typed as card number and digits. Raises CodeRefused.

    A number that is not there is answered, and counted, like one whose digits are wrong.
    """
    try:
        guess = begin_guess("card-code", number, at_real=at_real)
    except Locked:
        raise CodeRefused(Fault.TOO_OFTEN) from None
    card = Card.objects.filter(number=number).only("opaque_id").first() if is_card_number(number) else None
    try:
        code = read_digits(card.opaque_id if card else "", digits, at=at)
        if card is None:
            raise CodeRefused(Fault.WRONG)
    except CodeRefused as refusal:
        if refusal.fault == Fault.WRONG:
            guess.was_wrong()
        else:
            guess.was_right()
        raise
    guess.was_right()
    return code


def standing(card: Card, *, on: date) -> CheckResult:
    """How the card stands on a day, in the words of a check. One that is held was never handed out."""
    if card.state == CardState.ENDED:
        return CheckResult.EXPIRED if card.ended_as == CardEnd.EXPIRED else CheckResult.REVOKED
    if card.state != CardState.ACTIVE:
        return CheckResult.SUSPENDED
    return CheckResult.VALID if card.valid_from <= on <= card.valid_to else CheckResult.EXPIRED


def _question(opaque_id: str, minute: datetime) -> QuerySet[Card]:
    is_used = Q(checks__minute=minute, checks__result=CheckResult.VALID, checks__repeats=None)
    rows = Card.objects.annotate(used=FilteredRelation("checks", condition=is_used), used_by=F("used__id"))
    return rows.select_related("application").only(*_SHOWN).filter(opaque_id=opaque_id).order_by()


_SHOWN = (
    "state",
    "ended_as",
    "valid_from",
    "valid_to",
    "tier",
    "kind",
    "application__name_masked",
    "application__policy_version",
)
_ask = Prepared(_question, Card._meta.get_field("opaque_id"), CardCheck._meta.get_field("minute"))


def _card_of(code: Code) -> tuple[Card, bool]:
    """The card with what is asked of its application, and whether an outlet was told already that the code is good."""
    for card in _ask(code.card, code.minute):
        return card, vars(card)["used_by"] is not None
    raise CodeRefused(Fault.GARBAGE)


_WRITE = "INSERT INTO cards_cardcheck ({}) VALUES ({}) ON CONFLICT DO NOTHING"


def _store(check: CardCheck) -> bool:
    """Write the row; False where another outlet was told in this minute that the code is good."""
    fields = CardCheck._meta.concrete_fields
    names = ", ".join(str(field.column) for field in fields)
    values = [field.get_db_prep_save(getattr(check, field.attname), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE.format(names, ", ".join(["%s"] * len(values))), values)
        return bool(cursor.rowcount)
