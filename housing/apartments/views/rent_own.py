"""The tenant's pages about money and the end of a lease: bills, statement, notice, renewal, a status that changed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from applicants.people.refusals import Refused
from housing.apartments.forms.rent import LossForm, NoticeForm, RenewalForm
from housing.apartments.models import LIVING_IN, Lease, LeaseState, LossReport
from housing.apartments.services.leaving import first_day_to_leave, give_notice
from housing.apartments.services.losing import report_loss
from housing.apartments.services.renewing import ask_for_renewal, next_term, why_not, window
from housing.apartments.views.lease_doors import of_own_lease, takes_a_form
from housing.apartments.views.lease_files import statement_file
from housing.apartments.views.lease_words import lease_facts
from housing.apartments.views.rent_words import money_facts
from portal import clock
from portal.casework.views.versions import version_sent
from portal.ui.telling import form_page, told_beside


@require_safe
@of_own_lease
def own_bills(request: HttpRequest, lease: Lease) -> HttpResponse:
    """What is to be paid, what was, and how."""
    return render(request, "apartments/rent/own_bills.html", {**lease_facts(lease), **money_facts(lease)})


@require_safe
@of_own_lease
def own_statement(request: HttpRequest, lease: Lease, kind: str) -> HttpResponse:
    """The account of the lease as a file."""
    return statement_file(lease, kind, by=request.user)


@takes_a_form
@of_own_lease
def own_notice(request: HttpRequest, lease: Lease) -> HttpResponse:
    """Give notice: the last day, as long ahead as the policy says."""
    first = first_day_to_leave(lease, on=clock.today())
    form = NoticeForm(request.POST if request.method == "POST" else None)
    form.fields["until"].widget.attrs |= {"min": first.isoformat(), "max": lease.ends_on.isoformat()}
    if form.is_valid():
        with told_beside(form, "until", Refused):
            give_notice(lease_id=lease.pk, until=form.cleaned_data["until"], expected_version=version_sent(request),
                        by=request.user, at=clock.now())  # fmt: skip
            messages.success(request, _("退租已登记。请和公寓约时间验房。"))
            return redirect("own_lease", lease.pk)
        lease.refresh_from_db()
    may = lease.state == LeaseState.RUNNING and first <= lease.ends_on
    return form_page(request, "apartments/rent/own_notice.html", form, **lease_facts(lease), first=first, may=may)


@takes_a_form
@of_own_lease
def own_renewal(request: HttpRequest, lease: Lease) -> HttpResponse:
    """Ask to stay on, within the time for it."""
    form = RenewalForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with told_beside(form, None, Refused):
            ask_for_renewal(lease_id=lease.pk, **form.answers, by=request.user, at=clock.now())
            messages.success(request, _("续租申请已收到。工作人员看过以后告诉您。"))
            return redirect("own_renewal", lease.pk)
    opens, closes = window(lease)
    context = {
        **lease_facts(lease),
        "why_not": why_not(lease, on=clock.today()),
        "asked": lease.renewal_requests.first(),
        "renewal": Lease.objects.filter(previous=lease).first(),
        "term": next_term(lease),
        "opens": opens,
        "closes": closes,
    }
    return form_page(request, "apartments/rent/own_renewal.html", form, **context)


@takes_a_form
@of_own_lease
def own_loss_report(request: HttpRequest, lease: Lease) -> HttpResponse:
    """Say oneself that a home was bought or the post left: a person looks at it."""
    form = LossForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with told_beside(form, None, Refused):
            report_loss(lease_id=lease.pk, **form.cleaned_data, source=LossReport.Source.TENANT, by=request.user,
                        at=clock.now())  # fmt: skip
            messages.success(request, _("谢谢您告诉我们。工作人员核实以后给您答复，在那以前什么都不变。"))
            return redirect("own_lease", lease.pk)
    may = lease.state in LIVING_IN
    return form_page(request, "apartments/rent/own_loss.html", form, **lease_facts(lease), may=may)
