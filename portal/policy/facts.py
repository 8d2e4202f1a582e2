"""What is known about an applicant on a date: values, and how well each one is proven.

Values are read by the notation of the worked examples: ``?`` the register did not answer, ``-`` it answered "none",
an empty cell "not applicable". No clause ever sees a raw text.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import IntEnum
from typing import Any, Self

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.policy.notation import (
    READERS,
    Absence,
    FactUnreadable,
    Grant,
    Home,
    InsuredRange,
    Proof,
    Value,
    month_number,
    month_text,
    read_day,
    read_number,
    read_parts,
    read_yuan,
    write_part,
)
from portal.ui.figures import listed

__all__ = [
    "FACTS",
    "Absence",
    "Fact",
    "FactSpec",
    "FactUnreadable",
    "Facts",
    "Grant",
    "Home",
    "InsuredRange",
    "Proof",
    "Provenance",
    "Value",
    "month_number",
    "month_text",
    "read_day",
    "read_value",
    "same_name",
    "write_value",
]


class Provenance(IntEnum):
    """How well a value is proven; a higher number proves more."""

    DECLARED = 1
    PAPER = 2
    REGISTER = 3


@dataclass(frozen=True, slots=True)
class FactSpec:
    """What a fact is called and how its text is read. ``form`` is date, choice, yes_no, text, number,
    yuan, or one of several values: insurance, grants, homes, proofs, names.
    """

    label: Promise
    form: str
    choices: Mapping[str, Promise] = field(default_factory=dict)


YES_NO = {"yes": gettext_lazy("是"), "no": gettext_lazy("否")}

# The ladder's codes; which degrees and recognitions lead to a rung is said by each policy.
TIERS = {
    "L1": gettext_lazy("第一层次人才"),
    "L2": gettext_lazy("第二层次人才"),
    "L3": gettext_lazy("第三层次人才"),
    "L4": gettext_lazy("第四层次人才"),
    "L5": gettext_lazy("第五层次人才"),
    "PR": gettext_lazy("实用型人才"),
    "PHD": gettext_lazy("博士层次"),
    "MST": gettext_lazy("硕士层次"),
    "BSC": gettext_lazy("本科层次"),
    "DIP": gettext_lazy("大专层次"),
}

FACTS: dict[str, FactSpec] = {
    "birth_date": FactSpec(gettext_lazy("出生日期"), "date"),
    "education": FactSpec(
        gettext_lazy("学历"),
        "choice",
        {
            "doctor": gettext_lazy("博士研究生"),
            "master": gettext_lazy("硕士研究生"),
            "bachelor": gettext_lazy("本科"),
            "technician": gettext_lazy("预备技师（技师）班"),
            "diploma": gettext_lazy("大专"),
            "senior_worker": gettext_lazy("高级工班"),
            "secondary": gettext_lazy("高中或中专"),
            "other": gettext_lazy("其他学历"),
        },
    ),
    "study_mode": FactSpec(
        gettext_lazy("学习形式"),
        "choice",
        {"full_time": gettext_lazy("全日制"), "part_time": gettext_lazy("非全日制")},
    ),
    "school": FactSpec(gettext_lazy("毕业院校"), "text"),
    "diploma_on": FactSpec(gettext_lazy("毕业证书签发日期"), "date"),
    "overseas_certified": FactSpec(gettext_lazy("国（境）外学历认证"), "yes_no", YES_NO),
    "hukou_code": FactSpec(gettext_lazy("户籍所在地"), "text"),
    "hukou_collective": FactSpec(gettext_lazy("集体户"), "yes_no", YES_NO),
    "employer_kind": FactSpec(
        gettext_lazy("单位类型"),
        "choice",
        {
            "private_enterprise": gettext_lazy("民营企业"),
            "private_non_enterprise": gettext_lazy("民办非企业单位"),
            "self_employed": gettext_lazy("自主创业"),
            "state_enterprise": gettext_lazy("国有企业"),
            "public_institution": gettext_lazy("事业单位"),
            "state_organ": gettext_lazy("国家机关"),
            "other": gettext_lazy("其他单位"),
        },
    ),
    "employer": FactSpec(gettext_lazy("现单位"), "text"),
    "first_job_in_city": FactSpec(gettext_lazy("首次在本市就业"), "yes_no", YES_NO),
    "insurance": FactSpec(gettext_lazy("参保月份"), "insurance"),
    "first_insured_in_city": FactSpec(gettext_lazy("首次在本市参保日期"), "date"),
    "in_post": FactSpec(gettext_lazy("申请时在职"), "yes_no", YES_NO),
    "employer_confirmed": FactSpec(gettext_lazy("用人单位盖章确认"), "yes_no", YES_NO),
    "prior_grants": FactSpec(gettext_lazy("已领补贴"), "grants"),
    # Read by none of the living subsidies of Shishi: other cities and the other programmes ask for them.
    "by_upgrade": FactSpec(gettext_lazy("统招专升本"), "yes_no", YES_NO),
    "national_plan": FactSpec(gettext_lazy("列入国家统一招生计划"), "yes_no", YES_NO),
    "overseas_certified_on": FactSpec(gettext_lazy("留服认证日期"), "date"),
    "expected_diploma_on": FactSpec(gettext_lazy("预计毕业日期"), "date"),
    "hukou_since": FactSpec(gettext_lazy("户籍迁入日期"), "date"),
    "deceased_on": FactSpec(gettext_lazy("死亡登记日期"), "date"),  # asked before money is paid, read by no clause
    "hired_on": FactSpec(gettext_lazy("入职日期"), "date"),
    "approved_on": FactSpec(gettext_lazy("审定日期"), "date"),
    "contract_from": FactSpec(gettext_lazy("劳动合同起始日期"), "date"),
    "contract_until": FactSpec(gettext_lazy("劳动合同终止日期"), "date"),
    "employer_place": FactSpec(gettext_lazy("单位所在地"), "text"),
    "employer_status": FactSpec(
        gettext_lazy("单位登记状态"),
        "choice",
        {
            "active": gettext_lazy("在营"),
            "abnormal": gettext_lazy("列入经营异常名录"),
            "deregistered": gettext_lazy("已注销"),
        },
    ),
    "is_dispatched": FactSpec(gettext_lazy("劳务派遣"), "yes_no", YES_NO),
    "user_firm_place": FactSpec(gettext_lazy("用工单位所在地"), "text"),
    "group_firms": FactSpec(gettext_lazy("同一集团的单位"), "names"),
    "business_role": FactSpec(
        gettext_lazy("在企业中的身份"),
        "choice",
        {
            "legal_representative": gettext_lazy("法定代表人"),
            "sole_owner": gettext_lazy("个体工商户经营者"),
            "shareholder": gettext_lazy("股东"),
        },
    ),
    "business_since": FactSpec(gettext_lazy("企业登记日期"), "date"),
    "pension_paid": FactSpec(gettext_lazy("本人每月缴纳的养老保险费（元）"), "yuan"),
    "hardship": FactSpec(gettext_lazy("困难家庭"), "yes_no", YES_NO),
    "key_industry": FactSpec(gettext_lazy("重点产业"), "yes_no", YES_NO),
    "married": FactSpec(gettext_lazy("已婚"), "yes_no", YES_NO),
    "spouse_grants": FactSpec(gettext_lazy("配偶已领补贴"), "grants"),
    "spouse_waiver": FactSpec(gettext_lazy("配偶书面放弃"), "yes_no", YES_NO),
    "recognitions": FactSpec(gettext_lazy("人才认定"), "names", TIERS),
    "card_tier": FactSpec(gettext_lazy("持有的优才卡层次"), "choice", TIERS),  # of this portal's card
    "spouse_recognitions": FactSpec(gettext_lazy("配偶的人才认定"), "names", TIERS),
    "homes": FactSpec(gettext_lazy("本人住房"), "homes"),
    "spouse_homes": FactSpec(gettext_lazy("配偶住房"), "homes"),
    "children_homes": FactSpec(gettext_lazy("未成年子女住房"), "homes"),
    "job_proofs": FactSpec(
        gettext_lazy("求职证明"),
        "proofs",
        {
            "interview_notice": gettext_lazy("面试通知"),
            "job_fair_ticket": gettext_lazy("招聘会入场凭证"),
            "employer_invite": gettext_lazy("用人单位邀请函"),
        },
    ),
    "arrive_on": FactSpec(gettext_lazy("入住日期"), "date"),
    "nights_wanted": FactSpec(gettext_lazy("申请住宿晚数"), "number"),
    "nights_used": FactSpec(gettext_lazy("已用免费住宿晚数"), "number"),
    "nights_in_a_year": FactSpec(gettext_lazy("同一年内的免费晚数（含本次）"), "number"),
    "stays_this_year": FactSpec(gettext_lazy("本年已入住次数"), "number"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One value with how well it is proven, the date of the evidence and where it came from (no personal data)."""

    value: Any
    provenance: Provenance
    as_of: date | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything known about an applicant on the application date ``on``; a fact that is not there is unknown.

    Values may be given typed or as text; texts are read here.

    Raises:
        FactUnreadable: a text is not a value of its fact.
    """

    on: date
    known: Mapping[str, Fact]

    def __post_init__(self) -> None:
        read = {
            name: Fact(read_value(name, fact.value), fact.provenance, fact.as_of, fact.source)
            for name, fact in self.known.items()
        }
        object.__setattr__(self, "known", read)

    @classmethod
    def of(cls, on: date, values: Mapping[str, Any], provenance: Provenance, source: str = "") -> Self:
        """All ``values`` (typed or text) with one provenance."""
        return cls(on, {name: Fact(value, provenance, None, source) for name, value in values.items()})

    def as_json(self) -> dict[str, Any]:
        """Plain values only; ``from_json`` reads them back."""
        return {
            "on": self.on.isoformat(),
            "facts": {
                name: {
                    "value": write_value(fact.value),
                    "provenance": fact.provenance.name.lower(),
                    "as_of": fact.as_of.isoformat() if fact.as_of else None,
                    "source": fact.source,
                }
                for name, fact in self.known.items()
            },
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The facts that ``as_json`` wrote."""
        return cls(
            date.fromisoformat(data["on"]),
            {
                name: Fact(
                    row["value"],
                    Provenance[row["provenance"].upper()],
                    date.fromisoformat(row["as_of"]) if row["as_of"] else None,
                    row["source"],
                )
                for name, row in data["facts"].items()
            },
        )


def read_value(name: str, value: Any) -> Value:
    """The typed value of the fact ``name``; typed values pass, ``None`` is unknown, booleans are yes and no.

    Raises:
        FactUnreadable: there is no such fact, or the text is not a value of it.
    """
    spec = FACTS.get(name)
    if spec is None:
        raise FactUnreadable(_("没有名为 %(name)s 的事实") % {"name": name})
    if value is None:
        return Absence.UNKNOWN
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if not isinstance(value, str):
        typed: Value = value
        return typed
    text = value.strip()
    if text in ("?", "-", ""):
        return Absence(text)
    if spec.form == "date":
        return read_day(text)
    if spec.form in READERS:
        return read_parts(spec.form, text, spec.choices)
    if spec.form == "number":
        return read_number(text)
    if spec.form == "yuan":
        return read_yuan(text)
    if spec.choices and text not in spec.choices:
        raise FactUnreadable(
            _("“%(text)s”不在可填的值之中：%(choices)s") % {"text": text, "choices": listed(spec.choices)}
        )
    return text


def write_value(value: Value) -> str:
    """The text that ``read_value`` reads back."""
    if isinstance(value, str):
        return value
    if isinstance(value, Absence):
        return str(value.value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return ";".join(write_part(part) for part in value)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def same_name(text: str) -> str:
    """The form in which names of schools are compared: Unicode NFKC, no space around it."""
    return unicodedata.normalize("NFKC", text).strip()
