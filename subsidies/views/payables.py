"""The list of payables, and the collecting of some of them on a roll."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from applicants.people.labels import FIELD_LABELS
from portal import clock
from portal.accounts.doors import bureau_only
from portal.accounts.models import Role, User
from portal.casework.doors import DESK_ROLES
from portal.casework.programmes import programme
from portal.casework.services.advancing import StepRefused
from portal.ui.figures import day_text, listed
from subsidies.models import Roll, RollLine
from subsidies.services.cancelling import may_cancel
from subsidies.services.checking import (
    READERS,
    REJECTION_CODES,
    account_of,
    changed_answers,
    live_line,
    sentence_for,
)
from subsidies.services.collecting import collect_all, due_by_programme
from subsidies.services.listing import PAGE, VIEWS, PayableRow, payables_page
from subsidies.services.rolls import bar_of, collect_roll
from subsidies.services.settling import is_reviewer, may_recheck

VIEW_LABELS = {
    "ready": gettext_lazy("可以发放"),
    "review": gettext_lazy("待初审核对"),
    "waiting": gettext_lazy("还不能发"),
    "on_a_roll": gettext_lazy("在花名册上"),
    "paid": gettext_lazy("已发放"),
    "rejected": gettext_lazy("银行退回"),
    "all": gettext_lazy("全部"),
}
EMPTY = {
    "ready": gettext_lazy("现在没有可以发放的款项。“还不能发”里写明了每一笔缺什么。"),
    "review": gettext_lazy("没有等初审核对的账户或在职证明。"),
    "waiting": gettext_lazy("没有还不能发的款项。"),
    "on_a_roll": gettext_lazy("没有等银行结果的款项。"),
    "paid": gettext_lazy("还没有发放过款项。"),
    "rejected": gettext_lazy("没有银行退回、等重新发放的款项。"),
    "all": gettext_lazy("您的范围内还没有应付款项。申请批准后，这里会出现它的每一笔。"),
}


@require_safe
@never_cache
@bureau_only(*READERS)
def payables(request: HttpRequest) -> HttpResponse:
    """One view of the payables by due date, fifty a page, each with what stands in its way."""
    user, on = request.user, clock.today()
    default = "review" if user.has_role(Role.FIRST_REVIEWER) and not user.has_role(Role.FINANCE) else "ready"
    view = request.GET.get("view", "")
    view = view if view in VIEWS else default
    page = payables_page(user, view, on=on, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    rows = [_row(row, user, on) for row in page.rows]
    collectable = [row for row in rows if row["may_collect"]]
    return render(
        request,
        "subsidies/payables.html",
        {
            "view": view,
            "views": [{"name": name, "label": VIEW_LABELS[name]} for name in VIEWS],
            "heading": VIEW_LABELS[view],
            "empty": EMPTY[view],
            "rows": rows,
            "collectable": len(collectable),
            "collectable_fen": sum(row["payable"].net_fen for row in collectable),
            "due": _due(user, on) if view == "ready" and user.has_role(Role.FINANCE) else [],
            "has_files": user.has_role(*DESK_ROLES),
            "previous": f"?{urlencode({'view': view, 'before': page.previous})}" if page.previous else "",
            "next": f"?{urlencode({'view': view, 'after': page.next})}" if page.next else "",
        },
    )


def _due(user: User, on: date) -> list[dict[str, Any]]:
    """The programmes of which more is due than a page shows, with how much."""
    found = due_by_programme(user, on)
    return [
        {"name": name, "title": programme(name).title, "count": found[name]} for name in found if found[name] > PAGE
    ]


def _row(row: PayableRow, user: User, on: date) -> dict[str, Any]:
    payable, account = row.payable, account_of(row.payable)
    reviews = is_reviewer(payable, user)  # the list leaves out what they keep away from
    is_finance = user.may_act_as(Role.FINANCE, payable.programme, payable.town)
    is_barred = bar_of(payable, user) != ""
    return {
        "payable": payable,
        "last4": account.number_last4 if account else "",
        "standing": _standing(row),
        "may_collect": is_finance and not row.obstacles and not is_barred,
        "is_barred": is_finance and not row.obstacles and is_barred,
        "may_settle": reviews and "account_not_settled" in row.obstacles,
        "may_recheck": reviews and may_recheck(payable, on),
        "may_cancel": may_cancel(payable, user),
    }


def _standing(row: PayableRow) -> list[dict[str, Any]]:
    """How the payable stands, as tags: paid, on which roll, or what is in the way; nothing in the way is ready."""
    line = live_line(row.payable)
    if line is not None and line.result == RollLine.Result.PAID:
        return [_tag("ok", _("%(day)s入账") % {"day": day_text(line.posted_on)}, roll=line.roll)]
    if line is not None:
        text = {
            Roll.State.COLLECTING: _("正在汇总"),
            Roll.State.COLLECTED: _("已汇总，等签发"),
            Roll.State.ISSUING: _("正在签发"),
            Roll.State.ISSUED: _("已签发，等银行结果"),
            Roll.State.DROPPED: _("花名册已作废，马上放回来"),
        }[line.roll.state]
        return [_tag("active", text, roll=line.roll)]
    tags = [_tag("wait", _in_words(code, row)) for code in row.obstacles]
    last = list(row.payable.roll_lines.all())[-1:]
    if last and last[0].result == RollLine.Result.REJECTED:
        reason = REJECTION_CODES[last[0].result_code]
        tags.insert(0, _tag("no", _("银行退回：%(reason)s") % {"reason": reason}, roll=last[0].roll))
    return tags if row.obstacles else [*tags, _tag("plain", _("可以发放"), icon="check")]


def _tag(kind: str, text: str, *, icon: str | None = None, roll: Roll | None = None) -> dict[str, Any]:
    return {"kind": kind, "text": text, "icon": icon, "roll": roll}


def _in_words(code: str, row: PayableRow) -> str:
    if code == "changed_since_approval":
        names = [str(FIELD_LABELS[section][name]) for section, name, _then, _now in changed_answers(row.payable)]
        return _("批准后资料有变动：%(fields)s") % {"fields": listed(names)}
    return sentence_for(code)


@require_POST
@bureau_only(Role.FINANCE)
def roll_collect(request: HttpRequest) -> HttpResponse:
    """Put the ticked payables, or all that stood on the page, on a new roll."""
    name = "on_page" if request.POST.get("which") == "page" else "payable"
    try:
        chosen = [UUID(text) for text in request.POST.getlist(name)]
        roll = collect_roll(payable_ids=chosen, by=request.user, at=clock.now())
    except ValueError:
        messages.error(request, _("请至少选择一笔可以发放的款项。"))
    except StepRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("花名册 %(number)s 已汇总。请核对后签发。") % {"number": roll.number})
        return redirect("roll", roll.number)
    return redirect("payables")


@require_POST
@bureau_only(Role.FINANCE)
def roll_collect_all(request: HttpRequest) -> HttpResponse:
    """Put everything of a programme that may be paid on a new roll; where it is much, its page shows how far it is."""
    name = request.POST.get("programme", "")
    try:
        roll = collect_all(programme=name, by=request.user, at=clock.now())
    except StepRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("payables")
    if roll.state == Roll.State.COLLECTED:
        messages.success(request, _("花名册 %(number)s 已汇总。请核对后签发。") % {"number": roll.number})
    return redirect("roll", roll.number)
