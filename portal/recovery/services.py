"""Gives an account back to somebody who came to the counter with their identity paper and nothing else.

The clerk types name and number from the paper: only the account for which both are proven is given back, the older one
where a person has two. The slip holds a code that works once, together with the number, for two hours. Whoever was
entered at the counter is given an account in the same way: the code is typed in the one that is to be theirs.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from applicants.people.identities import identities_in
from applicants.people.models import Person, person_number_hashes
from applicants.people.names import names_equal
from portal.accounts.locking import unlock_account
from portal.accounts.models import User, normalise_email
from portal.accounts.phones import PhoneTaken, give_phone
from portal.accounts.sessions import end_sessions
from portal.audit.services import record
from portal.notifications.services import queue_letter
from portal.recovery.models import Recovery
from portal.recovery.names import name_of
from portal.vault.sealing import keyed_hash

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that looks like something else
LENGTH, GROUP = 12, 4
HOLDS = timedelta(hours=2)
MOST_TRIES = 5


class RecoveryRefused(Exception):
    """The account is not given back; the sentence says why. ``field`` is where it stands."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


def obstacle_to(person: Person, by: User) -> str:
    """Why ``by`` cannot give the person's account back, as a sentence; empty where nothing is in the way."""
    if person.user is not None and person.user_id == by.pk:
        return _("不能给自己办理，请另一位同事办理。")
    if not person.is_proven:
        return _("他的证件号码还没有核实。请先在柜台核实，再办理找回。")
    if person.user is None:
        return ""
    if not person.user.is_active:
        return _("这个账号已经停用，请联系管理员。")
    if person.user.needs_second_factor:
        return _("这个账号有工作人员角色，不在柜台找回。请管理员在后台重置他的动态验证码。")
    return ""


def issue_recovery(
    *, person: Person, name: str, number: str, paper_kind: str, by: User, at: datetime, at_real: datetime
) -> tuple[Recovery, str]:
    """Give out a code for the account of ``person``, whose ``name`` and ``number`` were typed from the paper.

    Where there is none, it is for the account they will be signed in to (``spend_code``). An earlier code opens nothing
    any more; an account's owner is written to where they could be reached so far. Raises RecoveryRefused.
    """
    if sentence := obstacle_to(person, by):
        raise RecoveryRefused(sentence)
    if not _is_number_of(person, number):
        raise RecoveryRefused(_("和账号里核实过的证件号码不一致。"), "number")
    if not names_equal(name, person.legal_name):
        raise RecoveryRefused(_("和账号里核实过的姓名不一致。"), "name")
    code = "".join(secrets.choice(ALPHABET) for _place in range(LENGTH))
    with transaction.atomic():
        known = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        owner = User.objects.select_for_update(of=("self",)).get(pk=known.user_id) if known.user_id else None
        whose = {"user": owner} if owner else {"person": known}
        Recovery.objects.filter(**whose, used_at__isnull=True, ended_at__isnull=True).update(ended_at=at_real)
        row = Recovery.objects.create(
            **whose,
            code_hash=_hash(code),
            paper_kind=paper_kind,
            issued_by=by,
            issued_at=at_real,
            expires_at=at_real + HOLDS,
        )
        record(action="recovery.issue", actor=by, target=owner or known, at=at, note=f"paper {paper_kind}")
        if owner:
            queue_letter(
                kind="recovery_issued",
                recipient=owner,
                reference="",
                context={"name": name_of(owner), "hours": int(HOLDS.total_seconds() // 3600)},
                key=f"recovery_issued:{row.pk}",
                at=at,
            )
    return row, "-".join(code[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def open_recovery(*, code: str, number: str, at_real: datetime) -> Recovery:
    """The open code, typed together with the person's own number. Raises RecoveryRefused, alike for every reason."""
    refusal = RecoveryRefused(_("找回码或证件号码不对，或者已经用过、过了时间。可以到柜台重新办理。"))
    row = Recovery.objects.filter(_is_open(at_real), code_hash=_hash(code)).select_related("user", "person").first()
    if row is None:
        raise refusal
    person = row.person or Person.objects.filter(user=row.user, proven_at__isnull=False).first()
    if person is not None and _is_number_of(person, number):
        return row
    with transaction.atomic():
        locked = Recovery.objects.select_for_update().get(pk=row.pk)
        locked.tries += 1
        if locked.tries >= MOST_TRIES and locked.used_at is None:
            locked.ended_at = at_real
        locked.save(update_fields=["tries", "ended_at"])
    raise refusal


def still_open(recovery_id: str, *, at_real: datetime) -> Recovery | None:
    """The code with this id while it can be used."""
    return Recovery.objects.filter(_is_open(at_real), pk=recovery_id).select_related("user", "person").first()


def spent() -> RecoveryRefused:
    """What somebody is told whose code opens nothing."""
    return RecoveryRefused(_("这个找回码已经用过，或者过了时间。可以到柜台重新办理。"))


def spend_code(recovery: Recovery, *, at_real: datetime) -> Recovery:
    """Use the code up, in the caller's transaction: whoever comes first. Raises RecoveryRefused."""
    row = Recovery.objects.select_for_update().filter(_is_open(at_real), pk=recovery.pk).first()
    if row is None:
        raise spent()
    row.used_at = at_real
    row.save(update_fields=["used_at"])
    return row


def use_recovery(
    *, recovery: Recovery, at: datetime, at_real: datetime, email: str = "", password: str = "", phone: str = ""
) -> User:
    """Give the account a new address and password, or a new (proven) phone; whatever opened it before does no more.

    Old addresses, phone, second factors and sessions are taken away, and the address so far is written to. Once only,
    whoever comes first. Raises RecoveryRefused.
    """
    with transaction.atomic():
        row = spend_code(recovery, at_real=at_real)
        if row.user_id is None:
            raise spent()
        owner = User.objects.select_for_update(of=("self",)).get(pk=row.user_id)
        old_address, old_phone = owner.email, owner.phone
        EmailAddress.objects.filter(user=owner).delete()
        Authenticator.objects.filter(user=owner).delete()
        _give(owner, normalise_email(email), password, phone, at_real)
        if old_phone is not None and owner.phone_id != old_phone.pk:
            old_phone.delete()
        end_sessions(owner)
        unlock_account(owner)
        record(action="recovery.use", actor=owner, target=owner, at=at, fields=["email", "phone", "password"])
        queue_letter(
            kind="account_recovered",
            recipient=owner,
            reference="",
            context={"name": name_of(owner), **({"mail_to": old_address} if old_address else {})},
            key=f"account_recovered:{row.pk}",
            at=at,
        )
    return owner


def reset_second_factor(*, user: User, by: User, at: datetime) -> None:
    """Take away TOTP, passkeys and recovery codes of somebody who lost them, and sign them out everywhere.

    They set up new ones at the next sign-in. Raises RecoveryRefused for one's own.
    """
    if user.pk == by.pk:
        raise RecoveryRefused(_("不能重置自己的动态验证码，请另一位管理员办理。"))
    with transaction.atomic():
        Authenticator.objects.filter(user=user).delete()
        end_sessions(user)
        unlock_account(user)
        entry = record(action="user.reset_second_factor", actor=by, target=user, at=at)
        queue_letter(
            kind="second_factor_reset",
            recipient=user,
            reference="",
            context={"name": name_of(user)},
            key=f"second_factor_reset:{entry.pk}",
            at=at,
        )


def _give(owner: User, email: str | None, password: str, phone: str, at_real: datetime) -> None:
    """Set what opens the account from now on. Raises RecoveryRefused where it opens another."""
    try:
        with transaction.atomic():
            if phone:
                give_phone(user=owner, number=phone, at=at_real)
                owner.email = None
                owner.set_unusable_password()
                owner.save(update_fields=["email", "password"])
            else:
                owner.email, owner.phone = email, None
                owner.set_password(password)
                owner.save(update_fields=["email", "phone", "password"])
                EmailAddress.objects.create(user=owner, email=owner.email or "", primary=True, verified=False)
    except PhoneTaken:
        raise RecoveryRefused(_("这个手机号已经用来登录另一个账号。请换一个号码，或改用邮箱。"), "phone") from None
    except IntegrityError:
        raise RecoveryRefused(_("这个邮箱已经用在另一个账号上。请换一个邮箱，或改用手机号。"), "email") from None


def _is_number_of(person: Person, text: str) -> bool:
    return any(person.number_hash in person_number_hashes(found.number, found.kind) for found in identities_in(text))


def _is_open(at_real: datetime) -> Q:
    return Q(used_at__isnull=True, ended_at__isnull=True, expires_at__gt=at_real)


def _hash(code: str) -> str:
    plain = "".join(code.upper().split()).replace("-", "")
    return keyed_hash("recovery-code", plain)
