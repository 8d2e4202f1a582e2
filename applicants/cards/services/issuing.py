"""Makes cards: on approval, and when one follows another (renewal, other tier, loss)."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta

from django.db.models import Case, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.cards.models import (
    LIVE,
    Card,
    CardApplication,
    CardDoubt,
    CardEnd,
    CardEvent,
    CardReconsideration,
    CardState,
    Portrait,
    PrintedName,
)
from applicants.cards.services.applying import recognitions_of
from applicants.cards.services.changing import ChangeRefused, change_card, note_event, tell_holder
from applicants.cards.services.files import ask_for_files
from applicants.cards.services.numbering import card_number, take_serial
from applicants.cards.services.reconsidering import decision_against
from applicants.cards.services.standing import cards_known_as
from portal.accounts.models import User
from portal.casework.models import Application, Assessment
from portal.casework.services.advancing import StepRefused
from portal.city import city
from portal.fonts import missing
from portal.policy.assessing import Assessment as Assessed
from portal.policy.calendar import add_years
from portal.policy.facts import read_value
from portal.policy.offers import CardTerms
from portal.ui.figures import day_text

ONE_DAY = timedelta(days=1)


def issue_on_approval(application: Application, assessment: Assessment, at: datetime) -> None:
    """Make the card an approval gives; called inside the approval's transaction. Raises StepRefused.

    What spoke against the card before it was weighed by those who reviewed the application.
    """
    offer = Assessed.from_json(assessment.result).offer
    detail = CardApplication.objects.select_related("portrait").get(application=application)
    _confirm_claims(application, assessment, at=at)
    doubts = CardDoubt.objects.filter(card__in=_before(application), outcome=CardDoubt.Outcome.OPEN)
    doubts.update(outcome=CardDoubt.Outcome.ACTED, closed_at=at, closed_by=application.approver)
    try:
        make_card(application, kind=offer.card, tier=offer.tier, portrait=detail.portrait, by=None, at=at)
    except ChangeRefused as refused:
        raise StepRefused(str(refused)) from refused


def make_card(
    application: Application,
    *,
    kind: str,
    tier: str,
    portrait: Portrait,
    by: User | None,
    at: datetime,
    valid_to: date | None = None,
    reason: str = "",
    suspension: CardEvent | None = None,
) -> Card:
    """A new card under a number of its own, in the running transaction; the live cards of the human end with it.

    A name that no font can print whole is held for a reviewer, unless one has said before how it is spelled.
    ``valid_to`` is that of the card it replaces, where there is one; else the policy's term, no longer than the
    contract where the policy says so. ``suspension`` is the decision that the card before it stood under: this one
    does, too. What waits for a person goes on with it. Raises ChangeRefused where that would lift a suspension, and
    where the contract is over.
    """
    today = timezone.localdate(at)
    days = term(application, today, valid_to or last_day(application, kind, today))
    before = list(_before(application))
    for one in before:
        if one.state == CardState.SUSPENDED or (suspension is None and _lost_suspended(one, today)):
            raise ChangeRefused(_("本人的原卡暂停使用。请先恢复或者撤销原卡，再发新卡。"))
        if one.state in LIVE:
            change_card(one.pk, "follow", by=None, at=at)
    prefix = city().card_prefixes[kind]
    serial = take_serial(prefix)
    follows = before[0] if before else None
    spelled = _spelling(application, follows)
    is_held = spelled is None and bool(missing(application.applicant.legal_name))
    standing = CardState.HELD if is_held else CardState.ACTIVE
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
        state=standing if suspension is None else CardState.SUSPENDED,
        **days,
        follows=follows,
        issued_at=at,
        state_at=at,
    )
    note_event(card, "issue", from_state="", by=by, at=at, reason=reason)
    if spelled is not None:
        same = {"name": spelled.name, "legal_name": spelled.legal_name}
        PrintedName.objects.create(card=card, **same, by=spelled.by, at=spelled.at)
    if follows is not None:
        follows.doubts.filter(outcome=CardDoubt.Outcome.OPEN).update(card=card)
    if suspension is not None:
        CardReconsideration.objects.filter(decision=suspension, closed_at=None).update(card=card)
        tell_holder(card, "card_suspended", at=at, reason=suspension.reason)
    elif not is_held:
        tell_holder(card, "card_issued", at=at)
    if not is_held:
        ask_for_files(card)
    return card


def _confirm_claims(application: Application, assessment: Assessment, *, at: datetime) -> None:
    """Keep which of the claims an approval rests on: those of the tiers that its assessment takes as proven."""
    proven = read_value("recognitions", assessment.facts["facts"].get("recognitions", {}).get("value", "-"))
    by = application.first_reviewer or application.approver
    for row in recognitions_of(application.applicant):
        if isinstance(proven, tuple) and row.tier in proven and row.confirmed_at is None and row.withdrawn_on is None:
            row.confirmed_at, row.confirmed_by = at, by
            row.save(update_fields=["confirmed_at", "confirmed_by"])


def last_day(application: Application, kind: str, on: date) -> date:
    """The last day of a card of ``kind`` that begins on ``on`` (CardTerms: validity_years, capped_by_contract_end).

    Raises ChangeRefused where the contract ended before that day.
    """
    terms: CardTerms = application.policy_version.parsed.card
    years = next(item.validity_years for item in terms.kinds if item.kind == kind)
    last = add_years(on, years) - ONE_DAY
    contract_end = CardApplication.objects.values_list("contract_ends_on", flat=True).get(application=application)
    if not terms.capped_by_contract_end or contract_end is None:
        return last
    if contract_end < on:
        raise ChangeRefused(
            _("劳动合同已在 %(day)s终止，不能发卡。请退回，由申请人补正合同期限。") % {"day": day_text(contract_end)}
        )
    return min(last, contract_end)


def term(application: Application, first: date, last: date) -> dict[str, date | None]:
    """The days of a card from ``first`` to ``last``, and of its renewal (CardTerms: renewal_opens_days_before …).

    A card too short for the window has none: its holder applies again when it has ended.
    """
    terms: CardTerms = application.policy_version.parsed.card
    closes = last - terms.renewal_closes_days_before * ONE_DAY
    opens = max(first, last - terms.renewal_opens_days_before * ONE_DAY)
    window = (opens, closes) if opens <= closes else (None, None)
    return {"valid_from": first, "valid_to": last, "renewal_opens_on": window[0], "renewal_closes_on": window[1]}


def _spelling(application: Application, before: Card | None) -> PrintedName | None:
    """How the name was spelled on the card before, where it is the same name and still cannot be printed as it is."""
    name = application.applicant.legal_name
    if before is None or not missing(name):
        return None
    spelled = PrintedName.objects.filter(card=before).first()
    return None if spelled is None or spelled.legal_name != name or missing(spelled.name) else spelled


def _before(application: Application) -> QuerySet[Card]:
    """The cards of the human that no card followed yet: a live one first, then the person's own, the newest first."""
    is_live = Case(When(state__in=LIVE, then=Value(1)), default=Value(0))
    is_own = Case(When(person=application.applicant, then=Value(1)), default=Value(0))
    cards = cards_known_as(application.applicant).filter(followed_by__isnull=True)
    return cards.order_by(is_live.desc(), is_own.desc(), "-issued_at", "-id")


def _lost_suspended(card: Card, today: date) -> bool:
    """Whether the card was lost while it was suspended, and nobody has looked at that since."""
    return card.ended_as == CardEnd.LOST and card.valid_to >= today and decision_against(card) is not None
