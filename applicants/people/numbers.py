"""Numbers and codes as people type them: normalised, checked, never guessed (policy-facts 6.8).

Full-width digits, spaces and invisible characters from a copy are forgiven; what remains is either right or gets one
sentence that says what to do. python-stdnum does the arithmetic and knows the county codes of each year.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from stdnum import luhn
from stdnum.cn import ric, uscc
from stdnum.exceptions import InvalidComponent

from applicants.people.refusals import NumberInvalid

LONGEST_LIFE_YEARS = 120
# Not counties: permits of Hong Kong, Macao and Taiwan residents, and (first digit 9) foreign permanent residents.
NO_COUNTY = ("810000", "820000", "830000", "9")
# What looks alike on paper.
DIGIT_MEANT = {"O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "Z": "2", "S": "5", "B": "8"}
LETTER_MEANT = {"0": "O", "1": "I", "2": "Z", "5": "S", "8": "B"}
CREDIT_CODE_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: no I, O, S, V, Z
REGISTRY_KINDS = {
    "11": "state_organ",
    "12": "public_institution",
    "52": "private_non_enterprise",
    "91": "enterprise",
    "92": "individual_business",
    "93": "farmers_cooperative",
}


@dataclass(frozen=True)
class ResidentNumber:
    """A resident number that can be right: ``sex`` is "male" or "female".

    ``county_known`` is False where the county code was not in force in the birth year. Such numbers exist (the code is
    that of the registration), so it is a hint to the reviewer and never an error.
    """

    number: str
    birth_date: date
    sex: str
    county_known: bool


def compact(text: str) -> str:
    """``text`` without spaces, hyphens and invisible characters, full width made half width, in capitals."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(char for char in plain if unicodedata.category(char)[0] not in "ZC" and char not in "-‐‑‒–—")


def parse_resident_number(text: str, *, on: date | None = None, paper: str = "") -> ResidentNumber:
    """Read an 18-digit number (GB 11643); ``on`` is the day on which nobody may be unborn.

    Old county codes are right. ``paper`` is what the sentences call the card (身份证). Raises NumberInvalid for length,
    characters, date and check digit.
    """
    number, paper = compact(text), paper or _("身份证")
    if len(number) != 18:
        raise NumberInvalid(
            _("%(paper)s号码是 18 位，您填了 %(count)s 位。请对照%(paper)s重新填写。")
            % {"paper": paper, "count": len(number)}
        )
    must_be_digits(number[:17])
    if number[-1] not in "0123456789X":
        raise NumberInvalid(_("最后一位是“%(char)s”，这里应当是数字或者 X。请核对这一位。") % {"char": number[-1]})
    try:
        birth_date = ric.get_birth_date(number)
    except InvalidComponent:
        birth_date = None
    if birth_date is None or birth_date.year < 1800:
        raise NumberInvalid(
            _("%(paper)s号码第 7 至 14 位应当是出生日期，现在不是一个真实的日期。请核对这几位。") % {"paper": paper}
        )
    if number[-1] != ric.calc_check_digit(number):
        raise NumberInvalid(_("%(paper)s号码的最后一位对不上，可能有一位填错了。请逐位核对。") % {"paper": paper})
    if on and birth_date > on:
        raise NumberInvalid(_("按%(paper)s号码，出生日期在今天以后。请核对第 7 至 14 位。") % {"paper": paper})
    if on and on.year - birth_date.year > LONGEST_LIFE_YEARS:
        raise NumberInvalid(
            _("按%(paper)s号码，年龄超过 %(years)s 岁。请核对第 7 至 14 位。")
            % {"paper": paper, "years": LONGEST_LIFE_YEARS}
        )
    sex = "male" if int(number[16]) % 2 else "female"
    return ResidentNumber(number, birth_date, sex, _county_in_force(number))


def must_be_digits(text: str, *, start: int = 1) -> None:
    """Raise NumberInvalid for the first character that is no digit; ``start`` is the position of the first one."""
    for position, char in enumerate(text, start=start):
        if char not in "0123456789":
            meant = DIGIT_MEANT.get(char)
            values = {"position": position, "char": char, "digit": meant}
            raise NumberInvalid(
                _("第 %(position)s 位是字母 %(char)s，这里应当是数字。是不是数字 %(digit)s？") % values
                if meant
                else _("第 %(position)s 位是“%(char)s”，这里应当是数字。请核对这一位。") % values
            )


def must_be_letters(text: str, *, start: int = 1) -> None:
    """Raise NumberInvalid for the first character that is no letter A to Z."""
    for position, char in enumerate(text, start=start):
        if not "A" <= char <= "Z":
            meant = LETTER_MEANT.get(char)
            values = {"position": position, "char": char, "letter": meant}
            raise NumberInvalid(
                _("第 %(position)s 位是数字 %(char)s，这里应当是字母。是不是字母 %(letter)s？") % values
                if meant
                else _("第 %(position)s 位是“%(char)s”，这里应当是字母。请核对这一位。") % values
            )


def _county_in_force(number: str) -> bool:
    if number.startswith(NO_COUNTY):
        return True
    try:
        ric.get_birth_place(number)
    except (InvalidComponent, KeyError):  # KeyError: the province is known, the county never was
        return False
    return True


def parse_credit_code(text: str) -> str:
    """Return the unified social credit code (GB 32100) in ``text``. Raises NumberInvalid.

    stdnum's own ``validate`` is not used: it refuses lawful registers whose first character is a letter.
    """
    code = compact(text)
    if len(code) != 18:
        raise NumberInvalid(
            _("统一社会信用代码是 18 位，您填了 %(count)s 位。请对照营业执照重新填写。") % {"count": len(code)}
        )
    if any(char not in CREDIT_CODE_LETTERS for char in code):
        raise NumberInvalid(_("统一社会信用代码只有数字和大写字母，没有 I、O、S、V、Z。请检查是否把 1、0 填成了字母。"))
    if code[-1] != uscc.calc_check_digit(code):
        raise NumberInvalid(_("统一社会信用代码的最后一位对不上，可能有一位填错了。请对照营业执照逐位核对。"))
    return code


def registry_kind(code: str) -> str:
    """Say what the first two characters of a credit code hint at: a value of REGISTRY_KINDS, or "" for the rest.

    Only a hint: 91 covers private and state enterprises alike.
    """
    return REGISTRY_KINDS.get(code[:2], "")


def parse_mobile(text: str) -> str:
    """Return the mainland mobile number in ``text``, without +86. Raises NumberInvalid."""
    number = re.sub(r"^(?:\+|00)?86(?=1\d{10}$)", "", compact(text))
    if not re.fullmatch(r"1[3-9][0-9]{9}", number):
        raise NumberInvalid(_("手机号码是 11 位数字，以 13 至 19 开头。请重新填写。"))
    return number


def parse_account_number(text: str) -> str:
    """Return the bank account number in ``text``: 12 to 30 digits. Raises NumberInvalid.

    Luhn is not asked: some accounts on social-security cards do not follow it (see ``luhn_ok``).
    """
    number = compact(text)
    if not re.fullmatch(r"[0-9]{12,30}", number):
        raise NumberInvalid(_("银行账号是 12 至 30 位数字。请填写社会保障卡上的银行账号，不是身份证号码。"))
    return number


def parse_branch_code(text: str) -> str:
    """Return the bank's 12-digit branch code (联行号) in ``text``. Raises NumberInvalid."""
    code = compact(text)
    if not re.fullmatch(r"[0-9]{12}", code):
        raise NumberInvalid(_("联行号是 12 位数字。不知道的可以不填。"))
    return code


def parse_county_code(text: str) -> str:
    """Return the 6-digit code of a county in ``text``. Raises NumberInvalid."""
    code = compact(text)
    if not re.fullmatch(r"[1-9][0-9]{5}", code):
        raise NumberInvalid(_("县（市、区）的代码是 6 位数字。不知道的可以不填。"))
    return code


def parse_diploma_number(text: str) -> str:
    """Return the number of a diploma in ``text``: letters and digits. Raises NumberInvalid."""
    number = compact(text)
    if not re.fullmatch(r"[0-9A-Z]{4,30}", number):
        raise NumberInvalid(_("证书编号由数字和字母组成，4 至 30 位。请照证书填写。"))
    return number


def luhn_ok(number: str) -> bool:
    """Whether ``number`` passes the Luhn check. False is a reason to look twice, never to refuse."""
    return bool(luhn.is_valid(compact(number)))
