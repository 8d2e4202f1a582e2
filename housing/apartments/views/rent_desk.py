"""The desk's pages about money: bills, payments, the bank's list, arrears, deposits."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import F, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from applicants.people.refusals import Refused
from housing.apartments.forms.rent import PaymentFileForm, PaymentForm
from housing.apartments.models import ArrearsStep, Bill, Lease, Payment, PaymentFile
from housing.apartments.services.dunning import overdue
from housing.apartments.services.leasing import READERS, visible_leases
from housing.apartments.services.leaving import overstayers
from housing.apartments.services.receiving import enter_file, keep_file, look_through, receive
from housing.apartments.services.settling import (
    account_of,
    may_settle,
    settle_deposit,
    settlements_for,
    to_settle,
)
from housing.apartments.views.lease_doors import of_lease_in_reach, takes_a_form
from housing.apartments.views.lease_files import statement_file
from housing.apartments.views.rent_words import bill_tag
from housing.apartments.views.rows_desk import PAGE, asked_for, newest_first, views_shown
from portal import clock
from portal.accounts.doors import ask_again, bureau_only, confirmed_recently, is_recent
from portal.accounts.models import Role
from portal.casework.services.advancing import StepRefused
from portal.ui.asking import number_in
from portal.ui.telling import form_page, told_above, told_beside

VIEWS = {
    "open": gettext_lazy("没付清的"),
    "late": gettext_lazy("已逾期的"),
    "all": gettext_lazy("全部账单"),
}


@bureau_only(*READERS)
@require_safe
@never_cache
def desk_bills(request: HttpRequest) -> HttpResponse:
    """Bills in reach, by state or number, the newest first."""
    view = request.GET.get("view", "open")
    if view not in VIEWS:
        raise Http404
    query = asked_for(request)
    rows = Bill.objects.filter(lease__in=visible_leases(request.user)).select_related(
        "lease__unit__building__place", "lease__application"
    )
    if view != "all":
        rows = rows.filter(cancelled_at=None, paid_fen__lt=F("amount_fen"))
    if view == "late":
        rows = rows.filter(due_on__lt=clock.today())
    if query:
        rows = rows.filter(lease__number=query) | rows.filter(number=query)
    found, following = newest_first(request, rows, "made_at")
    context = {
        "rail": "bills",
        "rows": [{"bill": bill, "state": bill_tag(bill)} for bill in found],
        "views": views_shown(VIEWS, view),
        "query": query,
        "following": following,
    }
    return render(request, "apartments/rent/desk_bills.html", context)


@bureau_only(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def desk_payments(request: HttpRequest) -> HttpResponse:
    """Money that came in, the newest first; finance enters one by hand."""
    is_finance = request.user.has_role(Role.FINANCE)
    form = PaymentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and not is_finance:
        raise Http404
    if form.is_valid():
        data = form.cleaned_data
        lease = visible_leases(request.user).filter(number=data["lease"]).first()
        if lease is None:
            form.add_error("lease", _("没有这个编号的租约。"))
        elif not is_recent(request):
            return ask_again(request)
        else:
            with told_beside(form, "bank_reference", Refused):
                payment = receive(lease_id=lease.pk, bank_reference=data["bank_reference"], amount_fen=data["amount"],
                                  received_on=data["received_on"], by=request.user, at=clock.now())  # fmt: skip
                messages.success(request, _("已登记，记在租约 %(number)s。") % {"number": payment.lease.number})
                return redirect("desk_payments")
    rows = Payment.objects.filter(lease__in=visible_leases(request.user)).select_related("lease", "entered_by")
    found, following = newest_first(request, rows, "entered_at")
    context = {"rail": "payments", "rows": found, "following": following, "is_finance": is_finance}
    return form_page(request, "apartments/rent/desk_payments.html", form, **context)


@bureau_only(Role.FINANCE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def desk_payment_import(request: HttpRequest) -> HttpResponse:
    """The bank's list of rents: send one in, look through it (``?file=``), enter it."""
    form = PaymentFileForm(request.POST if request.method == "POST" else None, request.FILES or None)
    if form.is_valid():
        with told_beside(form, "file", StepRefused):
            kept = keep_file(content=form.read(), by=request.user, at=clock.now())
            return redirect(f"{reverse('desk_payment_import')}?file={kept.pk}")
    wanted = request.GET.get("file", "")
    shown = _file_or_404(wanted) if wanted else None
    rows = look_through(shown, by=request.user, on=clock.today()) if shown else []
    context = {
        "rail": "payments",
        "shown": shown,
        "rows": rows,
        "faulty": [row for row in rows if row.fault],
        "sum_fen": sum(row.amount_fen or 0 for row in rows if not row.fault and not row.is_known),
        "files": list(PaymentFile.objects.select_related("uploaded_by", "applied_by")[:20]),
    }
    return form_page(request, "apartments/rent/desk_import.html", form, **context)


@bureau_only(Role.FINANCE)
@require_http_methods(["POST"])
@confirmed_recently(back="desk_payment_import")
def desk_payment_enter(request: HttpRequest) -> HttpResponse:
    """Enter a list that was looked through."""
    file = _file_or_404(request.POST.get("file", ""))
    with told_above(request, Refused):
        enter_file(file_id=file.pk, by=request.user, at=clock.now())
        messages.success(request, _("来账已导入，已按最早到期的账单分配。"))
        return redirect("desk_payments")
    return redirect(f"{reverse('desk_payment_import')}?file={file.pk}")


@bureau_only(*READERS)
@require_safe
@never_cache
def desk_arrears(request: HttpRequest) -> HttpResponse:
    """Who owes since when, how far up the ladder; and who is still there after the last day."""
    today = clock.today()
    leases = visible_leases(request.user)
    reach = set(leases.filter(state="ending", leave_by__lt=today).values_list("pk", flat=True))
    rows = overdue(today).filter(lease__in=leases).select_related("lease__unit__building__place", "lease__application")
    rows = list(rows.order_by("due_on", "id")[:500])
    steps = {it.bill_id: it for it in ArrearsStep.objects.filter(bill__in=rows).order_by("rung")}
    acts = {"remind": _("已提醒"), "warn": _("已警告"), "decide": _("要人办理")}
    kinds = {"remind": "wait", "warn": "active", "decide": "urgent"}
    context = {
        "rail": "arrears",
        "rows": [
            {
                "bill": bill,
                "days": (today - bill.due_on).days,
                "act": acts[steps[bill.pk].act] if bill.pk in steps else "",
                "kind": kinds[steps[bill.pk].act] if bill.pk in steps else "",
            }
            for bill in rows
        ],
        "sum_fen": sum(bill.owed_fen for bill in rows),
        "overstayers": [
            {"lease": lease, "days": (today - lease.leave_by).days, "is_unit_taken": lease.ends_on < today}
            for lease in overstayers(today)
            if lease.pk in reach
        ],
    }
    return render(request, "apartments/rent/desk_arrears.html", context)


@bureau_only(*READERS)
@require_safe
@never_cache
def desk_deposits(request: HttpRequest) -> HttpResponse:
    """Leases that are over and not settled, and the settlements made."""
    found, following = newest_first(request, settlements_for(request.user), "settled_at")
    context = {
        "rail": "deposits",
        "waiting": list(to_settle(request.user)[:PAGE]),
        "rows": found,
        "following": following,
        "sum_fen": settlements_for(request.user).aggregate(fen=Sum("refund_fen"))["fen"] or 0,
    }
    return render(request, "apartments/rent/desk_deposits.html", context)


@require_safe
@of_lease_in_reach
def desk_statement(request: HttpRequest, lease: Lease, kind: str) -> HttpResponse:
    """The account of the lease as a file; every download is audited."""
    return statement_file(lease, kind, by=request.user)


@takes_a_form
@of_lease_in_reach
def desk_deposit(request: HttpRequest, lease: Lease) -> HttpResponse:
    """The deposit of one lease: what is kept, what goes back; an approver settles it, and what comes in later."""
    settlements, waits = list(lease.settlements.all()), to_settle(request.user).filter(pk=lease.pk).exists()
    if not settlements and not waits:
        raise Http404
    may = waits and may_settle(lease, request.user)
    if request.method == "POST":
        if not may:
            raise Http404
        if not is_recent(request):
            return ask_again(request)
        seen = number_in(request.POST.get("refund", ""))
        with told_above(request, Refused):
            settle_deposit(lease_id=lease.pk, seen_refund_fen=-1 if seen is None else seen, by=request.user,
                           at=clock.now())  # fmt: skip
            messages.success(request, _("押金已结算，退款已转给财务。"))
        return redirect("desk_deposit", lease.pk)
    context = {
        "rail": "deposits",
        "lease": lease,
        "settlements": settlements,
        "account": account_of(lease) if waits else None,
        "may": may,
        "damages": [
            line
            for row in lease.handovers.filter(direction="out").prefetch_related("lines")
            for line in row.lines.all()
            if line.deduction_fen
        ],
    }
    return render(request, "apartments/rent/desk_deposit.html", context)


def _file_or_404(wanted: str) -> PaymentFile:
    try:
        return get_object_or_404(PaymentFile, pk=UUID(wanted))
    except ValueError:
        raise Http404 from None
