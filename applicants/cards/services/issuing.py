"""Makes cards: on approval, and when one follows another (renewal, other tier, loss)."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta

from django.utils import timezone

from applicants.cards.models import LIVE, Card, CardApplication, CardState, Portrait
from applicants.cards.services.changing import change_card, note_event, tell_holder
from applicants.cards.services.numbering import card_number, take_serial
from portal.accounts.models import User
from portal.casework.models import Application, Assessment
from portal.city import city
from portal.fonts import missing
from portal.policy.assessing import Assessment as Assessed
from portal.policy.calendar import add_years
from portal.policy.offers import CardTerms

ONE_DAY = timedelta(days=1)


def issue_on_approval(application: Application, assessment: Assessment, at: datetime) -> None:
    """Make the card an approval gives; called inside the approval's transaction."""
    offer = Assessed.from_json(assessment.result).offer
    detail = CardApplication.objects.select_related("portrait").get(application=application)
    make_card(application, kind=offer.card, tier=offer.tier, portrait=detail.portrait, by=None, at=at)


def make_card(
    application: Application,
    *,
    kind: str,
    tier: str,
    portrait: Portrait,
    by: User | None,
    at: datetime,
    valid_to: date | None = None,
) -> Card:
    """A new card under a number of its own, in the running transaction; a live card of the person ends with it.

    A name that no font can print whole is held for a reviewer. ``valid_to`` is that of the card it replaces, where
    there is one; else the policy's term, no longer than the contract where the policy says so.
    """
    before = Card.objects.filter(person=application.applicant, state__in=LIVE).first()
    if before is not None:
        change_card(before.pk, "follow", by=None, at=at)
    today = timezone.localdate(at)
    prefix = city().card_prefixes[kind]
    serial = take_serial(prefix)
    is_held = bool(missing(application.applicant.legal_name))
    card = Card.objects.create(
        opaque_id=secrets.token_urlsafe(16),
        person=application.applicant,
        number_hash=application.number_hash,
        application=application,
        number=card_number(prefix, serial),
        prefix=prefix,
        serial=serial,
        kind=kind,
        tier=tier,
        portrait=portrait,
        state=CardState.HELD if is_held else CardState.ACTIVE,
        valid_from=today,
        valid_to=valid_to or last_day(application, kind, today),
        follows=before or _unfollowed(application),
        issued_at=at,
        state_at=at,
    )
    note_event(card, "issue", from_state="", by=by, at=at)
    if not is_held:
        tell_holder(card, "card_issued", at=at)
    return card


def last_day(application: Application, kind: str, on: date) -> date:
    """The last day of a card of ``kind`` that begins on ``on`` (CardTerms: validity_years, capped_by_contract_end)."""
    terms: CardTerms = application.policy_version.parsed.card
    years = next(item.validity_years for item in terms.kinds if item.kind == kind)
    last = add_years(on, years) - ONE_DAY
    contract_end = CardApplication.objects.values_list("contract_ends_on", flat=True).get(application=application)
    return min(last, contract_end) if terms.capped_by_contract_end and contract_end else last


def _unfollowed(application: Application) -> Card | None:
    """The person's last ended card that no card followed yet: the new one stands in its line."""
    ended = Card.objects.filter(person=application.applicant, followed_by__isnull=True).exclude(state__in=LIVE)
    return ended.order_by("-issued_at").first()
