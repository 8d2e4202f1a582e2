"""What is known about an applicant: declared, settled against papers by a person, answered by registers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from applicants.people.answers import born_on, declared_facts, number_hashes_of
from applicants.registers.models import RegisterAnswer
from applicants.registers.services import LAG_MONTHS, employer_hashes, facts_from
from portal.casework.models import Application, Submission
from portal.casework.programmes import held_facts, programme
from portal.policy.conditions.insurance import InsuredMonths
from portal.policy.facts import Fact, Facts, Provenance, read_value

GRANTS = ("prior_grants", "spouse_grants")  # this portal's own are declared with what the person declares


def declared_values(application: Application, submission: Submission) -> dict[str, Any]:
    """What ``submission`` declares, by fact name, with what the programme adds to it."""
    return declared_facts(submission.answers) | dict(programme(application.programme).facts(application))


def facts_of(application: Application, submission: Submission, *, at: datetime) -> Facts:
    """What is known at ``at``: the newest of what registers answered and reviewers settled, else what was declared.

    A settlement counts as long as its paper is on the shelf and the declared value is still the one the reviewer had
    in hand. A register that only repeats what a reviewer has overruled does not overrule the reviewer.
    """
    declared_on = timezone.localdate(submission.at)
    values = declared_values(application, submission)
    known = {name: Fact(value, Provenance.DECLARED, declared_on, "application") for name, value in values.items()}
    person = application.applicant
    said = submission.answers["identity"]
    born = born_on({"number": person.number, "birth_date": person.birth_date})
    if person.proven_at and born and person.number_hash in number_hashes_of(said) and values.get("birth_date") == born:
        proven_on = timezone.localdate(person.proven_at)
        known["birth_date"] = Fact(values["birth_date"], Provenance.PAPER, proven_on, "paper:id_card")
    told = told_by_registers(application, submission.answers, at=at)
    for name, (fact, _since) in told.items():
        known[name] = _with_own_grants(fact, known[name]) if name in GRANTS and name in known else fact
    for name, fact in _settled(application, submission, told).items():
        known[name] = fact
    on = application.submitted_on
    held = held_facts(person, on, application.policy_version.parsed.reads)
    known |= {name: Fact(value, Provenance.REGISTER, on, "portal") for name, value in held.items()}
    return Facts(on=on, known=known)


def _settled(
    application: Application, submission: Submission, told: dict[str, tuple[Fact, datetime]]
) -> dict[str, Fact]:
    on_shelf = application.shelf.filter(removed_at__isnull=True).values("paper")
    settlements = application.settlements.filter(paper__in=on_shelf).order_by("number")
    found = {}
    for settlement in settlements.select_related("paper", "submission"):
        name = settlement.fact
        if settlement.submission_id != submission.pk:
            before = declared_facts(settlement.submission.answers).get(name)
            if before != declared_facts(submission.answers).get(name):
                continue
        if name in told and told[name][1] > settlement.at:
            continue
        found[name] = Fact(
            settlement.value, Provenance.PAPER, timezone.localdate(settlement.at), f"paper:{settlement.paper.kind}"
        )
    return found


def told_by_registers(
    application: Application, answers: Mapping[str, Mapping[str, Any]], *, at: datetime, on: date | None = None
) -> dict[str, tuple[Fact, datetime]]:
    """What the newest answer of each register says, if it is valid at ``at``: fact → (fact, since when it says so).

    ``on`` is the day the facts are wanted for; the application date unless told otherwise.

    Only answers about the number and, where they hold for one employer, the employer in ``answers`` (as a submission
    keeps them). One query.
    """
    work = answers.get("employment", {})
    answered = RegisterAnswer.objects.answered().filter(
        person=application.applicant_id,
        number_hash__in=number_hashes_of(answers.get("identity", {})),
        employer_hash__in=["", *employer_hashes(work.get("credit_code", ""), work.get("employer_name", ""))],
    )
    newest: dict[str, RegisterAnswer] = {}
    since: dict[str, tuple[Any, datetime]] = {}
    for row in answered.defer("receipt").order_by("answered_at", "id"):
        newest[row.register] = row
        for name, text in (row.values or {}).items():
            if name not in since or since[name][0] != text:
                since[name] = (text, row.answered_at)
    valid = [row for row in newest.values() if row.expires_on >= timezone.localdate(at)]
    told = facts_from(valid, on or application.submitted_on, lag=_longest_lag(application))
    return {name: (fact, since[name][1]) for name, fact in told.items()}


def _longest_lag(application: Application) -> int:
    conditions = application.policy_version.parsed.all_conditions()
    return max((it.lag for it in conditions if isinstance(it, InsuredMonths)), default=LAG_MONTHS)


def _with_own_grants(told: Fact, declared: Fact) -> Fact:
    """A register of grants may not know what this portal granted, or what somebody declares against themselves."""
    own, theirs = (read_value("prior_grants", fact.value) for fact in (declared, told))
    if not isinstance(own, tuple):
        return told
    others = theirs if isinstance(theirs, tuple) else ()
    return replace(told, value=(*others, *(grant for grant in own if grant not in others)))
