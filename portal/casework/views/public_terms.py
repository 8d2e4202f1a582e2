"""What a policy gives beside money, row by row: the ladder, the card, the lodging, the apartment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from portal.policy.choice_labels import VALUES
from portal.policy.conditions.housing import FreeNights
from portal.policy.offers import ApartmentTerms, ArrearsRung, Benefit, CardTerms, LodgingTerms
from portal.policy.requirements import requirements, span_text
from portal.policy.schema import PolicyDocument
from portal.ui.figures import listed, yuan_text


@dataclass(frozen=True)
class Row:
    """One line of the page; ``field`` is its place in the document where no source supports it, else ""."""

    label: str
    text: str
    field: str = ""


@dataclass(frozen=True)
class Section:
    """Rows under a heading; ``field`` marks the whole of it."""

    name: str  # of its anchor
    title: str
    rows: list[Row]
    field: str = ""


def days_text(count: int) -> str:
    """Days of the calendar: ``30 日``."""
    return ngettext("%(count)s 日", "%(count)s 日", count) % {"count": count}


def working_days(count: int) -> str:
    """Working days: ``5 个工作日``."""
    return ngettext("%(days)s 个工作日", "%(days)s 个工作日", count) % {"days": count}


def sections_of(document: PolicyDocument) -> list[Section]:
    """Everything the document gives beside money, in reading order; nothing where it gives money only."""
    sections = []
    if document.card:
        sections += _card(document, document.card)
    if document.lodging:
        sections += _lodging(document, document.lodging)
    if document.apartment:
        sections += _apartment(document, document.apartment)
    if document.ladder:
        rows = [Row(str(rung.title), requirements(rung.when)) for rung in document.ladder]
        mark = "ladder" if "ladder" in document.illustrative else ""
        sections.append(Section("ladder", _("层次怎么定"), rows, mark))
    return sections


def _mark(is_illustrative: bool, field: str) -> str:
    return field if is_illustrative else ""


def _tiers(document: PolicyDocument, tiers: Iterable[str]) -> str:
    titles = {rung.code: rung.title for rung in document.ladder}
    return listed(titles.get(tier, tier) for tier in tiers)


def _card(document: PolicyDocument, terms: CardTerms) -> list[Section]:
    kinds = [
        Row(
            str(card.title),
            _("%(tiers)s；有效期 %(span)s")
            % {"tiers": _tiers(document, card.tiers), "span": span_text(card.validity_years, 0)},
            _mark(card.illustrative, f"card.kinds.{number}"),
        )
        for number, card in enumerate(terms.kinds)
    ]
    titles = {card.kind: card.title for card in terms.kinds}
    benefits = [
        Row(
            str(benefit.title),
            _benefit(benefit, {kind: str(title) for kind, title in titles.items()}),
            _mark(benefit.illustrative, f"card.benefits.{number}"),
        )
        for number, benefit in enumerate(terms.benefits)
    ]
    renewal = {
        "opens": days_text(terms.renewal_opens_days_before),
        "closes": days_text(terms.renewal_closes_days_before),
    }
    rules = [
        Row(_("卡的样子"), listed(VALUES["forms"][it] for it in terms.forms)),
        Row(_("续办"), _("到期前 %(opens)s到 %(closes)s之间办理") % renewal),
        Row(_("变更报告"), _("情况有变，%(days)s内报告") % {"days": days_text(terms.change_report_days)}),
    ]
    if terms.capped_by_contract_end:
        rules.insert(1, Row(_("有效期"), _("不超过劳动合同的终止日期")))
    if terms.family and terms.family_of:
        values = {
            "kinds": listed(titles[kind] for kind in terms.family_of),
            "family": listed(VALUES["CardTerms.family"][who] for who in terms.family),
        }
        rules.append(Row(_("家属"), _("%(kinds)s的%(family)s也可以用") % values))
    if terms.precondition_for:
        rules.append(
            Row(_("还用在哪里"), _("申请这些政策要先有卡：%(codes)s") % {"codes": listed(terms.precondition_for)})
        )
    rules += _stops(_("暂停使用"), terms.suspend_on) + _stops(_("收回"), terms.revoke_on)
    mark = _mark(terms.illustrative, "card")
    found = [Section("kinds", _("卡的种类，给谁"), kinds)]
    if benefits:
        found.append(Section("benefits", _("凭卡能享受什么"), benefits))
    return [*found, Section("card", _("怎么用，怎么续"), rules, mark)]


def _stops(label: str, reasons: Iterable[object]) -> list[Row]:
    text = listed(reasons)
    return [Row(label, text)] if text else []


def _benefit(benefit: Benefit, titles: dict[str, str]) -> str:
    parts = [listed(titles[kind] for kind in benefit.kinds)]
    if benefit.quota:
        times = ngettext("%(count)s 次", "%(count)s 次", benefit.quota) % {"count": benefit.quota}
        parts.append(_("%(period)s %(times)s") % {"period": VALUES["period"][benefit.period], "times": times})
    else:
        parts.append(_("不限次数"))
    if benefit.claim_first:
        parts.append(_("要先在线领取"))
    if benefit.family_of:
        parts.append(_("%(kinds)s的家属也可以用") % {"kinds": listed(titles[kind] for kind in benefit.family_of)})
    if benefit.service_working_days:
        days = benefit.service_working_days
        parts.append(ngettext("%(days)s 个工作日内办好", "%(days)s 个工作日内办好", days) % {"days": days})
    if benefit.note:
        parts.append(str(benefit.note))
    return _joined(parts)


def _joined(parts: Iterable[str]) -> str:
    return pgettext("between two parts", "；").join(parts)


def _lodging(document: PolicyDocument, terms: LodgingTerms) -> list[Section]:
    nights = next((it for it in document.all_conditions() if isinstance(it, FreeNights)), None)
    rows = []
    if nights:
        values = {"each": nights.per_stay, "total": nights.in_total, "stays": nights.stays}
        said = (
            _("每次最多 %(each)s 晚，总共最多 %(total)s 晚，每年 %(stays)s 次")
            if nights.stays
            else _("每次最多 %(each)s 晚，总共最多 %(total)s 晚")
        )
        rows.append(Row(_("免费住几晚"), said % values))
    if terms.supply:
        rows.append(Row(_("住在哪里"), listed(VALUES["supply"][it] for it in terms.supply)))
    rows.append(Row(_("多久答复"), _("%(days)s内") % {"days": working_days(terms.review_working_days)}))
    rows.append(Row(_("房间留到几点"), _("入住当天 %(time)s") % {"time": terms.hold_until}))
    if terms.unused_nights_return:
        rows.append(Row(_("提前离开"), _("没有住的晚数退还，下次还能用")))
    else:
        rows.append(Row(_("提前离开"), _("没有住的晚数不退还")))
    missed = [
        _("第 %(number)s 次：%(what)s")
        % {
            "number": number,
            "what": _("%(days)s内不能再申请") % {"days": days_text(it.bar_days)} if it.bar_days else _("提醒"),
        }
        for number, it in enumerate(terms.missed, start=1)
    ]
    if missed:
        rows.append(Row(_("订了不来"), _joined(missed)))
    if terms.after_free_nights:
        values = {
            "nights": ngettext("%(count)s 晚", "%(count)s 晚", terms.after_free_nights)
            % {"count": terms.after_free_nights},
            "percent": terms.after_free_percent,
        }
        said = _("还可以与住宿点另行商定，再住 %(nights)s，按房价的 %(percent)s%% 直接付给住宿点")
        rows.append(Row(_("住满以后"), said % values))
    if terms.house_rules:
        rows.append(Row(_("住宿守则"), listed(terms.house_rules)))
    return [Section("lodging", _("怎么住"), rows, _mark(terms.illustrative, "lodging"))]


def _apartment(document: PolicyDocument, terms: ApartmentTerms) -> list[Section]:
    units = []
    for number, unit in enumerate(terms.units):
        values = {"area": unit.area_m2, "people": unit.shared_by}
        said = _("%(area)s 平方米，%(people)s 人合住") if unit.shared_by > 1 else _("%(area)s 平方米")
        mark = _mark(unit.illustrative, f"apartment.units.{number}")
        units.append(Row(_tiers(document, unit.tiers), said % values, mark))
    prices = []
    for number, price in enumerate(terms.prices):
        years = [
            _("第 %(year)s 年 %(percent)s%%") % {"year": year, "percent": percent}
            for year, percent in enumerate(price.percent, start=1)
        ]
        mark = _mark(price.illustrative, f"apartment.prices.{number}")
        prices.append(Row(_tiers(document, price.tiers), listed(years), mark))
    prices.append(
        Row(
            _("市场租金"),
            _("每平方米每月 %(yuan)s") % {"yuan": yuan_text(terms.market_rent_yuan_per_m2 * 100)},
            _mark(terms.illustrative, "apartment"),
        )
    )
    lease = {
        "contract": span_text(terms.contract_years, 0),
        "most": span_text(terms.most_years, 0),
        "extended": span_text(terms.extend_to_years, 0),
    }
    rules = [
        Row(
            _("怎么分配"),
            _("%(allotment)s；办理批次：%(batch)s")
            % {"allotment": VALUES["allotment"][terms.allotment], "batch": VALUES["batch"][terms.batch]},
        ),
        Row(_("选房"), _("分到以后 %(days)s内答复") % {"days": working_days(terms.offer_valid_working_days)}),
        Row(
            _("可以拒绝几次"),
            ngettext("%(count)s 次", "%(count)s 次", terms.refusals) % {"count": terms.refusals},
        ),
        Row(
            _("签约"),
            _("接受以后 %(days)s内签合同，过时房源让给下一位") % {"days": working_days(terms.sign_working_days)},
        ),
        Row(_("租期"), _("每次签 %(contract)s，一般最多 %(most)s，可以延长到 %(extended)s") % lease),
        Row(
            _("押金"),
            ngettext("%(count)s 个月租金", "%(count)s 个月租金", terms.deposit_months)
            % {"count": terms.deposit_months},
        ),
        Row(_("付租金"), _("每月 %(day)s 日以前付当月租金") % {"day": terms.rent_due_day}),
        Row(
            _("续租"),
            _("到期前 %(days)s起可以申请，重新核对条件") % {"days": days_text(terms.renewal_opens_days_before)},
        ),
        Row(_("退租"), _("提前 %(days)s告知") % {"days": days_text(terms.notice_days)}),
        Row(
            _("不再符合条件的"),
            _("%(days)s内搬离，期间租金为市场租金的 %(percent)s%%")
            % {"days": days_text(terms.grace_days_after_loss), "percent": terms.percent_after_loss},
        ),
    ]
    if terms.better_spouse_counts:
        rules.insert(1, Row(_("夫妻"), _("按层次较高的一方")))
    if terms.arrears:
        rules.append(Row(_("欠租"), _joined(_arrears(rung) for rung in terms.arrears)))
    rules += _stops(_("收回的情形"), terms.violations)
    return [
        Section("units", _("住多大"), units),
        Section("prices", _("租金是市场租金的百分之几"), prices),
        Section("apartment", _("怎么分，怎么租"), rules, _mark(terms.illustrative, "apartment")),
    ]


def _arrears(rung: ArrearsRung) -> str:
    """One rung of the ladder of arrears."""
    days = days_text(rung.days_overdue)
    if rung.act == "remind":
        return _("逾期 %(days)s：发信提醒") % {"days": days}
    if rung.act == "warn":
        return _("逾期 %(days)s：发信警告") % {"days": days}
    return _("逾期 %(days)s：由人决定是否收回") % {"days": days}
