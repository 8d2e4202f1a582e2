"""What am I entitled to? One person's facts, or what a visitor answers, against every policy in force.

Nothing here grants or refuses anything: a declared fact counts as filled in, still to be proven.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils import timezone

from applicants.people.answers import answers_from, declared_facts
from applicants.people.linking import is_linked
from applicants.people.models import Person
from applicants.registers.services import LAG_MONTHS, SOURCE
from portal.accounts.models import User
from portal.casework.models import Assessment
from portal.casework.programmes import Programme, all_programmes, grants_of
from portal.casework.screening import Answers, asked_facts, people_behind
from portal.policy.assessing import Assessment as Result
from portal.policy.assessing import (
    Finding,
    Instalment,
    Verdict,
    Views,
    assess,
    gross_amount,
    split_amount,
)
from portal.policy.calendar import Calendar
from portal.policy.conditions import Answer, Reason
from portal.policy.facts import (
    Absence,
    Fact,
    Facts,
    FactUnreadable,
    InsuredRange,
    Provenance,
    month_number,
    read_value,
    write_value,
)
from portal.policy.models import PolicyVersion
from portal.policy.offering import NO_OFFER, Offer, offer_of
from portal.policy.schema import PolicyDocument
from portal.policy.services import all_versions_in_force
from portal.policy.texts import Text

# What a profile can say (``declared_facts``): a clause that waits for one of these waits for its person.
PROFILE_FACTS = frozenset(
    (
        "birth_date",
        "hukou_code",
        "hukou_collective",
        "education",
        "study_mode",
        "school",
        "diploma_on",
        "overseas_certified",
        "employer_kind",
        "employer",
        "first_job_in_city",
        "insurance",
        "first_insured_in_city",
        "in_post",
    )
)
# True of one stay or one decision only: an old application says nothing about the next.
OF_ONE_APPLICATION = frozenset(("approved_on", "arrive_on", "job_proofs", "nights_wanted", "stays_this_year"))


class Standing(StrEnum):
    """How somebody stands with a policy."""

    PROVEN = "proven"  # every clause is met and proven
    LIKELY = "likely"  # as filled in, nothing speaks against it; what is left is looked at when one applies
    OPEN = "open"  # not known yet
    UNMET = "unmet"  # a clause is not met, as filled in or proven


@dataclass(frozen=True)
class Prospect:
    """What a policy would give. ``is_most``: no more than this amount, it depends on what is not known exactly."""

    amount_fen: int | None = None  # None: none, or not known yet
    instalments: tuple[Instalment, ...] = ()
    offer: Offer = NO_OFFER
    is_most: bool = False


@dataclass(frozen=True)
class Entitlement:
    """One policy in force and how somebody stands with it; ``findings`` has one for every clause."""

    programme: Programme
    version: PolicyVersion
    standing: Standing
    findings: tuple[Finding, ...]
    as_declared: tuple[Answer, ...]  # the same clauses if everything that is filled in were proven
    prospect: Prospect

    @property
    def document(self) -> PolicyDocument:
        """The document of the version."""
        return self.version.parsed

    @property
    def is_possible(self) -> bool:
        """Whether it can be chosen, as far as is known."""
        return self.standing in (Standing.PROVEN, Standing.LIKELY)


@dataclass(frozen=True)
class Choice:
    """Policies somebody meets that do not go together, and how one counts against another."""

    name: str
    mode: str
    text: Text
    members: tuple[Entitlement, ...]


def profile_of(user: User) -> Person | None:
    """The person behind ``user`` with education and employment, in one query; None where no file was opened."""
    people = Person.objects.select_related("education", "employment").annotate(is_linked=is_linked())
    return people.filter(user=user).first()


def entitlements_of(person: Person, *, on: date, calendar: Calendar) -> list[Entitlement]:
    """Every policy in force on ``on`` for somebody who would apply that day, by programme, the open ones first.

    Costs four queries (policies, the newest assessment, recognitions, earlier grants) for a person that ``profile_of``
    has read who is not linked with another.
    """
    facts = known_facts(person, on)
    found = []
    for programme, version in policies_in_force(on):
        document = version.parsed
        now = assess(document, facts, calendar)
        standing, declared, prospect = outlook(document, [facts], calendar, asked=PROFILE_FACTS)
        if now.verdict is Verdict.ELIGIBLE:
            standing = Standing.PROVEN
        answers = tuple(finding.answer for finding in declared)
        found.append(Entitlement(programme, version, standing, now.findings, answers, prospect))
    return found


def policies_in_force(on: date) -> list[tuple[Programme, PolicyVersion]]:
    """Every policy in force with its programme, those that can be applied for first. One query."""
    by_programme: dict[str, list[PolicyVersion]] = {}
    for version in all_versions_in_force(on):
        by_programme.setdefault(version.policy.programme, []).append(version)
    return [(item, version) for item in all_programmes() for version in by_programme.get(item.code, ())]


def known_facts(person: Person, on: date) -> Facts:
    """Everything known about ``person`` if they applied on ``on``: the one place that gathers it.

    What the profile declares; what was settled for the newest application, as long as the profile still says what it
    said then; what programmes know of them whatever is applied for; what this portal has granted. What a register
    answered counts only for a proven number: until then it may be about somebody else. Three queries.
    """
    education, employment = (getattr(person, name, None) for name in ("education", "employment"))
    declared = declared_facts(answers_from(person, education, employment, None))
    known = {name: Fact(value, Provenance.DECLARED, None, "profile") for name, value in declared.items()}
    if person.proven_at and "birth_date" in declared:
        proven_on = timezone.localdate(person.proven_at)
        known["birth_date"] = Fact(declared["birth_date"], Provenance.PAPER, proven_on, "paper:id_card")
    newest = (
        Assessment.objects.filter(application__applicant=person)
        .select_related("submission", "application")
        .order_by("-application__submitted_at", "-application__created_at", "-number")
        .first()
    )
    told = {name: value for item in all_programmes() for name, value in item.facts_about(person, on).items()}
    known |= {name: Fact(value, Provenance.DECLARED, None, "portal") for name, value in told.items()}
    declared_on = None
    if newest:
        before, declared_on = declared_facts(newest.submission.answers), newest.application.submitted_on
        for name, fact in _stored_facts(newest):
            is_alike = declared.get(name) == before.get(name)
            if _still_counts(name, fact, person, is_alike) and told.get(name) in (None, write_value(fact.value)):
                known[name] = fact
    _add_grants(known, person, declared_on, on)
    if _is_old(known, on):
        del known["insurance"]
    return Facts(on=on, known=known)


def outlook(
    document: PolicyDocument, ends: Sequence[Facts], calendar: Calendar, *, asked: Collection[str]
) -> tuple[Standing, tuple[Finding, ...], Prospect]:
    """Standing, a finding per clause and what would be given, if all that is declared were true.

    ``ends`` are what the same person may turn out to be where an answer is coarse: a clause on which they differ is
    unproven. ``asked`` are the facts that the person can tell now; what is left open for others is no obstacle.
    """
    assessments = [assess(document, facts, calendar, trust_declared=True) for facts in ends]
    standings = {
        _standing(document, facts, assessment.verdict, calendar, asked)
        for facts, assessment in zip(ends, assessments, strict=True)
    }
    findings = tuple(_together(same) for same in zip(*(it.findings for it in assessments), strict=True))
    standing = standings.pop() if len(standings) == 1 else Standing.OPEN
    if standing is Standing.LIKELY and all(finding.answer is not Answer.MET for finding in findings):
        standing = Standing.OPEN
    if standing is Standing.UNMET:
        return standing, findings, Prospect()
    hopeful = [it for it in zip(ends, assessments, strict=True) if it[1].verdict is not Verdict.INELIGIBLE]
    prospects = [_prospect(document, facts, assessment, calendar) for facts, assessment in hopeful]
    return standing, findings, _highest(prospects)


def choices_among(entitlements: Iterable[Entitlement]) -> list[Choice]:
    """The exclusion groups of which somebody meets two policies or more."""
    possible = {it.document.code: it for it in entitlements if it.is_possible}
    found: dict[str, Choice] = {}
    for item in possible.values():
        for group in item.document.exclusions:
            members = tuple(possible[code] for code in group.policies if code in possible)
            if group.name not in found and len(members) > 1:
                found[group.name] = Choice(group.name, group.mode, group.text, members)
    return list(found.values())


def screened(
    answers: Answers, *, on: date, calendar: Calendar, policies: Sequence[tuple[Programme, PolicyVersion]]
) -> list[Entitlement]:
    """The same for a visitor who answered some of the screener's questions, against ``policies``. No query."""
    documents = [version.parsed for _programme, version in policies]
    asked = asked_facts(documents)
    found = []
    for (programme, version), document in zip(policies, documents, strict=True):
        people = people_behind(answers, document, documents, on)
        standing, findings, prospect = outlook(document, people, calendar, asked=asked)
        found.append(Entitlement(programme, version, standing, findings, tuple(it.answer for it in findings), prospect))
    return found


def _standing(
    document: PolicyDocument, facts: Facts, verdict: Verdict, calendar: Calendar, asked: Collection[str]
) -> Standing:
    if verdict is Verdict.INELIGIBLE:
        return Standing.UNMET
    if verdict is Verdict.ELIGIBLE:
        return Standing.LIKELY
    views = Views(document, facts, calendar, trust_declared=True)
    conditions = [it for clause in document.clauses for it in clause.conditions]
    view = views.of(Provenance.DECLARED)
    waiting = [it for it in conditions if it.holds(view).answer is Answer.UNPROVEN]
    if not waiting and document.makes_payable:
        return Standing.OPEN  # every clause is met, but which amount is not decided
    may_be_asked_later = all(set(it.reads).isdisjoint(asked) for it in waiting)
    return Standing.LIKELY if may_be_asked_later else Standing.OPEN


def _together(same: Sequence[Finding]) -> Finding:
    """One finding for what a clause answers at every end."""
    if len({finding.answer for finding in same}) == 1:
        return same[0]
    names = tuple(dict.fromkeys(seen.name for finding in same for seen in finding.facts))
    return Finding(same[0].clause, Answer.UNPROVEN, (Reason("answers", "coarse", {"facts": list(names)}),), (), {})


def _prospect(document: PolicyDocument, facts: Facts, result: Result, calendar: Calendar) -> Prospect:
    view = Views(document, facts, calendar, trust_declared=True).for_money
    if not document.makes_payable:
        return Prospect(offer=offer_of(document, view))
    if result.verdict is Verdict.ELIGIBLE:
        return Prospect(result.amount_fen, result.instalments)
    gross_fen = gross_amount(document, view)
    return Prospect(gross_fen, split_amount(document, gross_fen, facts.on)) if gross_fen else Prospect()


def _highest(prospects: Sequence[Prospect]) -> Prospect:
    if all(it == prospects[0] for it in prospects):
        return prospects[0]
    amounts = [it.amount_fen for it in prospects]
    if None in amounts:
        return Prospect()
    return Prospect(max(it for it in amounts if it is not None), is_most=True)


def _stored_facts(row: Assessment) -> list[tuple[str, Fact]]:
    """The facts of a stored assessment; those that today's catalogue cannot read any more are left out."""
    found = []
    for name, stored in row.facts["facts"].items():
        try:
            value = read_value(name, stored["value"])
        except FactUnreadable:
            continue
        as_of = date.fromisoformat(stored["as_of"]) if stored["as_of"] else None
        found.append((name, Fact(value, Provenance[stored["provenance"].upper()], as_of, stored["source"])))
    return found


def _still_counts(name: str, fact: Fact, person: Person, is_declared_alike: bool) -> bool:
    if name in OF_ONE_APPLICATION:
        return False
    if fact.source.startswith(SOURCE):
        return person.is_proven
    if name not in PROFILE_FACTS:
        return True
    return fact.provenance > Provenance.DECLARED and is_declared_alike


def _is_old(known: dict[str, Fact], on: date) -> bool:
    """Whether the insured months end too early to say anything of somebody still in post: time is no evidence."""
    if "insurance" not in known or "in_post" not in known:
        return False
    ranges, in_post = (read_value(name, known[name].value) for name in ("insurance", "in_post"))
    if not isinstance(ranges, tuple) or in_post != "yes":
        return False
    last = [it.last for it in ranges if isinstance(it, InsuredRange)]
    return bool(last) and max(last) < month_number(on) - LAG_MONTHS


def _add_grants(known: dict[str, Fact], person: Person, declared_on: date | None, on: date) -> None:
    """What this portal has granted is asked anew: it may have been granted, or taken back, since."""
    now = tuple(grants_of(person, on=on))
    before = known.get("prior_grants")
    if before is None:
        if now:
            known["prior_grants"] = Fact(now, Provenance.DECLARED, None, "portal")
        return
    kept: tuple[Any, ...] = before.value if isinstance(before.value, tuple) else ()
    if before.provenance is Provenance.DECLARED:
        # What was declared names no sum and the day of the application; the rest was this portal's own.
        kept = tuple(it for it in kept if not it.amount_fen and it.granted_on == declared_on)
    both = tuple(dict.fromkeys((*kept, *now)))
    none = Absence.NONE if isinstance(before.value, tuple) else before.value
    source, as_of = before.source, before.as_of
    if new := [it.granted_on for it in now if it not in kept]:
        source, as_of = "portal", max(new)
    known["prior_grants"] = Fact(both or none, before.provenance, as_of, source)
