"""What a first reviewer settles after approval: another account, "still in post", and what has changed since."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from applicants.people.models import Paper, PayoutAccount
from applicants.people.names import names_equal
from applicants.people.services import settle_account
from portal.accounts.models import Role, User
from portal.audit.services import record
from portal.casework.doors import live_recusal
from portal.casework.models import ShelfPaper
from portal.casework.services.advancing import StepRefused
from portal.ui.figures import day_text
from subsidies.models import Payable
from subsidies.services.checking import (
    account_of,
    answers_seal,
    has_open_changes,
    is_sent,
    is_unsettled,
    live_line,
    open_doubt,
    with_evidence,
)
from subsidies.services.outlook import EVIDENCE_AHEAD, evidence_kind, waits_for_recheck

ACCOUNT_KIND = "account_proof"


def papers_for(payable: Payable, kind: str) -> list[ShelfPaper]:
    """The papers of ``kind`` that the applicant handed in, newest first."""
    papers = payable.application.shelf.filter(kind=kind, removed_at__isnull=True)
    return list(papers.select_related("paper").order_by("-added_at", "-id"))


def may_review(payable: Payable, by: User) -> bool:
    """Whether ``by`` is its reviewer, and does not keep away from its application: no hand in what comes of that."""
    return is_reviewer(payable, by) and not (payable.application_id and live_recusal(payable.application_id, by))


def is_reviewer(payable: Payable, by: User) -> bool:
    """Whether ``by`` is a first reviewer for this payable who neither approved nor collected it nor is its payee."""
    line = live_line(payable)
    return (
        by.may_act_as(Role.FIRST_REVIEWER, payable.programme, payable.town)
        and by.pk not in (payable.approved_by_id, line.collected_by_id if line else None)
        and (payable.person is None or payable.person.user_id != by.pk)
    )


def may_recheck_from(payable: Payable) -> str:
    """The day from which "still in post" may be settled, in words."""
    return day_text(payable.due_on - EVIDENCE_AHEAD)


def may_recheck(payable: Payable, on: date) -> bool:
    """Whether a proof settles something on ``on``: "still in post", what has changed since, a register's doubt."""
    if payable.cancelled_at or is_sent(payable):
        return False
    if open_doubt(payable):
        return True
    if waits_for_recheck(payable):
        return payable.due_on - EVIDENCE_AHEAD <= on
    return has_open_changes(payable)


def reveal_account(*, payable: Payable, by: User, at: datetime) -> PayoutAccount | None:
    """The payee's account in full, for comparing it with a paper; that somebody looked is kept. Raises StepRefused."""
    _require_reviewer(payable, by)
    account = account_of(payable)
    if account is not None:
        record(action="account.reveal", actor=by, target=account, at=at, fields=["number", "holder"])
    return account


def settle_payable_account(
    *, payable: Payable, account_id: UUID, paper_id: UUID, by: User, at: datetime
) -> PayoutAccount:
    """Note that the account ``by`` had on the page agrees with a proof on the shelf; once is enough.

    Raises StepRefused: not a reviewer for it, another account since, holder and legal name differ, no such proof.
    """
    with transaction.atomic():
        row = _locked(payable)
        _require_reviewer(row, by)
        account = account_of(row)
        if account is None or account.pk != account_id:
            raise StepRefused(_("申请人刚刚又换了账户，请看最新的账户再核对。"))
        if account.settled_at is None and not is_unsettled(account, row):
            raise StepRefused(_("这个账户在审核时已经核对过。"))
        if not names_equal(account.holder, row.person.legal_name):
            raise StepRefused(_("户名与申请人姓名不一致，不能核对通过。请让申请人另给本人的账户。"))
        return settle_account(account=account, by=by, at=at, paper=_paper(row, ACCOUNT_KIND, paper_id))


def recheck_payable(*, payable: Payable, paper_id: UUID, by: User, at: datetime, doubt: str = "") -> Payable:
    """Note that a proof on the shelf shows the person still in post; the payable may then be collected when due.

    A later instalment not earlier than sixty days before its day, so that the proof is a fresh one. Any payable whose
    answers have changed since approval: they are taken as seen, and what changes after this stands in the way again.
    ``doubt`` is the register's doubt that ``by`` had on the page: it is settled too; one about grants from elsewhere is
    settled by a paper of its own kind, which says nothing of the post. Once is enough. Raises StepRefused, also where
    the doubt is not the one that stands now.
    """
    with transaction.atomic():
        row = _locked(payable)
        _require_reviewer(row, by)
        if row.rechecked_at is not None and not has_open_changes(row) and not open_doubt(row):
            return row
        if doubt and row.doubt == doubt and not open_doubt(row):
            return row
        if open_doubt(row) != doubt:
            raise StepRefused(_("登记的答复刚刚有变动，请看过最新的情况再核实。"))
        if not may_recheck(row, timezone.localdate(at)):
            if waits_for_recheck(row) and not row.cancelled_at:
                day = {"day": may_recheck_from(row)}
                raise StepRefused(_("%(day)s起才能核实。太早的证明说明不了发放时的情况。") % day)
            raise StepRefused(_("这一笔发放前不用核实在职。"))
        paper, fields = _paper(row, evidence_kind(row), paper_id), []
        if doubt:
            row.doubt_settled_at, row.doubt_settled_by, row.doubt_paper = at, by, paper
            fields += ["doubt_settled_at", "doubt_settled_by", "doubt_paper"]
        if doubt != "prior_grants":
            row.rechecked_at, row.rechecked_by, row.recheck_paper = at, by, paper
            row.recheck_digest = answers_seal(row)
            fields += ["rechecked_at", "rechecked_by", "recheck_paper", "recheck_digest"]
        row.save(update_fields=fields)
        record(
            action="payable.recheck", actor=by, target=row, at=at, fields=fields, digest=row.recheck_digest, note=doubt
        )
        return row


def _locked(payable: Payable) -> Payable:
    Payable.objects.select_for_update().get(pk=payable.pk)
    return with_evidence(Payable.objects.filter(pk=payable.pk)).get()


def _require_reviewer(payable: Payable, by: User) -> None:
    if not may_review(payable, by):
        raise StepRefused(_("您没有办理这一步的权限。"))


def _paper(payable: Payable, kind: str, paper_id: UUID) -> Paper:
    found = next((item.paper for item in papers_for(payable, kind) if item.paper_id == paper_id), None)
    if found is None:
        raise StepRefused(_("这份材料已经不在档案里，请重新选择。"))
    return found
