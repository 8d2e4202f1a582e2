"""A policy document in the words of the programme page. Everything shown comes from the document in force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from portal.casework.programmes import programme
from portal.casework.views.public_terms import Row, Section, sections_of
from portal.casework.views.public_unacted import unacted_rows
from portal.casework.workflow import reading_stage
from portal.policy.choice_labels import VALUES
from portal.policy.conditions import Condition
from portal.policy.conditions.dates import Within
from portal.policy.conditions.housing import BookedAhead, FreeNights
from portal.policy.explanations import fact_label
from portal.policy.models import PolicyVersion
from portal.policy.requirements import requirements, span_text
from portal.policy.schema import Paper, PolicyDocument
from portal.policy.texts import Text
from portal.ui.figures import amount_text, listed, yuan_text

Wanted = TypeVar("Wanted", bound=Condition)
Figure = tuple[str, str, str]  # the lowest amount, its unit, the highest amount where it differs


@dataclass(frozen=True)
class WayStep:
    """One step of the way from filling in to being paid."""

    title: str
    text: str
    field: str = ""  # its place in the document, where no source supports it


@dataclass(frozen=True)
class Amount:
    """One row of the amounts: the figure, and who it is for."""

    label: Text
    figure: str
    note: str


@dataclass(frozen=True)
class Tile:
    """A fact at the head of the page."""

    label: str
    value: str
    note: str


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
    def gain(self) -> Tile | None:
        """What is given beside money, in one line."""
        if self.document.card:
            kinds = listed(card.title for card in self.document.card.kinds)
            return Tile(_("得到什么"), str(self.document.title), kinds)
        if nights := self._first(FreeNights):
            value = ngettext("%(count)s 晚", "%(count)s 晚", nights.left(0)) % {"count": nights.left(0)}
            stays = ngettext("每年 %(count)s 次", "每年 %(count)s 次", nights.stays) % {"count": nights.stays}
            return Tile(_("最多免费住"), value, stays if nights.stays else "")
        if self.document.apartment:
            areas = sorted(unit.area_m2 for unit in self.document.apartment.units)
            shares = sorted(price.percent[0] for price in self.document.apartment.prices)
            value = _("%(least)s 至 %(most)s 平方米") % {"least": areas[0], "most": areas[-1]}
            note = _("第一年租金是市场租金的 %(least)s%% 至 %(most)s%%")
            return Tile(_("住多大"), value, note % {"least": shares[0], "most": shares[-1]})
        return None

    @cached_property
    def sections(self) -> list[Section]:
        """What is given beside money, row by row."""
        return sections_of(self.document)

    @cached_property
    def unacted(self) -> list[Row]:
        """What is written down and no code acts on yet."""
        return unacted_rows(self.document)

    @cached_property
    def amounts(self) -> list[Amount]:
        """The amounts row by row; the first one that fits counts."""
        found = []
        for row in self.document.amounts:
            figure = yuan_text(row.amount_fen)
            notes = [requirements(row.when)] if row.when else []
            if row.months > 1:
                values = {"each": yuan_text(row.amount_fen // row.months), "months": span_text(0, row.months)}
                notes.append(_("每月 %(each)s，共 %(months)s") % values)
            if row.at_most_paid:
                notes.append(_("不超过%(fact)s") % {"fact": fact_label(row.at_most_paid)})
                figure = _("最高 %(highest)s") % {"highest": figure}
            found.append(Amount(row.label, figure, pgettext("between two parts", "；").join(notes)))
        return found

    @cached_property
    def scales(self) -> list[Amount]:
        """What the amounts are multiplied by."""
        return [
            Amount(scale.label, _("按 %(percent)s%% 计算") % {"percent": scale.percent}, requirements(scale.when))
            for scale in self.document.scales
        ]

    @property
    def cap(self) -> str:
        """The most that is paid, whatever the scales say; "" where there is no cap."""
        cap = self.document.amount_cap_yuan
        return "" if cap is None else _("最高 %(highest)s") % {"highest": yuan_text(int(cap * 100))}

    @property
    def how_paid(self) -> str:
        """Once, in how many instalments, or month by month."""
        rules = self.document.instalments
        months = sum(rule.monthly for rule in rules)
        if months > len(rules):
            return ngettext("按月发放，共 %(count)s 笔", "按月发放，共 %(count)s 笔", months) % {"count": months}
        if len(rules) == 1:
            return _("一次发放")
        return ngettext("分 %(count)s 期发放", "分 %(count)s 期发放", len(rules)) % {"count": len(rules)}

    @cached_property
    def parts(self) -> list[WayStep]:
        """The instalments: share, when, and what is settled anew before. None where all is paid at once."""
        rules = self.document.instalments
        if len(rules) == 1 and rules[0].monthly == 1 and not rules[0].after and not rules[0].illustrative:
            return []
        found = []
        for number, rule in enumerate(rules):
            span = span_text(rule.years_after_application, rule.months_after_application)
            text = _("申请满 %(span)s后发放。") % {"span": span} if rule.after else _("审定后发放。")
            if rule.monthly > 1:
                each = _("从那时起每月一笔，分 %(span)s发完。") % {"span": span_text(0, rule.monthly)}
                text = pgettext("two sentences", "%(first)s%(second)s") % {"first": text, "second": each}
            if rule.recheck:
                again = _("发放前再核实：%(facts)s。") % {"facts": listed(fact_label(name) for name in rule.recheck)}
                text = pgettext("two sentences", "%(first)s%(second)s") % {"first": text, "second": again}
            title = _("第 %(number)s 期：%(percent)s%%") % {"number": number + 1, "percent": rule.percent}
            found.append(WayStep(title, text, f"instalments.{number}" if rule.illustrative else ""))
        return found

    @property
    def window(self) -> tuple[str, str] | None:
        """Within how long one applies, and from which day that is counted; None where no clause says.

        One that is enough beside others says nothing about everybody and is left to its clause.
        """
        if within := self._first(Within):
            span = _("%(span)s内") % {"span": span_text(within.years, within.months)}
            return span, _("从%(fact)s算起") % {"fact": fact_label(within.anchor)}
        if ahead := self._first(BookedAhead):
            last = ngettext("%(count)s 日", "%(count)s 日", ahead.days) % {"count": ahead.days}
            first = _("至少提前 %(first)s，最多提前 %(last)s")
            return _("入住以前"), first % {"first": working_days(ahead.working_days), "last": last}
        return None

    def _first(self, kind: type[Wanted]) -> Wanted | None:
        """The first condition of that kind that everybody has to meet."""
        everybody = (it for clause in self.document.clauses for it in clause.conditions)
        return next((it for it in everybody if isinstance(it, kind)), None)

    @property
    def exclusions(self) -> list[tuple[Text, str, str]]:
        """The groups of which somebody gets one: the text, how they exclude each other, and the policies in them."""
        return [
            (group.text, str(VALUES["mode"][group.mode]), listed(group.policies)) for group in self.document.exclusions
        ]

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
        for number, stage in enumerate(self.document.route):
            title, text = self._stage_words(stage.stage, stage.limit_working_days)
            if stage.recheck:
                again = _("这一步重新核实：%(facts)s。") % {"facts": listed(fact_label(name) for name in stage.recheck)}
                text = pgettext("two sentences", "%(first)s%(second)s") % {"first": text, "second": again}
            steps.append(WayStep(title, text, f"route.{number}" if stage.illustrative else ""))
        if self.document.makes_payable:
            mark = "payment_working_days" if "payment_working_days" in self.document.illustrative else ""
            steps.append(WayStep(_("发到社会保障卡"), self._payment_words(), mark))
        return steps

    def _stage_words(self, name: str, days: int) -> tuple[str, str]:
        words = {
            "check": (_("自动核对"), _("先对照政策逐条核对一遍，不超过 %(limit)s。不会因为自动核对拒绝您。")),
            "accept": (_("受理"), _("%(limit)s内告诉您是否受理。缺什么，一次说清。")),
            "first_review": (_("初审"), _("工作人员对照材料逐条审核，不超过 %(limit)s。")),
            "second_review": (_("复审"), _("由另一位工作人员再审一遍，不超过 %(limit)s。")),
            "public_notice": (_("公示 %(limit)s"), self.notice_words),
            "final_approval": (_("审定"), _("由第三位工作人员决定，%(limit)s内告诉您结果。")),
        }
        title, text = words[name]
        if name == reading_stage(self.document.stages) == "final_approval":
            text = _("工作人员对照材料逐条审核并决定，%(limit)s内告诉您结果。")
            if programme(self.document.programme).is_approved_when_proven:
                text = _("各条都已由登记证实的，系统直接批准；其余由工作人员对照材料决定，%(limit)s内告诉您结果。")
        limit = {"limit": working_days(days)}
        return title % limit, text % limit

    @property
    def notice_words(self) -> str:
        """What the public notice shows; "" where there is none."""
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
