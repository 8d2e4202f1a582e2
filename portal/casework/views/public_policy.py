"""A policy document in the words of the programme page. Everything shown comes from the document in force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from portal.policy.conditions.dates import Within
from portal.policy.explanations import fact_label
from portal.policy.models import PolicyVersion
from portal.policy.schema import Paper, PolicyDocument
from portal.ui.figures import amount_text, yuan_text

Figure = tuple[str, str, str]  # the lowest amount, its unit, the highest amount where it differs


@dataclass(frozen=True)
class WayStep:
    """One step of the way from filling in to being paid."""

    title: str
    text: str
    is_illustrative: bool = False


@dataclass(frozen=True)
class Part:
    """One instalment in words."""

    title: str
    text: str
    is_illustrative: bool


class PolicyPage:
    """What the page says about one version in force."""

    def __init__(self, version: PolicyVersion) -> None:
        self.version = version
        self.document: PolicyDocument = version.parsed

    @property
    def code(self) -> str:
        """The policy's code, also the anchor of its section."""
        return self.document.code

    @property
    def figure(self) -> Figure | None:
        """The amount line of this version."""
        return figure_of([self.version])

    @property
    def how_paid(self) -> str:
        """Once, or in how many instalments."""
        count = len(self.document.instalments)
        if count == 1:
            return _("一次发放")
        return ngettext("分 %(count)s 期发放", "分 %(count)s 期发放", count) % {"count": count}

    @cached_property
    def parts(self) -> list[Part]:
        """The instalments: share, when, and what is settled anew before."""
        found = []
        for number, rule in enumerate(self.document.instalments, start=1):
            if rule.years_after_application:
                text = ngettext(
                    "申请满 %(years)s 年后发放。", "申请满 %(years)s 年后发放。", rule.years_after_application
                ) % {"years": rule.years_after_application}
            else:
                text = _("审定后发放。")
            if rule.recheck:
                facts = pgettext("between two items", "、").join(fact_label(name) for name in rule.recheck)
                again = _("发放前再核实：%(facts)s。") % {"facts": facts}
                text = pgettext("two sentences", "%(first)s%(second)s") % {"first": text, "second": again}
            title = _("第 %(number)s 期：%(percent)s%%") % {"number": number, "percent": rule.percent}
            found.append(Part(title, text, rule.illustrative))
        return found

    @property
    def window(self) -> tuple[str, str] | None:
        """Within how long one applies, and from which day that is counted; None where no clause says."""
        within = next((item for item in self.document.all_conditions() if isinstance(item, Within)), None)
        if within is None:
            return None
        years = ngettext("%(years)s 年内", "%(years)s 年内", within.years) % {"years": within.years}
        return years, _("从%(fact)s算起") % {"fact": fact_label(within.anchor)}

    @property
    def has_illustrative_limits(self) -> bool:
        """Whether any time limit of the route is an example that no source supports."""
        return any(stage.illustrative for stage in self.document.route)

    @property
    def always_asked(self) -> list[Paper]:
        """The papers everybody hands in."""
        return [paper for paper in self.document.papers if paper.required_if is None]

    @property
    def sometimes_asked(self) -> list[Paper]:
        """The papers only some hand in; their notes say who."""
        return [paper for paper in self.document.papers if paper.required_if is not None]

    @property
    def file_limits(self) -> str:
        """Which files are taken."""
        limits = [paper.limits for paper in self.document.papers]
        kinds = dict.fromkeys(kind for limit in limits for kind in limit.formats)
        names = {"jpeg": "JPEG", "png": "PNG", "pdf": "PDF"}
        return _("手机拍照或 PDF 都可以（%(formats)s），单个不超过 %(size)s MB。") % {
            "formats": pgettext("between two items", "、").join(names[kind] for kind in kinds),
            "size": min(limit.max_megabytes for limit in limits),
        }

    @cached_property
    def way(self) -> list[WayStep]:
        """The route from filling in to being paid, in public words, with its limits."""
        steps = [WayStep(_("在线填写并提交"), _("每一步都会保存，换手机也能接着填。"))]
        for stage in self.document.route:
            title, text = self._stage_words(stage.stage, stage.limit_working_days)
            steps.append(WayStep(title, text, stage.illustrative))
        if self.document.makes_payable:
            steps.append(WayStep(_("发到社会保障卡"), self._payment_words()))
        return steps

    def _stage_words(self, name: str, days: int) -> tuple[str, str]:
        words = {
            "check": (_("自动核对"), _("先对照政策逐条核对一遍，不超过 %(limit)s。不会因为自动核对拒绝您。")),
            "accept": (_("受理"), _("%(limit)s内告诉您是否受理。缺什么，一次说清。")),
            "first_review": (_("初审"), _("工作人员对照材料逐条审核，不超过 %(limit)s。")),
            "second_review": (_("复审"), _("由另一位工作人员再审一遍，不超过 %(limit)s。")),
            "public_notice": (_("公示 %(limit)s"), self._notice_words()),
            "final_approval": (_("审定"), _("由第三位工作人员决定，%(limit)s内告诉您结果。")),
        }
        title, text = words[name]
        limit = {"limit": working_days(days)}
        return title % limit, text % limit

    def _notice_words(self) -> str:
        rule = self.document.notice
        if rule is None:
            return ""
        labels = {
            "school": _("毕业院校"),
            "education": _("学历"),
            "employer": _("用人单位"),
            "amount": _("拟发金额"),
        }
        others = pgettext("between two items", "、").join(labels[name] for name in rule.columns if name in labels)
        values = {"last": rule.masking.number_last, "others": others}
        if "number" not in rule.columns or not rule.masking.number_last:
            return _("姓名只公布姓氏，不公布证件号；另列%(others)s。") % values
        return _("姓名只公布姓氏，证件号只公布后 %(last)s 位；另列%(others)s。") % values

    def _payment_words(self) -> str:
        if self.document.payment_working_days is None:
            return _("审定后发放。")
        return _("审定后 %(limit)s内交银行发放。") % {"limit": working_days(self.document.payment_working_days)}


def working_days(days: int) -> str:
    """A time limit: ``5 个工作日``, ``5 working days``."""
    return ngettext("%(days)s 个工作日", "%(days)s 个工作日", days) % {"days": days}


def figure_of(versions: Iterable[PolicyVersion]) -> Figure | None:
    """The amount line over all amounts of ``versions``: ("10,000", "元起", "最高 100,000 元"); None where none pays."""
    amounts = [row.amount_fen for version in versions for row in version.parsed.amounts]
    if not amounts:
        return None
    figure = amount_text(min(amounts)).removesuffix(".00")
    if min(amounts) == max(amounts):
        return figure, _("元"), ""
    return figure, _("元起"), _("最高 %(highest)s") % {"highest": yuan_text(max(amounts))}
