"""What stands between a payable and a roll."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applicants.people.answers import Answers, answers_digest, answers_from
from applicants.people.models import PayoutAccount, account_columns, account_number_hashes
from applicants.people.names import names_equal
from portal.accounts.models import Role, User
from portal.accounts.scopes import scope_q
from portal.casework.doors import kept_from
from portal.casework.models import Submission
from portal.partners.models import PartnerAccount
from portal.vault.rotation import bring_up_to_date
from portal.vault.sealing import hash_mark
from subsidies.models import Payable, RollLine

READERS = (Role.FINANCE, Role.FIRST_REVIEWER, Role.ADMINISTRATOR, Role.AUDITOR)
# What a bank writes of a line it did not pay (policy-facts 6.3), and how it reads.
REJECTION_CODES = {
    "户名不符": gettext_lazy("户名不符"),
    "账户未激活": gettext_lazy("账户未激活"),
    "销户": gettext_lazy("账户已销户"),
    "止付": gettext_lazy("账户已止付"),
    "限额": gettext_lazy("超过账户限额"),
}
# Result codes after which the same account may be tried again.
RETRIABLE = frozenset({"限额"})
DECIDING = ("identity", "education", "employment")
# What a register may say against paying, once it is asked again before pay day (policy-facts 9, cases 10 and 24).
DOUBTS = ("doubt_in_post", "doubt_prior_grants", "doubt_deceased_on")
CONTACT = ("identity", "phone")  # no decision rests on how a person is reached


def payables_of(user: User, roles: Iterable[str] = READERS) -> QuerySet[Payable]:
    """The payables in the scope of ``user``, ready to be checked, in due order; none whose file they keep away from."""
    reach = Payable.objects.filter(scope_q(user, tuple(roles))).exclude(application__in=kept_from(user))
    return with_evidence(reach).order_by("due_on", "id")


def with_evidence(payables: QuerySet[Payable]) -> QuerySet[Payable]:
    """Load all that the checks and a roll's columns read: four queries for any number of payables."""
    return (
        mark_shared_accounts(payables)
        .select_related(
            "person__education",
            "person__employment",
            "application__policy_version__policy",
            "application__first_reviewer",
            "application__second_reviewer",
            "partner",
        )
        .prefetch_related(
            Prefetch("person__accounts", PayoutAccount.objects.order_by("-ordinal")),
            Prefetch("partner__accounts", PartnerAccount.objects.order_by("-ordinal")),
            Prefetch("roll_lines", RollLine.objects.select_related("roll").order_by("roll__collected_at", "id")),
            Prefetch("application__submissions", Submission.objects.order_by("number")),
        )
    )


def mark_shared_accounts(payables: QuerySet[Payable]) -> QuerySet[Payable]:
    """Mark as ``is_account_shared`` whose account is another payee's too, or was paid into for another."""
    accounts = PayoutAccount.objects.filter(person=OuterRef("person"))
    newer = accounts.filter(ordinal__gt=OuterRef("ordinal"))
    payee = Payable.objects.filter(person=OuterRef("person"), cancelled_at__isnull=True)
    current = PayoutAccount.objects.filter(~Exists(newer), Exists(payee), number_hash=OuterRef("account_hash"))
    # Lines not issued yet have none; told so, the planner does not go through all of them for each payable.
    issued = RollLine.objects.filter(account_hash__gt="")
    lines = issued.filter(is_live=True, account_hash=OuterRef("account_hash"))
    return payables.annotate(
        account_hash=Subquery(accounts.order_by("-ordinal").values("number_hash")[:1]),
        is_account_shared=Exists(current.filter(~Q(person=OuterRef("person"))))
        | Exists(lines.filter(~Q(payable__person=OuterRef("person")))),
    )


def bring_accounts_up_to_date(payables: Iterable[UUID]) -> None:
    """Bring the hashes of the payees' accounts up to the newest key, whoever has them: before they are compared.

    Nothing is asked of the database where there has been one key only (ADR 0013).
    """
    if not hash_mark():
        return
    ids = list(payables)
    accounts = [
        *PayoutAccount.objects.filter(person__payables__in=ids).only("number"),
        *PartnerAccount.objects.filter(partner__payables__in=ids).only("number"),
    ]
    numbers = {account.number for account in accounts}
    bring_up_to_date([one for number in numbers for one in account_number_hashes(number)], account_columns())


def account_of(payable: Payable) -> PayoutAccount | PartnerAccount | None:
    """The account that a roll would pay to: the payee's newest."""
    payee = payable.person or payable.partner
    return next(iter(payee.accounts.all()), None) if payee else None


def live_line(payable: Payable) -> RollLine | None:
    """The line that the payable stands on now, if any."""
    return next((line for line in payable.roll_lines.all() if line.is_live), None)


def is_sent(payable: Payable) -> bool:
    """Whether the bank has been told to pay it, and has not refused."""
    line = live_line(payable)
    return line is not None and line.issued_by_id is not None


def last_submission(payable: Payable) -> Submission:
    """What the decision was made on."""
    return list(payable.application.submissions.all())[-1]


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
    if payable.partner is not None:
        return found + [f"organisation_{code}" for code in _account_obstacles(payable)]
    if payable.person is None or payable.application is None:
        return found
    if payable.person.proven_at is None:  # a change of name or number takes the proof away
        found.append("number_not_proven")
    found += _account_obstacles(payable)
    is_grant = payable.kind != Payable.Kind.REFUND  # a refund is their own money, whatever has changed for them since
    if is_grant and has_open_changes(payable):
        found.append("changed_since_approval")
    if (doubt := open_doubt(payable)) and (is_grant or doubt == "deceased_on"):
        found.append(f"doubt_{doubt}")
    return found


def open_doubt(payable: Payable) -> str:
    """The fact by which a register speaks against paying, and that no reviewer has settled since; "" for none."""
    return "" if payable.doubt_settled_at else payable.doubt


def _account_obstacles(payable: Payable) -> list[str]:
    account = account_of(payable)
    if account is None:
        return ["account_missing"]
    found = []
    if not names_equal(account.holder, payable.person.legal_name if payable.person else payable.organisation):
        found.append("holder_differs")
    if is_unsettled(account, payable):
        found.append("account_not_settled")
    if payable.is_account_shared:
        found.append("account_shared")
    rejections = [line for line in payable.roll_lines.all() if line.result == RollLine.Result.REJECTED]
    if any(line.result_code not in RETRIABLE and line.account == account.number for line in rejections):
        found.append("account_rejected")
    return found


def is_unsettled(account: PayoutAccount | PartnerAccount, payable: Payable) -> bool:
    """Whether nobody at the office has compared the account with a paper: it is not the one the review was about."""
    if payable.application is None:
        return account.settled_at is None
    declared = last_submission(payable).answers.get("account", {})
    is_declared = (account.holder, account.number) == (declared.get("holder"), declared.get("number"))
    return account.settled_at is None and not is_declared


def answers_now(payable: Payable) -> Answers:
    """The person's answers as they are now."""
    person = payable.person
    education, employment = getattr(person, "education", None), getattr(person, "employment", None)
    return answers_from(person, education, employment, account_of(payable))


def changed_answers(payable: Payable) -> list[tuple[str, str, Any, Any]]:
    """What the decision rests on and is not as it was submitted: (section, field, then, now)."""
    then, now = last_submission(payable).answers, answers_now(payable)
    return [
        (section, field, before, after)
        for section in DECIDING
        for field in {**then[section], **now[section]}
        if (section, field) != CONTACT
        and ((before := then[section].get(field)) or None) != ((after := now[section].get(field)) or None)
    ]


def has_open_changes(payable: Payable) -> bool:
    """Whether what the decision rests on has changed, and no reviewer has settled it as it is now."""
    if payable.application is None:
        return False  # no decision about anybody: a statement that was signed does not change
    return bool(changed_answers(payable)) and payable.recheck_digest != answers_seal(payable)


def answers_seal(payable: Payable) -> str:
    """A keyed hash of the answers as they are now, contact and account left out: what a recheck has looked at."""
    now = answers_now(payable)
    section, field = CONTACT
    kept = {name: values for name, values in now[section].items() if name != field}
    return answers_digest({**now, section: kept})


def sentence_for(code: str) -> str:
    """The obstacle in words, in the active language."""
    return {
        "cancelled": _("已取消"),
        "on_a_roll": _("已在一份花名册上"),
        "not_due": _("还没到发放日期"),
        "recheck_needed": _("发放前要核实仍在职"),
        "number_not_proven": _("身份证号码要重新核实"),
        "account_missing": _("没有收款账户"),
        "holder_differs": _("户名与申请人姓名不一致"),
        "account_not_settled": _("后来更换的账户还没有核对"),
        "account_shared": _("别的申请人也用这个账户，一个账户只能有一个人"),
        "account_rejected": _("银行退回过这个账户，等申请人更换"),
        "organisation_account_missing": _("单位还没有给收款账户"),
        "organisation_holder_differs": _("户名与单位名称不一致"),
        "organisation_account_not_settled": _("单位的收款账户还没有核对"),
        "organisation_account_rejected": _("银行退回过这个账户，等单位更换"),
        "changed_since_approval": _("批准依据的资料后来有变动"),
        "doubt_in_post": _("社保登记显示已不在职"),
        "doubt_prior_grants": _("补贴登记显示在别处领过互斥的补贴"),
        "doubt_deceased_on": _("户籍登记显示本人已去世"),
    }[code]
