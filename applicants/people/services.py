"""What changes a person's file. Every change is one transaction with its audit entry of field names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from applicants.people.answers import answers_digest, answers_of, declared_facts
from applicants.people.choices import NumberKind
from applicants.people.models import (
    Education,
    Employment,
    Paper,
    PayoutAccount,
    Person,
    number_columns,
    person_number_hashes,
)
from applicants.people.refusals import NumberAlreadyProven, NumberNotProvable
from portal.accounts.models import User
from portal.audit.services import record
from portal.vault.rotation import bring_up_to_date
from portal.vault.sealing import rehash

__all__ = [
    "answers_digest",
    "answers_of",
    "claim_conflict",
    "conflict_sentence",
    "declared_facts",
    "give_account",
    "person_of",
    "prove_number",
    "prove_number_by_register",
    "save_education",
    "save_employment",
    "save_identity",
    "settle_account",
]


def person_of(*, user: User) -> Person:
    """The person who signs in as ``user``; an empty file is opened at the first visit."""
    return Person.objects.get_or_create(user=user)[0]


def save_identity(*, person: Person, values: Mapping[str, Any], by: User | None, at: datetime) -> Person:
    """Write some or all of Person.ANSWERS; the same values again change nothing.

    A proof belongs to the name, number and birth date that were proven, so a change of either takes it away (action
    ``number_proof_lapsed``) and a clerk has to look again.
    """
    with transaction.atomic():
        row = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        changed = _assign(row, values)
        if changed:
            if row.is_proven and set(Person.PROVEN) & set(changed):
                row.proven_at = row.proven_by = row.proven_paper = None
                row.proven_register = ""
                record(action="number_proof_lapsed", actor=by, target=row, at=at, fields=changed)
            row.save()
            record(action="identity_saved", actor=by, target=row, at=at, fields=changed)
    return row


def save_education(*, person: Person, values: Mapping[str, Any], by: User | None, at: datetime) -> Education:
    """Write some or all of Education.ANSWERS; the same values again change nothing."""
    return _save_part(Education, person, values, "education_saved", by, at)


def save_employment(*, person: Person, values: Mapping[str, Any], by: User | None, at: datetime) -> Employment:
    """Write some or all of Employment.ANSWERS; the same values again change nothing."""
    return _save_part(Employment, person, values, "employment_saved", by, at)


def give_account(*, person: Person, values: Mapping[str, Any], by: User | None, at: datetime) -> PayoutAccount:
    """Add an account row when anything differs from the current one, else return that one.

    ``values`` may hold some of PayoutAccount.ANSWERS; the others are taken over. A new row is not settled.
    """
    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).get(pk=person.pk)  # one giver at a time
        current = person.current_account()
        row = PayoutAccount(person=person, ordinal=current.ordinal + 1 if current else 1, created_at=at)
        if current:
            _assign(row, {name: getattr(current, name) for name in PayoutAccount.ANSWERS})
        changed = _assign(row, values)
        if current and not changed:
            return current
        row.save()
        record(action="account_given", actor=by, target=row, at=at, fields=changed)
    return row


def settle_account(*, account: PayoutAccount, by: User, at: datetime, paper: Paper) -> PayoutAccount:
    """Note that a reviewer compared the account with a paper of the same person; once is enough."""
    _must_belong(paper, account.person_id)
    with transaction.atomic():
        row = PayoutAccount.objects.select_for_update().get(pk=account.pk)
        if row.settled_at is None:
            row.settled_at, row.settled_by, row.settled_paper = at, by, paper
            row.save(update_fields=["settled_at", "settled_by", "settled_paper"])
            record(action="account_settled", actor=by, target=row, at=at, fields=["number", "holder"])
    return row


def claim_conflict(number: str, *, kind: str = NumberKind.RESIDENT, person: Person | None = None) -> bool:
    """Whether ``number`` (normalised) is proven by somebody other than ``person``. Says nothing of whom."""
    others = Person.objects.filter(number_hash__in=person_number_hashes(number, kind), proven_at__isnull=False)
    return (others.exclude(pk=person.pk) if person else others).exists()


def conflict_sentence() -> str:
    """All that someone is told whose number is proven by another: no word on who that is."""
    return _("这个证件号码已经在用。请带证件到柜台办理，或使用账号找回。")


def prove_number(
    *, person: Person, by: User, at: datetime, paper: Paper | None = None, seen_hash: str | None = None
) -> Person:
    """Note that ``by`` compared name and number with ``paper``, or with the card at the counter (no paper).

    ``seen_hash`` is the number_hash the clerk had before them: a number changed since then is not proven. Proving twice
    changes nothing. Raises NumberAlreadyProven where the number is proven for somebody else (the database decides a
    race), NumberNotProvable where there is no number, it has changed, or it is the clerk's own.
    """
    if paper is not None:
        _must_belong(paper, person.pk)
    with transaction.atomic():
        row = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        if not row.number_hash:
            raise NumberNotProvable(_("还没有填写证件号码，不能核实。"))
        if seen_hash is not None and rehash(seen_hash) != rehash(row.number_hash):
            raise NumberNotProvable(_("证件号码刚刚改过。请重新打开这一页，再对照一次。"))
        if row.user_id == by.pk:
            raise NumberNotProvable(_("不能核实自己的证件号码，请另一位同事办理。"))
        if row.is_proven:
            return row
        row.proven_at, row.proven_by, row.proven_paper = at, by, paper
        _save_proof(row, note=f"paper {paper.pk}" if paper else "in person")
    return row


def prove_number_by_register(*, person: Person, register: str, name: str, number: str, at: datetime) -> Person:
    """Note that the register of that code had ``name`` and ``number`` confirmed by their holder.

    Only while they are still the person's; proving twice changes nothing. Raises NumberAlreadyProven as
    ``prove_number`` does, NumberNotProvable where name or number has changed since the register was asked.
    """
    if not register:
        raise ValueError("A proof by a register names it.")
    with transaction.atomic():
        row = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        if not number or (row.legal_name, row.number) != (name, number):
            raise NumberNotProvable(_("姓名或证件号码在查询后改过，要重新查询才能核实。"))
        if row.is_proven:
            return row
        row.proven_at, row.proven_register = at, register
        _save_proof(row, note=f"register {register}")
    return row


def _save_proof(row: Person, *, note: str) -> None:
    """Store who proved the locked row's number and how; the database decides which of two people holds it."""
    bring_up_to_date(person_number_hashes(row.number, row.number_kind), number_columns())
    row.number_hash = rehash(row.number_hash)
    try:
        with transaction.atomic():
            row.save(update_fields=["number_hash", "proven_at", "proven_by", "proven_paper", "proven_register"])
    except IntegrityError:
        if claim_conflict(row.number, kind=row.number_kind, person=row):
            raise NumberAlreadyProven(
                _("这个证件号码已经为另一个账号核实过。请核对证件；如果是同一个人，请他找回原来的账号。")
            ) from None
        raise
    record(
        action="number_proven",
        actor=row.proven_by,
        target=row,
        at=row.proven_at,
        fields=["legal_name", "number", *(["birth_date"] if row.birth_date else [])],
        note=note,
    )


def _save_part(
    model: type[Education] | type[Employment],
    person: Person,
    values: Mapping[str, Any],
    action: str,
    by: User | None,
    at: datetime,
) -> Any:
    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).get(pk=person.pk)  # also when the part is not there yet
        row = model.objects.filter(person=person).first() or model(person=person)
        changed = _assign(row, values)
        if changed:
            row.save()
            record(action=action, actor=by, target=row, at=at, fields=changed)
    return row


def _assign(row: Person | Education | Employment | PayoutAccount, values: Mapping[str, Any]) -> list[str]:
    if unknown := values.keys() - set(row.ANSWERS):
        raise ValueError(f"{type(row).__name__} has no answers named {', '.join(sorted(unknown))}.")
    changed = [name for name in row.ANSWERS if name in values and getattr(row, name) != values[name]]
    for name in changed:
        setattr(row, name, values[name])
    return changed


def _must_belong(paper: Paper, person_id: Any) -> None:
    if paper.person_id != person_id:
        raise ValueError("The paper belongs to another person.")
