"""Whether what an approval rests on still holds: registers are asked again by night, and what they say is weighed.

Register evidence alone never takes anything from anybody (PIPL art. 24): a programme makes a task of it, with the
evidence, and a person decides. A register that does not answer says nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from applicants.people.answers import answers_of
from applicants.registers.catalogue import registers_for
from applicants.registers.models import RegisterAnswer
from applicants.registers.services import SOURCE, is_connected
from portal.casework.models import Application, Assessment
from portal.casework.services.asking import ask_registers
from portal.casework.services.evidence import told_by_registers
from portal.policy.assessing import Finding, assess
from portal.policy.conditions import Answer
from portal.policy.facts import Fact, Facts, read_value
from portal.policy.services import stored_calendar

logger = logging.getLogger(__name__)

FRESH = timedelta(days=30)  # somebody is asked about again when their last answers are older than this
NIGHT = range(1, 6)  # hours: registers have other things to do by day
BATCH = 200


@dataclass(frozen=True)
class Told:
    """What registers say today, by fact, and since when they say so."""

    facts: Mapping[str, Fact] = field(default_factory=dict)
    since: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class Weighed:
    """What registers say today about an approval, clause by clause.

    ``against`` holds the clauses that were met at the decision and are not met today by what a register says, each with
    the moment since which it says so; ``met`` those that are met by what registers say.
    """

    told: Told
    against: Mapping[str, tuple[Finding, datetime]] = field(default_factory=dict)
    met: Collection[str] = ()

    def takes_back(self, finding: Finding) -> bool:
        """Whether registers now say otherwise than in ``finding``: each that spoke there has spoken again."""
        spoke = {seen.name for seen in finding.facts if seen.source.startswith(SOURCE)}
        return finding.clause in self.met and spoke <= self.told.facts.keys()


def ask_by_night(holders: QuerySet[Any], facts: Collection[str], *, at: datetime) -> int:
    """By night, note which registers are to be asked again about whoever holds something. Gives about how many people.

    ``holders`` are rows with an ``application``, in the order in which to ask. Only about a number that is proven:
    another might be anybody's. Who has been asked about lately, or waits for an answer, is left alone.
    """
    if timezone.localtime(at).hour not in NIGHT or not any(map(is_connected, registers_for(facts))):
        return 0
    asked = RegisterAnswer.objects.filter(asked_for=OuterRef("application"))
    due = holders.filter(
        ~Exists(asked.filter(requested_at__gt=at - FRESH)),
        ~Exists(asked.waiting()),
        application__applicant__proven_at__isnull=False,
    )
    ids = list(due.values_list("application", flat=True)[:BATCH])
    today = timezone.localdate(at)
    for row in Application.objects.select_related("applicant", "policy_version__policy").filter(pk__in=ids):
        try:
            ask_registers(row, at=at, facts=facts, afresh=True, on=today)
        except Exception as error:  # one damaged file must not hold up the others, nor put its words in a log
            logger.error("Registers could not be asked about application %s (%s).", row.pk, type(error).__name__)
    return len(ids)


def told_today(application: Application, facts: Collection[str], *, at: datetime) -> Told:
    """What registers say at ``at`` of ``facts``; nothing while the number is not proven."""
    if not application.applicant.is_proven:
        return Told()
    answers = answers_of(application.applicant)
    known = told_by_registers(application, answers, at=at, on=timezone.localdate(at))
    told = {name: known[name] for name in facts if name in known}
    return Told(
        {name: replace(fact, value=read_value(name, fact.value)) for name, (fact, _since) in told.items()},
        {name: since for name, (_fact, since) in told.items()},
    )


def decided_on(application: Application) -> Facts | None:
    """The facts of the newest assessment; none where there is no assessment."""
    newest = Assessment.objects.filter(application=application).order_by("number").last()
    return Facts.from_json(newest.facts) if newest else None


def weigh(application: Application, facts: Collection[str], *, at: datetime) -> Weighed:
    """Hold what registers say today of ``facts`` against what the approval was decided on, by its own policy."""
    told, decided = told_today(application, facts, at=at), decided_on(application)
    if not told.facts or decided is None:
        return Weighed(told)
    document, calendar = application.policy_version.parsed, stored_calendar()
    before = assess(document, decided, calendar).clauses(Answer.MET)
    now = assess(document, Facts(timezone.localdate(at), {**decided.known, **told.facts}), calendar)
    against, met = {}, set()
    for clause in document.clauses:
        spoken = told.facts.keys() & set(clause.reads)
        finding = now.finding(clause.code)
        if not spoken:
            continue
        if finding.answer == Answer.MET:
            met.add(clause.code)
        elif finding.answer == Answer.UNMET and clause.code in before:
            new = [name for name in spoken if not _is_as_decided(decided, name, told.facts[name])]
            if new:  # else it is time alone that speaks against it
                against[clause.code] = (finding, max(told.since[name] for name in new))
    return Weighed(told, against, met)


def _is_as_decided(decided: Facts, name: str, fact: Fact) -> bool:
    return name in decided.known and decided.known[name].value == fact.value
