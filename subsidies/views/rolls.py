"""Payment rolls: the list, one roll with its checks, issue, drop and download."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal import clock
from portal.accounts.doors import bureau_only, confirmed_recently
from portal.accounts.models import Role, User
from portal.casework.programmes import programme
from portal.casework.services.advancing import StepRefused
from portal.ui.telling import told_above
from subsidies.models import Roll, RollFile, RollLine
from subsidies.services.filing import XLSX, file_name, stored_files
from subsidies.services.issuing import issue_roll
from subsidies.services.rolls import READERS, download_roll, drop_roll, visible_rolls
from subsidies.views.roll_reading import roll_context

TYPES = {
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    RollFile.Kind.CSV: "text/csv; charset=utf-8",
    RollFile.Kind.CSV_GB18030: "text/csv; charset=gb18030",
    RollFile.Kind.PDF: "application/pdf",
}
PAGE = 50
REFRESH_SECONDS = 3


def roll_or_404(user: User, number: str) -> Roll:
    """A roll in the scope of ``user``. Raises Http404: "not yours" looks like "not there"."""
    found = visible_rolls(user).select_related("collected_by", "issued_by").filter(number=number).first()
    if found is None:
        raise Http404
    return found


@require_safe
@never_cache
@bureau_only(*READERS)
def rolls(request: HttpRequest) -> HttpResponse:
    """Every roll, newest first, fifty a page from the number that stood last (``after``)."""
    found = visible_rolls(request.user)
    if last := found.filter(number=request.GET.get("after", "")).first():
        found = found.filter(Q(collected_at__lt=last.collected_at) | Q(collected_at=last.collected_at, id__lt=last.pk))
    rows = list(with_totals(found)[: PAGE + 1])
    following = f"?after={rows[PAGE - 1].number}" if len(rows) > PAGE else ""
    context: dict[str, Any] = {
        "rows": [{"roll": row, "title": programme(row.programme).title, "tag": state_tag(row)} for row in rows[:PAGE]],
        "following": following,
        "first_page": "?" if last else "",
    }
    return render(request, "subsidies/rolls.html", context)


def with_totals(rolls: QuerySet[Roll]) -> QuerySet[Roll]:
    """Every roll with ``lines_count``, ``lines_fen`` and how many lines the bank has ``answered``."""
    answered = Count("lines", filter=~Q(lines__result=RollLine.Result.PENDING))
    return rolls.select_related("collected_by", "issued_by").annotate(
        lines_count=Count("lines"), lines_fen=Sum("lines__net_fen"), answered=answered
    )


def state_tag(roll: Roll) -> dict[str, str]:
    """How the roll stands; needs ``lines_count`` and ``answered``."""
    if roll.state == Roll.State.DROPPED:
        return {"kind": "default", "text": _("已作废"), "icon": "minus-circle"}
    if roll.state == Roll.State.COLLECTING:
        return {"kind": "active", "text": _("正在汇总"), "icon": "clock"}
    if roll.state == Roll.State.COLLECTED:
        return {"kind": "active", "text": _("已汇总，等签发"), "icon": "half"}
    if roll.state == Roll.State.ISSUING:
        return {"kind": "active", "text": _("正在签发"), "icon": "clock"}
    if roll.answered < roll.lines_count:
        return {"kind": "active", "text": _("已签发，等银行结果"), "icon": "bank"}
    return {"kind": "ok", "text": _("银行结果已齐"), "icon": "check"}


@require_safe
@never_cache
@bureau_only(*READERS)
def roll(request: HttpRequest, number: str) -> HttpResponse:
    """One roll: steps, totals, lines, checks, who did what, the file, the bank's answers."""
    found = roll_or_404(request.user, number)
    after = request.GET.get("after", "")
    position = int(after) if after.isascii() and after.isdigit() and len(after) < 8 else 0
    context = roll_context(found, request.user, at=clock.now(), after=position)
    return render(request, "subsidies/roll.html", context | {"refresh_seconds": REFRESH_SECONDS})


@require_POST
@bureau_only(Role.FINANCE)
@confirmed_recently
def roll_issue(request: HttpRequest, number: str) -> HttpResponse:
    """Issue: copy everything, make and keep the file."""
    found = roll_or_404(request.user, number)
    with told_above(request, StepRefused):
        issued = issue_roll(roll=found, by=request.user, at=clock.now())
        if issued.state == Roll.State.ISSUED:
            messages.success(request, _("花名册 %(number)s 已签发，可以下载。") % {"number": number})
    return redirect("roll", number)


@require_POST
@bureau_only(Role.FINANCE)
def roll_drop(request: HttpRequest, number: str) -> HttpResponse:
    """Give up a roll that was not issued."""
    found = roll_or_404(request.user, number)
    try:
        drop_roll(roll=found, by=request.user, at=clock.now())
    except StepRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("roll", number)
    messages.success(request, _("花名册 %(number)s 已作废，里面的款项可以重新汇总。") % {"number": number})
    return redirect("rolls")


@require_POST
@bureau_only(Role.FINANCE)
@confirmed_recently(back="roll")
def roll_download(request: HttpRequest, number: str) -> HttpResponseBase:
    """One stored file, byte for byte: the spreadsheet, or the one that ``file`` names."""
    found = roll_or_404(request.user, number)
    files = {file.key: file for file in stored_files(found)}
    key = request.POST.get("file", XLSX)
    if files and key not in files:
        raise Http404
    try:
        pieces = download_roll(roll=found, by=request.user, at=clock.now(), key=key)
    except StepRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("roll", number)
    volumes = sum(file.kind == RollFile.Kind.PDF for file in files.values())
    name = file_name(found, files[key], volumes=volumes)
    size = {"Content-Length": str(files[key].size)} if files[key].size else {}
    return StreamingHttpResponse(
        pieces,
        headers={
            **size,
            "Content-Type": TYPES[files[key].kind],
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
