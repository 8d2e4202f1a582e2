"""Findings and facts in words, in the active language, made when shown from stored codes and values."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.dateformat import format as format_date
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from portal.policy.assessing import Finding
from portal.policy.conditions import Reason
from portal.policy.facts import FACTS, Absence, FactUnreadable, Grant, InsuredRange, month_text, read_value
from portal.policy.texts import Text

# (kind of condition, code) → the sentence; "" stands for every kind. What may stand in a sentence: see _shown.
SENTENCES: dict[tuple[str, str], Any] = {
    ("", "unknown"): _("%(fact)s还没有查到"),
    ("", "none"): _("查询结果：没有%(fact)s"),
    ("education_level", "met"): _("学历为%(education)s，符合"),
    ("education_level", "unmet"): _("学历为%(education)s，需为%(education_any)s"),
    ("study_mode", "met"): _("学习形式为%(study_mode)s，符合"),
    ("study_mode", "unmet"): _("学习形式为%(study_mode)s，需为%(study_mode_any)s"),
    ("overseas_degree_certified", "domestic"): _("国内学历，不需要留服认证"),
    ("overseas_degree_certified", "met"): _("国（境）外学历已经留服认证"),
    ("overseas_degree_certified", "pending"): _("国（境）外学历的留服认证还没有办好，办好后补交即可"),
    ("school_on_list", "met"): _("%(school)s在%(title)s内"),
    ("school_on_list", "unmet"): _("%(school)s不在%(title)s内"),
    ("graduated_from", "met"): _("%(year)s 年毕业，需为 %(needed)s 年及以后"),
    ("graduated_from", "unmet"): _("%(year)s 年毕业，需为 %(needed)s 年及以后"),
    ("household_in", "met"): _("户籍在%(place)s"),
    ("household_in", "unmet"): _("户籍所在地代码为 %(hukou_code)s，不在%(place)s"),
    ("household_in", "collective"): _("集体户不计入"),
    ("employer_kind", "met"): _("单位类型为%(employer_kind)s，符合"),
    ("employer_kind", "unmet"): _("单位类型为%(employer_kind)s，需为%(employer_kind_any)s"),
    ("first_job_in_city", "met"): _("是首次在本市就业"),
    ("first_job_in_city", "unmet"): _("不是首次在本市就业"),
    ("in_post", "met"): _("申请时仍在该单位"),
    ("in_post", "unmet"): _("申请时已不在该单位"),
    ("insured_months", "met"): _("连续参保 %(months)s 个月，需 %(needed)s 个月"),
    ("insured_months", "unmet"): _("连续参保 %(months)s 个月，需 %(needed)s 个月"),
    ("insured_months", "lagging"): _(
        "连续参保 %(months)s 个月，需 %(needed)s 个月；%(month)s 的缴费数据还没有入库，不等于没有缴"
    ),
    ("within", "met"): _("最晚申请日为 %(last_on)s，申请时还在期限内"),
    ("within", "met_provisional"): _("最晚申请日暂为 %(last_on)s（该年放假安排尚未公布），申请时还在期限内"),
    ("within", "unmet"): _("最晚申请日为 %(last_on)s，申请时已过期限"),
    ("within", "provisional"): _("最晚申请日暂为 %(last_on)s，该年放假安排尚未公布，公布后才能确定是否顺延"),
    ("within", "early"): _("%(fact)s为 %(anchor_on)s，在申请日期之后"),
    ("age_under", "met"): _("申请时未满 %(years)s 周岁"),
    ("age_under", "unmet"): _("申请时已满 %(years)s 周岁"),
    ("not_before", "met"): _("%(fact)s为 %(seen_on)s，需为 %(first_on)s 及以后"),
    ("not_before", "unmet"): _("%(fact)s为 %(seen_on)s，需为 %(first_on)s 及以后"),
    ("not_granted_before", "met"): _("没有领过不能同时享受的补贴"),
    ("not_granted_before", "unmet"): _("已于 %(granted_on)s 领取%(title)s，不能同时享受"),
    ("provenance", "declared"): _("以上为本人填写，核对后才能认定：%(facts)s"),
}

ANSWERS = {"met": _("符合"), "unmet": _("不符合"), "unproven": _("待证实")}
VERDICTS = {"eligible": _("符合条件"), "undetermined": _("还不能确定"), "ineligible": _("不符合条件")}
PROVENANCES = {"declared": _("本人填写"), "paper": _("材料"), "register": _("登记数据")}
STAGES = {
    "accept": _("受理"),
    "check": _("数据核对"),
    "first_review": _("初审"),
    "second_review": _("复审"),
    "public_notice": _("公示"),
    "final_approval": _("审定"),
}
COLUMNS = {
    "name": _("姓名"),
    "number": _("证件号后四位"),
    "school": _("毕业院校"),
    "education": _("学历"),
    "employer": _("用人单位"),
    "amount": _("拟发金额（元）"),
}


def explain(finding: Finding) -> str:
    """Why the clause was answered as it was: a sentence for each reason, without a full stop."""
    return pgettext("between two sentences", "；").join(explain_reason(reason) for reason in finding.reasons)


def explain_reason(reason: Reason) -> str:
    """One reason in words."""
    sentence = SENTENCES.get((reason.kind, reason.code)) or SENTENCES["", reason.code]
    return str(sentence) % {name: _shown(name, value) for name, value in reason.values.items()}


def fact_label(name: str) -> str:
    """What a fact is called."""
    return str(FACTS[name].label)


def fact_text(name: str, value: Any) -> str:
    """The value of a fact in words; ``value`` typed or as text. A text that cannot be read is shown as it is."""
    try:
        read = read_value(name, value)
    except FactUnreadable:
        return str(value)
    if isinstance(read, Absence):
        return _absence_text(name, read)
    if isinstance(read, date):
        return day_text(read)
    if isinstance(read, tuple):
        return pgettext("between two items", "，").join(_part_text(part) for part in read)
    return str(FACTS[name].choices.get(read, read))


def day_text(day: date) -> str:
    """A day with its year: 2023 年 6 月 20 日, 20 June 2023."""
    return format_date(day, pgettext("date format", "Y 年 n 月 j 日"))


def _shown(name: str, value: Any) -> Any:
    """A value as it stands in a sentence; its name says what it is."""
    if name == "fact":
        return fact_label(value)
    if name == "facts":
        return _listed(fact_label(it) for it in value)
    if name.endswith("_any"):
        return _listed(fact_text(name.removesuffix("_any"), it) for it in value)
    if name in FACTS:
        return fact_text(name, value)
    if name.endswith("_on") and value:
        return day_text(date.fromisoformat(value))
    if isinstance(value, Mapping):
        return str(Text.model_validate(value))
    return value


def _listed(items: Iterable[str]) -> str:
    return pgettext("between two items", "、").join(items)


def _absence_text(name: str, value: Absence) -> str:
    if name == "overseas_certified" and value is Absence.NOT_APPLICABLE:
        return gettext("国内学历")
    words = {
        Absence.UNKNOWN: gettext("未查到"),
        Absence.NONE: gettext("没有"),
        Absence.NOT_APPLICABLE: gettext("不适用"),
    }
    return words[value]


def _part_text(part: InsuredRange | Grant) -> str:
    if isinstance(part, Grant):
        yuan = f"{Decimal(part.amount_fen) / 100:,f}"
        values = {"scheme": part.scheme, "yuan": yuan, "day": day_text(part.granted_on)}
        return gettext("%(scheme)s，%(yuan)s 元，%(day)s") % values
    values = {"first": month_text(part.first), "last": month_text(part.last)}
    return (gettext("%(first)s 至 %(last)s（补缴）") if part.is_late else gettext("%(first)s 至 %(last)s")) % values
