"""At the counter: the person before the clerk, found or made, and their application begun for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, QuerySet
from django.utils.translation import gettext as _

from applicants.people.models import Person, person_number_hashes
from applicants.people.names import names_equal
from applicants.people.refusals import Refused
from applicants.people.services import prove_number, save_identity
from portal.accounts.models import Role, User, grants_as
from portal.audit.services import record
from portal.casework.doors import counter_applications
from portal.casework.models import Application
from portal.casework.services.advancing import StepRefused
from portal.casework.services.drafting import begin_draft
from portal.casework.states import State
from portal.notifications.models import Letter
from portal.notifications.services import queue_letter
from portal.recovery.models import Recovery
from portal.recovery.services import RecoveryRefused, spend_code, spent


@dataclass(frozen=True)
class Holders:
    """Who is known under a number: the one it is proven for, or else those who only claim it (oldest first)."""

    proven: Person | None
    claims: tuple[Person, ...] = ()


def holders_of(kind: str, number: str) -> Holders:
    """Everyone known under the (normalised) number of a paper of ``kind``; once proven, claims count for nothing."""
    found = Person.objects.filter(number_hash__in=person_number_hashes(number, kind)).select_related("user")
    proven = found.filter(proven_at__isnull=False).first()
    return Holders(proven) if proven else Holders(None, tuple(found.order_by("pk")[:20]))


def counter_drafts(user: User) -> QuerySet[Application]:
    """What was begun at the counter and not sent yet, in the reach of ``user``; newest first."""
    drafts = counter_applications(user).filter(state=State.DRAFT)
    return drafts.select_related("applicant", "entered_by", "policy_version__policy").order_by("-created_at", "-id")


def enter_application(
    *,
    identity: Mapping[str, Any],
    person: Person | None,
    programme_code: str,
    policy_code: str,
    by: User,
    at: datetime,
) -> Application:
    """Begin (or go on with) the application of the person who stands at the counter, and prove their number.

    ``identity`` holds the answers of Person.PROVEN as they stand on the paper; ``person`` is who of ``holders_of`` they
    are, None for somebody new. Raises StepRefused: not a clerk there, the clerk's own number, another name, a number
    proven meanwhile, an open application that is not for this counter, a policy that takes none.
    """
    town = _counter_town(by, programme_code)
    try:
        with transaction.atomic():
            known = _the_person(identity, person, by=by, at=at)
            known = prove_number(person=known, by=by, at=at)
            row = begin_draft(
                person=known,
                programme_code=programme_code,
                policy_code=policy_code,
                read_at=at,
                by=by,
                at=at,
                entered_by=by,
                town=town,
            )
            if not counter_applications(by).filter(pk=row.pk).exists():
                raise StepRefused(_already_open(row))
            return row
    except Refused as refusal:
        raise StepRefused(refusal.sentence) from refusal


def link_account(*, person: Person, user: User, by: User, at: datetime) -> Person:
    """Give ``user`` to somebody who was entered at the counter: letters not handed over yet are theirs to read there.

    What was typed in the account without a number is left behind. Raises StepRefused where the person has an account
    already, or the account a number or drafts, or work at the bureau.
    """
    with transaction.atomic():
        row = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        if row.user_id == user.pk:
            return row
        if row.user_id is not None:
            raise StepRefused(_("这个人或者这个账号已经和别的关联。"))
        if user.needs_second_factor:
            raise StepRefused(_("工作人员的账号不能这样关联。请用另一个邮箱或手机号注册，再填写找回码。"))
        _leave_behind(user)
        row.user = user
        try:
            with transaction.atomic():
                row.save(update_fields=["user"])
        except IntegrityError:  # the account was given, or began something, at the same moment
            raise StepRefused(_("这个人或者这个账号已经和别的关联。")) from None
        references = row.applications.exclude(reference=None).values("reference")
        waiting = Letter.objects.filter(recipient=None, told_at=None, reference__in=references)
        waiting.update(recipient=user)
        record(action="person.link_account", actor=by, target=row, at=at, fields=["user"])
        return row


def link_by_code(*, recovery: Recovery, user: User, at: datetime, at_real: datetime) -> Person:
    """The same for ``user`` themselves, who typed a code from the counter and the number in the account; once.

    Raises StepRefused.
    """
    try:
        with transaction.atomic():
            row = spend_code(recovery, at_real=at_real)
            if row.person is None:
                raise spent()
            person = link_account(person=row.person, user=user, by=user, at=at)
            queue_letter(
                kind="account_linked",
                recipient=user,
                reference="",
                context={"name": person.legal_name},
                key=f"account_linked:{row.pk}",
                at=at,
            )
            return person
    except RecoveryRefused as refusal:
        raise StepRefused(str(refusal)) from refusal


def _leave_behind(user: User) -> None:
    """Free the account of what was begun in it without a number. Raises StepRefused where more hangs on it."""
    begun = Person.objects.select_for_update(no_key=True).filter(user=user).first()
    if begun is None:
        return
    if begun.number_hash:
        raise StepRefused(_("这个账号里已经填写了证件号码。是您的另一本证件的，请带两本证件到柜台关联。"))
    try:
        begun.delete()
    except ProtectedError:
        raise StepRefused(_("这个账号里还有没提交的草稿。请先删除草稿，再来关联。")) from None


def _the_person(identity: Mapping[str, Any], person: Person | None, *, by: User, at: datetime) -> Person:
    holders = holders_of(identity["number_kind"], identity["number"])
    everyone = [holders.proven] if holders.proven else list(holders.claims)
    if any(it.user_id == by.pk for it in everyone):
        raise StepRefused(_("不能为本人录入申请，请另一位同事办理。"))
    if person is None:
        if holders.proven:
            raise StepRefused(_("这个号码刚刚由同事核实过。请重新查找，再核对是不是同一个人。"))
        made = Person.objects.create(entered_by=by)
        return save_identity(person=made, values=identity, by=by, at=at)
    known = next((it for it in everyone if it.pk == person.pk), None)
    if known is None:
        raise StepRefused(_("这位的号码刚刚改过。请重新查找。"))
    if not names_equal(known.legal_name, identity["legal_name"]):
        raise StepRefused(_("证件上的姓名和这位填写的不一样。请核对证件；不是同一个人的，选“都不是”。"))
    return known


def _counter_town(by: User, programme_code: str) -> str:
    """The town whose clerks share the draft: "" for the whole city. Raises StepRefused for who is no clerk there."""
    towns = [it.town for it in grants_as(by, [Role.CLERK]) if it.programme in ("", programme_code)]
    if not towns:
        raise StepRefused(_("您没有办理这一步的权限。"))
    return min(towns)


def _already_open(row: Application) -> str:
    if row.state == State.DRAFT:
        return _("这位在这个项目已有一份没有提交的草稿：请他在网上提交或删除，或者请那里的窗口接着办。")
    return _("这位在这个项目已有一件申请在办（%(reference)s），不能再录入。") % {"reference": row.reference}
