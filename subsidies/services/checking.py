"""What stands between a payable and a roll."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from applicants.people.answers import answers_digest, answers_from
from applicants.people.models import PayoutAccount
from applicants.people.names import names_equal
from portal.accounts.models import Role, User
from portal.accounts.scopes import scope_q
from portal.casework.models import Submission
from subsidies.models import Payable, RollLine

# Result codes after which the same account may be tried again.
RETRIABLE = frozenset({"限额"})


def payables_of(user: User) -> QuerySet[Payable]:
    """The payables in the scope of ``user`` with all that the checks read, in due order: a constant number of queries."""
    return (
        Payable.objects.filter(scope_q(user, (Role.FINANCE, Role.FIRST_REVIEWER, Role.ADMINISTRATOR, Role.AUDITOR)))
        .select_related(
            "person__education",
            "person__employment",
            "application__policy_version__policy",
            "approved_by",
            "person__user",
        )
        .prefetch_related(
            Prefetch("person__accounts", PayoutAccount.objects.order_by("-ordinal")),
            Prefetch("roll_lines", RollLine.objects.select_related("roll").order_by("roll__collected_at", "id")),
            Prefetch("application__submissions", Submission.objects.order_by("number")),
        )
        .order_by("due_on", "id")
    )


def account_of(payable: Payable) -> PayoutAccount | None:
    """The account that a roll would pay to: the person's newest."""
    return next(iter(payable.person.accounts.all()), None) if payable.person else None


def live_line(payable: Payable) -> RollLine | None:
    """The line that the payable stands on now, if any."""
    return next((line for line in payable.roll_lines.all() if line.is_live), None)


def obstacles(payable: Payable, *, on: date) -> list[str]:
    """Codes of what keeps ``payable`` off a roll on ``on``; empty means it may be collected."""
    found = []
    if payable.cancelled_at:
        found.append("cancelled")
    if live_line(payable):
        found.append("on_a_roll")
    if payable.due_on > on:
        found.append("not_due")
    if payable.is_recheck_needed and not payable.rechecked_at:
        found.append("recheck_needed")
    if payable.person is None:
        return found
    found += _account_obstacles(payable)
    submissions = list(payable.application.submissions.all())
    if answers_digest(_answers_now(payable) | _declared(submissions[-1])) != submissions[-1].digest:
        found.append("changed_since_approval")
    return found


def _answers_now(payable: Payable) -> dict[str, dict[str, object]]:
    person = payable.person
    education, employment = getattr(person, "education", None), getattr(person, "employment", None)
    return answers_from(person, education, employment, account_of(payable))


def _declared(submission: Submission) -> Mapping[str, object]:
    return {"declaration": submission.answers["declaration"]}


def _account_obstacles(payable: Payable) -> list[str]:
    account = account_of(payable)
    if account is None:
        return ["account_missing"]
    found = []
    if not names_equal(account.holder, payable.person.legal_name):
        found.append("holder_differs")
    if account.created_at > payable.approved_at and account.settled_at is None:
        found.append("account_not_settled")
    rejected = [line for line in payable.roll_lines.all() if line.result == RollLine.Result.REJECTED]
    if rejected and rejected[-1].result_code not in RETRIABLE and rejected[-1].account == account.number:
        found.append("account_rejected")
    return found


def sentence_for(code: str) -> str:
    """The obstacle in words, in the active language."""
    return {
        "cancelled": _("已取消"),
        "on_a_roll": _("已在一份花名册上"),
        "not_due": _("还没到发放日期"),
        "recheck_needed": _("发放前要核实仍在职"),
        "account_missing": _("没有收款账户"),
        "holder_differs": _("户名与申请人姓名不一致"),
        "account_not_settled": _("批准后更换的账户还没有核实"),
        "account_rejected": _("银行退回过这个账户，等申请人更换"),
        "changed_since_approval": _("批准依据的资料后来有变动"),
    }[code]


def obstacles_by_payable(payables: Iterable[Payable], *, on: date) -> dict[UUID, list[str]]:
    """Obstacle codes for each of ``payables``."""
    return {payable.pk: obstacles(payable, on=on) for payable in payables}
