"""What the pages about money say alike."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from housing.apartments.models import Bill, Finding, Lease
from housing.apartments.services.billing import credit_fen, owed_fen
from portal import clock

FINDING_TAGS = {
    Finding.OPEN: ("wait", "clock"),
    Finding.CONFIRMED: ("urgent", "alert"),
    Finding.DISMISSED: ("default", "check"),
    Finding.LIFTED: ("default", "check"),
}


def money_facts(lease: Lease) -> dict[str, Any]:
    """Bills with their state, payments, and what is owed, for a page about one lease."""
    bills = list(lease.bills.order_by("-due_on", "-made_at", "number"))
    today = clock.today()
    return {
        "bills": [{"bill": bill, "state": bill_tag(bill)} for bill in bills if bill.cancelled_at is None],
        "payments": list(lease.payments.order_by("-received_on", "-entered_at", "id")),
        "owed_fen": owed_fen(lease),
        "late_fen": sum(bill.owed_fen for bill in bills if bill.due_on < today),
        "credit_fen": credit_fen(lease),
        "settlements": list(lease.settlements.all()),
    }


def bill_tag(bill: Bill) -> dict[str, str]:
    """How far a bill is paid."""
    if bill.cancelled_at:
        return {"kind": "default", "icon": "cross-circle", "text": _("已作废")}
    if not bill.owed_fen:
        return {"kind": "ok", "icon": "check", "text": _("已付清") if bill.amount_fen else _("免付")}
    if bill.due_on < clock.today():
        return {"kind": "urgent", "icon": "alert", "text": _("已逾期")}
    return {"kind": "wait", "icon": "clock", "text": _("付了一部分") if bill.paid_fen else _("待付")}


def finding_tag(finding: str, *, granted: str = "", refused: str = "") -> dict[str, str]:
    """How a decision went."""
    kind, icon = FINDING_TAGS[Finding(finding)]
    words = {Finding.CONFIRMED: granted, Finding.DISMISSED: refused}
    if granted and finding == Finding.CONFIRMED:
        kind, icon = "ok", "check"
    return {"kind": kind, "icon": icon, "text": words.get(Finding(finding)) or str(Finding(finding).label)}
