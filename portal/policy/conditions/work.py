"""Conditions about the employer, the post and the own business; and about any fact with few values."""

from datetime import date
from typing import Literal, Self

from django.utils.translation import gettext as _
from pydantic import Field, field_validator, model_validator

from portal.policy.calendar import add_months
from portal.policy.conditions.base import Answer, Condition, OneFact, Outcome, View, is_silent
from portal.policy.conditions.study import known_choices
from portal.policy.facts import FACTS, Value
from portal.policy.texts import Text, refuse
from portal.ui.figures import listed


class EmployerKind(OneFact):
    """The present employer is of one of ``kinds``, or of any but ``kinds_out``.

    An own business is the kind ``self_employed``.
    """

    kind: Literal["employer_kind"]
    kinds: tuple[str, ...] = ()
    kinds_out: tuple[str, ...] = ()

    @field_validator("kinds", "kinds_out")
    @classmethod
    def _kinds_are_known(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        return known_choices("employer_kind", kinds)

    @model_validator(mode="after")
    def _kinds_go_in_or_out(self) -> Self:
        if bool(self.kinds) == bool(self.kinds_out):
            refuse(_("单位类型写可以的（kinds）或不可以的（kinds_out），两者写其一"))
        return self

    @property
    def fact_read(self) -> str:
        return "employer_kind"

    def answer_to(self, value: Value) -> Outcome:
        allowed = self.kinds or [it for it in FACTS["employer_kind"].choices if it not in self.kinds_out]
        return self.judge(
            "employer_kind", value, lambda it: it in allowed, employer_kind=value, employer_kind_any=list(allowed)
        )


class FirstJobInCity(OneFact):
    """The present employment is the first one in the city."""

    kind: Literal["first_job_in_city"]

    @property
    def fact_read(self) -> str:
        return "first_job_in_city"

    def answer_to(self, value: Value) -> Outcome:
        return self.judge("first_job_in_city", value, lambda it: it == "yes")


class InPost(OneFact):
    """Still with the employer on the application date."""

    kind: Literal["in_post"]

    @property
    def fact_read(self) -> str:
        return "in_post"

    def answer_to(self, value: Value) -> Outcome:
        return self.judge("in_post", value, lambda it: it == "yes")


class EmployerIn(Condition):
    """The employer is in ``place``. Of dispatched workers it is asked where the employer is, which by law is the agency
    (Labour Contract Law art. 58), or with ``dispatched_by: user_firm`` where they work.
    """

    kind: Literal["employer_in"]
    place: str = Field(pattern=r"^\d{2,6}$")
    place_name: Text
    dispatched_by: Literal["agency", "user_firm"] = "agency"

    @property
    def reads(self) -> tuple[str, ...]:
        if self.dispatched_by == "agency":
            return ("employer_place",)
        return ("is_dispatched", "employer_place", "user_firm_place")

    def holds(self, view: View) -> Outcome:
        own = self._in(view, "employer_place")
        if self.dispatched_by == "agency":
            return own
        user_firm = self._in(view, "user_firm_place")
        dispatched = view.value("is_dispatched")
        if dispatched == "yes":
            return user_firm
        if is_silent(dispatched) and own.answer is not user_firm.answer:
            return self.awaits("is_dispatched")
        return own

    def _in(self, view: View, name: str) -> Outcome:
        code = view.value(name)
        return self.judge(
            name,
            code,
            lambda it: it.startswith(self.place),
            fact_value=[name, str(code)],
            place=self.place_name.plain,
        )


class EmployerActive(OneFact):
    """The employer is registered and neither deregistered nor listed as abnormal."""

    kind: Literal["employer_active"]

    @property
    def fact_read(self) -> str:
        return "employer_status"

    def answer_to(self, value: Value) -> Outcome:
        return self.judge("employer_status", value, lambda it: it == "active", employer_status=value)


class OwnBusiness(Condition):
    """An own business is led in one of ``roles`` and was registered ``months`` months ago; employees need neither."""

    kind: Literal["own_business"]
    roles: tuple[str, ...] = Field(min_length=1)
    months: int = Field(default=0, ge=0, le=240)

    @field_validator("roles")
    @classmethod
    def _roles_are_known(cls, roles: tuple[str, ...]) -> tuple[str, ...]:
        return known_choices("business_role", roles)

    @property
    def reads(self) -> tuple[str, ...]:
        return ("employer_kind", "business_role", *(("business_since",) if self.months else ()))

    def holds(self, view: View) -> Outcome:
        kind = view.value("employer_kind")
        if is_silent(kind):
            return self.awaits("employer_kind")
        if kind != "self_employed":
            return self.says(Answer.MET, "employed")
        role = view.value("business_role")
        outcome = self.judge(
            "business_role", role, lambda it: it in self.roles, business_role=role, business_role_any=list(self.roles)
        )
        if outcome.answer is Answer.UNMET or not self.months:
            return outcome
        since = view.value("business_since")
        if isinstance(since, date) and view.on < add_months(since, self.months):
            return self.says(Answer.UNMET, "young", since_on=since.isoformat(), months=self.months)
        if outcome.answer is Answer.UNPROVEN or isinstance(since, date):
            return outcome
        return self.judge("business_since", since, lambda _it: False)


class FactIs(OneFact):
    """A fact with few values has one of ``values``, e.g. a family in hardship, an employer of a key industry."""

    kind: Literal["fact_is"]
    fact: str
    values: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _values_are_known(self) -> Self:
        few = [name for name, spec in FACTS.items() if spec.form in ("choice", "yes_no")]
        if self.fact not in few:
            refuse(_("“%(text)s”不在可填的值之中：%(choices)s") % {"text": self.fact, "choices": listed(few)})
        known_choices(self.fact, self.values)
        return self

    @property
    def fact_read(self) -> str:
        return self.fact

    def answer_to(self, value: Value) -> Outcome:
        return self.judge(
            self.fact,
            value,
            lambda it: it in self.values,
            fact=self.fact,
            fact_value=[self.fact, str(value)],
            needed={"fact": self.fact, "values": list(self.values)},
        )
