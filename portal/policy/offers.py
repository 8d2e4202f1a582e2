"""What a policy gives beside money: the ladder of tiers, the card, the lodging, the apartment."""

from typing import Annotated, Literal, Self

from django.utils.translation import gettext as _
from pydantic import Field, field_validator, model_validator

from portal.policy.conditions import AnyCondition
from portal.policy.conditions.study import known_choices
from portal.policy.terms import Days
from portal.policy.texts import Strict, Text, refuse

Percent = Annotated[int, Field(ge=0, le=100)]


class Rung(Strict):
    """One tier of the ladder and who stands on it. The ladder is written from the highest rung down."""

    code: str
    title: Text
    when: tuple[AnyCondition, ...] = Field(min_length=1)

    @field_validator("code")
    @classmethod
    def _code_is_known(cls, code: str) -> str:
        return known_choices("recognitions", (code,))[0]


class Tiered(Strict):
    """Something for the tiers listed in ``tiers``."""

    tiers: tuple[str, ...] = Field(min_length=1)
    illustrative: bool = False

    @field_validator("tiers")
    @classmethod
    def _tiers_are_known(cls, tiers: tuple[str, ...]) -> tuple[str, ...]:
        return known_choices("recognitions", tiers)


class CardKind(Tiered):
    """One kind of card, e.g. gold, and how many years it is valid."""

    kind: str = Field(pattern=r"^[a-z]+$")
    title: Text
    validity_years: int = Field(ge=1, le=20)


class Benefit(Strict):
    """What a card opens: for which kinds of card, how often in which period (no ``quota``: without limit)."""

    code: str = Field(pattern=r"^[a-z][a-z_]*$")
    title: Text
    kinds: tuple[str, ...] = Field(min_length=1)
    quota: int | None = Field(default=None, ge=1)
    period: Literal["day", "month", "quarter", "year", "ever"] = "year"
    claim_first: bool = False
    family_of: tuple[str, ...] = ()
    service_working_days: Days | None = None
    note: Text | None = None
    illustrative: bool = False


class CardTerms(Strict):
    """The card: kinds, how long, when it is renewed, whom it extends to, why it stops."""

    kinds: tuple[CardKind, ...] = Field(min_length=1)
    capped_by_contract_end: bool = False
    renewal_opens_days_before: Days
    renewal_closes_days_before: Days
    change_report_days: Days
    family: tuple[Literal["spouse", "minor_child", "parent"], ...] = ()
    family_of: tuple[str, ...] = ()
    forms: tuple[Literal["physical", "electronic"], ...] = ("electronic",)
    precondition_for: tuple[str, ...] = ()
    benefits: tuple[Benefit, ...] = ()
    suspend_on: tuple[Text, ...] = ()
    revoke_on: tuple[Text, ...] = ()
    illustrative: bool = False

    @model_validator(mode="after")
    def _kinds_exist(self) -> Self:
        kinds = {card.kind for card in self.kinds}
        named = [*self.family_of, *(kind for benefit in self.benefits for kind in (*benefit.kinds, *benefit.family_of))]
        for kind in named:
            if kind not in kinds:
                refuse(_("没有 %(kind)s 这种卡") % {"kind": kind}, "kinds")
        if self.renewal_opens_days_before <= self.renewal_closes_days_before:
            refuse(_("续办须先开始（天数多）后截止（天数少）"), "renewal_opens_days_before")
        return self


class Penalty(Strict):
    """What a missed stay leads to: a warning, or a bar of so many days."""

    bar_days: int = Field(ge=0, le=3660)


class LodgingTerms(Strict):
    """A free stay: how it is reviewed, held and lost. How many nights is said by a clause (``free_nights``).

    ``hold_until`` is an hour of the evening of arrival, from 18:00, or of its night, before 06:00. A bed stays held for
    ``held_working_days`` while the application is decided; one offered from the waiting list for ``offer_hours``.
    Nights after the free ones (``after_free_*``) are agreed with and paid to the site: the portal only says so.
    """

    review_working_days: Days
    hold_until: str = Field(pattern=r"^(1[89]|2[0-3]|0[0-5]):[0-5]\d$")
    held_working_days: Days = 3
    offer_hours: int = Field(default=24, ge=1, le=168)
    unused_nights_return: bool = True
    missed: tuple[Penalty, ...] = ()
    after_free_percent: Percent = 100
    after_free_nights: int = Field(default=0, ge=0, le=366)
    supply: tuple[Literal["hotel_contract", "apartment_beds"], ...] = ()
    house_rules: tuple[Text, ...] = ()
    illustrative: bool = False


class UnitRow(Tiered):
    """The size of the apartment for some tiers, and how many people share it."""

    area_m2: int = Field(ge=1, le=1000)
    shared_by: int = Field(default=1, ge=1, le=10)


class PriceRow(Tiered):
    """The rent in percent of the market rent, year of lease by year."""

    percent: tuple[Percent, ...] = Field(min_length=1)


class ArrearsRung(Strict):
    """What happens so many days after a bill fell due: a letter, a warning, or a task on which a person decides."""

    days_overdue: int = Field(ge=1, le=3660)
    act: Literal["remind", "warn", "decide"]


class ApartmentTerms(Strict):
    """The apartment: size and rent by tier, lease, allotment, how it ends.

    A contract is signed within ``sign_working_days`` of accepting, a month's rent is due on ``rent_due_day`` of it, and
    a renewal is asked for from ``renewal_opens_days_before`` the last day on. ``arrears`` is a ladder climbed by days.
    """

    units: tuple[UnitRow, ...] = Field(min_length=1)
    prices: tuple[PriceRow, ...] = Field(min_length=1)
    market_rent_yuan_per_m2: Annotated[int, Field(ge=1)]
    contract_years: int = Field(ge=1, le=10)
    most_years: int = Field(ge=1, le=20)
    extend_to_years: int = Field(ge=1, le=20)
    deposit_months: int = Field(default=1, ge=0, le=12)
    allotment: Literal["first_come", "tier_then_lottery", "points_then_lottery", "priority"]
    batch: Literal["open", "quarterly", "yearly"] = "open"
    offer_valid_working_days: Days
    refusals: int = Field(default=0, ge=0, le=9)
    better_spouse_counts: bool = False
    notice_days: Days
    grace_days_after_loss: Days
    percent_after_loss: Percent = 100
    sign_working_days: Days = 5
    rent_due_day: int = Field(default=10, ge=1, le=28)
    arrears: tuple[ArrearsRung, ...] = ()
    renewal_opens_days_before: Days = 90
    violations: tuple[Text, ...] = ()
    illustrative: bool = False

    @model_validator(mode="after")
    def _units_and_prices_fit(self) -> Self:
        sized, priced = ({tier for row in rows for tier in row.tiers} for rows in (self.units, self.prices))
        if sized != priced:
            refuse(_("面积（units）和租金（prices）写的层次不一致"), "prices")
        if any(len(row.percent) < self.extend_to_years for row in self.prices):
            refuse(_("租金须写满每一个租赁年度，直到最长的一年"), "prices")
        days = [rung.days_overdue for rung in self.arrears]
        if days != sorted(set(days)):
            refuse(_("欠租的步骤须按逾期天数从少到多写"), "arrears")
        return self
