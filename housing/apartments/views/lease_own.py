"""The tenant's pages: the lease, its contract, signing it, and the hand-over."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from applicants.people.fields import ReasonForm
from housing.apartments.forms.lease import SignForm, SignListForm
from housing.apartments.models import Handover, Lease, LeaseSignature
from housing.apartments.services.changing import change_lease, terms_of
from housing.apartments.services.handing_over import digest_of, sign_handover
from housing.apartments.services.refusals import LeaseRefused
from housing.apartments.services.signing import sign_contract
from housing.apartments.views.lease_doors import of_own_lease, takes_a_form
from housing.apartments.views.lease_files import contract_file, contract_of, photo_file, signed_copy_file
from housing.apartments.views.lease_words import handover_of, lease_facts
from housing.apartments.views.proofs import tenant_proof
from portal import clock
from portal.accounts.doors import ask_again, is_recent
from portal.casework.views.versions import version_sent
from portal.ui.telling import form_page, told_beside

TENANT = LeaseSignature.Side.TENANT


@takes_a_form
@of_own_lease
def own_lease(request: HttpRequest, lease: Lease) -> HttpResponse:
    """The own lease: how it stands and what comes next. A POST cancels it, as long as nobody has moved in."""
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with told_beside(form, None, LeaseRefused):
            change_lease(lease.pk, "cancel", by=request.user, at=clock.now(), expected_version=version_sent(request),
                         reason=form.cleaned_data["reason"])  # fmt: skip
            messages.success(request, _("租约已取消，房源让给下一位。"))
            return redirect("own_lease", lease.pk)
        lease.refresh_from_db()
    context = {
        **lease_facts(lease),
        "has_signed": lease.signatures.filter(side=TENANT).exists(),
        "is_late": lease.sign_by is not None and clock.today() > lease.sign_by,
        "handovers": list(lease.handovers.all()),
        "to_sign": lease.handovers.filter(signed_at=None).first(),
        "may_cancel": lease.state in ("drafted", "signed"),
        "has_begun": clock.today() >= lease.starts_on,
        "terms": terms_of(lease),
    }
    return form_page(request, "apartments/leases/own.html", form, **context)


@require_safe
@of_own_lease
def own_lease_contract(request: HttpRequest, lease: Lease) -> HttpResponse:
    """The contract as it is, and was, signed."""
    return contract_file(lease, by=request.user)


@require_safe
@of_own_lease
def own_lease_signed(request: HttpRequest, lease: Lease) -> HttpResponse:
    """The same with the record of its signatures."""
    return signed_copy_file(lease, by=request.user)


@takes_a_form
@of_own_lease
def own_lease_sign(request: HttpRequest, lease: Lease) -> HttpResponse:
    """Read the contract, then sign it; who signs says first who they are."""
    contract, at = contract_of(lease), clock.now()
    form = SignForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if not is_recent(request):
            return ask_again(request)
        with told_beside(form, None, LeaseRefused):
            sign_contract(lease_id=lease.pk, seen_sha256=form.cleaned_data["seen"], proof=tenant_proof(request, at=at),
                          by=request.user, at=at)  # fmt: skip
            messages.success(request, _("您已签好合同。"))
            return redirect("own_lease", lease.pk)
    may_sign = lease.state == "drafted" and not lease.signatures.filter(side=TENANT).exists()
    context = {**lease_facts(lease), "paper": contract.text, "may_sign": may_sign}
    return form_page(request, "apartments/leases/sign.html", form, **context)


@takes_a_form
@of_own_lease
def own_handover(request: HttpRequest, lease: Lease, direction: str) -> HttpResponse:
    """What the operator wrote down of a hand-over; signing it begins or ends the time in the unit."""
    row = handover_of(lease, direction)
    form = SignListForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if not is_recent(request):
            return ask_again(request)
        with told_beside(form, None, LeaseRefused):
            sign_handover(handover_id=row.pk, seen_sha256=form.cleaned_data["seen"], by=request.user, at=clock.now())
            is_in = direction == Handover.Direction.IN
            messages.success(request, _("已签收，欢迎入住。") if is_in else _("已签字，退房办好了。"))
            return redirect("own_lease", lease.pk)
        row = handover_of(lease, direction)
    context = {**lease_facts(lease), "row": row, "digest": digest_of(row), "photo_page": "own_handover_photo"}
    return form_page(request, "apartments/leases/own_handover.html", form, **context)


@require_safe
@of_own_lease
def own_handover_photo(request: HttpRequest, lease: Lease, photo: UUID) -> HttpResponse:
    """A picture of the unit as it was handed over."""
    return photo_file(lease, photo)
