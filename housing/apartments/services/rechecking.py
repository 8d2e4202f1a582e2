"""Whether a tenant still meets the conditions: registers are asked again, and what they say a person looks at.

By night about everybody who rents, and when a renewal is asked for. How registers are asked and their answers weighed:
portal/casework/services/rechecking.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from applicants.registers.catalogue import REGISTERS
from applicants.registers.models import RegisterAnswer
from housing.apartments.models import LIVING_IN, Finding, Lease, LossReport, RenewalRequest
from housing.apartments.services.changing import lock_lease
from portal.audit.services import record
from portal.casework.models import Application
from portal.casework.services.asking import ask_registers
from portal.casework.services.rechecking import Weighed, ask_by_night, decided_on, told_today, weigh
from portal.policy.assessing import Finding as Found
from portal.policy.assessing import assess
from portal.policy.conditions import Answer
from portal.policy.facts import Absence, Fact, Facts, Provenance
from portal.policy.schema import Clause
from portal.policy.services import stored_calendar

HOMES = ("homes", "spouse_homes", "children_homes")
# What may be lost, by the facts that the clauses about it read; other clauses are settled once, at the decision.
FACTS = {LossReport.Kind.HOME: HOMES, LossReport.Kind.POST: ("in_post", "employer_place", "employer_status")}
ASKED = ("married", *(name for names in FACTS.values() for name in names))


def ask_about_tenants(*, at: datetime) -> int:
    """By night, note which registers are to be asked again about tenants. Returns about how many."""
    leases = Lease.objects.filter(state__in=LIVING_IN)
    return ask_by_night(leases.order_by("state_at", "id"), ASKED, at=at)


def ask_afresh(lease: Lease, *, at: datetime) -> None:
    """Have the registers asked now; only about a number that is proven: another might be anybody's."""
    if lease.application.applicant.is_proven:
        ask_registers(lease.application, at=at, facts=ASKED, afresh=True, on=timezone.localdate(at))


def awaited(lease: Lease) -> list[str]:
    """The titles of the registers that have yet to answer about the tenant."""
    waiting = RegisterAnswer.objects.waiting().filter(asked_for=lease.application_id)
    codes = set(waiting.values_list("register", flat=True))
    return [str(register.title) for code, register in REGISTERS.items() if code in codes]


def weigh_answers(application: Application, at: datetime) -> None:
    """Report, for a person to decide, what registers say against the tenant of ``application``.

    A clause about home or post that was met at the decision and is not met today by what a register says makes a task;
    not a second one beside an open one, and none where somebody has decided since the register first said so. A task
    that only a register has raised is closed when it says otherwise, not by silence; what a person decided stands.
    """
    weighed = weigh(application, ASKED, at=at)
    if not weighed.told.facts:
        return
    for pk in Lease.objects.filter(application=application, state__in=LIVING_IN).values_list("pk", flat=True):
        with transaction.atomic():
            lease = lock_lease(pk)
            if lease.state in LIVING_IN:
                _report(lease, weighed, at=at)
                _close_what_is_taken_back(lease, weighed, at=at)


def findings_today(asked: RenewalRequest, *, at: datetime) -> list[Found]:
    """The clauses about home and post, by what registers say, else what the tenant said when asking for the renewal.

    Other facts that they read are those of the decision, with their own dates.
    """
    application = asked.lease.application
    decided = decided_on(application)
    known = dict(decided.known) if decided else {}
    for name in ("in_post", *HOMES):
        known.pop(name, None)
    known |= _declared(asked) | dict(told_today(application, ASKED, at=at).facts)
    document = application.policy_version.parsed
    now = assess(document, Facts(timezone.localdate(at), known), stored_calendar())
    return [now.finding(clause.code) for clause in document.clauses if _kind_of(clause)]


def unmet(findings: Iterable[Found]) -> list[str]:
    """The codes of the clauses that are not met."""
    return [finding.clause for finding in findings if finding.answer == Answer.UNMET]


def _declared(asked: RenewalRequest) -> dict[str, Fact]:
    """Who says that there is a home declares nothing of it: the property register has to say which."""
    said: dict[str, Any] = {"in_post": "yes" if asked.is_in_post else "no"}
    if not asked.has_home:
        said |= dict.fromkeys(HOMES, Absence.NONE)
    on = timezone.localdate(asked.asked_at)
    return {name: Fact(value, Provenance.DECLARED, on, "application") for name, value in said.items()}


def _kind_of(clause: Clause) -> str:
    return next((kind for kind, names in FACTS.items() if set(names) & set(clause.reads)), "")


def _report(lease: Lease, weighed: Weighed, *, at: datetime) -> None:
    found: dict[str, list[tuple[Found, datetime]]] = defaultdict(list)
    for clause in lease.application.policy_version.parsed.clauses:
        if clause.code in weighed.against and (kind := _kind_of(clause)):
            found[kind].append(weighed.against[clause.code])
    for kind, against in found.items():
        if _is_decided(lease, kind, since=max(said_at for _finding, said_at in against)):
            continue
        row = lease.loss_reports.filter(kind=kind, finding=Finding.OPEN).first()
        if row is None:
            row = LossReport(lease=lease, kind=kind, source=LossReport.Source.REGISTER, reported_at=at)
            record(action="loss.report", actor=None, target=row, at=at, note=f"{kind} {row.source}")
        row.evidence = [finding.as_json() for finding, _said_at in against]
        row.save()


def _is_decided(lease: Lease, kind: str, *, since: datetime) -> bool:
    """Whether a person who could know what registers say since then has decided about it."""
    decided = {"lease__application": lease.application_id, "decided_at__gte": since}
    if LossReport.objects.filter(kind=kind, decided_by__isnull=False, **decided).exists():
        return True
    kinds = {clause.code: _kind_of(clause) for clause in lease.application.policy_version.parsed.clauses}
    granted = RenewalRequest.objects.filter(finding=Finding.CONFIRMED, **decided)
    seen = (Found.from_json(it) for row in granted for it in row.evidence or ())
    return any(kinds.get(code) == kind for code in unmet(seen))


def _close_what_is_taken_back(lease: Lease, weighed: Weighed, *, at: datetime) -> None:
    for row in lease.loss_reports.filter(finding=Finding.OPEN, source=LossReport.Source.REGISTER):
        if all(weighed.takes_back(Found.from_json(it)) for it in row.evidence):
            row.finding, row.decided_at = Finding.LIFTED, at
            row.save(update_fields=["finding", "decided_at"])
            record(action="loss.take_back", actor=None, target=row, at=at, note=row.kind)
