"""The bank's result: upload, dry run, apply."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from portal import clock
from portal.accounts.doors import bureau_only, confirmed_recently
from portal.accounts.models import Role
from portal.casework.services.advancing import StepRefused
from portal.ui.telling import told_above, told_beside
from subsidies.forms_money import BankFileForm
from subsidies.models import BankResult, Roll
from subsidies.services.bank_files import LARGEST_FILE
from subsidies.services.bank_results import apply_bank_result, look_through, upload_bank_result
from subsidies.services.rolls import READERS
from subsidies.views.rolls import roll_or_404


@bureau_only(*READERS)
@require_http_methods(["GET", "POST"])
@never_cache
def bank_result(request: HttpRequest, number: str) -> HttpResponse:
    """Files from the bank for one roll: send one in, and look through one (``?file=``) before it is applied."""
    roll = roll_or_404(request.user, number)
    if request.method == "POST" and not request.user.has_role(Role.FINANCE):
        raise Http404
    form = BankFileForm(request.POST if request.method == "POST" else None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        at = clock.now()
        with told_beside(form, "file", StepRefused):
            content = form.cleaned_data["file"].read(LARGEST_FILE + 1)
            result = upload_bank_result(roll=roll, content=content, by=request.user, at=at)
            if result.applied_at is not None:
                messages.info(request, _("这个文件已经导入过，什么也没有改变。"))
            elif result.uploaded_at != at:
                messages.info(request, _("这个文件之前传过，还没有导入。"))
            return redirect(f"{reverse('bank_result', args=[number])}?file={result.pk}")
    return render(request, "subsidies/bank_result.html", _context(request, roll, form))


def _context(request: HttpRequest, roll: Roll, form: BankFileForm) -> dict[str, object]:
    results = list(roll.bank_results.select_related("uploaded_by", "applied_by").order_by("-uploaded_at", "-id"))
    wanted = request.GET.get("file", "")
    shown = next((item for item in results if str(item.pk) == wanted), None) if wanted else None
    if wanted and shown is None:
        raise Http404
    rows = look_through(shown, on=clock.today()) if shown else []
    return {
        "roll": roll,
        "form": form,
        "is_finance": request.user.has_role(Role.FINANCE),
        "results": results,
        "shown": shown,
        "rows": rows,
        "paid": [row for row in rows if row.result == "paid"],
        "rejected": [row for row in rows if row.result == "rejected"],
        "paid_fen": sum(row.amount_fen or 0 for row in rows if row.result == "paid"),
        "rejected_fen": sum(row.amount_fen or 0 for row in rows if row.result == "rejected"),
        "faulty": [row for row in rows if row.fault],
        "is_known": bool(rows) and all(row.is_known for row in rows),
        "silent": max((roll.count or 0) - len(rows), 0),
    }


@bureau_only(Role.FINANCE)
@confirmed_recently
@require_POST
def bank_result_apply(request: HttpRequest, number: str, id: UUID) -> HttpResponse:
    """Write the answers of a file that was looked through."""
    roll = roll_or_404(request.user, number)
    try:
        result = BankResult.objects.get(roll=roll, pk=id)
    except (BankResult.DoesNotExist, ValidationError):
        raise Http404 from None
    at = clock.now()
    with told_above(request, StepRefused):
        applied = apply_bank_result(result=result, by=request.user, at=at)
        if applied.applied_at == at:
            messages.success(request, _("银行结果已导入，有结果的申请人会收到通知。"))
        else:
            messages.info(request, _("这个文件已经导入过，什么也没有改变。"))
    return redirect(f"{reverse('bank_result', args=[number])}?file={id}")
