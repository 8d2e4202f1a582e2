"""Claims and uses of benefits. A use is one row, and takes one place in every quota of its benefit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.cards.benefit_words import left_text, price_text, quota_text, spent_text
from applicants.cards.models import (
    Benefit,
    BenefitClaim,
    BenefitSlot,
    BenefitState,
    BenefitUse,
    Card,
    CardCheck,
    CardState,
    CheckResult,
)
from applicants.cards.services.changing import lock_card
from applicants.cards.windows import Window, key_of
from applicants.people.linking import known_as, lock_everyone
from applicants.people.models import Person
from applicants.people.refusals import Refused
from portal.audit.services import record
from portal.partners.models import PartnerMember, PartnerPlace
from portal.partners.scopes import places_of

CHECK_LASTS = timedelta(minutes=5)  # how long after a valid check benefits are given on it
UNDO_WITHIN = timedelta(minutes=10)


class BenefitRefused(Refused):
    """A claim or use that is not given; the sentence says why, kindly."""


@dataclass(frozen=True)
class Left:
    """How much of one quota is used in the window of the day: ``numbers`` are the places taken."""

    window: Window
    most: int
    numbers: tuple[int, ...]

    @property
    def left(self) -> int:
        """How many uses are left; none where the quota was lowered below what is used."""
        return max(0, self.most - len(self.numbers))

    @property
    def free(self) -> int:
        """The first place that nobody has; only where something is left."""
        return next(number for number in range(1, self.most + 1) if number not in self.numbers)


@dataclass(frozen=True)
class Standing:
    """How one person stands with one benefit on one day. ``use`` is what was given on the check that is looked at."""

    benefit: Benefit
    quotas: tuple[Left, ...]
    claim: BenefitClaim | None  # claimed, and neither used nor run out
    use: BenefitUse | None = None

    @property
    def spent(self) -> Left | None:
        """The longest window with nothing left."""
        return next((quota for quota in reversed(self.quotas) if not quota.left), None)

    @property
    def price(self) -> str:
        """What the holder pays, in words."""
        return price_text(self.benefit)

    @property
    def limits(self) -> list[str]:
        """How often, in words; nothing where there is no limit."""
        return [quota_text(quota.window, quota.most) for quota in self.quotas]

    @property
    def left(self) -> list[str]:
        """What is left, in words."""
        return [left_text(quota.window, quota.left) for quota in self.quotas]

    @property
    def may_claim(self) -> bool:
        """Whether a claim is asked for, and can be made now."""
        return self.benefit.claim_days is not None and self.claim is None and self.spent is None

    @property
    def obstacle(self) -> str:
        """The sentence that stands against a use; empty where nothing does."""
        if self.spent:
            return spent_text(self.spent.window, self.spent.most)
        if self.benefit.claim_days is not None and self.claim is None:
            return _("这项礼遇要先领取。请持卡人打开“我的礼遇”，领取以后再用。")
        return ""


def standing_of(
    benefits: Iterable[Benefit], people: Iterable[UUID], on: date, *, check: CardCheck | None = None
) -> list[Standing]:
    """How whoever is known as ``people`` stands with each of the benefits that day: two queries, three for a check."""
    benefits, people = list(benefits), list(people)
    known = {"benefit__in": benefits, "person__in": people}
    keys = [key_of(window, on) for window in Window]
    taken: dict[tuple[UUID, str], list[int]] = {}
    slots = BenefitSlot.objects.filter(**known, key__in=keys).order_by("number", "id")
    for benefit, window, number in slots.values_list("benefit", "window", "number"):
        taken.setdefault((benefit, window), []).append(number)
    open_claims = BenefitClaim.objects.filter(**known, used_at=None, last_day__gte=on)
    claims = {claim.benefit_id: claim for claim in open_claims.order_by("last_day", "id")}
    uses = {use.benefit_id: use for use in check.uses.filter(undone_at=None).order_by("id")} if check else {}
    return [
        Standing(
            benefit,
            tuple(Left(window, most, tuple(taken.get((benefit.pk, window), ()))) for window, most in benefit.quotas),
            claims.get(benefit.pk),
            uses.get(benefit.pk),
        )
        for benefit in benefits
    ]


def benefits_given(on: date) -> list[Benefit]:
    """All that are given on that day, with their open places, in the order of their titles."""
    places = PartnerPlace.objects.filter(closed_at=None).select_related("partner").order_by("name_zh", "id")
    found = Benefit.objects.filter(state=BenefitState.ON, begins_on__lte=on)
    found = found.prefetch_related(Prefetch("places", places))
    return [benefit for benefit in found.order_by("title_zh", "id") if benefit.is_given_on(on)]


def benefits_of(card: Card, people: Iterable[UUID], *, at: datetime) -> list[Standing]:
    """What this card opens today, and how its holder, known as ``people``, stands with each."""
    today = timezone.localdate(at)
    return standing_of([benefit for benefit in benefits_given(today) if benefit.is_for(card)], people, today)


def benefits_for(check: CardCheck, *, at: datetime) -> list[Standing]:
    """What may be given on this check at its place, and how the holder stands with each; nothing on one not valid."""
    check = check.of_code
    if not _is_good(check, at):
        return []
    today = timezone.localdate(at)
    here = Benefit.objects.filter(state=BenefitState.ON, places=check.place_id).order_by("title_zh", "id")
    given = [benefit for benefit in here if benefit.is_given_on(today) and benefit.is_for(check.card)]
    return standing_of(given, known_as(check.card.person).ids, today, check=check)


def claim_benefit(*, benefit_id: UUID, person: Person, at: datetime) -> BenefitClaim:
    """Claim a benefit before its use; a second claim gives the first. Raises BenefitRefused, Benefit.DoesNotExist."""
    today = timezone.localdate(at)
    with transaction.atomic():
        people = lock_everyone(person).ids
        card = Card.objects.filter(person__in=people, state=CardState.ACTIVE).order_by("-issued_at").first()
        benefit = Benefit.objects.get(pk=benefit_id)
        if benefit.claim_days is None or not benefit.is_given_on(today):
            raise BenefitRefused(_("这项礼遇现在不能领取。"))
        if card is None or not is_in_force(card, today) or not benefit.is_for(card):
            raise BenefitRefused(_("您的卡现在不能领取这项礼遇。"))
        standing = standing_of([benefit], people, today)[0]
        if standing.claim:
            return standing.claim
        if standing.spent:
            raise BenefitRefused(spent_text(standing.spent.window, standing.spent.most))
        last_day = today + timedelta(days=benefit.claim_days - 1)
        claim, _made = BenefitClaim.objects.update_or_create(
            benefit=benefit,
            person=card.person,
            used_at=None,
            defaults={"claimed_at": at, "last_day": min(last_day, benefit.ends_on or last_day)},
        )
        record(action="benefit.claim", actor=person.user, target=claim, at=at)
        return claim


def use_benefit(*, benefit_id: UUID, check_id: UUID, member: PartnerMember, at: datetime) -> BenefitUse:
    """Record one use on a check at a place where ``member`` works; once more on the same check gives the same use.

    Raises BenefitRefused with the sentence the verifier reads, CardCheck.DoesNotExist for a check elsewhere and
    Benefit.DoesNotExist where the benefit is not given at its place.
    """
    today = timezone.localdate(at)
    here = CardCheck.objects.filter(place__in=places_of(member))  # a colleague may have scanned
    check = here.select_related("card__person", "repeats__card__person").get(pk=check_id).of_code
    with transaction.atomic():
        people = lock_everyone(check.card.person).ids  # before the card, as an approval does
        card = lock_card(check.card_id)
        benefit = Benefit.objects.get(pk=benefit_id, places=check.place_id)
        standing = standing_of([benefit], people, today, check=check)[0]
        if standing.use:
            return standing.use
        if not _is_good(check, at):
            raise BenefitRefused(_("这次核验已经过了 5 分钟，或者结果不是有效。请重新扫码。"))
        if not is_in_force(card, today):
            raise BenefitRefused(_("这张卡现在不能用。请持卡人查看自己的消息。"))
        if not benefit.is_given_on(today) or not benefit.is_for(card):
            raise BenefitRefused(_("这张卡现在不能用这项礼遇。"))
        if standing.obstacle:
            raise BenefitRefused(standing.obstacle)
        use = BenefitUse.objects.create(
            benefit=benefit,
            benefit_version=benefit.version,
            card=card,
            person=card.person,
            card_check=check,
            claim=standing.claim,
            place_id=check.place_id,
            member=member,
            used_at=at,
            used_on=today,
        )
        for quota in standing.quotas:
            use.slots.create(
                benefit=benefit,
                person=card.person,
                window=quota.window,
                key=key_of(quota.window, today),
                number=quota.free,
                most=quota.most,
            )
        if standing.claim:
            BenefitClaim.objects.filter(pk=standing.claim.pk).update(used_at=at)
        record(action="benefit.use", actor=member.user, target=use, at=at)
        return use


def undo_use(*, use_id: UUID, member: PartnerMember, reason: str, at: datetime) -> BenefitUse:
    """Take back a use that the same verifier recorded a few minutes ago; it counts in no quota any more.

    Raises BenefitRefused, and BenefitUse.DoesNotExist where the use is not theirs.
    """
    found = BenefitUse.objects.select_related("person").get(pk=use_id, member=member)
    with transaction.atomic():
        lock_everyone(found.person)
        use = BenefitUse.objects.select_related("claim", "benefit", "place").get(pk=use_id)
        if use.undone_at is not None:
            return use
        if not may_undo(use, at=at):
            raise BenefitRefused(_("10 分钟以内才能撤回。过后请联系人社局。"))
        if not reason.strip():
            raise BenefitRefused(_("请写明为什么撤回。"))
        use.undone_at, use.undo_reason = at, reason.strip()
        use.save(update_fields=["undone_at", "undo_reason"])
        use.slots.all().delete()
        _reopen_claim(use)
        record(action="benefit.undo_use", actor=member.user, target=use, at=at)
        return use


def may_undo(use: BenefitUse, *, at: datetime) -> bool:
    """Whether the use can still be taken back."""
    return use.undone_at is None and at - use.used_at <= UNDO_WITHIN


def is_in_force(card: Card, today: date) -> bool:
    """Whether the card can be used on that day."""
    return card.state == CardState.ACTIVE and card.valid_from <= today <= card.valid_to


def _reopen_claim(use: BenefitUse) -> None:
    """The claim stands again, unless the holder has claimed another meanwhile."""
    if use.claim is None:
        return
    others = BenefitClaim.objects.filter(benefit=use.benefit_id, person=use.claim.person_id, used_at=None)
    if not others.exists():
        use.claim.used_at = None
        use.claim.save(update_fields=["used_at"])


def _is_good(check: CardCheck, at: datetime) -> bool:
    """Whether benefits are given on this check: its answer was valid, a few minutes ago at most."""
    return check.result == CheckResult.VALID and timedelta(0) <= at - check.at <= CHECK_LASTS
