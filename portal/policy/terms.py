"""The parts of a policy document around its clauses: papers, route, terms, notice, privacy."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import AfterValidator, Field, model_validator

from portal.policy.facts import FACTS, read_value, write_value
from portal.policy.notation import write_part
from portal.policy.texts import Strict, Text, refuse

StageName = Literal["accept", "check", "first_review", "second_review", "public_notice", "final_approval"]
Days = Annotated[int, Field(ge=1, le=365)]


def _known_fact(name: str) -> str:
    if name not in FACTS:
        refuse(_("没有名为 %(name)s 的事实") % {"name": name})
    return name


FactName = Annotated[str, AfterValidator(_known_fact)]


class PaperLimits(Strict):
    """What an uploaded file may be."""

    formats: tuple[Literal["jpeg", "png", "pdf"], ...] = ("jpeg", "png", "pdf")
    max_megabytes: int = Field(default=10, ge=1, le=100)
    max_pages: int = Field(default=30, ge=1, le=500)
    max_megapixels: int = Field(default=50, ge=1, le=500)

    @property
    def max_bytes(self) -> int:
        """The size limit in bytes (1 MB = 1024 × 1024)."""
        return self.max_megabytes * 1024 * 1024


class RequiredIf(Strict):
    """A paper is needed only where a fact has one of these values (texts as in the worked examples)."""

    fact: FactName
    values: tuple[str, ...] = Field(min_length=1)


class Paper(Strict):
    """A paper that is asked for."""

    kind: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)
    title: Text
    note: Text | None = None
    required_if: RequiredIf | None = None
    limits: PaperLimits = PaperLimits()

    def is_required(self, values: Mapping[str, Any]) -> bool:
        """Whether somebody with these fact values (typed or text) has to hand it in."""
        if self.required_if is None:
            return True
        value = read_value(self.required_if.fact, values.get(self.required_if.fact))
        texts = [write_part(part) for part in value] if isinstance(value, tuple) else [write_value(value)]
        return any(text in self.required_if.values for text in texts)


class Stage(Strict):
    """One stage of the route and the working days it may take; ``recheck`` names the facts settled anew in it."""

    stage: StageName
    limit_working_days: Days
    recheck: tuple[FactName, ...] = ()
    illustrative: bool = False


class Correction(Strict):
    """How often an applicant is asked to put something right, how many working days there are for it, and whether the
    office's own time stands still meanwhile.
    """

    times: int = Field(ge=0, le=9)
    working_days: Days
    clock: Literal["paused", "running"] = "paused"
    illustrative: bool = False


class ReconsiderationRule(Strict):
    """How often one may ask for a reconsideration of a refusal without success, within how many working days of the
    decision, and within how many the office answers. No times: none is offered.
    """

    times: int = Field(default=1, ge=0, le=9)
    working_days: Days = 15
    limit_working_days: Days = 15
    illustrative: bool = False


class Masking(Strict):
    """What a public notice shows of a person: which part of the name beside ``**``, the last digits of the number."""

    name: Literal["family_name", "first_and_last", "last"] = "family_name"
    number_last: int = Field(default=4, ge=0, le=4)


class ObjectionContact(Strict):
    """Where anybody may object to a public notice."""

    phone: str = Field(min_length=1)
    address: Text
    email: str = ""


class NoticeRule(Strict):
    """The public notice: how long, which columns, what is masked, where to object, how long the list stays on line.

    ``day_kind`` says whether its days are working days or days of the calendar.
    """

    working_days: Days
    day_kind: Literal["working", "calendar"] = "working"
    online_days: Days | None = None
    columns: tuple[Literal["name", "number", "school", "education", "employer", "amount"], ...] = Field(min_length=1)
    masking: Masking = Masking()
    objection: ObjectionContact
    illustrative: bool = False


class ReviewBody(Strict):
    """Who decides an administrative review (行政复议), and within how many days of knowing it is asked for."""

    name: Text
    days: Days


class Privacy(Strict):
    """What the privacy notice tells: who handles what, on which basis, how long, and which rights there are."""

    controller: Text
    purpose: Text
    basis: Text
    kinds: tuple[Text, ...] = Field(min_length=1)
    shared_with: tuple[Text, ...] = ()
    keeping: Text
    rights: Text
    contact: Text
    illustrative: bool = False


class ExclusionGroup(Strict):
    """Policies of which one person gets one (``block``), or how one counts against another."""

    name: str
    policies: tuple[str, ...] = Field(min_length=2)
    mode: Literal["block", "higher", "top_up", "deduct", "wait", "stack"]
    text: Text


class Budget(Strict):
    """Whether money may run out: ``open``, or ``first_come`` with the rest refused, or ``overflow`` into next year."""

    mode: Literal["open", "first_come", "overflow"] = "open"
    cap_yuan: int | None = Field(default=None, gt=0)


class Clawback(Strict):
    """Years of service promised; 0 where nothing has to be paid back."""

    service_years: int = Field(default=0, ge=0, le=20)
    rule: Literal["none", "proportional", "full"] = "none"


class Tax(Strict):
    """Whether income tax is withheld, and how much of the amount."""

    treatment: Literal["none", "withheld"] = "none"
    percent: int = Field(default=0, ge=0, le=45)

    @model_validator(mode="before")
    @classmethod
    def _plain_word_is_the_treatment(cls, data: Any) -> Any:
        return {"treatment": data} if isinstance(data, str) else data


class Question(Strict):
    """A common question and its answer, shown on the programme page."""

    question: Text
    answer: Text
