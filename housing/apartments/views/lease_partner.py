"""The operator's pages: the leases of their buildings, signing for the landlord, and handing over."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from applicants.people.refusals import Refused
from housing.apartments.forms.lease import HandoverForm, HandoverPhotoForm, SignForm
from housing.apartments.models import Handover, HandoverPhoto, Lease, LeaseSignature, LeaseState
from housing.apartments.services.handing_over import (
    MOST_PHOTOS,
    STATES,
    add_photo,
    inventory_for,
    remove_photo,
    write_handover,
)
from housing.apartments.services.leasing import leases_of
from housing.apartments.services.signing import sign_contract
from housing.apartments.views.lease_doors import of_managed_lease, takes_a_form
from housing.apartments.views.lease_files import contract_file, contract_of, photo_file, signed_copy_file
from housing.apartments.views.lease_words import handover_of, handovers_of, lease_facts, lease_tag
from housing.apartments.views.proofs import device_proof
from portal import clock
from portal.partners.choices import MemberRole
from portal.partners.doors import MATTERS, partner_only
from portal.partners.scopes import places_of
from portal.ui.telling import form_page, told_beside

IN, OPERATOR = Handover.Direction.IN, LeaseSignature.Side.OPERATOR
MOST = 500  # leases on the operator's page: some buildings' worth
GROUPS = (LeaseState.DRAFTED, LeaseState.SIGNED, LeaseState.ENDING, LeaseState.RUNNING)  # what waits comes first
RENEWED = "renewed"  # a signed renewal: the tenant lives there, nothing is to be done


@require_safe
@partner_only(MemberRole.APARTMENT_OPERATOR)
def partner_apartments(request: HttpRequest) -> HttpResponse:
    """The live leases of the operator's buildings, by what is to be done about them."""
    member = request.partner_member
    found = (
        leases_of(member)
        .filter(state__in=GROUPS)
        .order_by("unit__building__place__name_zh", "unit__label", "starts_on")
    )
    signed = set(LeaseSignature.objects.filter(side=OPERATOR, lease__in=found).values_list("lease_id", flat=True))
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in (*GROUPS, RENEWED)}
    for lease in found[:MOST]:
        name = RENEWED if lease.state == LeaseState.SIGNED and lease.previous_id else lease.state
        groups[name].append({"lease": lease, "state": lease_tag(lease), "has_signed": lease.pk in signed})
    context = {
        "places": list(places_of(member)),
        "groups": [
            {"name": name, "title": _("续租，等起租") if name == RENEWED else LeaseState(name).label, "rows": rows}
            for name, rows in groups.items()
            if rows
        ],
    }
    return render(request, "apartments/leases/partner.html", context)


@require_safe
@of_managed_lease
def partner_lease(request: HttpRequest, lease: Lease) -> HttpResponse:
    """One lease: who rents what for how long, and what comes next."""
    context = {
        **lease_facts(lease),
        "handovers": handovers_of(lease),
        "may_sign": _may_sign(lease),
        "may_hand_over": _may_hand_over(lease) and clock.today() >= lease.starts_on,
        "photo_page": "partner_handover_photo",
    }
    return render(request, "apartments/leases/partner_one.html", context)


@require_safe
@of_managed_lease
def partner_lease_contract(request: HttpRequest, lease: Lease) -> HttpResponse:
    """The contract to read before signing, and afterwards."""
    return contract_file(lease, by=request.partner_member.user)


@require_safe
@of_managed_lease
def partner_lease_signed(request: HttpRequest, lease: Lease) -> HttpResponse:
    """The same with the record of its signatures."""
    return signed_copy_file(lease, by=request.partner_member.user)


@takes_a_form
@partial(of_managed_lease, pin_within=MATTERS)
def partner_lease_sign(request: HttpRequest, lease: Lease) -> HttpResponse:
    """Sign the contract for the landlord; the PIN was typed a moment ago."""
    contract, member = contract_of(lease), request.partner_member
    form = SignForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with told_beside(form, None, Refused):
            sign_contract(lease_id=lease.pk, seen_sha256=form.cleaned_data["seen"], proof=device_proof(request),
                          by=member.user, at=clock.now(), member=member)  # fmt: skip
            messages.success(request, _("已代表出租方签好合同。"))
            return redirect("partner_lease", lease.pk)
    context = {**lease_facts(lease), "paper": contract.text, "may_sign": _may_sign(lease)}
    return form_page(request, "apartments/leases/partner_sign.html", form, **context)


@takes_a_form
@of_managed_lease
def partner_handover(request: HttpRequest, lease: Lease) -> HttpResponse:
    """Write down keys, meters and every item; then the tenant signs on their own phone."""
    if not _may_hand_over(lease):
        raise Http404
    first = max(clock.today(), lease.starts_on)
    return written_down(request, lease, IN, HandoverForm, "apartments/leases/partner_handover.html", on=first)


@takes_a_form
@of_managed_lease
def partner_photos(request: HttpRequest, lease: Lease, direction: str) -> HttpResponse:
    """Pictures of what was written down, one more or one less at a time, until the tenant has signed."""
    row, member = handover_of(lease, direction), request.partner_member
    if row.signed_at is not None:
        raise Http404
    form = HandoverPhotoForm(request.POST if request.method == "POST" else None, request.FILES or None)
    if request.method == "POST" and "remove" in request.POST:
        photo = get_object_or_404(HandoverPhoto, handover=row, position=_position(request.POST["remove"]))
        with told_beside(form, None, Refused):
            remove_photo(photo=photo, member=member, at=clock.now())
            return redirect("partner_photos", lease.pk, direction)
    elif form.is_valid():
        with told_beside(form, "picture", Refused):
            add_photo(handover_id=row.pk, upload=form.cleaned_data["picture"], caption=form.cleaned_data["caption"],
                      member=member, at=clock.now())  # fmt: skip
            messages.success(request, _("照片已保存。"))
            return redirect("partner_photos", lease.pk, direction)
    context = {**lease_facts(lease), "row": row, "most": MOST_PHOTOS, "photo_page": "partner_handover_photo"}
    return form_page(request, "apartments/leases/partner_photos.html", form, **context)


@require_safe
@of_managed_lease
def partner_handover_photo(request: HttpRequest, lease: Lease, photo: UUID) -> HttpResponse:
    """A picture of a hand-over."""
    return photo_file(lease, photo)


def written_down(
    request: HttpRequest, lease: Lease, direction: str, kind: type[HandoverForm], template: str, **known: Any
) -> HttpResponse:
    """The page of a hand-over ``direction`` with its form; ``known`` is what a first one begins with."""
    written = handovers_of(lease).filter(direction=direction).first()
    form = kind(request.POST if request.method == "POST" else None, items=inventory_for(lease, direction),
                initial=kind.initial_of(written) if written else known)  # fmt: skip
    if form.is_valid():
        data = form.cleaned_data
        with told_beside(form, "on", Refused):
            write_handover(lease_id=lease.pk, direction=direction, on=data["on"], key_count=data["key_count"],
                           meters=form.meters, note=data["note"], lines=form.lines, member=request.partner_member,
                           at=clock.now())  # fmt: skip
            messages.success(request, _("已登记。请租户在自己的手机上核对、签字。"))
            return redirect("partner_lease", lease.pk)
    return form_page(request, template, form, **lease_facts(lease))


def _position(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _may_sign(lease: Lease) -> bool:
    is_open = lease.state == LeaseState.DRAFTED and hasattr(lease, "contract")
    return is_open and not lease.signatures.filter(side=OPERATOR).exists()


def _may_hand_over(lease: Lease) -> bool:
    return lease.state in STATES[IN] and lease.previous_id is None  # a renewal begins without
