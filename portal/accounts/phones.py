"""Sign-in phones: how a number is read and shown, whose it is, and how it becomes somebody's.

A number is written only after a code sent to it has come back, so nobody can hold a number that is not theirs.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import datetime

import phonenumbers
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from phonenumbers import PhoneNumberType

from portal.accounts.models import SignInPhone, User
from portal.vault.sealing import keyed_hash, keyed_hashes

HOME = "CN"
LONGEST_INPUT = 40
MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


_tell: Callable[[User], None] | None = None


def tell_of_phones_with(tell: Callable[[User], None]) -> None:
    """Called once by the app that records: ``tell(user)``, in the transaction that gives an account another number."""
    global _tell
    _tell = tell


class PhoneUnreadable(ValueError):
    """What was typed is no mobile number; the sentence says what is."""


class PhoneTaken(Exception):
    """The number opens another account."""


def read_phone(text: str) -> str:
    """The number in E.164: a mainland mobile as its eleven digits, any other with + and its country's code.

    Raises PhoneUnreadable.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    try:
        if not plain or len(plain) > LONGEST_INPUT:
            raise PhoneUnreadable
        number = phonenumbers.parse(plain, HOME)
    except (phonenumbers.NumberParseException, PhoneUnreadable):
        raise PhoneUnreadable(_unreadable()) from None
    if number.extension or not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in MOBILE:
        raise PhoneUnreadable(_unreadable())
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _unreadable() -> str:
    return _("请填写 11 位手机号码；内地以外的号码请以“+”和国家或地区代码开头，例如 +852 5123 4567。")


def masked_phone(number: str) -> str:
    """As much of a number in E.164 as its owner needs to know it: 138****8000, +852 ****4567."""
    if number.startswith("+86"):
        return f"{number[3:6]}****{number[-4:]}"
    return f"+{phonenumbers.parse(number).country_code} ****{number[-4:]}"


def phone_hash(number: str) -> str:
    """The keyed hash by which a number in E.164 is found and kept unique."""
    return keyed_hash("sign-in-phone", number)


def user_by_phone(number: str) -> User | None:
    """Whose account the number opens."""
    hashes = keyed_hashes("sign-in-phone", number)  # rows of an older key may be left for a while
    return User.objects.select_related("phone").filter(phone__number_hash__in=hashes).first()


def user_of_phone(*, number: str, language: str, at: datetime) -> User:
    """The account that a proven number opens, made where there is none.

    ``at`` is real time. Two that come at once get the same account.
    """
    if found := user_by_phone(number):
        return found
    try:
        with transaction.atomic():
            phone = SignInPhone.objects.create(number=number, number_hash=phone_hash(number), proven_at=at)
            return User.objects.create_user(None, language=language, phone=phone)
    except IntegrityError:
        found = user_by_phone(number)
        if found is None:
            raise
        return found


def give_phone(*, user: User, number: str, at: datetime) -> SignInPhone:
    """Make a proven number the one ``user`` signs in by, instead of an earlier one. Raises PhoneTaken."""
    owner = user_by_phone(number)
    if owner is not None and owner.pk != user.pk:
        raise PhoneTaken
    try:
        with transaction.atomic():
            locked = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
            phone = SignInPhone.objects.get(pk=locked.phone_id) if locked.phone_id else SignInPhone()
            phone.number, phone.number_hash, phone.proven_at = number, phone_hash(number), at
            phone.save()
            if locked.phone_id is None:
                locked.phone = phone
                locked.save(update_fields=["phone"])
            if _tell is not None:
                _tell(user)
    except IntegrityError:
        raise PhoneTaken from None
    user.phone = phone
    return phone


def choose_letters_by_sms(*, user: User, wanted: bool) -> None:
    """Let letters be announced by SMS, or not."""
    SignInPhone.objects.filter(user=user).update(gets_letters=wanted)
