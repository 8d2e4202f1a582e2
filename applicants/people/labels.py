"""What sections and answers are called and how their values read: for check pages, corrections and differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from stdnum import numdb

from applicants.people import masking
from applicants.people.choices import EducationLevel, EmployerKind, InsuredWith, NumberKind, StudyMode, YesNo
from portal.city import city
from portal.ui.figures import day_text, month_text

SECTION_LABELS: dict[str, Promise] = {
    "identity": gettext_lazy("身份信息"),
    "education": gettext_lazy("学历与毕业"),
    "employment": gettext_lazy("就业与参保"),
    "account": gettext_lazy("社会保障卡账户"),
}

FIELD_LABELS: dict[str, dict[str, Promise]] = {
    "identity": {
        "legal_name": gettext_lazy("姓名"),
        "number_kind": gettext_lazy("证件类型"),
        "number": gettext_lazy("证件号码"),
        "birth_date": gettext_lazy("出生日期"),
        "phone": gettext_lazy("手机号码"),
        "household_code": gettext_lazy("户籍所在地"),
        "household_collective": gettext_lazy("户口在集体户"),
        "household_town": gettext_lazy("户籍所在镇（街道）"),
    },
    "education": {
        "level": gettext_lazy("学历"),
        "study_mode": gettext_lazy("学习形式"),
        "school": gettext_lazy("毕业院校"),
        "major": gettext_lazy("专业"),
        "diploma_on": gettext_lazy("毕业证书签发日期"),
        "diploma_number": gettext_lazy("毕业证书编号"),
        "is_overseas": gettext_lazy("国（境）外学历"),
        "overseas_certified": gettext_lazy("已有国（境）外学历学位认证书"),
    },
    "employment": {
        "employer_name": gettext_lazy("用人单位名称"),
        "credit_code": gettext_lazy("统一社会信用代码"),
        "employer_kind": gettext_lazy("单位类型"),
        "town": gettext_lazy("单位所在镇（街道）"),
        "started_on": gettext_lazy("入职日期"),
        "first_job_in_city": gettext_lazy("首次在本市就业"),
        "first_insured_on": gettext_lazy("首次在本市参保日期"),
        "insured_ranges": gettext_lazy("养老保险参保月份"),
        "in_post": gettext_lazy("现在仍在这家单位"),
    },
    "account": {
        "holder": gettext_lazy("账户姓名"),
        "number": gettext_lazy("银行账号"),
        "bank_name": gettext_lazy("开户银行"),
        "branch_code": gettext_lazy("联行号"),
        "is_activated": gettext_lazy("金融功能已激活"),
    },
}

_CHOICES = {
    "number_kind": NumberKind,
    "household_collective": YesNo,
    "level": EducationLevel,
    "study_mode": StudyMode,
    "is_overseas": YesNo,
    "overseas_certified": YesNo,
    "employer_kind": EmployerKind,
    "first_job_in_city": YesNo,
    "in_post": YesNo,
}
_MASKS: dict[tuple[str, str], Callable[[Any], str]] = {
    ("identity", "number"): masking.desk_mask_number,
    ("identity", "birth_date"): masking.mask_day,
    ("identity", "phone"): masking.mask_phone,
    ("account", "number"): masking.mask_account,
}
NOWHERE = "none"  # no mainland household
ELSEWHERE = "other"  # a household outside the city whose county code the person does not know


def display_value(section: str, field: str, value: Any, *, is_masked: bool = False) -> str:
    """An answer as a person reads it, in the active language; "" for one not given. Insured months are a line each.

    ``value`` is the stored or the JSON form. ``is_masked`` hides most of numbers and phone.
    """
    if value in (None, "", []):
        return ""
    if is_masked and (section, field) in _MASKS:
        return _MASKS[section, field](value)
    if field in _CHOICES:
        return str(_CHOICES[field](value).label)
    if field in {"town", "household_town"}:
        town = city().town(value)
        return town.name if town else value
    if field == "household_code":
        return place_name(value)
    if field == "insured_ranges":
        return "\n".join(_range_text(row) for row in value)
    if field == "is_activated":
        return str((YesNo.YES if value else YesNo.NO).label)
    if field in {"birth_date", "diploma_on", "started_on", "first_insured_on"}:
        return day_text(date.fromisoformat(value) if isinstance(value, str) else value)
    return str(value)


def masked_answers(answers: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same answers as data, with most of numbers and phone hidden as ``display_value`` hides them."""
    return {
        section: {
            name: _MASKS[section, name](value) if value and (section, name) in _MASKS else value
            for name, value in given.items()
        }
        for section, given in answers.items()
    }


def place_name(code: str) -> str:
    """The name of a county code, with the code; the city's own by its name alone."""
    if code == city().code:
        return city().name
    if code == ELSEWHERE:
        return _("其他地方")
    if code in (NOWHERE, "-"):  # as answered, and as the fact
        return _("没有内地户籍")
    parts = {key: value for _part, properties in numdb.get("cn/loc").info(code) for key, value in properties.items()}
    # Counties of one code over the years: "[1985-1992]晋江县,[1992-]晋江市"; the newest is the last.
    name = parts.get("province", "") + parts.get("county", "").split(",")[-1].split("]")[-1]
    return f"{name} {code}".strip()


def _range_text(row: dict[str, Any]) -> str:
    values = {
        "first": month_text(row["from"]),
        "last": month_text(row["to"]),
        "employer": InsuredWith(row["employer"]).label,
    }
    if row["late"]:
        return _("%(first)s 至 %(last)s，%(employer)s，事后补缴") % values
    return _("%(first)s 至 %(last)s，%(employer)s") % values
