"""The library of conditions. A policy names them by ``kind`` and gives their parameters; rules live nowhere else."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, get_args

from pydantic import Field

from portal.policy.conditions.base import Answer, Condition, Outcome, Reason, View
from portal.policy.conditions.dates import AgeUnder, Between, ContractYears, NotBefore, Season, Within
from portal.policy.conditions.grants import Couple, EarlierGrants, NotGrantedBefore
from portal.policy.conditions.household import HouseholdIn, HouseholdOutside
from portal.policy.conditions.housing import BookedAhead, FreeNights, JobSearchProof, NoHome
from portal.policy.conditions.insurance import InsuredMonths, NotInsured
from portal.policy.conditions.study import (
    EducationLevel,
    FinalYearStudent,
    GraduatedFrom,
    OverseasDegreeCertified,
    RecognisedAs,
    SchoolOnList,
    StudyMode,
)
from portal.policy.conditions.work import (
    EmployerActive,
    EmployerIn,
    EmployerKind,
    FactIs,
    FirstJobInCity,
    InPost,
    OwnBusiness,
)

__all__ = ["KINDS", "Answer", "AnyCondition", "Condition", "Outcome", "Reason", "View", "all_hold", "any_holds", "walk"]


class Group(Condition):
    """Conditions read together."""

    of: tuple["AnyCondition", ...] = Field(min_length=1)

    @property
    def reads(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for part in self.of for name in part.reads))


class AllOf(Group):
    """Every one of ``of`` holds."""

    kind: Literal["all"]

    def holds(self, view: View) -> Outcome:
        return all_hold(self.of, view)


class AnyOf(Group):
    """At least one of ``of`` holds."""

    kind: Literal["any"]

    def holds(self, view: View) -> Outcome:
        return any_holds(self.of, view)


AnyCondition = Annotated[
    AllOf
    | AnyOf
    | EducationLevel
    | StudyMode
    | OverseasDegreeCertified
    | SchoolOnList
    | GraduatedFrom
    | HouseholdIn
    | EmployerKind
    | FirstJobInCity
    | InPost
    | InsuredMonths
    | Within
    | AgeUnder
    | NotBefore
    | NotGrantedBefore
    | EarlierGrants
    | Couple
    | Between
    | BookedAhead
    | ContractYears
    | EmployerActive
    | EmployerIn
    | FactIs
    | FinalYearStudent
    | FreeNights
    | HouseholdOutside
    | JobSearchProof
    | NoHome
    | NotInsured
    | OwnBusiness
    | RecognisedAs
    | Season,
    Field(discriminator="kind"),
]
KINDS: tuple[str, ...] = tuple(
    get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(get_args(AnyCondition)[0])
)
AllOf.model_rebuild()
AnyOf.model_rebuild()


def all_hold(conditions: Sequence[Condition], view: View) -> Outcome:
    """One not met makes the whole not met, else one unproven makes it unproven; the reasons are of that answer."""
    if len(conditions) == 1:
        return conditions[0].holds(view)
    return _together([condition.holds(view) for condition in conditions], Answer.UNMET, Answer.MET)


def any_holds(conditions: Sequence[Condition], view: View) -> Outcome:
    """One met makes the whole met, else one unproven makes it unproven."""
    return _together([condition.holds(view) for condition in conditions], Answer.MET, Answer.UNMET)


def walk(conditions: Sequence[Condition]) -> Iterator[Condition]:
    """Every condition in ``conditions``, groups and what is in them included."""
    for condition in conditions:
        yield condition
        if isinstance(condition, Group):
            yield from walk(condition.of)


def _together(outcomes: list[Outcome], first: Answer, last: Answer) -> Outcome:
    """``first`` where one of them is, else unproven where one of them is, else ``last``."""
    answer = last
    for outcome in outcomes:
        if outcome.answer is first:
            answer = first
            break
        if outcome.answer is Answer.UNPROVEN:
            answer = Answer.UNPROVEN
    reasons: list[Reason] = []
    for found, because in outcomes:
        if found is answer:
            reasons += because if not reasons else [reason for reason in because if reason not in reasons]
    return Outcome(answer, tuple(reasons))
