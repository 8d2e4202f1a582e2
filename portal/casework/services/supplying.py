"""Papers that an applicant hands in or takes back, and another account after approval."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from applicants.people.models import PayoutAccount
from applicants.people.papers import accept_paper, remove_paper
from applicants.people.services import give_account
from portal.accounts.models import User
from portal.casework.completeness import AFTER_APPROVAL, BY_HAND, FOR_RECONSIDERATION, editable_papers
from portal.casework.models import Application, ShelfPaper
from portal.casework.services.advancing import StepRefused, lock_application
from portal.casework.services.drafting import put_on_shelf, remove_unused, take_off_shelf
from portal.casework.states import State
from portal.policy.terms import PaperLimits


def limits_of(application: Application, kind: str) -> PaperLimits:
    """What the pinned policy allows of a paper of ``kind``; one it does not ask for, the portal's own limits."""
    if kind in (*AFTER_APPROVAL, *BY_HAND, FOR_RECONSIDERATION):
        return PaperLimits()
    return application.policy_version.parsed.paper(kind).limits


def hand_in_paper(*, application: Application, kind: str, upload: UploadedFile, by: User, at: datetime) -> ShelfPaper:
    """Judge an upload and put it on the shelf. Raises StepRefused (not now) or PaperRefused (not this file).

    No transaction is open while the file is read.
    """
    if kind not in editable_papers(application):
        raise StepRefused(_("这类材料现在不能再传。"))
    limits = limits_of(application, kind)
    paper = accept_paper(person=application.applicant, kind=kind, upload=upload, limits=limits, by=by, at=at)
    try:
        return put_on_shelf(application=application, kind=kind, paper=paper, by=by, at=at)
    except StepRefused:  # the application moved on meanwhile
        remove_paper(paper=paper, by=by, at=at)
        raise


def take_back_paper(*, application: Application, shelved: ShelfPaper, by: User, at: datetime) -> None:
    """Take a paper off the shelf; one that nothing else rests on is deleted. Raises StepRefused."""
    with transaction.atomic():
        paper = shelved.paper
        take_off_shelf(application=application, shelved=shelved, by=by, at=at)
        remove_unused(paper, by=by, at=at)


def fresh_account_proof(application: Application) -> ShelfPaper | None:
    """A proof handed in since the current account was given: what another account may rest on."""
    proofs = application.shelf.filter(kind="account_proof", removed_at__isnull=True)
    account = application.applicant.current_account()
    if account:
        proofs = proofs.filter(added_at__gt=account.created_at)
    return proofs.select_related("paper").order_by("added_at", "id").last()


def change_account(*, application: Application, values: Mapping[str, Any], by: User, at: datetime) -> PayoutAccount:
    """Give another account after approval, resting on a fresh proof; a reviewer compares them before it is paid into.

    Raises StepRefused before approval and without a proof.
    """
    with transaction.atomic():
        row = lock_application(application.pk)
        if row.state != State.APPROVED:
            raise StepRefused(_("批准以后才能在这里更换账户。"))
        if fresh_account_proof(row) is None:
            raise StepRefused(_("请先上传账户证明。"))
        return give_account(person=row.applicant, values=values, by=by, at=at)
