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
from portal.policy.facts import (
    FACTS,
    Absence,
    FactUnreadable,
    Grant,
    InsuredRange,
    month_text,
    read_value,
)
from portal.policy.notation import Home, Part, Proof
from portal.policy.sentences import SENTENCES
from portal.policy.texts import Text

ANSWERS = {"met": _("符合"), "unmet": _("不符合"), "unproven": _("待证实")}
VERDICTS = {"eligible": _("符合条件"), "undetermined": _("还不能确定"), "ineligible": _("不符合条件")}
PROVENANCES = {"declared": _("本人填写"), "paper": _("材料"), "register": _("登记数据")}
# Written in a document, but no code acts on it yet (``PolicyDocument.not_acted_on``).
NOT_ACTED_ON = {
    "budget": _("资金总额"),
    "clawback": _("服务年限和退回"),
    "bar_years": _("不实申请的限制期限"),
    "tax": _("个人所得税"),
    "payout_account": _("收款账户种类"),
    "date_that_decides": _("以哪一天的政策为准"),
    "submitted_by": _("由谁提交"),
    "correction": _("补正期间是否计时"),
    "notice": _("公示办法"),
}
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
        return pgettext("between two items", "，").join(_part_text(name, part) for part in read)
    if isinstance(read, int | Decimal):
        return f"{read:,f}" if isinstance(read, Decimal) else str(read)
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
    if name == "months" and isinstance(value, list):
        return _listed(str(it) for it in value)
    if name == "fact_value":
        return fact_text(*value)
    if name.endswith("_fen"):
        return f"{Decimal(value) / 100:,f}"
    if isinstance(value, Mapping) and "values" in value:
        return _listed(_choice(value["fact"], it) for it in value["values"])
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


def _choice(fact: str, value: str) -> str:
    return str(FACTS[fact].choices.get(value, value))


def _part_text(name: str, part: Part) -> str:
    if isinstance(part, str):
        return _choice(name, part)
    if isinstance(part, Proof):
        return gettext("%(title)s（%(day)s）") % {"title": _choice(name, part.kind), "day": day_text(part.issued_on)}
    if isinstance(part, Home):
        days = {"area": part.area, "since": day_text(part.since), "until": day_text(part.until) if part.until else ""}
        sold = gettext("%(area)s，%(since)s 取得，%(until)s 售出")
        return (sold if part.until else gettext("%(area)s，%(since)s 取得")) % days
    if isinstance(part, Grant):
        yuan = f"{Decimal(part.amount_fen) / 100:,f}"
        values = {"scheme": part.scheme, "yuan": yuan, "day": day_text(part.granted_on)}
        return gettext("%(scheme)s，%(yuan)s 元，%(day)s") % values
    return _range_text(part)


def _range_text(part: InsuredRange) -> str:
    values = {"first": month_text(part.first), "last": month_text(part.last)}
    return (gettext("%(first)s 至 %(last)s（补缴）") if part.is_late else gettext("%(first)s 至 %(last)s")) % values
