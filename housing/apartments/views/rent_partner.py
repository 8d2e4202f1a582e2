"""The operator's pages about a lease in their building: bills, the inspection on the way out, reports."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from applicants.people.refusals import Refused
from housing.apartments.forms.rent import InspectionForm, LossForm, ViolationForm
from housing.apartments.models import LIVING_IN, Handover, Lease, LeaseState, LossReport
from housing.apartments.services.breaching import report_violation
from housing.apartments.services.changing import terms_of
from housing.apartments.services.losing import report_loss
from housing.apartments.views.lease_doors import of_managed_lease, takes_a_form
from housing.apartments.views.lease_files import statement_file
from housing.apartments.views.lease_partner import written_down
from housing.apartments.views.lease_words import lease_facts
from housing.apartments.views.rent_words import money_facts
from portal import clock
from portal.ui.figures import is_chinese
from portal.ui.telling import form_page, told_beside

OUT = Handover.Direction.OUT


@require_safe
@of_managed_lease
def partner_bills(request: HttpRequest, lease: Lease) -> HttpResponse:
    """What a tenant of the building owes and has paid."""
    context = {**lease_facts(lease), **money_facts(lease), "is_masked": True}
    return render(request, "apartments/rent/partner_bills.html", context)


@require_safe
@of_managed_lease
def partner_statement(request: HttpRequest, lease: Lease, kind: str) -> HttpResponse:
    """The account of the lease as a file, without what only the tenant and the bureau need to know."""
    return statement_file(lease, kind, by=request.partner_member.user, is_masked=True)


@takes_a_form
@of_managed_lease
def partner_inspection(request: HttpRequest, lease: Lease) -> HttpResponse:
    """Write down in what state the unit is given back; then the tenant signs on their own phone."""
    if lease.state != LeaseState.ENDING:
        raise Http404
    return written_down(
        request, lease, OUT, InspectionForm, "apartments/rent/partner_inspection.html", on=clock.today()
    )


@takes_a_form
@of_managed_lease
def partner_violation(request: HttpRequest, lease: Lease) -> HttpResponse:
    """Note a breach of the lease; the bureau decides."""
    _lived_in(lease)
    form = ViolationForm(request.POST if request.method == "POST" else None, kinds=violation_kinds(lease))
    if form.is_valid():
        with told_beside(form, "happened_on", Refused):
            report_violation(lease_id=lease.pk, **form.cleaned_data, by=request.partner_member.user,
                             member=request.partner_member, at=clock.now())  # fmt: skip
            return _reported(request, lease)
    return form_page(request, "apartments/rent/partner_violation.html", form, **lease_facts(lease))


@takes_a_form
@of_managed_lease
def partner_loss(request: HttpRequest, lease: Lease) -> HttpResponse:
    """Note that the tenant has bought a home or left the post; the bureau decides."""
    _lived_in(lease)
    form = LossForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with told_beside(form, "happened_on", Refused):
            report_loss(lease_id=lease.pk, **form.cleaned_data, source=LossReport.Source.OPERATOR,
                        by=request.partner_member.user, member=request.partner_member, at=clock.now())  # fmt: skip
            return _reported(request, lease)
    return form_page(request, "apartments/rent/partner_loss.html", form, **lease_facts(lease))


def violation_kinds(lease: Lease) -> list[str]:
    """The breaches that the lease's policy lists, in the active language."""
    return [it.zh if is_chinese() else it.en or it.zh for it in terms_of(lease).violations]


def _lived_in(lease: Lease) -> None:
    if lease.state not in LIVING_IN:
        raise Http404


def _reported(request: HttpRequest, lease: Lease) -> HttpResponse:
    messages.success(request, _("已报告。人社局核实以后决定，在那以前租约不变。"))
    return redirect("partner_lease", lease.pk)
