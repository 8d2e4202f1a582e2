"""The desk's pages where a person decides about a tenant: renewals, losses of status, violations.

All three are a list of tasks and a page with what is known and a decision; they share their templates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from applicants.people.fields import ReasonForm
from applicants.people.refusals import Refused
from housing.apartments.forms.rent import DecisionForm, InSpiteForm, LossForm, ViolationForm
from housing.apartments.models import LIVING_IN, Finding, Lease, LossReport, RenewalRequest, Violation
from housing.apartments.services import breaching, losing, renewing
from housing.apartments.services.billing import owed_fen
from housing.apartments.services.rechecking import awaited, findings_today, unmet
from housing.apartments.views.lease_doors import lease_or_404, takes_a_form
from housing.apartments.views.rent_partner import violation_kinds
from housing.apartments.views.rent_words import finding_tag
from portal import clock
from portal.accounts.doors import ask_again, bureau_only, is_recent
from portal.accounts.models import User
from portal.casework.doors import DESK_ROLES
from portal.casework.views.findings import FindingRow, finding_rows
from portal.policy.assessing import Finding as Found
from portal.ui.figures import day_text, listed, yuan_text
from portal.ui.telling import form_page, told_beside

MOST_DONE = 50
Facts = list[tuple[str, str]]


@dataclass(frozen=True)
class Kind:
    """One kind of task: how its pages are called, what it is read from, and the ways a decision may go."""

    list_title: Any
    title: Any
    empty: Any
    hint: Any
    rows: Callable[[User], QuerySet[Any]]
    moment: str  # when it was brought up
    page: str
    text: Callable[[Any], str]
    may: Callable[[Any, User], bool]
    choices: tuple[tuple[str, Any], ...]


def _until(term: tuple[date, date] | None) -> str:
    return day_text(term[1]) if term else "—"


def _renewal_text(row: RenewalRequest) -> str:
    return _("到 %(day)s") % {"day": day_text(row.lease.ends_on)}


def _violation_text(row: Violation) -> str:
    kinds = violation_kinds(row.lease)
    return kinds[row.kind] if row.kind < len(kinds) else "—"


NOTHING = gettext_lazy("没有等着核实的报告。")
LOOK_FIRST = gettext_lazy("先核实，再决定。理由会写在给本人的信里。报告的人不能决定。")
KINDS = {
    "renewals": Kind(
        list_title=gettext_lazy("续租"),
        title=gettext_lazy("续租申请"),
        empty=gettext_lazy("没有等着办理的续租申请。"),
        hint=gettext_lazy("复核：单位、住房、欠费。同意后起草新的租约，双方签字后从到期的第二天起算。"),
        rows=renewing.renewals_for,
        moment="asked_at",
        page="desk_renewal",
        text=_renewal_text,
        may=renewing.may_decide,
        choices=(
            ("grant", gettext_lazy("同意续租")),
            ("extend", gettext_lazy("同意续租，延长年限")),
            ("refuse", gettext_lazy("不同意")),
        ),
    ),
    "losses": Kind(
        list_title=gettext_lazy("资格变化"),
        title=gettext_lazy("核实资格变化"),
        empty=NOTHING,
        hint=LOOK_FIRST,
        rows=losing.losses_for,
        moment="reported_at",
        page="desk_loss",
        text=LossReport.get_kind_display,
        may=losing.may_decide,
        choices=(
            ("lost", gettext_lazy("属实：留出搬家的时间，以后按市场租金")),
            ("dismiss", gettext_lazy("不成立：租约不变")),
        ),
    ),
    "violations": Kind(
        list_title=gettext_lazy("违约"),
        title=gettext_lazy("核实违约"),
        empty=NOTHING,
        hint=LOOK_FIRST,
        rows=breaching.violations_for,
        moment="reported_at",
        page="desk_violation",
        text=_violation_text,
        may=breaching.may_decide,
        choices=(
            ("warn", gettext_lazy("属实：警告")),
            ("end", gettext_lazy("属实：收回房屋")),
            ("dismiss", gettext_lazy("不成立")),
        ),
    ),
}


@bureau_only(*DESK_ROLES)
@require_safe
@never_cache
def desk_tasks(request: HttpRequest, rail: str) -> HttpResponse:
    """What is to be decided, the oldest first, and what was decided last."""
    kind = KINDS[rail]
    found = kind.rows(request.user)
    waiting = found.filter(finding=Finding.OPEN).order_by(kind.moment, "id")[:500]
    done = found.exclude(finding=Finding.OPEN).order_by("-decided_at", "-id")[:MOST_DONE]

    def rows(of: Iterable[Any]) -> list[dict[str, Any]]:
        return [{"row": it, "text": kind.text(it), "at": getattr(it, kind.moment), "state": _tag(it)} for it in of]

    context = {"rail": rail, "kind": kind, "waiting": rows(waiting), "done": rows(done)}
    return render(request, "apartments/rent/desk_tasks.html", context)


@bureau_only(*DESK_ROLES)
@takes_a_form
@never_cache
def desk_renewal(request: HttpRequest, id: UUID) -> HttpResponse:
    """One request: what the tenant says, what registers say today, how the lease went, and the decision."""
    row, by = _row("renewals", request, id), request.user
    term, extended = renewing.next_term(row.lease), renewing.next_term(row.lease, is_extended=True)
    facts = [
        (_("还在石狮的单位工作"), _("是") if row.is_in_post else _("否")),
        (_("本人或家人在石狮有住房"), _("是") if row.has_home else _("否")),
        (_("现在的欠费"), yuan_text(owed_fen(row.lease))),
        (_("现在的租期到"), day_text(row.lease.ends_on)),
        (_("续租后到"), _until(term) if term else _("年限已满，须延长：%(day)s") % {"day": _until(extended)}),
        (_("提出的时间"), day_text(row.asked_at)),
        (_("说明"), row.note or "—"),
    ]
    is_open = row.finding == Finding.OPEN
    found = findings_today(row, at=clock.now()) if is_open else [Found.from_json(it) for it in row.evidence or ()]

    def decide(said: dict[str, Any]) -> None:
        renewing.decide_renewal(
            request_id=row.pk,
            is_granted=said["answer"] != "refuse",
            is_extended=said["answer"] == "extend",
            in_spite=said.get("in_spite", False),
            reason=said["reason"],
            by=by,
            at=clock.now(),
        )

    shown = {
        "findings": _findings(row.lease, found),
        "findings_title": _("现在查到的情况") if is_open else _("决定时查到的情况"),
        "awaited": listed(awaited(row.lease)) if is_open else "",
        "is_in_spite": row.finding == Finding.CONFIRMED and bool(unmet(found)),
    }
    form = InSpiteForm if unmet(found) else DecisionForm
    return _decision(request, "renewals", row, facts, decide, form, **shown)


@bureau_only(*DESK_ROLES)
@takes_a_form
@never_cache
def desk_loss(request: HttpRequest, id: UUID) -> HttpResponse:
    """One report, what registers say of it, and the decision on it."""
    row, by = _row("losses", request, id), request.user
    until = row.grace_until or losing.grace_end(row.lease, clock.today())
    facts = [
        (_("有什么变化"), row.get_kind_display()),
        (_("从哪天起"), day_text(row.happened_on) if row.happened_on else "—"),
        (_("报告人"), row.get_source_display()),
        (_("报告的时间"), day_text(row.reported_at)),
        (_("属实时最晚搬出"), day_text(until)),
        (_("说明"), row.note or "—"),
    ]

    def decide(said: dict[str, Any]) -> None:
        is_lost = said["answer"] == "lost"
        losing.decide_loss(report_id=row.pk, is_lost=is_lost, reason=said["reason"], by=by, at=clock.now())

    found = [Found.from_json(it) for it in row.evidence or ()]
    shown = {
        "findings": _findings(row.lease, found),
        "findings_title": _("登记显示不再符合的条款"),
    }
    return _decision(request, "losses", row, facts, decide, DecisionForm, **shown)


@bureau_only(*DESK_ROLES)
@takes_a_form
@never_cache
def desk_violation(request: HttpRequest, id: UUID) -> HttpResponse:
    """One report of a breach, and the decision on it."""
    row, by = _row("violations", request, id), request.user
    who = row.member.display_name if row.member else row.reported_by.display_name or "—"
    facts = [
        (_("是哪一种"), _violation_text(row)),
        (_("发生的日期"), day_text(row.happened_on)),
        (_("报告人"), who),
        (_("报告的时间"), day_text(row.reported_at)),
        (_("收回时最晚搬出"), day_text(breaching.leave_by(row.lease, clock.today()))),
        (_("看到了什么"), row.note),
    ]

    def decide(said: dict[str, Any]) -> None:
        breaching.decide_violation(
            violation_id=row.pk,
            is_true=said["answer"] != "dismiss",
            ends_lease=said["answer"] == "end",
            reason=said["reason"],
            by=by,
            at=clock.now(),
        )

    return _decision(request, "violations", row, facts, decide, DecisionForm)


@bureau_only(*losing.REPORTERS)
@takes_a_form
@never_cache
def desk_lease_report(request: HttpRequest, id: UUID, kind: str) -> HttpResponse:
    """An officer notes a loss of status or a breach; another one decides."""
    lease = lease_or_404(request, id)
    if kind not in ("loss", "violation") or lease.state not in LIVING_IN:
        raise Http404
    if not losing.may_report(lease, request.user):
        raise Http404
    data = request.POST if request.method == "POST" else None
    form = LossForm(data) if kind == "loss" else ViolationForm(data, kinds=violation_kinds(lease))
    if form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("happened_on", "note")}
        said |= {"lease_id": lease.pk, "by": request.user, "at": clock.now()}
        with told_beside(form, None, Refused):
            if kind == "loss":
                losing.report_loss(kind=form.cleaned_data["kind"], source=LossReport.Source.STAFF, **said)
            else:
                breaching.report_violation(kind=int(form.cleaned_data["kind"]), **said)
            messages.success(request, _("已报告，由另一位工作人员决定。"))
            return redirect("desk_lease", id)
    title = _("报告资格变化") if kind == "loss" else _("报告违约")
    return form_page(request, "apartments/rent/desk_report.html", form, rail="leases", lease=lease, title=title)


def _row(rail: str, request: HttpRequest, pk: UUID) -> Any:
    return get_object_or_404(KINDS[rail].rows(request.user), pk=pk)


def _findings(lease: Lease, found: list[Found]) -> list[FindingRow]:
    """Clause by clause what is known; the ways to settle it are told to applicants, not here."""
    document, is_proven = lease.application.policy_version.parsed, lease.application.applicant.is_proven
    rows = finding_rows(document, found, on=clock.today(), is_proven=is_proven)
    return [replace(row, ways=[]) for row in rows]


def _decision(
    request: HttpRequest,
    rail: str,
    row: Any,
    facts: Facts,
    decide: Callable[[dict[str, Any]], None],
    form_class: type[DecisionForm],
    **shown: Any,
) -> HttpResponse:
    """What is known, and the decision; whoever may not decide sees the page without the form.

    What ended a lease may be taken back by another person.
    """
    kind, by, data = KINDS[rail], request.user, request.POST if request.method == "POST" else None
    may = row.finding == Finding.OPEN and kind.may(row, by)
    may_restore = not may and not isinstance(row, RenewalRequest) and losing.may_restore(row, by)
    if data is not None and not (may or may_restore):
        raise Http404
    form = ReasonForm(data) if may_restore else form_class(data, choices=kind.choices)
    if form.is_valid():
        if not is_recent(request):
            return ask_again(request)
        with told_beside(form, None, Refused):
            if may:
                decide(form.cleaned_data)
                messages.success(request, _("已决定，信已发给本人。"))
            else:
                losing.restore_lease(row, reason=form.cleaned_data["reason"], by=by, at=clock.now())
                messages.success(request, _("租约已恢复，信已发给本人。"))
            return redirect(request.path)
    known = {"rail": rail, "kind": kind, "row": row, "lease": row.lease, "facts": facts, "state": _tag(row), **shown}
    known |= {"may": may, "may_restore": may_restore, "list": f"desk_{rail}"}
    return form_page(request, "apartments/rent/desk_decide.html", form, **known)


def _tag(row: Any) -> dict[str, str]:
    if isinstance(row, RenewalRequest):
        return finding_tag(row.finding, granted=_("已同意"), refused=_("没有同意"))
    return finding_tag(row.finding)
