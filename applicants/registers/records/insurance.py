"""社保: the months insured, with whom and whether paid in time.

The register lags: ``data_month`` is the last month it holds. Later months are not in the answer at all, and whatever
they could change is left unsaid here, or by ``services.facts_from``, which knows the day the facts are wanted for.
"""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Annotated, Literal

from pydantic import Field

from applicants.people.answers import OTHER_EMPLOYER, employer_token
from applicants.registers.asking import Question, Reading
from applicants.registers.records.base import Area, Name, Record, parts, yes_no
from portal.city import city
from portal.policy.notation import INSURANCES, InsuredRange, month_number, write_part

Month = Annotated[str, Field(pattern=r"^(19|20)\d\d-(0[1-9]|1[0-2])$")]
Kind = Literal["pension", "medical", "unemployment", "injury", "maternity"]


class InsuredMonth(Record):
    """One month with one employer. Not paid yet where ``paid_on`` is None.

    ``is_ordered``: paid late because an authority ordered it. ``own_pension_fen`` is the person's own share.
    """

    month: Month
    employer_name: Name
    employer_credit_code: Annotated[str, Field(max_length=18)]  # empty: insured without an employer
    area_code: Area
    due_on: date
    paid_on: date | None
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)]
    is_ordered: bool = False
    own_pension_fen: Annotated[int, Field(ge=0, le=10**9)] | None = None


class InsuranceRecord(Record):
    """All months of a person up to ``data_month``, wherever they were paid."""

    data_month: Month
    months: Annotated[tuple[InsuredMonth, ...], Field(max_length=2000)]


def read_insurance(record: InsuranceRecord, question: Question) -> Reading:
    """The facts of an insurance record. Months with the present employer carry exactly its declared name.

    Employers are told apart by credit code, so of one declared without it the register cannot say what was paid.
    """
    this_month = month_number(question.on)
    last = min(_number(record.data_month), this_month)  # what came after the day in question does not change it
    paid = [it for it in record.months if it.paid_on is not None and _number(it.month) <= last]
    here = [it for it in paid if it.area_code == city().code]
    code, present = question.credit_code, employer_token(question.employer_name)
    own = {_number(it.month) for it in paid if code and it.employer_credit_code == code}
    values = {"first_insured_in_city": f"{min(it.month for it in here)}-01" if here else "-"}
    if code or not present or not paid:
        values["insurance"] = parts(_ranges(paid, code, present))
    if own and present:
        others = {_number(it.month) for it in here if it.employer_credit_code != code}
        values["employer"] = present
        values["first_job_in_city"] = yes_no(min(others, default=last) >= min(own))
        if in_post := _in_post(own, {_number(it.month) for it in paid}, last, this_month):
            values["in_post"] = in_post
    if pension := [it for it in paid if "pension" in it.kinds and it.own_pension_fen is not None]:
        fen = max(pension, key=lambda it: it.month).own_pension_fen
        values["pension_paid"] = f"{Decimal(fen or 0) / 100:f}"
    return Reading(values, until=_last_day(record.data_month))


def _in_post(own: set[int], paid: set[int], last: int, this_month: int) -> str:
    """Insured with the present employer in the ``last`` month known; "no" only where they clearly left before.

    The newest month comes in parts, so that its absence alone says nothing, nor does a new employer in the month of the
    day in question.
    """
    if last in own:
        return "yes"
    has_moved = last in paid and last < this_month
    return "no" if has_moved or last - 1 not in own else ""


def _ranges(months: list[InsuredMonth], credit_code: str, present: str) -> list[str]:
    def token(it: InsuredMonth) -> str:
        if present and credit_code and it.employer_credit_code == credit_code:
            return present
        other = employer_token(it.employer_name)
        return OTHER_EMPLOYER if other == present or not other else other

    rows = {
        (
            token(it),
            "" if it.area_code == city().code else it.area_code,
            tuple(kind for kind in INSURANCES if kind in it.kinds),
            it.paid_on is not None and it.paid_on > it.due_on,
            it.is_ordered,
            _number(it.month),
        )
        for it in months
    }
    found = [
        InsuredRange(first, final, employer, is_late, is_late and is_ordered, place, kinds)
        for (employer, place, kinds, is_late, is_ordered), group in groupby(sorted(rows), key=lambda row: row[:-1])
        for first, final in _runs(row[-1] for row in group)
    ]
    return [write_part(it) for it in sorted(found, key=lambda it: (it.first, it.last, it.employer))]


def _runs(months: Iterable[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for month in months:
        if runs and runs[-1][1] == month - 1:
            runs[-1] = (runs[-1][0], month)
        else:
            runs.append((month, month))
    return runs


def _number(month: str) -> int:
    return month_number(date.fromisoformat(f"{month}-01"))


def _last_day(month: str) -> date:
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, monthrange(year, number)[1])
