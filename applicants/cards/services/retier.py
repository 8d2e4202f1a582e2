"""A card's tier after its issue: recognitions that come and go, and a person's decision that the card follows them.

Nothing here changes a card by itself (PIPL art. 24): what a reviewer confirms, withdraws or what expires raises a doubt
about the card's tier; an approver who did neither makes the card of the other tier, with a reason and a letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.cards.kinds import title_of_kind
from applicants.cards.machine import DECIDERS
from applicants.cards.models import LIVE, Card, CardDoubt, CardState, Recognition
from applicants.cards.services.applying import MOST_RECOGNITIONS, recognitions_of, tiers_on
from applicants.cards.services.changing import ChangeRefused, lock_card
from applicants.cards.services.issuing import ONE_DAY, last_day, make_card
from applicants.cards.services.rechecking import TIER, raise_doubt
from applicants.people.models import Paper
from applicants.people.papers import accept_paper, remove_paper
from portal.accounts.models import Role, User
from portal.audit.services import record
from portal.casework.letters import tell_applicant
from portal.casework.models import Assessment, ShelfPaper
from portal.policy.assessing import Views
from portal.policy.facts import Fact, Facts, Provenance
from portal.policy.offering import Offer, offer_of
from portal.policy.services import stored_calendar
from portal.policy.terms import PaperLimits

KIND = "recognition"  # kind of paper
LOOKED_BACK = timedelta(days=8)  # of what expired, and so that what a person has looked at is not raised again


def offer_due(card: Card, on: date) -> Offer:
    """The tier and the kind of card that the policy gives for what is confirmed and counts on that day.

    Everything else stands as the newest assessment of the card's application has it.
    """
    assessment = Assessment.objects.filter(application=card.application_id).latest("number")
    document, decided = card.application.policy_version.parsed, Facts.from_json(assessment.facts)
    confirmed = [row for row in recognitions_of(card.person) if row.confirmed_at is not None]
    tiers = Fact(tiers_on(confirmed, on), Provenance.PAPER, on, f"paper:{KIND}")
    facts = Facts(decided.on, {**decided.known, "recognitions": tiers})
    return offer_of(document, Views(document, facts, stored_calendar(), trust_declared=False).for_money)


def report_recognition(
    *, card_id: UUID, values: Mapping[str, Any], upload: UploadedFile[Any], by: User, at: datetime
) -> Recognition:
    """A holder claims another recognition, with its document, for a reviewer to look at.

    The same again is the one already there. Raises PaperRefused about the file, ChangeRefused otherwise.
    """
    card = Card.objects.select_related("person", "application__policy_version__policy").get(pk=card_id)
    _refuse_stranger(card, by)
    papers = card.application.policy_version.parsed.papers
    limits = next((paper.limits for paper in papers if paper.kind == KIND), PaperLimits())
    paper, claimed = accept_paper(person=card.person, kind=KIND, upload=upload, limits=limits, by=by, at=at), None
    try:
        with transaction.atomic():
            card = lock_card(card_id)
            if card.state not in LIVE:
                raise ChangeRefused(_("这张卡已失效，不能再报告人才认定。"))
            claimed = _claim(card, values, paper, by=by, at=at)
            return claimed
    finally:
        if claimed is None or claimed.paper_id != paper.pk:  # nothing rests on it
            remove_paper(paper=paper, by=by, at=at)


def confirm_recognition(recognition_id: UUID, *, by: User, at: datetime) -> Recognition:
    """A reviewer has compared the claim with its document: it counts from now on. Raises ChangeRefused."""
    with transaction.atomic():
        row, card = _lock(recognition_id)
        if not may_confirm(card, by):
            raise ChangeRefused(_("您没有办理这一步的权限。"))
        if not row.counts_on(timezone.localdate(at)):
            raise ChangeRefused(_("这项认定已经失效，不能再确认。"))
        if row.confirmed_at is None:
            row.confirmed_at, row.confirmed_by = at, by
            row.save(update_fields=["confirmed_at", "confirmed_by"])
            record(action="recognition.confirm", actor=by, target=row, at=at, fields=["confirmed_at"])
            weigh_tier(card, by=by, at=at)
        return row


def withdraw_recognition(recognition_id: UUID, *, by: User, at: datetime, reason: str) -> Recognition:
    """It counts no longer: whoever recognised has taken it back, or its document does not prove it; with a letter.

    Twice is once. Raises ChangeRefused.
    """
    with transaction.atomic():
        row, card = _lock(recognition_id)
        if not may_withdraw(card, by):
            raise ChangeRefused(_("您没有办理这一步的权限。"))
        if not reason.strip():
            raise ChangeRefused(_("请写明理由。"))
        if row.withdrawn_on is None:
            row.withdrawn_on, row.withdrawn_by, row.withdrawn_reason = timezone.localdate(at), by, reason.strip()
            row.save(update_fields=["withdrawn_on", "withdrawn_by", "withdrawn_reason"])
            record(action="recognition.withdraw", actor=by, target=row, at=at, fields=["withdrawn_on"])
            tell_applicant(
                card.application,
                "recognition_withdrawn",
                key=f"recognition:{row.pk}:withdrawn",
                at=at,
                recognition=row.title,
                reason=row.withdrawn_reason,
            )
            weigh_tier(card, by=by, at=at)
        return row


def weigh_tier(card: Card, *, by: User | None, at: datetime) -> None:
    """Raise a doubt where the locked card is of another tier than is due, lift it where it is of the right one."""
    due = offer_due(card, timezone.localdate(at))
    if due.tier != card.tier:
        raise_doubt(card, TIER, {"tier": due.tier, "card": due.card}, by=by, at=at)
    else:
        _close(card, CardDoubt.Outcome.LIFTED, by=by, at=at)


def weigh_expired(*, at: datetime) -> int:
    """Raise doubts about cards whose recognitions have expired since; each in a transaction. Gives how many cards."""
    today = timezone.localdate(at)
    expired = Recognition.objects.filter(
        expires_on__range=(today - LOOKED_BACK, today - ONE_DAY),
        confirmed_at__isnull=False,
        withdrawn_on__isnull=True,
    )
    looked_at = CardDoubt.objects.filter(ground=TIER, raised_at__gt=at - LOOKED_BACK)
    cards = Card.objects.filter(state__in=LIVE, person__in=expired.values("person"))
    found = list(cards.exclude(pk__in=looked_at.values("card")).order_by("pk").values_list("pk", flat=True))
    for pk in found:
        with transaction.atomic():
            weigh_tier(lock_card(pk), by=None, at=at)
    return len(found)


def change_tier(card_id: UUID, *, by: User, at: datetime, expected_version: int | None, reason: str) -> Card:
    """The card of the tier that is due follows the one that is held, under another number, until the same last day.

    Whoever confirmed or withdrew a recognition since the card was issued does not decide about it. Raises
    ChangeRefused.
    """
    with transaction.atomic():
        card = lock_card(card_id)
        if expected_version is not None and card.version != expected_version:
            raise ChangeRefused(_("这张卡刚刚被别人办理过。请看最新的情况，再决定怎么办。"))
        if not may_change_tier(card, by):
            raise ChangeRefused(_("您没有办理这一步的权限，或者这些认定由您核对过，要由另一人决定。"))
        if not reason.strip():
            raise ChangeRefused(_("请写明理由。"))
        if card.state != CardState.ACTIVE:
            raise ChangeRefused(_("只有有效的卡可以换层次。"))
        today = timezone.localdate(at)
        due = offer_due(card, today)
        if not due.card:
            raise ChangeRefused(_("按现在的认定和学历，已经没有可以办的卡。不能换卡，要撤销的请办理撤销。"))
        if due.tier == card.tier:
            raise ChangeRefused(_("卡的层次和现在的认定一致，不用换。"))
        return _follow(card, due, by=by, at=at, reason=reason.strip())


def may_confirm(card: Card, by: User) -> bool:
    """Whether ``by`` reviews this card's programme and town, and it is not their own."""
    return _may(card, by, (Role.FIRST_REVIEWER,))


def may_withdraw(card: Card, by: User) -> bool:
    """Whether ``by`` decides about what speaks against this card."""
    return _may(card, by, DECIDERS)


def may_change_tier(card: Card, by: User) -> bool:
    """Whether ``by`` approves in this programme and town, and has not prepared it: four eyes."""
    rows = Recognition.objects.filter(person=card.person)
    confirmed = rows.filter(confirmed_by=by, confirmed_at__gt=card.issued_at)
    withdrawn = rows.filter(withdrawn_by=by, withdrawn_on__gte=timezone.localdate(card.issued_at))
    return _may(card, by, (Role.APPROVER,)) and not (confirmed.exists() or withdrawn.exists())


def _follow(card: Card, due: Offer, *, by: User, at: datetime, reason: str) -> Card:
    _close(card, CardDoubt.Outcome.ACTED, by=by, at=at, reason=reason)
    made = make_card(
        card.application,
        kind=due.card,
        tier=due.tier,
        portrait=card.portrait,
        by=by,
        at=at,
        valid_to=min(card.valid_to, last_day(card.application, due.card, timezone.localdate(at))),
        reason=reason,
    )
    before, after = (title_of_kind(made, kind) for kind in (card.kind, made.kind))
    tell_applicant(
        made.application,
        "card_retiered",
        key=f"card:{made.pk}:retiered",
        at=at,
        number_last4=made.number[-4:],
        before={"zh": before.zh, "en": before.en or before.zh},
        after={"zh": after.zh, "en": after.en or after.zh},
        reason=reason,
    )
    return made


def _claim(card: Card, values: Mapping[str, Any], paper: Paper, *, by: User, at: datetime) -> Recognition:
    claimed = recognitions_of(card.person)
    for there in claimed:
        if all(getattr(there, name) == value for name, value in values.items()):
            return there
    if len(claimed) >= MOST_RECOGNITIONS:
        raise ChangeRefused(_("最多填 %(count)s 项人才认定。") % {"count": MOST_RECOGNITIONS})
    made = Recognition.objects.create(person=card.person, paper=paper, claimed_at=at, **values)
    ShelfPaper.objects.create(application=card.application, kind=KIND, paper=paper, added_at=at)
    record(action="recognition.claim", actor=by, target=made, at=at, fields=sorted(values))
    return made


def _close(card: Card, outcome: str, *, by: User | None, at: datetime, reason: str = "") -> None:
    for doubt in card.doubts.filter(ground=TIER, outcome=CardDoubt.Outcome.OPEN):
        doubt.outcome, doubt.closed_at, doubt.closed_by, doubt.reason = outcome, at, by, reason
        doubt.save()


def _lock(recognition_id: UUID) -> tuple[Recognition, Card]:
    """The claim and the live card of its person, both locked. Raises ChangeRefused where there is no such card."""
    person = Recognition.objects.values_list("person", flat=True).get(pk=recognition_id)
    live = Card.objects.filter(person=person, state__in=LIVE).values_list("pk", flat=True).first()
    if live is None:
        raise ChangeRefused(_("这个人现在没有有效的卡。"))
    card = lock_card(live)
    return Recognition.objects.select_for_update(of=("self",)).get(pk=recognition_id), card


def _may(card: Card, by: User, roles: tuple[str, ...]) -> bool:
    application = card.application
    is_own = by.pk == card.person.user_id
    return not is_own and any(by.may_act_as(role, application.programme, application.town) for role in roles)


def _refuse_stranger(card: Card, by: User) -> None:
    if by.pk != card.person.user_id:
        raise ChangeRefused(_("您没有办理这一步的权限。"))
