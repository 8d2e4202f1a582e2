"""What somebody is entitled to, in words: standing, money and its parts, card, nights, apartment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.casework.models import Application
from portal.casework.services.entitling import Choice, Entitlement, Prospect, Standing, choices_among
from portal.casework.services.holding import NOTHING, Held
from portal.policy.conditions import Answer
from portal.policy.conditions.housing import FreeNights
from portal.policy.offers import ApartmentTerms
from portal.policy.schema import PolicyDocument
from portal.ui.figures import day_text, listed, yuan_text

STANDINGS = {
    Standing.PROVEN: ("ok", gettext_lazy("都符合，已核实")),
    Standing.LIKELY: ("active", gettext_lazy("看起来符合")),
    Standing.OPEN: ("wait", gettext_lazy("还不清楚")),
    Standing.UNMET: ("no", gettext_lazy("目前不符合")),
}
MODES = {
    "block": gettext_lazy("请比较后选一项申请。"),
    "higher": gettext_lazy("只享受较高的一项；已领的须先退回。"),
    "top_up": gettext_lazy("已领一项的，另一项只补差额。"),
    "deduct": gettext_lazy("已领的，从后一项中扣减。"),
    "wait": gettext_lazy("领了一项，要隔一段时间才能申请另一项。"),
    "stack": gettext_lazy("几项可以同时享受。"),
}


@dataclass(frozen=True)
class Line:
    """One line of what is given."""

    label: str
    text: str
    is_illustrative: bool = False


@dataclass(frozen=True)
class Card:
    """One policy on the page."""

    item: Entitlement
    kind: str  # of the tag
    label: str
    counts: str
    lines: list[Line]
    rows: list[Any]  # clause by clause, as the page tells it
    is_compared: bool  # what it gives stands beside what excludes it
    href: str  # of the application that is there already, or of starting one; "" while the programme is not open
    act: str

    @property
    def code(self) -> str:
        """The policy's code: also the anchor."""
        return self.item.document.code

    @property
    def against(self) -> list[Any]:
        """The clauses that are not met, as filled in or proven."""
        return self._rows_with(Answer.UNMET)

    @property
    def waiting(self) -> list[Any]:
        """The clauses that are not known yet."""
        return self._rows_with(Answer.UNPROVEN)

    def _rows_with(self, wanted: Answer) -> list[Any]:
        pairs = zip(self.rows, self.item.as_declared, strict=True)
        return [row for row, answer in pairs if answer is wanted]


@dataclass(frozen=True)
class SideBySide:
    """Policies to choose from, with the words of how they exclude each other."""

    choice: Choice
    mode: str
    cards: list[Card]


def told(rows: Sequence[tuple[Entitlement, list[Any]]], held: Mapping[str, Held]) -> dict[str, Any]:
    """What the pages show: ``sides``, the choices among policies; ``groups``, the cards by standing.

    ``rows`` are the entitlements, each with its clauses as the page tells them; ``held`` is what the reader has.
    """
    choices = choices_among(item for item, _clauses in rows)
    compared = {member.document.code for choice in choices for member in choice.members}
    cards = [
        _card_of(item, clauses, item.document.code in compared, held.get(item.programme.code, NOTHING))
        for item, clauses in rows
    ]
    by_code = {card.code: card for card in cards}
    sides = [
        SideBySide(choice, str(MODES[choice.mode]), [by_code[member.document.code] for member in choice.members])
        for choice in choices
    ]
    groups = [
        (standing, str(STANDINGS[standing][1]), found)
        for standing in Standing
        if (found := [card for card in cards if card.item.standing is standing])
    ]
    return {"sides": sides, "groups": groups}


def _card_of(item: Entitlement, rows: list[Any], is_compared: bool, held: Held) -> Card:
    kind, label = STANDINGS[item.standing]
    lines = lines_of(item.document, item.prospect)
    href, act = _next_step(item, held.application)
    return Card(item, kind, str(label), counts_of(item.as_declared), lines, rows, is_compared, href, act)


def _next_step(item: Entitlement, mine: Application | None) -> tuple[str, str]:
    if mine is not None:
        if mine.policy_version.policy.code != item.document.code:
            return "", ""  # one application in a programme at a time
        if mine.is_draft:
            return reverse("application_tasks", args=[mine.pk]), _("继续填写")
        return reverse("application", args=[mine.pk]), _("看我的申请")
    if not item.programme.is_open or item.standing is Standing.UNMET:
        return "", ""
    return reverse("privacy_notice", args=[item.programme.code]), _("开始申请")


def counts_of(answers: tuple[Answer, ...]) -> str:
    """How many clauses are met, and how many are not or not known yet."""
    words = [
        (Answer.MET, _("%(count)s 条符合")),
        (Answer.UNPROVEN, _("%(count)s 条还要看")),
        (Answer.UNMET, _("%(count)s 条不符合")),
    ]
    return listed(text % {"count": answers.count(answer)} for answer, text in words if answer in answers)


def lines_of(document: PolicyDocument, prospect: Prospect) -> list[Line]:
    """What the policy gives to somebody with this prospect."""
    lines = _money(document, prospect)
    lines += _card(document, prospect)
    lines += _nights(document)
    if document.apartment:
        lines += _apartment(document.apartment, prospect)
    return lines


def _money(document: PolicyDocument, prospect: Prospect) -> list[Line]:
    if not document.makes_payable:
        return []
    if prospect.amount_fen is None:
        most = max(row.amount_fen for row in document.amounts)
        text = yuan_text(most) if len(document.amounts) == 1 else _("最多 %(amount)s") % {"amount": yuan_text(most)}
        return [Line(_("金额"), text)]
    amount = yuan_text(prospect.amount_fen)
    lines = [Line(_("金额"), _("最多 %(amount)s") % {"amount": amount} if prospect.is_most else amount)]
    if len(prospect.instalments) == 1:
        return [*lines, Line(_("怎么发"), _("审定后一次发放"))]
    for part, rule in zip(prospect.instalments, _spread(document), strict=False):
        values = {"amount": yuan_text(part.amount_fen), "day": day_text(part.due_on)}
        text = _("%(amount)s，%(day)s以后") if rule.after else _("%(amount)s，审定后")
        lines.append(Line(_("第 %(number)s 期") % {"number": part.number}, text % values, rule.illustrative))
    return lines


def _spread(document: PolicyDocument) -> list[Any]:
    return [rule for rule in document.instalments for _month in range(rule.monthly)]


def _card(document: PolicyDocument, prospect: Prospect) -> list[Line]:
    terms = document.card
    if terms is None:
        return []
    kind = next((it for it in terms.kinds if it.kind == prospect.offer.card), None)
    if kind is None:
        text = _("%(kinds)s，按层次") % {"kinds": listed(it.title for it in terms.kinds)}
        return [Line(_("卡的种类"), text, terms.illustrative)]
    years = ngettext("有效 %(count)s 年", "有效 %(count)s 年", kind.validity_years) % {"count": kind.validity_years}
    benefits = [it.title for it in terms.benefits if kind.kind in it.kinds]
    rung = next(it for it in document.ladder if it.code == prospect.offer.tier)
    return [
        Line(_("卡的种类"), listed([kind.title, years]), kind.illustrative),
        Line(_("层次"), str(rung.title), "ladder" in document.illustrative),
        Line(_("礼遇"), listed(benefits), terms.illustrative),
    ]


def _nights(document: PolicyDocument) -> list[Line]:
    terms = document.lodging
    nights = next((it for it in document.all_conditions() if isinstance(it, FreeNights)), None)
    if terms is None or nights is None:
        return []
    count = nights.left(0)
    text = ngettext("最多 %(count)s 晚", "最多 %(count)s 晚", count) % {"count": count}
    return [Line(_("免费住宿"), text, terms.illustrative)]


def _apartment(terms: ApartmentTerms, prospect: Prospect) -> list[Line]:
    offer = prospect.offer
    if offer.area_m2 is None or offer.rent_fen is None:
        areas = sorted(row.area_m2 for row in terms.units)
        values = {"least": areas[0], "most": areas[-1]}
        lines = [Line(_("面积"), _("%(least)s 至 %(most)s 平方米，按层次") % values, terms.illustrative)]
    else:
        lines = [
            Line(_("面积"), _area(offer.area_m2, offer.shared_by or 1), terms.illustrative),
            Line(_("第一年每月租金"), yuan_text(offer.rent_fen), terms.illustrative),
        ]
    years = {"contract": terms.contract_years, "most": terms.most_years}
    lines.append(Line(_("租期"), _("每次签 %(contract)s 年，最多 %(most)s 年") % years, terms.illustrative))
    return lines


def _area(area_m2: int, people: int) -> str:
    if people == 1:
        return _("%(area)s 平方米") % {"area": area_m2}
    return _("%(area)s 平方米，%(people)s 人合住") % {"area": area_m2, "people": people}
