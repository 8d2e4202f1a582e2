"""What the pages about leases show alike: states, facts, signatures, and the history of a lease."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from housing.apartments.exports.contract import METHODS, in_groups
from housing.apartments.models import Contract, Handover, Lease, LeaseSignature, LeaseState, Offer, OfferState
from housing.apartments.services.leasing import rent_years
from portal import clock
from portal.ui.figures import day_time_text

LEASE_TAGS = {
    LeaseState.DRAFTED: ("active", "pen"),
    LeaseState.SIGNED: ("active", "key"),
    LeaseState.RUNNING: ("ok", "home"),
    LeaseState.ENDING: ("wait", "clock"),
    LeaseState.ENDED: ("default", "check"),
    LeaseState.CANCELLED: ("default", "cross-circle"),
}
OFFER_TAGS = {
    OfferState.OPEN: ("active", "clock"),
    OfferState.ACCEPTED: ("ok", "check"),
    OfferState.REFUSED: ("default", "minus-circle"),
    OfferState.EXPIRED: ("wait", "clock"),
    OfferState.WITHDRAWN: ("default", "cross-circle"),
}
EVENTS = {
    "draft": gettext_lazy("接受房源，起草租约"),
    "sign_tenant": gettext_lazy("承租人签了合同"),
    "sign_operator": gettext_lazy("出租方签了合同"),
    "sign": gettext_lazy("合同签好"),
    "lapse": gettext_lazy("没有按期签约，租约取消"),
    "cancel": gettext_lazy("租约取消"),
    "fall_away": gettext_lazy("上一份租约收回，续租取消"),
    "write_in": gettext_lazy("登记交房清单"),
    "hand_over": gettext_lazy("交房，开始租住"),
    "begin": gettext_lazy("续租开始"),
    "write_out": gettext_lazy("登记验房清单"),
    "give_notice": gettext_lazy("租户退租"),
    "reach_term": gettext_lazy("租期届满"),
    "lose_status": gettext_lazy("不再符合条件"),
    "terminate": gettext_lazy("违约收回"),
    "restore": gettext_lazy("租约恢复"),
    "move_out": gettext_lazy("退房"),
    "take_back": gettext_lazy("代为确认验房，租约结束"),
    "overstay": gettext_lazy("到期没有搬出，按市场租金逐日计"),
    "give_way": gettext_lazy("由续租的租约接替"),
}


def lease_tag(lease: Lease) -> dict[str, str]:
    """How the lease stands. Nothing is handed over at the beginning of a renewal: signed, it waits for its day."""
    kind, icon = LEASE_TAGS[LeaseState(lease.state)]
    if lease.state == LeaseState.SIGNED and lease.previous_id:
        return {"kind": kind, "icon": "calendar", "text": _("等起租")}
    return {"kind": kind, "icon": icon, "text": lease.get_state_display()}


def lease_facts(lease: Lease) -> dict[str, object]:
    """What every page of a lease shows of it."""
    return {
        "lease": lease,
        "state": lease_tag(lease),
        "years": rent_years(lease),
        "contract": Contract.objects.filter(lease=lease).first(),
        "signatures": signatures(lease),
        "today": clock.today(),
    }


def tier_title(lease: Lease) -> str:
    """What the policy of the lease's application calls its tier, in the active language."""
    titles = {rung.code: str(rung.title) for rung in lease.application.policy_version.parsed.ladder}
    return titles.get(lease.tier, lease.tier)


def handover_of(lease: Lease, direction: str) -> Handover:
    """The hand-over of the lease that way, with all that stood on its page. Raises Http404."""
    return get_object_or_404(handovers_of(lease), direction=direction)


def handovers_of(lease: Lease) -> QuerySet[Handover]:
    """The same of both ways, the first first."""
    return lease.handovers.prefetch_related("lines", "photos").select_related("member", "paper")


def offer_tag(offer: Offer) -> dict[str, str]:
    """How the offer stands."""
    kind, icon = OFFER_TAGS[OfferState(offer.state)]
    return {"kind": kind, "icon": icon, "text": offer.get_state_display()}


def history(lease: Lease) -> list[dict[str, Any]]:
    """What happened to the lease, the latest first, as the items of a timeline."""
    return [
        {
            "state": "done",
            "title": EVENTS.get(event.kind, event.kind),
            "text": event.reason,
            "when": _signed(event.at, event.actor, tenant=lease.person.user_id),
        }
        for event in lease.events.select_related("actor").order_by("-at", "-version")
    ]


def signatures(lease: Lease) -> list[dict[str, Any]]:
    """Who has signed the contract: side, when, how they proved themselves, and over which bytes."""
    return [
        {
            "side": row.get_side_display(),
            "name": row.member.display_name if row.member else lease.person.legal_name,
            "masked": row.member.display_name if row.member else lease.application.name_masked,
            "at": row.signed_at,
            "with": METHODS.get(row.proved_with, row.proved_with),
            "paper": row.paper_id,
            "by": row.by.display_name,
            "sha256": in_groups(row.contract_sha256),
        }
        for row in LeaseSignature.objects.filter(lease=lease).select_related("member", "by")
    ]


def _signed(at: Any, who: Any, *, tenant: int | None) -> str:
    name = _("系统") if who is None else _("本人") if who.pk == tenant else who.display_name or "—"
    return _("%(when)s，%(name)s") % {"when": day_time_text(at), "name": name}
