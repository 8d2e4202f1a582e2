"""Rules that a document writes down and no code acts on yet: what each says, so that nobody takes it for granted."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from portal.casework.views.public_terms import Row
from portal.policy.choice_labels import VALUES
from portal.policy.explanations import NOT_ACTED_ON
from portal.policy.requirements import span_text
from portal.policy.schema import PolicyDocument
from portal.ui.figures import listed, yuan_text

OF_MONEY = ("budget", "clawback", "tax", "payout_account")  # said only where there is money, unless a rule is given


def unacted_rows(document: PolicyDocument) -> list[Row]:
    """One row for each field of ``not_acted_on`` that says something about this policy."""
    rows = []
    for name in document.not_acted_on:
        is_default = getattr(document, name) == PolicyDocument.model_fields[name].default
        if name in OF_MONEY and is_default and not document.makes_payable:
            continue
        mark = name if name in document.illustrative else ""
        rows.append(Row(str(NOT_ACTED_ON[name]), SAYINGS[name](document), mark))
    return rows


def _budget(document: PolicyDocument) -> str:
    budget = document.budget
    mode = str(VALUES["Budget.mode"][budget.mode])
    if budget.cap_yuan is None:
        return mode
    return _("总额 %(amount)s，%(mode)s") % {"amount": yuan_text(budget.cap_yuan * 100), "mode": mode}


def _clawback(document: PolicyDocument) -> str:
    rule = document.clawback
    if not rule.service_years or rule.rule == "none":
        return _("没有约定服务年限，不用退回")
    values = {"span": span_text(rule.service_years, 0), "rule": VALUES["Clawback.rule"][rule.rule]}
    return _("服务不满 %(span)s的，%(rule)s") % values


def _bar(document: PolicyDocument) -> str:
    if not document.bar_years:
        return _("没有规定")
    return _("提供虚假材料的，%(span)s内不能再申请") % {"span": span_text(document.bar_years, 0)}


def _tax(document: PolicyDocument) -> str:
    if document.tax.treatment == "none":
        return _("不代扣个人所得税")
    return _("按 %(percent)s%% 代扣个人所得税") % {"percent": document.tax.percent}


def _account(document: PolicyDocument) -> str:
    return _("发到%(account)s") % {"account": VALUES["payout_account"][document.payout_account]}


def _day(document: PolicyDocument) -> str:
    return str(VALUES["date_that_decides"][document.date_that_decides])


def _submitters(document: PolicyDocument) -> str:
    return listed(VALUES["submitted_by"][it] for it in document.submitted_by)


def _correction(_document: PolicyDocument) -> str:
    return _("补正期间，办理时限照常计算")


def _notice(document: PolicyDocument) -> str:
    rule = document.notice
    if rule is None:
        return ""
    parts = []
    if rule.day_kind == "calendar":
        parts.append(_("公示期按自然日计算"))
    if rule.masking.name != "family_name":
        parts.append(_("姓名%(masking)s") % {"masking": VALUES["Masking.name"][rule.masking.name]})
    if rule.online_days:
        days = ngettext("%(count)s 日", "%(count)s 日", rule.online_days) % {"count": rule.online_days}
        parts.append(_("名单在网上保留 %(days)s") % {"days": days})
    return pgettext("between two parts", "；").join(parts)


SAYINGS: dict[str, Callable[[PolicyDocument], str]] = {
    "budget": _budget,
    "clawback": _clawback,
    "bar_years": _bar,
    "tax": _tax,
    "payout_account": _account,
    "date_that_decides": _day,
    "submitted_by": _submitters,
    "correction": _correction,
    "notice": _notice,
}
