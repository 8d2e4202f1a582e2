"""What every kind of condition shares: three answers, their reasons, and the view through which it sees facts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from portal.policy.calendar import Calendar
from portal.policy.facts import Absence, Fact, Provenance, Value
from portal.policy.texts import Strict

REMEMBERED = 5_000


class Answer(StrEnum):
    """Whether something holds; ``UNPROVEN`` where what is known cannot decide it."""

    MET = "met"
    UNMET = "unmet"
    UNPROVEN = "unproven"


class Reason(NamedTuple):
    """Why an answer is what it is: the kind of condition, a code and plain values, put into words when shown."""

    kind: str
    code: str
    values: dict[str, Any]


class Outcome(NamedTuple):
    """An answer with the reasons that led to it."""

    answer: Answer
    reasons: tuple[Reason, ...]


@dataclass(slots=True)  # frozen would cost more than the rest of an easy clause; nobody assigns to it
class View:
    """Facts as a clause may see them: what is proven below ``floor`` is as good as unknown."""

    on: date
    calendar: Calendar
    known: Mapping[str, Fact]
    floor: Provenance
    gross_fen: Callable[[], int | None] = lambda: None  # what the amount table gives; None where that is not proven

    def value(self, name: str) -> Value:
        """The value of a fact, or ``Absence.UNKNOWN`` where nobody has proven one."""
        fact = self.known.get(name)
        return Absence.UNKNOWN if fact is None or fact.provenance < self.floor else fact.value


class Condition(Strict):
    """One condition with its parameters. ``kind`` names it in the document."""

    kind: str

    @property
    def reads(self) -> tuple[str, ...]:
        """The names of the facts that ``holds`` looks at."""
        raise NotImplementedError

    def holds(self, view: View) -> Outcome:
        """Whether the condition holds for what is seen: a pure function of its parameters and the view."""
        raise NotImplementedError

    def says(self, answer: Answer, code: str, **values: Any) -> Outcome:
        """An outcome with one reason of this kind."""
        return Outcome(answer, (Reason(self.kind, code, values),))

    def awaits(self, name: str) -> Outcome:
        """Unproven: the fact of that name is not known."""
        return self.says(Answer.UNPROVEN, "unknown", fact=name)

    def judge(self, name: str, value: Value, test: Callable[[Any], bool], **values: Any) -> Outcome:
        """Met or unmet as ``test`` says of a value, with the absences decided once for every kind.

        "None" is an answer and does not meet a condition; unknown and not applicable leave it unproven.
        """
        if isinstance(value, Absence):
            if value is Absence.NONE:
                return self.says(Answer.UNMET, "none", fact=name)
            return self.awaits(name)
        if test(value):
            return Outcome(Answer.MET, (Reason(self.kind, "met", values),))
        return Outcome(Answer.UNMET, (Reason(self.kind, "unmet", values),))


class OneFact(Condition):
    """A condition on one fact that many people share: each answer is worked out once, up to ``REMEMBERED`` of them."""

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.fact_read,)

    @property
    def fact_read(self) -> str:
        """The name of the fact."""
        raise NotImplementedError

    def answer_to(self, value: Value) -> Outcome:
        """What the condition answers to a value of the fact."""
        raise NotImplementedError

    def holds(self, view: View) -> Outcome:
        name, answers = self._worked_out
        value = view.value(name)
        outcome = answers.get(value)
        if outcome is None:
            outcome = self.answer_to(value)
            if len(answers) < REMEMBERED:
                answers[value] = outcome
        return outcome

    @cached_property
    def _worked_out(self) -> tuple[str, dict[Value, Outcome]]:
        return self.fact_read, {}


def is_silent(value: Value) -> bool:
    """Whether there is no answer at all: unknown, or not applicable. "None" is an answer."""
    return value is Absence.UNKNOWN or value is Absence.NOT_APPLICABLE
