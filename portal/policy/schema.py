"""What a policy document says: one version of one policy, as typed data. ``docs/policies.md`` tells how to write one.

``parse_document`` turns YAML (or JSON) into a ``PolicyDocument`` or into sentences about what is wrong with it.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property, partial
from typing import Any, Literal, Self

from django.utils.translation import gettext as _
from pydantic import Field, field_validator, model_validator

from portal.policy.conditions import AnyCondition, Condition, Outcome, View, all_hold, walk
from portal.policy.conditions.grants import EarlierGrants
from portal.policy.facts import FACTS, Provenance
from portal.policy.offers import ApartmentTerms, CardTerms, LodgingTerms, Rung
from portal.policy.parsing import PolicyUnreadable, read_model, read_yaml
from portal.policy.terms import (
    Budget,
    Clawback,
    Correction,
    Days,
    ExclusionGroup,
    FactName,
    NoticeRule,
    Paper,
    PaperLimits,
    Privacy,
    Question,
    ReconsiderationRule,
    ReviewBody,
    Stage,
    Tax,
)
from portal.policy.texts import Strict, Text, refuse

__all__ = ["Paper", "PaperLimits", "PolicyDocument", "PolicyUnreadable", "check_document", "parse_document"]

LONGEST_TITLE = 200  # fits its column
REVIEWS_BEFORE_MONEY = ("first_review", "second_review", "final_approval")


class Clause(Strict):
    """One numbered clause: the text people read and the conditions that decide it, under the same number.

    ``proven_by`` is the weakest provenance that proves its facts; ``papers`` are the kinds a reviewer settles them
    against. ``illustrative`` marks what no source supports.
    """

    code: str = Field(pattern=r"^[A-Z0-9]+(-[A-Z0-9]+)*$")
    text: Text
    note: Text | None = None
    source: Text
    illustrative: bool = False
    proven_by: Literal["declared", "paper", "register"]
    papers: tuple[str, ...] = ()
    conditions: tuple[AnyCondition, ...] = Field(min_length=1)

    @cached_property
    def floor(self) -> Provenance:
        """``proven_by`` as a provenance."""
        return Provenance[self.proven_by.upper()]

    @cached_property
    def plan(self) -> tuple[str, Provenance, tuple[str, ...], Callable[[View], Outcome]]:
        """Number, floor, facts and what decides, worked out once for all the people it decides about."""
        decide = self.conditions[0].holds if len(self.conditions) == 1 else partial(all_hold, self.conditions)
        return self.code, self.floor, self.reads, decide

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The names of the facts that decide this clause, each once."""
        return tuple(dict.fromkeys(name for condition in self.conditions for name in condition.reads))


class AmountRow(Strict):
    """An amount in yuan for those who meet ``when``, or for everybody. The first row that fits counts.

    Where it is paid for each of ``months`` months, ``yuan`` is that of one month; ``at_most_paid`` names the sum that
    somebody pays a month, of which no more than ``yuan`` is given.
    """

    label: Text
    yuan: Decimal = Field(gt=0, le=100_000_000, decimal_places=2)
    when: tuple[AnyCondition, ...] = ()
    months: int = Field(default=1, ge=1, le=120)
    at_most_paid: FactName | None = None

    @field_validator("at_most_paid")
    @classmethod
    def _paid_is_money(cls, name: str | None) -> str | None:
        if name and FACTS[name].form != "yuan":
            refuse(_("%(name)s 不是金额") % {"name": name})
        return name

    @property
    def amount_fen(self) -> int:
        """The amount in whole fen; the most it can be, where it depends on what somebody pays."""
        return int(self.yuan * 100) * self.months


class Scale(Strict):
    """What the amount is multiplied by, in percent, for those who meet ``when``: 60 for another household, 130 in a
    key industry. Every scale that fits counts, one after the other.
    """

    label: Text
    percent: int = Field(ge=1, le=1000)
    when: tuple[AnyCondition, ...] = Field(min_length=1)


class InstalmentRule(Strict):
    """A part of the amount, due some years and months after the application date.

    ``recheck`` names the facts that are settled anew before it is paid. ``monthly`` parts of the same size fall due one
    a month from then on. ``number`` counts from 1 and may be left out.
    """

    number: int = 0
    percent: int = Field(ge=1, le=100)
    years_after_application: int = Field(default=0, ge=0, le=20)
    months_after_application: int = Field(default=0, ge=0, le=240)
    monthly: int = Field(default=1, ge=1, le=120)
    recheck: tuple[FactName, ...] = ()
    illustrative: bool = False

    @property
    def after(self) -> int:
        """The months after the application date."""
        return self.years_after_application * 12 + self.months_after_application


class PolicyDocument(Strict):
    """One version of one policy. Everything an applicant reads about it, and everything that decides, is in here.

    ``illustrative`` names the fields that no source supports, where they do not carry a mark of their own.
    """

    code: str = Field(pattern=r"^[A-Z0-9]+(-[A-Z0-9]+)*$", max_length=40)
    version: str = Field(pattern=r"^\w[\w.\-]*$", max_length=20)  # stands in the addresses of pages
    programme: str = Field(pattern=r"^[a-z]+(-[a-z]+)*$", max_length=40)
    title: Text
    summary: Text
    document_number: str = Field(min_length=1)
    issued_by: Text
    effective_from: date
    effective_to: date | None = None
    date_that_decides: Literal["application", "hire", "approval"] = "application"
    clauses: tuple[Clause, ...] = Field(min_length=1)
    amounts: tuple[AmountRow, ...] = ()
    scales: tuple[Scale, ...] = ()
    amount_cap_yuan: Decimal | None = Field(default=None, gt=0, decimal_places=2)
    ladder: tuple[Rung, ...] = ()
    card: CardTerms | None = None
    lodging: LodgingTerms | None = None
    apartment: ApartmentTerms | None = None
    instalments: tuple[InstalmentRule, ...] = ()
    papers: tuple[Paper, ...] = ()
    declarations: tuple[Text, ...] = ()
    route: tuple[Stage, ...] = Field(min_length=1)
    payment_working_days: Days | None = None
    correction: Correction
    notice: NoticeRule | None = None
    reconsideration: Text | None = None
    reconsideration_rule: ReconsiderationRule = ReconsiderationRule(illustrative=True)  # until a city writes its own
    review_body: ReviewBody
    exclusions: tuple[ExclusionGroup, ...] = ()
    submitted_by: tuple[Literal["person", "clerk", "employer", "agency", "automatic"], ...] = ("person", "clerk")
    budget: Budget = Budget()
    tax: Tax = Tax()
    payout_account: Literal["social_security_card", "class_one_account", "city_card", "employer"] = (
        "social_security_card"
    )
    clawback: Clawback = Clawback()
    bar_years: int = Field(default=0, ge=0, le=10)
    privacy: Privacy
    questions: tuple[Question, ...] = ()
    illustrative: tuple[str, ...] = ()

    @property
    def makes_payable(self) -> bool:
        """Whether an approval makes money payable."""
        return bool(self.amounts)

    @property
    def total_working_days(self) -> int:
        """The working days the whole route may take."""
        return sum(stage.limit_working_days for stage in self.route)

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of the stages in their order."""
        return tuple(stage.stage for stage in self.route)

    def clause(self, code: str) -> Clause:
        """The clause with that number.

        Raises:
            KeyError: there is none.
        """
        return {clause.code: clause for clause in self.clauses}[code]

    def stage(self, name: str) -> Stage:
        """The stage of that name (``KeyError`` where the route has none)."""
        return {stage.stage: stage for stage in self.route}[name]  # type: ignore[index]

    def paper(self, kind: str) -> Paper:
        """The paper of that kind (``KeyError`` where none is asked for)."""
        return {paper.kind: paper for paper in self.papers}[kind]

    def required_papers(self, values: Mapping[str, Any]) -> tuple[Paper, ...]:
        """The papers somebody with these fact values has to hand in, in the document's order."""
        return tuple(paper for paper in self.papers if paper.is_required(values))

    def all_conditions(self) -> Iterator[Condition]:
        """Every condition of every clause, those inside groups included."""
        for clause in self.clauses:
            yield from walk(clause.conditions)

    @cached_property
    def earlier_grants(self) -> tuple[EarlierGrants, ...]:
        """The conditions that may take something off the amount."""
        return tuple(it for it in self.all_conditions() if isinstance(it, EarlierGrants))

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The names of all facts that clauses, amounts and the ladder read, each once."""
        in_clauses = (name for clause in self.clauses for name in clause.reads)
        rows: tuple[AmountRow | Scale | Rung, ...] = (*self.amounts, *self.scales, *self.ladder)
        in_rows = (name for row in rows for condition in row.when for name in condition.reads)
        paid = (row.at_most_paid for row in self.amounts if row.at_most_paid)
        spouse = ("spouse_recognitions",) if self.apartment and self.apartment.better_spouse_counts else ()
        return tuple(dict.fromkeys([*in_clauses, *in_rows, *paid, *spouse]))

    @property
    def not_acted_on(self) -> tuple[str, ...]:
        """The fields whose rule is written down but that no code acts on yet; a page that shows them says so.

        Budget, clawback, bar, tax and payout account always; others where they ask for more than the portal does.
        """
        asked = {
            "date_that_decides": self.date_that_decides != "application",
            "submitted_by": not set(self.submitted_by) <= {"person", "clerk"},
            "correction": self.correction.clock != "paused",
            "notice": bool(
                self.notice
                and (
                    self.notice.day_kind != "working"
                    or self.notice.masking.name != "family_name"
                    or self.notice.online_days
                )
            ),
        }
        return ("budget", "clawback", "bar_years", "tax", "payout_account", *(name for name, it in asked.items() if it))

    @field_validator("route")
    @classmethod
    def _route_begins_and_ends_well(cls, route: tuple[Stage, ...]) -> tuple[Stage, ...]:
        names = [stage.stage for stage in route]
        if len(set(names)) < len(names):
            refuse(_("同一个环节在流程中出现了两次"))
        if names[0] not in ("accept", "check"):
            refuse(_("流程须从受理（accept）或核对（check）开始"))
        if names[-1] != "final_approval":
            refuse(_("流程须以审定（final_approval）结束"))
        if {"first_review", "second_review"} <= set(names) and names.index("first_review") > names.index(
            "second_review"
        ):
            refuse(_("初审（first_review）须在复审（second_review）之前"))
        return route

    @field_validator("title")
    @classmethod
    def _title_is_short(cls, title: Text) -> Text:
        if max(len(title.zh), len(title.en)) > LONGEST_TITLE:
            refuse(_("最多 %(limit)s 个字") % {"limit": LONGEST_TITLE}, "zh" if len(title.zh) > LONGEST_TITLE else "en")
        return title

    @field_validator("illustrative")
    @classmethod
    def _illustrative_fields_exist(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in cls.model_fields:
                refuse(_("没有 %(name)s 这一项，请核对拼写") % {"name": name})
        return names

    @field_validator("clauses")
    @classmethod
    def _clause_numbers_are_unique(cls, clauses: tuple[Clause, ...]) -> tuple[Clause, ...]:
        _refuse_twice(clause.code for clause in clauses)
        return clauses

    @field_validator("ladder")
    @classmethod
    def _rungs_are_unique(cls, ladder: tuple[Rung, ...]) -> tuple[Rung, ...]:
        _refuse_twice(rung.code for rung in ladder)
        return ladder

    @field_validator("papers")
    @classmethod
    def _paper_kinds_are_unique(cls, papers: tuple[Paper, ...]) -> tuple[Paper, ...]:
        _refuse_twice(paper.kind for paper in papers)
        return papers

    @field_validator("instalments")
    @classmethod
    def _instalments_make_a_whole(cls, instalments: tuple[InstalmentRule, ...]) -> tuple[InstalmentRule, ...]:
        if instalments and (total := sum(part.percent for part in instalments)) != 100:
            refuse(_("各期比例合计须为 100，现为 %(total)s") % {"total": total})
        months = [part.after for part in instalments]
        if months != sorted(months):
            refuse(_("各期须按到期先后排列"))
        if any(part.number not in (0, number) for number, part in enumerate(instalments, start=1)):
            refuse(_("各期须按 1、2、3 的顺序编号"))
        return tuple(part.model_copy(update={"number": n}) for n, part in enumerate(instalments, start=1))

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        if self.effective_to and self.effective_to < self.effective_from:
            refuse(_("截止日期早于施行日期"), "effective_to")
        if self.makes_payable:
            for name in REVIEWS_BEFORE_MONEY:
                if name not in self.stages:
                    refuse(_("发放资金的政策，流程须有初审、复审和审定，缺 %(stage)s") % {"stage": name}, "route")
        if bool(self.amounts) != bool(self.instalments):
            refuse(_("金额（amounts）与分期（instalments）须同时填写；一次发放写成一期"), "instalments")
        if ("public_notice" in self.stages) != (self.notice is not None):
            refuse(_("流程有公示环节就须写公示办法（notice），没有就不写"), "notice")
        if self.notice and self.notice.working_days != self.stage("public_notice").limit_working_days:
            refuse(_("公示办法的天数与流程中公示环节的天数不一致"), "notice", "working_days")
        kinds = {paper.kind for paper in self.papers}
        for number, clause in enumerate(self.clauses):
            place = ("clauses", number, "papers")
            for kind in clause.papers:
                if kind not in kinds:
                    values = {"clause": clause.code, "kind": kind}
                    refuse(_("%(clause)s 引用的材料 %(kind)s 不在材料清单中") % values, *place)
            if clause.proven_by == "paper" and not clause.papers:
                refuse(_("%(clause)s 凭材料认定，须写明凭哪些材料（papers）") % {"clause": clause.code}, *place)
        rows: tuple[AmountRow | Scale, ...] = (*self.amounts, *self.scales)
        if any(isinstance(it, EarlierGrants) for row in rows for it in walk(row.when)):
            refuse(_("已领补贴如何影响金额，请写在条款（earlier_grants）里，不要写在金额里"), "amounts")
        if (self.card or self.apartment) and not self.ladder:
            refuse(_("按层次给的，须写层次（ladder）"), "ladder")
        for number, group in enumerate(self.exclusions):
            if self.code not in group.policies:
                values = {"name": group.name, "code": self.code}
                refuse(_("互斥组 %(name)s 不含本政策 %(code)s") % values, "exclusions", number, "policies")
        return self


def parse_document(text: str) -> PolicyDocument:
    """The policy document written in ``text`` (YAML; JSON is YAML too).

    Raises:
        PolicyUnreadable: with a sentence for everything that is wrong with it.
    """
    return check_document(read_yaml(text))


def check_document(data: Any) -> PolicyDocument:
    """The policy document in plain ``data``, as it comes from YAML, JSON or a form.

    Raises:
        PolicyUnreadable: with a sentence for everything that is wrong with it.
    """
    return read_model(PolicyDocument, data)


def _refuse_twice(names: Iterator[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            refuse(_("%(name)s 出现了两次") % {"name": name})
        seen.add(name)
