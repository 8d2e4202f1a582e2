"""What every story of the demo city is made of: its bureau and its day, and single steps through the real services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import Any

from django.utils import timezone

from applicants.people import services as people
from applicants.people.answers import answers_of
from applicants.people.models import Paper
from applicants.people.papers import accept_paper
from applicants.registers import services as registers
from applicants.registers.models import RegisterAnswer
from portal.accounts.models import User
from portal.casework.completeness import required_papers
from portal.casework.models import Application
from portal.casework.services import checking, drafting
from portal.casework.services.advancing import advance
from portal.casework.services.evidence import facts_of
from portal.demo.inventing import Invented
from portal.demo.papers import lines_for, sample_paper
from portal.demo.sandbox.answers import InHouse
from portal.demo.sandbox.city import city_of
from portal.policy.facts import write_value
from portal.policy.services import stored_calendar

CONNECTED_DAYS = 8  # working days ago the registers were connected; what was checked before rests on papers


@dataclass
class City:
    """The bureau of the demo and the day its story is told from."""

    now: datetime
    staff: dict[str, User]
    people: dict[str, Invented] = field(default_factory=dict)  # by number
    odd: dict[str, str] = field(default_factory=dict)  # number → how the registers say otherwise than the person

    def ago(self, days: int, hour: int = 10) -> datetime:
        """The time ``hour`` of the day that lies ``days`` working days before today."""
        day, left = timezone.localdate(self.now), days
        calendar = stored_calendar()
        while left > 0:
            day -= timedelta(days=1)
            working = calendar.is_working(day)
            left -= working if working is not None else day.weekday() < 5
        return timezone.make_aware(datetime.combine(day, time(hour)))


def add_papers(row: Application, at: datetime, said: Mapping[str, Sequence[str]] = MappingProxyType({})) -> None:
    """Put one sample of every paper that is asked for on the shelf; ``said`` is what those of a kind say."""
    answers = answers_of(row.applicant)
    for asked in required_papers(row, answers):
        paper = accept_paper(
            person=row.applicant,
            kind=asked.kind,
            upload=sample_paper(asked.kind, said.get(asked.kind) or lines_for(asked.kind, answers)),
            limits=asked.limits,
            by=row.entered_by or row.applicant.user,
            at=at,
        )
        drafting.put_on_shelf(application=row, kind=asked.kind, paper=paper, by=paper.uploaded_by, at=at)


def submit(city: City, row: Application, *, at: datetime, odd: str = "") -> Application:
    """Hand a draft in and let it be checked: it waits to be accepted. ``odd`` is one of ODDITIES."""
    row = drafting.submit_application(application=row, by=row.entered_by or row.applicant.user, at=at)
    if odd:
        city.odd[row.applicant.number] = odd
    let_registers_answer(city, row, at=at, is_connected=are_connected(city, at))
    for submission in row.submissions.all():
        checking.check_submission(submission_id=submission.pk, at=at)
    return fresh(row)


def accept(city: City, row: Application, *, at: datetime) -> Application:
    """Compare the number with the card and accept: it waits for first review."""
    clerk, id_card = city.staff["clerk"], Paper.objects.filter(person=row.applicant, kind="id_card").first()
    people.prove_number(person=row.applicant, by=clerk, at=at, paper=id_card)
    return take(city, row, "accept", by=clerk, at=at)


def are_connected(city: City, at: datetime) -> bool:
    """Whether the registers answered on that day."""
    return at >= city.ago(CONNECTED_DAYS)


def let_registers_answer(city: City, row: Application, *, at: datetime, is_connected: bool) -> None:
    """Answer what was just asked, as the sandbox will; in the days before the registers were connected, forget it."""
    known = InHouse(city_of([city.people[row.applicant.number]], odd=city.odd))
    for _turn in range(2):  # the second time those that another answer had to precede
        for asked in RegisterAnswer.objects.waiting().filter(asked_for=row.pk):
            if is_connected:
                registers.ask(asked.pk, at=at, adapter=known)
            else:
                asked.delete()


def fresh(row: Application) -> Application:
    """The row as it is now."""
    return Application.objects.select_related("applicant__user", "policy_version__policy").get(pk=row.pk)


def take(city: City, row: Application, step: str, *, by: User, at: datetime, **details: Any) -> Application:
    """One step of the workflow; what it asks registers anew is answered at once."""
    row = fresh(row)
    moved = advance(row, step, actor=by, at=at, expected_version=row.version, **details)
    let_registers_answer(city, moved, at=at, is_connected=are_connected(city, at))
    return moved


def settle_everything(
    city: City, row: Application, at: datetime, *, by: str = "first", except_clause: str = "", **told: str
) -> Application:
    """Settle what every clause reads against its paper, as the reviewer would; ``told`` is what no one declared."""
    shelf = {item.kind: item.paper for item in row.shelf.select_related("paper")}
    submission = row.submissions.last()
    facts = facts_of(row, submission, at=at)
    findings = submission.assessments.order_by("number").last().result["findings"]
    met = {finding["clause"] for finding in findings if finding["answer"] == "met"}
    if facts.known.get("recognitions"):  # a degree may meet the clause, and the tier still be open
        met -= {clause.code for clause in row.policy_version.parsed.clauses if "recognitions" in clause.reads}
    for clause in row.policy_version.parsed.clauses:
        kinds = [kind for kind in clause.papers if kind in shelf]
        if kinds and clause.code not in (except_clause, *met):
            known = told | {name: write_value(fact.value) for name, fact in facts.known.items()}
            values = {name: known[name] for name in clause.reads if name in known}
            checking.settle_facts(
                application=row,
                values=values,
                paper=shelf[kinds[0]],
                by=city.staff[by],
                at=at,
                expected_version=row.version,
            )
    return fresh(row)
