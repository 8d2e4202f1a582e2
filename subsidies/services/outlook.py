"""What follows the approval of a living subsidy, as the applicant's pages tell it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.models import PayoutAccount
from portal.casework.models import Application, ShelfPaper, Submission
from portal.casework.programmes import Outlook, Payment
from portal.ui.figures import day_text
from subsidies.models import Payable, RollLine
from subsidies.services.checking import (
    REJECTION_CODES,
    RETRIABLE,
    account_of,
    has_open_changes,
    is_sent,
    is_unsettled,
    live_line,
    open_doubt,
)

# How long before a later instalment the proof for it is asked for.
EVIDENCE_AHEAD = timedelta(days=60)
EVIDENCE_KIND = "in_post_proof"
GRANTS_KIND = "grants_statement"  # of whoever is said to have granted something elsewhere


def payment_outlook(applications: Iterable[Application], on: date) -> Mapping[UUID, Outlook]:
    """The payments of each approved application as they stand on ``on``, in five queries for any number."""
    ids = [application.pk for application in applications]
    payables = (
        Payable.objects.filter(application__in=ids)
        .select_related("person__education", "person__employment", "application")
        .prefetch_related(
            Prefetch("person__accounts", PayoutAccount.objects.order_by("-ordinal")),
            Prefetch("roll_lines", RollLine.objects.order_by("roll__collected_at", "id")),
            Prefetch("application__submissions", Submission.objects.order_by("number")),
        )
        .order_by("application_id", "number")
    )
    proofs = ShelfPaper.objects.filter(
        application__in=ids, kind__in=(EVIDENCE_KIND, GRANTS_KIND), removed_at__isnull=True
    )
    handed_in: dict[UUID, dict[str, datetime]] = defaultdict(dict)
    for row in proofs.order_by("added_at", "id"):
        handed_in[row.application_id][row.kind] = row.added_at
    by_application: dict[UUID, list[Payable]] = defaultdict(list)
    for payable in payables:
        by_application[payable.application_id].append(payable)
    return {pk: _outlook(rows, on, handed_in[pk]) for pk, rows in by_application.items()}


def waits_for_recheck(payable: Payable) -> bool:
    """Whether "still in post" has to be settled first."""
    return payable.is_recheck_needed and payable.rechecked_at is None


def evidence_kind(payable: Payable) -> str:
    """The kind of paper that settles what stands in the way now."""
    return GRANTS_KIND if open_doubt(payable) == "prior_grants" else EVIDENCE_KIND


def _proof_asked_since(payable: Payable, on: date) -> datetime | None:
    """Since when a proof counts for what a reviewer has to settle before payment; None where nothing is asked."""
    if payable.cancelled_at or is_sent(payable):
        return None
    if open_doubt(payable):
        return payable.doubted_at
    if waits_for_recheck(payable):
        opens = payable.due_on - EVIDENCE_AHEAD
        return timezone.make_aware(datetime.combine(opens, time())) if opens <= on else None
    return (payable.rechecked_at or payable.approved_at) if has_open_changes(payable) else None


def _outlook(payables: list[Payable], on: date, handed_in: Mapping[str, datetime]) -> Outlook:
    many = len(payables) > 1
    payments, is_account_needed, wanted = [], False, ""
    for payable in payables:
        since, proven_at = _proof_asked_since(payable, on), handed_in.get(evidence_kind(payable))
        waits_for_proof, has_proof = since is not None, bool(since and proven_at and proven_at >= since)
        state, text, posted_on = _standing(payable, on, waits_for_proof=waits_for_proof, has_proof=has_proof)
        label = _("第 %(number)s 笔") % {"number": payable.number} if many else _("补贴")
        payments.append(Payment(label, payable.net_fen, payable.due_on, state, text, posted_on))
        is_account_needed = is_account_needed or state == "rejected"
        if waits_for_proof and not has_proof:
            wanted = wanted or evidence_kind(payable)
    is_paid_out = all(payment.state in ("paid", "cancelled") for payment in payments)
    return Outlook(
        payments=tuple(payments),
        is_account_needed=is_account_needed,
        is_account_unsettled=not is_paid_out and _is_unsettled(payables[0]),
        evidence_kind=wanted,
    )


def _standing(payable: Payable, on: date, *, waits_for_proof: bool, has_proof: bool) -> tuple[str, str, date | None]:
    if payable.cancelled_at:
        return "cancelled", _("这一笔已取消。"), None
    line = live_line(payable)
    if line and line.result == RollLine.Result.PAID:
        return "paid", _("%(day)s已打到您的社会保障卡账户。") % {"day": day_text(line.posted_on)}, line.posted_on
    if line:
        return "arranging", _("已列入发放名单，等银行的结果。"), None
    if waits_for_proof:
        return "waiting", _asked(payable, has_proof=has_proof), None
    last = list(payable.roll_lines.all())[-1:]
    if last and last[0].result == RollLine.Result.REJECTED:
        return _after_rejection(payable, last[0])
    if payable.due_on > on:
        text = _("%(day)s以后发放。") % {"day": day_text(payable.due_on)}
        return "waiting", text, None
    return "arranging", _("正在安排发放。"), None


def _asked(payable: Payable, *, has_proof: bool) -> str:
    if evidence_kind(payable) == GRANTS_KIND:
        if has_proof:
            return _("材料已收到，等工作人员核实。")
        return _("发放前要核实您没有在别处领过互斥的补贴，请上传补贴情况说明。")
    if has_proof:
        return _("材料已收到，等工作人员核实您仍在职。")
    if waits_for_recheck(payable) or open_doubt(payable):
        return _("发放前要核实您仍在职，请上传在职证明。")
    return _("批准后您的资料有变动，要核实后才能发放，请上传现单位的在职证明。")


def _after_rejection(payable: Payable, line: RollLine) -> tuple[str, str, None]:
    account = account_of(payable)
    if line.result_code in RETRIABLE:
        return "arranging", _("银行这次没有打成，我们会再发一次，您不用做什么。"), None
    if account and account.number != line.account:
        is_waiting = is_unsettled(account, payable)
        text = _("已收到新账户，核对后会再发一次。") if is_waiting else _("新账户已核对，会再发一次。")
        return "arranging", text, None
    return (
        "rejected",
        _("银行退回了这一笔：%(reason)s。请另给一个账户。") % {"reason": REJECTION_CODES[line.result_code]},
        None,
    )


def _is_unsettled(payable: Payable) -> bool:
    account = account_of(payable)
    return account is not None and is_unsettled(account, payable)
