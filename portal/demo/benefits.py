"""The merchants of the demo city, what they give on a talent card, and a few weeks of uses."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from applicants.cards.models import Benefit, Card, CardState, CheckResult
from applicants.cards.services.catalogue import FIELDS, add_benefit, add_from_policy, change_benefit, switch_benefit
from applicants.cards.services.checking import check_card
from applicants.cards.services.codes import Code
from applicants.cards.services.using import BenefitRefused, claim_benefit, undo_use, use_benefit
from portal.demo.partners import seed_partners
from portal.demo.walking import City
from portal.partners.choices import MemberRole, PartnerKind
from portal.partners.models import PartnerMember, PartnerPlace
from portal.partners.scopes import managers
from portal.partners.services.members import add_member
from portal.partners.services.partners import save_place

DAYS = 24  # working days of uses
# As portal.demo.partners.PARTNERS.
MERCHANTS: tuple[tuple[Any, ...], ...] = (
    (
        PartnerKind.MERCHANT,
        ("石狮黄金海岸旅游有限公司", "Shishi Golden Coast Tourism"),
        ("黄金海岸景区东门", "Golden Coast, East Gate", "永宁镇黄金海岸路 1 号", "yongning"),
        ("coast", "蔡海岸"),
        ("小许", MemberRole.CARD_VERIFIER),
    ),
    (
        PartnerKind.MERCHANT,
        ("石狮市公共停车有限公司", "Shishi Public Parking"),
        ("八七路公共停车场", "Baqi Road car park", "八七路 200 号", "hubin"),
        ("parking", "王停车"),
        ("小邱", MemberRole.CARD_VERIFIER),
    ),
    (
        PartnerKind.MERCHANT,
        ("石狮市体育中心", "Shishi Sports Centre"),
        ("体育中心健身馆", "Sports Centre gym", "学府路 30 号", "baogai"),
        ("sports", "曾健身"),
        ("小蔡", MemberRole.CARD_VERIFIER),
    ),
)
# Where else they are, by manager: a name, its English, address and town.
MORE_PLACES = {"coast": ("黄金海岸景区北门", "Golden Coast, North Gate", "永宁镇黄金海岸路 9 号", "yongning")}
# What the administrator made of the policy's entries: whose places, and how it is priced.
FROM_POLICY: dict[str, tuple[str, dict[str, Any]]] = {
    "scenic": ("coast", {"gives": "free"}),
    "parking_public": ("parking", {"gives": "free"}),
    "gym": ("sports", {"gives": "free", "per_day": 1}),
    "hotel_discount": ("hotel", {"gives": "percent", "percent_off": 20}),
    "hospital_green": ("", {}),
    "school_window": ("", {}),
}


def seed_benefits(city: City) -> None:
    """Merchants, catalogue and uses, by the services that the bureau, the holders and the verifiers use."""
    admin, at = city.staff["admin"], city.ago(DAYS + 1)
    seed_partners(by=admin, at=at, partners=MERCHANTS)
    for manager in managers().select_related("partner", "user"):
        _open_doors(manager, at)
    for benefit in add_from_policy(by=admin, at=at):
        whose, changes = FROM_POLICY[benefit.policy_code]
        _finish(benefit, changes | {"places": _places_of(whose)}, city, at)
    books = _values("购书优惠", "Discount on books", gives="percent", percent_off=10, begins_on=timezone.localdate(at))
    _switch_on(add_benefit(values=books | {"places": _places_of("merchant")}, by=admin, at=at), city, at)
    film = _values("周末观影", "Cinema at the weekend", gives="price", price_fen=2500, per_month=2)
    add_benefit(values=film | {"begins_on": timezone.localdate(city.now), "places": []}, by=admin, at=city.ago(2))
    _use(city)


def _open_doors(manager: PartnerMember, at: datetime) -> None:
    """Another place where there is one, at which the verifier works too; a hotel gets its verifier."""
    email = (manager.user.email or "").partition("@")[0]
    if email in MORE_PLACES:
        where = dict(zip(("name_zh", "name_en", "address", "town"), MORE_PLACES[email], strict=True))
        by = manager.user
        place = save_place(partner=manager.partner, place=None, values=where | {"is_closed": False}, by=by, at=at)
        for member in manager.partner.members.filter(role=MemberRole.CARD_VERIFIER):
            member.places.add(place)
    if email == "hotel":
        places = list(manager.partner.places.all())
        add_member(
            partner=manager.partner,
            role=MemberRole.CARD_VERIFIER,
            name="小陈",
            places=places,
            by=manager.user,
            at=max(at, manager.added_at),
        )


def _places_of(manager: str) -> list[PartnerPlace]:
    found = PartnerPlace.objects.filter(partner__members__user__email=f"{manager}@shishi.example") if manager else None
    return list(found.order_by("name_zh", "id")) if found is not None else []


def _values(title_zh: str, title_en: str, **changes: Any) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(FIELDS) | {"note_zh": "", "note_en": "", "tiers": []}
    return empty | {"title_zh": title_zh, "title_en": title_en, "kinds": ["gold", "silver", "green"]} | changes


def _finish(benefit: Benefit, changes: dict[str, Any], city: City, at: datetime) -> None:
    values = {name: getattr(benefit, name) for name in FIELDS} | changes
    change_benefit(benefit=benefit, values=values, expected_version=1, by=city.staff["admin"], at=at)
    _switch_on(benefit, city, at)


def _switch_on(benefit: Benefit, city: City, at: datetime) -> None:
    switch_benefit(benefit=benefit, is_on=True, by=city.staff["admin"], at=at)


def _use(city: City) -> None:
    """Holders go out: most days somebody, the same ones each time the city is seeded."""
    rng, now = random.Random(2026), city.now
    cards = list(Card.objects.filter(state=CardState.ACTIVE).select_related("person__user").order_by("number"))
    verifiers = PartnerMember.objects.filter(role=MemberRole.CARD_VERIFIER).order_by("added_at", "id")
    benefits = list(Benefit.objects.filter(state="on", places__isnull=False).distinct().order_by("title_zh", "id"))
    at_places = [(member, place) for member in verifiers for place in member.places.order_by("name_zh", "id")]
    for days in range(DAYS, -1, -1):
        for number in range(rng.choice((0, 1, 2, 2, 3))):
            at = city.ago(days, hour=9 + 3 * number) + timedelta(minutes=rng.randrange(60))
            card, (member, place) = rng.choice(cards), rng.choice(at_places)
            here = [benefit for benefit in benefits if benefit.places.filter(pk=place.pk).exists()]
            if at < now and _has_begun(card, member, timezone.localdate(at)) and here:
                _visit(card, member, place, rng.choice(here), at, is_undone=rng.random() < 0.15)


def _has_begun(card: Card, member: PartnerMember, day: date) -> bool:
    return card.valid_from <= day and timezone.localdate(member.added_at) <= day and member.partner.is_open_on(day)


def _visit(
    card: Card, member: PartnerMember, place: PartnerPlace, benefit: Benefit, at: datetime, *, is_undone: bool
) -> None:
    """One visit: claim where that comes first, show the card, use the benefit; now and then a slip is taken back."""
    if benefit.claim_days and benefit.is_for(card):
        try:
            claim_benefit(benefit_id=benefit.pk, person=card.person, at=at - timedelta(minutes=20))
        except BenefitRefused:
            return
    code = Code(card.opaque_id, at.replace(second=0, microsecond=0))
    check = check_card(code, place=place, member=member, at=at)
    if check.result != CheckResult.VALID:
        return
    try:
        use = use_benefit(benefit_id=benefit.pk, check_id=check.pk, member=member, at=at + timedelta(seconds=30))
    except BenefitRefused:
        return
    if is_undone:
        undo_use(use_id=use.pk, member=member, reason="点错了礼遇。", at=at + timedelta(minutes=2))
