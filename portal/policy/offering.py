"""What an approval gives beside money: the rung of the ladder, and the card, nights or apartment that go with it."""

from typing import Any, NamedTuple, Self

from portal.policy.conditions import Answer, View, all_hold
from portal.policy.conditions.housing import FreeNights
from portal.policy.facts import Absence, Value
from portal.policy.schema import PolicyDocument


class Tier(NamedTuple):
    """The rung somebody stands on, "" for none; ``is_open`` where it is not decided yet."""

    code: str
    is_open: bool


class Offer(NamedTuple):
    """What is given; the parts a policy does not give are empty. ``rent_fen`` is a month's rent in the first year."""

    tier: str = ""
    card: str = ""
    validity_years: int | None = None
    nights: int | None = None
    area_m2: int | None = None
    shared_by: int | None = None
    rent_fen: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values, those that are given."""
        return {name: value for name, value in self._asdict().items() if value not in ("", None)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The offer that ``as_json`` wrote."""
        return cls(**data)


NO_OFFER = Offer()


def tier_of(document: PolicyDocument, view: View) -> Tier:
    """The highest rung of the document's ladder whose conditions hold; open where a higher one is not decided yet.

    Where the better of a couple counts (``better_spouse_counts``), the spouse's recognitions count like one's own.
    """
    spouse: Value = ()
    if document.apartment and document.apartment.better_spouse_counts and view.value("married") != "no":
        spouse = view.value("spouse_recognitions")
    for rung in document.ladder:
        if isinstance(spouse, tuple) and rung.code in spouse:
            return Tier(rung.code, False)
        answer = all_hold(rung.when, view).answer
        if answer is Answer.UNPROVEN or (spouse is Absence.UNKNOWN and rung is not document.ladder[0]):
            return Tier("", True)
        if answer is Answer.MET:
            return Tier(rung.code, False)
    return Tier("", False)


def offer_of(document: PolicyDocument, view: View) -> Offer:
    """What somebody gets who meets every clause."""
    tier = tier_of(document, view).code
    offer = Offer(tier)
    if document.card:
        card = next((it for it in document.card.kinds if tier in it.tiers), None)
        if card:
            offer = offer._replace(card=card.kind, validity_years=card.validity_years)
    if document.apartment:
        unit = next((it for it in document.apartment.units if tier in it.tiers), None)
        price = next((it for it in document.apartment.prices if tier in it.tiers), None)
        if unit and price:
            market_fen = unit.area_m2 * document.apartment.market_rent_yuan_per_m2 * 100
            rent_fen = market_fen * price.percent[0] // 100
            offer = offer._replace(area_m2=unit.area_m2, shared_by=unit.shared_by, rent_fen=rent_fen)
    nights = next((it for it in document.all_conditions() if isinstance(it, FreeNights)), None)
    # A wish needs no paper, and its clause has been met already.
    wanted, used = (view.known[it].value if it in view.known else None for it in ("nights_wanted", "nights_used"))
    if nights and isinstance(wanted, int):
        offer = offer._replace(nights=min(wanted, nights.left(used if isinstance(used, int) else 0)))
    return offer
