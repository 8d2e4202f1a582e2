"""The catalogue of benefits, kept by the bureau's administrators; every change stands in its history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.cards.models import QUOTAS, Benefit, BenefitChange, BenefitState, Gives
from applicants.people.refusals import Refused
from portal.accounts.models import User
from portal.audit.services import record
from portal.policy import offers
from portal.policy.services import versions_in_force

PROGRAMME = "talent-card"
CLAIM_DAYS = 7  # of a benefit that comes from the policy, which does not say how long a claim lasts
FIELDS = (
    "title_zh", "title_en", "note_zh", "note_en", "kinds", "tiers", "gives", "percent_off", "price_fen", *QUOTAS,
    "claim_days", "begins_on", "ends_on",
)  # fmt: skip


def terms_on(day: date) -> offers.CardTerms | None:
    """What the policy in force on ``day`` says of the card, or None where none is."""
    found = (version.parsed.card for version in versions_in_force(PROGRAMME, day))
    return next((terms for terms in found if terms), None)


def add_benefit(*, values: Mapping[str, Any], by: User, at: datetime, policy_code: str = "") -> Benefit:
    """Store a new benefit, which is off; ``values`` are those of BenefitForm."""
    with transaction.atomic():
        stored = {name: values[name] for name in FIELDS}
        benefit = Benefit.objects.create(**stored, policy_code=policy_code, created_at=at)
        benefit.places.set(values["places"])
        _note(benefit, "add", by=by, at=at, fields=[*FIELDS, "places"])
    return benefit


def change_benefit(
    *, benefit: Benefit, values: Mapping[str, Any], expected_version: int, by: User, at: datetime
) -> None:
    """Store what was changed; uses that were recorded stay. Raises Refused where it is closed or changed meanwhile."""
    with transaction.atomic():
        benefit = _lock(benefit)
        if benefit.version != expected_version:
            raise Refused(_("有人刚刚改过这项礼遇。请看过最新内容再改。"))
        fields = [name for name in FIELDS if getattr(benefit, name) != values[name]]
        places = {place.pk for place in values["places"]}
        if places != set(benefit.places.values_list("pk", flat=True)):
            benefit.places.set(places)
            fields.append("places")
        if not fields:
            return
        for name in FIELDS:
            setattr(benefit, name, values[name])
        _step(benefit, "change", by=by, at=at, fields=fields)


def switch_benefit(*, benefit: Benefit, is_on: bool, by: User, at: datetime) -> None:
    """Give it from now on, or no longer for a while; once more the same changes nothing. Raises Refused: closed."""
    with transaction.atomic():
        benefit = _lock(benefit)
        state = BenefitState.ON if is_on else BenefitState.OFF
        if benefit.state != state:
            benefit.state = state
            _step(benefit, state, by=by, at=at, fields=["state"])


def close_benefit(*, benefit: Benefit, reason: str, by: User, at: datetime) -> None:
    """End a benefit for good. Raises Refused where it has ended before."""
    with transaction.atomic():
        benefit = _lock(benefit)
        benefit.state = BenefitState.CLOSED
        _step(benefit, "close", by=by, at=at, fields=["state"], reason=reason)


def missing_of_policy(day: date) -> list[offers.Benefit]:
    """What the policy's catalogue promises and no benefit here came from."""
    terms = terms_on(day)
    known = set(Benefit.objects.exclude(policy_code="").values_list("policy_code", flat=True))
    return [entry for entry in terms.benefits if entry.code not in known] if terms else []


def add_from_policy(*, by: User, at: datetime) -> list[Benefit]:
    """Take in what is missing of the policy's catalogue: off, and without places until somebody names them."""
    day = timezone.localdate(at)
    with transaction.atomic():
        return [
            add_benefit(values=_values_of(entry, day), policy_code=entry.code, by=by, at=at)
            for entry in missing_of_policy(day)
        ]


def _values_of(entry: offers.Benefit, day: date) -> dict[str, Any]:
    quotas = {name: entry.quota if window == entry.period else None for name, window in QUOTAS.items()}
    note = entry.note.plain if entry.note else {"zh": "", "en": ""}
    return quotas | {
        "title_zh": entry.title.zh,
        "title_en": entry.title.en,
        "note_zh": note["zh"],
        "note_en": note["en"],
        "kinds": list(entry.kinds),
        "tiers": [],
        "gives": Gives.SERVICE,
        "percent_off": None,
        "price_fen": None,
        "claim_days": CLAIM_DAYS if entry.claim_first else None,
        "begins_on": day,
        "ends_on": None,
        "places": [],
    }


def _lock(benefit: Benefit) -> Benefit:
    row = Benefit.objects.select_for_update(of=("self",)).get(pk=benefit.pk)
    if row.state == BenefitState.CLOSED:
        raise Refused(_("这项礼遇已经停止。"))
    return row


def _step(benefit: Benefit, kind: str, *, by: User, at: datetime, fields: list[str], reason: str = "") -> None:
    benefit.version += 1
    benefit.save()
    _note(benefit, kind, by=by, at=at, fields=fields, reason=reason)


def _note(benefit: Benefit, kind: str, *, by: User, at: datetime, fields: list[str], reason: str = "") -> None:
    values = {name: getattr(benefit, name) for name in FIELDS}
    values |= {name: values[name].isoformat() for name in ("begins_on", "ends_on") if values[name]}
    values["places"] = sorted(str(pk) for pk in benefit.places.values_list("pk", flat=True))
    BenefitChange.objects.create(
        benefit=benefit, version=benefit.version, kind=kind, values=values, at=at, by=by, reason=reason
    )
    record(action=f"benefit.{kind}", actor=by, target=benefit, at=at, fields=fields)
