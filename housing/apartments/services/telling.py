"""Letters about offers and leases, queued in the transaction of what they tell of."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from housing.apartments.models import (
    Bill,
    Building,
    DepositSettlement,
    Entrant,
    Finding,
    Lease,
    Offer,
    Payment,
    RenewalRequest,
    Unit,
)
from portal.casework.letters import tell_applicant

MOMENT = timedelta(microseconds=1)


def home_words(building: Building, unit: Unit | None = None) -> dict[str, str]:
    """The building, and the unit where there is one, in both languages."""
    place, label = building.place, unit.label if unit else ""
    return {"zh": " ".join(filter(None, (place.name_zh, label))),
            "en": " ".join(filter(None, (place.name_en or place.name_zh, label)))}  # fmt: skip


def tell_tenant(lease: Lease, kind: str, *, at: datetime, reason: str = "", **details: object) -> None:
    """Queue one letter about the lease to its tenant: one per version of the lease and kind."""
    tell_applicant(
        lease.application,
        kind,
        key=f"lease:{lease.pk}:{lease.version}:{kind}",
        at=at,
        lease=str(lease.pk),
        lease_number=lease.number,
        home=home_words(lease.unit.building, lease.unit),
        starts_on=lease.starts_on.isoformat(),
        ends_on=lease.ends_on.isoformat(),
        sign_by=lease.sign_by.isoformat() if lease.sign_by else "",
        deposit_fen=0 if lease.previous_id else lease.deposit_fen,  # of a renewal, it was paid before
        is_renewal=lease.previous_id is not None,
        leave_by=lease.leave_by.isoformat() if lease.leave_by else "",
        reason=reason,
        **details,
    )


BILL_WORDS = {
    "rent": {"zh": "租金", "en": "rent"},
    "deposit": {"zh": "押金", "en": "deposit"},
    "damage": {"zh": "损坏赔偿", "en": "damage"},
}


def tell_of_bill(bill: Bill, kind: str, *, at: datetime) -> None:
    """Queue one letter about the bill to the tenant: one per bill and kind."""
    _tell(
        bill.lease,
        kind,
        key=f"bill:{bill.pk}:{kind}",
        at=at,
        bill_number=bill.number,
        bill_kind=BILL_WORDS[bill.kind],
        month=bill.month.isoformat()[:7],
        amount_fen=bill.amount_fen,
        owed_fen=bill.owed_fen,
        due_on=bill.due_on.isoformat(),
    )


def tell_of_payment(payment: Payment, *, at: datetime) -> None:
    """Queue one letter: the money has come in."""
    _tell(
        payment.lease,
        "rent_received",
        key=f"rent:{payment.pk}",
        at=at,
        amount_fen=payment.amount_fen,
        received_on=payment.received_on.isoformat(),
    )


def tell_of_settlement(row: DepositSettlement, *, at: datetime) -> None:
    """Queue one letter: what was kept of the deposit, and what comes back."""
    _tell(
        row.lease,
        "deposit_settled",
        key=f"deposit:{row.pk}",
        at=at,
        paid_fen=row.paid_fen,
        damage_fen=row.damage_fen,
        arrears_fen=row.arrears_fen,
        refund_fen=row.refund_fen,
    )


def tell_of_renewal(about: Lease | RenewalRequest, *, at: datetime, closes_on: date | None = None) -> None:
    """Queue one letter: that a renewal may be asked for (of a lease), or what was decided (of a request)."""
    if isinstance(about, Lease):
        details = {"ends_on": about.ends_on.isoformat(), "closes_on": closes_on.isoformat() if closes_on else ""}
        _tell(about, "renewal_opens", key=f"renewal:{about.pk}:opens", at=at, **details)
    else:
        kind = "renewal_granted" if about.finding == Finding.CONFIRMED else "renewal_refused"
        _tell(about.lease, kind, key=f"renewal:{about.pk}", at=at, reason=about.reason)


def _tell(lease: Lease, kind: str, *, key: str, at: datetime, **details: object) -> None:
    unit = lease.unit
    about = {"lease": str(lease.pk), "lease_number": lease.number, "home": home_words(unit.building, unit)}
    tell_applicant(lease.application, kind, key=key, at=at, **about, **details)


def tell_entrant(offer: Offer, kind: str, *, at: datetime, reason: str = "") -> None:
    """Queue one letter about an offer to whom it was made: one per version of the offer."""
    entrant, unit, kind_of_unit = offer.entrant, offer.unit, offer.type
    titles = {"zh": kind_of_unit.title_zh, "en": kind_of_unit.title_en or kind_of_unit.title_zh}
    tell_applicant(
        entrant.application,
        kind,
        key=f"offer:{offer.pk}:{offer.version}:{kind}",
        at=at,
        round_title={"zh": offer.round.title_zh, "en": offer.round.title_en or offer.round.title_zh},
        home=home_words(unit.building, unit) if unit else titles,
        is_any=unit is None,
        answer_by=(offer.expires_at - MOMENT).isoformat(),
        starts_on=offer.lease_starts_on.isoformat(),
        refusals_left=max(refusals_left(entrant), 0),
        is_out=refusals_left(entrant) < 0,
        reason=reason,
    )


def refusals_left(entrant: Entrant) -> int:
    """How many more offers the entrant may refuse or let run out; below nothing, they are passed over for good."""
    terms = entrant.round.policy_version.parsed.apartment
    if terms is None:
        raise ValueError("A round is of a policy that has terms of apartments.")
    return terms.refusals - entrant.refusals
